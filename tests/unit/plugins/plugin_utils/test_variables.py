# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of the playbooks: what is accepted, and what a rejection says, in tests/cases/variables.yml."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import BOOL
from ansible_collections.didww.voice.plugins.module_utils._resources import credentials_file
from ansible_collections.didww.voice.plugins.plugin_utils import _playbooks as playbooks
from ansible_collections.didww.voice.plugins.plugin_utils import _variables as variables

from ...conftest import matches, rows

UUID = "0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10"
# A variable that each playbook needs.
ENOUGH: dict[str, dict[str, Any]] = {
    "audit": {"trunks": []},
    "block_trunk": {"all": True},
    "export_trunks": {},
    "fleet": {"trunks": []},
    "rotate_credentials": {"all": True, "credentials_file": "new.yml"},
    "unblock_trunk": {"trunk": "EU SBC"},
    "update_trunk": {"trunk_id": UUID},
    "watch_spend": {},
    "awx.install": {"awx_project_url": "https://git.example.com/x.git"},
    "awx.project": {"folder": "x"},
}
FILES = ("plan", "report", "trunks_file")
TAKES_EMPTY = {"audit": {"plan"}, "fleet": {"plan", "approved_plan"}}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONTROLLER_HOST", "https://awx.example.com")
    monkeypatch.setenv("DIDWW_API_KEY", "key")
    monkeypatch.setenv("HOME", str(tmp_path))


def check(name: str, check_mode: bool = False, inventory: Mapping[str, Any] | None = None, **extra: Any) -> Any:
    values = {**(inventory or {}), **extra}
    return variables.check(name, values.get, list(extra), extra, check_mode)


def problems(name: str, check_mode: bool = False, **extra: Any) -> list[str]:
    with pytest.raises(variables.Rejected) as caught:
        check(name, check_mode, **extra)
    return caught.value.messages


@pytest.mark.parametrize(("name", "given", "words"), rows("variables", "rejected"))
def test_a_rejection(name: str, given: dict[str, Any], words: str) -> None:
    (message,) = problems(name, **given)
    assert matches(words, message), message


@pytest.mark.parametrize(("name", "given", "expected"), rows("variables", "accepted"))
def test_what_variables_become(name: str, given: dict[str, Any], expected: dict[str, Any], tmp_path: Path) -> None:
    found = check(name, **given)
    files = {
        option: f"{value}".replace("FOLDER", str(tmp_path)) for option, value in expected.items() if option in FILES
    }
    assert {option: found[option] for option in expected} == {**expected, **files}


def test_every_playbook_is_tried() -> None:
    assert ENOUGH.keys() == playbooks.PLAYBOOKS.keys()


@pytest.mark.parametrize("name", ENOUGH)
@pytest.mark.parametrize("empty", [None, ""])
def test_an_empty_value_counts_as_not_given(name: str, empty: Any) -> None:
    wanted = check(name, **ENOUGH[name])
    others = {row.name: empty for row in playbooks.PLAYBOOKS[name].rows if row.name not in ENOUGH[name]}
    # Nor is it an error that another playbook has the variable: surveys pass every answer.
    others |= {other: empty for other in playbooks.FAMILY if other not in ENOUGH[name]}
    # The rows of variables.yml have those that take an empty value.
    others = {other: empty for other in others if other not in TAKES_EMPTY.get(name, ())}
    assert check(name, **ENOUGH[name], **others) == wanted
    assert wanted.keys() == {row.name for row in playbooks.PLAYBOOKS[name].rows}


BOOLS = [(name, row.name) for name in ENOUGH for row in playbooks.PLAYBOOKS[name].rows if row.kind is BOOL]


@pytest.mark.parametrize(("name", "option"), BOOLS)
def test_a_misspelled_flag_is_an_error(name: str, option: str) -> None:
    given = {**ENOUGH[name], option: "ture"}
    assert f'{option}: "ture" is not accepted; expected true or false' in problems(name, **given)
    for value in ("yes", "false", "1", True, 0):
        accepted: dict[str, Any] = {"undo_file": "undo.yml"} if option == "undo_add" else {}
        accepted |= {"approved_plan": ""} if option == "require_plan" else {}
        if option not in ("all", "threshold_reached"):
            assert check(name, **{**ENOUGH[name], **accepted, option: value})[option] is (value in ("yes", "1", True))


TEXTS = [
    (name, row.name)
    for name in ENOUGH
    for row in playbooks.PLAYBOOKS[name].rows
    if row.kind in (playbooks.TEXT, playbooks.IDENTIFIER, playbooks.PATH, playbooks.NEW_FILE)
    or row.name in ("name_contains", "authentication_method_type", "trunk_id")
]


@pytest.mark.parametrize(("name", "option"), TEXTS)
@pytest.mark.parametrize("value", [34, 7.5, True])
def test_a_number_is_no_text(name: str, option: str, value: Any) -> None:
    (message,) = [message for message in problems(name, **{**ENOUGH[name], option: value}) if option in message[:40]]
    assert "expected text, in quotes: YAML reads it as " in message
    assert """-e '{"trunk": "0042"}'""" in message


def test_all_problems_are_reported_together() -> None:
    found = problems("audit", fail_on_drift="ture", trunks={"name": "EU"}, report="nothing/r.json", trunk="x")
    assert [message.split(":")[0] for message in found] == ["trunk", "trunks", "report", "fail_on_drift"]


@pytest.mark.parametrize("name", ENOUGH)
def test_a_variable_of_another_playbook_is_an_error_that_says_what_this_one_has(name: str) -> None:
    taken = {row.name for row in playbooks.PLAYBOOKS[name].rows}
    for other in playbooks.FAMILY - taken - {*variables.ARTIFACTS}:
        given: dict[str, Any] = {**ENOUGH[name], other: "x"}
        (message,) = problems(name, **given)
        assert message.startswith(f"{other}: didww.voice.{name} has no such variable; it has ")
        assert all(variable in message for variable in taken)
        # From an inventory it is ignored.
        assert check(name, inventory={other: "x"}, **ENOUGH[name]) == check(name, **ENOUGH[name])


@pytest.mark.parametrize("name", ENOUGH)
def test_artifacts_of_earlier_jobs_are_ignored(name: str) -> None:
    artifacts: dict[str, Any] = {"spend": {"near": []}, "drift": {}, "blocked": [UUID], "approved_plan": []}
    for taken, artifact in {"unblock_trunk": "blocked", "fleet": "approved_plan"}.items():
        if name == taken:
            del artifacts[artifact]
    assert check(name, **ENOUGH[name], **artifacts) == check(name, **ENOUGH[name])


@pytest.mark.parametrize(("data", "lists", "words"), rows("variables", "vars_files"))
def test_what_is_wrong_with_a_vars_file(data: Any, lists: list[str], words: str) -> None:
    with pytest.raises(ValueError, match=r"^x\.yml") as caught:
        variables.lists_in(data, "x.yml", lists)
    assert matches(words, str(caught.value)), str(caught.value)


@pytest.mark.parametrize(
    ("name", "option"),
    [(name, row.name) for name in ENOUGH for row in playbooks.PLAYBOOKS[name].rows if row.kind is playbooks.NEW_FILE],
)
def test_a_file_must_be_writable_before_anything_is_read(name: str, option: str, tmp_path: Path) -> None:
    tmp_path.joinpath("folder").mkdir()
    for path, words in {
        "nothing/x": "nothing does not",
        "folder": "expected a file, and this is something else",
    }.items():
        (message,) = problems(name, **{**ENOUGH[name], option: path})
        assert message.startswith(f"{option}: ")
        assert words in message


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write everywhere")
def test_a_folder_must_be_writable(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    (message,) = problems("watch_spend", report="r.json")
    assert "expected a file in a folder that may be written to" in message


def test_an_existing_credentials_file_is_only_added_to_if_that_is_wanted(tmp_path: Path) -> None:
    credentials_file.load(str(tmp_path / "new.yml"), "https://x/v3").begin(UUID, "EU SBC")
    (message,) = problems("rotate_credentials", **ENOUGH["rotate_credentials"])
    assert "new.yml exists. If the run that wrote it did not finish, add -e resume=yes" in message
    assert check("rotate_credentials", **ENOUGH["rotate_credentials"], resume=True)["resume"] is True


def test_awx_is_set_up_with_an_environment_and_for_real(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONTROLLER_HOST")
    found = problems("awx.install", check_mode=True, **ENOUGH["awx.install"])
    assert [message[:10] for message in found] == ["This playb", "Which AWX?"]


def test_an_undo_file_is_applied_whole() -> None:
    undo: dict[str, Any] = {variables.UNDO: {}, "trunks": [], "dids": []}
    assert [*variables.lists_in(undo, "undo.yml", playbooks.ENTRIES)] == ["dids", "trunks"]
    # A vars file of one's own may hold others.
    assert variables.lists_in({"trunks": [], "dids": []}, "trunks.yml", ["trunks"]) == {"trunks": []}
