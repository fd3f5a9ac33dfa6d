# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON:API documents, as dictionaries: errors and resources. Does not depend on HTTP or Flask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulator.accounts import TOKEN_VERSION
from simulator.store import DEFAULT_THRESHOLD, Did, Trunk

MEDIA_TYPE = "application/vnd.api+json"

TRUNKS = "voice_out_trunks"
DIDS = "dids"
TRUNK_RELATIONSHIPS = ("dids", "emergency_dids")
# All are to-one (OpenAPI, 2026-04-16). The local API has none of the resources, so they are null.
DID_RELATIONSHIPS = (
    "did_group",
    "order",
    "capacity_pool",
    "shared_capacity_group",
    "address_verification",
    "voice_in_trunk",
    "voice_in_trunk_group",
    "emergency_calling_service",
    "emergency_verification",
    "identity",
)
# Requests can set it, but no answer contains it.
DEFAULT_DID = "default_did"
REGENERATION = "voice_out_trunk_regenerate_credentials"

# DIDWW's error codes. Its documents list 100, 102, 105 and 106. The Ruby gem jsonapi-resources has the same four; the
# others are from there.
VALIDATION = "100"
INVALID_RESOURCE = "101"
FILTER_NOT_ALLOWED = "102"
INVALID_FIELD = "104"
PARAM_NOT_ALLOWED = "105"
PARAM_MISSING = "106"
INVALID_FILTER_VALUE = "107"
KEY_NOT_IN_URL = "110"
INVALID_INCLUDE = "112"
INVALID_SORT = "114"
INVALID_LINKAGE = "115"
TYPE_MISMATCH = "116"
INVALID_PAGE_OBJECT = "117"
INVALID_PAGE_VALUE = "118"
INVALID_DATA_FORMAT = "122"
TOO_MANY_REQUESTS = "too_many_requests"  # since version 2026-11-19


class ApiError(Exception):
    """A rejected request: the status, the error objects and the additional headers of the answer.

    Without error objects, the answer has no body.
    """

    def __init__(self, status: int, errors: list[dict[str, Any]], headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status}: {'; '.join(str(error['detail']) for error in errors)}")
        self.status = status
        self.errors = errors
        self.headers = headers or {}


def error(status: int, title: str, detail: str, code: str | None = None, pointer: str | None = None) -> dict[str, Any]:
    """A JSON:API error object. The code is the status by default."""
    document: dict[str, Any] = {
        "title": title,
        "detail": detail,
        "code": code or str(status),
        "status": str(status),
    }
    if pointer is not None:
        document["source"] = {"pointer": pointer}
    return document


def rejection(status: int, title: str, detail: str, code: str | None = None) -> ApiError:
    """An ApiError with a single error and no pointer."""
    return ApiError(status, [error(status, title, detail, code)])


def token_rejection(status: int, title: str, reason: str) -> ApiError:
    """The ApiError for a token: `reason` is the error in the WWW-Authenticate header (RFC 6750, 3.1)."""
    headers = {"WWW-Authenticate": f'Bearer error="{reason}"'}
    return ApiError(status, [error(status, title, title)], headers)


def not_found(record_id: str) -> ApiError:
    """The error for a record that does not exist (404)."""
    detail = f"The record identified by {record_id} could not be found."
    return rejection(404, "Record not found", detail)


def not_allowed(name: str) -> dict[str, Any]:
    """The error object for an unknown attribute, relationship or parameter (400)."""
    return error(400, "Param not allowed", f"{name} is not allowed.", PARAM_NOT_ALLOWED)


def identifiers(did_ids: Iterable[str]) -> list[dict[str, str]]:
    """Resource linkage to DIDs (JSON:API)."""
    return [{"type": DIDS, "id": did_id} for did_id in did_ids]


def relationship_links(base: str, record: Trunk | Did, name: str) -> dict[str, str]:
    """The links in a relationship."""
    url = f"{base}/{TRUNKS if isinstance(record, Trunk) else DIDS}/{record.id}"
    return {"self": f"{url}/relationships/{name}", "related": f"{url}/{name}"}


def trunk_resource(
    trunk: Trunk, base: str, version: str, include: tuple[str, ...], fields: frozenset[str] | None
) -> dict[str, Any]:
    """A trunk as a resource object, as a version of the API returns it.

    Only the relationships in `include` have linkage `data`. `fields` restricts attributes and relationships.
    """
    attributes = trunk.attributes
    if version >= TOKEN_VERSION and attributes["threshold_amount"] is None:
        attributes = {**attributes, "threshold_amount": DEFAULT_THRESHOLD}  # not nullable there
    relationships: dict[str, Any] = {}
    for name in TRUNK_RELATIONSHIPS:
        if fields is None or name in fields:
            relationships[name] = {"links": relationship_links(base, trunk, name)}
            if name in include:
                relationships[name]["data"] = identifiers(trunk.linked(name))
    resource: dict[str, Any] = {
        "id": trunk.id,
        "type": TRUNKS,
        "attributes": _only(attributes, fields),
    }
    if relationships:
        resource["relationships"] = relationships
    resource["meta"] = {"spent_amount": trunk.spent_amount}
    return resource


def did_resource(did: Did, base: str, include: tuple[str, ...], fields: frozenset[str] | None) -> dict[str, Any]:
    """A DID as a resource object, in the same way. Its number has no `+`."""
    relationships = {
        name: {"links": relationship_links(base, did, name), **({"data": None} if name in include else {})}
        for name in DID_RELATIONSHIPS
        if fields is None or name in fields
    }
    resource: dict[str, Any] = {"id": did.id, "type": DIDS, "attributes": _only(did.attributes, fields)}
    return {**resource, "relationships": relationships} if relationships else resource


def _only(attributes: dict[str, Any], fields: frozenset[str] | None) -> dict[str, Any]:
    if fields is None:
        return dict(attributes)
    return {name: value for name, value in attributes.items() if name in fields}
