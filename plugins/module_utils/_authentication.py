# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE: this file belongs to the collection and may change at any time. Do not import it from outside.

"""How requests are authenticated: with the API key, or with tokens that a token service generates for it.

DIDWW API 3 (2026-04-16 and 2026-11-19), "Authentication".
"""

from __future__ import annotations

import re
import threading
import time
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._documents import RequestFailed, UnusableAnswer
from ansible_collections.didww.voice.plugins.module_utils._http import Authentication, HttpClient

# The part of a token's life in which it is no longer used: a request takes time to arrive.
MARGIN = 0.2
# Seconds that a token lives, if the token service does not report it: the least that can be requested.
LEAST_LIFE = 60


class ApiKey(Authentication):
    """Sends the API key."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: Any) -> Any:
        """Add the key to a prepared request."""
        request.headers["Api-Key"] = self._key
        return request


class Tokens(Authentication):
    """Sends a token, which all threads share. Requests a new one shortly before it ends, or when the API rejects it.

    `service`: the token service. `audience`: the API that tokens are for. `version`: the API version that they select.
    """

    def __init__(self, service: HttpClient, audience: str, version: str) -> None:
        self._service = service
        self._claims = {"aud": [audience], "api_version": version}
        self._lock = threading.Lock()
        self._token = ""
        self._ends = 0.0
        self._secrets: set[str] = set()
        self._failure: RequestFailed | None = None

    def __call__(self, request: Any) -> Any:
        """Add the token to a prepared request. Raises RequestFailed, with `token_url` set."""
        with self._lock:
            if time.monotonic() >= self._ends:
                self._request_token()
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def renew(self, response: Any) -> bool:
        """Return whether a new token may help: the API rejected that of the request as invalid."""
        if not re.search(r'error="?invalid_token\b', response.headers.get("WWW-Authenticate", "")):
            return False
        with self._lock:
            # Another thread may have requested a new one in the meantime.
            if response.request.headers["Authorization"] == f"Bearer {self._token}":
                self._ends = 0.0
        return True

    def begin(self) -> None:
        """Begin another task. The token remains."""
        self._service = self._service.begin()
        self._failure = None

    def stop(self) -> None:
        """Request no more tokens until the next `begin`."""
        self._service.stop()

    @property
    def secrets(self) -> set[str]:
        """All tokens so far."""
        return self._secrets

    def _request_token(self) -> None:
        """Replace the token. If that fails, all further requests of the task fail for the same reason."""
        if self._failure:
            raise self._failure.copy()
        service = self._service
        # The token's life begins later, when the service generates it.
        now = time.monotonic()
        try:
            answer = service.request("POST", body=self._claims)
            token, life = answer.get("access_token"), answer.get("expires_in")
            if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
                raise UnusableAnswer("the answer has no access_token")
        except RequestFailed as error:
            error.token_url = service.url
            # A thread of an interrupted task may get here during the next one.
            if service is self._service:
                self._failure = error
            raise
        if not isinstance(life, (int, float)) or isinstance(life, bool):
            life = LEAST_LIFE
        self._ends = now + life * (1 - MARGIN)
        self._token = token
        self._secrets.add(token)
