# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random sequences of tasks, fleets, mistakes and changes by others, against the local API."""

from __future__ import annotations

from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import AUTHENTICATION
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from simulator.server import Simulator

from ... import strategies
from ...conftest import API_VERSIONS, CASES, NOBODY, RunModule, of_version, options_of
from ...strategies import FACTOR, NUMBERS, OTHERS, READ_ONLY, TRUNKS, examples
from .conftest import one_front_end

# The length of a sequence, without a reset; shorter if fewer examples are requested.
STEPS = int(200 * min(FACTOR, 1))
DIDS = st.lists(st.sampled_from(sorted(NUMBERS)), max_size=3, unique=True)
# Each of them makes any task invalid, whatever the state of the trunk, and in each version.
INVALID = [(case, refused["value"]) for case in CASES for refused in of_version(case, API_VERSIONS[-1])["refused"]]
MISTAKES = [{"id": "0f1d3c52"}, {"id": NOBODY}, {"colour": "green"}, *(options_of(*invalid) for invalid in INVALID)]


class Sequence(RuleBasedStateMachine):
    """The local API, its users, and changes by others."""

    api: Simulator
    run_module: RunModule
    run_fleet: RunModule
    run_info: RunModule
    longest = 0

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0
        self.api.reset()
        self.others = [self.api.trunk(other) for other in OTHERS]

    @rule(one=st.sampled_from(TRUNKS), data=st.data())
    def task(self, one: str, data: st.DataObject) -> None:
        """A task updates a trunk."""
        identifier, task = self.draw(one, data)
        self.keep(self.run_module, {one: task}, **identifier, **self.by_number(task, data))

    @rule(some=st.lists(st.sampled_from(TRUNKS), min_size=1, max_size=4, unique=True), data=st.data())
    def fleet(self, some: list[str], data: st.DataObject) -> None:
        """A task updates several trunks."""
        drawn = {one: self.draw(one, data) for one in some}
        entries = [{**identifier, **self.by_number(task, data)} for identifier, task in drawn.values()]
        self.keep(self.run_fleet, {one: task for one, (_identifier, task) in drawn.items()}, trunks=entries)

    @rule(one=st.sampled_from(TRUNKS), mistake=st.sampled_from(MISTAKES), data=st.data())
    def mistake(self, one: str, mistake: dict[str, Any], data: st.DataObject) -> None:
        """An invalid task changes nothing, and neither does a fleet with such an entry."""
        identifier, task = self.draw(one, data)
        wrong = {**identifier, **task, **mistake}
        other = next(trunk for trunk in TRUNKS if trunk != one)
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
        # DIDWW documents a URL or null: DIDWW API 3 (2026-04-16), "Update Outbound Trunk".
        state["attributes"]["callback_url"] = state["attributes"]["callback_url"] or None
        self.api.put_trunk(one, **state)

    @rule()
    def write_back(self) -> None:
        """The result of the info module can be written back without changes."""
        read = self.asked(self.run_info, False, include_dids=True)["trunks"]
        entries = [{name: value for name, value in found.items() if name not in READ_ONLY} for found in read]
        self.keep(self.run_fleet, {entry["id"]: {} for entry in entries}, trunks=entries)

    @invariant()
    def nobody_else_is_concerned(self) -> None:
        """The trunks of other accounts never change."""
        self.steps += 1
        type(self).longest = max(self.longest, self.steps)
        assert [self.api.trunk(other) for other in OTHERS] == self.others

    def draw(self, one: str, data: st.DataObject) -> tuple[dict[str, Any], dict[str, Any]]:
        """Draw the identifier with which a task selects a trunk, and the settings of the task."""
        current = self.api.trunk(one)
        task = data.draw(strategies.tasks(current, DIDS))
        if "name" in task and task["name"] != current["attributes"]["name"]:
            # DIDWW rejects duplicate names.
            task["name"] += one[-4:]
        identifiers = (
            {"id": one}
            if {"name", "external_reference_id"} & set(task)
            else {"id": one, "name": current["attributes"]["name"]}
        )
        by = data.draw(st.sampled_from(sorted(identifiers)))
        return {by: identifiers[by]}, task

    def by_number(self, task: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
        """Return the task with some of its DIDs listed by number."""
        return {
            name: [f"+{NUMBERS[did.lower()]}" if data.draw(st.booleans()) else did for did in value]
            if name in strategies.LINKAGE
            else value
            for name, value in task.items()
        }

    def keep(self, run: RunModule, tasks: dict[str, dict[str, Any]], **options: Any) -> None:
        """Run a module in check mode, for real, and again: it does what it predicted, once, and nothing else."""
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
        # Compare parts: pytest takes minutes to explain differences between whole results.
        assert done.get("msg") is None
        for key in ("changed", "trunk", "trunks", "changes", "diff", "api_version", "warnings"):
            assert done.get(key) == predicted.get(key)
        assert done["warnings"] == []
        trunks = done.get("trunks") or [{**done, "id": done["trunk"]["id"]}]
        assert sorted(self.patched()) == sorted(trunk["id"] for trunk in trunks if trunk["changed"])
        assert done["changed"] is any(trunk["changes"] for trunk in trunks)
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
        """Clear the journal and run a module. Its result must not contain a SIP password or a traceback."""
        self.api.clear_journal()
        result = run(check=check, diff=True, **options)
        assert "exception" not in result
        for trunk in self.stored().values():
            password = trunk["attributes"][AUTHENTICATION]["attributes"].get("password")
            assert not password or password not in repr(result)
        return result

    def stored(self) -> dict[str, dict[str, Any]]:
        """Return the trunks in the API, by id."""
        return {trunk: self.api.trunk(trunk) for trunk in TRUNKS}

    def patched(self) -> list[str]:
        """Return the ids of the trunks that were updated since the journal was cleared."""
        return [entry["path"].rpartition("/")[2] for entry in self.api.journal if entry["method"] == "PATCH"]


@one_front_end
def test_any_sequence(local_api: Simulator, run_module: RunModule, run_fleet: RunModule, run_info: RunModule) -> None:
    class Here(Sequence):
        api = local_api

    Here.run_module, Here.run_fleet, Here.run_info = map(staticmethod, (run_module, run_fleet, run_info))
    run_state_machine_as_test(Here, settings=settings(max_examples=examples(1), stateful_step_count=STEPS))
    assert Here.longest >= STEPS
