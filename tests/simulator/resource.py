# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The declaration of a resource type: attributes, relationships, rules, filters, sorts and pages.

A declaration is one file in `resources`, written from DIDWW's documentation. Nothing else in this package names a
resource type, an attribute or a value of DIDWW.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from simulator.accounts import Context
from simulator.values import Check, Invalid

if TYPE_CHECKING:
    from simulator.change import Draft
    from simulator.store import Store

# What differs in a context: members of a declaration and their values there.
Difference = Callable[[Context], Mapping[str, Any]]
# Kinds of filters: one of a list with commas, exactly this value, true or false, a part of the value.
LIST, ONE, FLAG, PART = "list", "one", "flag", "part"


def since(version: str, **members: Any) -> Difference:
    """Return what differs since a version."""
    return lambda context: members if context.version >= version else {}


def reading(name: str, **members: Any) -> Difference:
    """Return what differs for accounts with a reading."""
    return lambda context: members if name in context.account.readings else {}


@dataclass(frozen=True, kw_only=True)
class Varying:
    """A part of a declaration that differs between versions, readings and accounts. The last difference counts."""

    differs: tuple[Difference, ...] = ()

    def of(self, context: Context) -> Any:
        """Return the declaration in a context."""
        members = {name: value for difference in self.differs for name, value in difference(context).items()}
        return replace(self, **members) if members else self


@dataclass(frozen=True)
class Unique:
    """A value that only one record can have: in an account, or `everywhere`. All these `types` count."""

    types: tuple[str, ...]
    everywhere: bool = False
    ignores_case: bool = False


@dataclass(frozen=True)
class Attribute(Varying):
    """An attribute. Without a `check` it is read-only.

    `null` is what null is stored as, `shown` what a stored null is returned as. `default` is the value in a seed and
    of a new record, or a function of the record's id. `generate` makes the value of a new record. `needs` are the
    values that need a feature of the account. With `beside_id`, a seed has the attribute beside the id. A `vague`
    attribute of a variant is required, and the error of a missing one does not point to it. A `hidden` one does not
    exist in the version.
    """

    name: str
    check: Check | None = None
    nullable: bool = False
    null: Any = None
    shown: Any = None
    default: Any = None
    generate: Callable[[], Any] | None = None
    required: bool = False
    unique: Unique | None = None
    needs: Mapping[str, str] = field(default_factory=dict)
    beside_id: bool = False
    vague: bool = False
    hidden: bool = False

    def accept(self, value: Any, context: Context) -> Any:
        """Return the value to store. Raises Invalid."""
        if value is None and self.nullable:
            return self.null
        assert self.check is not None
        stored = self.check(value)
        if self.needs and self.needs.get(stored, "") not in ("", *context.account.features):
            raise Invalid(f"{stored} is not enabled for the account")
        return stored


@dataclass(frozen=True)
class Variant:
    """An attribute with a type, on which its own attributes depend. A type without a writable one is read-only.

    DIDWW replaces the whole value. Or it `merges` it: attributes that a request leaves out remain, and the type cannot
    change. `gone` are the attributes that do not exist in the version. Other types occur as well: their records reject
    this attribute.
    """

    name: str
    types: Mapping[str, tuple[Attribute, ...]]
    default: Any = None
    required: bool = False
    merges: bool = False
    gone: frozenset[str] = frozenset()

    def of(self, context: Context) -> Variant:
        """Return the declaration in a context, without the attributes that do not exist there."""
        shown = {kind: tuple(a.of(context) for a in attributes) for kind, attributes in self.types.items()}
        gone = frozenset(a.name for own in shown.values() for a in own if a.hidden)
        types = {kind: tuple(a for a in own if not a.hidden) for kind, own in shown.items()}
        return replace(self, types=types, gone=gone)

    @property
    def writable(self) -> dict[str, tuple[str, ...]]:
        """The writable attributes of each type that a request can set."""
        names = {kind: tuple(a.name for a in attributes if a.check) for kind, attributes in self.types.items()}
        return {kind: writable for kind, writable in names.items() if writable}


@dataclass(frozen=True)
class Link(Varying):
    """A relationship to records of a type, to one or to `many`.

    If it is not `readable`, no answer has it; if it is `hidden`, it does not exist in the version. It cannot be
    assigned while the attribute `flag` is true. A record can be linked only while its attributes have the values in
    `eligible`. Errors point to `place`, by default to the relationship, or to an item of it; `missing` is the title for
    an unknown record. With `inverse`, nothing is stored: linked are the records whose relationship `inverse` has this
    one.
    """

    name: str
    type: str
    many: bool = False
    writable: bool = False
    readable: bool = True
    flag: str | None = None
    hidden: bool = False
    eligible: Mapping[str, Any] = field(default_factory=dict)
    place: str | None = None
    missing: str | None = None
    inverse: str | None = None


@dataclass(frozen=True)
class Filter:
    """A filter by the attribute `of`, by default the one with its name.

    `x.id` is that of the linked record in a relationship, `x.type` that of a variant. With a `reading`, only accounts
    with this reading can use it. A filter by a `known` type accepts only existing ids.
    """

    kind: str = ONE
    of: str | None = None
    reading: str | None = None
    known: str | None = None


@dataclass(frozen=True)
class Action:
    """A resource type with a single operation: POST changes the record in a relationship, and returns its id."""

    type: str
    relationship: str
    target: str
    run: Callable[[Record], Record]  # raises Invalid


@dataclass(frozen=True)
class Resource:
    """A resource type. `collection` is its name in seeds and control endpoints.

    `methods` are LIST and those of a single record. A POST without the attributes `malformed_without` gets 400. With
    `shared`, all accounts have all records. `meta` has the members of each record's meta: the default, or a function
    that computes it. `account` has the options of an account and their defaults, `order` is the default of sort.
    `refuses` returns the reason of a 403, or None; it gets the context and whether the request changes something.
    `keeps` returns why a record cannot be deleted, or None. `announces` returns the URL of a callback and its event, or
    None; it gets the record before and after a change. Without a `max_page_size`, a list is a single page without
    links.
    """

    type: str
    collection: str
    noun: str
    attributes: tuple[Attribute | Variant, ...]
    links: tuple[Link, ...] = ()
    rules: tuple[Callable[[Draft], None], ...] = ()
    methods: tuple[str, ...] = ("LIST", "GET")
    malformed_without: tuple[str, ...] = ()
    shared: bool = False
    meta: Mapping[str, str | Callable[[Record, Store], Any]] = field(default_factory=dict)
    account: Mapping[str, Any] = field(default_factory=dict)
    readings: tuple[str, ...] = ()
    filters: Mapping[str, Filter] = field(default_factory=dict)
    sorts: tuple[str, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    max_page_size: int | None = 100
    refuses: Callable[[Context, bool], str | None] = lambda _context, _changes: None
    keeps: Callable[[Record, Store], str | None] = lambda _record, _store: None
    announces: Callable[[Record, Record], tuple[str, dict[str, Any]] | None] = lambda _before, _after: None

    def of(self, context: Context) -> Resource:
        """Return the declaration in a context, without what does not exist there."""
        attributes = [attribute.of(context) for attribute in self.attributes]
        links = [link.of(context) for link in self.links]
        return replace(
            self,
            attributes=tuple(a for a in attributes if isinstance(a, Variant) or not a.hidden),
            links=tuple(link for link in links if not link.hidden),
        )

    def attribute(self, name: str) -> Attribute | Variant | None:
        """Return an attribute, or None."""
        return next((attribute for attribute in self.attributes if attribute.name == name), None)

    def link(self, name: str) -> Link | None:
        """Return a relationship, or None."""
        return next((link for link in self.links if link.name == name), None)

    @property
    def readable(self) -> tuple[Link, ...]:
        """The relationships that answers have."""
        return tuple(link for link in self.links if link.readable)

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The attributes with a type."""
        return tuple(attribute for attribute in self.attributes if isinstance(attribute, Variant))


@dataclass(frozen=True)
class Record:
    """A record. A change replaces it: its members are never changed in place.

    A to-many relationship is a tuple of ids, a to-one relationship an id or None.
    """

    type: str
    id: str
    account: str
    attributes: Mapping[str, Any]
    links: Mapping[str, tuple[str, ...] | str | None] = field(default_factory=dict)
    meta: Mapping[str, str] = field(default_factory=dict)

    def linked(self, name: str) -> tuple[str, ...]:
        """The ids in a relationship."""
        ids = self.links.get(name)
        return (ids,) if isinstance(ids, str) else ids or ()

    def as_seed(self) -> dict[str, Any]:
        """A copy, in the form of a seed and of the control endpoints."""
        links = {name: list(ids) if isinstance(ids, tuple) else ids for name, ids in self.links.items()}
        attributes = copy.deepcopy(dict(self.attributes))
        return {"id": self.id, "account": self.account, "attributes": attributes, **links, **self.meta}
