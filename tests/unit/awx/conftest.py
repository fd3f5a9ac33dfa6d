# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the playbooks in playbooks/awx by name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from .job import COLLECTION


@pytest.fixture(scope="session")
def playbook() -> Callable[..., str]:
    """Run a playbook of the collection with extra variables and environment variables; return its output.

    `more`: further arguments. `status`: the expected exit status.
    """

    def run(
        name: str,
        environment: dict[str, str] | None = None,
        more: Sequence[str] = (),
        status: int = 0,
        **variables: str,
    ) -> str:
        # make unpacks awx.awx there.
        paths = [str(COLLECTION.parents[2]), os.environ.get("AWX_COLLECTIONS", "")]
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "ansible",
                "playbook",
                f"didww.voice.{name}",
                f"--extra-vars={json.dumps(variables)}",
                *more,
            ],
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(COLLECTION / "tests" / "ansible.cfg"),
                "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(paths),
                **(environment or {}),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session")
def project(playbook: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project that `didww.voice.awx.project` writes."""
    folder = tmp_path_factory.mktemp("awx") / "project"
    playbook("awx.project", folder=str(folder))
    return folder
