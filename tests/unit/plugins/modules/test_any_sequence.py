# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Any sequence of tasks, fleets, mistakes and changes by someone else, against the local API."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils import _jsonapi as jsonapi
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from simulator.server import Simulator, load_seed

from ... import strategies
from ...conftest import RunModule
from ...strategies import AUTHENTICATION, FACTOR, READ_ONLY, examples

# In one sequence, without a reset; fewer where fewer examples are asked for.
STEPS = int(200 * min(FACTOR, 1))
# Those of the first account: the others' are nobody's business.
TRUNKS = [each["id"] for each in load_seed()["trunks"] if "account" not in each]
OTHERS = [each["id"] for each in load_seed()["trunks"] if "account" in each]
NUMBERS = {each["id"]: each["number"] for each in load_seed()["dids"] if "account" not in each}
DIDS = st.lists(st.sampled_from(sorted(NUMBERS)), max_size=3, unique=True)
# One of them makes a task wrong, whatever else it says and whatever the trunk has.
MISTAKES: list[dict[str, Any]] = [
    {"id": "0f1d3c52"},
    {"id": "00000000-0000-4000-8000-000000000000"},
    {"name": None},
    {"rtp_timeout": 5},
    {"capacity_limit": "many"},
    {"status": "paused"},
    {"allowed_rtp_ips": []},
    {"allowed_rtp_ips": ["203.0.113.5/24"]},
    {"authentication_method": {"type": "none"}},
    {"authentication_method": {"type": "twilio", "tech_prefix": "1"}},
    {"dids": ["+1 555 0100"]},
    {"dids": [None]},
    {"callback_url": "example.com"},
    {"colour": "green"},
]


@pytest.fixture
def front_end() -> str:
    """Which front end runs the modules: one, since a sequence takes long and both are compared elsewhere."""
    return "action"


class Sequence(RuleBasedStateMachine):
    """The local API, and everybody who works with it."""

    api: Simulator
    run_module: RunModule
    run_fleet: RunModule
    run_info: RunModule
    longest = 0

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0
        self.api.reset()
        self.others = [self.api.trunk(each) for each in OTHERS]

    @rule(one=st.sampled_from(TRUNKS), data=st.data())
    def task(self, one: str, data: st.DataObject) -> None:
        """A trunk is kept as a task says."""
        identifier, task = self.draw(one, data)
        self.keep(self.run_module, {one: task}, **identifier, **self.by_number(task, data))

    @rule(some=st.lists(st.sampled_from(TRUNKS), min_size=1, max_size=4, unique=True), data=st.data())
    def fleet(self, some: list[str], data: st.DataObject) -> None:
        """Several trunks are."""
        drawn = {one: self.draw(one, data) for one in some}
        entries = [{**identifier, **self.by_number(task, data)} for identifier, task in drawn.values()]
        self.keep(self.run_fleet, {one: task for one, (_identifier, task) in drawn.items()}, trunks=entries)

    @rule(one=st.sampled_from(TRUNKS), mistake=st.sampled_from(MISTAKES), data=st.data())
    def mistake(self, one: str, mistake: dict[str, Any], data: st.DataObject) -> None:
        """A task that is wrong changes nothing, nor does a fleet with such an entry."""
        identifier, task = self.draw(one, data)
        wrong = {**identifier, **task, **mistake}
        other = next(each for each in TRUNKS if each != one)
        for run, options in (
            (self.run_module, wrong),
            (self.run_fleet, {"trunks": [{"id": other, "rtp_ping": True}, wrong, {"id": other, "rtp_ping": False}]}),
        ):
            before = self.stored()
            predicted, done = (self.asked(run, check, **options) for check in (True, False))
            assert predicted["failed"] is done["failed"] is True
            assert predicted["msg"] == done["msg"]
            assert self.stored() == before
            assert self.patched() == []

    @rule(one=st.sampled_from(TRUNKS), state=strategies.states(DIDS))
    def someone_else(self, one: str, state: dict[str, Any]) -> None:
        """Someone else changes a trunk, in the panel or with another tool."""
        state["attributes"]["name"] += one[-4:]
        # Plans take an empty one too, but the reference has a URL or null.
        state["attributes"]["callback_url"] = state["attributes"]["callback_url"] or None
        self.api.put_trunk(one, **state)

    @rule()
    def write_back(self) -> None:
        """What the info module returns can be written back, and changes nothing."""
        read = self.asked(self.run_info, False, include_dids=True)["trunks"]
        entries = [{name: value for name, value in each.items() if name not in READ_ONLY} for each in read]
        self.keep(self.run_fleet, {each["id"]: {} for each in entries}, trunks=entries)

    @invariant()
    def nobody_else_is_concerned(self) -> None:
        """Other accounts' trunks are as they were."""
        self.steps += 1
        type(self).longest = max(self.longest, self.steps)
        assert [self.api.trunk(each) for each in OTHERS] == self.others

    def draw(self, one: str, data: st.DataObject) -> tuple[dict[str, Any], dict[str, Any]]:
        """Draw which trunk a task means, in words that select it alone, and what it asks for."""
        current = self.api.trunk(one)
        task = data.draw(strategies.tasks(current, DIDS))
        if "name" in task and task["name"] != current["attributes"]["name"]:
            # Two trunks cannot have the same name: that is a refusal that check mode does not foresee.
            task["name"] += one[-4:]
        identifiers = (
            {"id": one}
            if {"name", "external_reference_id"} & set(task)
            else {
                "id": one,
                "name": current["attributes"]["name"],
            }
        )
        by = data.draw(st.sampled_from(sorted(identifiers)))
        return {by: identifiers[by]}, task

    def by_number(self, task: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
        """Return a task that names some of its DIDs by number."""
        return {
            name: [f"+{NUMBERS[each.lower()]}" if data.draw(st.booleans()) else each for each in value]
            if name in strategies.LINKAGE
            else value
            for name, value in task.items()
        }

    def keep(self, run: RunModule, tasks: dict[str, dict[str, Any]], **options: Any) -> None:
        """Run a module in check mode, for real, and again: it does what it said, once, and nothing else."""
        before = self.stored()
        predicted = self.asked(run, True, **options)
        assert self.patched() == []
        done = self.asked(run, False, **options)
        after = self.stored()
        if predicted.get("failed"):
            assert done["msg"] == predicted["msg"]
            assert self.patched() == []
            assert after == before
            return
        # Compared in parts: what pytest has to say of whole results takes minutes.
        assert done.get("msg") is None
        for key in ("changed", "trunk", "trunks", "changes", "diff", "api_version", "warnings"):
            assert done.get(key) == predicted.get(key)
        assert done["warnings"] == []
        trunks = done.get("trunks") or [{**done, "id": done["trunk"]["id"]}]
        assert sorted(self.patched()) == sorted(each["id"] for each in trunks if each["changed"])
        assert done["changed"] is any(each["changes"] for each in trunks)
        for one in TRUNKS:
            if one in tasks:
                assert strategies.strayed(before[one], after[one], tasks[one]) == set()
            else:
                assert after[one] == before[one]
        again = self.asked(run, False, **options)
        assert again["changed"] is False
        assert self.patched() == []
        assert self.stored() == after

    def asked(self, run: RunModule, check: bool, **options: Any) -> dict[str, Any]:
        """Run a module with a new journal; no SIP password is in its result, nor a traceback."""
        self.api.clear_journal()
        result = run(check=check, diff=True, **options)
        assert "exception" not in result
        for each in self.stored().values():
            password = each["attributes"][AUTHENTICATION]["attributes"].get("password")
            assert not password or password not in repr(result)
        return result

    def stored(self) -> dict[str, dict[str, Any]]:
        """Return what the API has, by id."""
        return {each: self.api.trunk(each) for each in TRUNKS}

    def patched(self) -> list[str]:
        """Return the ids of the trunks that were updated since the journal was new."""
        return [entry["path"].rpartition("/")[2] for entry in self.api.journal if entry["method"] == "PATCH"]


def test_any_sequence(
    local_api: Simulator,
    run_module: RunModule,
    run_fleet: RunModule,
    run_info: RunModule,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The local API of unit tests has no rate.
    monkeypatch.setattr(jsonapi.Pace, "wait", lambda self: None)

    class Here(Sequence):
        api = local_api

    Here.run_module, Here.run_fleet, Here.run_info = map(staticmethod, (run_module, run_fleet, run_info))
    run_state_machine_as_test(Here, settings=settings(max_examples=examples(2), stateful_step_count=STEPS))
    assert Here.longest >= STEPS
