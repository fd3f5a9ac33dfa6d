# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several playbooks at once with one API key, which allows 20 requests per second."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from simulator.server import Simulator

pytestmark = pytest.mark.xdist_group("processes")

ROOT = Path(__file__).parents[3]
LIMIT = 20
PLAYBOOKS, TRUNKS = 8, 50


def start(directory: Path, api: Simulator, tasks: list[dict[str, Any]]) -> subprocess.Popen[str]:
    """Start `ansible-playbook` with these tasks."""
    book = directory / "playbook.yml"
    book.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "tests" / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT.parents[2]),
        "DIDWW_API_URL": api.url,
        "DIDWW_API_KEY": "local-key",
    }
    command = [sys.executable, "-m", "ansible", "playbook", str(book)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def seed(trunks: list[str]) -> dict[str, Any]:
    attributes = {"capacity_limit": 30, "status": "active"}
    return {
        "api_keys": ["local-key"],
        "trunks": [{"id": trunk, "attributes": {"name": trunk, **attributes}} for trunk in trunks],
    }


def test_playbooks_share_the_rate_of_a_key(tmp_path_factory: pytest.TempPathFactory) -> None:
    trunks = [str(uuid.UUID(int=0x40008000000000000000 + number)) for number in range(PLAYBOOKS * TRUNKS)]
    with Simulator(seed(trunks), rate=LIMIT) as api:
        running = []
        for first in range(0, len(trunks), TRUNKS):
            entries = [{"id": trunk, "capacity_limit": 60} for trunk in trunks[first : first + TRUNKS]]
            task = {"didww.voice.voice_out_trunks": {"trunks": entries}}
            running.append(start(tmp_path_factory.mktemp("playbook"), api, [task]))
        outputs = [playbook.communicate()[0] for playbook in running]
        assert [playbook.returncode for playbook in running] == [0] * PLAYBOOKS, "\n".join(outputs)
        assert all(api.trunk(trunk)["attributes"]["capacity_limit"] == 60 for trunk in trunks)
        served = [entry for entry in api.journal if entry["status"] == 200]
    # Each playbook reads one list and sends each update once.
    assert len(served) == PLAYBOOKS * (1 + TRUNKS)
    # While all playbooks send updates, they use most of the limit. Their start-up times are not measured.
    updates = [entry for entry in served if entry["method"] == "PATCH"]
    times: list[list[float]] = [[] for _playbook in range(PLAYBOOKS)]
    for entry in updates:
        times[trunks.index(entry["path"][-36:]) // TRUNKS].append(entry["time"])
    first_of_last, last_of_first = max(map(min, times)), min(map(max, times))
    seconds = last_of_first - first_of_last
    together = [entry for entry in updates if first_of_last <= entry["time"] <= last_of_first]
    assert seconds >= 5
    assert seconds <= 1.3 * len(together) / LIMIT


def test_tasks_of_a_play_keep_one_pace(tmp_path: Path) -> None:
    """Each task has its own worker, and tasks in Ansible's process are faster than the limit allows."""
    trunk = str(uuid.UUID(int=0x40008000000000000000))
    with Simulator(seed([trunk]), rate=LIMIT) as api:
        tasks: list[dict[str, Any]] = [{"didww.voice.voice_out_trunk": {"id": trunk, "capacity_limit": 30}}] * 60
        playbook = start(tmp_path, api, tasks)
        output = playbook.communicate()[0]
        assert playbook.returncode == 0, output
        statuses = [entry["status"] for entry in api.journal]
        seconds = api.journal[-1]["time"] - api.journal[0]["time"]
    assert statuses == [200] * len(tasks)
    assert seconds < 1.5 * len(tasks) / LIMIT, "slower than the limit, so the pace was not tested"
