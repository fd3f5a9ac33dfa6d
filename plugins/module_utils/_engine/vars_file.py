# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write vars files: whole or not at all, and never evaluated as templates when they are loaded.

A host that runs modules need not have a YAML library, so these files are written as text.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile

# What YAML does not print as it is, although JSON does: YAML 1.1, "Character Set", and its line breaks.
_NOT_PRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def scalar(text: str) -> str:
    """Return a text as YAML on one line. Ansible does not evaluate it, even if it looks like a template."""
    quoted = _NOT_PRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))
    return f"!unsafe {quoted}" if is_template(text) else quoted


def is_template(text: str) -> bool:
    """Return whether Ansible would evaluate a text."""
    return any(start in text for start in ("{{", "{%", "{#"))


def write(path: str, text: str, mode: int = 0o600) -> None:
    """Write a file whole or not at all. Raises OSError."""
    descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=f".{os.path.basename(path)}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(descriptor, mode)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
