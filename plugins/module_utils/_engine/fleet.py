# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work that updates, creates and deletes many resources."""

from __future__ import annotations

import functools
import operator
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine import approval, lookup, undo, undo_file
from ansible_collections.didww.voice.plugins.module_utils._engine.change import carry_out, read_situation
from ansible_collections.didww.voice.plugins.module_utils._engine.concurrency import concurrently
from ansible_collections.didww.voice.plugins.module_utils._engine.connection import DEFAULT_VERSION
from ansible_collections.didww.voice.plugins.module_utils._engine.diff import diff
from ansible_collections.didww.voice.plugins.module_utils._engine.item import Item
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import (
    BOOL,
    DICTIONARY,
    NEW_FILE,
    rejection,
    show,
)
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
from ansible_collections.didww.voice.plugins.module_utils._engine.task import VERSION, Task, Work

# The options that are not entries.
OPTIONS = (
    STATE,
    Setting("audit", BOOL, left_out="for the default, false", default=False),
    Setting("undo_file", NEW_FILE, left_out="to write no file"),
    Setting("undo_add", BOOL, left_out="for the default, false", default=False),
    Setting("skip_invalid", BOOL, left_out="for the default, false", default=False),
    approval.APPROVED,
)

NOT_APPROVED = (
    "approved: nothing is sent, because {} of {} planned requests are not approved: {}. The account or the task is no "
    "longer what was approved: review the changes in the result, and approve their tokens"
)


class Rejected(NamedTuple):
    """A problem with an entry in a list. `id`, `name`: its resource, if known, or what selects it."""

    position: int
    id: str | None
    name: str | None
    problem: Problem


class InvalidEntries(InvalidOptions):
    """All problems with the entries in a list of resources, which `many` is the option for."""

    def __init__(self, many: str, rejected: list[Rejected]) -> None:
        found = [Problem(_label(many, entry.position, entry.name), _words(entry.problem)) for entry in rejected]
        super().__init__(found)
        self.rejected = rejected


def _label(many: str, index: int, name: str | None) -> str:
    return f"{many}[{index}]" + (f" ({name})" if name else "")


def _words(problem: Problem) -> str:
    return f"{problem.option}: {problem.text}" if problem.option else problem.text


class Fleet(NamedTuple):
    """The settings of many resources.

    `audit`: whether to compare only, and report what is missing and unmanaged. `undo_file`: where to write what brings
    back the changes, and `undo_add` whether to add to that file. `skip_invalid`: whether to leave out invalid entries,
    and those without a resource. `approved`: the tokens of the requests that may be sent; None for all. `rejected`: the
    problems with the invalid ones.
    """

    resource: Resource
    wanted: list[Desired]
    audit: bool = False
    undo_file: str | None = None
    undo_add: bool = False
    skip_invalid: bool = False
    approved: list[str] | None = None
    rejected: tuple[Rejected, ...] = ()

    def may_be_missing(self, desired: Desired) -> bool:
        """Return whether nothing is done for an entry whose resource does not exist."""
        if self.audit and desired.selector == "id":
            return True  # it cannot be created
        return (self.audit or self.skip_invalid) and desired.state in lookup.MUST_EXIST


def fleet_spec(resource: Resource) -> dict[str, Any]:
    """Return the argument spec for many resources."""
    entry = resource.spec()
    # The task's own state is the default.
    entry.get(STATE.name, {}).pop("default", None)
    many = {resource.keys: {"type": "list", "elements": "dict", "required": True, "options": entry}}
    return {**many, **specs(row for row in OPTIONS if resource.creatable or row is not STATE)}


def parse_fleet(resource: Resource, given: Mapping[str, Any], version: str = DEFAULT_VERSION) -> Fleet:
    """Check and convert a list of resources, for a version of the API.

    Raises InvalidOptions with every problem of every entry, unless they are left out.
    """
    problems: list[Problem] = []
    options_of_all = {**{row.name: row.default for row in OPTIONS}, **collect(problems, OPTIONS, given)}
    state, many = options_of_all.pop("state"), resource.keys
    if options_of_all["undo_file"] or "undo_file" not in given:
        problems += undo_file.check(options_of_all["undo_file"], options_of_all["undo_add"])
    entries = given.get(many)
    if not isinstance(entries, list):
        expected = f"a list of {many}, each a dictionary of options"
        words = _not_accepted(resource, entries, expected) if many in given else f"required: {expected}"
        problems.append(Problem(many, words))
        entries = []
    wanted = []
    rejected: list[Rejected] = []
    for index, entry in enumerate(entries):
        try:
            options = DICTIONARY.canonical(entry)
        except ValueError as error:
            rejected.append(Rejected(index, None, None, Problem("", _not_accepted(resource, entry, error))))
            continue
        try:
            wanted.append(parse(resource, options, version, state)._replace(position=index))
        except InvalidOptions as error:
            rejected += [Rejected(index, None, label(resource, options), problem) for problem in error.problems]
    if problems or (rejected and not options_of_all["skip_invalid"]):
        raise InvalidOptions([*problems, *InvalidEntries(many, rejected).problems])
    return Fleet(resource, wanted, **options_of_all, rejected=tuple(rejected))


def _not_accepted(resource: Resource, value: Any, expected: object) -> str:
    """Return why something is no entry, without its value if that may contain a secret."""
    return f"the value is not accepted; expected {expected}" if resource.has_secret else rejection(value, expected)


def _update_many(task: Task) -> dict[str, Any]:
    """Update, create and delete many resources. Everything is planned before the first change is sent."""
    fleet: Fleet = task.wanted
    resource = fleet.resource
    task.check_mode = task.check_mode or fleet.audit
    file = None
    if fleet.undo_file:
        written_by = f"didww.voice.{resource.name}s {VERSION}"
        api_url = task.connection["api_url"]
        file = undo_file.prepare(resource, fleet.undo_file, fleet.undo_add, api_url, written_by)
    client = task.connect()
    wanted = undo.to_read(fleet.wanted) if file else fleet.wanted
    found = lookup.find_all(client, resource, wanted, fleet.audit, fleet.skip_invalid)
    task.keep_secret(found.existing, [desired.settings for desired in wanted])
    situation = read_situation(task, client, resource, fleet.wanted, found)
    fleet, found, plans = _plan_valid(fleet, found, situation)
    requests = [_request(task, desired, plan) for desired, plan in zip(fleet.wanted, plans, strict=True)]
    task.check_version(found.meta, changes=not fleet.audit and any(requests))
    refused = approval.not_approved(fleet.approved, [request.get("token") for request in requests])
    writes = file is not None and any(requests) and not refused and not task.check_mode
    if file and writes:
        for desired, plan in zip(fleet.wanted, plans, strict=True):
            file.undo.add(desired, plan)
        file.write(task.version)
    outcomes = _refuse(plans, refused) if refused else _send_all(task, client, fleet, plans)
    outcomes = [{**request, **outcome} for request, outcome in zip(requests, outcomes, strict=True)]
    result = _report(task, fleet, plans, outcomes, client.requests, found.meta)
    if refused:
        labels = [_label(resource.nouns, fleet.wanted[place].position, plans[place].name) for place in refused]
        result["msg"] = NOT_APPROVED.format(len(refused), sum(map(bool, requests)), ", ".join(labels))
    if file and writes:
        result["undo_file"] = file.path
    return result | _missing_and_unmanaged(fleet, found)


def _request(task: Task, desired: Desired, plan: Plan) -> dict[str, Any]:
    """Return what the result says about the request of a plan. Empty if there is nothing to send."""
    token = approval.token(task.connection["api_url"], desired, plan)
    return {"method": plan.method, "token": token} if token else {}


def _refuse(plans: Sequence[Plan], refused: Collection[int]) -> list[dict[str, Any]]:
    """Return what to add to each plan in the result, if those at the places `refused` are not approved."""
    words = {True: "not approved", False: "approved, but not sent, because other requests are not approved"}
    failed = [{"failed": True, "msg": words[place in refused], "unsettled": False} for place in range(len(plans))]
    return [
        {"changed": False, "warnings": plan.warnings, **(failed[place] if plan.document else {})}
        for place, plan in enumerate(plans)
    ]


def _send_all(task: Task, client: jsonapi.Client, fleet: Fleet, plans: list[Plan]) -> list[dict[str, Any]]:
    """Send the updates of all plans; return what to add to each plan in the result.

    Replaces a plan if another one was carried out.
    """

    def send(index: int) -> dict[str, Any]:
        try:
            done = carry_out(task, client, fleet.wanted[index], plans[index])
        except jsonapi.RequestFailed as error:
            return {"changed": False, "failed": True, **task.explain(error), "unsettled": error.unsettled}
        plans[index] = done.plan
        # What an audit plans to create is missing, and has not drifted.
        counts = not (fleet.audit and done.plan.method == "POST")
        return {
            "id": done.item.id,
            "changed": counts and done.plan.document is not None,
            "warnings": done.warnings,
        }

    return concurrently(send, len(plans))


def _missing_and_unmanaged(fleet: Fleet, found: lookup.Found) -> dict[str, Any]:
    """Return the entries that no resource was found for, and the resources that no entry refers to, if asked for."""
    result: dict[str, Any] = {}
    if fleet.audit or fleet.skip_invalid:
        result["missing"] = [
            {"index": desired.position, "selector": desired.selector, "value": desired.value}
            for desired, one in zip(fleet.wanted, found.resources, strict=True)
            if one is None and desired.state != "absent"
        ]
    if fleet.audit:
        managed = {one["id"] for one in found.existing}
        others = [one for one in found.read if one["id"] not in managed]
        result["unmanaged"] = [{"id": one["id"], "name": fleet.resource.title_of(one)} for one in others]
    return result


def _plan_valid(fleet: Fleet, found: lookup.Found, situation: Situation) -> tuple[Fleet, lookup.Found, list[Plan]]:
    """Plan a fleet; return it with its plans, less the entries that are left out because they are invalid.

    Raises InvalidEntries if they are not to be left out.
    """
    while True:
        try:
            return fleet, found, plan_all(fleet, found, situation)
        except InvalidEntries as error:
            if not fleet.skip_invalid:
                raise
            # Their resources keep their names, which may conflict with another entry.
            invalid = {entry.position for entry in error.rejected}
            pairs = zip(fleet.wanted, found.resources, strict=True)
            kept = [(desired, one) for desired, one in pairs if desired.position not in invalid]
            wanted, resources = [desired for desired, _one in kept], [one for _desired, one in kept]
            fleet = fleet._replace(wanted=wanted, rejected=(*fleet.rejected, *error.rejected))
            found = found._replace(resources=resources, problems=[])
            managed = {one["id"] for one in found.existing}
            holders = lookup.holders_of(fleet.resource, found.read, besides=managed)
            situation = situation._replace(holders=holders)


def plan_all(fleet: Fleet, found: lookup.Found, situation: Situation) -> list[Plan]:
    """Compare every entry with the resource found for it; return the plans in the order of the entries.

    Raises InvalidEntries with every problem of every entry, including those in `found`.
    """
    plans = []
    resource, wanted = fleet.resource, fleet.wanted
    invalid = [(wanted[place], problem) for place, problem in found.problems]
    rejected = [Rejected(desired.position, None, desired.value, problem) for desired, problem in invalid]
    named = {place for place, _problem in found.problems}
    for place, (desired, one) in enumerate(zip(wanted, found.resources, strict=True)):
        if place in named:
            continue
        try:
            if one is None and fleet.may_be_missing(desired):
                plans.append(nothing(desired))
            else:
                plans.append(decide(desired, one, situation))
        except InvalidOptions as error:
            name = resource.title_of(one) if one else desired.value
            id_ = one["id"] if one else None
            rejected += [Rejected(desired.position, id_, name, problem) for problem in error.problems]
    if not rejected:
        rejected = [
            Rejected(wanted[place].position, plans[place].after.id, plans[place].name, problem)
            for place, problem in conflicts(resource, wanted, plans)
        ]
    if rejected:
        raise InvalidEntries(resource.keys, rejected)
    return plans


def conflicts(resource: Resource, wanted: Sequence[Desired], plans: Sequence[Plan]) -> list[tuple[int, Problem]]:
    """Return the conflicts between the entries of a fleet, each with the place of its entry."""
    found = list(_title_conflicts(resource, wanted, plans)) if resource.unique else []
    for option in resource.identifiers[1:]:
        if option != resource.unique:
            found += _selector_conflicts(resource, option, wanted, plans)
    return found


def _title_conflicts(
    resource: Resource, wanted: Sequence[Desired], plans: Sequence[Plan]
) -> Iterable[tuple[int, Problem]]:
    """Yield the entries that set a unique name which another entry's resource has before or after this task.

    DIDWW rejects duplicates ("has already been taken"), and the order of updates is random.
    """
    option = resource.unique
    holders: dict[str, set[int]] = {}
    for index, plan in enumerate(plans):
        for item in (plan.before, plan.after):
            if item and option in item.settings:
                holders.setdefault(str(item.settings[option]), set()).add(index)
    for index, plan in enumerate(plans):
        if option not in plan.changes or not plan.exists:
            continue
        name = str(plan.changes[option]["after"])
        others = holders.get(name, set()) - {index}
        if others:
            other = min(others)
            words = (
                f"{resource.keys}[{wanted[other].position}] ({plans[other].after.id}) also has the {option} "
                f"{show(name)} before or after this task, and DIDWW rejects duplicate {option}s: rename one of the two "
                "in an earlier task"
            )
            yield index, Problem(option, words)


def _selector_conflicts(
    resource: Resource, option: str, wanted: Sequence[Desired], plans: Sequence[Plan]
) -> Iterable[tuple[int, Problem]]:
    """Yield the entries that set an identifier by which another entry selects its resource.

    Two resources would then have the same one, and later runs could not distinguish them.
    """
    noun = resource.noun
    selecting = {desired.value: index for index, desired in enumerate(wanted) if desired.selector == option}
    for index, plan in enumerate(plans):
        value = str(plan.changes.get(option, {}).get("after"))
        if selecting.get(value, index) != index:
            words = (
                f"{resource.keys}[{wanted[selecting[value]].position}] selects its {noun} by {show(value)}, which two "
                f"{resource.nouns} would then have: give each {noun} its own {option}"
            )
            yield index, Problem(option, words)


def _report(
    task: Task,
    fleet: Fleet,
    plans: Sequence[Plan],
    outcomes: Sequence[dict[str, Any]],
    requests: int,
    meta: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the result for a fleet: the plan and the outcome for each entry, and the problems of invalid entries."""
    resource, many = fleet.resource, fleet.resource.keys
    entries: list[dict[str, Any]] = []
    failures: dict[str, list[str]] = {}
    rows = [*zip((desired.position for desired in fleet.wanted), plans, outcomes, strict=True), *_left_out(fleet)]
    for index, plan, outcome in sorted(rows, key=operator.itemgetter(0)):
        name = plan.name if outcome.get("failed") else plan.after.name
        for warning in outcome.pop("warnings", ()):
            task.warn(f"{_label(many, index, name)}: {warning}")
        names = {resource.known_as: plan.after.names_of(plan.relinked)} if plan.relinked else {}
        entry = {"id": plan.after.id, "name": name, "changes": plan.shown, "held": plan.held}
        entries.append({**entry, **names, **outcome})
        if outcome.get("failed"):
            failures.setdefault(outcome["msg"], []).append(_label(many, index, name))
    summary = _summary(plans, outcomes, entries)
    changed, failed = summary["changed"], summary["failed"]
    result: dict[str, Any] = {
        "changed": changed > 0,
        many: entries,
        "summary": {**summary, "requests": requests},
        "api_version": meta.get("api_version"),
    }
    if task.show_diff:
        changed_plans = [plan for plan, outcome in zip(plans, outcomes, strict=True) if outcome["changed"]]
        result["diff"] = [diff(plan) for plan in changed_plans]
    if failures:
        words = f"{changed} {resource.noun if changed == 1 else resource.nouns} changed, {failed} failed"
        messages = [f"{', '.join(labels)}: {message}" for message, labels in failures.items()]
        result.update(failed=True, msg=f"{words}: {numbered(messages)}")
    return result


def _left_out(fleet: Fleet) -> Iterable[tuple[int, Plan, dict[str, Any]]]:
    """Yield the index of each invalid entry, a plan to do nothing, and the reason."""
    found: dict[int, list[Rejected]] = {}
    for entry in fleet.rejected:
        found.setdefault(entry.position, []).append(entry)
    for index, entries in found.items():
        item = Item(fleet.resource, entries[0].id, {fleet.resource.title: entries[0].name or ""}, {})
        words = joined([_words(entry.problem) for entry in entries])
        yield index, Plan({}, None, item), {"changed": False, "failed": True, "msg": words}


def _summary(
    plans: Sequence[Plan], outcomes: Sequence[Mapping[str, Any]], entries: Sequence[Mapping[str, Any]]
) -> dict[str, int]:
    """Return the counts of a result."""
    changed = [plan.method for plan, outcome in zip(plans, outcomes, strict=True) if outcome["changed"]]
    failed = sum(bool(entry.get("failed")) for entry in entries)
    return {
        "total": len(entries),
        "changed": len(changed),
        "created": changed.count("POST"),
        "deleted": changed.count("DELETE"),
        "unchanged": len(entries) - len(changed) - failed,
        "held": sum(bool(plan.held) for plan in plans),
        "failed": failed,
    }


def update_many(resource: Resource) -> Work:
    """Return the work of a module for many resources."""
    spec, parse_options = functools.partial(fleet_spec, resource), functools.partial(parse_fleet, resource)
    return Work(spec, parse_options, _update_many, resource)
