# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One job with every scenario that the chosen tests are about, run before the first of them.

All tests of this folder are in the group `processes`: pytest-xdist runs a group on one worker, so there is one job.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .faults import SCENARIOS
from .job import Outcome, Stage


@pytest.fixture(scope="session", params=["module", "action"])
def front_end(request: pytest.FixtureRequest) -> str:
    """Which front end runs the tasks: modules in processes of their own, or actions in Ansible's."""
    return str(request.param)


@pytest.fixture(scope="session")
def stage(front_end: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The APIs of the scenarios, started."""
    parameters = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    chosen = {str(each["scenario"]) for each in parameters if "scenario" in each}
    # Those without a fault are always there: what changes has a diff, which may say too much.
    scenarios = [each for each in SCENARIOS if each.fault.harmless or str(each) in chosen]
    stage = Stage(tmp_path_factory.mktemp("processes"), scenarios, front_end == "action")
    stage.start()
    try:
        yield stage
    finally:
        stage.stop()


@pytest.fixture(scope="session")
def outcomes(stage: Stage) -> dict[str, Outcome]:
    """What came of each scenario, by its name."""
    return stage.run()
