#!/usr/bin/python
# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: voice_out_trunk_info
short_description: Read DIDWW outbound SIP trunks
version_added: 1.0.0
description:
  - Reads one trunk, all trunks, or the trunks that match filters. It changes nothing.
  - RV(trunks) contains all settings of each trunk, under the names of the options of M(didww.voice.voice_out_trunk),
    and read-only keys. RV(settings) contains the same trunks with only the options that M(didww.voice.voice_out_trunk)
    and M(didww.voice.voice_out_trunks) accept.
  - O(id) or O(trunk) selects one trunk, and it is an error if it does not exist. All other options are filters,
    except O(include_dids), O(include_credentials) and the connection options. A trunk must match all filters that are
    set. Without filters, all trunks in the account are returned. If no trunk matches, the list is empty.
  - V(null) is rejected for O(id), O(trunk) and filters, because it would select every trunk. Leave the option out, or
    use V(omit). Where C(ansible-doc) prints V(null) as a default, it means that the option is not set.
  - A trunk may have a value that no task can set. RV(trunks) contains it unchanged, RV(trunks[].not_accepted) lists it,
    RV(settings) leaves it out, and the module warns.
  - A setting that DIDWW does not return is left out.
author: didww.voice contributors (@didww)
extends_documentation_fragment: [didww.voice.attributes, didww.voice.connection]
attributes:
  check_mode:
    support: full
    details: Reads the trunks in check mode too.
  diff_mode:
    support: N/A
    details: This module changes nothing.
  idempotent:
    support: full
options:
  id:
    description:
      - The ids (UUIDs) of the trunks to read. It cannot be combined with filters.
      - It is an error if one of them does not exist.
    type: list
    elements: str
  trunk:
    description:
      - The id, the external reference id or the exact name of the trunk to read. It cannot be combined with filters.
      - It is an error if no trunk, or more than one, matches. All trunks in the account are read.
    type: str
  external_reference_id:
    description:
      - Only return trunks with exactly this external reference id.
      - Write digits in quotes. A number is rejected, because YAML reads V(0012) as 10.
    type: str
  name:
    description:
      - Only return trunks with exactly this name.
      - Write digits in quotes. A number is rejected, because YAML reads V(0012) as 10.
    type: str
  name_contains:
    description:
      - Only return trunks whose name contains this text. Commas and quotation marks in it are rejected.
    type: str
  status: {type: str, choices: [active, blocked], description: "Only return trunks with this status."}
  on_cli_mismatch_action:
    description:
      - Only return trunks with this action for calls whose caller ID (CLI) is not an allowed DID.
    type: str
    choices: [send_original_cli, reject_call, replace_cli, randomize_cli]
  allow_any_did_as_cli:
    description:
      - Only return trunks on which every eligible DID can, or cannot, be used as CLI.
    type: bool
  threshold_reached:
    description:
      - Only return trunks that have, or have not, spent their threshold amount.
    type: bool
  default_dst_action:
    description:
      - Only return trunks with this default action for destinations.
    type: str
    choices: [allow_all, reject_all]
  media_encryption_mode:
    description:
      - Only return trunks with this media encryption.
    type: str
    choices: [disabled, srtp_sdes, srtp_dtls, zrtp]
  authentication_method_type:
    description:
      - Only return trunks with one of these types of authentication, such as V(credentials_and_ip), V(twilio) or
        V(ip_only).
    type: list
    elements: str
  include_dids:
    description:
      - Whether to also read the DIDs that are linked to the trunks.
    type: bool
    default: false
  include_credentials:
    description:
      - Whether to also return the SIP username and password. Set C(no_log) on such a task.
    type: bool
    default: false
seealso: [{module: didww.voice.voice_out_trunk}, {module: didww.voice.voice_out_trunks}]
"""

EXAMPLES = r"""
# Use the tasks in a play with "hosts: localhost" and "gather_facts: false". The API key is in DIDWW_API_KEY.
- name: Read the EU trunk
  didww.voice.voice_out_trunk_info:
    name: EU SBC
  register: eu

- name: Show its settings
  ansible.builtin.debug:
    var: eu.trunks

- name: Read the active trunks that authenticate with Twilio
  didww.voice.voice_out_trunk_info:
    status: active
    authentication_method_type: twilio
  register: twilio

- name: List their names
  ansible.builtin.debug:
    msg: "{{ twilio.trunks | map(attribute='name') | list }}"

# The playbook didww.voice.export_trunks does the same, escapes text that looks like a template, and checks the file.
- name: Read all trunks, with their DIDs
  didww.voice.voice_out_trunk_info:
    include_dids: true
  register: account

- name: Write the settings to a vars file
  ansible.builtin.copy:
    content: "{{ {'trunks': account.settings} | to_nice_yaml(sort_keys=false) }}"
    dest: "{{ playbook_dir }}/trunks.yml"
    mode: "0640"

- name: Load the vars file
  ansible.builtin.include_vars:
    file: "{{ playbook_dir }}/trunks.yml"
    name: saved

- name: Restore the saved settings
  didww.voice.voice_out_trunks:
    trunks: "{{ saved.trunks }}"

- name: Find the trunks that have spent their threshold amount
  didww.voice.voice_out_trunk_info:
    threshold_reached: true
  register: spent

# Only the status differs, so only the status is sent.
- name: Block the trunks
  didww.voice.voice_out_trunks:
    trunks: "{{ spent.settings | map('combine', {'status': 'blocked'}) | list }}"

- name: Read the SIP credentials of the EU trunk
  didww.voice.voice_out_trunk_info:
    name: EU SBC
    include_credentials: true
  register: eu
  no_log: true
"""

RETURN = r"""
trunks:
  description:
    - The trunks found, in the order of the API. Each contains the settings by option name of
      M(didww.voice.voice_out_trunk), and read-only keys.
    - Lists are sorted. Networks are in CIDR notation, amounts are decimal numbers, and ids are in lower case.
    - C(created_at), C(threshold_reached), C(spent_amount), C(did_numbers), C(not_accepted) and C(credentials) are
      read-only.
  returned: success
  type: list
  elements: dict
  contains:
    id: {type: str, returned: always, description: "The id of the trunk.", sample: 0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10}
    name: {type: str, returned: if DIDWW returns it, description: "The name of the trunk.", sample: EU SBC}
    external_reference_id:
      description: The identifier from a system of your own. V(null) if there is none.
      type: str
      returned: if DIDWW returns it
      sample: crm-0001
    allowed_rtp_ips:
      description: The networks that may send media. V(null) if there is no restriction.
      type: list
      elements: str
      returned: if DIDWW returns it
      sample: [198.51.100.0/24]
    authentication_method:
      description: How the trunk authenticates calls, without the SIP credentials.
      type: dict
      returned: if DIDWW returns it
      contains:
        type:
          description: The type of authentication, such as V(credentials_and_ip), V(twilio) or V(ip_only).
          type: str
          returned: always
          sample: credentials_and_ip
        allowed_sip_ips:
          description: The networks that may send calls.
          type: list
          elements: str
          returned: if the type is V(credentials_and_ip) or V(ip_only)
          sample: [203.0.113.1/32]
        tech_prefix:
          description: The prefix that calls carry before the destination number. V(null) if there is none.
          type: str
          returned: if the type is V(credentials_and_ip) or V(ip_only)
          sample: "77#"
        twilio_account_sid:
          description: The SID of the Twilio account.
          type: str
          returned: if the type is V(twilio)
          sample: AC39347AF064AF97E1682C3B7332DAAEE6
    on_cli_mismatch_action:
      description: What DIDWW does with a call whose caller ID (CLI) is not a DID allowed on the trunk.
      type: str
      returned: if DIDWW returns it
      sample: reject_call
    capacity_limit:
      description: The maximum number of concurrent calls. V(null) if there is no limit.
      type: int
      returned: if DIDWW returns it
      sample: 30
    allow_any_did_as_cli:
      description: Whether every eligible DID can be used as CLI.
      type: bool
      returned: if DIDWW returns it
      sample: false
    status:
      description: Whether the trunk can be used for outbound calls, V(active) or V(blocked).
      type: str
      returned: if DIDWW returns it
      sample: active
    threshold_amount:
      description: The maximum amount that the trunk may spend in 24 hours. V(null) if there is no limit.
      type: str
      returned: if DIDWW returns it
      sample: "1000.0"
    default_dst_action:
      description:
        - Whether DIDWW allows calls to all destinations except the prefixes (V(allow_all)), or only to the prefixes
          (V(reject_all)).
      type: str
      returned: if DIDWW returns it
      sample: allow_all
    dst_prefixes:
      description: The destination prefixes that are exceptions to the default action. An empty list if there are none.
      type: list
      elements: str
      returned: if DIDWW returns it
      sample: ["23", "45"]
    emergency_enable_all:
      description: Whether every eligible DID can be used for emergency calls.
      type: bool
      returned: if DIDWW returns it
      sample: false
    media_encryption_mode:
      description: How media is encrypted.
      type: str
      returned: if DIDWW returns it
      sample: disabled
    callback_url:
      description: The URL for callbacks. V(null) if there is none.
      type: str
      returned: if DIDWW returns it
      sample: https://example.com/calls
    force_symmetric_rtp:
      description: Whether symmetric RTP (COMEDIA) is used.
      type: bool
      returned: if DIDWW returns it
      sample: true
    rtp_ping:
      description: Whether RTP ping is sent after the call is connected.
      type: bool
      returned: if DIDWW returns it
      sample: true
    rtp_timeout:
      description: The number of seconds without RTP packets after which a call is disconnected.
      type: int
      returned: if DIDWW returns it
      sample: 30
    dids:
      description: The ids of the DIDs that are allowed as CLI.
      type: list
      elements: str
      returned: if O(include_dids=true)
      sample: [6b1f4c0a-0000-4000-8000-000000000001]
    emergency_dids:
      description: The ids of the DIDs that are enabled for emergency calls.
      type: list
      elements: str
      returned: if O(include_dids=true)
      sample: []
    did_numbers:
      description:
        - The numbers of the DIDs in RV(trunks[].dids) and RV(trunks[].emergency_dids), by id, if they are known.
      type: dict
      returned: if O(include_dids=true)
      sample:
        6b1f4c0a-0000-4000-8000-000000000001: "37061498222"
    created_at:
      description: When the trunk was created.
      type: str
      returned: always
      sample: "2025-04-02T10:00:00.000Z"
    threshold_reached:
      description: Whether the trunk has spent its threshold amount.
      type: bool
      returned: always
      sample: false
    spent_amount:
      description:
        - The amount that the trunk has spent. DIDWW's sources disagree whether it is that of 24 hours or that of the
          billing period.
      type: str
      returned: always
      sample: "12.34"
    not_accepted:
      description:
        - The settings whose values no task can set, each with the reason. A key is the name of an option, such as
          C(rtp_timeout) or C(authentication_method.tech_prefix).
      type: dict
      returned: if there are any
      sample:
        rtp_timeout: 0 is not accepted; expected a whole number from 30 to 600
    credentials:
      description: The SIP credentials.
      type: dict
      returned: if O(include_credentials=true)
      contains:
        username:
          description: The SIP username. V(null) if the type of authentication has none.
          type: str
          returned: always
          sample: u4k2m
        password:
          description: The SIP password. V(null) if the type of authentication has none.
          type: str
          returned: always
          sample: s3cr3t
settings:
  description:
    - The same trunks in the same order, each with only the options that the other modules accept. Use an entry as
      the options of M(didww.voice.voice_out_trunk), or the list as O(didww.voice.voice_out_trunks#module:trunks).
    - The read-only keys are left out, and so are the settings in RV(trunks[].not_accepted).
    - DIDs are included if O(include_dids=true). They are listed by number, or by id if not all numbers are known.
    - If DIDWW manages the DIDs itself, they are left out. This is the case for C(dids) while C(allow_any_did_as_cli) is
      V(true), and for C(emergency_dids) while C(emergency_enable_all) is V(true).
  returned: success
  type: list
  elements: dict
  sample:
    - id: 0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10
      name: EU SBC
      external_reference_id: crm-0001
      allowed_rtp_ips: null
      authentication_method:
        type: credentials_and_ip
        allowed_sip_ips: [203.0.113.1/32]
        tech_prefix: null
      on_cli_mismatch_action: reject_call
      capacity_limit: 30
      allow_any_did_as_cli: false
      status: active
      threshold_amount: "1000.0"
      default_dst_action: allow_all
      dst_prefixes: ["23", "45"]
      emergency_enable_all: false
      media_encryption_mode: disabled
      callback_url: null
      force_symmetric_rtp: true
      rtp_ping: true
      rtp_timeout: 30
      dids: ["37061498222"]
      emergency_dids: []
api_version: {type: str, returned: success, description: "The version of the API that answered.", sample: "2026-04-16"}
msg:
  description: What went wrong, and what to do about it.
  returned: failure
  type: str
  sample: "id: \"eu\" is not accepted; expected an id (UUID) such as cf2e6377-fcaa-4416-8c8e-acd5f31a427f"
status:
  description: The HTTP status of the API's answer.
  returned: failure, if the API answered with an error
  type: int
  sample: 404
errors:
  description: The errors in the API's answer, in the same form as M(didww.voice.voice_out_trunk) returns them.
  returned: failure, if the API answered with an error
  type: list
  elements: dict
  sample:
    - option: null
      pointer: null
      title: Record not found
      detail: The record identified by 00000000-0000-4000-8000-000000000000 could not be found.
      code: "404"
      status: "404"
"""

from ansible_collections.didww.voice.plugins.module_utils._engine import module
from ansible_collections.didww.voice.plugins.module_utils._engine.reading import read_many
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK

main = module.entry(read_many(VOICE_OUT_TRUNK))

if __name__ == "__main__":
    main()
