# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token service: tokens for keys, as DIDWW documents it for version 2026-11-19. Does not depend on HTTP or Flask.

A token is a JWT. Only the service that minted it can verify it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.accounts import FULL, READ, SCOPES, VERSIONS, Account
from simulator.rate import Rate

# One of the audiences of a token for the API has to be this one, on DIDWW's sandbox as well.
AUDIENCE = "api.didww.com"
MEDIA_TYPE = "application/json"
LIFE = 900
# The limits of a life that a request asks for, in seconds.
SHORTEST, LONGEST = 60, 3600
MEMBERS = ("aud", "scope", "api_version", "expires_in")
# The errors of some statuses. DIDWW's changelog of version 2026-11-19 names the one of 429.
ERRORS = {401: "invalid_client", 429: "rate_limit_exceeded"}
INVALID_SCOPE = "invalid_scope"
HEADER = {"alg": "HS256", "typ": "JWT"}


class TokenError(Exception):
    """A request that the token service rejects: the status and the document of the answer."""

    def __init__(self, status: int, description: str, error: str | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.document = oauth_error(status, description, error)


class InvalidToken(Exception):
    """A token that the API rejects. The message is the title of the error."""


@dataclass(frozen=True)
class Caller:
    """Who sends a request to the API, the version of the answer, and the scope."""

    account: Account
    version: str
    scope: str = FULL


def oauth_error(status: int, description: str, error: str | None = None) -> dict[str, str]:
    """The document of an error, in the form of OAuth (RFC 6749, 5.2). `error` depends on the status by default."""
    usual = "server_error" if status >= 500 else ERRORS.get(status, "invalid_request")
    return {"error": error or usual, "error_description": description}


class Tokens:
    """Mints and verifies tokens. `life` is the life of a token in seconds if the request does not ask for one."""

    def __init__(self, life: float = LIFE) -> None:
        self.life = life
        self.expire()

    def expire(self) -> None:
        """Reject all tokens that were minted so far."""
        self._secret = secrets.token_bytes(32)

    def mint(
        self, method: str, headers: Mapping[str, str], body: bytes, accounts: Mapping[str, Account], rate: Rate
    ) -> dict[str, Any]:
        """Return the document with a new token. Header names are in lower case. Raises TokenError.

        `rate` counts the requests of an account.
        """
        if method != "POST":
            raise TokenError(405, f"{method} is not allowed here")
        account = accounts.get(headers.get("api-key", ""))
        if account is None:
            raise TokenError(401, "The key is unknown")
        if not rate.admits(account.api_key):
            raise TokenError(429, "Too many requests for tokens")
        if headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
            raise TokenError(415, f"The Content-Type must be {MEDIA_TYPE}")
        asked = _parse(body, account)
        life = min(max(asked["expires_in"], SHORTEST), LONGEST) if "expires_in" in asked else self.life
        granted = {
            "aud": asked["aud"],
            "scope": asked["scope"] if account.token_scope == FULL else account.token_scope,
            "api_version": asked.get("api_version", account.default_version),
        }
        claims = {**granted, "exp": time.time() + life, "sub": self._subject(account), "jti": str(uuid.uuid4())}
        unsigned = f"{_encode(HEADER)}.{_encode(claims)}"
        return {
            "access_token": f"{unsigned}.{self._sign(unsigned)}",
            "token_type": "Bearer",
            "expires_in": int(life) if life == int(life) else life,
            **granted,
        }

    def verify(self, authorization: str, accounts: Mapping[str, Account]) -> Caller:
        """Return the caller that an Authorization header proves. Raises InvalidToken."""
        scheme, _space, token = authorization.partition(" ")
        unsigned, _dot, signature = token.rpartition(".")
        if scheme.lower() != "bearer" or unsigned.count(".") != 1:
            raise InvalidToken("Malformed token")
        if not hmac.compare_digest(signature.encode(), self._sign(unsigned).encode()):
            raise InvalidToken("Signature verification failed")
        claims = json.loads(urlsafe_b64decode(unsigned.partition(".")[2] + "=="))
        if claims["exp"] <= time.time():
            raise InvalidToken("Token has expired")
        if AUDIENCE not in claims["aud"]:
            raise InvalidToken("Invalid audience")
        for account in accounts.values():
            if self._subject(account) == claims["sub"]:
                return Caller(account, claims["api_version"], claims["scope"])
        raise InvalidToken("Unknown account")

    def _subject(self, account: Account) -> str:
        """The name of an account in a token. It does not reveal the key."""
        return self._sign(account.api_key)

    def _sign(self, text: str) -> str:
        return _base64(hmac.digest(self._secret, text.encode(), hashlib.sha256))


def _parse(body: bytes, account: Account) -> dict[str, Any]:
    """Return the members of a request that are present, with valid values. Raises TokenError."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise TokenError(400, "The body is not valid JSON") from exc
    if not isinstance(asked, dict):
        raise TokenError(400, "The body is not an object")
    unknown = [name for name in asked if name not in MEMBERS]
    if unknown:
        raise TokenError(400, f"Not allowed: {', '.join(unknown)}")
    audiences = asked.get("aud")
    asked["aud"] = [audiences] if isinstance(audiences, str) else audiences
    if (
        not isinstance(asked["aud"], list)
        or not asked["aud"]
        or not all(isinstance(text, str) and text for text in asked["aud"])
    ):
        raise TokenError(400, "aud must be an audience, or a list of one or more audiences")
    asked["scope"] = _granted(asked.get("scope", FULL))
    version = asked.get("api_version", account.default_version)
    if version not in VERSIONS or version < account.default_version:
        raise TokenError(400, f"api_version must be a version since {account.default_version}, that of the account")
    life = asked.get("expires_in", LIFE)
    if not isinstance(life, int) or isinstance(life, bool):
        raise TokenError(400, "expires_in must be whole seconds")
    return asked


def _granted(scope: Any) -> str:
    """Return the scope that a token gets. Raises TokenError for an unknown one.

    A narrower scope than `read` that the service does not know is granted as its nearest ancestor: `read`.
    """
    if not isinstance(scope, str):
        raise TokenError(400, "scope must be a string")
    if scope.startswith(f"{READ}:"):
        return READ
    if scope not in SCOPES:
        raise TokenError(400, f"scope must be one of {', '.join(SCOPES)}", INVALID_SCOPE)
    return scope


def _encode(part: dict[str, Any]) -> str:
    return _base64(json.dumps(part, separators=(",", ":")).encode())


def _base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
