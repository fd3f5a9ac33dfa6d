# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The trunk without I/O: canonical values, problems of tasks, and plans."""

from __future__ import annotations

import difflib
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine import plan as planning
from ansible_collections.didww.voice.plugins.module_utils._engine.diff import diff
from ansible_collections.didww.voice.plugins.module_utils._engine.item import Item
from ansible_collections.didww.voice.plugins.module_utils._engine.item import read as read_item
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import Desired, Plan
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK

from ....conftest import DEFAULTS, rows

ID = "0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10"
DIDS = [f"6b1f4c0a-0000-4000-8000-00000000000{n}" for n in range(1, 4)]
(METHOD,) = VOICE_OUT_TRUNK.variants
SETTINGS = {**VOICE_OUT_TRUNK.rows, **METHOD.attributes}
LINKAGE = tuple(VOICE_OUT_TRUNK.read_links)


def resource(linkage: dict[str, list[str]] | None = None, **attributes: Any) -> dict[str, Any]:
    """Return a trunk as the API returns it, updated with `attributes`."""
    method = {"allowed_sip_ips": ["203.0.113.1/32"], "tech_prefix": "", "username": "u4k2m", "password": "s3cr3t"}
    relationships: dict[str, Any] = {name: {"links": {}} for name in LINKAGE}
    for name, ids in (linkage or {}).items():
        relationships[name]["data"] = [{"type": "dids", "id": did} for did in ids]
    return {
        "id": ID,
        "type": "voice_out_trunks",
        "attributes": {
            **DEFAULTS,
            "name": "EU SBC",
            "external_reference_id": "crm-0001",
            "authentication_method": {"type": "credentials_and_ip", "attributes": method},
            "allowed_rtp_ips": None,
            "on_cli_mismatch_action": "reject_call",
            "capacity_limit": 30,
            "allow_any_did_as_cli": False,
            "status": "active",
            "threshold_reached": False,
            "threshold_amount": "1000.0",
            "default_dst_action": "allow_all",
            "dst_prefixes": ["45", "23"],
            "emergency_enable_all": False,
            "media_encryption_mode": "disabled",
            "force_symmetric_rtp": True,
            "rtp_ping": True,
            "rtp_timeout": 30,
            "callback_url": None,
            "created_at": "2025-04-02T10:00:00.000Z",
            **attributes,
        },
        "relationships": relationships,
        "meta": {"spent_amount": "12.34"},
    }


def parse(given: Any, version: str = "2026-04-16", state: str | None = None) -> Desired:
    return planning.parse(VOICE_OUT_TRUNK, given, version, state)


def read(answer: dict[str, Any], names: dict[str, str] | None = None) -> Item:
    return read_item(VOICE_OUT_TRUNK, answer, names)


def plan(given: dict[str, Any], current: dict[str, Any]) -> Plan:
    return planning.plan(parse({"id": ID, **given}), read(current))


def problems(given: dict[str, Any], current: dict[str, Any] | None = None) -> list[str]:
    with pytest.raises(InvalidOptions) as refusal:
        plan(given, current or resource())
    return [problem.option for problem in refusal.value.problems]


def test_desired_holds_canonical_settings_without_the_identifier() -> None:
    desired = parse({"external_reference_id": "crm-1", "name": "X", "threshold_amount": "5", "dids": []})
    assert (desired.selector, desired.value) == ("external_reference_id", "crm-1")
    assert desired.settings == {"name": "X", "threshold_amount": "5.0", "dids": []}
    assert desired.linkage == ("dids",)


def test_read_drops_secrets_and_what_cannot_be_set() -> None:
    found = read(resource({"dids": [DIDS[1].upper(), DIDS[0]]}))
    assert "u4k2m" not in repr(found)
    assert "s3cr3t" not in repr(found)
    assert "u4k2m" not in str(found.raw)
    returned = found.returned()
    assert returned["id"] == ID
    method = {"type": "credentials_and_ip", "allowed_sip_ips": ["203.0.113.1/32"], "tech_prefix": None}
    assert returned["authentication_method"] == method
    assert returned["dids"] == DIDS[:2]
    assert "emergency_dids" not in returned
    assert returned["dst_prefixes"] == ["23", "45"]
    facts = {"created_at": "2025-04-02T10:00:00.000Z", "threshold_reached": False, "spent_amount": "12.34"}
    assert {name: returned[name] for name in facts} == facts
    assert returned["did_numbers"] == {}
    hidden = {"emergency_dids", "default_did", *METHOD.attributes}
    assert set(returned) == {*SETTINGS, "id", *facts, "did_numbers"} - hidden


def test_an_unknown_type_is_returned_without_its_attributes() -> None:
    method = {"type": "voice_product", "attributes": {"token": "s3cr3t", "allowed_sip_ips": ["203.0.113.1/32"]}}
    found = read(resource(authentication_method=method))
    assert found.settings["authentication_method"] == {"type": "voice_product"}


def test_a_partial_method_loses_nothing() -> None:
    kept = {"tech_prefix": "77#", "future": [1]}
    method = {"allowed_sip_ips": ["203.0.113.1/32"], **kept, "username": "u", "password": "p"}
    current = resource(authentication_method={"type": "credentials_and_ip", "attributes": method})
    given = {"authentication_method": {"type": "credentials_and_ip", "allowed_sip_ips": ["203.0.113.2"]}}
    made = plan(given, current)
    assert made.document is not None
    sent = {"type": "credentials_and_ip", "attributes": {"allowed_sip_ips": ["203.0.113.2/32"], **kept}}
    assert made.document["attributes"] == {"authentication_method": sent}
    assert made.after.settings["authentication_method"]["tech_prefix"] == "77#"


@pytest.mark.parametrize("name", LINKAGE)
def test_listed_dids_are_sent_when_their_flag_goes_off(name: str) -> None:
    flag = VOICE_OUT_TRUNK.read_links[name].managed_by
    managed = resource(linkage={name: DIDS[:1]}, **{flag: True})
    ended = plan({flag: False, name: DIDS[:1]}, managed)
    assert list(ended.changes) == [flag]
    assert ended.document == {
        "id": ID,
        "type": "voice_out_trunks",
        "attributes": {flag: False},
        "relationships": {name: {"data": [{"type": "dids", "id": DIDS[0]}]}},
    }
    assert "relationships" not in (plan({flag: False}, managed).document or {})
    assert "relationships" not in (plan({"rtp_timeout": 60, name: DIDS[:1]}, managed).document or {})
    ordinary = resource(linkage={name: DIDS[:1]})
    assert plan({flag: False, name: DIDS[:1]}, ordinary).document is None
    assert "relationships" not in (plan({"rtp_timeout": 60, name: DIDS[:1]}, ordinary).document or {})


def test_unmet_settings_have_both_values() -> None:
    asked = {"type": "credentials_and_ip", "tech_prefix": "1"}
    task: dict[str, Any] = {"id": ID, "rtp_timeout": None, "status": "blocked", "dids": []}
    desired = parse({**task, "authentication_method": asked})
    made = planning.plan(desired, read(resource({"dids": DIDS})))
    method = {"type": "credentials_and_ip", "attributes": {"allowed_sip_ips": ["203.0.113.9/32"], "tech_prefix": "2"}}
    answered = read(resource(rtp_timeout=30, status="blocked", authentication_method=method))
    assert planning.unmet(desired, made.after, answered) == [
        ("authentication_method.tech_prefix", "1", "2"),
        ("rtp_timeout", None, 30),
    ]
    linked = read(resource({"dids": DIDS[:1]}, rtp_timeout=None, status="blocked"))
    assert ("dids", [], DIDS[:1]) in planning.unmet(desired, made.after, linked)


def test_other_settings_are_never_unmet() -> None:
    desired = parse({"id": ID, "status": "blocked"})
    made = planning.plan(desired, read(resource()))
    assert planning.unmet(desired, made.after, read(resource(status="blocked", rtp_timeout=99))) == []


def test_an_answer_without_linkage_takes_it_from_the_plan() -> None:
    made = plan({"dids": DIDS[:1]}, resource({"dids": []}))
    answer = resource(capacity_limit=5)
    del answer["meta"]
    answered = read(answer).completed_by(made.after)
    assert answered.settings["dids"] == DIDS[:1]
    assert answered.settings["capacity_limit"] == 5
    assert list(answered.settings) == list(made.after.settings)
    assert answered.facts == made.after.facts
    assert answered.facts["spent_amount"] is not None
    later = read({**answer, "meta": {"spent_amount": "99.5"}}).completed_by(made.after)
    assert later.facts["spent_amount"] == "99.5"


def test_an_unchanged_unknown_method_changes_nothing() -> None:
    method = {"type": "voice_product", "attributes": {"product_id": "7f3c"}}
    current = resource(authentication_method=method)
    for more in ({}, {"tech_prefix": None}, {"tech_prefix": ""}):
        made = plan({"authentication_method": {"type": "voice_product", **more}}, current)
        assert made.document is None
        assert made.after.settings["authentication_method"] == {"type": "voice_product"}


@pytest.mark.parametrize("case", rows("diffs", "diffs"))
def test_a_diff(case: dict[str, Any]) -> None:
    current = read(resource({"dids": case["dids"]}, **case["has"]), {DIDS[1]: "37061498222"})
    shown = diff(planning.plan(parse({"id": ID, **case["task"]}), current))
    assert (shown["before"], shown["after"]) == (case["before"], case["after"])


def test_equal_values_of_two_settings_are_not_mixed_up() -> None:
    """difflib would take null before for null after, if they were equal lines."""
    changes = {"external_reference_id": "x", "threshold_amount": None}
    shown = diff(plan(changes, resource(external_reference_id=None, threshold_amount="5.0")))
    lines = difflib.unified_diff(shown["before"].splitlines(), shown["after"].splitlines(), lineterm="")
    assert list(lines)[3:] == [
        "-external_reference_id: null",
        '+external_reference_id: "x"',
        " ",
        '-threshold_amount: "5.0"',
        "+threshold_amount: null",
    ]
