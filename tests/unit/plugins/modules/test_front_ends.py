# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both front ends return and send the same."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.plugin_utils import _action
from simulator.server import Simulator

from ...conftest import TRUNK, TWILIO, connection_to, run_action, runner

Compare = Callable[..., dict[str, Any]]


@pytest.fixture
def compare(local_api: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Compare:
    """Run a module with both front ends on the same account, compare the results, and return them."""

    def run(module: str, ready: Callable[[], object] = lambda: None, **options: Any) -> dict[str, Any]:
        results, sent = [], []
        for front_end in ("module", "action"):
            local_api.reset()
            ready()
            result = runner(front_end, module, local_api, monkeypatch, capsys)(**options)
            result.pop("invocation", None)
            result.pop("exception", None)
            results.append(result)
            # The updates of a fleet are sent in parallel, and each has its own token.
            journal = sorted(local_api.journal, key=lambda entry: (entry["method"], entry["path"]))
            headers = [{**dict(entry["headers"]), "Authorization": None} for entry in journal]
            sent.append([{**e, "time": None, "headers": h} for e, h in zip(journal, headers, strict=True)])
        assert (results[0], sent[0]) == (results[1], sent[1])
        return results[0]

    return run


def test_fleets_and_info_are_the_same(local_api: Simulator, compare: Compare) -> None:
    other = f"id={TWILIO} status=blocked"
    trunks = [{"name": "EU SBC", "capacity_limit": "60"}, other, {"name": "Any DID", "dids": []}]
    assert compare("voice_out_trunks", diff=True, trunks=trunks)["summary"]["changed"] == 2
    assert compare("voice_out_trunks", trunks=[*trunks, {"name": "nobody"}, 5])["failed"] is True
    assert compare("voice_out_trunk_info", include_dids=True, include_credentials=True)["trunks"]
    fault: dict[str, Any] = {"method": "PATCH", "answer_attributes": {"capacity_limit": 30}}
    warned = compare("voice_out_trunk", lambda: local_api.add_faults(fault), name="EU SBC", capacity_limit=None)
    assert warned["warnings"] == ["DIDWW returned capacity_limit 30, but the task sets null"]
    fault = {"method": "PATCH", "apply": True, "drop": "before"}
    lost = compare("voice_out_trunk", lambda: local_api.add_faults(fault), name="EU SBC", rtp_timeout=60)
    assert "may have been applied" in lost["msg"]


def test_the_key_is_redacted_in_results(local_api: Simulator, compare: Compare) -> None:
    def name_it_after_the_key() -> None:
        local_api.put_trunk(TRUNK, attributes={"name": "has local-key in it", "external_reference_id": "local-key"})

    (found,) = compare("voice_out_trunk_info", name_it_after_the_key, id=TRUNK)["trunks"]
    assert found["name"] == "has ******** in it"
    assert found["external_reference_id"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


def test_the_items_of_a_loop_share_a_client(local_api: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_action, "_CLIENTS", {})
    made: list[Any] = []
    original = jsonapi.Client.__init__

    def init(self: jsonapi.Client, **options: Any) -> None:
        made.append(self)
        original(self, **options)

    monkeypatch.setattr(jsonapi.Client, "__init__", init)
    options = {**connection_to(local_api), "api_retries": 0, "id": TRUNK}
    for _item in range(jsonapi.CONNECTIONS + 1):
        local_api.add_faults({"status": 503})
        assert run_action("voice_out_trunk", dict(options))["failed"] is True
    # The failures of earlier items must not keep later items from trying.
    assert run_action("voice_out_trunk", dict(options))["changed"] is False
    assert len(made) == 1
    run_action("voice_out_trunk", {**options, "api_timeout": 7})
    assert len(made) == 2


DELEGATED = {"ansible_delegated_vars": {"there": {"didww_in_process": False}}}
HERE: dict[str, dict[str, Any]] = {
    "an action on the controller": {},
    "its own Python": {"variables": {"ansible_python_interpreter": sys.executable}},
    "a Python that Ansible finds": {"variables": {"ansible_python_interpreter": "auto_silent"}},
    "turned on": {"variables": {"didww_in_process": "yes"}},
    "empty environments": {"environment": [{}, None]},
}
NOT_HERE: dict[str, dict[str, Any]] = {
    "another host": {"connection": {"transport": "ssh"}},
    "another user": {"connection": {"become": object()}},
    "in the background": {"async_val": 60},
    "an environment": {"environment": [{}, {"HTTPS_PROXY": "http://127.0.0.1:1"}]},
    "another Python": {"variables": {"ansible_python_interpreter": "/usr/bin/env"}},
    "a Python that is not there": {"variables": {"ansible_python_interpreter": "/nowhere/python3"}},
    "turned off": {"variables": {"didww_in_process": "false"}},
    "turned off where it is delegated to": {"delegate_to": "there", "variables": DELEGATED},
    "no requests": {"requests": "ImportError"},
    "macOS": {"platform": "darwin"},
}


@pytest.mark.parametrize("situation", [*HERE, *NOT_HERE])
def test_a_task_runs_in_process_if_the_result_is_the_same(monkeypatch: pytest.MonkeyPatch, situation: str) -> None:
    differs = dict({**HERE, **NOT_HERE}[situation])
    monkeypatch.setattr(NormalAction, "run", lambda self, tmp, task_vars: {"ran": "module"})
    monkeypatch.setattr(_action, "run_here", lambda *arguments: {"ran": "here"})
    monkeypatch.setattr(jsonapi, "REQUESTS_IMPORT_ERROR", differs.pop("requests", None))
    monkeypatch.setattr(sys, "platform", differs.pop("platform", "linux"))
    found = run_action("voice_out_trunk", {}, **differs)
    assert found["ran"] == ("here" if situation in HERE else "module")
