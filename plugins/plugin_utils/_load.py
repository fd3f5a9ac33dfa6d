# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE: this file belongs to the collection and may change at any time. Do not import it from outside.

"""Read a vars file as Ansible's include_vars does: with vault, `!unsafe` and templates."""

from __future__ import annotations

import inspect
import os
import re
from typing import Any

import yaml
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import AnsibleVaultError
from ansible_collections.didww.voice.plugins.plugin_utils._variables import flat
from yaml.reader import ReaderError


def load(loader: DataLoader, path: str) -> Any:
    """Return the data in a vars file; templates in it are not evaluated yet.

    Raises ValueError. If the file is broken, the message has the line and the column, and not their text.
    """
    if os.path.isdir(path):
        raise ValueError(f"{path} is a folder; expected a vars file with a list called trunks")
    if not os.path.exists(path):
        raise ValueError(f"{path} does not exist; expected a vars file with a list called trunks")
    try:
        if "trusted_as_template" in inspect.signature(loader.load_from_file).parameters:
            return loader.load_from_file(path, cache="none", trusted_as_template=True)
        # Before ansible-core 2.19. Not load_from_file: it would share its cache with other plays.
        content, show_content = loader._get_file_contents(path)
        return loader.load(content.decode(), file_name=path, show_content=show_content)
    except (AnsibleError, OSError, ValueError, AttributeError) as error:
        raise ValueError(_problem(path, error)) from error


def _problem(path: str, error: BaseException) -> str:
    """Return why a file cannot be loaded, without any text in it: that may be a password.

    Messages of ansible-core differ between versions: some lack the place, and some quote the line.
    """
    causes: list[BaseException] = [error]
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        yaml.compose(text, Loader=yaml.SafeLoader)
    except ReaderError as own:
        *lines, last = text[: own.position].split("\n")
        words = 'YAML cannot hold this character: write it as an escape in double quotes, such as "\\x07"'
        return f"{path}:{len(lines) + 1}:{len(last) + 1}: {words}"
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as own:
        causes.insert(0, own)
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause)
    for cause in causes:
        if isinstance(cause, yaml.MarkedYAMLError) and (mark := cause.problem_mark or cause.context_mark):
            reason = ", ".join(_without_names(part) for part in (cause.context, cause.problem) if part)
            return f"{path}:{mark.line + 1}:{mark.column + 1}: {reason}"
    shown = next((cause for cause in causes if isinstance(cause, (OSError, UnicodeDecodeError, AnsibleVaultError))), "")
    return f"{path} cannot be read: {flat(shown) or 'it is not valid YAML'}"


def _without_names(text: str) -> str:
    """Return a message of the YAML parser without what it quotes, except single characters and its own <tokens>."""
    return re.sub(r""" (?:'(?!<)[^']{2,}'|"[^"]{2,}")""", "", flat(text))
