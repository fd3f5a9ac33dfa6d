# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inbound trunk: its settings, and the rules that DIDWW has for it.

DIDWW API 3 (2026-04-16), "Inbound Trunks", and DIDWW's OpenAPI document. Version 2026-11-19 stores some settings in
another form, which is not known well enough.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._engine.connection import NEWEST
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import (
    BOOL,
    NETWORKS,
    Kind,
    choice,
    code,
    list_of,
    matching,
    set_of,
    show,
    whole,
)
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource, Users
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import Draft, Setting, filter_by
from ansible_collections.didww.voice.plugins.module_utils._engine.variant import Attributes, Variant
from ansible_collections.didww.voice.plugins.module_utils._resources.did import GROUP, TEXT, UNDONE_BY, to_one

CONFIGURATION, SIP, PSTN = "configuration", "sip_configurations", "pstn_configurations"

# --- DIDWW's numbers, by the words that tasks use ------------------------------------------------------

# The words are those of version 2026-11-19.
CODECS = {
    "telephone_event": 6,
    "g723": 7,
    "g729": 8,
    "pcmu": 9,
    "pcma": 10,
    "speex": 12,
    "gsm": 13,
    "g726_32": 14,
    "g721": 15,
    "g726_24": 16,
    "g726_40": 17,
    "g726_16": 18,
    "l16": 19,
}
TRANSPORT_PROTOCOLS = {"udp": 1, "tcp": 2, "tls": 3}
RX_DTMF_FORMATS = {"rfc_2833": 1, "sip_info": 2, "rfc_2833_or_sip_info": 3}
# Some of DIDWW's SDKs count these from 1. The default, 1, would then mean that no DTMF is sent.
TX_DTMF_FORMATS = {"disabled": 0, "rfc_2833": 1, "sip_info_dtmf_relay": 2, "sip_info_dtmf": 4}
REFRESH_METHODS = {"invite": 1, "update": 2, "update_fallback_invite": 3}
# By SIP code: DIDWW numbers them in order, with gaps. ringing_timeout is the time after which nobody has answered.
REROUTING_CODES: dict[str | int, int] = {
    sip: number
    for first, codes in (
        (56, [*range(400, 405)]),
        (64, [*range(408, 411), *range(412, 418), *range(420, 425), 428, 429, 433, 436, 437, 438, 480]),
        (86, [*range(482, 489)]),
        (96, [494, *range(500, 506), 513, 580, 600, 603, 604, 606]),
        (1505, ["ringing_timeout"]),
    )
    for number, sip in enumerate(codes, first)
}

# --- Settings -------------------------------------------------------------------------------------

UNKNOWN_FORM = (
    f"cannot be set with api_version {NEWEST}, which stores it in another form that is not known well enough: "
)
UNKNOWN_FORM += "leave it out, and set it in DIDWW's panel"
# A new trunk of that version has codecs without them.
BARRED = {NEWEST: {"barred": UNKNOWN_FORM, "required": False}}
AT_LEAST_ONE = "an empty list is not accepted; list at least one, or leave the option out"


def _coded(name: str, words: dict[str, int], **more: Any) -> Setting:
    """Return an attribute that DIDWW stores as a number."""
    return Setting(
        name, code(words), attribute=f"{name}_id", tolerated=code(words, others=True), versions=BARRED, **more
    )


def _all_coded(name: str, words: Any, attribute: str, listing: Callable[[Kind], Kind], **more: Any) -> Setting:
    """Return an attribute that DIDWW stores as a list of numbers."""
    kind, wider = (listing(code(words, others)) for others in (False, True))
    return Setting(name, kind, attribute=attribute, tolerated=wider, versions=BARRED, **more)


TIMER = whole(1, 10**9)
SIP_ATTRIBUTES = (
    Setting("host", matching(r"\S+", "a host name or an IP address"), nullable=True),
    Setting("port", whole(1, 65535), nullable=True),
    Setting("username", matching(r"[^\s@]+", "a text without white space and @"), nullable=True),
    _coded("transport_protocol", TRANSPORT_PROTOCOLS),
    Setting("network_protocol_priority", choice("force_ipv4", "force_ipv6", "any", "prefer_ipv4", "prefer_ipv6")),
    Setting("resolve_ruri", BOOL),
    Setting("use_did_in_ruri", BOOL),
    _all_coded("codecs", CODECS, "codec_ids", list_of, empty=AT_LEAST_ONE, required=True),
    _coded("rx_dtmf_format", RX_DTMF_FORMATS),
    _coded("tx_dtmf_format", TX_DTMF_FORMATS),
    Setting("auth_enabled", BOOL),
    Setting("auth_user", TEXT, nullable=True, belongs_to="auth_password"),
    Setting("auth_password", TEXT, nullable=True, secret=True),
    Setting("auth_from_user", TEXT, nullable=True),
    Setting("auth_from_domain", TEXT, nullable=True),
    Setting("enabled_sip_registration", BOOL),
    Setting("sst_enabled", BOOL),
    Setting("sst_min_timer", TIMER, nullable=True),
    Setting("sst_max_timer", TIMER, nullable=True),
    Setting("sst_session_expires", TIMER, nullable=True),
    _coded("sst_refresh_method", REFRESH_METHODS),
    Setting("sst_accept_501", BOOL),
    Setting("sip_timer_b", whole(1000, 64000)),
    Setting("dns_srv_failover_timer", whole(1, 64000), nullable=True),
    Setting("rtp_ping", BOOL, nullable=True),
    Setting("rtp_timeout", whole(5, 600)),
    Setting("force_symmetric_rtp", BOOL, nullable=True),
    Setting("symmetric_rtp_ignore_rtcp", BOOL, nullable=True),
    Setting(
        "allowed_rtp_ips",
        NETWORKS,
        nullable=True,
        most=10,
        empty="an empty list could mean nobody or everybody: write null for no restriction, or list the addresses",
    ),
    Setting("media_encryption_mode", choice("disabled", "srtp_sdes", "srtp_dtls", "zrtp")),
    Setting("stir_shaken_mode", choice("disabled", "original", "pai", "original_pai", "verstat")),
    Setting("diversion_relay_policy", choice("none", "as_is", "sip", "tel")),
    Setting("diversion_inject_mode", choice("none", "did_number")),
    Setting("cnam_lookup", BOOL),
    Setting("max_transfers", whole(0, 8)),
    Setting("max_30x_redirects", whole(0, 8)),
    _all_coded("rerouting_disconnect_codes", REROUTING_CODES, "rerouting_disconnect_code_ids", set_of, nullable=True),
)
PSTN_ATTRIBUTES = (
    Setting("dst", matching(r"\d{1,15}", "a number in E.164, digits without the leading +"), required=True),
)

NAME = Setting("name", matching(r".*\S.*", "a name that is not blank", re.DOTALL), required=True)
REFERENCE = Setting("external_reference_id", matching(r"(?s).{1,100}", "at most 100 characters"), nullable=True)
SETTINGS = (
    NAME,
    REFERENCE,
    Setting("description", TEXT, nullable=True),
    Setting("priority", whole(0, 65535)),
    Setting("weight", whole(0, 65535)),
    Setting("capacity_limit", whole(1, 32767), nullable=True),
    Setting(
        "cli_format", choice("e164", "local", "raw"), left_out="to keep it, or write e164, which DIDWW stores for null"
    ),
    Setting("cli_prefix", matching(r"[A-Za-z0-9+#]{1,7}", "at most 7 letters, digits, + and #"), nullable=True),
    Setting("ringing_timeout", whole(1, 32), nullable=True),
    Variant(
        CONFIGURATION,
        types={SIP: SIP_ATTRIBUTES, PSTN: PSTN_ATTRIBUTES},
        settable_types=(SIP, PSTN),
        accepted=f"{SIP} or {PSTN}",
        hidden={SIP: ("incoming_auth_username", "incoming_auth_password")},
        generated="no task can set it, because DIDWW generates it while enabled_sip_registration is true: "
        "voice_in_trunk_info returns it with include_credentials",
        revealed_as="credentials",
        called_hidden="SIP username and password",
        hidden_with="enabled_sip_registration",
        merged=True,
        required=True,
    ),
    to_one("pop", type="pops", noun="POP", found_by="list", versions={NEWEST: {"barred": UNKNOWN_FORM}}),
    replace(GROUP, freed="set voice_in_trunk_group to null too, in the same task", shares_names=True),
)

# --- Rules ----------------------------------------------------------------------------------------

# What DIDWW chooses for a new trunk, as far as rules need it: answers of DIDWW's sandbox, April 2026.
DEFAULTS: dict[str, Any] = {
    "host": None,
    "auth_user": None,
    "auth_password": None,
    "sst_min_timer": 600,
    "sst_max_timer": 900,
    "sip_timer_b": 8000,
    "dns_srv_failover_timer": 2000,
}
REGISTERS, AUTHENTICATES, REFRESHES = "enabled_sip_registration", "auth_enabled", "sst_enabled"


def registration(draft: Draft) -> None:
    """A trunk that registers has no host and no port, and only such a trunk has use_did_in_ruri.

    DIDWW checks what it has after a request: its OpenAPI document, and the commits of its SDKs (May 2026).
    """
    it = Attributes(draft, CONFIGURATION, DEFAULTS)
    if not it.differ or it.type != SIP:
        return
    turned = it.turned(REGISTERS)
    if it.known.get(REGISTERS):
        for name in ("host", "port"):
            if it.wanted.get(name) is not None:
                it.reject(name, f"belongs to a trunk without {REGISTERS}: leave it out, or set {REGISTERS} to false")
            elif it.before.get(name) is not None:
                it.set(name, None)
        if turned:
            read = "voice_in_trunk_info returns them with include_credentials"
            draft.warn(f"{CONFIGURATION}.{REGISTERS}: DIDWW generates a SIP username and password; {read}")
        return
    if it.wanted.get("use_did_in_ruri"):
        it.reject("use_did_in_ruri", f"belongs to a trunk with {REGISTERS}: leave it out, or set {REGISTERS} to true")
    if turned is False:
        if it.wanted.get("host") is None:
            it.reject("host", f"required when {REGISTERS} is turned off: it is where DIDWW sends the calls then")
        it.set("use_did_in_ruri", False)
        it.add("host")
        draft.warn(f"{CONFIGURATION}.{REGISTERS}: the trunk loses its SIP username and password")
    elif it.known.get("host", "") is None:
        it.reject("host", f"required without {REGISTERS}: it is where DIDWW sends the calls")


def authentication(draft: Draft) -> None:
    """A trunk that authenticates has a user and a password, any other has neither: DIDWW's OpenAPI document."""
    it = Attributes(draft, CONFIGURATION, DEFAULTS)
    if not it.differ or it.type != SIP:
        return
    for name in ("auth_user", "auth_password"):
        if it.known.get(AUTHENTICATES):
            # What was stored before is DIDWW's business, and an answer may lack a password.
            if it.known.get(name, "") is None and (name in it.wanted or it.turned(AUTHENTICATES)):
                it.reject(name, f"required with {AUTHENTICATES}: set it too")
        elif it.wanted.get(name) is not None:
            it.reject(name, f"belongs to a trunk with {AUTHENTICATES}: leave it out, or set {AUTHENTICATES} to true")
        elif it.turned(AUTHENTICATES) is False:
            it.set(name, None)


def timers(draft: Draft) -> None:
    """Timers that limit each other are checked together, and sent together: DIDWW's OpenAPI document."""
    it = Attributes(draft, CONFIGURATION, DEFAULTS)
    if not it.differ or it.type != SIP:
        return
    for pair in (("sst_min_timer", "sst_max_timer"), ("dns_srv_failover_timer", "sip_timer_b")):
        least, most = (it.known.get(name) for name in pair)
        if least is not None and most is not None and least > most:
            named = [name for name in pair if name in it.wanted] or pair
            it.reject(named[-1], f"{pair[0]} {least} is more than {pair[1]} {most}: set both")
        if not draft.new and any(it.after.get(name) != it.before.get(name) for name in pair):
            for name in pair:
                it.add(name)
    expires, least, most = (it.known.get(name) for name in ("sst_session_expires", "sst_min_timer", "sst_max_timer"))
    three = ("sst_session_expires", "sst_min_timer", "sst_max_timer")
    concerned = draft.new or any(name in it.wanted for name in three)
    if concerned and expires is not None and not (least or expires) <= expires <= (most or expires):
        words = f"{expires} is not between sst_min_timer {show(least)} and sst_max_timer {show(most)}"
        it.reject("sst_session_expires", words)
    for name in ("sst_min_timer", "sst_max_timer") if it.known.get(REFRESHES) else ():
        if it.known.get(name, "") is None and (name in it.wanted or it.turned(REFRESHES)):
            it.reject(name, f"required with {REFRESHES}: set it too")


# --- The declaration ------------------------------------------------------------------------------

VOICE_IN_TRUNK = Resource(
    type="voice_in_trunks",
    name="voice_in_trunk",
    noun="trunk",
    called="inbound trunk",
    identifiers=("id", "external_reference_id", "name"),
    settings=SETTINGS,
    facts=("created_at",),
    filters={
        "name": filter_by("name", set_of(NAME.kind)),
        "external_reference_id": filter_by("external_reference_id", REFERENCE.kind),
        f"{CONFIGURATION}.type": filter_by("configuration_type", set_of(matching(r"\w+", f"a type such as {SIP}"))),
    },
    # DIDWW's OpenAPI document. The list of POPs has no pages.
    page_sizes={"voice_in_trunks": 100, "voice_in_trunk_groups": 100, "dids": 100},
    known_as="names",
    rules=(registration, authentication, timers),
    users=Users(
        type="dids",
        link="voice_in_trunk",
        by="number",
        noun="number",
        freed="First set voice_in_trunk of each to another trunk, or to null, with didww.voice.did or didww.voice.dids",
    ),
    # Those of outbound trunks are called trunks.
    list_in_files="in_trunks",
    taken="Another inbound trunk of this account, or a trunk group, has that name: they share their names.",
    undone_by=UNDONE_BY,
)
