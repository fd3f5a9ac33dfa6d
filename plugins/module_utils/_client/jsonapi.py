# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client of a JSON:API server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode

from ansible_collections.didww.voice.plugins.module_utils._client.documents import (
    Answer,
    Answers,
    ApiError,
    Linkage,
    ListKeepsChanging,
    Page,
    RequestFailed,
    Unreachable,
    UnusableAnswer,
    answer,
    errors_of,
    included_in,
    meta_of,
    resource_in,
    total_of,
)
from ansible_collections.didww.voice.plugins.module_utils._client.http import (
    CONNECTIONS,
    REQUESTS_IMPORT_ERROR,
    HttpClient,
    Pace,
)

__all__ = [
    "CONNECTIONS",
    "REQUESTS_IMPORT_ERROR",
    "Answer",
    "Answers",
    "ApiError",
    "Client",
    "Linkage",
    "ListKeepsChanging",
    "Pace",
    "Page",
    "RequestFailed",
    "Unreachable",
    "UnusableAnswer",
]

MEDIA_TYPE = "application/vnd.api+json"
READINGS = 3  # attempts to read a list that changes in the meantime
NO_LINKAGE: Linkage = MappingProxyType({})


class Client(HttpClient):
    """A client of the JSON:API server at `url`. Thread-safe.

    `page_sizes`: the page size to request for each resource type; the lists of other types have no pages. For the other
    parameters, see HttpClient.
    """

    def __init__(self, *, headers: Mapping[str, str], page_sizes: Mapping[str, int], **options: Any) -> None:
        super().__init__(headers={**headers, "Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE}, **options)
        self.page_sizes = page_sizes

    def errors_of(self, document: Any) -> list[dict[str, Any]]:
        """Return the error objects of a document."""
        return errors_of(document)

    def get(
        self, kind: str, identifier: str, params: Mapping[str, str] | None = None, linkage: Linkage = NO_LINKAGE
    ) -> Answer:
        """Read a resource of type `kind` by id, with the linkage of the relationships in `linkage`.

        Raises RequestFailed.
        """
        document = self.request("GET", _path(kind, identifier) + _query(linkage, params))
        return answer(document, kind, identifier, linkage)

    def get_all(self, kind: str, params: Mapping[str, str] | None = None, linkage: Linkage = NO_LINKAGE) -> Answers:
        """Read all resources of type `kind` that match `params`. Raises RequestFailed."""
        resources: list[dict[str, Any]] = []
        included: list[dict[str, Any]] = []
        meta: dict[str, Any] = {}
        for page in self.pages(kind, params, linkage):
            resources += page.resources
            included += page.included
            meta = page.meta
        return Answers(resources, meta, included)

    def pages(
        self, kind: str, params: Mapping[str, str] | None = None, linkage: Linkage = NO_LINKAGE
    ) -> Iterator[Page]:
        """Read the resources of type `kind` that match `params`, page by page.

        If the list changes in the meantime, it is read again, and further pages contain the resources
        that are new. Resources deleted between two readings stay in the result. Raises RequestFailed.
        """
        seen: set[str] = set()
        for _reading in range(READINGS):
            totals = []
            for page, total in self._pages(kind, params, linkage, seen):
                totals.append(total)
                yield page
            if len(set(totals)) == 1:
                return
            # Pages shift when others create or delete resources, so one may have been missed.
        raise ListKeepsChanging(f"the list of {kind} kept changing while it was read, {READINGS} times in a row")

    def _pages(
        self, kind: str, params: Mapping[str, str] | None, linkage: Linkage, seen: set[str]
    ) -> Iterator[tuple[Page, int | None]]:
        """Read a list once. Yield each page and the total that the server reported with it.

        Skips resources whose id is in `seen`, and adds the others to it. Raises RequestFailed.
        """
        again = bool(seen)
        page_size = self.page_sizes.get(kind)
        number, more = 1, True
        while more:
            # By page number: links.next could point to another host.
            page = {"page[number]": str(number), "page[size]": str(page_size)} if page_size else {}
            document = self.request("GET", f"/{kind}" + _query(linkage, {**(params or {}), **page}))
            data, links, meta = document.get("data"), document.get("links"), meta_of(document)
            if not isinstance(data, list):
                raise UnusableAnswer("the answer has no list of resources in data")
            more = bool(data and isinstance(links, dict) and links.get("next"))
            total = total_of(meta)
            pages = number + more if total is None or page_size is None else -(-total // page_size)
            resources = [resource_in(item, kind, None, linkage) for item in data]
            # Pages shift while they are read: skip duplicates.
            resources = [resource for resource in resources if resource["id"] not in seen]
            seen.update(resource["id"] for resource in resources)
            # Stop if the server keeps returning the same page.
            if more and not resources and not (again and total is not None and number < pages):
                raise UnusableAnswer(f"page {number} of {kind} only repeats earlier resources")
            yield Page(number, resources, meta, included_in(document), pages), total
            number += 1

    def update(self, resource: Mapping[str, Any]) -> Answer:
        """PATCH `resource` (type, id, and the changes) and return the updated one. Raises RequestFailed."""
        kind, identifier = resource["type"], resource["id"]
        document = self.request("PATCH", _path(kind, identifier), {"data": resource})
        try:
            return answer(document, kind, identifier, NO_LINKAGE)
        except UnusableAnswer as error:
            error.unsettled = True
            raise

    def post(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """POST `resource`, and return the document that answers it.

        The request is not repeated if it may have been applied. `unsettled` of the error is then true. Raises
        RequestFailed.
        """
        return self.request("POST", f"/{resource['type']}", {"data": resource}, repeatable=False)

    def create(self, resource: Mapping[str, Any]) -> Answer:
        """POST `resource` (type, attributes, relationships) and return what was created. Raises RequestFailed."""
        document = self.post(resource)
        try:
            return answer(document, resource["type"], None, NO_LINKAGE)
        except UnusableAnswer as error:
            error.unsettled = True
            raise

    def delete(self, kind: str, identifier: str) -> None:
        """DELETE a resource. A resource that no longer exists is not an error. Raises RequestFailed."""
        try:
            self.request("DELETE", _path(kind, identifier))
        except ApiError as error:
            if not error.is_missing(identifier):
                raise


def _path(kind: str, identifier: str) -> str:
    return f"/{kind}/{quote(identifier, safe='')}"


def _query(linkage: Linkage, params: Mapping[str, str] | None) -> str:
    """Return the query of a URL that requests the linkage of relationships."""
    query = {**({"include": ",".join(linkage)} if linkage else {}), **(params or {})}
    return "?" + urlencode(query, quote_via=quote) if query else ""
