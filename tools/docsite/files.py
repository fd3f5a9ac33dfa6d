# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of the repository in guides: the code block after `.. file: PATH` is the text of that file.

Not `literalinclude`: GitHub does not show what it includes, and antsibull-docs copies only guides.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^(\.\. file: (\S+)\n\n\.\. code-block:: \S+\n\n)(?: {3}.*\n|\n)*", re.MULTILINE)


def with_files(guide: str) -> str:
    """Return the text of a guide with its files as they are now."""

    def block(found: re.Match[str]) -> str:
        text = (ROOT / found[2]).read_text(encoding="utf-8")
        return f"{found[1]}{textwrap.indent(text, '   ')}\n"

    return BLOCK.sub(block, guide)
