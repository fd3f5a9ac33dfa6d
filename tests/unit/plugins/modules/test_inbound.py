# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Numbers and inbound trunks: their life, secrets, undo files, and numbers of requests. See also tests/cases."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from simulator.api import Answer, Api, Request
from simulator.server import Simulator

from ...conftest import only_2026_04_16
from .conftest import FRANKFURT, NIGHT, NUMBER, OTHER, OTHER_ID, PASSWORD, RECEPTION, Run, changes, put

FAILOVER = "92000000-0000-4000-8000-000000000001"
SIP = "sip_configurations"


def configuration(api: Simulator, trunk: str = FRANKFURT) -> dict[str, Any]:
    """Return the attributes of the configuration of a stored trunk."""
    found: dict[str, Any] = api.record("in_trunks", trunk)["attributes"]["configuration"]["attributes"]
    return found


def configure(api: Simulator, **attributes: Any) -> None:
    """Set attributes of the configuration of a stored trunk."""
    put(api, "in_trunks", FRANKFURT, {"configuration": attributes})


# --- Rules between the attributes of a configuration ---

AUTHENTICATING = {"auth_enabled": True, "auth_user": "u", "auth_password": PASSWORD}


def test_registration_gives_and_takes_credentials(local_api: Simulator, run: Run) -> None:
    task: dict[str, Any] = {"id": FRANKFURT, "configuration": {"type": SIP, "enabled_sip_registration": True}}
    on = run("voice_in_trunk", **task)
    new = task["configuration"] | ({"codecs": ["pcma"]} if local_api.version < "2026-11-19" else {})
    created = run("voice_in_trunk", check=True, name="New", state="present", configuration=new)
    assert on["warnings"] == created["warnings"]
    generated = configuration(local_api)["incoming_auth_password"]
    assert generated not in json.dumps(on)
    (shown,) = run("voice_in_trunk_info", trunk="Frankfurt", include_credentials=True)["trunks"]
    assert shown["credentials"]["incoming_auth_password"] == generated
    assert generated not in json.dumps(run("voice_in_trunk_info", trunk="Frankfurt"))
    off = {"type": SIP, "enabled_sip_registration": False, "host": "a.example.com"}
    assert run("voice_in_trunk", id=FRANKFURT, configuration=off)["changed"] is True
    assert configuration(local_api)["incoming_auth_password"] is None


# --- Types and numbers that this collection does not know ---


def test_a_type_that_this_collection_does_not_know_stays(local_api: Simulator, run: Run) -> None:
    other = {"type": "pbx_configurations", "attributes": {"secret": "x"}}
    local_api.put_record("in_trunks", RECEPTION, {"attributes": {"configuration": other}})
    (settings,) = run("voice_in_trunk_info", id=[RECEPTION])["settings"]
    assert settings["configuration"] == {"type": "pbx_configurations"}
    assert run("voice_in_trunk", **settings)["changed"] is False
    assert run("voice_in_trunk", id=RECEPTION, weight=5)["changed"] is True
    written = {"type": "pbx_configurations", "host": "a.example.com"}
    message = run("voice_in_trunk", id=RECEPTION, configuration=written)["msg"]
    assert "does not know the type pbx_configurations" in message
    assert [data["attributes"] for _method, data in changes(local_api)] == [{"weight": 5}]


@only_2026_04_16
def test_unknown_numbers_can_only_be_given_back(local_api: Simulator, run: Run) -> None:
    attributes = {**configuration(local_api), "codec_ids": [10, 99], "rx_dtmf_format_id": 9}
    answer = {"answer_attributes": {"configuration": {"type": SIP, "attributes": attributes}}}
    local_api.add_faults({"method": "GET", "times": 0, **answer})
    (settings,) = run("voice_in_trunk_info", id=[FRANKFURT])["settings"]
    had = settings["configuration"]
    assert (had["codecs"], had["rx_dtmf_format"]) == (["pcma", 99], 9)
    assert run("voice_in_trunk", **settings)["changed"] is False
    for sets in ({"codecs": ["pcma", 98]}, {"rx_dtmf_format": 8}):
        assert "is not accepted" in run("voice_in_trunk", id=FRANKFURT, configuration={"type": SIP, **sets})["msg"]
    assert changes(local_api) == []


# --- Life cycle ---


def test_the_whole_life_of_an_inbound_trunk(local_api: Simulator, run: Run, api_version: str) -> None:
    new: dict[str, Any] = {"type": SIP, "host": "vno.example.com", **AUTHENTICATING}
    task: dict[str, Any] = {"name": "Vilnius", "state": "present", "configuration": new}
    if api_version == "2026-04-16":
        task["pop"], new["codecs"] = "USA, NY", ["pcma", "telephone_event"]
    predicted = run("voice_in_trunk", check=True, diff=True, **task)
    created = run("voice_in_trunk", diff=True, **task)
    assert predicted["diff"]["after"] == created["diff"]["after"]
    assert created["trunk"]["withheld"] == ["configuration.auth_password"]
    assert run("voice_in_trunk", **task)["changed"] is False
    pointed = [{"number": number, "voice_in_trunk": "Vilnius"} for number in (NUMBER, OTHER)]
    assert run("dids", dids=pointed)["summary"]["changed"] == 2
    assert run("dids", dids=pointed)["changed"] is False
    rotated = {"type": SIP, "auth_password": "another-passw0rd"}
    change = run("voice_in_trunk", diff=True, name="Vilnius", configuration=rotated)
    assert change["diff"]["after"].endswith('configuration.auth_password: "******** (new)"\n')
    words = f"used by 2 numbers, and DIDWW does not delete it before they are moved: {NUMBER}, {OTHER}. First"
    for check in (True, False):
        assert words in run("voice_in_trunk", check=check, name="Vilnius", state="absent")["msg"]
    assert run("dids", dids=[{**one, "voice_in_trunk": None} for one in pointed])["summary"]["changed"] == 2
    assert [run("voice_in_trunk", name="Vilnius", state="absent")["changed"] for _again in range(2)] == [True, False]


def test_a_trunk_leaves_its_group_before_it_is_deleted(local_api: Simulator, run: Run, tmp_path: Path) -> None:
    local_api.add_faults({"method": "DELETE", "status": 500})
    both = {"name": "Night", "state": "absent", "voice_in_trunk_group": None}
    assert run("voice_in_trunk", check=True, diff=True, **both)["changed"] is True
    path = tmp_path / "undo.yml"
    failed = run("voice_in_trunks", trunks=[both], undo_file=str(path))
    assert "The trunk has left its trunk group already." in failed["msg"]
    assert (failed["changed"], failed["summary"]["changed"], failed["summary"]["failed"]) == (True, 0, 1)
    entries = yaml.safe_load(path.read_text("utf-8"))["in_trunks"]
    assert entries == [{"id": NIGHT, "voice_in_trunk_group": FAILOVER}]
    assert run("voice_in_trunks", trunks=entries, skip_invalid=True)["changed"] is True
    local_api.add_faults({"method": "DELETE", "status": 500})
    assert [run("voice_in_trunk", **both)["changed"] for _again in range(3)] == [True, True, False]
    sent = changes(local_api)
    assert sent[0][1]["relationships"] == {"voice_in_trunk_group": {"data": None}}
    assert [method for method, _data in sent] == ["PATCH", "DELETE", "PATCH", "PATCH", "DELETE", "DELETE"]


def test_an_undo_file_brings_no_user_back_without_its_password(local_api: Simulator, run: Run, tmp_path: Path) -> None:
    configure(local_api, **AUTHENTICATING)
    path = tmp_path / "undo.yml"
    sets = {"type": SIP, "auth_user": "v", "auth_password": "another", "max_transfers": 2}
    run("voice_in_trunks", trunks=[{"id": FRANKFURT, "configuration": sets}], undo_file=str(path))
    text = path.read_text("utf-8")
    assert PASSWORD not in text
    (entry,) = yaml.safe_load(text)["in_trunks"]
    assert entry["configuration"] == {"type": SIP, "max_transfers": 0}
    assert "Not brought back: configuration.auth_user: it belongs to auth_password" in text
    assert "ansible-playbook didww.voice.fleet -e trunks_file=THIS_FILE --check --diff" in text
    # Never to outbound trunks.
    refused = run("voice_out_trunks", trunks=[{"name": "EU SBC"}], undo_file=str(path), undo_add=True)["msg"]
    assert "such a file contains didww_voice_undo and trunks, and nothing else" in refused


# --- Numbers ---


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


def test_numbers_are_read_with_the_filters_of_didww(local_api: Simulator, run: Run) -> None:
    found = run("did_info", voice_in_trunk="Frankfurt")
    (shown,) = found["dids"]
    assert (shown["number"], shown["terminated"], shown["billing_cycles_count"]) == (NUMBER, False, None)
    assert found["settings"][0]["voice_in_trunk"] == "Frankfurt"
    assert found["dids"][0]["target_names"] == {FRANKFURT: "Frankfurt"}
    assert [one["number"] for one in run("did_info", number=[OTHER, f"+{NUMBER}"])["dids"]] == [NUMBER, OTHER]
    assert run("did_info", voice_in_trunk_group="Failover")["dids"] == []
    local_api.put_record("dids", OTHER_ID, {"attributes": {"description": "Sales, Vilnius", "blocked": True}})
    assert [one["number"] for one in run("did_info", description="Sales")["dids"]] == [OTHER]
    assert [one["number"] for one in run("did_info", blocked=True)["dids"]] == [OTHER]
    assert run("did_info", did=f"+{OTHER}")["dids"] == run("did_info", did=OTHER_ID)["dids"]
    queries = [entry["query"] for entry in local_api.journal if "include" in str(entry["query"])]
    assert queries
    assert all("fields[voice_in_trunks]" in str(query) for query in queries)


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
    configure(local_api, **AUTHENTICATING)
    assert run("did_info", did=NUMBER)["settings"][0]["voice_in_trunk"] == "Frankfurt"
    run("did", number=NUMBER, voice_in_trunk="Reception", diff=True)


def test_a_gateway_that_drops_a_filter_by_target_is_noticed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "filter[voice_in_trunk")
    message = run("did_info", voice_in_trunk=FRANKFURT)["msg"]
    assert f'it was asked for DIDs with voice_in_trunk.id "{FRANKFURT}", but returned' in message


def test_errors_of_didww_name_the_option_of_a_target(local_api: Simulator, run: Run) -> None:
    error = {"title": "should exist", "source": {"pointer": "/data/attributes/voice_in_trunk_id"}}
    local_api.add_faults({"method": "PATCH", "status": 422, "body": {"errors": [error]}})
    result = run("did", number=NUMBER, voice_in_trunk="Reception")
    assert result["errors"][0]["option"] == "voice_in_trunk"


@only_2026_04_16
def test_a_new_order_of_codecs_is_shown(local_api: Simulator, run: Run) -> None:
    configure(local_api, codec_ids=[10, 9, 6])
    order = {"type": SIP, "codecs": ["pcmu", "pcma", "telephone_event"]}
    done = run("voice_in_trunk", diff=True, id=FRANKFURT, configuration=order)
    for side, first in (("before", "pcma"), ("after", "pcmu")):
        lines = [line for line in done["diff"][side].splitlines() if ".codecs" in line]
        assert (len(lines), lines[0]) == (3, f'configuration.codecs: "{first}"')


def test_names_with_commas_and_long_lists_are_found(local_api: Simulator, run: Run) -> None:
    names = ["A, B", *(f"Ж{'ж' * 30}{number}" for number in range(40))]
    for number, name in enumerate(names):
        local_api.put_record("in_trunks", f"93000000-0000-4000-8001-{number:012}", {"attributes": {"name": name}})
    assert {one["name"] for one in run("voice_in_trunk_info", name=names[:2])["trunks"]} == set(names[:2])
    assert len(run("voice_in_trunk_info", name=names[1:])["trunks"]) == 40
    local_api.clear_journal()
    fleet = [{"number": n, "voice_in_trunk": name} for n, name in zip((NUMBER, OTHER), names[1:3], strict=True)]
    assert run("dids", check=True, dids=fleet)["summary"]["changed"] == 2
    longest = max(len(str(entry["path"]) + str(entry["query"])) for entry in local_api.journal)
    assert longest < 4000
    assert run("did_info", did=int(NUMBER))["dids"][0]["number"] == NUMBER


def test_what_was_stored_before_does_not_hinder_other_changes(local_api: Simulator, run: Run) -> None:
    configure(local_api, sst_session_expires=5000, auth_enabled=True, auth_user="u", auth_password=None)
    result = run("voice_in_trunk", check=True, id=FRANKFURT, configuration={"type": SIP, "rtp_timeout": 90})
    assert result["changed"] is True
