# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks: options that do not exist, and what a request says about its sender."""

from __future__ import annotations

import pytest
from ansible import __version__ as ansible_version
from ansible_collections.didww.voice.plugins.module_utils._engine import task
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions
from simulator.server import Simulator

from ....conftest import RunModule

SECRET = "planted-secret"


def test_an_option_that_does_not_exist_is_rejected_without_its_value() -> None:
    with pytest.raises(InvalidOptions) as error:
        task.Task(
            task.Work(lambda: {"name": {}}, lambda *_given: {}, lambda _task: {}),
            {"api_key": "local-key", "apikey": SECRET},
        )
    assert error.value.messages() == [
        "unsupported options: apikey (did you mean api_key?). Supported parameters include: api_key, api_retries, "
        "api_timeout, api_token_url, api_url, api_version, ca_path, max_requests_per_second, name, validate_certs."
    ]


def test_a_request_says_who_asks(local_api: Simulator, run_module: RunModule) -> None:
    run_module(name="EU SBC")
    headers = dict(local_api.journal[0]["headers"])
    assert headers["User-Agent"] == f"ansible-collection/didww.voice/{task.VERSION} ansible-core/{ansible_version}"
    assert headers["Api-Key"] == "local-key"
