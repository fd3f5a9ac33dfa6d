# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inbound trunks. DIDWW's OpenAPI, 2026-04-16; a comment gives any other source."""

from __future__ import annotations

import secrets
import string
from typing import Any

from simulator import values
from simulator.accounts import TOKEN_VERSION
from simulator.change import Draft
from simulator.resource import LIST, Attribute, Filter, Link, Record, Resource, Unique, Variant, since
from simulator.resources import did, pop, voice_in_trunk_group
from simulator.resources.voice_out_trunk import now
from simulator.store import Store

TYPE = "voice_in_trunks"
GROUPS = voice_in_trunk_group.TYPE
SIP = "sip_configurations"
FLAG = values.boolean
# The numbers that DIDWW gives to codecs, and to the SIP codes after which it tries another trunk.
CODECS = {6, 7, 8, 9, 10, *range(12, 20)}
REROUTING = {*range(56, 61), *range(64, 85), *range(86, 93), *range(96, 109), 1505}
# The page "Create Inbound Trunk" of 2026-11-19.
CODEC_NAMES = ("pcmu", "pcma", "g729", "g723", "telephone_event")
MORE_CODEC_NAMES = ("speex", "gsm", "g726_32", "g721", "g726_24", "g726_40", "g726_16", "l16", "amr", "amr_wb")
OLD = since(TOKEN_VERSION, hidden=True)


def members(known: set[Any], least: int) -> values.Check:
    """Make a check for a list of some known values, each once."""

    def check(value: Any) -> list[Any]:
        if len(values.array(value)) < least:
            raise values.Invalid(values.BLANK)
        for item in value:
            if isinstance(item, bool) or not isinstance(item, (int, str)) or item not in known:
                raise values.Invalid(f"{item} is not included in the list")
        return values.unique(value)

    return check


def text(name: str, **more: Any) -> Attribute:
    """Return an attribute that is a text or null."""
    return Attribute(name, values.text, nullable=True, **more)


TIMER = values.integer(1, 2**31 - 1)
# In the order of the recorded answer of April 2026, with the defaults that it has.
SIP_ATTRIBUTES = (
    Attribute("username", values.matching(r"[^\s@]*"), nullable=True),
    Attribute("host", values.matching(r"\S+"), nullable=True),
    Attribute("port", values.integer(1, 65535), nullable=True),
    Attribute("codec_ids", members(CODECS, 1), required=True, differs=(OLD,)),
    Attribute(
        "codecs",
        members({*CODEC_NAMES, *MORE_CODEC_NAMES}, 1),
        default=list(CODEC_NAMES),
        hidden=True,
        differs=(since(TOKEN_VERSION, hidden=False),),
    ),
    Attribute("rx_dtmf_format_id", values.choice(1, 2, 3), default=1, differs=(OLD,)),
    # The numbers of OpenAPI: the SDKs contradict each other.
    Attribute("tx_dtmf_format_id", values.choice(0, 1, 2, 4), default=1, differs=(OLD,)),
    Attribute("resolve_ruri", FLAG, default=False),
    Attribute("auth_enabled", FLAG, default=False),
    text("auth_user"),
    text("auth_password"),
    text("auth_from_user"),
    text("auth_from_domain"),
    Attribute("sst_enabled", FLAG, default=False),
    Attribute("sst_min_timer", TIMER, nullable=True, default=600),
    Attribute("sst_max_timer", TIMER, nullable=True, default=900),
    Attribute("sst_accept_501", FLAG, default=True),
    Attribute("sip_timer_b", values.integer(1000, 64000), default=8000),
    Attribute("dns_srv_failover_timer", TIMER, nullable=True, default=2000),
    Attribute("rtp_ping", FLAG, nullable=True, default=False),
    Attribute("rtp_timeout", values.integer(5, 600), default=30),
    Attribute("force_symmetric_rtp", FLAG, nullable=True, default=False),
    Attribute("symmetric_rtp_ignore_rtcp", FLAG, nullable=True, default=False),
    Attribute("rerouting_disconnect_code_ids", members(REROUTING, 0), nullable=True, differs=(OLD,)),
    Attribute("sst_session_expires", TIMER, nullable=True),
    Attribute("sst_refresh_method_id", values.choice(1, 2, 3), default=1, differs=(OLD,)),
    Attribute("transport_protocol_id", values.choice(1, 2, 3), default=1, differs=(OLD,)),
    Attribute("max_transfers", values.integer(0, 8), default=0),
    Attribute("max_30x_redirects", values.integer(0, 8), default=0),
    Attribute("media_encryption_mode", values.choice("disabled", "srtp_sdes", "srtp_dtls", "zrtp"), default="disabled"),
    Attribute(
        "stir_shaken_mode", values.choice("disabled", "original", "pai", "original_pai", "verstat"), default="disabled"
    ),
    Attribute("allowed_rtp_ips", values.addresses(10), nullable=True),
    Attribute("diversion_relay_policy", values.choice("none", "as_is", "sip", "tel"), default="none"),
    Attribute("diversion_inject_mode", values.choice("none", "did_number"), default="none"),
    Attribute(
        "network_protocol_priority",
        values.choice("force_ipv4", "force_ipv6", "any", "prefer_ipv4", "prefer_ipv6"),
        default="force_ipv4",
    ),
    Attribute("cnam_lookup", FLAG, default=False),
    Attribute("enabled_sip_registration", FLAG, default=False),
    Attribute("use_did_in_ruri", FLAG, default=False),
    Attribute("incoming_auth_username"),
    Attribute("incoming_auth_password"),
)
CONFIGURATION = Variant(
    "configuration",
    types={
        SIP: SIP_ATTRIBUTES,
        "pstn_configurations": (Attribute("dst", values.matching("[0-9]{1,15}"), required=True),),
    },
    default={
        "type": SIP,
        "attributes": {
            **{attribute.name: attribute.default for attribute in SIP_ATTRIBUTES},
            "host": "sip.example.com",
            "codec_ids": [9, 10, 8, 7, 6],
        },
    },
    required=True,
    merges=True,
)


def cli_format(value: Any) -> Any:
    """One of three formats. Null and blank are stored as e164: the first two are accepted by OpenAPI."""
    return values.choice("e164", "local", "raw")(value or "e164")


ATTRIBUTES: tuple[Attribute | Variant, ...] = (
    Attribute(
        "name",
        values.not_blank,
        required=True,
        # Trunks and groups share their names.
        unique=Unique((TYPE, GROUPS)),
        default=lambda record_id: f"Inbound {record_id}",
    ),
    Attribute("priority", values.integer(0, 65535), default=1),
    Attribute("weight", values.integer(0, 65535), default=65535),
    Attribute("capacity_limit", values.integer(1, 32767), nullable=True),
    Attribute("cli_format", cli_format, default="e164"),
    Attribute("cli_prefix", values.matching("[A-Za-z0-9+#]{0,7}"), nullable=True),
    text("description"),
    Attribute("ringing_timeout", values.integer(1, 32), nullable=True),
    CONFIGURATION,
    Attribute("external_reference_id", values.at_most(100), nullable=True),
    Attribute("created_at", default="2025-04-01T10:00:00.000Z", generate=now),
)
LINKS = (
    Link("voice_in_trunk_group", GROUPS, writable=True),
    # Version 2026-11-19 has an attribute instead, with codes.
    Link("pop", pop.TYPE, writable=True, differs=(OLD,)),
)


def credentials() -> str:
    """Generate a username or a password, of 16 letters and digits as in the recorded answer."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _index in range(16))


def configuration_is_consistent(draft: Draft) -> None:
    """Check the members of a configuration together, as they are after the change (OpenAPI, and the SDKs' commits)."""
    if CONFIGURATION.name not in draft.changes or draft.changes[CONFIGURATION.name]["type"] != SIP:
        return
    after = draft.changes[CONFIGURATION.name]["attributes"]
    place = f"attributes/{CONFIGURATION.name}/attributes/"

    def expect(condition: Any, name: str, title: str) -> None:
        if not condition:
            draft.reject(place + name, title)

    registers, authenticates = after.get("enabled_sip_registration"), after.get("auth_enabled")
    for name in ("host", "port") if registers else ():
        expect(after.get(name) is None, name, "must be blank")
    if not registers:
        expect(after.get("host"), "host", values.BLANK)
        expect(not after.get("use_did_in_ruri"), "use_did_in_ruri", "must be false")
    for name in ("auth_user", "auth_password"):
        expect(bool(after.get(name)) is bool(authenticates), name, values.BLANK if authenticates else "must be blank")
    least, most, expires = (after.get(name) for name in ("sst_min_timer", "sst_max_timer", "sst_session_expires"))
    if after.get("sst_enabled"):
        expect(least, "sst_min_timer", values.BLANK)
        expect(most, "sst_max_timer", values.BLANK)
    if least and most:
        expect(least <= most, "sst_max_timer", f"must be greater than or equal to {least}")
    if expires:
        expect((least or expires) <= expires <= (most or expires), "sst_session_expires", "is invalid")
    failover = after.get("dns_srv_failover_timer")
    if failover:
        expect(failover <= after["sip_timer_b"], "dns_srv_failover_timer", "is invalid")
    had = {} if draft.create else draft.before.attributes[CONFIGURATION.name]["attributes"]
    for name in ("incoming_auth_username", "incoming_auth_password"):
        after[name] = (had.get(name) or credentials()) if registers else None


def keeps(trunk: Record, store: Store) -> str | None:
    """Return why a trunk cannot be deleted: a DID points to it, or it belongs to a group (OpenAPI)."""
    if any(trunk.id in record.linked("voice_in_trunk") for record in store.records[did.TYPE].values()):
        return "The trunk cannot be removed while DIDs are assigned to it"
    return "The trunk cannot be removed while it belongs to a trunk group" if trunk.linked(GROUPS[:-1]) else None


VOICE_IN_TRUNK = Resource(
    type=TYPE,
    collection="in_trunks",
    noun="inbound trunk",
    attributes=ATTRIBUTES,
    links=LINKS,
    rules=(configuration_is_consistent,),
    methods=("LIST", "GET", "POST", "PATCH", "DELETE"),
    malformed_without=(CONFIGURATION.name,),
    filters={
        "id": Filter(LIST),
        "name": Filter(LIST),
        "external_reference_id": Filter(),
        "configuration.type": Filter(LIST),
    },
    sorts=(
        *("name", "created_at", "external_reference_id", "priority", "weight", "capacity_limit", "cli_format"),
        *("cli_prefix", "description", "ringing_timeout"),
    ),
    keeps=keeps,
)
