# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Outbound trunks, and the regeneration of their credentials.

The rules are those of DIDWW's page "Update Outbound Trunk", 2026-04-16; a comment gives any other source.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from simulator import values
from simulator.accounts import TOKEN_VERSION, Context
from simulator.change import Draft
from simulator.resource import (
    FLAG,
    LIST,
    PART,
    Action,
    Attribute,
    Difference,
    Filter,
    Link,
    Record,
    Resource,
    Unique,
    Variant,
    reading,
    since,
)
from simulator.resources import did
from simulator.values import BLANK, Invalid

TYPE = "voice_out_trunks"
# Readings of an account.
FILTER_BY_ID = "filter_by_id"
OPENAPI_VALUES = "openapi_values"
EMPTY_TECH_PREFIX = "empty_tech_prefix"
NULL_RTP_TIMEOUT_IS_30 = "null_rtp_timeout_is_30"
DEFAULT_DID_REQUIRED = "default_did_required"
# Since this version, trunks can be changed without the Outbound feature.
WITHOUT_OUTBOUND_FEATURE = "2026-04-16"
# The feature of an account that allows to replace the CLI (OpenAPI).
CLI_REPLACEMENT = "cli_replacement"
REPLACE_CLI = "replace_cli"
CREDENTIALS = "credentials_and_ip"
MOST_ADDRESSES = 60  # OpenAPI
# The account's default: an answer of April 2026 has it.
THRESHOLD = "3000.0"
SIP_IPS = values.addresses(MOST_ADDRESSES)


def tech_prefix(value: Any) -> str:
    """At most 8 characters from 0 to 9 and `#`."""
    text = values.matching("[0-9#]+", "is invalid: only digits and # are supported")(value)
    return values.at_most(8)(text)


def tech_prefix_or_empty(value: Any) -> str | None:
    """The same, or the empty string for no prefix: DIDWW's SDKs write it in their examples (2026-04-16)."""
    return None if value == "" else tech_prefix(value)


def twilio_account_sid(value: Any) -> str:
    """Two letters and 32 hexadecimal digits (OpenAPI)."""
    if value is None or value == "":
        raise Invalid(BLANK)
    return values.matching("[A-Za-z]{2}[0-9A-Fa-f]{32}")(value)


def stricter(**members: Any) -> tuple[Difference, ...]:
    """Return what differs with the limits of OpenAPI, and since version 2026-11-19."""
    return reading(OPENAPI_VALUES, **members), since(TOKEN_VERSION, **members)


def threshold_of_the_account(context: Context) -> Mapping[str, Any]:
    """What differs for threshold_amount since version 2026-11-19, which has no null."""
    if context.version < TOKEN_VERSION:
        return {}
    most = context.account.options["most_threshold"]
    return {"check": values.decimal(most), "nullable": False, "shown": THRESHOLD}


def now() -> str:
    """Return the time as DIDWW writes it."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


METHOD = Variant(
    "authentication_method",
    required=True,
    types={
        CREDENTIALS: (
            # DIDWW's Postman collection, 2026-04-16: the error does not point to the list.
            Attribute("allowed_sip_ips", SIP_IPS, vague=True),
            Attribute(
                "tech_prefix",
                tech_prefix,
                nullable=True,
                differs=(reading(EMPTY_TECH_PREFIX, check=tech_prefix_or_empty),),
            ),
            *(Attribute(name, generate=lambda: secrets.token_hex(8)) for name in ("username", "password")),
        ),
        "twilio": (
            Attribute(
                "twilio_account_sid",
                twilio_account_sid,
                unique=Unique((TYPE,), everywhere=True, ignores_case=True),  # OpenAPI
            ),
        ),
        "ip_only": (Attribute("allowed_sip_ips"), Attribute("tech_prefix")),
    },
    default={
        "type": CREDENTIALS,
        "attributes": {
            "allowed_sip_ips": ["203.0.113.1/32"],
            "tech_prefix": None,
            "username": "u4k2m",
            "password": "s3cr3t",
        },
    },
)

# In the order of the page's example. The defaults of a new trunk are those of OpenAPI.
ATTRIBUTES: tuple[Attribute | Variant, ...] = (
    Attribute(
        "name", values.not_blank, required=True, unique=Unique((TYPE,)), default=lambda record_id: f"Trunk {record_id}"
    ),
    Attribute(
        "allowed_rtp_ips",
        SIP_IPS,
        nullable=True,
        differs=(since(TOKEN_VERSION, check=values.addresses(MOST_ADDRESSES, refused=values.EVERYWHERE)),),
    ),
    METHOD,
    Attribute(
        "on_cli_mismatch_action",
        # OpenAPI has the last one and the feature.
        values.choice("send_original_cli", "reject_call", REPLACE_CLI, "randomize_cli"),
        required=True,
        default="send_original_cli",
        needs={REPLACE_CLI: CLI_REPLACEMENT, "randomize_cli": CLI_REPLACEMENT},
    ),
    Attribute(
        "capacity_limit", values.integer(0, 32767), nullable=True, differs=stricter(check=values.integer(1, 32767))
    ),
    Attribute("allow_any_did_as_cli", values.boolean, default=False),
    Attribute("status", values.choice("active", "blocked"), default="active"),
    Attribute("threshold_reached", default=False),
    Attribute(
        "threshold_amount",
        values.decimal(100000),
        nullable=True,
        default=THRESHOLD,
        differs=(reading(OPENAPI_VALUES, nullable=False), threshold_of_the_account),
    ),
    Attribute("default_dst_action", values.choice("allow_all", "reject_all"), default="allow_all"),
    Attribute("dst_prefixes", values.prefixes, nullable=True, null=[], default=[], differs=stricter(nullable=False)),
    Attribute("emergency_enable_all", values.boolean, default=False),
    Attribute("media_encryption_mode", values.choice("disabled", "srtp_sdes", "srtp_dtls", "zrtp"), default="disabled"),
    Attribute("force_symmetric_rtp", values.boolean, default=False),
    Attribute("rtp_ping", values.boolean, default=False),
    Attribute(
        "rtp_timeout",
        values.integer(30, 600),
        nullable=True,
        default=30,
        differs=(reading(NULL_RTP_TIMEOUT_IS_30, null=30), *stricter(nullable=False)),
    ),
    Attribute("callback_url", values.url, nullable=True, differs=(reading(OPENAPI_VALUES, check=values.url_or_host),)),
    Attribute("created_at", default="2025-04-02T10:00:00.000Z", generate=now),
    Attribute("external_reference_id", values.at_most(100), nullable=True),
)

# OpenAPI, 2026-10-22, the version before 2026-11-19, also refuses DIDs that await registration.
ELIGIBLE = {"blocked": False, "terminated": False}
REGISTERED = (since(TOKEN_VERSION, eligible={**ELIGIBLE, "awaiting_registration": False}),)
DIDS: dict[str, Any] = {"type": did.TYPE, "writable": True}
LINKS = (
    Link("dids", **DIDS, many=True, flag="allow_any_did_as_cli", eligible=ELIGIBLE, differs=REGISTERED),
    Link("emergency_dids", **DIDS, many=True, flag="emergency_enable_all", eligible={"emergency_enabled": True}),
    Link("default_did", **DIDS, readable=False, eligible=ELIGIBLE, differs=REGISTERED),
)


def credentials_require_rtp_ips(draft: Draft) -> None:
    """Require allowed_rtp_ips for a new method with credentials, but not by OpenAPI, nor in version 2026-11-19."""
    if draft.context.version >= TOKEN_VERSION or OPENAPI_VALUES in draft.context.account.readings:
        return
    had = None if draft.create else draft.before.attributes[METHOD.name]["type"]
    kind = draft.changes.get(METHOD.name, {}).get("type")
    if kind == CREDENTIALS != had and "allowed_rtp_ips" not in draft.attributes:
        draft.reject("attributes/allowed_rtp_ips", f"is required with authentication_method.type {kind}")


def default_did_belongs_to_replace_cli(draft: Draft) -> None:
    """Require default_did with replace_cli, and reject it with any other action (OpenAPI).

    On the page of the update, default_did is missing: an update to replace_cli that leaves it out is accepted, except
    with the reading, and in version 2026-11-19.
    """
    place, did_id = "relationships/default_did", draft.links.get("default_did")
    account, version = draft.context.account, draft.context.version
    if draft.after("on_cli_mismatch_action") != REPLACE_CLI:
        if did_id is not None:
            draft.reject(place, f"is only allowed with on_cli_mismatch_action {REPLACE_CLI}")
        draft.links["default_did"] = None
    elif "default_did" not in draft.links:
        required = draft.create or version >= TOKEN_VERSION or DEFAULT_DID_REQUIRED in account.readings
        if required and "on_cli_mismatch_action" in draft.attributes and not draft.before.linked("default_did"):
            draft.reject(place, BLANK)
    elif did_id is None:
        draft.reject(place, BLANK)
    elif CLI_REPLACEMENT not in account.features:
        draft.reject(place, "is not enabled for the account")


def refuses(context: Context, changes: bool) -> str | None:
    """Return why an account cannot use the Outbound API."""
    options = context.account.options
    if not options["outbound_api"]:
        return "The Outbound API is not enabled for the account."
    if changes and not options["outbound_feature"] and context.version < WITHOUT_OUTBOUND_FEATURE:
        return "The account has no Outbound feature."
    return None


def announced(before: Record, after: Record) -> tuple[str, dict[str, Any]] | None:
    """Return the callback of a trunk that is blocked, by its threshold or by hand, or unblocked (OpenAPI)."""
    url = after.attributes["callback_url"]
    reached = after.attributes["threshold_reached"] and not before.attributes["threshold_reached"]
    if not url or not (reached or before.attributes["status"] != after.attributes["status"]):
        return None
    told = {name: after.attributes[name] for name in ("status", "threshold_reached")}
    return url, {"id": after.id, "type": TYPE, **told, "created_at": now()}


VOICE_OUT_TRUNK = Resource(
    type=TYPE,
    collection="trunks",
    noun="trunk",
    attributes=ATTRIBUTES,
    links=LINKS,
    rules=(credentials_require_rtp_ips, default_did_belongs_to_replace_cli),
    methods=("LIST", "GET", "POST", "PATCH", "DELETE"),
    meta={"spent_amount": "0.0"},
    account={"outbound_api": True, "outbound_feature": True, "most_threshold": 100000},
    readings=(FILTER_BY_ID, OPENAPI_VALUES, EMPTY_TECH_PREFIX, NULL_RTP_TIMEOUT_IS_30, DEFAULT_DID_REQUIRED),
    # Filters, sorts and the size of a page: OpenAPI.
    filters={
        "id": Filter(LIST, reading=FILTER_BY_ID),  # the SDKs lack it
        "default_did.id": Filter(known=did.TYPE),
        "name": Filter(),
        "name_contains": Filter(PART, of="name"),
        "external_reference_id": Filter(),
        "status": Filter(),
        "on_cli_mismatch_action": Filter(),
        "allow_any_did_as_cli": Filter(FLAG),
        "threshold_reached": Filter(FLAG),
        "default_dst_action": Filter(),
        "media_encryption_mode": Filter(),
        "authentication_method.type": Filter(LIST),
    },
    sorts=("name", "created_at", "external_reference_id", "allow_any_did_as_cli", "threshold_reached"),
    max_page_size=1000,
    refuses=refuses,
    announces=announced,
)


def new_credentials(trunk: Record) -> Record:
    """Return the trunk with a new username and password. Raises Invalid."""
    method = trunk.attributes[METHOD.name]
    if method["type"] != CREDENTIALS:
        raise Invalid("has no credentials")
    changed = {a.name: a.generate() for a in METHOD.types[CREDENTIALS] if a.generate is not None}
    changed = {**method, "attributes": {**method["attributes"], **changed}}
    return replace(trunk, attributes={**trunk.attributes, METHOD.name: changed})


REGENERATION = Action("voice_out_trunk_regenerate_credentials", "voice_out_trunk", TYPE, new_credentials)
