# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `make matrix` would run, and what it says of what it cannot run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from matrix import Outcome, find_python, plan, read_pins, report, untested

ROWS: list[dict[str, Any]] = [
    {"ansible-core": "2.16.0", "pythons": ["3.11"], "pins": {"requests": "2.28.0"}},
    {"ansible-core": "2.16.9", "pythons": ["3.11", "3.12"]},
    {"ansible-core": "2.20.1", "pythons": ["3.12"]},
]
PINS = {"requests": "2.34.2"}
RUNNING = "{}.{}".format(*sys.version_info)


def test_sanity_runs_once_for_each_minor_version_on_its_last_python() -> None:
    assert [each.sanity for each in plan(ROWS, PINS, str)] == [False, False, True, True]


def test_faults_run_once_for_each_ansible_core_on_its_last_python() -> None:
    assert [each.processes for each in plan(ROWS, PINS, str)] == [True, False, True, True]


def test_without_a_python_sanity_runs_on_another() -> None:
    only_311 = plan(ROWS, PINS, lambda version: version if version == "3.11" else None)
    assert [each.sanity for each in only_311] == [False, True, False, False]
    assert [each.interpreter for each in only_311] == ["3.11", "3.11", None, None]


def test_an_ansible_core_without_any_python_is_untested() -> None:
    assert untested(plan(ROWS, PINS, str)) == []
    assert untested(plan(ROWS, PINS, lambda version: version if version == "3.11" else None)) == ["2.20.1"]


def test_pins_of_a_row_go_before_the_others() -> None:
    assert [each.pins["requests"] for each in plan(ROWS, PINS, str)] == ["2.28.0", "2.34.2", "2.34.2", "2.34.2"]


def test_pins_are_read_in_any_case() -> None:
    assert read_pins("Flask==3.1.3\nast_serialize==0.13\n") == {"flask": "3.1.3", "ast_serialize": "0.13"}


def test_the_report_says_what_passed_failed_and_is_missing() -> None:
    combinations = plan(ROWS[1:], PINS, lambda version: version if version == "3.12" else None)
    outcome = Outcome(combinations[1], {"set-up": (True, 1.2), "unit": (False, 30)})
    assert report(combinations, {outcome.combination.name: outcome}).splitlines()[1:] == [
        "2.16.9        3.11    2.34.2    MISSING: this Python is not installed",
        "2.16.9        3.12    2.34.2    passed 1 s  FAILED 30 s  -          -            -",
        "2.20.1        3.12    2.34.2    MISSING: this Python is not installed",
    ]
    assert not outcome.passed


def test_a_python_that_does_not_work_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    shim = tmp_path / f"python{RUNNING}"
    shim.write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
    shim.chmod(0o755)
    assert find_python(RUNNING) is None
    there = tmp_path / "versions" / f"{RUNNING}.1" / "bin" / shim.name
    there.parent.mkdir(parents=True)
    there.symlink_to(sys.executable)
    assert find_python(RUNNING) == str(there)
