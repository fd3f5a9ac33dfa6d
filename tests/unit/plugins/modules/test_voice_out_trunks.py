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

from ...conftest import HANG_GUARD, TWILIO, RunModule, after_each_patch, methods
from ...conftest import TRUNK as EU
from .conftest import tokens


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


def test_settings_that_were_read_can_be_given_back(run_info: RunModule, run_fleet: RunModule) -> None:
    read = run_info(include_dids=True)
    assert [settings["id"] for settings in read["settings"]] == [found["id"] for found in read["trunks"]]
    assert run_fleet(trunks=read["settings"])["changed"] is False


def test_every_way_to_plan_gives_the_same_tokens(local_api: Simulator, run_fleet: RunModule) -> None:
    entries = [{"id": EU, "capacity_limit": 60}, {"id": TWILIO, "rtp_ping": True}, {"name": "Carrier interconnect"}]
    planned = tokens(run_fleet(check=True, trunks=entries))
    assert len(set(planned)) == 2
    assert tokens(run_fleet(audit=True, trunks=entries)) == planned
    local_api.add_faults({"method": "PATCH", "status": 422, "times": 0})
    assert tokens(run_fleet(trunks=entries)) == planned
    local_api.clear_faults()
    assert tokens(run_fleet(trunks=entries)) == planned
    assert tokens(run_fleet(trunks=entries)) == []


# --- With a way back ------------------------------------------------------------------------------
