# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file that new SIP credentials are written to: a vars file with the list `credentials`.

Each pair is in the file before the next one is generated. While one is being generated, the file lists its trunk as
unfinished.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ansible_collections.didww.voice.plugins.module_utils._engine import vars_file

HEAD = """\
---
# SIP credentials of DIDWW outbound trunks, written by didww.voice.voice_out_trunk_credentials.
didww_voice_credentials:
  api_url: {url}
"""
UNFINISHED = """\
# {label}: new credentials were requested, and are not here yet. If nothing is running, the run was
# interrupted. This trunk may have new credentials already. To read them, use didww.voice.voice_out_trunk_info with
# include_credentials. To generate others, run the playbook again with resume=yes.
"""
_ENTRY = re.compile(
    r'  - id: ([0-9a-f-]{36})\n    name: (?:!unsafe )?".*"\n    username: (?:!unsafe )?".*"\n'
    r'    password: (?:!unsafe )?".*"\n'
)
_HEAD = re.escape(HEAD).replace(r"\{url\}", '(?P<url>".*")')
_FILE = re.compile(rf"{_HEAD}(?:credentials:\n(?P<entries>(?:{_ENTRY.pattern})*))?(?:# .*\n)*")


@dataclass(frozen=True)
class CredentialsFile:
    """A file with the new credentials of trunks of the account at `url`."""

    path: str
    url: str

    def begin(self, trunk: str, name: str) -> None:
        """Write that new credentials of a trunk are being generated. Raises OSError and ValueError."""
        with self._entries() as entries:
            label = f"{json.dumps(name)} ({trunk})"
            self._write(entries, UNFINISHED.format(label=label))

    def add(self, trunk: str, name: str, credentials: Mapping[str, str]) -> None:
        """Write the new credentials of a trunk. Raises OSError and ValueError."""
        texts = {"name": name, "username": credentials["username"], "password": credentials["password"]}
        lines = [f"    {key}: {vars_file.scalar(text)}\n" for key, text in texts.items()]
        with self._entries() as entries:
            # If an earlier pair of this trunk is in the file, it does not work any more.
            entries.pop(trunk, None)
            self._write({**entries, trunk: f"  - id: {trunk}\n{''.join(lines)}"})

    def end(self) -> None:
        """Write that nothing is being generated: the request was rejected. Raises OSError and ValueError."""
        with self._entries() as entries:
            if entries:
                self._write(entries)
            else:
                os.unlink(self.path)

    @contextlib.contextmanager
    def _entries(self) -> Iterator[dict[str, str]]:
        """Read the entries in the file, by the id of their trunk, while no other task can change it."""
        with vars_file.locked(self.path):
            yield _read(self.path)[1] if os.path.lexists(self.path) else {}

    def _write(self, entries: Mapping[str, str], end: str = "") -> None:
        text = HEAD.format(url=vars_file.scalar(self.url))
        if entries:
            text += f"credentials:\n{''.join(entries.values())}"
        vars_file.write(self.path, text + end)


def load(path: str, url: str) -> CredentialsFile:
    """Return the file at `path`, which need not exist, for the account at `url`.

    Raises ValueError if it is no such file, or belongs to another account.
    """
    if os.path.lexists(path):
        found, _entries = _read(path)
        if found != vars_file.scalar(url):
            raise ValueError(f"{path} holds credentials of an account at {found}, not {vars_file.scalar(url)}")
    return CredentialsFile(path, url)


def listed_in(path: str) -> list[str]:
    """Return the ids of the trunks whose new credentials a file holds; none if it does not exist. Raises ValueError."""
    return list(_read(path)[1]) if os.path.lexists(path) else []


def _read(path: str) -> tuple[str, dict[str, str]]:
    expected = "expected a file that didww.voice.voice_out_trunk_credentials wrote"
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read; {expected}") from error
    if text.startswith("$ANSIBLE_VAULT"):
        raise ValueError(f"{path} is encrypted; decrypt it with ansible-vault, or give a new file")
    match = _FILE.fullmatch(text)
    if not match:
        raise ValueError(f"{path} is another file, or was edited; {expected}, or a new file")
    return match["url"], {entry[1]: entry[0] for entry in _ENTRY.finditer(match["entries"] or "")}
