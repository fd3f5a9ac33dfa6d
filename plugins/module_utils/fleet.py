# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many trunks in one task: each entry checked, found and planned; then what came of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils import api, jsonapi, trunk
from ansible_collections.didww.voice.plugins.module_utils.trunk import (
    Desired,
    Plan,
    Problem,
    Refusal,
    Setting,
    show,
    whole,
)

# Requests per second and key (reference, rate).
MOST_REQUESTS = 20
_RATE = Setting("max_requests_per_second", whole(1, MOST_REQUESTS), left_out=f"for {MOST_REQUESTS}")


# --- Desired --------------------------------------------------------------------------------------


def argument_spec() -> dict[str, Any]:
    """Return the Ansible argument spec of a task that updates many trunks."""
    return {
        "trunks": {"type": "list", "elements": "dict", "required": True, "options": trunk.argument_spec()},
        _RATE.name: {**_RATE.kind.spec, "default": MOST_REQUESTS},
    }


def desire_all(given: Mapping[str, Any]) -> list[Desired]:
    """Check and canonicalise a list of trunks, in their order. Raises Refusal with every problem of every entry.

    An entry that is None is left out: what is wrong with it has been said.
    """
    desired: list[Desired] = []
    problems: list[Problem] = []
    trunks = given.get("trunks")
    if not isinstance(trunks, list):
        expected = "a list of trunks, each a dictionary of options"
        words = trunk.refused(trunks, expected) if "trunks" in given else f"required: {expected}"
        problems.append(Problem("trunks", words))
        trunks = []
    for index, options in enumerate(trunks):
        if options is not None:
            try:
                desired.append(trunk.desire(options))
            except Refusal as refusal:
                problems += entry(index, trunk.label(options), refusal.problems)
    if _RATE.name in given:
        trunk.collect(problems, {}, _RATE.name, _RATE.desired, given[_RATE.name])
    if problems:
        raise Refusal(problems)
    return desired


def entry(index: int, name: str, problems: Iterable[Problem]) -> list[Problem]:
    """Return problems of one entry of a list of trunks, told by its index and name."""
    return [Problem(f"trunks[{index}] ({name})", f"{problem.option}: {problem.text}") for problem in problems]


# --- Found ----------------------------------------------------------------------------------------


class Found(NamedTuple):
    """The one trunk that each entry means, in their order; None where there is a problem with that.

    `meta` and `included` as in jsonapi.Answers; `read`: every trunk that was read.
    """

    resources: list[dict[str, Any] | None]
    problems: list[Problem]
    meta: dict[str, Any]
    included: list[dict[str, Any]]
    read: list[dict[str, Any]]

    @property
    def there(self) -> list[dict[str, Any]]:
        """The trunks that were found."""
        return [each for each in self.resources if each is not None]


def find_all(client: jsonapi.Client, wanted: Sequence[Desired]) -> Found:
    """Find the one trunk that each of `wanted` means.

    A problem is an entry that means none, several, or the same trunk as another one. Raises
    jsonapi.Failure.
    """
    if len(wanted) == 1:
        try:
            answer = api.find(client, wanted[0])
        except Refusal as refusal:
            return Found([None], entry(0, wanted[0].identifier, refusal.problems), {}, [], [])
        return Found([answer.resource], [], answer.meta, answer.included, answer.read)
    if not wanted:
        return Found([], [], {}, [], [])
    linkage = tuple(name for name in trunk.LINKAGE if any(name in each.linkage for each in wanted))
    missing = {each.identifier for each in wanted if each.by == "id"}
    by_id_alone = len(missing) == len(wanted)
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    read: list[dict[str, Any]] = []
    included: list[dict[str, Any]] = []
    meta: dict[str, Any] = {}
    for page in client.pages(trunk.RESOURCE_TYPE, api.sparse(linkage), linkage):
        resources, meta = list(page.resources), page.meta
        included += page.included
        missing -= {each["id"].lower() for each in resources}
        one_by_one = by_id_alone and singly(len(missing), page.pages - page.number)
        if one_by_one:
            answers = [_get_if_there(client, each, linkage) for each in sorted(missing)]
            resources += [each.resource for each in answers if each]
            included += [did for each in answers if each for did in each.included]
        read += resources
        for resource in resources:
            for key in (("id", resource["id"].lower()), *api.identifiers_of(resource["attributes"]).items()):
                found.setdefault(key, []).append(resource)
        if one_by_one or (by_id_alone and not missing):
            break
    return Found(*_each_one(wanted, found), meta, included, read)


def _get_if_there(client: jsonapi.Client, identifier: str, linkage: Sequence[str]) -> jsonapi.Answer | None:
    """Return the trunk with this id, None if there is none. Raises jsonapi.Failure."""
    try:
        return client.get(trunk.RESOURCE_TYPE, identifier, api.sparse(linkage), linkage)
    except jsonapi.Refused as error:
        if error.status != 404:
            raise
        return None


def singly(missing: int, pages: int) -> bool:
    """Return whether to read `missing` trunks one by one rather than `pages` more pages: where it is fewer requests."""
    return 0 < missing < pages


def _each_one(
    wanted: Sequence[Desired], found: Mapping[tuple[str, str], list[dict[str, Any]]]
) -> tuple[list[dict[str, Any] | None], list[Problem]]:
    """Return the one trunk that each entry means, None where it means none or several, and what is wrong with that.

    `found`: the trunks by each identifier and its value.
    """
    one_each: list[dict[str, Any] | None] = []
    problems: list[Problem] = []
    first: dict[str, int] = {}
    for index, each in enumerate(wanted):
        resources = found.get((each.by, each.identifier), [])
        if len(resources) != 1:
            one_each.append(None)
            problems += entry(index, each.identifier, [Problem(each.by, api.not_one(each.identifier, resources))])
            continue
        (resource,) = resources
        one_each.append(resource)
        other = first.setdefault(resource["id"], index)
        if other != index:
            name = show(resource["attributes"].get("name"))
            words = f"means the same trunk as trunks[{other}], {name} ({resource['id']}); write it once"
            problems += entry(index, each.identifier, [Problem(each.by, words)])
    return one_each, problems


# --- Planned --------------------------------------------------------------------------------------


def plan_all(desired: Sequence[Desired], found: Found, numbers: Mapping[str, str]) -> list[Plan]:
    """Plan every entry against the trunk that was found for it; return the plans in the order of the entries.

    `numbers`: the number of each DID id where it is known. Raises Refusal with every problem of
    every entry, those of `found` among them.
    """
    plans = []
    problems = list(found.problems)
    ids = api.ids_of(numbers)
    names = api.names_of(found.read, besides={each["id"] for each in found.there})
    for index, (each, resource) in enumerate(zip(desired, found.resources, strict=True)):
        if resource is not None:
            try:
                plans.append(trunk.plan(each, trunk.read(resource, numbers), ids, names))
            except Refusal as refusal:
                problems += entry(index, resource["attributes"].get("name"), refusal.problems)
    if not problems:
        problems += _meeting_names(plans) + _shared_references(desired, plans)
    if problems:
        raise Refusal(problems)
    return plans


def _meeting_names(plans: Sequence[Plan]) -> list[Problem]:
    """Return the entries that take a name which another entry's trunk has, before or after.

    DIDWW refuses a name that is taken (reference, Errors), and which update comes first is chance.
    """
    names = [plan.after.name for plan in plans]
    holders: dict[str, set[int]] = {}
    for index, plan in enumerate(plans):
        for name in (names[index], plan.name):
            holders.setdefault(name, set()).add(index)
    problems = []
    for index, plan in enumerate(plans):
        others = holders[names[index]] - {index} if "name" in plan.changes else ()
        if others:
            other = min(others)
            words = (
                f"trunks[{other}] ({plans[other].after.id}) has the name {show(names[index])} before or after this "
                "task too, and DIDWW refuses a name that is taken: rename one of the two in a task of its own before"
            )
            problems += entry(index, plan.name, [Problem("name", words)])
    return problems


def _shared_references(desired: Sequence[Desired], plans: Sequence[Plan]) -> list[Problem]:
    """Return the entries that take an external_reference_id by which another entry selects its trunk.

    Two trunks would have it then, and no later run could tell which one is meant.
    """
    selecting = {each.identifier: index for index, each in enumerate(desired) if each.by == "external_reference_id"}
    problems = []
    for index, plan in enumerate(plans):
        reference = plan.changes.get("external_reference_id", {}).get("after")
        if reference in selecting:
            words = (
                f"trunks[{selecting[reference]}] selects its trunk by {show(reference)}, which two trunks would have "
                "then: give each trunk an external_reference_id of its own"
            )
            problems += entry(index, plan.name, [Problem("external_reference_id", words)])
    return problems


# --- Done -----------------------------------------------------------------------------------------


def report(
    module: api.TaskModule,
    plans: Sequence[Plan],
    outcomes: Sequence[dict[str, Any]],
    requests: int,
    meta: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the result of a fleet: what was planned for each trunk, and what came of it."""
    trunks = []
    failures: dict[str, list[str]] = {}
    for index, (plan, outcome) in enumerate(zip(plans, outcomes, strict=True)):
        name = plan.name if outcome.get("failed") else plan.after.name
        for warning in outcome.pop("warnings", ()):
            module.warn(f"trunks[{index}] ({name}): {warning}")
        more = {"did_numbers": plan.after.numbers_of(plan.relinked)} if plan.relinked else {}
        trunks.append({"id": plan.after.id, "name": name, "changes": plan.changes, **more, **outcome})
        if outcome.get("failed"):
            failures.setdefault(outcome["msg"], []).append(f"trunks[{index}] ({name})")
    changed = sum(each["changed"] for each in trunks)
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
    if module._diff:
        result["diff"] = [trunk.diff(plan) for plan, each in zip(plans, trunks, strict=True) if each["changed"]]
    if failures:
        words = f"{failed} of {len(trunks)} trunks could not be updated, {changed} were changed"
        told = [f"{', '.join(labels)}: {msg}" for msg, labels in failures.items()]
        result.update(failed=True, msg=f"{words}: {api.joined(told)}")
    return result
