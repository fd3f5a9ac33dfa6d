# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The exact error messages for trunks."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine import plan as planning
from ansible_collections.didww.voice.plugins.module_utils._engine.diff import diff
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import Situation
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK

from ....conftest import rows
from .test_trunk import DIDS, ID, parse, plan, read, resource

# --- From the task alone ---


@pytest.mark.parametrize(("option", "value", "message"), rows("trunk_messages", "options"))
def test_problems_of_an_option(option: str, value: Any, message: str) -> None:
    with pytest.raises(InvalidOptions) as refusal:
        parse({"id": ID, option: value})
    assert refusal.value.messages() == [f"{option}: {message}"]
    assert refusal.value.args == (refusal.value.problems,)


@pytest.mark.parametrize(("method", "message"), rows("trunk_messages", "methods"))
def test_problems_of_a_method(method: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidOptions) as refusal:
        parse({"id": ID, "authentication_method": method})
    assert refusal.value.messages() == [f"authentication_method.{message}"]


@pytest.mark.parametrize(("task", "messages"), rows("trunk_messages", "tasks"))
def test_an_identifier_is_required(task: dict[str, Any], messages: list[str]) -> None:
    with pytest.raises(InvalidOptions) as refusal:
        parse(task)
    assert refusal.value.messages() == messages


def test_unknown_numbers_are_listed() -> None:
    desired = parse({"id": ID, "dids": ["+1 (555) 0100", DIDS[0].upper(), "15550101"], "emergency_dids": ["1.5550102"]})
    named = {row.name: row.named(desired.settings[row.name]) for row in VOICE_OUT_TRUNK.read_links.values()}
    assert named == {"dids": {"15550100", "15550101"}, "emergency_dids": {"15550102"}}
    linked: dict[str, Any] = {name: {"data": []} for name in ("dids", "emergency_dids")}
    resource = {"id": ID, "type": "voice_out_trunks", "attributes": {}, "relationships": linked}
    with pytest.raises(InvalidOptions) as refusal:
        planning.plan(desired, read(resource))
    assert refusal.value.messages() == [
        "dids: no DID in this account has the number 15550100, 15550101",
        "emergency_dids: no DID in this account has the number 15550102",
    ]
    ids = {number: [did] for number, did in zip(("15550100", "15550101", "15550102"), DIDS, strict=True)}
    made = planning.plan(desired, read(resource), Situation({"dids": ids}))
    assert {name: change["after"] for name, change in made.changes.items()} == {
        "dids": DIDS[:2],
        "emergency_dids": DIDS[2:],
    }


# --- From the task and the trunk ---


def had(kind: str, **attributes: Any) -> dict[str, Any]:
    """Return the attributes of a trunk with this authentication method."""
    return {"authentication_method": {"type": kind, "attributes": attributes}}


@pytest.mark.parametrize(("task", "state", "messages"), rows("trunk_messages", "states"))
def test_problems_with_the_state_of_a_trunk(task: dict[str, Any], state: dict[str, Any], messages: list[str]) -> None:
    with pytest.raises(InvalidOptions) as refusal:
        plan(task, resource({"dids": [], "emergency_dids": []}, **state))
    assert refusal.value.messages() == messages


def test_a_change_of_type_sends_what_both_types_have() -> None:
    method = {"type": "credentials_and_ip", "allowed_sip_ips": ["203.0.113.1"], "tech_prefix": "1"}
    current = resource(
        **had("ip_only", allowed_sip_ips=["203.0.113.1/32"], tech_prefix="1"), allowed_rtp_ips=["198.51.100.1/32"]
    )
    made = plan({"authentication_method": method}, current)
    assert made.document is not None
    assert made.document["attributes"] == {
        "authentication_method": {
            "type": "credentials_and_ip",
            "attributes": {"allowed_sip_ips": ["203.0.113.1/32"], "tech_prefix": "1"},
        },
        "allowed_rtp_ips": ["198.51.100.1/32"],
    }


# --- After the update ---


def test_warnings() -> None:
    method = {"type": "credentials_and_ip", "tech_prefix": "1"}
    desired = parse({"id": ID, "name": "X", "rtp_timeout": None, "authentication_method": method})
    made = planning.plan(desired, read(resource()))
    assert planning.warnings(desired, made.after, read(resource())) == [
        'DIDWW returned name "EU SBC", but the task sets "X"',
        'DIDWW returned authentication_method.tech_prefix null, but the task sets "1"',
        "DIDWW returned rtp_timeout 30, but the task sets null",
    ]


def test_the_diff_names_the_trunk_by_its_name() -> None:
    shown = diff(plan({"status": "blocked"}, resource()))
    assert shown["before_header"] == shown["after_header"] == f"voice_out_trunk EU SBC ({ID})"


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"id": ID, "name": "EU SBC", "external_reference_id": "crm-1"}, "EU SBC"),
        ({"id": ID, "external_reference_id": "crm-1", "name": None}, "crm-1"),
        ({"id": ID, "name": ""}, ID),
        ({"status": "blocked"}, "no identifier"),
        ({"id": 5}, "5"),
    ],
)
def test_an_entry_is_labelled_with_its_most_readable_identifier(options: dict[str, Any], name: str) -> None:
    assert planning.label(VOICE_OUT_TRUNK, options) == name


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (resource(), {"username": "u4k2m", "password": "s3cr3t"}),
        (resource(authentication_method=None), {"username": None, "password": None}),
        (resource(authentication_method={"type": "twilio", "attributes": {}}), {"username": None, "password": None}),
        ({"id": ID}, {"username": None, "password": None}),
    ],
)
def test_credentials(answer: dict[str, Any], expected: dict[str, Any]) -> None:
    assert VOICE_OUT_TRUNK.revealed(answer) == expected


def test_the_type_is_required_and_has_no_choices() -> None:
    options = VOICE_OUT_TRUNK.spec()["authentication_method"]["options"]
    assert options["type"] == {"type": "str", "required": True}
