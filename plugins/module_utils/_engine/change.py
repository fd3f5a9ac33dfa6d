# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The works: what each module does with its checked options."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine import creation, lookup
from ansible_collections.didww.voice.plugins.module_utils._engine import plan as trunk
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import DICTIONARY, rejection, show
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import Desired, Plan, Trunk
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import (
    ANY_IDENTIFIER,
    AUDIT,
    CLI_ACTION,
    DEFAULT_DID,
    DEFAULT_VERSION,
    FILTER_ID,
    FILTERS,
    INCLUDES,
    LINKAGE,
    REPLACE_CLI,
    STATE,
    InvalidOptions,
    Problem,
    collect_all,
    info_spec,
    trunk_spec,
    trunks_spec,
)
from ansible_collections.didww.voice.plugins.module_utils._engine.task import Task, Work, numbered

# --- One trunk ------------------------------------------------------------------------------------


def _decide(
    desired: Desired,
    resource: Mapping[str, Any] | None,
    numbers: Mapping[str, str],
    names: Mapping[str, str],
    defaults: Mapping[str, str],
) -> Plan:
    """Plan what a task changes. `resource`: its trunk, or None if the trunk does not exist.

    `numbers`: known DID numbers, by id. `names`: the ids of other trunks by name. `defaults`: known default DIDs, by
    the id of their trunk. Raises InvalidOptions.
    """
    ids = lookup.ids_of(numbers)
    if resource is None:
        absent = desired.state == "absent"
        return creation.nothing(desired) if absent else creation.create(desired, ids, names, numbers)
    current = trunk.read(resource, numbers)
    if desired.state == "absent":
        return creation.delete(desired, current)
    if resource["id"] in defaults:
        current.settings[DEFAULT_DID] = defaults[resource["id"]]
    return trunk.plan(desired, current, ids, names)


def _default_dids(
    task: Task,
    client: jsonapi.Client,
    wanted: Sequence[Desired],
    found: lookup.Found,
    numbers: Mapping[str, str],
) -> dict[str, str]:
    """Return the known default DIDs, by the id of their trunk. Raises RequestFailed."""
    defaults = lookup.default_dids(client, wanted, found, numbers)
    if defaults is None:
        task.warn(
            f"DIDWW does not accept the filter {DEFAULT_DID}.id with this DID, so it is unknown whether {DEFAULT_DID} "
            "is set already: it is sent"
        )
    return defaults or {}


class Done(NamedTuple):
    """The outcome of a plan: the trunk afterwards, the `meta` of DIDWW's answer, and warnings.

    `plan`: what was carried out. It is another plan if a request for a new trunk turned out to be an update.
    """

    trunk: Trunk
    meta: dict[str, Any]
    warnings: list[str]
    plan: Plan


def _carry_out(task: Task, client: jsonapi.Client, desired: Desired, plan: Plan) -> Done:
    """Send the request of a plan, except in check mode. Raises RequestFailed."""
    warnings = [*plan.warnings, *(_held(option, change) for option, change in plan.held.items())]
    if plan.resource is None or task.check_mode:
        chosen = creation.chosen_by_didww(desired, None) if plan.method == "POST" else ()
        return Done(plan.after, {}, [*warnings, *chosen], plan)
    if plan.method == "DELETE":
        client.delete(plan.resource["type"], plan.resource["id"])
        return Done(plan.after, {}, warnings, plan)
    try:
        answer, carried_out = _send(task, client, desired, plan)
    except jsonapi.ApiError as error:
        if error.status == 422 and _lacks_default_did(plan.resource):
            error.hint = f"DIDWW may require {DEFAULT_DID} with {CLI_ACTION} {REPLACE_CLI}: set it."
        raise
    task.keep_secret([answer.resource])
    answered = trunk.read(answer.resource)
    warnings += trunk.warnings(desired, carried_out.after, answered)
    if plan.method == "POST":
        warnings += creation.chosen_by_didww(desired, answered)
    if carried_out is not plan:
        warnings += [_held(option, change) for option, change in carried_out.held.items()]
    return Done(answered.completed_by(carried_out.after), answer.meta, warnings, carried_out)


def _held(option: str, change: Mapping[str, Any]) -> str:
    if change["before"] is None:
        words = f"{option} is not sent: DIDWW does not report it, so it may have blocked the trunk"
    else:
        words = (
            f"{option} stays {show(change['before'])}: DIDWW blocked the trunk because it reached its threshold, or "
        )
        words += "does not report whether it did"
    return f"{words}. To set it to {show(change['after'])} anyway, set unblock to true"


def _lacks_default_did(resource: Mapping[str, Any]) -> bool:
    replaces = resource.get("attributes", {}).get(CLI_ACTION) == REPLACE_CLI
    return replaces and DEFAULT_DID not in resource.get("relationships", {})


def _send(task: Task, client: jsonapi.Client, desired: Desired, plan: Plan) -> tuple[jsonapi.Answer, Plan]:
    """Send the request of a plan that updates or creates a trunk; return the answer, and what was carried out.

    Raises RequestFailed.
    """
    if plan.method == "POST":
        return _create(task, client, desired, plan)
    return client.update(plan.resource or {}), plan


def _create(task: Task, client: jsonapi.Client, desired: Desired, plan: Plan) -> tuple[jsonapi.Answer, Plan]:
    """Create exactly one trunk: after a lost answer, check whether it exists before the request is sent again.

    If it exists, update it to the settings of the task. Raises RequestFailed.
    """
    resource = plan.resource or {}
    lost = False
    for failures in range(1, client.retries + 2):
        try:
            return client.create(resource), plan
        except jsonapi.RequestFailed as error:
            # A name that is taken after a lost answer: the first request may have arrived late.
            taken = isinstance(error, jsonapi.ApiError) and error.status == 422
            may_exist = error.unsettled or (lost and taken)
            error.unsettled = error.unsettled or lost
            if not may_exist:
                raise
            lost = True
            created = _find_created(task, client, desired, plan)
            if created is not None:
                return created
            if taken or failures > client.retries:
                raise
        client.pause(failures)
    raise AssertionError("the loop above returns or raises")


def _find_created(
    task: Task, client: jsonapi.Client, desired: Desired, plan: Plan
) -> tuple[jsonapi.Answer, Plan] | None:
    """Return the trunk that a request with a lost answer created, updated to the settings of the task, or None.

    A trunk that the guard holds back was not just created: the update is then the plan that was carried out.
    """
    try:
        matches, answers = lookup.search(client, {desired.selector: desired.value}, desired.linkage)
        task.keep_secret(matches)
        matches = [match for match in matches if match["attributes"].get("name") == plan.after.name]
        if not matches:
            return None
        # By id: the numbers are looked up already.
        settings = {name: plan.after.settings[name] for name in desired.settings if name in plan.after.settings}
        update = trunk.plan(desired._replace(settings=settings), trunk.read(matches[0]))
        carried_out = update if update.held else plan
        if update.resource is None:
            return jsonapi.Answer(matches[0], answers.meta, answers.included), carried_out
        return client.update(update.resource), carried_out
    except InvalidOptions as error:
        # Other trunks of a fleet may be changed by now: this is the failure of one.
        raise jsonapi.UnusableAnswer(f"the new trunk cannot be compared: {numbered(error.messages())}", True) from error
    except jsonapi.RequestFailed as error:
        error.unsettled = True
        raise


def _update_one(task: Task) -> dict[str, Any]:
    """Update, create or delete a trunk."""
    desired: Desired = task.wanted
    client = task.connect()
    found = lookup.find_one(client, desired)
    task.keep_secret(found.existing)
    numbers = lookup.resolve(client, [desired], found)
    names = lookup.names_of(found.read, besides={resource["id"] for resource in found.existing})
    defaults = _default_dids(task, client, [desired], found, numbers)
    plan = _decide(desired, found.resources[0], numbers, names, defaults)
    task.check_version(found.meta, changes=plan.resource is not None)
    done = _carry_out(task, client, desired, plan)
    if done.meta and done.meta.get("api_version") != found.meta.get("api_version"):
        task.check_version(done.meta, changes=False)
    for warning in done.warnings:
        task.warn(warning)
    plan = done.plan
    result = {
        "changed": plan.resource is not None,
        "trunk": done.trunk.returned() if plan.exists else None,
        "changes": plan.changes,
        "held": plan.held,
        "api_version": (done.meta or found.meta).get("api_version"),
    }
    if task.show_diff:
        result["diff"] = trunk.diff(plan)
    return result


# --- Many trunks ----------------------------------------------------------------------------------


class Fleet(NamedTuple):
    """The settings of many trunks. `audit`: whether to compare only, and report missing and unmanaged trunks."""

    wanted: list[Desired]
    audit: bool


def parse_fleet(given: Mapping[str, Any], version: str = DEFAULT_VERSION) -> Fleet:
    """Check and convert a list of trunks, for a version of the API.

    Raises InvalidOptions with every problem of every entry.
    """
    problems: list[Problem] = []
    options_of_all = {"state": STATE.default, "audit": AUDIT.default, **collect_all(problems, (STATE, AUDIT), given)}
    entries = given.get("trunks")
    if not isinstance(entries, list):
        expected = "a list of trunks, each a dictionary of options"
        words = rejection(entries, expected) if "trunks" in given else f"required: {expected}"
        problems.append(Problem("trunks", words))
        entries = []
    wanted = []
    for index, entry in enumerate(entries):
        try:
            options = DICTIONARY.canonical(entry)
        except ValueError as error:
            problems.append(Problem(f"trunks[{index}]", rejection(entry, error)))
            continue
        try:
            wanted.append(trunk.parse(options, version, options_of_all["state"]))
        except InvalidOptions as error:
            problems += [_of_entry(index, trunk.label(options), problem) for problem in error.problems]
    if problems:
        raise InvalidOptions(problems)
    return Fleet(wanted, options_of_all["audit"])


def _of_entry(index: int, name: object, problem: Problem) -> Problem:
    """Return a problem of an entry in a list of trunks, with the index and name of the entry."""
    return Problem(f"trunks[{index}] ({name})", f"{problem.option}: {problem.text}")


def _update_many(task: Task) -> dict[str, Any]:
    """Update, create and delete many trunks. Everything is planned before the first change is sent."""
    fleet: Fleet = task.wanted
    task.check_mode = task.check_mode or fleet.audit
    client = task.connect()
    found = lookup.find_all(client, fleet.wanted, fleet.audit)
    task.keep_secret(found.existing)
    numbers = lookup.resolve(client, fleet.wanted, found)
    defaults = _default_dids(task, client, fleet.wanted, found, numbers)
    plans = plan_all(fleet, found, numbers, defaults)
    task.check_version(found.meta, changes=not fleet.audit and any(plan.resource is not None for plan in plans))

    def send(index: int) -> dict[str, Any]:
        """Send the update of a plan; return what to add to the plan in the result."""
        plan = plans[index]
        try:
            done = _carry_out(task, client, fleet.wanted[index], plan)
        except jsonapi.RequestFailed as error:
            return {"changed": False, "failed": True, **task.explain(error)}
        plans[index] = done.plan
        return {"id": done.trunk.id, "changed": done.plan.resource is not None, "warnings": done.warnings}

    outcomes = concurrently(send, len(plans))
    result = _report(task, plans, outcomes, client.requests, found.meta)
    if fleet.audit:
        result |= _strays(fleet.wanted, found)
    return result


def _strays(wanted: Sequence[Desired], found: lookup.Found) -> dict[str, Any]:
    """Return the entries that no trunk was found for, and the trunks that no entry refers to."""
    managed = {resource["id"] for resource in found.existing}
    return {
        "missing": [
            {"index": index, "selector": desired.selector, "value": desired.value}
            for index, (desired, resource) in enumerate(zip(wanted, found.resources, strict=True))
            if resource is None and desired.state != "absent"
        ],
        "unmanaged": [
            {"id": resource["id"], "name": resource["attributes"].get("name")}
            for resource in found.read
            if resource["id"] not in managed
        ],
    }


def concurrently(function: Callable[[int], Any], count: int) -> list[Any]:
    """Call `function` with each index below `count`, in at most CONNECTIONS threads; return the results.

    Unlike those of ThreadPoolExecutor, these threads do not prevent an interrupted process from exiting.
    """
    results: list[Any] = [None] * count
    errors: list[BaseException] = []
    left = iter(range(count))

    def work() -> None:
        try:
            for index in left:
                results[index] = function(index)
        except BaseException as error:  # noqa: BLE001 - raised again in the waiting thread
            errors.append(error)

    threads = [threading.Thread(target=work, daemon=True) for _number in range(min(count, jsonapi.CONNECTIONS))]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            # Python handles signals in this thread, which must wake up for that.
            thread.join(0.2)
    if errors:
        raise errors[0]
    return results


def plan_all(
    fleet: Fleet, found: lookup.Found, numbers: Mapping[str, str], defaults: Mapping[str, str] | None = None
) -> list[Plan]:
    """Compare every entry with the trunk found for it; return the plans in the order of the entries.

    `numbers`: known DID numbers, by id. `defaults`: known default DIDs, by the id of their trunk. Raises InvalidOptions
    with every problem of every entry, including those in `found`.
    """
    plans = []
    wanted = fleet.wanted
    problems = [_of_entry(index, wanted[index].value, problem) for index, problem in found.problems]
    named = {index for index, _problem in found.problems}
    names = lookup.names_of(found.read, besides={resource["id"] for resource in found.existing})
    for index, (desired, resource) in enumerate(zip(wanted, found.resources, strict=True)):
        if index in named:
            continue
        try:
            if resource is None and fleet.audit:
                plans.append(creation.nothing(desired))
            else:
                plans.append(_decide(desired, resource, numbers, names, defaults or {}))
        except InvalidOptions as error:
            name = resource["attributes"].get("name") if resource else desired.value
            problems += [_of_entry(index, name, problem) for problem in error.problems]
    if not problems:
        conflicts = [*_name_conflicts(plans), *_reference_conflicts(wanted, plans)]
        problems = [_of_entry(index, plans[index].name, problem) for index, problem in conflicts]
    if problems:
        raise InvalidOptions(problems)
    return plans


def _name_conflicts(plans: Sequence[Plan]) -> Iterable[tuple[int, Problem]]:
    """Yield the entries that set a name which another entry's trunk has before or after this task.

    DIDWW rejects duplicate names ("has already been taken"), and the order of updates is random.
    """
    names = [plan.after.name for plan in plans]
    holders: dict[str, set[int]] = {}
    for index, plan in enumerate(plans):
        for name in (names[index], plan.name):
            holders.setdefault(name, set()).add(index)
    for index, plan in enumerate(plans):
        others = holders[names[index]] - {index} if "name" in plan.changes and plan.exists else ()
        if others:
            other = min(others)
            words = (
                f"trunks[{other}] ({plans[other].after.id}) also has the name {show(names[index])} before or after "
                "this task, and DIDWW rejects duplicate names: rename one of the two in an earlier task"
            )
            yield index, Problem("name", words)


def _reference_conflicts(wanted: Sequence[Desired], plans: Sequence[Plan]) -> Iterable[tuple[int, Problem]]:
    """Yield the entries that set an external_reference_id by which another entry selects its trunk.

    Two trunks would then have the same reference, and later runs could not distinguish them.
    """
    option = "external_reference_id"
    selecting = {desired.value: index for index, desired in enumerate(wanted) if desired.selector == option}
    for index, plan in enumerate(plans):
        reference = str(plan.changes.get(option, {}).get("after"))
        if selecting.get(reference, index) != index:
            words = (
                f"trunks[{selecting[reference]}] selects its trunk by {show(reference)}, which two trunks would then "
                f"have: give each trunk its own {option}"
            )
            yield index, Problem(option, words)


def _report(
    task: Task,
    plans: Sequence[Plan],
    outcomes: Sequence[dict[str, Any]],
    requests: int,
    meta: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the result for a fleet: the plan and the outcome for each trunk."""
    trunks = []
    failures: dict[str, list[str]] = {}
    for index, (plan, outcome) in enumerate(zip(plans, outcomes, strict=True)):
        name = plan.name if outcome.get("failed") else plan.after.name
        for warning in outcome.pop("warnings", ()):
            task.warn(f"trunks[{index}] ({name}): {warning}")
        more = {"did_numbers": plan.after.numbers_of(plan.relinked)} if plan.relinked else {}
        entry = {"id": plan.after.id, "name": name, "changes": plan.changes, "held": plan.held}
        trunks.append({**entry, **more, **outcome})
        if outcome.get("failed"):
            failures.setdefault(outcome["msg"], []).append(f"trunks[{index}] ({name})")
    changed = sum(entry["changed"] for entry in trunks)
    failed = sum(map(len, failures.values()))
    result: dict[str, Any] = {
        "changed": changed > 0,
        "trunks": trunks,
        "summary": {
            "total": len(trunks),
            "changed": changed,
            "created": _count(plans, trunks, "POST"),
            "deleted": _count(plans, trunks, "DELETE"),
            "unchanged": len(trunks) - changed - failed,
            "held": sum(bool(plan.held) for plan in plans),
            "failed": failed,
            "requests": requests,
        },
        "api_version": meta.get("api_version"),
    }
    if task.show_diff:
        result["diff"] = [trunk.diff(plan) for plan, entry in zip(plans, trunks, strict=True) if entry["changed"]]
    if failures:
        words = f"{changed} {'trunk' if changed == 1 else 'trunks'} changed, {failed} failed"
        messages = [f"{', '.join(labels)}: {message}" for message, labels in failures.items()]
        result.update(failed=True, msg=f"{words}: {numbered(messages)}")
    return result


def _count(plans: Sequence[Plan], trunks: Sequence[Mapping[str, Any]], method: str) -> int:
    return sum(plan.method == method and entry["changed"] for plan, entry in zip(plans, trunks, strict=True))


# --- Read trunks ----------------------------------------------------------------------------------


class Selection(NamedTuple):
    """The trunks that a task reads: those with `ids`, or those that match `filters` (by DIDWW's names).

    `one`: the id, external_reference_id or name of the one trunk to read. `version`: the version of the API.
    """

    ids: list[str]
    one: str | None
    filters: dict[str, str | list[str]]
    linkage: tuple[str, ...]
    credentials: bool
    version: str


def parse_selection(given: Mapping[str, Any], version: str = DEFAULT_VERSION) -> Selection:
    """Check and convert the options for reading trunks. Raises InvalidOptions with every problem."""
    problems: list[Problem] = []
    values = collect_all(problems, (FILTER_ID, ANY_IDENTIFIER, *FILTERS.values(), *INCLUDES), given)
    problems += [
        Problem(row.name, f"cannot be combined with {one}, which already selects the trunks")
        for one in ("id", ANY_IDENTIFIER.name)
        for row in (ANY_IDENTIFIER, *FILTERS.values())
        if one in given and row.name in given and row.name != one
    ]
    if problems:
        raise InvalidOptions(problems)
    filters = {name: values[row.name] for name, row in FILTERS.items() if row.name in values}
    return Selection(
        ids=values.get("id", []),
        one=values.get(ANY_IDENTIFIER.name),
        filters={name: show(value) if isinstance(value, bool) else value for name, value in filters.items()},
        linkage=LINKAGE if values.get("include_dids") else (),
        credentials=bool(values.get("include_credentials")),
        version=version,
    )


def _read(task: Task) -> dict[str, Any]:
    """Return the trunks that the task selects, as they are."""
    selection: Selection = task.wanted
    client = task.connect()
    if selection.ids:
        wanted = [Desired("id", value, dict.fromkeys(selection.linkage), state=None) for value in selection.ids]
        found = lookup.find_all(client, wanted)
        if found.problems:
            raise InvalidOptions([problem for _index, problem in found.problems])
        resources, meta, included = found.existing, found.meta, found.included
    elif selection.one:
        found = lookup.find_any(client, selection.one, selection.linkage)
        resources, meta, included = found.existing, found.meta, found.included
    else:
        resources, answers = lookup.search(client, selection.filters, selection.linkage)
        meta, included = answers.meta, answers.included
    task.check_version(meta, changes=False)
    numbers = lookup.numbers_of(included)
    trunks, settings = [], []
    for resource in resources:
        current = trunk.read(resource, numbers)
        trunks.append(current.returned())
        not_accepted = trunk.not_accepted(current, selection.version)
        for option, why in not_accepted.items():
            task.warn(
                f"trunk {current.name} ({current.id}): {option}: {why}. DIDWW holds it; no task can give it back."
            )
        if not_accepted:
            trunks[-1]["not_accepted"] = not_accepted
        settings.append(trunk.options(current, not_accepted))
        if selection.credentials:
            trunks[-1]["credentials"] = trunk.credentials(resource)
    return {"changed": False, "trunks": trunks, "settings": settings, "api_version": meta.get("api_version")}


UPDATE_ONE = Work(trunk_spec, trunk.parse, _update_one)
UPDATE_MANY = Work(trunks_spec, parse_fleet, _update_many)
READ = Work(info_spec, parse_selection, _read, changes=False)
