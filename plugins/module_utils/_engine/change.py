# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The works: what each module does with its checked options."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine import creation, lookup, undo
from ansible_collections.didww.voice.plugins.module_utils._engine import plan as trunk
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import DICTIONARY, rejection, show
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import Desired, Plan, Trunk
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import (
    ANY_IDENTIFIER,
    CLI_ACTION,
    DEFAULT_DID,
    DEFAULT_VERSION,
    FILTER_ID,
    FILTERS,
    FLEET,
    INCLUDES,
    LINKAGE,
    REPLACE_CLI,
    InvalidOptions,
    Problem,
    collect_all,
    info_spec,
    trunk_spec,
    trunks_spec,
)
from ansible_collections.didww.voice.plugins.module_utils._engine.task import Task, Work, joined, numbered
from ansible_collections.didww.voice.plugins.module_utils._engine.undo_file import UndoFile

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
    """The settings of many trunks.

    `wanted`: by index in the list of the task. `rejected`: the problems of the entries that are skipped, by index.
    `audit`: whether to compare only, and report missing and unmanaged trunks. `skip_invalid`: whether invalid entries,
    and those whose trunk does not exist, are skipped. `undo_file`: the file to write what undoes the changes to, if
    any; with `undo_add`, it is added to.
    """

    wanted: dict[int, Desired]
    audit: bool = False
    skip_invalid: bool = False
    undo_file: str | None = None
    undo_add: bool = False
    rejected: Mapping[int, list[Problem]] = {}

    @property
    def allows_missing(self) -> bool:
        """Whether it is no problem that a trunk does not exist."""
        return self.audit or self.skip_invalid


def parse_fleet(given: Mapping[str, Any], version: str = DEFAULT_VERSION) -> Fleet:
    """Check and convert a list of trunks, for a version of the API.

    Raises InvalidOptions with every problem of every entry.
    """
    problems: list[Problem] = []
    options_of_all = {row.name: row.default for row in FLEET} | collect_all(problems, FLEET, given)
    if options_of_all["undo_add"] and "undo_file" not in given:
        problems.append(Problem("undo_add", "requires undo_file, the file to add to"))
    state = options_of_all.pop("state")
    entries = given.get("trunks")
    if not isinstance(entries, list):
        expected = "a list of trunks, each a dictionary of options"
        words = rejection(entries, expected) if "trunks" in given else f"required: {expected}"
        problems.append(Problem("trunks", words))
        entries = []
    wanted: dict[int, Desired] = {}
    rejected: dict[int, list[Problem]] = {}
    for index, entry in enumerate(entries):
        try:
            options = DICTIONARY.canonical(entry)
        except ValueError as error:
            rejected[index] = [Problem(f"trunks[{index}]", rejection(entry, error))]
            continue
        try:
            wanted[index] = trunk.parse(options, version, state)
        except InvalidOptions as error:
            rejected[index] = [_of_entry(index, trunk.label(options), problem) for problem in error.problems]
    if not options_of_all["skip_invalid"]:
        problems += [problem for found in rejected.values() for problem in found]
    if problems:
        raise InvalidOptions(problems)
    return Fleet(wanted, rejected=rejected, **options_of_all)


def _of_entry(index: int, name: object, problem: Problem) -> Problem:
    """Return a problem of an entry in a list of trunks, with the index and name of the entry."""
    return Problem(f"trunks[{index}] ({name})", f"{problem.option}: {problem.text}")


def _update_many(task: Task) -> dict[str, Any]:
    """Update, create and delete many trunks. Everything is planned before the first change is sent."""
    fleet: Fleet = task.wanted
    undo_file = None
    if fleet.undo_file and not fleet.audit:
        undo_file = UndoFile(fleet.undo_file, task.connection["api_url"], fleet.undo_add)
        read_too = {i: desired._replace(also_read=undo.linkage_of(desired)) for i, desired in fleet.wanted.items()}
        fleet = fleet._replace(wanted=read_too)
    task.check_mode = task.check_mode or fleet.audit
    client = task.connect()
    wanted = list(fleet.wanted.values())
    found = lookup.find_all(client, wanted, fleet.audit, fleet.allows_missing, list(fleet.wanted))
    task.keep_secret(found.existing)
    numbers = lookup.resolve(client, wanted, found)
    defaults = _default_dids(task, client, wanted, found, numbers)
    plans, rejected = plan_all(fleet, found, numbers, defaults)
    changes = any(plan.resource is not None for plan in plans.values())
    task.check_version(found.meta, changes=changes and not fleet.audit)
    written = undo_file is not None and changes and not task.check_mode
    if undo_file and written:
        undo_file.write([(fleet.wanted[index], plan) for index, plan in plans.items()], task.writer)
    indexes = list(plans)

    def send(position: int) -> dict[str, Any]:
        """Send the update of a plan; return what to add to the plan in the result."""
        index = indexes[position]
        try:
            done = _carry_out(task, client, fleet.wanted[index], plans[index])
        except jsonapi.RequestFailed as error:
            return {"changed": False, "failed": True, **task.explain(error), "unsettled": error.unsettled}
        plans[index] = done.plan
        return {"id": done.trunk.id, "changed": done.plan.resource is not None, "warnings": done.warnings}

    outcomes = dict(zip(indexes, concurrently(send, len(indexes)), strict=True))
    result = _report(task, fleet, plans, outcomes, rejected, client.requests, found.meta)
    if undo_file and written:
        result["undo_file"] = undo_file.path
    if fleet.allows_missing:
        result["missing"] = _missing(fleet, found)
    if fleet.audit:
        result["unmanaged"] = _unmanaged(found)
    return result


def _missing(fleet: Fleet, found: lookup.Found) -> list[dict[str, Any]]:
    """Return the entries that no trunk was found for, although it must exist."""
    named = {position for position, _problem in found.problems}
    return [
        {"index": index, "selector": desired.selector, "value": desired.value}
        for position, (index, desired) in enumerate(fleet.wanted.items())
        if found.resources[position] is None and position not in named and _must_exist(fleet, desired)
    ]


def _must_exist(fleet: Fleet, desired: Desired) -> bool:
    """Return whether it is worth a report that the trunk of an entry does not exist. An audit creates no trunk."""
    return desired.state != "absent" if fleet.audit else desired.state == "existing"


def _unmanaged(found: lookup.Found) -> list[dict[str, Any]]:
    """Return the trunks that no entry refers to."""
    managed = {resource["id"] for resource in found.existing}
    return [
        {"id": resource["id"], "name": resource["attributes"].get("name")}
        for resource in found.read
        if resource["id"] not in managed
    ]


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
) -> tuple[dict[int, Plan], dict[int, list[Problem]]]:
    """Compare every entry with the trunk found for it; return the plans, and the problems of skipped entries, by index.

    `numbers`: known DID numbers, by id. `defaults`: known default DIDs, by the id of their trunk. Raises InvalidOptions
    with every problem of every entry, including those in `found`, unless the fleet skips invalid entries.
    """
    plans: dict[int, Plan] = {}
    rejected = dict(fleet.rejected)
    indexes = list(fleet.wanted)
    for position, problem in found.problems:
        index = indexes[position]
        rejected.setdefault(index, []).append(_of_entry(index, fleet.wanted[index].value, problem))
    names = lookup.names_of(found.read, besides={resource["id"] for resource in found.existing})
    for index, resource in zip(indexes, found.resources, strict=True):
        desired = fleet.wanted[index]
        if index in rejected:
            continue
        try:
            if resource is None and fleet.allows_missing and _must_exist(fleet, desired):
                plans[index] = creation.nothing(desired)
            else:
                plans[index] = _decide(desired, resource, numbers, names, defaults or {})
        except InvalidOptions as error:
            name = resource["attributes"].get("name") if resource else desired.value
            rejected[index] = [_of_entry(index, name, problem) for problem in error.problems]
    if fleet.skip_invalid or not rejected:
        for index, problem in [*_name_conflicts(plans), *_reference_conflicts(fleet.wanted, plans)]:
            rejected.setdefault(index, []).append(_of_entry(index, plans[index].name, problem))
    problems = [problem for index in sorted(rejected) for problem in rejected[index]]
    if problems and not fleet.skip_invalid:
        raise InvalidOptions(problems)
    if plans and fleet.skip_invalid and not found.existing and _missing(fleet, found):
        words = f"none of the trunks of the {len(plans)} entries exists: check api_url and api_key"
        raise InvalidOptions([Problem("trunks", words)])
    return {index: plan for index, plan in plans.items() if index not in rejected}, rejected


def _name_conflicts(plans: Mapping[int, Plan]) -> Iterable[tuple[int, Problem]]:
    """Yield the entries that set a name which another entry's trunk has before or after this task.

    DIDWW rejects duplicate names ("has already been taken"), and the order of updates is random.
    """
    holders: dict[str, set[int]] = {}
    for index, plan in plans.items():
        for name in (plan.after.name, plan.name):
            holders.setdefault(name, set()).add(index)
    for index, plan in plans.items():
        others = holders[plan.after.name] - {index} if "name" in plan.changes and plan.exists else ()
        if others:
            other = min(others)
            words = (
                f"trunks[{other}] ({plans[other].after.id}) also has the name {show(plan.after.name)} before or after "
                "this task, and DIDWW rejects duplicate names: rename one of the two in an earlier task"
            )
            yield index, Problem("name", words)


def _reference_conflicts(wanted: Mapping[int, Desired], plans: Mapping[int, Plan]) -> Iterable[tuple[int, Problem]]:
    """Yield the entries that set an external_reference_id by which another entry selects its trunk.

    Two trunks would then have the same reference, and later runs could not distinguish them.
    """
    option = "external_reference_id"
    selecting = {desired.value: index for index, desired in wanted.items() if desired.selector == option}
    for index, plan in plans.items():
        reference = str(plan.changes.get(option, {}).get("after"))
        if selecting.get(reference, index) != index:
            words = (
                f"trunks[{selecting[reference]}] selects its trunk by {show(reference)}, which two trunks would then "
                f"have: give each trunk its own {option}"
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
    """Return the result for a fleet: the plan and the outcome for each trunk, and the skipped entries."""
    entries: dict[int, dict[str, Any]] = {}
    failures: dict[str, list[str]] = {}
    for index, problems in rejected.items():
        desired = fleet.wanted.get(index)
        message = joined(InvalidOptions(problems).messages())
        named = {"id": desired.value if desired and desired.selector == "id" else None, "name": None}
        entries[index] = {**named, "changes": {}, "held": {}, "changed": False, "failed": True, "msg": message}
        failures[message] = []
    for index, plan in plans.items():
        outcome = outcomes[index]
        name = plan.name if outcome.get("failed") else plan.after.name
        for warning in outcome.pop("warnings", ()):
            task.warn(f"trunks[{index}] ({name}): {warning}")
        more = {"did_numbers": plan.after.numbers_of(plan.relinked)} if plan.relinked else {}
        entry = {"id": plan.after.id, "name": name, "changes": plan.changes, "held": plan.held}
        entries[index] = {**entry, **more, **outcome}
        if outcome.get("failed"):
            failures.setdefault(outcome["msg"], []).append(f"trunks[{index}] ({name})")
    trunks = [entries[index] for index in sorted(entries)]
    changed = sum(entry["changed"] for entry in trunks)
    failed = sum("failed" in entry for entry in trunks)
    result: dict[str, Any] = {
        "changed": changed > 0,
        "trunks": trunks,
        "summary": {
            "total": len(trunks),
            "changed": changed,
            "created": _count(plans, outcomes, "POST"),
            "deleted": _count(plans, outcomes, "DELETE"),
            "unchanged": len(trunks) - changed - failed,
            "held": sum(bool(plan.held) for plan in plans.values()),
            "failed": failed,
            "requests": requests,
        },
        "api_version": meta.get("api_version"),
    }
    if task.show_diff:
        result["diff"] = [trunk.diff(plan) for index, plan in plans.items() if outcomes[index]["changed"]]
    if failures:
        words = f"{changed} {'trunk' if changed == 1 else 'trunks'} changed, {failed} failed"
        messages = [f"{', '.join(labels)}: {message}" if labels else message for message, labels in failures.items()]
        result.update(failed=True, msg=f"{words}: {numbered(messages)}")
    return result


def _count(plans: Mapping[int, Plan], outcomes: Mapping[int, Mapping[str, Any]], method: str) -> int:
    return sum(plan.method == method and outcomes[index]["changed"] for index, plan in plans.items())


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
        wanted = [Desired("id", value, {}, state=None, also_read=selection.linkage) for value in selection.ids]
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
