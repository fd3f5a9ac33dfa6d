# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run one job with the scenarios of all selected tests before the first of them.

The tests in this folder are in the group `processes`, which pytest-xdist runs in one worker, so there is only one job.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .faults import SCENARIOS
from .job import Outcome, Stage


@pytest.fixture(scope="session", params=["module", "action"])
def front_end(request: pytest.FixtureRequest) -> str:
    """The front end that runs the tasks: modules in their own processes, or actions in Ansible's process."""
    return str(request.param)


@pytest.fixture(scope="session")
def stage(front_end: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The APIs of the scenarios, started."""
    parameters = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    chosen = {str(values["scenario"]) for values in parameters if "scenario" in values}
    # Always include scenarios without a fault: their changes have diffs, which may leak secrets.
    scenarios = [scenario for scenario in SCENARIOS if scenario.fault.harmless or str(scenario) in chosen]
    stage = Stage(tmp_path_factory.mktemp("processes"), scenarios, front_end == "action")
    stage.start()
    try:
        yield stage
    finally:
        stage.stop()


@pytest.fixture(scope="session")
def outcomes(stage: Stage) -> dict[str, Outcome]:
    """The outcomes of all scenarios, by name."""
    return stage.run()
