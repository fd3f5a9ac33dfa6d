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

from ...conftest import matches, rows

UUID = "0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10"
UNDO = f"didww_voice_undo: {{api_url: x}}\ntrunks:\n  - {{id: {UUID}, status: active}}\n"

Check = Callable[..., dict[str, Any]]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Run the action, with the variables of -e, of the play and of an inventory."""
    monkeypatch.chdir(tmp_path)

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


def test_the_result(check: Check, tmp_path: Path) -> None:
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


def test_nobody_can_answer_in_awx_or_is_asked_in_check_mode(check: Check) -> None:
    for more in ({"extra": {"awx_job_id": 1}}, {"check_mode": True}):
        assert check("watch_spend", **more)["can_ask"] is False


def test_variables_of_the_play_count_and_those_of_an_inventory_do_not(check: Check) -> None:
    message = "trunk: didww.voice.watch_spend has no such variable; it has except, fail_on_spend, report, share"
    assert check("watch_spend", play={"trunk": "x"})["msg"] == message
    assert check("watch_spend", extra={"trunk": "x"})["msg"] == message
    assert "msg" not in check("watch_spend", inventory={"trunk": "x"})


def test_a_misspelled_name_is_a_warning(check: Check) -> None:
    assert check("watch_spend", {"fail_on_spent": "x"})["warnings"] == [
        "didww.voice.watch_spend has no variable called fail_on_spent. Did you mean fail_on_spend?"
    ]


def test_the_report_says_that_the_run_has_not_finished(check: Check, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text("{}", encoding="utf-8")
    started = check("watch_spend", {"report": "r.json"})["started"]
    report = {"failed": True, "msg": "didww.voice.watch_spend has not finished", "at": started}
    assert json.loads(path.read_text(encoding="utf-8")) == report
    assert path.stat().st_mode & 0o777 == 0o644
    message = check("watch_spend", {"report": "r.json", "share": "x"}, check_mode=True)["msg"]
    assert json.loads(path.read_text(encoding="utf-8"))["msg"] == message


def test_the_list_in_a_file(check: Check, tmp_path: Path) -> None:
    (tmp_path / "t.yml").write_text("trunks: [{name: EU SBC, capacity_limit: 7}]\n", encoding="utf-8")
    found = check("audit", {"trunks_file": "t.yml", "trunks": "ignored"})
    assert found["variables"]["trunks"] == [{"name": "EU SBC", "capacity_limit": 7}]
    assert found["variables"]["trunks_file"] == str(tmp_path / "t.yml")
    assert (found["undo"], found["_ansible_no_log"]) == (False, False)


def test_an_undo_file(check: Check, tmp_path: Path) -> None:
    (tmp_path / "undo.yml").write_text(UNDO, encoding="utf-8")
    assert check("fleet", {"trunks_file": "undo.yml"})["undo"] is True
    found = check("unblock_trunk", {"blocked_file": "undo.yml"})
    assert found["variables"]["trunks"] == [{"id": UUID, "status": "active"}]
    # block_trunk adds to it.
    assert "msg" not in check("block_trunk", {"all": True, "blocked_file": "undo.yml"})
    assert "msg" not in check("block_trunk", {"all": True, "blocked_file": "new.yml"})
    (tmp_path / "other.yml").write_text("trunks: []\n", encoding="utf-8")
    for playbook in ("block_trunk", "unblock_trunk"):
        more = {"all": True} if playbook == "block_trunk" else {}
        message = check(playbook, {"blocked_file": "other.yml", **more})["msg"]
        assert message.startswith(f"blocked_file: {tmp_path}/other.yml was not written by block_trunk")


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


@pytest.mark.parametrize(
    ("lists", "hidden"),
    [
        ({"in_trunks": []}, True),
        ({"trunks": [{"name": "x", "configuration": {"auth_password": "s3cret"}}]}, True),
        ({"dids": [], "trunks": []}, False),
    ],
)
def test_lists_that_may_hold_a_password_are_not_printed(
    check: Check, tmp_path: Path, lists: dict[str, Any], hidden: bool
) -> None:
    (tmp_path / "t.yml").write_text(json.dumps(lists), encoding="utf-8")
    for given in ({"trunks_file": "t.yml"}, lists):
        found = check("fleet", given)
        assert found.get("_ansible_no_log", False) is hidden
        assert {name: found["variables"][name] for name in lists} == lists


@pytest.mark.parametrize(("path", "words"), [(".", "is a folder; "), ("no.yml", "does not exist; ")])
def test_a_file_that_is_none(check: Check, path: str, words: str) -> None:
    assert f"{words}expected a vars file with a list called trunks" in check("fleet", {"trunks_file": path})["msg"]


def test_templates_use_the_variables_of_the_file_and_those_of_the_command_line_win(
    check: Check, tmp_path: Path
) -> None:
    text = "a: 1\nb: 2\ntrunks: [{name: x, capacity_limit: '{{ a }}', rtp_timeout: '{{ b }}'}]\n"
    (tmp_path / "t.yml").write_text(text, encoding="utf-8")
    (trunk,) = check("fleet", {"trunks_file": "t.yml", "b": 3}, inventory={"a": 4})["variables"]["trunks"]
    assert (int(trunk["capacity_limit"]), int(trunk["rtp_timeout"])) == (1, 3)


def test_a_template_that_cannot_be_evaluated(check: Check, tmp_path: Path) -> None:
    (tmp_path / "vars.yml").write_text("share: '{{ nothing }}'\n", encoding="utf-8")
    message = check("watch_spend", inventory=load(DataLoader(), str(tmp_path / "vars.yml")))["msg"]
    assert message.startswith("share: a template cannot be evaluated: 'nothing' is undefined")


def test_the_trunks_in_a_credentials_file(check: Check, tmp_path: Path) -> None:
    file = credentials_file.load(str(tmp_path / "new.yml"), "https://x/v3")
    file.add(UUID, "EU SBC", {"username": "a", "password": "b"})
    given = {"all": True, "resume": True, "credentials_file": "new.yml"}
    assert check("rotate_credentials", given)["rotated"] == [UUID]
    assert check("rotate_credentials", {**given, "credentials_file": "no.yml"})["rotated"] == []
    (tmp_path / "new.yml").write_text("credentials: []\n", encoding="utf-8")
    assert check("rotate_credentials", given)["msg"].startswith(f"credentials_file: {tmp_path}/new.yml is another file")


# --- Plans ----------------------------------------------------------------------------------------


TOKEN = f"p1-{64 * '1'}"


def plan(api_url: str = "https://api.didww.com/v3", at: str = "2026-01-01T00:00:00+00:00") -> str:
    request = {"name": "{{ 7 * 7 }}", "id": UUID, "method": "PATCH", "token": TOKEN, "changes": []}
    return json.dumps({"didww_voice_plan": 1, "at": at, "api_url": api_url, "requests": [request]})


@pytest.fixture
def plans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a plan, one of another account, one from the future, and a list of trunks."""
    monkeypatch.delenv("DIDWW_API_URL", raising=False)
    (tmp_path / "plan.json").write_text(plan(), encoding="utf-8")
    (tmp_path / "other.json").write_text(plan("https://sandbox-api.didww.com/v3"), encoding="utf-8")
    (tmp_path / "future.json").write_text(plan(at="2226-01-01T00:00:00+00:00"), encoding="utf-8")
    (tmp_path / "trunks.yml").write_text("trunks: []\n", encoding="utf-8")


@pytest.mark.usefixtures("plans")
def test_a_plan_is_no_vars_file(check: Check) -> None:
    found = check("fleet", {"trunks": [], "plan": "plan.json"})
    assert found["approved"] == TOKEN
    assert found["plan"]["requests"][0]["name"] == "{{ 7 * 7 }}"
    assert check("audit", {"trunks": [], "plan": "plan.json"})["api_url"] == "https://api.didww.com/v3"


@pytest.mark.parametrize(("value", "approved"), [(..., None), ("", ""), (None, ""), (TOKEN, TOKEN)])
def test_what_is_approved(check: Check, value: Any, approved: Any) -> None:
    given = {} if value is ... else {"approved_plan": value}
    assert check("fleet", {"trunks": [], **given})["approved"] == approved
    # An empty value in an inventory is one too.
    assert check("fleet", {"trunks": []}, inventory=given)["approved"] == approved


@pytest.mark.usefixtures("plans")
@pytest.mark.parametrize(("playbook", "given", "words"), rows("variables", "approvals"))
def test_what_is_wrong_with_an_approval(check: Check, playbook: str, given: dict[str, Any], words: str) -> None:
    for check_mode in (True, False):
        message = check(playbook, {"trunks": [], **given}, check_mode=check_mode)["msg"]
        assert matches(words, message), message
