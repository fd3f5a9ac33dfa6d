# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action that runs the modules for the lists of a playbook."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible_collections.didww.voice.plugins.action import playbook_lists
from ansible_collections.didww.voice.plugins.plugin_utils import _action
from simulator.server import Simulator

from ...conftest import connection_to, plugin

VARIABLES: dict[str, Any] = {"state": "existing", "undo_file": None, "undo_add": False}
Do = Callable[..., dict[str, Any]]


class Task(SimpleNamespace):
    """A task."""

    def copy(self) -> Task:
        """Return another one."""
        return copy.copy(self)


@pytest.fixture
def do(local_api: Simulator, monkeypatch: pytest.MonkeyPatch) -> Do:
    """Run the action for a playbook with these variables."""
    for name, value in {**connection_to(local_api), "api_retries": 0}.items():
        monkeypatch.setenv(f"DIDWW_{name.upper()}", str(value))
    monkeypatch.setattr(_action, "_CLIENTS", {})

    def load(name: str, task: Any, **parts: Any) -> Any:
        action = plugin("action", name.removeprefix("didww.voice.")).ActionModule
        return action(task, *(parts[part] for part in ("connection", "play_context", "loader", "templar")), None)

    def run(work: str, approved: str | None = None, undo: bool = False, **variables: Any) -> dict[str, Any]:
        given = {"variables": {**VARIABLES, **variables}, "approved": approved, "undo": undo}
        task = Task(action="didww.voice.playbook_lists", args={"work": work, "given": given}, async_val=0, diff=False)
        task.check_mode, task.delegate_to, task.environment, task.timeout = work == "compare", None, [], 0
        connection = SimpleNamespace(transport="local", become=None, _shell=SimpleNamespace(tmpdir=None))
        templar = SimpleNamespace(template=lambda value: value)
        action = playbook_lists.ActionModule(task, connection, None, DataLoader(), templar, None)
        # ansible-core 2.19 and newer ignore the argument.
        get = {"get": lambda name, shared_loader_obj, **parts: load(name, **parts)}
        action._shared_loader_obj = SimpleNamespace(action_loader=SimpleNamespace(**get))
        return dict(action.run(None, {}))

    return run


def test_the_list_of_outbound_trunks_alone_has_the_result_of_its_module(do: Do) -> None:
    trunks = [{"name": "EU SBC", "capacity_limit": 60}]
    assert do("audit", trunks=trunks)["trunks"][0]["changes"] == {"capacity_limit": {"before": 30, "after": 60}}
    assert len(do("read", lists=["trunks"])["settings"]) == 7
    found = do("audit", trunks=trunks, dids=[], in_trunks=None)
    assert (found["trunks"]["summary"]["changed"], "in_trunks" in found) == (1, False)
    assert [*do("audit", dids=[{"number": "37061498222"}])["dids"]["dids"][0]["changes"]] == []


def test_the_variables_become_options(do: Do, tmp_path: Path) -> None:
    path = str(tmp_path / "undo.yml")
    lists = {"in_trunks": [{"name": "Night", "weight": 7}], "trunks": [{"name": "EU SBC", "rtp_timeout": 5}]}
    assert do("update", **lists)["msg"].startswith("trunks[0] (EU SBC): rtp_timeout: 5 is not accepted")
    assert "not approved" in do("update", approved="", undo=True, undo_file=path, **lists)["msg"]
    found = do("update", undo=True, undo_file=path, **lists)
    assert (found["failed"], found["in_trunks"]["changed"], found["undo_file"]) == (True, True, path)
    # The file has other lists than that, which the module of outbound trunks could not add to.
    more = do("update", undo_file=path, undo_add=True, trunks=[{"name": "EU SBC", "rtp_timeout": 60}])
    assert (more.get("msg"), more["undo_file"]) == (None, path)
    (tmp_path / "other.yml").write_text("[", "utf-8")
    other = {"undo_file": str(tmp_path / "other.yml"), "undo_add": True}
    assert "nothing can be added to" in do("update", trunks=[{"name": "EU SBC"}], **other)["msg"]
    assert do("update", state="absent", trunks=[{"name": "EU SBC"}])["summary"]["deleted"] == 1


def test_what_cannot_be_read_is_reported_by_list(do: Do, local_api: Simulator) -> None:
    local_api.add_faults({"path_contains": "/dids", "status": 401})
    found = do("read", lists=["in_trunks", "dids"])
    assert found["failed"] is True
    assert found["msg"].startswith("dids: ")
    assert "HTTP 401" in found["msg"]


def test_a_new_file_is_compared_with_the_account(do: Do, tmp_path: Path) -> None:
    path = tmp_path / "trunks.yml"
    given = {"trunks_file": str(path), "lists": ["in_trunks", "dids"]}
    path.write_text(json.dumps({"in_trunks": [{"name": "Night"}], "dids": []}), encoding="utf-8")
    assert do("compare", **given)["changed"] is False
    path.write_text(json.dumps({"in_trunks": [{"name": "Night", "weight": 7}], "dids": []}), encoding="utf-8")
    assert do("compare", **given)["msg"].endswith("write the file again. These inbound trunks differ: Night.")
    path.write_text("[]", encoding="utf-8")
    assert do("compare", **given)["msg"].startswith(f"trunks_file: {path} is a list")
