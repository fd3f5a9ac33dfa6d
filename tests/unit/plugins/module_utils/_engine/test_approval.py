# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens: what makes a planned request another one, and what does not."""

from __future__ import annotations

import copy
import hashlib
import re
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine import approval
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import Situation, decide, parse
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import collect

from ....conftest import table
from .phones import PHONE, id_of

URL = "https://api.example.com/v3"
ID = id_of("Front door")
SALES, SUPPORT = id_of("Sales"), id_of("Support")
SITUATION = Situation(ids={"groups": {"Sales": [SALES], "Support": [SUPPORT]}})
STORED: dict[str, Any] = {
    "type": "phones",
    "id": ID,
    "attributes": table("phones", "stored"),
    "relationships": {"groups": {"data": [{"type": "groups", "id": SALES}]}},
}
ACCOUNT: dict[str, Any] = STORED["attributes"]["account_data"]
NEW: dict[str, Any] = {"label": "Front door", "state": "present", "volume": 3}


def token(given: dict[str, Any], stored: dict[str, Any] | None = None, url: str = URL) -> str | None:
    desired = parse(PHONE, given)
    return approval.token(url, desired, decide(desired, stored, SITUATION), {})


def stored(**attributes: Any) -> dict[str, Any]:
    """Return the phone with other attributes; one that is Ellipsis is missing."""
    changed = {**STORED["attributes"], **attributes}
    return {**STORED, "attributes": {name: value for name, value in changed.items() if value is not ...}}


def with_account(**attributes: Any) -> dict[str, Any]:
    return stored(account_data={"type": "sip", "attributes": {**ACCOUNT["attributes"], **attributes}})


def hashed(text: str) -> str:
    return f"p1-{hashlib.sha256(text.encode()).hexdigest()}"


def test_a_token_is_the_hash_of_what_makes_a_request() -> None:
    """These texts never change: a plan can be older than the collection that applies it."""
    update = f'["{URL}","PATCH","phones","{ID}",{{"attributes":{{"volume":5}}}},{{"volume":3}}]'
    assert token({"id": ID, "volume": 5}, STORED) == hashed(update)
    body = '{"attributes":{"label":"Zo\\u00eb","pin":"********"}}'
    new = f'["{URL}","POST","phones",["label","Zo\\u00eb"],{body},{{}}]'
    assert token({"label": "Zoë", "pin": "4711", "state": "present"}) == hashed(new)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"id": ID, "volume": 5}, {"serial": "X1", "volume": "5"}),
        ({"id": ID, "volume": 5}, {"label": "Front door", "volume": 5.0, "locked": "no"}),
        ({"id": ID, "codecs": ["opus"]}, {"id": ID.upper(), "codecs": "opus"}),
        ({"id": ID, "groups": ["Support", SALES]}, {"id": ID, "groups": f"Sales,{SUPPORT.upper()}"}),
        ({"id": ID, "state": "absent"}, {"label": "Front door", "state": "absent", "force": True}),
    ],
)
def test_two_spellings_have_one_token(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert token(one, STORED)
    assert token(one, STORED) == token(other, STORED)


def test_other_requests_have_other_tokens() -> None:
    tokens = [
        *(token(given, STORED) for given in (
            {"id": ID, "volume": 5},
            {"id": ID, "volume": 6},
            {"id": ID, "volume": 5, "locked": True},
            {"id": ID, "groups": []},
            {"id": ID, "state": "absent"},
        )),
        token({"id": ID, "volume": 5}, {**STORED, "id": id_of("Back door")}),
        token({"id": ID, "volume": 5}, STORED, "https://sandbox.example.com/v3"),
        token(NEW),
        token({**NEW, "volume": 4}),
        token({**NEW, "serial": "X1"}),
        token({**NEW, "label": "Back door"}),
    ]  # fmt: skip
    assert all(re.fullmatch(r"p1-[0-9a-f]{64}", str(one)) for one in tokens)
    assert len(set(tokens)) == len(tokens)


def test_nothing_to_send_has_no_token() -> None:
    assert token({"id": ID, "volume": 3, "pin": "4711"}, STORED) is None
    assert token({"id": ID, "state": "absent"}) is None


@pytest.mark.parametrize(
    "url",
    ["HTTPS://API.Example.com/v3", "https://api.example.com/v3/", "https://api.example.com:443/v3", f"{URL[:23]}./v3"],
)
def test_an_api_is_the_same_in_every_spelling(url: str) -> None:
    assert token(NEW, url=url) == token(NEW)
    assert approval.canonical_url(url) == URL


def test_other_apis_are_not_the_same() -> None:
    urls = [URL, "http://api.example.com/v3", f"{URL}1", "https://api.example.com:8443/v3", "http://[::1]:443/v3"]
    assert [approval.canonical_url(url) for url in urls] == urls
    assert len({token(NEW, url=url) for url in urls}) == len(urls)


def test_only_the_settings_that_change_are_bound() -> None:
    task = {"id": ID, "volume": 5, "locked": False}
    assert token(task, STORED) == token(task, stored(label="Back door", serial_number=None, pin=None, codec_ids=[]))
    for change in ({"volume": 4}, {"volume": None}, {"volume": ...}, {"locked": True}):
        assert token(task, STORED) != token(task, stored(**change))


def test_unknown_is_not_null() -> None:
    tokens = {token({"id": ID, "volume": 5}, stored(volume=value)) for value in (None, ..., 0)}
    assert len(tokens) == 3


def test_what_is_sent_along_is_bound() -> None:
    # A rule sends the lock with a new ringtone.
    task = {"id": ID, "ringtone": "bell", "force": True}
    assert token(task, STORED) != token(task, stored(locked=True))
    # The API replaces an account whole, with the attributes that the collection does not know.
    task = {"id": ID, "account": {"type": "sip", "user": "gate"}}
    same = token(task, STORED)
    assert same != token(task, with_account(auth_realm="a")) != token(task, with_account(auth_realm="b"))
    assert same == token(task, with_account(token="another"))
    assert same != token(task, with_account(auth_user="entrance"))


def test_of_a_secret_only_that_it_changes_is_bound() -> None:
    tokens = {token({"id": ID, "pin": pin}, stored(pin=old)) for pin in ("1234", "5678") for old in ("4711", "0815")}
    assert len(tokens) == 1
    cleared = token({"id": ID, "pin": None}, STORED)
    first = token({"id": ID, "pin": "1234"}, stored(pin=None))
    assert len(tokens | {cleared, first}) == 3

    def account(password: str | None) -> dict[str, Any]:
        return {"id": ID, "account": {"type": "sip", "user": "gate", "password": password}}

    one = token(account("other-w0rd"), STORED)
    assert one == token(account("a-third"), with_account(auth_password="a-fourth"))
    assert one != token(account(None), STORED)
    # A password that is sent along is none that changes.
    assert one != token(account("pass-w0rd"), STORED)
    assert token(account("pass-w0rd"), STORED) == token({"id": ID, "account": {"type": "sip", "user": "gate"}}, STORED)
    created = [{**NEW, "pin": pin} for pin in ("1234", "5678")]
    assert token(created[0]) == token(created[1]) != token(NEW)


def test_a_deletion_is_bound_to_everything_but_linkage() -> None:
    task = {"id": ID, "state": "absent"}
    same = token(task, STORED)
    without_linkage = copy.deepcopy(STORED)
    del without_linkage["relationships"]
    assert token(task, without_linkage) == same
    for change in ({"volume": 4}, {"label": "Back door"}, {"locked": ...}):
        assert token(task, stored(**change)) != same
    assert token(task, with_account(auth_user="gate")) != same
    assert token(task, with_account(token="another")) == same


def test_a_creation_is_bound_to_what_selects_it() -> None:
    both = {**NEW, "serial": "X1"}
    assert token(both) != token(NEW)
    assert token({**both, "force": True}) == token(both)


ONE, TWO = (f"p1-{digit * 64}" for digit in "1a")


@pytest.mark.parametrize(
    ("value", "tokens"),
    [(None, []), ("", []), ([], []), (ONE, [ONE]), (f"{TWO}, {ONE}", [ONE, TWO]), ([TWO, ONE, TWO], [ONE, TWO])],
)
def test_tokens_are_a_list_or_a_text(value: Any, tokens: list[str]) -> None:
    problems: list[Any] = []
    assert collect(problems, [approval.APPROVED], {"approved": value}) == {"approved": tokens}
    assert problems == []


@pytest.mark.parametrize(
    "value", ["p1", ONE[:-1], f"{ONE}0", f"{ONE},", ONE.upper(), [ONE, None], [""], 7, True, {"token": ONE}, [[ONE]]]
)
def test_what_is_no_token_is_rejected(value: Any) -> None:
    problems: list[Any] = []
    assert collect(problems, [approval.APPROVED], {"approved": value}) == {}
    assert [problem.option for problem in problems] == ["approved"]


def test_what_is_not_approved() -> None:
    tokens = [ONE, None, TWO]
    assert approval.not_approved(None, tokens) == []
    assert approval.not_approved([], tokens) == [0, 2]
    assert approval.not_approved([TWO], tokens) == [0]
    assert approval.not_approved([TWO, ONE], tokens) == []
    assert approval.not_approved([], [None]) == []
