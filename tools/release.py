# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prepare a release: release.py VERSION

Writes the version and the changelog and commits them, builds the artifact from what is committed, tries it in an empty
environment, and checks it as Galaxy does: make package. Run again, it builds and tries the same commit again. What
leaves this machine is left to a person: the list comes at the end.

With --here the artifact is tried in this environment: no other is made, no network is needed, and make package is left
out.
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
from pathlib import Path
from typing import Any

import artifact
import demo
import yaml
from simulator.server import Simulator

ROOT = Path(__file__).parents[1]
OUT = ROOT / "build" / "release"
MODULES = ("voice_out_trunk", "voice_out_trunk_info", "voice_out_trunks")
# Where the version is written, and the one place that others are held to first.
PLACES = {"galaxy.yml": r"(?m)^version: (.+)$", "plugins/module_utils/_task.py": r'(?m)^VERSION = "(.+)"$'}
LEFT = """
Prepared: {artifact}
sha256    {digest}

Left to a person:
  [ ] git show: are version and changelog right?
  [ ] make test, make matrix and make docs pass on this commit
  [ ] against the sandbox, with a key of your own and a trunk of yours:
      DIDWW_API_URL=https://sandbox-api.didww.com/v3 \\
        ansible-playbook didww.voice.update_trunk -e trunk_id=... --check --diff
  [ ] git tag -a {version} -m 'didww.voice {version}'
  [ ] git push origin main {version}
  [ ] ansible-galaxy collection publish {artifact}
  [ ] a GitHub release of the tag, with its part of CHANGELOG.md and the artifact
"""


class Refused(Exception):
    """The release cannot be prepared as things are."""


def run(*command: str, **options: Any) -> str:
    """Run a command at the top of the repository and return what it says; show it if it fails."""
    done = subprocess.run(command, **{"cwd": ROOT, **options}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return str(done.stdout)


def prepare(version: str) -> None:
    """Write version and changelog and commit them; leave alone what is prepared already."""
    if not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", version):
        raise Refused(f"{version!r} is no version such as 1.0.0")
    if changes := run("git", "status", "--porcelain"):
        raise Refused(f"there are changes that are not committed:\n{changes}")
    released = yaml.safe_load((ROOT / "changelogs/changelog.yaml").read_text(encoding="utf-8"))["releases"]
    now = re.findall(PLACES["galaxy.yml"], (ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    if version in released and now == [version]:
        if run("git", "tag", "--list", version) and run("git", "diff", version, "HEAD"):
            raise Refused(f"{version} has a tag, and what is checked out differs from it")
        print(f"{version} is prepared already: building and trying it again")
        return
    newest = max(released, key=_order, default=None)
    if newest and _order(version) <= _order(newest):
        raise Refused(f"{version} does not come after {newest}, which the changelog has")
    if not list((ROOT / "changelogs" / "fragments").glob("*.y*ml")):
        raise Refused("changelogs/fragments is empty: say what is new")
    for path, pattern in PLACES.items():
        text = (ROOT / path).read_text(encoding="utf-8")
        (found,) = re.finditer(pattern, text)
        (ROOT / path).write_text(text[: found.start(1)] + version + text[found.end(1) :], encoding="utf-8")
    run("antsibull-changelog", "release", "--reload-plugins")
    run("git", "add", "--all")
    run("git", "commit", "--quiet", "--message", f"Release {version}")


def _order(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def build(version: str) -> Path:
    """Build the artifact from what is committed, check what is in it, and return it."""
    shutil.rmtree(OUT, ignore_errors=True)
    source = OUT / "source"
    source.mkdir(parents=True)
    run("git", "archive", "--output", str(OUT / "source.tar"), "HEAD")
    run("tar", "--extract", "--file", str(OUT / "source.tar"), "--directory", str(source))
    run("ansible-galaxy", "collection", "build", "--output-path", str(OUT), cwd=source)
    built = OUT / f"didww-voice-{version}.tar.gz"
    if problems := artifact.check(built, run("git", "ls-files").splitlines()):
        raise Refused("\n".join(problems))
    return built


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def empty_environment(folder: Path) -> Path:
    """Make a virtual environment with nothing but what README asks for; return its folder of programs."""
    venv.create(folder, with_pip=True)
    constraints = str(ROOT / "tests" / "constraints.txt")
    run(str(folder / "bin" / "pip"), "install", "--quiet", "-c", constraints, "ansible-core", "requests")
    return folder / "bin"


def smoke(file: Path, programs: Path) -> None:
    """Install an artifact where nothing else is, read its documentation, and run its playbook in check mode."""
    with tempfile.TemporaryDirectory() as home, Simulator() as api:
        environment = {
            "HOME": home,
            "PATH": os.pathsep.join((str(programs), "/usr/bin", "/bin")),
            "LANG": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(Path(home, "collections")),
            "DIDWW_API_URL": api.url,
            "DIDWW_API_KEY": "local-key",
        }

        def said(*command: str) -> str:
            return run(*command, cwd=home, env=environment)

        said("ansible-galaxy", "collection", "install", "--offline", "--no-deps", str(file))
        said("ansible-galaxy", "collection", "verify", "--offline", "didww.voice")
        for module in MODULES:
            if f"didww.voice.{module}" not in said("ansible-doc", f"didww.voice.{module}").lower():
                raise Refused(f"ansible-doc does not know {module}")
        output = said(*demo.COMMAND, "--check", "--diff")
        if "changed=1 " not in output or any(entry["method"] != "GET" for entry in api.journal):
            raise Refused(f"the playbook in check mode did not do what it should:\n{output}")


def main() -> int:
    """Prepare the release that the command line names; return the exit status."""
    parser = argparse.ArgumentParser(description="Prepare a release.")
    parser.add_argument("version")
    parser.add_argument("--here", action="store_true", help="try the artifact in this environment")
    options = parser.parse_args()
    try:
        prepare(options.version)
        file = build(options.version)
        with tempfile.TemporaryDirectory() as folder:
            smoke(file, Path(sys.executable).parent if options.here else empty_environment(Path(folder)))
        if not options.here:
            # With galaxy-importer, of what is committed by now.
            run("make", "package")
    except Refused as refused:
        print(f"No release: {refused}", file=sys.stderr)
        return 1
    shown = os.path.relpath(file)
    print(LEFT.format(artifact=shown, digest=digest(file), version=options.version))
    return 0


if __name__ == "__main__":
    sys.exit(main())
