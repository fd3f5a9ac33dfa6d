# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Vars files are written whole or not at all, and no text in them is a template."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
import yaml
from ansible_collections.didww.voice.plugins.module_utils._engine import vars_file

TEMPLATES = ["{{ x }}", "a {% if x %}", "{# x #}", "#jinja2: variable_start_string:'[['\n[[ x ]]"]
OTHERS = ["a", '"', "\\", "\n\t\x00\x7f\x85\xa0\u2028\ufeff\ufffe", "é😀\U000e0001", "\ud800", "a #jinja2: x", "{ {"]


@pytest.mark.parametrize("text", [*TEMPLATES, *OTHERS])
def test_any_text_can_be_written_as_yaml(text: str) -> None:
    written = vars_file.scalar(text)
    assert written.isprintable()
    assert yaml.safe_load(written.removeprefix("!unsafe ")) == text
    assert written.startswith("!unsafe ") is (text in TEMPLATES)


@pytest.mark.parametrize("hard_links", [True, False])
def test_a_new_file_replaces_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hard_links: bool) -> None:
    def refuse(*_paths: str) -> None:
        raise PermissionError(1, "Operation not permitted")

    if not hard_links:
        monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "new.yml"
    vars_file.write(str(path), "x", new=True)
    with pytest.raises(FileExistsError):
        vars_file.write(str(path), "y", new=True)
    assert path.read_text("utf-8") == "x"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    vars_file.write(str(path), "z", mode=0o644)
    assert path.read_text("utf-8") == "z"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert os.listdir(tmp_path) == ["new.yml"]
