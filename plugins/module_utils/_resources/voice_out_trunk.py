# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The outbound trunk: its settings, and the rules that DIDWW has for it.

DIDWW API 3 (2026-04-16), "Create Outbound Trunk", "Update Outbound Trunk" and "Outbound Trunks"; for default_did,
DIDWW's OpenAPI document. What differs in version 2026-11-19: the same pages in that version.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._engine.advice import Advice
from ansible_collections.didww.voice.plugins.module_utils._engine.connection import NEWEST
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import (
    ANY_PREFIXES,
    BOOL,
    LIMITED_NETWORKS,
    NETWORKS,
    PREFIXES,
    URL,
    URL_OR_LESS,
    Kind,
    amount,
    choice,
    e164,
    matching,
    reference,
    set_of,
    show,
    whole,
)
from ansible_collections.didww.voice.plugins.module_utils._engine.link import Link
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import Draft, Setting, filter_by
from ansible_collections.didww.voice.plugins.module_utils._engine.variant import Variant

AUTHENTICATION = "authentication_method"
# The type of which DIDWW generates SIP credentials.
CREDENTIALS = "credentials_and_ip"
# DIDWW rejects default_did with any other action.
DEFAULT_DID, CLI_ACTION, REPLACE_CLI = "default_did", "on_cli_mismatch_action", "replace_cli"

DID = reference(e164, "the id (UUID) of a DID, or its number in E.164 such as +37061498222")
# DIDWW's OpenAPI document (2026-11-19).
REGISTERED = {"awaiting_registration": (False, "Leave them out until they are registered")}
# DIDWW's OpenAPI document (2026-04-16).
EMERGENCY = {"emergency_enabled": (True, "Enable emergency calling for them at DIDWW first, or leave them out")}
# The maximum length of an address list: DIDWW's OpenAPI document (2026-04-16).
MOST_ADDRESSES = 60

ALLOWED_SIP_IPS = Setting(
    "allowed_sip_ips",
    NETWORKS,
    null=[],
    most=MOST_ADDRESSES,
    empty="an empty list is not accepted; list at least one address or network",
    required=True,
)
TECH_PREFIX = Setting("tech_prefix", matching(r"[0-9#]{1,8}", "at most 8 characters, only digits and #"), nullable=True)
TWILIO_ACCOUNT_SID = Setting(
    "twilio_account_sid",
    matching(r"[A-Za-z]{2}[0-9A-Fa-f]{32}", "two letters (usually AC) and 32 hexadecimal digits"),
    required=True,
    unique=True,
)

# In the order of "Update Outbound Trunk". Diffs have the same order.
SETTINGS = (
    Setting("name", matching(r".*\S.*", "a name that is not blank", re.DOTALL), required=True),
    Setting("external_reference_id", matching(r"(?s).{1,100}", "at most 100 characters"), nullable=True),
    Setting(
        "allowed_rtp_ips",
        NETWORKS,
        nullable=True,
        most=MOST_ADDRESSES,
        empty="an empty list could mean nobody or everybody: write null for no restriction, or list the addresses",
        required_by=(CREDENTIALS,),
        remedy="list addresses, or write null for no restriction",
        versions={NEWEST: {"kind": LIMITED_NETWORKS, "required_by": ()}},
    ),
    Variant(
        AUTHENTICATION,
        types={
            CREDENTIALS: (ALLOWED_SIP_IPS, TECH_PREFIX),
            "ip_only": (ALLOWED_SIP_IPS, TECH_PREFIX),
            "twilio": (TWILIO_ACCOUNT_SID,),
        },
        settable_types=(CREDENTIALS, "twilio"),
        accepted="credentials_and_ip, twilio, or the type that the trunk has",
        hidden={CREDENTIALS: ("username", "password")},
        generated="no task can set it, because DIDWW generates it: voice_out_trunk_credentials generates a new pair, "
        "and voice_out_trunk_info returns the current one with include_credentials",
        revealed_as="credentials",
        called_hidden="SIP username and password",
        required=True,
    ),
    Setting(CLI_ACTION, choice("send_original_cli", "reject_call", REPLACE_CLI, "randomize_cli"), required=True),
    Link(
        DEFAULT_DID,
        DID,
        type="dids",
        noun="DID",
        by="number",
        unread=True,
        only_with=(CLI_ACTION, REPLACE_CLI),
        versions={NEWEST: {"always_with": True, "requires": REGISTERED}},
    ),
    Setting(
        "capacity_limit", whole(0, 32767), nullable=True, costly=True, versions={NEWEST: {"kind": whole(1, 32767)}}
    ),
    Setting("allow_any_did_as_cli", BOOL),
    Setting("status", choice("active", "blocked")),
    Setting(
        "threshold_amount",
        amount(0, 100000),
        nullable=True,
        costly=True,
        # The account has a limit.
        versions={
            NEWEST: {
                "kind": amount(0),
                "nullable": False,
                "left_out": "to keep the current limit, or to let DIDWW choose that of a new trunk",
            }
        },
    ),
    Setting("default_dst_action", choice("allow_all", "reject_all")),
    Setting("dst_prefixes", PREFIXES, nullable=True, null=[], tolerated=ANY_PREFIXES),
    Setting("emergency_enable_all", BOOL),
    Setting("media_encryption_mode", choice("disabled", "srtp_sdes", "srtp_dtls", "zrtp")),
    Setting("callback_url", URL, nullable=True, tolerated=URL_OR_LESS),
    Setting("force_symmetric_rtp", BOOL),
    Setting("rtp_ping", BOOL),
    Setting("rtp_timeout", whole(30, 600), nullable=True, versions={NEWEST: {"nullable": False}}),
    *(
        Link(name, set_of(DID), null=[], type="dids", noun="DID", by="number", many=True, managed_by=flag, **differs)
        for name, flag, differs in (
            ("dids", "allow_any_did_as_cli", {"versions": {NEWEST: {"requires": REGISTERED}}}),
            ("emergency_dids", "emergency_enable_all", {"requires": EMERGENCY}),
        )
    ),
)

UNBLOCK = Setting("unblock", BOOL, left_out="for the default, false", default=False)

# --- Rules ----------------------------------------------------------------------------------------


def credentials_go_with_the_type(draft: Draft) -> None:
    """Warn if a change ends SIP credentials or generates some.

    "Update Outbound Trunk": another type clears the attributes of the previous one.
    """
    old, new = ((settings.get(AUTHENTICATION) or {}).get("type") for settings in (draft.before, draft.after))
    words = f"{AUTHENTICATION}.type changes from {old} to {new}: "
    if draft.new or old == new:
        return
    if old == CREDENTIALS:
        draft.warn(f"{words}the trunk loses its SIP username and password, and a change back generates new ones")
    elif new == CREDENTIALS:
        read = "voice_out_trunk_info returns them with include_credentials"
        draft.warn(f"{words}DIDWW generates a new SIP username and password; {read}")


def block_is_held(draft: Draft) -> None:
    """Do not undo a block by DIDWW: a routine task must not let a fraud go on."""
    status = draft.before.get("status")
    # Unknown is neither active nor below the threshold.
    guarded = status is None or draft.facts.get("threshold_reached") is not False
    unblocks = draft.wanted.get("status") == "active" != status
    if draft.new or not (unblocks and guarded) or draft.flags.get(UNBLOCK.name):
        return
    if status is None:
        why = "is not sent: DIDWW does not report it, so it may have blocked the trunk"
    else:
        why = f"stays {show(status)}: DIDWW blocked the trunk because it reached its threshold, or does not report "
        why += "whether it did"
    draft.hold("status", why, "set unblock to true")


def default_did_belongs_to_replace_cli(draft: Draft) -> None:
    """DIDWW rejects a default DID with any other action, and requires one with this action.

    DIDWW's OpenAPI document. "Update Outbound Trunk" (2026-04-16) lacks default_did, so an update may do without it.
    """
    action = draft.after.get(CLI_ACTION, REPLACE_CLI)
    if DEFAULT_DID in draft.wanted:
        if action != REPLACE_CLI:
            words = f"only for a trunk whose {CLI_ACTION} is {REPLACE_CLI}; it is {action}: leave {DEFAULT_DID} out"
            draft.reject(DEFAULT_DID, f"{words}, or set {CLI_ACTION} to {REPLACE_CLI}")
        return
    row = draft.rows[DEFAULT_DID]
    remedy = "set it to the id or the number of a DID"
    if not draft.wanted.get(CLI_ACTION) == REPLACE_CLI != draft.before.get(CLI_ACTION):
        return
    if draft.new:
        draft.reject(DEFAULT_DID, f"required to create a trunk with {CLI_ACTION} {REPLACE_CLI}: {remedy}")
    elif isinstance(row, Link) and row.always_with:
        words = f"required when {CLI_ACTION} changes to {REPLACE_CLI}: {remedy}"
        draft.reject(DEFAULT_DID, f"{words} (with api_version {draft.version})")


def default_did_may_lack(sent: Mapping[str, Any]) -> str:
    """Return advice after DIDWW rejected an update."""
    replaces = sent.get("attributes", {}).get(CLI_ACTION) == REPLACE_CLI
    if not replaces or DEFAULT_DID in sent.get("relationships", {}):
        return ""
    return f"DIDWW may require {DEFAULT_DID} with {CLI_ACTION} {REPLACE_CLI}: set it."


# --- The declaration ------------------------------------------------------------------------------

ADVICE = (
    Advice(
        400,
        "DIDWW does not accept this filter value. The values replace_cli and randomize_cli, and default_did, require a "
        "feature of the account: without it, leave the filter out.",
        sign="(?i)filter value",
    ),
    Advice(
        403, "The Outbound API is not enabled for this account, or the account is in read-only mode: contact DIDWW."
    ),
)

_KINDS = {row.name: row.kind for row in SETTINGS}


def _filters(*names: str) -> dict[str, Setting]:
    return {name: filter_by(name, _KINDS[name]) for name in names}


TYPES: Kind = set_of(matching(r"\w+", "a type such as twilio"))

VOICE_OUT_TRUNK = Resource(
    type="voice_out_trunks",
    name="voice_out_trunk",
    noun="trunk",
    called="outbound trunk",
    identifiers=("id", "external_reference_id", "name"),
    unique="name",
    settings=SETTINGS,
    facts=("created_at", "threshold_reached"),
    meta=("spent_amount",),
    flags=(UNBLOCK,),
    # Those that accept several values take lists: DIDWW's OpenAPI document.
    filters={
        **_filters("external_reference_id", "name"),
        "name_contains": filter_by("name_contains", matching(r'[^,"]+', "text without commas and quotation marks")),
        **_filters("status", CLI_ACTION, "allow_any_did_as_cli", "default_dst_action", "media_encryption_mode"),
        "threshold_reached": filter_by("threshold_reached", BOOL),
        f"{AUTHENTICATION}.type": filter_by("authentication_method_type", TYPES),
    },
    # DIDWW API 3 (2026-04-16), "Pagination".
    page_sizes={"voice_out_trunks": 1000, "dids": 100},
    known_as="did_numbers",
    rules=(credentials_go_with_the_type, block_is_held, default_did_belongs_to_replace_cli),
    advice=ADVICE,
    hint=default_did_may_lack,
    deletion="Deletion is final, and calls over the trunk end at once.",
    undone_by="ansible-playbook didww.voice.fleet -e trunks_file=THIS_FILE",
)
