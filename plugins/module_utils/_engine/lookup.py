# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lookup: finds trunks by id, by another identifier and by filter, and DIDs by number."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import is_number, nearest, show
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import Desired, numbers_in
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import (
    AUTHENTICATION,
    CLI_ACTION,
    DEFAULT_DID,
    DID_TYPE,
    IDENTIFIERS,
    LINKAGE,
    NAME_CONTAINS,
    REPLACE_CLI,
    RESOURCE_TYPE,
    TYPE_FILTER,
    InvalidOptions,
    Problem,
)

# The largest pages that DIDWW allows: DIDWW API 3 (2026-04-16), "Pagination".
PAGE_SIZES = {RESOURCE_TYPE: 1000, DID_TYPE: 100}
# Per filter, so that URLs have at most about 2,000 characters.
IDS_AT_ONCE = 50
NUMBERS_AT_ONCE = PAGE_SIZES[DID_TYPE]
# The states for which a missing trunk is a problem.
MUST_EXIST = ("existing", None)
# In an error message.
MOST_SUGGESTIONS = 20


# --- Trunks by filter -----------------------------------------------------------------------------


def sparse(linkage: Sequence[str]) -> dict[str, str]:
    """Return the parameters that reduce included DIDs to their number."""
    return {"fields[dids]": "number"} if linkage else {}


def search(
    client: jsonapi.Client, filters: Mapping[str, str | list[str]], linkage: Sequence[str] = ()
) -> tuple[list[dict[str, Any]], jsonapi.Answers]:
    """Return the trunks that match `filters` (by DIDWW's names), and everything read to find them.

    A list matches any of its values. Raises RequestFailed.
    """
    params = sparse(linkage)
    for name, value in filters.items():
        if isinstance(value, list):
            params[f"filter[{name}]"] = ",".join(value)
        # The API splits filter values at commas, so texts with commas or quotes are not sent.
        elif not re.search(r'[,"]', value):
            params[f"filter[{name}]"] = value
    answers = client.get_all(RESOURCE_TYPE, params, linkage)
    for resource in answers.resources:
        _check_filtered(resource, filters)
    # DIDWW's filters are not exact, so identifiers are compared again.
    exact = {name: value for name, value in filters.items() if name in IDENTIFIERS}
    matches = [
        resource for resource in answers.resources if exact.items() <= _identifiers_of(resource["attributes"]).items()
    ]
    return matches, answers


def _check_filtered(resource: Mapping[str, Any], filters: Mapping[str, str | list[str]]) -> None:
    """Raise UnusableAnswer if a trunk in an answer does not match a filter: a gateway may drop the query.

    Identifiers may differ: DIDWW's filters are not exact.
    """
    attributes = resource["attributes"]
    for name, wanted in filters.items():
        value = attributes.get(name)
        if name == NAME_CONTAINS:
            value = attributes.get("name")
            # Whether case counts is not documented.
            fits = str(wanted).casefold() in str(value).casefold()
        elif name == TYPE_FILTER:
            method = attributes.get(AUTHENTICATION)
            value = method.get("type") if isinstance(method, Mapping) else None
            fits = value in wanted
        else:
            fits = name in IDENTIFIERS or (show(value) if isinstance(value, bool) else value) == wanted
        if value is not None and not fits:
            words = f"the answer contains {show(attributes.get('name'))} ({resource['id']}), which does not match the "
            raise jsonapi.UnusableAnswer(f"{words}filter {name}={show(wanted)}")


def _identifiers_of(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Return the identifiers in a trunk's attributes, which do not include its id."""
    return {name: attributes[name] for name in IDENTIFIERS if isinstance(attributes.get(name), str)}


def names_of(resources: Iterable[Mapping[str, Any]], besides: Collection[str]) -> dict[str, str]:
    """Return the ids of `resources` by name, except those in `besides`."""
    return {
        name: resource["id"]
        for resource in resources
        if resource["id"] not in besides and isinstance(name := resource["attributes"].get("name"), str)
    }


# --- The trunk of each task -----------------------------------------------------------------------


class Found(NamedTuple):
    """The trunk that each task refers to, in the order of the tasks, or None if there is none or a problem.

    `problems`: the index of a task, and its problem. `meta` and `included`: see jsonapi.Answers. `read`:
    every trunk that was read.
    """

    resources: list[dict[str, Any] | None]
    problems: list[tuple[int, Problem]]
    meta: dict[str, Any]
    included: list[dict[str, Any]]
    read: list[dict[str, Any]]

    @property
    def existing(self) -> list[dict[str, Any]]:
        """The trunks that were found."""
        return [resource for resource in self.resources if resource is not None]


def find_one(client: jsonapi.Client, desired: Desired) -> Found:
    """Find the trunk that a task refers to, read the linkage that the task sets, and who has the name that it sets.

    Raises InvalidOptions if more than one trunk matches, or none and the task requires one, and RequestFailed.
    """
    return _with_names(client, [desired], _find_one(client, desired))


def _find_one(client: jsonapi.Client, desired: Desired) -> Found:
    if desired.selector == "id":
        try:
            answer = client.get(RESOURCE_TYPE, desired.value, sparse(desired.linkage), desired.linkage)
        except jsonapi.ApiError as error:
            if not error.is_missing(desired.value) or desired.state in MUST_EXIST:
                raise
            return Found([None], [], {}, [], [])
        return Found([answer.resource], [], answer.meta, answer.included, [answer.resource])
    matches, answers = search(client, {desired.selector: desired.value}, desired.linkage)
    if len(matches) > 1:
        raise InvalidOptions([Problem(desired.selector, _several_match(desired.selector, desired.value, matches))])
    if not matches and desired.state in MUST_EXIST:
        raise InvalidOptions([Problem(desired.selector, _none_matches(desired, _account(client)))])
    return Found([matches[0] if matches else None], [], answers.meta, answers.included, answers.resources)


def _with_names(client: jsonapi.Client, wanted: Sequence[Desired], found: Found) -> Found:
    """Return `found` with the trunks that have a name which a task gives to another trunk.

    DIDWW rejects duplicate names, and check mode must predict that. Raises RequestFailed.
    """
    new = set()
    for desired, resource in zip(wanted, found.resources, strict=True):
        name = desired.settings.get("name")
        # A trunk that does not exist is not created with an id.
        if name is not None and desired.state != "absent" and (resource or desired.selector != "id"):
            new |= {name} - {str(resource["attributes"].get("name")) if resource else None}
    if not new:
        return found
    holders = search(client, {"name": new.pop()})[0] if len(new) == 1 else client.get_all(RESOURCE_TYPE).resources
    return found._replace(read=[*found.read, *holders])


def find_any(client: jsonapi.Client, text: str, linkage: Sequence[str]) -> Found:
    """Find the one trunk whose id, external_reference_id or name is `text`. Raises InvalidOptions and RequestFailed."""
    answers = client.get_all(RESOURCE_TYPE, sparse(linkage), linkage)
    identifiers = [{**_identifiers_of(trunk["attributes"]), "id": trunk["id"].lower()} for trunk in answers.resources]
    matches = [
        trunk
        for trunk, known in zip(answers.resources, identifiers, strict=True)
        if text in (known.get("name"), known.get("external_reference_id")) or text.lower() == known["id"]
    ]
    which = "id, external_reference_id or name"
    if len(matches) > 1:
        raise InvalidOptions([Problem("trunk", _several_match(which, text, matches))])
    if not matches:
        names = [value for known in identifiers for name, value in known.items() if name != "id"]
        raise InvalidOptions([Problem("trunk", f"no trunk has the {which} {show(text)}{_suggestions(text, names)}")])
    return Found([matches[0]], [], answers.meta, answers.included, answers.resources)


def _account(client: jsonapi.Client) -> list[dict[str, Any]] | None:
    """Return every trunk in the account, or None if they cannot be read: only an error message needs them."""
    try:
        return client.get_all(RESOURCE_TYPE).resources
    except jsonapi.RequestFailed:
        return None


def find_all(
    client: jsonapi.Client,
    wanted: Sequence[Desired],
    audit: bool = False,
    allows_missing: bool = False,
    indexes: Sequence[int] = (),
) -> Found:
    """Find the trunks that several tasks refer to.

    It is a problem if more than one trunk matches, or if two tasks match the same trunk. It is also one if no trunk
    matches and the task requires one, unless the caller `allows_missing` trunks. An `audit` reads all trunks.
    `indexes`: those of the tasks in their list, for messages. Raises RequestFailed.
    """
    if not wanted and not audit:
        return Found([], [], {}, [], [])
    if len(wanted) == 1 and not allows_missing:
        try:
            return find_one(client, wanted[0])
        except InvalidOptions as error:
            return Found([None], [(0, problem) for problem in error.problems], {}, [], [])
    linkage = tuple(name for name in LINKAGE if any(name in desired.linkage for desired in wanted))
    ids = {desired.value for desired in wanted if desired.selector == "id"}
    by_id_alone = len(ids) == len(wanted)
    filtered = by_id_alone and len(ids) <= IDS_AT_ONCE and not audit
    answers = _by_id(client, ids, linkage) if filtered else None
    # That a filter returns nothing is no proof that there is nothing.
    if answers is None or ids - _ids_of(answers.resources):
        answers = _by_page(client, ids if by_id_alone and not audit else None, linkage, not filtered)
    found = Found(
        *_match(wanted, answers.resources, allows_missing, indexes), answers.meta, answers.included, answers.resources
    )
    return _with_names(client, wanted, found) if by_id_alone and not audit else found


def _by_id(client: jsonapi.Client, ids: Collection[str], linkage: Sequence[str]) -> jsonapi.Answers | None:
    """Return the trunks with these ids, in as few requests as possible; None if DIDWW rejects the filter.

    DIDWW's OpenAPI document (2026-04-16) lists this filter, but its SDKs do not. Raises RequestFailed.
    """
    answers = jsonapi.Answers([], {}, [])
    left = sorted(ids)
    while left:
        together, left = left[:IDS_AT_ONCE], left[IDS_AT_ONCE:]
        try:
            params = {"filter[id]": ",".join(together), **sparse(linkage)}
            found = client.get_all(RESOURCE_TYPE, params, linkage)
            # A gateway may drop the filter.
            answers = _joined(answers, found._replace(resources=_among(ids, found.resources)))
        except jsonapi.ApiError as error:
            if error.status != 400:
                raise
            return None
    return answers


def _by_page(
    client: jsonapi.Client, ids: Collection[str] | None, linkage: Sequence[str], filtered: bool
) -> jsonapi.Answers:
    """Return the trunks in the account; with `ids`, stop when all of these have been read.

    As soon as that takes fewer requests than the remaining pages, the missing trunks are read by id: with the filter,
    if `filtered`, and then one by one. Raises RequestFailed.
    """
    missing = set(ids or ())
    answers = jsonapi.Answers([], {}, [])
    for page in client.pages(RESOURCE_TYPE, sparse(linkage), linkage):
        answers = _joined(answers, page)
        if ids is None:
            continue
        missing -= _ids_of(page.resources)
        left = page.pages - page.number
        if filtered and 0 < -(-len(missing) // IDS_AT_ONCE) < left:
            filtered = False
            rest = _by_id(client, missing, linkage)
            if rest is not None:
                answers = _joined(answers, rest)
                missing -= _ids_of(rest.resources)
        if is_cheaper_one_by_one(len(missing), left):
            return _joined(answers, _one_by_one(client, missing, linkage))
        if not missing:
            break
    # A later page can hold a trunk that was read by id.
    return answers._replace(resources=list({resource["id"]: resource for resource in answers.resources}.values()))


def _among(ids: Collection[str], resources: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [resource for resource in resources if resource["id"].lower() in ids]


def _ids_of(resources: Iterable[Mapping[str, Any]]) -> set[str]:
    return {resource["id"].lower() for resource in resources}


def _one_by_one(client: jsonapi.Client, ids: Iterable[str], linkage: Sequence[str]) -> jsonapi.Answers:
    """Return the existing trunks among these ids, with one request each. Raises RequestFailed."""
    answers = jsonapi.Answers([], {}, [])
    for identifier in sorted(ids):
        try:
            resource, meta, included = client.get(RESOURCE_TYPE, identifier, sparse(linkage), linkage)
            answers = _joined(answers, jsonapi.Answers([resource], meta, included))
        except jsonapi.ApiError as error:
            if not error.is_missing(identifier):
                raise
    return answers


def _joined(first: jsonapi.Answers, second: jsonapi.Answers | jsonapi.Page) -> jsonapi.Answers:
    meta = second.meta or first.meta
    return jsonapi.Answers(first.resources + second.resources, meta, first.included + second.included)


def is_cheaper_one_by_one(missing: int, pages: int) -> bool:
    """Return whether reading `missing` trunks one by one takes fewer requests than reading `pages` pages."""
    return 0 < missing < pages


def _match(
    wanted: Sequence[Desired],
    read: Sequence[dict[str, Any]],
    allows_missing: bool = False,
    indexes: Sequence[int] = (),
) -> tuple[list[dict[str, Any] | None], list[tuple[int, Problem]]]:
    """Return the trunk in `read` that each task refers to, or None if not exactly one matches, and the problems."""
    holders: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for resource in read:
        identifiers = {**_identifiers_of(resource["attributes"]), "id": resource["id"].lower()}
        for key in identifiers.items():
            holders.setdefault(key, []).append(resource)
    resources: list[dict[str, Any] | None] = []
    problems: list[tuple[int, Problem]] = []
    first: dict[Any, int] = {}
    missing = 0
    for index, desired in enumerate(wanted):
        matches = holders.get((desired.selector, desired.value), [])
        match = matches[0] if len(matches) == 1 else None
        resources.append(match)
        if len(matches) > 1:
            words = _several_match(desired.selector, desired.value, matches)
            problems.append((index, Problem(desired.selector, words)))
            continue
        if not matches and desired.state in MUST_EXIST and not allows_missing:
            # Suggestions take time, and one list is enough.
            account = read if missing < MOST_SUGGESTIONS and desired.selector != "id" else None
            problems.append((index, Problem(desired.selector, _none_matches(desired, account, with_list=missing == 0))))
            missing += desired.selector != "id"
            continue
        other = first.setdefault(match["id"] if match else (desired.selector, desired.value), index)
        if other != index:
            same = f", {show(match['attributes'].get('name'))} ({match['id']})" if match else ""
            words = f"refers to the same trunk as trunks[{indexes[other] if indexes else other}]{same}"
            words += "; each entry must refer to a different trunk"
            problems.append((index, Problem(desired.selector, words)))
    return resources, problems


def _none_matches(desired: Desired, account: Sequence[Mapping[str, Any]] | None, with_list: bool = True) -> str:
    """Return the message that no trunk matches.

    If `account`, every trunk in the account, is known, the message suggests the nearest identifier and,
    with `with_list`, lists the others.
    """
    if account is not None and not account:
        words = "this account has no outbound trunks"
    else:
        is_called = "is called" if desired.selector == "name" else f"has the {desired.selector}"
        known = [_identifiers_of(resource["attributes"]).get(desired.selector, "") for resource in account or ()]
        words = f"no trunk {is_called} {show(desired.value)}{_suggestions(desired.value, known, with_list)}"
    if desired.selector == "id" or desired.state is None:
        return words
    return f"{words}{'' if words.endswith('?') else '.'} To create the trunk, set state to present"


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


def _several_match(selector: str, value: str, matches: Sequence[Mapping[str, Any]]) -> str:
    found = ", ".join(f"{show(match['attributes'].get('name'))} ({match['id']})" for match in matches)
    are_called = "are called" if selector == "name" else f"have the {selector}"
    return f"{len(matches)} trunks {are_called} {show(value)}: {found}; select one by id"


# --- DIDs by number -------------------------------------------------------------------------------


def numbers_of(dids: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the numbers of the DIDs among JSON:API resources, by id."""
    return {
        did["id"].lower(): did["attributes"]["number"]
        for did in dids
        if did["type"] == DID_TYPE and isinstance(did.get("attributes", {}).get("number"), str)
    }


def ids_of(numbers: Mapping[str, str]) -> dict[str, list[str]]:
    """Invert `numbers`, which are by id: return the ids of the DIDs with each number."""
    ids: dict[str, list[str]] = {}
    for did, number in numbers.items():
        ids.setdefault(number, []).append(did)
    return ids


def resolve(client: jsonapi.Client, wanted: Sequence[Desired], found: Found) -> dict[str, str]:
    """Return the numbers, by id, of the DIDs that were included or that the tasks list by number.

    Looks up each number once, unless its DID is already linked to the trunk. Raises RequestFailed.
    """
    numbers = numbers_of(found.included)
    unknown: set[str] = set()
    for desired, resource in zip(wanted, found.resources, strict=True):
        for name, listed in numbers_in(desired).items():
            linked = resource["relationships"][name]["data"] if resource and name in LINKAGE else []
            unknown |= listed - {numbers.get(identifier["id"].lower(), "") for identifier in linked}
    left = sorted(unknown)
    while left:
        together, left = left[:NUMBERS_AT_ONCE], left[NUMBERS_AT_ONCE:]
        numbers.update(_dids(client, together))
    return numbers


def _dids(client: jsonapi.Client, wanted: Sequence[str]) -> dict[str, str]:
    """Look up DIDs by number, first all together, then the missing ones singly; return their numbers by id."""
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


def default_dids(
    client: jsonapi.Client, wanted: Sequence[Desired], found: Found, numbers: Mapping[str, str]
) -> dict[str, str] | None:
    """Return the default DIDs, by trunk id, of the trunks that already have the one in their task.

    No answer includes them. The filter `default_did.id` selects the trunks with a default DID (DIDWW's OpenAPI
    document, 2026-04-16). Returns None if DIDWW rejects the filter. Raises RequestFailed.
    """
    ids = ids_of(numbers)
    trunks: dict[str, set[str]] = {}
    for desired, resource in zip(wanted, found.resources, strict=True):
        did = str(desired.settings.get(DEFAULT_DID, ""))
        candidates = ids.get(did, []) if is_number(did) else [did]
        if did and resource and len(candidates) == 1 and resource["attributes"].get(CLI_ACTION) == REPLACE_CLI:
            trunks.setdefault(candidates[0], set()).add(resource["id"])
    defaults: dict[str, str] = {}
    for did, asked in sorted(trunks.items()):
        try:
            holders = client.get_all(RESOURCE_TYPE, {f"filter[{DEFAULT_DID}.id]": did}).resources
        except jsonapi.ApiError as error:
            if error.status != 400:
                raise
            return None
        defaults.update(dict.fromkeys(asked & {holder["id"] for holder in holders}, did))
    return defaults
