# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a fleet."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine.entries import Fleet, parse_fleet
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK

from .._resources.test_trunk import ID


def rejected(parse: Any, given: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidOptions) as error:
        parse(VOICE_OUT_TRUNK, given)
    return error.value.messages()


def test_a_fleet_is_read_in_every_spelling() -> None:
    wanted = parse_fleet(VOICE_OUT_TRUNK, {"trunks": [{"id": ID}, f"id={ID.upper()} status=blocked"]}).wanted
    assert [desired.value for desired in wanted] == [ID, ID]
    assert wanted[1].settings == {"status": "blocked"}
    assert parse_fleet(VOICE_OUT_TRUNK, {"trunks": []}) == Fleet(VOICE_OUT_TRUNK, [])


def test_every_problem_of_a_fleet_is_reported() -> None:
    given = {"trunks": [{"name": "EU", "status": 5, "colour": "red"}, 7]}
    first, *others = rejected(parse_fleet, given)
    assert first.startswith("trunks[0] (EU): unsupported options: colour. Supported parameters include: allow_any_did_")
    assert others == [
        "trunks[0] (EU): status: 5 is not accepted; expected one of active, blocked",
        "trunks[1]: 7 is not accepted; expected a dictionary of options",
    ]
