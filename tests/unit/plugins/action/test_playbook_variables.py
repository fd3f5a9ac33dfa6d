# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action that checks the variables of a playbook, with Ansible's own loader and templates."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.didww.voice.plugins.action import playbook_variables
from ansible_collections.didww.voice.plugins.module_utils._resources import credentials_file
from ansible_collections.didww.voice.plugins.plugin_utils._load import load

from ...conftest import differences, matches, rows, table

UUID = "0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10"

Check = Callable[..., dict[str, Any]]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Run the action, with the variables of -e, of the play and of an inventory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DIDWW_API_URL", raising=False)

    def run(
        playbook: str,
        extra: dict[str, Any] | None = None,
        play: dict[str, Any] | None = None,
        inventory: dict[str, Any] | None = None,
        check_mode: bool = False,
    ) -> dict[str, Any]:
        extra = extra or {}
        monkeypatch.setattr(playbook_variables, "load_extra_vars", lambda loader: extra)
        variables = {**(inventory or {}), **(play or {}), **extra}
        task = SimpleNamespace(action="didww.voice.playbook_variables", args={"playbook": playbook}, async_val=0)
        task.check_mode, task.diff, task.environment = check_mode, False, []
        task.get_play = lambda: SimpleNamespace(vars=play or {})
        loader = DataLoader()
        connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
        templar = Templar(loader=loader, variables=variables)
        action = playbook_variables.ActionModule(task, connection, None, loader, templar, None)
        result: dict[str, Any] = action.run(None, variables)
        json.dumps(result)
        return result

    return run


@pytest.fixture
def files(tmp_path: Path) -> None:
    for name, text in table("variables", "files").items():
        (tmp_path / name).write_text(text, encoding="utf-8")


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("case", rows("variables", "results"))
def test_a_result(check: Check, case: dict[str, Any]) -> None:
    found = check(**{name: value for name, value in case.items() if name != "returns"})
    assert "msg" not in found or "msg" in case["returns"], found["msg"]
    assert differences(found, case["returns"]) == []


def test_a_whole_result(check: Check, tmp_path: Path) -> None:
    found = check("watch_spend", {"share": 90}, inventory={"trunk": "x"})
    assert found.pop("started").endswith("+00:00")
    assert found == {
        "changed": False,
        "variables": {"share": "90", "except": [], "report": None, "fail_on_spend": True},
        "undo": False,
        "rotated": [],
        "can_ask": True,
        "check_mode": False,
    }
    assert list(tmp_path.iterdir()) == []


def test_the_report_says_that_the_run_has_not_finished(check: Check, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text('{"at": "2026-01-01", "failed": false}', encoding="utf-8")
    started = check("watch_spend", {"report": "r.json"})["started"]
    report = {"failed": True, "msg": "didww.voice.watch_spend has not finished", "at": started}
    assert json.loads(path.read_text(encoding="utf-8")) == report
    assert path.stat().st_mode & 0o777 == 0o644
    message = check("watch_spend", {"report": "r.json", "share": "x"}, check_mode=True)["msg"]
    assert json.loads(path.read_text(encoding="utf-8"))["msg"] == message


@pytest.mark.parametrize(("content", "words"), rows("variables", "broken_files"))
def test_a_broken_file_is_one_error_with_its_place(check: Check, tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "t.yml").write_text(content, encoding="latin-1")
    message = check("fleet", {"trunks_file": "t.yml"})["msg"]
    assert message.startswith("trunks_file: ")
    assert matches(words, message), message
    assert "\n" not in message
    both = check("fleet", {"trunks_file": "t.yml", "state": "x"})["msg"]
    assert both.startswith(f"2 problems: (1) {message}; (2) state: ")


@pytest.mark.parametrize(("value", "words"), rows("variables", "broken_passwords"))
@pytest.mark.parametrize("name", ["in_trunks", "trunks"])
def test_an_error_does_not_quote_a_password(
    check: Check, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, value: str, words: str
) -> None:
    text = f"{name}:\n  - configuration: {{auth_password: 1}}\n    auth_password: {value}"
    (tmp_path / "t.yml").write_text(text, encoding="utf-8")
    found = check("audit", {"trunks_file": "t.yml", "report": "r.json"})
    assert matches(words, found["msg"]), found["msg"]
    assert "s3cret" not in json.dumps(found) + (tmp_path / "r.json").read_text("utf-8") + "".join(capsys.readouterr())


def test_templates_use_the_variables_of_the_file_and_those_of_the_command_line_win(
    check: Check, tmp_path: Path
) -> None:
    text = "a: 1\nb: 2\ntrunks: [{name: x, capacity_limit: '{{ a }}', rtp_timeout: '{{ b }}'}]\n"
    (tmp_path / "t.yml").write_text(text, encoding="utf-8")
    (trunk,) = check("fleet", {"trunks_file": "t.yml", "b": 3}, inventory={"a": 4})["variables"]["trunks"]
    assert (int(trunk["capacity_limit"]), int(trunk["rtp_timeout"])) == (1, 3)


def test_a_template_that_cannot_be_evaluated(check: Check, tmp_path: Path) -> None:
    (tmp_path / "vars.yml").write_text("share: '{{ nothing }}'\n", encoding="utf-8")
    message = check("watch_spend", {"trunk": "x"}, inventory=load(DataLoader(), str(tmp_path / "vars.yml")))["msg"]
    assert matches(
        "2 problems: (1) trunk: ...; (2) share: a template cannot be evaluated: 'nothing' is undef...", message
    )


def test_the_trunks_in_a_credentials_file(check: Check, tmp_path: Path) -> None:
    file = credentials_file.load(str(tmp_path / "new.yml"), "https://x/v3")
    file.add(UUID, "EU SBC", {"username": "a", "password": "b"})
    given = {"all": True, "resume": True, "credentials_file": "new.yml"}
    assert check("rotate_credentials", given)["rotated"] == [UUID]
    assert check("rotate_credentials", {**given, "credentials_file": "no.yml"})["rotated"] == []
    (tmp_path / "new.yml").write_text("credentials: []\n", encoding="utf-8")
    assert check("rotate_credentials", given)["msg"].startswith(f"credentials_file: {tmp_path}/new.yml is another file")


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(("playbook", "given", "words"), rows("variables", "refused_files"))
def test_what_is_wrong_with_a_file(
    check: Check, tmp_path: Path, playbook: str, given: dict[str, Any], words: str
) -> None:
    for check_mode in (True, False):
        message = check(playbook, {"trunks": [], **given}, check_mode=check_mode)["msg"]
        assert matches(words, message), message
    assert {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()} == table("variables", "files")
