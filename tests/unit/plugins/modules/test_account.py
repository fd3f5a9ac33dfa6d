# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole account in one task: lists that refer to each other are planned together before the first change."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from simulator.server import Simulator

from ...conftest import TRUNK
from .conftest import FRANKFURT, NIGHT, NUMBER, NUMBER_ID, OTHER, OTHER_ID, PSTN, RECEPTION, Run

NEW = {"name": "Vilnius", "state": "present", "configuration": PSTN}


@pytest.fixture
def run(run: Run) -> Run:
    """Run the module."""
    return functools.partial(run, "account")


def sent(api: Simulator) -> list[tuple[str, str]]:
    """Return the methods and the types of the requests that change something."""
    entries = [entry for entry in api.journal if entry["method"] != "GET"]
    return [(entry["method"], entry["path"].split("/")[2]) for entry in entries]


def target(api: Simulator, did: str = NUMBER_ID) -> Any:
    """Return the trunk that a stored number points to."""
    return api.record("dids", did)["voice_in_trunk"]


def test_a_number_points_to_a_trunk_that_the_same_task_creates(local_api: Simulator, run: Run) -> None:
    task = {
        "in_trunks": [NEW, {"name": "Frankfurt", "state": "absent"}],
        "dids": [{"number": NUMBER, "voice_in_trunk": "Vilnius"}],
        "trunks": [{"id": TRUNK, "capacity_limit": 7}],
    }
    predicted = run(check=True, diff=True, **task)
    assert sent(local_api) == []
    assert predicted["dids"]["dids"][0]["changes"]["voice_in_trunk"] == {"before": FRANKFURT, "after": "new: Vilnius"}
    done = run(diff=True, **task)
    assert sent(local_api) == [
        ("POST", "voice_in_trunks"),
        ("PATCH", "dids"),
        ("PATCH", "voice_out_trunks"),
        ("DELETE", "voice_in_trunks"),
    ]
    new = done["in_trunks"]["trunks"][0]["id"]
    assert (target(local_api), done["dids"]["dids"][0]["changes"]["voice_in_trunk"]["after"]) == (new, new)
    assert all(done[name]["changed"] for name in ("in_trunks", "dids", "trunks"))
    text = json.dumps(done["diff"]).replace(f" ({new})", "").replace(new, "new: Vilnius")
    assert text == json.dumps(predicted["diff"])
    again = run(**task)
    assert (again["changed"], len(sent(local_api))) == (False, 4)


def test_a_number_points_to_a_trunk_by_its_new_name(local_api: Simulator, run: Run) -> None:
    task = {
        "in_trunks": [{"id": RECEPTION, "name": "Front desk"}],
        "dids": [{"number": OTHER, "voice_in_trunk": "Front desk"}],
    }
    assert run(check=True, **task)["dids"]["summary"]["changed"] == 1
    assert run(**task)["changed"] is True
    assert target(local_api, OTHER_ID) == RECEPTION
    assert run(**task)["changed"] is False
    old = {**task, "in_trunks": [{"id": RECEPTION, "name": "Reception"}]}
    words = "dids[0] (37061498223): voice_in_trunk: no inbound trunk in this account has the name Front desk"
    assert words in run(**old)["msg"]


def test_a_trunk_that_a_number_would_still_point_to_is_not_deleted(local_api: Simulator, run: Run) -> None:
    gone = {"name": "Frankfurt", "state": "absent"}
    for dids in ([], [{"number": OTHER, "voice_in_trunk": FRANKFURT}]):
        message = run(in_trunks=[gone], dids=dids)["msg"]
        assert "in_trunks[0] (Frankfurt): state: the trunk Frankfurt is used by" in message
        assert NUMBER in message
    assert (
        "no inbound trunk in this account has the name Frankfurt (this task deletes it, or renames it)"
        in run(in_trunks=[gone], dids=[{"number": NUMBER, "voice_in_trunk": "Frankfurt"}])["msg"]
    )
    assert sent(local_api) == []
    assert run(in_trunks=[gone], dids=[{"number": NUMBER, "voice_in_trunk": None}])["changed"] is True
    assert sent(local_api) == [("PATCH", "dids"), ("DELETE", "voice_in_trunks")]


def test_every_problem_of_every_list_is_reported_and_nothing_is_sent(local_api: Simulator, run: Run) -> None:
    lists = {
        "in_trunks": [NEW, {"name": "Nobody", "weight": 1}],
        "dids": [{"number": "37061499999"}, {"number": NUMBER, "voice_in_trunk": "Vilnius"}],
    }
    assert "trunks[0] (" in run(**lists, trunks=[{"id": TRUNK, "rtp_timeout": 5}])["msg"]
    result = run(**lists, trunks=[{"name": "Nothing", "rtp_timeout": 60}])
    for words in ("in_trunks[1] (Nobody): name:", "dids[0] (37061499999): number:", "trunks[0] (Nothing): name:"):
        assert words in result["msg"]
    assert "voice_in_trunk" not in result["msg"]
    twice = run(in_trunks=[{"name": "Night"}, {"id": NIGHT}])["msg"]
    assert f"in_trunks[1] ({NIGHT}): id: refers to the same trunk as in_trunks[0]" in twice
    assert run()["msg"].startswith("in_trunks or dids or trunks: one of these lists is required")
    assert "in_trunks[0]: the value is not accepted" in run(in_trunks=[7])["msg"]
    assert sent(local_api) == []


def test_what_depends_on_a_creation_that_failed_is_not_sent(local_api: Simulator, run: Run) -> None:
    local_api.add_faults({"method": "POST", "status": 422, "body": {"errors": [{"title": "no"}]}})
    dids = [{"number": NUMBER, "voice_in_trunk": "Vilnius"}, {"number": OTHER, "description": "x"}]
    result = run(in_trunks=[NEW], dids=dids)
    assert result["failed"] is True
    assert result["dids"]["dids"][0]["msg"] == "not sent, because Vilnius could not be created"
    assert result["dids"]["dids"][1]["changed"] is True
    assert run(in_trunks=[NEW], dids=dids)["changed"] is True
    assert local_api.record("in_trunks", target(local_api))["attributes"]["name"] == "Vilnius"


def tokens(result: dict[str, Any]) -> list[str]:
    """Return the tokens of all lists."""
    lists = (result[name] for name in ("in_trunks", "dids", "trunks") if name in result)
    return [
        entry["token"] for one in lists for key in ("trunks", "dids") for entry in one.get(key, []) if "token" in entry
    ]


def test_the_same_approval_sends_what_is_left(local_api: Simulator, run: Run) -> None:
    task = {"in_trunks": [NEW], "dids": [{"number": NUMBER, "voice_in_trunk": "Vilnius"}]}
    approved = tokens(run(check=True, **task))
    assert len(approved) == 2
    refused = run(**task, approved=approved[:1])
    assert refused["msg"].startswith(
        "approved: nothing is sent, because 1 of 2 planned requests are not approved: dids[0]"
    )
    assert sent(local_api) == []
    local_api.add_faults({"method": "PATCH", "status": 422, "body": {"errors": [{"title": "no"}]}})
    assert run(**task, approved=approved)["failed"] is True
    assert run(**task, approved=approved)["changed"] is True
    assert [method for method, _type in sent(local_api)] == ["POST", "PATCH", "PATCH"]
    assert run(**task, approved=[])["changed"] is False


def test_an_audit_of_an_account(local_api: Simulator, run: Run) -> None:
    lists = {
        "in_trunks": [{"name": "Frankfurt"}, {"name": "Missing", "configuration": PSTN}],
        "dids": [{"number": NUMBER, "voice_in_trunk": "Missing"}, {"number": "37061499999"}],
    }
    result = run(audit=True, **lists)
    assert result["in_trunks"]["missing"] == [{"index": 1, "selector": "name", "value": "Missing"}]
    assert {one["name"] for one in result["in_trunks"]["unmanaged"]} == {"Reception", "Night"}
    assert result["dids"]["dids"][0]["changed"] is True
    assert result["dids"]["missing"] == [{"index": 1, "selector": "number", "value": "37061499999"}]
    assert sent(local_api) == []


def test_an_undo_file_links_what_could_not_be_deleted(local_api: Simulator, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "undo.yml"
    task = {
        "in_trunks": [{"name": "Frankfurt", "state": "absent"}],
        "dids": [{"number": NUMBER, "voice_in_trunk": "Reception", "description": "x"}],
    }
    local_api.add_faults({"method": "DELETE", "status": 422, "body": {"errors": [{"title": "no"}]}})
    assert run(**task, undo_file=str(path))["failed"] is True
    entry = {"id": NUMBER_ID, "description": None, "voice_in_trunk": FRANKFURT}
    assert yaml.safe_load(path.read_text("utf-8"))["dids"] == [entry]
    # Then it is deleted, and only the rest of the entry can be brought back.
    assert run(**task, undo_file=str(path), undo_add=True)["changed"] is True
    text = path.read_text("utf-8")
    assert f"Not brought back: voice_in_trunk: it was Frankfurt ({FRANKFURT}), which a task deleted" in text
    assert yaml.safe_load(text)["dids"] == [{"id": NUMBER_ID, "description": None}]


def test_an_undo_file_of_an_account(local_api: Simulator, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "undo.yml"
    before = {name: local_api.records(name) for name in ("in_trunks", "dids", "trunks")}
    task = {
        "in_trunks": [NEW, {"id": FRANKFURT, "weight": 5}],
        "dids": [{"number": NUMBER, "voice_in_trunk": "Vilnius"}],
        "trunks": [{"id": TRUNK, "capacity_limit": 7}],
    }
    assert run(**task, undo_file=str(path))["undo_file"] == str(path)
    assert "ansible-playbook didww.voice.fleet -e trunks_file=THIS_FILE --check --diff" in path.read_text("utf-8")
    undo = yaml.safe_load(path.read_text("utf-8"))
    assert list(undo) == ["didww_voice_undo", "in_trunks", "dids", "trunks"]
    # A second task adds to it.
    more = {"dids": [{"number": OTHER, "voice_in_trunk": "Vilnius"}]}
    assert run(**more, undo_file=str(path), undo_add=True)["changed"] is True
    undo = yaml.safe_load(path.read_text("utf-8"))
    undo.pop("didww_voice_undo")
    assert run(**undo)["changed"] is True
    assert {name: local_api.records(name) for name in before} == before


def test_what_cannot_be_undone_does_not_stop_the_rest(local_api: Simulator, run: Run, tmp_path: Path) -> None:
    """The numbers of a deleted trunk cannot go back to it, so the trunk that they moved to cannot be deleted."""
    path = tmp_path / "undo.yml"
    gone = {"name": "Frankfurt", "state": "absent"}
    dids = [{"number": NUMBER, "voice_in_trunk": "Vilnius"}, {"number": OTHER, "description": "x"}]
    run(in_trunks=[NEW, gone], dids=dids, trunks=[{"id": TRUNK, "capacity_limit": 7}], undo_file=str(path))
    text = path.read_text("utf-8")
    assert f"Not brought back: voice_in_trunk: it was Frankfurt ({FRANKFURT}), which a task deleted" in text
    undo = yaml.safe_load(text)
    del undo["didww_voice_undo"]
    assert "changed" not in run(**undo)
    for check in (True, False):
        result = run(**undo, skip_invalid=True, check=check)
        assert (result["failed"], result["changed"]) == (True, True)
        assert "in_trunks[0] (Vilnius): state: the trunk Vilnius is used by 1 number" in result["msg"]
        assert [result[name]["summary"]["changed"] for name in ("in_trunks", "dids", "trunks")] == [0, 1, 1]
    # A number that follows a trunk that cannot be created is left out with it.
    entry = {"name": "Kaunas", "state": "present", "configuration": {"type": "pstn_configurations"}}
    lists = {"in_trunks": [entry], "dids": [{"number": OTHER, "voice_in_trunk": "Kaunas"}]}
    message = run(**lists, skip_invalid=True)["msg"]
    assert "in_trunks[0] (Kaunas): " in message
    assert "no inbound trunk in this account has the name Kaunas" in message
