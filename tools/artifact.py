# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the artifact for Galaxy: artifact.py FILE. Exits with 1 if it contains more or less than users need."""

from __future__ import annotations

import sys
import tarfile
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

LARGEST = 300_000  # bytes
# Exactly the files that users need.
USED = """
    MANIFEST.json FILES.json CHANGELOG.md CHANGELOG.rst CODE_OF_CONDUCT.md LICENSE README.md SECURITY.md
    requirements.txt changelogs/changelog.yaml changelogs/config.yaml meta/*.yml meta/ee-requirements.txt
    docs/diff.svg docs/docsite/*.yml docs/docsite/rst/*.rst docs/examples/* playbooks/*
    extensions/eda/plugins/event_source/*.py extensions/eda/rulebooks/*.yml
    plugins/action/*.py plugins/doc_fragments/*.py plugins/filter/*.py plugins/module_utils/*.py
    plugins/modules/*.py plugins/plugin_utils/*.py
"""


def check(path: Path, sources: Iterable[str]) -> list[str]:
    """Return the problems of an artifact. `sources`: the files in the repository."""
    problems = []
    if path.stat().st_size >= LARGEST:
        problems.append(f"has {path.stat().st_size} bytes; the limit is {LARGEST}")
    with tarfile.open(path) as archive:
        names = {member.name for member in archive.getmembers() if not member.isdir()}
    problems += [f"contains {name}, which users do not need" for name in sorted(names) if not _used(name)]
    problems += [f"does not contain {name}" for name in sorted(sources) if _used(name) and name not in names]
    return problems


def _used(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in USED.split()) and "__pycache__" not in name


def main() -> int:
    """Print the problems of the artifact; return the exit status."""
    path = Path(sys.argv[1])
    root = Path(__file__).parents[1]
    folders = ("changelogs", "docs", "extensions", "meta", "playbooks", "plugins")
    files = [file for folder in folders for file in root.joinpath(folder).rglob("*")]
    problems = check(path, (str(file.relative_to(root)) for file in [*root.glob("*"), *files] if file.is_file()))
    for problem in problems:
        print(f"{path.name} {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
