# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file that brings back what a fleet changes, and the fleet that applies it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine import undo_file
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK
from simulator.server import Simulator

from ...conftest import EXAMPLE, NOBODY, TWILIO, RunModule
from ...conftest import TRUNK as EU
from .conftest import changes

NEW = {
    "name": "New",
    "on_cli_mismatch_action": "reject_call",
    "authentication_method": {"type": "twilio", "twilio_account_sid": "AC" + 32 * "0"},
    "state": "present",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "undo.yml"


def entries(path: Path) -> list[dict[str, Any]]:
    _marker, undos = undo_file.parse({"trunks": VOICE_OUT_TRUNK}, path.read_text("utf-8"))
    return [entry.options for entry in undos["trunks"].entries]


def test_there_and_back(local_api: Simulator, run_fleet: RunModule, path: Path) -> None:
    before = [local_api.trunk(one) for one in (EU, EXAMPLE)]
    trunks = [
        {"name": "EU SBC", "capacity_limit": 60, "status": "blocked", "emergency_enable_all": True},
        {"id": EXAMPLE, "name": "Renamed", "rtp_ping": before[1]["attributes"]["rtp_ping"]},
        NEW,
    ]
    assert run_fleet(undo_file=str(path), trunks=trunks)["undo_file"] == str(path)
    document = yaml.safe_load(path.read_text("utf-8"))
    marker = document["didww_voice_undo"]
    assert marker.keys() == {"api_url", "api_version", "written_at", "written_by"}
    assert (marker["api_url"], marker["written_by"]) == (local_api.url, "didww.voice.voice_out_trunks 1.0.0")
    had = {"capacity_limit": 30, "status": "active", "emergency_enable_all": False}
    assert document["trunks"] == [
        {"id": EU, **had, "emergency_dids": before[0]["emergency_dids"]},
        {"id": EXAMPLE, "name": "Outbound trunk Name"},
        {"name": "New", "state": "absent"},
    ]
    back = run_fleet(trunks=document["trunks"], skip_invalid=True)
    assert back["summary"]["changed"] == 3
    assert [local_api.trunk(one) for one in (EU, EXAMPLE)] == before
    assert not any(stored["attributes"]["name"] == "New" for stored in local_api.trunks)
    assert "undo_file" not in back


def test_the_file_exists_before_the_first_change(
    local_api: Simulator, run_fleet: RunModule, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    existed = []
    update = jsonapi.Client.update

    def checked(*given: Any) -> Any:
        existed.append(path.exists())
        return update(*given)

    monkeypatch.setattr(jsonapi.Client, "update", checked)
    local_api.add_faults({"method": "PATCH", "status": 500, "times": 0})
    failed = run_fleet(undo_file=str(path), trunks=[{"id": EU, "rtp_ping": False}, {"id": TWILIO, "rtp_ping": True}])
    assert failed["summary"]["failed"] == 2
    assert failed["undo_file"] == str(path)
    assert existed == [True, True]
    assert [entry["id"] for entry in entries(path)] == [EU, TWILIO]


@pytest.mark.parametrize(
    "options",
    [
        {"check": True, "trunks": [{"id": EU, "capacity_limit": 60}]},
        {"audit": True, "trunks": [{"id": EU, "capacity_limit": 60}]},
        {"trunks": [{"id": EU, "capacity_limit": 30}]},
        {"trunks": [{"id": EU, "rtp_timeout": 5}]},
        {"trunks": [{"id": NOBODY, "state": "absent"}]},
        {"trunks": []},
    ],
    ids=str,
)
def test_no_file_without_a_change(run_fleet: RunModule, path: Path, options: dict[str, Any]) -> None:
    file = {"undo_file": str(path)}
    for more in ({"undo_add": False}, {"undo_add": False, **file}, {"undo_add": True, **file}):
        assert "undo_file" not in run_fleet(**more, **options)
        assert os.listdir(path.parent) == []


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("{tmp}/no/undo.yml", "is not accepted; expected a file in a folder that exists, which {tmp}/no does not"),
        ("{tmp}/file/undo.yml", "is not accepted; expected a file in a folder that exists, which {tmp}/file does not"),
        ("{tmp}", '"{tmp}" is not accepted; expected a file, and this is something else'),
        ("{tmp}/new/", '"{tmp}/new/" is not accepted; expected a file, and this is something else'),
        ("{tmp}/pipe", '"{tmp}/pipe" is not accepted; expected a file, and this is something else'),
        ("{tmp}/file", "{tmp}/file exists, and it may be the only way back from an earlier task: choose another name"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_sent(
    local_api: Simulator, run_fleet: RunModule, tmp_path: Path, check: bool, name: str, words: str
) -> None:
    (tmp_path / "file").write_text("here", "utf-8")
    os.mkfifo(tmp_path / "pipe")
    given, words = (text.replace("{tmp}", str(tmp_path)) for text in (name, words))
    result = run_fleet(check=check, undo_file=given, trunks=[{"id": EU, "capacity_limit": 60}])
    # A long path is shortened.
    assert result["msg"].startswith("undo_file: ")
    assert words.rpartition('" ')[2] in result["msg"]
    assert local_api.journal == []
    assert sorted(os.listdir(tmp_path)) == ["file", "pipe"]


def test_a_folder_that_may_not_be_written_to(
    local_api: Simulator, run_fleet: RunModule, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = os.access
    monkeypatch.setattr(os, "access", lambda place, mode: place != str(path.parent) and access(place, mode))
    result = run_fleet(check=True, undo_file=str(path), trunks=[{"id": EU, "capacity_limit": 60}])
    assert f"a file in a folder that may be written to, which {path.parent} may not" in result["msg"]
    assert local_api.journal == []


def test_nothing_is_changed_if_the_file_cannot_be_written(
    local_api: Simulator, run_fleet: RunModule, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_paths: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", fail)
    monkeypatch.setattr(os, "replace", fail)
    result = run_fleet(undo_file=str(path), trunks=[{"id": EU, "capacity_limit": 60}])
    assert result["failed"] is True
    assert result["msg"] == f"undo_file: {path} cannot be written: No space left on device, so nothing was changed"
    assert changes(local_api) == []


def test_a_link_to_the_file_stays_one(run_fleet: RunModule, path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.yml"
    link.symlink_to(path)
    for limit in (60, 90):
        done = run_fleet(undo_file=str(link), undo_add=True, trunks=[{"id": EU, "capacity_limit": limit}])
        assert done["undo_file"] == str(path)
    assert link.is_symlink()
    assert entries(path) == [{"id": EU, "capacity_limit": 30}]


def test_the_linkage_is_read_only_for_the_way_back(local_api: Simulator, run_fleet: RunModule, path: Path) -> None:
    trunks = [{"id": EU, "allow_any_did_as_cli": False}, {"id": TWILIO, "rtp_ping": False}]
    run_fleet(check=True, trunks=trunks)
    run_fleet(check=True, trunks=trunks[1:], undo_file=str(path))
    assert not any("include" in dict(entry["query"]) for entry in local_api.journal)
    run_fleet(check=True, trunks=trunks, undo_file=str(path))
    assert any(dict(entry["query"]).get("include") == "dids" for entry in local_api.journal)


# --- skip_invalid ---------------------------------------------------------------------------------


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_invalid_entries_are_left_out(local_api: Simulator, run_fleet: RunModule, check: bool) -> None:
    trunks: list[Any] = [
        {"id": EXAMPLE, "rtp_timeout": 5, "status": "paused"},
        {"id": EU, "capacity_limit": 60},
        7,
        {"id": NOBODY, "capacity_limit": 60},
        {"id": TWILIO, "authentication_method": {"type": "credentials_and_ip"}, "allowed_rtp_ips": None},
        {"name": "EU SBC", "capacity_limit": 7},
        {"name": "nobody", "state": "absent"},
    ]
    refused = run_fleet(check=check, trunks=trunks)
    assert refused["msg"].startswith("3 problems")
    assert local_api.journal == []
    result = run_fleet(check=check, trunks=trunks, skip_invalid=True)
    assert result["failed"] is True
    assert result["missing"] == [{"index": 3, "selector": "id", "value": NOBODY}]
    assert "unmanaged" not in result
    parsed, changed, number, missing, planned, twice, absent = result["trunks"]
    assert parsed["msg"].startswith("2 problems: (1) status: ")
    assert number["msg"] == "7 is not accepted; expected a dictionary of options"
    assert planned["msg"].startswith("authentication_method.allowed_sip_ips: required when")
    assert (planned["id"], planned["name"]) == (TWILIO, "Twilio London")
    assert f'refers to the same trunk as trunks[1], "EU SBC" ({EU})' in twice["msg"]
    for outcome in (parsed, number, planned, twice):
        assert (outcome["failed"], outcome["changed"], outcome["changes"], outcome["held"]) == (True, False, {}, {})
    for outcome in (missing, absent):
        assert (outcome["id"], outcome["changed"]) == ((NOBODY if outcome is missing else None), False)
        assert "failed" not in outcome
    assert changed["changes"] == {"capacity_limit": {"before": 30, "after": 60}}
    assert result["msg"].startswith(f"1 trunk changed, 4 failed: (1) trunks[0] ({EXAMPLE}): 2 problems")
    assert "trunks[2]: 7 is not accepted" in result["msg"]
    assert result["summary"].items() >= {"total": 7, "changed": 1, "unchanged": 2, "failed": 4}.items()
    assert [method for method, _data in changes(local_api)] == ([] if check else ["PATCH"])


def test_missing_trunks_do_not_fail_the_task_unless_all_are_missing(run_fleet: RunModule) -> None:
    nobody = [{"id": NOBODY, "rtp_ping": True}, {"name": "nobody", "rtp_ping": True}]
    some = run_fleet(trunks=[{"id": EU, "rtp_ping": True}, *nobody], skip_invalid=True)
    assert "failed" not in some
    assert [entry["index"] for entry in some["missing"]] == [1, 2]
    none = run_fleet(trunks=nobody, skip_invalid=True)
    assert f'2 failed: (1) trunks[0] ({NOBODY}): id: no trunk has the id "{NOBODY}"' in none["msg"]
    one = run_fleet(trunks=nobody[:1], skip_invalid=True)
    assert "1 failed" in one["msg"]
    assert "failed" not in run_fleet(trunks=[{"name": "nobody", "state": "absent"}], skip_invalid=True)
    assert "failed" not in run_fleet(trunks=[], skip_invalid=True)


def test_names_that_conflict(local_api: Simulator, run_fleet: RunModule) -> None:
    # The second cannot be renamed, so its name stays taken: the first is invalid too, but not the third.
    trunks = [
        {"id": EU, "name": "Twilio London", "rtp_ping": True},
        {"id": TWILIO, "name": "Free", "rtp_timeout": None, "authentication_method": {"type": "credentials_and_ip"}},
        {"id": EXAMPLE, "capacity_limit": 7},
    ]
    result = run_fleet(trunks=trunks, skip_invalid=True)
    first, second, third = result["trunks"]
    assert f"another trunk in this account, {TWILIO}, is already called" in first["msg"]
    assert second["failed"] is True
    assert third["changed"] is True
    # The trunk of the second entry has the name of the first now. The next run can rename the other one.
    trunks = [{"id": EU, "name": "Twilio London"}, {"id": TWILIO, "name": "Free"}]
    result = run_fleet(trunks=trunks, skip_invalid=True)
    assert "trunks[1]" in result["trunks"][0]["msg"]
    assert result["trunks"][1]["changed"] is True
    again = run_fleet(trunks=trunks, skip_invalid=True)
    assert "failed" not in again
    assert local_api.trunk(EU)["attributes"]["name"] == "Twilio London"


def test_messages_name_the_entries_by_their_place_in_the_list(run_fleet: RunModule) -> None:
    same = [{"id": EU, "name": "Same"}, {"id": TWILIO, "name": "Same"}]
    twice = [{"id": EXAMPLE, "external_reference_id": "crm-0001"}]
    gone = {"external_reference_id": "crm-0001", "state": "absent"}
    entries = run_fleet(skip_invalid=True, trunks=[{"id": "bad"}, *same, *twice, gone])["trunks"]
    assert [entry["failed"] for entry in entries if "failed" in entry] == [True] * 4
    assert ["trunks[2] (" in entries[1]["msg"], "trunks[1] (" in entries[2]["msg"]] == [True, True]
