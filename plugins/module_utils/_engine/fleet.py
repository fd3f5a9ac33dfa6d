# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work that updates, creates and deletes many resources."""

from __future__ import annotations

import functools
import operator
from collections.abc import Collection, Iterable, Mapping, Sequence
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
from ansible_collections.didww.voice.plugins.module_utils._engine.messages import joined, numbered
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import Desired, Plan
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource
from ansible_collections.didww.voice.plugins.module_utils._engine.task import VERSION, Task, Work

NOT_APPROVED = (
    "approved: nothing is sent, because {} of {} planned requests are not approved: {}. The account or the task is no "
    "longer what was approved: review the changes in the result, and approve their tokens"
)


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
    fleet, found, plans = plan_valid(fleet, found, situation)
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
        labels = [label_of(resource.nouns, fleet.wanted[place].position, plans[place].name) for place in refused]
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
            task.warn(f"{label_of(many, index, name)}: {warning}")
        names = {resource.known_as: plan.after.names_of(plan.relinked)} if plan.relinked else {}
        entry = {"id": plan.after.id, "name": name, "changes": plan.shown, "held": plan.held}
        entries.append({**entry, **names, **outcome})
        if outcome.get("failed"):
            failures.setdefault(outcome["msg"], []).append(label_of(many, index, name))
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
        words = joined([words_of(entry.problem) for entry in entries])
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
