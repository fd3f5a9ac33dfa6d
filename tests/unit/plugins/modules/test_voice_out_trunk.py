# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module does with secrets in its options, and with odd answers. Its tasks are in tests/cases."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ansible.module_utils import basic
from simulator.server import Simulator

from ...conftest import TRUNK, TWILIO, RunModule, only_2026_11_19
from .conftest import changes

DIDS = [f"6b1f4c0a-0000-4000-8000-00000000000{number}" for number in (1, 2, 3)]
# --- Secrets ---
SECRET = "planted-secret"
MISPLACED: dict[str, list[dict[str, Any]]] = {
    "an unknown option": [{"apikey": SECRET}],
    "credentials": [
        {"authentication_method": {"type": "credentials_and_ip", "username": "bob", "password": SECRET}},
        {"authentication_method": {"type": "credentials_and_ip", "attributes": [{"token": SECRET}]}},
        {"credentials": {"username": SECRET, "password": None, "tokens": [SECRET]}},
    ],
    "a text with credentials": [
        {"authentication_method": f"type=credentials_and_ip password={SECRET}"},
        {"authentication_method": json.dumps({"type": "credentials_and_ip", "attributes": {"password": SECRET}})},
    ],
    "a URL": [{"api_url": f"https://user:{SECRET}@api.didww.com/v3"}],
}


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect what Ansible logs of a module."""
    lines: list[str] = []
    monkeypatch.setattr(basic.AnsibleModule, "log", lambda self, msg, log_args=None: lines.append(f"{msg} {log_args}"))
    return lines


@pytest.mark.parametrize("place", MISPLACED)
def test_a_misplaced_secret_is_neither_shown_nor_logged(
    front_end: str, local_api: Simulator, run_module: RunModule, run_fleet: RunModule, logged: list[str], place: str
) -> None:
    results = [run_module(id=TRUNK, **options) for options in MISPLACED[place]]
    results += [run_fleet(trunks=[{"id": TRUNK, **options}]) for options in MISPLACED[place]]
    results.append(run_fleet(trunks=[{"id": TRUNK, "api_key": SECRET}]))
    results.append(run_fleet(trunks=[f"id={TRUNK} password={SECRET}"]))
    for result in results:
        assert result["failed"] is True
        assert re.search("unsupported options|no task can set it|^api_url: the value is not accepted", result["msg"])
        assert SECRET not in json.dumps(result)
    assert len(logged) == (len(results) if front_end == "module" else 0)
    assert SECRET not in str(logged)
    assert local_api.journal == []


def test_a_key_in_the_environment_is_missing_or_wrong(run_module: RunModule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIDWW_API_KEY", "two words")
    result = run_module(id=TRUNK, leave_out=["api_key"])
    assert result["msg"].startswith("api_key: the value from the environment variable DIDWW_API_KEY is not accepted")
    assert "two words" not in json.dumps(result)
    monkeypatch.delenv("DIDWW_API_KEY")
    result = run_module(name="EU SBC", leave_out=["api_key"])
    assert result["msg"] == "api_key: required; set this option or the environment variable DIDWW_API_KEY"


def test_sip_credentials_are_neither_returned_nor_sent(local_api: Simulator, run_module: RunModule) -> None:
    method = {"type": "credentials_and_ip", "tech_prefix": "1"}
    result = run_module(id=TRUNK, authentication_method=method, diff=True)
    assert result["changed"] is True
    for secret in ("u4k2m", "s3cr3t"):
        assert secret not in f"{result} {changes(local_api)}"
    stored = local_api.trunk(TRUNK)["attributes"]["authentication_method"]["attributes"]
    assert (stored["username"], stored["password"]) == ("u4k2m", "s3cr3t")


def test_an_error_that_quotes_the_credentials_does_not_show_them(local_api: Simulator, run_module: RunModule) -> None:
    method = local_api.trunk(TRUNK)["attributes"]["authentication_method"]
    method["attributes"]["password"] = "u4k2m-s3cr3t"
    local_api.put_trunk(TRUNK, attributes={"authentication_method": method})
    detail = "capacity_limit - is 7 for u4k2m with u4k2m-s3cr3t"
    error = {"title": "u4k2m", "detail": detail, "code": 100, "status": "422"}
    local_api.add_faults({"method": "PATCH", "status": 422, "body": {"errors": [error]}})
    result = run_module(id=TRUNK, capacity_limit=7)
    assert "capacity_limit - is 7 for ******** with ********" in result["msg"]
    assert not re.search("u4k2m|s3cr3t", str(result))


# --- Answers ---


def test_linkage_is_only_read_if_it_is_set(local_api: Simulator, run_module: RunModule, run_fleet: RunModule) -> None:
    assert "dids" not in run_module(id=TRUNK, status="active")["trunk"]
    trunk = run_module(id=TRUNK, dids=[])["trunk"]
    assert (trunk["dids"], "emergency_dids" in trunk) == ([], False)
    run_fleet(trunks=[{"id": TRUNK}, {"id": TWILIO}])
    run_fleet(trunks=[{"id": TRUNK, "emergency_dids": []}, {"id": TWILIO}])
    # Without those with a filter by id, which this account rejects.
    queries = [dict(entry["query"]) for entry in local_api.journal if "filter[id]" not in dict(entry["query"])]
    page = {"page[number]": "1", "page[size]": "1000"}
    linked = [{"include": name, "fields[dids]": "number"} for name in ("dids", "emergency_dids")]
    assert queries == [{}, linked[0], page, {**page, **linked[1]}]


@only_2026_11_19
def test_an_amount_that_2026_04_16_would_reject(
    local_api: Simulator, run_module: RunModule, run_info: RunModule
) -> None:
    local_api.put_trunk(TRUNK, attributes={"threshold_amount": "200000.00"})
    assert run_module(id=TRUNK, threshold_amount=200000)["changed"] is False
    found = run_info(id=TRUNK)
    assert (found["settings"][0]["threshold_amount"], found["warnings"]) == ("200000.0", [])


def test_a_setting_that_comes_back_different_is_a_warning(
    local_api: Simulator, run_module: RunModule, run_fleet: RunModule
) -> None:
    warning = "DIDWW returned capacity_limit 30, but the task sets null"
    fault = {"method": "PATCH", "path_contains": TRUNK, "answer_attributes": {"capacity_limit": 30}}
    local_api.add_faults({**fault, "times": 0})
    result = run_module(id=TRUNK, capacity_limit=None, status="blocked")
    assert (result["changed"], result["warnings"], result["trunk"]["capacity_limit"]) == (True, [warning], 30)
    local_api.put_trunk(TRUNK, attributes={"capacity_limit": 30})
    done = run_fleet(trunks=[{"id": TWILIO, "status": "blocked"}, {"id": TRUNK, "capacity_limit": None}])
    assert done["warnings"] == [f"trunks[1] (EU SBC): {warning}"]


def test_the_version_is_requested_and_that_of_either_answer_counts(
    local_api: Simulator, run_module: RunModule, run_fleet: RunModule, run_info: RunModule, api_version: str
) -> None:
    result = run_module(id=TRUNK, status="active")
    assert (result["api_version"], result["warnings"]) == (api_version, [])
    assert dict(local_api.journal[0]["headers"])["X-DIDWW-API-Version"] == api_version
    data = {"type": "voice_out_trunks", "id": TRUNK}
    attributes = {**local_api.trunk(TRUNK)["attributes"], "status": "blocked"}
    body = {"data": {**data, "attributes": attributes}, "meta": {"api_version": "2022-05-10"}}
    for method, run, options in (
        ("PATCH", run_module, {"id": TRUNK, "status": "blocked"}),
        ("GET", run_fleet, {"trunks": [{"id": TRUNK}]}),
        ("GET", run_info, {"id": TRUNK}),
    ):
        local_api.add_faults({"method": method, "path_contains": TRUNK, "status": 200, "body": body})
        result = run(**options)
        assert result["api_version"] == "2022-05-10"
        assert "DIDWW answered with API version 2022-05-10" in result["warnings"][0]


def test_an_error_of_the_api_names_the_options(local_api: Simulator, run_module: RunModule) -> None:
    nobody = "6b1f4c0a-0000-4000-8000-999999999999"
    result = run_module(id=TRUNK, dids=[nobody], emergency_dids=[nobody])
    assert (result["failed"], result["status"]) == (True, 422)
    assert {error["option"] for error in result["errors"]} == {"dids", "emergency_dids"}
    assert "(2) emergency_dids - " in result["msg"]
    assert "may have been applied" not in result["msg"]


def test_the_diff_is_only_returned_on_request(run_module: RunModule) -> None:
    assert "diff" not in run_module(id=TRUNK, status="active")
    same = run_module(id=TRUNK, status="active", diff=True)["diff"]
    assert same["before"] == same["after"] == ""
    header = f"voice_out_trunk EU SBC ({TRUNK})"
    assert run_module(id=TRUNK, status="blocked", name="New", diff=True)["diff"] == {
        "before": 'name: "EU SBC"\n\nstatus: "active"\n',
        "after": 'name: "New"\n\nstatus: "blocked"\n',
        "before_header": header,
        "after_header": header,
    }


@pytest.mark.parametrize("option", ["allowed_rtp_ips", "allowed_sip_ips"])
def test_too_many_addresses_are_rejected(local_api: Simulator, run_module: RunModule, option: str) -> None:
    def task(count: int) -> dict[str, Any]:
        # Duplicates do not count.
        addresses = [f"203.0.113.{number}" for number in range(count)] * 2
        method = {"authentication_method": {"type": "credentials_and_ip", option: addresses}}
        return run_module(id=TRUNK, **({option: addresses} if option == "allowed_rtp_ips" else method))

    assert f"{option}: 61 entries are not accepted; expected at most 60" in task(61)["msg"]
    assert local_api.journal == []
    assert task(60)["changed"] is True


def test_a_number_of_many_digits_is_rejected(run_module: RunModule) -> None:
    assert run_module(id=TRUNK, capacity_limit="9" * 5000)["msg"].startswith('capacity_limit: "999')


# --- DIDs by number ---


def test_linked_dids_are_shown_with_their_numbers(local_api: Simulator, run_module: RunModule) -> None:
    local_api.put_trunk(TRUNK, dids=DIDS)
    diff = run_module(id=TRUNK, dids=["37061498222", "37061498224"], diff=True, check=True)["diff"]
    assert diff["before"].splitlines() == ["# dids: 2 unchanged", f'dids: "{DIDS[1]}"  # 37061498223']
    assert diff["after"].splitlines() == ["# dids: 2 unchanged"]


def test_numbers_are_looked_up_together(local_api: Simulator, run_module: RunModule) -> None:
    run_module(id=TRUNK, dids=["37061498222", "37061498223"], emergency_dids=["37061498222"])
    assert local_api.journal[1]["path"] == "/v3/dids"
    assert dict(local_api.journal[1]["query"])["filter[number]"] == "37061498222,37061498223"
    local_api.clear_journal()
    # More than fit on a page.
    result = run_module(id=TRUNK, dids=[str(15550000000 + number) for number in range(101)])
    assert result["msg"].startswith("dids: no DID in this account has the number 15550000000, 15550000001, ")
    lookups = [dict(entry["query"]) for entry in local_api.journal if entry["path"] == "/v3/dids"]
    assert {query["page[size]"] for query in lookups} == {"100"}
    assert len(lookups[0]["filter[number]"].split(",")) == 100


def test_of_two_dids_with_a_number_the_linked_one_is_selected(local_api: Simulator, run_module: RunModule) -> None:
    dids = [{"id": f"{DIDS[0][:-1]}{n}", "type": "dids", "attributes": {"number": "37061498222"}} for n in (8, 9)]
    local_api.add_faults({"path_contains": "/v3/dids", "status": 200, "body": {"data": dids}, "times": 0})
    local_api.put_trunk(TRUNK, dids=DIDS[:1], emergency_dids=DIDS[1:2])
    assert run_module(id=TRUNK, dids=["37061498222"])["changed"] is False
    # A link in another relationship does not count.
    assert "3 DIDs have the number" in run_module(id=TRUNK, emergency_dids=["37061498222"], dids=DIDS[:1])["msg"]
    assert changes(local_api) == []


# --- Incomplete answers ---


def answer_without(api: Simulator, *missing: str, **attributes: Any) -> None:
    """Let the next answer lack the attributes in `missing`, and have those in `attributes`."""
    stored = {**api.trunk(TRUNK)["attributes"], **attributes}
    kept = {name: value for name, value in stored.items() if name not in missing}
    document = {"data": {"id": TRUNK, "type": "voice_out_trunks", "attributes": kept}}
    api.add_faults({"method": "GET", "status": 200, "body": document})


def test_a_setting_that_an_answer_lacks_is_left_out_and_not_null(local_api: Simulator, run_module: RunModule) -> None:
    lacks = {"rtp_ping", "capacity_limit", "name", "authentication_method"}
    answer_without(local_api, *lacks)
    result = run_module(id=TRUNK, status="active")
    assert (result["changed"], lacks & result["trunk"].keys()) == (False, set())
    answer_without(local_api, "capacity_limit", "name")
    result = run_module(id=TRUNK, capacity_limit=None, diff=True)
    assert result["changes"] == {"capacity_limit": {"before": None, "after": None}}
    assert result["diff"]["before_header"] == f"voice_out_trunk {TRUNK} ({TRUNK})"
    assert [data["attributes"] for _method, data in changes(local_api)] == [{"capacity_limit": None}]
    assert result["trunk"]["name"] == "EU SBC"  # from the answer to the update


def test_a_method_that_an_answer_lacks_is_not_changed(local_api: Simulator, run_module: RunModule) -> None:
    answer_without(local_api, "authentication_method")
    result = run_module(id=TRUNK, authentication_method={"type": "credentials_and_ip", "tech_prefix": "1"})
    assert "authentication_method: DIDWW's answer does not include the current one" in result["msg"]
    method = {"type": "credentials_and_ip", "allowed_sip_ips": ["203.0.113.1/32"]}
    partial = {"type": method["type"], "attributes": {"allowed_sip_ips": method["allowed_sip_ips"]}}
    answer_without(local_api, authentication_method=partial)
    assert run_module(id=TRUNK, status="active")["trunk"]["authentication_method"] == method
