# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A resource, current or planned: its settings in canonical form. Pure: no I/O, no Ansible, no HTTP."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._engine.connection import DEFAULT_VERSION
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import is_id
from ansible_collections.didww.voice.plugins.module_utils._engine.link import Link
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import Problem
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource, in_version
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import MISSING, Setting, members
from ansible_collections.didww.voice.plugins.module_utils._engine.variant import Variant


@dataclass(frozen=True)
class Item:
    """A resource, current or planned.

    `id`: None for one that check mode does not create. `settings`: canonical values by option name. Settings that the
    answer lacked are missing, as are relationships that were not requested or that no answer holds. `facts`: read-only
    attributes. `names`: known names of linked resources, by id. `raw`: for each variant, its attributes as the API has
    them, without the hidden ones; they are sent back when one of them changes.
    """

    resource: Resource
    id: str | None
    settings: dict[str, Any] = field(repr=False)
    facts: dict[str, Any]
    names: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, dict[str, Any]] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """What it is called, or its id if the answer did not say."""
        return str(self.settings.get(self.resource.title) or self.id or next(iter(self.settings.values()), ""))

    @property
    def shown(self) -> dict[str, Any]:
        """The settings as results show them."""
        return {name: self.resource.rows[name].returned(value) for name, value in self.settings.items()}

    @property
    def withheld(self) -> list[str]:
        """The options whose values are secrets, which nothing shows."""
        rows = self.resource.rows
        return [option for name, value in self.settings.items() for option in rows[name].withheld(value)]

    def returned(self) -> dict[str, Any]:
        """Return the resource as modules return it: the settings by option name, then the facts."""
        kept = {name: self.resource.rows[name].given_back(value) for name, value in self.settings.items()}
        returned = {
            "id": self.id,
            **{name: value for name, value in kept.items() if value is not MISSING},
            **self.facts,
        }
        if self.resource.has_secret:
            returned["withheld"] = self.withheld
        links = [row for row in self.resource.read_links.values() if row.name in self.settings]
        if links:
            linked = [identifier for row in links for identifier in row.listed(self.settings[row.name])]
            returned[self.resource.known_as] = self.names_of(linked)
        return returned

    def names_of(self, ids: Iterable[str]) -> dict[str, str]:
        """Return the known names of linked resources, by id."""
        return {identifier: self.names[identifier] for identifier in ids if identifier in self.names}

    def completed_by(self, planned: Item) -> Item:
        """Return this one, the answer to a PATCH, with the parts that such an answer lacks: linkage, maybe `meta`."""
        settings = {**planned.settings, **self.settings}
        settings = {name: settings[name] for name in self.resource.rows if name in settings}
        facts = {name: planned.facts[name] if value is None else value for name, value in self.facts.items()}
        return replace(self, settings=settings, facts=facts, names=planned.names)


def read(
    declared: Resource,
    resource: Mapping[str, Any],
    names: Mapping[str, str] | None = None,
    version: str = DEFAULT_VERSION,
) -> Item:
    """Convert a JSON:API resource of a version of the API, without its hidden attributes. Accepts any attribute values.

    `names`: known names of linked resources, by id.
    """
    held = {name: row.read(resource) for name, row in in_version(declared, version).items()}
    attributes, meta = members(resource.get("attributes")), members(resource.get("meta"))
    return Item(
        resource=declared,
        id=resource["id"],
        settings={name: value for name, value in held.items() if value is not MISSING},
        facts={
            **{name: attributes.get(name) for name in declared.facts},
            **{name: meta.get(name) for name in declared.meta},
        },
        names=names or {},
        raw={row.name: row.raw(resource) for row in declared.variants},
    )


def not_accepted(item: Item, version: str = DEFAULT_VERSION) -> dict[str, str]:
    """Return the settings whose values a task cannot set, by option, with the reason.

    The API may have values that it would reject, or that this collection does not know yet.
    """
    problems: list[Problem] = []

    def check(rows: Iterable[Setting], held: Mapping[str, Any], prefix: str = "") -> None:
        for row in rows:
            # A secret is not given back.
            if row.name in held and not row.secret:
                row.take(problems, held[row.name], prefix)

    rows = in_version(item.resource, version).values()
    check([row for row in rows if not isinstance(row, Variant)], item.settings)
    for row in rows:
        if isinstance(row, Variant):
            check(row.attributes.values(), item.settings.get(row.name, {}), f"{row.name}.")
    return {problem.option: problem.text for problem in problems}


def options(item: Item, rejected: Collection[str] = ()) -> dict[str, Any]:
    """Return the options that set everything that a resource has, except its secrets.

    The options `rejected`, which no task can set, are left out, and so are the relationships that the API manages.
    Links are listed by name if all their names are known.
    """
    given: dict[str, Any] = {"id": item.id}
    for name, held in item.settings.items():
        row = item.resource.rows[name]
        value = row.given_back(held)
        if value is MISSING or name in rejected:
            continue
        if isinstance(row, Variant):
            value = {key: part for key, part in value.items() if f"{name}.{key}" not in rejected}
        elif isinstance(row, Link):
            if item.settings.get(row.managed_by) is True:
                continue
            value = _by_name(item, row, value)
        given[name] = value
    return given


def _by_name(item: Item, row: Link, value: Any) -> Any:
    """Return a relationship with the names of the linked resources instead of their ids, if all are known."""
    ids = row.listed(value)
    known = [item.names[identifier] for identifier in ids if identifier in item.names]
    if len(known) < len(ids) or any(map(is_id, known)):
        return value
    return sorted(known) if row.many else next(iter(known), None)
