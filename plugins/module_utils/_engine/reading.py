# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work that reads resources."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine import lookup
from ansible_collections.didww.voice.plugins.module_utils._engine.connection import DEFAULT_VERSION
from ansible_collections.didww.voice.plugins.module_utils._engine.item import not_accepted, options, read
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import BOOL, UUIDS, converted, matching, show
from ansible_collections.didww.voice.plugins.module_utils._engine.link import Link
from ansible_collections.didww.voice.plugins.module_utils._engine.linked import Known, look_up
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import Desired
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions, Problem
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource
from ansible_collections.didww.voice.plugins.module_utils._engine.search import search
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import Setting, collect, filter_by, specs
from ansible_collections.didww.voice.plugins.module_utils._engine.task import Task, Work


class Selection(NamedTuple):
    """The resources that a task reads: those with `ids`, or those that match `filters` (by the names of the API).

    `one`: any identifier of the one to read. `linkage`: the relationships to read. `revealed`: the variants whose
    hidden attributes to return. `version`: the version of the API.
    """

    resource: Resource
    ids: list[str]
    one: str | None
    filters: dict[str, str | list[str]]
    linkage: tuple[str, ...]
    revealed: tuple[str, ...]
    version: str


FILTER_ID = filter_by("id", UUIDS)


def _any_identifier(resource: Resource) -> Setting:
    if resource.listed_by:
        return filter_by(resource.key, converted(str, f"the id or the {resource.listed_by} of a {resource.noun}"))
    names = f"{', '.join(resource.identifiers[:-1])} or exact {resource.title}"
    return filter_by(resource.key, matching(r"(?s).*\S.*", f"the {names} of a {resource.noun}"))


def _included(resource: Resource) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return the options that include relationships, and those that reveal hidden attributes, with what they return."""
    links: dict[str, list[str]] = {}
    for name, row in resource.read_links.items():
        if not row.always_read:
            links.setdefault(f"include_{row.type}", []).append(name)
    return links, {f"include_{row.revealed_as}": [row.name] for row in resource.variants if row.hidden}


def _rows(resource: Resource) -> tuple[Setting, ...]:
    links, hidden = _included(resource)
    includes = [Setting(name, BOOL, left_out="for the default, false", default=False) for name in (*links, *hidden)]
    return (FILTER_ID, _any_identifier(resource), *resource.filters.values(), *includes)


def info_spec(resource: Resource) -> dict[str, Any]:
    """Return the argument spec for reading."""
    return specs(_rows(resource))


def parse_selection(resource: Resource, given: Mapping[str, Any], version: str = DEFAULT_VERSION) -> Selection:
    """Check and convert the options for reading. Raises InvalidOptions with every problem."""
    problems: list[Problem] = []
    values = collect(problems, _rows(resource), given)
    selecting = ["id", resource.key]
    problems += [
        Problem(name, f"cannot be combined with {one}, which already selects the {resource.nouns}")
        for one in selecting
        for name in (resource.key, *(row.name for row in resource.filters.values()))
        if one in given and name in given and name != one
    ]
    if problems:
        raise InvalidOptions(problems)
    filters = {name: values[row.name] for name, row in resource.filters.items() if row.name in values}
    links, hidden = (
        tuple(name for option, names in included.items() if values.get(option) for name in names)
        for included in _included(resource)
    )
    always = tuple(row.name for row in resource.links_in(version) if row.always_read)
    return Selection(
        resource,
        ids=values.get("id", []),
        one=values.get(resource.key),
        filters={name: value if isinstance(value, (str, list)) else show(value) for name, value in filters.items()},
        linkage=(*always, *links),
        revealed=hidden,
        version=version,
    )


def _resolved(client: jsonapi.Client, selection: Selection) -> dict[str, str | list[str]]:
    """Return the filters, with the ids of linked resources that a task calls by name.

    Raises InvalidOptions and RequestFailed.
    """
    filters = dict(selection.filters)
    problems: list[Problem] = []
    for name, row in selection.resource.filters.items():
        if name in filters and isinstance(row, Link):
            known = Known([row])
            look_up(client, row, row.named(filters[name]), known, at_once=1)
            filters[name] = row.resolved(problems, filters[name], known.ids.get(row.type, {}), None)
    if problems:
        raise InvalidOptions(problems)
    return filters


def _select(client: jsonapi.Client, selection: Selection) -> jsonapi.Answers:
    """Return the resources that a task selects. Raises InvalidOptions and RequestFailed."""
    resource, linkage = selection.resource, selection.linkage
    if selection.ids:
        asked = Desired(resource, "id", "", {}, state=None, version=selection.version, also_read=linkage)
        wanted = [asked._replace(value=value) for value in selection.ids]
        found = lookup.find_all(client, resource, wanted)
        if found.problems:
            raise InvalidOptions([problem for _index, problem in found.problems])
        return jsonapi.Answers(found.existing, found.meta, found.included)
    if selection.one:
        found = lookup.find_any(client, resource, selection.one, linkage, selection.version)
        return jsonapi.Answers(found.existing, found.meta, found.included)
    matches, answers = search(client, resource, _resolved(client, selection), linkage)
    return answers._replace(resources=matches)


def _read(task: Task) -> dict[str, Any]:
    """Return the resources that the task selects, as they are."""
    selection: Selection = task.wanted
    resource = selection.resource
    answers = _select(task.connect(), selection)
    task.check_version(answers.meta, changes=False)
    known = Known(resource.links)
    known.add(answers.included)
    items, settings = [], []
    for one in answers.resources:
        current = read(resource, one, known.names, selection.version)
        returned = current.returned()
        lost = not_accepted(current, selection.version)
        for option, why in lost.items():
            task.warn(
                f"{resource.noun} {current.name} ({current.id}): {option}: {why}. DIDWW holds it; no task can give it "
                "back."
            )
        if lost:
            returned["not_accepted"] = lost
        for row in resource.variants:
            if row.name in selection.revealed:
                returned[row.revealed_as] = row.revealed(one)
        items.append(returned)
        settings.append(options(current, lost))
    meta = {"api_version": answers.meta.get("api_version")}
    return {"changed": False, resource.keys: items, "settings": settings, **meta}


def read_many(resource: Resource) -> Work:
    """Return the work of a module that reads."""
    spec, parse_options = functools.partial(info_spec, resource), functools.partial(parse_selection, resource)
    return Work(spec, parse_options, _read, resource, changes=False)
