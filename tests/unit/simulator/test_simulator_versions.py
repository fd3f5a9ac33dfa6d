# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Version 2026-11-19: the token service, requests with tokens, and the rules for trunks that differ."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import simulator
from simulator.accounts import SeedError
from simulator.server import Simulator, load_seed

from ..conftest import HANG_GUARD, Clock
from .conftest import MEDIA_TYPE, TRUNK, Client, to_one
from .test_simulator_server import control
from .test_simulator_update import TWILIO, did, sip

OLD = "2026-04-16"
NEW = "2026-11-19"
TRUNKS = "/voice_out_trunks"
PATH = f"{TRUNKS}/{TRUNK}"
AUDIENCE = "api.didww.com"
AWAITING = did(10)


def seed(version: str, **account: Any) -> dict[str, Any]:
    """Return the seed of the package, with `local-key` on a version, and a DID that awaits registration."""
    seed = load_seed()
    seed["accounts"][0].update(default_version=version, **account)
    for entry in seed["dids"]:
        entry["attributes"] = {"awaiting_registration": entry["id"] == AWAITING}
    return seed


def ask_for_token(client: Client, key: str | None = "local-key", **asked: Any) -> requests.Response:
    """Send a request to the token service, by default for the audience of the API."""
    body = {"aud": [AUDIENCE], **asked}
    return client.session.post(client.server.token_url, json=body, headers={"Api-Key": key}, timeout=HANG_GUARD)


def mint(client: Client, key: str = "local-key", **asked: Any) -> str:
    """Return a new token."""
    return str(ask_for_token(client, key, **asked).json()["access_token"])


def bearer(token: str, **headers: str) -> dict[str, Any]:
    """Return the headers of a request with a token instead of a key."""
    return {"Api-Key": None, "Authorization": f"Bearer {token}", **headers}


def claims(token: str) -> dict[str, Any]:
    """Return the claims in a token."""
    loaded: dict[str, Any] = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    return loaded


def use(client: Client, token: str) -> None:
    """Let all requests of a client have the token instead of a key."""
    del client.session.headers["Api-Key"]
    client.session.headers["Authorization"] = f"Bearer {token}"


@pytest.fixture
def old(server: Simulator, client: Client) -> Client:
    """A client with the key of an account on 2026-04-16."""
    server.reset(seed(OLD))
    return client


@pytest.fixture
def new(server: Simulator, client: Client) -> Client:
    """A client with a token of an account on 2026-11-19."""
    server.reset(seed(NEW))
    use(client, mint(client))
    server.clear_journal()
    return client


@pytest.fixture
def short(clock: Clock) -> Iterator[Client]:
    """A client of a local API on 2026-11-19, where a token lives for 0.2 seconds of `clock`."""
    with Simulator(version=NEW, rate=0, token_life=0.2) as server:
        client = Client(server)
        with client.session:
            yield client


def is_not_stored(answer: requests.Response) -> bool:
    """Return whether caches must not store the answer."""
    return (answer.headers.get("Cache-Control"), answer.headers.get("Pragma")) == ("no-store", "no-cache")


# --- the version of an account ---


def test_the_version_of_all_accounts_that_have_none() -> None:
    accounts = [{"api_key": "new"}, {"api_key": "old", "default_version": OLD}]
    with Simulator({"accounts": accounts}, version=NEW) as server:
        client = Client(server)
        with client.session:
            for _again in range(2):
                assert ask_for_token(client, "new").json()["api_version"] == NEW
                assert client.get("/dids", headers={"Api-Key": "new"}).status_code == 401
                answer = client.get("/dids", headers={"Api-Key": "old"})
                assert answer.json()["meta"]["api_version"] == OLD
                # An unknown key may be meant for the older account.
                unknown = client.get("/dids", headers={"Api-Key": "nobody"})
                assert unknown.json()["errors"][0]["title"] == "Unauthorized"
                server.reset()


@pytest.mark.parametrize("account", [{"default_version": "2026-11-20"}, {"token_scope": "write"}])
def test_a_bad_account(account: dict[str, Any]) -> None:
    with pytest.raises(SeedError, match="is one of"):
        Simulator({"accounts": [{"api_key": "k", **account}]})


def test_a_bad_version() -> None:
    with pytest.raises(SeedError, match="is one of"):
        Simulator(version="2026-11-20")


# --- the token service ---


def test_a_token(new: Client, clock: Clock) -> None:
    answer = ask_for_token(new, aud=["api-vin.didww.com", AUDIENCE])
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert is_not_stored(answer)
    document = answer.json()
    granted = {"aud": ["api-vin.didww.com", AUDIENCE], "scope": "full", "api_version": NEW}
    token = document.pop("access_token")
    assert document == {"token_type": "Bearer", "expires_in": 900, **granted}
    content = claims(token)
    assert granted.items() <= content.items()
    assert content["exp"] - clock.now == 900
    assert set(content) == {*granted, "exp", "sub", "jti"}
    assert "local-key" not in str(content)
    other = claims(mint(new))
    assert other["sub"] == content["sub"]
    assert other["jti"] != content["jti"]


@pytest.mark.parametrize(
    ("asked", "name", "granted"),
    [
        ({"aud": AUDIENCE}, "aud", [AUDIENCE]),
        ({"aud": ["api-vin.didww.com", AUDIENCE]}, "aud", ["api-vin.didww.com", AUDIENCE]),
        ({"scope": "full"}, "scope", "full"),
        ({"scope": "read"}, "scope", "read"),
        ({"scope": "read:voice_out_trunks"}, "scope", "read"),
        ({"scope": "read:voice_out_trunks:names"}, "scope", "read"),
        ({"api_version": OLD}, "api_version", OLD),
        ({"api_version": NEW}, "api_version", NEW),
        ({}, "api_version", OLD),
        ({"expires_in": 0}, "expires_in", 60),
        ({"expires_in": 61}, "expires_in", 61),
        ({"expires_in": 3601}, "expires_in", 3600),
    ],
)
def test_what_a_token_is_asked_for(old: Client, clock: Clock, asked: dict[str, Any], name: str, granted: Any) -> None:
    answer = ask_for_token(old, **asked).json()
    assert answer[name] == granted
    if name == "expires_in":
        assert claims(answer["access_token"])["exp"] - clock.now == granted
    else:
        assert claims(answer["access_token"])[name] == granted


NOT_TEXT: list[Any] = [None, 1, [], {}]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        ([], "not an object"),
        ({}, "aud must"),
        *[({"aud": aud}, "aud must") for aud in ("", [], [""], [1], None, {AUDIENCE: 1})],
        *[({"aud": [AUDIENCE], "scope": scope}, "scope must") for scope in NOT_TEXT],
        *[
            ({"aud": [AUDIENCE], "api_version": version}, f"since {OLD}")
            for version in ("2022-05-10", "2026-11-20", "", *NOT_TEXT)
        ],
        *[({"aud": [AUDIENCE], "expires_in": life}, "whole seconds") for life in (60.5, "60", True, None)],
        ({"aud": [AUDIENCE], "audience": 1, "sub": 2}, "Not allowed: audience, sub"),
    ],
)
def test_an_invalid_request_for_a_token(old: Client, body: Any, words: str) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = old.session.post(
        old.server.token_url, data=raw, headers={"Content-Type": "application/json; charset=utf-8"}, timeout=HANG_GUARD
    )
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/json")
    assert answer.json()["error"] == "invalid_request"
    assert words in answer.json()["error_description"]
    assert set(answer.json()) == {"error", "error_description"}


@pytest.mark.parametrize("scope", ["write", "", "full:voice_out_trunks", "reading", "READ", "write:read"])
def test_an_invalid_scope(old: Client, scope: str) -> None:
    answer = ask_for_token(old, scope=scope)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")
    assert "scope must be one of full, read" in answer.json()["error_description"]
    assert is_not_stored(answer)


def test_the_rate_of_the_token_service(clock: Clock) -> None:
    with Simulator(seed(NEW), rate=0, token_rate=2) as limited:
        client = Client(limited)
        with client.session:
            assert ask_for_token(client, "nobody").status_code == 401  # does not count
            answers = [ask_for_token(client) for _again in range(4)]
            assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
            for answer in answers[2:]:
                assert answer.headers["Retry-After"] == "1"
                assert answer.json()["error"] == "rate_limit_exceeded"
                assert is_not_stored(answer)
            assert ask_for_token(client, "openapi-key").status_code == 200
            assert limited.rate_limited == 0
            clock.sleep(0.99)
            assert ask_for_token(client).status_code == 429
            clock.sleep(0.01)
            assert ask_for_token(client).status_code == 200
            assert "Retry-After" not in ask_for_token(client).headers
            assert ask_for_token(client).status_code == 429
            limited.reset()
            assert ask_for_token(client).status_code == 200


def test_by_default_tokens_have_the_rate_of_other_requests(clock: Clock) -> None:
    with Simulator(rate=1) as limited:
        client = Client(limited)
        with client.session:
            assert [ask_for_token(client).status_code for _again in range(2)] == [200, 429]
            assert client.get("/dids").status_code == 200


@pytest.mark.parametrize("key", [None, "", "nobody", "Local-key"])
def test_no_token_for_an_unknown_key(old: Client, key: str | None) -> None:
    answer = ask_for_token(old, key)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("name", ["GET", "PUT", "PATCH", "DELETE"])
def test_a_token_requires_a_post(old: Client, name: str) -> None:
    answer = old.session.request(name, old.server.token_url, json={"aud": [AUDIENCE]}, timeout=HANG_GUARD)
    assert (answer.status_code, answer.json()["error"]) == (405, "invalid_request")


@pytest.mark.parametrize("content_type", [None, MEDIA_TYPE, "application/x-www-form-urlencoded"])
def test_a_token_requires_a_json_body(old: Client, content_type: str | None) -> None:
    body = json.dumps({"aud": [AUDIENCE]}).encode()
    answer = old.session.post(
        old.server.token_url, data=body, headers={"Content-Type": content_type}, timeout=HANG_GUARD
    )
    assert (answer.status_code, answer.json()["error"]) == (415, "invalid_request")


def test_an_account_that_only_gets_read_tokens(server: Simulator, client: Client) -> None:
    server.reset(seed(NEW, token_scope="read"))
    for asked in ({}, {"scope": "full"}, {"scope": "read"}):
        answer = ask_for_token(client, **asked).json()
        assert answer["scope"] == claims(answer["access_token"])["scope"] == "read"
    assert client.delete(headers=bearer(answer["access_token"])).status_code == 403


# --- requests with a key, or without anything ---


def is_empty(answer: requests.Response) -> bool:
    """Return whether the answer is a 401 that says nothing."""
    silent = {"Content-Type", "WWW-Authenticate"}.isdisjoint(answer.headers)
    return answer.status_code == 401 and answer.content == b"" and silent


@pytest.mark.parametrize("headers", [{}, {"X-DIDWW-API-Version": OLD}])
def test_a_key_is_not_accepted(new: Client, headers: dict[str, Any]) -> None:
    for path in (TRUNKS, "/dids", "/nothing"):
        assert is_empty(new.get(path, headers={"Authorization": None, "Api-Key": "local-key", **headers}))


def test_nothing_is_not_accepted(short: Client) -> None:
    assert is_empty(short.get(TRUNKS, headers={"Api-Key": None}))
    assert is_empty(short.get(TRUNKS, headers={"Api-Key": "nobody"}))


def test_a_key_cannot_select_the_version(old: Client) -> None:
    assert is_empty(old.get(PATH, headers={"X-DIDWW-API-Version": NEW}))
    for asked in (None, "2022-05-10", "2026-11-20"):
        answer = old.get(PATH, headers={"X-DIDWW-API-Version": asked})
        assert answer.json()["meta"]["api_version"] == OLD


# --- requests with a token ---


def test_the_token_selects_the_version(server: Simulator, client: Client) -> None:
    server.reset()
    for version in ("2022-05-10", OLD, NEW):
        token = mint(client, api_version=version)
        for header in ("2022-05-10", OLD, NEW, ""):
            answer = client.get(PATH, headers=bearer(token, **{"X-DIDWW-API-Version": header}))
            assert answer.json()["meta"]["api_version"] == version


def test_a_token_can_do_everything(new: Client) -> None:
    assert new.patch(attributes={"capacity_limit": 60}).status_code == 200
    assert new.regenerate().status_code == 201
    assert new.delete().status_code == 204
    assert new.get(PATH).status_code == 404
    assert new.server.mints == []


def is_refused(answer: requests.Response, title: str) -> bool:
    """Return whether the answer is a 401 with a reason."""
    error = {"title": title, "detail": title, "code": "401", "status": "401"}
    return (
        answer.status_code == 401
        and answer.headers["Content-Type"] == MEDIA_TYPE
        and answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
        and answer.json() == {"errors": [error]}
    )


def changed(token: str, **change: Any) -> str:
    """Return the token with other claims and the same signature."""
    header, _claims, signature = token.split(".")
    other = urlsafe_b64encode(json.dumps({**claims(token), **change}).encode()).rstrip(b"=").decode()
    return f"{header}.{other}.{signature}"


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Bearer a", "Bearer a.b", "Bearer a.b.c.d", "Basic a.b.c"]
)
def test_a_malformed_token(new: Client, authorization: str) -> None:
    assert is_refused(new.get(PATH, headers={"Authorization": authorization}), "Malformed token")


def test_a_forged_token(new: Client) -> None:
    token = mint(new, scope="read")
    with Simulator(seed(NEW)) as other:
        elsewhere = Client(other)
        with elsewhere.session:
            foreign = mint(elsewhere)
    for forged in (foreign, changed(token, scope="full"), token[:-1], f"{token}\xe9", f"{token.rpartition('.')[0]}."):
        headers = bearer(forged)
        headers["Authorization"] = headers["Authorization"].encode("latin-1")
        assert is_refused(new.get(PATH, headers=headers), "Signature verification failed")
    assert new.get(PATH, headers=bearer(token)).status_code == 200


def test_a_token_expires(short: Client, clock: Clock) -> None:
    answer = ask_for_token(short).json()
    token = answer["access_token"]
    assert answer["expires_in"] == 0.2
    assert ask_for_token(short, expires_in=1).json()["expires_in"] == 60
    assert short.get(PATH, headers=bearer(token)).status_code == 200
    clock.sleep(0.2)
    assert is_refused(short.get(PATH, headers=bearer(token)), "Token has expired")
    assert short.get(PATH, headers=bearer(mint(short))).status_code == 200


def test_expire_tokens(new: Client) -> None:
    for expire in (new.server.expire_tokens, lambda: control(new, "POST", "/expire_tokens")):
        token = mint(new)
        assert new.get(PATH, headers=bearer(token)).status_code == 200
        expire()
        assert is_refused(new.get(PATH, headers=bearer(token)), "Signature verification failed")
        assert new.get(PATH, headers=bearer(mint(new))).status_code == 200


def test_a_token_for_another_audience(new: Client) -> None:
    token = mint(new, aud=["api-vin.didww.com", "https://api.didww.com"])
    assert is_refused(new.get(PATH, headers=bearer(token)), "Invalid audience")


def test_a_token_of_an_account_that_is_gone(new: Client) -> None:
    token = mint(new, "openapi-key")
    new.server.reset({"accounts": [{"api_key": "local-key", "default_version": NEW}]})
    assert is_refused(new.get("/dids", headers=bearer(token)), "Unknown account")
    assert new.get("/dids").status_code == 200


@pytest.mark.parametrize("version", [OLD, NEW])
def test_a_key_beside_a_token(server: Simulator, client: Client, version: str) -> None:
    server.reset(seed(version))
    headers = {**bearer(mint(client)), "Api-Key": "local-key"}
    assert is_refused(client.get(PATH, headers=headers), "Authorization and Api-Key exclude each other")


def test_the_scope_read(new: Client) -> None:
    use_read = bearer(mint(new, scope="read"))
    before = new.server.trunks
    assert new.get(PATH, headers=use_read).status_code == 200
    for answer in (
        new.patch(attributes={"capacity_limit": 1}, headers=use_read),
        new.request("PUT", PATH, headers=use_read),
        new.delete(headers=use_read),
        new.regenerate(headers=use_read),
        new.create({}, headers=use_read),
        new.request("OPTIONS", "/dids", headers=use_read),
    ):
        assert answer.status_code == 403
        assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope"'
        (error,) = answer.json()["errors"]
        assert (error["title"], error["code"]) == ("Insufficient scope", "403")
    assert new.server.trunks == before


def test_the_rate_is_that_of_the_account(clock: Clock) -> None:
    with Simulator(seed(NEW), rate=2, token_rate=0) as limited:
        client = Client(limited)
        with client.session:
            first, second = mint(client), mint(client)
            other = mint(client, "openapi-key")
            answers = [client.get("/dids", headers=bearer(token)) for token in (first, second) * 3]
            assert [answer.status_code for answer in answers] == [200] * 2 + [429] * 4
            for answer in answers[2:]:
                assert answer.headers["Retry-After"] == "1"
                (error,) = answer.json()["errors"]
                assert (error["title"], error["code"]) == ("Too Many Requests", "too_many_requests")
            assert limited.rate_limited == 4
            assert client.get("/dids", headers=bearer(other)).status_code == 200


# --- the rules for trunks ---


NOT_NUMBER = "is not a number"
REFUSED: list[tuple[str, Any, str]] = [
    ("capacity_limit", 0, "must be greater than or equal to 1"),
    ("threshold_amount", None, NOT_NUMBER),
    ("dst_prefixes", None, "must be an array"),
    ("rtp_timeout", None, NOT_NUMBER),
    ("allowed_rtp_ips", ["203.0.113.1", "0.0.0.0/0"], "0.0.0.0/0 is not allowed"),
    ("allowed_rtp_ips", ["0::0/0"], "::/0 is not allowed"),
]
ALWAYS_REFUSED: list[tuple[str, Any, str]] = [
    ("capacity_limit", 32768, "must be less than or equal to 32767"),
    ("threshold_amount", "100000.01", "must be less than or equal to 100000.0"),
    ("allowed_rtp_ips", [], "can't be blank"),
]


@pytest.mark.parametrize(("name", "value", "title"), [*REFUSED, *ALWAYS_REFUSED])
def test_a_refused_value(new: Client, name: str, value: Any, title: str) -> None:
    answer = new.patch(attributes={name: value})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["source"]["pointer"], error["title"]) == (f"/data/attributes/{name}", title)


@pytest.mark.parametrize(("name", "value", "title"), REFUSED)
def test_the_version_before_accepts_it(old: Client, name: str, value: Any, title: str) -> None:
    assert old.patch(attributes={name: value}).status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("capacity_limit", 1),
        ("capacity_limit", 32767),
        ("capacity_limit", None),
        ("threshold_amount", "100000.0"),
        ("dst_prefixes", []),
        ("allowed_rtp_ips", None),
        ("allowed_rtp_ips", ["0.0.0.0/1", "::/1"]),
        ("on_cli_mismatch_action", "randomize_cli"),
    ],
)
def test_an_accepted_value(new: Client, name: str, value: Any) -> None:
    answer = new.patch(attributes={name: value})
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["attributes"][name] == value
    assert answer.json()["meta"]["api_version"] == NEW


@pytest.mark.parametrize(("version", "most"), [(NEW, 500.5), (OLD, 100000)])
def test_the_most_that_an_account_can_spend(server: Simulator, client: Client, version: str, most: float) -> None:
    server.reset(seed(version, most_threshold=500.5))
    use(client, mint(client))
    assert client.patch(attributes={"threshold_amount": str(most)}).status_code == 200
    refused = client.patch(attributes={"threshold_amount": f"{most + 1}"})
    assert refused.json()["errors"][0]["title"] == f"must be less than or equal to {float(most)}"


def created(client: Client, attributes: dict[str, Any], **relationships: Any) -> requests.Response:
    """Create a trunk with some settings more than the required ones."""
    required = {"name": "Created", "on_cli_mismatch_action": "reject_call", **sip()}
    return client.create({**required, **attributes}, relationships)


def pointers(answer: requests.Response) -> list[str]:
    """Return the pointers of the errors in a 422."""
    assert answer.status_code == 422
    return [error["source"]["pointer"] for error in answer.json()["errors"]]


def test_addresses_for_rtp_are_optional(new: Client) -> None:
    for answer in (created(new, {}), new.patch(TWILIO, sip()), created(new, {"name": "B", "allowed_rtp_ips": None})):
        assert answer.ok, answer.text
        assert answer.json()["data"]["attributes"]["allowed_rtp_ips"] is None


def test_the_version_before_requires_them(old: Client) -> None:
    for answer in (created(old, {}), old.patch(TWILIO, sip())):
        assert pointers(answer) == ["/data/attributes/allowed_rtp_ips"]


REPLACE = {"on_cli_mismatch_action": "replace_cli"}
DEFAULT_DID = "/data/relationships/default_did"


def test_replace_cli_requires_a_default_did(new: Client, server: Simulator) -> None:
    assert pointers(new.patch(attributes=REPLACE)) == pointers(created(new, REPLACE)) == [DEFAULT_DID]
    data = {"id": TRUNK, "type": "voice_out_trunks", "attributes": REPLACE}
    with_did = {**data, "relationships": {"default_did": to_one(did(1))}}
    assert new.send(TRUNK, {"data": with_did}).status_code == 200
    assert new.send(TRUNK, {"data": data}).status_code == 200  # the trunk has one
    assert server.trunk(TRUNK)["default_did"] == did(1)
    assert created(new, REPLACE, default_did=to_one(did(1))).status_code == 201


def test_the_version_before_does_not_in_an_update(old: Client) -> None:
    assert old.patch(attributes=REPLACE).status_code == 200


def test_a_did_that_awaits_registration_cannot_be_linked(new: Client) -> None:
    dids = {"dids": [did(1), AWAITING]}
    assert pointers(new.patch(relationships=dids)) == ["/data/relationships/dids/1"]
    assert pointers(created(new, REPLACE, default_did=to_one(AWAITING))) == [DEFAULT_DID]
    assert new.patch(relationships={"dids": [did(1)], "emergency_dids": [AWAITING]}).status_code == 200


def test_the_version_before_links_it(old: Client) -> None:
    assert old.patch(relationships={"dids": [AWAITING]}).status_code == 200
    rtp = {"allowed_rtp_ips": None}
    assert created(old, {**REPLACE, **rtp}, default_did=to_one(AWAITING)).status_code == 201


def test_no_threshold_is_null(server: Simulator, client: Client) -> None:
    thresholds = [trunk["attributes"]["threshold_amount"] for trunk in server.trunks]
    assert None not in thresholds
    assert server.put_trunk(AWAITING)["attributes"]["threshold_amount"] == "3000.0"
    # An older version stores null. This one has no null.
    assert client.patch(attributes={"threshold_amount": None}).json()["data"]["attributes"]["threshold_amount"] is None
    use(client, mint(client, api_version=NEW))
    for path in (PATH, f"{PATH}?fields[voice_out_trunks]=threshold_amount"):
        assert client.get(path).json()["data"]["attributes"]["threshold_amount"] == "3000.0"
    assert "null" not in client.get(f"{TRUNKS}?fields[voice_out_trunks]=threshold_amount").text
    assert client.patch(attributes={"rtp_ping": True}).json()["data"]["attributes"]["threshold_amount"] == "3000.0"
    assert server.trunk(TRUNK)["attributes"]["threshold_amount"] is None


# --- journal and faults ---


def test_mints(new: Client) -> None:
    mint(new, scope="read")
    ask_for_token(new, "nobody")
    new.get(PATH)
    (read,) = new.server.journal
    first, second = new.server.mints
    assert read["path"] == f"/v3{PATH}"
    assert (first["method"], first["path"], first["status"]) == ("POST", "/token", 200)
    assert first["body"] == {"aud": [AUDIENCE], "scope": "read"}
    assert first["headers"]["Api-Key"] == "local-key"
    assert set(first) == set(read)
    assert second["status"] == 401
    journal = control(new, "GET", "/journal").json()
    assert (journal["requests"], journal["mints"]) == ([read], [first, second])
    for empty in (new.server.clear_journal, new.server.reset, lambda: control(new, "DELETE", "/journal")):
        mint(new)
        empty()
        assert new.server.mints == []


def test_a_token_survives_a_reset(new: Client) -> None:
    new.server.reset()
    assert new.get(PATH).status_code == 200


def test_other_faults_do_not_affect_the_token_service(new: Client) -> None:
    rules: list[dict[str, Any]] = [
        {"status": 503},
        {"path_contains": "/", "status": 503},
        {"path_contains": "token", "status": 503},
    ]
    new.server.add_faults(*rules)
    assert ask_for_token(new).status_code == 200
    assert len(new.server.faults) == 3
    assert new.get(PATH).status_code == 503


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ({"status": 400}, "invalid_request"),
        ({"status": 401}, "invalid_client"),
        ({"status": 429, "headers": {"Retry-After": "7"}}, "rate_limit_exceeded"),
        ({"status": 503}, "server_error"),
        ({"status": 503, "body": {"error": "busy"}}, "busy"),
    ],
)
def test_a_status_of_the_token_service(new: Client, rule: dict[str, Any], error: str) -> None:
    new.server.add_faults({"path_contains": "/token", **rule})
    assert new.get(PATH).status_code == 200
    answer = ask_for_token(new)
    assert (answer.status_code, answer.headers["Content-Type"]) == (rule["status"], "application/json")
    assert answer.json()["error"] == error
    assert is_not_stored(answer)
    assert answer.headers.get("Retry-After") == rule.get("headers", {}).get("Retry-After")
    (entry,) = new.server.mints
    assert (entry["status"], entry["fault"]["status"]) == (rule["status"], rule["status"])
    assert ask_for_token(new).status_code == 200


def test_faults_of_the_token_service(new: Client) -> None:
    token = {"path_contains": "/token"}
    new.server.add_faults(
        {**token, "status": 502, "body": "busy"}, {**token, "garbage": "html"}, {**token, "drop": "before"}
    )
    text = ask_for_token(new)
    assert (text.text, text.headers["Content-Type"]) == ("busy", "text/plain")
    assert ask_for_token(new).text.startswith("<!DOCTYPE html>")
    with pytest.raises(requests.ConnectionError):
        ask_for_token(new)
    new.server.add_faults({**token, "stall": 0.1})
    assert new.get(PATH, headers=bearer(mint(new))).status_code == 200


# --- the command ---


def test_command() -> None:
    command = [sys.executable, "-m", "simulator", "--port", "0", "--version", NEW, "--token-life", "0.5"]
    environment = {**os.environ, "PYTHONPATH": str(Path(simulator.__file__).parents[1])}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            with requests.Session() as session:
                session.trust_env = False
                answer = session.post(
                    f"{url.removesuffix('/v3')}/token",
                    json={"aud": [AUDIENCE]},
                    headers={"Api-Key": "local-key"},
                    timeout=HANG_GUARD,
                )
            assert (answer.json()["api_version"], answer.json()["expires_in"]) == (NEW, 0.5)
        finally:
            process.kill()
