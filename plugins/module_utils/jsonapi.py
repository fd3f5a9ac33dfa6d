# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON:API documents over HTTP. Knows no DIDWW and no Ansible.

What comes back is either a document that JSON:API allows and that answers the request, or an
exception. Nothing in between.
"""

from __future__ import annotations

import http.client
import json
import random
import re
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

# The library is optional at import time, so that a module can say that it is missing.
REQUESTS_IMPORT_ERROR: str | None = None
try:
    import requests
    from urllib3.exceptions import (
        ConnectTimeoutError,
        DecodeError,
        HTTPError,
        IncompleteRead,
        InvalidHeader,
        LocationParseError,
        LocationValueError,
        MaxRetryError,
        NewConnectionError,
        ProxyError,
    )
    from urllib3.util.retry import Retry

    if not hasattr(Retry, "DEFAULT_ALLOWED_METHODS"):
        raise ImportError("urllib3 1.26 or newer is needed")
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()

    class Retry:  # type: ignore[no-redef]  # the base that Backoff needs to be defined at all
        """Stands in for urllib3's class where the library is missing."""


MEDIA_TYPE = "application/vnd.api+json"
CONNECTIONS = 20  # kept open at most: one for each request that a second allows

RETRIED_STATUS = (502, 503, 504)
TOO_MANY = 429
WINDOW = 1  # seconds in which a server counts requests, where it does not say when to come back
PATIENCE = 15  # seconds to wait for room among too many requests, for each retry that is allowed
READINGS = 3  # of a list that changes while it is read
FIRST_DELAY = 0.5  # seconds before the first retry; doubled each time, with jitter
LONGEST_DELAY = 60  # seconds, whatever Retry-After says


class Failure(Exception):
    """No usable answer. `unsettled`: an update was sent and may have been applied all the same."""

    def __init__(self, message: str, unsettled: bool = False) -> None:
        super().__init__(message)
        self.unsettled = unsettled


class Unreachable(Failure):
    """No answer at all, after every attempt."""


class Unusable(Failure):
    """An answer that is not the JSON:API document that was asked for."""


class Restless(Failure):
    """A list that changed each time it was read."""


class Refused(Failure):
    """An answer with an HTTP error status. `errors`: its JSON:API error objects, maybe none."""

    def __init__(self, message: str, status: int, errors: list[dict[str, Any]], unsettled: bool = False) -> None:
        super().__init__(message, unsettled)
        self.status = status
        self.errors = errors


class Answer(NamedTuple):
    """A resource, and the top-level `meta` and `included` of the document that it came in."""

    resource: dict[str, Any]
    meta: dict[str, Any]
    included: list[dict[str, Any]]


class Answers(NamedTuple):
    """The resources of a whole collection, the `meta` of its last page, and all that was `included`."""

    resources: list[dict[str, Any]]
    meta: dict[str, Any]
    included: list[dict[str, Any]]


class Page(NamedTuple):
    """One page of a collection: its number, and how many there are as far as the server says."""

    number: int
    resources: list[dict[str, Any]]
    meta: dict[str, Any]
    included: list[dict[str, Any]]
    pages: int


class Pace:
    """At most `per_second` requests in any second, whichever thread they come from.

    Fewer while the server has too many, since other clients use the same key: a 429 takes a third
    of the rate, and each second brings GAIN requests a second back. So clients come to share the
    limit, and little of it is left unused.
    """

    # A server counts arrivals, which come closer together than departures now and then.
    MARGIN = 1.05
    LEAST = 0.5  # requests per second
    CUT = 1.5
    GAIN = 3

    def __init__(self, per_second: float) -> None:
        self._most = self._rate = per_second / self.MARGIN
        self._lock = threading.Lock()
        self._next = self._slowed = 0.0
        self._ended = False

    def end(self) -> None:
        """Let nobody wait any longer than a WINDOW: there is nothing to wait for."""
        self._ended = True

    def wait(self) -> None:
        """Wait for the next turn."""
        while not self._ended:
            with self._lock:
                now = time.monotonic()
                if now >= self._next:
                    interval = 1 / self._rate
                    # Who wakes up late does not delay those who come after.
                    self._next = (self._next if now - self._next < interval else now) + interval
                    self._rate = min(self._most, self._rate + self.GAIN * interval)
                    return
                delay = self._next - now
            time.sleep(min(delay, WINDOW))

    def slow_down(self, seconds: float) -> None:
        """Come more slowly: the server had too many requests, and asks to come back after `seconds`."""
        with self._lock:
            now = time.monotonic()
            # The other answers to the same burst say nothing new.
            if now - self._slowed >= WINDOW:
                self._slowed = now
                self._rate = max(self.LEAST, self._rate / self.CUT)
            # Room comes back all through a window: who waits for its end leaves most of it unused.
            self._next = max(self._next, now + seconds - 3 / 4 * WINDOW)


def _jitter(least: float, most: float) -> float:
    return random.uniform(least, most)  # noqa: S311 - it spreads retries, and protects nothing


class Backoff(Retry):
    """urllib3's Retry with jitter in every version, and a Retry-After that cannot stop a task."""

    def get_backoff_time(self) -> float:
        """Return the seconds to wait before the next attempt: exponential, half to one and a half of it."""
        exponential: float = FIRST_DELAY * 2 ** (len(self.history) - 1)
        return min(LONGEST_DELAY, exponential * _jitter(0.5, 1.5))

    def get_retry_after(self, response: Any) -> float | None:
        """Return the seconds that Retry-After asks for, at most LONGEST_DELAY; None where it makes no sense."""
        try:
            seconds = super().get_retry_after(response)
        except (InvalidHeader, ValueError, OverflowError):
            return None
        return None if seconds is None else min(seconds, LONGEST_DELAY)


class Client:
    """A JSON:API server at `url`.

    When the server is of no use to any request, those that follow fail unsent, lest the time that
    each of them would take adds up: once there was no room for any for as long as one waits, or
    once CONNECTIONS requests in a row got no usable answer.

    `authenticate` puts the credentials on a prepared request and returns it. `headers` go with
    every request. `timeout`: seconds to connect, and between bytes. `retries`: attempts after the
    first; after too many requests (429) it waits for room, PATIENCE for each retry. `verify`: whether
    to check certificates, or the path of a CA bundle. `page_sizes`: how many resources of each type
    to ask for at once. `pace`: the rate to keep, if any. One client serves several threads; `requests`
    counts what was sent.
    """

    def __init__(
        self,
        url: str,
        authenticate: Callable[[Any], Any],
        headers: Mapping[str, str],
        timeout: float,
        retries: int,
        verify: bool | str,
        page_sizes: Mapping[str, int],
        pace: Pace | None = None,
    ) -> None:
        self.url = url
        self._page_sizes = page_sizes
        self.requests = 0
        self._counting = threading.Lock()
        self._pace = pace
        self._timeout = timeout
        self._patience = PATIENCE * retries
        self._refused: float | None = None  # since when every answer has been that there are too many requests
        self._full: Any = None  # the answer that there are too many requests, once it is final for all
        self._in_vain = 0  # requests in a row without a usable answer
        self._verify = verify
        self._retry = Backoff(
            total=retries,
            allowed_methods={"GET", "PATCH"},
            status_forcelist=RETRIED_STATUS,
        )
        self._session = requests.Session()
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=CONNECTIONS))
        self._session.headers.update(headers)
        self._session.headers.update({"Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE})
        # Redirects are not followed, so their target is not even parsed: it may be anything.
        self._session.get_redirect_target = lambda resp: None  # type: ignore[method-assign]  # replaced on purpose
        # An auth of its own also keeps requests from consulting .netrc.
        self._session.auth = authenticate

    def get(
        self, kind: str, identifier: str, params: Mapping[str, str] | None = None, linkage: Sequence[str] = ()
    ) -> Answer:
        """Read the resource of type `kind` with that id, with linkage of the relationships named in `linkage`.

        Raises Failure.
        """
        document = self._request("GET", _path(kind, identifier), {**_include(linkage), **(params or {})})
        return _answer(document, kind, identifier, linkage)

    def get_all(self, kind: str, params: Mapping[str, str] | None = None, linkage: Sequence[str] = ()) -> Answers:
        """Read every resource of type `kind` that `params` select. Raises Failure."""
        resources: list[dict[str, Any]] = []
        included: list[dict[str, Any]] = []
        meta: dict[str, Any] = {}
        for page in self.pages(kind, params, linkage):
            resources += page.resources
            included += page.included
            meta = page.meta
        return Answers(resources, meta, included)

    def pages(self, kind: str, params: Mapping[str, str] | None = None, linkage: Sequence[str] = ()) -> Iterator[Page]:
        """Read the resources of type `kind` that `params` select, page by page.

        If the list changes meanwhile it is read again, and more pages come: of what was not there
        before. What is deleted between two readings is among the pages all the same. Raises Failure.
        """
        seen: set[str] = set()
        for _reading in range(READINGS):
            totals = []
            for page, total in self._pages(kind, params, linkage, seen):
                totals.append(total)
                yield page
            if len(set(totals)) == 1:
                return
            # What others delete or create shifts the pages: something may have been on none of them.
        raise Restless(f"the list of {kind} changed each time it was read, {READINGS} times")

    def _pages(
        self, kind: str, params: Mapping[str, str] | None, linkage: Sequence[str], seen: set[str]
    ) -> Iterator[tuple[Page, int | None]]:
        """Read a list once: its pages without what is in `seen`, which grows, and how long it was said to be then.

        Raises Failure.
        """
        again = bool(seen)
        page_size = self._page_sizes[kind]
        number, more = 1, True
        while more:
            # By page number, not by following links.next: that may name another host.
            page = {"page[number]": str(number), "page[size]": str(page_size)}
            document = self._request("GET", f"/{kind}", {**_include(linkage), **(params or {}), **page})
            data, links, meta = document.get("data"), document.get("links"), _meta(document)
            if not isinstance(data, list):
                raise Unusable("the answer has no list of resources in data")
            more = bool(data and isinstance(links, dict) and links.get("next"))
            total = _total(meta)
            pages = number + more if total is None else -(-total // page_size)
            resources = [_resource(each, kind, None, linkage) for each in data]
            # Pages shift while they are read: what came before does not come again.
            resources = [each for each in resources if each["id"] not in seen]
            seen.update(each["id"] for each in resources)
            # A server that has always the same page for us must not have us ask for ever.
            if more and not resources and not (again and total is not None and number < pages):
                raise Unusable(f"page {number} of {kind} holds nothing that did not come before")
            yield Page(number, resources, meta, _included(document), pages), total
            number += 1

    def update(self, resource: Mapping[str, Any]) -> Answer:
        """PATCH `resource` (type, id, and what is to change) and return it as it is then. Raises Failure."""
        kind, identifier = resource["type"], resource["id"]
        document = self._request("PATCH", _path(kind, identifier), {}, {"data": resource})
        try:
            return _answer(document, kind, identifier, ())
        except Unusable as error:
            error.unsettled = True
            raise

    def _request(
        self, method: str, path: str, params: Mapping[str, str], body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Send a request, again where that helps, and return the document that answers it. Raises Failure."""
        query = "?" + urlencode(params, quote_via=quote) if params else ""
        data = None if body is None else json.dumps(body).encode()
        response, lost = self._send(method, self.url + path + query, data)
        unsettled = lost or (method == "PATCH" and _leaves_open(response.status_code))
        if 300 <= response.status_code < 400:
            target = response.headers.get("Location", "nowhere")
            message = f"the server redirects to {target}; redirects are refused, since they would carry the API key"
            raise Unusable(message, unsettled)
        try:
            document = json.loads(response.content)
        except (ValueError, RecursionError):
            document = None
        if response.status_code >= 400:
            message = f"HTTP {response.status_code} {response.reason or ''}".rstrip()
            raise Refused(message, response.status_code, _errors(document), unsettled)
        if response.status_code != 200 or not isinstance(document, dict):
            kind = response.headers.get("Content-Type", "no content type")
            message = f"HTTP {response.status_code} with no JSON:API document in it"
            raise Unusable(f"{message} ({kind}, {len(response.content)} bytes)", unsettled)
        return document

    def _send(self, method: str, url: str, data: bytes | None) -> tuple[Any, bool]:
        """Return the final response, and whether an earlier attempt may have been applied unseen.

        Raises Unreachable, unsent where the CONNECTIONS requests before were in vain.
        """
        if self._in_vain >= CONNECTIONS:
            raise Unreachable(f"this request was not sent, since the {CONNECTIONS} before it got none either")
        try:
            response, lost = self._attempt(method, url, data)
        except Unreachable:
            self._count(in_vain=True)
            raise
        self._count(in_vain=response.status_code in RETRIED_STATUS)
        return response, lost

    def _count(self, in_vain: bool) -> None:
        with self._counting:
            self._in_vain = self._in_vain + 1 if in_vain else 0

    def _attempt(self, method: str, url: str, data: bytes | None) -> tuple[Any, bool]:
        """Send until there is a final response. Raises Unreachable.

        The loop drives urllib3's Retry itself rather than through the adapter, because requests
        reads the body outside of it: a body that breaks off would not be tried again.
        """
        retry, lost, waited = self._retry, False, 0.0
        while True:
            response = error = None
            if self._pace:
                self._pace.wait()
            if self._full is not None:
                return self._full, lost
            with self._counting:
                self.requests += 1
            try:
                response = self._session.request(
                    method, url, data=data, timeout=self._timeout, verify=self._verify, allow_redirects=False
                )
                _check_whole(response)
                if response.status_code != TOO_MANY:
                    self._refused = None
                    if not retry.is_retry(method, response.status_code):
                        return response, lost
                lost = lost or (method == "PATCH" and _leaves_open(response.status_code))
            # ValueError and TypeError: what requests makes of the URL of a proxy that does not parse.
            except (requests.exceptions.RequestException, HTTPError, OSError, ValueError, TypeError) as caught:
                response, error = None, caught
                lost = lost or (method == "PATCH" and not _never_sent(caught))
                if not _may_pass(caught):
                    raise Unreachable(_reason(caught), lost) from caught
            raw = None if response is None else response.raw
            if response is not None and response.status_code == TOO_MANY:
                # No failure, but a turn that is still to come: the time counts, not the attempts.
                # So does the time spent waiting for turns, once nothing else of this client gets through either.
                now = time.monotonic()
                since = self._refused = self._refused or now
                left = self._patience - max(waited, now - since)
                if left < WINDOW / 2:
                    if now - since >= PATIENCE - WINDOW:
                        self._give_up(response)
                    return response, lost
                asked = min(retry.get_retry_after(raw) or WINDOW, left)
                if self._pace:
                    # The limit is the key's, not the request's.
                    self._pace.slow_down(asked)
                delay = min(asked * _jitter(1, 1.5), left)
                waited += delay
                time.sleep(delay)
                continue
            try:
                retry = retry.increment(method, url, response=raw, error=error)
            except MaxRetryError as exhausted:
                if response is not None:
                    return response, lost
                raise Unreachable(_reason(error), lost) from exhausted
            retry.sleep(raw)

    def _give_up(self, response: Any) -> None:
        """Take the 429 `response` as the answer to every further request."""
        self._full = response
        if self._pace:
            self._pace.end()


def _path(kind: str, identifier: str) -> str:
    return f"/{kind}/{quote(identifier, safe='')}"


def _leaves_open(status: int) -> bool:
    """Return whether an update that was answered so may have been applied.

    It was, or nobody knows, below 400; a 408 can come from a gateway that waited in vain, as a 504 does.
    """
    return status < 400 or status >= 500 or status == 408


def _include(linkage: Sequence[str]) -> dict[str, str]:
    return {"include": ",".join(linkage)} if linkage else {}


def _check_whole(response: Any) -> None:
    """Raise requests' ConnectionError if the answer broke off: neither requests nor http.client always tell."""
    length = response.headers.get("Content-Length", "")
    known = re.fullmatch("[0-9]+", length) and "Transfer-Encoding" not in response.headers
    short = known and response.raw.tell() < int(length)
    # An answer that ends within its headers comes out as one without any, and without a body.
    if short or (response.status_code == 200 and not response.content):
        raise requests.exceptions.ConnectionError("the answer broke off")


def _may_pass(error: Exception) -> bool:
    """Return whether another attempt may fare better: a broken connection or a timeout, not a certificate."""
    broken = (
        requests.exceptions.ConnectionError,
        requests.exceptions.Timeout,
        requests.exceptions.ChunkedEncodingError,
        requests.exceptions.ContentDecodingError,
    )
    return isinstance(error, broken) and not _is_certificate(error)


def _is_certificate(error: Exception) -> bool:
    return isinstance(error, requests.exceptions.SSLError) and "certificate" in _reason(error).lower()


def _never_sent(error: Exception) -> bool:
    """Return whether it failed before the request could be sent."""
    before = (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, LocationValueError)
    # requests raises an OSError that is not its own for a CA bundle that is not there.
    if isinstance(error, before) or not isinstance(error, (requests.exceptions.RequestException, HTTPError)):
        return True
    if _is_certificate(error):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(reason, (NewConnectionError, ConnectTimeoutError))


def _reason(error: BaseException | None) -> str:
    """Return the innermost cause in words, without object addresses, and without the password of a proxy."""
    cause: Any = error
    while True:
        if isinstance(cause, ProxyError):
            return f"the proxy failed: {_reason(cause.original_error)}"
        if isinstance(cause, LocationParseError) or type(cause) in (ValueError, TypeError):
            # Its words would hold a part of the URL, maybe of the password in it.
            return "a URL does not parse; in that of a proxy, what is special in user and password is percent-encoded"
        if isinstance(cause, DecodeError):
            return "the answer does not unpack as its Content-Encoding says"
        if isinstance(cause, (IncompleteRead, http.client.IncompleteRead)):
            return "the answer broke off"
        parts = (getattr(cause, "reason", None), *getattr(cause, "args", ()))
        inner = next((each for each in parts if isinstance(each, Exception)), None)
        if inner is None:
            words = re.sub(r"^<?[\w.]*(?: object at 0x\w+>|\([^)]*\)): ", "", str(cause))
            words = re.sub(r"\.?( \(_ssl\.c:\d+\))?$", "", words)
            return re.sub(r"//[^/\s]*@", "//", words) or type(cause).__name__
        cause = inner


def _answer(document: Mapping[str, Any], kind: str, identifier: str, linkage: Sequence[str]) -> Answer:
    resource = _resource(document.get("data"), kind, identifier, linkage)
    return Answer(resource, _meta(document), _included(document))


def _included(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the included resources of a document, none where it has no such member.

    Raises Unusable if something else is among them: JSON:API has `type`, `id` and maybe `attributes`.
    """
    included = document.get("included") or []
    if not isinstance(included, list):
        raise Unusable("included is not a list of resources")
    for resource in included:
        if not (
            isinstance(resource, dict)
            and isinstance(resource.get("type"), str)
            and isinstance(resource.get("id"), str)
            and isinstance(resource.get("attributes", {}), dict)
        ):
            raise Unusable("included holds something that is not a resource with a type, an id and attributes")
    return included


def _total(meta: Mapping[str, Any]) -> int | None:
    """Return how long a list is by its `meta.total_records`, None if that is not given. Raises Unusable."""
    total = meta.get("total_records")
    if total is not None and (not isinstance(total, int) or isinstance(total, bool) or total < 0):
        raise Unusable("meta.total_records is not a whole number")
    return total


def _meta(document: Mapping[str, Any]) -> dict[str, Any]:
    meta = document.get("meta")
    return meta if isinstance(meta, dict) else {}


def _errors(document: Any) -> list[dict[str, Any]]:
    errors = document.get("errors") if isinstance(document, dict) else None
    return [each for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []


def _resource(data: Any, kind: str, identifier: str | None, linkage: Sequence[str]) -> dict[str, Any]:
    """Return `data` if it is the resource asked for, as JSON:API describes one; raise Unusable if not."""
    if not isinstance(data, dict):
        raise Unusable("the answer has no resource in data")
    if data.get("type") != kind or not isinstance(data.get("id"), str):
        raise Unusable(f"the answer holds a {data.get('type')} with id {data.get('id')} where {kind} was asked for")
    if identifier is not None and data["id"].lower() != identifier.lower():
        raise Unusable(f"the answer holds {kind} {data['id']} where {identifier} was asked for")
    if not isinstance(data.get("attributes"), dict):
        raise Unusable(f"attributes of {kind} {data['id']} are not an object")
    for member in ("relationships", "meta"):
        if not isinstance(data.get(member) or {}, dict):
            raise Unusable(f"{member} of {kind} {data['id']} is not an object")
    relationships = data.get("relationships") or {}
    for name in {*relationships, *linkage}:
        linked = relationships.get(name, {})
        identifiers = linked.get("data") if isinstance(linked, dict) else None
        if name in linkage or isinstance(identifiers, list):
            _check_linkage(identifiers, f"{name} of {kind} {data['id']}")
    return data


def _check_linkage(identifiers: Any, where: str) -> None:
    """Raise Unusable unless `identifiers` is JSON:API's linkage of a to-many relationship."""
    if not isinstance(identifiers, list):
        raise Unusable(f"the answer has no linkage for {where}")
    if not all(isinstance(each, dict) and isinstance(each.get("id"), str) for each in identifiers):
        raise Unusable(f"the linkage of {where} holds something else than resource identifiers")
