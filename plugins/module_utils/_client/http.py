# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP: requests, retries, rate limiting. Contains nothing specific to JSON:API."""

from __future__ import annotations

import copy
import http.client
import json
import random
import re
import threading
import time
import traceback
from collections.abc import Mapping, MutableSequence
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from ansible_collections.didww.voice.plugins.module_utils._client.documents import (
    ApiError,
    RequestFailed,
    Unreachable,
    UnusableAnswer,
)

# Modules must load without the library to report that it is missing.
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

CONNECTIONS = 20  # kept open at most: one for each request allowed in a second

# The statuses of a deletion that is answered without a document: JSON:API 1.1, "Deleting Resources".
WITHOUT_DOCUMENT = (202, 204)
RETRIED_STATUS = (502, 503, 504)
UNAUTHORIZED = 401
TOO_MANY = 429
WINDOW = 1  # seconds over which a server counts requests, if its 429 has no Retry-After
PATIENCE = 15  # seconds to wait after 429, per allowed retry
FIRST_DELAY = 0.5  # seconds before the first retry; doubled each time, with jitter
LONGEST_DELAY = 60  # seconds, even if Retry-After asks for more


class Pace:
    """Limits all threads together to `per_second` requests in any second.

    Slows down while the server answers 429, which means that other clients use the same key: each 429
    cuts the rate by a third, and every second restores GAIN requests per second. Clients that do this
    share the limit and use most of it.

    `schedule` holds two numbers: the time of the next request, and how many requests may be sent before theirs. If it
    is in shared memory, processes keep one rate together. If two of them read it at the same instant, the worst result
    is a 429.
    """

    # The server counts requests as they arrive, sometimes closer together than they were sent.
    MARGIN = 1.05
    LEAST = 0.5  # requests per second
    CUT = 1.5
    GAIN = 3
    # In intervals: the cost of a request that is sent early. New connections may delay a group of such requests, which
    # then arrive closer to later ones.
    EARLY_COST = 1.25

    def __init__(self, per_second: float, schedule: MutableSequence[float] | memoryview[float] | None = None) -> None:
        self._most = self._rate = per_second / self.MARGIN
        self._lock = threading.Lock()
        self._burst = max(1, per_second // 2 - 1)
        self._schedule = [0.0, 0.0] if schedule is None else schedule
        self._slowed = 0.0
        self._ended = False

    def end(self) -> None:
        """Stop waiting: every waiting thread continues within a WINDOW."""
        self._ended = True

    def resume(self) -> None:
        """Let threads wait again."""
        self._ended = False

    def wait(self) -> None:
        """Wait until the next request may be sent.

        After a pause, some requests do not wait: as many as it left time for, up to half of the rate. The next one then
        waits until that time is over, so that no second has too many requests.
        """
        while not self._ended:
            with self._lock:
                now, interval = time.monotonic(), 1 / self._rate
                due, credit = self._schedule
                if now >= due:
                    rest = (now - due) / interval
                    # A thread that wakes up late must not delay the others.
                    self._schedule[0] = (due if rest < 1 else now) + interval
                    self._schedule[1] = min(self._burst, rest // 1)
                    self._rate = min(self._most, self._rate + self.GAIN * interval)
                    return
                if credit >= 1:
                    self._schedule[0] = due + self.EARLY_COST * interval
                    self._schedule[1] = credit - 1
                    return
                delay = due - now
            time.sleep(min(delay, WINDOW))

    def slow_down(self, seconds: float) -> None:
        """Lower the rate after a 429 that asks clients to wait `seconds`."""
        with self._lock:
            now = time.monotonic()
            self._schedule[1] = 0
            # Count the 429s of one burst once.
            if now - self._slowed >= WINDOW:
                self._slowed = now
                self._rate = max(self.LEAST, self._rate / self.CUT)
            # Capacity frees up during the window; waiting for its end would waste most of it.
            self._schedule[0] = max(self._schedule[0], now + seconds - 3 / 4 * WINDOW)


def _jitter(least: float, most: float) -> float:
    return random.uniform(least, most)  # noqa: S311 - spreads retries, not used for security


def _backoff(failures: int) -> float:
    """Return the seconds to wait after `failures` failed attempts: exponential, times 0.5 to 1.5."""
    return min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** (failures - 1) * _jitter(0.5, 1.5))


def _retry_after(response: Any) -> float | None:
    """Return the seconds in Retry-After, at most LONGEST_DELAY; None if the header is missing or invalid."""
    header = response.headers.get("Retry-After", "").strip()
    try:
        if re.fullmatch(r"[0-9]+", header):
            return min(float(header), LONGEST_DELAY)
        seconds = (parsedate_to_datetime(header) - datetime.now(timezone.utc)).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(seconds, LONGEST_DELAY) if seconds > 0 else None


class Authentication:
    """Adds credentials to requests. Thread-safe."""

    def __call__(self, request: Any) -> Any:
        """Add the credentials to a prepared request and return it."""
        return request

    def prepare(self) -> bool:
        """Have credentials for the next request. Return whether that took time. Raises RequestFailed."""
        return False

    def renew(self, response: Any, renewals: int) -> bool:
        """Return whether a request that got a 401 may succeed with new credentials, after so many renewals."""
        return False

    def begin(self) -> None:
        """Begin another task."""

    def stop(self) -> None:
        """Send nothing more until the next `begin`."""

    @property
    def secrets(self) -> set[str]:
        """What error messages must not show."""
        return set()


class _Shared:
    """State that the threads of a client share.

    `requests`: how many were sent. `failures_in_a_row`: how many of the last ones got no usable answer. `busy_since`:
    the time since which every answer has been 429. `final_429`: the 429 that answers all further requests. `stopped`:
    whether sending has been stopped.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.requests = 0
        self.failures_in_a_row = 0
        self.busy_since: float | None = None
        self.final_429: Any = None
        self.stopped = False


AnyClient = TypeVar("AnyClient", bound="HttpClient")


class HttpClient:
    """A client of the server at `url`, which answers with JSON objects. Thread-safe.

    If the server is unavailable, later requests fail at once instead of each retrying: when every
    answer has been 429 for as long as a request may wait, or when CONNECTIONS requests in a row got no
    usable answer.

    `authentication` adds the credentials. `headers` are sent with every request. `timeout`: seconds to
    connect, and between bytes. `retries`: attempts after the first one; after 429 a request waits up to
    PATIENCE for each of them. `verify`: whether to check certificates, or the path of a CA bundle.
    `pace`: the rate limit, if any.
    """

    def __init__(
        self,
        url: str,
        authentication: Authentication,
        headers: Mapping[str, str],
        timeout: float,
        retries: int,
        verify: bool | str,
        pace: Pace | None = None,
    ) -> None:
        self.url = url
        self._shared = _Shared()
        self._pace = pace
        self._timeout = timeout
        self._retries = retries
        self._verify = verify
        self._session = requests.Session()
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=CONNECTIONS))
        self._session.headers.update(headers)
        # Redirects are not followed, and parsing an invalid target would fail.
        self._session.get_redirect_target = lambda resp: None  # type: ignore[method-assign]  # replaced on purpose
        # With an auth set, requests does not read .netrc.
        self._session.auth = self.authentication = authentication

    @property
    def requests(self) -> int:
        """The number of requests sent since the last `begin`."""
        return self._shared.requests

    @property
    def retries(self) -> int:
        """The number of attempts after the first one."""
        return self._retries

    def errors_of(self, document: Any) -> list[dict[str, Any]]:
        """Return the errors in the body of an answer, as dictionaries with `title` and `detail`."""
        return []

    def pause(self, failures: int) -> None:
        """Wait before another attempt, after so many failures."""
        time.sleep(_backoff(failures))

    def begin(self: AnyClient) -> AnyClient:
        """Return a client for another task, with the same connections and pace.

        This one sends nothing more, whatever its threads still do.
        """
        self.stop()
        fresh = copy.copy(self)
        fresh._shared = _Shared()
        self.authentication.begin()
        if self._pace:
            self._pace.resume()
        return fresh

    def stop(self) -> None:
        """Stop all threads from sending requests until the next `begin`."""
        self._shared.stopped = True
        self.authentication.stop()

    def request(
        self, method: str, path: str = "", body: Mapping[str, Any] | None = None, repeatable: bool = True
    ) -> dict[str, Any]:
        """Send a request to `path` below the client's URL, with retries; return the JSON object that answers it.

        `repeatable`: whether the request may be sent again after it may have been applied. Raises RequestFailed.
        """
        data = None if body is None else json.dumps(body).encode()
        response, lost = self._send(method, self.url + path, data, repeatable)
        unsettled = lost or (method != "GET" and _leaves_open(response.status_code))
        if 300 <= response.status_code < 400:
            target = response.headers.get("Location", "nowhere")
            why = "redirects are refused, because they would carry the API key or a token"
            raise UnusableAnswer(f"the server redirects to {target}; {why}", unsettled)
        if method == "DELETE" and response.status_code in WITHOUT_DOCUMENT:
            return {}
        try:
            document = json.loads(response.content)
        except (ValueError, RecursionError):
            document = None
        if response.status_code >= 400:
            message = f"HTTP {response.status_code} {response.reason or ''}".rstrip()
            challenge = response.headers.get("WWW-Authenticate", "")
            raise ApiError(message, response.status_code, self.errors_of(document), unsettled, challenge)
        success = (200, 201) if method == "POST" else (200,)
        if response.status_code not in success or not isinstance(document, dict):
            kind = response.headers.get("Content-Type", "no content type")
            message = f"HTTP {response.status_code} with no JSON object"
            raise UnusableAnswer(f"{message} ({kind}, {len(response.content)} bytes)", unsettled)
        return document

    def _send(self, method: str, url: str, data: bytes | None, repeatable: bool) -> tuple[Any, bool]:
        """Return the final response, and whether an earlier attempt may have been applied without an answer.

        Raises Unreachable, without sending anything if the last CONNECTIONS requests got no usable answer.
        """
        shared = self._shared
        if shared.failures_in_a_row >= CONNECTIONS:
            raise Unreachable(f"this request was not sent, because the {CONNECTIONS} before it got none either")
        failed = True
        try:
            response, lost = self._attempt(method, url, data, repeatable)
            failed = response.status_code in RETRIED_STATUS
        except RequestFailed as error:
            # It may be the token service that failed.
            failed = not error.token_url
            raise
        finally:
            with shared.lock:
                # A request that is not repeatable is one attempt, others are all their retries.
                shared.failures_in_a_row = shared.failures_in_a_row + repeatable if failed else 0
        return response, lost

    def _attempt(self, method: str, url: str, data: bytes | None, repeatable: bool) -> tuple[Any, bool]:
        """Send until there is a final response. Raises Unreachable.

        urllib3's Retry would not do: requests reads the body outside of it, so it does not retry after an
        incomplete body.
        """
        changes = method != "GET"
        shared = self._shared
        failures, waited, lost, renewals = 0, 0.0, False, 0
        while True:
            self._wait_to_send(lost)
            if shared.stopped:
                raise Unreachable("the task was interrupted", lost)
            if shared.final_429 is not None:
                return shared.final_429, lost
            with shared.lock:
                shared.requests += 1
            try:
                response = self._session.request(
                    method, url, data=data, timeout=self._timeout, verify=self._verify, allow_redirects=False
                )
                _check_whole(response)
            # requests raises ValueError or TypeError for an invalid proxy URL.
            except (requests.exceptions.RequestException, HTTPError, OSError, ValueError, TypeError) as error:
                lost = lost or (changes and not _never_sent(error))
                if failures == self._retries or not _may_pass(error) or (lost and not repeatable):
                    raise Unreachable(_reason(error), lost) from error
                asked = None
            else:
                asked = _retry_after(response)
                if response.status_code == TOO_MANY:
                    # Not a failure: limited by time, not by the number of attempts.
                    delay = self._wait_after_429(response, asked, waited)
                    if delay == 0:
                        return response, lost
                    waited += delay
                    continue
                shared.busy_since = None
                if response.status_code == UNAUTHORIZED and self.authentication.renew(response, renewals):
                    renewals += 1
                    continue
                if failures == self._retries or response.status_code not in RETRIED_STATUS or not repeatable:
                    return response, lost
                lost = lost or changes
            failures += 1
            time.sleep(asked or _backoff(failures))

    def _wait_to_send(self, lost: bool) -> None:
        """Wait until a request may be sent, and its credentials are there. Raises RequestFailed.

        `lost`: whether an earlier attempt may have been applied without an answer.
        """
        try:
            self.authentication.prepare()
            if self._pace:
                self._pace.wait()
                # New credentials took time, and others may have sent requests.
                while self.authentication.prepare():
                    self._pace.wait()
        except RequestFailed as error:
            error.unsettled = lost
            raise

    def _wait_after_429(self, response: Any, asked: float | None, waited: float) -> float:
        """Wait after the 429 `response` and return the seconds waited, or 0 if the waiting time is used up.

        `asked`: the seconds that the server asks for. `waited`: the seconds that the request has waited
        before. While every request gets a 429, the time spent waiting for the pace counts too.
        """
        shared, now = self._shared, time.monotonic()
        since = shared.busy_since = shared.busy_since or now
        left = PATIENCE * self._retries - max(waited, now - since)
        if left < WINDOW / 2:
            if now - since >= PATIENCE - WINDOW:
                shared.final_429 = response
                if self._pace:
                    self._pace.end()
            return 0
        asked = min(asked or WINDOW, left)
        if self._pace:
            # The limit applies to the key, not to this request.
            self._pace.slow_down(asked)
        delay = min(asked * _jitter(1, 1.5), left)
        time.sleep(delay)
        return delay


def _leaves_open(status: int) -> bool:
    """Return whether an update that got this status may have been applied.

    Below 400 it was applied, or may have been. A 408, like a 504, can come from a gateway that timed out.
    """
    return status < 400 or status >= 500 or status == 408


def _check_whole(response: Any) -> None:
    """Raise requests' ConnectionError if the answer is incomplete: requests and http.client miss some cases."""
    length = response.headers.get("Content-Length", "")
    known = re.fullmatch("[0-9]+", length) and "Transfer-Encoding" not in response.headers
    short = known and response.raw.tell() < int(length)
    # An answer cut off in its headers is parsed as one without a body.
    if short or (response.status_code in (200, 201) and not response.content):
        raise requests.exceptions.ConnectionError("the answer is incomplete")


def _may_pass(error: Exception) -> bool:
    """Return whether a retry can help: after a broken connection or a timeout, not after a bad certificate."""
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
    """Return whether the error occurred before the request was sent."""
    before = (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, LocationValueError)
    # For a missing CA bundle, requests raises a plain OSError.
    if isinstance(error, before) or not isinstance(error, (requests.exceptions.RequestException, HTTPError)):
        return True
    if _is_certificate(error):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    reason = getattr(reason, "original_error", reason)  # of a proxy
    return isinstance(reason, (NewConnectionError, ConnectTimeoutError))


def _reason(error: BaseException | None) -> str:
    """Return the innermost cause as text, without object addresses or proxy passwords."""
    cause: Any = error
    while True:
        if isinstance(cause, ProxyError):
            return f"the proxy failed: {_reason(cause.original_error)}"
        if isinstance(cause, LocationParseError) or type(cause) in (ValueError, TypeError):
            # The text of the error could contain part of a password.
            return "a URL is invalid; in a proxy URL, special characters of user and password must be percent-encoded"
        if isinstance(cause, DecodeError):
            return "the answer does not match its Content-Encoding"
        if isinstance(cause, (IncompleteRead, http.client.IncompleteRead)):
            return "the answer is incomplete"
        parts = (getattr(cause, "reason", None), *getattr(cause, "args", ()))
        inner = next((part for part in parts if isinstance(part, Exception)), None)
        if inner is None:
            words = re.sub(r"^<?[\w.]*(?: object at 0x\w+>|\([^)]*\)): ", "", str(cause))
            words = re.sub(r"\.?( \(_ssl\.c:\d+\))?$", "", words)
            return re.sub(r"//[^/\s]*@", "//", words) or type(cause).__name__
        cause = inner
