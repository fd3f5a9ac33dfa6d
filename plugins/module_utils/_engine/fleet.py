# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work that updates, creates and deletes many resources."""

from __future__ import annotations

import functools
import operator
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine import approval, lookup, undo, undo_file
from ansible_collections.didww.voice.plugins.module_utils._engine.change import carry_out, read_situation
from ansible_collections.didww.voice.plugins.module_utils._engine.concurrency import concurrently
from ansible_collections.didww.voice.plugins.module_utils._engine.diff import diff
from ansible_collections.didww.voice.plugins.module_utils._engine.entries import (
    Fleet,
    Rejected,
    fleet_spec,
    label_of,
    parse_fleet,
    plan_valid,
    words_of,
)
from ansible_collections.didww.voice.plugins.module_utils._engine.item import Item
from ansible_collections.didww.voice.plugins.module_utils._engine.linked import NOTHING_COMES, Coming
from ansible_collections.didww.voice.plugins.module_utils._engine.messages import joined, numbered
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import Plan, Situation
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource
from ansible_collections.didww.voice.plugins.module_utils._engine.task import VERSION, Task, Work

NOT_SENT = {True: "approved, but not sent, because other requests are not approved", False: "not approved"}
NOT_APPROVED = (
    "approved: nothing is sent, because {} of {} planned requests are not approved: {}. The account or the task is no "
    "longer what was approved: review the changes in the result, and approve their tokens"
)


@dataclass
class Course:
    """What becomes of a fleet: its plans, and what to add to each of them in the result.

    `fleet`, `found`: without the entries that are left out. `outcomes`: empty for what was not sent yet.
    """

    fleet: Fleet
    found: lookup.Found
    situation: Situation
    plans: list[Plan]
    outcomes: list[dict[str, Any]]

    @property
    def changes(self) -> bool:
        """Whether there is anything to send."""
        return any(plan.document is not None for plan in self.plans)

    def tokens(self, url: str, called: Mapping[str, str]) -> list[str | None]:
        """Return the token of each plan. `called`: see approval.token."""
        pairs = zip(self.fleet.wanted, self.plans, strict=True)
        return [approval.token(url, desired, plan, called) for desired, plan in pairs]

    def leave_out(self, rejected: Sequence[Rejected]) -> None:
        """Leave out the entries that are invalid because of other lists."""
        invalid = {entry.position for entry in rejected}
        kept = [place for place, desired in enumerate(self.fleet.wanted) if desired.position not in invalid]
        wanted = [self.fleet.wanted[place] for place in kept]
        self.fleet = self.fleet._replace(wanted=wanted, rejected=(*self.fleet.rejected, *rejected))
        self.found = self.found._replace(resources=[self.found.resources[place] for place in kept])
        self.plans, self.outcomes = [self.plans[place] for place in kept], [self.outcomes[place] for place in kept]

    def add_to(self, way_back: undo.Undo) -> None:
        """Add what brings back the changes."""
        for desired, plan in zip(self.fleet.wanted, self.plans, strict=True):
            way_back.add(desired, plan)


def plan_course(
    task: Task, client: jsonapi.Client, fleet: Fleet, undoes: bool = False, coming: Coming = NOTHING_COMES
) -> Course:
    """Read and plan a fleet. `undoes`: whether its changes must be brought back. `coming`: see linked.resolve.

    Raises InvalidEntries and RequestFailed.
    """
    wanted = undo.to_read(fleet.wanted) if undoes else fleet.wanted
    found = lookup.find_all(client, fleet.resource, wanted, fleet.audit, fleet.skip_invalid, fleet.many)
    task.keep_secret(fleet.resource, found.existing, [desired.settings for desired in wanted])
    situation = read_situation(task, client, fleet.resource, fleet.wanted, found, coming)
    # What hinders a deletion may be gone by then.
    plannable = situation if coming is NOTHING_COMES else situation._replace(users={})
    fleet, found, plans = plan_valid(fleet, found, plannable)
    return Course(fleet, found, situation, plans, [{} for _plan in plans])


def approve(courses: Sequence[Course], approved: Collection[str] | None, url: str, called: Mapping[str, str]) -> str:
    """Add the tokens to the outcomes. If a planned request is not approved, fail all of them; return the message."""
    refused, planned = [], 0
    for course in courses:
        tokens = course.tokens(url, called)
        places = approval.not_approved(approved, tokens)
        refused += [
            label_of(course.fleet.many, course.fleet.wanted[place].position, course.plans[place].name)
            for place in places
        ]
        planned += len([token for token in tokens if token])
        for place, (plan, token) in enumerate(zip(course.plans, tokens, strict=True)):
            if token:
                course.outcomes[place] = {"method": plan.method, "token": token, "approved": place not in places}
    for course in courses:
        for place, outcome in enumerate(course.outcomes):
            is_approved = outcome.pop("approved", None)
            if refused:
                warnings = course.plans[place].warnings
                failed = {"failed": True, "msg": NOT_SENT[is_approved], "unsettled": False} if outcome else {}
                course.outcomes[place] = {**outcome, "changed": False, "warnings": warnings, **failed}
    return NOT_APPROVED.format(len(refused), planned, ", ".join(refused)) if refused else ""


def send(task: Task, client: jsonapi.Client, course: Course, places: Sequence[int]) -> None:
    """Send the requests of the plans at `places`. Replaces a plan if another one was carried out."""
    fleet, plans = course.fleet, course.plans

    def send_one(place: int) -> dict[str, Any]:
        try:
            done = carry_out(task, client, fleet.wanted[place], plans[place])
        except jsonapi.RequestFailed as error:
            return {
                "changed": error.changed,
                "failed": True,
                **task.explain(error, fleet.resource),
                "unsettled": error.unsettled,
            }
        plans[place] = done.plan
        # What an audit plans to create is missing, and has not drifted.
        counts = not (fleet.audit and done.plan.method == "POST")
        return {
            "id": done.item.id,
            "changed": counts and done.plan.document is not None,
            "warnings": done.warnings,
        }

    # Most have nothing to send, and need no thread.
    sending = [place for place in places if plans[place].document is not None]
    outcomes = dict(zip(sending, concurrently(lambda number: send_one(sending[number]), len(sending)), strict=True))
    for place in places:
        course.outcomes[place] |= outcomes.get(place) or send_one(place)


def forget_deleted(task: Task, courses: Sequence[Course], file: undo_file.UndoFile) -> None:
    """Drop from an undo file what is of no use without the resources that were deleted: only now it is known which."""
    pairs = [pair for course in courses for pair in zip(course.plans, course.outcomes, strict=True)]
    deleted = [plan.before for plan, outcome in pairs if plan.method == "DELETE" and not outcome.get("failed")]
    if not deleted:
        return
    now = {outcome.get("id"): plan.after for plan, outcome in pairs}
    try:
        with file.changing(task.version, "so it still has what was deleted") as undos:
            found = [id_ for gone in deleted if gone for one in undos.values() for id_ in one.forget(gone)]
            users = [item for id_, item in now.items() if id_ in found]
            for item, row in [(user, row) for user in users for row in user.resource.links if not row.many]:
                used = now.get(item.settings.get(row.name))
                for one in undos.values():
                    if used and one.resource.type == row.type:
                        one.keep(used, item.name)
    except InvalidOptions as error:
        task.warn(error.messages()[0])


def _update_many(task: Task) -> dict[str, Any]:
    """Update, create and delete many resources. Everything is planned before the first change is sent."""
    fleet: Fleet = task.wanted
    task.check_mode = task.check_mode or fleet.audit
    url, file = task.connection["api_url"], None
    if fleet.undo_file:
        written_by = f"didww.voice.{fleet.resource.name}s {VERSION}"
        lists = {fleet.resource.many_in_files: fleet.resource}
        file = undo_file.prepare(lists, fleet.undo_file, fleet.undo_add, url, written_by)
    client = task.connect()
    course = plan_course(task, client, fleet, undoes=file is not None)
    task.check_version(course.found.meta, changes=not fleet.audit and course.changes)
    refusal = approve([course], fleet.approved, url, {})
    writes = file is not None and course.changes and not refusal and not task.check_mode
    if file and writes:
        with file.changing(task.version) as undos:
            course.add_to(undos[fleet.resource.many_in_files])
    if not refusal:
        send(task, client, course, range(len(course.plans)))
    if file and writes:
        forget_deleted(task, [course], file)
    result = report(task, course, client.requests)
    if refusal:
        result["msg"] = refusal
    if file and writes:
        result["undo_file"] = file.path
    return result


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
        managed = {one["id"] for one in found.existing} | {entry.id for entry in fleet.rejected}
        others = [one for one in found.read if one["id"] not in managed]
        result["unmanaged"] = [{"id": one["id"], "name": fleet.resource.title_of(one)} for one in others]
    return result


def report(task: Task, course: Course, requests: int) -> dict[str, Any]:
    """Return the result for a fleet: the plan and the outcome for each entry, and the problems of invalid entries."""
    fleet, plans, outcomes = course.fleet, course.plans, course.outcomes
    resource, many = fleet.resource, fleet.many
    entries: list[dict[str, Any]] = []
    failures: dict[str, list[str]] = {}
    rows = [*zip((desired.position for desired in fleet.wanted), plans, outcomes, strict=True), *_left_out(fleet)]
    for index, plan, outcome in sorted(rows, key=operator.itemgetter(0)):
        name = plan.name if outcome.get("failed") else plan.after.name
        for warning in outcome.pop("warnings", ()):
            task.warn(f"{label_of(many, index, name)}: {warning}")
        names = {resource.known_as: plan.after.names_of(plan.relinked)} if plan.relinked else {}
        entry = {"id": plan.after.id, "name": name, "changes": plan.shown, "held": plan.held}
        entries.append({**entry, **names, **outcome})
        if outcome.get("failed"):
            failures.setdefault(outcome["msg"], []).append(label_of(many, index, name))
    summary = _summary(plans, outcomes, entries)
    changed, failed = summary["changed"], summary["failed"]
    result: dict[str, Any] = {
        "changed": any(outcome["changed"] for outcome in outcomes),
        resource.keys: entries,
        "summary": {**summary, "requests": requests},
        "api_version": course.found.meta.get("api_version"),
    }
    if task.show_diff:
        pairs = zip(plans, outcomes, strict=True)
        result["diff"] = [diff(plan) for plan, outcome in pairs if outcome["changed"] and not outcome.get("failed")]
    if failures:
        words = f"{changed} {resource.noun if changed == 1 else resource.nouns} changed, {failed} failed"
        messages = [f"{', '.join(labels)}: {message}" for message, labels in failures.items()]
        result.update(failed=True, msg=f"{words}: {numbered(messages)}")
    return result | _missing_and_unmanaged(fleet, course.found)


def _left_out(fleet: Fleet) -> Iterable[tuple[int, Plan, dict[str, Any]]]:
    """Yield the index of each invalid entry, a plan to do nothing, and the reason."""
    found: dict[int, list[Rejected]] = {}
    for entry in fleet.rejected:
        found.setdefault(entry.position, []).append(entry)
    for index, entries in found.items():
        item = Item(fleet.resource, entries[0].id, {fleet.resource.title: entries[0].name or ""}, {})
        words = joined([words_of(entry.problem) for entry in entries])
        yield index, Plan({}, None, item), {"changed": False, "failed": True, "msg": words}


def _summary(
    plans: Sequence[Plan], outcomes: Sequence[Mapping[str, Any]], entries: Sequence[Mapping[str, Any]]
) -> dict[str, int]:
    """Return the counts of a result."""
    pairs = zip(plans, outcomes, strict=True)
    changed = [plan.method for plan, outcome in pairs if outcome["changed"] and not outcome.get("failed")]
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
