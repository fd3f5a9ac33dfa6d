# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which trunks and DIDs a task refers to, where no API is needed to tell."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils import _lookup as lookup
from ansible_collections.didww.voice.plugins.module_utils import _trunk as trunk

from .test_trunk import DIDS, ID, resource


@pytest.mark.parametrize(
    ("missing", "pages", "expected"), [(1, 2, True), (2, 2, False), (3, 2, False), (0, 5, False), (1, 0, False)]
)
def test_single_requests_are_chosen_where_they_are_fewer(missing: int, pages: int, expected: bool) -> None:
    assert lookup.is_cheaper_singly(missing, pages) is expected


def did(identifier: str, **attributes: Any) -> dict[str, Any]:
    return {"type": "dids", "id": identifier, "attributes": attributes}


def test_a_number_can_belong_to_several_dids() -> None:
    resources = [did(DIDS[0].upper(), number="1"), did(DIDS[1], number="1"), did(DIDS[2]), {"type": "dids", "id": "x"}]
    numbers = lookup.numbers_of([*resources, {**did("y", number="2"), "type": "others"}])
    assert numbers == {DIDS[0]: "1", DIDS[1]: "1"}
    assert lookup.ids_of(numbers) == {"1": DIDS[:2]}


def test_names_are_those_of_other_trunks() -> None:
    other = {**resource(name="Other"), "id": "other"}
    unnamed = {**resource(name=None), "id": "unnamed"}
    assert lookup.names_of([resource(), other, unnamed], besides=[ID]) == {"Other": "other"}


def test_a_trunk_is_matched_by_its_selector_alone() -> None:
    other = {**resource(name=ID, external_reference_id="EU SBC"), "id": "other"}
    wanted = [trunk.parse({"id": ID.upper()}), trunk.parse({"external_reference_id": "EU SBC"})]
    resources, problems = lookup._match(wanted, [resource(), other])
    assert [each["id"] for each in resources if each] == [ID, "other"]
    assert problems == []
