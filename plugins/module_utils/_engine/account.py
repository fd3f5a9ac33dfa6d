# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work for a whole account: fleets that refer to each other, planned together before the first change is sent.

A fleet can link what an earlier one creates or renames. A fleet can delete what a later one stops to use.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine import undo_file
from ansible_collections.didww.voice.plugins.module_utils._engine.connection import DEFAULT_VERSION
from ansible_collections.didww.voice.plugins.module_utils._engine.entries import (
    OPTIONS,
    Fleet,
    InvalidEntries,
    Rejected,
    fleet_spec,
    parse_fleet,
)
from ansible_collections.didww.voice.plugins.module_utils._engine.fleet import (
    Course,
    approve,
    forget_deleted,
    plan_course,
    report,
    send,
)
from ansible_collections.didww.voice.plugins.module_utils._engine.messages import joined
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import Desired, Plan, Situation, in_use
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions, Problem
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import specs
from ansible_collections.didww.voice.plugins.module_utils._engine.task import VERSION, Task, Work

# The resources of an account, by the option for their list, in the order of work: each can link those before it.
Lists = Mapping[str, Resource]


class Wanted(NamedTuple):
    """What a task sets: a fleet for each of its lists, and the options that they share."""

    lists: Lists
    fleets: list[Fleet]

    @property
    def common(self) -> Fleet:
        """A fleet, for the options that all of them have."""
        return self.fleets[0]


def account_spec(lists: Lists) -> dict[str, Any]:
    """Return the argument spec for a whole account."""
    each = {name: {**fleet_spec(resource)[resource.keys], "required": False} for name, resource in lists.items()}
    return {**each, **specs(OPTIONS)}


def parse_account(lists: Lists, given: Mapping[str, Any], version: str = DEFAULT_VERSION) -> Wanted:
    """Check and convert the lists of a task. Raises InvalidOptions with every problem of every entry."""
    problems: list[Problem] = []
    fleets = []
    common = {name: given[name] for name in (row.name for row in OPTIONS) if name in given}
    for name, resource in lists.items():
        if given.get(name) is not None:
            try:
                fleets.append(parse_fleet(resource, {**common, name: given[name]}, version, name))
            except InvalidOptions as error:
                # What is wrong with a common option is wrong for each list.
                problems += [problem for problem in error.problems if problem not in problems]
    if not fleets and not problems:
        problems.append(Problem(" or ".join(lists), "one of these lists is required"))
    if problems:
        raise InvalidOptions(problems)
    return Wanted(lists, fleets)


# --- Plans ----------------------------------------------------------------------------------------


def _new(name: str) -> str:
    """Return what stands for the id of a resource that does not exist yet."""
    return f"new: {name}"


def _name(desired: Desired) -> str:
    """Return the name that a task gives to a new resource, or an empty one."""
    title = desired.resource.title
    return desired.value if desired.selector == title else str(desired.settings.get(title, ""))


def _coming(course: Course) -> dict[str, list[str]]:
    """Return the ids of the resources of a course by the names that they will have; none for a name that is gone."""
    names: dict[str, list[str]] = {}
    title = course.fleet.resource.title
    for desired, plan in zip(course.fleet.wanted, course.plans, strict=True):
        change = plan.changes.get(title, {})
        if plan.document is not None and change.get("before"):
            names.setdefault(str(change["before"]), [])
        if plan.document is not None and plan.exists:
            names[plan.after.name] = [plan.after.id or _new(plan.after.name)]
        elif course.fleet.audit and plan.before is None and desired.state != "absent" and _name(desired):
            # What is missing is drift, and not also an error of what refers to it.
            names[_name(desired)] = [_new(_name(desired))]
    return names


def _plan(task: Task, client: jsonapi.Client, fleets: Iterable[Fleet], undoes: bool) -> list[Course]:
    """Plan all fleets. Raises InvalidOptions with every problem of every fleet, and RequestFailed."""
    courses: list[Course] = []
    problems: list[Problem] = []
    coming: dict[str, dict[str, list[str]]] = {}
    for fleet in fleets:
        # The pages of each.
        client.page_sizes = {**client.page_sizes, **fleet.resource.page_sizes}
        try:
            course = plan_course(task, client, fleet, undoes, coming)
        except InvalidEntries as error:
            problems += error.problems
            # The next fleets can still link what this one would create.
            coming[fleet.resource.type] = {name: [_new(name)] for name in map(_name, fleet.wanted) if name}
            continue
        coming[fleet.resource.type] = _coming(course)
        courses.append(course)
    for course in courses:
        hindered = list(_hindered(course, courses))
        if hindered and course.fleet.skip_invalid:
            course.leave_out(hindered)
        elif hindered:
            problems += InvalidEntries(course.fleet.many, hindered).problems
    if problems:
        raise InvalidOptions(problems)
    return courses


def _hindered(course: Course, courses: Iterable[Course]) -> Iterable[Rejected]:
    """Yield the deletions that are hindered by what will use the resource by then."""
    users = course.fleet.resource.users
    for desired, plan in zip(course.fleet.wanted, course.plans, strict=True):
        if users is None or plan.before is None or plan.method != "DELETE":
            continue
        held = dict(course.situation.users.get(str(plan.before.id), {}))
        for other in courses:
            for item in (one.after for one in other.plans if other.fleet.resource.type == users.type):
                held.pop(str(item.id), None)
                if item.id and item.settings.get(users.link) == plan.before.id:
                    held[item.id] = item.name
        for problem in in_use(desired, plan.before, Situation(users={str(plan.before.id): held})):
            yield Rejected(desired.position, plan.before.id, plan.name, problem)


# --- Work -----------------------------------------------------------------------------------------


def _linked(plan: Plan, created: Mapping[str, str]) -> Plan:
    """Return a plan with the ids of what was created in the meantime."""
    places = (plan.document or {}).get("relationships", {})
    fresh = {key: created.get((place["data"] or {}).get("id", "")) for key, place in places.items() if _is_one(place)}
    fresh = {key: identifier for key, identifier in fresh.items() if identifier}
    if not fresh or plan.document is None:
        return plan
    data = {key: {"data": {**places[key]["data"], "id": identifier}} for key, identifier in fresh.items()}
    rows = {row.key: row.name for row in plan.after.resource.links}
    settings = {**plan.after.settings, **{rows[key]: identifier for key, identifier in fresh.items()}}
    names = {**plan.after.names, **{created[new]: plan.after.names[new] for new in created if new in plan.after.names}}
    after = replace(plan.after, settings=settings, names=names)
    changes = {
        name: {**change, "after": settings[name]} if name in {rows[key] for key in fresh} else change
        for name, change in plan.changes.items()
    }
    document = {**plan.document, "relationships": {**places, **data}}
    return replace(plan, document=document, after=after, changes=changes)


def _is_one(place: Mapping[str, Any]) -> bool:
    return not isinstance(place["data"], list)


def _lacks(plan: Plan, made: Mapping[str, str]) -> list[str]:
    """Return the names of what a plan links, and that does not exist."""
    places = (plan.document or {}).get("relationships", {}).values()
    linked = [(place["data"] or {}).get("id", "") for place in places if _is_one(place)]
    return [plan.after.names.get(one, one) for one in linked if one.startswith(_new("")) and one not in made]


def _carry_out(task: Task, client: jsonapi.Client, courses: list[Course]) -> None:
    """Send the requests of all plans: first the updates and creations, then the deletions, the other way round."""
    made: dict[str, str] = {}
    for course, deletions in [*((one, False) for one in courses), *((one, True) for one in reversed(courses))]:
        places = [place for place, plan in enumerate(course.plans) if (plan.method == "DELETE") is deletions]
        if not task.check_mode:
            for place in places:
                course.plans[place] = _linked(course.plans[place], made)
            lacking = {place: _lacks(course.plans[place], made) for place in places}
            for place in [place for place in places if lacking[place]]:
                words = f"not sent, because {', '.join(lacking[place])} could not be created"
                course.outcomes[place] |= {"changed": False, "failed": True, "msg": words, "unsettled": False}
            places = [place for place in places if not lacking[place]]
        send(task, client, course, places)
        for place in places:
            plan, outcome = course.plans[place], course.outcomes[place]
            if plan.method == "POST" and outcome.get("id"):
                made[_new(plan.after.name)] = outcome["id"]


def _update_account(task: Task) -> dict[str, Any]:
    """Update, create and delete the resources of all fleets."""
    wanted: Wanted = task.wanted
    common = wanted.common
    task.check_mode = task.check_mode or common.audit
    url, file = task.connection["api_url"], None
    if common.undo_file:
        lists = {fleet.resource.many_in_files: fleet.resource for fleet in wanted.fleets}
        every = {resource.many_in_files: resource for resource in wanted.lists.values()}
        held = every if common.undo_add else lists
        file = undo_file.prepare(held, common.undo_file, common.undo_add, url, f"didww.voice.account {VERSION}")
    client = task.connect()
    courses = _plan(task, client, wanted.fleets, undoes=file is not None)
    changes = any(course.changes for course in courses)
    for course in courses:
        task.check_version(course.found.meta, changes=changes and not common.audit)
    # What this task creates is called by its name in tokens: it has an id only after a run that failed half-way.
    called = {identifier: _new(name) for course in courses for name, identifier in _created(course)}
    refusal = approve(courses, common.approved, url, called)
    writes = file is not None and changes and not refusal and not task.check_mode
    if file and writes:
        with file.changing(task.version) as undos:
            for course in courses:
                course.add_to(undos[course.fleet.resource.many_in_files])
    if not refusal:
        _carry_out(task, client, courses)
    if file and writes:
        forget_deleted(task, courses, file)
    result = _results(task, client, courses)
    if refusal:
        result["msg"] = refusal
    if file and writes:
        result["undo_file"] = file.path
    return result


def _created(course: Course) -> Iterable[tuple[str, str]]:
    """Yield the names and ids of the resources that a course creates, or created in a run that failed half-way."""
    for desired, plan in zip(course.fleet.wanted, course.plans, strict=True):
        if plan.exists and desired.state == "present" and desired.selector != "id":
            yield plan.after.name, plan.after.id or _new(plan.after.name)


def _results(task: Task, client: jsonapi.Client, courses: list[Course]) -> dict[str, Any]:
    """Return the results of all fleets, by list."""
    reports = {course.fleet.many: report(task, course, client.requests) for course in courses}
    result: dict[str, Any] = {
        "changed": any(one["changed"] for one in reports.values()),
        "requests": client.requests,
        "api_version": next((one["api_version"] for one in reports.values() if one["api_version"]), None),
        **reports,
    }
    if task.show_diff:
        result["diff"] = [one for each in reports.values() for one in each.pop("diff")]
    failures = [f"{name}: {one['msg']}" for name, one in reports.items() if one.pop("failed", False)]
    return {**result, **({"failed": True, "msg": joined(failures)} if failures else {})}


def update_account(lists: Lists) -> Work:
    """Return the work of a module for a whole account. `lists`: in the order of work."""
    spec, parse_options = functools.partial(account_spec, lists), functools.partial(parse_account, lists)
    return Work(spec, parse_options, _update_account)
