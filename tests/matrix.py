# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run unit tests, integration targets and sanity tests on every row of matrix.yml.

Each combination of an ansible-core and a Python has its virtual environment, its copy of the tree and its logs below
build/matrix; environments are kept between runs. Arguments pick the combinations whose names begin with one of them.

Exits with 1 if a test fails, or if no Python of a row is installed. Another Python that is not installed is said.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"
COLLECTION = "ansible_collections/didww/voice"
AT_ONCE = 2
LOG_LINES = 60
STEPS = ("set-up", "unit", "processes", "integration", "sanity")
# ansible-test keeps the environments of its sanity tests in one place for all, and does not expect company there.
sanity_lock = Lock()


@dataclass(frozen=True)
class Combination:
    """An ansible-core and a Python; `interpreter` is None where that Python is not installed.

    `processes` and `sanity`: whether the tests that take long for what a Python changes run on it.
    """

    core: str
    python: str
    interpreter: str | None
    pins: Mapping[str, str]
    processes: bool = False
    sanity: bool = False

    @property
    def name(self) -> str:
        """Return what its folder and its logs are called."""
        return f"ansible-core-{self.core}-python{self.python}"


@dataclass
class Outcome:
    """What happened to a combination: for each step whether it passed, and the seconds that it took."""

    combination: Combination
    steps: dict[str, tuple[bool, float]] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Tell whether nothing failed."""
        return all(passed for passed, _seconds in self.steps.values())


def read_pins(constraints: str) -> dict[str, str]:
    """Return the versions of a constraints file by package, in lower case."""
    return {name.lower(): version for name, version in re.findall(r"^([\w.-]+)==(\S+)$", constraints, re.MULTILINE)}


def find_python(version: str) -> str | None:
    """Return a Python of this version that works, from PATH or from pyenv, whose shims may be there and not work."""
    folders = [Path(folder) for folder in os.get_exec_path()]
    pyenv = os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv"
    folders += sorted(Path(pyenv, "versions").glob(f"{version}.*/bin"), reverse=True)
    for python in (folder / f"python{version}" for folder in folders):
        if (
            os.access(python, os.X_OK)
            and not subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode
        ):
            return str(python)
    return None


def plan(
    rows: Iterable[Mapping[str, Any]], pins: Mapping[str, str], find: Callable[[str], str | None]
) -> list[Combination]:
    """Return the combinations of matrix.yml.

    Tests with faults run once for each ansible-core, and sanity for each minor version, on its last
    installed Python.
    """
    found = [
        Combination(row["ansible-core"], python, find(python), {**pins, **row.get("pins", {})})
        for row in rows
        for python in row["pythons"]
    ]
    last = {version: each.name for each in found if each.interpreter for version in (each.core, minor(each.core))}
    return [
        replace(each, processes=each.name == last.get(each.core), sanity=each.name == last.get(minor(each.core)))
        for each in found
    ]


def minor(version: str) -> str:
    """Return `2.16` of `2.16.19`."""
    return version.rpartition(".")[0]


def untested(combinations: Iterable[Combination]) -> list[str]:
    """Return every ansible-core none of whose Pythons is installed."""
    installed: dict[str, bool] = {}
    for each in combinations:
        installed[each.core] = installed.get(each.core, False) or each.interpreter is not None
    return [core for core, any_python in installed.items() if not any_python]


def run(combination: Combination, table: Mapping[str, Any]) -> Outcome:
    """Run every step of a combination; without its set-up there are no others."""
    outcome = Outcome(combination)
    folder = BUILD / "matrix" / combination.name
    tree = folder / "tree" / COLLECTION
    venv = folder / "venv"
    environment = {
        **os.environ,
        "PATH": f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(folder / "tree"),
        "ANSIBLE_COLLECTIONS_PATH": str(folder / "tree"),
        "EXAMPLES": "0.05",  # of hypothesis: what they look for depends on no version
    }
    ansible_test = ["ansible-test", "{}", "--python", combination.python, "--color", "no"]

    def step(name: str, *commands: Sequence[str | Path]) -> bool:
        started = time.monotonic()
        log = folder / f"{name}.log"
        with log.open("w", encoding="utf-8") as output:
            passed = not any(
                subprocess.run(command, cwd=tree, env=environment, stdout=output, stderr=output, check=False).returncode
                for command in commands
            )
        seconds = time.monotonic() - started
        outcome.steps[name] = passed, seconds
        tail = "" if passed else "\n" + "\n".join(log.read_text(encoding="utf-8").splitlines()[-LOG_LINES:])
        print(f"{combination.name}: {name} {'passed' if passed else 'FAILED'} in {seconds:.0f} s{tail}", flush=True)
        return passed

    shutil.rmtree(folder / "tree", ignore_errors=True)
    shutil.copytree(BUILD / "tree", folder / "tree")
    if step("set-up", *set_up(combination, table["packages"], folder)):
        step("unit", ["python", "-m", "pytest", *table["unit"]])
        if combination.processes:
            step("processes", ["python", "-m", "pytest", *table["processes"]])
        step("integration", [each.format("integration") for each in ansible_test])
        if combination.sanity:
            with sanity_lock:
                bootstrap = ["python", "tools/pip_bootstrap.py"]
                step("sanity", bootstrap, [each.format("sanity") for each in ansible_test])
    return outcome


def set_up(combination: Combination, packages: Sequence[str], folder: Path) -> list[list[str | Path]]:
    """Return the commands that make a combination's environment: none if it is there as it is wanted."""
    venv = folder / "venv"
    made_of = folder / "made_of.txt"
    constraints = folder / "constraints.txt"
    text = "".join(f"{name}=={version}\n" for name, version in combination.pins.items())
    wanted = f"{combination.interpreter} {packages}\n{text}"
    if made_of.exists() and made_of.read_text(encoding="utf-8") == wanted:
        return []
    made_of.unlink(missing_ok=True)
    constraints.write_text(text, encoding="utf-8")
    (folder / "wanted.txt").write_text(wanted, encoding="utf-8")
    core = f"ansible-core=={combination.core}"
    return [
        [str(combination.interpreter), "-m", "venv", "--clear", venv],
        [venv / "bin" / "python", "-m", "pip", "install", "--quiet", "-c", constraints, core, *packages],
        ["mv", folder / "wanted.txt", made_of],
    ]


def report(combinations: Sequence[Combination], outcomes: Mapping[str, Outcome]) -> str:
    """Return the table of all combinations, those among them that were not run."""
    lines: list[tuple[str, ...]] = [("ansible-core", "Python", "requests", *STEPS)]
    for each in combinations:
        if outcome := outcomes.get(each.name):
            cells = [describe(outcome, step) for step in STEPS]
        else:
            cells = ["MISSING: this Python is not installed", *[""] * (len(STEPS) - 1)]
        lines.append((each.core, each.python, each.pins["requests"], *cells))
    widths = [
        max(len(line[column]) for line in lines if "MISSING" not in line[column]) for column in range(len(lines[0]))
    ]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def describe(outcome: Outcome, step: str) -> str:
    """Return a cell of the table; some steps are left out where another Python of the same ansible-core has them."""
    if step not in outcome.steps:
        return "-"
    passed, seconds = outcome.steps[step]
    return f"{'passed' if passed else 'FAILED'} {seconds:.0f} s"


def main(names: Sequence[str]) -> int:
    """Run the combinations that begin with one of the names, or all; return the exit status."""
    table = yaml.safe_load((ROOT / "tests" / "matrix.yml").read_text(encoding="utf-8"))
    pins = read_pins((ROOT / "tests" / "constraints.txt").read_text(encoding="utf-8"))
    combinations = [each for each in plan(table["rows"], pins, find_python) if each.name.startswith(tuple(names) or "")]
    started = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        wanted = [each for each in combinations if each.interpreter]
        outcomes = {each.combination.name: each for each in pool.map(lambda each: run(each, table), wanted)}
    print(f"\n{report(combinations, outcomes)}\n\nThis took {(time.monotonic() - started) / 60:.0f} minutes.")
    for core in untested(combinations):
        print(f"FAILED: ansible-core {core} was not tested: none of its Python versions is installed.")
    failed = sum(not outcome.passed for outcome in outcomes.values())
    missing = len(combinations) - len(outcomes)
    print(f"{len(outcomes) - failed} passed, {failed} failed, {missing} missing")
    return 1 if failed or untested(combinations) or not combinations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
