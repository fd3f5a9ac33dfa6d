# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bodies of requests. A malformed one is rejected with 400."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator import errors
from simulator.errors import ApiError, not_allowed
from simulator.resource import Action, Attribute, Resource

# Ids in a to-many relationship, the id in a to-one relationship, or None.
Linkage = list[str] | str | None


@dataclass(frozen=True)
class Sent:
    """A well-formed request: attributes that are not checked yet, and the ids in relationships."""

    attributes: dict[str, Any]
    links: dict[str, Linkage]


def parse(body: Any, resource: Resource, record_id: str | None) -> Sent:
    """Read the body of an update, or of a new record.

    In: the parsed JSON body, and the id in the URL, or None for a new record. Raises ApiError 400. It lists every
    unknown member. The body of a new record has no id: DIDWW chooses it.
    """
    known = () if record_id is None else ("id",)
    data = _resource_in(body, resource.type, ("type", *known))
    if record_id is not None and data["id"] != record_id:
        detail = f"The URL does not support the key {data['id']}"
        raise errors.rejection(400, "Key is not included in URL", detail, errors.KEY_NOT_IN_URL)
    links = {link.name: link for link in resource.links if link.writable}
    unknown = [name for name in data["attributes"] if not _is_writable(resource, name)]
    unknown += [name for name in data["relationships"] if name not in links]
    unknown += _unknown_in_variants(data["attributes"], resource)
    _reject_unknown(body, data, known, unknown)
    for name in resource.malformed_without if record_id is None else ():
        if name not in data["attributes"]:
            raise _missing(name)
    linked = {
        name: _linkage(value, links[name].type, links[name].many) for name, value in data["relationships"].items()
    }
    return Sent(data["attributes"], linked)


def parse_action(body: Any, action: Action) -> str | None:
    """Return the id in the relationship of an action, or None for null. Raises ApiError 400."""
    data = _resource_in(body, action.type, ("type", "relationships"))
    relationships = data["relationships"]
    unknown = [*data["attributes"], *(name for name in relationships if name != action.relationship)]
    _reject_unknown(body, data, (), unknown)
    if action.relationship not in relationships:
        raise _missing(action.relationship)
    record_id = _linkage(relationships[action.relationship], action.target, many=False)
    return record_id if isinstance(record_id, str) else None


def _resource_in(body: Any, type_: str, required: tuple[str, ...]) -> dict[str, Any]:
    """Return the resource object in a body, with attributes and relationships."""
    data = body.get("data") if isinstance(body, dict) else None
    if data is None:
        raise _missing("data")
    if not isinstance(data, dict):
        raise _bad_format("data must be a resource object.")
    for member in required:
        if member not in data:
            raise _missing(member)
    if data["type"] != type_:
        detail = f"{data['type']} is not a valid resource."
        raise errors.rejection(400, "Invalid resource", detail, errors.INVALID_RESOURCE)
    resource = {"attributes": {}, "relationships": {}, **data}
    for name in ("attributes", "relationships"):
        if not isinstance(resource[name], dict):
            raise _bad_format(f"{name} must be an object.")
    return resource


def _reject_unknown(body: dict[str, Any], data: dict[str, Any], known: tuple[str, ...], more: list[str]) -> None:
    """Raises ApiError 400 if members of the body or of its resource are unknown, or if there are `more`."""
    names = sorted(set(body) - {"data", "included", "jsonapi", "links", "meta"})
    names += sorted(set(data) - {*known, "type", "attributes", "relationships", "links", "meta"})
    names += more
    if names:
        raise ApiError(400, [not_allowed(name) for name in names])


def _is_writable(resource: Resource, name: str) -> bool:
    attribute = resource.attribute(name)
    return attribute.check is not None if isinstance(attribute, Attribute) else attribute is not None


def _unknown_in_variants(attributes: dict[str, Any], resource: Resource) -> list[str]:
    names: list[str] = []
    for variant in resource.variants:
        value = attributes.get(variant.name)
        if isinstance(value, dict):
            names += [name for name in value if name not in ("type", "attributes")]
            kind, inner = value.get("type"), value.get("attributes")
            if isinstance(kind, str) and isinstance(inner, dict) and kind in variant.writable:
                names += [name for name in inner if name not in variant.writable[kind]]
    return names


def _linkage(value: Any, type_: str, many: bool) -> Linkage:
    """The ids in a relationship, in the order of the request. Raises ApiError 400."""
    if not isinstance(value, dict) or "data" not in value or isinstance(value["data"], list) is not many:
        raise _bad_linkage()
    data = value["data"]
    if many:
        return [_identified(item, type_) for item in data]
    return None if data is None else _identified(data, type_)


def _identified(item: Any, type_: str) -> str:
    if not (isinstance(item, dict) and isinstance(item.get("id"), str) and "type" in item):
        raise _bad_linkage()
    if item["type"] != type_:
        detail = f"{item['type']} is not a valid type for this operation."
        raise errors.rejection(400, "Type Mismatch", detail, errors.TYPE_MISMATCH)
    return str(item["id"])


def _missing(name: str) -> ApiError:
    """The error for a member that the request lacks (400)."""
    detail = f"The required parameter, {name}, is missing."
    return errors.rejection(400, "Missing Parameter", detail, errors.PARAM_MISSING)


def _bad_format(detail: str) -> ApiError:
    return errors.rejection(400, "Invalid data format", detail, errors.INVALID_DATA_FORMAT)


def _bad_linkage() -> ApiError:
    detail = "Data is not a valid Links Object."
    return errors.rejection(400, "Invalid Links Object", detail, errors.INVALID_LINKAGE)
