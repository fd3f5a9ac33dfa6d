# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole tasks of every module: refused ones, with their messages, those that are done, as predicted, and sequences."""

from __future__ import annotations

import copy
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK
from simulator.server import Simulator, load_seed

from ...conftest import API_VERSIONS, UnsafeLoader, differences, methods, table
from .conftest import Run, changes, each_way, put, tokens

# The list of which a task of a module is an entry, and the member with what it changed.
LISTS = {"voice_out_trunk": "trunks", "voice_in_trunk": "trunks", "did": "dids"}
CONNECTION = ("api_url", "api_version", "api_key", "api_token_url", "api_retries", "ca_path")
# What `check` in a sequence means: whether the task is run in check mode, or in both ways, in this order.
WAYS = {True: (True,), False: (False,), "both": (True, False)}
# What a step of a sequence can have, and what it returns if it fails.
STEP = {"module", "has", "faults", "task", "applies", "approves", "check", "returns", "diff", "warns", "hides"}
STEP |= {"requests", "order", "sends", "queries", "stored", "files"}
FAILURE = {"failed", "msg", "status", "errors"}


def each(file: str, alternate: bool = False) -> pytest.MarkDecorator:
    """Parametrize a test with `api_version` and `row`: the rows of a file in tests/cases, with EACH of their values.

    `alternate`: with `front_end` too, so that each row uses another one in the other version.
    """
    rows = [{**row, "EACH": value} for row in table(file, "rows") for value in row.get("each", [""])]
    for row in rows:
        row["says"] = [row["says"]] if isinstance(row.get("says"), str) else row.get("says", [])
    found = [(version, row) for row in rows for version in API_VERSIONS if row.get("version", version) == version]
    names = [f"{version}-{row.get('name') or row['says'][0]:.80}-{row['EACH']}".rstrip("-") for version, row in found]
    if not alternate:
        return pytest.mark.parametrize(("api_version", "row"), found, ids=names)
    ways = zip(itertools.cycle(("module", "action")), found, strict=False)
    shown = [(front_end, *row) for front_end, row in ways]
    return pytest.mark.parametrize(("front_end", "api_version", "row"), shown, ids=names)


def filled(value: Any, names: dict[str, Any]) -> Any:
    """Return a part of a row with other texts, or other values, for those in `names`."""
    if isinstance(value, dict):
        return {name: filled(item, names) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(item, names) for item in value]
    if isinstance(value, str):
        if value in names:
            return names[value]
        for name, text in names.items():
            value = value.replace(name, str(text))
    return value


def prepare(api: Simulator, row: dict[str, Any], reset: bool = True) -> None:
    """Set the account, by default that of the seed, to what a row or a step starts with, and empty the journal."""
    if reset:
        api.reset()
    for collection, records in row.get("has", {}).items():
        for record, has in records.items():
            put(api, collection, record, has)
    api.clear_faults()
    api.add_faults(*row.get("faults", ()))
    api.clear_journal()


@each("refusals")
@each_way
def test_a_task_is_refused_and_the_message_says_why(
    front_end: str, local_api: Simulator, run: Run, logged: list[str], row: dict[str, Any], check: bool
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
            assert words not in f"{json.dumps(result)} {logged}"
    assert bool(logged) is (front_end == "module")
    assert changes(local_api) == []


@each("tasks")
def test_a_task_does_what_it_predicts_and_does_it_once(local_api: Simulator, run: Run, row: dict[str, Any]) -> None:
    module, task, sends = row.get("module", "voice_out_trunk"), row["task"], row.get("sends", [])
    key = "did" if module == "did" else "trunk"
    prepare(local_api, row)
    predicted = run(module, check=True, diff=True, **task)
    assert changes(local_api) == []
    prepare(local_api, row)
    done = run(module, diff=True, **task)
    sent = changes(local_api)
    parts = [{part: data[part] for part in data or () if part not in ("id", "type")} for _method, data in sent]
    assert parts == sends
    assert methods(local_api) == row.get("requests", ["GET", *(method for method, _data in sent)])
    if "query" in row:
        query = dict(local_api.journal[0]["query"])
        assert {name: value for name, value in query.items() if name.startswith("filter")} == row["query"]
    assert done["changed"] is (sends != [])
    for member in ("changed", "changes", "diff", "warnings"):
        assert done[member] == predicted[member]
    creates = methods(local_api)[-1] == "POST"
    if creates:
        # DIDWW chooses the id, and the settings that the task leaves out.
        assert (
            differences(done[key], {name: value for name, value in predicted[key].items() if value is not None}) == []
        )
    else:
        assert done[key] == predicted[key]
    assert done["warnings"] == row.get("warns", [])
    assert done["changes"] == row.get("changes", done["changes"])
    assert differences(done["diff"], row.get("diff", done["diff"])) == []
    assert differences(done[key], row.get("shows", done[key])) == []
    local_api.clear_faults()
    if row.get("again") is not False:
        again = run(module, diff=True, **task)
        assert (again["changed"], again["changes"]) == (False, {})
        # The answer to a creation has no linkage.
        assert again[key] == done[key] or (creates and differences(again[key], done[key]) == [])
    assert changes(local_api) == sent


@each("sequences", alternate=True)
@pytest.mark.usefixtures("clock")
def test_tasks_in_a_sequence(
    local_api: Simulator,
    run: Run,
    logged: list[str],
    row: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    for size in row.get("page_sizes", {}).items():
        monkeypatch.setitem(VOICE_OUT_TRUNK.page_sizes, *size)
    seed = load_seed()
    if "account" in row:
        request.addfinalizer(lambda: local_api.reset(seed))
        changed = copy.deepcopy(seed)
        changed["accounts"][0].update(row["account"])
        local_api.reset(changed)
    prepare(local_api, row)
    planned: list[str] = []
    for step in row["steps"]:
        assert step.keys() <= STEP
        step = filled(step, {"{tmp}": str(tmp_path), "{root}": local_api.url.removesuffix("/v3"), "EACH": row["EACH"]})
        task = {**step.get("task", {}), **(lists_of(step["applies"]) if "applies" in step else {})}
        if "approves" in step:
            task["approved"] = [planned[number] for number in step["approves"]]
        module = step.get("module", row.get("module", "voice_out_trunk"))
        prepare(local_api, step, reset=False)
        for check in WAYS[step.get("check", False)]:
            result = run(module, check=check, diff="diff" in step, **task)
            assert differences(result, step.get("returns", result)) == []
            assert "failed" not in result or FAILURE & step.get("returns", {}).keys(), result["msg"]
            assert differences(result.get("diff"), step.get("diff")) == []
            assert result.get("failed") or differences(result["warnings"], step.get("warns", [])) == []
            files = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir() if path.is_file()}
            for words in step.get("hides", ()):
                assert words not in f"{json.dumps(result)} {logged} {files}"
            assert not check or changes(local_api) == []
        planned = planned if "approves" in step else tokens(result)
        check_requests(local_api, step)
        stored = {name: {record["id"]: record for record in local_api.records(name)} for name in step.get("stored", ())}
        assert differences(stored, step.get("stored", {})) == []
        assert differences(files, step.get("files", files)) == []


def lists_of(path: str) -> dict[str, Any]:
    """Return the lists in an undo file."""
    undo: dict[str, Any] = yaml.load(Path(path).read_text("utf-8"), UnsafeLoader)  # noqa: S506 - a SafeLoader
    return {name: entries for name, entries in undo.items() if name != "didww_voice_undo"}


def check_requests(api: Simulator, step: dict[str, Any]) -> None:
    """Compare the requests with those of a step. The updates of a fleet are sent in any order."""
    assert methods(api) == step.get("requests", methods(api))
    order = [f"{entry['method']} {entry['path'].split('/')[2]}" for entry in api.journal if entry["method"] != "GET"]
    assert order == step.get("order", order)
    queries = [dict(entry["query"]) for entry in api.journal]
    assert differences(queries, step.get("queries", queries)) == []
    if "sends" in step:
        names = {name for data in step["sends"] for name in data}
        sent = [{name: data[name] for name in data or () if name in names} for _method, data in changes(api)]
        assert sorted(sent, key=repr) == sorted(step["sends"], key=repr)
