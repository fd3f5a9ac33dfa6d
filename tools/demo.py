# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run playbooks/update_trunk.yml three times against the local API, and check the results.

Exits with 0 if the first run predicts a change and sends nothing, the second one sends one PATCH, and the third one
changes nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys

from simulator.server import Simulator

TRUNK = "cf2e6377-fcaa-4416-8c8e-acd5f31a427f"
COMMAND = ("ansible-playbook", "didww.voice.update_trunk", "-e", f"trunk_id={TRUNK}")
RUNS = (
    ("Check mode: show the changes without sending them.", ["--check", "--diff"], 1, 0),
    ("Apply the changes.", ["--diff"], 1, 1),
    ("Run it again: nothing is left to change.", ["--diff"], 0, 0),
)


def main() -> int:
    """Run the demo; return the exit status."""
    with Simulator() as api:
        environment = {**os.environ, "DIDWW_API_URL": api.url, "DIDWW_API_KEY": "local-key"}
        for title, arguments, changed, patches in RUNS:
            command = [*COMMAND, *arguments]
            print(f"\n### {title}\n$ {' '.join(command)}", flush=True)
            api.clear_journal()
            run = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
            print(run.stdout, end="", flush=True)
            sent = sum(entry["method"] == "PATCH" for entry in api.journal)
            if run.returncode or f"changed={changed} " not in run.stdout or sent != patches:
                print(f"DEMO FAILED: expected changed={changed} and {patches} PATCH, got {sent} PATCH", file=sys.stderr)
                return 1
    print("### The demo passed: predicted, changed, unchanged.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
