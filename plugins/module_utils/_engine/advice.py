# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do about an error of the API or of the token service."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine.connection import (
    API_VERSIONS,
    DEFAULT_VERSION,
    NEWEST,
    WITH_TOKENS,
)


class Advice(NamedTuple):
    """What to do about an HTTP status.

    `text`: in it, {noun} is what the resource is called. `sign`: a pattern in the errors or in WWW-Authenticate.
    `versions`: the versions of the API. `tokens`: whether the token service answered.
    """

    status: int
    text: str
    sign: str = ""
    versions: Collection[str] = API_VERSIONS
    tokens: bool = False

    def fits(self, error: jsonapi.ApiError, version: str) -> bool:
        """Return whether this is the advice for an error."""
        answered = (self.status, self.tokens) == (error.status, bool(error.token_url))
        signs = f"{error.challenge} {error.errors}"
        return answered and version in self.versions and re.search(self.sign, signs) is not None


KEYS = (
    "production (https://api.didww.com/v3) and the sandbox (https://sandbox-api.didww.com/v3) have different keys, and "
    "a key may be limited to source addresses."
)
# DIDWW API 3 (2026-04-16 and 2026-11-19), "Errors".
ADVICE = (
    Advice(400, "Check api_token_url and api_version; if both are correct, please report a bug.", tokens=True),
    Advice(401, f"Check api_key and api_token_url: {KEYS}", tokens=True),
    Advice(403, "Check api_token_url, and whether the key may be used from this address.", tokens=True),
    Advice(404, "Check api_token_url.", tokens=True),
    Advice(
        429,
        "Too many tokens were requested. The items of a loop share one: use a loop or a fleet, or raise api_retries.",
        tokens=True,
    ),
    Advice(400, "The API does not understand this request: check api_url; if it is correct, please report a bug."),
    Advice(
        401,
        f"Check api_key and api_url: {KEYS} If both are correct, the account may be on a newer version of the API, "
        f"which does not accept keys: then set api_version to {NEWEST}.",
        versions=[version for version in API_VERSIONS if version not in WITH_TOKENS],
    ),
    Advice(
        401,
        "The API rejects the token that the token service generated: check that api_url and api_token_url belong "
        "together, and whether the key may be used from this address. If the account is still on version "
        f"{DEFAULT_VERSION}, set api_version to it.",
    ),
    Advice(
        403,
        "The token service generated a token that only allows reading. If the API key allows changes, please report a "
        "bug.",
        sign=r"(?i)insufficient.scope",
    ),
    Advice(403, "The account is in read-only mode, or this API is not enabled for it: contact DIDWW."),
    Advice(
        404,
        "The account has no such {noun}: check the id, the api_key, and that api_url ends in /v3.",
        sign="record identified by",
    ),
    Advice(404, "The API has nothing at this address: check that api_url ends in /v3."),
    Advice(409, "The update conflicts with the {noun}'s state: check the {noun}, then run the task again."),
    Advice(
        429,
        "The account's request budget is spent, which all its clients share: run fewer tasks at once, lower "
        "max_requests_per_second, or raise api_retries.",
        sign="too_many_requests",
    ),
    Advice(
        429,
        "Other clients use this key too, or it allows fewer requests per second: run fewer tasks at once, lower "
        "max_requests_per_second, or raise api_retries.",
    ),
)
FAULT = "DIDWW, or a gateway in front of it, is failing: run the task again later."


def advice_for(error: jsonapi.ApiError, version: str, noun: str, own: Iterable[Advice] = ()) -> str:
    """Return what to do about an error: the advice with a sign first, then that of the resource, called `noun`."""
    fitting = [advice for advice in (*own, *ADVICE) if advice.fits(error, version)]
    fitting.sort(key=lambda advice: not advice.sign)
    text = fitting[0].text if fitting else FAULT if error.status >= 500 else ""
    return text.replace("{noun}", noun)
