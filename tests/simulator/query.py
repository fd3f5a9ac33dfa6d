# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Query strings: include, fields, filter, sort and page. Unknown parameters are rejected with 400."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator import documents
from simulator.accounts import CSV_FILTERS, FILTER_BY_ID, Account
from simulator.documents import ApiError, error
from simulator.resources.voice_out_trunk import CLI_REPLACEMENT, CLI_REPLACING
from simulator.store import DEFAULT_ATTRIBUTES, DEFAULT_DID_ATTRIBUTES, Did, Store, Trunk

DEFAULT_PAGE_SIZE = 50

# Kinds of filters: one of a list with commas, exactly this value, true or false, a part of the value.
LIST, ONE, FLAG, PART = "list", "one", "flag", "part"


@dataclass(frozen=True)
class Resource:
    """The query parameters of a resource type. `order` is the default of sort."""

    fields: frozenset[str]
    includes: tuple[str, ...]
    filters: dict[str, str]
    sorts: tuple[str, ...]
    max_page_size: int
    order: tuple[tuple[str, bool], ...] = ()


# From OpenAPI, 2026-04-16. Filters of DIDs that need other resources (countries, orders, ...) are missing.
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
        fields=frozenset((*DEFAULT_DID_ATTRIBUTES, *documents.DID_RELATIONSHIPS)),
        includes=documents.DID_RELATIONSHIPS,
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
# OpenAPI lists this filter, the SDKs do not.
BY_ID = (documents.TRUNKS, "id")


@dataclass(frozen=True)
class Query:
    """A parsed query string. If `fields` lacks a type, all its fields are requested."""

    resource: Resource
    include: tuple[str, ...] = ()
    fields: dict[str, frozenset[str]] = field(default_factory=dict)
    filters: dict[str, list[str]] = field(default_factory=dict)
    sort: tuple[tuple[str, bool], ...] = ()
    page_number: int = 1
    page_size: int = DEFAULT_PAGE_SIZE

    def select(self, records: Sequence[Trunk | Did]) -> list[Trunk | Did]:
        """The sorted records that match all filters. In ascending order, null is last."""
        found = [record for record in records if self._matches(record)]
        for name, descending in reversed(self.sort or self.resource.order):

            def key(record: Trunk | Did, name: str = name) -> tuple[bool, Any]:
                value = _value(record, name)
                return (value is None, "" if value is None else value)

            found.sort(key=key, reverse=descending)
        return found

    def page(self, records: Sequence[Any]) -> Sequence[Any]:
        """The requested page."""
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
    """A value as it is written in a filter."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def parse(pairs: Sequence[tuple[str, str]], type_: str, collection: bool, account: Account, store: Store) -> Query:
    """Parse the query string of a request for a resource or for a collection.

    In: the decoded pairs of name and value, the resource type, whether it is a collection, and the account. The last
    pair with a name counts. Raises ApiError 400 with every unknown parameter and every invalid value.
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
    """The values in a filter that is a line of CSV, as the Ruby gem jsonapi-resources parses it."""
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
    """Return the values of a filter, one of which has to match, and its errors."""
    kind = RESOURCES[type_].filters.get(name)
    if kind is None or ((type_, name) == BY_ID and FILTER_BY_ID not in account.readings):
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
    """Whether a filter accepts a value.

    DIDWW's documents disagree about which filters accept lists. A value whose meaning depends on that is rejected.
    """
    if kind == FLAG:
        return value in ("true", "false")
    if name == "on_cli_mismatch_action" and value in CLI_REPLACING:
        return CLI_REPLACEMENT in account.features
    if name == "default_did.id":
        return store.did(account, value) is not None
    return kind == LIST or CSV_FILTERS in account.readings or not re.search('[,"]', value)
