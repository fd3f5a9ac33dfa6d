# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of the third shape: a polymorphic attribute, which the API replaces whole, or into which it merges."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import (
    DICTIONARY,
    Kind,
    matching,
    rejection,
    show,
)
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import Problem, unsupported
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import (
    MISSING,
    Draft,
    Setting,
    collect,
    members,
    specs,
)


@dataclass(frozen=True, eq=False)
class Variant(Setting):
    """A polymorphic attribute: a type, and the attributes of that type.

    `types`: the attributes of each type. `settable_types`: those that a task can change to; only the API's staff
    can set the others. `accepted` describes the types in messages. `hidden`: the attributes that the API generates,
    by type: never sent, and returned only on request, under the name `revealed_as`. `called_hidden`: what messages
    call them. `hidden_with`: the flag without which it does not, if there is one. `generated`: why no task can set
    them. `merged`: whether the API merges what it gets into what it has, and never changes the type; it replaces
    the whole otherwise.
    """

    kind: Kind = DICTIONARY
    types: Mapping[str, tuple[Setting, ...]] = field(default_factory=dict)
    settable_types: tuple[str, ...] = ()
    accepted: str = ""
    hidden: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    generated: str = ""
    revealed_as: str = ""
    called_hidden: str = ""
    hidden_with: str = ""
    merged: bool = False

    @cached_property
    def type(self) -> Setting:
        """The option for the type. No choices: other types that were read can be written back unchanged."""
        return Setting("type", matching(r"\S+", self.accepted), required=True)

    @cached_property
    def attributes(self) -> dict[str, Setting]:
        """The attributes of all types, by name."""
        return {row.name: row for rows in self.types.values() for row in rows}

    def generates(self, value: Mapping[str, Any]) -> bool:
        """Return whether the API generates hidden attributes for a value."""
        return value.get("type") in self.hidden and (not self.hidden_with or value.get(self.hidden_with) is True)

    @cached_property
    def all_hidden(self) -> tuple[str, ...]:
        """The hidden attributes of all types."""
        return tuple(dict.fromkeys(name for names in self.hidden.values() for name in names))

    @property
    def has_secret(self) -> bool:
        """Whether a part of its value must not be shown."""
        return any(row.secret for row in self.attributes.values())

    @property
    def has_unique(self) -> bool:
        """Whether the API rejects a part of its value if another resource has it."""
        return any(row.unique for row in self.attributes.values())

    def of_version(self, version: str) -> Variant:
        """Return the row with its attributes as they are in a version of the API."""
        rows = {name: row.of_version(version) for name, row in self.attributes.items()}
        types = {kind: tuple(rows[row.name] for row in own) for kind, own in self.types.items()}
        return self if rows == self.attributes else replace(self, types=types)

    # --- Values from tasks ---

    def spec(self) -> dict[str, Any]:
        """Return its part of an argument spec."""
        options = specs((self.type, *self.attributes.values()))
        options["type"]["required"] = True
        return {**super().spec(), "options": options}

    def take(self, problems: list[Problem], value: Any, prefix: str = "") -> Any:
        """Return the canonical type and attributes that a task sets; add rejected ones to `problems`."""
        given = super().take(problems, value, prefix)
        if given is MISSING:
            return MISSING
        prefix = f"{prefix}{self.name}."
        known = [self.type.name, *self.attributes]
        unsupported(problems, [name for name in given if name not in self.all_hidden], known, prefix)
        problems += [Problem(f"{prefix}{name}", self.generated) for name in given if name in self.all_hidden]
        values: dict[str, Any] = {}
        try:
            values["type"] = self.type.kind.canonical(given.get("type"))
        except ValueError as error:
            words = rejection(given["type"], error) if "type" in given else f"required: {error}"
            problems.append(Problem(f"{prefix}type", words))
        kind = values.get("type", "")
        for name, row in self.attributes.items():
            if name in given and kind in self.types and row not in self.types[kind]:
                owners = " or ".join(owner for owner, rows in self.types.items() if row in rows)
                problems.append(Problem(f"{prefix}{name}", f"belongs to type {owners}, not to {kind}"))
            else:
                values |= collect(problems, [row], given, prefix)
        return values

    # --- Resources of the API ---

    def _details(self, resource: Mapping[str, Any]) -> Mapping[str, Any]:
        attribute = members(members(resource.get("attributes")).get(self.key))
        return members(attribute.get("attributes"))

    def raw(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Return the attributes as the API has them, without the hidden ones; they are sent back with any change."""
        return {name: value for name, value in self._details(resource).items() if name not in self.all_hidden}

    def revealed(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Return the hidden attributes; null for those that the resource does not have."""
        return {name: self._details(resource).get(name) for name in self.all_hidden}

    def read(self, resource: Mapping[str, Any]) -> Any:
        """Return the type and the known attributes of it, or MISSING."""
        kind = members(members(resource.get("attributes")).get(self.key)).get("type")
        if not isinstance(kind, str):
            return MISSING
        details = self._details(resource)
        rows = [row for row in self.types.get(kind, ()) if row.key in details and not row.barred]
        known = {row.name: row.current(details[row.key]) for row in rows}
        return {"type": kind, **known}

    def sent(
        self, after: Any, before: Any = None, raw: Mapping[str, Any] | None = None, also: Collection[str] = ()
    ) -> Any:
        """Return the attribute as a request holds it, with attributes that the collection does not know.

        If the API merges it, only with those that differ, or that are in `also`.
        """
        if self.merged:
            had = members(before)
            rows = [row for row in self.types.get(after["type"], ()) if row.name in after]
            differ = [row for row in rows if row.name in also or had.get(row.name, MISSING) != after[row.name]]
            return {"type": after["type"], "attributes": {row.key: row.sent(after[row.name]) for row in differ}}
        same_type = members(before).get("type") == after["type"]
        # Canonical values: the API may return "" for an attribute that is not set, and reject it.
        known = {
            row.key: row.sent(after[row.name])
            for row in self.types.get(after["type"], ())
            if row.name in after and (same_type or after[row.name] is not None)
        }
        return {"type": after["type"], "attributes": {**(raw or {} if same_type else {}), **known}}

    def sent_without_secrets(self, sent: Any) -> Any:
        """Return the attribute as a request holds it, with MASK instead of secrets."""
        rows = {row.key: row for row in self.attributes.values()}
        held = sent["attributes"].items()
        known = {key: rows[key].sent_without_secrets(value) if key in rows else value for key, value in held}
        return {**sent, "attributes": known}

    # --- Plans ---

    def settle(self, draft: Draft) -> None:
        """Merge the attributes that a task sets into the current ones; reject what the API would reject."""
        if self.name not in draft.wanted:
            return
        wanted, had = draft.wanted[self.name], draft.before.get(self.name)
        if self.merged and not (had is None and not draft.new):
            self._merge(draft, wanted, had)
        elif draft.new:
            if wanted["type"] not in self.settable_types:
                words = f"{show(wanted['type'])} is not accepted for a new {draft.noun}; expected "
                draft.reject(f"{self.name}.type", words + " or ".join(self.settable_types))
            when = f"to create a {draft.noun} with type {wanted['type']}"
            draft.after[self.name] = self._whole(draft, wanted, when)
        elif had is None:
            words = "DIDWW's answer does not include the current one, so a change could lose some of its attributes"
            draft.reject(self.name, words)
        elif wanted["type"] != had["type"]:
            draft.after[self.name] = self._of_another_type(draft, wanted, had["type"])
        elif had["type"] in self.settable_types:
            # The API replaces the whole, so keep the attributes that the task does not set.
            draft.after[self.name] = {**had, **wanted}
        else:
            self._reject_changes(draft, wanted, had)
            draft.after[self.name] = dict(had)

    def _merge(self, draft: Draft, wanted: dict[str, Any], had: Mapping[str, Any] | None) -> None:
        """Complete the value, for an API that merges it; reject what is missing, and another type."""
        kind = wanted["type"]
        if had is None:
            draft.after[self.name] = dict(wanted)
            if kind not in self.settable_types:
                words = f"{show(kind)} is not accepted for a new {draft.noun}; expected {self.accepted}"
                draft.reject(f"{self.name}.type", words)
            for row in self.types.get(kind, ()):
                if row.required and row.name not in wanted:
                    words = f"required to create a {draft.noun} with type {kind}"
                    draft.reject(f"{self.name}.{row.name}", words)
            return
        draft.after[self.name] = {**had, **wanted}
        if kind != had["type"]:
            words = (
                f"cannot be changed: this {draft.noun}'s type is {had['type']}; create a {draft.noun} with type {kind}"
            )
            draft.reject(f"{self.name}.type", f"{words}, and delete this one when nothing uses it any more")
        elif kind not in self.types and len(wanted) > 1:
            words = f"this collection does not know the type {kind}, so it sets none of its attributes: leave them out"
            draft.reject(self.name, words)

    def _reject_changes(self, draft: Draft, wanted: Mapping[str, Any], had: Mapping[str, Any]) -> None:
        """Reject attributes that differ, of a type that a task cannot set."""
        for name, value in wanted.items():
            if value != had.get(name):
                change = self._row(name).shown(had.get(name), value)
                words = f"only DIDWW staff can change this for type {had['type']}; the {draft.noun} has "
                words += f"{show(change['before'])}, the task sets {show(change['after'])}"
                draft.reject(f"{self.name}.{name}", words)

    def _of_another_type(self, draft: Draft, wanted: dict[str, Any], old: str) -> dict[str, Any]:
        """Return the value after a change of type; reject a change that a task cannot make."""
        new, words = wanted["type"], ""
        if old not in self.types:
            words = f"this {draft.noun}'s type is {show(old)}, which only DIDWW staff can set or change"
        elif new not in self.settable_types:
            words = f"{show(new)} is not accepted; expected {' or '.join(self.settable_types)}; this {draft.noun}'s "
            words += f"type is {old}, and only DIDWW staff can set other types"
        if words:
            draft.reject(f"{self.name}.type", words)
            return wanted
        return self._whole(draft, wanted, f"when {self.name}.type changes from {old} to {new}")

    def _whole(self, draft: Draft, wanted: Mapping[str, Any], when: str) -> dict[str, Any]:
        """Return a value with all attributes of its type; reject it if something is missing that the type requires."""
        kind = wanted["type"]
        rows = self.types.get(kind, ())
        for row in rows:
            if row.required and row.name not in wanted:
                draft.reject(f"{self.name}.{row.name}", f"required {when}")
        for other in draft.rows.values():
            if kind in other.required_by:
                draft.add(other.name)
                if other.name not in draft.wanted and draft.before.get(other.name) is None:
                    draft.reject(other.name, f"required {when}{other.remedy and ': '}{other.remedy}")
        return {"type": kind, **{row.name: wanted.get(row.name, row.null) for row in rows}}

    def check_anew(self, problems: list[Problem], after: Any, before: Any, version: str, prefix: str = "") -> None:
        """Add new values of attributes that can be given back, but not set anew, to `problems`."""
        had = members(before)
        for row in self.types.get(members(after).get("type", ""), ()):
            if row.name in after and (row.name not in had or had[row.name] != after[row.name]):
                row.check_anew(problems, after[row.name], had.get(row.name), version, f"{prefix}{self.name}.")

    # --- Results ---

    def _row(self, name: str) -> Setting:
        return self.attributes.get(name, self.type)

    def shown(self, before: Any, after: Any) -> dict[str, Any]:
        """Return a change as results and diffs show it."""
        sides = {"before": before, "after": after}
        names = dict.fromkeys(name for side in sides.values() for name in side or ())
        if self.merged and before and after:
            # Of the many attributes, only those that differ.
            names = {name: None for name in names if name == "type" or before.get(name, MISSING) != after.get(name)}
            sides = {which: {name: side[name] for name in names if name in side} for which, side in sides.items()}
        shown = {name: self._row(name).shown(*(members(side).get(name) for side in sides.values())) for name in names}
        return {which: side and {name: shown[name][which] for name in side} for which, side in sides.items()}

    def given_back(self, value: Any) -> Any:
        """Return a value as a task can set it again, without secrets."""
        kept = {name: self._row(name).given_back(held) for name, held in members(value).items()}
        return value and {name: held for name, held in kept.items() if held is not MISSING}

    def withheld(self, value: Any) -> list[str]:
        """Return the options whose values `given_back` leaves out."""
        held = members(value).items()
        return [f"{self.name}.{option}" for name, part in held for option in self._row(name).withheld(part)]

    def unmet(self, wanted: Any, asked: Any, answered: Any) -> Iterator[tuple[str, Any, Any]]:
        """Yield each attribute of the task whose value in the answer differs, with both values."""
        for name in wanted:
            if name in answered:
                for option, *values in self._row(name).unmet(wanted[name], asked[name], answered[name]):
                    yield f"{self.name}.{option}", values[0], values[1]

    def uniques(self, value: Any) -> dict[tuple[str, str], str]:
        """Return the texts in a value that no other resource may have, by option and by what the API compares."""
        found = [self._row(name).uniques(held) for name, held in members(value).items()]
        return {(f"{self.name}.{name}", key): text for row in found for (name, key), text in row.items()}

    def secrets(self, value: Any) -> set[str]:
        """Return the secrets in a value."""
        return {text for name, held in members(value).items() for text in self._row(name).secrets(held)}


# --- Rules ----------------------------------------------------------------------------------------


class Attributes:
    """The attributes of a variant in a draft, for rules.

    `wanted`, `before`, `after`: as in the draft. `known`: those after the request, with the `defaults` of a new
    resource. `type`: the type after it. `differ`: whether the request would change any.
    """

    def __init__(self, draft: Draft, name: str, defaults: Mapping[str, Any]) -> None:
        self.draft, self.name = draft, name
        self.wanted: Mapping[str, Any] = draft.wanted.get(name) or {}
        self.after: dict[str, Any] = draft.after.get(name) or {}
        self.before: Mapping[str, Any] = draft.before.get(name) or {}
        self.known = {**(defaults if draft.new else {}), **self.after}
        self.type = self.after.get("type")
        self.differ = self.after != self.before

    def turned(self, flag: str) -> bool | None:
        """Return what a flag is changed to, or None."""
        value = bool(self.known.get(flag))
        return value if value is not bool(self.before.get(flag)) else None

    def set(self, name: str, value: Any) -> None:
        """Set an attribute, and send it even if it does not differ."""
        self.after[name] = self.known[name] = value
        self.add(name)

    def add(self, name: str) -> None:
        """Send an attribute even if it does not differ."""
        self.draft.add(f"{self.name}.{name}")

    def reject(self, name: str, text: str) -> None:
        """Add a problem, unless the attribute has one."""
        option = f"{self.name}.{name}"
        if not self.draft.is_rejected(option):
            self.draft.reject(option, text)
