# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a selection."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions
from ansible_collections.didww.voice.plugins.module_utils._engine.reading import Selection, parse_selection
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK

from .._resources.test_trunk import ID


def rejected(parse: Any, given: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidOptions) as error:
        parse(VOICE_OUT_TRUNK, given)
    return error.value.messages()


def test_a_selection() -> None:
    given = {"allow_any_did_as_cli": "yes", "authentication_method_type": "twilio", "include_dids": "on"}
    filters: dict[str, str | list[str]] = {"allow_any_did_as_cli": "true", "authentication_method.type": ["twilio"]}
    linkage = ("dids", "emergency_dids")
    expected = Selection(VOICE_OUT_TRUNK, [], None, filters, linkage, (), "2026-04-16")
    assert parse_selection(VOICE_OUT_TRUNK, given) == expected


def test_an_id_excludes_filters() -> None:
    messages = rejected(parse_selection, {"id": ID, "status": "active"})
    assert messages == ["status: cannot be combined with id, which already selects the trunks"]
