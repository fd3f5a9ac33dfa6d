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

from simulator import errors
from simulator.accounts import CSV_FILTERS, Context
from simulator.errors import ApiError, error
from simulator.resource import FLAG, LIST, PART, Attribute, Filter, Record, Resource
from simulator.store import Store

DEFAULT_PAGE_SIZE = 50


@dataclass
class Query:
    """A parsed query string. If `fields` lacks a type, all its fields are requested."""

    resource: Resource
    include: tuple[str, ...] = ()
    fields: dict[str, frozenset[str]] = field(default_factory=dict)
    filters: dict[str, list[str]] = field(default_factory=dict)
    sort: tuple[tuple[str, bool], ...] = ()
    page_number: int = 1
    page_size: int = DEFAULT_PAGE_SIZE

    def select(self, records: Sequence[Record]) -> list[Record]:
        """The sorted records that match all filters. In ascending order, null is last."""
        found = [record for record in records if self._matches(record)]
        for name, descending in reversed(self.sort or self.resource.order):

            def key(record: Record, name: str = name) -> tuple[bool, Any]:
                value = record.attributes[name]
                return (value is None, "" if value is None else value)

            found.sort(key=key, reverse=descending)
        return found

    def page(self, records: Sequence[Record]) -> Sequence[Record]:
        """The requested page."""
        start = (self.page_number - 1) * self.page_size
        return records[start : start + self.page_size]

    def _matches(self, record: Record) -> bool:
        for name, values in self.filters.items():
            filter_ = self.resource.filters[name]
            own = _texts(record, filter_.of or name)
            if filter_.kind == PART:
                found = any(value in text for value in values for text in own)
            else:
                found = not own.isdisjoint(values)
            if not found:
                return False
        return True


def _texts(record: Record, name: str) -> set[str]:
    """The values of a record, as a filter has them. A relationship can have several, null has none."""
    whole, _dot, part = name.partition(".")
    if name == "id":
        return {record.id}
    if part == "id":
        return set(record.linked(whole))
    value = record.attributes[whole][part] if part else record.attributes[name]
    if isinstance(value, bool):
        return {"true" if value else "false"}
    return set() if value is None else {str(value)}


def parse(
    pairs: Sequence[tuple[str, str]], resource: Resource, collection: bool, context: Context, store: Store
) -> Query:
    """Parse the query string of a request for a record or for a collection.

    In: the decoded pairs of name and value, and the resource. The last pair with a name counts. Raises ApiError 400
    with every unknown parameter and every invalid value.
    """
    query = Query(resource)
    problems: list[dict[str, Any]] = []
    page = {"number": 1, "size": DEFAULT_PAGE_SIZE}
    paged = collection and resource.max_page_size is not None
    maximum = {"number": 10**9, "size": resource.max_page_size or 0}

    for name, value in dict(pairs).items():
        match = re.fullmatch(r"(fields|filter|page)\[(.+)\]", name)
        family, member = (match[1], match[2]) if match else (name, "")
        if name == "include":
            query.include = _names(value)
            problems += [
                _invalid(
                    errors.INVALID_INCLUDE, "field", f"{path} is not a valid includable relationship of {resource.type}"
                )
                for path in query.include
                if not _is_includable(resource, path, store)
            ]
        elif family == "fields" and match:
            query.fields[member] = frozenset(_names(value))
            problems += _fields(member, query.fields[member], store)
        elif family == "filter" and match and collection:
            query.filters[member], found = _filter(member, value, resource, context, store)
            problems += found
        elif name == "sort" and collection:
            query.sort = tuple((item.removeprefix("-"), item.startswith("-")) for item in _names(value))
            problems += [
                _invalid(
                    errors.INVALID_SORT, "sort criteria", f"{item} is not a valid sort criteria for {resource.type}"
                )
                for item, _descending in query.sort
                if item not in resource.sorts
            ]
        elif family == "page" and match and paged:
            if member not in page:
                problems.append(errors.not_allowed(member))
            elif not re.fullmatch("[0-9]{1,9}", value) or not 1 <= int(value) <= maximum[member]:
                detail = f"{value} is not a valid value for {member} page parameter."
                problems.append(_invalid(errors.INVALID_PAGE_VALUE, "page value", detail))
            else:
                page[member] = int(value)
        elif name == "page" and paged:
            problems.append(_invalid(errors.INVALID_PAGE_OBJECT, "page object", "page is not an object."))
        else:
            problems.append(errors.not_allowed(name))
    if problems:
        raise ApiError(400, problems)
    query.page_number, query.page_size = page["number"], page["size"]
    return query


def _invalid(code: str, what: str, detail: str) -> dict[str, Any]:
    return error(400, f"Invalid {what}", detail, code)


def _names(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value.split(","))) if value else ()


def _is_includable(resource: Resource, path: str, store: Store) -> bool:
    """Whether a path such as `a.b` leads from relationship to relationship."""
    name, _dot, rest = path.partition(".")
    link = resource.link(name)
    if link is None or not link.readable:
        return False
    target = store.resources.get(link.type)
    return not rest or (target is not None and _is_includable(target, rest, store))


def _csv(value: str) -> list[str]:
    """The values in a filter that is a line of CSV, as the Ruby gem jsonapi-resources parses it."""
    try:
        return next(csv.reader([value], strict=True), [])
    except csv.Error:
        return [value]


def _fields(type_: str, names: frozenset[str], store: Store) -> list[dict[str, Any]]:
    resource = store.resources.get(type_)
    if resource is None:
        return [_invalid(errors.INVALID_RESOURCE, "resource", f"{type_} is not a valid resource.")]
    known = {member.name for member in (*resource.attributes, *resource.readable)}
    return [
        _invalid(errors.INVALID_FIELD, "field", f"{name} is not a valid field for {type_}.")
        for name in sorted(names - known)
    ]


def _filter(
    name: str, value: str, resource: Resource, context: Context, store: Store
) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the values of a filter, one of which has to match, and its errors."""
    filter_ = resource.filters.get(name)
    if filter_ is None or (filter_.reading is not None and filter_.reading not in context.account.readings):
        return [], [error(400, "Filter not allowed", f"{name} is not allowed.", errors.FILTER_NOT_ALLOWED)]
    values = value.split(",") if filter_.kind == LIST else [value]
    if CSV_FILTERS in context.account.readings:
        values = _csv(value)
    attribute = resource.attribute(filter_.of or name)
    needs = attribute.needs if isinstance(attribute, Attribute) else {}
    return values, [
        _invalid(errors.INVALID_FILTER_VALUE, "filter value", f"{item} is not a valid value for {name}.")
        for item in values
        if needs.get(item, "") not in ("", *context.account.features) or not _acceptable(item, filter_, context, store)
    ]


def _acceptable(value: str, filter_: Filter, context: Context, store: Store) -> bool:
    """Whether a filter accepts a value.

    DIDWW's documents disagree about which filters accept lists. A value whose meaning depends on that is rejected.
    """
    if filter_.kind == FLAG:
        return value in ("true", "false")
    if filter_.known is not None:
        return store.find(context.account, filter_.known, value) is not None
    return filter_.kind == LIST or CSV_FILTERS in context.account.readings or not re.search('[,"]', value)
