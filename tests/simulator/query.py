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
from simulator.store import (
    CSV_FILTERS,
    DEFAULT_ATTRIBUTES,
    DEFAULT_DID_ATTRIBUTES,
    FILTER_BY_ID,
    Account,
    Did,
    Store,
    Trunk,
)
from simulator.trunks import CLI_REPLACEMENT, CLI_REPLACING

DEFAULT_PAGE_SIZE = 50

# Kinds of filters: any of a comma list, exactly this value, true or false, this text anywhere in the value.
LIST, ONE, FLAG, PART = "list", "one", "flag", "part"


@dataclass(frozen=True)
class Resource:
    """What a query string can ask of one resource type. `order`: how a list is sorted by default."""

    fields: frozenset[str]
    includes: tuple[str, ...]
    filters: dict[str, str]
    sorts: tuple[str, ...]
    max_page_size: int
    order: tuple[tuple[str, bool], ...] = ()


# As the reference lists it. DIDs lack what concerns resources that the local API has not (countries, orders ...).
RESOURCES: dict[str, Resource] = {
    documents.TRUNKS: Resource(
        fields=frozenset((*DEFAULT_ATTRIBUTES, *documents.TRUNK_RELATIONSHIPS)),
        includes=documents.TRUNK_RELATIONSHIPS,
        filters={
            "id": LIST,
            "default_did.id": ONE,
            "name": ONE,
            "name_contains": PART,
            "external_reference_id": ONE,
            "status": ONE,
            "on_cli_mismatch_action": ONE,
            "allow_any_did_as_cli": FLAG,
            "threshold_reached": FLAG,
            "default_dst_action": ONE,
            "media_encryption_mode": ONE,
            "authentication_method.type": LIST,
        },
        sorts=("name", "created_at", "external_reference_id", "allow_any_did_as_cli", "threshold_reached"),
        max_page_size=1000,
    ),
    documents.DIDS: Resource(
        fields=frozenset(DEFAULT_DID_ATTRIBUTES),
        includes=(),
        filters={
            "id": LIST,
            "number": LIST,
            "billing_cycles_count": LIST,
            "description": PART,
            "blocked": FLAG,
            "awaiting_registration": FLAG,
            "terminated": FLAG,
            "emergency_enabled": FLAG,
        },
        sorts=tuple(name for name in DEFAULT_DID_ATTRIBUTES if name != "emergency_enabled"),
        max_page_size=100,
        order=(("number", False),),
    ),
}
# Filters of trunks that OpenAPI lists and the SDKs do not.
BY_ID = ((documents.TRUNKS, "id"), (documents.TRUNKS, "default_did.id"))


@dataclass(frozen=True)
class Query:
    """What a query string asks for. `fields[type]` absent means all fields of that type."""

    resource: Resource
    include: tuple[str, ...] = ()
    fields: dict[str, frozenset[str]] = field(default_factory=dict)
    filters: dict[str, list[str]] = field(default_factory=dict)
    sort: tuple[tuple[str, bool], ...] = ()
    page_number: int = 1
    page_size: int = DEFAULT_PAGE_SIZE

    def select(self, records: Sequence[Trunk | Did]) -> list[Trunk | Did]:
        """The records that pass every filter, sorted; nulls come last in ascending order."""
        found = [record for record in records if self._matches(record)]
        for name, descending in reversed(self.sort or self.resource.order):

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
            own = _text(_value(record, name.removesuffix("_contains")))
            is_part = self.resource.filters[name] == PART
            if own is None or not (any(value in own for value in values) if is_part else own in values):
                return False
        return True


def _value(record: Trunk | Did, name: str) -> Any:
    if name == "id":
        return record.id
    if name == "default_did.id" and isinstance(record, Trunk):
        return record.default_did
    if name == "authentication_method.type":
        return record.attributes["authentication_method"]["type"]
    return record.attributes.get(name)


def _text(value: Any) -> str | None:
    """A value as a filter has to write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def parse(pairs: Sequence[tuple[str, str]], type_: str, collection: bool, account: Account, store: Store) -> Query:
    """Read the query string of a request for one resource or for a collection.

    In: decoded name and value pairs (a repeated name: the last one counts), the resource type, who asks.
    Raises ApiError 400 with every unknown parameter, field, include, filter, sort and page value.
    Rules: JSON:API; filters, sorts and page sizes: reference.
    """
    resource = RESOURCES[type_]
    errors: list[dict[str, Any]] = []
    include: tuple[str, ...] = ()
    fields: dict[str, frozenset[str]] = {}
    filters: dict[str, list[str]] = {}
    sort: tuple[tuple[str, bool], ...] = ()
    page = {"number": 1, "size": DEFAULT_PAGE_SIZE}
    maximum = {"number": 10**9, "size": resource.max_page_size}

    for name, value in dict(pairs).items():
        match = re.fullmatch(r"(fields|filter|page)\[(.+)\]", name)
        family, member = (match[1], match[2]) if match else (name, "")
        if name == "include":
            include = _names(value)
            errors += [
                _invalid(
                    documents.INVALID_INCLUDE, "field", f"{item} is not a valid includable relationship of {type_}"
                )
                for item in include
                if item not in resource.includes
            ]
        elif family == "fields" and match:
            fields[member] = frozenset(_names(value))
            errors += _fields(member, fields[member])
        elif family == "filter" and match and collection:
            filters[member], problems = _filter(member, value, type_, account, store)
            errors += problems
        elif name == "sort" and collection:
            sort = tuple((item.removeprefix("-"), item.startswith("-")) for item in _names(value))
            errors += [
                _invalid(documents.INVALID_SORT, "sort criteria", f"{item} is not a valid sort criteria for {type_}")
                for item, _descending in sort
                if item not in resource.sorts
            ]
        elif family == "page" and match and collection:
            if member not in page:
                errors.append(documents.not_allowed(member))
            elif not re.fullmatch("[0-9]{1,9}", value) or not 1 <= int(value) <= maximum[member]:
                detail = f"{value} is not a valid value for {member} page parameter."
                errors.append(_invalid(documents.INVALID_PAGE_VALUE, "page value", detail))
            else:
                page[member] = int(value)
        elif name == "page" and collection:
            errors.append(_invalid(documents.INVALID_PAGE_OBJECT, "page object", "page is not an object."))
        else:
            errors.append(documents.not_allowed(name))
    if errors:
        raise ApiError(400, errors)
    return Query(resource, include, fields, filters, sort, page["number"], page["size"])


def _invalid(code: str, what: str, detail: str) -> dict[str, Any]:
    return error(400, f"Invalid {what}", detail, code)


def _names(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value.split(","))) if value else ()


def _csv(value: str) -> list[str]:
    """The values of a filter: a line of CSV, as the jsonapi-resources family reads it."""
    try:
        return next(csv.reader([value], strict=True), [])
    except csv.Error:
        return [value]


def _fields(type_: str, names: frozenset[str]) -> list[dict[str, Any]]:
    if type_ not in RESOURCES:
        return [_invalid(documents.INVALID_RESOURCE, "resource", f"{type_} is not a valid resource.")]
    return [
        _invalid(documents.INVALID_FIELD, "field", f"{name} is not a valid field for {type_}.")
        for name in sorted(names - RESOURCES[type_].fields)
    ]


def _filter(
    name: str, value: str, type_: str, account: Account, store: Store
) -> tuple[list[str], list[dict[str, Any]]]:
    """The values of a filter, any of which may match, and what is wrong with it."""
    kind = RESOURCES[type_].filters.get(name)
    if kind is None or ((type_, name) in BY_ID and FILTER_BY_ID not in account.readings):
        return [], [error(400, "Filter not allowed", f"{name} is not allowed.", documents.FILTER_NOT_ALLOWED)]
    values = value.split(",") if kind == LIST else [value]
    if CSV_FILTERS in account.readings:
        values = _csv(value)
    return values, [
        _invalid(documents.INVALID_FILTER_VALUE, "filter value", f"{item} is not a valid value for {name}.")
        for item in values
        if not _acceptable(name, item, kind, account, store)
    ]


def _acceptable(name: str, value: str, kind: str, account: Account, store: Store) -> bool:
    """Whether a filter takes a value (reference).

    Where sources disagree whether a filter takes a list, a value that they would read differently is refused.
    """
    if kind == FLAG:
        return value in ("true", "false")
    if name == "on_cli_mismatch_action" and value in CLI_REPLACING:
        return CLI_REPLACEMENT in account.features
    if name == "default_did.id":
        return store.did(account, value) is not None
    return kind == LIST or CSV_FILTERS in account.readings or not re.search('[,"]', value)
