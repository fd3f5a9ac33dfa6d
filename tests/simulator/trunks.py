# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules for creating and updating a trunk: what is rejected, and what becomes of what is not.

Nothing here changes the store or knows HTTP. `parse` finds what is malformed (400), `apply`
what the trunk cannot become (422). Each rule is one of the update table unless it says
otherwise; "reference" is the page around that table.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from simulator import documents
from simulator.documents import ApiError, error, not_allowed
from simulator.store import (
    DEFAULT_ATTRIBUTES,
    DEFAULT_DID_REQUIRED,
    DEFAULT_THRESHOLD,
    NULL_RTP_TIMEOUT_IS_30,
    OPENAPI_VALUES,
    Account,
    Did,
    Store,
    Trunk,
)

CREDENTIALS = "credentials_and_ip"
TWILIO = "twilio"
# Attributes that a PATCH may carry, by type. Username and password are generated: read-only.
AUTHENTICATION_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    CREDENTIALS: ("allowed_sip_ips", "tech_prefix"),
    TWILIO: ("twilio_account_sid",),
}
KNOWN_TYPES = (*AUTHENTICATION_ATTRIBUTES, "ip_only")
# Values of on_cli_mismatch_action that need an account feature (reference).
CLI_REPLACEMENT = "cli_replacement"
CLI_REPLACING = ("replace_cli", "randomize_cli")
# A relationship cannot be assigned while its flag is true (reference).
FLAG_OF = {"dids": "allow_any_did_as_cli", "emergency_dids": "emergency_enable_all"}

# A DID can be linked only while these attributes of it have these values (reference).
ELIGIBLE: dict[str, dict[str, bool]] = {
    "dids": {"blocked": False, "terminated": False},
    "emergency_dids": {"emergency_enabled": True},
}
MAX_ADDRESSES = 60

# What a new trunk must have.
REQUIRED = ("name", "on_cli_mismatch_action", "authentication_method")
REPLACE_CLI = "replace_cli"
UNSET = ""

BLANK = "can't be blank"
TAKEN = "has already been taken"


class Invalid(ValueError):
    """A value that validation refuses; the message is the part of `detail` after the dash."""


@dataclass(frozen=True)
class Update:
    """A well-formed request: attributes still unchecked, relationships as lists of DID ids.

    `default_did`: its id, None for null, or UNSET.
    """

    attributes: dict[str, Any]
    relationships: dict[str, list[str]]
    default_did: str | None


# --- values: each takes what was sent, returns what is stored, raises Invalid ---


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Invalid("must be a string")
    return value


def _name(value: Any) -> str:
    if value is None or not _text(value).strip():
        raise Invalid(BLANK)
    return _text(value)


def _external_reference_id(value: Any) -> str:
    if len(_text(value)) > 100:
        raise Invalid("is too long (maximum is 100 characters)")
    return _text(value)


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Invalid("must be true or false")
    return value


def _choice(*accepted: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if value not in accepted:
            raise Invalid("is not included in the list")
        return _text(value)

    return check


def _integer(low: int, high: int) -> Callable[[Any], int]:
    def check(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise Invalid("is not a number")
        if value < low:
            raise Invalid(f"must be greater than or equal to {low}")
        if value > high:
            raise Invalid(f"must be less than or equal to {high}")
        return value

    return check


def _threshold_amount(value: Any) -> str:
    """A decimal string, read back with at least one decimal (reference: 1000 is "1000.0")."""
    if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
        raise Invalid("is not a number")
    amount = Decimal(value)
    if amount < 0:
        raise Invalid("must be greater than or equal to 0.0")
    if amount > 100000:
        raise Invalid("must be less than or equal to 100000.0")
    whole, _dot, decimals = value.lstrip("-").partition(".")
    return f"{whole.lstrip('0') or '0'}.{decimals.rstrip('0') or '0'}"


def _callback_url(value: Any) -> str:
    """A valid HTTP(S) URL; an empty string is none."""
    problem = Invalid("is not a valid URL")
    if re.search(r"[\s\x00-\x1f]", _text(value)):
        raise problem
    try:
        parts = urlsplit(value)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError as exc:
        raise problem from exc
    if not valid:
        raise problem
    return _text(value)


def _callback_url_with_or_without_scheme(value: Any) -> str:
    """As OpenAPI has it: without a scheme it is treated as http://, and read back as it was sent."""
    url = _text(value)
    _callback_url(url if "://" in url else f"http://{url}")
    return url


def _address(value: Any) -> str:
    """An IPv4 or IPv6 address or CIDR, read back as CIDR (reference). Host bits are refused."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9A-Fa-f:.]+(/[0-9]{1,3})?", value):
        raise Invalid(f"{value} is not a valid IP address or network")
    try:
        return str(ipaddress.ip_network(value, strict=True))
    except ValueError as exc:
        raise Invalid(f"{value} is not a valid IP address or network") from exc


def _addresses(value: Any) -> list[str]:
    """A list of 1 to 60 addresses, none of them twice (reference)."""
    if not isinstance(value, list):
        raise Invalid("must be an array")
    if not value:
        raise Invalid(BLANK)
    if len(value) > MAX_ADDRESSES:
        raise Invalid(f"is too long (maximum is {MAX_ADDRESSES} addresses)")
    addresses = [_address(item) for item in value]
    for address in addresses:
        if addresses.count(address) > 1:
            raise Invalid(f"{address} is repeated")
    return addresses


def _dst_prefixes(value: Any) -> list[str]:
    """Strings of digits; repeated ones are accepted and stored once (reference)."""
    if not isinstance(value, list):
        raise Invalid("must be an array")
    for item in value:
        if not isinstance(item, str) or not re.fullmatch("[0-9]+", item):
            raise Invalid(f"{item} is not a valid prefix")
    return list(dict.fromkeys(value))


def _tech_prefix(value: Any) -> str:
    """At most 8 of digits and `#`; only null writes none, which is read back as "" (reference)."""
    if value is None:
        return ""
    if not re.fullmatch("[0-9#]+", _text(value)):
        raise Invalid("is invalid: only digits and # are supported")
    if len(value) > 8:
        raise Invalid("is too long (maximum is 8 characters)")
    return _text(value)


def _twilio_account_sid(value: Any) -> str:
    if value is None or value == "":
        raise Invalid(BLANK)
    if not re.fullmatch("[A-Za-z]{2}[0-9A-Fa-f]{32}", _text(value)):
        raise Invalid("is invalid")
    return _text(value)


# What each attribute may be, and whether null clears it. authentication_method has its own rules.
ATTRIBUTES: dict[str, tuple[Callable[[Any], Any], bool]] = {
    "name": (_name, False),
    "external_reference_id": (_external_reference_id, True),
    "allowed_rtp_ips": (_addresses, True),
    "on_cli_mismatch_action": (
        _choice("send_original_cli", "reject_call", "replace_cli", "randomize_cli"),
        False,
    ),
    "capacity_limit": (_integer(0, 32767), True),
    "allow_any_did_as_cli": (_boolean, False),
    "status": (_choice("active", "blocked"), False),
    "threshold_amount": (_threshold_amount, True),
    "default_dst_action": (_choice("allow_all", "reject_all"), False),
    "dst_prefixes": (_dst_prefixes, True),
    "emergency_enable_all": (_boolean, False),
    "media_encryption_mode": (_choice("disabled", "srtp_sdes", "srtp_dtls", "zrtp"), False),
    "callback_url": (_callback_url, True),
    "force_symmetric_rtp": (_boolean, False),
    "rtp_ping": (_boolean, False),
    "rtp_timeout": (_integer(30, 600), True),
}
WRITABLE = (*ATTRIBUTES, "authentication_method")
# What null is stored as, unless it is stored as null (reference).
NULL: dict[str, Any] = {"dst_prefixes": []}
# OpenAPI contradicts the update table here; which of them holds for an account is one of its readings.
OPENAPI_ATTRIBUTES: dict[str, tuple[Callable[[Any], Any], bool]] = {
    "capacity_limit": (_integer(1, 32767), True),
    "threshold_amount": (_threshold_amount, False),
    "dst_prefixes": (_dst_prefixes, False),
    "callback_url": (_callback_url_with_or_without_scheme, True),
    "rtp_timeout": (_integer(30, 600), False),
}


# --- the request body ---


def resource_in(body: Any, kind: str, required: tuple[str, ...]) -> dict[str, Any]:
    """Return the resource object of that type in a JSON body. Raises ApiError 400 if there is none."""
    data = body.get("data") if isinstance(body, dict) else None
    if data is None:
        raise _missing("data")
    if not isinstance(data, dict):
        raise _bad_format("data must be a resource object.")
    for member in required:
        if member not in data:
            raise _missing(member)
    if data["type"] != kind:
        detail = f"{data['type']} is not a valid resource."
        raise documents.refusal(400, "Invalid resource", detail, documents.INVALID_RESOURCE)
    return data


def parse(body: Any, trunk_id: str | None) -> Update:
    """Check the document of a PATCH, or of a POST, for form.

    In: the parsed JSON body and the id in the path, None for a POST. Raises ApiError 400, with every unknown
    member named, for what is not a JSON:API update of that trunk, or a new one (JSON:API).
    """
    data = resource_in(body, documents.TRUNKS, ("type",) if trunk_id is None else ("type", "id"))
    if trunk_id is not None and data["id"] != trunk_id:
        detail = f"The URL does not support the key {data['id']}"
        raise documents.refusal(400, "Key is not included in URL", detail, documents.KEY_NOT_IN_URL)
    attributes = data.get("attributes", {})
    relationships = data.get("relationships", {})
    for name, value in (("attributes", attributes), ("relationships", relationships)):
        if not isinstance(value, dict):
            raise _bad_format(f"{name} must be an object.")

    known = {"id"} if trunk_id is not None else set()
    names = sorted(set(data) - {*known, "type", "attributes", "relationships", "links", "meta"})
    names += [name for name in attributes if name not in WRITABLE]
    writable = (*documents.TRUNK_RELATIONSHIPS, documents.DEFAULT_DID)
    names += [name for name in relationships if name not in writable]
    names += _unknown_in_authentication(attributes.get("authentication_method"))
    if names:
        raise ApiError(400, [not_allowed(name) for name in names])
    default: str | None = UNSET
    if documents.DEFAULT_DID in relationships:
        default = to_one(relationships.pop(documents.DEFAULT_DID), documents.DIDS)
    return Update(attributes, {name: _linkage(value) for name, value in relationships.items()}, default)


def _missing(name: str) -> ApiError:
    detail = f"The required parameter, {name}, is missing."
    return documents.refusal(400, "Missing Parameter", detail, documents.PARAM_MISSING)


def _bad_format(detail: str) -> ApiError:
    return documents.refusal(400, "Invalid data format", detail, documents.INVALID_DATA_FORMAT)


def _unknown_in_authentication(method: Any) -> list[str]:
    if not isinstance(method, dict):
        return []
    names = [name for name in method if name not in ("type", "attributes")]
    kind, attributes = method.get("type"), method.get("attributes")
    if isinstance(kind, str) and isinstance(attributes, dict):
        known = AUTHENTICATION_ATTRIBUTES.get(kind)
        if known is not None:
            names += [name for name in attributes if name not in known]
    return names


def _linkage(value: Any) -> list[str]:
    """The ids of a to-many relationship object, in the order sent."""
    data = value.get("data") if isinstance(value, dict) else None
    if not isinstance(data, list):
        raise _bad_linkage()
    return [_identified(item, documents.DIDS) for item in data]


def to_one(value: Any, kind: str) -> str | None:
    """The id of a to-one relationship object, None for null. Raises ApiError 400."""
    if not isinstance(value, dict) or "data" not in value:
        raise _bad_linkage()
    return None if value["data"] is None else _identified(value["data"], kind)


def _identified(item: Any, kind: str) -> str:
    if not (isinstance(item, dict) and isinstance(item.get("id"), str) and "type" in item):
        raise _bad_linkage()
    if item["type"] != kind:
        detail = f"{item['type']} is not a valid type for this operation."
        raise documents.refusal(400, "Type Mismatch", detail, documents.TYPE_MISMATCH)
    return str(item["id"])


def _bad_linkage() -> ApiError:
    detail = "Data is not a valid Links Object."
    return documents.refusal(400, "Invalid Links Object", detail, documents.INVALID_LINKAGE)


# --- the change ---


def apply(
    update: Update,
    trunk: Trunk,
    account: Account,
    store: Store,
    create: bool = False,
) -> Trunk:
    """The trunk after the update; `trunk` itself is left as it is. To `create` one, it is the blank that `new` makes.

    Raises ApiError 422 with every validation error of the request at once.
    """
    errors = [
        _validation(f"attributes/{name}", Invalid(BLANK))
        for name in REQUIRED
        if create and name not in update.attributes
    ]
    changes: dict[str, Any] = {}
    for name, value in update.attributes.items():
        if name == "authentication_method":
            continue
        try:
            changes[name] = _attribute(name, value, account)
            if name == "name" and store.name_taken(trunk, changes[name]):
                raise Invalid(TAKEN)
        except Invalid as exc:
            errors.append(_validation(f"attributes/{name}", exc))

    if "authentication_method" in update.attributes:
        method, problems = _authentication(update.attributes, trunk, account, store)
        changes["authentication_method"] = method
        errors += problems

    after = replace(trunk, attributes={**trunk.attributes, **changes})
    linked: dict[str, tuple[str, ...]] = {}
    for relationship, flag in FLAG_OF.items():
        did_ids = update.relationships.get(relationship)
        if changes.get(flag) is True:
            linked[relationship] = ()  # reference: linked ones are unassigned
        if did_ids is None:
            continue
        if did_ids and after.attributes[flag] is True:
            problem = Invalid(f"cannot be assigned while {flag} is true")
            errors.append(_validation(f"relationships/{relationship}", problem))
        for index, did_id in enumerate(did_ids):
            try:
                _check_link(relationship, did_id, did_ids[:index], store.did(account, did_id))
            except Invalid as exc:
                errors.append(_validation(f"relationships/{relationship}", exc, index))
        linked[relationship] = tuple(did_ids)
    default_did = trunk.default_did if after.attributes["on_cli_mismatch_action"] == REPLACE_CLI else None
    if update.default_did != UNSET:
        default_did = update.default_did
    try:
        _check_default_did(update, default_did, after, account, store)
    except Invalid as exc:
        errors.append(_validation(f"relationships/{documents.DEFAULT_DID}", exc))
    if errors:
        raise ApiError(422, errors)
    return replace(
        after,
        dids=linked.get("dids", trunk.dids),
        emergency_dids=linked.get("emergency_dids", trunk.emergency_dids),
        default_did=default_did,
    )


def new(account: Account) -> Trunk:
    """A trunk with an id, and with what it has unless the request says otherwise (recorded in April 2026)."""
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    defaults = {**DEFAULT_ATTRIBUTES, "threshold_amount": DEFAULT_THRESHOLD, "created_at": now}
    blank: dict[str, Any] = {"type": None, "attributes": {}}
    return Trunk(str(uuid.uuid4()), account.api_key, {**defaults, "authentication_method": blank})


def regenerate(trunk: Trunk) -> Trunk:
    """The trunk with a new username and password. Raises ApiError 422 if its type has none."""
    method = trunk.attributes["authentication_method"]
    if method["type"] != CREDENTIALS:
        raise ApiError(422, [_validation("relationships/voice_out_trunk", Invalid("has no credentials"))])
    attributes = {**method["attributes"], **_credentials({})}
    return replace(
        trunk, attributes={**trunk.attributes, "authentication_method": {"type": CREDENTIALS, "attributes": attributes}}
    )


def _credentials(kept: dict[str, Any]) -> dict[str, str]:
    return {
        "username": kept.get("username") or secrets.token_hex(4),
        "password": kept.get("password") or secrets.token_hex(8),
    }


def _check_default_did(update: Update, did_id: str | None, after: Trunk, account: Account, store: Store) -> None:
    """Raises Invalid for a default DID that does not fit the action (OpenAPI, 2026-04-16)."""
    replaces = after.attributes["on_cli_mismatch_action"] == REPLACE_CLI
    if update.default_did not in (UNSET, None):
        if not replaces:
            raise Invalid(f"is only allowed with on_cli_mismatch_action {REPLACE_CLI}")
        did = store.did(account, str(did_id))
        if did is None:
            raise Invalid(f"{did_id} does not exist")
    changes = "on_cli_mismatch_action" in update.attributes or update.default_did != UNSET
    if replaces and changes and did_id is None and DEFAULT_DID_REQUIRED in account.readings:
        raise Invalid(BLANK)


def _validation(place: str, problem: Invalid, index: int | None = None) -> dict[str, Any]:
    """A 422 error in the reference's form: pointer, to one of a list if it has an index, and `<name> - <words>`."""
    name = place.rsplit("/", 1)[-1]
    pointer = f"/data/{place}" if index is None else f"/data/{place}/{index}"
    return error(422, str(problem), f"{name} - {problem}", documents.VALIDATION, pointer)


def _check_link(relationship: str, did_id: str, before: list[str], did: Did | None) -> None:
    """Raises Invalid for a DID that cannot be linked; `before` are the ids sent before it."""
    if did is None:
        raise Invalid(f"{did_id} does not exist")
    if did_id in before:
        raise Invalid(f"{did_id} is repeated")
    for name, value in ELIGIBLE[relationship].items():
        if did.attributes[name] is not value:
            raise Invalid(f"{did_id} cannot be linked: its {name} is not {str(value).lower()}")


def _attribute(name: str, value: Any, account: Account) -> Any:
    if name == "rtp_timeout" and value is None and NULL_RTP_TIMEOUT_IS_30 in account.readings:
        return 30
    overrides = OPENAPI_ATTRIBUTES if OPENAPI_VALUES in account.readings else {}
    check, nullable = overrides.get(name, ATTRIBUTES[name])
    if value is None and nullable:
        return NULL.get(name)
    stored = check(value)
    replaces = name == "on_cli_mismatch_action" and stored in CLI_REPLACING
    if replaces and CLI_REPLACEMENT not in account.features:
        raise Invalid(f"{stored} is not enabled for the account")
    return stored


def _authentication(
    attributes: dict[str, Any], trunk: Trunk, account: Account, store: Store
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The new authentication_method, replaced whole, and what is wrong with it."""
    place = "attributes/authentication_method"
    before = trunk.attributes["authentication_method"]
    method = attributes["authentication_method"]
    if not isinstance(method, dict):
        return {}, [_validation(place, Invalid(BLANK if method is None else "must be an object"))]
    kind = method.get("type")
    if kind is None:
        return {}, [_validation(f"{place}/type", Invalid(BLANK))]
    creates = before["type"] is None
    if kind == "ip_only" or not (creates or before["type"] in KNOWN_TYPES):
        words = f"is not allowed for {'creation' if creates else 'update'}"
        return {}, [_validation(f"{place}/type", Invalid(words))]
    if not isinstance(kind, str) or kind not in AUTHENTICATION_ATTRIBUTES:
        return {}, [_validation(f"{place}/type", Invalid("is not included in the list"))]
    sent = method.get("attributes", {})
    if not isinstance(sent, dict):
        return {}, [_validation(f"{place}/attributes", Invalid("must be an object"))]

    errors: list[dict[str, Any]] = []
    stored: dict[str, Any] = {}

    def check(name: str, rule: Callable[[Any], Any]) -> None:
        try:
            stored[name] = rule(sent.get(name))
            if name == "twilio_account_sid" and store.sid_taken(trunk, stored[name]):
                raise Invalid(TAKEN)
        except Invalid as exc:
            errors.append(_validation(f"{place}/attributes/{name}", exc))

    if kind == TWILIO:
        check("twilio_account_sid", _twilio_account_sid)
    else:
        if sent.get("allowed_sip_ips") in (None, []):
            errors.append(_validation(place, Invalid("is invalid")))  # no hint at the list (reference)
        else:
            check("allowed_sip_ips", _addresses)
        check("tech_prefix", _tech_prefix)
        kept = before["attributes"] if before["type"] == kind else {}
        stored |= _credentials(kept)
        demanded = before["type"] != kind and OPENAPI_VALUES not in account.readings
        if demanded and "allowed_rtp_ips" not in attributes:
            words = f"is required with authentication_method.type {kind}"
            errors.append(_validation("attributes/allowed_rtp_ips", Invalid(words)))
    return {"type": kind, "attributes": stored}, errors
