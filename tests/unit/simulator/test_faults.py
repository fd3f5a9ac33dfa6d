# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults: the requests that meet them, whether a change is applied, and what arrives instead of the answer."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from http.client import HTTPConnection, IncompleteRead
from typing import Any
from unittest.mock import ANY
from urllib.parse import urlsplit

import pytest
import requests
from simulator.faults import FaultError
from simulator.server import Simulator

from ..conftest import HANG_GUARD, NOBODY, TRUNK
from .conftest import CHANGES, MEDIA_TYPE, NEW, TABLES, TRUNKS, Client, served

PATH = f"{TRUNKS}/{TRUNK}"


def outcome(send: Callable[[], requests.Response]) -> tuple[str | int, str]:
    """Return the status and the text of the answer, or the name of the exception."""
    try:
        answer = send()
    except requests.RequestException as exc:
        return type(exc).__name__, ""
    return answer.status_code, answer.text


def test_faults_in_order_with_times_and_after(client: Client) -> None:
    client.server.add_faults({"status": 503, "times": 2, "after": 1}, {"status": 502})
    assert [client.get(PATH).status_code for _again in range(5)] == [502, 503, 503, 200, 200]
    client.server.add_faults({"status": 500, "times": 0})
    assert [client.get(PATH).status_code for _again in range(5)] == [500] * 5
    client.server.clear_faults()
    assert client.get(PATH).status_code == 200


def test_faults_by_method_and_path(client: Client) -> None:
    rules = [
        {"method": "PATCH", "status": 503, "times": 0},
        {"path_contains": "/dids", "status": 500, "times": 0},
        {"path_contains": "page[number]=2", "status": 502, "times": 0},
    ]
    assert client.control("POST", "/faults", rules).status_code == 204
    assert [found["status"] for found in client.control("GET", "/faults").json()] == [503, 500, 502]
    assert client.patch({"capacity_limit": 1}).status_code == 503
    statuses = {PATH: 200, "/dids": 500, f"{TRUNKS}?page[number]=1": 200, f"{TRUNKS}?page[number]=2": 502}
    assert {path: client.get(path).status_code for path in statuses} == statuses
    assert client.control("DELETE", "/faults").status_code == 204
    assert client.get("/dids").status_code == 200


@pytest.mark.parametrize(("rule", "content_type", "text"), TABLES["faults"]["status"], ids=str)
def test_status(client: Client, rule: dict[str, Any], content_type: str, text: str) -> None:
    client.server.add_faults(rule)
    answer = client.get(PATH, Api_Key="nobody")  # not checked
    assert answer.status_code == rule.get("status", rule.get("redirect", {}).get("status"))
    assert answer.headers.get("Content-Type", "").startswith(content_type)
    assert answer.text.startswith(text)
    assert bool(answer.text) == bool(text)
    assert answer.headers.get("Retry-After") == rule.get("headers", {}).get("Retry-After")
    assert answer.headers.get("Location") == rule.get("redirect", {}).get("location")
    (entry,) = client.server.journal
    assert (entry["status"], entry["fault"].items() >= rule.items()) == (answer.status_code, True)


# What arrives: the status, None if that is the normal one, ANY if requests may not notice that a body is incomplete;
# the start of the body.
LOST: list[tuple[dict[str, Any], Any, str]] = [
    ({"status": 429}, 429, '{"errors":'),
    ({"status": 503}, 503, "<!DOCTYPE"),
    ({"garbage": "html"}, 200, "<!DOCTYPE"),
    ({"garbage": "list"}, 200, "[1,2,3]"),
    ({"drop": "before"}, "ConnectionError", ""),
    ({"drop": "headers"}, None, ""),
    *(({name: value}, ANY, "") for name, value in [("drop", "after_headers"), ("drop", "body")]),
    *(({"garbage": value}, ANY, "") for value in ("truncated", "missing_data")),
]


@pytest.mark.parametrize("kind", CHANGES)
@pytest.mark.parametrize("apply", [True, False], ids=["applied", "not applied"])
@pytest.mark.parametrize(("fault", "status", "text"), LOST, ids=str)
def test_a_lost_answer(client: Client, fault: dict[str, Any], status: Any, text: str, apply: bool, kind: str) -> None:
    before = client.server.trunks
    method, send, normal = CHANGES[kind]
    client.server.add_faults({"method": method, "apply": apply, **fault})
    got, body = outcome(lambda: send(client))
    assert got == ((normal if apply else 200) if status is None else status)
    assert status is ANY or body[: len(text) or None] == text
    assert (client.server.trunks != before) is apply
    assert client.server.journal[-1]["status"] == (None if "drop" in fault else normal if status is ANY else status)
    # The repeated request meets no fault.
    expected = {"create": 422, "delete": 404}.get(kind, normal) if apply else normal
    assert send(client).status_code == expected
    assert client.server.trunks != before


@pytest.mark.parametrize("drop", ["before", "headers", "after_headers", "body"])
def test_drop_with_a_reset(client: Client, drop: str) -> None:
    client.server.add_faults({"drop": drop, "reset": drop != "before"})
    with pytest.raises(requests.RequestException, match="Connection reset by peer"):
        client.get(PATH)
    assert client.server.journal[-1]["status"] is None
    assert client.get(PATH).status_code == 200


@pytest.mark.parametrize("drop", ["after_headers", "body"])
def test_drop_after_the_headers(client: Client, drop: str) -> None:
    whole = client.get(PATH).content
    client.server.add_faults({"drop": drop})
    url = urlsplit(client.server.url + PATH)
    connection = HTTPConnection(url.netloc, timeout=HANG_GUARD)  # requests may not notice that the body is incomplete
    connection.request("GET", url.path, headers={"Api-Key": "local-key"})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Content-Length"]) == (200, str(len(whole)))
    with pytest.raises(IncompleteRead) as incomplete:
        answer.read()
    connection.close()
    assert incomplete.value.partial == (whole[: len(whole) // 2] if drop == "body" else b"")


@pytest.mark.parametrize("kind", ["update", "delete"])
def test_last(kind: str) -> None:
    with served(rate=0) as client:
        own, (method, send, normal) = client.server, CHANGES[kind]
        before = own.trunks
        own.add_faults({"last": True, "method": method})
        answer = send(client)
        assert (answer.status_code, answer.headers["Connection"]) == (normal, "close")
        assert own.trunks != before
        with pytest.raises(requests.ConnectionError, match="Connection refused"):
            client.get(PATH)
        with pytest.raises(OSError, match="in use"):
            socket.create_server((own.host, own.port))
        own.stop()
        with own:
            assert client.get("/dids").status_code == 200


def test_stall(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    stalled, half_arrived = threading.Event(), threading.Event()

    def pause(_self: Simulator, seconds: float) -> None:
        if seconds == 7:
            stalled.set()
            assert half_arrived.wait(HANG_GUARD)

    monkeypatch.setattr(Simulator, "pause", pause)
    client.server.add_faults({"stall": 7})
    headers = {"Api-Key": "local-key"}
    with client.session.get(client.server.url + PATH, headers=headers, stream=True, timeout=HANG_GUARD) as answer:
        half = answer.raw.read(int(answer.headers["Content-Length"]) // 2)
        assert stalled.wait(HANG_GUARD)
        half_arrived.set()
        assert json.loads(half + answer.raw.read())["data"]["id"] == TRUNK
    assert client.server.journal[-1]["status"] == 200


def test_delay(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[float, int]] = []

    def pause(self: Simulator, seconds: float) -> None:
        seen.append((seconds, self.trunk(TRUNK)["attributes"]["capacity_limit"]))

    monkeypatch.setattr(Simulator, "pause", pause)
    client.server.add_faults({"delay": 1}, {"delay": 0.2, "status": 503})
    assert client.patch({"capacity_limit": 77}).status_code == 200
    assert client.patch({"capacity_limit": 78}).status_code == 503
    # Before each request, the latency.
    assert seen == [(0, 30), (1, 77), (0, 77), (0.2, 77)]


GARBAGE: dict[str, Callable[[requests.Response], bool]] = {
    "html": lambda answer: answer.text.startswith("<!DOCTYPE html>") and answer.headers["Content-Type"] == "text/html",
    "list": lambda answer: answer.json() == [1, 2, 3] and answer.headers["Content-Type"] == MEDIA_TYPE,
    "truncated": lambda answer: answer.text.startswith('{"data":') and answer.text.count("{") > answer.text.count("}"),
    "other_id": lambda answer: answer.json()["data"]["id"] == NOBODY,
    "other_type": lambda answer: answer.json()["data"]["type"] == "voice_in_trunks",
    "attributes_type": lambda answer: isinstance(answer.json()["data"]["attributes"], list),
    "missing_data": lambda answer: list(answer.json()) == ["meta"],
    "empty": lambda answer: answer.content == b"",
    "big": lambda answer: len(answer.content) > 10_000_000 and "api_version" in answer.json()["meta"],
}


@pytest.mark.parametrize(("kind", "holds"), GARBAGE.items(), ids=GARBAGE)
def test_garbage(client: Client, kind: str, holds: Callable[[requests.Response], bool]) -> None:
    client.server.add_faults({"garbage": kind}, {"garbage": kind, "method": "DELETE", "apply": True})
    answer = client.get(PATH)
    assert (answer.status_code, holds(answer)) == (200, True)
    assert client.get(PATH).json()["data"]["attributes"]["name"] == "EU SBC"
    if kind not in ("html", "list"):  # an answer without a body cannot be modified
        deleted = client.delete()
        assert (deleted.status_code, deleted.content) == (204, b"")
        assert client.get(PATH).status_code == 404


def test_garbage_that_is_not_a_resource(client: Client) -> None:
    client.server.add_faults({"garbage": "bad_gzip"}, {"garbage": "other_id"}, {"garbage": "other_id"})
    assert outcome(lambda: client.get(PATH)) == ("ContentDecodingError", "")
    assert {trunk["id"][:8] for trunk in client.get(TRUNKS).json()["data"]} == {"00000000"}
    assert "errors" in client.get(f"{PATH}?sort=name").json()


def test_answer_attributes(client: Client) -> None:
    client.server.add_faults({"method": "PATCH", "answer_attributes": {"rtp_timeout": 30}})
    answer = client.patch({"rtp_timeout": 60, "capacity_limit": 5}).json()["data"]["attributes"]
    assert (answer["rtp_timeout"], answer["capacity_limit"]) == (30, 5)
    stored = client.server.trunk(TRUNK)["attributes"]
    assert (stored["rtp_timeout"], stored["capacity_limit"]) == (60, 5)
    client.server.add_faults(*[{"method": "POST", "answer_attributes": {"password": "x"}}] * 2)
    assert client.regenerate().json()["data"]["attributes"] == {"password": "x"}
    assert client.create(NEW).json()["data"]["attributes"]["password"] == "x"
    assert "password" not in client.server.trunks[-1]["attributes"]


@pytest.mark.parametrize("rule", TABLES["faults"]["invalid"], ids=str)
def test_bad_rule(client: Client, rule: Any) -> None:
    with pytest.raises(FaultError):
        client.server.add_faults({"status": 503}, rule)
    assert client.control("POST", "/faults", rule).status_code == 400
    assert client.server.faults == []
    client.server.add_faults(*({"status": edge} for edge in (200, 599)), {"drop": "body", "times": 0})
