# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The artifact that Galaxy gets: artifact.py normalise FILE, artifact.py check FILE.

`normalise` makes the bytes depend on the content alone: ansible-galaxy writes the time of the build into them, lists
files in the order of the file system, and does not honour SOURCE_DATE_EPOCH. `check` exits with 1 if there is more or
less in it than users need.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import sys
import tarfile
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

# 1980-01-01, the oldest time that every archive format knows.
TIME = 315532800
LARGEST = 200_000  # bytes
# What users need, and nothing else.
USED = (
    "MANIFEST.json",
    "FILES.json",
    "CHANGELOG.md",
    "CHANGELOG.rst",
    "LICENSE",
    "README.md",
    "requirements.txt",
    "changelogs/changelog.yaml",
    "changelogs/config.yaml",
    "docs/diff.svg",
    "docs/docsite/*.yml",
    "docs/docsite/rst/*.rst",
    "meta/*.yml",
    "playbooks/*",
    "plugins/doc_fragments/*.py",
    "plugins/module_utils/*.py",
    "plugins/modules/*.py",
)


def normalise(path: Path) -> None:
    """Rewrite an artifact so that the same content makes the same bytes."""
    with tarfile.open(path) as archive:
        members = {each.name: each for each in archive.getmembers()}
        contents = {name: _content(archive, each) for name, each in members.items() if each.isfile()}
    files, manifest = json.loads(contents["FILES.json"]), json.loads(contents["MANIFEST.json"])
    files["files"].sort(key=lambda each: str(each["name"]))
    contents["FILES.json"] = _json(files)
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(contents["FILES.json"]).hexdigest()
    contents["MANIFEST.json"] = _json(manifest)
    with (
        path.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=TIME) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        # The manifests first, as ansible-galaxy does.
        for name in sorted(members, key=lambda each: (each not in ("MANIFEST.json", "FILES.json"), each)):
            member = members[name]
            member.mtime, member.pax_headers = TIME, {}
            if name in contents:
                member.size = len(contents[name])
            archive.addfile(member, io.BytesIO(contents[name]) if name in contents else None)


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    assert file is not None  # a file has a content
    return file.read()


def _json(document: Any) -> bytes:
    return json.dumps(document, indent=1).encode()


def check(path: Path, sources: Iterable[str]) -> list[str]:
    """Return what is wrong with an artifact. `sources`: the files that the repository has."""
    problems = []
    if path.stat().st_size >= LARGEST:
        problems.append(f"{path.stat().st_size} bytes, where {LARGEST} are the limit")
    with tarfile.open(path) as archive:
        folders = {each.name for each in archive.getmembers() if each.isdir()}
        names = {each.name for each in archive.getmembers()} - folders
        readme = _content(archive, archive.getmember("README.md")).decode()
    problems += [f"{name} is in it, which no user needs" for name in sorted(names) if not _used(name)]
    problems += [f"{name} is missing" for name in sorted(sources) if _used(name) and name not in names]
    links = {link.partition("#")[0] for link in re.findall(r"\]\((?!https?:|#)([^)]+)\)", readme)}
    problems += [f"README.md links to {link}, which is not in it" for link in sorted(links - names - folders)]
    return problems


def _used(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in USED) and "__pycache__" not in name


def main() -> int:
    """Do what the command line says; return the exit status."""
    action, path = sys.argv[1], Path(sys.argv[2])
    if action == "normalise":
        normalise(path)
        return 0
    root = Path(__file__).parents[1]
    folders = ("changelogs", "docs", "meta", "playbooks", "plugins")
    found = [each for folder in folders for each in root.joinpath(folder).rglob("*") if each.is_file()]
    problems = check(path, (str(each.relative_to(root)) for each in [*root.glob("*"), *found] if each.is_file()))
    for problem in problems:
        print(f"{path.name}: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
