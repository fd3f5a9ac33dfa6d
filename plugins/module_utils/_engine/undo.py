# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way back: the content of a vars file that undoes what a fleet changes. Pure: no I/O, no Ansible, no HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import show
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import Desired, Plan, Trunk
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import (
    AUTHENTICATION,
    AUTHENTICATION_ATTRIBUTES,
    CLI_ACTION,
    DEFAULT_DID,
    FLAG_OF,
    IDENTIFIERS,
    REPLACE_CLI,
    SETTABLE_TYPES,
    WITH_CREDENTIALS,
    settings_of,
)

# The variable that marks an undo file. It holds the URL of the API and the time.
MARK = "didww_voice_undo"
UNKNOWN = "DIDWW does not report it"


# --- What undoes a plan -----------------------------------------------------------------------------


class Undo(NamedTuple):
    """What undoes a plan: an `entry` for the list of trunks, or None, and `notes` on what it does not bring back."""

    entry: dict[str, Any] | None
    notes: list[str]


def undo(desired: Desired, plan: Plan) -> Undo:
    """Return what undoes a plan that sends a request, with values as they were."""
    if plan.method == "POST":
        # The id is not known before the request.
        identifiers = {name: plan.after.settings.get(name) for name in IDENTIFIERS if name != "id"}
        entry = {name: value for name, value in identifiers.items() if value is not None}
        return Undo({**entry, "state": "absent"}, [])
    current = plan.before or plan.after
    if plan.method == "DELETE":
        return Undo(None, [f"{_called(current)} is deleted: it had {show(current.settings)}"])
    lost: dict[str, str] = {}
    settings = _restored(lost, current, plan, desired.version)
    notes = [f"{_called(current)}: {name}: {why}" for name, why in lost.items()]
    return Undo({"id": current.id, **settings} if settings else None, notes)


def linkage_of(desired: Desired) -> tuple[str, ...]:
    """Return the relationships that must be read to undo a task: those that the flags in it manage."""
    return tuple(name for name, flag in FLAG_OF.items() if flag in desired.settings)


def _called(trunk: Trunk) -> str:
    return f"{show(trunk.name)} ({trunk.id})"


def _restored(lost: dict[str, str], current: Trunk, plan: Plan, version: str) -> dict[str, Any]:
    """Return the settings that undo an update; add those that cannot be brought back to `lost`, with the reason.

    What DIDWW demands together stands together: DIDWW API 3 (2026-04-16), "Update Outbound Trunk".
    """
    before = current.settings
    names = set(plan.changes)
    for name, flag in FLAG_OF.items():
        if before.get(flag) is True:
            names.discard(name)  # DIDWW links them again.
        elif flag in names and plan.after.settings.get(flag) is True:
            names.add(name)  # DIDWW unlinks them.
    # It goes with the action, and no answer holds it.
    names.discard(DEFAULT_DID)
    if before.get(CLI_ACTION) == REPLACE_CLI:
        if CLI_ACTION in names:
            names.remove(CLI_ACTION)
            lost[CLI_ACTION] = f"it was {REPLACE_CLI}, which can require {DEFAULT_DID}, and {UNKNOWN}"
        elif DEFAULT_DID in plan.changes:
            lost[DEFAULT_DID] = UNKNOWN
    if AUTHENTICATION in names:
        names |= _method_needs(before, plan, version)
    settings = {}
    for row in settings_of(version):
        if row.name not in names:
            continue
        if row.name not in before:
            lost[row.name] = UNKNOWN
        elif row.name == AUTHENTICATION:
            settings[row.name] = _method(lost, before[row.name], plan.after.settings[row.name])
        else:
            settings[row.name] = _given_back(lost, row.name, row, before[row.name])
    return _without_lost(lost, settings, version)


def _method_needs(before: Mapping[str, Any], plan: Plan, version: str) -> set[str]:
    """Return the settings that the former type of the authentication method requires, if the type changes."""
    was, new = (method.get(AUTHENTICATION, {}).get("type") for method in (before, plan.after.settings))
    return {row.name for row in settings_of(version) if was != new and was in row.required_by}


def _method(lost: dict[str, str], was: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return the authentication method that undoes a change: the whole method of another type, else what changes."""
    kind = was["type"]
    if kind != new["type"]:
        if kind not in SETTABLE_TYPES:
            lost[AUTHENTICATION] = f"only DIDWW staff can set type {kind}; it was {show(was)}"
        elif kind in WITH_CREDENTIALS:
            lost[f"{AUTHENTICATION} username and password"] = "DIDWW generates new ones"
    rows = [row for row in AUTHENTICATION_ATTRIBUTES if row.name in was and was[row.name] != new.get(row.name)]
    return {
        "type": kind,
        **{row.name: _given_back(lost, f"{AUTHENTICATION}.{row.name}", row, was[row.name]) for row in rows},
    }


def _given_back(lost: dict[str, str], option: str, row: Any, value: Any) -> Any:
    """Return a value; add it to `lost` if no task can set it."""
    try:
        # Null, "" and [] are written in their canonical form.
        if value != row.null or not row.nullable:
            row.settable(value)
    except ValueError as error:
        lost[option] = f"it was {show(value)}: {error}"
    return value


def _without_lost(lost: Mapping[str, str], settings: dict[str, Any], version: str) -> dict[str, Any]:
    """Return `settings` without those that no task can set, and what depends on them."""
    kept = {name: value for name, value in settings.items() if name not in lost}
    if AUTHENTICATION in kept:
        rejected = {name.partition(".")[2] for name in lost if name.startswith(f"{AUTHENTICATION}.")}
        needed = {row.name for row in settings_of(version) if kept[AUTHENTICATION]["type"] in row.required_by}
        if rejected or needed & lost.keys():
            del kept[AUTHENTICATION]
    return kept


# --- The file ---------------------------------------------------------------------------------------


class NoUndoFileError(ValueError):
    """A text that is not the content of an undo file."""


@dataclass
class Content:
    """What an undo file holds.

    `api_url`: the API whose account it belongs to. `entries`: for the option `trunks`. `notes`: on what they do not
    bring back.
    """

    api_url: str
    entries: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def added(older: Content, plans: Iterable[tuple[Desired, Plan]]) -> Content:
    """Return `older` with what undoes further plans. The older value of each setting stays."""
    entries = [dict(entry) for entry in older.entries]
    notes = list(older.notes)
    for desired, plan in plans:
        if plan.resource is None:
            continue
        created = next((entry for entry in entries if _was_created(entry, plan.before)), None)
        if created is not None and plan.before is not None:
            # Now the id is known. The trunk may have another name by the time of the undo.
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
            known.update(_older(known, entry))
    return Content(older.api_url, entries, notes)


def _was_created(entry: Mapping[str, Any], current: Trunk | None) -> bool:
    """Return whether an entry deletes this trunk, since an earlier task created it."""
    if entry.get("state") != "absent" or current is None:
        return False
    if "id" in entry:
        return bool(entry["id"] == current.id)
    return all(current.settings.get(name) == entry[name] for name in IDENTIFIERS if name in entry)


def _older(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of an entry, each with the older value."""
    merged = {**new, **old}
    methods = [entry[AUTHENTICATION] for entry in (new, old) if AUTHENTICATION in entry]
    if len(methods) == 2 and methods[0]["type"] == methods[1]["type"]:
        merged[AUTHENTICATION] = {**methods[0], **methods[1]}
    # DIDWW manages them while the flag is on.
    return {name: value for name, value in merged.items() if merged.get(FLAG_OF.get(name, "")) is not True}


_HEAD = """---
# Undoes changes that the Ansible collection didww.voice made to the account at {url}.
# Written at {time} by {writer}, before the first change. To apply it:
#
#   ansible-playbook didww.voice.fleet -e trunks_file=THIS_FILE
#
# Each entry brings back the settings that were changed, as they were. Other settings are left alone. An entry with
# "state" deletes a trunk that was created. Without an id it also means a trunk that somebody else creates under this
# name later.
"""
_LOST = "# This file does not bring back:\n"


def rendered(content: Content, time: str, writer: str) -> str:
    """Return the text of an undo file: YAML in which each value is JSON on one line.

    `time`: when, in ISO 8601. `writer`: what writes it.
    """
    lines = [_HEAD.format(url=content.api_url, time=time, writer=writer)]
    if content.notes:
        lines.append(_LOST)
        # As JSON, whose texts have no line breaks.
        lines += [f"#   - {_json(note)}\n" for note in content.notes]
    lines.append(f"{MARK}:\n")
    lines += [f"  {name}: {_tagged(value)}\n" for name, value in (("api_url", content.api_url), ("written_at", time))]
    lines.append("trunks:\n" if content.entries else "trunks: []\n")
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


def parsed(text: str) -> Content:
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
            if line.startswith("trunks:"):
                break
            name, _colon, value = line.strip().partition(": ")
            head[name] = json.loads(value.removeprefix("!unsafe "))
        for line in lines:
            _read_line(entries, line)
        return Content(head["api_url"], entries, notes)
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
