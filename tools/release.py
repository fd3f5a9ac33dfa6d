# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prepare a release: release.py VERSION

Writes the version and the changelog and commits them, builds the artifact from the commit, tests it in an empty
environment, and checks it as Galaxy does (make package). A second run builds and tests the same commit again. Nothing
is published: the remaining manual steps are listed at the end.

A version that the changelog contains but that has no tag, as 1.0.0 before the first release, gets the date of today.

With --here, the artifact is tested in the current environment, without network, and make package is skipped.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from functools import partial
from pathlib import Path
from typing import Any

import artifact
import demo
import yaml
from simulator.server import Simulator

ROOT = Path(__file__).parents[1]
OUT = ROOT / "build" / "release"
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
# The files that contain the version, with patterns that match it.
PLACES = {"galaxy.yml": r"(?m)^version: (.+)$", "plugins/module_utils/_engine/task.py": r'(?m)^VERSION = "(.+)"$'}
LEFT = """
Prepared: {artifact}
sha256    {digest}

Remaining manual steps:
  [ ] check version and changelog with git show
  [ ] run make test, make matrix and make docs on this commit
  [ ] try it in the sandbox, with your own key and trunk:
      DIDWW_API_URL=https://sandbox-api.didww.com/v3 \\
        ansible-playbook didww.voice.update_trunk -e trunk_id=... --check --diff
  [ ] git tag -a {version} -m 'didww.voice {version}'
  [ ] git push origin main {version}
  [ ] ansible-galaxy collection publish {artifact}
  [ ] create a GitHub release for the tag, with its section of CHANGELOG.md and the artifact
"""


class CannotRelease(Exception):
    """The release cannot be prepared."""


def run(*command: str, **options: Any) -> str:
    """Run a command in the root folder and return its output; raise with the output if it fails."""
    done = subprocess.run(command, **{"cwd": ROOT, **options}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotRelease(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return str(done.stdout)


def prepare(version: str) -> None:
    """Write and commit version and changelog, unless this is already done."""
    if not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", version):
        raise CannotRelease(f"{version!r} is not a version such as 1.0.0")
    if changes := run("git", "status", "--porcelain"):
        raise CannotRelease(f"there are uncommitted changes:\n{changes}")
    released = yaml.safe_load((ROOT / "changelogs/changelog.yaml").read_text(encoding="utf-8"))["releases"]
    now = re.findall(PLACES["galaxy.yml"], (ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    tagged = run("git", "tag", "--list", version)
    if tagged and run("git", "diff", version, "HEAD"):
        raise CannotRelease(f"{version} is already tagged, and HEAD differs from the tag")
    subject = f"Release {version}"
    if tagged or (now == [version] and run("git", "log", "-1", "--format=%s").strip() == subject):
        print(f"{version} is already prepared: building and testing it again")
        return
    newest = max(released, key=_order, default=version)
    if _order(version) < _order(newest):
        raise CannotRelease(f"{version} is not newer than {newest}, the latest version in the changelog")
    if version not in released and not list((ROOT / "changelogs" / "fragments").glob("*.y*ml")):
        raise CannotRelease("changelogs/fragments is empty: describe the changes first")
    for path, pattern in PLACES.items():
        text = (ROOT / path).read_text(encoding="utf-8")
        (found,) = re.finditer(pattern, text)
        (ROOT / path).write_text(text[: found.start(1)] + version + text[found.end(1) :], encoding="utf-8")
    run("antsibull-changelog", "release", "--reload-plugins", "--update-existing")
    run("git", "add", "--all")
    # On the day that the changelog already has, nothing changes.
    run("git", "commit", "--quiet", "--allow-empty", "--message", subject)


def _order(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def build(version: str) -> Path:
    """Build the artifact from the commit, check its content, and return its path."""
    shutil.rmtree(OUT, ignore_errors=True)
    source = OUT / "source"
    source.mkdir(parents=True)
    run("git", "archive", "--output", str(OUT / "source.tar"), "HEAD")
    run("tar", "--extract", "--file", str(OUT / "source.tar"), "--directory", str(source))
    run("ansible-galaxy", "collection", "build", "--output-path", str(OUT), cwd=source)
    built = OUT / f"didww-voice-{version}.tar.gz"
    if problems := artifact.check(built, run("git", "ls-files").splitlines()):
        raise CannotRelease("\n".join(problems))
    return built


def empty_environment(folder: Path) -> Path:
    """Create a virtual environment with only the requirements in README; return its folder of programs."""
    venv.create(folder, with_pip=True)
    constraints = str(ROOT / "tests" / "constraints.txt")
    run(str(folder / "bin" / "pip"), "install", "--quiet", "-c", constraints, "ansible-core", "requests")
    return folder / "bin"


def smoke(file: Path, programs: Path) -> None:
    """Install an artifact in an empty home, read its documentation, and run its playbook in check mode."""
    with tempfile.TemporaryDirectory() as home, Simulator() as api:
        environment = {
            "HOME": home,
            "PATH": os.pathsep.join((str(programs), "/usr/bin", "/bin")),
            "LANG": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(Path(home, "collections")),
            "DIDWW_API_URL": api.url,
            "DIDWW_API_KEY": "local-key",
        }

        output_of = partial(run, cwd=home, env=environment)
        output_of("ansible-galaxy", "collection", "install", "--offline", "--no-deps", str(file))
        output_of("ansible-galaxy", "collection", "verify", "--offline", "didww.voice")
        for module in MODULES:
            if f"didww.voice.{module}" not in output_of("ansible-doc", f"didww.voice.{module}").lower():
                raise CannotRelease(f"ansible-doc does not find {module}")
        output = output_of(*demo.COMMAND, "--check", "--diff")
        if "changed=1 " not in output or any(entry["method"] != "GET" for entry in api.journal):
            raise CannotRelease(f"the playbook did not work in check mode:\n{output}")


def main() -> int:
    """Prepare the release in the command line; return the exit status."""
    parser = argparse.ArgumentParser(description="Prepare a release.")
    parser.add_argument("version")
    parser.add_argument("--here", action="store_true", help="test the artifact in the current environment")
    options = parser.parse_args()
    try:
        prepare(options.version)
        file = build(options.version)
        with tempfile.TemporaryDirectory() as folder:
            smoke(file, Path(sys.executable).parent if options.here else empty_environment(Path(folder)))
        if not options.here:
            # Runs galaxy-importer on the new commit.
            run("make", "package")
    except CannotRelease as error:
        print(f"No release: {error}", file=sys.stderr)
        return 1
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    print(LEFT.format(artifact=os.path.relpath(file), digest=digest, version=options.version))
    return 0


if __name__ == "__main__":
    sys.exit(main())
