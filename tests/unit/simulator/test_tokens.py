# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Version 2026-11-19: the token service, and requests with tokens."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest
import requests
from simulator.accounts import SeedError
from simulator.server import Simulator

from ..conftest import TRUNK, Clock
from .conftest import (
    CHANGES,
    LATEST,
    MEDIA_TYPE,
    OLD,
    OLDEST,
    TABLES,
    TRUNKS,
    Client,
    assert_errors,
    served,
    with_account,
)

PATH = f"{TRUNKS}/{TRUNK}"
AUDIENCE = "api.didww.com"
JSON = "application/json"


def ask_for_token(client: Client, key: str | None = "local-key", /, **asked: Any) -> requests.Response:
    """Send a request to the token service, by default for the audience of the API."""
    body = {"aud": [AUDIENCE], **asked}
    headers = {"Api_Key": key, "Content_Type": JSON, "Authorization": None}
    answer = client.ask("POST", client.server.token_url, body, **headers)
    assert (answer.headers.get("Cache-Control"), answer.headers.get("Pragma")) == ("no-store", "no-cache")
    assert answer.headers["Content-Type"] == JSON
    return answer


def bearer(client: Client, key: str = "local-key", /, **asked: Any) -> dict[str, Any]:
    """Return the headers of a request with a new token instead of a key."""
    return {"Api_Key": None, "Authorization": f"Bearer {ask_for_token(client, key, **asked).json()['access_token']}"}


def claims(token: str) -> dict[str, Any]:
    """Return the claims in a token, or in an Authorization header."""
    loaded: dict[str, Any] = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    return loaded


def error_of(answer: requests.Response) -> tuple[int, str]:
    """Return the status and the error of the token service."""
    document = answer.json()
    assert set(document) == {"error", "error_description"}
    return answer.status_code, document["error"]


@pytest.fixture
def old(server: Simulator, client: Client) -> Client:
    """A client with the key of an account on 2026-04-16."""
    with_account(server, default_version=OLD)
    return client


@pytest.fixture
def latest(server: Simulator, client: Client) -> Client:
    """A client with a token of an account on 2026-11-19."""
    with_account(server, default_version=LATEST)
    client.use_token()
    server.clear_journal()
    return client


# --- the token service ---


def test_a_token(latest: Client, clock: Clock) -> None:
    document = ask_for_token(latest, aud=["api-vin.didww.com", AUDIENCE]).json()
    granted = {"aud": ["api-vin.didww.com", AUDIENCE], "scope": "full", "api_version": LATEST}
    token = document.pop("access_token")
    assert document == {"token_type": "Bearer", "expires_in": 900, **granted}
    assert json.loads(urlsafe_b64decode(token.split(".")[0] + "==")) == {"alg": "HS256", "typ": "JWT"}
    content = claims(token)
    assert granted.items() <= content.items()
    assert content["exp"] - clock.now == 900
    assert set(content) == {*granted, "exp", "sub", "jti"}
    assert "local-key" not in str(content)
    other = claims(bearer(latest)["Authorization"])
    assert (other["sub"], other["jti"] != content["jti"]) == (content["sub"], True)


@pytest.mark.parametrize(("asked", "granted"), TABLES["tokens"]["granted"], ids=str)
def test_what_a_token_is_asked_for(old: Client, clock: Clock, asked: dict[str, Any], granted: dict[str, Any]) -> None:
    answer = ask_for_token(old, **asked).json()
    content = claims(answer["access_token"])
    content["expires_in"] = content["exp"] - clock.now
    for found in (answer, content):
        assert {name: found[name] for name in granted} == granted


# Whole bodies, beside the members in the table.
INVALID = [
    ("invalid_request", "not valid JSON", [b"", b"{", b"[" * 100_000]),
    ("invalid_request", "not an object", [[]]),
    ("invalid_request", "aud must", [b"{}"]),
    *TABLES["tokens"]["invalid"],
]


@pytest.mark.parametrize(("error", "words", "bodies"), INVALID)
def test_an_invalid_request_for_a_token(old: Client, error: str, words: str, bodies: list[Any]) -> None:
    for members in bodies:
        body = {"aud": [AUDIENCE], **members} if isinstance(members, dict) else members
        answer = old.ask("POST", old.server.token_url, body, Content_Type=f"{JSON}; charset=utf-8")
        assert error_of(answer) == (400, error), members
        assert words in answer.json()["error_description"]


def test_requests_that_the_token_service_rejects(old: Client) -> None:
    for key in (None, "", "nobody", "Local-key"):
        assert error_of(ask_for_token(old, key)) == (401, "invalid_client")
    url, body = old.server.token_url, {"aud": [AUDIENCE]}
    for verb in ("GET", "PUT", "PATCH", "DELETE"):
        assert error_of(old.ask(verb, url, body, Content_Type=JSON)) == (405, "invalid_request")
    for wrong in (None, MEDIA_TYPE, "application/x-www-form-urlencoded"):
        assert error_of(old.ask("POST", url, body, Content_Type=wrong)) == (415, "invalid_request")


def test_an_account_that_only_gets_read_tokens(server: Simulator, client: Client) -> None:
    with_account(server, default_version=LATEST, token_scope="read")
    for asked in ({}, {"scope": "full"}, {"scope": "read"}):
        answer = ask_for_token(client, **asked).json()
        assert answer["scope"] == claims(answer["access_token"])["scope"] == "read"
    assert client.delete(**bearer(client)).status_code == 403


def test_the_rate_of_the_token_service(clock: Clock) -> None:
    with served(rate=0, token_rate=2) as client:
        assert ask_for_token(client, "nobody").status_code == 401  # does not count
        answers = [ask_for_token(client) for _again in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
        assert [answer.headers.get("Retry-After") for answer in answers] == [None, None, "1", "1"]
        assert error_of(answers[3]) == (429, "rate_limit_exceeded")
        assert ask_for_token(client, "openapi-key").status_code == 200
        assert client.server.rate_limited == 0
        for wait, statuses in ((0.99, [429]), (0.01, [200, 200, 429])):
            clock.sleep(wait)
            assert [ask_for_token(client).status_code for _status in statuses] == statuses
        client.server.reset()
        assert ask_for_token(client).status_code == 200
    with served(rate=1) as client:  # by default, the rate of other requests
        assert [ask_for_token(client).status_code for _again in range(2)] == [200, 429]
        assert client.get("/dids").status_code == 200


# --- requests with a key, or without anything ---


def is_empty(answer: requests.Response) -> bool:
    """Return whether the answer is a 401 that says nothing."""
    silent = {"Content-Type", "WWW-Authenticate"}.isdisjoint(answer.headers)
    return answer.status_code == 401 and answer.content == b"" and silent


def test_a_key_is_not_accepted(latest: Client) -> None:
    for version in (None, OLD, LATEST):
        for path in (TRUNKS, "/dids", "/nothing"):
            headers = {"Authorization": None, "Api_Key": "local-key", "X_DIDWW_API_Version": version}
            assert is_empty(latest.get(path, **headers))


def test_a_key_cannot_select_the_version(old: Client) -> None:
    assert is_empty(old.get(PATH, X_DIDWW_API_Version=LATEST))
    for asked in (None, OLDEST, "2026-11-20"):
        assert old.get(PATH, X_DIDWW_API_Version=asked).json()["meta"]["api_version"] == OLD


def test_the_version_of_all_accounts_that_have_none() -> None:
    accounts = [{"api_key": "new"}, {"api_key": "old", "default_version": OLD}]
    with served({"accounts": accounts}, version=LATEST) as client:
        for seed in (None, None, {"accounts": accounts[:1]}):
            assert ask_for_token(client, "new").json()["api_version"] == LATEST
            assert is_empty(client.get("/dids", Api_Key="new"))
            assert client.get("/dids", Api_Key="old").json()["meta"]["api_version"] == OLD
            # An unknown key, or none, may be meant for the older account.
            for key in ("nobody", None):
                assert client.get("/dids", Api_Key=key).json()["errors"][0]["title"] == "Unauthorized"
            client.server.reset(seed)
        for key in ("nobody", None):
            assert is_empty(client.get("/dids", Api_Key=key))
    with pytest.raises(SeedError, match="is one of"):
        Simulator(version="2026-11-20")


# --- requests with a token ---


def test_the_token_selects_the_version(server: Simulator, client: Client) -> None:
    for version in (OLDEST, OLD, LATEST):
        token = bearer(client, api_version=version)
        for header in (OLDEST, OLD, LATEST, ""):
            answer = client.get(PATH, **token, X_DIDWW_API_Version=header)
            assert answer.json()["meta"]["api_version"] == version


def assert_refused(answer: requests.Response, title: str, code: int = 401, reason: str = "invalid_token") -> None:
    """Check that the API refuses a token."""
    assert answer.headers["WWW-Authenticate"] == f'Bearer error="{reason}"'
    assert_errors(answer, f"{code} {title}: {title}")


def changed(token: str, **change: Any) -> str:
    """Return the token with other claims and the same signature."""
    other = urlsafe_b64encode(json.dumps({**claims(token), **change}).encode()).rstrip(b"=").decode()
    return token.replace(token.split(".")[1], other)


def test_refused_tokens(latest: Client) -> None:
    token = bearer(latest, scope="read")["Authorization"]
    with served() as elsewhere:
        foreign = bearer(elsewhere)["Authorization"]
    basic = token.replace("Bearer", "Basic")
    for text in ("", "Bearer", "Bearer ", "Bearer a", "Bearer a.b", "Bearer a.b.c.d", "Basic a.b.c", basic):
        assert_refused(latest.get(PATH, Authorization=text), "Malformed token")
    for forged in (foreign, changed(token, scope="full"), token[:-1], f"{token}\xe9", f"{token.rpartition('.')[0]}."):
        assert_refused(latest.get(PATH, Authorization=forged.encode("latin-1")), "Signature verification failed")
    audience = bearer(latest, aud=["api-vin.didww.com", "https://api.didww.com"])
    assert_refused(latest.get(PATH, **audience), "Invalid audience")
    for version in (OLD, LATEST):  # the token is that of the account before
        both = latest.get(PATH, Authorization=token, Api_Key="local-key")
        assert_refused(both, "Authorization and Api-Key exclude each other")
        assert latest.get(PATH, Authorization=token.replace("Bearer", "bearer")).status_code == 200
        with_account(latest.server, default_version=version)
    gone = bearer(latest, "openapi-key")
    latest.server.reset({"accounts": [{"api_key": "local-key", "default_version": LATEST}]})
    assert_refused(latest.get("/dids", **gone), "Unknown account")
    assert latest.get("/dids").status_code == 200  # tokens survive a reset


def test_a_token_expires(clock: Clock) -> None:
    with served(version=LATEST, rate=0, token_life=0.2) as client:
        assert ask_for_token(client).json()["expires_in"] == 0.2
        assert ask_for_token(client, expires_in=1).json()["expires_in"] == 60
        headers = bearer(client)
        assert client.get(PATH, **headers).status_code == 200
        clock.sleep(0.2)
        assert_refused(client.get(PATH, **headers), "Token has expired")
        assert client.get(PATH, **bearer(client)).status_code == 200


def test_expire_tokens(latest: Client) -> None:
    for expire in (latest.server.expire_tokens, lambda: latest.control("POST", "/expire_tokens")):
        headers = bearer(latest)
        assert latest.get(PATH, **headers).status_code == 200
        expire()
        assert_refused(latest.get(PATH, **headers), "Signature verification failed")


def test_the_scope_read(latest: Client) -> None:
    read = bearer(latest, scope="read")
    before = latest.server.trunks
    assert latest.get(PATH, **read).status_code == 200
    answers = [send(latest, **read) for _method, send, _status in CHANGES.values()]
    for answer in (*answers, latest.ask("OPTIONS", "/dids", **read)):
        assert_refused(answer, "Insufficient scope", 403, "insufficient_scope")
    assert latest.server.trunks == before


def test_the_rate_is_that_of_the_account(clock: Clock) -> None:
    with served(rate=2, token_rate=0, version=LATEST) as client:
        first, second, other = bearer(client), bearer(client), bearer(client, "openapi-key")
        answers = [client.get("/dids", **headers) for headers in (first, second) * 3]
        assert [answer.status_code for answer in answers] == [200] * 2 + [429] * 4
        for answer in answers[2:]:
            assert answer.headers["Retry-After"] == "1"
            (error,) = answer.json()["errors"]
            assert (error["title"], error["code"]) == ("Too Many Requests", "too_many_requests")
        assert client.server.rate_limited == 4
        assert client.get("/dids", **other).status_code == 200


# --- journal and faults ---


def test_mints(latest: Client) -> None:
    bearer(latest, scope="read")
    ask_for_token(latest, "nobody")
    latest.get(PATH)
    (read,) = latest.server.journal
    first, second = latest.server.mints
    assert read["path"] == f"/v3{PATH}"
    assert (first["method"], first["path"], first["status"]) == ("POST", "/token", 200)
    assert first["body"] == {"aud": [AUDIENCE], "scope": "read"}
    assert (first["headers"]["Api-Key"], second["status"], set(first)) == ("local-key", 401, set(read))
    journal = latest.control("GET", "/journal").json()
    assert (journal["requests"], journal["mints"]) == ([read], [first, second])
    for empty in (latest.server.clear_journal, latest.server.reset, lambda: latest.control("DELETE", "/journal")):
        bearer(latest)
        empty()
        assert latest.server.mints == []


def test_other_faults_do_not_affect_the_token_service(latest: Client) -> None:
    rules: list[dict[str, Any]] = [{}, {"path_contains": "/"}, {"path_contains": "token"}]
    latest.server.add_faults(*({"status": 503, **rule} for rule in rules))
    assert ask_for_token(latest).status_code == 200
    assert len(latest.server.faults) == 3
    assert latest.get(PATH).status_code == 503


@pytest.mark.parametrize(("rule", "error"), TABLES["faults"]["tokens"], ids=str)
def test_a_status_of_the_token_service(latest: Client, rule: dict[str, Any], error: str) -> None:
    latest.server.add_faults({"path_contains": "/token", **rule})
    assert latest.get(PATH).status_code == 200
    answer = ask_for_token(latest)
    assert (answer.status_code, answer.json()["error"]) == (rule["status"], error)
    assert answer.headers.get("Retry-After") == rule.get("headers", {}).get("Retry-After")
    (entry,) = latest.server.mints
    assert (entry["status"], entry["fault"]["status"]) == (rule["status"], rule["status"])
    assert ask_for_token(latest).status_code == 200


def test_faults_of_the_token_service(latest: Client) -> None:
    url = latest.server.token_url
    rules: list[dict[str, Any]] = [{"status": 502, "body": "busy"}, {"garbage": "html"}]
    rules += [{"drop": "before"}, {"stall": 0.1}]
    latest.server.add_faults(*({"path_contains": "/token", **rule} for rule in rules))
    for content_type, text in (("text/plain", "busy"), ("text/html", "<!DOCTYPE html>")):
        answer = latest.ask("POST", url, {"aud": AUDIENCE}, Content_Type=JSON)
        assert (answer.headers["Content-Type"], answer.text[: len(text)]) == (content_type, text)
    with pytest.raises(requests.ConnectionError):
        ask_for_token(latest)
    assert latest.get(PATH, **bearer(latest)).status_code == 200
