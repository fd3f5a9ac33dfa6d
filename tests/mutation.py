# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run mutmut in a folder that `make mutate` has made, and write tests/mutation.md: mutation.py FOLDER.

Fails if less than 90 % of the mutants are killed, or if one survives without a reason in mutation.yml.
"""

from __future__ import annotations

import os
import platform
import re
import resource
import subprocess
import sys
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import yaml

HERE = Path(__file__).parent
LEAST = 90
MODULE = "ansible_collections.didww.voice.plugins.module_utils.trunk."
# A timeout is a test that does not end: it is noticed.
KILLED = ("killed", "timeout")


class Mutant(NamedTuple):
    """A change that no test notices: the function, and its line before and after."""

    function: str
    line: str
    becomes: str


def mutmut(folder: Path, *arguments: str, **environment: str) -> str:
    """Run mutmut; return what it prints. Raises CalledProcessError."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def run(folder: Path) -> None:
    """Test every mutant, with few examples of each property."""
    mutants = folder / "mutants"
    path = f"{mutants}:{mutants / 'ansible_collections/didww/voice/tests'}"
    mutmut(folder, "run", "--max-children", "1", PYTHONPATH=path, EXAMPLES="0.02")


def results(folder: Path) -> dict[str, str]:
    """Return what became of each mutant, by its name."""
    lines = mutmut(folder, "results", "--all", "true").splitlines()
    return dict(line.strip().split(": ", 1) for line in lines if MODULE in line)


def survivor(folder: Path, name: str) -> Mutant:
    """Return what a mutant changes."""
    diff = mutmut(folder, "show", name).splitlines()
    line, becomes = (
        " ".join(each[1:].strip() for each in diff if re.match(rf"{sign}(?!{sign}{sign})", each))
        for sign in (r"\-", r"\+")
    )
    function = re.sub(r"^x_?|__mutmut_\d+$", "", name.removeprefix(MODULE)).replace("ǁ", ".").lstrip(".")
    return Mutant(function, line, becomes)


def reasons() -> dict[Mutant, str]:
    """Return why a mutant may survive."""
    rows = yaml.safe_load((HERE / "mutation.yml").read_text(encoding="utf-8"))
    return {Mutant(row["function"], row["line"], row["becomes"]): row["why"] for row in rows}


def processor() -> str:
    """Return the name of the processor."""
    info = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", info.read_text(encoding="utf-8")) if info.exists() else None
    return found[1] if found else platform.machine()


def report(counts: Counter[str], survivors: dict[Mutant, str | None], minutes: float) -> str:
    """Return the report as Markdown."""
    total = sum(counts.values())
    killed = sum(counts[each] for each in KILLED)
    rows = "\n".join(
        f"| `{each.function}` | {code(each.line)} | {code(each.becomes)} | {why or '**none**'} |"
        for each, why in survivors.items()
    )
    return f"""\
# What the tests notice

Written by `make mutate`: it breaks `plugins/module_utils/trunk.py` in {total} ways, one at a time, and runs the tests
of that file and of the modules against each. **{killed} of {total} ({100 * killed / total:.1f} %) are noticed.**

mutmut {version("mutmut")}, Python {platform.python_version()}, {processor()}: {minutes:.0f} minutes of one core.
mutmut changes what is inside functions. The tables of settings are data beside them, which `tests/cases.yml` and
the README's table hold row by row.

## Not noticed

| function | line | becomes | why no test can or need notice |
|---|---|---|---|
{rows}
"""


def code(text: str) -> str:
    """Return a line of code as it is written in a table of Markdown."""
    return f"<code>{text.replace('&', '&amp;').replace('<', '&lt;').replace('|', '&#124;')}</code>"


def main() -> None:
    """Run the command."""
    folder = Path(sys.argv[1])
    run(folder)
    # Of the processor, since a clock would also measure what else the machine does.
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    minutes = (used.ru_utime + used.ru_stime) / 60
    found = results(folder)
    known = reasons()
    survivors: dict[Mutant, str | None] = {}
    for name, status in found.items():
        if status not in KILLED:
            mutant = survivor(folder, name)
            survivors[mutant] = known.get(mutant)
    counts = Counter(found.values())
    (HERE / "mutation.md").write_text(report(counts, survivors, minutes), encoding="utf-8")
    print(dict(counts))
    killed = 100 * sum(counts[each] for each in KILLED) / len(found)
    for mutant, why in survivors.items():
        if why is None:
            print(f"no reason: {mutant}")
    for mutant in known.keys() - survivors.keys():
        print(f"a reason for nothing: {mutant}")
    if killed < LEAST or None in survivors.values() or known.keys() - survivors.keys():
        sys.exit(f"{killed:.1f} % are noticed, see tests/mutation.md")


if __name__ == "__main__":
    main()
