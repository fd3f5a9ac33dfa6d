# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The query string: include, fields, filter, sort and page, refused with 400 if unknown."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator import documents
from simulator.documents import ApiError, error
from simulator.store import DEFAULT_ATTRIBUTES, Did, Trunk

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 1000

# The fields of each resource type, for sparse fieldsets.
FIELDS: dict[str, frozenset[str]] = {
    documents.TRUNKS: frozenset((*DEFAULT_ATTRIBUTES, *documents.TRUNK_RELATIONSHIPS)),
    documents.DIDS: frozenset(("number",)),
}
INCLUDES: dict[str, tuple[str, ...]] = {
    documents.TRUNKS: documents.TRUNK_RELATIONSHIPS,
    documents.DIDS: (),
}
# Filters by resource type, as the reference lists them; no filter by id in this version.
BOOLEAN_FILTERS = ("allow_any_did_as_cli", "threshold_reached")
FILTERS: dict[str, tuple[str, ...]] = {
    documents.TRUNKS: (
        "name",
        "name_contains",
        "external_reference_id",
        "status",
        "on_cli_mismatch_action",
        "default_dst_action",
        "media_encryption_mode",
        "authentication_method.type",
        *BOOLEAN_FILTERS,
    ),
    documents.DIDS: ("number",),
}
SORTS: dict[str, tuple[str, ...]] = {
    documents.TRUNKS: (
        "name",
        "external_reference_id",
        "status",
        "capacity_limit",
        "rtp_timeout",
        "created_at",
    ),
    documents.DIDS: ("number",),
}


@dataclass(frozen=True)
class Query:
    """What a query string asks for. `fields[type]` absent means all fields of that type."""

    include: tuple[str, ...] = ()
    fields: dict[str, frozenset[str]] = field(default_factory=dict)
    filters: dict[str, list[str]] = field(default_factory=dict)
    sort: tuple[tuple[str, bool], ...] = ()
    page_number: int = 1
    page_size: int = DEFAULT_PAGE_SIZE

    def select(self, records: Sequence[Trunk | Did]) -> list[Trunk | Did]:
        """The records that pass every filter, sorted; nulls come last in ascending order."""
        found = [record for record in records if self._matches(record)]
        for name, descending in reversed(self.sort):

            def key(record: Trunk | Did, name: str = name) -> tuple[bool, Any]:
                value = _value(record, name)
                return (value is None, "" if value is None else value)

            found.sort(key=key, reverse=descending)
        return found

    def page(self, records: Sequence[Any]) -> Sequence[Any]:
        """The asked-for page of all records."""
        start = (self.page_number - 1) * self.page_size
        return records[start : start + self.page_size]

    def _matches(self, record: Trunk | Did) -> bool:
        for name, values in self.filters.items():
            if name == "name_contains":
                own = str(_value(record, "name"))
                if not any(value in own for value in values):
                    return False
                continue
            own_value = _value(record, name)
            if isinstance(own_value, bool):
                own_value = "true" if own_value else "false"
            if own_value not in values:
                return False
        return True


def _value(record: Trunk | Did, name: str) -> Any:
    if isinstance(record, Did):
        return record.number
    if name == "authentication_method.type":
        return record.attributes["authentication_method"]["type"]
    return record.attributes.get(name)


def parse(pairs: Sequence[tuple[str, str]], resource: str, collection: bool) -> Query:
    """Read the query string of a request for one resource or for a collection.

    In: decoded name and value pairs (a repeated name: the last one counts), the resource type.
    Raises ApiError 400 with every unknown parameter, field, include, filter, sort and page value.
    Rules: JSON:API; filters and page sizes: reference, "Endpoints used".
    """
    errors: list[dict[str, Any]] = []
    include: tuple[str, ...] = ()
    fields: dict[str, frozenset[str]] = {}
    filters: dict[str, list[str]] = {}
    sort: tuple[tuple[str, bool], ...] = ()
    page = {"number": 1, "size": DEFAULT_PAGE_SIZE}

    for name, value in dict(pairs).items():
        match = re.fullmatch(r"(fields|filter|page)\[(.+)\]", name)
        family, member = (match[1], match[2]) if match else (name, "")
        if name == "include":
            include = _names(value)
            errors += _includes(include, resource)
        elif family == "fields" and match:
            fields[member] = frozenset(_names(value))
            errors += _fields(member, fields[member])
        elif family == "filter" and match and collection:
            filters[member] = _csv(value)
            errors += _filter(member, filters[member], resource)
        elif name == "sort" and collection:
            sort = tuple((item.removeprefix("-"), item.startswith("-")) for item in _names(value))
            errors += _sorts(sort, resource)
        elif family == "page" and match and collection:
            if member not in page:
                errors.append(documents.not_allowed(member))
            elif not re.fullmatch("[0-9]{1,9}", value) or not _page_ok(member, int(value)):
                detail = f"{value} is not a valid value for {member} page parameter."
                errors.append(error(400, "Invalid page value", detail, documents.INVALID_PAGE_VALUE))
            else:
                page[member] = int(value)
        else:
            errors.append(documents.not_allowed(name))
    if errors:
        raise ApiError(400, errors)
    return Query(include, fields, filters, sort, page["number"], page["size"])


def _page_ok(member: str, value: int) -> bool:
    return value >= 1 and (member == "number" or value <= MAX_PAGE_SIZE)


def _names(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value.split(","))) if value else ()


def _csv(value: str) -> list[str]:
    """The values of a filter: a line of CSV, as the jsonapi-resources family reads it."""
    try:
        return next(csv.reader([value], strict=True), [])
    except csv.Error:
        return [value]


def _includes(names: tuple[str, ...], resource: str) -> list[dict[str, Any]]:
    return [
        error(
            400,
            "Invalid field",
            f"{name} is not a valid includable relationship of {resource}",
            documents.INVALID_INCLUDE,
        )
        for name in names
        if name not in INCLUDES[resource]
    ]


def _fields(resource: str, names: frozenset[str]) -> list[dict[str, Any]]:
    if resource not in FIELDS:
        detail = f"{resource} is not a valid resource."
        return [error(400, "Invalid resource", detail, documents.INVALID_RESOURCE)]
    return [
        error(
            400,
            "Invalid field",
            f"{name} is not a valid field for {resource}.",
            documents.INVALID_FIELD,
        )
        for name in sorted(names - FIELDS[resource])
    ]


def _filter(name: str, values: list[str], resource: str) -> list[dict[str, Any]]:
    if name not in FILTERS[resource]:
        detail = f"{name} is not allowed."
        return [error(400, "Filter not allowed", detail, documents.FILTER_NOT_ALLOWED)]
    return [
        error(
            400,
            "Invalid filter value",
            f"{value} is not a valid value for {name}.",
            documents.INVALID_FILTER_VALUE,
        )
        for value in values
        if name in BOOLEAN_FILTERS and value not in ("true", "false")
    ]


def _sorts(sort: tuple[tuple[str, bool], ...], resource: str) -> list[dict[str, Any]]:
    return [
        error(
            400,
            "Invalid sort criteria",
            f"{name} is not a valid sort criteria for {resource}",
            documents.INVALID_SORT,
        )
        for name, _descending in sort
        if name not in SORTS[resource]
    ]
