# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A declaration that contradicts itself is refused when it is loaded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine.connection import DEFAULT_VERSION, NEWEST
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import BOOL, UUID, whole
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import (
    ContradictoryDeclarationError,
    Resource,
    Users,
    in_version,
)
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import Setting, filter_by

from .phones import ALIAS, DECLARED, PASSWORD, PHONE, TEXT, USER


def changed(name: str, **members: Any) -> dict[str, Any]:
    """Return the declaration of the phone with other members of a setting."""
    rows = tuple(replace(row, **members) if row.name == name else row for row in PHONE.settings)
    assert any(row.name == name for row in rows)
    return {"settings": rows}


def more(*rows: Setting) -> dict[str, Any]:
    return {"settings": (*PHONE.settings, *rows)}


ACCOUNT = {"sip": (USER, PASSWORD), "h323": (ALIAS,), "legacy": (ALIAS,)}

CONTRADICTIONS: dict[str, dict[str, Any]] = {
    # Names.
    "label is declared twice": more(Setting("label", TEXT, attribute="other")),
    "id is declared twice": more(Setting("id", UUID)),
    "state is declared twice": more(Setting("state", TEXT)),
    "force is declared twice": more(Setting("force", BOOL)),
    "two settings are called label in the API": more(Setting("other", TEXT, attribute="label")),
    "volume is a setting and a fact": {"facts": ("volume",)},
    "calls is a setting and a fact": more(Setting("calls", TEXT)),
    "names is a setting and a fact": more(Setting("names", TEXT)),
    # Identifiers.
    "identifiers are id, and at least one other": {"identifiers": ("label", "id")},
    "the identifier colour is no setting that holds a text": {"identifiers": ("id", "colour", "label")},
    "the identifier volume is no setting that holds a text": {"identifiers": ("id", "volume", "label")},
    "the identifier desk is no setting that holds a text": {"identifiers": ("id", "desk", "label")},
    "the identifier pin is a secret": {"identifiers": ("id", "pin", "label")},
    "mode is unique, but no identifier": {"unique": "mode"},
    # Filters.
    "two filters have the option label": {"filters": {"a": filter_by("label", TEXT), "b": filter_by("label", TEXT)}},
    "two filters have the option phone": {"filters": {"a": filter_by("phone", TEXT)}},
    "the filter pin is a secret": {"filters": {"pin": replace(filter_by("pin", TEXT), secret=True)}},
    # Attributes.
    "volume: has a rule for lists, but is none": changed("volume", most=3),
    "label: has a rule for lists, but is none": changed("label", empty="no"),
    "mode: has a default, but a setting that is left out is left alone": changed("mode", default="desk"),
    "volume: is required, so the API never chooses it": changed("volume", required=True),
    "volume: is a secret, but no text, or shown when the API chooses it": changed("volume", secret=True),
    "pin: is a secret, but no text, or shown when the API chooses it": changed("pin", costly=True),
    "volume: is unique, but no text, or a secret": changed("volume", unique=True),
    "pin: is unique, but no text, or a secret": changed("pin", unique=True),
    "mode: has a remedy, but nothing requires it": changed("mode", remedy="set it"),
    "realm is required by skype, no type": changed("realm", required_by=("skype",)),
    "volume: differs in version 1999-01-01, which is not supported": changed("volume", versions={"1999-01-01": {}}),
    "volume: colour cannot differ between versions": changed("volume", versions={NEWEST: {"colour": 1}}),
    "volume: attribute cannot differ between versions": changed("volume", versions={NEWEST: {"attribute": "x"}}),
    # Relationships.
    "desk: lacks its type, its noun, or what it is called by": changed("desk", by=""),
    "desk: is to-many, but no list that can be empty, or the reverse": changed("desk", many=True),
    "groups: is to-many, but no list that can be empty, or the reverse": changed("groups", null=None),
    "groups: is a secret, but a relationship": changed("groups", secret=True),
    "page_sizes lacks phones": {"page_sizes": {"desks": 1, "groups": 1, "guests": 1}},
    "desk: page_sizes lacks desks": {"page_sizes": {"phones": 1, "groups": 1, "guests": 1}},
    "groups: is managed by volume, which is no flag, or is to-one": changed("groups", managed_by="volume"),
    "groups: is managed by colour, which is no flag, or is to-one": changed("groups", managed_by="colour"),
    "desk: is managed by muted, which is no flag, or is to-one": changed("desk", managed_by="muted"),
    "groups: is in no answer, but to-many": changed("groups", unread=True),
    "desk: is in no answer, but to-many, or not declared to go with": changed("desk", unread=True),
    "desk: goes with mode, but answers hold it": changed("desk", only_with=("mode", "hotel")),
    "guest: goes with mode motel, which is no setting with this choice": changed("guest", only_with=("mode", "motel")),
    "guest: goes with colour red, which is no setting with this choice": changed("guest", only_with=("colour", "red")),
    "desk: page_sizes lacks desks, or has it although its list has no pages": changed("desk", found_by="list"),
    "desk: is found by luck, which is no way": changed("desk", found_by="luck"),
    "groups: hinders a deletion, but is to-many": changed("groups", freed="leave it"),
    "volume lists it, but is no identifier": {"listed_by": "volume"},
    "page_sizes lacks calls": {"users": Users("calls", "phone", "number", "call", "hang up")},
    "is never created, but requires a setting, or a unique one": {"creatable": False},
    # Polymorphic attributes.
    "account: is a secret as a whole": changed("account", secret=True),
    "account: differs between versions as a whole": changed("account", versions={NEWEST: {}}),
    "account: type skype can be set, but is not declared": changed("account", settable_types=("skype",)),
    "account: type skype has hidden attributes, but is not declared": changed("account", hidden={"skype": ("x",)}),
    "account: has hidden attributes without a name": changed("account", revealed_as=""),
    "or the reverse": changed("account", hidden={}),
    "account: user is declared twice in sip": changed("account", types={**ACCOUNT, "sip": (USER, USER)}),
    "account: sip has two attributes called auth_user in the API": changed(
        "account", types={**ACCOUNT, "sip": (USER, replace(PASSWORD, attribute="auth_user"))}
    ),
    "account: desk of h323 is no attribute": changed("account", types={**ACCOUNT, "h323": (PHONE.rows["desk"],)}),
    "account: type of h323 is no attribute": changed("account", types={**ACCOUNT, "h323": (Setting("type", TEXT),)}),
    "account: alias is not the same in all types": changed("account", types={**ACCOUNT, "h323": (replace(ALIAS),)}),
    "account: user is hidden, and can be set": changed("account", hidden={"sip": ("auth_user",)}),
    "account: port: has a rule for lists, but is none": changed(
        "account", types={**ACCOUNT, "h323": (ALIAS, Setting("port", whole(1, 9), most=1))}
    ),
}


@pytest.mark.parametrize("words", CONTRADICTIONS)
def test_a_contradiction_is_refused(words: str) -> None:
    with pytest.raises(ContradictoryDeclarationError) as refused:
        Resource(**{**DECLARED, **CONTRADICTIONS[words]})
    assert str(refused.value).startswith("phone: ")
    assert words in str(refused.value)


def test_all_contradictions_are_listed() -> None:
    with pytest.raises(ContradictoryDeclarationError) as refused:
        Resource(**{**DECLARED, **changed("volume", most=3, required=True), "unique": "mode"})
    assert len(str(refused.value).split("; ")) == 3


def test_options_are_named_after_the_declaration() -> None:
    paths = {
        "serial_number": "serial",
        "account_data": "account",
        "account_data.auth_password": "account.password",
        "account_data.type": "account.type",
        "desk": "desk",
        "colour.x": "colour.x",
    }
    assert {path: PHONE.option_of(path) for path in paths} == paths
    assert list(PHONE.spec()) == ["id", *PHONE.rows, "state", "force"]
    assert PHONE.spec()["pin"] == {"type": "str", "no_log": True}
    assert PHONE.spec()["account"]["options"]["password"] == {"type": "str", "no_log": True}


def test_a_version_changes_rows_and_parts_of_rows() -> None:
    newest = in_version(PHONE, NEWEST)
    assert newest["volume"].base is PHONE.rows["volume"]
    assert newest["label"] is PHONE.rows["label"]
    assert in_version(PHONE, DEFAULT_VERSION)["account"] is PHONE.rows["account"]
    problems: list[Any] = []
    assert newest["account"].take(problems, {"type": "h323", "alias": "Door"}) == {"type": "h323", "alias": "Door"}
    newest["account"].check_anew(problems, {"type": "h323", "alias": "Door"}, None, NEWEST)
    newest["account"].check_anew(problems, {"type": "h323", "alias": "Door"}, {"type": "h323", "alias": "Door"}, NEWEST)
    expected = f'"Door" is not accepted; expected lower-case letters (with api_version {NEWEST})'
    assert problems == [("account.alias", expected)]
