# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON:API documents: checks of what an answer contains, and the exceptions for answers that fail them.

A request returns a valid JSON:API document that answers it, or raises:

    RequestFailed
    ├── Unreachable        no answer at all, after every attempt
    ├── UnusableAnswer     an answer that is not the requested JSON:API document
    ├── ListKeepsChanging  a list that changed each time it was read
    └── ApiError           an answer with an HTTP error status, and its JSON:API errors
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

AnyFailure = TypeVar("AnyFailure", bound="RequestFailed")

# The relationships whose linkage is requested, and whether each is to-many.
Linkage = Mapping[str, bool]


class RequestFailed(Exception):
    """No usable answer.

    `unsettled`: a request that changes something was sent, and it is unknown whether it was applied. `settle`: how to
    settle that, unless running the task again does. `hint`: more advice for the user. `token_url`: the URL of the token
    service, if the answer was to come from there. `changed`: whether an earlier request of the same change was applied.
    """

    def __init__(self, message: str, unsettled: bool = False) -> None:
        super().__init__(message)
        self.unsettled = unsettled
        self.hint = ""
        self.settle = ""
        self.token_url = ""
        self.changed = False

    def copy(self: AnyFailure) -> AnyFailure:
        """Return an equal exception, for another request that fails for the same reason."""
        failure = self.__class__.__new__(self.__class__, *self.args)
        failure.__dict__.update(self.__dict__)
        return failure


class Unreachable(RequestFailed):
    """No answer at all, after every attempt."""


class UnusableAnswer(RequestFailed):
    """An answer that is not the requested JSON:API document."""


class ListKeepsChanging(RequestFailed):
    """A list that changed each time it was read."""


class ApiError(RequestFailed):
    """An answer with an HTTP error status.

    `errors`: its JSON:API error objects, if any. `challenge`: its header WWW-Authenticate.
    """

    def __init__(
        self, message: str, status: int, errors: list[dict[str, Any]], unsettled: bool = False, challenge: str = ""
    ) -> None:
        super().__init__(message, unsettled)
        self.status = status
        self.errors = errors
        self.challenge = challenge

    def is_missing(self, identifier: str) -> bool:
        """Return whether the answer says that the resource with this id does not exist.

        Any other 404 can come from a gateway, or from a URL that is not the API's.
        """
        return self.status == 404 and identifier.lower() in str(self.errors).lower()


class Answer(NamedTuple):
    """A resource, with the top-level `meta` and `included` of its document."""

    resource: dict[str, Any]
    meta: dict[str, Any]
    included: list[dict[str, Any]]


class Answers(NamedTuple):
    """All resources in a collection, the `meta` of its last page, and the `included` of all pages."""

    resources: list[dict[str, Any]]
    meta: dict[str, Any]
    included: list[dict[str, Any]]


class Page(NamedTuple):
    """One page of a collection: its `number`, its content, and the number of `pages` that the server reports."""

    number: int
    resources: list[dict[str, Any]]
    meta: dict[str, Any]
    included: list[dict[str, Any]]
    pages: int


def answer(document: Mapping[str, Any], kind: str, identifier: str | None, linkage: Linkage) -> Answer:
    """Return the requested resource, with the `meta` and `included` of its document. Raises UnusableAnswer."""
    resource = resource_in(document.get("data"), kind, identifier, linkage)
    return Answer(resource, meta_of(document), included_in(document))


def included_in(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the included resources of a document; an empty list if there are none.

    Raises UnusableAnswer if one of them is invalid: JSON:API requires `type` and `id`, and allows `attributes`.
    """
    included = document.get("included") or []
    if not isinstance(included, list):
        raise UnusableAnswer("included is not a list of resources")
    for resource in included:
        identified = isinstance(resource, dict) and all(isinstance(resource.get(name), str) for name in ("type", "id"))
        if not identified or not isinstance(resource.get("attributes", {}), dict):
            raise UnusableAnswer("included contains something that is not a resource with type, id and attributes")
    return included


def total_of(meta: Mapping[str, Any]) -> int | None:
    """Return the `meta.total_records` of a list, or None if it has none. Raises UnusableAnswer."""
    total = meta.get("total_records")
    if total is not None and (not isinstance(total, int) or isinstance(total, bool) or total < 0):
        raise UnusableAnswer("meta.total_records is not a whole number")
    return total


def meta_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the top-level `meta` of a document, empty if it has none."""
    meta = document.get("meta")
    return meta if isinstance(meta, dict) else {}


def errors_of(document: Any) -> list[dict[str, Any]]:
    """Return the error objects of a document; an empty list if it has none or is not a document."""
    errors = document.get("errors") if isinstance(document, dict) else None
    return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


def resource_in(data: Any, kind: str, identifier: str | None, linkage: Linkage) -> dict[str, Any]:
    """Return `data` if it is a valid JSON:API resource and the requested one. Raises UnusableAnswer."""
    if not isinstance(data, dict):
        raise UnusableAnswer("the answer has no resource in data")
    if data.get("type") != kind or not isinstance(data.get("id"), str):
        raise UnusableAnswer(
            f"the answer contains a {data.get('type')} with id {data.get('id')}, but {kind} was requested"
        )
    if identifier is not None and data["id"].lower() != identifier.lower():
        raise UnusableAnswer(f"the answer contains {kind} {data['id']}, but {identifier} was requested")
    if not isinstance(data.get("attributes"), dict):
        raise UnusableAnswer(f"attributes of {kind} {data['id']} are not an object")
    for member in ("relationships", "meta"):
        if not isinstance(data.get(member) or {}, dict):
            raise UnusableAnswer(f"{member} of {kind} {data['id']} is not an object")
    relationships = data.get("relationships") or {}
    for name in {*relationships, *linkage}:
        relationship = relationships.get(name)
        relationship = relationship if isinstance(relationship, dict) else {}
        known, identifiers = "data" in relationship, relationship.get("data")
        where = f"{name} of {kind} {data['id']}"
        if name in linkage and (not known or isinstance(identifiers, list) is not linkage[name]):
            raise UnusableAnswer(f"the answer has no linkage for {where}")
        if isinstance(identifiers, list) or name in linkage:
            _check_linkage(identifiers, where)
    return data


def _check_linkage(identifiers: Any, where: str) -> None:
    """Raise UnusableAnswer unless `identifiers` is JSON:API linkage: a list of identifiers, or one, or null."""
    listed = identifiers if isinstance(identifiers, list) else [] if identifiers is None else [identifiers]
    if not all(isinstance(item, dict) and isinstance(item.get("id"), str) for item in listed):
        raise UnusableAnswer(f"the linkage of {where} contains something other than resource identifiers")
