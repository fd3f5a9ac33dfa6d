# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON:API documents: errors and resources, as plain dicts. Knows neither HTTP nor Flask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulator.store import Did, Trunk

MEDIA_TYPE = "application/vnd.api+json"

TRUNKS = "voice_out_trunks"
DIDS = "dids"
TRUNK_RELATIONSHIPS = ("dids", "emergency_dids")
# Can be written, and is in no answer.
DEFAULT_DID = "default_did"
REGENERATION = "voice_out_trunk_regenerate_credentials"

# DIDWW's codes. 100, 102, 105, 106 are in the reference; the others are those of the
# jsonapi-resources family, which shares these four.
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


class ApiError(Exception):
    """A refusal: one status and the JSON:API error objects that explain it."""

    def __init__(self, status: int, errors: list[dict[str, Any]]) -> None:
        super().__init__(f"{status}: {'; '.join(str(error['detail']) for error in errors)}")
        self.status = status
        self.errors = errors


def error(status: int, title: str, detail: str, code: str | None = None, pointer: str | None = None) -> dict[str, Any]:
    """One JSON:API error object (reference, "Errors"). Without a code, the status is the code."""
    document: dict[str, Any] = {
        "title": title,
        "detail": detail,
        "code": code or str(status),
        "status": str(status),
    }
    if pointer is not None:
        document["source"] = {"pointer": pointer}
    return document


def refusal(status: int, title: str, detail: str, code: str | None = None) -> ApiError:
    """An ApiError with a single error and no pointer."""
    return ApiError(status, [error(status, title, detail, code)])


def not_found(record_id: str) -> ApiError:
    """404 in the words of the reference."""
    detail = f"The record identified by {record_id} could not be found."
    return refusal(404, "Record not found", detail)


def not_allowed(name: str) -> dict[str, Any]:
    """The error object for an attribute, relationship or parameter that is not known (400, 105)."""
    return error(400, "Param not allowed", f"{name} is not allowed.", PARAM_NOT_ALLOWED)


def identifiers(did_ids: Iterable[str]) -> list[dict[str, str]]:
    """Resource linkage (JSON:API) to DIDs."""
    return [{"type": DIDS, "id": did_id} for did_id in did_ids]


def relationship_links(base: str, trunk: Trunk, name: str) -> dict[str, str]:
    """The `self` and `related` links of a trunk's relationship, as in the update example."""
    url = f"{base}/{TRUNKS}/{trunk.id}"
    return {"self": f"{url}/relationships/{name}", "related": f"{url}/{name}"}


def trunk_resource(trunk: Trunk, base: str, include: tuple[str, ...], fields: frozenset[str] | None) -> dict[str, Any]:
    """A trunk as a resource object.

    Relationships carry linkage `data` only if named in `include` (reference, "The trunk as it
    comes back"). `fields` restricts attributes and relationships alike (JSON:API).
    """
    relationships: dict[str, Any] = {}
    for name in TRUNK_RELATIONSHIPS:
        if fields is None or name in fields:
            relationships[name] = {"links": relationship_links(base, trunk, name)}
            if name in include:
                relationships[name]["data"] = identifiers(trunk.linked(name))
    resource: dict[str, Any] = {
        "id": trunk.id,
        "type": TRUNKS,
        "attributes": _only(trunk.attributes, fields),
    }
    if relationships:
        resource["relationships"] = relationships
    resource["meta"] = {"spent_amount": trunk.spent_amount}
    return resource


def did_resource(did: Did, fields: frozenset[str] | None) -> dict[str, Any]:
    """A DID as a resource object; its number is digits, with no `+`."""
    return {"id": did.id, "type": DIDS, "attributes": _only(did.attributes, fields)}


def _only(attributes: dict[str, Any], fields: frozenset[str] | None) -> dict[str, Any]:
    if fields is None:
        return dict(attributes)
    return {name: value for name, value in attributes.items() if name in fields}
