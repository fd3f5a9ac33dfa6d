# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The entries that bring back what plans change, after one task and after several."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine import plan as planning
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource
from ansible_collections.didww.voice.plugins.module_utils._engine.undo import Entry, Undo, to_read
from ansible_collections.didww.voice.plugins.module_utils._engine.variant import Variant
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK

from ....conftest import differences, rows
from .._resources.test_trunk import DIDS, ID, parse, read, resource
from .phones import ALIAS, DECLARED, PASSWORD, PHONE

LINKED = {"dids": DIDS[:1], "emergency_dids": DIDS[1:2]}


def add(undo: Undo, current: dict[str, Any] | None, given: dict[str, Any], version: str = "2026-04-16") -> Undo:
    """Plan a task for a trunk as the API returns it, or for a new one; add what undoes the plan."""
    desired = parse(given if current is None else {"id": ID, **given}, version)
    if current is None:
        plan = planning.create(desired)
    elif desired.state == "absent":
        plan = planning.delete(desired, read(current))
    else:
        plan = planning.plan(desired, read(current, {DIDS[0]: "37061498222"}))
    undo.add(desired, plan)
    return undo


def begun(current: dict[str, Any] | None, given: dict[str, Any], version: str = "2026-04-16") -> Undo:
    """Return what undoes a first task."""
    return add(Undo(VOICE_OUT_TRUNK), current, given, version)


def options(undo: Undo) -> list[dict[str, Any]]:
    return [entry.options for entry in undo.entries]


def comments(undo: Undo) -> list[str]:
    return [comment for entry in undo.entries for comment in entry.comments] + undo.notes


@pytest.mark.parametrize(("attributes", "given", "back"), rows("undo", "brought_back"))
def test_the_settings_that_change_are_brought_back(
    attributes: dict[str, Any], given: dict[str, Any], back: dict[str, Any]
) -> None:
    current = resource(LINKED, **attributes)
    undo = begun(current, given)
    assert options(undo) == [{"id": ID, **back}]
    assert undo.entries[0].comments[0] == "EU SBC"
    lost = ("default_did: DIDWW does not", "username and password: DIDWW generates")
    assert all(any(words in comment for words in lost) for comment in undo.entries[0].comments[1:])
    assert not (given.get("default_did") and undo.entries[0].comments[1:])
    # The way back is a task that the trunk accepts after the change.
    after = planning.plan(parse({"id": ID, **given}), read(current)).after
    desired = parse(options(undo)[0])
    back_again = planning.plan(desired, after).after.settings
    assert {name: back_again[name] for name in current["attributes"].keys() & back_again.keys()} == {
        name: value for name, value in read(current).settings.items() if name in current["attributes"]
    }


def test_nothing_changes() -> None:
    undo = begun(resource(), {"capacity_limit": 30})
    assert (undo.entries, undo.notes) == ([], [])


SURROGATE = ("2026-04-16", {"name": "\ud800"}, {"name": "New"}, None, "which YAML cannot hold")


@pytest.mark.parametrize(
    ("version", "attributes", "given", "back", "words"), [SURROGATE, *rows("undo", "not_brought_back")]
)
def test_what_is_not_brought_back_is_in_a_comment(
    version: str, attributes: dict[str, Any], given: dict[str, Any], back: dict[str, Any] | None, words: str
) -> None:
    current = resource({"dids": [], "emergency_dids": []}, **attributes)
    current["attributes"] = {name: value for name, value in current["attributes"].items() if value is not ...}
    undo = begun(current, given, version)
    assert options(undo) == ([{"id": ID, **back}] if back else [])
    assert any("Not brought back: " in comment and words in comment for comment in comments(undo))
    assert not {"u4k2m", "s3cr3t"} & {word for comment in comments(undo) for word in comment.split('"')}


def test_dids_are_listed_by_id_with_known_numbers() -> None:
    undo = begun(resource({"dids": DIDS[:2]}), {"dids": DIDS[2:]})
    assert options(undo) == [{"id": ID, "dids": DIDS[:2]}]
    assert undo.names == {DIDS[0]: "37061498222"}


def test_a_deleted_trunk_is_described() -> None:
    undo = begun(resource(LINKED), {"state": "absent"})
    assert undo.entries == []
    assert undo.notes[0] == f"Deleted: EU SBC ({ID}). No task brings it back. Its settings were:"
    assert "  capacity_limit: 30" in undo.notes
    assert f'  dids: ["{DIDS[0]}"]' in undo.notes
    assert "  and a SIP username and password, which DIDWW generated" in undo.notes
    count = len(undo.notes)
    # A second attempt to delete it.
    assert len(add(undo, resource(LINKED), {"state": "absent"}).notes) == count


def test_what_is_lost_shows_no_secret() -> None:
    account = {**PHONE.variants[0].types, "legacy": (ALIAS, PASSWORD)}
    rows = tuple(replace(row, types=account) if isinstance(row, Variant) else row for row in PHONE.settings)
    declared = Resource(**{**DECLARED, "settings": rows})
    held = {"type": "legacy", "attributes": {"alias": "Door", "auth_password": "pass-w0rd"}}
    stored = {"id": ID, "attributes": {"label": "New", "pin": "47#1", "realm": None, "account_data": held}}
    changed, deleted = Undo(declared), Undo(declared)
    task = planning.parse(declared, {"id": ID, "account": {"type": "h323", "alias": "Door"}})
    changed.add(task, planning.decide(task, stored, planning.Situation()))
    task = planning.parse(declared, {"id": ID, "state": "absent"})
    deleted.add(task, planning.decide(task, stored, planning.Situation()))
    for undo, words in ((changed, "only DIDWW staff can set this type"), (deleted, 'pin: "********"')):
        said = "\n".join(comments(undo))
        assert words in said
        assert '"password": "********"' in said
        assert not [secret for secret in ("pass-w0rd", "47#1") if secret in f"{said} {undo}"]


def test_what_a_task_must_read_to_be_undone() -> None:
    given: list[dict[str, Any]] = [
        {"id": ID, "rtp_ping": True},
        {"id": ID, "allow_any_did_as_cli": True, "dids": DIDS},
        {"id": ID, "emergency_enable_all": False},
        {"id": ID, "state": "absent"},
    ]
    wanted = to_read(map(parse, given))
    assert [desired.linkage for desired in wanted] == [(), ("dids",), ("emergency_dids",), ("dids", "emergency_dids")]
    assert wanted[1].settings["dids"] == DIDS


@pytest.mark.parametrize("tasks", rows("undo", "several"))
def test_what_several_tasks_add(tasks: list[dict[str, Any]]) -> None:
    undo = Undo(VOICE_OUT_TRUNK)
    for task in tasks:
        add(undo, None if task["has"] is None else resource(LINKED, **task["has"]), task["task"])
        assert options(undo) == task.get("back", options(undo))
        assert differences(comments(undo), task.get("says", comments(undo))) == []
        assert task.get("mentions", undo.notes) in (undo.notes, *undo.notes)


def test_names_that_are_no_text_and_ids_in_capitals_are_no_obstacle() -> None:
    undo = Undo(
        VOICE_OUT_TRUNK, [Entry({"id": ID.upper(), "rtp_ping": False}), Entry({"name": ["x"], "state": "absent"})]
    )
    add(undo, resource(name={"x": 1}), {"rtp_ping": False, "rtp_timeout": 60})
    assert options(undo)[0] == {"id": ID.upper(), "rtp_ping": False, "rtp_timeout": 30}
