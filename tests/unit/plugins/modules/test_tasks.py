# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole tasks of every module: those that are refused, with their messages, and those that are done, as predicted."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from simulator.server import Simulator

from ...conftest import API_VERSIONS, ROOT, methods
from .conftest import Run, changes, each_way, put

# The list of which a task of a module is an entry, and the member with what it changed.
LISTS = {"voice_out_trunk": "trunks", "voice_in_trunk": "trunks", "did": "dids"}
CONNECTION = ("api_url", "api_version", "api_key", "api_token_url", "api_retries", "ca_path")


def each(name: str) -> pytest.MarkDecorator:
    """Parametrize a test with `api_version` and `row`: the rows of a file in tests/cases."""
    rows = yaml.safe_load((ROOT / "tests" / "cases" / name).read_text(encoding="utf-8"))["rows"]
    for row in rows:
        row["says"] = [row["says"]] if isinstance(row.get("says"), str) else row.get("says", [])
    found = [(version, row) for row in rows for version in API_VERSIONS if row.get("version", version) == version]
    names = [f"{version}-{row.get('name') or row['says'][0]:.80}" for version, row in found]
    return pytest.mark.parametrize(("api_version", "row"), found, ids=names)


def prepare(api: Simulator, row: dict[str, Any]) -> None:
    """Set the account to what a row starts with."""
    api.reset()
    for collection, records in row.get("has", {}).items():
        for record, has in records.items():
            put(api, collection, record, has)
    api.add_faults(*row.get("faults", ()))


@each("refusals.yml")
@each_way
def test_a_task_is_refused_and_the_message_says_why(
    local_api: Simulator, run: Run, row: dict[str, Any], check: bool
) -> None:
    module, task = row.get("module", "voice_out_trunk"), row["task"]
    prepare(local_api, row)
    result = run(module, check=check, **task)
    assert result["failed"] is True
    assert result["msg"].startswith(row["says"][0])
    assert methods(local_api) == row.get("requests", [])
    results = [result]
    if module in LISTS and row.get("in_fleet") is not False:
        prepare(local_api, row)
        connection = {name: task[name] for name in CONNECTION if name in task}
        entry = {name: value for name, value in task.items() if name not in CONNECTION}
        results.append(run(f"{module}s", check=check, **{LISTS[module]: [entry]}, **connection))
        if "requests" not in row:
            assert local_api.journal == []
    for result in results:
        for words in row["says"] if result is results[0] else row.get("in_fleet", row["says"]):
            assert words in result["msg"]
        for words in row.get("hides", ()):
            assert words not in json.dumps(result)
    assert changes(local_api) == []


@each("tasks.yml")
def test_a_task_does_what_it_predicts_and_does_it_once(local_api: Simulator, run: Run, row: dict[str, Any]) -> None:
    module, task, sends = row.get("module", "voice_out_trunk"), row["task"], row.get("sends", [])
    key = "did" if module == "did" else "trunk"
    prepare(local_api, row)
    predicted = run(module, check=True, diff=True, **task)
    assert changes(local_api) == []
    prepare(local_api, row)
    done = run(module, diff=True, **task)
    sent = changes(local_api)
    assert [{part: data[part] for part in data if part not in ("id", "type")} for _method, data in sent] == sends
    assert methods(local_api) == row.get("requests", ["GET", *(method for method, _data in sent)])
    if "query" in row:
        query = dict(local_api.journal[0]["query"])
        assert {name: value for name, value in query.items() if name.startswith("filter")} == row["query"]
    assert done["changed"] is (sends != [])
    for member in ("changed", key, "changes", "diff", "warnings"):
        assert done[member] == predicted[member]
    assert done["warnings"] == row.get("warns", [])
    assert done["changes"] == row.get("changes", done["changes"])
    assert {name: done[key][name] for name in row.get("shows", {})} == row.get("shows", {})
    local_api.clear_faults()
    if row.get("again") is not False:
        again = run(module, diff=True, **task)
        assert (again["changed"], again["changes"], again[key]) == (False, {}, done[key])
    assert changes(local_api) == sent
