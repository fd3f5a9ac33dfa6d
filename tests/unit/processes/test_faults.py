# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each fault in a real `ansible-playbook` run: message, resulting state, and recovery."""

from __future__ import annotations

import re

import pytest
from simulator.server import Simulator

from ..conftest import runner
from .faults import FLEET, INFO, KEY, ONE, STRUCK, TRUNKS, Scenario, each_scenario
from .job import CAPACITY, OPTIONS, PREFIX, Outcome, Stage

pytestmark = pytest.mark.xdist_group("processes")

UNSETTLED = "The request was sent and may have been applied: run the task again, which settles it."


def as_wanted(api: Simulator, trunk_id: str) -> bool:
    """Return whether a trunk has the settings of the tasks. Otherwise it must be unchanged, not half changed."""
    attributes = api.trunk(trunk_id)["attributes"]
    found = (attributes["capacity_limit"], attributes["authentication_method"]["attributes"]["tech_prefix"])
    assert found in ((CAPACITY, PREFIX), (30, None))
    return found == (CAPACITY, PREFIX)


@each_scenario
def test_the_result(scenario: Scenario, outcomes: dict[str, Outcome]) -> None:
    failed, result, output = outcomes[str(scenario)]
    assert failed is scenario.fails
    # If reading succeeds, the fault affects one trunk of the fleet.
    others = scenario.module == FLEET and scenario.method == "PATCH"
    assert result["changed"] is (scenario.module != INFO and (others or not failed))
    if failed:
        assert re.search(scenario.fault.says, result["msg"])
        unsettled = scenario.method == "PATCH" and not scenario.fault.settled
        assert result["msg"].endswith(UNSETTLED) is unsettled
        # The message is readable, not the repr of an exception.
        assert not re.search(r"\.\.|\('|\w+(Error|Read)\(|_ssl\.c", result["msg"])
    if others:
        assert [trunk["changed"] for trunk in result["trunks"]] == [True, not failed, True]
        assert result["summary"]["failed"] == failed
    assert "Traceback" not in f"{output} {result}"


@each_scenario
def test_the_state_and_the_next_run(
    scenario: Scenario,
    front_end: str,
    stage: Stage,
    outcomes: dict[str, Outcome],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert str(scenario) in outcomes
    api = stage.api(scenario)
    done = not scenario.fails or scenario.applied
    changes = {ONE: [STRUCK], FLEET: TRUNKS, INFO: []}[scenario.module]
    for trunk in TRUNKS:
        spared = trunk != STRUCK and scenario.method == "PATCH"
        assert as_wanted(api, trunk) is (trunk in changes and (done or spared))
    reads = [entry for entry in api.journal if entry["method"] == "GET"]
    updates = [entry for entry in api.journal if entry["method"] == "PATCH" and STRUCK in entry["path"]]
    struck = {"GET": reads, "PATCH": updates, "POST": api.mints}[scenario.method]
    assert len(struck) == (0 if scenario.fault.reach else scenario.requests)
    assert scenario.method == "PATCH" or not scenario.fails or not updates
    assert stage.elsewhere.journal == []

    run = runner(front_end, scenario.module, stage.heal(scenario), monkeypatch, capsys)
    settled, again = (run(api_key=KEY, **OPTIONS[scenario.module]) for _turn in range(2))
    assert "failed" not in settled
    assert settled["changed"] is (STRUCK in changes and not done)
    assert [as_wanted(api, trunk) for trunk in TRUNKS] == [trunk in changes for trunk in TRUNKS]
    assert "failed" not in again
    assert again["changed"] is False
