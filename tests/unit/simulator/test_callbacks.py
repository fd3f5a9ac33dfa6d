# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Callbacks: when they are sent, signed and repeated. The signatures of DIDWW: tests/unit/extensions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from simulator.callbacks import DELAYS, Mailbox, signed
from simulator.server import Simulator

from ..conftest import HANG_GUARD, TRUNK
from .conftest import Client, served

SEED: dict[str, Any] = {
    "accounts": [{"api_key": "local-key", "callback_secret": "secret"}, {"api_key": "other-key"}],
    "trunks": [{"id": TRUNK}],
}
BLOCKED, ACTIVE = {"status": "blocked"}, {"status": "active"}
REACHED = {"status": "blocked", "threshold_reached": True}


class Receiver(HTTPServer):
    """Receives callbacks. `status`: that of its answers. `requests`: the path, signature and body of each."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.requests: list[tuple[str, str, bytes]] = []
        self.arrived = threading.Semaphore(0)
        self.url = f"http://127.0.0.1:{self.server_port}/hook?a=b"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, self.headers["X-DIDWW-Signature"], body))
        self.send_response(self.server.status)
        self.end_headers()
        self.server.arrived.release()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def client(receiver: Receiver) -> Iterator[Client]:
    with served(SEED, rate=0) as client:
        client.server.put_trunk(TRUNK, attributes={"callback_url": receiver.url})
        yield client


@pytest.fixture
def api(client: Client) -> Simulator:
    return client.server


def told(api: Simulator) -> list[list[tuple[str, bool]]]:
    """Return the status and threshold_reached of the events of each attempt, once no event waits."""
    api.send_callbacks()
    return [[(event["status"], event["threshold_reached"]) for event in attempt["body"]] for attempt in api.callbacks]


def test_what_is_sent_and_signed(api: Simulator, receiver: Receiver) -> None:
    api.put_trunk(TRUNK, attributes=REACHED)
    assert receiver.arrived.acquire(timeout=HANG_GUARD)
    ((path, given, body),) = receiver.requests
    ((event,),) = [attempt["body"] for attempt in api.send_callbacks(again=True)]
    created = event["created_at"]
    expected = f'[{{"id": "{TRUNK}", "type": "voice_out_trunks", "status": "blocked", "threshold_reached": true, '
    assert (path, body.decode()) == ("/hook?a=b", f'{expected}"created_at": "{created}"}}]')
    assert given == signed("secret", receiver.url, [event])
    assert len(receiver.requests) == 2
    assert receiver.requests[0] == receiver.requests[1]


@pytest.mark.parametrize(
    ("changes", "events"),
    [
        ([REACHED], [("blocked", True)]),
        ([{"threshold_reached": True}], [("active", True)]),
        ([BLOCKED, BLOCKED, ACTIVE], [("blocked", False), ("active", False)]),
        ([{"name": "Other", "status": "active"}], []),
        ([{"callback_url": None}, REACHED], []),
    ],
)
def test_when_a_callback_is_sent(api: Simulator, changes: list[dict[str, Any]], events: list[tuple[str, bool]]) -> None:
    for change in changes:
        api.put_trunk(TRUNK, attributes=change)
    assert [event for attempt in told(api) for event in attempt] == events


def test_a_request_is_announced_unless_it_is_not_applied(api: Simulator, client: Client) -> None:
    api.add_faults({"method": "PATCH", "status": 503})
    assert client.patch(BLOCKED).status_code == 503
    assert told(api) == []
    assert client.patch(BLOCKED).status_code == 200
    assert told(api) == [[("blocked", False)]]
    api.reset()
    assert api.callbacks == []


def test_nothing_is_sent_without_a_secret(api: Simulator) -> None:
    api.put_trunk(TRUNK, account="other-key")
    api.put_trunk(TRUNK, attributes=REACHED)
    assert told(api) == []


def test_events_that_are_not_accepted_are_sent_together(api: Simulator, client: Client, receiver: Receiver) -> None:
    receiver.status = 503
    for change in (BLOCKED, ACTIVE):
        api.put_trunk(TRUNK, attributes=change)
        assert told(api)[-1][0] == ("blocked", False)
    receiver.status = 299
    both = [("blocked", False), ("active", False)]
    assert told(api)[-1] == both
    receiver.status = 298
    assert client.control("POST", "/callbacks").json()[0]["status"] == 298
    assert client.control("GET", "/callbacks").json() == api.callbacks
    assert client.control("POST", "/callbacks").json() == []
    assert client.control("POST", "/callbacks", {"again": True}).json()[0]["status"] == 298
    assert told(api)[-1] == both


def test_a_receiver_that_is_gone(api: Simulator, receiver: Receiver) -> None:
    receiver.server_close()
    api.put_trunk(TRUNK, attributes=BLOCKED)
    told(api)
    assert {attempt["status"] for attempt in api.callbacks} == {None}


def test_after_ten_attempts_events_are_dropped() -> None:
    mailbox, now, waited = Mailbox("http://a", "secret", [{"id": "1"}]), 1000.0, []
    while mailbox.events:
        mailbox.settle(1, accepted=False, now=now)
        waited.append(mailbox.due - now)
        now = mailbox.due
    assert waited == [*DELAYS, 0]
    assert [delay / 60 for delay in DELAYS] == [1, 10, 30, 60, 180, 360, 720, 1440, 2880]
