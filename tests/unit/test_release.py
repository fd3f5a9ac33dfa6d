# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prepare a release in a copy of the repository, and check the content of artifacts."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import artifact
import pytest
import yaml

from .conftest import ROOT


def test_a_release_is_a_commit_of_version_and_changelog(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    shutil.copytree(ROOT, repository, ignore=shutil.ignore_patterns(".git", "output", "__pycache__", "build"))
    person = {"NAME": "A Person", "EMAIL": "person@example.com"}
    names = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in person.items()}

    def run(*command: str, status: int = 0) -> str:
        environment = {**os.environ, **names}
        done = subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def release(version: str, status: int = 0) -> str:
        return run(sys.executable, "-m", "nox", "--session", "release", "--", version, status=status)

    def commit(message: str) -> None:
        run("git", "add", "--all")
        run("git", "commit", "--quiet", f"--message={message}")

    def dates() -> dict[str, str]:
        entries = yaml.safe_load(changelog.read_text("utf-8"))["releases"]
        return {version: entry["release_date"] for version, entry in entries.items()}

    changelog = repository / "changelogs" / "changelog.yaml"
    (described,) = dates()
    changelog.write_text(changelog.read_text("utf-8").replace(dates()[described], "2020-01-01"), "utf-8")
    run("git", "init", "--quiet")
    assert "uncommitted changes" in release(described, status=1)
    commit("Before")
    release(described)
    # Described before it is released, it gets a new date.
    assert dates()[described] > "2020-01-01"
    repository.joinpath("changelogs", "fragments").mkdir()
    fragment = "---\nminor_changes:\n  - A test of releases.\n"
    repository.joinpath("changelogs", "fragments", "test.yml").write_text(fragment, "utf-8")
    commit("A change")
    release("9.9.9")
    release("9.9.9")
    log = run("git", "log", "--format=%s").splitlines()
    assert log == ["Release 9.9.9", "A change", f"Release {described}", "Before"]
    assert run("git", "status", "--porcelain") == ""
    for name, text in {
        "galaxy.yml": "\nversion: 9.9.9\n",
        "plugins/module_utils/_engine/task.py": '\nVERSION = "9.9.9"\n',
        "CHANGELOG.md": "A test of releases",
        "CHANGELOG.rst": "A test of releases",
    }.items():
        assert text in repository.joinpath(name).read_text("utf-8"), name


@pytest.mark.parametrize(
    ("name", "size", "says"),
    [
        ("tools/demo.py", 0, "contains tools/demo.py"),
        ("plugins/modules/__pycache__/a.py", 0, "contains plugins/modules/__pycache__/a.py"),
        ("docs/diff.svg", artifact.LARGEST, f"the limit is {artifact.LARGEST}"),
        ("MANIFEST.json", 0, "does not contain plugins/modules/new.py"),
    ],
)
def test_the_artifact_contains_what_users_need_and_no_more(tmp_path: Path, name: str, size: int, says: str) -> None:
    path = tmp_path / "artifact.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for packed in ("README.md", "LICENSE", name):
            member = tarfile.TarInfo(packed)
            member.size = size if packed == name else 0
            archive.addfile(member, io.BytesIO(os.urandom(member.size)))
    new = ["plugins/modules/new.py"] if name == "MANIFEST.json" else []
    (problem,) = artifact.check(path, ["README.md", "LICENSE", "Makefile", *new])
    assert says in problem
