# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens: what makes a planned request another one, and what does not."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine import approval
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import Situation, decide, parse
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import collect

from ....conftest import rows, table
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


def stored(attributes: dict[str, Any], account: dict[str, Any]) -> dict[str, Any]:
    """Return the phone with other attributes; one that is Ellipsis is missing."""
    known = {"type": "sip", "attributes": {**ACCOUNT["attributes"], **account}}
    changed = {**STORED["attributes"], "account_data": known, **attributes}
    return {**STORED, "attributes": {name: value for name, value in changed.items() if value is not ...}}


def hashed(text: str) -> str:
    return f"p1-{hashlib.sha256(text.encode()).hexdigest()}"


def test_a_token_is_the_hash_of_what_makes_a_request() -> None:
    """These texts never change: a plan can be older than the collection that applies it."""
    update = f'["{URL}","PATCH","phones","{ID}",{{"attributes":{{"volume":5}}}},{{"volume":3}}]'
    assert token({"id": ID, "volume": 5}, STORED) == hashed(update)
    body = '{"attributes":{"label":"Zo\\u00eb","pin":"********"}}'
    new = f'["{URL}","POST","phones",["label","Zo\\u00eb"],{body},{{}}]'
    assert token({"label": "Zoë", "pin": "47#1", "state": "present"}) == hashed(new)


@pytest.mark.parametrize("requests", rows("phones", "tokens"))
def test_what_a_token_is_bound_to(requests: list[Any]) -> None:
    found: dict[str, set[str | None]] = {}
    for given, attributes, account, name in requests:
        found.setdefault(name, set()).add(token(given, None if attributes is None else stored(attributes, account)))
    assert [len(tokens) for tokens in found.values()] == [1] * len(found)
    tokens = set().union(*found.values())
    assert len(tokens) == len(found)
    assert all(re.fullmatch(r"p1-[0-9a-f]{64}", str(one)) for one in tokens)


def test_a_token_belongs_to_one_phone_and_not_to_its_linkage() -> None:
    task = {"id": ID, "volume": 5}
    assert token(task, STORED) != token(task, {**STORED, "id": id_of("Back door")})
    gone = {"id": ID, "state": "absent"}
    assert token(gone, STORED) == token(gone, {name: part for name, part in STORED.items() if name != "relationships"})


def test_nothing_to_send_has_no_token() -> None:
    assert token({"id": ID, "volume": 3, "pin": "47#1"}, STORED) is None
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
