# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many trunks in one task: each entry checked, found and planned; then what came of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils import api, jsonapi, trunk
from ansible_collections.didww.voice.plugins.module_utils.trunk import Desired, Plan, Problem, Refusal, show

# Requests per second and key (reference, rate).
MOST_REQUESTS = 20


# --- Desired --------------------------------------------------------------------------------------


def argument_spec() -> dict[str, Any]:
    """Return the Ansible argument spec of a task that updates many trunks."""
    return {
        "trunks": {"type": "list", "elements": "dict", "required": True, "options": trunk.argument_spec()},
        "max_requests_per_second": {"type": "int", "default": MOST_REQUESTS},
    }


def desire_all(given: Mapping[str, Any]) -> list[Desired]:
    """Check and canonicalise a list of trunks, in their order. Raises Refusal with every problem of every entry."""
    desired: list[Desired] = []
    problems: list[Problem] = []
    for index, options in enumerate(given.get("trunks") or ()):
        try:
            desired.append(trunk.desire(options))
        except Refusal as refusal:
            problems += entry(index, trunk.label(options), refusal.problems)
    rate = given.get("max_requests_per_second", MOST_REQUESTS)
    if not 1 <= rate <= MOST_REQUESTS:
        problems.append(
            Problem("max_requests_per_second", trunk.refused(rate, f"a whole number from 1 to {MOST_REQUESTS}"))
        )
    if problems:
        raise Refusal(problems)
    return desired


def entry(index: int, name: str, problems: Iterable[Problem]) -> list[Problem]:
    """Return problems of one entry of a list of trunks, told by its index and name."""
    return [Problem(f"trunks[{index}] ({name})", f"{problem.option}: {problem.text}") for problem in problems]


# --- Found ----------------------------------------------------------------------------------------


def find_all(client: jsonapi.Client, wanted: Sequence[Desired]) -> jsonapi.Answers:
    """Return the one trunk that each of `wanted` means, in that order.

    Raises Refusal with every entry that means none, several, or the same trunk as another one, and
    jsonapi.Failure.
    """
    if len(wanted) == 1:
        try:
            answer = api.find(client, wanted[0])
        except Refusal as refusal:
            raise Refusal(entry(0, wanted[0].identifier, refusal.problems)) from refusal
        return jsonapi.Answers([answer.resource], answer.meta, answer.included)
    linkage = tuple(name for name in trunk.LINKAGE if any(name in each.linkage for each in wanted))
    missing = {each.identifier for each in wanted if each.by == "id"}
    by_id_alone = len(missing) == len(wanted)
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    included: list[dict[str, Any]] = []
    meta: dict[str, Any] = {}
    for number, page in enumerate(client.pages(trunk.RESOURCE_TYPE, api.sparse(linkage), linkage), 1) if wanted else ():
        resources, meta = list(page.resources), page.meta
        included += page.included
        missing -= {each["id"].lower() for each in resources}
        one_by_one = by_id_alone and singly(len(missing), page.pages - number)
        if one_by_one:
            answers = [_get_if_there(client, each, linkage) for each in sorted(missing)]
            resources += [each.resource for each in answers if each]
            included += [did for each in answers if each for did in each.included]
        for resource in resources:
            for key in (("id", resource["id"].lower()), *api.identifiers_of(resource["attributes"]).items()):
                found.setdefault(key, []).append(resource)
        if one_by_one or (by_id_alone and not missing):
            break
    return jsonapi.Answers(_each_one(wanted, found), meta, included)


def _get_if_there(client: jsonapi.Client, identifier: str, linkage: Sequence[str]) -> jsonapi.Answer | None:
    try:
        return client.get(trunk.RESOURCE_TYPE, identifier, api.sparse(linkage), linkage)
    except jsonapi.Refused as error:
        if error.status != 404:
            raise
        return None


def singly(missing: int, pages: int) -> bool:
    """Return whether to read `missing` trunks one by one rather than `pages` more pages: where it is fewer requests."""
    return 0 < missing < pages


def _each_one(wanted: Sequence[Desired], found: Mapping[tuple[str, str], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    matches = [found.get((each.by, each.identifier), []) for each in wanted]
    problems: list[Problem] = []
    first: dict[str, int] = {}
    for index, (each, resources) in enumerate(zip(wanted, matches, strict=True)):
        if len(resources) != 1:
            problems += entry(index, each.identifier, [Problem(each.by, api.not_one(each.identifier, resources))])
            continue
        (resource,) = resources
        other = first.setdefault(resource["id"], index)
        if other != index:
            name = show(resource["attributes"].get("name"))
            words = f"means the same trunk as trunks[{other}], {name} ({resource['id']}); write it once"
            problems += entry(index, each.identifier, [Problem(each.by, words)])
    if problems:
        raise Refusal(problems)
    return [resources[0] for resources in matches]


# --- Planned --------------------------------------------------------------------------------------


def plan_all(
    desired: Sequence[Desired], resources: Sequence[Mapping[str, Any]], numbers: Mapping[str, str]
) -> tuple[list[Desired], list[Plan]]:
    """Plan every entry against the resource of the same index; return the entries, with ids, and their plans.

    `numbers`: the number of each DID id where it is known. Raises Refusal with every problem of
    every entry.
    """
    ids = {number: each for each, number in numbers.items()}
    resolved, plans = [], []
    problems: list[Problem] = []
    for index, (each, resource) in enumerate(zip(desired, resources, strict=True)):
        try:
            resolved.append(trunk.with_ids(each, ids))
            plans.append(trunk.plan(resolved[-1], trunk.read(resource, numbers)))
        except Refusal as refusal:
            problems += entry(index, resource["attributes"].get("name"), refusal.problems)
    if problems:
        raise Refusal(problems)
    return resolved, plans


# --- Done -----------------------------------------------------------------------------------------


def report(
    module: api.TaskModule,
    plans: Sequence[Plan],
    outcomes: Sequence[dict[str, Any]],
    requests: int,
    meta: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the result of a fleet: what was planned for each trunk, and what came of it."""
    trunks, failures = [], []
    for index, (plan, outcome) in enumerate(zip(plans, outcomes, strict=True)):
        name = plan.after.settings["name"]
        if outcome.get("failed"):
            name = plan.changes.get("name", {}).get("before", name)
        for warning in outcome.pop("warnings", ()):
            module.warn(f"trunks[{index}] ({name}): {warning}")
        trunks.append({"id": plan.after.id, "name": name, "changes": plan.changes, **outcome})
        if outcome.get("failed"):
            failures.append(f"trunks[{index}] ({name}): {outcome['msg']}")
    changed = sum(each["changed"] for each in trunks)
    result: dict[str, Any] = {
        "changed": changed > 0,
        "trunks": trunks,
        "summary": {
            "total": len(trunks),
            "changed": changed,
            "unchanged": len(trunks) - changed - len(failures),
            "failed": len(failures),
            "requests": requests,
        },
        "api_version": meta.get("api_version"),
    }
    if module._diff:
        result["diff"] = [trunk.diff(plan) for plan, each in zip(plans, trunks, strict=True) if each["changed"]]
    if failures:
        words = f"{len(failures)} of {len(trunks)} trunks could not be updated, {changed} were changed"
        result.update(failed=True, msg=f"{words}: {api.joined(failures)}")
    return result
