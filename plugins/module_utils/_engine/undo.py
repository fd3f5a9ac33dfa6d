# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way back: the content of a vars file that undoes what a fleet changes. Pure: no I/O, no Ansible, no HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils._engine.item import Item
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import show
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import Desired, Plan
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource, in_version
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import Setting
from ansible_collections.didww.voice.plugins.module_utils._engine.variant import Variant

# The variable that marks an undo file. It holds the URL of the API and the time.
MARK = "didww_voice_undo"
UNKNOWN = "DIDWW does not report it"


# --- What undoes a plan ---------------------------------------------------------------------------


class Undo(NamedTuple):
    """What undoes a plan: an `entry` for a fleet, or None, and `notes` on what it does not bring back."""

    entry: dict[str, Any] | None
    notes: list[str]


def undo(desired: Desired, plan: Plan) -> Undo:
    """Return what undoes a plan that sends a request, with values as they were."""
    if plan.method == "POST":
        # The id is not known before the request.
        identifiers = {name: plan.after.settings.get(name) for name in desired.resource.identifiers[1:]}
        entry = {name: value for name, value in identifiers.items() if value is not None}
        return Undo({**entry, "state": "absent"}, [])
    current = plan.before or plan.after
    if plan.method == "DELETE":
        return Undo(None, [f"{_called(current)} is deleted: it had {show(current.shown)}"])
    lost: dict[str, str] = {}
    settings = _restored(lost, current, plan, desired.version)
    notes = [f"{_called(current)}: {name}: {why}" for name, why in lost.items()]
    return Undo({"id": current.id, **settings} if settings else None, notes)


def linkage_to_undo(desired: Desired) -> tuple[str, ...]:
    """Return the relationships that must be read to undo a task: those that the flags in it manage."""
    return tuple(row.name for row in desired.resource.links if row.managed_by in desired.settings)


def _called(item: Item) -> str:
    return f"{show(item.name)} ({item.id})"


def _restored(lost: dict[str, str], current: Item, plan: Plan, version: str) -> dict[str, Any]:
    """Return the settings that undo an update; add those that cannot be brought back to `lost`, with the reason.

    What the API demands together stands together.
    """
    before, rows = current.settings, in_version(current.resource, version)
    names = _to_restore(lost, current, plan)
    for variant in current.resource.variants:
        if variant.name in names:
            names |= _required_by_type(rows, variant.name, before, plan)
    settings = {}
    for name, row in rows.items():
        if name not in names:
            continue
        if name not in before:
            lost[name] = UNKNOWN
        elif isinstance(row, Variant):
            settings[name] = _variant_restored(lost, row, before[name], plan.after.settings[name])
        else:
            settings[name] = _given_back(lost, name, row, before[name])
    return _without_lost(lost, settings, rows)


def _to_restore(lost: dict[str, str], current: Item, plan: Plan) -> set[str]:
    """Return the names of the settings that undo an update, before those that they require."""
    before, names = current.settings, set(plan.changes)
    for row in current.resource.links:
        if not row.managed_by:
            continue
        if before.get(row.managed_by) is True:
            names.discard(row.name)  # The API links them again.
        elif row.managed_by in names and plan.after.settings.get(row.managed_by) is True:
            names.add(row.name)  # The API unlinks them.
    for row in current.resource.unread_links:
        # It goes with the other setting, and no answer holds it.
        names.discard(row.name)
        other, value = row.only_with or ("", "")
        if before.get(other) != value:
            continue
        if other in names:
            names.remove(other)
            lost[other] = f"it was {value}, which can require {row.name}, and {UNKNOWN}"
        elif row.name in plan.changes:
            lost[row.name] = UNKNOWN
    return names


def _required_by_type(rows: Mapping[str, Setting], name: str, before: Mapping[str, Any], plan: Plan) -> set[str]:
    """Return the settings that the former type of the variant `name` requires, if the type changes."""
    was, new = (settings.get(name, {}).get("type") for settings in (before, plan.after.settings))
    return {row.name for row in rows.values() if was != new and was in row.required_by}


def _variant_restored(
    lost: dict[str, str], row: Variant, was: Mapping[str, Any], new: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the value of a variant that undoes a change: the whole value of another type, else what changes."""
    kind = was["type"]
    if kind != new["type"]:
        if kind not in row.settable_types:
            lost[row.name] = f"only DIDWW staff can set type {kind}; it was {show(row.returned(was))}"
        elif kind in row.hidden:
            lost[f"{row.name} {' and '.join(row.hidden[kind])}"] = "DIDWW generates new ones"
    parts = [part for name, part in row.attributes.items() if name in was and was[name] != new.get(name)]
    restored = {part.name: _given_back(lost, f"{row.name}.{part.name}", part, was[part.name]) for part in parts}
    return {"type": kind, **restored}


def _given_back(lost: dict[str, str], option: str, row: Setting, value: Any) -> Any:
    """Return a value; add it to `lost` if no task can set it, or if it is a secret."""
    if row.secret:
        lost[option] = "it is a secret, which this file does not contain"
        return None
    try:
        # Null, "" and [] are written in their canonical form.
        if value != row.null or not row.nullable:
            row.settable(value)
    except ValueError as error:
        lost[option] = f"it was {show(value)}: {error}"
    return value


def _without_lost(lost: Mapping[str, str], settings: dict[str, Any], rows: Mapping[str, Setting]) -> dict[str, Any]:
    """Return `settings` without those that no task can set, and what depends on them."""
    kept = {name: value for name, value in settings.items() if name not in lost}
    for name in [name for name in kept if isinstance(rows[name], Variant)]:
        rejected = any(option.startswith(f"{name}.") for option in lost)
        needed = {row.name for row in rows.values() if kept[name]["type"] in row.required_by}
        if rejected or needed & lost.keys():
            del kept[name]
    return kept


# --- The file ---------------------------------------------------------------------------------------


class NoUndoFileError(ValueError):
    """A text that is not the content of an undo file."""


@dataclass
class Content:
    """What an undo file holds.

    `resource`: what it is about. `api_url`: the API whose account it belongs to. `entries`: for the option that lists
    resources. `notes`: on what they do not bring back.
    """

    resource: Resource
    api_url: str
    entries: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def added(older: Content, plans: Iterable[tuple[Desired, Plan]]) -> Content:
    """Return `older` with what undoes further plans. The older value of each setting stays."""
    entries = [dict(entry) for entry in older.entries]
    notes = list(older.notes)
    for desired, plan in plans:
        if plan.document is None:
            continue
        created = next((entry for entry in entries if _was_created(entry, plan.before)), None)
        if created is not None and plan.before is not None:
            # Now the id is known. The resource may have another name by the time of the undo.
            created.clear()
            created.update({"id": plan.before.id, "state": "absent"})
            continue
        entry, more = undo(desired, plan)
        notes += [note for note in more if note not in notes]
        if entry is None or entry in entries:
            continue
        known = next((old for old in entries if "id" in entry and old.get("id") == entry["id"]), None)
        if known is None:
            entries.append(entry)
        else:
            known.update(_older(older.resource, known, entry))
    return replace(older, entries=entries, notes=notes)


def _was_created(entry: Mapping[str, Any], current: Item | None) -> bool:
    """Return whether an entry deletes this resource, since an earlier task created it."""
    if entry.get("state") != "absent" or current is None:
        return False
    if "id" in entry:
        return bool(entry["id"] == current.id)
    return all(current.settings.get(name) == entry[name] for name in current.resource.identifiers if name in entry)


def _older(resource: Resource, old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of an entry, each with the older value."""
    merged = {**new, **old}
    for row in resource.variants:
        both = [entry[row.name] for entry in (new, old) if row.name in entry]
        if len(both) == 2 and both[0]["type"] == both[1]["type"]:
            merged[row.name] = {**both[0], **both[1]}
    # The API manages them while the flag is on.
    managed = {row.name for row in resource.links if merged.get(row.managed_by) is True}
    return {name: value for name, value in merged.items() if name not in managed}


_HEAD = """---
# Undoes changes that the Ansible collection didww.voice made to the account at {url}.
# Written at {time} by {writer}, before the first change. To apply it:
#
#   {command}
#
# Each entry brings back the settings that were changed, as they were. Other settings are left alone. An entry with
# "state" deletes a {noun} that was created. Without an id it also means a {noun} that somebody else creates under this
# name later.
"""
_LOST = "# This file does not bring back:\n"


def rendered(content: Content, time: str, writer: str) -> str:
    """Return the text of an undo file: YAML in which each value is JSON on one line.

    `time`: when, in ISO 8601. `writer`: what writes it.
    """
    resource = content.resource
    names = {"command": resource.undone_by, "noun": resource.noun}
    lines = [_HEAD.format(url=content.api_url, time=time, writer=writer, **names)]
    if content.notes:
        lines.append(_LOST)
        # As JSON, whose texts have no line breaks.
        lines += [f"#   - {_json(note)}\n" for note in content.notes]
    lines.append(f"{MARK}:\n")
    lines += [f"  {name}: {_tagged(value)}\n" for name, value in (("api_url", content.api_url), ("written_at", time))]
    lines.append(f"{resource.nouns}:\n" if content.entries else f"{resource.nouns}: []\n")
    for entry in content.entries:
        for number, (name, value) in enumerate(entry.items()):
            lines.append(f"{'    ' if number else '  - '}{name}: {_tagged(value)}\n")
    return "".join(lines)


def _tagged(value: Any) -> str:
    """Return a value as YAML. Ansible must not take it for a template."""
    text = _json(value)
    return f"!unsafe {text}" if re.search(r"\{[{%#]", text) else text


def _json(value: Any) -> str:
    """Return a value as JSON that YAML 1.1 reads in the same way: what it cannot contain is escaped."""
    text = json.dumps(value, ensure_ascii=False)
    unprintable = "[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"
    return re.sub(unprintable, lambda match: f"\\u{ord(match[0]):04x}", text)


def parsed(resource: Resource, text: str) -> Content:
    """Return what an undo file holds, from its text. Raises NoUndoFileError for any other text."""
    lines = iter(text.splitlines())
    notes = []
    head: dict[str, Any] = {}
    entries: list[dict[str, Any]] = []
    try:
        for line in lines:
            if line.startswith("#   - "):
                notes.append(str(json.loads(line[6:])))
            elif line == f"{MARK}:":
                break
        for line in lines:
            if line.startswith(f"{resource.nouns}:"):
                break
            name, _colon, value = line.strip().partition(": ")
            head[name] = json.loads(value.removeprefix("!unsafe "))
        for line in lines:
            _read_line(entries, line)
        return Content(resource, head["api_url"], entries, notes)
    except (KeyError, ValueError, IndexError) as error:
        raise NoUndoFileError(str(error)) from error


def _read_line(entries: list[dict[str, Any]], line: str) -> None:
    """Read a line of an entry. Raises ValueError if it is none, and IndexError if the first entry has no beginning."""
    match = re.fullmatch(r"(  - |    )(\w+): (?:!unsafe )?(.+)", line)
    if match is None:
        if line.strip() and not line.lstrip().startswith("#"):
            raise ValueError(line)
        return
    if match[1] == "  - ":
        entries.append({})
    entries[-1][match[2]] = json.loads(match[3])
