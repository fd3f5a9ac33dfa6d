# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prepare a release in a copy of the repository: written files, built artifact, rejected cases."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import artifact
import pytest
import release as release_script
import yaml

from .conftest import ROOT

# All tests share one repository, so they run in one worker of pytest-xdist.
pytestmark = pytest.mark.xdist_group("release")

NEWEST = max(
    yaml.safe_load((ROOT / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))["releases"],
    key=lambda version: [int(part) for part in version.split(".")],
)
VERSION = "9.9.9"
BUILT = f"build/release/didww-voice-{VERSION}.tar.gz"


def run(repository: Path, *command: str) -> subprocess.CompletedProcess[str]:
    person = {"NAME": "A Person", "EMAIL": "person@example.com"}
    names = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in person.items()}
    environment = {**os.environ, **names, "PYTHONPATH": "tests"}
    return subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False)


def release(repository: Path, version: str) -> subprocess.CompletedProcess[str]:
    return run(repository, sys.executable, "tools/release.py", version, "--here")


def commit(repository: Path, message: str) -> None:
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", message]):
        assert run(repository, "git", *command).returncode == 0


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A copy of the repository in which the newest version and 9.9.9 were prepared, and the output of the latter."""
    repository = tmp_path_factory.mktemp("release") / "repository"
    shutil.copytree(ROOT, repository, ignore=shutil.ignore_patterns(".git", "output", "__pycache__", "build"))
    changelog = repository / "changelogs" / "changelog.yaml"
    old = re.sub("release_date: .*", "release_date: '2020-01-01'", changelog.read_text("utf-8"))
    changelog.write_text(old, "utf-8")
    commit(repository, "Before")
    newest = ["-c", f"import sys; sys.path[0] = 'tools'; import release; release.prepare('{NEWEST}')"]
    prepared = run(repository, sys.executable, *newest)
    assert prepared.returncode == 0, prepared.stderr
    repository.joinpath("changelogs/fragments").mkdir(exist_ok=True)
    fragment = "---\nminor_changes:\n  - A test of releases.\n"
    repository.joinpath("changelogs/fragments/test.yml").write_text(fragment, encoding="utf-8")
    commit(repository, "A change")
    done = release(repository, VERSION)
    assert done.returncode == 0, done.stderr
    return repository, done.stdout


def test_it_writes_version_and_changelog_and_commits_them(released: tuple[Path, str]) -> None:
    repository, _said = released
    change = (f"v{VERSION}", "A test of releases.")
    for name, texts in {
        "galaxy.yml": [f"version: {VERSION}\n"],
        "plugins/module_utils/_engine/task.py": [f'VERSION = "{VERSION}"\n'],
        "CHANGELOG.md": change,
        "CHANGELOG.rst": change,
    }.items():
        # Markdown escapes the dots.
        written = repository.joinpath(name).read_text(encoding="utf-8").replace("\\", "")
        assert [text for text in texts if text not in written] == [], name
    assert run(repository, "git", "status", "--porcelain").stdout == ""


def test_a_version_that_has_no_tag_gets_a_new_date(released: tuple[Path, str]) -> None:
    """The changelog describes the first release before it is released."""
    repository, _said = released
    subjects = run(repository, "git", "log", "--format=%s").stdout.splitlines()
    assert subjects == [f"Release {VERSION}", "A change", f"Release {NEWEST}", "Before"]
    shown = run(repository, "git", "show", "HEAD~2:changelogs/changelog.yaml").stdout
    assert yaml.safe_load(shown)["releases"][NEWEST]["release_date"] > "2020-01-01"


def test_it_lists_the_manual_steps(released: tuple[Path, str]) -> None:
    repository, said = released
    assert hashlib.sha256(repository.joinpath(BUILT).read_bytes()).hexdigest() in said
    for words in ("git tag -a 9.9.9", "git push origin main 9.9.9", f"collection publish {BUILT}"):
        assert words in said


def test_it_checks_the_artifact_as_galaxy_would(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = pack(tmp_path / "artifact.tar.gz", {})
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr(release_script, "run", lambda *command: ran.append(command))
    monkeypatch.setattr(release_script, "build", lambda version: file)
    for step in ("prepare", "smoke", "empty_environment"):
        monkeypatch.setattr(release_script, step, lambda *_arguments: None)
    monkeypatch.setattr(sys, "argv", ["release.py", VERSION])
    assert release_script.main() == 0
    assert ran == [("make", "package")]


def test_again_it_builds_the_same_commit(released: tuple[Path, str]) -> None:
    repository, _said = released
    before = run(repository, "git", "rev-parse", "HEAD").stdout
    again = release(repository, VERSION)
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith(f"{VERSION} is already prepared: building and testing it again\n")
    assert run(repository, "git", "rev-parse", "HEAD").stdout == before


@pytest.mark.parametrize(
    ("version", "says", "before", "after"),
    [
        ("9.9.8", "9.9.8 is not newer than 9.9.9", "true", "true"),
        ("9.9", "'9.9' is not a version", "true", "true"),
        ("10.0.0", "changelogs/fragments is empty", "true", "true"),
        (VERSION, "?? stray", "touch stray", "rm stray"),
        (VERSION, "is already tagged", f"git tag {VERSION} HEAD~1", f"git tag --delete {VERSION}"),
    ],
)
def test_it_rejects(released: tuple[Path, str], version: str, says: str, before: str, after: str) -> None:
    repository, _said = released
    run(repository, *before.split())
    refused = release(repository, version)
    run(repository, *after.split())
    assert refused.returncode == 1
    assert says in refused.stderr
    assert run(repository, "git", "status", "--porcelain").stdout == ""


def pack(path: Path, files: dict[str, bytes]) -> Path:
    """Write an artifact with `files`."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in {"FILES.json": b"{}", "MANIFEST.json": b"{}", **files}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"tools/demo.py": b""}, "contains tools/demo.py"),
        ({"plugins/modules/__pycache__/a.py": b""}, "contains plugins/modules/__pycache__/a.py"),
        ({"README.md": b"[this](docs/guide.md)"}, "does not contain docs/guide.md, to which README.md links"),
        ({"docs/diff.svg": os.urandom(artifact.LARGEST)}, f"the limit is {artifact.LARGEST}"),
        ({}, "does not contain plugins/modules/new.py"),
    ],
)
def test_the_artifact_contains_what_users_need_and_no_more(tmp_path: Path, files: dict[str, bytes], says: str) -> None:
    path = pack(tmp_path / "artifact.tar.gz", {"README.md": b"[it](LICENSE)", "LICENSE": b"GPL", **files})
    new = [] if files else ["plugins/modules/new.py"]
    (problem,) = artifact.check(path, ["README.md", "LICENSE", "Makefile", *new])
    assert says in problem
