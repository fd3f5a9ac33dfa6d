# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server: rate, journal, control endpoints, faults, start and stop."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import simulator
from simulator.accounts import SeedError
from simulator.faults import FaultError
from simulator.server import Simulator

from ..conftest import HANG_GUARD, Clock
from .conftest import MEDIA_TYPE, TRUNK, Client

PATH = f"/voice_out_trunks/{TRUNK}"
NEW = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e0ff"


def control(client: Client, method: str, path: str, body: Any = None) -> requests.Response:
    """Send a request to a control endpoint, without a key."""
    url = f"{client.server.url.removesuffix('/v3')}/_simulator{path}"
    return client.session.request(method, url, json=body, headers={"Api-Key": None}, timeout=HANG_GUARD)


# --- rate and latency ---


TITLE_AND_CODE: list[dict[str, str]] = [{"title": "Too Many Requests", "code": "429"}, {}]


def test_rate_of_20_per_second_and_key(clock: Clock) -> None:
    with Simulator() as limited:
        client = Client(limited)
        with client.session:
            answers = [client.get("/dids") for _again in range(24)]
            assert [answer.status_code for answer in answers] == [200] * 20 + [429] * 4
            assert [answer.headers.get("Retry-After") for answer in answers[20:]] == ["1", None, "1", None]
            full, bare = ({"status": "429", "detail": "Too Many Requests", **more} for more in TITLE_AND_CODE)
            assert [answer.json()["errors"] for answer in answers[20:]] == [[full], [bare], [bare], [full]]
            assert limited.rate_limited == 4
            assert client.get("/dids", headers={"Api-Key": "no-features-key"}).status_code == 200
            clock.sleep(1)
            assert client.get("/dids").status_code == 200


def test_latency(pauses: list[float]) -> None:
    with Simulator(latency=0.2) as slow:
        client = Client(slow)
        with client.session:
            assert client.get("/dids").status_code == 200
            assert client.session.post(slow.token_url, timeout=HANG_GUARD).status_code == 415
            control(client, "GET", "/journal")
    assert pauses == [0.2, 0.2]


def test_a_pause_ends_when_the_server_stops(server: Simulator) -> None:
    started = time.monotonic()
    server.pause(0.1)
    assert time.monotonic() - started >= 0.1
    stopped = Simulator()
    stopped.stop()
    stopped.pause(HANG_GUARD)


# --- journal and control endpoints ---


def test_journal(client: Client) -> None:
    client.get(f"{PATH}?include=dids&fields[dids]=number")
    client.patch(attributes={"capacity_limit": 60})
    client.request("PATCH", PATH, data=b"not json", headers={"Api-Key": "nobody"})
    assert control(client, "GET", f"/trunks/{TRUNK}").status_code == 200
    read, update, unauthorized = control(client, "GET", "/journal").json()["requests"]

    assert (read["method"], read["path"], read["status"]) == ("GET", f"/v3{PATH}", 200)
    assert read["query"] == {"include": "dids", "fields[dids]": "number"}
    assert read["headers"]["Api-Key"] == "local-key"
    assert read["body"] is None
    assert read["fault"] is None

    assert (update["method"], update["query"], update["status"]) == ("PATCH", {}, 200)
    assert update["body"]["data"]["attributes"] == {"capacity_limit": 60}
    assert update["headers"]["Content-Type"] == MEDIA_TYPE
    assert update["time"] >= read["time"]

    assert (unauthorized["status"], unauthorized["body"]) == (401, "not json")
    assert client.server.journal == [read, update, unauthorized]

    assert control(client, "DELETE", "/journal").status_code == 204
    assert client.server.journal == []


def test_a_trunk_is_changed_without_a_request(client: Client) -> None:
    raw = {"allowed_rtp_ips": [], "threshold_amount": "100000.5"}
    changed = control(client, "PUT", f"/trunks/{TRUNK}", {"attributes": raw})
    assert changed.status_code == 200
    attributes = client.get(PATH).json()["data"]["attributes"]
    assert raw.items() <= attributes.items()  # no validation: a PATCH rejects both
    assert attributes["name"] == "EU SBC"
    assert control(client, "GET", f"/trunks/{TRUNK}").json() == changed.json()


def test_a_returned_trunk_is_a_copy(client: Client) -> None:
    client.server.trunk(TRUNK)["attributes"]["authentication_method"]["attributes"]["password"] = "another"
    assert "another" not in str(client.server.trunk(TRUNK))
    client.server.reset()
    assert "another" not in str(client.server.trunk(TRUNK))


def test_a_trunk_is_created_and_removed_without_a_request(client: Client) -> None:
    control(client, "PUT", f"/trunks/{NEW}", {"attributes": {"name": "New"}, "spent_amount": "1.5"})
    assert client.get(f"/voice_out_trunks/{NEW}").json()["data"]["meta"] == {"spent_amount": "1.5"}
    assert control(client, "DELETE", f"/trunks/{NEW}").status_code == 204
    assert client.get(f"/voice_out_trunks/{NEW}").status_code == 404
    for method in ("GET", "DELETE"):
        assert control(client, method, f"/trunks/{NEW}").status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"/trunks/{TRUNK}", {"attribute": {}}),
        (f"/trunks/{TRUNK}", []),
        (f"/trunks/{TRUNK}", {"dids": ["nothing"]}),
        (f"/trunks/{TRUNK}", {"dids": "nothing"}),
        (f"/trunks/{TRUNK}", {"dids": [["nothing"]]}),
        (f"/trunks/{TRUNK}", {"default_did": "nothing"}),
        (f"/trunks/{TRUNK}", {"account": "nobody"}),
        (f"/trunks/{TRUNK}", {"attributes": {"authentication_method": {"type": "twilio"}}}),
    ],
)
def test_control_rejects_invalid_trunks(client: Client, path: str, body: Any) -> None:
    before = client.server.trunk(TRUNK)
    answer = control(client, "PUT", path, body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert client.server.trunk(TRUNK) == before


def test_reset(client: Client) -> None:
    client.patch(attributes={"name": "Other"})
    client.server.add_faults({"status": 503})
    assert control(client, "POST", "/reset").status_code == 204
    assert client.server.journal == []
    assert client.server.faults == []
    assert client.get(PATH).json()["data"]["attributes"]["name"] == "EU SBC"


def test_a_change_of_a_returned_trunk_changes_no_trunk(client: Client) -> None:
    before, read = client.server.trunk(TRUNK), client.server.trunk(TRUNK)
    read["attributes"]["authentication_method"]["attributes"]["password"] = "other"
    assert client.server.trunk(TRUNK) == before != read


def test_reset_to_another_seed() -> None:
    with Simulator(rate=0) as own:
        client = Client(own)
        with client.session:
            seed = {"api_keys": ["local-key"], "trunks": [{"id": NEW, "attributes": {"name": "One"}}]}
            assert control(client, "POST", "/reset", seed).status_code == 204
            assert [trunk["id"] for trunk in client.get("/voice_out_trunks").json()["data"]] == [NEW]
            assert control(client, "POST", "/reset", {"trunks": []}).status_code == 400
            assert client.get(f"/voice_out_trunks/{NEW}").status_code == 200


@pytest.mark.parametrize(
    "seed",
    [
        {},
        {"api_keys": []},
        {"api_keys": ["k"], "extra": 1},
        {"accounts": [{"features": []}]},
        {"accounts": [{"api_key": "k", "colour": "red"}]},
        {"accounts": [{"api_key": "k", "readings": ["lenient"]}]},
        {"api_keys": ["k"], "dids": [{"id": NEW}]},
        {"api_keys": ["k"], "dids": [{"id": NEW, "number": "1", "account": "other"}]},
        {"api_keys": ["k"], "dids": [{"id": NEW, "number": "1", "attributes": {"colour": "red"}}]},
        {"api_keys": ["k"], "dids": [{"id": "1", "number": "1"}]},
        {"api_keys": ["k"], "trunks": [{"dids": [NEW]}]},
        {"api_keys": ["k"], "trunks": [{"id": NEW}, {"id": NEW}]},
        {"api_keys": ["k"], "trunks": [{"id": "1"}]},
        {"api_keys": ["k"], "trunks": [{"id": NEW.upper()}]},
        {"api_keys": ["k"], "trunks": [1]},
    ],
)
def test_bad_seed(seed: dict[str, Any]) -> None:
    with pytest.raises(SeedError):
        Simulator(seed)


# --- faults ---


def outcome(client: Client, **more: Any) -> str | int:
    """Return the status of a GET, or the name of the exception."""
    try:
        return client.get(PATH, **more).status_code
    except requests.RequestException as exc:
        return type(exc).__name__


def test_faults_in_order_with_times_and_after(client: Client) -> None:
    client.server.add_faults({"status": 503, "times": 2, "after": 1}, {"status": 502})
    assert [outcome(client) for _again in range(5)] == [502, 503, 503, 200, 200]
    client.server.add_faults({"status": 500, "times": 0})
    assert [outcome(client) for _again in range(5)] == [500] * 5
    client.server.clear_faults()
    assert outcome(client) == 200


def test_faults_by_method_and_path(client: Client) -> None:
    rules = [
        {"method": "PATCH", "status": 503, "times": 0},
        {"path_contains": "/dids", "status": 500, "times": 0},
        {"path_contains": "page[number]=2", "status": 502, "times": 0},
    ]
    assert control(client, "POST", "/faults", rules).status_code == 204
    assert len(control(client, "GET", "/faults").json()) == 3
    assert outcome(client) == 200
    assert client.patch(attributes={"capacity_limit": 1}).status_code == 503
    assert client.get("/dids").status_code == 500
    assert client.get("/voice_out_trunks?page[number]=1").status_code == 200
    assert client.get("/voice_out_trunks?page[number]=2").status_code == 502
    assert control(client, "DELETE", "/faults").status_code == 204
    assert client.get("/dids").status_code == 200


@pytest.mark.parametrize(
    ("rule", "content_type", "text"),
    [
        ({"status": 503}, "text/html", "<!DOCTYPE html>"),
        ({"status": 422}, MEDIA_TYPE, '{"errors":'),
        ({"status": 500, "body": ""}, "text/plain", ""),
        ({"status": 400, "body": {"a": 1}}, MEDIA_TYPE, '{"a":1}'),
        ({"status": 429, "headers": {"Retry-After": "7", "Content-Type": "x/y"}}, "x/y", '{"errors":'),
    ],
)
def test_status(client: Client, rule: dict[str, Any], content_type: str, text: str) -> None:
    client.server.add_faults(rule)
    answer = client.get(PATH)
    assert answer.status_code == rule["status"]
    assert answer.headers["Content-Type"].startswith(content_type)
    assert answer.text.startswith(text)
    assert bool(answer.text) == bool(text)
    assert answer.headers.get("Retry-After") == rule.get("headers", {}).get("Retry-After")
    (entry,) = client.server.journal
    assert entry["status"] == rule["status"]
    assert entry["fault"]["status"] == rule["status"]


@pytest.mark.parametrize("apply", [False, True])
@pytest.mark.parametrize("kind", [{"status": 503}, {"drop": "before"}, {"drop": "body"}, {"garbage": "html"}])
def test_apply(client: Client, kind: dict[str, Any], apply: bool) -> None:
    client.server.add_faults({"method": "PATCH", "apply": apply, **kind})
    try:
        client.patch(attributes={"capacity_limit": 77})
    except requests.RequestException:
        assert "drop" in kind
    stored = client.server.trunk(TRUNK)["attributes"]["capacity_limit"]
    assert stored == (77 if apply else 30)


@pytest.mark.parametrize(
    ("drop", "reset", "words"),
    [
        ("before", False, "Connection reset by peer"),
        ("headers", True, "Connection reset by peer"),
        ("after_headers", True, "Connection reset by peer"),
        ("body", True, "Connection reset by peer"),
    ],
)
def test_drop(client: Client, drop: str, reset: bool, words: str) -> None:
    client.server.add_faults({"drop": drop, "reset": reset})
    with pytest.raises(requests.RequestException, match=words):
        client.get(PATH)
    assert client.server.journal[-1]["status"] is None
    assert outcome(client) == 200


@pytest.mark.parametrize("drop", ["after_headers", "body"])
def test_drop_after_the_headers(client: Client, drop: str) -> None:
    client.server.add_faults({"drop": drop})
    url = urlsplit(client.server.url + PATH)
    connection = HTTPConnection(url.netloc, timeout=HANG_GUARD)  # requests may not notice that the body is incomplete
    connection.request("GET", url.path, headers={"Api-Key": "local-key"})
    answer = connection.getresponse()
    assert answer.status == 200
    with pytest.raises(IncompleteRead):
        answer.read()
    connection.close()
    assert client.server.journal[-1]["status"] is None
    assert outcome(client) == 200


def test_drop_in_the_headers(client: Client) -> None:
    client.server.add_faults({"drop": "headers"})
    answer = client.get(PATH)  # for http.client, the headers end with the stream
    assert (answer.status_code, dict(answer.headers), answer.content) == (200, {}, b"")


def test_last() -> None:
    with Simulator(rate=0) as own:
        client = Client(own)
        with client.session:
            own.add_faults({"last": True, "method": "PATCH"})
            assert client.patch(attributes={"capacity_limit": 77}).status_code == 200
            assert own.trunk(TRUNK)["attributes"]["capacity_limit"] == 77
            with pytest.raises(requests.ConnectionError, match="Connection refused"):
                client.get(PATH)
            with pytest.raises(OSError, match="in use"):
                socket.create_server((own.host, own.port))
            own.stop()
            with own:
                assert outcome(client) == 200


def test_stall(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    stalled, half_arrived = threading.Event(), threading.Event()

    def pause(_self: Simulator, seconds: float) -> None:
        if seconds == 7:
            stalled.set()
            assert half_arrived.wait(HANG_GUARD)

    monkeypatch.setattr(Simulator, "pause", pause)
    client.server.add_faults({"stall": 7})
    with client.get(PATH, stream=True) as answer:
        half = answer.raw.read(int(answer.headers["Content-Length"]) // 2)
        assert stalled.wait(HANG_GUARD)
        half_arrived.set()
        assert json.loads(half + answer.raw.read())["data"]["id"] == TRUNK


def test_delay(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[float, int]] = []

    def pause(self: Simulator, seconds: float) -> None:
        seen.append((seconds, self.trunk(TRUNK)["attributes"]["capacity_limit"]))

    monkeypatch.setattr(Simulator, "pause", pause)
    client.server.add_faults({"delay": 1}, {"delay": 0.2, "status": 503})
    assert client.patch(attributes={"capacity_limit": 77}).status_code == 200
    assert client.patch(attributes={"capacity_limit": 78}).status_code == 503
    # Before each request, the latency.
    assert seen == [(0, 30), (1, 77), (0, 77), (0.2, 77)]


GARBAGE: list[tuple[str, Any]] = [
    ("html", lambda answer: answer.text.startswith("<!DOCTYPE html>")),
    ("list", lambda answer: answer.json() == [1, 2, 3]),
    ("truncated", lambda answer: not _is_json(answer.text) and answer.text.startswith('{"data":')),
    ("other_id", lambda answer: answer.json()["data"]["id"] != TRUNK),
    ("other_type", lambda answer: answer.json()["data"]["type"] != "voice_out_trunks"),
    ("attributes_type", lambda answer: isinstance(answer.json()["data"]["attributes"], list)),
    ("missing_data", lambda answer: list(answer.json()) == ["meta"]),
    ("empty", lambda answer: answer.content == b""),
    ("big", lambda answer: len(answer.content) > 10_000_000 and answer.json()["data"]["id"] == TRUNK),
]


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(("kind", "holds"), GARBAGE, ids=[row[0] for row in GARBAGE])
def test_garbage(client: Client, kind: str, holds: Any) -> None:
    client.server.add_faults({"garbage": kind})
    answer = client.get(PATH)
    assert answer.status_code == 200
    assert holds(answer)
    assert client.get(PATH).json()["data"]["attributes"]["name"] == "EU SBC"


def test_garbage_bad_gzip(client: Client) -> None:
    client.server.add_faults({"garbage": "bad_gzip"})
    assert outcome(client) == "ContentDecodingError"


def test_answer_attributes(client: Client) -> None:
    client.server.add_faults({"method": "PATCH", "answer_attributes": {"rtp_timeout": 30}})
    answer = client.patch(attributes={"rtp_timeout": 60, "capacity_limit": 5}).json()["data"]["attributes"]
    assert (answer["rtp_timeout"], answer["capacity_limit"]) == (30, 5)
    stored = client.get(PATH).json()["data"]["attributes"]
    assert (stored["rtp_timeout"], stored["capacity_limit"]) == (60, 5)


@pytest.mark.parametrize("status", [301, 307])
def test_redirect(client: Client, status: int) -> None:
    client.server.add_faults({"redirect": {"status": status, "location": "http://127.0.0.1:9/x"}})
    answer = client.get(PATH)
    assert (answer.status_code, answer.headers["Location"]) == (status, "http://127.0.0.1:9/x")


@pytest.mark.parametrize(
    "rule",
    [
        1,
        {},
        {"times": 2},
        {"status": "503"},
        {"status": 503, "drop": "before"},
        {"status": 503, "colour": "red"},
        {"status": 503, "times": -1},
        {"status": 503, "headers": []},
        {"drop": "later"},
        {"drop": "body", "reset": 1},
        {"last": False},
        {"garbage": "paper"},
        {"stall": "long"},
        {"delay": -1},
        {"redirect": "http://x"},
        {"answer_attributes": []},
    ],
)
def test_bad_rule(client: Client, rule: Any) -> None:
    with pytest.raises(FaultError):
        client.server.add_faults({"status": 503}, rule)
    assert control(client, "POST", "/faults", rule).status_code == 400
    assert client.server.faults == []


# --- the process ---


def test_connections_stay_open(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []
    monkeypatch.setattr(client.server, "connected", opened.append)
    for _again in range(3):
        client.get(PATH)
        client.patch(attributes={"capacity_limit": 1})
    assert len(opened) == 1


def test_stop_closes_connections_and_start_listens_again() -> None:
    own = Simulator(rate=0)
    client = Client(own)
    with client.session:
        with own:
            assert outcome(client) == 200
            connection = socket.create_connection((own.host, own.port))
            connection.sendall(b"GET /v3/dids HTTP/1.1\r\nHost: local\r\n\r\n")
            assert connection.recv(8) == b"HTTP/1.1"
        # Another server may use the port now: the test only reads from the open connection.
        with connection:
            connection.settimeout(HANG_GUARD)
            while connection.recv(4096):
                pass
        with own:
            assert outcome(client) == 200


def test_only_one_server_listens_on_a_port() -> None:
    with Simulator(rate=0) as first:
        asked = Simulator(rate=0, port=first.port)
        with pytest.raises(SystemExit):  # werkzeug reports on stderr that the port is in use
            asked.start()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_command(tmp_path: Path, number: signal.Signals) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"api_keys": ["k"], "trunks": [{"id": NEW}]}), encoding="utf-8")
    port_file = tmp_path / "port"
    command = [sys.executable, "-m", "simulator", "--port", "0", "--seed", str(seed), "--port-file", str(port_file)]
    tests = str(Path(simulator.__file__).parents[1])
    with subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": tests}, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url == f"http://127.0.0.1:{port_file.read_text(encoding='utf-8').strip()}/v3"
            with requests.Session() as session:
                session.trust_env = False
                answer = session.get(f"{url}/voice_out_trunks/{NEW}", headers={"Api-Key": "k"}, timeout=HANG_GUARD)
            assert answer.status_code == 200
            process.send_signal(number)
            assert process.wait(HANG_GUARD) == 0
            assert process.stdout.read() == ""
        finally:
            process.kill()


def test_command_with_a_bad_seed(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text("[]", encoding="utf-8")
    tests = str(Path(simulator.__file__).parents[1])
    result = subprocess.run(
        [sys.executable, "-m", "simulator", "--seed", str(seed)],
        env={**os.environ, "PYTHONPATH": tests},
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG_GUARD,
    )
    assert result.returncode == 2
    assert "not a JSON object" in result.stderr
