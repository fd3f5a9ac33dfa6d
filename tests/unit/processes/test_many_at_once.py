# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several playbooks at once with one API key, which allows 20 requests per second."""

from __future__ import annotations

import subprocess
import uuid
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from simulator.server import Simulator

from ..conftest import HANG_GUARD
from ..playbooks import end, start, write_play

pytestmark = pytest.mark.xdist_group("processes")

LIMIT = 20
PLAYBOOKS, TRUNKS = 5, 20


def begin(folder: Path, api: Simulator, tasks: list[dict[str, Any]], **more: str) -> subprocess.Popen[str]:
    """Start `ansible-playbook` with these tasks, and more environment variables."""
    connection = {"DIDWW_API_URL": api.url, "DIDWW_API_KEY": "local-key", "DIDWW_API_TIMEOUT": str(HANG_GUARD)}
    return start(folder, write_play(folder, *tasks), **connection, **more)


def seed(trunks: list[str]) -> dict[str, Any]:
    common = {"capacity_limit": 30, "status": "active"}
    listed = [{"id": trunk, "attributes": {"name": trunk, **common}} for trunk in trunks]
    return {"api_keys": ["local-key"], "trunks": listed}


def test_playbooks_share_the_rate_of_a_key(tmp_path_factory: pytest.TempPathFactory) -> None:
    """How well they use it, `test_clients_that_share_a_key_use_most_of_its_rate` shows with a clock of its own."""
    trunks = [str(uuid.UUID(int=0x40008000000000000000 + number)) for number in range(PLAYBOOKS * TRUNKS)]
    with Simulator(seed(trunks), rate=LIMIT) as api:
        running = []
        for first in range(0, len(trunks), TRUNKS):
            entries = [{"id": trunk, "capacity_limit": 60} for trunk in trunks[first : first + TRUNKS]]
            task = {"didww.voice.voice_out_trunks": {"trunks": entries}}
            running.append(begin(tmp_path_factory.mktemp("playbook"), api, [task]))
        for playbook in running:
            end(playbook)
        assert all(api.trunk(trunk)["attributes"]["capacity_limit"] == 60 for trunk in trunks)
        served = [entry for entry in api.journal if entry["status"] == 200]
    # Each playbook reads one list and sends each update once.
    assert len(served) == PLAYBOOKS * (1 + TRUNKS)


# A callback plugin is loaded before Ansible forks the workers, which run the actions. The clock stands still, as if a
# worker needed no time; it only advances, in the worker that waits, by the time that it would wait.
CLOCK = """
import os

from ansible.plugins.callback import CallbackBase
from ansible_collections.didww.voice.plugins.module_utils._client import http


class Clock:
    now = 1000.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds
        with open(os.environ["WAITS"], "a") as file:
            print(os.getpid(), seconds, file=file)


http.time = Clock()


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "clock"
"""


def test_tasks_of_a_play_keep_one_pace(tmp_path: Path) -> None:
    """Each task has its own worker. Together, they send no more requests in a second than the limit allows."""
    tasks = 60
    trunk = str(uuid.UUID(int=0x40008000000000000000))
    plugins, log = tmp_path / "plugins", tmp_path / "waits"
    plugins.mkdir()
    (plugins / "clock.py").write_text(CLOCK)
    log.touch()
    with Simulator(seed([trunk]), rate=0) as api:
        task = {"didww.voice.voice_out_trunk": {"id": trunk, "capacity_limit": 30}}
        end(begin(tmp_path, api, [task] * tasks, ANSIBLE_CALLBACK_PLUGINS=str(plugins), WAITS=str(log)))
        assert len(api.journal) == tasks
    waits: dict[str, float] = defaultdict(float)
    for worker, seconds in map(str.split, log.read_text().splitlines()):
        waits[worker] += float(seconds)
    # The first tasks do not wait. The clock stands still, so the others are sent at the times for which they wait.
    sent = [0.0] * (tasks - len(waits)) + list(waits.values())
    assert sent == sorted(sent)
    assert all(later - earlier >= 1 for earlier, later in zip(sent, sent[LIMIT:], strict=False))
    # They use most of it, too.
    assert sent[-1] <= 1.1 * tasks / LIMIT
