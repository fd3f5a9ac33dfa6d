# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens: when they are requested, who shares them, and what happens if that fails."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._client import http, jsonapi
from simulator.api import Answer, Api, Request
from simulator.server import Simulator

from ....conftest import HANG_GUARD, Clock, after_each_patch, rows
from .clients import ID, KIND, TOKENS, UPDATE, converse
from .clients import client as client_of

TOKEN = {"path_contains": "/token"}

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def api_version() -> str:
    return TOKENS


@pytest.fixture
def client(local_api: Simulator) -> jsonapi.Client:
    return client_of(local_api)


@pytest.mark.parametrize("case", rows("http", "token_conversations"))
def test_a_conversation(local_api: Simulator, clock: Clock, case: dict[str, Any]) -> None:
    converse(local_api, clock, case)


def test_a_token_is_requested_once_and_the_key_goes_to_its_service_alone(
    local_api: Simulator, client: jsonapi.Client
) -> None:
    for _request in range(3):
        client.get(KIND, ID)
    (mint,) = local_api.mints
    assert dict(mint["headers"])["Api-Key"] == "local-key"
    assert mint["body"] == {"aud": ["api.didww.com"], "api_version": "2026-11-19"}
    sent = [dict(entry["headers"]) for entry in local_api.journal]
    assert {headers["Authorization"][:10] for headers in sent} == {"Bearer eyJ"}
    assert not any("Api-Key" in headers for headers in sent)
    assert client.requests == 3


@pytest.mark.parametrize(
    ("life", "known"),
    [
        (900, 900),
        (1.5, 1.5),
        ("900", 900),
        (10_000, 3600),
        *((odd, 60) for odd in (None, True, 0, -5, "soon", [900], 10**400)),
    ],
    ids=lambda value: f"{value!r:.9}",
)
def test_a_token_is_used_until_shortly_before_its_end(
    local_api: Simulator, client: jsonapi.Client, clock: Clock, life: Any, known: float
) -> None:
    """The life counts from before the request for the token, however long that takes."""
    body = {"access_token": "opaque"} | ({} if life is None else {"expires_in": life})
    local_api.add_faults({**TOKEN, "status": 200, "body": body})
    authenticate = client.authentication
    handle = http.HttpClient.request

    def slow(self: http.HttpClient, *request: Any, **more: Any) -> dict[str, Any]:
        clock.sleep(0.1 * known)
        return handle(self, *request, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http.HttpClient, "request", slow)
        assert headers_by(authentication=authenticate) == {"Authorization": "Bearer opaque"}
    # 10 percent have passed. It is used for 90 percent.
    clock.sleep(0.75 * known)
    headers_by(authentication=authenticate)
    assert len(local_api.mints) == 1
    clock.sleep(0.1 * known)
    assert headers_by(authentication=authenticate) != {"Authorization": "Bearer opaque"}
    assert len(local_api.mints) == 2


def headers_by(authentication: http.Authentication) -> dict[str, str]:
    """Return the headers that are added to a request."""
    authentication.prepare()
    headers: dict[str, str] = authentication(SimpleNamespace(headers={})).headers
    return headers


def test_threads_share_a_token(local_api: Simulator, client: jsonapi.Client) -> None:
    local_api.add_faults({**TOKEN, "delay": 0.2, "times": 0})
    together = threading.Barrier(8)

    def read(_number: int) -> str:
        together.wait(HANG_GUARD)
        return str(client.get(KIND, ID).resource["id"])

    with ThreadPoolExecutor(8) as pool:
        assert {*pool.map(read, range(8))} == {ID}
        assert len(local_api.mints) == 1
        # The API no longer accepts it: each request is sent again, with one new token for all.
        local_api.expire_tokens()
        assert {*pool.map(read, range(8))} == {ID}
    assert len(local_api.mints) == 2
    assert client.requests <= 24


@pytest.mark.parametrize(("answer", "renews"), rows("http", "challenges"))
def test_what_needs_a_new_token(
    local_api: Simulator, client: jsonapi.Client, answer: dict[str, Any], renews: bool
) -> None:
    local_api.add_faults({"method": "GET", **answer})
    with contextlib.nullcontext() if renews else pytest.raises(jsonapi.ApiError):
        client.get(KIND, ID)
    assert len(local_api.mints) == len(local_api.journal) == (2 if renews else 1)


@pytest.mark.parametrize(("fault", "fails"), rows("http", "token_services"))
def test_a_failure_of_the_token_service(local_api: Simulator, clock: Clock, fault: dict[str, Any], fails: str) -> None:
    """It fails for all requests of a task at once, and the next task tries again."""
    faults = [{**TOKEN, **fault, "times": 0}]
    failing = {"do": "PATCH", "times": 2 * http.CONNECTIONS, "faults": faults, "fails": fails, "of_token": "service"}
    steps = [{**failing, "mints": 1, "sends": 0}, {"clear": "all", "do": "begin"}, {"do": "PATCH"}]
    converse(local_api, clock, {"client": {"retries": 0}, "steps": steps})


@pytest.mark.parametrize("fails", [True, False])
def test_an_old_thread_neither_fails_the_next_task_nor_sends_its_request(
    local_api: Simulator, client: jsonapi.Client, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    """It requests a token when the task is interrupted, and the next one begins."""
    requested, ended = threading.Event(), threading.Event()
    handle = Api.handle

    def held(self: Api, request: Request, commit: bool = True) -> Answer:
        if request.path == "/token" and not requested.is_set():
            requested.set()
            ended.wait(HANG_GUARD)
            return Answer(503, b"") if fails else handle(self, request, commit)
        return handle(self, request, commit)

    monkeypatch.setattr(Api, "handle", held)
    with ThreadPoolExecutor(1) as pool:
        old = pool.submit(client.update, UPDATE)
        requested.wait(HANG_GUARD)
        following = client.begin()
        ended.set()
    with pytest.raises(jsonapi.RequestFailed, match=r"^the task was interrupted$"):
        old.result()
    assert local_api.journal == []
    following.get(KIND, ID)


def test_a_turn_is_over_if_the_token_ends_while_waiting_for_it(
    local_api: Simulator, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API would get too many requests at once if all of them kept their turns while a token is requested."""
    turns: list[int] = []

    def wait(_pace: jsonapi.Pace) -> None:
        turns.append(1)
        clock.sleep(600)

    monkeypatch.setattr(jsonapi.Pace, "wait", wait)
    client = client_of(local_api, pace=20)
    client.get(KIND, ID)
    # A request for a token needs no turn.
    assert (len(turns), len(local_api.mints), client.requests) == (1, 1, 1)
    client.get(KIND, ID)
    assert (len(turns), len(local_api.mints), client.requests) == (3, 2, 2)


def test_the_token_service_is_reached_through_a_proxy(local_api: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{local_api.port}")
    client_of(local_api, token_url="http://auth.didww.invalid/token").get(KIND, ID)
    assert len(local_api.mints) == 1


def test_many_updates_with_tokens_of_one_second(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    after_each_patch(monkeypatch, lambda: clock.sleep(0.05))
    with Simulator(rate=0, version=TOKENS, token_life=1) as api:
        client = client_of(api)
        for number in range(60):
            client.update({**UPDATE, "attributes": {"capacity_limit": 1 + number}})
            assert api.trunk(ID)["attributes"]["capacity_limit"] == 1 + number
        # Each is used for 0.9 seconds.
        assert len(api.mints) == 4
        assert client.requests == len(api.journal) == 60
