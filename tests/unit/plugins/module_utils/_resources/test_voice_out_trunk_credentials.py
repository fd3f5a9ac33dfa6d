# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a rotation. What it does: test_life_cycle.py."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions
from ansible_collections.didww.voice.plugins.module_utils._resources import voice_out_trunk_credentials as rotation

from .test_trunk import ID

FILTER = "leave the option out to not filter by it"


def test_the_most_specific_identifier_selects() -> None:
    wanted = rotation.parse({"name": "EU SBC", "id": ID.upper(), "replaces": " s3cr3t"})
    assert (wanted.desired.selector, wanted.desired.value, wanted.desired.settings) == ("id", ID, {})
    # The trunk must exist.
    assert (wanted.desired.state, wanted.replaces) == (None, " s3cr3t")
    assert rotation.parse({"external_reference_id": "crm-1"}).replaces is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "id: one of id, external_reference_id, name is required to select the trunk"),
        ({"name": None}, f"name: null is not accepted; {FILTER}"),
        ({"external_reference_id": ""}, 'external_reference_id: "" is not accepted; expected at most 100 characters'),
        (
            {"name": "EU SBC", "replaces": None},
            "replaces: null is not accepted; leave the option out to generate new credentials in any case",
        ),
        ({"name": "EU SBC", "replaces": ["s3cr3t"]}, "replaces: the value is not accepted; expected the password to "),
    ],
)
def test_problems_show_no_password(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidOptions) as refusal:
        rotation.parse(given)
    (shown,) = refusal.value.messages()
    assert shown.startswith(message)
    assert "s3cr3t" not in shown


def test_the_password_is_an_option_that_ansible_must_not_see() -> None:
    assert list(rotation.credentials_spec()) == ["id", "external_reference_id", "name", "replaces", "credentials_file"]
    assert rotation.ROTATE.secret_options() == ["replaces"]
