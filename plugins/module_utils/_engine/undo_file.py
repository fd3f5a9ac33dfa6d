# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Undo files on disk: checked before anything is sent, and written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable
from datetime import datetime, timezone

from ansible_collections.didww.voice.plugins.module_utils._engine import undo
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import Desired, Plan
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions, Problem
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource

OPTION = "undo_file"


class UndoFile:
    """The undo file of a task, at `path`, for resources of the API at `api_url`.

    `adds`: whether it may exist, and is added to. Raises InvalidOptions if the file cannot be written.
    """

    def __init__(self, path: str, resource: Resource, api_url: str, adds: bool) -> None:
        self.path = os.path.realpath(path)
        self._adds = adds
        self._older = self._read(resource, api_url)

    def _read(self, resource: Resource, api_url: str) -> undo.Content:
        folder = os.path.dirname(self.path)
        if not os.path.isdir(folder):
            raise _problem(f"the folder {folder} does not exist, so nothing was changed: create it first")
        if os.path.isdir(self.path):
            raise _problem(f"{self.path} is a folder: name a file, such as {self.path}/undo.yml")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise _problem(f"the folder {folder} is not writable, so nothing was changed")
        if not os.path.lexists(self.path):
            return undo.Content(resource, api_url)
        if not self._adds:
            words = "it may be the only way back from an earlier run. Name a new file, or set undo_add to true"
            raise _problem(f"{self.path} exists, and {words} to add to it")
        try:
            with open(self.path, encoding="utf-8") as file:
                older = undo.parsed(resource, file.read())
        except (OSError, ValueError) as error:
            raise _problem(f"{self.path} is not an undo file, so it is not added to: {error}") from error
        if older.api_url != api_url:
            raise _problem(
                f"{self.path} belongs to {older.api_url}, but this task changes {api_url}: name another file"
            )
        return older

    def write(self, plans: Iterable[tuple[Desired, Plan]], writer: str) -> None:
        """Write what undoes the plans of a task. `writer`: what writes it.

        Raises InvalidOptions, and then wrote nothing.
        """
        time = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        text = undo.rendered(undo.added(self._older, plans), time, writer)
        # In the same folder, so that it can take the name in one step. Only the owner can read it.
        descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(self.path), prefix=".undo-")
        try:
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if self._adds:
                os.replace(temporary, self.path)
            else:
                _name_new(temporary, self.path)
        except OSError as error:
            raise _problem(f"{self.path} cannot be written, so nothing was changed: {error.strerror}") from error
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)


def _name_new(temporary: str, path: str) -> None:
    """Give a file its name. Raises FileExistsError if another file has it by now."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        # Not every file system has hard links.
        os.rename(temporary, path)


def _problem(text: str) -> InvalidOptions:
    return InvalidOptions([Problem(OPTION, text)])
