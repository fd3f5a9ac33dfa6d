# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE: this file belongs to the collection and may change at any time. Do not import it from outside.

"""The works: what each module does with its checked options."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils import _jsonapi as jsonapi
from ansible_collections.didww.voice.plugins.module_utils import _lookup as lookup
from ansible_collections.didww.voice.plugins.module_utils import _trunk as trunk
from ansible_collections.didww.voice.plugins.module_utils._kinds import DICTIONARY, rejection, show
from ansible_collections.didww.voice.plugins.module_utils._settings import (
    FILTER_ID,
    FILTERS,
    INCLUDES,
    LINKAGE,
    RESOURCE_TYPE,
    InvalidOptions,
    Problem,
    collect_all,
    info_spec,
    trunk_spec,
    trunks_spec,
)
from ansible_collections.didww.voice.plugins.module_utils._task import Task, Work, numbered
from ansible_collections.didww.voice.plugins.module_utils._trunk import Desired, Plan

# --- Update one trunk -----------------------------------------------------------------------------


def _update_one(task: Task) -> dict[str, Any]:
    """Update a trunk to the desired settings."""
    desired: Desired = task.wanted
    client = task.connect()
    found = lookup.find_one(client, desired)
    (resource,) = found.there
    task.warn_of_version(found.meta)
    task.keep_secret([resource])
    numbers = lookup.resolve(client, [desired], found)
    names = lookup.names_of(found.read, besides=[resource["id"]])
    plan = trunk.plan(desired, trunk.read(resource, numbers), lookup.ids_of(numbers), names)
    after, meta = plan.after, found.meta
    if plan.patch and not task.check_mode:
        answer = client.update(plan.patch)
        meta = answer.meta
        if meta.get("api_version") != found.meta.get("api_version"):
            task.warn_of_version(meta)
        answered = trunk.read(answer.resource)
        for warning in trunk.warnings(desired, plan.after, answered):
            task.warn(warning)
        after = answered.completed_by(plan.after)
    result = {
        "changed": plan.patch is not None,
        "trunk": after.returned(),
        "changes": plan.changes,
        "api_version": meta.get("api_version"),
    }
    if task.show_diff:
        result["diff"] = trunk.diff(plan)
    return result


# --- Update many trunks ---------------------------------------------------------------------------


def parse_fleet(given: Mapping[str, Any]) -> list[Desired]:
    """Check and convert a list of trunks. Raises InvalidOptions with every problem of every entry."""
    problems: list[Problem] = []
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
            wanted.append(trunk.parse(options))
        except InvalidOptions as error:
            problems += [_of_entry(index, trunk.label(options), problem) for problem in error.problems]
    if problems:
        raise InvalidOptions(problems)
    return wanted


def _of_entry(index: int, name: object, problem: Problem) -> Problem:
    """Return a problem of an entry in a list of trunks, with the index and name of the entry."""
    return Problem(f"trunks[{index}] ({name})", f"{problem.option}: {problem.text}")


def _update_many(task: Task) -> dict[str, Any]:
    """Update many trunks to the settings of their entries. All updates are planned before the first is sent."""
    wanted: list[Desired] = task.wanted
    client = task.connect()
    found = lookup.find_all(client, wanted)
    task.warn_of_version(found.meta)
    task.keep_secret(found.there)
    numbers = lookup.resolve(client, wanted, found)
    plans = plan_all(wanted, found, numbers)

    def send(index: int) -> dict[str, Any]:
        """Send the update of a plan; return what to add to the plan in the result."""
        plan = plans[index]
        if plan.patch is None or task.check_mode:
            return {"changed": plan.patch is not None}
        try:
            answered = trunk.read(client.update(plan.patch).resource)
        except jsonapi.RequestFailed as error:
            return {"changed": False, "failed": True, **task.explain(error)}
        return {"changed": True, "warnings": trunk.warnings(wanted[index], plan.after, answered)}

    outcomes = concurrently(send, len(plans))
    return _report(task, plans, outcomes, client.requests, found.meta)


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


def plan_all(wanted: Sequence[Desired], found: lookup.Found, numbers: Mapping[str, str]) -> list[Plan]:
    """Compare every entry with the trunk found for it; return the plans in the order of the entries.

    `numbers`: known DID numbers, by id. Raises InvalidOptions with every problem of every entry,
    including those in `found`.
    """
    plans = []
    problems = [_of_entry(index, wanted[index].value, problem) for index, problem in found.problems]
    ids = lookup.ids_of(numbers)
    names = lookup.names_of(found.read, besides={resource["id"] for resource in found.there})
    for index, (desired, resource) in enumerate(zip(wanted, found.resources, strict=True)):
        if resource is not None:
            try:
                plans.append(trunk.plan(desired, trunk.read(resource, numbers), ids, names))
            except InvalidOptions as error:
                name = resource["attributes"].get("name")
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
        others = holders[names[index]] - {index} if "name" in plan.changes else ()
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
        reference = plan.changes.get(option, {}).get("after")
        if reference in selecting:
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
        trunks.append({"id": plan.after.id, "name": name, "changes": plan.changes, **more, **outcome})
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
            "unchanged": len(trunks) - changed - failed,
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


# --- Read trunks ----------------------------------------------------------------------------------


class Selection(NamedTuple):
    """The trunks that a task reads: the one with `id`, or those that match `filters` (by DIDWW's names)."""

    id: str | None
    filters: dict[str, str]
    linkage: tuple[str, ...]
    credentials: bool


def parse_selection(given: Mapping[str, Any]) -> Selection:
    """Check and convert the options for reading trunks. Raises InvalidOptions with every problem."""
    problems: list[Problem] = []
    values = collect_all(problems, (FILTER_ID, *FILTERS.values(), *INCLUDES), given)
    problems += [
        Problem(row.name, "cannot be combined with id, which already selects one trunk")
        for row in FILTERS.values()
        if "id" in given and row.name in given
    ]
    if problems:
        raise InvalidOptions(problems)
    filters = {name: values[row.name] for name, row in FILTERS.items() if row.name in values}
    return Selection(
        id=values.get("id"),
        filters={name: show(value) if isinstance(value, bool) else value for name, value in filters.items()},
        linkage=LINKAGE if values.get("include_dids") else (),
        credentials=bool(values.get("include_credentials")),
    )


def _read(task: Task) -> dict[str, Any]:
    """Return the trunks that the task selects, as they are."""
    selection: Selection = task.wanted
    client = task.connect()
    if selection.id:
        answer = client.get(RESOURCE_TYPE, selection.id, lookup.sparse(selection.linkage), selection.linkage)
        resources, meta, included = [answer.resource], answer.meta, answer.included
    else:
        resources, answers = lookup.search(client, selection.filters, selection.linkage)
        meta, included = answers.meta, answers.included
    task.warn_of_version(meta)
    numbers = lookup.numbers_of(included)
    trunks, settings = [], []
    for resource in resources:
        current = trunk.read(resource, numbers)
        trunks.append(current.returned())
        not_accepted = trunk.not_accepted(current)
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
