# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each row of the declaration: conversion of values from tasks and from DIDWW, and argument specs."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine import entries, reading
from ansible_collections.didww.voice.plugins.module_utils._engine import plan as planning
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import Setting
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK

from ....conftest import rows, table
from .test_trunk import ID, LINKAGE, SETTINGS, parse, resource
from .test_trunk import read as read_trunk


@pytest.mark.parametrize(("setting", "value", "canonical"), rows("trunk_settings", "canonical"))
def test_canonical(setting: str, value: Any, canonical: Any) -> None:
    row = SETTINGS[setting]
    assert row.desired(value) == canonical
    assert row.current(value) == canonical
    assert row.desired(canonical) == canonical


@pytest.mark.parametrize(("setting", "nothing", "canonical"), rows("trunk_settings", "nothing"))
def test_nothing_as_the_api_has_it(setting: str, nothing: Any, canonical: Any) -> None:
    assert SETTINGS[setting].current(nothing) == canonical


@pytest.mark.parametrize(
    "value", ["garbage", 5, -1, True, None, [], [1], [None], {}, {"a": 1}, "٣", 1.5, "203.0.113.1/33"]
)
@pytest.mark.parametrize("setting", SETTINGS)
def test_reading_never_raises(setting: str, value: Any) -> None:
    row = SETTINGS[setting]
    assert row.current(row.current(value)) == row.current(value)
    if setting in LINKAGE:
        read_trunk({**resource(), "relationships": {setting: value}})
    else:
        read = read_trunk(resource(**{setting: value}))
        planning.plan(parse({"id": ID, "rtp_ping": False, "capacity_limit": 7}), read)


@pytest.mark.parametrize("digits", ["٣٤", "²"])
def test_digits_are_ascii(digits: str) -> None:
    for setting in ("dst_prefixes", "tech_prefix", "threshold_amount"):
        with pytest.raises(ValueError, match="expected"):
            SETTINGS[setting].desired([digits] if setting == "dst_prefixes" else digits)


def test_the_argument_specs_of_trunks() -> None:
    one = VOICE_OUT_TRUNK.spec()
    assert list(one) == ["id", *(row.name for row in VOICE_OUT_TRUNK.settings), "state", "unblock"]
    expected = table("specs", "trunk")
    assert {name: one[name] for name in expected} == expected
    entry = {**one, "state": {name: value for name, value in one["state"].items() if name != "default"}}
    trunks = {"type": "list", "elements": "dict", "required": True, "options": entry}
    expected = {"trunks": trunks, "state": one["state"], **table("specs", "fleet")}
    assert entries.fleet_spec(VOICE_OUT_TRUNK) == expected


def test_the_argument_spec_of_a_selection() -> None:
    spec = reading.info_spec(VOICE_OUT_TRUNK)
    assert list(spec)[:4] == ["id", "trunk", "external_reference_id", "name"]
    assert spec["id"] == spec["authentication_method_type"] == {"type": "list", "elements": "str"}
    assert spec["include_dids"] == spec["include_credentials"] == {"type": "bool", "default": False}
    assert not any("default" in option for name, option in spec.items() if not name.startswith("include"))


@pytest.mark.parametrize("row", [reading.FILTER_ID, *VOICE_OUT_TRUNK.filters.values()], ids=lambda row: row.name)
def test_a_filter_is_not_null(row: Setting) -> None:
    with pytest.raises(ValueError, match=r"^null is not accepted; leave the option out to not filter by it$"):
        row.desired(None)
