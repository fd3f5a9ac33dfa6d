# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task can set again of a resource that was read, filters, and what a request and a diff show of it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine.connection import API_VERSIONS
from ansible_collections.didww.voice.plugins.module_utils._engine.diff import changed_lines, diff
from ansible_collections.didww.voice.plugins.module_utils._engine.item import Item, not_accepted, options, read
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import set_of
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import (
    Plan,
    Situation,
    chosen,
    create,
    decide,
    delete,
    parse,
)
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import MASK, filter_by

from ....conftest import matches
from .phones import PHONE, TEXT, id_of

ID, SALES, SUPPORT, RECEPTION = map(id_of, ("New", "Sales", "Support", "Reception"))
NAMES = {SALES: "Sales", SUPPORT: "Support", RECEPTION: "Reception"}


def phone(desk: str | None = RECEPTION, **attributes: Any) -> dict[str, Any]:
    """Return a phone as the API has it."""
    held = {"label": "New", "pin": "12#4", "volume": 6, "muted": True}
    account = {"type": "h323", "attributes": {"alias": "Door"}}
    groups = [{"type": "groups", "id": identifier} for identifier in (SUPPORT, SALES)]
    return {
        "id": ID,
        "attributes": {**held, "account_data": account, **attributes},
        "relationships": {"desk": {"data": desk and {"type": "desks", "id": desk}}, "groups": {"data": groups}},
    }


@pytest.mark.parametrize("version", API_VERSIONS)
def test_what_a_task_cannot_set_again(version: str) -> None:
    # An older version accepts it.
    assert not_accepted(read(PHONE, phone(pin="x"), version=version), version) == {}
    account = {"type": "h323", "attributes": {"alias": 5}}
    rejected = not_accepted(read(PHONE, phone(account_data=account, volume=12), version=version), version)
    assert list(rejected) == ["volume", "account.alias"]
    assert rejected["volume"].startswith("12 is not accepted; expected a whole number from 0 to ")


def test_what_a_task_sets_again() -> None:
    given = {"id": ID, "label": "New", "muted": True, "volume": 6, "account": {"type": "h323", "alias": "Door"}}
    links = {"desk": "Reception", "groups": ["Sales", "Support"]}
    assert options(read(PHONE, phone(), NAMES)) == {**given, **links}
    # The order of options is that of the declaration.
    assert list(options(read(PHONE, phone(in_all_groups=False), NAMES)))[-2:] == ["groups", "in_all_groups"]
    managed = {**given, "desk": None, "in_all_groups": True}
    assert options(read(PHONE, phone(None, in_all_groups=True), NAMES)) == managed
    assert options(read(PHONE, phone(), {SALES: "Sales"}), {"volume", "account.alias"}) == {
        "id": ID,
        "label": "New",
        "muted": True,
        "account": {"type": "h323"},
        "desk": RECEPTION,
        "groups": sorted([SALES, SUPPORT]),
    }


def test_a_new_one_has_no_id_and_what_a_rule_keeps_is_not_sent() -> None:
    with pytest.raises(InvalidOptions) as refused:
        create(parse(PHONE, {"id": ID, "state": "present"}))
    chooses = "DIDWW chooses the id of a new one: select it by label or serial"
    assert refused.value.messages() == [f"id: no phone has the id {ID}, and {chooses}"]
    task = {"label": "New", "state": "present", "muted": True, "volume": 9, "realm": None}
    task["account"] = {"type": "h323", "alias": "Door"}
    plan = create(parse(PHONE, task))
    assert (plan.method, plan.held, plan.warnings) == ("POST", {}, ())
    assert plan.document is not None
    assert "volume" not in {**plan.changes, **plan.document["attributes"]}
    del task["volume"]
    assert create(parse(PHONE, task)).document == plan.document
    task["account"] = {"type": "skype"}
    with pytest.raises(InvalidOptions) as refused:
        create(parse(PHONE, task))
    assert refused.value.messages() == ['account.type: "skype" is not accepted for a new phone; expected sip or h323']


def test_the_diffs_of_a_creation_and_of_a_deletion() -> None:
    lines = 'label: "New"\nmode: "desk"\n'
    headers = dict.fromkeys(("before_header", "after_header"), "phone New")
    new = parse(PHONE, {"label": "New", "mode": "desk", "state": "present"})
    assert diff(create(new)) == {**headers, "before": "", "after": lines}
    held = {"label": "New", "mode": "desk"}
    gone = delete(parse(PHONE, {"label": "New", "state": "absent"}), Item(PHONE, ID, held, {}))
    headers = {side: f"{title} ({ID})" for side, title in headers.items()}
    assert diff(gone) == {**headers, "before": lines, "after": ""}


NAMED = {"groups": {"Sales": [SALES], "Twice": [SALES, SUPPORT], "Gone": []}, "desks": {"New": [], "Lab": ["desk-id"]}}
NO_GROUP = "groups: no group in this account has the"
TAKEN = (
    'another phone in this account, other-id, is already called "Taken", and DIDWW rejects duplicate labels: choose...'
)


def planned(task: dict[str, Any], groups: list[str], **situation: Any) -> Plan:
    """Plan a task for a phone that is linked to these groups."""
    found = phone(ringtone_id=1)
    found["relationships"]["groups"]["data"] = [{"type": "groups", "id": group} for group in groups]
    return decide(parse(PHONE, {"id": ID, **task}), found, Situation(ids=NAMED, **situation))


@pytest.mark.parametrize(
    ("task", "situation", "pattern"),
    [
        ({"groups": [SUPPORT, SALES]}, {"missing": {"groups": {SALES, SUPPORT}}}, f"{NO_GROUP} id {SUPPORT}, {SALES}"),
        (
            {"desk": RECEPTION},
            {"missing": {"desks": [RECEPTION]}},
            f"desk: no desk in this account has the id {RECEPTION}",
        ),
        ({"groups": ["Twice"]}, {}, f"groups: 2 groups have the name Twice; list one by id: {SUPPORT}, {SALES}"),
        ({"groups": ["Gone", "Sals"]}, {}, f"{NO_GROUP} name Gone (this task deletes it, or renames it), Sals"),
        (
            {"label": "Taken"},
            {"holders": {("label", "Taken"): "other-id"}},
            f"label: {TAKEN}, or select that phone to change it",
        ),
        (
            {"label": "Lab"},
            {},
            'label: the desk desk-id is already called "Lab", and DIDWW rejects duplicate labels: choose another label',
        ),
        ({"volume": ""}, {}, "volume: an empty string is not accepted; write a value, or leave the option out"),
        ({"ringtone": 3}, {}, "ringtone: 3 is not accepted; expected one of bell, chime"),
        (
            {"account": {"type": "sip", "usr": "x"}},
            {},
            "unsupported options: account.usr (did you mean user?)...",
        ),
        (
            {"in_all_groups": True, "groups": ["Sales"]},
            {},
            "groups: groups cannot be listed while in_all_groups is true...",
        ),
    ],
)
def test_what_a_plan_rejects(task: dict[str, Any], situation: dict[str, Any], pattern: str) -> None:
    with pytest.raises(InvalidOptions) as refused:
        planned(task, [], **situation)
    (message,) = refused.value.messages()
    assert matches(pattern, message)


def test_what_a_plan_does_not_reject() -> None:
    # Of two groups with a name, the one that is linked.
    assert planned({"groups": ["Twice"]}, [SUPPORT]).document is None
    assert planned({"label": "New", "pin": None}, [], holders={("label", "New"): "other-id"}).changes.keys() == {"pin"}
    # The API ends the links.
    managed = planned({"in_all_groups": True, "groups": []}, [SALES])
    assert (managed.document or {}).get("relationships") is None
    assert managed.after.settings["groups"] == []


def test_what_the_api_chooses_for_a_new_one() -> None:
    task = {"label": "New", "state": "present"}
    silent = read(PHONE, phone())
    del silent.settings["volume"]
    chose = [chosen(parse(PHONE, task), answered) for answered in (None, silent, read(PHONE, phone()))]
    chooses = ["the task does not set volume, and DIDWW chooses it"]
    assert chose == [chooses, chooses, ["the task does not set volume, and DIDWW chose 6"]]
    assert chosen(parse(PHONE, {**task, "volume": 1}), None) == []


def test_a_filter() -> None:
    problems: list[Any] = []
    row = filter_by("label", set_of(TEXT))
    assert row.take(problems, ["b", "a", "b"]) == ["a", "b"]
    row.take(problems, [])
    row.take(problems, None)
    left_out = "leave the option out to not filter by it"
    assert problems == [
        ("label", f"an empty list is not accepted; list at least one value, or {left_out}"),
        ("label", f"null is not accepted; {left_out}"),
    ]


def test_a_request_without_secrets() -> None:
    sent = {"type": "sip", "attributes": {"auth_user": "u", "auth_password": "p", "other": 1}}
    shown = {"auth_user": "u", "auth_password": MASK, "other": 1}
    assert [PHONE.rows[name].secrets("12#4") for name in ("pin", "label")] == [{"12#4"}, set()]
    assert PHONE.rows["account"].sent_without_secrets(sent) == {"type": "sip", "attributes": shown}


def test_the_lines_of_a_change() -> None:
    changes: dict[str, dict[str, Any]] = {
        "label": {"before": "Old", "after": "New"},
        "groups": {"before": [SALES, SUPPORT], "after": [SUPPORT, "x"]},
        "account": {"before": {"type": "sip", "user": "u"}, "after": {"type": "h323"}},
        "codecs": {"before": ["opus: 1", "speex: 2"], "after": ["speex: 2", "opus: 1"]},
    }
    assert changed_lines(changes, NAMES) == [
        '-label: "Old"',
        '+label: "New"',
        f'-groups: "{SALES}"  # Sales',
        '+groups: "x"',
        '-account.type: "sip"',
        '-account.user: "u"',
        '+account.type: "h323"',
        '-codecs: "opus: 1"',
        '-codecs: "speex: 2"',
        '+codecs: "speex: 2"',
        '+codecs: "opus: 1"',
    ]
