# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import re
import textwrap


class ModuleDocFragment:
    """The options that select an outbound trunk, and its settings."""

    DOCUMENTATION = r"""
options:
  id:
    description:
      - The id (UUID) of the trunk.
      - O(id), O(external_reference_id) or O(name) selects the trunk, and one of them is required. If more than one is
        set, the first in this order selects the trunk, and the others are settings.
    type: str
  external_reference_id:
    description:
      - An identifier from a system of your own, at most 100 characters.
      - It selects the trunk if O(id) is not set. Otherwise it is a setting.
      - V(null) or an empty string clears it.
      - Write digits in quotes. A number is rejected, because YAML reads V(0012) as 10, and V(2024.10) as 2024.1.
    type: str
  name:
    description:
      - The name of the trunk. It must not be blank. DIDWW rejects a name that another trunk in the account has.
      - It selects the trunk if neither O(id) nor O(external_reference_id) is set. Otherwise it is a setting.
      - Only the exact name matches, including upper and lower case and spaces.
      - Write digits in quotes. A number is rejected, because YAML reads V(0012) as 10, and V(1.10) as 1.1.
    type: str
  allowed_rtp_ips:
    description:
      - The IPv4 and IPv6 addresses and networks (CIDR) that may send media, at most 60.
      - Order, duplicates and notation are ignored. V(203.0.113.1) equals V(203.0.113.1/32).
      - V(null) removes the restriction. An empty list is rejected, because it could mean nobody or everybody.
      - An address with host bits set, such as V(203.0.113.5/24), is rejected.
      - To change O(authentication_method.type) to V(credentials_and_ip), this option is required, unless the trunk
        already has a list of addresses. V(null) is accepted. With O(api_version=2026-11-19), it is not required.
      - With O(api_version=2026-11-19), V(0.0.0.0/0) and V(::/0) are rejected, unless the trunk already has exactly this
        list.
    type: list
    elements: str
  authentication_method:
    description:
      - How the trunk authenticates the calls that you send.
      - Only the attributes that you set are compared. The other attributes keep their values.
      - If the type changes, DIDWW clears the attributes of the former type.
      - DIDWW generates the SIP username and password, and replaces them when the type changes. This module neither
        sends nor returns them.
    type: dict
    suboptions:
      type:
        description:
          - V(credentials_and_ip) uses SIP credentials and a list of allowed addresses. V(twilio) uses a Twilio account.
          - Only DIDWW staff can set V(ip_only) and any type that this collection does not know. Such a type is accepted
            only if the trunk already has it and its attributes do not change.
          - A task can change V(ip_only) to one of the first two types, but cannot change it back. It cannot change a
            type that this collection does not know.
        type: str
        required: true
      allowed_sip_ips:
        description:
          - The IPv4 and IPv6 addresses and networks (CIDR) that may send calls, from 1 to 60. Order, duplicates and
            notation are ignored, as in O(allowed_rtp_ips), and host bits are rejected.
          - It applies to O(authentication_method.type=credentials_and_ip), and is required to change to this type.
        type: list
        elements: str
      tech_prefix:
        description:
          - A prefix that calls carry before the destination number, at most 8 characters, only digits and V(#).
          - It applies to O(authentication_method.type=credentials_and_ip).
          - V(null) or an empty string clears it.
          - Write it in quotes. A number is rejected, because YAML reads V(011) as 9.
        type: str
      twilio_account_sid:
        description:
          - The SID of the Twilio account, two letters (usually V(AC)) and 32 hexadecimal digits.
          - It applies to O(authentication_method.type=twilio), and is required to change to this type.
        type: str
  on_cli_mismatch_action:
    description:
      - What DIDWW does with a call whose caller ID (CLI), in the header C(From), is not a DID allowed on the trunk.
      - V(send_original_cli) passes the header on. V(reject_call) rejects the call. V(replace_cli) replaces the CLI with
        one of the allowed DIDs, and V(randomize_cli) with a random one of them.
      - V(replace_cli) and V(randomize_cli) require a feature of the account.
    type: str
    choices: [send_original_cli, reject_call, replace_cli, randomize_cli]
  default_did:
    description:
      - The DID that replaces the CLI, by its id (UUID) or number as in O(dids). It applies to
        O(on_cli_mismatch_action=replace_cli) only, and is rejected for any other action.
      - DIDWW does not return it. If the trunk already has this action, one more request checks whether this DID is set.
        In a change, C(before) is always V(null), which means unknown.
      - It is required to create a trunk with O(on_cli_mismatch_action=replace_cli).
      - With O(api_version=2026-11-19), it is also required to change O(on_cli_mismatch_action) to V(replace_cli).
        Otherwise DIDWW may require it for this change. The module does not, because DIDWW's sources disagree.
    type: str
  capacity_limit:
    description:
      - The maximum number of concurrent calls, from V(0) to V(32767). V(null) removes the limit.
      - With O(api_version=2026-11-19), V(0) is rejected, unless the trunk already has it.
    type: int
  allow_any_did_as_cli:
    description:
      - Whether every eligible DID can be used as CLI.
      - While this is V(true), DIDWW manages O(dids) itself. It unlinks the DIDs that were linked before.
    type: bool
  status:
    description:
      - Whether the trunk can be used for outbound calls.
      - DIDWW itself blocks a trunk that reached O(threshold_amount). V(active) does not undo such a block, or one whose
        cause is unknown, and it is not sent if DIDWW does not report the status, unless O(unblock=true). The module
        then warns, and reports the change in C(held).
    type: str
    choices: [active, blocked]
  threshold_amount:
    description:
      - The maximum amount that the trunk may spend in 24 hours, a decimal number from V(0.0) to V(100000.0). V(1000)
        equals V(1000.0). DIDWW's panel shows it in US dollars; its API names no currency.
      - V(null) removes the limit. An empty string is rejected, so that an empty template does not remove the limit.
      - With O(api_version=2026-11-19), V(null) is rejected, unless the trunk has no limit, and the maximum depends on
        the account.
    type: str
  default_dst_action:
    description:
      - V(allow_all) allows calls to all destinations except O(dst_prefixes). V(reject_all) rejects calls to all
        destinations except O(dst_prefixes).
    type: str
    choices: [allow_all, reject_all]
  dst_prefixes:
    description:
      - The destination prefixes that are exceptions to O(default_dst_action), as digits without C(+). Order and
        duplicates are ignored.
      - V(null) and V([]) clear the list.
      - A prefix begins with a country code. One that begins with C(0) is rejected, unless the trunk already has it.
    type: list
    elements: str
  emergency_enable_all:
    description:
      - Whether every eligible DID can be used for emergency calls.
      - While this is V(true), DIDWW manages O(emergency_dids) itself.
    type: bool
  media_encryption_mode:
    description: How media is encrypted.
    type: str
    choices: [disabled, srtp_sdes, srtp_dtls, zrtp]
  callback_url:
    description:
      - The http or https URL for callbacks. V(null) or an empty string clears it.
      - A URL without C(http://) or C(https://) is rejected, unless the trunk already has it.
    type: str
  force_symmetric_rtp: {type: bool, description: "Whether symmetric RTP (COMEDIA) is used."}
  rtp_ping: {type: bool, description: "Whether RTP ping is sent after the call is connected."}
  rtp_timeout:
    description:
      - The number of seconds without RTP packets after which a call is disconnected, from V(30) to V(600).
      - V(null) clears it. DIDWW may then return its default, V(30). The module warns if it does.
      - With O(api_version=2026-11-19), V(null) is rejected, unless the trunk already has it.
    type: int
  dids:
    description:
      - All DIDs that are allowed as CLI. Order and duplicates are ignored. V([]) unlinks all DIDs.
      - Write each DID as its id (UUID), or as its number in E.164, with or without C(+), spaces, dots, dashes and
        brackets.
      - Numbers are looked up, in check mode too, and so are ids that are not linked to the trunk already. It is an
        error if no DID has the number or the id.
      - With O(api_version=2026-11-19), a DID that awaits registration is rejected, unless it is linked already.
      - If several DIDs have the same number, the ones that are already linked to the trunk match. It is an error if
        none of them is linked.
      - DIDs cannot be listed while O(allow_any_did_as_cli) is V(true), or if the task sets it to V(true). V([])
        then means the same as leaving the option out. If O(allow_any_did_as_cli) was already V(true), exactly the DIDs
        that are linked are accepted too.
      - If the task changes O(allow_any_did_as_cli) to V(false), the listed DIDs are always sent, because DIDWW may drop
        links that it made under the flag.
    type: list
    elements: str
  emergency_dids:
    description:
      - All DIDs that are enabled for emergency calls, written as in O(dids). Order and duplicates are ignored. V([])
        unlinks all DIDs.
      - Emergency calling must be enabled for each DID that is not linked to the trunk already.
      - DIDs cannot be listed while O(emergency_enable_all) is V(true), or if the task sets it to V(true). V([])
        then means the same as leaving the option out. If O(emergency_enable_all) was already V(true), exactly the DIDs
        that are linked are accepted too.
      - If the task changes O(emergency_enable_all) to V(false), the listed DIDs are always sent.
    type: list
    elements: str
  state:
    description:
      - V(existing) updates the trunk. It is an error if the trunk does not exist.
      - V(present) creates the trunk if it does not exist, and updates it otherwise. A new trunk requires O(name),
        O(on_cli_mismatch_action), O(authentication_method) with the attributes that its type requires,
        O(default_did) for the action V(replace_cli), and O(allowed_rtp_ips) for the type V(credentials_and_ip). The
        last one is not required with O(api_version=2026-11-19). A new trunk cannot be selected by O(id).
      - If a new trunk has no O(threshold_amount) or no O(capacity_limit), DIDWW chooses it, and the module warns.
      - V(absent) deletes the trunk if it exists. Deletion is final, and calls over the trunk end at once. It is an
        error if the trunk has another O(name) or O(external_reference_id) than the task. The other options are checked
        and ignored.
    type: str
    choices: [existing, present, absent]
    default: existing
  unblock:
    description: Whether O(status=active) unblocks a trunk that DIDWW blocked because it reached its threshold.
    type: bool
    default: false
notes:
  - Before ansible-core 2.19, a template that yields V(null) arrives as an empty string, unless C(jinja2_native) is set.
    An empty string is rejected, unless the setting is text that an empty string clears. Write V(null) itself, or use
    V(omit).
"""

    # The same options, one level down: every entry of a list of trunks has them.
    _OPTIONS, _NOTES = DOCUMENTATION.removeprefix("\noptions:\n").split("notes:\n")
    _ENTRY: str = textwrap.indent(re.sub(r"\bO\((?!api_)", "O(trunks[].", _OPTIONS), "    ").replace(
        "        default: existing\n", ""
    )
    TRUNKS: str = f"""
options:
  trunks:
    description:
      - The trunks to manage. Each entry has the options of M(didww.voice.voice_out_trunk), except the connection
        options.
      - Each entry must refer to a different trunk.
      - An entry cannot take a name that the trunk of another entry has before or after the task. DIDWW rejects a name
        that is taken, and the updates have no fixed order. Rename one of the two trunks in an earlier task.
      - An entry cannot set O(trunks[].external_reference_id) to a value by which another entry selects its trunk.
    type: list
    elements: dict
    required: true
    suboptions:
{_ENTRY}
  state:
    description: The default for O(trunks[].state) of each entry.
    type: str
    choices: [existing, present, absent]
    default: existing
  audit:
    description:
      - Whether to compare only. Nothing is changed, as in check mode.
      - It is then no error if a trunk does not exist. It is reported in RV(missing), unless its O(trunks[].state) is
        V(absent). The trunks that no entry refers to are reported in RV(unmanaged).
      - If the O(trunks[].state) of such a trunk is V(present), its creation is planned, and RV(trunks[].token) approves
        it. It does not count as changed.
      - All trunks in the account are read.
    type: bool
    default: false
  undo_file:
    description:
      - The path of a file to write before the first change. It is a vars file for the playbook C(didww.voice.fleet),
        which then brings back every setting that this task changes. It is also true after a failure or an interruption,
        because a setting that was not changed already has the value in the file.
      - The entries select their trunks by id, and list DIDs by id. An entry with C(state=absent) deletes a trunk that
        the task creates. It selects that trunk by what O(trunks) selects it, so it would delete another one that
        somebody creates with the same name or reference later.
      - What cannot be brought back is listed in comments, such as deleted trunks with their settings, SIP credentials
        that DIDWW generated, and values that no task can set.
      - The file also contains C(didww_voice_undo), a dictionary with C(api_url), C(api_version), C(written_at) and
        C(written_by). It never contains SIP credentials or the API key.
      - No file is written in check mode, with O(audit=true), or if nothing changes. Only its owner can read the file.
      - The folder must exist. It is an error if the file exists, unless O(undo_add=true).
      - A task with this option also reads the DIDs of the trunks if it deletes one, or sets
        O(trunks[].allow_any_did_as_cli) or O(trunks[].emergency_enable_all).
    type: path
  undo_add:
    description:
      - Whether to add to O(undo_file) if it exists. For each setting, the file keeps the value that it had before the
        first task. A trunk that one of the tasks creates is deleted, even if a later one changes it.
      - It is an error if the file belongs to another O(api_url), or is not an undo file.
      - To add to a file requires PyYAML on the host that runs the module.
    type: bool
    default: false
  skip_invalid:
    description:
      - Whether to leave out invalid entries and update the others. The task fails at the end, and RV(trunks) reports
        what is wrong with each invalid entry.
      - Entries whose trunk does not exist are left out too, and reported in RV(missing). They are only an error if none
        of the trunks exists.
      - If two entries refer to the same trunk, the second is invalid. An entry that takes a name which the trunk of
        another entry has is invalid. If that trunk is renamed, the entry succeeds when the task runs again.
    type: bool
    default: false
  approved:
    description:
      - The tokens of the requests that the task may send, as a list, or as a text with commas between them. A check
        mode run or an audit of the same entries returns them as RV(trunks[].token).
      - All entries are planned before the first request that changes anything. If the token of any planned request is
        not in the list, the task fails, lists the entries that are not approved, and sends nothing. Check mode predicts
        this. Entries with nothing to send need no token.
      - After a run that failed half-way, the same tokens send what is left.
      - V(null), an empty list and an empty text approve nothing. Leave the option out to send every planned request.
      - The API key is not part of a token. Another key of the same account can apply a plan, and two accounts at one
        O(api_url) have the same token for the creation of a trunk.
    type: list
    elements: str
notes:
{_NOTES}
"""
