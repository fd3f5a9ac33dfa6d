# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records as JSON:API documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from simulator.accounts import Context
from simulator.query import Query
from simulator.resource import Attribute, Link, Record
from simulator.store import Store


@dataclass(frozen=True)
class Renderer:
    """Makes the documents that answer a request. Links start with `base`."""

    store: Store
    context: Context
    base: str

    def one(self, record: Record, query: Query) -> dict[str, Any]:
        """A document with a record."""
        return {"data": self._resource(record, query, query.include), **self._included([record], query)}

    def page(self, records: Sequence[Record], query: Query, path: str, pairs: dict[str, str]) -> dict[str, Any]:
        """A document with the selected page of some records. The last page has no `next`."""
        found = query.select(records)
        if query.resource.max_page_size is None:
            return {"data": [self._resource(r, query, query.include) for r in found], **self._included(found, query)}
        page = query.page(found)
        last = max(1, -(-len(found) // query.page_size))
        numbers = {"first": 1, "last": last}
        if query.page_number > 1:
            numbers["prev"] = min(query.page_number - 1, last)
        if query.page_number < last:
            numbers["next"] = query.page_number + 1
        asked = [{**pairs, "page[number]": number, "page[size]": query.page_size} for number in numbers.values()]
        return {
            "data": [self._resource(record, query, query.include) for record in page],
            "meta": {"total_records": len(found)},
            "links": dict(zip(numbers, (f"{self.base}/{path}?{urlencode(each)}" for each in asked), strict=True)),
            **self._included(page, query),
        }

    def linkage(self, record: Record, link: Link) -> dict[str, Any]:
        """A document with the linkage of a relationship."""
        return {"links": self._links(record, link), "data": self._identifiers(record, link)}

    def _included(self, records: Sequence[Record], query: Query) -> dict[str, Any]:
        """The member `included`, if something is to be included: each record once (JSON:API)."""
        if not query.include:
            return {}
        found: dict[tuple[str, str], tuple[Record, dict[str, None]]] = {}

        def walk(record: Record, paths: Sequence[str]) -> None:
            for path in paths:
                name, _dot, rest = path.partition(".")
                link = self.store.resources[record.type].link(name)
                assert link is not None  # checked with the query
                for record_id in self.store.linked(record, link):
                    target = self.store.records[link.type][record_id]
                    further = found.setdefault((target.type, target.id), (target, {}))[1]
                    if rest:
                        further[rest] = None
                        walk(target, [rest])

        for record in records:
            walk(record, query.include)
        return {"included": [self._resource(target, query, tuple(paths)) for target, paths in found.values()]}

    def _resource(self, record: Record, query: Query, include: Sequence[str]) -> dict[str, Any]:
        """A record as a resource object with the requested fields. Only included relationships have linkage."""
        resource = self.store.resources[record.type]
        fields = query.fields.get(record.type)
        included = {path.partition(".")[0] for path in include}
        document: dict[str, Any] = {"id": record.id, "type": record.type}
        document["attributes"] = {
            name: self._shown(resource.attribute(name)) if value is None else value
            for name, value in record.attributes.items()
            if fields is None or name in fields
        }
        relationships = {
            link.name: {
                "links": self._links(record, link),
                **({"data": self._identifiers(record, link)} if link.name in included else {}),
            }
            for link in resource.readable
            if fields is None or link.name in fields
        }
        if relationships:
            document["relationships"] = relationships
        if resource.meta:
            document["meta"] = self.store.meta(record)
        return document

    def _shown(self, attribute: Any) -> Any:
        """What null is returned as."""
        return attribute.of(self.context).shown if isinstance(attribute, Attribute) else None

    def _links(self, record: Record, link: Link) -> dict[str, str]:
        url = f"{self.base}/{record.type}/{record.id}"
        return {"self": f"{url}/relationships/{link.name}", "related": f"{url}/{link.name}"}

    def _identifiers(self, record: Record, link: Link) -> Any:
        found = [{"type": link.type, "id": record_id} for record_id in self.store.linked(record, link)]
        return found if link.many else found[0] if found else None
