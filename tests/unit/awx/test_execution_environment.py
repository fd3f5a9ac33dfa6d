# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build contexts by ansible-builder from meta/execution-environment.yml, and from the definition for AWX."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml

from ..conftest import ROOT
from .job import FILES


def builder(*arguments: str) -> str:
    """Run ansible-builder; return its output."""
    command = [sys.executable, "-m", "ansible_builder", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_requests_is_found_in_the_collection() -> None:
    found = yaml.safe_load(builder("introspect", str(ROOT.parents[2])))
    (wanted,) = (ROOT / "requirements.txt").read_text(encoding="utf-8").split()
    assert wanted.startswith("requests")
    assert found == {"python": [f"{wanted}  # from collection didww.voice"], "system": []}


def test_the_definition_in_the_project_makes_a_build_context_with_the_collection(project: Path, tmp_path: Path) -> None:
    definition = project / "execution-environment.yml"
    assert definition.read_bytes() == (FILES / "execution-environment.yml").read_bytes()
    builder("create", f"--file={definition}", f"--context={tmp_path}", "--output-filename=Containerfile")
    galaxy = yaml.safe_load((tmp_path / "_build" / "requirements.yml").read_text(encoding="utf-8"))
    options = yaml.safe_load(definition.read_text(encoding="utf-8"))
    assert galaxy == options["dependencies"]["galaxy"]
    containerfile = (tmp_path / "Containerfile").read_text(encoding="utf-8")
    assert options["images"]["base_image"]["name"] in containerfile
    assert options["dependencies"]["python_interpreter"]["python_path"] in containerfile
