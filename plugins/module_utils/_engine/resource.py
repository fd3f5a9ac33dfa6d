# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The declaration of a resource: everything that the engine knows about it.

A declaration that contradicts itself is refused when it is loaded.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._engine.advice import Advice
from ansible_collections.didww.voice.plugins.module_utils._engine.connection import API_VERSIONS
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import UUID, choice
from ansible_collections.didww.voice.plugins.module_utils._engine.link import Link
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import Rule, Setting, specs
from ansible_collections.didww.voice.plugins.module_utils._engine.variant import Variant

STATE = Setting("state", choice("existing", "present", "absent"), left_out="for existing", default="existing")
# What identifies a setting in all versions of the API.
FIXED_MEMBERS = {"name", "attribute", "secret", "type", "by", "many", "unread", "types", "hidden", "versions", "base"}


class ContradictoryDeclarationError(ValueError):
    """A declaration that contradicts itself. The message lists all contradictions."""


@dataclass(frozen=True)
class Users:
    """What uses a resource, so that the API does not delete it.

    `type`: its type, whose to-one relationship `link` refers to the resource. `by`: the attribute that it is called by.
    `noun`: what messages call it. `freed`: what to do first.
    """

    type: str
    link: str
    by: str
    noun: str
    freed: str


@dataclass(frozen=True, eq=False)
class Resource:
    """Everything that the engine knows about a resource.

    `type`: its type in JSON:API. `name`: the name of its module. `noun`: what messages call it. `called`: its full
    name, for messages. `settings`: in the order of diffs. `identifiers`: the options that select one, the most specific
    first; the last is what it is called by. `unique`: the identifier of which the API rejects duplicates. `facts`:
    read-only attributes. `meta`: members of its `meta` that are returned. `flags`: the options of an entry that are no
    settings. `filters`: the filters of the API, and their options; the filter `x_contains` compares a part of the
    attribute x, as the filters `partial` do, and `x.type` the member type of x. `page_sizes`: the largest pages that
    the API allows, for this type and the linked ones. `known_as`: what results call the names of linked resources.
    `rules`: see `Draft`. `advice`: what to do about errors, before that of the engine. `hint`: returns more advice
    after a 422, for the JSON:API resource that was sent. `creatable`: whether tasks create and delete it. `listed_by`:
    the identifier of which the filter accepts a list, for a type that an account may have thousands of. `users`: what
    hinders a deletion. `taken`: what to say if the API rejects a duplicate of the unique identifier, which was not
    found. `list_in_files`: what vars files call a list of them, if not after `noun`. `undone_by`: the command that
    applies an undo file. `deletion`: what a deletion entails, for users.

    Raises ContradictoryDeclarationError.
    """

    type: str
    name: str
    noun: str
    called: str
    settings: tuple[Setting, ...]
    page_sizes: dict[str, int]
    identifiers: tuple[str, ...] = ("id", "name")
    unique: str = "name"
    facts: tuple[str, ...] = ()
    meta: tuple[str, ...] = ()
    flags: tuple[Setting, ...] = ()
    filters: Mapping[str, Setting] = field(default_factory=dict)
    partial: tuple[str, ...] = ()
    known_as: str = ""
    rules: tuple[Rule, ...] = ()
    creatable: bool = True
    listed_by: str = ""
    users: Users | None = None
    taken: str = ""
    list_in_files: str = ""
    advice: tuple[Advice, ...] = ()
    hint: Callable[[Mapping[str, Any]], str] = lambda sent: ""
    undone_by: str = ""
    deletion: str = "Deletion is final."

    def __post_init__(self) -> None:
        found = list(contradictions(self))
        if found:
            raise ContradictoryDeclarationError(f"{self.name}: {'; '.join(found)}")

    # --- Settings ---

    @cached_property
    def rows(self) -> dict[str, Setting]:
        """The settings by name."""
        return {row.name: row for row in self.settings}

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """The relationships."""
        return tuple(row for row in self.settings if isinstance(row, Link))

    @cached_property
    def read_links(self) -> dict[str, Link]:
        """The relationships that answers can hold, by name."""
        return {row.name: row for row in self.links if not row.unread}

    def links_in(self, version: str) -> list[Link]:
        """Return the relationships that answers can hold in a version of the API."""
        rows = in_version(self, version).values()
        return [row for row in rows if isinstance(row, Link) and not (row.unread or row.barred)]

    @cached_property
    def unread_links(self) -> tuple[Link, ...]:
        """The relationships that no answer holds."""
        return tuple(row for row in self.links if row.unread)

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        """The polymorphic attributes."""
        return tuple(row for row in self.settings if isinstance(row, Variant))

    @cached_property
    def secret_rows(self) -> tuple[Setting, ...]:
        """The settings that are secrets, or may contain one."""
        return tuple(row for row in self.settings if row.has_secret)

    @cached_property
    def unique_rows(self) -> tuple[Setting, ...]:
        """The settings, besides the identifier, of which the API rejects duplicates."""
        return tuple(row for row in self.settings if row.has_unique)

    @property
    def has_secret(self) -> bool:
        """Whether an entry may contain a secret."""
        return bool(self.secret_rows)

    # --- Names ---

    @property
    def nouns(self) -> str:
        """What messages call several of them."""
        return f"{self.noun}s"

    @property
    def key(self) -> str:
        """What options and results call it."""
        return self.noun.lower()

    @property
    def keys(self) -> str:
        """What options and results call several of them."""
        return f"{self.key}s"

    @property
    def many_in_files(self) -> str:
        """What vars files call a list of them."""
        return self.list_in_files or self.keys

    @property
    def title(self) -> str:
        """The option by which people know one."""
        return self.identifiers[-1]

    def title_of(self, resource: Mapping[str, Any]) -> Any:
        """Return what a JSON:API resource is called."""
        return resource["attributes"].get(self.rows[self.title].key)

    def identifiers_of(self, resource: Mapping[str, Any]) -> dict[str, str]:
        """Return the identifiers in a JSON:API resource, without its id."""
        held = {name: resource["attributes"].get(self.rows[name].key) for name in self.identifiers[1:]}
        return {name: value for name, value in held.items() if isinstance(value, str)}

    def option_of(self, path: str) -> str:
        """Return the option for the names of an attribute, or of a part of it, that are joined with dots."""
        name, dot, part = path.partition(".")
        for row in self.settings:
            # DIDWW's errors call a relationship by an attribute: voice_in_trunk_id.
            if name == row.key or (isinstance(row, Link) and name == f"{row.key}_id"):
                parts = row.attributes.values() if isinstance(row, Variant) else ()
                part = next((inner.name for inner in parts if inner.key == part), part)
                return f"{row.name}{dot}{part}"
        return path

    def uniques(self, settings: Mapping[str, Any]) -> dict[tuple[str, str], str]:
        """Return the texts among settings that no other resource may have, by option and by what the API compares."""
        name = settings.get(self.unique)
        found = {(self.unique, name): name} if isinstance(name, str) else {}
        for row in self.unique_rows:
            found |= row.uniques(settings.get(row.name))
        return found

    def uniques_of(self, resource: Mapping[str, Any]) -> dict[tuple[str, str], str]:
        """Return the texts in a JSON:API resource that no other may have: see `uniques`."""
        held = {row.name: row.read(resource) for row in self.unique_rows}
        return self.uniques({**self.identifiers_of(resource), **held})

    # --- Options ---

    @cached_property
    def id(self) -> Setting:
        """The option for the id."""
        return Setting("id", UUID, left_out=f"to select by {' or '.join(self.identifiers[1:])}")

    @property
    def entry(self) -> tuple[Setting, ...]:
        """The options of an entry that are no settings."""
        return (*((STATE,) if self.creatable else ()), *self.flags)

    def spec(self) -> dict[str, Any]:
        """Return the argument spec for one resource."""
        return specs((self.id, *self.settings, *self.entry))

    # --- Secrets ---

    def revealed(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Return the hidden attributes of a JSON:API resource."""
        return {name: value for row in self.variants for name, value in row.revealed(resource).items()}

    def secrets_in(self, resource: Mapping[str, Any]) -> set[str]:
        """Return the values in a JSON:API resource that nothing may show."""
        hidden = {str(value) for value in self.revealed(resource).values() if value}
        return hidden.union(*(row.secrets(row.read(resource)) for row in self.secret_rows))

    def secrets_of(self, settings: Mapping[str, Any]) -> set[str]:
        """Return the values among settings that nothing may show."""
        return {text for row in self.secret_rows for text in row.secrets(settings.get(row.name))}


@functools.cache
def in_version(resource: Resource, version: str) -> dict[str, Setting]:
    """Return the settings by name, as they are in a version of the API."""
    return {row.name: row.of_version(version) for row in resource.settings}


# --- Contradictions -------------------------------------------------------------------------------


def contradictions(resource: Resource) -> Iterator[str]:
    """Yield what contradicts itself in a declaration."""
    rows = {row.name: row for row in resource.settings}
    options = ["id", *(row.name for row in resource.settings), *(row.name for row in resource.entry)]
    yield from (f"{name} is declared twice" for name in _repeated(options))
    keys = [(row.place, row.key) for row in resource.settings]
    yield from (f"two settings are called {key} in the API" for _place, key in _repeated(keys))
    returned = [*options, *resource.facts, *resource.meta, resource.known_as]
    yield from (f"{name} is a setting and a fact" for name in _repeated(returned) if name not in _repeated(options))
    yield from _in_identifiers(resource, rows)
    yield from _in_filters(resource)
    types = {kind for row in resource.settings if isinstance(row, Variant) for kind in row.types}
    for row in resource.settings:
        yield from (f"{row.name}: {words}" for words in _in_row(row))
        yield from (f"{row.name} is required by {kind}, no type" for kind in row.required_by if kind not in types)
        if isinstance(row, Link):
            yield from (f"{row.name}: {words}" for words in _in_link(row, rows, resource))
        elif isinstance(row, Variant):
            yield from (f"{row.name}: {words}" for words in _in_variant(row))
    if resource.type not in resource.page_sizes:
        yield f"page_sizes lacks {resource.type}"


def _repeated(names: Iterable[Any]) -> list[Any]:
    seen = list(names)
    return [name for name in dict.fromkeys(seen) if seen.count(name) > 1]


def _in_identifiers(resource: Resource, rows: Mapping[str, Setting]) -> Iterator[str]:
    if resource.identifiers[:1] != ("id",) or len(resource.identifiers) < 2:
        yield "identifiers are id, and at least one other"
    for name in resource.identifiers[1:]:
        row = rows.get(name)
        if row is None or isinstance(row, (Link, Variant)) or row.kind.spec["type"] != "str":
            yield f"the identifier {name} is no setting that holds a text"
        elif row.secret:
            yield f"the identifier {name} is a secret"
    if resource.listed_by and resource.listed_by not in resource.identifiers[1:]:
        yield f"{resource.listed_by} lists it, but is no identifier"
    if resource.users and resource.users.type not in resource.page_sizes:
        yield f"page_sizes lacks {resource.users.type}"
    if not resource.creatable and (resource.unique or any(row.required for row in resource.settings)):
        yield "is never created, but requires a setting, or a unique one"
    if resource.unique and resource.unique not in resource.identifiers[1:]:
        yield f"{resource.unique} is unique, but no identifier"


def _in_filters(resource: Resource) -> Iterator[str]:
    options = ["id", resource.key, *(row.name for row in resource.filters.values())]
    yield from (f"two filters have the option {name}" for name in _repeated(options))
    yield from (f"the filter {name} is a secret" for name, row in resource.filters.items() if row.secret)


def _in_row(row: Setting) -> Iterator[str]:
    is_list = row.kind.spec["type"] == "list"
    if not is_list and (row.empty is not None or row.most is not None):
        yield "has a rule for lists, but is none"
    if row.default is not None:
        yield "has a default, but a setting that is left out is left alone"
    if row.costly and row.required:
        yield "is required, so the API never chooses it"
    if row.secret and (row.kind.spec["type"] != "str" or row.costly):
        yield "is a secret, but no text, or shown when the API chooses it"
    if row.unique and (row.secret or row.kind.spec["type"] != "str"):
        yield "is unique, but no text, or a secret"
    if row.remedy and not row.required_by:
        yield "has a remedy, but nothing requires it"
    for version, differences in row.versions.items():
        if version not in API_VERSIONS:
            yield f"differs in version {version}, which is not supported"
        known = {member.name for member in fields(row)} - FIXED_MEMBERS
        yield from (f"{name} cannot differ between versions" for name in differences if name not in known)


def _in_link(row: Link, rows: Mapping[str, Setting], resource: Resource) -> Iterator[str]:
    if not (row.type and row.noun and row.by):
        yield "lacks its type, its noun, or what it is called by"
    if row.many is not (row.kind.spec["type"] == "list") or row.many is not (row.null == []):
        yield "is to-many, but no list that can be empty, or the reverse"
    if row.secret:
        yield "is a secret, but a relationship"
    if (row.type in resource.page_sizes) is (row.found_by == "list"):
        yield f"page_sizes lacks {row.type}, or has it although its list has no pages"
    if row.found_by not in ("filter", "pages", "list"):
        yield f"is found by {row.found_by}, which is no way"
    if row.freed and row.many:
        yield "hinders a deletion, but is to-many"
    flag = rows.get(row.managed_by)
    if row.managed_by and (flag is None or flag.kind.spec["type"] != "bool" or not row.many):
        yield f"is managed by {row.managed_by}, which is no flag, or is to-one"
    if row.unread and (row.many or row.only_with is None):
        yield "is in no answer, but to-many, or not declared to go with a value of another setting"
    if row.only_with:
        other, value = row.only_with
        if not row.unread:
            yield f"goes with {other}, but answers hold it"
        if other not in rows or value not in rows[other].kind.spec.get("choices", ()):
            yield f"goes with {other} {value}, which is no setting with this choice"


def _in_variant(row: Variant) -> Iterator[str]:
    if row.secret:
        yield "is a secret as a whole: declare its attributes as secrets"
    if row.versions:
        yield "differs between versions as a whole: declare how its attributes differ"
    for what, names in (("can be set", row.settable_types), ("has hidden attributes", row.hidden)):
        yield from (f"type {kind} {what}, but is not declared" for kind in names if kind not in row.types)
    if bool(row.hidden) is not bool(row.revealed_as and row.generated):
        yield "has hidden attributes without a name to return them under and a reason, or the reverse"
    for kind, own in row.types.items():
        yield from (f"{name} is declared twice in {kind}" for name in _repeated(inner.name for inner in own))
        yield from (f"{kind} has two attributes called {key} in the API" for key in _repeated(i.key for i in own))
        for inner in own:
            if isinstance(inner, (Link, Variant)) or inner.name == "type":
                yield f"{inner.name} of {kind} is no attribute"
            if row.attributes[inner.name] is not inner:
                yield f"{inner.name} is not the same in all types"
            if inner.name in row.all_hidden or inner.key in row.all_hidden:
                yield f"{inner.name} is hidden, and can be set"
            yield from (f"{inner.name}: {words}" for words in _in_row(inner))
