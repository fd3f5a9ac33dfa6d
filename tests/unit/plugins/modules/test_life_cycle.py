# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Trunks are created, deleted, held and unblocked, with both front ends."""

from __future__ import annotations

import copy
import itertools
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._client import http, jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine import change, lookup, search
from ansible_collections.didww.voice.plugins.module_utils._engine.fleet import update_many
from ansible_collections.didww.voice.plugins.module_utils._engine.reading import read_many
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK
from ansible_collections.didww.voice.plugins.plugin_utils import _action
from simulator.server import Simulator, load_seed

from ...conftest import (
    HANG_GUARD,
    IP_ONLY,
    TRUNK,
    TWILIO,
    RunModule,
    after_each_patch,
    connection_to,
    methods,
    only_2026_04_16,
    only_2026_11_19,
)

LATER = "00000000-0000-4000-8000-000000000007"
REPLACING = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e005"
DID, OTHER_DID = (f"6b1f4c0a-0000-4000-8000-00000000000{number}" for number in (1, 2))
METHOD = {"type": "credentials_and_ip", "allowed_sip_ips": ["203.0.113.7"]}
NEW: dict[str, Any] = {
    "state": "present",
    "name": "New trunk",
    "on_cli_mismatch_action": "reject_call",
    "authentication_method": METHOD,
    "allowed_rtp_ips": None,
    "capacity_limit": 10,
    "threshold_amount": 50,
}


def trunks_called(api: Simulator, name: str) -> list[dict[str, Any]]:
    return [trunk for trunk in api.trunks if trunk["attributes"]["name"] == name]


# --- Create ---


def test_create_once(local_api: Simulator, run_module: RunModule) -> None:
    predicted = run_module(check=True, diff=True, **NEW)
    assert methods(local_api) == ["GET"]
    assert predicted["changed"] is True
    assert predicted["trunk"]["id"] is None
    assert predicted["trunk"]["name"] == "New trunk"
    assert predicted["changes"]["capacity_limit"] == {"before": None, "after": 10}
    assert predicted["diff"]["before"] == ""
    assert 'name: "New trunk"\n' in predicted["diff"]["after"]
    assert "\nallowed_rtp_ips: null\n" in predicted["diff"]["after"]
    local_api.clear_journal()

    done = run_module(diff=True, **NEW)
    assert methods(local_api) == ["GET", "POST"]
    assert (done["changes"], done["diff"]) == (predicted["changes"], predicted["diff"])
    assert done["warnings"] == []
    (stored,) = trunks_called(local_api, "New trunk")
    assert done["trunk"]["id"] == stored["id"]
    assert done["trunk"]["default_dst_action"] == "allow_all"
    secrets = stored["attributes"]["authentication_method"]["attributes"]
    assert secrets["password"]
    assert not any(secrets[name] in str(done) for name in ("username", "password"))
    sent = local_api.journal[-1]["body"]["data"]
    assert set(sent) == {"type", "attributes"}
    assert sent["attributes"]["authentication_method"] == {
        "type": "credentials_and_ip",
        "attributes": {"allowed_sip_ips": ["203.0.113.7/32"]},
    }
    local_api.clear_journal()

    again = run_module(**NEW)
    assert again["changed"] is False
    assert methods(local_api) == ["GET"]


def test_a_fleet_creates_by_reference(local_api: Simulator, run_fleet: RunModule) -> None:
    trunks = [{**NEW, "external_reference_id": "crm-9"}, {"id": TWILIO}]
    assert run_fleet(trunks=trunks)["summary"]["created"] == 1
    assert run_fleet(trunks=trunks)["changed"] is False


def test_a_new_trunk_whose_dids_didww_manages_lists_none(local_api: Simulator, run_module: RunModule) -> None:
    result = run_module(**NEW, allow_any_did_as_cli=True, dids=[DID])
    assert result["msg"].startswith("dids: DIDs cannot be listed while allow_any_did_as_cli is true")
    assert methods(local_api) == ["GET"]
    assert run_module(**NEW, allow_any_did_as_cli=True, dids=[])["changed"] is True


def test_create_by_reference_with_dids(local_api: Simulator, run_module: RunModule) -> None:
    options = {**NEW, "external_reference_id": "crm-9", "dids": ["+370 614 98222"], "emergency_dids": [OTHER_DID]}
    done = run_module(**options)
    (stored,) = trunks_called(local_api, "New trunk")
    assert stored["dids"] == [DID]
    assert stored["emergency_dids"] == [OTHER_DID]
    assert stored["attributes"]["external_reference_id"] == "crm-9"
    assert done["trunk"]["did_numbers"][DID] == "37061498222"
    assert run_module(**options)["changed"] is False


@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
def test_everything_that_a_new_trunk_lacks_is_reported_at_once(
    local_api: Simulator, run_module: RunModule, api_version: str, check: bool
) -> None:
    result = run_module(check=check, state="present", external_reference_id="crm-9")
    assert result["failed"] is True
    for option in ("name", "authentication_method", "on_cli_mismatch_action"):
        assert f"{option}: required to create a trunk" in result["msg"]
    method = {"type": "credentials_and_ip"}
    result = run_module(
        check=check, **{**{n: NEW[n] for n in NEW if n != "allowed_rtp_ips"}, "authentication_method": method}
    )
    assert "authentication_method.allowed_sip_ips: required to create a trunk with type" in result["msg"]
    words = "; (2) allowed_rtp_ips: required to create a trunk with type credentials_and_ip: list addresses, or"
    assert (words in result["msg"]) is (api_version == "2026-04-16")
    result = run_module(check=check, **{**NEW, "on_cli_mismatch_action": "replace_cli"})
    words = "default_did: required when on_cli_mismatch_action changes to replace_cli: set it to the id or the number"
    assert (words in result.get("msg", "")) is (api_version == "2026-11-19")
    for kind in ("ip_only", "voice_product"):
        result = run_module(check=check, **{**NEW, "authentication_method": {"type": kind}})
        assert f'"{kind}" is not accepted for a new trunk; expected credentials_and_ip or twilio' in result["msg"]
    # The local API requires the DID in each version.
    assert set(methods(local_api)) == ({"GET"} if check or api_version == "2026-11-19" else {"GET", "POST"})


@only_2026_11_19
@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
def test_a_new_trunk_has_no_value_of_an_older_version(
    local_api: Simulator, run_module: RunModule, run_fleet: RunModule, check: bool
) -> None:
    new = {**NEW, "capacity_limit": 0, "threshold_amount": None}
    for result in (run_module(check=check, **new), run_fleet(check=check, trunks=[new])):
        assert "capacity_limit: 0 is not accepted; expected a whole number from 1 to 32767" in result["msg"]
        words = "leave the option out to keep the current limit, or to let DIDWW choose that of a new trunk"
        assert f"threshold_amount: null is not accepted; {words} (with api_version 2026-11-19)" in result["msg"]
    assert set(methods(local_api)) == {"GET"}


@pytest.mark.parametrize("body", [{"error": "Not Found", "status": 404}, "404 page not found"])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_404_of_a_gateway_is_not_an_absent_trunk(
    local_api: Simulator, run_module: RunModule, method: str, body: Any
) -> None:
    local_api.add_faults({"method": method, "status": 404, "body": body})
    result = run_module(id=TRUNK, state="absent")
    assert (result["failed"], result["status"]) == (True, 404)
    assert local_api.trunk(TRUNK)


def test_an_id_cannot_be_created(local_api: Simulator, run_module: RunModule) -> None:
    result = run_module(**NEW, id="00000000-0000-4000-8000-000000000000")
    assert "DIDWW chooses the id of a new one: select it by name or external_reference_id" in result["msg"]
    assert methods(local_api) == ["GET"]


def test_a_name_that_is_taken(local_api: Simulator, run_module: RunModule, run_fleet: RunModule) -> None:
    taken = {**NEW, "external_reference_id": "crm-9", "name": "EU SBC"}
    words = f'another trunk in this account, {TRUNK}, is already called "EU SBC", and DIDWW rejects duplicate names: '
    words += "choose another name, or select that trunk to change it"
    for check in (True, False):
        assert run_module(check=check, **taken)["msg"] == f"name: {words}"
        assert run_fleet(check=check, trunks=[taken])["msg"] == f"trunks[0] (crm-9): name: {words}"
        # By reference, then by name.
        assert methods(local_api) == ["GET"] * 4
        assert f"name: {words}" in run_fleet(check=check, trunks=[taken, {"id": TWILIO}])["msg"]
        assert methods(local_api) == ["GET"] * 5
        local_api.clear_journal()


def test_a_name_that_is_taken_meanwhile(
    local_api: Simulator, run_module: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "_with_holders", lambda client, wanted, found: found)
    result = run_module(**{**NEW, "external_reference_id": "crm-9", "name": "EU SBC"})
    assert result["status"] == 422
    assert "Another trunk of this account has that name" in result["msg"]


def test_what_didww_chooses_to_spend_is_a_warning(run_module: RunModule) -> None:
    open_ended = {name: value for name, value in NEW.items() if name not in ("capacity_limit", "threshold_amount")}
    assert run_module(check=True, **open_ended)["warnings"] == [
        "the task does not set capacity_limit, and DIDWW chooses it",
        "the task does not set threshold_amount, and DIDWW chooses it",
    ]
    assert run_module(**open_ended)["warnings"] == [
        "the task does not set capacity_limit, and DIDWW chose null",
        'the task does not set threshold_amount, and DIDWW chose "3000.0"',
    ]


LOST = [
    {"drop": "headers", "apply": True},
    {"drop": "body", "apply": True},
    {"drop": "before"},
    {"drop": "before", "apply": True},
    {"status": 503},
    {"status": 503, "apply": True},
    {"status": 502, "apply": True},
    {"status": 500, "apply": True},
    {"status": 408},
    {"garbage": "html", "apply": True},
    {"garbage": "empty", "apply": True},
    {"garbage": "missing_data", "apply": True},
    {"status": 429},
]


@pytest.mark.parametrize("fault", LOST, ids=str)
def test_a_lost_answer_creates_exactly_one_trunk(
    local_api: Simulator, run_module: RunModule, fault: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    local_api.add_faults({"method": "POST", **fault})
    result = run_module(**NEW, api_retries=2)
    assert result.get("failed") is None, result
    assert result["changed"] is True
    (stored,) = trunks_called(local_api, "New trunk")
    assert result["trunk"]["id"] == stored["id"]
    # Never sent again without a look.
    posts = [index for index, method in enumerate(methods(local_api)) if method == "POST"]
    if fault != {"status": 429}:
        assert all("GET" in methods(local_api)[first:second] for first, second in itertools.pairwise(posts))


def test_a_request_that_arrives_late_is_taken(
    local_api: Simulator, run_module: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first POST is applied after the look, so that the second one meets a name that is taken."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    local_api.add_faults({"method": "POST", "status": 503, "apply": True})
    # The look after the lost answer does not see it yet.
    nothing = {"data": [], "links": {}, "meta": {"total_records": 0, "api_version": "2026-04-16"}}
    local_api.add_faults({"method": "GET", "status": 200, "body": nothing, "after": 1})
    result = run_module(**NEW, api_retries=2)
    assert result["changed"] is True
    assert methods(local_api) == ["GET", "POST", "GET", "POST", "GET"]
    (stored,) = trunks_called(local_api, "New trunk")
    assert result["trunk"]["id"] == stored["id"]


def test_a_trunk_of_another_name_was_not_created_by_the_task(
    local_api: Simulator, run_module: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another client creates one with the same reference. References need not be unique."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    local_api.add_faults({"method": "POST", "status": 503})
    find = search.search

    def found(*arguments: Any) -> Any:
        if methods(local_api).count("POST") == 1:
            local_api.put_trunk(LATER, attributes={"name": "Theirs", "external_reference_id": "crm-9"})
        return find(*arguments)

    monkeypatch.setattr(change, "search", found)
    result = run_module(**NEW, external_reference_id="crm-9", api_retries=1)
    assert result["changed"] is True
    assert methods(local_api) == ["GET", "GET", "POST", "GET", "POST"]
    assert local_api.trunk(LATER)["attributes"]["name"] == "Theirs"


def test_a_trunk_that_was_found_is_brought_to_the_task(
    local_api: Simulator, run_module: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    local_api.add_faults({"method": "POST", "status": 503, "apply": True})
    local_api.add_faults({"method": "GET", "after": 1, "answer_attributes": {"capacity_limit": 99}})
    result = run_module(**NEW, api_retries=1)
    assert methods(local_api) == ["GET", "POST", "GET", "PATCH"]
    assert local_api.journal[-1]["body"]["data"]["attributes"] == {"capacity_limit": 10}
    assert result["changed"] is True


def test_a_lost_answer_without_retries(local_api: Simulator, run_module: RunModule) -> None:
    local_api.add_faults({"method": "POST", "drop": "headers", "apply": True})
    assert run_module(**NEW)["changed"] is True
    local_api.reset()
    local_api.add_faults({"method": "POST", "drop": "headers"})
    result = run_module(**NEW)
    assert "The request was sent and may have been applied" in result["msg"]


# --- Delete ---


def test_delete_once(local_api: Simulator, run_module: RunModule) -> None:
    predicted = run_module(check=True, diff=True, state="absent", name="EU SBC", capacity_limit=1)
    assert (predicted["changed"], predicted["trunk"]) == (True, None)
    assert methods(local_api) == ["GET"]
    done = run_module(diff=True, state="absent", name="EU SBC", capacity_limit=1)
    assert (done["changes"], done["diff"], done["trunk"]) == (predicted["changes"], predicted["diff"], None)
    assert done["changes"]["capacity_limit"] == {"before": 30, "after": None}
    assert done["diff"]["after"] == ""
    assert 'name: "EU SBC"\n' in done["diff"]["before"]
    assert methods(local_api)[1:] == ["GET", "DELETE"]
    assert trunks_called(local_api, "EU SBC") == []
    selectors: list[dict[str, Any]] = [{"name": "EU SBC"}, {"id": TRUNK}]
    for selector in selectors:
        again = run_module(state="absent", **selector)
        assert (again["changed"], again["trunk"], again["changes"]) == (False, None, {})


def test_other_options_of_a_trunk_to_delete_are_checked(run_module: RunModule) -> None:
    assert "rtp_timeout: 5 is not accepted" in run_module(state="absent", name="EU SBC", rtp_timeout=5)["msg"]


def test_an_ambiguous_deletion_is_an_error(local_api: Simulator, run_module: RunModule) -> None:
    local_api.put_trunk(TWILIO, attributes={"external_reference_id": "crm-0001"})
    result = run_module(state="absent", external_reference_id="crm-0001")
    assert "2 trunks have the external_reference_id" in result["msg"]
    assert methods(local_api) == ["GET"]


@pytest.mark.parametrize("fault", [{"drop": "headers"}, {"status": 503}, {"status": 429}, {"drop": "before"}], ids=str)
@pytest.mark.parametrize("apply", [True, False], ids=["applied", "lost"])
def test_a_deletion_can_be_repeated(
    local_api: Simulator, run_module: RunModule, fault: dict[str, Any], apply: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    local_api.add_faults({"method": "DELETE", "apply": apply, **fault})
    result = run_module(state="absent", name="EU SBC", api_retries=2)
    assert result["changed"] is True
    assert trunks_called(local_api, "EU SBC") == []


# --- Doubt ---


@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
def test_only_an_answer_about_this_trunk_means_that_it_is_absent(
    local_api: Simulator, run_module: RunModule, run_fleet: RunModule, check: bool
) -> None:
    elsewhere: dict[str, Any] = {"api_url": local_api.url.removesuffix("/v3"), "api_retries": 0}
    alone = run_module(check=check, state="absent", id=TRUNK, **elsewhere)
    fleet = run_fleet(check=check, trunks=[{"id": TRUNK, "state": "absent"}], **elsewhere)
    for result in (alone, fleet):
        assert (result["failed"], result["status"]) == (True, 404)
        assert result["msg"].endswith("The API has nothing at this address: check that api_url ends in /v3.")
    assert run_module(check=check, state="absent", id=LATER)["changed"] is False


def test_a_404_after_a_deletion_speaks_of_the_trunk(local_api: Simulator, run_module: RunModule) -> None:
    errors = [{"title": "Not found", "detail": "No route matches.", "code": "404", "status": "404"}]
    local_api.add_faults({"method": "DELETE", "status": 404, "body": {"errors": errors}})
    assert run_module(id=TRUNK, state="absent")["status"] == 404
    assert local_api.trunk(TRUNK)


@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
def test_a_trunk_that_is_described_otherwise_is_not_deleted(
    local_api: Simulator, run_module: RunModule, run_fleet: RunModule, check: bool
) -> None:
    described: list[tuple[dict[str, Any], str]] = [
        ({"id": TRUNK, "name": "Twilio London"}, 'name: the trunk with the id "0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10" '),
        ({"id": TRUNK, "external_reference_id": "crm-9"}, "external_reference_id: the trunk with the id"),
        ({"external_reference_id": "crm-0001", "name": "EU"}, "name: the trunk with the external_reference_id"),
        (
            {"id": TWILIO, "external_reference_id": "crm-9"},
            'has "crm-0002", but the task says "crm-9", so it is not deleted',
        ),
    ]
    for entry, words in described:
        assert words in run_module(check=check, state="absent", **entry)["msg"]
        assert words in run_fleet(check=check, state="absent", trunks=[entry, {"id": IP_ONLY}])["msg"]
    assert set(methods(local_api)) == {"GET"}
    assert run_module(check=check, state="absent", id=TRUNK, name="EU SBC", capacity_limit=1)["changed"] is True


@pytest.mark.parametrize("state", ["absent", "existing"])
def test_a_filter_that_finds_nothing_is_no_proof(
    with_filter: Simulator, run_fleet: RunModule, state: str, api_version: str
) -> None:
    entries = [{"id": TRUNK}, {"id": TWILIO}]
    other = {"id": TWILIO, "type": "voice_out_trunks", "attributes": with_filter.trunk(TWILIO)["attributes"]}
    for data in ([], [other]):
        meta = {"total_records": len(data), "api_version": api_version}
        with_filter.add_faults({"method": "GET", "status": 200, "body": {"data": data, "links": {}, "meta": meta}})
        result = run_fleet(check=True, trunks=entries, state=state)
        assert result["summary"]["deleted"] == (2 if state == "absent" else 0)
        assert [entry["id"] for entry in result["trunks"]] == [TRUNK, TWILIO]
    with_filter.clear_journal()
    # A trunk that really is absent takes one request more.
    result = run_fleet(trunks=[{"id": LATER}, {"id": TWILIO}, {"id": IP_ONLY, "state": "existing"}], state="absent")
    assert result["summary"]["deleted"] == 1
    assert methods(with_filter) == ["GET", "GET", "DELETE"]


# --- A fleet ---


def test_a_fleet_creates_updates_and_deletes_together(local_api: Simulator, run_fleet: RunModule) -> None:
    entries = [
        {**{name: value for name, value in NEW.items() if name != "state"}},
        {"name": "EU SBC", "capacity_limit": 7},
        {"name": "Twilio London", "state": "absent"},
        {"name": "Nobody", "state": "absent"},
    ]
    predicted = run_fleet(check=True, diff=True, trunks=entries, state="present")
    assert set(methods(local_api)) == {"GET"}
    assert predicted["summary"] | {"requests": 0} == {
        "total": 4, "changed": 3, "created": 1, "deleted": 1, "unchanged": 1, "held": 0, "failed": 0, "requests": 0,
    }  # fmt: skip
    done = run_fleet(diff=True, trunks=entries, state="present")
    assert [entry["changes"] for entry in done["trunks"]] == [entry["changes"] for entry in predicted["trunks"]]
    assert done["diff"] == predicted["diff"]
    assert done["trunks"][0]["id"] == trunks_called(local_api, "New trunk")[0]["id"]
    assert trunks_called(local_api, "Twilio London") == []
    assert run_fleet(trunks=entries, state="present")["changed"] is False


def test_a_fleet_is_all_or_nothing(local_api: Simulator, run_fleet: RunModule) -> None:
    new = {**NEW, "name": "Twilio London", "external_reference_id": "crm-9"}
    conflict = run_fleet(trunks=[new, {"external_reference_id": "crm-0002", "state": "absent"}])
    assert "trunks[0] (Twilio London): name: trunks[1]" in conflict["msg"]
    twice = run_fleet(trunks=[NEW, {**NEW, "capacity_limit": 3}])
    assert "trunks[1] (New trunk): name: refers to the same trunk as trunks[0]" in twice["msg"]
    incomplete = run_fleet(trunks=[NEW, {"name": "Other", "state": "present"}, {"name": "EU SBC", "capacity_limit": 3}])
    assert "trunks[1] (Other): authentication_method: required to create a trunk" in incomplete["msg"]
    assert set(methods(local_api)) == {"GET"}


def test_an_audit_reports_what_is_missing_and_unmanaged(local_api: Simulator, run_fleet: RunModule) -> None:
    entries = [
        {"name": "EU SBC", "capacity_limit": 7},
        {"name": "Nobody"},
        {**NEW},
        {"name": "Twilio London", "state": "absent"},
        {"name": "Gone", "state": "absent"},
    ]
    result = run_fleet(trunks=entries, audit=True)
    assert set(methods(local_api)) == {"GET"}
    assert result["missing"] == [
        {"index": 1, "selector": "name", "value": "Nobody"},
        {"index": 2, "selector": "name", "value": "New trunk"},
    ]
    assert [entry["changed"] for entry in result["trunks"]] == [True, False, False, True, False]
    assert len(result["unmanaged"]) == 5
    assert {"id": IP_ONLY, "name": "Carrier interconnect"} in result["unmanaged"]
    assert run_fleet(trunks=[{"id": TRUNK}], audit=True)["unmanaged"]


# --- A fraud stop ---


def test_a_block_by_didww_is_held(local_api: Simulator, run_module: RunModule, run_fleet: RunModule) -> None:
    local_api.put_trunk(TRUNK, attributes={"status": "blocked", "threshold_reached": True})
    held = {"status": {"before": "blocked", "after": "active"}}
    for check in (True, False):
        result = run_module(check=check, name="EU SBC", status="active")
        assert (result["changed"], result["held"]) == (False, held)
        (warning,) = result["warnings"]
        assert "DIDWW blocked the trunk because it reached its threshold" in warning
        assert "set unblock to true" in warning
    result = run_fleet(
        trunks=[{"id": TRUNK, "status": "active", "capacity_limit": 7}, {"id": TWILIO, "rtp_ping": True}]
    )
    assert result["summary"]["held"] == 1
    first, second = result["trunks"]
    assert (first["held"], first["changes"]) == (held, {"capacity_limit": {"before": 30, "after": 7}})
    assert (second["held"], second["changed"]) == ({}, True)
    assert local_api.trunk(TRUNK)["attributes"]["status"] == "blocked"
    result = run_fleet(trunks=[{"id": TRUNK, "status": "active", "unblock": True}])
    assert result["trunks"][0]["held"] == {}
    assert local_api.trunk(TRUNK)["attributes"]["status"] == "active"


def test_a_block_by_hand_is_no_fraud_stop(local_api: Simulator, run_module: RunModule) -> None:
    local_api.put_trunk(TRUNK, attributes={"status": "blocked", "threshold_reached": False})
    result = run_module(name="EU SBC", status="active")
    assert (result["changed"], result["held"]) == (True, {})


@pytest.mark.parametrize("missing", ["status", "threshold_reached"])
@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
def test_a_block_of_unknown_status_or_cause_is_held(
    local_api: Simulator, run_module: RunModule, missing: str, check: bool
) -> None:
    local_api.put_trunk(TRUNK, attributes={"status": "blocked", "threshold_reached": missing == "status"})
    attributes = {name: value for name, value in local_api.trunk(TRUNK)["attributes"].items() if name != missing}
    document = {"data": {"id": TRUNK, "type": "voice_out_trunks", "attributes": attributes}}
    options: dict[str, Any] = {"id": TRUNK, "status": "active", "rtp_ping": False}
    local_api.add_faults({"method": "GET", "status": 200, "body": document})
    result = run_module(check=check, **options)
    assert result["held"] == {"status": {"before": attributes.get("status"), "after": "active"}}
    assert list(result["changes"]) == ["rtp_ping"]
    (warning,) = result["warnings"]
    assert ("status is not sent: DIDWW does not report it" in warning) is (missing == "status")
    assert local_api.trunk(TRUNK)["attributes"]["status"] == "blocked"
    local_api.add_faults({"method": "GET", "status": 200, "body": document})
    result = run_module(check=check, unblock=True, **options)
    assert (result["held"], "status" in result["changes"]) == ({}, True)


@pytest.mark.parametrize("more", [{}, {"capacity_limit": 11}], ids=["equal", "different"])
def test_a_held_trunk_after_a_lost_answer_was_not_created(
    local_api: Simulator, run_module: RunModule, run_fleet: RunModule, more: dict[str, Any]
) -> None:
    blocked = {"status": "blocked", "threshold_reached": True}
    held = {"status": {"before": "blocked", "after": "active"}}
    for run, options in (
        (run_module, {**NEW, "status": "active"}),
        (run_fleet, {"trunks": [{**NEW, "status": "active"}]}),
    ):
        local_api.add_faults({"method": "POST", "apply": True, "drop": "before"})
        local_api.add_faults({"method": "GET", "after": 1, "answer_attributes": {**blocked, **more}})
        local_api.clear_journal()
        result = run(**options)
        entry = result if run is run_module else result["trunks"][0]
        assert (entry["held"], entry["changed"]) == (held, bool(more))
        assert entry["changes"].keys() == more.keys()
        assert any("status stays" in warning for warning in result["warnings"])
        assert result.get("summary", {"created": 0, "held": 1})["created"] == 0
        assert result.get("summary", {"created": 0, "held": 1})["held"] == 1
        (stored,) = trunks_called(local_api, "New trunk")
        local_api.remove_trunk(stored["id"])


# --- default_did ---


@pytest.fixture
def with_filter(local_api: Simulator) -> Iterator[Simulator]:
    """The local API, where DIDWW's filters by id work."""
    seed = copy.deepcopy(load_seed())
    seed["accounts"][0]["readings"] = ["filter_by_id"]
    local_api.reset(seed)
    yield local_api
    local_api.reset(load_seed())


def test_a_default_did(with_filter: Simulator, run_module: RunModule) -> None:
    task: dict[str, Any] = {"id": TRUNK, "on_cli_mismatch_action": "replace_cli", "default_did": "+37061498222"}
    done = run_module(**task)
    assert done["changes"]["default_did"] == {"before": None, "after": DID}
    assert methods(with_filter) == ["GET", "GET", "PATCH"]
    assert with_filter.trunk(TRUNK)["default_did"] == DID
    with_filter.clear_journal()
    again = run_module(**{**task, "default_did": DID})
    assert again["changed"] is False
    assert methods(with_filter) == ["GET", "GET"]
    other = run_module(id=TRUNK, default_did=OTHER_DID)
    assert other["changes"] == {"default_did": {"before": None, "after": OTHER_DID}}
    assert with_filter.trunk(TRUNK)["default_did"] == OTHER_DID


def test_a_default_did_needs_its_action(local_api: Simulator, run_module: RunModule) -> None:
    result = run_module(id=TRUNK, default_did=DID)
    assert (
        "default_did: only for a trunk whose on_cli_mismatch_action is replace_cli; it is reject_call" in result["msg"]
    )
    assert "default_did: null is not accepted" in run_module(id=TRUNK, default_did=None)["msg"]
    result = run_module(id=TRUNK, default_did="49 99 00 00 00", on_cli_mismatch_action="replace_cli")
    assert result["msg"] == "default_did: no DID in this account has the number 4999000000"
    assert "PATCH" not in methods(local_api)


def test_a_filter_that_didww_refuses_leaves_the_default_did_unknown(
    local_api: Simulator, run_module: RunModule
) -> None:
    local_api.add_faults({"path_contains": "filter[default_did.id]", "status": 400})
    result = run_module(id=REPLACING, default_did=DID)
    assert result["changed"] is True
    (warning,) = result["warnings"]
    assert "default_did.id" in warning


@only_2026_04_16
def test_an_action_that_may_need_a_default_did(local_api: Simulator, run_module: RunModule) -> None:
    local_api.add_faults({"method": "PATCH", "status": 422})
    result = run_module(id=TRUNK, on_cli_mismatch_action="replace_cli")
    assert "DIDWW may require default_did with on_cli_mismatch_action replace_cli: set it." in result["msg"]


# --- Credentials ---


def pair(api: Simulator) -> dict[str, Any]:
    details = api.trunk(TRUNK)["attributes"]["authentication_method"]["attributes"]
    return {name: details[name] for name in ("username", "password")}


def test_rotate_once(local_api: Simulator, run_credentials: RunModule) -> None:
    before = pair(local_api)
    task: dict[str, Any] = {"name": "EU SBC", "replaces": before["password"]}
    predicted = run_credentials(check=True, **task)
    assert (predicted["changed"], predicted["credentials"]) == (True, {"username": None, "password": None})
    assert pair(local_api) == before
    done = run_credentials(**task)
    assert done["changed"] is True
    assert done["credentials"] == pair(local_api) != before
    assert done["trunk"] == {"id": TRUNK, "name": "EU SBC"}
    local_api.clear_journal()
    again = run_credentials(**task)
    assert (again["changed"], again["credentials"]) == (False, done["credentials"])
    assert methods(local_api) == ["GET"]
    assert run_credentials(id=TRUNK)["changed"] is True


def test_a_short_password_blanks_nothing(run_credentials: RunModule, local_api: Simulator) -> None:
    result = run_credentials(name="EU SBC", replaces="1")
    assert result["changed"] is False
    assert result["trunk"]["id"] == TRUNK
    assert result["credentials"] == pair(local_api)
    assert "replaces" not in str(result.get("invocation", {}))


@pytest.mark.parametrize("value", [None, 1.5, ["x"], {"x": 1}])
def test_a_rejected_password_is_not_shown(run_credentials: RunModule, value: object) -> None:
    message = run_credentials(name="EU SBC", replaces=value)["msg"]
    assert message.startswith("replaces: ")
    assert "x" not in message.replace("expected", "")
    assert "1.5" not in message


@pytest.mark.parametrize("trunk", [TWILIO, IP_ONLY])
def test_a_trunk_without_credentials(local_api: Simulator, run_credentials: RunModule, trunk: str) -> None:
    assert "which has no credentials to rotate; expected credentials_and_ip" in run_credentials(id=trunk)["msg"]
    assert methods(local_api) == ["GET"]


@pytest.mark.parametrize("fault", [{"drop": "headers"}, {"status": 503}, {"status": 500}, {"garbage": "html"}], ids=str)
def test_a_lost_answer_never_rotates_twice(
    local_api: Simulator, run_credentials: RunModule, fault: dict[str, Any]
) -> None:
    before = pair(local_api)
    local_api.add_faults({"method": "POST", "apply": True, **fault})
    result = run_credentials(name="EU SBC", api_retries=2)
    assert result["credentials"] == pair(local_api) != before
    assert methods(local_api) == ["GET", "POST", "GET"]
    between = pair(local_api)
    local_api.add_faults({"method": "POST", **fault})
    result = run_credentials(name="EU SBC", api_retries=2)
    assert "may have been applied" in result["msg"]
    assert methods(local_api).count("POST") == 2
    assert pair(local_api) == between


# --- One trunk, by whichever identifier ---


def test_info_reads_one_trunk_by_any_identifier(run_info: RunModule) -> None:
    for text in ("EU SBC", "crm-0001", TRUNK, TRUNK.upper()):
        (found,) = run_info(trunk=text)["trunks"]
        assert found["id"] == TRUNK
    message = run_info(trunk="EU SBS")["msg"]
    assert message.startswith(
        'trunk: no trunk has the id, external_reference_id or name "EU SBS". Did you mean "EU SBC"?'
    )
    assert "status: cannot be combined with trunk" in run_info(trunk="x", status="active")["msg"]


# --- Odd answers, and answers that come late ---


def document(*resources: dict[str, Any]) -> dict[str, Any]:
    """Return a list of resources as DIDWW answers it."""
    meta = {"total_records": len(resources), "api_version": "2026-04-16"}
    return {"data": list(resources), "links": {}, "meta": meta}


@pytest.mark.parametrize("refusal", [{"status": 401}, {"status": 403}, {"status": 422}, {"status": 429}], ids=str)
def test_a_refusal_after_a_lost_answer_leaves_a_creation_open(
    local_api: Simulator, run_module: RunModule, refusal: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first request may still arrive: guide_failures promises that only settled messages lack the sentence."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    monkeypatch.setattr(http, "PATIENCE", 0)
    local_api.add_faults({"method": "POST", "status": 503}, {"method": "POST", "times": 9, **refusal})
    result = run_module(**NEW, api_retries=2)
    assert result["status"] == refusal["status"]
    assert "may have been applied" in result["msg"]


@pytest.mark.parametrize(
    "relationships",
    [None, {"default_did": None}, {"default_did": {"data": {"type": "dids", "id": DID}}}],
    ids=["null", "null default_did", "linkage"],
)
def test_an_answer_with_a_default_did_or_null(
    local_api: Simulator, run_module: RunModule, relationships: dict[str, Any] | None
) -> None:
    resource = {
        "type": "voice_out_trunks",
        "id": REPLACING,
        "attributes": local_api.trunk(REPLACING)["attributes"],
        "relationships": relationships,
    }
    local_api.add_faults({"method": "GET", "status": 200, "body": {"data": resource}})
    assert run_module(check=True, id=REPLACING, default_did=DID).get("failed") is None


def test_an_odd_answer_after_a_lost_one_does_not_hide_the_other_trunks(
    local_api: Simulator, run_fleet: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    local_api.add_faults({"method": "POST", "status": 503, "apply": True})
    odd = {
        "type": "voice_out_trunks",
        "id": "00000000-0000-4000-8000-000000000009",
        "attributes": {"name": NEW["name"]},
    }
    local_api.add_faults({"method": "GET", "path_contains": "filter[name]", "status": 200, "body": document(odd)})
    result = run_fleet(trunks=[NEW, {"id": TWILIO, "capacity_limit": 7}])
    assert [entry["changed"] for entry in result["trunks"]] == [False, True]
    assert "may have been applied" in result["trunks"][0]["msg"]


@pytest.mark.parametrize("fault", [[], [{"method": "POST", "drop": "headers"}]], ids=["rotated", "lost"])
def test_credentials_that_an_answer_lacks_are_not_new_ones(
    local_api: Simulator, run_credentials: RunModule, fault: list[dict[str, Any]]
) -> None:
    local_api.add_faults(*fault, {"method": "GET", "after": 1, "answer_attributes": {"authentication_method": None}})
    result = run_credentials(id=TRUNK)
    assert result.get("failed") is True, result
    assert "may have been applied" in result["msg"]


def test_a_trunk_whose_password_is_unknown_is_not_compared(local_api: Simulator, run_credentials: RunModule) -> None:
    method = {"type": "credentials_and_ip", "attributes": {"allowed_sip_ips": ["203.0.113.7"]}}
    local_api.add_faults({"method": "GET", "answer_attributes": {"authentication_method": method}})
    assert run_credentials(id=TRUNK, replaces="old-password").get("failed") is True


def test_the_advice_after_a_lost_rotation_does_not_rotate_twice(
    local_api: Simulator, run_credentials: RunModule
) -> None:
    local_api.add_faults({"method": "POST", "drop": "headers"})
    assert "replaces" in run_credentials(id=TRUNK)["msg"]


def test_an_absent_trunk_has_the_name_of_its_selector(run_fleet: RunModule) -> None:
    result = run_fleet(trunks=[{"external_reference_id": "gone", "state": "absent"}, {"id": TWILIO}])
    assert result["trunks"][0]["name"] != "None"


def test_rotation_does_not_advise_an_option_that_it_lacks(run_credentials: RunModule) -> None:
    assert "state" not in run_credentials(name="EU SBS")["msg"]


def test_credentials_of_a_found_trunk_are_redacted(
    local_api: Simulator, run_module: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    secrets = {"username": "user-secret-1", "password": "password-secret-1"}
    method = {"type": "credentials_and_ip", "attributes": {"allowed_sip_ips": ["203.0.113.7"], **secrets}}
    found = {"capacity_limit": 99, "authentication_method": method}
    error = {"title": "invalid", "detail": f"is invalid: {secrets}", "status": "422"}
    local_api.add_faults(
        {"method": "POST", "status": 503, "apply": True},
        {"method": "GET", "after": 1, "answer_attributes": found},
        {"method": "PATCH", "status": 422, "body": {"errors": [error]}},
    )
    result = run_module(**NEW, api_retries=1)
    assert result["status"] == 422
    assert "secret-1" not in str(result)


def test_an_interrupted_fleet_does_not_go_on_during_the_next_task(
    local_api: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next item of a loop runs in the same process, with the same client."""
    monkeypatch.setattr(jsonapi, "CONNECTIONS", 1)
    monkeypatch.setattr(_action, "_CLIENTS", {})
    connection = {**connection_to(local_api), "api_retries": 0}
    workers: list[int | None] = []
    next_task_ended = threading.Event()

    def interrupt(*_args: object) -> None:
        workers.extend(thread.ident for thread in threading.enumerate() if thread.name.endswith("(work)"))
        raise TimeoutError

    def hold() -> None:
        if not next_task_ended.is_set():
            os.kill(os.getpid(), signal.SIGALRM)
            next_task_ended.wait(HANG_GUARD)

    after_each_patch(monkeypatch, hold)
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        fleet = [{"id": TRUNK, "capacity_limit": 7}, {"id": TWILIO, "capacity_limit": 7}]
        with pytest.raises(TimeoutError):
            _action.run_here(update_many(VOICE_OUT_TRUNK), {**connection, "trunks": fleet}, False, False)
    finally:
        signal.signal(signal.SIGALRM, before)
    _action.run_here(read_many(VOICE_OUT_TRUNK), {**connection, "id": TRUNK}, False, False)
    next_task_ended.set()
    (worker,) = workers
    # Not Thread.join: before Python 3.13, a join that was interrupted marks the thread as stopped.
    end = time.monotonic() + HANG_GUARD
    while worker in sys._current_frames():
        assert time.monotonic() < end
        time.sleep(0.01)
    assert methods(local_api).count("PATCH") == 1


@pytest.mark.parametrize("reached", [None, "true"])
def test_a_block_of_unknown_cause_is_held(local_api: Simulator, run_module: RunModule, reached: object) -> None:
    local_api.put_trunk(TRUNK, attributes={"status": "blocked", "threshold_reached": True})
    local_api.add_faults({"method": "GET", "answer_attributes": {"threshold_reached": reached}})
    assert run_module(name="EU SBC", status="active")["held"]
    assert local_api.trunk(TRUNK)["attributes"]["status"] == "blocked"
