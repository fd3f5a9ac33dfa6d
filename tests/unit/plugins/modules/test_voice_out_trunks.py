# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many trunks in one task: a problem stops all of them before the first update, and none of them after it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK
from simulator.server import Simulator

from ...conftest import ANY_DID, EXAMPLE, HANG_GUARD, TWILIO, RunModule, after_each_patch
from ...conftest import TRUNK as EU

DID = "6b1f4c0a-0000-4000-8000-000000000003"


def answered(local_api: Simulator) -> list[dict[str, Any]]:
    """Return the requests, except those with a filter by id, which this account rejects."""
    return [entry for entry in local_api.journal if "filter[id]" not in dict(entry["query"])]


def methods(local_api: Simulator) -> list[str]:
    return [entry["method"] for entry in answered(local_api)]


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
    names = {EU: "EU SBC", TWILIO: "Twilio London", EXAMPLE: "Outbound trunk Name"}
    assert {trunk["id"]: trunk["name"] for trunk in done["trunks"]} == names
    assert [trunk["changed"] for trunk in done["trunks"]] == [True, False, True]
    for key in ("changed", "trunks", "diff", "api_version"):
        assert predicted[key] == done[key]
    assert done["trunks"][0]["changes"] == {"capacity_limit": {"before": 30, "after": 60}}
    assert done["summary"].items() >= {"total": 3, "changed": 2, "unchanged": 1, "failed": 0, "requests": 3}.items()
    headers = [f"voice_out_trunk {names[trunk]} ({trunk})" for trunk in (EU, EXAMPLE)]
    assert [part["before_header"] for part in done["diff"]] == headers
    sent = {entry["path"][-36:]: entry["body"]["data"] for entry in local_api.journal if entry["method"] == "PATCH"}
    attributes = {EU: {"capacity_limit": 60}, EXAMPLE: {"allowed_rtp_ips": None, "rtp_ping": False}}
    assert sent == {one: {"id": one, "type": "voice_out_trunks", "attributes": attributes[one]} for one in attributes}
    again = run_fleet(**options)
    assert (again["changed"], again["diff"], again["summary"]["requests"]) == (False, [], 1)


def test_one_trunk_is_read_alone_and_none_not_at_all(local_api: Simulator, run_fleet: RunModule) -> None:
    result = run_fleet(trunks=[])
    assert (result["changed"], result["trunks"], local_api.journal) == (False, [], [])
    for entry in ({"id": EU}, {"name": "EU SBC"}):
        assert run_fleet(trunks=[entry])["trunks"][0]["id"] == EU
    by_id, by_name = local_api.journal
    assert (by_id["path"], by_name["path"]) == (f"/v3/voice_out_trunks/{EU}", "/v3/voice_out_trunks")
    assert dict(by_name["query"])["filter[name]"] == "EU SBC"


def test_one_failure_does_not_stop_the_others(local_api: Simulator, run_fleet: RunModule) -> None:
    local_api.add_faults({"method": "PATCH", "path_contains": TWILIO, "apply": True, "drop": "before"})
    unknown = {"id": EU, "dids": ["6b1f4c0a-0000-4000-8000-999999999999"]}
    both = [{"id": trunk, "capacity_limit": 7} for trunk in (TWILIO, ANY_DID)]
    result = run_fleet(diff=True, trunks=[unknown, *both, {"id": EXAMPLE}])
    assert result["failed"] is result["changed"] is True
    refused, lost, changed, same = result["trunks"]
    assert (refused["failed"], refused["status"], refused["errors"][0]["option"]) == (True, 422, "dids")
    assert (refused["name"], lost["failed"], "may have been applied" in lost["msg"]) == ("EU SBC", True, True)
    assert (changed["changed"], "failed" in changed) == (True, False)
    assert (same["changed"], same["changes"]) == (False, {})
    assert result["summary"].items() >= {"total": 4, "changed": 1, "unchanged": 1, "failed": 2, "requests": 5}.items()
    assert result["msg"].startswith("1 trunk changed, 2 failed: (1) trunks[0] (EU SBC): DIDWW")
    assert [part["after"] for part in result["diff"]] == ["capacity_limit: 7\n"]
    assert run_fleet(trunks=both)["changed"] is False


def many(local_api: Simulator, count: int, account: str = "local-key") -> list[str]:
    """Create `count` trunks; return their ids."""
    ids = [f"c0000000-0000-4000-8000-{number:012}" for number in range(count)]
    for trunk in ids:
        local_api.put_trunk(trunk, account=account, attributes={"name": trunk})
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


def test_one_name_for_all_is_reported_for_each(local_api: Simulator, run_fleet: RunModule) -> None:
    message = run_fleet(trunks=[{"id": trunk, "name": "Same"} for trunk in many(local_api, 100)])["msg"]
    assert (message[:14], message.count("rejects duplicate names")) == ("100 problems: ", 100)


def test_a_name_that_is_not_text_is_ignored(local_api: Simulator, run_fleet: RunModule) -> None:
    resources = [
        {"id": trunk, "type": "voice_out_trunks", "attributes": {"name": name, "capacity_limit": 30}}
        for trunk, name in ((EU, {"x": 1}), (TWILIO, [1]))
    ]
    local_api.add_faults({"status": 200, "body": {"data": resources, "meta": {"total_records": 2}}})
    entries = [{"id": trunk, "capacity_limit": 7} for trunk in (EU, TWILIO)]
    assert run_fleet(check=True, trunks=entries)["changed"] is True


def test_two_trunks_can_share_a_reference_by_which_no_entry_selects(local_api: Simulator, run_fleet: RunModule) -> None:
    local_api.put_trunk(TWILIO, attributes={"external_reference_id": "crm-2"})
    entries = [{"id": EU, "external_reference_id": "crm-2"}, {"id": TWILIO, "status": "blocked"}]
    assert run_fleet(trunks=entries)["changed"] is True


def test_numbers_are_returned_for_trunks_whose_dids_change(run_fleet: RunModule) -> None:
    entries = [{"id": TWILIO, "dids": ["+442071838751", "+37061498224"]}, {"id": EU, "dids": []}]
    result = run_fleet(check=True, trunks=entries)
    changes, other = result["trunks"]
    linked = changes["changes"]["dids"]
    assert sorted(changes["did_numbers"]) == sorted({*linked["before"], *linked["after"]})
    assert sorted(changes["did_numbers"].values()) == ["37061498224", "442071838750", "442071838751"]
    assert "did_numbers" not in other


def test_numbers_are_looked_up_once_for_all(local_api: Simulator, run_fleet: RunModule) -> None:
    linked = {"id": EXAMPLE, "emergency_dids": ["37061498224"], "dids": ["37061498224", "4930901820"]}
    assert run_fleet(trunks=[{"id": EU, "dids": ["+37061498224", "37061498222"]}, linked])["changed"] is True
    lookups = [dict(entry["query"]) for entry in local_api.journal if entry["path"] == "/v3/dids"]
    assert [query["filter[number]"] for query in lookups] == ["37061498222,37061498224,4930901820"]
    assert local_api.trunk(EU)["dids"] == [DID[:-1] + "1", DID]


def test_single_requests_if_pages_would_be_more(
    local_api: Simulator, run_fleet: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(VOICE_OUT_TRUNK.page_sizes, "voice_out_trunks", 1)
    ids = sorted((EU, EXAMPLE, TWILIO, ANY_DID))
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
    ids = many(local_api, 60, account=BY_ID)
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
    ids = many(local_api, 200, account=BY_ID)
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


def test_updates_keep_the_pace_of_the_task(
    local_api: Simulator, run_fleet: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates: list[float] = []
    turns: list[int] = []
    original = jsonapi.Pace.__init__

    def init(self: jsonapi.Pace, per_second: float, turn: Any = None) -> None:
        rates.append(per_second)
        original(self, per_second, turn)

    monkeypatch.setattr(jsonapi.Pace, "__init__", init)
    monkeypatch.setattr(jsonapi.Pace, "wait", lambda self: turns.append(1))
    run_fleet(trunks=[{"id": trunk, "capacity_limit": 7} for trunk in (EU, TWILIO)])
    assert len(turns) == len(local_api.journal) == 4
    run_fleet(trunks=[{"id": EU}], max_requests_per_second=5)
    assert rates == [20, 5]
