# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection options."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine import connection, task
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions
from simulator.server import Simulator

from ....conftest import RunModule, rows, table

SECRET = "planted-secret"


@pytest.mark.parametrize(
    ("option", "value", "accepted"),
    [
        ("ca_path", __file__, True),
        *((option, value, True) for option, values in table("kinds", "connections") for value in values),
        *((option, value, False) for option, values in table("kinds", "no_connections") for value in values),
    ],
)
def test_connection_options(option: str, value: Any, accepted: bool) -> None:
    problems = []
    try:
        task.Task(task.Work(dict, lambda *_given: {}, lambda _task: {}), {"api_key": "local-key", option: value})
    except InvalidOptions as error:
        problems = error.problems
    assert [problem.option for problem in problems] == ([] if accepted else [option])
    assert SECRET not in str(problems)


def test_every_connection_option_has_its_environment_variable(
    local_api: Simulator, run_module: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["API_KEY", "API_URL", "API_VERSION", "API_TOKEN_URL", "API_TIMEOUT", "API_RETRIES", "VALIDATE_CERTS"]
    names += ["CA_PATH", "MAX_REQUESTS_PER_SECOND"]
    assert [connection.variable(row.name) for row in connection.CONNECTION] == [f"DIDWW_{name}" for name in names]
    # Options override the environment, which sets the options that are left out.
    monkeypatch.setenv("DIDWW_API_KEY", "unknown")
    monkeypatch.setenv("DIDWW_API_TIMEOUT", "0")
    words = "api_timeout: {} from the environment variable DIDWW_API_TIMEOUT is not accepted; expected seconds"
    assert words.format('"0"') in run_module(name="EU SBC")["msg"]
    monkeypatch.setenv("DIDWW_API_TIMEOUT", "10s")
    assert words.format('"10s"') in run_module(name="EU SBC")["msg"]
    monkeypatch.setenv("DIDWW_API_KEY", "two words")
    rejected = run_module(name="EU SBC", leave_out=["api_key"])
    assert "api_key: the value from the environment variable DIDWW_API_KEY is not accepted" in rejected["msg"]
    assert "two words" not in str(rejected)
    # AWX sets an empty variable for an empty field.
    monkeypatch.setenv("DIDWW_API_TIMEOUT", "")
    assert run_module(name="EU SBC")["changed"] is False
    monkeypatch.delenv("DIDWW_API_KEY")
    required = run_module(name="EU SBC", leave_out=["api_key"])["msg"]
    assert required == "api_key: required; set this option or the environment variable DIDWW_API_KEY"


def test_connection_options_reach_the_client(
    local_api: Simulator, run_module: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: dict[str, Any] = {}
    original = jsonapi.Client.__init__

    def init(self: jsonapi.Client, **options: Any) -> None:
        made.update(options)
        original(self, **options)

    monkeypatch.setattr(jsonapi.Client, "__init__", init)
    options: dict[str, Any] = {"name": "EU SBC", "api_url": f"{local_api.url}/", "api_timeout": 7, "api_retries": 3}
    run_module(**options)
    assert (made["timeout"], made["retries"], made["verify"]) == (7, 3, True)
    assert local_api.journal[0]["path"] == "/v3/voice_out_trunks"
    run_module(**options, ca_path=__file__)
    assert made["verify"] == __file__
    run_module(**options, ca_path=__file__, validate_certs=False)
    assert made["verify"] is False
    # False equals 0 in Python, but makes urllib3 raise at once.
    assert "api_retries: false is not accepted" in run_module(**{**options, "api_retries": False})["msg"]


@pytest.mark.parametrize("url", rows("kinds", "secret_urls"))
def test_a_password_in_a_url_is_never_shown(run_module: RunModule, url: str) -> None:
    # Before ansible-core 2.21, results include the invocation.
    result = run_module(name="EU SBC", api_url=url, api_key="planted-key")
    assert result["failed"] is True
    assert SECRET not in str(result)
    assert "planted-key" not in str(result)


@pytest.mark.parametrize("key", [{SECRET: None}, [f"{SECRET}'x\"\n"], True, None, [7.5]])
def test_a_key_that_is_not_text_is_never_shown(run_module: RunModule, key: Any) -> None:
    result = run_module(name="EU SBC", api_key=key)
    assert result["failed"] is True
    assert "api_key: " in result["msg"]
    assert SECRET not in str(result)


def test_the_argument_spec_of_the_connection() -> None:
    assert connection.connection_spec() == table("specs", "connection")
