# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work that updates, creates and deletes many resources."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine import lookup
from ansible_collections.didww.voice.plugins.module_utils._engine.change import carry_out, read_situation
from ansible_collections.didww.voice.plugins.module_utils._engine.concurrency import concurrently
from ansible_collections.didww.voice.plugins.module_utils._engine.connection import DEFAULT_VERSION
from ansible_collections.didww.voice.plugins.module_utils._engine.diff import diff
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import BOOL, DICTIONARY, PATH, rejection, show
from ansible_collections.didww.voice.plugins.module_utils._engine.messages import joined, numbered
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import (
    Desired,
    Plan,
    Situation,
    decide,
    label,
    nothing,
    parse,
)
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions, Problem
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import STATE, Resource
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import Setting, collect, specs
from ansible_collections.didww.voice.plugins.module_utils._engine.task import Task, Work
from ansible_collections.didww.voice.plugins.module_utils._engine.undo import linkage_to_undo
from ansible_collections.didww.voice.plugins.module_utils._engine.undo_file import UndoFile

# The options that are not entries.
OPTIONS = (
    STATE,
    Setting("audit", BOOL, left_out="for the default, false", default=False),
    Setting("skip_invalid", BOOL, left_out="for the default, false", default=False),
    Setting("undo_file", PATH, left_out="to write no such file"),
    Setting("undo_add", BOOL, left_out="for the default, false", default=False),
)


class Fleet(NamedTuple):
    """The settings of many resources.

    `wanted`: by index in the list of the task. `rejected`: the problems of the entries that are skipped, by index.
    `audit`: whether to compare only, and report what is missing and unmanaged. `skip_invalid`: whether invalid entries,
    and those whose resource does not exist, are skipped. `undo_file`: the file to write what undoes the changes to, if
    any; with `undo_add`, it is added to.
    """

    resource: Resource
    wanted: dict[int, Desired]
    audit: bool = False
    skip_invalid: bool = False
    undo_file: str | None = None
    undo_add: bool = False
    rejected: Mapping[int, list[Problem]] = {}

    @property
    def allows_missing(self) -> bool:
        """Whether it is no problem that a resource does not exist."""
        return self.audit or self.skip_invalid


def fleet_spec(resource: Resource) -> dict[str, Any]:
    """Return the argument spec for many resources."""
    entry = resource.spec()
    # The task's own state is the default.
    del entry[STATE.name]["default"]
    many = {resource.nouns: {"type": "list", "elements": "dict", "required": True, "options": entry}}
    return {**many, **specs(OPTIONS)}


def parse_fleet(resource: Resource, given: Mapping[str, Any], version: str = DEFAULT_VERSION) -> Fleet:
    """Check and convert a list of resources, for a version of the API.

    Raises InvalidOptions with every problem of every entry.
    """
    problems: list[Problem] = []
    options_of_all = {row.name: row.default for row in OPTIONS} | collect(problems, OPTIONS, given)
    if options_of_all["undo_add"] and "undo_file" not in given:
        problems.append(Problem("undo_add", "requires undo_file, the file to add to"))
    state, many = options_of_all.pop("state"), resource.nouns
    entries = given.get(many)
    if not isinstance(entries, list):
        expected = f"a list of {many}, each a dictionary of options"
        words = _not_accepted(resource, entries, expected) if many in given else f"required: {expected}"
        problems.append(Problem(many, words))
        entries = []
    wanted: dict[int, Desired] = {}
    rejected: dict[int, list[Problem]] = {}
    for index, entry in enumerate(entries):
        try:
            options = DICTIONARY.canonical(entry)
        except ValueError as error:
            rejected[index] = [Problem(f"{many}[{index}]", _not_accepted(resource, entry, error))]
            continue
        try:
            wanted[index] = parse(resource, options, version, state)
        except InvalidOptions as error:
            name = label(resource, options)
            rejected[index] = [_of_entry(resource, index, name, problem) for problem in error.problems]
    if not options_of_all["skip_invalid"]:
        problems += [problem for found in rejected.values() for problem in found]
    if problems:
        raise InvalidOptions(problems)
    return Fleet(resource, wanted, rejected=rejected, **options_of_all)


def _not_accepted(resource: Resource, value: Any, expected: object) -> str:
    """Return why something is no entry, without its value if that may contain a secret."""
    return f"the value is not accepted; expected {expected}" if resource.has_secret else rejection(value, expected)


def _of_entry(resource: Resource, index: int, name: object, problem: Problem) -> Problem:
    """Return a problem of an entry in a list, with the index and name of the entry."""
    return Problem(f"{resource.nouns}[{index}] ({name})", f"{problem.option}: {problem.text}")


def _update_many(task: Task) -> dict[str, Any]:
    """Update, create and delete many resources. Everything is planned before the first change is sent."""
    fleet: Fleet = task.wanted
    undo_file = None
    if fleet.undo_file and not fleet.audit:
        undo_file = UndoFile(fleet.undo_file, fleet.resource, task.connection["api_url"], fleet.undo_add)
        read_too = {i: desired._replace(also_read=linkage_to_undo(desired)) for i, desired in fleet.wanted.items()}
        fleet = fleet._replace(wanted=read_too)
    task.check_mode = task.check_mode or fleet.audit
    client = task.connect()
    wanted = list(fleet.wanted.values())
    found = lookup.find_all(client, fleet.resource, wanted, fleet.audit, fleet.allows_missing, list(fleet.wanted))
    task.keep_secret(found.existing, [desired.settings for desired in wanted])
    plans, rejected = plan_all(fleet, found, read_situation(task, client, fleet.resource, wanted, found))
    changes = any(plan.document is not None for plan in plans.values())
    task.check_version(found.meta, changes=changes and not fleet.audit)
    written = undo_file is not None and changes and not task.check_mode
    if undo_file and written:
        undo_file.write([(fleet.wanted[index], plan) for index, plan in plans.items()], task.writer)
    outcomes = _send_all(task, client, fleet, plans)
    result = _report(task, fleet, plans, outcomes, rejected, client.requests, found.meta)
    if undo_file and written:
        result["undo_file"] = undo_file.path
    return result | _missing_and_unmanaged(fleet, found)


def _send_all(task: Task, client: jsonapi.Client, fleet: Fleet, plans: dict[int, Plan]) -> dict[int, dict[str, Any]]:
    """Send the updates of all plans; return what to add to each plan in the result, by index.

    Replaces a plan if another one was carried out.
    """
    indexes = list(plans)

    def send(position: int) -> dict[str, Any]:
        index = indexes[position]
        try:
            done = carry_out(task, client, fleet.wanted[index], plans[index])
        except jsonapi.RequestFailed as error:
            return {"changed": False, "failed": True, **task.explain(error), "unsettled": error.unsettled}
        plans[index] = done.plan
        return {"id": done.item.id, "changed": done.plan.document is not None, "warnings": done.warnings}

    return dict(zip(indexes, concurrently(send, len(indexes)), strict=True))


def _missing_and_unmanaged(fleet: Fleet, found: lookup.Found) -> dict[str, Any]:
    """Return the entries that no resource was found for, and the resources that no entry refers to, if asked for."""
    result: dict[str, Any] = {}
    if fleet.allows_missing:
        result["missing"] = _missing(fleet, found)
    if fleet.audit:
        managed = {one["id"] for one in found.existing}
        others = [one for one in found.read if one["id"] not in managed]
        result["unmanaged"] = [{"id": one["id"], "name": fleet.resource.title_of(one)} for one in others]
    return result


def _missing(fleet: Fleet, found: lookup.Found) -> list[dict[str, Any]]:
    """Return the entries that no resource was found for, although it must exist."""
    named = {position for position, _problem in found.problems}
    return [
        {"index": index, "selector": desired.selector, "value": desired.value}
        for position, (index, desired) in enumerate(fleet.wanted.items())
        if found.resources[position] is None and position not in named and _must_exist(fleet, desired)
    ]


def _must_exist(fleet: Fleet, desired: Desired) -> bool:
    """Return whether it is worth a report that the resource of an entry does not exist. An audit creates none."""
    return desired.state != "absent" if fleet.audit else desired.state == "existing"


def plan_all(
    fleet: Fleet, found: lookup.Found, situation: Situation
) -> tuple[dict[int, Plan], dict[int, list[Problem]]]:
    """Compare every entry with its resource; return the plans, and the problems of skipped entries, by index.

    Raises InvalidOptions with every problem of every entry, including those in `found`, unless the fleet skips invalid
    entries.
    """
    resource = fleet.resource
    plans: dict[int, Plan] = {}
    rejected = dict(fleet.rejected)

    def reject(index: int, name: object, problems: Iterable[Problem]) -> None:
        rejected.setdefault(index, []).extend(_of_entry(resource, index, name, problem) for problem in problems)

    indexes = list(fleet.wanted)
    for position, problem in found.problems:
        reject(indexes[position], fleet.wanted[indexes[position]].value, [problem])
    for index, one in zip(indexes, found.resources, strict=True):
        desired = fleet.wanted[index]
        if index in rejected:
            continue
        try:
            if one is None and fleet.allows_missing and _must_exist(fleet, desired):
                plans[index] = nothing(desired)
            else:
                plans[index] = decide(desired, one, situation)
        except InvalidOptions as error:
            reject(index, resource.title_of(one) if one else desired.value, error.problems)
    if fleet.skip_invalid or not rejected:
        for index, problem in conflicts(resource, fleet.wanted, plans):
            reject(index, plans[index].name, [problem])
    problems = [problem for index in sorted(rejected) for problem in rejected[index]]
    if problems and not fleet.skip_invalid:
        raise InvalidOptions(problems)
    if plans and fleet.skip_invalid and not found.existing and _missing(fleet, found):
        words = f"none of the {resource.nouns} of the {len(plans)} entries exists: check api_url and api_key"
        raise InvalidOptions([Problem(resource.nouns, words)])
    return {index: plan for index, plan in plans.items() if index not in rejected}, rejected


def conflicts(
    resource: Resource, wanted: Mapping[int, Desired], plans: Mapping[int, Plan]
) -> list[tuple[int, Problem]]:
    """Return the conflicts between the entries of a fleet, each with the index of its entry."""
    found = list(_title_conflicts(resource, plans)) if resource.unique else []
    for option in resource.identifiers[1:]:
        if option != resource.unique:
            found += _selector_conflicts(resource, option, wanted, plans)
    return found


def _title_conflicts(resource: Resource, plans: Mapping[int, Plan]) -> Iterable[tuple[int, Problem]]:
    """Yield the entries that set a unique name which another entry's resource has before or after this task.

    DIDWW rejects duplicates ("has already been taken"), and the order of updates is random.
    """
    option = resource.unique

    def sides(plan: Plan) -> set[str]:
        return {str(item.settings[option]) for item in (plan.before, plan.after) if item and option in item.settings}

    holders: dict[str, set[int]] = {}
    for index, plan in plans.items():
        for name in sides(plan):
            holders.setdefault(name, set()).add(index)
    for index, plan in plans.items():
        if option not in plan.changes or not plan.exists:
            continue
        name = str(plan.changes[option]["after"])
        others = holders.get(name, set()) - {index}
        if others:
            other = min(others)
            words = (
                f"{resource.nouns}[{other}] ({plans[other].after.id}) also has the {option} {show(name)} before or "
                f"after this task, and DIDWW rejects duplicate {option}s: rename one of the two in an earlier task"
            )
            yield index, Problem(option, words)


def _selector_conflicts(
    resource: Resource, option: str, wanted: Mapping[int, Desired], plans: Mapping[int, Plan]
) -> Iterable[tuple[int, Problem]]:
    """Yield the entries that set an identifier by which another entry selects its resource.

    Two resources would then have the same one, and later runs could not distinguish them.
    """
    noun = resource.noun
    selecting = {desired.value: index for index, desired in wanted.items() if desired.selector == option}
    for index, plan in plans.items():
        value = str(plan.changes.get(option, {}).get("after"))
        if selecting.get(value, index) != index:
            words = (
                f"{resource.nouns}[{selecting[value]}] selects its {noun} by {show(value)}, which two {resource.nouns} "
                f"would then have: give each {noun} its own {option}"
            )
            yield index, Problem(option, words)


def _report(
    task: Task,
    fleet: Fleet,
    plans: Mapping[int, Plan],
    outcomes: Mapping[int, dict[str, Any]],
    rejected: Mapping[int, list[Problem]],
    requests: int,
    meta: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the result for a fleet: the plan and the outcome for each entry, and the skipped entries."""
    noun, nouns = fleet.resource.noun, fleet.resource.nouns
    entries: dict[int, dict[str, Any]] = {}
    failures: dict[str, list[str]] = {}
    for index, problems in rejected.items():
        entries[index] = _skipped(fleet, index, problems)
        failures[entries[index]["msg"]] = []
    for index, plan in plans.items():
        outcome = outcomes[index]
        name = plan.name if outcome.get("failed") else plan.after.name
        for warning in outcome.pop("warnings", ()):
            task.warn(f"{nouns}[{index}] ({name}): {warning}")
        names = {fleet.resource.known_as: plan.after.names_of(plan.relinked)} if plan.relinked else {}
        entry = {"id": plan.after.id, "name": name, "changes": plan.shown, "held": plan.held}
        entries[index] = {**entry, **names, **outcome}
        if outcome.get("failed"):
            failures.setdefault(outcome["msg"], []).append(f"{nouns}[{index}] ({name})")
    in_order = [entries[index] for index in sorted(entries)]
    summary = _summary(plans, outcomes, in_order)
    changed, failed = summary["changed"], summary["failed"]
    result: dict[str, Any] = {
        "changed": changed > 0,
        nouns: in_order,
        "summary": {**summary, "requests": requests},
        "api_version": meta.get("api_version"),
    }
    if task.show_diff:
        result["diff"] = [diff(plan) for index, plan in plans.items() if outcomes[index]["changed"]]
    if failures:
        words = f"{changed} {noun if changed == 1 else nouns} changed, {failed} failed"
        messages = [f"{', '.join(labels)}: {message}" if labels else message for message, labels in failures.items()]
        result.update(failed=True, msg=f"{words}: {numbered(messages)}")
    return result


def _skipped(fleet: Fleet, index: int, problems: list[Problem]) -> dict[str, Any]:
    """Return an entry of the result that was skipped."""
    desired = fleet.wanted.get(index)
    identifier = desired.value if desired and desired.selector == "id" else None
    message = joined(InvalidOptions(problems).messages())
    return {
        "id": identifier,
        "name": None,
        "changes": {},
        "held": {},
        "changed": False,
        "failed": True,
        "msg": message,
    }


def _summary(
    plans: Mapping[int, Plan], outcomes: Mapping[int, Mapping[str, Any]], entries: Sequence[Mapping[str, Any]]
) -> dict[str, int]:
    """Return the counts of a result."""
    changed = [plan.method for index, plan in plans.items() if outcomes[index]["changed"]]
    failed = sum("failed" in entry for entry in entries)
    return {
        "total": len(entries),
        "changed": len(changed),
        "created": changed.count("POST"),
        "deleted": changed.count("DELETE"),
        "unchanged": len(entries) - len(changed) - failed,
        "held": sum(bool(plan.held) for plan in plans.values()),
        "failed": failed,
    }


def update_many(resource: Resource) -> Work:
    """Return the work of a module for many resources."""
    spec, parse_options = functools.partial(fleet_spec, resource), functools.partial(parse_fleet, resource)
    return Work(spec, parse_options, _update_many, resource)
