# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draw the output of the demo's first run as a terminal shows it: picture.py FILE.svg

Run it in the root folder of the repository, with the collection on ANSIBLE_COLLECTIONS_PATH.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from demo import COMMAND, RUNS
from rich.console import Console
from rich.text import Text
from simulator.server import Simulator

WIDTH = 86
# Load no fonts: the picture uses the reader's monospaced font.
FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def main() -> int:
    """Run the demo's playbook in check mode and draw the output of its last task; return the exit status."""
    command = [*COMMAND, *RUNS[0][1]]
    with Simulator() as api:
        more = {"DIDWW_API_URL": api.url, "DIDWW_API_KEY": "local-key", "ANSIBLE_FORCE_COLOR": "true"}
        environment = {**os.environ, **more, "COLUMNS": str(WIDTH)}
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    shown = run.stdout[run.stdout.rindex("TASK [") : run.stdout.index("PLAY RECAP")].rstrip()
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    console.print(Text(f"$ {' '.join(command)}\n"), Text.from_ansi(shown), "", sep="\n")
    drawing = console.export_svg(title="didww.voice", unique_id="demo")
    Path(sys.argv[1]).write_text(FONTS.sub("", drawing), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
