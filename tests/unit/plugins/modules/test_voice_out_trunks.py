# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many trunks in one task: a problem stops all of them before the first update, and none of them after it."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK
from simulator.server import Simulator

from ...conftest import ANY_DID, EXAMPLE, HANG_GUARD, TWILIO, RunModule, after_each_patch, each_case
from ...conftest import TRUNK as EU

DID = "6b1f4c0a-0000-4000-8000-000000000003"
READ_ONLY = {"created_at", "threshold_reached", "spent_amount", "did_numbers", "credentials"}


def answered(local_api: Simulator) -> list[dict[str, Any]]:
    """Return the requests, except those with a filter by id, which this account rejects."""
    return [entry for entry in local_api.journal if "filter[id]" not in dict(entry["query"])]


def methods(local_api: Simulator) -> list[str]:
    return [entry["method"] for entry in answered(local_api)]


def summary(total: int, changed: int, unchanged: int, failed: int, requests: int, **more: int) -> dict[str, int]:
    counted = {"total": total, "changed": changed, "unchanged": unchanged, "failed": failed, "requests": requests}
    return {**counted, "created": 0, "deleted": 0, "held": 0, **more}


def test_a_fleet(local_api: Simulator, run_fleet: RunModule) -> None:
    options: dict[str, Any] = {
        "trunks": [
            {"name": "EU SBC", "capacity_limit": 60},
            {"id": TWILIO.upper(), "status": "active"},
            {"id": EXAMPLE, "allowed_rtp_ips": None, "rtp_ping": False},
        ],
        "diff": True,
    }
    predicted = run_fleet(check=True, **options)
    assert methods(local_api) == ["GET"]
    done = run_fleet(**options)
    assert predicted["changed"] is done["changed"] is True
    assert [(trunk["id"], trunk["name"], trunk["changed"]) for trunk in done["trunks"]] == [
        (EU, "EU SBC", True),
        (TWILIO, "Twilio London", False),
        (EXAMPLE, "Outbound trunk Name", True),
    ]
    for key in ("changed", "trunks", "diff", "api_version"):
        assert predicted[key] == done[key]
    assert done["trunks"][0]["changes"] == {"capacity_limit": {"before": 30, "after": 60}}
    assert done["summary"] == summary(3, 2, 1, 0, 3)
    assert [part["before_header"] for part in done["diff"]] == [
        f"voice_out_trunk EU SBC ({EU})",
        f"voice_out_trunk Outbound trunk Name ({EXAMPLE})",
    ]
    sent = {entry["path"][-36:]: entry["body"]["data"] for entry in local_api.journal if entry["method"] == "PATCH"}
    assert sent == {
        EU: {"id": EU, "type": "voice_out_trunks", "attributes": {"capacity_limit": 60}},
        EXAMPLE: {
            "id": EXAMPLE,
            "type": "voice_out_trunks",
            "attributes": {"allowed_rtp_ips": None, "rtp_ping": False},
        },
    }
    again = run_fleet(**options)
    assert again["changed"] is False
    assert again["diff"] == []
    assert again["summary"]["requests"] == 1


@pytest.mark.parametrize(
    ("entry", "path"),
    [({"id": EU}, f"/v3/voice_out_trunks/{EU}"), ({"name": "EU SBC"}, "/v3/voice_out_trunks")],
)
def test_one_trunk_is_read_alone(local_api: Simulator, run_fleet: RunModule, entry: dict[str, Any], path: str) -> None:
    assert run_fleet(trunks=[entry])["trunks"][0]["id"] == EU
    (request,) = local_api.journal
    assert request["path"] == path
    assert ("filter[name]" in dict(request["query"])) is ("name" in entry)


def test_no_trunks_are_no_requests(local_api: Simulator, run_fleet: RunModule) -> None:
    result = run_fleet(trunks=[])
    assert result["changed"] is False
    assert result["trunks"] == []
    assert local_api.journal == []


def test_linkage_is_only_read_if_an_entry_sets_it(local_api: Simulator, run_fleet: RunModule) -> None:
    run_fleet(trunks=[{"id": EU}, {"id": TWILIO}])
    run_fleet(trunks=[{"id": EU, "emergency_dids": []}, {"id": TWILIO}])
    first, second = (dict(entry["query"]) for entry in answered(local_api))
    page = {"page[number]": "1", "page[size]": "1000"}
    assert first == page
    assert second == {**page, "include": "emergency_dids", "fields[dids]": "number"}


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_every_bad_option_is_reported_with_index_and_name(
    local_api: Simulator, run_fleet: RunModule, check: bool
) -> None:
    result = run_fleet(
        check=check,
        max_requests_per_second=21,
        trunks=[
            {"name": "EU SBC", "rtp_timeout": 5, "status": "paused"},
            {"external_reference_id": "crm-2", "capacity_limit": "many", "name": ""},
            {"id": TWILIO, "typo": 1, "dst_prefixes": ["+44"], "status": None},
            {"status": "active"},
            {"id": EU, "authentication_method": {"tech_prefix": "1"}},
        ],
    )
    message = result["msg"]
    for words in (
        "10 problems: (1) ",
        'trunks[0] (EU SBC): status: "paused" is not accepted; expected one of active, blocked',
        "trunks[0] (EU SBC): rtp_timeout: 5 is not accepted",
        'trunks[1] (crm-2): capacity_limit: "many" is not accepted; expected a whole number from',
        'name: "" is not accepted',
        f"trunks[2] ({TWILIO}): unsupported options: typo",
        f"trunks[2] ({TWILIO}): dst_prefixes",
        f"trunks[2] ({TWILIO}): status: null is not accepted",
        "one of id, external_reference_id, name is required",
        f"trunks[4] ({EU}): authentication_method.type: required",
        "max_requests_per_second: 21 is not accepted",
    ):
        assert words in message
    assert local_api.journal == []


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_every_problem_of_the_state_is_reported_and_nothing_is_sent(
    local_api: Simulator, run_fleet: RunModule, check: bool
) -> None:
    result = run_fleet(
        check=check,
        trunks=[
            {"name": "EU SBC", "status": "blocked"},
            {"id": ANY_DID, "dids": [DID]},
            {"id": TWILIO, "authentication_method": {"type": "credentials_and_ip"}, "allowed_rtp_ips": None},
            {"id": EXAMPLE, "dids": ["15550000000"]},
        ],
    )
    assert "trunks[1] (Any DID): dids: DIDs cannot be listed" in result["msg"]
    assert "trunks[2] (Twilio London): authentication_method.allowed_sip_ips: required" in result["msg"]
    assert "trunks[3] (Outbound trunk Name): dids: no DID in this account has the number 15550000000" in result["msg"]
    assert set(methods(local_api)) == {"GET"}


def test_entries_must_each_match_one_trunk(local_api: Simulator, run_fleet: RunModule) -> None:
    local_api.put_trunk(TWILIO, attributes={"external_reference_id": "twice"})
    local_api.put_trunk(EXAMPLE, attributes={"external_reference_id": "twice"})
    missing = "00000000-0000-4000-8000-000000000000"
    result = run_fleet(
        trunks=[
            {"name": "EU SBC", "status": "blocked"},
            {"id": EU, "capacity_limit": 1},
            {"name": "nobody"},
            {"external_reference_id": "twice"},
            {"id": missing},
        ]
    )
    assert result["msg"].startswith("4 problems")
    assert f'trunks[1] ({EU}): id: refers to the same trunk as trunks[0], "EU SBC" ({EU}); each' in result["msg"]
    assert 'trunks[2] (nobody): name: no trunk is called "nobody". This account has: "Any DID", ' in result["msg"]
    assert 'trunks[3] (twice): external_reference_id: 2 trunks have the external_reference_id "twice"' in result["msg"]
    assert f'trunks[4] ({missing}): id: no trunk has the id "{missing}"' in result["msg"]
    assert methods(local_api) == ["GET"]


def test_one_failure_does_not_stop_the_others(local_api: Simulator, run_fleet: RunModule) -> None:
    local_api.add_faults({"method": "PATCH", "path_contains": TWILIO, "apply": True, "drop": "before"})
    result = run_fleet(
        diff=True,
        trunks=[
            {"id": EU, "dids": ["6b1f4c0a-0000-4000-8000-999999999999"]},
            {"id": TWILIO, "capacity_limit": 7},
            {"id": ANY_DID, "capacity_limit": 7},
            {"id": EXAMPLE},
        ],
    )
    assert result["failed"] is True
    assert result["changed"] is True
    refused, lost, changed, same = result["trunks"]
    assert (refused["failed"], refused["status"], refused["errors"][0]["option"]) == (True, 422, "dids")
    assert refused["name"] == "EU SBC"
    assert lost["failed"] is True
    assert "may have been applied" in lost["msg"]
    assert (changed["changed"], "failed" in changed) == (True, False)
    assert (same["changed"], same["changes"]) == (False, {})
    assert result["summary"] == summary(4, 1, 1, 2, 5)
    assert result["msg"].startswith("1 trunk changed, 2 failed: (1) trunks[0] (EU SBC): DIDWW")
    assert [part["after"] for part in result["diff"]] == ["capacity_limit: 7\n"]
    again = run_fleet(trunks=[{"id": TWILIO, "capacity_limit": 7}, {"id": ANY_DID, "capacity_limit": 7}])
    assert again["changed"] is False


def many(local_api: Simulator, count: int) -> list[str]:
    """Create `count` trunks; return their ids."""
    ids = [f"c0000000-0000-4000-8000-{number:012}" for number in range(count)]
    for trunk in ids:
        local_api.put_trunk(trunk, attributes={"name": trunk})
    return ids


def test_updates_are_sent_in_parallel_on_reused_connections(
    local_api: Simulator, run_fleet: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = many(local_api, 60)
    opened: list[Any] = []
    connected = local_api.connected

    def count(connection: Any) -> None:
        opened.append(connection)
        connected(connection)

    monkeypatch.setattr(local_api, "connected", count)
    # No update is answered before as many are there as may be sent in parallel.
    together = threading.Barrier(jsonapi.CONNECTIONS)
    after_each_patch(monkeypatch, lambda: together.wait(HANG_GUARD))
    assert run_fleet(trunks=[{"id": trunk, "capacity_limit": 7} for trunk in ids])["summary"]["changed"] == 60
    # One more to the token service, if there are tokens.
    assert 1 < len(opened) <= jsonapi.CONNECTIONS + len(local_api.mints)


def test_a_fleet_stops_if_the_api_is_down(local_api: Simulator, run_fleet: RunModule) -> None:
    ids = many(local_api, 100)
    local_api.add_faults({"method": "PATCH", "drop": "before", "times": 0})
    result = run_fleet(trunks=[{"id": trunk, "capacity_limit": 7} for trunk in ids])
    assert result["summary"]["failed"] == 100
    # Each thread can start another request before the last one of the first round fails.
    assert jsonapi.CONNECTIONS <= methods(local_api).count("PATCH") < 2 * jsonapi.CONNECTIONS
    unsent = [trunk for trunk in result["trunks"] if "not sent, because the 20 before it" in trunk["msg"]]
    assert len(unsent) == 100 - methods(local_api).count("PATCH")
    assert not any("may have been applied" in trunk["msg"] for trunk in unsent)


def test_equal_failures_are_reported_together(local_api: Simulator, run_fleet: RunModule) -> None:
    local_api.add_faults({"method": "PATCH", "status": 500, "times": 0})
    result = run_fleet(trunks=[{"id": trunk, "capacity_limit": 7} for trunk in (EU, TWILIO)])
    assert result["msg"].count("HTTP 500") == 1
    assert result["msg"].startswith("0 trunks changed, 2 failed: trunks[0] (EU SBC), trunks[1] (Twilio London): DIDWW")
    assert [trunk["status"] for trunk in result["trunks"]] == [500, 500]


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
@pytest.mark.parametrize(
    ("names", "told"),
    [
        # Taken over, swapped, set twice, and taken from a trunk whose own entry does not set its name.
        ({TWILIO: "free", EU: "Twilio London"}, ["trunks[1] (EU SBC): name: trunks[0]"]),
        ({TWILIO: "EU SBC", EU: "Twilio London"}, ["trunks[0] (Twilio", "trunks[1] (EU SBC): name: trunks[0]"]),
        ({TWILIO: "Same", EU: "Same"}, ["trunks[0] (Twilio London): name: trunks[1]", "trunks[1] (EU SBC)"]),
        ({TWILIO: None, EU: "Twilio London"}, ["trunks[1] (EU SBC): name: trunks[0]"]),
    ],
)
def test_duplicate_names_in_a_fleet_are_rejected(
    local_api: Simulator, run_fleet: RunModule, check: bool, names: dict[str, str | None], told: list[str]
) -> None:
    entries = [{"id": trunk, "rtp_ping": False, **({"name": name} if name else {})} for trunk, name in names.items()]
    result = run_fleet(check=check, trunks=entries)
    for words in told:
        assert words in result["msg"]
    assert result["msg"].count("rejects duplicate names: rename one of the two in an earlier task") == len(told)
    assert set(methods(local_api)) == {"GET"}


def test_one_name_for_all_is_reported_for_each(local_api: Simulator, run_fleet: RunModule) -> None:
    ids = many(local_api, 100)
    result = run_fleet(trunks=[{"id": trunk, "name": "Same"} for trunk in ids])
    assert result["msg"].startswith("100 problems: ")
    assert result["msg"].count("rejects duplicate names") == 100


def test_a_name_that_is_not_text_is_ignored(local_api: Simulator, run_fleet: RunModule) -> None:
    resources = [
        {"id": trunk, "type": "voice_out_trunks", "attributes": {"name": name, "capacity_limit": 30}}
        for trunk, name in ((EU, {"x": 1}), (TWILIO, [1]))
    ]
    local_api.add_faults({"status": 200, "body": {"data": resources, "meta": {"total_records": 2}}})
    entries = [{"id": trunk, "capacity_limit": 7} for trunk in (EU, TWILIO)]
    assert run_fleet(check=True, trunks=entries)["changed"] is True


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_a_name_of_another_trunk_in_the_account_is_rejected(
    local_api: Simulator, run_fleet: RunModule, check: bool
) -> None:
    entries: list[dict[str, Any]] = [{"id": EU, "name": "Twilio London"}, {"id": EXAMPLE, "rtp_ping": False}]
    result = run_fleet(check=check, trunks=entries)
    assert result["msg"] == (
        f'trunks[0] (EU SBC): name: another trunk in this account, {TWILIO}, is already called "Twilio London", and '
        "DIDWW rejects duplicate names: choose another name, or select that trunk to change it"
    )
    assert methods(local_api) == ["GET", "GET"]


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_an_identifier_that_two_trunks_would_share_is_rejected(
    local_api: Simulator, run_fleet: RunModule, check: bool
) -> None:
    local_api.put_trunk(TWILIO, attributes={"external_reference_id": "crm-2"})
    entries: list[dict[str, Any]] = [
        {"id": EU, "external_reference_id": "crm-2"},
        {"external_reference_id": "crm-2", "status": "blocked"},
        {"id": EXAMPLE, "external_reference_id": "crm-9"},
    ]
    result = run_fleet(check=check, trunks=entries)
    assert result["msg"].startswith(
        'trunks[0] (EU SBC): external_reference_id: trunks[1] selects its trunk by "crm-2", which two trunks would then'
    )
    assert methods(local_api) == ["GET"]
    # If no entry selects by it, two trunks can have it: DIDWW allows that.
    entries[1] = {"id": TWILIO, "status": "blocked"}
    assert run_fleet(check=check, trunks=entries)["changed"] is True


def test_numbers_are_returned_for_trunks_whose_dids_change(run_fleet: RunModule) -> None:
    entries = [{"id": TWILIO, "dids": ["+442071838751", "+37061498224"]}, {"id": EU, "dids": []}]
    result = run_fleet(check=True, trunks=entries)
    changes, other = result["trunks"]
    linked = changes["changes"]["dids"]
    assert sorted(changes["did_numbers"]) == sorted({*linked["before"], *linked["after"]})
    assert sorted(changes["did_numbers"].values()) == ["37061498224", "442071838750", "442071838751"]
    assert "did_numbers" not in other


def test_updates_keep_the_pace(local_api: Simulator, run_fleet: RunModule, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[int] = []
    monkeypatch.setattr(jsonapi.Pace, "wait", lambda self: turns.append(1))
    run_fleet(trunks=[{"id": trunk, "capacity_limit": 7} for trunk in (EU, TWILIO)])
    assert len(turns) == len(local_api.journal) == 4


def test_another_version_is_reported(local_api: Simulator, run_fleet: RunModule, run_info: RunModule) -> None:
    for run, options in ((run_fleet, {"trunks": [{"id": EU}]}), (run_info, {"id": EU})):
        local_api.add_faults({"status": 200, "body": document(local_api, "2099-01-01")})
        (warning,) = run(**options)["warnings"]
        assert "answered with API version 2099-01-01" in warning


def document(local_api: Simulator, version: str) -> dict[str, Any]:
    resource = {"id": EU, "type": "voice_out_trunks", "attributes": local_api.trunk(EU)["attributes"]}
    return {"data": resource, "meta": {"api_version": version}}


def test_an_unmet_setting_is_a_warning(local_api: Simulator, run_fleet: RunModule) -> None:
    local_api.add_faults({"method": "PATCH", "answer_attributes": {"capacity_limit": 30}})
    result = run_fleet(trunks=[{"id": EU, "capacity_limit": None}])
    assert result["warnings"] == [
        "trunks[0] (EU SBC): DIDWW returned capacity_limit 30, but the task sets null",
    ]


def test_numbers_are_looked_up_once_for_all(local_api: Simulator, run_fleet: RunModule) -> None:
    result = run_fleet(
        trunks=[
            {"id": EU, "dids": ["+37061498224", "37061498222"]},
            {"id": EXAMPLE, "emergency_dids": ["37061498224"], "dids": ["37061498224", "4930901820"]},
        ]
    )
    assert result["changed"] is True
    lookups = [dict(entry["query"]) for entry in local_api.journal if entry["path"] == "/v3/dids"]
    assert [query["filter[number]"] for query in lookups] == ["37061498222,37061498224,4930901820"]
    assert local_api.trunk(EU)["dids"] == [DID[:-1] + "1", DID]


@each_case(lambda case: [None])
def test_null_means_the_same_in_a_list(
    local_api: Simulator, run_fleet: RunModule, case: dict[str, Any], value: None
) -> None:
    option, _dot, attribute = case["option"].partition(".")
    has = {option: case["has"]}
    local_api.put_trunk(EU, **(has if option in ("dids", "emergency_dids") else {"attributes": has}))
    entry = {"id": EU, option: {"type": case["type"], attribute: value} if attribute else value}
    result = run_fleet(trunks=[entry, {"id": TWILIO}], check=True)
    if "clears" in case:
        assert result["changed"] is (case["has"] is not None)
    else:
        assert re.match(rf"trunks\[0\] \(.+\): {case['option']}: null is not accepted", result["msg"])


def test_single_requests_if_pages_would_be_more(
    local_api: Simulator, run_fleet: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(VOICE_OUT_TRUNK.page_sizes, "voice_out_trunks", 1)
    ids = sorted(entry["id"] for entry in jsonapi_trunks(local_api))
    result = run_fleet(trunks=[{"id": ids[-1]}, {"id": ids[-2]}])
    assert result["changed"] is False
    # One page, and then one request each: fewer than the six remaining pages.
    assert len(answered(local_api)) <= 3
    missing = "00000000-0000-4000-8000-000000000000"
    assert f"trunks[1] ({missing}): id: no trunk" in run_fleet(trunks=[{"id": ids[-1]}, {"id": missing}])["msg"]
    local_api.clear_journal()
    run_fleet(trunks=[{"name": "EU SBC"}, {"name": "Twilio London"}])
    assert len(local_api.journal) == 7


BY_ID = "openapi-key"  # an account that accepts the filter by id


def test_a_fleet_by_ids_requests_these_ids(local_api: Simulator, run_fleet: RunModule) -> None:
    ids = [f"c0000000-0000-4000-8000-{number:012}" for number in range(60)]
    for trunk in ids:
        local_api.put_trunk(trunk, account=BY_ID, attributes={"name": trunk})
    missing = "00000000-0000-4000-8000-000000000000"
    result = run_fleet(api_key=BY_ID, trunks=[{"id": trunk.upper()} for trunk in ids[:50]])
    assert (result["changed"], result["summary"]["requests"]) == (False, 1)
    (request,) = local_api.journal
    assert dict(request["query"])["filter[id]"] == ",".join(ids[:50])
    message = run_fleet(api_key=BY_ID, trunks=[{"id": ids[0]}, {"id": missing}])["msg"]
    assert message.startswith(f"trunks[1] ({missing}): id: no trunk has the id")


def test_many_ids_are_requested_if_that_takes_fewer_requests(
    local_api: Simulator, run_fleet: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(VOICE_OUT_TRUNK.page_sizes, "voice_out_trunks", 10)
    ids = [f"c0000000-0000-4000-8000-{number:012}" for number in range(200)]
    for trunk in ids:
        local_api.put_trunk(trunk, account=BY_ID, attributes={"name": trunk})
    # One page, and two requests with 50 and 10 ids, instead of 20 pages. Here each of these requests has its own pages.
    result = run_fleet(api_key=BY_ID, trunks=[{"id": trunk} for trunk in ids[-60:]])
    assert result["summary"]["unchanged"] == 60
    asked = [dict(entry["query"]).get("filter[id]", "") for entry in local_api.journal]
    assert asked[0] == ""
    assert set(asked[1:]) == {",".join(ids[-60:-10]), ",".join(ids[-10:])}
    # If all trunks are on the pages, no further requests are sent.
    local_api.clear_journal()
    assert run_fleet(api_key=BY_ID, trunks=[{"id": trunk} for trunk in ids])["summary"]["total"] == 200


def test_a_rejected_single_request_is_an_error(
    local_api: Simulator, run_fleet: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(VOICE_OUT_TRUNK.page_sizes, "voice_out_trunks", 1)
    local_api.add_faults({"path_contains": f"/voice_out_trunks/{TWILIO}", "status": 403})
    result = run_fleet(trunks=[{"id": TWILIO, "rtp_ping": True}, {"id": EXAMPLE, "rtp_ping": True}])
    assert (result["failed"], result["status"]) == (True, 403)
    assert set(methods(local_api)) == {"GET"}


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_a_single_missing_trunk_is_reported_like_an_entry(
    local_api: Simulator, run_fleet: RunModule, check: bool
) -> None:
    result = run_fleet(check=check, trunks=[{"name": "eu sbc", "rtp_ping": True}])
    assert result["msg"].startswith('trunks[0] (eu sbc): name: no trunk is called "eu sbc". Did you mean "EU SBC"?')
    # The second one reads the names in the account.
    assert methods(local_api) == ["GET", "GET"]


def jsonapi_trunks(local_api: Simulator) -> list[dict[str, Any]]:
    return [local_api.trunk(trunk) for trunk in (EU, EXAMPLE, TWILIO, ANY_DID)]


def test_the_rate_is_the_tasks(run_fleet: RunModule, monkeypatch: pytest.MonkeyPatch) -> None:
    rates: list[float] = []
    original = jsonapi.Pace.__init__

    def init(self: jsonapi.Pace, per_second: float, turn: Any = None) -> None:
        rates.append(per_second)
        original(self, per_second, turn)

    monkeypatch.setattr(jsonapi.Pace, "__init__", init)
    run_fleet(trunks=[{"id": EU}])
    run_fleet(trunks=[{"id": EU}], max_requests_per_second=5)
    assert rates == [20, 5]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"trunks": None}, "trunks: null is not accepted; expected a list of trunks, each a dictionary of options"),
        (
            {"trunks": [], "max_requests_per_second": None},
            "max_requests_per_second: null is not accepted; expected",
        ),
        ({"trunks": [{"id": EU}], "api_timeout": None}, "api_timeout: null is not accepted; expected seconds"),
        ({}, "trunks: required: a list of trunks, each a dictionary of options"),
        ({"trunks": "name=EU capacity_limit=3"}, 'trunks: "name=EU capacity_limit=3" is not accepted; expected a list'),
        ({"trunks": '[{"id": "x"}]'}, r'trunks: "[{\"id\": \"x\"}]" is not accepted; expected a list of trunks'),
        (
            {"trunks": ["{1: 2}"]},
            'trunks[0]: "{1: 2}" is not accepted; expected a dictionary of options',
        ),
        (
            {"trunks": [None, {"id": EU, "rtp_timeout": 5}]},
            "2 problems: (1) trunks[0]: null is not accepted; expected "
            f"a dictionary of options; (2) trunks[1] ({EU}): rtp_timeout: 5",
        ),
        ({"trunks": [None, {"id": EU}, 5]}, "2 problems: (1) trunks[0]: null is not accepted; expected a dictionary"),
        ({"trunks": {"id": EU}}, f'trunks: {{"id": "{EU}"}} is not accepted; expected a list of trunks'),
    ],
)
def test_a_null_outside_settings_is_an_error(run_fleet: RunModule, options: dict[str, Any], message: str) -> None:
    assert run_fleet(**options)["msg"].startswith(message)
