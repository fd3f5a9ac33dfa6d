# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client of the local API, and its conversations with it in tests/cases/http.yml."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._client.authentication import ApiKey, Tokens, TokenService
from ansible_collections.didww.voice.plugins.module_utils._client.http import Authentication
from simulator.server import Simulator

from ....conftest import HANG_GUARD, Clock, matches

KIND = "voice_out_trunks"
ID = "0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10"
UPDATE = {"type": KIND, "id": ID, "attributes": {"capacity_limit": 7}}
TOKENS = "2026-11-19"
# What a step of a conversation can do, and what it can have.
ACTIONS: dict[str, Callable[[jsonapi.Client], Any]] = {
    "GET": lambda client: client.get(KIND, ID).resource["id"],
    "PATCH": lambda client: client.update(UPDATE).resource["id"],
    "POST": lambda client: client.post({"type": KIND}),
    "list": lambda client: client.get_all(KIND),
    "begin": lambda client: client.begin(),
    "stop": lambda client: client.stop(),
}
STEP = {"later", "clear", "faults", "do", "times", "fails", "unsettled", "of_token", "sends", "mints", "until"}


def client(
    api: Simulator | SimpleNamespace,
    retries: int = 2,
    page_size: int = 1000,
    pace: float | None = None,
    token_url: str = "",
    **settings: Any,
) -> jsonapi.Client:
    """Return a client that authenticates as the API's version wants it. `pace`: requests per second."""
    options: dict[str, Any] = {"url": api.url, "timeout": HANG_GUARD, "verify": True, "retries": retries, **settings}
    authentication: Authentication = ApiKey("local-key")
    headers = {"X-DIDWW-API-Version": "2026-04-16"}
    if getattr(api, "version", "") == TOKENS:
        service = {**options, "url": token_url or api.token_url, "authentication": authentication}
        authentication, headers = Tokens(TokenService(headers={}, **service), "api.didww.com", TOKENS), {}
    options["page_sizes"] = {KIND: page_size, "dids": 100}
    options["pace"] = jsonapi.Pace(pace) if pace else None
    return jsonapi.Client(authentication=authentication, headers=headers, **options)


def converse(api: Simulator, clock: Clock, case: dict[str, Any]) -> None:
    """Take the steps of a conversation, and compare the requests, the requests for tokens, and the errors of each."""
    caller, began = client(api, **case.get("client", {})), clock.now
    for step in case["steps"]:
        assert step.keys() <= STEP
        clock.now += step.get("later", 0)
        if "clear" in step:
            api.clear_faults()
        api.add_faults(*step.get("faults", ()))
        sent, minted, errors = len(api.journal), len(api.mints), []
        for _time in range(step.get("times", 1)):
            try:
                result = ACTIONS[step["do"]](caller)
            except jsonapi.RequestFailed as error:
                errors.append(error)
            else:
                caller = result if isinstance(result, jsonapi.Client) else caller
                assert step["do"] not in ("GET", "PATCH") or result == ID
        texts = [f"{type(error).__name__}: {error}" for error in errors]
        assert len(texts) == (step.get("times", 1) if "fails" in step else 0), texts
        assert all(matches(step["fails"], text) for text in texts), texts
        # Each has an error of its own.
        assert len(set(map(id, errors))) == len(errors)
        service = api.token_url if step.get("of_token") else ""
        settled = {(error.unsettled, error.token_url) for error in errors}
        assert settled <= {(step.get("unsettled", False), service)}
        assert len(api.journal) - sent == step.get("sends", len(api.journal) - sent)
        assert len(api.mints) - minted == step.get("mints", len(api.mints) - minted)
        least, most = step.get("until", (0, clock.now))
        assert least <= clock.now - began <= most
