# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run `ansible-playbook` and the programs beside it as a user does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from .conftest import HANG_GUARD, ROOT

PROGRAMS = Path(sys.executable).parent


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return the environment of a program, whose home is in `folder`."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    return {
        **os.environ,
        "HOME": str(home),
        "ANSIBLE_REMOTE_TEMP": str(home),
        "ANSIBLE_CONFIG": str(ROOT / "tests" / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT.parents[2]),
        **more,
    }


def job_environment(folder: Path, **more: str) -> dict[str, str]:
    """Return the variables for a job of ansible-runner, with the folders `home` and `tmp` in `folder`."""
    # Unset existing proxies and DIDWW variables.
    unset = {name: "" for name in os.environ if name.lower().endswith("_proxy") or name.startswith("DIDWW_")}
    return {
        **unset,
        "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder / "home"),
        **{f"ANSIBLE_{name}_TEMP": str(folder / "tmp") for name in ("LOCAL", "REMOTE")},
        "ANSIBLE_CONFIG": str(ROOT / "tests" / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT.parents[2]),
        **more,
    }


def write_play(folder: Path, *tasks: dict[str, Any], **play: Any) -> str:
    """Write a playbook with these tasks; return its path."""
    path = folder / "playbook.yml"
    path.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks, **play}]), "utf-8")
    return str(path)


def start(folder: Path, playbook: str, *arguments: str, **more: str) -> subprocess.Popen[str]:
    """Start a playbook in `folder`, in a process group of its own. `more`: environment variables."""
    # Where it is ignored, as in a background job of a shell, a job would inherit that.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    job = subprocess.Popen(
        [PROGRAMS / "ansible-playbook", playbook, *arguments],
        cwd=folder,
        env=environment(folder, **more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    signal.signal(signal.SIGINT, handler)
    return job


def end(job: subprocess.Popen[str], status: int = 0) -> str:
    """Wait until a playbook ends with this status; return its output."""
    output, _none = job.communicate(timeout=HANG_GUARD)
    assert job.returncode == status, output
    return output
