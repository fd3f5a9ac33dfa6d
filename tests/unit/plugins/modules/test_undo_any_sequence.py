# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An undo file that fleets in a row add to brings the account back, but for what its comments list."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine import undo_file
from ansible_collections.didww.voice.plugins.module_utils._engine.item import read
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator.server import Simulator

from ... import strategies
from ...conftest import RunModule
from ...strategies import LINKAGE, NUMBERS, SECRETS, TRUNKS, examples
from .conftest import one_front_end

DID = st.sampled_from(sorted(NUMBERS))
DIDS = st.lists(DID, max_size=2, unique=True)
# Few names, so that trunks take names that others had.
NAMES = st.sampled_from(["Ann", "Bob", "Eve", "Zoë {{ 7*7 }}", "a\u2028#b\n- c"])
REFERENCES = st.sampled_from(["r1", "r2"])
FAULTS: list[dict[str, Any]] = [{"status": 500}, {"apply": True, "drop": "before"}, {"drop": "before"}]


@st.composite
def entries(draw: st.DrawFn, api: Simulator, number: int) -> dict[str, Any]:
    """Draw an entry that creates, deletes or changes a trunk, or several of these in a way."""
    # By name: the ids of new trunks are random.
    stored = {record["attributes"]["name"]: record for record in api.trunks if record["account"] == "local-key"}
    how = draw(st.sampled_from(["create", "delete", *["change"] * 4]))
    if how == "create":
        method = {"type": "twilio", "twilio_account_sid": f"AC{number:032}"}
        new = {"name": draw(NAMES), "on_cli_mismatch_action": "reject_call", "authentication_method": method}
        reference = draw(st.none() | REFERENCES)
        return {**new, **({"external_reference_id": reference} if reference else {}), "state": "present"}
    one = stored[draw(st.sampled_from(sorted(stored)))]
    if how == "delete":
        return {"id": one["id"], "state": "absent"}
    task = draw(strategies.tasks(one, DIDS))
    for name, values in (("name", NAMES), ("external_reference_id", REFERENCES)):
        if name in task or draw(st.booleans()):
            task[name] = draw(values)
    if draw(st.booleans()):
        task["on_cli_mismatch_action"] = draw(st.sampled_from(["reject_call", "replace_cli"]))
        if task["on_cli_mismatch_action"] == "replace_cli":
            task["default_did"] = draw(DID)
    return {"id": one["id"], "unblock": True, **task}


def state_of(api: Simulator) -> dict[str, dict[str, Any]]:
    """Return the settings of the account's trunks, by id."""
    found = {}
    for record in api.trunks:
        if record["account"] == "local-key":
            links = {name: {"data": [{"type": "dids", "id": did} for did in record[name]]} for name in LINKAGE}
            current = read(
                VOICE_OUT_TRUNK, {"id": record["id"], "attributes": record["attributes"], "relationships": links}
            )
            found[record["id"]] = {**current.settings, "default_did": record["default_did"]}
    return found


def lost(text: str, id_: str) -> set[str]:
    """Return the settings that an undo file says it does not bring back for a trunk."""
    _marker, undos = undo_file.parse({"trunks": VOICE_OUT_TRUNK}, text)
    undo = undos["trunks"]
    comments = [comment for entry in undo.entries if entry.options.get("id") == id_ for comment in entry.comments]
    comments += [note for note in undo.notes if f"({id_})" in note]
    return {match[1] for match in (re.search(r"Not brought back: ([a-z_]+)", comment) for comment in comments) if match}


@one_front_end
@pytest.mark.usefixtures("one_at_a_time")
@pytest.mark.parametrize("adds", [1, 4], ids=["one", "several"])
def test_the_account_is_as_at_first(local_api: Simulator, run_fleet: RunModule, tmp_path: Path, adds: int) -> None:
    path = tmp_path / "undo.yml"
    applied: list[str] = []

    @settings(max_examples=examples(25))
    @given(st.data())
    def check(data: st.DataObject) -> None:
        local_api.reset()
        path.unlink(missing_ok=True)
        for one in TRUNKS:
            # Otherwise the guard keeps them blocked.
            local_api.put_trunk(one, attributes={"threshold_reached": False})
        for one in TRUNKS[:3]:
            state = data.draw(strategies.states(DIDS))
            state["attributes"]["name"] += one[-4:]
            # DIDWW documents a URL or null: DIDWW API 3 (2026-04-16), "Update Outbound Trunk".
            state["attributes"]["callback_url"] = state["attributes"]["callback_url"] or None
            # DIDWW returns null for no prefix.
            method = state["attributes"]["authentication_method"]["attributes"]
            method.update({"tech_prefix": method["tech_prefix"] or None} if "tech_prefix" in method else {})
            local_api.put_trunk(one, **state)
        before = state_of(local_api)
        for number in range(adds):
            drawn = data.draw(st.lists(entries(local_api, number), min_size=1, max_size=3))
            if data.draw(st.integers(0, 3)) == 0:
                method = data.draw(st.sampled_from(["PATCH", "POST", "DELETE"]))
                local_api.add_faults({"method": method, **data.draw(st.sampled_from(FAULTS))})
            text = path.read_text("utf-8") if path.exists() else None
            result = run_fleet(trunks=drawn, undo_file=str(path), undo_add=True, skip_invalid=True)
            local_api.clear_faults()
            assert "exception" not in result
            if not any(change.get("changes") for change in result.get("trunks", ())):
                assert (path.read_text("utf-8") if path.exists() else None) == text
        if not path.exists():
            assert state_of(local_api) == before
            return
        text = path.read_text("utf-8")
        assert not any(secret in text for secret in (*SECRETS.values(), "local-key"))
        bring_back(local_api, run_fleet, text)
        compare(text, before, state_of(local_api))
        applied.append(text)

    check()
    assert len(applied) > examples(25) / 2


def bring_back(api: Simulator, run_fleet: RunModule, text: str) -> None:
    """Apply an undo file until it changes nothing. If names were swapped, rename a trunk by hand, as the guide says."""
    listed = [entry.options for entry in undo_file.parse({"trunks": VOICE_OUT_TRUNK}, text)[1]["trunks"].entries]
    for turn in range(12):
        result = run_fleet(trunks=listed, skip_invalid=True)
        failed = [outcome for outcome in result.get("trunks", ()) if outcome.get("failed")]
        if not result["changed"]:
            if not failed or all("no trunk has the id" in outcome["msg"] for outcome in failed):
                return
            assert all("rejects duplicate names" in outcome["msg"] for outcome in failed), result["msg"]
            held = failed[0]["msg"]
            holder = failed[0]["id"]
            named = re.search(r"another trunk in this account, (\S+), is already called", held)
            api.put_trunk(named[1] if named else holder, attributes={"name": f"temporary {turn}"})
    raise AssertionError(f"still changes something: {result}")


def compare(text: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Compare the account with the one before the tasks."""
    for id_, settings_before in before.items():
        if id_ not in after:
            assert f"({id_}). No task brings it back" in text
            continue
        exempt = lost(text, id_)
        for name, flag in strategies.FLAG_OF.items():
            if settings_before[flag] is True or flag in exempt:
                exempt.add(name)
        if "on_cli_mismatch_action" in exempt:
            exempt.add("default_did")
        differ = {name for name, value in settings_before.items() if after[id_].get(name) != value} - exempt
        assert differ == set(), (id_, {name: (settings_before[name], after[id_].get(name)) for name in differ}, text)
    created = after.keys() - before.keys()
    assert all("Not deleted: the trunk that a task created" in text for _id in created), (created, text)
