# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the examples in the guides against the local API, and update the outputs shown there.

With --check, nothing is written, and the exit status is 1 if an output differs. Run it in the root folder of the
repository, with the collection on ANSIBLE_COLLECTIONS_PATH.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from simulator.server import Simulator

HERE = Path(__file__).parent
GUIDES = HERE.parents[1] / "docs" / "docsite" / "rst"


def main() -> int:
    """Run `antsibull-docs ansible-output` with the arguments of this script; return its exit status."""
    # Without a rate limit: the examples run in parallel and would share it.
    with Simulator(rate=0) as api:
        environment = {**os.environ, "DIDWW_API_URL": api.url, "DIDWW_API_KEY": "local-key"}
        guides = sorted(str(path) for path in GUIDES.glob("*.rst"))
        command = ["antsibull-docs", "ansible-output", "--config", str(HERE / "outputs.yml"), *sys.argv[1:], *guides]
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
