# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write vars files: whole or not at all, and never evaluated as templates when they are loaded.

A host that runs modules need not have a YAML library, so these files are written as text.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import tempfile
from collections.abc import Iterator

_TEMPLATE = re.compile(r"\{[{%#]|^#jinja2:")
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def is_template(text: str) -> bool:
    """Return whether Ansible would evaluate a text."""
    return bool(_TEMPLATE.search(text))


def printable(text: str) -> str:
    """Return a text with the escapes of YAML for what is not visible: line breaks, controls, special spaces."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _ESCAPES.get(char, _escaped(ord(char))) for char in text)


def _escaped(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def quoted(text: str) -> str:
    """Return a text as a double-quoted scalar of YAML, on one line."""
    return '"' + printable(text.replace("\\", "\\\\").replace('"', '\\"')) + '"'


def scalar(text: str) -> str:
    """Return a text as YAML on one line. Ansible does not evaluate it, even if it looks like a template."""
    return f"!unsafe {quoted(text)}" if is_template(text) else quoted(text)


@contextlib.contextmanager
def locked(path: str) -> Iterator[None]:
    """Wait until no other task of this collection changes a file in its folder, and keep others waiting meanwhile.

    The lock is on the folder, because a file that is replaced loses its own. Raises OSError.
    """
    descriptor = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write(path: str, text: str, mode: int = 0o600, new: bool = False) -> None:
    """Write a file whole or not at all. Raises OSError, also if it is `new` and exists."""
    folder = os.path.dirname(path)
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=f".{os.path.basename(path)}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            os.fchmod(descriptor, mode)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        if new:
            _link(temporary, path)
        else:
            os.replace(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
    with contextlib.suppress(OSError):  # not every file system can
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _link(temporary: str, path: str) -> None:
    """Give a file its name. Raises FileExistsError if there is a file with this name."""
    try:
        os.link(temporary, path)
    except OSError:  # the file exists, or the file system has no hard links
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        os.replace(temporary, path)
