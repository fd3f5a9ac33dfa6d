# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the playbooks in playbooks/awx by name."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from .. import playbooks
from ..conftest import ROOT


@pytest.fixture(scope="session")
def playbook(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Run a playbook of the collection with extra variables and environment variables; return its output.

    `more`: further arguments. `status`: the expected exit status.
    """
    folder = tmp_path_factory.mktemp("playbooks")
    # make unpacks awx.awx there.
    paths = os.pathsep.join([str(ROOT.parents[2]), os.environ.get("AWX_COLLECTIONS", "")])

    def run(
        name: str, environment: dict[str, str] | None = None, more: Sequence[str] = (), status: int = 0, **given: str
    ) -> str:
        variables = {"ANSIBLE_COLLECTIONS_PATH": paths, **(environment or {})}
        arguments = [f"--extra-vars={json.dumps(given)}", *more]
        return playbooks.end(playbooks.start(folder, f"didww.voice.{name}", *arguments, **variables), status)

    return run


@pytest.fixture(scope="session")
def project(playbook: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project that `didww.voice.awx.project` writes."""
    folder = tmp_path_factory.mktemp("awx") / "project"
    playbook("awx.project", folder=str(folder))
    return folder
