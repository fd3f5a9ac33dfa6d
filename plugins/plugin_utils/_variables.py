# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE: this file belongs to the collection and may change at any time. Do not import it from outside.

"""Check the variables of a playbook.

Variables come from an inventory, from `-e`, from a survey of AWX, or from the artifacts of an earlier job. They are
checked before anything is read, and all problems are reported together.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import nearest, rejection, show
from ansible_collections.didww.voice.plugins.plugin_utils import _plans as plans
from ansible_collections.didww.voice.plugins.plugin_utils._playbooks import (
    ENTRIES,
    FAMILY,
    LISTED,
    PATH,
    PLAYBOOKS,
    Playbook,
    Variable,
    what,
)

# The names that the playbooks give to their own results.
PREFIX = "didww_voice_"
# The marker of a file that a module wrote for its option undo_file.
UNDO = f"{PREFIX}undo"
# The artifacts that AWX passes on from an earlier job of a workflow as extra variables.
ARTIFACTS = ("approved_plan", "blocked", "drift", "spend")
# What -e splits off at a space.
RAW = "_raw_params"


class Rejected(Exception):
    """All problems with the variables of a playbook: `messages`. `variables`: those without a problem."""

    def __init__(self, messages: list[str], variables: dict[str, Any]) -> None:
        super().__init__(messages)
        self.messages = messages
        self.variables = variables


def given(value: Any) -> bool:
    """Return whether a variable has a value: AWX passes an empty answer as an empty text or as null."""
    return value is not None and value != ""


def check(
    name: str,
    value_of: Callable[[str], Any],
    own: Collection[str],
    extra: Mapping[str, Any],
    check_mode: bool = False,
    known: Collection[str] = (),
) -> dict[str, Any]:
    """Return the variables of a playbook in canonical form, with defaults.

    `value_of` returns the value of a variable, or None; it raises ValueError. `own`: the names of the variables that
    -e or the play sets. `extra`: those of -e. `known`: the names of all variables, even of empty ones. Raises Rejected
    with every problem.
    """
    playbook = PLAYBOOKS[name]
    variables: dict[str, Any] = {}
    problems = [*_cut(extra), *_not_taken(name, value_of, own), *_prefixed(extra)]
    if check_mode and playbook.check_mode:
        problems.append(playbook.check_mode)
    problems += [
        question for variable, question in (playbook.environment or {}).items() if not os.environ.get(variable)
    ]
    # The lists of -e or the play come before those of an inventory, which may be for something else.
    first = [variable for variable in ENTRIES if variable in own and _is_given(value_of, variable)]
    for row in playbook.rows:
        # A file comes before both. Any other list is ignored.
        if row.name in ENTRIES and variables.get("trunks_file"):
            continue
        if row.name in ENTRIES and first and row.name not in first:
            variables[row.name] = None
            continue
        try:
            value = value_of(row.name)
        except ValueError as error:
            problems.append(f"{row.name}: {error}")
            continue
        if not (given(value) or (row.takes_empty and row.name in {*known, *own})):
            value = row.default
            if value is None or row.kind.spec != PATH.spec:
                variables[row.name] = list(value) if isinstance(value, tuple) else value
                problems += [row.required] if row.required else []
                continue
        try:
            variables[row.name] = row.kind.canonical(value)
        except ValueError as error:
            problems.append(f"{row.name}: {_rejection(row, value, error)}")
    problems += [*_selections(playbook, variables), *_conflicts(name, variables, check_mode)]
    if problems:
        raise Rejected(problems, variables)
    return variables


def _is_given(value_of: Callable[[str], Any], name: str) -> bool:
    """Return whether a variable has a value, even one that cannot be evaluated."""
    try:
        return given(value_of(name))
    except ValueError:
        return True


def _rejection(row: Variable, value: Any, error: ValueError) -> str:
    # The value of a list can be long, and its message says what it is.
    return f"expected {error}" if row.name in ENTRIES else rejection(value, error)


def _cut(extra: Mapping[str, Any]) -> Iterable[str]:
    """Yield a problem if -e was cut at a space.

    The shell removes the quotes of `-e trunk="EU SBC"`, `trunk` is then "EU", which may be another trunk, and Ansible
    puts the rest into _raw_params.
    """
    if RAW in extra:
        yield (
            f"Nothing was done: {show(extra[RAW])} belongs to no variable, because -e splits its value at spaces. "
            """Write a value with spaces as JSON, -e '{"trunk": "EU SBC"}', or with quotes within quotes, """
            """-e "trunk='EU SBC'"."""
        )


def _not_taken(name: str, value_of: Callable[[str], Any], own: Iterable[str]) -> Iterable[str]:
    """Yield the variables that another playbook of this collection takes, and this one does not."""
    taken = [row.name for row in PLAYBOOKS[name].rows]
    for variable in own:
        others = variable in FAMILY and variable not in taken and variable not in ARTIFACTS
        if others and _is_given(value_of, variable):
            yield f"{variable}: didww.voice.{name} has no such variable; it has {', '.join(sorted(taken))}"


def _prefixed(extra: Iterable[str]) -> Iterable[str]:
    for variable in extra:
        if variable == UNDO:
            yield f"{variable}: give an undo file as -e trunks_file=FILE, not as -e @FILE"
        elif variable.startswith(PREFIX):
            yield f"{variable}: the playbooks use names that begin with {PREFIX} for their results; choose another name"


def _selections(playbook: Playbook, variables: Mapping[str, Any]) -> Iterable[str]:
    """Yield a problem unless the variables select in exactly one way. One with a problem of its own is missing."""
    refused = {row.name for row in playbook.rows} - variables.keys()
    listed = [row.name for row in playbook.rows if row in LISTED]
    if listed and not refused & set(listed) and all(variables.get(name) is None for name in listed):
        yield playbook.question
    rows = [row for row in playbook.rows if row.selects]
    # False is a filter, but it does not select every trunk.
    used = [row for row in rows if variables.get(row.name) not in (None, False) or _is_filter(row, variables)]
    if len({row.selects for row in used}) > 1:
        first, *others = used
        names = ", ".join(row.name for row in others if row.selects != first.selects)
        yield f"{names}: cannot be combined with {first.name}. {playbook.question}"
    elif rows and not used and not refused & {row.name for row in rows}:
        yield playbook.question


def _is_filter(row: Variable, variables: Mapping[str, Any]) -> bool:
    return row.selects == "filters" and variables.get(row.name) is False


def _conflicts(name: str, variables: Mapping[str, Any], check_mode: bool) -> Iterable[str]:
    """Yield what is wrong with several variables together."""
    if name == "fleet":
        if variables.get("state") == "absent" and not variables.get("confirm") and not check_mode:
            never = " Numbers are never deleted." if variables.get("dids") is not None else ""
            yield f"Nothing was deleted. To delete every trunk in the list, add -e confirm=yes.{never}"
        if variables.get("undo_add") and not variables.get("undo_file"):
            yield "undo_add: requires undo_file, the file to add to"
        yield from plans.conflicts(variables)
    if name == "audit" and variables.get("plan") and variables["plan"] == variables.get("report"):
        yield "plan: the report would replace it; choose another name"
    path = variables.get("credentials_file")
    if path and os.path.exists(path) and not variables.get("resume"):
        yield (
            f"credentials_file: {path} exists. If the run that wrote it did not finish, add -e resume=yes: the trunks "
            "in the file are then skipped. For new credentials, give a new file."
        )
    if name == "unblock_trunk" and variables.get("blocked") == []:
        yield "blocked: the list of ids is empty, so there is nothing to unblock"


def misspelled(name: str, own: Iterable[str]) -> list[str]:
    """Return a warning for each variable of -e or the play that is almost one of this playbook."""
    taken = {row.name for row in PLAYBOOKS[name].rows}
    return [
        f"didww.voice.{name} has no variable called {variable}. Did you mean {near}?"
        for variable in own
        if variable not in FAMILY and variable not in ARTIFACTS and (near := nearest(variable, taken))
    ]


def lists_in(data: Any, path: str, names: Collection[str]) -> dict[str, list[Any]]:
    """Return the lists in the `data` of a vars file: at least one of those called `names`. Raises ValueError."""
    too = "" if [*names] == ["trunks"] else ". Lists called in_trunks and dids are accepted too"
    if not isinstance(data, dict):
        raise ValueError(f"{path} is {what(data)}; expected a vars file with a list called trunks{too}")
    others = [name for name in ENTRIES if UNDO in data and name in data and name not in names]
    if others:
        words = f"{path} also brings back {' and '.join(others)}, which this playbook would leave as they are: "
        raise ValueError(f"{words}run didww.voice.fleet with it as trunks_file")
    found = [name for name in names if name in data]
    if not found:
        raise ValueError(f"{path} has no list called trunks. It has: {', '.join(map(str, data)) or 'nothing'}{too}")
    lists = {}
    for name in found:
        try:
            lists[name] = ENTRIES[name].canonical(data[name])
        except ValueError as error:
            raise ValueError(f"{path}: {name}: expected {error}") from error
    return lists


def flat(text: object) -> str:
    """Return a message on one line."""
    return re.sub(r"\s+", " ", str(text)).strip()
