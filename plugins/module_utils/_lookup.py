# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE: this file belongs to the collection and may change at any time. Do not import it from outside.

"""Which trunks and DIDs a task refers to: by id, by another identifier, by filter, by number."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils import _jsonapi as jsonapi
from ansible_collections.didww.voice.plugins.module_utils._kinds import show
from ansible_collections.didww.voice.plugins.module_utils._settings import (
    DID_TYPE,
    IDENTIFIERS,
    LINKAGE,
    RESOURCE_TYPE,
    InvalidOptions,
    Problem,
)
from ansible_collections.didww.voice.plugins.module_utils._trunk import Desired, numbers_in

# The most resources of a type that DIDWW puts on a page (DIDWW API 3, "Pagination").
PAGE_SIZES = {RESOURCE_TYPE: 1000, DID_TYPE: 100}
# In one filter: a URL of about 2,000 characters.
IDS_AT_ONCE = 50
NUMBERS_AT_ONCE = PAGE_SIZES[DID_TYPE]


# --- Trunks by filter -----------------------------------------------------------------------------


def sparse(linkage: Sequence[str]) -> dict[str, str]:
    """Return the parameters that keep the DIDs of `linkage` small."""
    return {"fields[dids]": "number"} if linkage else {}


def search(
    client: jsonapi.Client, filters: Mapping[str, str], linkage: Sequence[str] = ()
) -> tuple[list[dict[str, Any]], jsonapi.Answers]:
    """Return the trunks that `filters` (`{filter: value}`, DIDWW's names) select, and all that was read for that.

    Raises RequestFailed.
    """
    params = sparse(linkage)
    # Servers of this family split a filter's value at commas: such a filter is not sent.
    params.update({f"filter[{name}]": value for name, value in filters.items() if not re.search(r'[,"]', value)})
    answers = client.get_all(RESOURCE_TYPE, params, linkage)
    # For identifiers DIDWW's filter only narrows the search: an exact match is decided here.
    exact = {name: value for name, value in filters.items() if name in IDENTIFIERS}
    matches = [
        resource for resource in answers.resources if exact.items() <= _identifiers_of(resource["attributes"]).items()
    ]
    return matches, answers


def _identifiers_of(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Return what a trunk with these attributes can be selected by, besides its id."""
    return {name: attributes[name] for name in IDENTIFIERS if isinstance(attributes.get(name), str)}


def names_of(resources: Iterable[Mapping[str, Any]], besides: Collection[str]) -> dict[str, str]:
    """Return the id of each trunk among `resources` by its name, `besides` the trunks with these ids."""
    return {
        name: resource["id"]
        for resource in resources
        if resource["id"] not in besides and isinstance(name := resource["attributes"].get("name"), str)
    }


# --- The trunk of each task -----------------------------------------------------------------------


class Found(NamedTuple):
    """The one trunk that each task refers to, in their order; None where there is a problem with that.

    `problems`: the index of a task, and what is wrong. `meta` and `included` as in jsonapi.Answers.
    `read`: every trunk that was read.
    """

    resources: list[dict[str, Any] | None]
    problems: list[tuple[int, Problem]]
    meta: dict[str, Any]
    included: list[dict[str, Any]]
    read: list[dict[str, Any]]

    @property
    def there(self) -> list[dict[str, Any]]:
        """The trunks that were found."""
        return [resource for resource in self.resources if resource is not None]


def find_one(client: jsonapi.Client, desired: Desired) -> Found:
    """Find the trunk that a task refers to, with the linkage that it sets.

    Raises InvalidOptions if no trunk, or more than one, matches, and RequestFailed.
    """
    if desired.selector == "id":
        answer = client.get(RESOURCE_TYPE, desired.value, sparse(desired.linkage), desired.linkage)
        return Found([answer.resource], [], answer.meta, answer.included, [answer.resource])
    matches, answers = search(client, {desired.selector: desired.value}, desired.linkage)
    if len(matches) != 1:
        raise InvalidOptions([Problem(desired.selector, _not_one(desired.value, matches))])
    return Found([matches[0]], [], answers.meta, answers.included, answers.resources)


def find_all(client: jsonapi.Client, wanted: Sequence[Desired]) -> Found:
    """Find the trunks that several tasks refer to: no trunk, more than one, and the same one twice are problems.

    Raises RequestFailed.
    """
    if not wanted:
        return Found([], [], {}, [], [])
    if len(wanted) == 1:
        try:
            return find_one(client, wanted[0])
        except InvalidOptions as error:
            return Found([None], [(0, problem) for problem in error.problems], {}, [], [])
    linkage = tuple(name for name in LINKAGE if any(name in desired.linkage for desired in wanted))
    ids = {desired.value for desired in wanted if desired.selector == "id"}
    by_id_alone = len(ids) == len(wanted)
    answers = _by_id(client, ids, linkage) if by_id_alone and len(ids) <= IDS_AT_ONCE else None
    if answers is None:
        answers = _by_page(client, ids if by_id_alone else None, linkage)
    return Found(*_match(wanted, answers.resources), answers.meta, answers.included, answers.resources)


def _by_id(client: jsonapi.Client, ids: Collection[str], linkage: Sequence[str]) -> jsonapi.Answers | None:
    """Return the trunks with these ids, from as few requests as possible; None if DIDWW refuses the filter.

    DIDWW's OpenAPI document (2026-04-16) lists the filter, its SDKs do not. Raises RequestFailed.
    """
    answers = jsonapi.Answers([], {}, [])
    left = sorted(ids)
    while left:
        together, left = left[:IDS_AT_ONCE], left[IDS_AT_ONCE:]
        try:
            params = {"filter[id]": ",".join(together), **sparse(linkage)}
            answers = _joined(answers, client.get_all(RESOURCE_TYPE, params, linkage))
        except jsonapi.ApiError as error:
            if error.status != 400:
                raise
            return None
    return answers


def _by_page(client: jsonapi.Client, ids: Collection[str] | None, linkage: Sequence[str]) -> jsonapi.Answers:
    """Return the trunks of the account, page by page; with `ids`, only as many pages as those need.

    The missing ones are read by id as soon as that takes fewer requests than the pages that are left.
    Raises RequestFailed.
    """
    missing = set(ids or ())
    filtered = True  # as long as DIDWW does not refuse the filter
    answers = jsonapi.Answers([], {}, [])
    for page in client.pages(RESOURCE_TYPE, sparse(linkage), linkage):
        answers = _joined(answers, page)
        if ids is None:
            continue
        missing -= {resource["id"].lower() for resource in page.resources}
        left = page.pages - page.number
        rest: jsonapi.Answers | None = None
        if filtered and 0 < -(-len(missing) // IDS_AT_ONCE) < left:
            rest = _by_id(client, missing, linkage)
            filtered = rest is not None
        if rest is None and is_cheaper_singly(len(missing), left):
            rest = _singly(client, missing, linkage)
        if rest is not None:
            return _joined(answers, rest)
        if not missing:
            break
    return answers


def _singly(client: jsonapi.Client, ids: Iterable[str], linkage: Sequence[str]) -> jsonapi.Answers:
    """Return the trunks with these ids, as far as there are any, each from a request. Raises RequestFailed."""
    answers = jsonapi.Answers([], {}, [])
    for identifier in sorted(ids):
        try:
            resource, meta, included = client.get(RESOURCE_TYPE, identifier, sparse(linkage), linkage)
            answers = _joined(answers, jsonapi.Answers([resource], meta, included))
        except jsonapi.ApiError as error:
            if error.status != 404:
                raise
    return answers


def _joined(first: jsonapi.Answers, second: jsonapi.Answers | jsonapi.Page) -> jsonapi.Answers:
    meta = second.meta or first.meta
    return jsonapi.Answers(first.resources + second.resources, meta, first.included + second.included)


def is_cheaper_singly(missing: int, pages: int) -> bool:
    """Return whether it takes fewer requests to read `missing` trunks one by one than `pages` more pages."""
    return 0 < missing < pages


def _match(
    wanted: Sequence[Desired], read: Iterable[dict[str, Any]]
) -> tuple[list[dict[str, Any] | None], list[tuple[int, Problem]]]:
    """Return the trunk among `read` that each task refers to, None where there is not exactly one, and the problems."""
    holders: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for resource in read:
        identifiers = {**_identifiers_of(resource["attributes"]), "id": resource["id"].lower()}
        for key in identifiers.items():
            holders.setdefault(key, []).append(resource)
    resources: list[dict[str, Any] | None] = []
    problems: list[tuple[int, Problem]] = []
    first: dict[str, int] = {}
    for index, desired in enumerate(wanted):
        matches = holders.get((desired.selector, desired.value), [])
        if len(matches) != 1:
            resources.append(None)
            problems.append((index, Problem(desired.selector, _not_one(desired.value, matches))))
            continue
        (resource,) = matches
        resources.append(resource)
        other = first.setdefault(resource["id"], index)
        if other != index:
            name = show(resource["attributes"].get("name"))
            words = f"means the same trunk as trunks[{other}], {name} ({resource['id']}); write it once"
            problems.append((index, Problem(desired.selector, words)))
    return resources, problems


def _not_one(value: str, matches: Sequence[Mapping[str, Any]]) -> str:
    """Return why `matches`, the trunks with an identifier, are not the one trunk that a task refers to."""
    if not matches:
        return f"no trunk of this account has {show(value)}; upper and lower case and spaces count"
    found = ", ".join(f"{show(match['attributes'].get('name'))} ({match['id']})" for match in matches)
    return f"{len(matches)} trunks have {show(value)}: {found}; give the id of the one that is meant"


# --- DIDs by number -------------------------------------------------------------------------------


def numbers_of(dids: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the number of each DID among JSON:API resources, by id."""
    return {
        did["id"].lower(): did["attributes"]["number"]
        for did in dids
        if did["type"] == DID_TYPE and isinstance(did.get("attributes", {}).get("number"), str)
    }


def ids_of(numbers: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the ids of the DIDs that have each number; `numbers` is by id."""
    ids: dict[str, list[str]] = {}
    for did, number in numbers.items():
        ids.setdefault(number, []).append(did)
    return ids


def resolve(client: jsonapi.Client, wanted: Sequence[Desired], found: Found) -> dict[str, str]:
    """Return the number of each DID id that was included or that the tasks list by number.

    Looks up each number once, unless it is linked to the trunk already. Raises RequestFailed.
    """
    numbers = numbers_of(found.included)
    unknown: set[str] = set()
    for desired, resource in zip(wanted, found.resources, strict=True):
        for name, listed in numbers_in(desired).items():
            linked = resource["relationships"][name]["data"] if resource else []
            unknown |= listed - {numbers.get(identifier["id"].lower(), "") for identifier in linked}
    left = sorted(unknown)
    while left:
        together, left = left[:NUMBERS_AT_ONCE], left[NUMBERS_AT_ONCE:]
        numbers.update(_dids(client, together))
    return numbers


def _dids(client: jsonapi.Client, wanted: Sequence[str]) -> dict[str, str]:
    """Return the numbers by id of the DIDs that have them: looked up together, and the missing ones singly."""
    params = {"filter[number]": ",".join(wanted), "fields[dids]": "number"}
    try:
        numbers = numbers_of(client.get_all(DID_TYPE, params).resources)
    except jsonapi.ApiError as error:
        if error.status != 400 or len(wanted) == 1:
            raise
        numbers = {}
    if len(wanted) > 1:
        for number in sorted(set(wanted) - set(numbers.values())):
            numbers.update(_dids(client, [number]))
    return numbers
