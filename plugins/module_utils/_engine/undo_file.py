# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The undo file: a vars file with the entries of a fleet, written whole or not at all."""

from __future__ import annotations

import contextlib
import functools
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._engine import vars_file
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions, Problem
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource
from ansible_collections.didww.voice.plugins.module_utils._engine.undo import Entry, Undo

try:
    import yaml
except ImportError:  # only needed to add to a file
    yaml = None  # type: ignore[assignment]  # modules may run without it

OPTION = "undo_file"
MARKER = "didww_voice_undo"
NOTES = "What no entry brings back:"
HEAD = """\
---
# An undo file: it brings back what changed in {api_url}
# since {written_at}. {written_by} wrote it before the first change, so it is also true after a failure.
#
{command}
#
# It sets each setting to its value at that time, whatever happened to it since. Comments list what it does not bring
# back.
"""


# --- Text -----------------------------------------------------------------------------------------

_NUMBER = re.compile(r'^ *- "([0-9a-f-]{36})"  # (\d+)$', re.MULTILINE)


def _scalar(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (list, dict)):
        return "[]" if isinstance(value, list) else "{}"
    return vars_file.scalar(str(value))


@functools.cache
def _keys_of(resource: Resource) -> set[str]:
    """Return the keys that a file holds as they are."""
    parts = {name for row in resource.variants for name in (row.type.name, *row.attributes)}
    return {"id", *resource.rows, *(row.name for row in resource.entry), *parts}


def _block(value: dict[str, Any] | list[Any], indent: int, keys: set[str], names: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of a YAML block, whose `keys` need no quotes. YAML 1.1 and 1.2 read the same values."""
    items = value.items() if isinstance(value, dict) else ((None, item) for item in value)
    for key, item in items:
        head = " " * indent + ("-" if key is None else f"{key if key in keys else vars_file.quoted(str(key))}:")
        if item and isinstance(item, (dict, list)):
            yield head
            yield from _block(item, indent + 2, keys, names)
        else:
            number = names.get(item, "") if key is None and isinstance(item, str) else ""
            yield f"{head} {_scalar(item)}" + (f"  # {number}" if re.fullmatch("[0-9]+", number) else "")


def _comments(comments: list[str], indent: int) -> Iterator[str]:
    return (f"{' ' * indent}# {vars_file.printable(comment)}" for comment in comments)


def render(undos: Mapping[str, Undo], marker: dict[str, Any], command: str) -> str:
    """Return the text of an undo file: what is undone, by list, and where and when it was written, and by what.

    `command`: how to apply it.
    """
    lines = [vars_file.printable(line) for line in HEAD.format(**marker, command=command).splitlines()]
    lines += [f"{MARKER}:", *_block(marker, 2, set(marker), {})]
    notes = [note for undo in undos.values() for note in undo.notes]
    if notes:
        lines += ["", *_comments([NOTES, *notes], 0), ""]
    for many, undo in undos.items():
        lines.append(f"{many}:" if undo.entries else f"{many}: []")
        for entry in undo.entries:
            first, *rest = _block(entry.options, 4, _keys_of(undo.resource), undo.names)
            lines += [f"  - {first.strip()}", *_comments(entry.comments, 4), *rest]
    return "\n".join(lines) + "\n"


def parse(lists: Mapping[str, Resource], text: str) -> tuple[dict[str, Any], dict[str, Undo]]:
    """Return the marker of an undo file, and what it undoes, by list. Raises ValueError if it is not one."""
    if text.startswith("$ANSIBLE_VAULT"):
        raise ValueError("it is encrypted; decrypt it with ansible-vault, or give a new file")
    document, places = _load(text)
    many = " and ".join(lists)
    held = document.keys() - {MARKER} if isinstance(document, dict) else set()
    if not isinstance(document, dict) or MARKER not in document or not held or held - lists.keys():
        raise ValueError(f"it is not an undo file: such a file contains {MARKER} and {many}, and nothing else")
    marker = document[MARKER]
    if not isinstance(marker, dict) or not isinstance(marker.get("api_url"), str):
        raise ValueError(f"it is not an undo file: its {MARKER} has no api_url")
    for name in held:
        if not isinstance(document[name], list) or not all(one and isinstance(one, dict) for one in document[name]):
            raise ValueError(f"it is not an undo file: its {name} is not a list of dictionaries")
    lines = text.split("\n")
    # An entry ends where the next one or the next list begins.
    ends = sorted([*(start for starts, _key in places.values() for start in starts), *(k for _s, k in places.values())])
    ends.append(len(lines))
    undos = {name: Undo(resource) for name, resource in lists.items()}
    for name in held:
        starts = places[name][0]
        spans = [(start, min(end for end in ends if end > start)) for start in starts]
        comments = [_comments_in(lines[start:end]) for start, end in spans]
        numbers = dict(_NUMBER.findall(text))
        undos[name] = Undo(lists[name], map(Entry, document[name], comments), names=numbers)
    first = min(key for name, (_starts, key) in places.items() if name != MARKER)
    marked = places[MARKER][1]
    noted = [note for note in _comments_in(lines[marked:first]) if note != NOTES]
    undos[next(name for name in lists if name in held)].notes += noted
    return marker, undos


def _comments_in(lines: list[str]) -> list[str]:
    return [line.lstrip()[1:].removeprefix(" ") for line in lines if line.lstrip().startswith("#")]


def _load(text: str) -> tuple[Any, dict[str, tuple[list[int], int]]]:
    """Return the document in a YAML text, and by key the line of each entry in its list, and that of the key.

    Raises ValueError.
    """

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # depends on how it was built
        """Reads Ansible's tag for texts that are no templates."""

    Loader.add_constructor("!unsafe", Loader.construct_scalar)
    try:
        loader = Loader(text)
        node = loader.get_single_node()
        document = loader.construct_document(node) if node else None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(f"it cannot be parsed as YAML: {' '.join(str(error).split())}") from error
    places: dict[str, tuple[list[int], int]] = {}
    for key, value in node.value if isinstance(document, dict) else []:
        entries = value.value if isinstance(value, yaml.SequenceNode) else []
        places[str(key.value)] = [entry.start_mark.line for entry in entries], key.start_mark.line
    return document, places


# --- File -----------------------------------------------------------------------------------------


@dataclass
class UndoFile:
    """The undo file of a task.

    `lists`: what it can hold. `add`: whether the task adds to a file that exists. `marker`: what the file says about
    itself. `undos`: the way back, by list. `command`: how to apply it. `text`: its content, as the task last knew it,
    or None.
    """

    lists: Mapping[str, Resource]
    path: str
    add: bool
    marker: dict[str, Any]
    undos: dict[str, Undo]
    command: str
    text: str | None = None

    @contextlib.contextmanager
    def changing(self, api_version: str, consequence: str = "so nothing was changed") -> Iterator[dict[str, Undo]]:
        """Yield the way back as the file has it now, and write the file with what the caller changes in that.

        No other task can change the file meanwhile. Raises InvalidOptions.
        """
        try:
            with vars_file.locked(self.path):
                problems = check(self.path, self.add) if self.text is None else []
                if problems:
                    raise InvalidOptions(problems)
                self.read(consequence)
                before = render(self.undos, self.marker, self.command)
                yield self.undos
                if self.text is None or render(self.undos, self.marker, self.command) != before:
                    self._write(api_version)
        except OSError as error:
            words = f"{self.path} cannot be written: {error.strerror or error}, {consequence}"
            raise InvalidOptions([_problem(words)]) from error

    def read(self, consequence: str = "") -> None:
        """Take over what the file holds, unless the task knows it. Raises InvalidOptions if nothing can be added."""
        try:
            text = _content(self.path)
            if text == self.text:
                return
            if text is None:
                raise ValueError("it was removed during the task")
            if yaml is None:
                raise ValueError("that requires PyYAML where the module runs")
            found, undos = parse(self.lists, text)
            if found["api_url"] != self.marker["api_url"]:
                raise ValueError(f"it belongs to {found['api_url']}, but api_url is {self.marker['api_url']}")
        except (OSError, ValueError) as error:
            words = [f"nothing can be added to {self.path}: {error}", *([consequence] if consequence else [])]
            raise InvalidOptions([_problem(", ".join(words))]) from error
        self.text, self.undos, self.marker = text, undos, {**self.marker, **found}

    def _write(self, api_version: str) -> None:
        now = f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}"
        self.marker |= {"api_version": api_version, "written_at" if self.text is None else "added_at": now}
        text = render(self.undos, self.marker, self.command)
        vars_file.write(self.path, text, new=self.text is None)
        self.text = text


def check(path: str | None, add: bool) -> list[Problem]:
    """Return what is wrong with the options of an undo file, as far as that is known before it is read."""
    if path is None:
        return [Problem("undo_add", f"requires {OPTION}")] if add else []
    if not add and os.path.lexists(path):
        words = f"{path} exists, and it may be the only way back from an earlier task: choose another name, or set "
        return [_problem(f"{words}undo_add to true to add to it")]
    return []


def prepare(lists: Mapping[str, Resource], path: str, add: bool, api_url: str, written_by: str) -> UndoFile:
    """Return the undo file at `path` for the account at `api_url`, with its content if the task adds to it.

    `lists`: what it can hold.

    Raises InvalidOptions if nothing can be added to that.
    """
    marker = {"api_url": api_url, "api_version": "", "written_at": "", "written_by": written_by}
    command = next(iter(lists.values())).undone_by
    command = f"#   {command} --check --diff\n#   {command}"
    file = UndoFile(lists, path, add, marker, {many: Undo(resource) for many, resource in lists.items()}, command)
    if add:
        file.read()
    return file


def _problem(words: str) -> Problem:
    return Problem(OPTION, words)


def _content(path: str) -> str | None:
    """Return the text of a file, or None if it does not exist."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None
