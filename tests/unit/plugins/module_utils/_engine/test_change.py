# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the works: a list of trunks, and a selection."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine import change as works
from ansible_collections.didww.voice.plugins.module_utils._engine import setting as tables

from .._resources.test_trunk import ID


def rejected(parse: Any, given: dict[str, Any]) -> list[str]:
    with pytest.raises(tables.InvalidOptions) as error:
        parse(given)
    return error.value.messages()


def test_a_fleet_is_read_in_every_spelling() -> None:
    wanted = works.parse_fleet({"trunks": [{"id": ID}, f"id={ID.upper()} status=blocked"]}).wanted
    assert [desired.value for desired in wanted.values()] == [ID, ID]
    assert wanted[1].settings == {"status": "blocked"}
    assert works.parse_fleet({"trunks": []}) == works.Fleet({})


def test_every_problem_of_a_fleet_is_reported() -> None:
    given = {"trunks": [{"name": "EU", "status": 5, "colour": "red"}, 7]}
    first, *others = rejected(works.parse_fleet, given)
    assert first.startswith("trunks[0] (EU): unsupported options: colour. Supported parameters include: allow_any_did_")
    assert others == [
        "trunks[0] (EU): status: 5 is not accepted; expected one of active, blocked",
        "trunks[1]: 7 is not accepted; expected a dictionary of options",
    ]


def test_a_selection() -> None:
    given = {"allow_any_did_as_cli": "yes", "authentication_method_type": "twilio", "include_dids": "on"}
    filters = {"allow_any_did_as_cli": "true", "authentication_method.type": ["twilio"]}
    assert works.parse_selection(given) == ([], None, filters, ("dids", "emergency_dids"), False, "2026-04-16")


def test_an_id_excludes_filters() -> None:
    messages = rejected(works.parse_selection, {"id": ID, "status": "active"})
    assert messages == ["status: cannot be combined with id, which already selects the trunks"]
