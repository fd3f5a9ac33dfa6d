# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet that is interrupted stops sending updates within a second."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from simulator.server import Simulator

from .job import COLLECTION

TRUNKS = [f"c0000000-0000-4000-8000-{number:012}" for number in range(200)]
SEED = {"api_keys": ["key"], "trunks": [{"id": each, "attributes": {"name": each}} for each in TRUNKS]}


def updates(api: Simulator) -> int:
    return sum(entry["method"] == "PATCH" for entry in api.journal)


@pytest.mark.parametrize("how", ["^C", "timeout"])
def test_an_interrupted_fleet_stops_sending(tmp_path: Path, how: str) -> None:
    with Simulator(SEED, rate=0) as api:
        # Ten seconds of updates, of which several are under way at any time.
        api.add_faults({"method": "PATCH", "delay": 0.3, "times": 0})
        options = {"api_url": api.url, "api_key": "key", "trunks": [{"id": each, "rtp_ping": True} for each in TRUNKS]}
        task: dict[str, Any] = {"name": "Update every trunk", "didww.voice.voice_out_trunks": options}
        # The time goes on while Ansible starts the module.
        task.update({"timeout": 4} if how == "timeout" else {})
        playbook = tmp_path / "playbook.yml"
        playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]), "utf-8")
        environment = {
            **os.environ,
            "HOME": str(tmp_path),
            "ANSIBLE_CONFIG": str(COLLECTION / "tests" / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTION.parents[2]),
        }
        job = subprocess.Popen(
            [Path(sys.executable).parent / "ansible-playbook", playbook],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        if how == "^C":
            while job.poll() is None and updates(api) < 20:
                time.sleep(0.05)
            # To all of the terminal's processes, as a terminal does.
            os.killpg(job.pid, signal.SIGINT)
        assert job.wait(60) != 0
        time.sleep(1)
        sent = updates(api)
        assert sent >= 20 or how == "timeout"
        time.sleep(1)
        assert updates(api) == sent < len(TRUNKS)
