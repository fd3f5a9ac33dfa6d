# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the examples in the guides against the local API, and update the outputs shown there.

With --check, nothing is written, and the exit status is 1 if an output differs. Run it in the root folder of the
repository, with the collection on ANSIBLE_COLLECTIONS_PATH.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from simulator.server import Simulator

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
GUIDES = ROOT / "docs" / "docsite" / "rst"
# Before the arguments of ansible-playbook.
PLAY = "--play"


def play(command: list[str]) -> int:
    """Run ansible-playbook against a local API of its own; return 0 if its exit status is the expected one.

    An example whose playbook fails sets the environment variable EXPECTED_STATUS.
    """
    with Simulator(rate=0) as api:
        environment = {**os.environ, "DIDWW_API_URL": api.url, "DIDWW_API_KEY": "local-key"}
        status = subprocess.run(command, env=environment, check=False).returncode
        return int(status != int(os.environ.get("EXPECTED_STATUS", "0")))


def main() -> int:
    """Run `antsibull-docs ansible-output` with the arguments of this script; return its exit status.

    The examples run in parallel, and some of them change trunks: each gets its own local API, through a script that
    antsibull-docs takes for ansible-playbook.
    """
    if sys.argv[1:2] == [PLAY]:
        return play(sys.argv[2:])
    playbook = shutil.which("ansible-playbook") or "ansible-playbook"
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "ansible-playbook"
        itself = shlex.join([sys.executable, str(HERE / "outputs.py"), PLAY, playbook])
        script.write_text(f'#!/bin/sh\nexec {itself} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
        path = os.pathsep.join([folder, os.environ["PATH"]])
        # The script runs in another folder.
        environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT / "tests")}
        guides = sorted(str(path) for path in GUIDES.glob("*.rst"))
        command = ["antsibull-docs", "ansible-output", "--config", str(HERE / "outputs.yml"), *sys.argv[1:], *guides]
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
