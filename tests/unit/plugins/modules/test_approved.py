# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet that is bound to an approval sends what was approved, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.didww.voice.plugins.module_utils._engine import undo_file
from simulator.server import Simulator

from ...conftest import ANY_DID, TWILIO, RunModule, connection_to, table
from ...conftest import TRUNK as EU

NEW = table("sequences", "new")["out"]
DID = "6b1f4c0a-0000-4000-8000-000000000003"
ENTRIES: list[dict[str, Any]] = [
    {"id": EU, "capacity_limit": 60},
    {"name": "Twilio London", "rtp_ping": True},
    {"id": ANY_DID, "media_encryption_mode": "zrtp"},
    {"name": "Carrier interconnect"},
]


def tokens(result: dict[str, Any]) -> list[str]:
    return [entry["token"] for entry in result["trunks"] if "token" in entry]


def sent(api: Simulator) -> list[tuple[str, str]]:
    """Return the method and the id of each request that changes something, since the last call."""
    found = [(entry["method"], entry["path"][-36:]) for entry in api.journal if entry["method"] != "GET"]
    api.clear_journal()
    return sorted(found)


def move(api: Simulator, trunk: str = EU, **attributes: Any) -> None:
    """Change settings of a trunk, as somebody else would."""
    api.put_trunk(trunk, attributes=attributes)


def test_every_way_to_plan_gives_the_same_tokens(local_api: Simulator, run_fleet: RunModule) -> None:
    predicted = run_fleet(check=True, trunks=ENTRIES)
    audited = run_fleet(audit=True, trunks=ENTRIES)
    planned = tokens(predicted)
    assert len(set(planned)) == 3
    assert tokens(audited) == planned
    assert "token" not in predicted["trunks"][3]
    assert [entry["method"] for entry in predicted["trunks"][:3]] == ["PATCH"] * 3
    local_api.add_faults({"method": "PATCH", "status": 422, "times": 0})
    assert tokens(run_fleet(trunks=ENTRIES)) == planned
    local_api.clear_faults()
    assert tokens(run_fleet(trunks=ENTRIES)) == planned
    assert tokens(run_fleet(trunks=ENTRIES)) == []


@pytest.mark.parametrize("as_text", [False, True], ids=["list", "text"])
def test_what_was_approved_is_applied(local_api: Simulator, run_fleet: RunModule, as_text: bool) -> None:
    planned = tokens(run_fleet(check=True, trunks=ENTRIES))
    approved = ",".join(planned) if as_text else planned
    assert run_fleet(check=True, trunks=ENTRIES, approved=approved)["summary"]["changed"] == 3
    assert sent(local_api) == []
    assert run_fleet(trunks=ENTRIES, approved=approved)["summary"]["changed"] == 3
    assert sent(local_api) == [("PATCH", EU), ("PATCH", TWILIO), ("PATCH", ANY_DID)]
    again = run_fleet(trunks=ENTRIES, approved=approved)
    assert (again["changed"], sent(local_api)) == (False, [])


def test_a_named_setting_that_moves_stops_everything(local_api: Simulator, run_fleet: RunModule) -> None:
    approved = tokens(run_fleet(check=True, trunks=ENTRIES))
    move(local_api, capacity_limit=31)
    predicted, result = (run_fleet(check=check, trunks=ENTRIES, approved=approved) for check in (True, False))
    assert sent(local_api) == []
    assert predicted.pop("invocation", None) == result.pop("invocation", None)
    assert predicted == result
    assert (result["failed"], result["changed"]) == (True, False)
    words = "approved: nothing is sent, because 1 of 3 planned requests are not approved: trunks[0] (EU SBC). "
    assert result["msg"].startswith(words)
    # All entries are in the result, with what would be sent now.
    assert [entry["changed"] for entry in result["trunks"]] == [False] * 4
    assert [entry.get("failed", False) for entry in result["trunks"]] == [True, True, True, False]
    assert result["trunks"][0]["changes"] == {"capacity_limit": {"before": 31, "after": 60}}
    assert (result["trunks"][0]["msg"], result["trunks"][0]["unsettled"]) == ("not approved", False)
    assert result["trunks"][1]["msg"] == "approved, but not sent, because other requests are not approved"
    assert result["summary"].items() >= {"total": 4, "changed": 0, "unchanged": 1, "failed": 3}.items()
    # Its new token is in the result, for whoever approves it.
    assert run_fleet(trunks=ENTRIES, approved=tokens(result))["summary"]["changed"] == 3


@pytest.mark.parametrize("approved", [None, "", []])
def test_nothing_approves_nothing(local_api: Simulator, run_fleet: RunModule, approved: Any) -> None:
    for check in (True, False):
        result = run_fleet(check=check, trunks=ENTRIES, approved=approved)
        assert "3 of 3 planned requests are not approved" in result["msg"]
        assert len(tokens(result)) == 3
    assert sent(local_api) == []
    assert run_fleet(trunks=ENTRIES[3:], approved=approved)["changed"] is False
    assert run_fleet(trunks=[], approved=approved)["changed"] is False


def test_a_token_of_another_task_approves_nothing_here(local_api: Simulator, run_fleet: RunModule) -> None:
    other = tokens(run_fleet(check=True, trunks=[{"id": EU, "capacity_limit": 61}, {"id": TWILIO, "rtp_ping": True}]))
    result = run_fleet(trunks=ENTRIES, approved=other)
    assert "2 of 3 planned requests are not approved: trunks[0] (EU SBC), trunks[2] (Any DID)." in result["msg"]
    assert sent(local_api) == []


def test_a_creation_belongs_to_one_api_but_not_to_one_key(api_version: str, run_fleet: RunModule) -> None:
    approved = tokens(run_fleet(check=True, trunks=[NEW]))
    with Simulator(rate=0, version=api_version) as other:
        refused = run_fleet(trunks=[NEW], approved=approved, **connection_to(other))
        assert "1 of 1 planned requests are not approved: trunks[0] (New trunk)" in refused["msg"]
        assert sent(other) == []
    # So two accounts at one URL give one token to a creation.
    created = run_fleet(trunks=[NEW], approved=approved, api_key="no-features-key")
    assert created["summary"]["created"] == 1
    assert tokens(created) == approved


def test_an_update_after_a_lost_answer_belongs_to_the_creation(local_api: Simulator, run_fleet: RunModule) -> None:
    approved = tokens(run_fleet(check=True, trunks=[NEW]))
    local_api.add_faults({"method": "POST", "apply": True, "drop": "headers"})
    # The new trunk is not what was sent.
    local_api.add_faults({"method": "GET", "after": 1, "answer_attributes": {"capacity_limit": 3}})
    result = run_fleet(trunks=[NEW], approved=approved)
    assert [method for method, _id in sent(local_api)] == ["PATCH", "POST"]
    assert (result["summary"]["created"], tokens(result)) == (1, approved)
    assert run_fleet(trunks=[NEW], approved=[])["changed"] is False


def test_an_audit_plans_creations_without_counting_them(local_api: Simulator, run_fleet: RunModule) -> None:
    entries = [NEW, {"name": "Nobody"}, {"id": EU, "capacity_limit": 60}, {"name": "Gone", "state": "absent"}]
    audited = run_fleet(audit=True, trunks=entries, diff=True)
    assert [entry["changed"] for entry in audited["trunks"]] == [False, False, True, False]
    assert (audited["summary"]["changed"], audited["summary"]["created"], len(audited["diff"])) == (1, 0, 1)
    assert [entry["value"] for entry in audited["missing"]] == ["New trunk", "Nobody"]
    assert [entry.get("method") for entry in audited["trunks"]] == ["POST", None, "PATCH", None]
    assert audited["trunks"][0]["changes"]["capacity_limit"] == {"before": None, "after": 10}
    done = run_fleet(trunks=[entries[0], entries[2]], approved=tokens(audited))
    assert (done["summary"]["created"], done["summary"]["changed"]) == (1, 2)
    # With the state of the task, and an id: no task can create a trunk with an id.
    new = {name: value for name, value in NEW.items() if name != "state"} | {"name": "Another"}
    gone = {"id": "00000000-0000-4000-8000-000000000000"}
    audited = run_fleet(audit=True, state="present", trunks=[new, gone])
    assert (len(tokens(audited)), len(audited["missing"])) == (1, 2)
    # What is incomplete cannot be planned.
    assert "required to create a trunk" in run_fleet(audit=True, trunks=[{"name": "X", "state": "present"}])["msg"]


def test_a_held_change_is_no_part_of_a_request(local_api: Simulator, run_fleet: RunModule) -> None:
    move(local_api, status="blocked", threshold_reached=True)
    entries = [{"id": EU, "status": "active", "rtp_ping": False}]
    planned = run_fleet(check=True, trunks=entries)
    move(local_api, status="blocked", threshold_reached=False)
    # DIDWW no longer holds it, so the request is another one.
    refused = run_fleet(trunks=entries, approved=tokens(planned))
    assert refused["trunks"][0]["changes"].keys() == {"status", "rtp_ping"}
    assert sent(local_api) == []


def test_an_invalid_entry_that_is_left_out_needs_no_token(local_api: Simulator, run_fleet: RunModule) -> None:
    entries = [{"id": EU, "rtp_timeout": 5}, {"name": "Nobody"}, *ENTRIES[1:]]
    approved = tokens(run_fleet(check=True, trunks=entries, skip_invalid=True))
    assert len(approved) == 2
    done = run_fleet(trunks=entries, skip_invalid=True, approved=approved)
    assert (done["summary"]["changed"], done["summary"]["failed"]) == (2, 1)
    assert sent(local_api) == [("PATCH", TWILIO), ("PATCH", ANY_DID)]
    again = run_fleet(trunks=entries, skip_invalid=True, approved=[])
    assert (again["changed"], again["msg"].partition(":")[0]) == (False, "0 trunks changed, 1 failed")


# --- With a way back ------------------------------------------------------------------------------


def test_a_refused_fleet_writes_no_undo_file(local_api: Simulator, run_fleet: RunModule, tmp_path: Path) -> None:
    path = tmp_path / "undo.yml"
    result = run_fleet(trunks=ENTRIES, approved=[], undo_file=str(path))
    assert ("undo_file" in result, [*tmp_path.iterdir()]) == (False, [])
    assert run_fleet(trunks=ENTRIES, approved=tokens(result), undo_file=str(path))["summary"]["changed"] == 3
    # The way back can be planned and approved too.
    entries = yaml.safe_load(path.read_text("utf-8"))["trunks"]
    approved = tokens(run_fleet(audit=True, trunks=entries))
    assert run_fleet(trunks=entries, approved=approved, skip_invalid=True)["summary"]["changed"] == 3
    assert local_api.trunk(EU)["attributes"]["capacity_limit"] == 30


@pytest.mark.parametrize("moved", [{"capacity_limit": 31}, {"allowed_rtp_ips": ["192.0.2.9/32"]}])
def test_what_moves_after_the_undo_file_is_written_is_not_sent(
    local_api: Simulator, run_fleet: RunModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moved: dict[str, Any]
) -> None:
    """The run is bound to what was recorded."""
    method = {"type": "twilio", "twilio_account_sid": "AC" + 32 * "0"}
    entries = [{"id": EU, "capacity_limit": 60, "authentication_method": method}]
    path = tmp_path / "undo.yml"
    approved = tokens(run_fleet(check=True, trunks=entries))
    write: Callable[..., None] = undo_file.UndoFile.write

    def write_and_move(self: undo_file.UndoFile, api_version: str) -> None:
        write(self, api_version)
        move(local_api, **moved)

    monkeypatch.setattr(undo_file.UndoFile, "write", write_and_move)
    result = run_fleet(trunks=entries, approved=approved, undo_file=str(path))
    assert result["summary"]["changed"] == 1
    (body,) = [entry["body"]["data"]["attributes"] for entry in local_api.journal if entry["method"] == "PATCH"]
    assert body.keys() == {"capacity_limit", "authentication_method"}
    assert "capacity_limit: 30" in path.read_text("utf-8")
