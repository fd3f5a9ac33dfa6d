# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options api_version and api_token_url, and what tasks do if another version answers."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine.change import update_one
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions
from ansible_collections.didww.voice.plugins.module_utils._engine.task import Task
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK
from ansible_collections.didww.voice.plugins.plugin_utils import _action
from simulator.api import Answer, Api, Request
from simulator.server import Simulator

from ...conftest import (
    API_VERSIONS,
    TRUNK,
    TWILIO,
    RunModule,
    connection_to,
    methods,
    only_2026_11_19,
    rows,
    run_action,
)
from .conftest import Run

Answering = Callable[["str | None"], None]


# --- Options ---


def connection(**options: Any) -> dict[str, Any]:
    return Task(update_one(VOICE_OUT_TRUNK), {"name": "EU SBC", "api_key": "local-key", **options}).connection


@pytest.mark.parametrize(("url", "token_url"), rows("kinds", "token_services"))
def test_the_token_service_belongs_to_the_url(url: dict[str, Any], token_url: str) -> None:
    assert connection(api_version="2026-11-19", **url)["api_token_url"] == token_url


@pytest.mark.parametrize("given", [{}, {"api_token_url": None}])
@pytest.mark.parametrize("url", ["https://gateway/v3", "https://api.didww.com.example.com/v3"])
def test_another_url_requires_a_token_service(url: str, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidOptions) as error:
        connection(api_version="2026-11-19", api_url=url, **given)
    assert error.value.messages() == [
        "api_token_url: required with api_version 2026-11-19 and an api_url other than those of production and the "
        "sandbox; set this option or the environment variable DIDWW_API_TOKEN_URL"
    ]
    assert connection(api_url=url, **given)["api_token_url"] is None


@only_2026_11_19
def test_yaml_makes_a_date_of_a_version(local_api: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules get text. An action plugin gets the date."""
    monkeypatch.setattr(_action, "_CLIENTS", {})
    options = {**connection_to(local_api), "api_version": datetime.date(2026, 11, 19), "name": "EU SBC"}
    assert run_action("voice_out_trunk", options)["api_version"] == "2026-11-19"


# --- Another version answers ---


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    """Let the local API answer as another version, or without a version."""
    handle = Api.handle

    def answer_as(version: str | None) -> None:
        def changed(self: Api, request: Request, commit: bool = True) -> Answer:
            answer = handle(self, request, commit)
            document = json.loads(answer.body or "{}")
            if "meta" not in document:
                return answer
            document["meta"].pop("api_version")
            document["meta"] |= {"api_version": version} if version else {}
            return replace(answer, body=json.dumps(document).encode())

        monkeypatch.setattr(Api, "handle", changed)

    return answer_as


# The module, options that change something, and options that change nothing.
TASKS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "one": ("voice_out_trunk", {"id": TRUNK, "capacity_limit": 7}, {"id": TRUNK, "capacity_limit": 30}),
    "delete": ("voice_out_trunk", {"name": "EU SBC", "state": "absent"}, {"name": "Nobody", "state": "absent"}),
    "fleet": (
        "voice_out_trunks",
        {"trunks": [{"id": TRUNK}, {"id": TWILIO, "status": "blocked"}]},
        {"trunks": [{"id": TRUNK}, {"id": TWILIO}]},
    ),
    "audit": ("voice_out_trunks", {}, {"trunks": [{"id": TRUNK, "capacity_limit": 7}], "audit": True}),
    "rotation": ("voice_out_trunk_credentials", {"id": TRUNK}, {"id": TRUNK, "replaces": "nothing"}),
    "read": ("voice_out_trunk_info", {}, {"name": "EU SBC"}),
}


@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("answered", ["2022-05-10", "the other one"])
def test_a_task_that_another_version_answers_changes_nothing(
    local_api: Simulator, api_version: str, run: Run, answering: Answering, check: bool, name: str, answered: str
) -> None:
    module, changing, reading = TASKS[name]
    fix = "this collection supports 2026-04-16 and 2026-11-19: update it, or change the account's version"
    if answered == "the other one":
        (answered,) = {*API_VERSIONS} - {api_version}
        fix = f"set api_version to {answered}"
    answering(answered)
    words = f"DIDWW answered with API version {answered}, but api_version is {api_version}"
    if changing:
        message = run(module, check=check, **changing)["msg"]
        why = "so nothing was changed: settings may differ between versions"
        assert message == f"api_version: {words}, {why}; {fix}"
        assert set(methods(local_api)) == {"GET"}
    result = run(module, check=check, **reading)
    assert result["warnings"] == [f"{words}: settings may be missing or have another meaning; {fix}"]
    assert "failed" not in result


def test_an_answer_without_a_version_counts_as_the_right_one(run_module: RunModule, answering: Answering) -> None:
    answering(None)
    result = run_module(id=TRUNK, capacity_limit=7)
    assert (result["changed"], result["warnings"], result["api_version"]) == (True, [], None)
