# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules for the settings of a trunk, in a PATCH and in a POST.

`parse` reads the body of a request, and rejects malformed ones (400). `apply` returns the resulting trunk, and rejects
invalid settings (422). Neither changes the store. The rules are those of DIDWW's page "Update Outbound Trunk",
2026-04-16; a comment gives the source if it is another one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from simulator import documents, values
from simulator.accounts import (
    DEFAULT_DID_REQUIRED,
    DEFAULT_VERSION,
    EMPTY_TECH_PREFIX,
    NULL_RTP_TIMEOUT_IS_30,
    OPENAPI_VALUES,
    TOKEN_VERSION,
    Account,
)
from simulator.documents import ApiError, error, not_allowed
from simulator.store import Did, Store, Trunk
from simulator.values import BLANK, TAKEN, Invalid

CREDENTIALS = "credentials_and_ip"
TWILIO = "twilio"
# The attributes that a request can set, by type. DIDWW generates username and password.
AUTHENTICATION_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    CREDENTIALS: ("allowed_sip_ips", "tech_prefix"),
    TWILIO: ("twilio_account_sid",),
}
KNOWN_TYPES = (*AUTHENTICATION_ATTRIBUTES, "ip_only")

# What each attribute accepts, and whether it accepts null. `_authentication` checks authentication_method.
ATTRIBUTES: dict[str, tuple[Callable[[Any], Any], bool]] = {
    "name": (values.name, False),
    "external_reference_id": (values.external_reference_id, True),
    "allowed_rtp_ips": (values.addresses, True),
    "on_cli_mismatch_action": (
        values.choice("send_original_cli", "reject_call", "replace_cli", "randomize_cli"),
        False,
    ),
    "capacity_limit": (values.integer(0, 32767), True),
    "allow_any_did_as_cli": (values.boolean, False),
    "status": (values.choice("active", "blocked"), False),
    "threshold_amount": (values.threshold_amount(), True),
    "default_dst_action": (values.choice("allow_all", "reject_all"), False),
    "dst_prefixes": (values.dst_prefixes, True),
    "emergency_enable_all": (values.boolean, False),
    "media_encryption_mode": (values.choice("disabled", "srtp_sdes", "srtp_dtls", "zrtp"), False),
    "callback_url": (values.callback_url, True),
    "force_symmetric_rtp": (values.boolean, False),
    "rtp_ping": (values.boolean, False),
    "rtp_timeout": (values.integer(30, 600), True),
}
WRITABLE = (*ATTRIBUTES, "authentication_method")
# The values that null is stored as, where that is not null.
NULL: dict[str, Any] = {"dst_prefixes": []}
# Where OpenAPI, 2026-04-16, contradicts the page. An account's readings select one of them.
OPENAPI_ATTRIBUTES: dict[str, tuple[Callable[[Any], Any], bool]] = {
    "capacity_limit": (values.integer(1, 32767), True),
    "threshold_amount": (values.threshold_amount(), False),
    "dst_prefixes": (values.dst_prefixes, False),
    "callback_url": (values.callback_url_with_or_without_scheme, True),
    "rtp_timeout": (values.integer(30, 600), False),
}

# Where "Update Outbound Trunk", 2026-11-19, differs. `rules_for` adds threshold_amount: its limit is the account's.
TOKEN_VERSION_ATTRIBUTES: dict[str, tuple[Callable[[Any], Any], bool]] = {
    "allowed_rtp_ips": (values.restricting_addresses, True),
    "capacity_limit": (values.integer(1, 32767), True),
    "dst_prefixes": (values.dst_prefixes, False),
    "rtp_timeout": (values.integer(30, 600), False),
}

# These attributes are required to create a trunk (OpenAPI).
REQUIRED = ("name", "on_cli_mismatch_action", "authentication_method")
# The values of on_cli_mismatch_action that require a feature of the account (OpenAPI).
CLI_REPLACEMENT = "cli_replacement"
CLI_REPLACING = ("replace_cli", "randomize_cli")
# The one that works with a default DID.
REPLACE_CLI = "replace_cli"
# A relationship cannot be assigned while its flag is true.
FLAG_OF = {"dids": "allow_any_did_as_cli", "emergency_dids": "emergency_enable_all"}
# A DID can be linked only while its attributes have these values.
ELIGIBLE: dict[str, dict[str, bool]] = {
    "dids": {"blocked": False, "terminated": False},
    "emergency_dids": {"emergency_enabled": True},
    documents.DEFAULT_DID: {"blocked": False, "terminated": False},
}
# The same in OpenAPI, 2026-10-22, the version before 2026-11-19.
REGISTERED = {"blocked": False, "terminated": False, "awaiting_registration": False}
TOKEN_VERSION_ELIGIBLE = {**ELIGIBLE, "dids": REGISTERED, documents.DEFAULT_DID: REGISTERED}
# The default_did of a request without one: null is a value.
UNSET = ""


@dataclass(frozen=True)
class Rules:
    """The rules that differ between versions, and between an account's readings."""

    attributes: dict[str, tuple[Callable[[Any], Any], bool]]
    eligible: dict[str, dict[str, bool]]
    tech_prefix: Callable[[Any], Any]
    default_did_required: bool
    rtp_ips_required: bool


def rules_for(account: Account, version: str) -> Rules:
    """Return the rules for a request of the account in a version."""
    openapi = OPENAPI_VALUES in account.readings
    attributes = {**ATTRIBUTES, **(OPENAPI_ATTRIBUTES if openapi else {})}
    prefix = values.tech_prefix_or_empty if EMPTY_TECH_PREFIX in account.readings else values.tech_prefix
    if version < TOKEN_VERSION:
        return Rules(attributes, ELIGIBLE, prefix, DEFAULT_DID_REQUIRED in account.readings, not openapi)
    attributes |= TOKEN_VERSION_ATTRIBUTES
    attributes["threshold_amount"] = (values.threshold_amount(account.most_threshold), False)
    return Rules(attributes, TOKEN_VERSION_ELIGIBLE, prefix, default_did_required=True, rtp_ips_required=False)


@dataclass(frozen=True)
class Update:
    """A well-formed request: attributes that are not checked yet, and relationships as ids of DIDs.

    `default_did` is an id, None for null, or UNSET.
    """

    attributes: dict[str, Any]
    relationships: dict[str, list[str]]
    default_did: str | None


# --- the body of a request ---


def resource_in(body: Any, kind: str, required: tuple[str, ...]) -> dict[str, Any]:
    """Return the resource object in a JSON body, with attributes and relationships.

    In: the parsed body, the type of the resource, and the members that it needs. Raises ApiError 400.
    """
    data = body.get("data") if isinstance(body, dict) else None
    if data is None:
        raise missing("data")
    if not isinstance(data, dict):
        raise _bad_format("data must be a resource object.")
    for member in required:
        if member not in data:
            raise missing(member)
    if data["type"] != kind:
        detail = f"{data['type']} is not a valid resource."
        raise documents.rejection(400, "Invalid resource", detail, documents.INVALID_RESOURCE)
    resource = {"attributes": {}, "relationships": {}, **data}
    for name in ("attributes", "relationships"):
        if not isinstance(resource[name], dict):
            raise _bad_format(f"{name} must be an object.")
    return resource


def reject_unknown(body: dict[str, Any], resource: dict[str, Any], known: tuple[str, ...], *more: str) -> None:
    """Raises ApiError 400 if members of the body or of its resource are unknown.

    `known` are the members of this resource besides those that every resource has, `more` other unknown names.
    """
    names = sorted(set(body) - {"data", "included", "jsonapi", "links", "meta"})
    names += sorted(set(resource) - {*known, "type", "attributes", "relationships", "links", "meta"})
    names += more
    if names:
        raise ApiError(400, [not_allowed(name) for name in names])


def parse(body: Any, trunk_id: str | None) -> Update:
    """Read the body of an update, or of a new trunk.

    In: the parsed JSON body, and the id in the URL, or None for a new trunk. Raises ApiError 400. It lists every
    unknown member. The body of a new trunk has no id: DIDWW chooses it.
    """
    known = () if trunk_id is None else ("id",)
    data = resource_in(body, documents.TRUNKS, ("type", *known))
    if trunk_id is not None and data["id"] != trunk_id:
        detail = f"The URL does not support the key {data['id']}"
        raise documents.rejection(400, "Key is not included in URL", detail, documents.KEY_NOT_IN_URL)
    attributes, relationships = data["attributes"], data["relationships"]
    names = [name for name in attributes if name not in WRITABLE]
    writable = (*documents.TRUNK_RELATIONSHIPS, documents.DEFAULT_DID)
    names += [name for name in relationships if name not in writable]
    names += _unknown_in_authentication(attributes.get("authentication_method"))
    reject_unknown(body, data, known, *names)
    to_many = {name: _linkage(value) for name, value in relationships.items() if name != documents.DEFAULT_DID}
    if documents.DEFAULT_DID not in relationships:
        return Update(attributes, to_many, UNSET)
    return Update(attributes, to_many, to_one(relationships[documents.DEFAULT_DID], documents.DIDS))


def missing(name: str) -> ApiError:
    """The error for a member that the request lacks (400)."""
    detail = f"The required parameter, {name}, is missing."
    return documents.rejection(400, "Missing Parameter", detail, documents.PARAM_MISSING)


def _bad_format(detail: str) -> ApiError:
    return documents.rejection(400, "Invalid data format", detail, documents.INVALID_DATA_FORMAT)


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
    """The ids in a to-many relationship, in the order of the request. Raises ApiError 400."""
    data = value.get("data") if isinstance(value, dict) else None
    if not isinstance(data, list):
        raise _bad_linkage()
    return [_identified(item, documents.DIDS) for item in data]


def to_one(value: Any, kind: str) -> str | None:
    """The id in a to-one relationship, or None for null. Raises ApiError 400."""
    if not isinstance(value, dict) or "data" not in value:
        raise _bad_linkage()
    return None if value["data"] is None else _identified(value["data"], kind)


def _identified(item: Any, kind: str) -> str:
    if not (isinstance(item, dict) and isinstance(item.get("id"), str) and "type" in item):
        raise _bad_linkage()
    if item["type"] != kind:
        detail = f"{item['type']} is not a valid type for this operation."
        raise documents.rejection(400, "Type Mismatch", detail, documents.TYPE_MISMATCH)
    return str(item["id"])


def _bad_linkage() -> ApiError:
    detail = "Data is not a valid Links Object."
    return documents.rejection(400, "Invalid Links Object", detail, documents.INVALID_LINKAGE)


# --- the change ---


def apply(
    update: Update,
    trunk: Trunk,
    account: Account,
    store: Store,
    version: str = DEFAULT_VERSION,
    create: bool = False,
) -> Trunk:
    """Return the trunk after the update. With `create`, `trunk` has the defaults of a new one.

    Raises ApiError 422 with every validation error in the request.
    """
    rules = rules_for(account, version)
    errors = [
        validation(f"attributes/{name}", Invalid(BLANK))
        for name in REQUIRED
        if create and name not in update.attributes
    ]
    changes: dict[str, Any] = {}
    for name, value in update.attributes.items():
        if name == "authentication_method":
            continue
        try:
            changes[name] = _attribute(name, value, account, rules)
            if name == "name" and store.name_taken(trunk, changes[name]):
                raise Invalid(TAKEN)
        except Invalid as exc:
            errors.append(validation(f"attributes/{name}", exc))

    if "authentication_method" in update.attributes:
        before = None if create else trunk.attributes["authentication_method"]
        method, problems = _authentication(update.attributes, before, trunk, rules, store)
        changes["authentication_method"] = method
        errors += problems

    after = replace(trunk, attributes={**trunk.attributes, **changes})
    linked: dict[str, tuple[str, ...]] = {}
    for relationship, flag in FLAG_OF.items():
        did_ids = update.relationships.get(relationship)
        if changes.get(flag) is True:
            linked[relationship] = ()  # DIDWW's Postman collection, 2026-04-16: linked DIDs are unassigned
        if did_ids is None:
            continue
        if did_ids and after.attributes[flag] is True:
            problem = Invalid(f"cannot be assigned while {flag} is true")
            errors.append(validation(f"relationships/{relationship}", problem))
        for index, did_id in enumerate(did_ids):
            try:
                _check_link(rules.eligible[relationship], did_id, did_ids[:index], store.did(account, did_id))
            except Invalid as exc:
                errors.append(validation(f"relationships/{relationship}", exc, index))
        linked[relationship] = tuple(did_ids)
    default_did = trunk.default_did
    try:
        default_did = _default_did(update, after, account, store, rules, create)
    except Invalid as exc:
        errors.append(validation(f"relationships/{documents.DEFAULT_DID}", exc))
    if errors:
        raise ApiError(422, errors)
    return replace(
        after,
        dids=linked.get("dids", trunk.dids),
        emergency_dids=linked.get("emergency_dids", trunk.emergency_dids),
        default_did=default_did,
    )


def credentials() -> dict[str, str]:
    """Generate a username and a password."""
    return {"username": secrets.token_hex(5), "password": secrets.token_hex(8)}


def validation(place: str, problem: Invalid, index: int | None = None) -> dict[str, Any]:
    """A validation error (422): its pointer, to one item of a list if it has an index, and `<name> - <title>`."""
    name = place.rsplit("/", 1)[-1]
    pointer = f"/data/{place}" if index is None else f"/data/{place}/{index}"
    return error(422, str(problem), f"{name} - {problem}", documents.VALIDATION, pointer)


def _default_did(
    update: Update, after: Trunk, account: Account, store: Store, rules: Rules, create: bool
) -> str | None:
    """The default DID after an update. `after` has the new attributes and the previous default DID.

    Raises Invalid. OpenAPI, 2026-04-16, requires default_did with replace_cli, and rejects it with any other action.
    On the page of the update, default_did is missing: an update to replace_cli that leaves it out is accepted,
    except with the reading, and in version 2026-11-19.
    """
    sent = update.default_did
    if after.attributes["on_cli_mismatch_action"] != REPLACE_CLI:
        if sent not in (UNSET, None):
            raise Invalid(f"is only allowed with on_cli_mismatch_action {REPLACE_CLI}")
        return None
    if sent == UNSET:
        required = create or rules.default_did_required
        if after.default_did is None and required and "on_cli_mismatch_action" in update.attributes:
            raise Invalid(BLANK)
        return after.default_did
    if sent is None:
        raise Invalid(BLANK)
    if CLI_REPLACEMENT not in account.features:
        raise Invalid("is not enabled for the account")
    _check_link(rules.eligible[documents.DEFAULT_DID], sent, [], store.did(account, sent))
    return sent


def _check_link(eligible: dict[str, bool], did_id: str, before: list[str], did: Did | None) -> None:
    """Raises Invalid if the DID cannot be linked. `before` are the ids before it in the request."""
    if did is None:
        raise Invalid(f"{did_id} does not exist")
    if did_id in before:
        raise Invalid(f"{did_id} is repeated")
    for name, value in eligible.items():
        if did.attributes[name] is not value:
            raise Invalid(f"{did_id} cannot be linked: its {name} is not {str(value).lower()}")


def _attribute(name: str, value: Any, account: Account, rules: Rules) -> Any:
    """Return the value to store. Raises Invalid."""
    if name == "rtp_timeout" and value is None and NULL_RTP_TIMEOUT_IS_30 in account.readings:
        return 30
    check, nullable = rules.attributes[name]
    if value is None and nullable:
        return NULL.get(name)
    stored = check(value)
    replaces = name == "on_cli_mismatch_action" and stored in CLI_REPLACING
    if replaces and CLI_REPLACEMENT not in account.features:
        raise Invalid(f"{stored} is not enabled for the account")
    return stored


def _authentication(
    attributes: dict[str, Any], before: dict[str, Any] | None, trunk: Trunk, rules: Rules, store: Store
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the authentication_method that replaces the previous one, and the validation errors.

    `before` is the previous one, or None for a new trunk.
    """
    place = "attributes/authentication_method"
    method = attributes["authentication_method"]
    if not isinstance(method, dict):
        return {}, [validation(place, Invalid(BLANK if method is None else "must be an object"))]
    kind = method.get("type")
    if kind is None:
        return {}, [validation(f"{place}/type", Invalid(BLANK))]
    if kind == "ip_only" or (before is not None and before["type"] not in KNOWN_TYPES):
        title = "is not allowed for creation" if before is None else "is not allowed for update"
        return {}, [validation(f"{place}/type", Invalid(title))]
    if not isinstance(kind, str) or kind not in AUTHENTICATION_ATTRIBUTES:
        return {}, [validation(f"{place}/type", Invalid("is not included in the list"))]
    sent = method.get("attributes", {})
    if not isinstance(sent, dict):
        return {}, [validation(f"{place}/attributes", Invalid("must be an object"))]

    errors: list[dict[str, Any]] = []
    stored: dict[str, Any] = {}

    def check(name: str, rule: Callable[[Any], Any]) -> None:
        try:
            stored[name] = rule(sent.get(name))
            if name == "twilio_account_sid" and store.sid_taken(trunk, stored[name]):
                raise Invalid(TAKEN)
        except Invalid as exc:
            errors.append(validation(f"{place}/attributes/{name}", exc))

    if kind == TWILIO:
        check("twilio_account_sid", values.twilio_account_sid)
    else:
        if sent.get("allowed_sip_ips") in (None, []):
            # DIDWW's Postman collection, 2026-04-16: the error does not point to the list.
            errors.append(validation(place, Invalid("is invalid")))
        else:
            check("allowed_sip_ips", values.addresses)
        check("tech_prefix", rules.tech_prefix)
        same_type = before is not None and before["type"] == kind
        previous = before["attributes"] if before is not None and same_type else {}
        stored |= {name: previous.get(name) or generated for name, generated in credentials().items()}
        required = not same_type and rules.rtp_ips_required
        if required and "allowed_rtp_ips" not in attributes:
            title = f"is required with authentication_method.type {kind}"
            errors.append(validation("attributes/allowed_rtp_ips", Invalid(title)))
    return {"type": kind, "attributes": stored}, errors
