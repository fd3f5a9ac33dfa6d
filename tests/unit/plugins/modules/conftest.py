# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of modules run with both front ends, and with each version of the API."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from simulator.server import Simulator

from ...conftest import API_VERSIONS, runner

# An inbound trunk and numbers of the local API.
FRANKFURT = "93000000-0000-4000-8000-000000000001"
NUMBER, OTHER = "37061498222", "37061498223"
PSTN = {"type": "pstn_configurations", "dst": "37061498299"}
# The password of inbound trunks in tasks: a setting that no result contains.
PASSWORD = "Pa55-w0rd-of-the-trunk"
# For sequences, which are slow. Other tests compare both.
one_front_end = pytest.mark.parametrize("front_end", ["action"])
# For what both refuse in the same way.
each_way = pytest.mark.parametrize(("front_end", "check"), [("module", True), ("action", False)], ids=["check", "run"])
Run = Callable[..., dict[str, Any]]


@pytest.fixture(params=["module", "action"])
def front_end(request: pytest.FixtureRequest) -> str:
    """The front end that runs the module."""
    return str(request.param)


@pytest.fixture(params=API_VERSIONS)
def api_version(request: pytest.FixtureRequest) -> str:
    """The version of the API: each test runs with every version."""
    return str(request.param)


@pytest.fixture
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send one request after the other: Hypothesis needs the same order each time."""
    monkeypatch.setattr(jsonapi, "CONNECTIONS", 1)


@pytest.fixture
def run(
    front_end: str, local_api: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run any module, by its name. No result contains the password."""

    def run(module: str, **options: Any) -> dict[str, Any]:
        result = runner(front_end, module, local_api, monkeypatch, capsys)(**options)
        assert PASSWORD not in json.dumps(result)
        return result

    return run


def changes(api: Simulator) -> list[tuple[str, Any]]:
    """Return the methods and the JSON:API resources of the requests that change something."""
    return [(entry["method"], (entry["body"] or {}).get("data")) for entry in api.journal if entry["method"] != "GET"]


def tokens(result: Any) -> list[str]:
    """Return the tokens of the requests that a result plans, in its order."""
    if isinstance(result, list):
        return [token for item in result for token in tokens(item)]
    if not isinstance(result, dict):
        return []
    own = [result["token"]] if isinstance(result.get("token"), str) else []
    return own + tokens(list(result.values()))


def put(api: Simulator, collection: str, record: str, has: dict[str, Any]) -> None:
    """Set members of a stored record. The attributes of `configuration` are merged into those that it has."""
    change = {name: value for name, value in has.items() if name != "configuration"}
    if "configuration" in has:
        known = api.record(collection, record)["attributes"]["configuration"]
        merged = {**known, "attributes": {**known["attributes"], **has["configuration"]}}
        change["attributes"] = {**has.get("attributes", {}), "configuration": merged}
    api.put_record(collection, record, change)
