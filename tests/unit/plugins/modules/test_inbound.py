# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists of numbers, and gateways that drop parts of queries. See also tests/cases/sequences.yml."""

from __future__ import annotations

from dataclasses import replace

import pytest
from simulator.api import Answer, Api, Request
from simulator.server import Simulator

from .conftest import FRANKFURT, NUMBER, OTHER, PASSWORD, Run, changes, put


def test_a_fleet_of_numbers_takes_few_requests(local_api: Simulator, run: Run) -> None:
    numbers = [str(43720000000 + number) for number in range(250)]
    for index, number in enumerate(numbers):
        did = f"6b1f4c0b-0000-4000-8000-{index:012}"
        local_api.put_record("dids", did, {"number": number, "voice_in_trunk": FRANKFURT})
    entries = [{"number": number, "voice_in_trunk": "Frankfurt"} for number in numbers]
    result = run("dids", dids=entries)
    assert (result["summary"]["unchanged"], result["summary"]["requests"]) == (250, 3)
    local_api.clear_journal()
    moved = run("dids", check=True, dids=[{**entry, "voice_in_trunk": "Reception"} for entry in entries])
    assert (moved["summary"]["changed"], moved["summary"]["requests"]) == (250, 4)
    audit = run("dids", audit=True, dids=[*entries, {"number": "43729999999"}])
    assert audit["missing"] == [{"index": 250, "selector": "number", "value": "43729999999"}]
    assert {one["name"] for one in audit["unmanaged"]} >= {NUMBER, OTHER}
    assert changes(local_api) == []


def without(monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
    """Let the local API ignore the parameters of queries that start with `prefix`, as a gateway that drops them."""
    handle = Api.handle

    def dropped(self: Api, request: Request, commit: bool = True) -> Answer:
        query = tuple(pair for pair in request.query if not pair[0].startswith(prefix))
        return handle(self, replace(request, query=query), commit)

    monkeypatch.setattr(Api, "handle", dropped)


def test_secrets_of_a_target_that_arrive_all_the_same_are_not_returned(
    local_api: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, "fields")
    authenticates = {"auth_enabled": True, "auth_user": "u", "auth_password": PASSWORD}
    put(local_api, "in_trunks", FRANKFURT, {"configuration": authenticates})
    assert run("did_info", did=NUMBER)["settings"][0]["voice_in_trunk"] == "Frankfurt"
    run("did", number=NUMBER, voice_in_trunk="Reception", diff=True)


def test_a_gateway_that_drops_a_filter_by_target_is_noticed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "filter[voice_in_trunk")
    message = run("did_info", voice_in_trunk=FRANKFURT)["msg"]
    assert f'it was asked for DIDs with voice_in_trunk.id "{FRANKFURT}", but returned' in message


def test_long_lists_of_names_are_found(local_api: Simulator, run: Run) -> None:
    names = [f"Ж{'ж' * 30}{number}" for number in range(40)]
    for number, name in enumerate(names):
        local_api.put_record("in_trunks", f"93000000-0000-4000-8001-{number:012}", {"attributes": {"name": name}})
    assert len(run("voice_in_trunk_info", name=names)["trunks"]) == 40
    fleet = [{"number": n, "voice_in_trunk": name} for n, name in zip((NUMBER, OTHER), names[:2], strict=True)]
    local_api.clear_journal()
    assert run("dids", check=True, dids=fleet)["summary"]["changed"] == 2
    assert max(len(str(entry["path"]) + str(entry["query"])) for entry in local_api.journal) < 4000
