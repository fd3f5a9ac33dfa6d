# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The exact error messages for trunks."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine import plan as planning
from ansible_collections.didww.voice.plugins.module_utils._engine.diff import diff
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import Situation
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK

from .test_trunk import DIDS, ID, parse, plan, read, resource

SID = "AC" + 32 * "0"
ADDRESS = "an IPv4 or IPv6 address such as 203.0.113.1, or a network such as 203.0.113.0/24"
DID = "the id (UUID) of a DID, or its number in E.164 such as +37061498222"
TYPES = "credentials_and_ip, twilio, or the type that the trunk has"
NULL = "null is not accepted; leave the option out to keep the current value"


# --- From the task alone ---


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("id", "X", '"X" is not accepted; expected an id (UUID) such as cf2e6377-fcaa-4416-8c8e-acd5f31a427f'),
        ("id", 5, "5 is not accepted; expected an id (UUID) such as cf2e6377-fcaa-4416-8c8e-acd5f31a427f"),
        ("name", None, NULL),
        ("name", " ", '" " is not accepted; expected a name that is not blank'),
        ("external_reference_id", 101 * "x", f'"{56 * "x"}... is not accepted; expected at most 100 characters'),
        ("status", "paüsed", '"paüsed" is not accepted; expected one of active, blocked'),
        ("status", 58 * "x", f'"{58 * "x"}" is not accepted; expected one of active, blocked'),
        ("status", 59 * "x", f'"{56 * "x"}... is not accepted; expected one of active, blocked'),
        ("status", datetime.date(2026, 1, 31), '"2026-01-31" is not accepted; expected one of active, blocked'),
        ("rtp_ping", "maybe", '"maybe" is not accepted; expected true or false'),
        ("rtp_timeout", True, "true is not accepted; expected a whole number from 30 to 600"),
        (
            "threshold_amount",
            "-1",
            '"-1" is not accepted; expected a decimal number from 0.0 to 100000.0, such as 1000.0',
        ),
        (
            "callback_url",
            "ftp://x",
            '"ftp://x" is not accepted; expected an http or https URL with a host, such as https://example.com/calls',
        ),
        ("allowed_rtp_ips", ["a"], f'"a" is not accepted; expected {ADDRESS}'),
        ("allowed_rtp_ips", [5], f"5 is not accepted; expected {ADDRESS}"),
        ("allowed_rtp_ips", "a", f'"a" is not accepted; expected {ADDRESS}'),
        ("allowed_rtp_ips", {"a": 1}, '{"a": 1} is not accepted; expected a list'),
        (
            "allowed_rtp_ips",
            ["203.0.113.5/24", "203.0.113.1", "1.2.3.4.5"],
            '"203.0.113.5/24" is not accepted; expected a network without host bits: write 203.0.113.0/24 for the '
            f'whole network, or 203.0.113.5 for the one address, and "1.2.3.4.5" is not accepted; expected {ADDRESS}',
        ),
        (
            "allowed_rtp_ips",
            [],
            "an empty list could mean nobody or everybody: write null for no restriction, or list the addresses",
        ),
        ("dst_prefixes", ["a"], '"a" is not accepted; expected digits, such as 44'),
        ("dst_prefixes", ["+44"], '"+44" is not accepted; expected digits without the leading +'),
        ("dst_prefixes", [""], "an empty string is not accepted; write null or a value, or leave the option out"),
        ("dids", [""], "an empty string is not accepted; write a value, or leave the option out"),
        ("rtp_timeout", "", "an empty string is not accepted; write null or a value, or leave the option out"),
        ("rtp_timeout", "29.0", '"29.0" is not accepted; expected a whole number from 30 to 600'),
        ("rtp_timeout", "60.5", '"60.5" is not accepted; expected a whole number from 30 to 600'),
        ("rtp_timeout", "x60.0", '"x60.0" is not accepted; expected a whole number from 30 to 600'),
        ("dids", ["x"], f'"x" is not accepted; expected {DID}'),
        ("dids", [5], f"5 is not accepted; expected {DID}"),
        ("dids", ["+0370614"], f'"+0370614" is not accepted; expected {DID}'),
        ("dids", ["1234"], f'"1234" is not accepted; expected {DID}'),
        ("dids", ["1234567890123456"], f'"1234567890123456" is not accepted; expected {DID}'),
        ("authentication_method", None, NULL),
    ],
)
def test_problems_of_an_option(option: str, value: Any, message: str) -> None:
    with pytest.raises(InvalidOptions) as refusal:
        parse({"id": ID, option: value})
    assert refusal.value.messages() == [f"{option}: {message}"]
    assert refusal.value.args == (refusal.value.problems,)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ({"type": None}, f"type: null is not accepted; expected {TYPES}"),
        ({}, f"type: required: {TYPES}"),
        ({"type": ""}, f'type: "" is not accepted; expected {TYPES}'),
        (
            {"type": "twilio", "tech_prefix": "1"},
            "tech_prefix: belongs to type credentials_and_ip or ip_only, not to twilio",
        ),
        ({"type": "ip_only", "twilio_account_sid": SID}, "twilio_account_sid: belongs to type twilio, not to ip_only"),
        (
            {"type": "twilio", "twilio_account_sid": "AC"},
            'twilio_account_sid: "AC" is not accepted; expected two letters (usually AC) and 32 hexadecimal digits',
        ),
        (
            {"type": "ip_only", "tech_prefix": "123456789"},
            'tech_prefix: "123456789" is not accepted; expected at most 8 characters, only digits and #',
        ),
        (
            {"type": "ip_only", "allowed_sip_ips": []},
            "allowed_sip_ips: an empty list is not accepted; list at least one address or network",
        ),
    ],
)
def test_problems_of_a_method(method: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidOptions) as refusal:
        parse({"id": ID, "authentication_method": method})
    assert refusal.value.messages() == [f"authentication_method.{message}"]


WHICH = "id: one of id, external_reference_id, name is required to select the trunk"


@pytest.mark.parametrize(
    ("task", "messages"),
    [
        ({}, [WHICH]),
        ({"external_reference_id": None, "dids": []}, [WHICH]),
        ({"rtp_ping": None}, [f"rtp_ping: {NULL}", WHICH]),
        # An invalid identifier is reported once.
        ({"name": None}, [f"name: {NULL}"]),
        ({"name": None, "rtp_ping": None}, [f"name: {NULL}", f"rtp_ping: {NULL}"]),
    ],
)
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

TYPE = "authentication_method.type"


def had(kind: str, **attributes: Any) -> dict[str, Any]:
    """Return the attributes of a trunk with this authentication method."""
    return {"authentication_method": {"type": kind, "attributes": attributes}}


def managed(name: str, flag: str) -> str:
    return f"{name}: DIDs cannot be listed while {flag} is true: leave {name} out, or set {flag} to false"


@pytest.mark.parametrize(
    ("task", "state", "messages"),
    [
        (
            {"authentication_method": {"type": "twilio", "twilio_account_sid": SID}},
            had("voice_product"),
            [f'{TYPE}: this trunk\'s type is "voice_product", which only DIDWW staff can set or change'],
        ),
        (
            {"authentication_method": {"type": "ip_only"}},
            had("twilio", twilio_account_sid=SID),
            [
                f'{TYPE}: "ip_only" is not accepted; expected credentials_and_ip or twilio; this trunk\'s type is '
                "twilio, and only DIDWW staff can set other types"
            ],
        ),
        (
            {"authentication_method": {"type": "ip_only", "tech_prefix": "2", "allowed_sip_ips": ["203.0.113.1"]}},
            had("ip_only", allowed_sip_ips=["203.0.113.1/32"], tech_prefix="1"),
            [
                "authentication_method.tech_prefix: only DIDWW staff can change this for type ip_only; "
                'the trunk has "1", the task sets "2"'
            ],
        ),
        (
            {"authentication_method": {"type": "x-1", "tech_prefix": "2"}},
            had("x-1", tech_prefix="1"),
            [
                "authentication_method.tech_prefix: only DIDWW staff can change this for type x-1; "
                'the trunk has null, the task sets "2"'
            ],
        ),
        (
            {"authentication_method": {"type": "twilio"}},
            had("ip_only"),
            [f"authentication_method.twilio_account_sid: required when {TYPE} changes from ip_only to twilio"],
        ),
        (
            {"authentication_method": {"type": "credentials_and_ip"}},
            had("twilio", twilio_account_sid=SID),
            [
                f"authentication_method.allowed_sip_ips: required when {TYPE} changes from twilio to "
                "credentials_and_ip",
                f"allowed_rtp_ips: required when {TYPE} changes from twilio to credentials_and_ip: list addresses, or "
                "write null for no restriction",
            ],
        ),
        (
            {"dids": DIDS[:1], "emergency_dids": DIDS[:1], "allow_any_did_as_cli": True},
            {"emergency_enable_all": True},
            [managed("dids", "allow_any_did_as_cli"), managed("emergency_dids", "emergency_enable_all")],
        ),
        (
            {"dids": DIDS[:1], "emergency_dids": DIDS[:1], "emergency_enable_all": True},
            {},
            [managed("emergency_dids", "emergency_enable_all")],
        ),
    ],
)
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
    asked = {
        "name": "X",
        "rtp_timeout": None,
        "authentication_method": {"type": "credentials_and_ip", "tech_prefix": "1"},
    }
    desired = parse({"id": ID, **asked})
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
