# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""For each way to run tasks, run one job with the scenarios of all selected tests before the first of them.

The tests with scenarios are in the group `processes`, which pytest-xdist runs in one worker, so there is only one job
for each way, and one at a time. Other tests run playbooks in an account of their own.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from simulator.server import Simulator

from .. import playbooks
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


# --- Playbooks ------------------------------------------------------------------------------------

KEY = "planted-key"
PAIR = {"username": "old-name", "password": "old-password"}
METHOD = {
    "type": "credentials_and_ip",
    "attributes": {"allowed_sip_ips": ["203.0.113.1/32"], "tech_prefix": "77#", **PAIR},
}
IDS = [f"c0000000-0000-4000-8000-{number:012}" for number in range(5)]
# It would write a file to the folder of the job.
HARMFUL = "{{ lookup('ansible.builtin.pipe', 'touch pwned') }}"
NAMES = ["Zero", HARMFUL, "Two", "Three", "Four"]
PASSWORD = "Pl4nted-pa55word"
AUTHENTICATING = {"auth_enabled": True, "auth_user": "u", "auth_password": PASSWORD}
IN_TRUNKS = {"Day": f"{93:08}-0000-4000-8000-000000000000", HARMFUL: f"{93:08}-0000-4000-8000-000000000001"}
NUMBERS = {"37061498222": "Day", "37061498223": HARMFUL}
SEED: dict[str, Any] = {
    "api_keys": [KEY],
    "in_trunks": [{"id": id_, "attributes": {"name": name}} for name, id_ in IN_TRUNKS.items()],
    "dids": [
        {"id": f"{94:08}-0000-4000-8000-0{number}", "number": number, "voice_in_trunk": IN_TRUNKS[name]}
        for number, name in NUMBERS.items()
    ],
    "trunks": [
        {"id": id_, "attributes": {"name": name, "threshold_amount": "100.0", "authentication_method": METHOD}}
        for id_, name in zip(IDS, NAMES, strict=True)
    ],
}


@pytest.fixture
def api() -> Iterator[Simulator]:
    """The local API with the accounts of the playbooks."""
    with Simulator(SEED, rate=0) as server:
        for id_ in IN_TRUNKS.values():
            has = server.record("in_trunks", id_)["attributes"]["configuration"]
            value = {**has, "attributes": {**has["attributes"], **AUTHENTICATING}}
            server.put_record("in_trunks", id_, {"attributes": {"configuration": value}})
        yield server


# Functions that start a playbook of the collection with extra variables, and that run it: see `start` and `run`.
Start = Callable[..., subprocess.Popen[str]]
Run = Callable[..., str]


@pytest.fixture
def start(api: Simulator, tmp_path: Path) -> Start:
    """Start a playbook with extra variables in the folder of the test, in its own process group. `url`: another API."""

    def start(playbook: str, *arguments: str, url: str = "", **variables: Any) -> subprocess.Popen[str]:
        name = playbook if playbook.endswith(".yml") else f"didww.voice.{playbook}"
        connection = {"DIDWW_API_URL": url or api.url, "DIDWW_API_KEY": KEY, "DIDWW_API_RETRIES": "0"}
        return playbooks.start(tmp_path, name, "-e", json.dumps(variables), *arguments, **connection)

    return start


@pytest.fixture
def run(start: Start, tmp_path: Path) -> Run:
    """Run a playbook to its end with this exit status; return its output in one line.

    Check that no name of a trunk ran a command, and that nothing shows the key.
    """

    def run(playbook: str, *arguments: str, status: int = 0, **variables: Any) -> str:
        output = playbooks.end(start(playbook, *arguments, **variables), status)
        assert list(tmp_path.rglob("pwned")) == []
        assert KEY not in output + "".join(path.read_text("utf-8") for path in tmp_path.glob("*.json"))
        return " ".join(output.split())

    return run
