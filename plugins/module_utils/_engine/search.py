# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Search: lists of resources by filter, compared again, and cut to what a URL holds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import show
from ansible_collections.didww.voice.plugins.module_utils._engine.link import sparse
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import MISSING, members

# Of the values of a filter: URLs have about 2,000 characters then.
LONGEST_FILTER = 1900


def batches(values: Iterable[str], at_once: int) -> Iterator[list[str]]:
    """Yield the values in lists for one filter each: at most `at_once`, in a URL of about 2,000 characters."""
    together: list[str] = []
    length = 0
    for value in values:
        size = len(quote(value)) + 3
        if together and (len(together) == at_once or length + size > LONGEST_FILTER):
            yield together
            together, length = [], 0
        together.append(value)
        length += size
    if together:
        yield together


def linkage_of(resource: Resource, names: Collection[str]) -> tuple[dict[str, str], jsonapi.Linkage]:
    """Return what requests these relationships: their linkage, and of linked resources only what plans need."""
    links = [row for name, row in resource.read_links.items() if name in names]
    types = {row.type for row in links}
    # Secrets of linked resources need not travel.
    return sparse(row for row in resource.links if row.type in types), {row.key: row.many for row in links}


def search(
    client: jsonapi.Client,
    resource: Resource,
    filters: Mapping[str, str | list[str]],
    linkage: Sequence[str] = (),
) -> tuple[list[dict[str, Any]], jsonapi.Answers]:
    """Return the resources that match `filters` (by the names of the API), and everything read to find them.

    A list matches any of its values. Raises RequestFailed.
    """
    params, requested = linkage_of(resource, linkage)
    for name, value in filters.items():
        # The API splits filter values at commas, so texts with commas or quotes are not sent.
        if not any(re.search(r'[,"]', item) for item in ([value] if isinstance(value, str) else value)):
            params[f"filter[{name}]"] = value if isinstance(value, str) else ",".join(value)
    answers = _in_batches(client, resource, filters, params, requested)
    # A gateway may drop the filters, and nobody wants to change a whole account.
    for found in answers.resources:
        for name, value in filters.items():
            if not (
                _is_linked(resource, found, name, value) and _may_match(resource, found["attributes"], name, value)
            ):
                asked = f"it was asked for {resource.nouns} with {name} {show(value)}"
                raise jsonapi.UnusableAnswer(f"{asked}, but returned {found['id']}, which does not match")
    # The API's filters are not exact, so identifiers are compared again.
    exact = {resource.rows[name].key: name for name in resource.identifiers[1:]}
    wanted = {exact[name]: value for name, value in filters.items() if name in exact}
    return [found for found in answers.resources if has(resource, found, wanted)], answers


def _in_batches(
    client: jsonapi.Client,
    resource: Resource,
    filters: Mapping[str, str | list[str]],
    params: dict[str, str],
    linkage: jsonapi.Linkage,
) -> jsonapi.Answers:
    """Return what matches `params`, with a long list of identifiers in several requests."""
    long = [name for name, value in filters.items() if isinstance(value, list) and f"filter[{name}]" in params]
    if len(long) != 1:
        return client.get_all(resource.type, params, linkage)
    answers = jsonapi.Answers([], {}, [])
    for together in batches(filters[long[0]], resource.page_sizes[resource.type]):
        part = client.get_all(resource.type, {**params, f"filter[{long[0]}]": ",".join(together)}, linkage)
        answers = joined(answers, part)
    return once(answers)


def _is_linked(resource: Resource, found: Mapping[str, Any], name: str, value: str | list[str]) -> bool:
    """Return whether a resource matches a filter by a relationship; True if it does not hold that, or for others."""
    linked = [row.read(found) for row in resource.links if name == f"{row.key}.id"]
    return all(held is MISSING or held == value for held in linked)


def has(resource: Resource, found: Mapping[str, Any], wanted: Mapping[str, str | list[str]]) -> bool:
    """Return whether a resource has these identifiers, or one of each list."""
    held = resource.identifiers_of(found)
    return all(held.get(name) in (value if isinstance(value, list) else [value]) for name, value in wanted.items())


def _may_match(resource: Resource, attributes: Mapping[str, Any], name: str, value: str | list[str]) -> bool:
    """Return whether a resource with these attributes can match a filter, in any reading of it.

    True if the attribute is missing. Identifiers are compared elsewhere.
    """
    held: Any = attributes
    for part in name.removesuffix("_contains").split("."):
        held = members(held).get(part)
    if held is None or any(name == resource.rows[option].key for option in resource.identifiers[1:]):
        return True
    text = _folded(show(held) if isinstance(held, bool) else str(held))
    if isinstance(value, str) and (name.endswith("_contains") or name in resource.partial):
        # SQL may read these characters as wildcards.
        wildcards = {"%": ".*", "_": ".", "\\": r"\\?"}
        pattern = "".join(wildcards.get(char, re.escape(char)) for char in _folded(value.strip()))
        return re.search(pattern, text, re.DOTALL) is not None
    return text in map(_folded, [value] if isinstance(value, str) else value)


def _folded(text: str) -> str:
    """Return a text without case and accents, which a database may ignore."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in parts if not unicodedata.combining(char))


def joined(first: jsonapi.Answers, second: jsonapi.Answers | jsonapi.Page) -> jsonapi.Answers:
    meta = second.meta or first.meta
    return jsonapi.Answers(first.resources + second.resources, meta, first.included + second.included)


def once(answers: jsonapi.Answers) -> jsonapi.Answers:
    """Return answers with each resource once: one can be selected by its id, and by another identifier."""
    return answers._replace(resources=list({one["id"]: one for one in answers.resources}.values()))
