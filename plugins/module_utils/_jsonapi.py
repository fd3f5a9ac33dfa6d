# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE: this file belongs to the collection and may change at any time. Do not import it from outside.

"""JSON:API over HTTP: requests, retries, the rate. Knows no DIDWW and no Ansible."""

from __future__ import annotations

import http.client
import json
import random
import re
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, MutableSequence, Sequence
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode

from ansible_collections.didww.voice.plugins.module_utils._documents import (
    Answer,
    Answers,
    ApiError,
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

__all__ = [
    "Answer",
    "Answers",
    "ApiError",
    "Client",
    "ListKeepsChanging",
    "Pace",
    "Page",
    "RequestFailed",
    "Unreachable",
    "UnusableAnswer",
]

# A module can be imported without the library, so that it can report that it is missing.
REQUESTS_IMPORT_ERROR: str | None = None
try:
    import requests
    from urllib3.exceptions import (
        ConnectTimeoutError,
        DecodeError,
        HTTPError,
        IncompleteRead,
        LocationParseError,
        LocationValueError,
        NewConnectionError,
        ProxyError,
    )
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()

MEDIA_TYPE = "application/vnd.api+json"
CONNECTIONS = 20  # kept open at most: one for each request that a second allows

RETRIED_STATUS = (502, 503, 504)
TOO_MANY = 429
WINDOW = 1  # seconds in which a server counts requests, where it does not say when to come back
PATIENCE = 15  # seconds to wait after 429, for each retry that is allowed
READINGS = 3  # of a list that changes while it is read
FIRST_DELAY = 0.5  # seconds before the first retry; doubled each time, with jitter
LONGEST_DELAY = 60  # seconds, whatever Retry-After says


class Pace:
    """At most `per_second` requests in any second, whichever thread sends them.

    Fewer while the server answers 429, since other clients use the same key: a 429 takes away a third
    of the rate, and each second brings GAIN requests a second back. So clients come to share the limit
    and leave little of it unused.

    `turn` holds two numbers: the time of the next turn, and how many requests need not wait for theirs. In memory
    that processes share, they keep one rate together. Two of them that take the same turn at the same instant
    cost a 429 at most.
    """

    # A server counts arrivals, and now and then these come closer together than departures.
    MARGIN = 1.05
    LEAST = 0.5  # requests per second
    CUT = 1.5
    GAIN = 3
    # In turns: what a request that does not wait for its turn takes. Those that follow each other at once may all be
    # delayed by a new connection, and come closer to later ones.
    HASTE = 1.25

    def __init__(self, per_second: float, turn: MutableSequence[float] | memoryview[float] | None = None) -> None:
        self._most = self._rate = per_second / self.MARGIN
        self._lock = threading.Lock()
        self._burst = max(1, per_second // 2 - 1)
        self._turn = [0.0, 0.0] if turn is None else turn
        self._slowed = 0.0
        self._ended = False

    def end(self) -> None:
        """Let nobody wait for longer than a WINDOW: there is nothing left to wait for."""
        self._ended = True

    def resume(self) -> None:
        """Let threads wait for their turns again."""
        self._ended = False

    def wait(self) -> None:
        """Wait for the next turn.

        After a rest, some requests need not wait: as many as could have been sent meanwhile, up to half of what a
        second allows. The next one then waits until their turns are over, so that no second has too many.
        """
        while not self._ended:
            with self._lock:
                now, interval = time.monotonic(), 1 / self._rate
                turn, ahead = self._turn
                if now >= turn:
                    rest = (now - turn) / interval
                    # A thread that wakes up late does not delay those that come after it.
                    self._turn[0] = (turn if rest < 1 else now) + interval
                    self._turn[1] = min(self._burst, rest // 1)
                    self._rate = min(self._most, self._rate + self.GAIN * interval)
                    return
                if ahead >= 1:
                    self._turn[0] = turn + self.HASTE * interval
                    self._turn[1] = ahead - 1
                    return
                delay = turn - now
            time.sleep(min(delay, WINDOW))

    def slow_down(self, seconds: float) -> None:
        """Lower the rate after a 429 that asks to come back after `seconds`."""
        with self._lock:
            now = time.monotonic()
            self._turn[1] = 0
            # The other answers to the same burst say nothing new.
            if now - self._slowed >= WINDOW:
                self._slowed = now
                self._rate = max(self.LEAST, self._rate / self.CUT)
            # Capacity frees up during the window; waiting for its end would waste most of it.
            self._turn[0] = max(self._turn[0], now + seconds - 3 / 4 * WINDOW)


def _jitter(least: float, most: float) -> float:
    return random.uniform(least, most)  # noqa: S311 - it spreads retries, and protects nothing


def _backoff(failures: int) -> float:
    """Return the seconds to wait after so many failures: doubled each time, half to one and a half of that."""
    return min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** (failures - 1) * _jitter(0.5, 1.5))


def _retry_after(response: Any) -> float | None:
    """Return the seconds that Retry-After asks for, at most LONGEST_DELAY; None if it makes no sense."""
    header = response.headers.get("Retry-After", "").strip()
    try:
        if re.fullmatch(r"[0-9]+", header):
            return min(float(header), LONGEST_DELAY)
        seconds = (parsedate_to_datetime(header) - datetime.now(timezone.utc)).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(seconds, LONGEST_DELAY) if seconds > 0 else None


class _Shared:
    """What the threads of a client share.

    `requests`: how many were sent. `fruitless`: how many in a row got no usable answer. `busy_since`:
    since when every answer has been 429. `verdict`: the 429 that answers all further requests.
    `stopped`: whether nothing may be sent any more.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.requests = 0
        self.fruitless = 0
        self.busy_since: float | None = None
        self.verdict: Any = None
        self.stopped = False


class Client:
    """A JSON:API server at `url`.

    If the server is unavailable, later requests fail at once instead of each retrying: when every
    answer has been 429 for as long as a request may wait, or when CONNECTIONS requests in a row got no
    usable answer.

    `authenticate` puts the credentials on a prepared request and returns it. `headers` go with every
    request. `timeout`: seconds to connect, and between bytes. `retries`: attempts after the first; after
    429 a request waits for up to PATIENCE for each of them. `verify`: whether to check certificates, or
    the path of a CA bundle. `page_sizes`: how many resources of each type to ask for at once. `pace`:
    the rate to keep, if any. Several threads can use one client.
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
        self._shared = _Shared()
        self._pace = pace
        self._timeout = timeout
        self._retries = retries
        self._verify = verify
        self._session = requests.Session()
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=CONNECTIONS))
        self._session.headers.update(headers)
        self._session.headers.update({"Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE})
        # Redirects are not followed, so their target is not even parsed: it may be anything.
        self._session.get_redirect_target = lambda resp: None  # type: ignore[method-assign]  # replaced on purpose
        # An auth of its own also keeps requests from consulting .netrc.
        self._session.auth = authenticate

    @property
    def requests(self) -> int:
        """How many requests were sent since the last `begin`."""
        return self._shared.requests

    def begin(self) -> None:
        """Begin a task: what earlier ones learned of the server is forgotten, connections and pace stay."""
        self.stop()
        self._shared = _Shared()
        if self._pace:
            self._pace.resume()

    def stop(self) -> None:
        """Send nothing more, from whichever thread, until the next `begin`."""
        self._shared.stopped = True

    def get(
        self, kind: str, identifier: str, params: Mapping[str, str] | None = None, linkage: Sequence[str] = ()
    ) -> Answer:
        """Read the resource of type `kind` with that id, with linkage of the relationships named in `linkage`.

        Raises RequestFailed.
        """
        document = self._request("GET", _path(kind, identifier), {**_include(linkage), **(params or {})})
        return answer(document, kind, identifier, linkage)

    def get_all(self, kind: str, params: Mapping[str, str] | None = None, linkage: Sequence[str] = ()) -> Answers:
        """Read every resource of type `kind` that `params` select. Raises RequestFailed."""
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
        before. What is deleted between two readings is among the pages all the same. Raises RequestFailed.
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
        raise ListKeepsChanging(f"the list of {kind} changed each time it was read, {READINGS} times")

    def _pages(
        self, kind: str, params: Mapping[str, str] | None, linkage: Sequence[str], seen: set[str]
    ) -> Iterator[tuple[Page, int | None]]:
        """Read a list once: its pages without what is in `seen`, which grows, and how long it was said to be then.

        Raises RequestFailed.
        """
        again = bool(seen)
        page_size = self._page_sizes[kind]
        number, more = 1, True
        while more:
            # By page number, not by following links.next: that may name another host.
            page = {"page[number]": str(number), "page[size]": str(page_size)}
            document = self._request("GET", f"/{kind}", {**_include(linkage), **(params or {}), **page})
            data, links, meta = document.get("data"), document.get("links"), meta_of(document)
            if not isinstance(data, list):
                raise UnusableAnswer("the answer has no list of resources in data")
            more = bool(data and isinstance(links, dict) and links.get("next"))
            total = total_of(meta)
            pages = number + more if total is None else -(-total // page_size)
            resources = [resource_in(item, kind, None, linkage) for item in data]
            # Pages shift while they are read: skip what came before.
            resources = [resource for resource in resources if resource["id"] not in seen]
            seen.update(resource["id"] for resource in resources)
            # Stop if the server keeps returning the same page.
            if more and not resources and not (again and total is not None and number < pages):
                raise UnusableAnswer(f"page {number} of {kind} holds nothing that did not come before")
            yield Page(number, resources, meta, included_in(document), pages), total
            number += 1

    def update(self, resource: Mapping[str, Any]) -> Answer:
        """PATCH `resource` (type, id, and what is to change) and return it as it is then. Raises RequestFailed."""
        kind, identifier = resource["type"], resource["id"]
        document = self._request("PATCH", _path(kind, identifier), {}, {"data": resource})
        try:
            return answer(document, kind, identifier, ())
        except UnusableAnswer as error:
            error.unsettled = True
            raise

    def _request(
        self, method: str, path: str, params: Mapping[str, str], body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Send a request, again where that helps, and return the document that answers it. Raises RequestFailed."""
        query = "?" + urlencode(params, quote_via=quote) if params else ""
        data = None if body is None else json.dumps(body).encode()
        response, lost = self._send(method, self.url + path + query, data)
        unsettled = lost or (method == "PATCH" and _leaves_open(response.status_code))
        if 300 <= response.status_code < 400:
            target = response.headers.get("Location", "nowhere")
            message = f"the server redirects to {target}; redirects are refused, since they would carry the API key"
            raise UnusableAnswer(message, unsettled)
        try:
            document = json.loads(response.content)
        except (ValueError, RecursionError):
            document = None
        if response.status_code >= 400:
            message = f"HTTP {response.status_code} {response.reason or ''}".rstrip()
            raise ApiError(message, response.status_code, errors_of(document), unsettled)
        if response.status_code != 200 or not isinstance(document, dict):
            kind = response.headers.get("Content-Type", "no content type")
            message = f"HTTP {response.status_code} with no JSON:API document in it"
            raise UnusableAnswer(f"{message} ({kind}, {len(response.content)} bytes)", unsettled)
        return document

    def _send(self, method: str, url: str, data: bytes | None) -> tuple[Any, bool]:
        """Return the final response, and whether an earlier attempt may have been applied unseen.

        Raises Unreachable, without sending if the last CONNECTIONS requests got no usable answer.
        """
        shared = self._shared
        if shared.fruitless >= CONNECTIONS:
            raise Unreachable(f"this request was not sent, since the {CONNECTIONS} before it got none either")
        response = None
        try:
            response, lost = self._attempt(method, url, data)
        finally:
            with shared.lock:
                usable = response is not None and response.status_code not in RETRIED_STATUS
                shared.fruitless = 0 if usable else shared.fruitless + 1
        return response, lost

    def _attempt(self, method: str, url: str, data: bytes | None) -> tuple[Any, bool]:
        """Send until there is a final response. Raises Unreachable.

        Not left to urllib3's Retry: requests reads the body outside of it, and a body that breaks off is
        then not tried again.
        """
        changes = method == "PATCH"
        shared = self._shared
        failures, waited, lost = 0, 0.0, False
        while True:
            if self._pace:
                self._pace.wait()
            if shared.stopped:
                raise Unreachable("the task was interrupted", lost)
            if shared.verdict is not None:
                return shared.verdict, lost
            with shared.lock:
                shared.requests += 1
            try:
                response = self._session.request(
                    method, url, data=data, timeout=self._timeout, verify=self._verify, allow_redirects=False
                )
                _check_whole(response)
            # ValueError and TypeError: what requests makes of the URL of a proxy that does not parse.
            except (requests.exceptions.RequestException, HTTPError, OSError, ValueError, TypeError) as error:
                lost = lost or (changes and not _never_sent(error))
                if failures == self._retries or not _may_pass(error):
                    raise Unreachable(_reason(error), lost) from error
                asked = None
            else:
                asked = _retry_after(response)
                if response.status_code == TOO_MANY:
                    # No failure, but a turn that is still to come: the time counts, not the attempts.
                    delay = self._wait_for_room(response, asked, waited)
                    if delay == 0:
                        return response, lost
                    waited += delay
                    continue
                shared.busy_since = None
                if failures == self._retries or response.status_code not in RETRIED_STATUS:
                    return response, lost
                lost = lost or changes
            failures += 1
            time.sleep(asked or _backoff(failures))

    def _wait_for_room(self, response: Any, asked: float | None, waited: float) -> float:
        """Wait after the 429 `response`, which asks for `asked` seconds; return how long, 0 if the time is over.

        `waited`: how long the request has waited before. While nothing else gets through either, the time
        spent in waiting for turns counts too.
        """
        shared, now = self._shared, time.monotonic()
        since = shared.busy_since = shared.busy_since or now
        left = PATIENCE * self._retries - max(waited, now - since)
        if left < WINDOW / 2:
            if now - since >= PATIENCE - WINDOW:
                shared.verdict = response
                if self._pace:
                    self._pace.end()
            return 0
        asked = min(asked or WINDOW, left)
        if self._pace:
            # The limit is the key's, not the request's.
            self._pace.slow_down(asked)
        delay = min(asked * _jitter(1, 1.5), left)
        time.sleep(delay)
        return delay


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
        inner = next((part for part in parts if isinstance(part, Exception)), None)
        if inner is None:
            words = re.sub(r"^<?[\w.]*(?: object at 0x\w+>|\([^)]*\)): ", "", str(cause))
            words = re.sub(r"\.?( \(_ssl\.c:\d+\))?$", "", words)
            return re.sub(r"//[^/\s]*@", "//", words) or type(cause).__name__
        cause = inner
