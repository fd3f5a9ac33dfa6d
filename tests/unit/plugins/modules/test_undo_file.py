# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file that brings back what a fleet changes, and the fleet that applies it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine import undo_file, vars_file
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK
from simulator.server import Simulator

from ...conftest import TRUNK as EU
from ...conftest import TWILIO, RunModule
from .conftest import changes, tokens


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "undo.yml"


def entries(path: Path) -> list[dict[str, Any]]:
    _marker, undos = undo_file.parse({"trunks": VOICE_OUT_TRUNK}, path.read_text("utf-8"))
    return [entry.options for entry in undos["trunks"].entries]


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


def test_two_tasks_at_once_add_to_a_file(run_fleet: RunModule, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has seen that there is no file, before the other writes it."""
    prepare = undo_file.prepare

    def block(trunk: str) -> int:
        given: dict[str, Any] = {
            "undo_file": str(path),
            "undo_add": True,
            "trunks": [{"id": trunk, "status": "blocked"}],
        }
        changed: int = run_fleet(**given)["summary"]["changed"]
        return changed

    def prepare_before_another_task(*given: Any) -> undo_file.UndoFile:
        file = prepare(*given)
        monkeypatch.setattr(undo_file, "prepare", prepare)
        assert block(TWILIO) == 1
        return file

    monkeypatch.setattr(undo_file, "prepare", prepare_before_another_task)
    assert block(EU) == 1
    assert [entry["id"] for entry in entries(path)] == [TWILIO, EU]


@pytest.mark.parametrize("moved", [{"capacity_limit": 31}, {"allowed_rtp_ips": ["192.0.2.9/32"]}])
def test_what_moves_after_the_undo_file_is_written_is_not_sent(
    local_api: Simulator, run_fleet: RunModule, path: Path, monkeypatch: pytest.MonkeyPatch, moved: dict[str, Any]
) -> None:
    """The run is bound to what was recorded."""
    method = {"type": "twilio", "twilio_account_sid": "AC" + 32 * "0"}
    trunks = [{"id": EU, "capacity_limit": 60, "authentication_method": method}]
    approved = tokens(run_fleet(check=True, trunks=trunks))
    write = vars_file.write

    def write_and_move(*file: Any, **options: Any) -> None:
        write(*file, **options)
        local_api.put_trunk(EU, attributes=moved)

    monkeypatch.setattr(vars_file, "write", write_and_move)
    result = run_fleet(trunks=trunks, approved=approved, undo_file=str(path))
    assert result["summary"]["changed"] == 1
    ((_method, sent),) = changes(local_api)
    assert sent["attributes"].keys() == {"capacity_limit", "authentication_method"}
    assert "capacity_limit: 30" in path.read_text("utf-8")
