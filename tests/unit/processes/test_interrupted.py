# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An interrupted fleet stops sending updates at once."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._client.http import CONNECTIONS
from simulator.server import Simulator

from ..conftest import HANG_GUARD, after_each_patch, connection_to
from ..playbooks import start, write_play

TRUNKS = [f"c0000000-0000-4000-8000-{number:012}" for number in range(100)]
SEED = {"api_keys": ["key"], "trunks": [{"id": trunk, "attributes": {"name": trunk}} for trunk in TRUNKS]}

# What is interrupted does not depend on how a request is authenticated.
each_front_end = pytest.mark.parametrize("way", ["module", "action"], indirect=True)


def updates(api: Simulator) -> int:
    return sum(entry["method"] == "PATCH" for entry in api.journal)


def processes(*criteria: str) -> list[int]:
    """Return the ids of the processes that `pgrep` finds."""
    found = subprocess.run(["pgrep", *criteria], stdout=subprocess.PIPE, text=True, check=False)
    return [int(number) for number in found.stdout.split()]


def wait_until(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + HANG_GUARD
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


@contextlib.contextmanager
def without_answers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Answer no update until the event is set. At the end, all processes of jobs in `folder` must have ended."""
    answers = threading.Event()
    after_each_patch(monkeypatch, lambda: answers.wait(2 * HANG_GUARD))
    try:
        yield answers
        # The commands of all processes contain the path: that of the playbook, or that of the module.
        wait_until(lambda: not processes("--full", str(folder)), "a process has not ended")
    finally:
        for process in processes("--full", str(folder)):
            os.kill(process, signal.SIGKILL)
        answers.set()


def wait_for_updates(api: Simulator, job: subprocess.Popen[str]) -> None:
    """Wait until every thread of a job waits for its answer."""
    wait_until(lambda: updates(api) == CONNECTIONS or job.poll() is not None, "the updates are not sent")


@each_front_end
@pytest.mark.parametrize("how", ["^C", "timeout", "killed worker", "killed playbook"])
def test_an_interrupted_fleet_stops_sending(
    front_end: str, api_version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """It is interrupted while updates are not answered. All processes end nevertheless, so nothing more can be sent."""
    with Simulator(SEED, rate=0, version=api_version) as api:
        entries = [{"id": trunk, "rtp_ping": True} for trunk in TRUNKS]
        options = {**connection_to(api), "api_key": "key", "api_timeout": 2 * HANG_GUARD, "trunks": entries}
        task: dict[str, Any] = {"name": "Update every trunk", "didww.voice.voice_out_trunks": options}
        task.update({"timeout": 3 * HANG_GUARD} if how == "timeout" else {})
        with without_answers(tmp_path, monkeypatch):
            job = start(tmp_path, write_play(tmp_path, task), "-e", f"didww_in_process={front_end == 'action'}")
            wait_for_updates(api, job)
            if how == "^C":
                # To the whole process group, as a terminal does.
                os.killpg(job.pid, signal.SIGINT)
            elif how == "killed playbook":
                job.kill()
            else:
                (worker,) = processes("--parent", str(job.pid))
                # Ansible ends a task after its timeout with an alarm.
                os.kill(worker, signal.SIGALRM if how == "timeout" else signal.SIGKILL)
            output, _none = job.communicate(timeout=HANG_GUARD)
    assert job.returncode != 0
    if how == "timeout":
        assert f"did not finish within {3 * HANG_GUARD} seconds" in output
        assert "may have been sent and applied" in output
    assert updates(api) == CONNECTIONS
