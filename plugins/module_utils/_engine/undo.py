# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Undo: the entries of a fleet that bring back what plans change. Pure: no I/O, no Ansible, no HTTP."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._engine.item import Item
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import show
from ansible_collections.didww.voice.plugins.module_utils._engine.link import Link
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import Desired, Plan, parse
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import plan as plan_change
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource, in_version
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import Setting
from ansible_collections.didww.voice.plugins.module_utils._engine.variant import Variant

UNKNOWN = "DIDWW does not report it"


def to_read(wanted: Iterable[Desired]) -> list[Desired]:
    """Return the tasks with all the linkage that must be read to undo them.

    A flag that goes on unlinks resources, and a deletion does, though the task does not list them.
    """

    def unlinked(desired: Desired) -> tuple[str, ...]:
        deletes = desired.state == "absent"
        links = desired.resource.read_links.values()
        return tuple(row.name for row in links if deletes or row.managed_by in desired.settings)

    return [desired._replace(also_read=unlinked(desired)) for desired in wanted]


@dataclass(eq=False)
class Entry:
    """An entry of a fleet: its options, and comments for its readers, each on one line."""

    options: dict[str, Any]
    comments: list[str] = field(default_factory=list)

    @property
    def deletes(self) -> bool:
        """Whether it deletes a resource that a task created."""
        return self.options.get("state") == "absent"


class Undo:
    """What brings back the changes of one task, or of several in a row.

    `resource`: what it is about. `entries`: those of a fleet. `notes`: comments on what no entry brings back. `names`:
    names of linked resources, by id.
    """

    def __init__(
        self,
        resource: Resource,
        entries: Iterable[Entry] = (),
        notes: Iterable[str] = (),
        names: Mapping[str, str] | None = None,
    ) -> None:
        self.resource = resource
        self.entries = list(entries)
        self.notes = list(notes)
        self.names = dict(names or {})
        self._by_id: dict[str, Entry] = {}
        # By name or reference: what a task created, whose id it did not know, and what gets it back.
        self._created: dict[tuple[str, str], Entry] = {}
        self._getting_back: dict[tuple[str, str], Entry] = {}
        for entry in self.entries:
            self._index(entry)

    def _index(self, entry: Entry) -> None:
        if "id" in entry.options:
            self._by_id[str(entry.options["id"]).lower()] = entry
        if not entry.deletes:
            self._getting_back.update(dict.fromkeys(self._identifiers(entry.options), entry))
        elif "id" not in entry.options:
            self._created.update(dict.fromkeys(self._identifiers(entry.options), entry))

    def _identifiers(self, settings: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return what selects a resource besides its id."""
        names = self.resource.identifiers[1:]
        return [(name, settings[name]) for name in names if isinstance(settings.get(name), str)]

    @property
    def _deleted_again(self) -> str:
        return f"Created by a task, so this deletes it. {self.resource.deletion}"

    def _deleting(self, **selector: Any) -> dict[str, Any]:
        """Return the options that delete what a task created, also if it is linked where that hinders a deletion."""
        return {**selector, "state": "absent", **{row.name: row.null for row in self.resource.links if row.freed}}

    def _append(self, entry: Entry) -> None:
        self.entries.append(entry)
        self._index(entry)

    def add(self, desired: Desired, plan: Plan) -> None:
        """Add what brings back the changes of a plan. Where an entry has a value already, the older value stays."""
        if plan.method == "POST":
            self._add_created(desired, plan)
        elif plan.document is not None and plan.before is not None:
            entry = self._entry_of(plan, plan.before)
            # A resource that a task created is deleted, however later ones change it.
            if entry is None or not entry.deletes:
                add = self._add_deleted if plan.method == "DELETE" else self._add_changed
                add(plan, plan.before, entry, desired.version)

    def _entry_of(self, plan: Plan, before: Item) -> Entry | None:
        """Return the entry for the resource of a plan, if there is one. That of a created one selects it by id then."""
        for identifier in self._identifiers(before.settings):
            created = self._created.pop(identifier, None)
            if created is not None:
                created.options = self._deleting(id=before.id)
                created.comments = [before.name, self._deleted_again]
                self._index(created)
        if plan.method == "PATCH":
            for name, value in self._identifiers(plan.after.settings):
                # That one must be gone, since this one takes its name. This one must not be deleted in its place.
                gone = self._created.pop((name, value), None)
                if gone is not None:
                    self.entries.remove(gone)
                    words = f"Not deleted: the {self.resource.noun} that a task created with {name} {show(value)}"
                    self.notes.append(f"{words}, which {before.name} ({before.id}) took later.")
        return self._by_id.get(str(before.id).lower())

    def _add_created(self, desired: Desired, plan: Plan) -> None:
        if any(identifier in self._created for identifier in self._identifiers(plan.after.settings)):
            return
        which = (
            f"Not deleted: the {self.resource.noun} that a task created with {desired.selector} {show(desired.value)}"
        )
        other = self._getting_back.get((desired.selector, desired.value))
        if other is not None:
            # Selected by it, that one would be deleted in place of this one.
            words = f"To bring back the {desired.selector} of {other.options.get('id')}, delete it first."
            self.notes.append(f"{which}. {words}")
        elif not _is_unicode(desired.value):
            self.notes.append(f"{which}, which YAML cannot hold.")
        else:
            warning = f"A {self.resource.noun} that somebody else creates with this {desired.selector} later would be "
            comments = [plan.after.name, self._deleted_again, f"{warning}deleted instead."]
            self._append(Entry(self._deleting(**{desired.selector: desired.value}), comments))

    def _add_deleted(self, plan: Plan, before: Item, entry: Entry | None, _version: str) -> None:
        ended = (plan.document or {}).get("relationships", {})
        left = {row.name: before.settings[row.name] for row in self.resource.links if row.key in ended}
        if left and entry is None:
            # Only of use if the deletion fails.
            self.names.update(before.names_of(left.values()))
            entry = Entry({"id": before.id}, [before.name])
            self._append(entry)
        if entry is not None:
            entry.options = {"id": before.id, **left, **entry.options}
        had = {**before.shown, **(entry.options if entry else {})}
        note = [f"Deleted: {before.name} ({before.id}). No task brings it back. Its settings were:"]
        note += [f"  {name}: {show(value)}" for name, value in had.items() if name != "id"]
        for row in self.resource.variants:
            if row.generates(had.get(row.name) or {}):
                note.append(f"  and a {row.called_hidden}, which DIDWW generated")
        # It is there already if the deletion failed at first.
        if "\n".join(note) not in "\n".join(self.notes):
            self.notes += note

    def forget(self, gone: Item) -> list[str]:
        """Drop what is of no use since a resource was deleted: its own entry, and the links of others to it.

        An entry with such a link could not be applied at all. Its other to-one links go too: they were sent together,
        and null alone could end the link of today. Returns the ids of those others.
        """
        useless = [
            entry
            for entry in self.entries
            if gone.resource.type == self.resource.type and entry.options.get("id") == gone.id and not entry.deletes
        ]
        self.entries = [entry for entry in self.entries if entry not in useless]
        links = [row for row in self.resource.links if not row.many]
        unlinked = []
        for entry in self.entries:
            if any(row.type == gone.resource.type and entry.options.get(row.name) == gone.id for row in links):
                options = {
                    name: entry.options.pop(name) for name in [row.name for row in links] if name in entry.options
                }
                words = f"it was {gone.name} ({gone.id}), which a task deleted"
                why = {
                    name: words if had == gone.id else f"it was {show(had)} with that" for name, had in options.items()
                }
                entry.comments += [f"Not brought back: {name}: {text}" for name, text in why.items()]
                unlinked.append(str(entry.options.get("id")))
        return unlinked

    def keep(self, item: Item, user: str) -> None:
        """Do not delete a resource that a task created: what uses it now cannot go back to what it used before."""
        selectors = [("id", item.id), *self._identifiers(item.settings)]
        deleting = [
            entry for entry in self.entries if entry.deletes and any(one in entry.options.items() for one in selectors)
        ]
        self.entries = [entry for entry in self.entries if entry not in deleting]
        words = f"Not deleted: the {self.resource.noun} that a task created, {item.name}. {user} uses it now"
        self.notes += [f"{words}, and what it used before was deleted." for _entry in deleting]

    def _add_changed(self, plan: Plan, before: Item, entry: Entry | None, version: str) -> None:
        options, lost = restored(plan, before, version)
        if entry is not None:
            options = _merged(self.resource, entry.options, options, plan.after.settings)
        options, inconsistent = _consistent(options, replace(plan.after, raw=before.raw), version)
        lost.update(inconsistent)
        comments = [f"Not brought back: {option}: {why}" for option, why in lost.items()]
        links = [row for row in self.resource.links if row.name in options]
        self.names.update(plan.after.names_of(linked for row in links for linked in row.listed(options[row.name])))
        if entry is not None:
            entry.options = options
            entry.comments += [comment for comment in comments if comment not in entry.comments]
            self._index(entry)
        elif options:
            self._append(Entry({"id": before.id, **options}, [before.name, *comments]))
        else:
            notes = [f"{before.name} ({before.id}): {comment}" for comment in comments]
            self.notes += [note for note in notes if note not in self.notes]


def _merged(
    resource: Resource, older: Mapping[str, Any], newer: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the options that undo two updates in a row, the second of which leads to the settings `after`."""
    options = {**older, **{name: value for name, value in newer.items() if name not in older}}
    for row in resource.variants:
        if row.name not in options:
            continue
        value, part = options[row.name], newer.get(row.name)
        if part and part["type"] == value["type"]:
            options[row.name] = value = {**part, **value}
        if value["type"] != after[row.name]["type"] and _lacks(row, value):
            del options[row.name]
    for link in resource.links:
        if options.get(link.managed_by) is True:
            options.pop(link.name, None)  # the API links them again
    return options


def _consistent(options: Mapping[str, Any], after: Item, version: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return options for a resource without the attributes that a task cannot set together, and why, by option.

    A rule can require a secret, which this file does not contain.
    """
    lost: dict[str, str] = {}
    kept = dict(options)
    for row in [row for row in after.resource.variants if row.merged and row.name in options]:
        whole = kept.pop(row.name)
        value = {"type": whole["type"]}
        if not _problem({row.name: whole}, after, version):
            value = whole
        for name in [name for name in whole if name not in value]:
            problem = _problem({row.name: {**value, name: whole[name]}}, after, version)
            if problem:
                lost[f"{row.name}.{name}"] = problem
            else:
                value[name] = whole[name]
        kept.update({row.name: value} if len(value) > 1 else {})
    return kept, lost


def _problem(options: Mapping[str, Any], after: Item, version: str) -> str:
    """Return the first problem with setting options of a resource; empty if there is none."""
    try:
        plan_change(parse(after.resource, {"id": after.id, **options}, version), after)
    except InvalidOptions as error:
        return str(error.messages()[0])
    return ""


def restored(plan: Plan, before: Item, version: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the settings that undo an update, and what they do not bring back, by option, with the reason."""
    had, rows = before.settings, in_version(before.resource, version)
    managed = {link.name: link.managed_by for link in before.resource.links if link.managed_by}
    # The API unlinks them when the flag goes on.
    names = set(plan.changes) | {name for name, flag in managed.items() if flag in plan.changes}
    settings: dict[str, Any] = {}
    lost: dict[str, str] = {}
    variants = {row.name: _variant(plan, before, row, rows) for row in rows.values() if isinstance(row, Variant)}
    names |= {name for _value, _lost, alongside in variants.values() for name in alongside}
    for name, row in rows.items():
        if name not in names:
            continue
        if name in variants:
            value, lost_parts, _alongside = variants[name]
            settings.update({name: value} if value else {})
            lost.update(lost_parts)
        elif why := _why_not(row, had):
            lost[name] = why
        else:
            settings[name] = had[name]
    for name, (value, _lost, alongside) in variants.items():
        if any(other in lost for other in alongside) and settings.pop(name, None):
            lost[name] = f"it was {show(rows[name].returned(value))}, which requires {', '.join(alongside)}"
    for name, flag in managed.items():
        if had.get(flag) is True or flag in lost:  # the API links them again, or still manages them
            settings.pop(name, None)
            lost.pop(name, None)
    _restore_unread(settings, lost, before, names, rows)
    return settings, lost


def _restore_unread(
    settings: dict[str, Any], lost: dict[str, str], before: Item, names: Collection[str], rows: Mapping[str, Setting]
) -> None:
    """Complete `settings` and `lost` for relationships that no answer holds."""
    for name in [link.name for link in before.resource.unread_links]:
        row = rows[name]
        if not isinstance(row, Link) or row.only_with is None or row.only_with[0] not in names:
            continue
        other, value = row.only_with
        if before.settings.get(other) != value:
            lost.pop(name, None)  # it goes with the other setting
            continue
        lost[name] = UNKNOWN
        if row.always_with and settings.pop(other, None):
            lost[other] = f"it was {value}, which requires {name}"


def _variant(
    plan: Plan, before: Item, row: Variant, rows: Mapping[str, Setting]
) -> tuple[dict[str, Any] | None, dict[str, str], list[str]]:
    """Return the value of a variant that undoes an update, or None, what is lost, and what it requires alongside."""
    change = plan.changes.get(row.name)
    if change is None or not change["before"]:
        return None, {}, []
    had, has = change["before"], change["after"]
    kind = had["type"]
    same = kind == has["type"]
    value = {"type": kind}
    lost: dict[str, str] = {}
    if not same and kind not in row.settable_types:
        words = f"it was {show(row.returned(had))}, and only DIDWW staff can set this type"
        return None, {row.name: words}, []
    if row.generates(had) and not row.generates(has):
        lost[f"{row.name} {' and '.join(row.hidden[kind])}"] = "DIDWW generates new ones"
    for part in row.types.get(kind, ()):
        if same and (part.name not in has or had.get(part.name) == has[part.name]):
            continue
        why = _why_not(part, had)
        if not why:
            value[part.name] = had[part.name]
        elif part.required and not same:
            return None, {**lost, row.name: f"{part.name}: {why}"}, []
        else:
            lost[f"{row.name}.{part.name}"] = why
    for part in row.types.get(kind, ()):
        if f"{row.name}.{part.belongs_to}" in lost and value.pop(part.name, None):
            lost[f"{row.name}.{part.name}"] = f"it belongs to {part.belongs_to}"
    if same:
        return (value if len(value) > 1 else None), lost, []
    unknown = before.raw.get(row.name, {}).keys() - {part.key for part in row.attributes.values()}
    lost.update((f"{row.name}.{name}", "this collection does not know it") for name in sorted(unknown))
    return value, lost, [other.name for other in rows.values() if kind in other.required_by]


def _lacks(row: Variant, value: Mapping[str, Any]) -> bool:
    """Return whether the value of a variant lacks an attribute that a change to its type requires."""
    return any(part.required and part.name not in value for part in row.types.get(value["type"], ()))


def _why_not(row: Setting, had: Mapping[str, Any]) -> str:
    """Return why no task can set a setting to its value in `had`; empty if one can."""
    if row.name not in had:
        return UNKNOWN
    value = had[row.name]
    if row.secret and value is not None:
        return "it is a secret, which this file does not contain"
    try:
        row.settable(value)
    except ValueError as error:
        return f"it was {show(value)}: {error}"
    return "" if _is_unicode(value) else f"it was {show(value)}, which YAML cannot hold"


def _is_unicode(value: Any) -> bool:
    """Return whether a value contains no half of a surrogate pair."""
    if isinstance(value, list):
        return all(map(_is_unicode, value))
    try:
        str(value).encode()
    except UnicodeEncodeError:
        return False
    return True
