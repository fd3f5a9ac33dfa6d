# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE: this file belongs to the collection and may change at any time. Do not import it from outside.

"""Read a vars file as Ansible's include_vars does: with vault, `!unsafe` and templates."""

from __future__ import annotations

import inspect
import os
from typing import Any

import yaml
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible_collections.didww.voice.plugins.plugin_utils._variables import flat


def load(loader: DataLoader, path: str) -> Any:
    """Return the data in a vars file; templates in it are not evaluated yet.

    Raises ValueError. If the file is broken, the message has its line and column.
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
    except (AnsibleError, UnicodeDecodeError, OSError) as error:
        raise ValueError(_place(path) or f"{path} cannot be read: {flat(error)}") from error


def _place(path: str) -> str:
    """Return where YAML is broken, and how. Messages of ansible-core differ between versions, and some lack it."""
    try:
        with open(path, encoding="utf-8") as file:
            for _event in yaml.parse(file, Loader=yaml.SafeLoader):
                pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if mark is None:
            return ""
        reason = ", ".join(flat(part) for part in (error.context, error.problem) if part)
        return f"{path}:{mark.line + 1}:{mark.column + 1}: {reason}"
    except (yaml.YAMLError, UnicodeDecodeError, OSError):
        pass
    return ""
