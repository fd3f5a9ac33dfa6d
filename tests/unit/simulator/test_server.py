# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server: rate, journal, control endpoints, seeds, start and stop, the command."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import requests
import simulator
from simulator.accounts import SeedError
from simulator.server import Simulator, load_seed

from ..conftest import HANG_GUARD, TRUNK, Clock
from .conftest import LATEST, MEDIA_TYPE, NEW, TABLES, TRUNKS, Client, new, served

PATH = f"{TRUNKS}/{TRUNK}"
OTHER = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e0ff"


# --- rate and latency ---


def test_rate_of_20_per_second_and_key(clock: Clock) -> None:
    with served() as client:
        answers = [client.get("/dids") for _again in range(24)]
        assert [answer.status_code for answer in answers] == [200] * 20 + [429] * 4
        assert [answer.headers.get("Retry-After") for answer in answers[20:]] == ["1", None, "1", None]
        bare = {"status": "429", "detail": "Too Many Requests"}
        full = {**bare, "title": "Too Many Requests", "code": "429"}
        assert [answer.json()["errors"] for answer in answers[20:]] == [[full], [bare], [bare], [full]]
        assert client.server.rate_limited == client.control("GET", "/journal").json()["rate_limited"] == 4
        assert client.get("/dids", Api_Key="no-features-key").status_code == 200
        for wait, status in ((0.99, 429), (0.01, 200)):
            clock.sleep(wait)
            assert client.get("/dids").status_code == status


def test_the_rate_applies_to_every_method(clock: Clock) -> None:
    with served(rate=2) as client:
        answers = [client.create(NEW), client.regenerate(), client.delete(), client.create(new(name="Other"))]
        assert [answer.status_code for answer in answers] == [201, 201, 429, 429]
        assert client.server.trunks[-1]["attributes"]["name"] == "New"
        assert client.server.trunk(TRUNK)


def test_latency(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(Simulator, "pause", lambda _self, seconds: pauses.append(seconds))
    with served(latency=0.2) as client:
        assert client.get("/dids").status_code == 200
        assert client.ask("POST", client.server.token_url).status_code == 415
        client.control("GET", "/journal")
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
    client.patch({"capacity_limit": 60})
    client.ask("PATCH", PATH, b"not json", Api_Key="nobody")
    assert client.control("GET", f"/trunks/{TRUNK}").status_code == 200
    read, update, unauthorized = client.control("GET", "/journal").json()["requests"]
    assert (read["method"], read["path"], read["status"]) == ("GET", f"/v3{PATH}", 200)
    assert read["query"] == {"include": "dids", "fields[dids]": "number"}
    assert (read["headers"]["Api-Key"], read["body"], read["fault"]) == ("local-key", None, None)
    assert (update["method"], update["query"], update["status"]) == ("PATCH", {}, 200)
    assert update["body"]["data"]["attributes"] == {"capacity_limit": 60}
    assert update["headers"]["Content-Type"] == MEDIA_TYPE
    assert update["time"] >= read["time"]
    assert (unauthorized["status"], unauthorized["body"]) == (401, "not json")
    assert client.server.journal == [read, update, unauthorized]
    assert client.control("DELETE", "/journal").status_code == 204
    assert client.server.journal == []


def test_a_returned_trunk_is_a_copy(client: Client) -> None:
    before, read = client.server.trunk(TRUNK), client.server.trunk(TRUNK)
    read["attributes"]["authentication_method"]["attributes"]["password"] = "another"
    assert client.server.trunk(TRUNK) == before != read
    client.server.reset()
    assert client.server.trunk(TRUNK) == before


@pytest.mark.parametrize("body", TABLES["not_a_trunk"], ids=str)
def test_control_rejects_invalid_trunks(client: Client, body: Any) -> None:
    before = client.server.trunks
    for trunk_id in (TRUNK, OTHER):
        answer = client.control("PUT", f"/trunks/{trunk_id}", body)
        assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert client.control("PUT", f"/trunks/{TRUNK}", b"{").status_code == 400
    assert client.server.trunks == before


def test_reset(client: Client) -> None:
    before = client.server.trunks
    for again in (client.server.reset, lambda: client.control("POST", "/reset")):
        client.patch({"name": "Other"})
        client.server.add_faults({"status": 503})
        again()
        assert (client.server.journal, client.server.faults, client.server.trunks) == ([], [], before)
    assert len(client.server.records("dids")) == len(load_seed()["dids"])


@pytest.mark.parametrize(("words", "seeds"), TABLES["seeds"])
def test_bad_seed(words: str, seeds: list[Any]) -> None:
    for seed in seeds:
        with pytest.raises(SeedError, match=words):
            Simulator(seed)


def test_a_seed_without_ids(server: Simulator) -> None:
    seed = {"accounts": [{"api_key": "a"}, {"api_key": "b"}], "trunks": [{}, {"account": "b"}]}
    server.reset(seed)
    first, second = server.trunks
    assert (first["account"], second["account"]) == ("a", "b")
    server.reset(seed)
    assert [first, second] == server.trunks


# --- the process ---


def test_connections_stay_open(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []
    monkeypatch.setattr(client.server, "connected", opened.append)
    for _again in range(3):
        client.get(PATH)
        client.patch({"capacity_limit": 1})
    assert len(opened) == 1


def test_stop_closes_connections_and_start_listens_again() -> None:
    own = Simulator(rate=0)
    client = Client(own)
    with client.session:
        with own:
            assert client.get(PATH).status_code == 200
            connection = socket.create_connection((own.host, own.port))
            connection.sendall(b"GET /v3/dids HTTP/1.1\r\nHost: local\r\n\r\n")
            assert connection.recv(8) == b"HTTP/1.1"
        # Another server may use the port now: the test only reads from the open connection.
        with connection:
            connection.settimeout(HANG_GUARD)
            while connection.recv(4096):
                pass
        with own:
            assert client.get(PATH).status_code == 200


def test_only_one_server_listens_on_a_port() -> None:
    with Simulator(rate=0) as first:
        asked = Simulator(rate=0, port=first.port)
        with pytest.raises(SystemExit):  # werkzeug reports on stderr that the port is in use
            asked.start()


def command(*options: str) -> subprocess.Popen[str]:
    """Start the command."""
    environment = {**os.environ, "PYTHONPATH": str(Path(simulator.__file__).parents[1])}
    arguments = [sys.executable, "-m", "simulator", *options]
    pipe = subprocess.PIPE
    return subprocess.Popen(arguments, env=environment, stdout=pipe, stderr=pipe, text=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_command(tmp_path: Path, number: signal.Signals) -> None:
    seed, port_file = tmp_path / "seed.json", tmp_path / "port"
    seed.write_text(json.dumps({"api_keys": ["k"], "trunks": [{"id": OTHER}]}), encoding="utf-8")
    life = ("--version", LATEST, "--token-life", "12345.5", "--token-rate", "1")
    with command("--port", "0", "--seed", str(seed), "--port-file", str(port_file), *life) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url == f"http://127.0.0.1:{port_file.read_text(encoding='utf-8').strip()}/v3"
            with requests.Session() as session:
                session.trust_env = False

                def mint() -> requests.Response:
                    headers, service = {"Api-Key": "k"}, f"{url.removesuffix('/v3')}/token"
                    return session.post(service, json={"aud": "api.didww.com"}, headers=headers, timeout=HANG_GUARD)

                token = mint().json()
                assert (token["api_version"], token["expires_in"]) == (LATEST, 12345.5)
                headers = {"Authorization": f"Bearer {token['access_token']}"}
                assert session.get(f"{url}{TRUNKS}/{OTHER}", headers=headers, timeout=HANG_GUARD).status_code == 200
                assert mint().status_code == 429
            process.send_signal(number)
            assert process.wait(HANG_GUARD) == 0
            assert process.stdout.read() == ""
        finally:
            process.kill()


def test_command_with_a_bad_seed(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text("{", encoding="utf-8")
    with command("--seed", str(seed)) as process:
        _output, errors = process.communicate(timeout=HANG_GUARD)
    assert (process.returncode, "is not JSON" in errors) == (2, True)
    seed.write_text("[]", encoding="utf-8")
    with pytest.raises(SeedError, match="not a JSON object"):
        load_seed(seed)
