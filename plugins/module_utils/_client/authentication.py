# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How requests are authenticated: with the API key, or with tokens that a token service generates for it.

DIDWW API 3 (2026-04-16 and 2026-11-19), "Authentication".
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._client.documents import RequestFailed, UnusableAnswer
from ansible_collections.didww.voice.plugins.module_utils._client.http import Authentication, HttpClient

MEDIA_TYPE = "application/json"
# The part of a token's life in which it is no longer used: a request takes time to arrive.
MARGIN = 0.1
# Seconds that a token can live. The least is assumed if the token service does not report the life of one.
LEAST_LIFE, MOST_LIFE = 60, 3600
# How often a request may need a new token, and how often if tokens end within seconds, maybe on the way.
RENEWALS, SHORT_RENEWALS = 1, 5


class ApiKey(Authentication):
    """Sends the API key."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: Any) -> Any:
        """Add the key to a prepared request."""
        request.headers["Api-Key"] = self._key
        return request


class TokenService(HttpClient):
    """A client of the token service. Its errors have the form of OAuth (RFC 6749, 5.2)."""

    def __init__(self, *, headers: Mapping[str, str], **options: Any) -> None:
        super().__init__(headers={**headers, "Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE}, **options)

    def errors_of(self, document: Any) -> list[dict[str, Any]]:
        """Return the error in the body of an answer, as an error object of JSON:API."""
        error = document.get("error") if isinstance(document, dict) else None
        if not isinstance(error, str):
            return []
        description = document.get("error_description")
        return [{"title": error, "detail": f"{error}: {description}" if description else error}]


class Tokens(Authentication):
    """Sends a token, which all threads share. Requests a new one shortly before it ends, or when the API rejects it.

    `audience`: the API that tokens are for. `version`: the API version that they select.
    """

    def __init__(self, service: TokenService, audience: str, version: str) -> None:
        self._service = service
        self._claims = {"aud": [audience], "api_version": version}
        self._lock = threading.Lock()
        self._token = ""
        self._life = 0.0
        # When to replace the token, and when it ends.
        self._due = self._ends = 0.0
        self._secrets: set[str] = set()
        self._failure: tuple[TokenService, RequestFailed] | None = None

    def __call__(self, request: Any) -> Any:
        """Add the token to a prepared request."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def prepare(self) -> bool:
        """Have a valid token. Return whether it is a new one. Raises RequestFailed, with `token_url` set."""
        before = self._token
        with self._lock:
            if time.monotonic() >= self._due:
                self._replace()
            return self._token != before

    def renew(self, response: Any, renewals: int) -> bool:
        """Return whether a new token may help: the API rejected that of the request as invalid."""
        challenge = response.headers.get("WWW-Authenticate", "")
        if not re.search(r'error\s*=\s*"?invalid_token\b', challenge, re.IGNORECASE):
            return False
        with self._lock:
            # Another thread may have requested a new one in the meantime.
            if response.request.headers["Authorization"] == f"Bearer {self._token}":
                self._due = self._ends = 0.0
            return renewals < (RENEWALS if self._life >= LEAST_LIFE else SHORT_RENEWALS)

    def begin(self) -> None:
        """Begin another task. The token remains."""
        self._service = self._service.begin()

    def stop(self) -> None:
        """Request no more tokens until the next `begin`."""
        self._service.stop()

    @property
    def secrets(self) -> set[str]:
        """All tokens so far."""
        return self._secrets

    def _replace(self) -> None:
        """Replace the token. If that fails once, it fails for all requests of the task, at the end of the old token."""
        service = self._service
        # The token's life begins later, when the service generates it.
        now = time.monotonic()
        # Not that of a task before, which an old thread may set during this one.
        if self._failure is None or self._failure[0] is not service:
            try:
                self._request_token(service, now)
                return
            except RequestFailed as error:
                error.token_url = service.url
                self._failure = service, error
        if now >= self._ends:
            raise self._failure[1].copy()

    def _request_token(self, service: TokenService, now: float) -> None:
        answer = service.request("POST", body=self._claims)
        token = answer.get("access_token")
        if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
            raise UnusableAnswer("the answer has no usable access_token")
        self._token = token
        self._life = _life(answer.get("expires_in"))
        self._due, self._ends = now + self._life * (1 - MARGIN), now + self._life
        self._secrets.add(token)


def _life(reported: Any) -> float:
    """Return the seconds that a token lives, as the token service reports it, if it does."""
    try:
        life = 0.0 if isinstance(reported, bool) else float(reported)
    except (TypeError, ValueError, OverflowError):
        life = 0.0
    return min(life, MOST_LIFE) if life > 0 else LEAST_LIFE
