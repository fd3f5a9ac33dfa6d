# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An interrupted fleet stops sending updates within a second."""

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

from ..conftest import connection_to
from .job import COLLECTION

TRUNKS = [f"c0000000-0000-4000-8000-{number:012}" for number in range(200)]
SEED = {"api_keys": ["key"], "trunks": [{"id": trunk, "attributes": {"name": trunk}} for trunk in TRUNKS]}


def updates(api: Simulator) -> int:
    return sum(entry["method"] == "PATCH" for entry in api.journal)


@pytest.mark.parametrize("how", ["^C", "timeout", "killed worker", "killed playbook"])
def test_an_interrupted_fleet_stops_sending(front_end: str, api_version: str, tmp_path: Path, how: str) -> None:
    with Simulator(SEED, rate=0, version=api_version) as api:
        # Updates take ten seconds in total, and several run at any time.
        api.add_faults({"method": "PATCH", "delay": 0.3, "times": 0})
        entries = [{"id": trunk, "rtp_ping": True} for trunk in TRUNKS]
        options = {**connection_to(api), "api_key": "key", "trunks": entries}
        task: dict[str, Any] = {"name": "Update every trunk", "didww.voice.voice_out_trunks": options}
        # Includes the time in which Ansible starts the module.
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
            [
                Path(sys.executable).parent / "ansible-playbook",
                playbook,
                "-e",
                f"didww_in_process={front_end == 'action'}",
            ],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        while how != "timeout" and job.poll() is None and updates(api) < 20:
            time.sleep(0.05)
        if how == "^C":
            # To the whole process group, as a terminal does.
            os.killpg(job.pid, signal.SIGINT)
        elif how == "killed worker":
            (worker,) = subprocess.check_output(["pgrep", "--parent", str(job.pid)], text=True).split()
            os.kill(int(worker), signal.SIGKILL)
        elif how == "killed playbook":
            job.kill()
        at = time.monotonic()
        output, _none = job.communicate(timeout=60)
        assert job.returncode != 0
        if how == "timeout":
            assert "did not finish within 4 seconds" in output
            assert "may have been sent and applied" in output
        last = max((entry["time"] for entry in api.journal), default=0)
        assert last < at + 1.5 or how == "timeout"
        time.sleep(1)
        sent = updates(api)
        assert sent >= 20 or how == "timeout"
        time.sleep(1)
        assert updates(api) == sent < len(TRUNKS)
