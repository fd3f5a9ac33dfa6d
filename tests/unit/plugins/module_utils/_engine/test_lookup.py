# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lookup of trunks and DIDs, without an API."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine import linked, lookup
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK

from ....conftest import rows
from .._resources.test_trunk import DIDS, ID, parse, resource


@pytest.mark.parametrize(
    ("missing", "pages", "expected"), [(1, 2, True), (2, 2, False), (3, 2, False), (0, 5, False), (1, 0, False)]
)
def test_single_requests_are_chosen_if_they_are_fewer(missing: int, pages: int, expected: bool) -> None:
    assert lookup.is_cheaper_one_by_one(missing, pages) is expected


def did(identifier: str, **attributes: Any) -> dict[str, Any]:
    return {"type": "dids", "id": identifier, "attributes": attributes}


def test_a_number_can_belong_to_several_dids() -> None:
    resources = [did(DIDS[0].upper(), number="1"), did(DIDS[1], number="1"), did(DIDS[2]), {"type": "dids", "id": "x"}]
    known = linked.Known(VOICE_OUT_TRUNK.links)
    known.add([*resources, {**did("y", number="2"), "type": "others"}])
    known.add([did(DIDS[2], number="3")])  # read again, with its attributes
    assert known.names == {DIDS[0]: "1", DIDS[1]: "1", DIDS[2]: "3"}
    assert known.ids == {"dids": {"1": DIDS[:2], "3": [DIDS[2]]}}


def test_names_are_those_of_other_trunks() -> None:
    other = {**resource(name="Other"), "id": "other"}
    unnamed = {**resource(name=None), "id": "unnamed"}
    assert lookup.holders_of(VOICE_OUT_TRUNK, [resource(), other, unnamed], besides=[ID]) == {
        ("name", "Other"): "other"
    }


def test_a_trunk_is_matched_by_its_selector_alone() -> None:
    other = {**resource(name=ID, external_reference_id="EU SBC"), "id": "other"}
    wanted = [parse({"id": ID.upper()}), parse({"external_reference_id": "EU SBC"})]
    resources, problems = lookup._match(wanted, [resource(), other])
    assert [found["id"] for found in resources if found] == [ID, "other"]
    assert problems == []


def named(*names: str) -> list[dict[str, Any]]:
    """Return trunks with these names, and with references that begin with `ref-`."""
    return [{**resource(name=name, external_reference_id=f"ref-{name}"), "id": name} for name in names]


HINT = "To create the trunk, set state to present"


def problem_of(task: dict[str, Any], account: list[dict[str, Any]]) -> str:
    """Return the problem that no trunk in the account, or more than one, matches."""
    _resources, ((_index, problem),) = lookup._match([parse(task)], account)
    return problem.text


@pytest.mark.parametrize(("task", "message"), rows("trunk_messages", "missing_trunks"))
def test_a_missing_trunk_is_reported_with_the_nearest_name(task: dict[str, Any], message: str) -> None:
    hint = "" if "id" in task else f". {HINT}"
    assert problem_of(task, named("Twilio", "EU SBC", "Any DID")) == message + hint


def test_a_long_list_of_names_is_cut() -> None:
    names = [f"Trunk {number:02}" for number in range(87)]
    message = problem_of({"name": "x"}, named(*names))
    shown = ", ".join(f'"{name}"' for name in names[:20])
    assert message == f'no trunk is called "x". This account has: {shown} (20 of 87 shown). {HINT}'


def test_an_account_without_trunks_has_its_own_message() -> None:
    assert problem_of({"name": "EU SBC"}, []) == f"this account has no outbound trunks. {HINT}"


def test_names_are_listed_once_for_several_missing_trunks() -> None:
    tasks = [{"id": ID}, *({"name": f"Twilio{number}"} for number in range(30))]
    _resources, problems = lookup._match([parse(task) for task in tasks], named("Twilio"))
    messages = [problem.text for _index, problem in problems]
    assert [index for index, message in enumerate(messages) if "This account has" in message] == [1]
    assert messages[2] == f'no trunk is called "Twilio1". Did you mean "Twilio"? {HINT}'
    # Suggestions take time.
    assert messages[-1] == f'no trunk is called "Twilio29". {HINT}'


def test_several_matching_trunks_are_listed() -> None:
    other = {**resource(), "id": "other"}
    message = f'2 trunks are called "EU SBC": "EU SBC" ({ID}), "EU SBC" (other); select one by id'
    assert problem_of({"name": "EU SBC"}, [resource(), other]) == message
    message = message.replace('are called "EU SBC"', 'have the external_reference_id "crm-0001"')
    assert problem_of({"external_reference_id": "crm-0001"}, [resource(), other]) == message
