# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""For each way to run tasks, run one job with the scenarios of all selected tests before the first of them.

The tests with scenarios are in the group `processes`, which pytest-xdist runs in one worker, so there is only one job
for each way, and one at a time.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .faults import SCENARIOS, WAYS, Way
from .job import Outcome, Stage


@pytest.fixture(params=list(WAYS))
def way(request: pytest.FixtureRequest) -> Way:
    """The way to run tasks."""
    return WAYS[request.param]


@pytest.fixture
def front_end(way: Way) -> str:
    """The front end that runs the tasks: modules in their own processes, or actions in Ansible's process."""
    return way.front_end


@pytest.fixture
def api_version(way: Way) -> str:
    """The version of the API."""
    return way.api_version


@pytest.fixture(scope="session")
def stages(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Way, Stage]]:
    """A stage for each way, not started."""
    parameters = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    chosen = {str(values["scenario"]) for values in parameters if "scenario" in values}
    stages = {}
    for way, scenarios in SCENARIOS.items():
        # Always include scenarios without a fault: their changes have diffs, which may leak secrets.
        selected = [scenario for scenario in scenarios if scenario.fault.harmless or str(scenario) in chosen]
        stages[way] = Stage(tmp_path_factory.mktemp("processes"), selected, way)
    try:
        yield stages
    finally:
        for stage in stages.values():
            stage.stop()


@pytest.fixture
def stage(stages: dict[Way, Stage], way: Way) -> Stage:
    """The APIs of the scenarios. Their job has run."""
    stage = stages[way]
    assert stage.outcomes
    return stage


@pytest.fixture
def outcomes(stage: Stage) -> dict[str, Outcome]:
    """The outcomes of all scenarios, by name."""
    return stage.outcomes
