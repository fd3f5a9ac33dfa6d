# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE: this file belongs to the collection and may change at any time. Do not import it from outside.

"""Undo: the entries of a fleet that bring back what plans change. Pure: no I/O, no Ansible, no HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._kinds import show
from ansible_collections.didww.voice.plugins.module_utils._settings import (
    AUTHENTICATION,
    AUTHENTICATION_ATTRIBUTES,
    CLI_ACTION,
    DEFAULT_DID,
    FLAG_OF,
    IDENTIFIERS,
    REPLACE_CLI,
    SETTABLE_TYPES,
    WITH_CREDENTIALS,
    Setting,
    settings_of,
)
from ansible_collections.didww.voice.plugins.module_utils._trunk import Desired, Plan, Trunk

UNKNOWN = "DIDWW does not report it"
DELETED_AGAIN = "Created by a task, so this deletes it. Deletion is final, and calls over the trunk end at once."


def to_read(wanted: Iterable[Desired]) -> list[Desired]:
    """Return the tasks with all the linkage that must be read to undo them.

    A flag that goes on unlinks DIDs, and a deletion does, though the task does not list them.
    """

    def unlinked(desired: Desired) -> dict[str, Any]:
        deletes = desired.state == "absent"
        return {name: [] for name, flag in FLAG_OF.items() if deletes or flag in desired.settings}

    return [desired._replace(settings={**unlinked(desired), **desired.settings}) for desired in wanted]


@dataclass(eq=False)
class Entry:
    """An entry in a list of trunks: its options, and comments for its readers, each on one line."""

    options: dict[str, Any]
    comments: list[str] = field(default_factory=list)

    @property
    def deletes(self) -> bool:
        """Whether it deletes a trunk that a task created."""
        return self.options.get("state") == "absent"


class Undo:
    """What brings back the changes of one task, or of several in a row.

    `entries`: the list of trunks. `notes`: comments on what no entry brings back. `numbers`: DID numbers, by id.
    """

    def __init__(
        self, entries: Iterable[Entry] = (), notes: Iterable[str] = (), numbers: Mapping[str, str] | None = None
    ) -> None:
        self.entries = list(entries)
        self.notes = list(notes)
        self.numbers = dict(numbers or {})
        self._by_id: dict[str, Entry] = {}
        # By name or reference: the trunks that a task created, whose ids it did not know, and those that get it back.
        self._created: dict[tuple[str, str], Entry] = {}
        self._getting_back: dict[tuple[str, str], Entry] = {}
        for entry in self.entries:
            self._index(entry)

    def _index(self, entry: Entry) -> None:
        if "id" in entry.options:
            self._by_id[str(entry.options["id"]).lower()] = entry
        if not entry.deletes:
            self._getting_back.update(dict.fromkeys(_identifiers(entry.options), entry))
        elif "id" not in entry.options:
            self._created.update(dict.fromkeys(_identifiers(entry.options), entry))

    def _append(self, entry: Entry) -> None:
        self.entries.append(entry)
        self._index(entry)

    def add(self, desired: Desired, plan: Plan) -> None:
        """Add what brings back the changes of a plan. Where an entry has a value already, the older value stays."""
        if plan.method == "POST":
            self._add_created(desired, plan)
        elif plan.resource is not None and plan.before is not None:
            entry = self._entry_of(plan, plan.before)
            # A trunk that a task created is deleted, however later ones change it.
            if entry is None or not entry.deletes:
                add = self._add_deleted if plan.method == "DELETE" else self._add_changed
                add(plan, plan.before, entry, desired.version)

    def _entry_of(self, plan: Plan, before: Trunk) -> Entry | None:
        """Return the entry for the trunk of a plan, if there is one. That of a created trunk selects it by id then."""
        for identifier in _identifiers(before.settings):
            created = self._created.pop(identifier, None)
            if created is not None:
                created.options = {"id": before.id, "state": "absent"}
                created.comments = [before.name, DELETED_AGAIN]
                self._index(created)
        if plan.method == "PATCH":
            for name, value in _identifiers(plan.after.settings):
                # That trunk must be gone, since this one takes its name. This one must not be deleted in its place.
                gone = self._created.pop((name, value), None)
                if gone is not None:
                    self.entries.remove(gone)
                    words = f"Not deleted: the trunk that a task created with {name} {show(value)}"
                    self.notes.append(f"{words}, which {before.name} ({before.id}) took later.")
        return self._by_id.get(str(before.id).lower())

    def _add_created(self, desired: Desired, plan: Plan) -> None:
        if any(identifier in self._created for identifier in _identifiers(plan.after.settings)):
            return
        which = f"Not deleted: the trunk that a task created with {desired.selector} {show(desired.value)}"
        other = self._getting_back.get((desired.selector, desired.value))
        if other is not None:
            # Selected by it, that trunk would be deleted in place of this one.
            words = f"To bring back the {desired.selector} of {other.options.get('id')}, delete it first."
            self.notes.append(f"{which}. {words}")
        elif not _is_unicode(desired.value):
            self.notes.append(f"{which}, which YAML cannot hold.")
        else:
            warning = f"A trunk that somebody else creates with this {desired.selector} later would be deleted instead."
            comments = [plan.after.name, DELETED_AGAIN, warning]
            self._append(Entry({desired.selector: desired.value, "state": "absent"}, comments))

    def _add_deleted(self, plan: Plan, before: Trunk, entry: Entry | None, _version: str) -> None:
        had = {**before.settings, **(entry.options if entry else {})}
        note = [f"Deleted: {before.name} ({before.id}). No task brings it back. Its settings were:"]
        note += [f"  {name}: {show(value)}" for name, value in had.items() if name != "id"]
        if had.get(AUTHENTICATION, {}).get("type") in WITH_CREDENTIALS:
            note.append("  and a SIP username and password, which DIDWW generated")
        # It is there already if the deletion failed at first.
        if "\n".join(note) not in "\n".join(self.notes):
            self.notes += note

    def _add_changed(self, plan: Plan, before: Trunk, entry: Entry | None, version: str) -> None:
        options, lost = restored(plan, before, version)
        comments = [f"Not brought back: {option}: {why}" for option, why in lost.items()]
        self.numbers.update(plan.after.numbers_of(did for name in FLAG_OF for did in options.get(name, ())))
        if entry is not None:
            entry.options = _merged(entry.options, options, plan.after.settings)
            entry.comments += [comment for comment in comments if comment not in entry.comments]
            self._index(entry)
        elif options:
            self._append(Entry({"id": before.id, **options}, [before.name, *comments]))
        else:
            notes = [f"{before.name} ({before.id}): {comment}" for comment in comments]
            self.notes += [note for note in notes if note not in self.notes]


def _identifiers(settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what selects a trunk besides its id."""
    return [(name, settings[name]) for name in IDENTIFIERS if name != "id" and isinstance(settings.get(name), str)]


def _merged(older: Mapping[str, Any], newer: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that undo two updates in a row, the second of which leads to the settings `after`."""
    options = {**older, **{name: value for name, value in newer.items() if name not in older}}
    if AUTHENTICATION in options:
        method, part = options[AUTHENTICATION], newer.get(AUTHENTICATION)
        if part and part["type"] == method["type"]:
            options[AUTHENTICATION] = method = {**part, **method}
        if method["type"] != after[AUTHENTICATION]["type"] and _lacks(method):
            del options[AUTHENTICATION]
    for name, flag in FLAG_OF.items():
        if options.get(flag) is True:
            options.pop(name, None)  # DIDWW links them again
    return options


def restored(plan: Plan, before: Trunk, version: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the settings that undo an update, and what they do not bring back, by option, with the reason."""
    had = before.settings
    rows = settings_of(version)
    names = set(plan.changes)
    # DIDWW unlinks them when the flag goes on.
    names |= {name for name, flag in FLAG_OF.items() if flag in names}
    method, lost_parts, alongside = _method(plan, before, rows)
    names |= {row.name for row in alongside}
    settings: dict[str, Any] = {}
    lost: dict[str, str] = {}
    for row in rows:
        if row.name == AUTHENTICATION and row.name in names:
            settings.update({row.name: method} if method else {})
            lost.update(lost_parts)
        elif row.name in names:
            why = _why_not(row, had)
            if why:
                lost[row.name] = why
            else:
                settings[row.name] = had[row.name]
    if any(row.name in lost for row in alongside) and settings.pop(AUTHENTICATION, None):
        lost[AUTHENTICATION] = f"it was {show(method)}, which requires {', '.join(row.name for row in alongside)}"
    for name, flag in FLAG_OF.items():
        if had.get(flag) is True or flag in lost:  # DIDWW links them again, or still manages them
            settings.pop(name, None)
            lost.pop(name, None)
    if CLI_ACTION in names:
        if had.get(CLI_ACTION) != REPLACE_CLI:
            lost.pop(DEFAULT_DID, None)  # it goes with the action
        else:
            lost[DEFAULT_DID] = UNKNOWN
            if any(row.required for row in rows if row.name == DEFAULT_DID) and settings.pop(CLI_ACTION, None):
                lost[CLI_ACTION] = f"it was {REPLACE_CLI}, which requires {DEFAULT_DID}"
    return settings, lost


def _method(
    plan: Plan, before: Trunk, rows: Sequence[Setting]
) -> tuple[dict[str, Any] | None, dict[str, str], list[Setting]]:
    """Return the authentication method that undoes an update, or None, what is lost, and what it requires alongside."""
    change = plan.changes.get(AUTHENTICATION)
    if change is None or not change["before"]:
        return None, {}, []
    had, has = change["before"], change["after"]
    kind = had["type"]
    same = kind == has["type"]
    method = {"type": kind}
    lost: dict[str, str] = {}
    if not same and kind not in SETTABLE_TYPES:
        return None, {AUTHENTICATION: f"it was {show(had)}, and only DIDWW staff can set this type"}, []
    if not same and kind in WITH_CREDENTIALS:
        lost[f"{AUTHENTICATION} username and password"] = "DIDWW generates new ones"
    for row in AUTHENTICATION_ATTRIBUTES:
        if kind not in row.types or (same and (row.name not in has or had.get(row.name) == has[row.name])):
            continue
        why = _why_not(row, had)
        if not why:
            method[row.name] = had[row.name]
        elif row.required and not same:
            return None, {**lost, AUTHENTICATION: f"{row.name}: {why}"}, []
        else:
            lost[f"{AUTHENTICATION}.{row.name}"] = why
    if same:
        return (method if len(method) > 1 else None), lost, []
    unknown = before.raw_method.keys() - {row.name for row in AUTHENTICATION_ATTRIBUTES}
    lost.update((f"{AUTHENTICATION}.{name}", "this collection does not know it") for name in sorted(unknown))
    return method, lost, [row for row in rows if kind in row.required_by]


def _lacks(method: Mapping[str, Any]) -> bool:
    """Return whether an authentication method lacks an attribute that a change to its type requires."""
    required = [row.name for row in AUTHENTICATION_ATTRIBUTES if row.required and method["type"] in row.types]
    return any(name not in method for name in required)


def _why_not(row: Setting, had: Mapping[str, Any]) -> str:
    """Return why no task can set a setting to its value in `had`; empty if one can."""
    if row.name not in had:
        return UNKNOWN
    value = had[row.name]
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
