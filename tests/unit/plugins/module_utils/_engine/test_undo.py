# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The entries that bring back what plans change, after one task and after several."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine import plan as planning
from ansible_collections.didww.voice.plugins.module_utils._engine.undo import Entry, Undo, to_read
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK

from ....conftest import rows
from .._resources.test_trunk import DIDS, ID, parse, read, resource

SID = "AC" + 32 * "0"
CREDENTIALS = {"type": "credentials_and_ip", "allowed_sip_ips": ["203.0.113.1/32"], "tech_prefix": None}
TWILIO = {"type": "twilio", "twilio_account_sid": SID}
NEW = {"on_cli_mismatch_action": "reject_call", "authentication_method": TWILIO}
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


def test_a_created_trunk_is_deleted() -> None:
    undo = begun(None, {"name": "New", "state": "present", **NEW})
    add(undo, None, {"external_reference_id": "r", "name": "Other", "state": "present", **NEW})
    assert options(undo) == [{"name": "New", "state": "absent"}, {"external_reference_id": "r", "state": "absent"}]
    assert "somebody else creates with this external_reference_id later" in comments(undo)[-1]


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


# --- Several tasks --------------------------------------------------------------------------------


def test_the_older_value_stays() -> None:
    undo = begun(resource(), {"capacity_limit": 60})
    add(undo, resource(capacity_limit=60), {"capacity_limit": 90, "rtp_ping": False})
    assert options(undo) == [{"id": ID, "capacity_limit": 30, "rtp_ping": True}]
    assert comments(undo) == ["EU SBC"]
    add(undo, resource(capacity_limit=90, rtp_ping=False, name="N"), {"capacity_limit": 30, "name": "M"})
    assert options(undo) == [{"id": ID, "capacity_limit": 30, "rtp_ping": True, "name": "N"}]


def test_a_comment_is_there_once() -> None:
    undo = Undo(VOICE_OUT_TRUNK)
    for _attempt in range(2):
        add(undo, resource(rtp_timeout=5), {"rtp_timeout": 60})
        assert len(undo.notes) == 1
    for _attempt in range(2):
        add(undo, resource(rtp_timeout=5), {"rtp_timeout": 60, "rtp_ping": False})
        assert len(undo.entries[0].comments) == 2


def test_a_flag_that_goes_on_again_links_the_dids() -> None:
    undo = add(
        Undo(VOICE_OUT_TRUNK), resource(LINKED, allow_any_did_as_cli=True), {"allow_any_did_as_cli": False, "dids": []}
    )
    add(undo, resource({"dids": []}), {"dids": DIDS})
    assert options(undo) == [{"id": ID, "allow_any_did_as_cli": True}]


def test_parts_of_the_authentication_method_are_merged() -> None:
    kind = "credentials_and_ip"
    undo = begun(resource(), {"authentication_method": {"type": kind, "tech_prefix": "7"}})
    had = {"type": kind, "attributes": {"allowed_sip_ips": ["203.0.113.1/32"], "tech_prefix": "7"}}
    new = {"type": kind, "allowed_sip_ips": ["::1"]}
    add(undo, resource(authentication_method=had), {"authentication_method": new})
    assert options(undo) == [{"id": ID, "authentication_method": CREDENTIALS}]
    had["attributes"] = {"allowed_sip_ips": ["::1/128"], "tech_prefix": "7"}
    add(undo, resource(authentication_method=had), {"authentication_method": TWILIO})
    assert options(undo) == [{"id": ID, "authentication_method": CREDENTIALS, "allowed_rtp_ips": None}]
    twilio = {"type": "twilio", "attributes": {"twilio_account_sid": SID}}
    new = {"type": "twilio", "twilio_account_sid": SID[:-1] + "1"}
    add(undo, resource(authentication_method=twilio), {"authentication_method": new})
    assert options(undo)[0]["authentication_method"] == CREDENTIALS


def test_a_method_that_cannot_come_back_whole_does_not_come_back() -> None:
    kind = "credentials_and_ip"
    had: dict[str, Any] = {"type": kind, "attributes": {"allowed_sip_ips": [], "tech_prefix": None}}
    new = {"type": kind, "tech_prefix": "7"}
    undo = begun(resource(authentication_method=had), {"authentication_method": new})
    assert options(undo)[0]["authentication_method"] == {"type": kind, "tech_prefix": None}
    had["attributes"]["tech_prefix"] = "7"
    add(undo, resource(authentication_method=had), {"authentication_method": TWILIO, "rtp_ping": False})
    assert "authentication_method" not in options(undo)[0]
    assert options(undo)[0]["rtp_ping"] is True


def test_a_created_trunk_is_deleted_whatever_happens_to_it() -> None:
    undo = begun(None, {"name": "EU SBC", "state": "present", **NEW})
    # Its id is known now: a trunk that takes its name is not deleted.
    add(undo, resource(), {"name": "New", "capacity_limit": 1})
    assert options(undo) == [{"id": ID, "state": "absent"}]
    add(undo, resource(name="New"), {"capacity_limit": 2})
    add(undo, resource(name="New"), {"state": "absent"})
    assert options(undo) == [{"id": ID, "state": "absent"}]
    assert undo.notes == []
    # Another one with its name.
    add(undo, None, {"name": "EU SBC", "state": "present", **NEW})
    assert options(undo) == [{"id": ID, "state": "absent"}, {"name": "EU SBC", "state": "absent"}]
    add(undo, None, {"name": "EU SBC", "state": "present", **NEW})
    assert len(undo.entries) == 2


@pytest.mark.parametrize("selector", ["name", "external_reference_id"])
def test_a_trunk_that_takes_the_name_of_a_created_one_is_not_deleted(selector: str) -> None:
    undo = begun(None, {"name": "N", selector: "gone", "state": "present", **NEW})
    add(undo, resource(), {selector: "gone"})
    assert [entry.options["id"] for entry in undo.entries] == [ID]
    assert not undo.entries[0].deletes
    assert f'Not deleted: the trunk that a task created with {selector} "gone"' in undo.notes[0]


@pytest.mark.parametrize(("selector", "had"), [("name", "EU SBC"), ("external_reference_id", "crm-0001")])
def test_a_created_trunk_with_a_name_that_another_one_gets_back_is_not_deleted(selector: str, had: str) -> None:
    undo = begun(resource(), {selector: "other"})
    add(undo, None, {"name": "N", selector: had, "state": "present", **NEW})
    assert options(undo) == [{"id": ID, selector: had}]
    assert "delete it first" in undo.notes[0]


def test_a_trunk_that_was_changed_and_deleted_is_described_as_at_first() -> None:
    undo = begun(resource(), {"capacity_limit": 60})
    add(undo, resource(capacity_limit=60), {"state": "absent"})
    assert "  capacity_limit: 30" in undo.notes
    # If the deletion fails, the entry is needed.
    assert options(undo) == [{"id": ID, "capacity_limit": 30}]


def test_names_that_are_no_text_and_ids_in_capitals_are_no_obstacle() -> None:
    undo = Undo(
        VOICE_OUT_TRUNK, [Entry({"id": ID.upper(), "rtp_ping": False}), Entry({"name": ["x"], "state": "absent"})]
    )
    add(undo, resource(name={"x": 1}), {"rtp_ping": False, "rtp_timeout": 60})
    assert options(undo)[0] == {"id": ID.upper(), "rtp_ping": False, "rtp_timeout": 30}
