# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lookup: finds resources by id, by another identifier and by filter."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine.connection import DEFAULT_VERSION
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import UUID, is_id, nearest, rejection, show
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import Desired
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions, Problem
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource
from ansible_collections.didww.voice.plugins.module_utils._engine.search import (
    batches,
    has,
    joined,
    linkage_of,
    once,
    search,
)

# Per filter, so that URLs have at most about 2,000 characters.
IDS_AT_ONCE = 50
# The states for which a missing resource is a problem.
MUST_EXIST = ("existing", None)
# In an error message.
MOST_SUGGESTIONS = 20


def holders_of(
    resource: Resource, read: Iterable[Mapping[str, Any]], besides: Collection[str]
) -> dict[tuple[str, str], str]:
    """Return the ids of what was `read`, except those in `besides`, by what must be unique: see Resource.uniques."""
    others = [one for one in read if one["id"] not in besides]
    return {key: one["id"] for one in others for key in resource.uniques_of(one)}


def new_names(desired: Desired, one: Mapping[str, Any] | None) -> set[str]:
    """Return the unique name that a task gives to a resource without it, or nothing. `one`: the resource, if it is."""
    unique = desired.resource.unique
    name = desired.value if desired.selector == unique else desired.settings.get(unique)
    # A resource that does not exist is not created with an id.
    creates = one is None and desired.state == "present" and desired.selector != "id"
    if name is None or desired.state == "absent" or not (one or creates):
        return set()
    return {name} - {desired.resource.identifiers_of(one).get(unique) if one else None}


# --- The resource of each task --------------------------------------------------------------------


class Found(NamedTuple):
    """The resource that each task refers to, in the order of the tasks, or None if there is none or a problem.

    `problems`: the index of a task, and its problem. `meta` and `included`: see jsonapi.Answers. `read`:
    every resource that was read.
    """

    resources: list[dict[str, Any] | None]
    problems: list[tuple[int, Problem]]
    meta: dict[str, Any]
    included: list[dict[str, Any]]
    read: list[dict[str, Any]]

    @property
    def existing(self) -> list[dict[str, Any]]:
        """The resources that were found."""
        return [resource for resource in self.resources if resource is not None]


def find_one(client: jsonapi.Client, desired: Desired) -> Found:
    """Find the resource that a task refers to, the linkage that the task sets, and who has the name that it sets.

    Raises InvalidOptions if more than one matches, or none and the task requires one, and RequestFailed.
    """
    return _with_holders(client, [desired], _find_one(client, desired))


def _find_one(client: jsonapi.Client, desired: Desired) -> Found:
    resource = desired.resource
    if desired.selector == "id":
        try:
            answer = client.get(resource.type, desired.value, *linkage_of(resource, desired.linkage))
        except jsonapi.ApiError as error:
            if not error.is_missing(desired.value) or desired.state in MUST_EXIST:
                raise
            return Found([None], [], {}, [], [])
        return Found([answer.resource], [], answer.meta, answer.included, [answer.resource])
    name = resource.rows[desired.selector].key
    matches, answers = search(client, resource, {name: desired.value}, desired.linkage)
    if len(matches) > 1:
        words = _several_match(resource, desired.selector, desired.value, matches)
        raise InvalidOptions([Problem(desired.selector, words)])
    if not matches and desired.state in MUST_EXIST:
        # Nobody wants to page through thousands for a suggestion.
        account = None if resource.listed_by else _account(client, resource)
        raise InvalidOptions([Problem(desired.selector, _none_matches(desired, account))])
    return Found([matches[0] if matches else None], [], answers.meta, answers.included, answers.resources)


def _with_holders(client: jsonapi.Client, wanted: Sequence[Desired], found: Found) -> Found:
    """Return `found` with the resources that have a unique name which a task gives to another one.

    The API rejects duplicates, and check mode must predict that. Raises RequestFailed.
    """
    resource = wanted[0].resource
    pairs = [pair for pair in zip(wanted, found.resources, strict=True) if pair[0].selector != resource.unique]
    new = {name for pair in pairs for name in new_names(*pair)}
    if not new:
        return found
    if len(new) == 1:
        holders, _answers = search(client, resource, {resource.rows[resource.unique].key: new.pop()})
    else:
        holders = client.get_all(resource.type).resources
    return found._replace(read=[*found.read, *holders])


def find_any(
    client: jsonapi.Client, resource: Resource, text: str, linkage: Sequence[str], version: str = DEFAULT_VERSION
) -> Found:
    """Find the one resource with `text` as any of its identifiers. Raises InvalidOptions and RequestFailed."""
    if resource.listed_by:
        return _find_listed(client, resource, text, linkage, version)
    answers = client.get_all(resource.type, *linkage_of(resource, linkage))
    identifiers = [resource.identifiers_of(one) for one in answers.resources]
    matches = [
        one
        for one, known in zip(answers.resources, identifiers, strict=True)
        if text in known.values() or text.lower() == one["id"].lower()
    ]
    noun, which = resource.noun, f"{', '.join(resource.identifiers[:-1])} or {resource.title}"
    if len(matches) > 1:
        raise InvalidOptions([Problem(resource.key, _several_match(resource, which, text, matches))])
    if not matches:
        names = [value for known in identifiers for value in known.values()]
        raise InvalidOptions(
            [Problem(resource.key, f"no {noun} has the {which} {show(text)}{_suggestions(text, names)}")]
        )
    return Found([matches[0]], [], answers.meta, answers.included, answers.resources)


def _find_listed(client: jsonapi.Client, resource: Resource, text: str, linkage: Sequence[str], version: str) -> Found:
    """Find the one resource with an id, or the identifier that lists it. Raises InvalidOptions and RequestFailed."""
    selector, kind = ("id", UUID) if is_id(text) else (resource.listed_by, resource.rows[resource.listed_by].kind)
    try:
        value = kind.canonical(text)
    except ValueError as error:
        raise InvalidOptions([Problem(resource.key, rejection(text, error))]) from error
    wanted = Desired(resource, selector, value, {}, state=None, version=version, also_read=tuple(linkage))
    try:
        return _find_one(client, wanted)
    except InvalidOptions as error:
        raise InvalidOptions([problem._replace(option=resource.key) for problem in error.problems]) from error


def _account(client: jsonapi.Client, resource: Resource) -> list[dict[str, Any]] | None:
    """Return all resources of a type, or None if they cannot be read: only an error message needs them."""
    try:
        return client.get_all(resource.type).resources
    except jsonapi.RequestFailed:
        return None


def find_all(
    client: jsonapi.Client,
    resource: Resource,
    wanted: Sequence[Desired],
    audit: bool = False,
    skip_missing: bool = False,
    many: str = "",
) -> Found:
    """Find the resources that several tasks refer to. `many`: the option for their list.

    It is a problem if more than one matches, or if two tasks match the same. It is also one if none matches and the
    task requires one, except in an `audit`, which reads all of them, and with `skip_missing` if another task has one.
    Raises RequestFailed.
    """
    if not wanted and not audit:
        return Found([], [], {}, [], [])
    if len(wanted) == 1 and not audit and not skip_missing:
        try:
            return find_one(client, wanted[0])
        except InvalidOptions as error:
            return Found([None], [(0, problem) for problem in error.problems], {}, [], [])
    asked = {name for desired in wanted for name in desired.linkage}
    query = linkage_of(resource, asked)
    ids = {desired.value for desired in wanted if desired.selector == "id"}
    by_id_alone = len(ids) == len(wanted)
    filtered = by_id_alone and len(ids) <= IDS_AT_ONCE and not audit
    listed = (
        bool(resource.listed_by) and not audit and all(one.selector in ("id", resource.listed_by) for one in wanted)
    )
    if listed:
        answers = _listed(client, resource, wanted, query)
    else:
        answers = _by_id(client, resource.type, ids, query) if filtered else None
    # That a filter returns nothing is no proof that there is nothing.
    if answers is None or (ids - _ids_of(answers.resources) and not listed):
        answers = _by_page(client, resource.type, ids if by_id_alone and not audit else None, query, not filtered)
    resources, problems = _match(wanted, answers.resources, audit or skip_missing, many)
    if skip_missing and not any(resources):
        resources, problems = _match(wanted, answers.resources, audit, many)
    found = Found(resources, problems, answers.meta, answers.included, answers.resources)
    return _with_holders(client, wanted, found) if by_id_alone and not audit else found


def _listed(
    client: jsonapi.Client, resource: Resource, wanted: Sequence[Desired], query: Query
) -> jsonapi.Answers | None:
    """Return what tasks select by id, or by the identifier that lists it; None if the API rejects a filter.

    Raises RequestFailed.
    """
    params, linkage = query
    key = resource.rows[resource.listed_by].key
    ids = {desired.value for desired in wanted if desired.selector == "id"}
    answers = _by_id(client, resource.type, ids, query)
    if answers is None:
        return None
    answers = joined(answers, _one_by_one(client, resource.type, ids - _ids_of(answers.resources), query))
    values = sorted({desired.value for desired in wanted if desired.selector != "id"})
    for together in batches(values, resource.page_sizes[resource.type]):
        try:
            found = client.get_all(resource.type, {f"filter[{key}]": ",".join(together), **params}, linkage)
        except jsonapi.ApiError as error:
            if error.status != 400:
                raise
            return None
        # A gateway may drop the filter.
        known = [one for one in found.resources if has(resource, one, {resource.listed_by: together})]
        answers = joined(answers, found._replace(resources=known))
    return once(answers)


# The parameters and the linkage of a request.
Query = tuple[dict[str, str], jsonapi.Linkage]


def _by_id(client: jsonapi.Client, kind: str, ids: Collection[str], query: Query) -> jsonapi.Answers | None:
    """Return the resources with these ids, in as few requests as possible; None if the API rejects the filter.

    DIDWW's OpenAPI document (2026-04-16) lists this filter, but its SDKs do not. Raises RequestFailed.
    """
    params, linkage = query
    answers = jsonapi.Answers([], {}, [])
    left = sorted(ids)
    while left:
        together, left = left[:IDS_AT_ONCE], left[IDS_AT_ONCE:]
        try:
            found = client.get_all(kind, {"filter[id]": ",".join(together), **params}, linkage)
            # A gateway may drop the filter.
            answers = joined(answers, found._replace(resources=_among(ids, found.resources)))
        except jsonapi.ApiError as error:
            if error.status != 400:
                raise
            return None
    return answers


def _by_page(
    client: jsonapi.Client, kind: str, ids: Collection[str] | None, query: Query, filtered: bool
) -> jsonapi.Answers:
    """Return the resources in the account; with `ids`, stop when all of these have been read.

    As soon as that takes fewer requests than the remaining pages, the missing ones are read by id: with the filter, if
    `filtered`, and then one by one. Raises RequestFailed.
    """
    missing = set(ids or ())
    answers = jsonapi.Answers([], {}, [])
    for page in client.pages(kind, *query):
        answers = joined(answers, page)
        if ids is None:
            continue
        missing -= _ids_of(page.resources)
        left = page.pages - page.number
        if filtered and 0 < -(-len(missing) // IDS_AT_ONCE) < left:
            filtered = False
            rest = _by_id(client, kind, missing, query)
            if rest is not None:
                answers = joined(answers, rest)
                missing -= _ids_of(rest.resources)
        if is_cheaper_one_by_one(len(missing), left):
            return joined(answers, _one_by_one(client, kind, missing, query))
        if not missing:
            break
    # A later page can hold a resource that was read by id.
    return once(answers)


def _among(ids: Collection[str], resources: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [resource for resource in resources if resource["id"].lower() in ids]


def _ids_of(resources: Iterable[Mapping[str, Any]]) -> set[str]:
    return {resource["id"].lower() for resource in resources}


def _one_by_one(client: jsonapi.Client, kind: str, ids: Iterable[str], query: Query) -> jsonapi.Answers:
    """Return the existing resources among these ids, with one request each. Raises RequestFailed."""
    answers = jsonapi.Answers([], {}, [])
    for identifier in sorted(ids):
        try:
            resource, meta, included = client.get(kind, identifier, *query)
            answers = joined(answers, jsonapi.Answers([resource], meta, included))
        except jsonapi.ApiError as error:
            if not error.is_missing(identifier):
                raise
    return answers


def is_cheaper_one_by_one(missing: int, pages: int) -> bool:
    """Return whether reading `missing` resources one by one takes fewer requests than reading `pages` pages."""
    return 0 < missing < pages


def _match(
    wanted: Sequence[Desired],
    read: Sequence[dict[str, Any]],
    audit: bool = False,
    many: str = "",
) -> tuple[list[dict[str, Any] | None], list[tuple[int, Problem]]]:
    """Return the one in `read` that each task refers to, or None if not exactly one matches, and the problems."""
    holders: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in read if wanted else ():
        identifiers = {**wanted[0].resource.identifiers_of(one), "id": one["id"].lower()}
        for key in identifiers.items():
            holders.setdefault(key, []).append(one)
    resources: list[dict[str, Any] | None] = []
    problems: list[tuple[int, Problem]] = []
    first: dict[Any, int] = {}
    missing = 0
    for index, desired in enumerate(wanted):
        matches = holders.get((desired.selector, desired.value), [])
        match = matches[0] if len(matches) == 1 else None
        resources.append(match)
        if len(matches) > 1:
            words = _several_match(desired.resource, desired.selector, desired.value, matches)
            problems.append((index, Problem(desired.selector, words)))
            continue
        if not matches and desired.state in MUST_EXIST and not audit:
            # Suggestions take time, and one list is enough.
            suggested = missing < MOST_SUGGESTIONS and desired.selector != "id" and not desired.resource.listed_by
            account = read if suggested else None
            problems.append((index, Problem(desired.selector, _none_matches(desired, account, with_list=missing == 0))))
            missing += desired.selector != "id"
            continue
        other = first.setdefault(match["id"] if match else (desired.selector, desired.value), index)
        if other != index:
            noun = desired.resource.noun
            same = f", {show(desired.resource.title_of(match))} ({match['id']})" if match else ""
            words = f"refers to the same {noun} as {many}[{wanted[other].position}]{same}"
            words += f"; each entry must refer to a different {noun}"
            problems.append((index, Problem(desired.selector, words)))
    return resources, problems


def _none_matches(desired: Desired, account: Sequence[Mapping[str, Any]] | None, with_list: bool = True) -> str:
    """Return the message that no resource matches.

    If `account`, all resources of the type, is known, the message suggests the nearest identifier and, with
    `with_list`, lists the others.
    """
    resource = desired.resource
    if account is not None and not account:
        words = f"this account has no {resource.called}s"
    else:
        known = [resource.identifiers_of(one).get(desired.selector, "") for one in account or ()]
        suggestions = _suggestions(desired.value, known, with_list)
        words = f"no {resource.noun} {_is_called(desired.selector)} {show(desired.value)}{suggestions}"
    if desired.selector == "id" or desired.state is None:
        return words
    return f"{words}{'' if words.endswith('?') else '.'} To create the {resource.noun}, set state to present"


def _is_called(selector: str, verb: str = "is", has: str = "has") -> str:
    return f"{verb} called" if selector == "name" else f"{has} the {selector}"


def _suggestions(text: str, names: Iterable[str], with_list: bool = True) -> str:
    """Return the nearest of `names`, and, with `with_list`, all of them up to MOST_SUGGESTIONS."""
    known = sorted(set(names) - {""})
    near = nearest(text, known)
    words = f". Did you mean {show(near)}?" if near else ""
    if known and with_list:
        words += f"{'' if near else '.'} This account has: {', '.join(map(show, known[:MOST_SUGGESTIONS]))}"
        if len(known) > MOST_SUGGESTIONS:
            words += f" ({MOST_SUGGESTIONS} of {len(known)} shown)"
    return words


def _several_match(resource: Resource, selector: str, value: str, matches: Sequence[Mapping[str, Any]]) -> str:
    found = ", ".join(f"{show(resource.title_of(match))} ({match['id']})" for match in matches)
    called = _is_called(selector, "are", "have")
    return f"{len(matches)} {resource.nouns} {called} {show(value)}: {found}; select one by id"
