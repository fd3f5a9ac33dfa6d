# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Callbacks: when they are sent, signed and repeated. The signatures of DIDWW: tests/unit/extensions."""

from __future__ import annotations

import time
from collections.abc import Iterator
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


@pytest.fixture
def receiver() -> Iterator[Simulator]:
    """Another local API, which receives callbacks: they are in its journal. Its faults are its answers."""
    with Simulator(rate=0) as server:
        answer_with(server, 200)
        yield server


def answer_with(receiver: Simulator, status: int) -> None:
    """Let the receiver answer with a status."""
    receiver.clear_faults()
    receiver.add_faults({"status": status, "times": 0})


@pytest.fixture
def client(receiver: Simulator) -> Iterator[Client]:
    with served(SEED, rate=0) as client:
        client.server.put_trunk(TRUNK, attributes={"callback_url": f"{receiver.url}/hook?a=b"})
        yield client


@pytest.fixture
def api(client: Client) -> Simulator:
    return client.server


def told(api: Simulator) -> list[list[tuple[str, bool]]]:
    """Return the status and threshold_reached of the events of each attempt, once no event waits."""
    api.send_callbacks()
    return [[(event["status"], event["threshold_reached"]) for event in attempt["body"]] for attempt in api.callbacks]


def test_what_is_sent_and_signed(api: Simulator, receiver: Simulator) -> None:
    api.put_trunk(TRUNK, attributes=REACHED)
    deadline = time.monotonic() + HANG_GUARD
    while not api.callbacks and time.monotonic() < deadline:  # a thread sends it
        time.sleep(0.01)
    ((event,),) = [attempt["body"] for attempt in api.send_callbacks(again=True)]
    members = {"id": TRUNK, "type": "voice_out_trunks", **REACHED, "created_at": event["created_at"]}
    first, second = receiver.journal
    assert (first["method"], first["path"], first["query"]) == ("POST", "/v3/hook", {"a": "b"})
    assert [list(sent.items()) for sent in first["body"]] == [list(members.items())]
    assert first["headers"]["X-DIDWW-Signature"] == signed("secret", f"{receiver.url}/hook?a=b", [event])
    assert {**first, "time": 0} == {**second, "time": 0}


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


def test_events_that_are_not_accepted_are_sent_together(api: Simulator, client: Client, receiver: Simulator) -> None:
    answer_with(receiver, 503)
    for change in (BLOCKED, ACTIVE):
        api.put_trunk(TRUNK, attributes=change)
        assert told(api)[-1][0] == ("blocked", False)
    answer_with(receiver, 299)
    both = [("blocked", False), ("active", False)]
    assert told(api)[-1] == both
    answer_with(receiver, 298)
    assert client.control("POST", "/callbacks").json()[0]["status"] == 298
    assert client.control("GET", "/callbacks").json() == api.callbacks
    assert client.control("POST", "/callbacks").json() == []
    assert client.control("POST", "/callbacks", {"again": True}).json()[0]["status"] == 298
    assert told(api)[-1] == both


def test_a_receiver_that_is_gone(api: Simulator, receiver: Simulator) -> None:
    receiver.stop()
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
