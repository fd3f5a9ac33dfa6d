# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Linked resources: their ids by name, and relationships that no answer holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from types import MappingProxyType
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import is_id
from ansible_collections.didww.voice.plugins.module_utils._engine.link import Link, sparse
from ansible_collections.didww.voice.plugins.module_utils._engine.lookup import IDS_AT_ONCE, Found, new_names
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import Desired
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource
from ansible_collections.didww.voice.plugins.module_utils._engine.search import batches

# The ids of resources by type and by name, as they will be: none for a name that nothing will have.
Coming = Mapping[str, Mapping[str, Sequence[str]]]
NOTHING_COMES: Coming = MappingProxyType({})


class Known:
    """What is known about the linked resources of `links`.

    `names`: by id. `ids`: by type and name. `missing`: the ids that no resource has, by type. `attributes`: by id.
    """

    def __init__(self, links: Iterable[Link]) -> None:
        self.links = tuple(links)
        self.attributes: dict[str, Mapping[str, Any]] = {}
        self.names: dict[str, str] = {}
        self.ids: dict[str, dict[str, list[str]]] = {}
        self.missing: dict[str, set[str]] = {}

    def fields(self, row: Link) -> dict[str, str]:
        """Return the parameters that restrict what is read. A list without pages has no sparse fieldsets."""
        return {} if row.found_by == "list" else sparse(one for one in self.links if one.type == row.type)

    def add(self, resources: Iterable[Mapping[str, Any]]) -> None:
        """Add the JSON:API resources that the links can refer to."""
        named_by = {row.type: row.by for row in self.links}
        for resource in resources:
            kind, identifier = resource["type"], resource["id"].lower()
            attributes = {**self.attributes.get(identifier, {}), **resource.get("attributes", {})}
            self.attributes[identifier] = attributes
            name = attributes.get(named_by.get(kind, ""))
            if isinstance(name, str) and identifier not in self.names:
                self.names[identifier] = name
                self.ids.setdefault(kind, {}).setdefault(name, []).append(identifier)


def resolve(
    client: jsonapi.Client,
    resource: Resource,
    wanted: Sequence[Desired],
    found: Found,
    coming: Coming = NOTHING_COMES,
) -> Known:
    """Return what is known about linked resources: those that were included, and those that the tasks link by name.

    Also those with a name that a task sets, where both share their names. Looks up each name once, unless it is that of
    a resource that is already linked. `coming`: what will be called otherwise, or will be new, or gone, by then. Raises
    RequestFailed.
    """
    known = Known(resource.links)
    known.add(found.included)
    unknown: dict[str, set[str]] = {}
    referred: dict[str, set[str]] = {}
    for desired, one in zip(wanted, found.resources, strict=True):
        for row in resource.links:
            if row.shares_names:
                unknown.setdefault(row.type, set()).update(new_names(desired, one))
            if row.name in desired.settings and desired.state != "absent":
                value, linked = desired.settings[row.name], row.listed(row.read(one or {}))
                names = row.named(value) - {known.names.get(identifier, "") for identifier in linked}
                unknown.setdefault(row.type, set()).update(names - coming.get(row.type, {}).keys())
                if not row.unread:
                    ids = set(filter(is_id, row.listed(value)))
                    referred.setdefault(row.type, set()).update(ids - set(linked))
    by_type = {row.type: row for row in resource.links}
    for kind, names in unknown.items():
        look_up(client, by_type[kind], names, known, resource.page_sizes.get(kind, 1))
    for kind, ids in referred.items():
        _look_up_ids(client, by_type[kind], ids, known)
    for kind, called in coming.items():
        known.ids.setdefault(kind, {}).update({name: list(ids) for name, ids in called.items()})
        known.names.update({identifier: name for name, ids in called.items() for identifier in ids})
    return known


def _look_up_ids(client: jsonapi.Client, row: Link, ids: Set[str], known: Known) -> None:
    """Find out which of these ids no resource has: the API would reject them only after other changes."""
    ids = ids - known.names.keys() - known.missing.get(row.type, set())
    if not ids:
        return
    left = set(ids)
    try:
        for together in batches(sorted(ids), IDS_AT_ONCE) if row.found_by == "filter" else [[]]:
            only = {"filter[id]": ",".join(together)} if together else {}
            resources = client.get_all(row.type, {**only, **known.fields(row)}).resources
            known.add(resources)
            left -= {one["id"].lower() for one in resources}
    except jsonapi.ApiError as error:
        # Without this filter, it remains unknown.
        if error.status != 400:
            raise
        return
    known.missing.setdefault(row.type, set()).update(left)


def look_up(client: jsonapi.Client, row: Link, names: Set[str], known: Known, at_once: int) -> None:
    """Look up linked resources by name, `at_once` in a request. Raises RequestFailed.

    All of them are read if there is no filter by name, if a name cannot be filtered by, or to suggest the nearest one.
    """
    # The API splits filter values at commas.
    filtered = {name for name in names if not re.search(r'[,"]', name)} if row.found_by == "filter" else set()
    for together in batches(sorted(filtered), at_once):
        _look_up(client, row, together, known)
    missing = names - known.ids.get(row.type, {}).keys()
    if missing - filtered or (missing and row.suggested):
        known.add(client.get_all(row.type, known.fields(row)).resources)


def _look_up(client: jsonapi.Client, row: Link, names: Sequence[str], known: Known) -> None:
    """Look up linked resources by name, first all together, then the missing ones one by one."""
    params = {f"filter[{row.by}]": ",".join(names), **known.fields(row)}
    try:
        known.add(client.get_all(row.type, params).resources)
    except jsonapi.ApiError as error:
        if error.status != 400 or len(names) == 1:
            raise
    # To suggest the nearest, all of them are read.
    if len(names) > 1 and not row.suggested:
        for name in sorted(set(names) - known.ids.get(row.type, {}).keys()):
            _look_up(client, row, [name], known)


def unread(
    client: jsonapi.Client, row: Link, wanted: Sequence[Desired], found: Found, known: Known
) -> dict[str, str] | None:
    """Return a relationship that no answer holds, by resource id, where it already is as a task sets it.

    A filter selects the resources with a linked one. Also finds out which of the other ids no linked resource has.
    Returns None if the API rejects the filter. Raises RequestFailed.
    """
    other, value = row.only_with or ("", "")
    asked: dict[str, set[str]] = {}
    listed: set[str] = set()
    for desired, one in zip(wanted, found.resources, strict=True):
        reference = str(desired.settings.get(row.name, ""))
        if is_id(reference) and desired.state != "absent":
            listed.add(reference)
        candidates = [reference] if is_id(reference) else known.ids.get(row.type, {}).get(reference, [])
        if one and len(candidates) == 1 and desired.resource.rows[other].read(one) == value:
            asked.setdefault(candidates[0], set()).add(one["id"])
    linked: dict[str, str] = {}
    accepted = True
    for identifier, ids in sorted(asked.items()):
        try:
            holders = client.get_all(wanted[0].resource.type, {f"filter[{row.key}.id]": identifier}).resources
        except jsonapi.ApiError as error:
            if error.status != 400:
                raise
            # The API rejects an unknown id, too.
            _look_up_ids(client, row, listed, known)
            if identifier in known.missing.get(row.type, ()):
                continue
            accepted = False
            break
        linked.update(dict.fromkeys(ids & {holder["id"] for holder in holders}, identifier))
    _look_up_ids(client, row, listed - set(linked.values()), known)
    return linked if accepted else None
