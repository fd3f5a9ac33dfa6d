# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the examples in the guides against the local API, and update the outputs and the files shown there.

With --check, nothing is written, and the exit status is 1 if an output differs. Run it in the root folder of the
repository, with the collection on ANSIBLE_COLLECTIONS_PATH.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections import Counter
from pathlib import Path

from simulator.server import Simulator

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
GUIDES = ROOT / "docs" / "docsite" / "rst"
EXAMPLES = ROOT / "docs" / "examples"
# Before the arguments of ansible-playbook.
PLAY = "--play"
# The code block after `.. file: PATH` is the text of that file. Not `literalinclude`: GitHub does not show what it
# includes, and antsibull-docs copies only guides.
BLOCK = re.compile(r"^(\.\. file: (\S+)\n\n\.\. code-block:: \S+\n\n)(?: {3}.*\n|\n)*", re.MULTILINE)


def with_files(guide: str) -> str:
    """Return the text of a guide with its files as they are now."""
    return BLOCK.sub(
        lambda found: f"{found[1]}{textwrap.indent((ROOT / found[2]).read_text(encoding='utf-8'), '   ')}\n", guide
    )


def play(command: list[str]) -> int:
    """Run ansible-playbook against a local API of its own; return 0 if its exit status is the expected one.

    The playbook finds the files in docs/examples beside it. An example whose playbook fails sets the environment
    variable EXPECTED_STATUS. One that shows how many requests were sent sets COUNT_REQUESTS.
    """
    shutil.copytree(EXAMPLES, Path.cwd(), dirs_exist_ok=True)
    with Simulator(rate=0) as api:
        environment = {**os.environ, "DIDWW_API_URL": api.url, "DIDWW_API_KEY": "local-key"}
        status = subprocess.run(command, env=environment, check=False).returncode
        if "COUNT_REQUESTS" in os.environ:
            methods = Counter(entry["method"] for entry in api.journal)
            print("Requests:", ", ".join(f"{count} {method}" for method, count in methods.items()))
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
        environment = {**os.environ, "PATH": path, "PYTHONPATH": f"{ROOT / 'tests'}{os.pathsep}{ROOT / 'tools'}"}
        guides = sorted(GUIDES.glob("*.rst"))
        if "--check" not in sys.argv:
            for guide in guides:
                guide.write_text(with_files(guide.read_text(encoding="utf-8")), encoding="utf-8")
        command = ["antsibull-docs", "ansible-output", "--config", str(HERE / "outputs.yml"), *sys.argv[1:]]
        return subprocess.run([*command, *map(str, guides)], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
