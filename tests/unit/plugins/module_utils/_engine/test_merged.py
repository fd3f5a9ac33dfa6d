# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A polymorphic attribute that the API merges, what tasks can never change, and what hinders a deletion."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine.connection import NEWEST
from ansible_collections.didww.voice.plugins.module_utils._engine.diff import diff
from ansible_collections.didww.voice.plugins.module_utils._engine.item import read
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import BOOL, code, list_of, matching, whole
from ansible_collections.didww.voice.plugins.module_utils._engine.link import Link
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import Plan, Situation, decide, parse
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource, Users
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import Draft, Setting
from ansible_collections.didww.voice.plugins.module_utils._engine.variant import Attributes, Variant

TEXT = matching(r"(?s).+", "a text")
COLOURS: dict[str | int, int] = {"red": 1, "green": 2, 404: 3}
LINE = (
    Setting("speed", whole(1, 9)),
    Setting("dimmed", BOOL),
    Setting(
        "colours",
        list_of(code(COLOURS)),
        attribute="colour_ids",
        tolerated=list_of(code(COLOURS, others=True)),
        empty="list one",
        required=True,
        versions={NEWEST: {"barred": "not known there", "required": False}},
    ),
)


def dimmed_lamps_are_slow(draft: Draft) -> None:
    """A lamp that is dimmed is slow, and its speed is sent with any change of the light."""
    light = Attributes(draft, "light", {"speed": 5})
    if not light.differ:
        return
    if light.turned("dimmed"):
        light.set("speed", 1)
        draft.warn("a dimmed lamp is slow")
    light.add("dimmed")
    if light.wanted.get("speed") == 9:
        light.reject("speed", "too fast")
        light.reject("speed", "much too fast")


LAMP = Resource(
    type="lamps",
    name="lamp",
    noun="lamp",
    called="lamp",
    identifiers=("id", "number", "label"),
    unique="label",
    settings=(
        Setting("label", TEXT, required=True),
        Setting("number", TEXT, fixed=True),
        Variant(
            "light",
            types={"line": LINE, "bulb": ()},
            settable_types=("line", "bulb"),
            accepted="line or bulb",
            merged=True,
            hidden={"line": ("ticket",)},
            hidden_with="dimmed",
            generated="the API generates it",
            revealed_as="tickets",
        ),
        Link("room", TEXT, nullable=True, type="rooms", noun="room", by="name", always_read=True, freed="carry it out"),
    ),
    facts=("made_at",),
    meta=("uses",),
    page_sizes={"lamps": 10, "rooms": 10, "switches": 10},
    users=Users("switches", "lamp", "label", "button", "Move them."),
    known_as="names",
    rules=(dimmed_lamps_are_slow,),
)
ID, ROOM = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"


def lamp(kind: str = "line", room: str | None = None, **attributes: Any) -> dict[str, Any]:
    """Return a lamp as the API has it."""
    light = {"type": kind, "attributes": {"speed": 5, "dimmed": False, "colour_ids": [1, 2], **attributes}}
    linked = {"type": "rooms", "id": room} if room else None
    return {
        "id": ID,
        "attributes": {"label": "Desk", "number": "7", "light": light},
        "relationships": {"room": {"data": linked}},
    }


def planned(task: dict[str, Any], found: dict[str, Any] | None, version: str = "2026-04-16", **situation: Any) -> Plan:
    """Plan a task."""
    return decide(parse(LAMP, task, version), found, Situation(**situation))


def problems_of(*arguments: Any, **situation: Any) -> list[str]:
    """Return the problems of a task."""
    with pytest.raises(InvalidOptions) as found:
        planned(*arguments, **situation)
    return found.value.messages()


def sent(task: dict[str, Any], found: dict[str, Any] | None, version: str = "2026-04-16") -> Any:
    """Return the attributes that a task sends."""
    return (planned(task, found, version).document or {}).get("attributes")


def test_only_what_differs_is_sent_and_what_goes_with_it() -> None:
    task = {"id": ID, "light": {"type": "line", "speed": 6}}
    assert sent(task, lamp()) == {"light": {"type": "line", "attributes": {"speed": 6, "dimmed": False}}}
    assert sent(task, lamp(speed=6)) is None
    dimmed = planned({"id": ID, "light": {"type": "line", "dimmed": True}}, lamp())
    assert dimmed.warnings == ("a dimmed lamp is slow",)
    assert dimmed.after.settings["light"] == {"type": "line", "speed": 1, "dimmed": True, "colours": ["red", "green"]}
    order = {"id": ID, "light": {"type": "line", "colours": ["green", "red"]}}
    assert sent(order, lamp()) == {"light": {"type": "line", "attributes": {"dimmed": False, "colour_ids": [2, 1]}}}
    assert problems_of({"id": ID, "light": {"type": "line", "speed": 9}}, lamp()) == ["light.speed: too fast"]


def test_only_what_differs_is_shown() -> None:
    plan = planned(
        {"id": ID, "light": {"type": "line", "speed": 6, "dimmed": False, "colours": ["green", "red"]}}, lamp()
    )
    sides = {"before": (5, ["red", "green"]), "after": (6, ["green", "red"])}
    shown = {side: {"type": "line", "speed": speed, "colours": held} for side, (speed, held) in sides.items()}
    assert plan.shown == {"light": shown}
    # The order of colours matters.
    colours = ['light.colours: "red"\n', 'light.colours: "green"\n']
    assert diff(plan) == {
        **dict.fromkeys(("before_header", "after_header"), f"lamp Desk ({ID})"),
        "before": f"# light: 1 unchanged\nlight.speed: 5\n{''.join(colours)}",
        "after": f"# light: 1 unchanged\nlight.speed: 6\n{''.join(reversed(colours))}",
    }
    # What the API should not have.
    twice = planned({"id": ID, "light": {"type": "line", "colours": [7]}}, lamp(colour_ids=[7, 7]))
    assert diff(twice)["before"].count("light.colours: 7") == 2


def test_the_type_stays() -> None:
    (problem,) = problems_of({"id": ID, "light": {"type": "bulb"}}, lamp())
    assert problem.startswith("light.type: cannot be changed: this lamp's type is line; create a lamp with type bulb")
    assert sent({"id": ID, "light": {"type": "neon"}}, lamp("neon")) is None
    (problem,) = problems_of({"id": ID, "light": {"type": "neon", "speed": 1}}, lamp("neon"))
    assert problem.startswith("light: this collection does not know the type neon, so it sets none of its attributes")
    unknown = lamp()
    del unknown["attributes"]["light"]
    assert "answer does not include the current one" in problems_of({"id": ID, "light": {"type": "line"}}, unknown)[0]


def test_a_new_one_has_what_the_task_sets() -> None:
    light = {"type": "line", "colours": [404, "red"]}
    task = {"label": "New", "number": "8", "state": "present", "light": light}
    assert sent(task, None)["light"] == {"type": "line", "attributes": {"colour_ids": [3, 1]}}
    assert planned({**task, "light": {**light, "dimmed": True}}, None).warnings == ("a dimmed lamp is slow",)
    task["light"] = {"type": "line", "speed": 3}
    assert problems_of(task, None) == ["light.colours: required to create a lamp with type line"]
    assert sent(task, None, NEWEST)["light"]["attributes"] == {"speed": 3}
    no_room = f"room: no room in this account has the id {ROOM}"
    asked = {"number": "8", "state": "present", "room": ROOM}
    assert problems_of(asked, None, missing={"rooms": [ROOM]}) == [no_room, "label: required to create a lamp"]
    task["light"] = {"type": "neon"}
    assert problems_of(task, None) == ['light.type: "neon" is not accepted for a new lamp; expected line or bulb']


@pytest.mark.parametrize(
    ("colours", "message"),
    [
        ([], "list one"),
        (["red", "red"], "light.colours: red is listed twice; list it once"),
        ([3], "3 is not accepted; expected one of red, green, 404; 3 is 404"),
        (["4"], "4 is not accepted; expected one of red, green, 404"),
        (["red", 7], "7 is not accepted; expected one of red, green, 404"),
    ],
)
def test_words_and_their_order(colours: list[Any], message: str) -> None:
    task = {"id": ID, "light": {"type": "line", "colours": colours}}
    assert message in problems_of(task, lamp())[0]
    given_back = {"id": ID, "light": {"type": "line", "colours": ["red", 7]}}
    assert sent(given_back, lamp(colour_ids=[1, 7])) is None
    moved = {"id": ID, "light": {"type": "line", "colours": [7, "red"]}}
    assert sent(moved, lamp(colour_ids=[1, 7]))["light"]["attributes"]["colour_ids"] == [7, 1]


def test_what_a_version_bars_is_neither_set_nor_read() -> None:
    for colours in (["red"], None):
        with pytest.raises(InvalidOptions) as refused:
            parse(LAMP, {"id": ID, "light": {"type": "line", "colours": colours}}, NEWEST)
        assert refused.value.messages() == ["light.colours: not known there"]
    plan = planned({"id": ID, "label": "New", "light": {"type": "line", "speed": 3}}, lamp(), NEWEST)
    assert plan.after.settings["light"] == {"type": "line", "speed": 3, "dimmed": False}
    assert "colours" not in read(LAMP, lamp(), version=NEWEST).settings["light"]
    assert "colours" in read(LAMP, lamp()).settings["light"]


def test_a_fixed_setting_is_compared_and_never_sent() -> None:
    assert sent({"id": ID, "number": "7"}, lamp()) is None
    (problem,) = problems_of({"id": ID, "number": "8"}, lamp())
    assert problem == 'number: cannot be changed: the lamp has "7", and the task says "8": correct it, or leave it out'


def test_what_hinders_a_deletion() -> None:
    task = {"id": ID, "state": "absent"}
    deleted = planned({**task, "label": "Desk"}, lamp())
    assert (deleted.method, deleted.exists) == ("DELETE", False)
    (problem,) = problems_of({**task, "label": "Lamp"}, lamp())
    assert problem.startswith(f'label: the lamp with the id "{ID}" has "Desk", but the task says "Lamp"')
    for count, nouns, more in ((1, "1 button,", "switch 00."), (2, "2 buttons,", "01."), (20, "20 buttons,", "19.")):
        few = {f"id-{number}": f"switch {number:02}" for number in range(count)}
        (problem,) = problems_of(task, lamp(), users={ID: few})
        assert f"is used by {nouns}" in problem
        assert problem.endswith(f"{more} Move them.")
    assert f'belongs to the room "{ROOM}"' in problems_of(task, lamp(room=ROOM))[0]
    switches = {f"id-{number}": f"switch {number:02}" for number in range(25)}
    used, belongs = problems_of(task, lamp(room=ROOM), users={ID: switches}, names={ROOM: "Kitchen"})
    assert used.startswith(
        "state: the lamp Desk is used by 25 buttons, and DIDWW does not delete it before they are moved"
    )
    assert "switch 00, switch 01" in used
    assert used.endswith("switch 19 and 5 more. Move them.")
    words = (
        'state: the lamp Desk belongs to the room "Kitchen", and DIDWW does not delete it before it has left it: carry'
    )
    assert belongs == f"{words} it out"
    left = planned({**task, "room": None}, lamp(room=ROOM)).document
    assert left == {"type": "lamps", "id": ID, "relationships": {"room": {"data": None}}}
    assert planned({**task, "room": None}, lamp()).document == {"type": "lamps", "id": ID}


@pytest.mark.parametrize(
    ("task", "identifier", "settings"), [({"id": ID}, ID, {}), ({"label": "Desk"}, None, {"label": "Desk"})]
)
def test_there_is_nothing_to_delete(task: dict[str, Any], identifier: str | None, settings: dict[str, Any]) -> None:
    plan = planned({**task, "state": "absent"}, None)
    assert (plan.method, plan.document, plan.changes, plan.exists) == ("PATCH", None, {}, False)
    assert (plan.after.id, plan.after.settings) == (identifier, settings)
    assert plan.after.facts == {"made_at": None, "uses": None}


def test_the_attributes_that_a_rule_sees() -> None:
    had, has = {"type": "line", "speed": 1, "dimmed": True}, {"type": "line", "speed": 2, "dimmed": False}
    draft = Draft("lamp", NEWEST, {}, {"light": {"speed": 2}}, {}, {"light": had}, {}, False, {"light": dict(has)})
    light = Attributes(draft, "light", {"colours": ["red"]})
    assert (light.type, light.differ, light.wanted, light.before, light.known) == ("line", True, {"speed": 2}, had, has)
    assert [light.turned(flag) for flag in ("dimmed", "speed", "lit")] == [False, None, None]
    light.set("speed", 3)
    assert (light.known["speed"], draft.after["light"]["speed"], draft.added) == (3, 3, {"light.speed"})
    new = Attributes(replace(draft, new=True, before={}), "light", {"colours": ["red"]})
    assert (new.known["colours"], new.before, new.turned("speed")) == (["red"], {}, True)
    same = Attributes(replace(draft, before=draft.after), "light", {})
    assert same.differ is False


@pytest.mark.parametrize(
    ("light", "generates"),
    [
        ({"type": "line", "dimmed": True}, True),
        ({"type": "line", "dimmed": False}, False),
        ({"type": "line"}, False),
        ({"type": "bulb", "dimmed": True}, False),
    ],
)
def test_hidden_attributes_that_depend_on_a_flag(light: dict[str, Any], generates: bool) -> None:
    assert LAMP.variants[0].generates(light) is generates


def test_what_every_reading_includes() -> None:
    assert parse(LAMP, {"id": ID}).linkage == ("room",)
    assert [row.name for row in LAMP.links_in(NEWEST)] == ["room"]
