# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work that updates, creates or deletes one resource."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine import linked, lookup
from ansible_collections.didww.voice.plugins.module_utils._engine.diff import diff
from ansible_collections.didww.voice.plugins.module_utils._engine.item import Item, read
from ansible_collections.didww.voice.plugins.module_utils._engine.messages import numbered
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import (
    Desired,
    Plan,
    Situation,
    chosen,
    decide,
    parse,
    plan,
    warnings,
)
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource
from ansible_collections.didww.voice.plugins.module_utils._engine.search import search
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import members
from ansible_collections.didww.voice.plugins.module_utils._engine.task import Task, Work


def read_situation(
    task: Task,
    client: jsonapi.Client,
    resource: Resource,
    wanted: Sequence[Desired],
    found: lookup.Found,
    coming: linked.Coming = linked.NOTHING_COMES,
) -> Situation:
    """Read what the plans of tasks depend on besides the resources that were found. `coming`: see linked.resolve.

    Raises RequestFailed.
    """
    known = linked.resolve(client, resource, wanted, found, coming)
    holders = lookup.holders_of(resource, found.read, besides={one["id"] for one in found.existing})
    unread = {}
    for row in resource.unread_links:
        ids = linked.unread(client, row, wanted, found, known)
        if ids is None:
            task.warn(
                f"DIDWW does not accept the filter {row.key}.id with this {row.noun}, so it is unknown whether "
                f"{row.name} is set already: it is sent"
            )
        unread[row.name] = ids or {}
    users = _users(client, resource, wanted, found)
    return Situation(known.ids, known.names, holders, unread, users, known.missing, known.attributes)


def _users(
    client: jsonapi.Client, resource: Resource, wanted: Sequence[Desired], found: lookup.Found
) -> dict[str, dict[str, str]]:
    """Return the names of what uses the resources that tasks delete, by their ids, by its id. Raises RequestFailed."""
    users = resource.users
    pairs = zip(wanted, found.resources, strict=True)
    left = sorted(one["id"] for desired, one in pairs if users and one and desired.state == "absent")
    used: dict[str, dict[str, str]] = {}
    at_once = lookup.IDS_AT_ONCE
    while users and left:
        together, left = left[:at_once], left[at_once:]
        fields = {f"fields[{resource.type}]": resource.rows[resource.title].key}
        params = {f"filter[{users.link}.id]": ",".join(together), **fields}
        for user in client.get_all(users.type, params, {users.link: False}).resources:
            linked = members(user["relationships"][users.link]["data"]).get("id")
            used.setdefault(str(linked), {})[user["id"]] = str(user["attributes"].get(users.by))
    return used


class Done(NamedTuple):
    """The outcome of a plan: the resource afterwards, the `meta` of DIDWW's answer, and warnings.

    `plan`: what was carried out. It is another plan if a request for a new resource turned out to be an update.
    """

    item: Item
    meta: dict[str, Any]
    warnings: list[str]
    plan: Plan


def carry_out(task: Task, client: jsonapi.Client, desired: Desired, planned: Plan) -> Done:
    """Send the request of a plan, except in check mode. Raises RequestFailed."""
    found = list(planned.warnings)
    if planned.document is None or task.check_mode:
        return Done(planned.after, {}, [*found, *(chosen(desired, None) if planned.method == "POST" else ())], planned)
    if planned.method == "DELETE":
        _delete(client, desired.resource, planned.document)
        return Done(planned.after, {}, found, planned)
    try:
        answer, carried_out = _send(task, client, desired, planned)
    except jsonapi.ApiError as error:
        if error.status == 422:
            error.hint = desired.resource.hint(planned.document)
        raise
    task.keep_secret(desired.resource, [answer.resource])
    answered = read(desired.resource, answer.resource, version=desired.version)
    found += warnings(desired, carried_out.after, answered)
    if planned.method == "POST":
        found += chosen(desired, answered)
    if carried_out is not planned:
        found += carried_out.warnings
    return Done(answered.completed_by(carried_out.after), answer.meta, found, carried_out)


def _delete(client: jsonapi.Client, resource: Resource, document: dict[str, Any]) -> None:
    """Delete a resource, and first end the relationships that hinder it. Raises RequestFailed."""
    if "relationships" in document:
        client.update(document)
    try:
        client.delete(document["type"], document["id"])
    except jsonapi.RequestFailed as error:
        nouns = [link.noun for link in resource.links if link.key in document.get("relationships", ())]
        if nouns:
            error.changed = True
            error.hint = f"The {resource.noun} has left its {' and '.join(nouns)} already."
        raise


def _send(task: Task, client: jsonapi.Client, desired: Desired, planned: Plan) -> tuple[jsonapi.Answer, Plan]:
    """Send the request of a plan that updates or creates; return the answer, and what was carried out.

    Raises RequestFailed.
    """
    if planned.method == "POST":
        return _create(task, client, desired, planned)
    return client.update(planned.document or {}), planned


def _create(task: Task, client: jsonapi.Client, desired: Desired, planned: Plan) -> tuple[jsonapi.Answer, Plan]:
    """Create exactly one resource: after a lost answer, check whether it exists before the request is sent again.

    If it exists, update it to the settings of the task. Raises RequestFailed.
    """
    document = planned.document or {}
    lost = False
    for failures in range(1, client.retries + 2):
        try:
            return client.create(document), planned
        except jsonapi.RequestFailed as error:
            # A name that is taken after a lost answer: the first request may have arrived late.
            taken = isinstance(error, jsonapi.ApiError) and error.status == 422
            may_exist = error.unsettled or (lost and taken)
            error.unsettled = error.unsettled or lost
            if not may_exist:
                raise
            lost = True
            created = _find_created(task, client, desired, planned)
            if created is not None:
                return created
            if taken or failures > client.retries:
                raise
        client.pause(failures)
    raise AssertionError("the loop above returns or raises")


def _find_created(
    task: Task, client: jsonapi.Client, desired: Desired, planned: Plan
) -> tuple[jsonapi.Answer, Plan] | None:
    """Return the resource that a request with a lost answer created, updated to the settings of the task, or None.

    One of which a rule holds a change back was not just created: the update is then the plan that was carried out.
    """
    resource = desired.resource
    try:
        filters = {resource.rows[desired.selector].key: desired.value}
        matches, answers = search(client, resource, filters, desired.linkage)
        task.keep_secret(resource, matches)
        matches = [match for match in matches if resource.title_of(match) == planned.after.name]
        if not matches:
            return None
        # By id: the names are looked up already.
        settings = {name: planned.after.settings[name] for name in desired.settings if name in planned.after.settings}
        update = plan(desired._replace(settings=settings), read(resource, matches[0], version=desired.version))
        carried_out = update if update.held else planned
        if update.document is None:
            return jsonapi.Answer(matches[0], answers.meta, answers.included), carried_out
        return client.update(update.document), carried_out
    except InvalidOptions as error:
        # Other entries of a fleet may be changed by now: this is the failure of one.
        words = f"the new {resource.noun} cannot be compared: {numbered(error.messages())}"
        raise jsonapi.UnusableAnswer(words, True) from error
    except jsonapi.RequestFailed as error:
        error.unsettled = True
        raise


def _update_one(task: Task) -> dict[str, Any]:
    """Update, create or delete a resource."""
    desired: Desired = task.wanted
    resource = desired.resource
    client = task.connect()
    found = lookup.find_one(client, desired)
    task.keep_secret(resource, found.existing, [desired.settings])
    planned = decide(desired, found.resources[0], read_situation(task, client, resource, [desired], found))
    task.check_version(found.meta, changes=planned.document is not None)
    done = carry_out(task, client, desired, planned)
    if done.meta and done.meta.get("api_version") != found.meta.get("api_version"):
        task.check_version(done.meta, changes=False)
    for warning in done.warnings:
        task.warn(warning)
    planned = done.plan
    result = {
        "changed": planned.document is not None,
        resource.key: done.item.returned() if planned.exists else None,
        "changes": planned.shown,
        "held": planned.held,
        "api_version": (done.meta or found.meta).get("api_version"),
    }
    if task.show_diff:
        result["diff"] = diff(planned)
    return result


def update_one(resource: Resource) -> Work:
    """Return the work of a module that updates, creates or deletes one resource."""
    return Work(resource.spec, functools.partial(parse, resource), _update_one, resource)
