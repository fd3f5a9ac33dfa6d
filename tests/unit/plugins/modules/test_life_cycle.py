# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lost answers to requests that create trunks and credentials. See also tests/cases/sequences.yml."""

from __future__ import annotations

import itertools
import os
import signal
import sys
import threading
import time
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine.fleet import update_many
from ansible_collections.didww.voice.plugins.module_utils._engine.reading import read_many
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK
from ansible_collections.didww.voice.plugins.plugin_utils import _action
from simulator.server import Simulator

from ...conftest import HANG_GUARD, TRUNK, TWILIO, RunModule, after_each_patch, connection_to, methods, table
from .conftest import Run


@pytest.fixture(autouse=True)
def _in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait before a request is sent again."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


LOST: list[dict[str, Any]] = [
    *({"drop": where, "apply": True} for where in ("headers", "body", "before")),
    *({"status": status, "apply": True} for status in (500, 502, 503)),
    *({"garbage": kind, "apply": True} for kind in ("html", "empty", "missing_data")),
    {"drop": "before"},
    *({"status": status} for status in (408, 429, 503)),
]


@pytest.mark.parametrize("fault", LOST, ids=str)
@pytest.mark.parametrize(("kind", "collection"), [("out", "trunks"), ("in", "in_trunks")])
def test_a_lost_answer_creates_exactly_one_trunk(
    local_api: Simulator, run: Run, fault: dict[str, Any], kind: str, collection: str
) -> None:
    local_api.add_faults({"method": "POST", **fault})
    result = run(f"voice_{kind}_trunk", **table("sequences", "new")[kind], api_retries=2)
    assert (result.get("failed"), result["changed"]) == (None, True)
    found = [record for record in local_api.records(collection) if record["attributes"]["name"] == "New trunk"]
    assert [record["id"] for record in found] == [result["trunk"]["id"]]
    # Never sent again without a look.
    posts = [index for index, method in enumerate(methods(local_api)) if method == "POST"]
    if fault != {"status": 429}:
        assert all("GET" in methods(local_api)[first:second] for first, second in itertools.pairwise(posts))


def pair(api: Simulator) -> dict[str, Any]:
    details = api.trunk(TRUNK)["attributes"]["authentication_method"]["attributes"]
    return {name: details[name] for name in ("username", "password")}


def test_rotate_once(local_api: Simulator, run_credentials: RunModule) -> None:
    before = pair(local_api)
    task: dict[str, Any] = {"name": "EU SBC", "replaces": before["password"]}
    predicted = run_credentials(check=True, **task)
    assert (predicted["changed"], predicted["credentials"]) == (True, {"username": None, "password": None})
    assert pair(local_api) == before
    done = run_credentials(**task)
    assert (done["changed"], done["trunk"]) == (True, {"id": TRUNK, "name": "EU SBC"})
    assert done["credentials"] == pair(local_api) != before
    local_api.clear_journal()
    again = run_credentials(**task)
    assert (again["changed"], again["credentials"]) == (False, done["credentials"])
    assert methods(local_api) == ["GET"]
    # A short password blanks nothing.
    short = run_credentials(name="EU SBC", replaces="1")
    assert (short["changed"], short["trunk"]["id"], short["credentials"]) == (False, TRUNK, done["credentials"])
    assert "replaces" not in str(short.get("invocation", {}))
    assert run_credentials(id=TRUNK)["changed"] is True


@pytest.mark.parametrize("fault", [{"drop": "headers"}, {"status": 503}, {"status": 500}, {"garbage": "html"}], ids=str)
def test_a_lost_answer_never_rotates_twice(
    local_api: Simulator, run_credentials: RunModule, fault: dict[str, Any]
) -> None:
    before = pair(local_api)
    local_api.add_faults({"method": "POST", "apply": True, **fault})
    assert run_credentials(name="EU SBC", api_retries=2)["credentials"] == pair(local_api) != before
    assert methods(local_api) == ["GET", "POST", "GET"]
    between = pair(local_api)
    local_api.add_faults({"method": "POST", **fault})
    message = run_credentials(name="EU SBC", api_retries=2)["msg"]
    # The advice after it does not rotate twice either.
    assert "may have been applied" in message
    assert "replaces" in message
    assert methods(local_api).count("POST") == 2
    assert pair(local_api) == between


def test_an_interrupted_fleet_does_not_go_on_during_the_next_task(
    local_api: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next item of a loop runs in the same process, with the same client."""
    monkeypatch.setattr(jsonapi, "CONNECTIONS", 1)
    monkeypatch.setattr(_action, "_CLIENTS", {})
    connection = {**connection_to(local_api), "api_retries": 0}
    workers: list[int | None] = []
    next_task_ended = threading.Event()

    def interrupt(*_args: object) -> None:
        workers.extend(thread.ident for thread in threading.enumerate() if thread.name.endswith("(work)"))
        raise TimeoutError

    def hold() -> None:
        if not next_task_ended.is_set():
            os.kill(os.getpid(), signal.SIGALRM)
            next_task_ended.wait(HANG_GUARD)

    after_each_patch(monkeypatch, hold)
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        fleet = [{"id": TRUNK, "capacity_limit": 7}, {"id": TWILIO, "capacity_limit": 7}]
        with pytest.raises(TimeoutError):
            _action.run_here(update_many(VOICE_OUT_TRUNK), {**connection, "trunks": fleet}, False, False)
    finally:
        signal.signal(signal.SIGALRM, before)
    _action.run_here(read_many(VOICE_OUT_TRUNK), {**connection, "id": TRUNK}, False, False)
    next_task_ended.set()
    (worker,) = workers
    # Not Thread.join: before Python 3.13, a join that was interrupted marks the thread as stopped.
    end = time.monotonic() + HANG_GUARD
    while worker in sys._current_frames():
        assert time.monotonic() < end
        time.sleep(0.01)
    assert methods(local_api).count("PATCH") == 1
