# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run playbooks/update_trunk.yml three times against the local API, and hold Ansible to its word.

Exits with 0 if the runs are: would change (and nothing is sent), changed (one PATCH), ok (none).
"""

from __future__ import annotations

import os
import subprocess
import sys

from simulator.server import Simulator

TRUNK = "cf2e6377-fcaa-4416-8c8e-acd5f31a427f"
COMMAND = ("ansible-playbook", "didww.voice.update_trunk", "-e", f"trunk_id={TRUNK}")
RUNS = (
    ("What would change? Nothing is sent.", ["--check", "--diff"], 1, 0),
    ("Change it.", ["--diff"], 1, 1),
    ("Once more: there is nothing left to do.", ["--diff"], 0, 0),
)


def main() -> int:
    """Run the demo; return the exit status."""
    with Simulator() as api:
        environment = {**os.environ, "DIDWW_API_URL": api.url, "DIDWW_API_KEY": "local-key"}
        for title, arguments, changed, patches in RUNS:
            command = [*COMMAND, *arguments]
            print(f"\n### {title}\n$ {' '.join(command)}", flush=True)
            api.clear_journal()
            output = ""
            with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as run:
                for line in run.stdout or ():
                    print(line, end="", flush=True)
                    output += line
            sent = sum(entry["method"] == "PATCH" for entry in api.journal)
            if run.returncode or f"changed={changed} " not in output or sent != patches:
                print(f"DEMO FAILED: expected changed={changed} and {patches} PATCH, got {sent} PATCH", file=sys.stderr)
                return 1
    print("### The demo did what it says: would change, changed, ok.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
