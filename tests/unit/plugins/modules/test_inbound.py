# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Numbers and inbound trunks: routing, rules between settings, deletions, secrets, and numbers of requests."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from simulator.api import Answer, Api, Request
from simulator.server import Simulator

from ...conftest import RunModule, only_2026_04_16, runner

FRANKFURT, RECEPTION, NIGHT = (f"93000000-0000-4000-8000-{number:012}" for number in (1, 2, 3))
FAILOVER = "92000000-0000-4000-8000-000000000001"
NUMBER, OTHER = "37061498222", "37061498223"
NUMBER_ID, OTHER_ID = (f"6b1f4c0a-0000-4000-8000-{number:012}" for number in (1, 2))
SIP = "sip_configurations"
PASSWORD = "Pa55-w0rd-of-the-trunk"
Run = Callable[..., dict[str, Any]]


@pytest.fixture(params=["module", "action"])
def front_end(request: pytest.FixtureRequest) -> str:
    """Run with both front ends."""
    return str(request.param)


@pytest.fixture
def run(
    front_end: str, local_api: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run any module. No result contains the password."""
    runners: dict[str, RunModule] = {}

    def run(module: str, **options: Any) -> dict[str, Any]:
        runners.setdefault(module, runner(front_end, module, local_api, monkeypatch, capsys))
        result = runners[module](**options)
        assert PASSWORD not in json.dumps(result)
        return result

    return run


def changes(api: Simulator) -> list[Any]:
    """Return the methods and the JSON:API resources of the requests that change something."""
    return [(entry["method"], (entry["body"] or {}).get("data")) for entry in api.journal if entry["method"] != "GET"]


def configuration(api: Simulator, trunk: str = FRANKFURT) -> dict[str, Any]:
    """Return the attributes of the configuration of a stored trunk."""
    found: dict[str, Any] = api.record("in_trunks", trunk)["attributes"]["configuration"]["attributes"]
    return found


def configure(api: Simulator, **attributes: Any) -> None:
    """Set attributes of the configuration of a stored trunk."""
    value = {"type": SIP, "attributes": {**configuration(api), **attributes}}
    api.put_record("in_trunks", FRANKFURT, {"attributes": {"configuration": value}})


# --- Rules between the attributes of a configuration ---------------------------------------------------

REGISTERING = {"enabled_sip_registration": True, "host": None, "use_did_in_ruri": True}
AUTHENTICATING = {"auth_enabled": True, "auth_user": "u", "auth_password": PASSWORD}
SENT_TOGETHER: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    # What the trunk has, what the task sets, and what is sent.
    (
        {"port": 5060},
        {"enabled_sip_registration": True},
        {"enabled_sip_registration": True, "host": None, "port": None},
    ),
    (
        REGISTERING,
        {"enabled_sip_registration": False, "host": "a.example.com"},
        {"enabled_sip_registration": False, "host": "a.example.com", "use_did_in_ruri": False},
    ),
    ({}, AUTHENTICATING, AUTHENTICATING),
    (AUTHENTICATING, {"auth_enabled": False}, {"auth_enabled": False, "auth_user": None, "auth_password": None}),
    ({}, {"sst_min_timer": 800}, {"sst_min_timer": 800, "sst_max_timer": 900}),
    ({}, {"sip_timer_b": 2000}, {"sip_timer_b": 2000, "dns_srv_failover_timer": 2000}),
    ({}, {"max_transfers": 2, "max_30x_redirects": 0}, {"max_transfers": 2}),
]


@pytest.mark.parametrize(("has", "sets", "sent"), SENT_TOGETHER, ids=[str(list(row[1])) for row in SENT_TOGETHER])
def test_attributes_that_go_together_are_sent_together(
    local_api: Simulator, run: Run, has: dict[str, Any], sets: dict[str, Any], sent: dict[str, Any]
) -> None:
    configure(local_api, **has)
    task = {"id": FRANKFURT, "configuration": {"type": SIP, **sets}}
    predicted = run("voice_in_trunk", check=True, diff=True, **task)
    done = run("voice_in_trunk", diff=True, **task)
    ((_method, data),) = changes(local_api)
    assert data["attributes"] == {"configuration": {"type": SIP, "attributes": sent}}
    assert (predicted["changes"], predicted["diff"]) == (done["changes"], done["diff"])
    assert run("voice_in_trunk", **task)["changed"] is False


REFUSED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (REGISTERING, {"host": "a.example.com"}, "configuration.host: belongs to a trunk without enabled_sip_registration"),
    (REGISTERING, {"port": 5060}, "configuration.port: belongs to a trunk without enabled_sip_registration"),
    (REGISTERING, {"enabled_sip_registration": False}, "configuration.host: required when enabled_sip_registration is"),
    ({}, {"use_did_in_ruri": True}, "configuration.use_did_in_ruri: belongs to a trunk with enabled_sip_registration"),
    (
        {},
        {"auth_enabled": True, "auth_user": "u"},
        "configuration.auth_password: required with auth_enabled: set it too",
    ),
    ({}, {"auth_user": "u"}, "configuration.auth_user: belongs to a trunk with auth_enabled"),
    ({}, {"auth_password": PASSWORD}, "configuration.auth_password: belongs to a trunk with auth_enabled"),
    ({}, {"sst_min_timer": 1000}, "configuration.sst_min_timer: sst_min_timer 1000 is more than sst_max_timer 900"),
    ({}, {"dns_srv_failover_timer": 9000}, "dns_srv_failover_timer 9000 is more than sip_timer_b 8000: set both"),
    ({}, {"sst_session_expires": 500}, "500 is not between sst_min_timer 600 and sst_max_timer 900"),
    ({}, {"sst_enabled": True, "sst_min_timer": None}, "configuration.sst_min_timer: required with sst_enabled"),
    ({}, {"codec_ids": [9]}, "configuration.codec_ids (did you mean codecs?)"),
    ({}, {"incoming_auth_username": "x"}, "configuration.incoming_auth_username: no task can set it, because DIDWW"),
    ({}, {"dst": "370"}, "configuration.dst: belongs to type pstn_configurations, not to sip_configurations"),
    ({}, {"auth_password": [PASSWORD]}, "configuration.auth_password: the value is not accepted; expected a text"),
    ({}, {"auth_password": "********"}, "configuration.auth_password: ******** is shown instead of the value"),
]


@pytest.mark.parametrize(("has", "sets", "message"), REFUSED, ids=[f"{list(row[1])} {row[2]:.50}" for row in REFUSED])
def test_what_didww_would_refuse_is_rejected_early(
    local_api: Simulator, run: Run, has: dict[str, Any], sets: dict[str, Any], message: str
) -> None:
    configure(local_api, **has)
    task = {"id": FRANKFURT, "configuration": {"type": SIP, **sets}}
    for check in (True, False):
        assert message in run("voice_in_trunk", check=check, **task)["msg"]
        assert message in run("voice_in_trunks", check=check, trunks=[task])["msg"]
    assert changes(local_api) == []


def test_registration_gives_and_takes_credentials(local_api: Simulator, run: Run) -> None:
    task = {"id": FRANKFURT, "configuration": {"type": SIP, "enabled_sip_registration": True}}
    on = run("voice_in_trunk", **task)
    assert "DIDWW generates a SIP username and password" in on["warnings"][0]
    generated = configuration(local_api)["incoming_auth_password"]
    assert generated not in json.dumps(on)
    (shown,) = run("voice_in_trunk_info", trunk="Frankfurt", include_credentials=True)["trunks"]
    assert shown["credentials"]["incoming_auth_password"] == generated
    assert generated not in json.dumps(run("voice_in_trunk_info", trunk="Frankfurt"))
    off = {"type": SIP, "enabled_sip_registration": False, "host": "a.example.com"}
    assert (
        "loses its SIP username and password" in run("voice_in_trunk", id=FRANKFURT, configuration=off)["warnings"][0]
    )
    assert configuration(local_api)["incoming_auth_password"] is None


# --- Types and numbers that this collection does not know ----------------------------------------------


def test_the_type_of_a_configuration_stays(local_api: Simulator, run: Run) -> None:
    result = run("voice_in_trunk", id=FRANKFURT, configuration={"type": "pstn_configurations", "dst": "370"})
    assert "configuration.type: cannot be changed: this trunk's type is sip_configurations; create a" in result["msg"]
    other = {"type": "pbx_configurations", "attributes": {"secret": "x"}}
    local_api.put_record("in_trunks", RECEPTION, {"attributes": {"configuration": other}})
    (settings,) = run("voice_in_trunk_info", id=[RECEPTION])["settings"]
    assert settings["configuration"] == {"type": "pbx_configurations"}
    assert run("voice_in_trunk", **settings)["changed"] is False
    assert run("voice_in_trunk", id=RECEPTION, weight=5)["changed"] is True
    written = {"type": "pbx_configurations", "host": "a.example.com"}
    assert (
        "does not know the type pbx_configurations" in run("voice_in_trunk", id=RECEPTION, configuration=written)["msg"]
    )
    new = run("voice_in_trunk", name="New", state="present", configuration={"type": "pbx_configurations"})
    assert 'configuration.type: "pbx_configurations" is not accepted for a new trunk' in new["msg"]
    ((_method, data),) = changes(local_api)
    assert data["attributes"] == {"weight": 5}


@only_2026_04_16
def test_unknown_numbers_can_only_be_given_back(
    local_api: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    attributes = {**configuration(local_api), "codec_ids": [10, 99], "rx_dtmf_format_id": 9}
    answer = {
        "method": "GET",
        "times": 0,
        "answer_attributes": {"configuration": {"type": SIP, "attributes": attributes}},
    }
    local_api.add_faults(answer)
    (settings,) = run("voice_in_trunk_info", id=[FRANKFURT])["settings"]
    had = settings["configuration"]
    assert (had["codecs"], had["rx_dtmf_format"]) == (["pcma", 99], 9)
    assert run("voice_in_trunk", **settings)["changed"] is False
    for sets in ({"codecs": ["pcma", 98]}, {"rx_dtmf_format": 8}):
        assert "is not accepted" in run("voice_in_trunk", id=FRANKFURT, configuration={"type": SIP, **sets})["msg"]
    assert changes(local_api) == []


# --- Life cycle ----------------------------------------------------------------------------------------

NEW = {
    "name": "Vilnius",
    "state": "present",
    "pop": "USA, NY",
    "configuration": {"type": SIP, "host": "vno.example.com", **AUTHENTICATING},
}


def test_the_whole_life_of_an_inbound_trunk(local_api: Simulator, run: Run, api_version: str) -> None:
    new = json.loads(json.dumps(NEW))
    if api_version == "2026-11-19":
        new.pop("pop")
    else:
        new["configuration"]["codecs"] = ["pcma", "telephone_event"]
    predicted = run("voice_in_trunk", check=True, diff=True, **new)
    created = run("voice_in_trunk", diff=True, **new)
    assert predicted["diff"]["after"] == created["diff"]["after"]
    assert created["trunk"]["withheld"] == ["configuration.auth_password"]
    assert run("voice_in_trunk", **new)["changed"] is False
    pointed = {
        "dids": [{"number": NUMBER, "voice_in_trunk": "Vilnius"}, {"number": OTHER, "voice_in_trunk": "Vilnius"}]
    }
    assert run("dids", **pointed)["summary"]["changed"] == 2
    assert run("dids", **pointed)["changed"] is False
    rotated = {"type": SIP, "auth_password": "another-passw0rd"}
    change = run("voice_in_trunk", diff=True, name="Vilnius", configuration=rotated)
    assert change["diff"]["after"].endswith('configuration.auth_password: "******** (new)"\n')
    for check in (True, False):
        used = run("voice_in_trunk", check=check, name="Vilnius", state="absent")["msg"]
        assert (
            f"used by 2 numbers, and DIDWW does not delete it before they are moved: {NUMBER}, {OTHER}. First" in used
        )
    assert run("dids", dids=[{"number": n, "voice_in_trunk": None} for n in (NUMBER, OTHER)])["summary"]["changed"] == 2
    assert run("voice_in_trunk", name="Vilnius", state="absent")["changed"] is True
    assert run("voice_in_trunk", name="Vilnius", state="absent")["changed"] is False


def test_a_trunk_in_a_group_is_not_deleted(local_api: Simulator, run: Run) -> None:
    assert 'belongs to the trunk group "Failover"' in run("voice_in_trunk", name="Night", state="absent")["msg"]
    local_api.add_faults({"method": "DELETE", "status": 500, "times": 1})
    both = {"name": "Night", "state": "absent", "voice_in_trunk_group": None}
    predicted = run("voice_in_trunk", check=True, diff=True, **both)
    failed = run("voice_in_trunk", **both)
    assert "The trunk has left its trunk group already." in failed["msg"]
    done = run("voice_in_trunk", diff=True, **both)
    assert (predicted["changed"], done["changed"], changes(local_api)[0][1]["relationships"]) == (
        True,
        True,
        {"voice_in_trunk_group": {"data": None}},
    )
    assert [method for method, _data in changes(local_api)] == ["PATCH", "DELETE", "DELETE"]
    assert run("voice_in_trunk", **both)["changed"] is False


def test_names_are_shared_with_groups(local_api: Simulator, run: Run) -> None:
    assert "is already called" in run("voice_in_trunk", id=NIGHT, name="Frankfurt")["msg"]
    assert changes(local_api) == []
    taken = run("voice_in_trunk", id=NIGHT, name="Failover")
    assert (
        "Another inbound trunk of this account, or a trunk group, has that name: they share their names."
        in taken["msg"]
    )


def test_a_lost_answer_to_a_creation_is_settled_by_the_name(local_api: Simulator, run: Run) -> None:
    local_api.add_faults({"method": "POST", "drop": "headers", "apply": True})
    new = {**NEW, "configuration": {"type": "pstn_configurations", "dst": "37061498299"}}
    new.pop("pop")
    assert run("voice_in_trunk", **new, api_retries=1)["changed"] is True
    assert [method for method, _data in changes(local_api)] == ["POST"]
    assert [one["attributes"]["name"] for one in local_api.records("in_trunks")].count("Vilnius") == 1


@pytest.mark.parametrize(
    ("has", "sets"),
    [
        *(
            (has, {"configuration": {"type": SIP, **sets}})
            for has, sets, _sent in SENT_TOGETHER
            if "auth_user" not in has
        ),
        ({}, {"configuration": {"type": SIP, "max_transfers": 4}, "weight": 9, "name": "Elsewhere"}),
        ({}, {"voice_in_trunk_group": "Failover", "description": "x"}),
    ],
)
def test_an_undo_file_brings_a_trunk_back(
    local_api: Simulator, run: Run, tmp_path: Path, has: dict[str, Any], sets: dict[str, Any]
) -> None:
    configure(local_api, **has)

    def stored() -> dict[str, Any]:
        """Return the trunk without what DIDWW generates anew."""
        record = local_api.record("in_trunks", FRANKFURT)
        for name in ("incoming_auth_username", "incoming_auth_password"):
            del record["attributes"]["configuration"]["attributes"][name]
        return record

    before, path = stored(), tmp_path / "undo.yml"
    changed = run("voice_in_trunks", trunks=[{"id": FRANKFURT, **sets}], undo_file=str(path))
    assert (changed["changed"], stored() == before) == (True, False)
    assert PASSWORD not in path.read_text("utf-8")
    text = path.read_text("utf-8")
    assert "ansible-playbook didww.voice.fleet -e trunks_file=THIS_FILE --check --diff" in text
    run("voice_in_trunks", trunks=yaml.safe_load(text)["in_trunks"])
    # Never to outbound trunks.
    refused = run("voice_out_trunks", trunks=[{"name": "EU SBC"}], undo_file=str(path), undo_add=True)["msg"]
    assert "such a file contains didww_voice_undo and trunks, and nothing else" in refused
    assert stored() == before


def test_an_undo_file_brings_the_targets_of_numbers_back(local_api: Simulator, run: Run, tmp_path: Path) -> None:
    before, path = local_api.records("dids"), tmp_path / "undo.yml"
    moved = [{"number": NUMBER, "voice_in_trunk_group": "Failover"}, {"number": OTHER, "voice_in_trunk": "Night"}]
    assert run("dids", dids=moved, undo_file=str(path))["summary"]["changed"] == 2
    run("dids", dids=yaml.safe_load(path.read_text("utf-8"))["dids"])
    assert local_api.records("dids") == before


# --- Numbers -------------------------------------------------------------------------------------------


def target(api: Simulator, did: str = NUMBER_ID) -> tuple[Any, Any]:
    """Return the trunk and the group that a stored number points to."""
    stored = api.record("dids", did)
    return stored["voice_in_trunk"], stored["voice_in_trunk_group"]


def test_a_number_points_to_one_target(local_api: Simulator, run: Run) -> None:
    number = {"number": "+370 614-98222"}
    both = run("did", **number, voice_in_trunk="Frankfurt", voice_in_trunk_group="Failover")
    assert "voice_in_trunk_group: cannot be combined with voice_in_trunk" in both["msg"]
    done = run("did", **number, voice_in_trunk_group="Failover")
    assert list(done["changes"]) == ["voice_in_trunk", "voice_in_trunk_group"]
    assert (target(local_api), done["did"]["target_names"]) == ((None, FAILOVER), {FAILOVER: "Failover"})
    # Null for the one that is not set.
    assert run("did", **number, voice_in_trunk=None)["changed"] is False
    done = run("did", **number, voice_in_trunk="Reception", voice_in_trunk_group=None)
    assert target(local_api) == (RECEPTION, None)
    assert run("did", **number, voice_in_trunk_group=None)["changed"] is False
    assert run("did", **number, voice_in_trunk=None)["did"]["voice_in_trunk"] is None
    sent = [set(data["relationships"]) for _method, data in changes(local_api)]
    assert sent == [{"voice_in_trunk", "voice_in_trunk_group"}] * 3


def test_names_of_targets_are_exact_and_the_nearest_is_suggested(local_api: Simulator, run: Run) -> None:
    for option, name, noun, near in (
        ("voice_in_trunk", "Frankfort", "inbound trunk", "Frankfurt"),
        ("voice_in_trunk_group", "failover", "trunk group", "Failover"),
    ):
        words = f'{option}: no {noun} in this account has the name {name} (did you mean "{near}"?)'
        assert words in run("did", number=NUMBER, **{option: name})["msg"]
    local_api.put_record("in_trunks", NIGHT, {"attributes": {"name": "Frankfurt"}})
    several = run("did", number=OTHER, voice_in_trunk="Frankfurt")["msg"]
    assert f"2 inbound trunks have the name Frankfurt; list one by id: {FRANKFURT}, {NIGHT}" in several
    assert changes(local_api) == []


def test_a_number_is_found_and_never_changed(local_api: Simulator, run: Run) -> None:
    missing = run("did", number="37061499999", description="x")["msg"]
    assert missing == 'number: no DID has the number "37061499999"'
    fleet = run("dids", dids=[{"number": NUMBER, "capacity_limit": 5}, {"number": "37061499999"}])
    assert fleet["msg"] == 'dids[1] (37061499999): number: no DID has the number "37061499999"'
    other = run("did", id=NUMBER_ID, number=OTHER)["msg"]
    assert f'number: cannot be changed: the DID has "{NUMBER}", and the task says "{OTHER}"' in other
    assert "unsupported options: state" in run("did", number=NUMBER, state="present")["msg"]
    assert run("did", id=NUMBER_ID, number=f"+{NUMBER}")["changed"] is False
    assert changes(local_api) == []


def test_nothing_that_costs_money_is_an_option(run: Run) -> None:
    for option in ("terminated", "billing_cycles_count", "dedicated_channels_count", "capacity_pool"):
        assert f"unsupported options: {option}" in run("did", number=NUMBER, **{option: 0})["msg"]
    (shown,) = run("did_info", did=NUMBER)["dids"]
    assert (shown["terminated"], shown["billing_cycles_count"], shown["dedicated_channels_count"]) == (False, None, 0)


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
    assert [one["number"] for one in found["dids"]] == [NUMBER]
    assert found["settings"][0]["voice_in_trunk"] == "Frankfurt"
    assert found["dids"][0]["target_names"] == {FRANKFURT: "Frankfurt"}
    assert [one["number"] for one in run("did_info", number=[OTHER, f"+{NUMBER}"])["dids"]] == [NUMBER, OTHER]
    assert run("did_info", voice_in_trunk_group="Failover")["dids"] == []
    assert "did you mean" in run("did_info", voice_in_trunk_group="Failovers")["msg"]
    local_api.put_record("dids", OTHER_ID, {"attributes": {"description": "Sales, Vilnius", "blocked": True}})
    assert [one["number"] for one in run("did_info", description="Sales")["dids"]] == [OTHER]
    assert [one["number"] for one in run("did_info", blocked=True)["dids"]] == [OTHER]
    assert run("did_info", did=f"+{OTHER}")["dids"] == run("did_info", did=OTHER_ID)["dids"]
    assert "no DID has the number" in run("did_info", did="37061499999")["msg"]
    queries = [entry["query"] for entry in local_api.journal if "include" in str(entry["query"])]
    assert queries
    assert all("fields[voice_in_trunks]" in str(query) for query in queries)


def test_secrets_of_a_target_that_arrive_all_the_same_are_not_returned(
    local_api: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = Api.handle

    def with_all_fields(self: Api, request: Request, commit: bool = True) -> Answer:
        query = tuple(pair for pair in request.query if not pair[0].startswith("fields"))
        return handle(self, replace(request, query=query), commit)

    monkeypatch.setattr(Api, "handle", with_all_fields)
    configure(local_api, **AUTHENTICATING)
    assert run("did_info", did=NUMBER)["settings"][0]["voice_in_trunk"] == "Frankfurt"
    run("did", number=NUMBER, voice_in_trunk="Reception", diff=True)


def test_the_same_number_twice_is_an_error_in_every_spelling(local_api: Simulator, run: Run) -> None:
    for other in ({"id": NUMBER_ID}, {"number": f"+{NUMBER}"}):
        fleet = [{"number": NUMBER, "capacity_limit": 5}, {**other, "capacity_limit": 6}]
        assert "refers to the same DID as dids[0]" in run("dids", dids=fleet)["msg"]
    assert changes(local_api) == []


def test_a_gateway_that_drops_a_filter_by_target_is_noticed(
    local_api: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = Api.handle

    def without_filters(self: Api, request: Request, commit: bool = True) -> Answer:
        query = tuple(pair for pair in request.query if not pair[0].startswith("filter[voice_in_trunk"))
        return handle(self, replace(request, query=query), commit)

    monkeypatch.setattr(Api, "handle", without_filters)
    message = run("did_info", voice_in_trunk=FRANKFURT)["msg"]
    assert f'it was asked for DIDs with voice_in_trunk.id "{FRANKFURT}", but returned' in message


def test_an_empty_text_never_takes_a_number_off_its_trunk(local_api: Simulator, run: Run) -> None:
    for option in ("voice_in_trunk", "voice_in_trunk_group"):
        assert f"{option}: an empty string is not accepted" in run("did", number=NUMBER, **{option: ""})["msg"]
    off = run("did", number=NUMBER, voice_in_trunk=None)
    assert off["warnings"] == ["the number loses its target, and calls to it go nowhere"]


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
    assert done["changes"]["configuration"]["after"] == order


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


def test_an_id_that_no_target_has_is_an_error_before_any_change(local_api: Simulator, run: Run) -> None:
    nobody = "93000000-0000-4000-8000-00000000ffff"
    for option, noun in (("voice_in_trunk", "inbound trunk"), ("voice_in_trunk_group", "trunk group")):
        fleet = [{"number": OTHER, "description": "x"}, {"number": NUMBER, option: nobody}]
        words = f"{option}: no {noun} in this account has the id {nobody}"
        for check in (True, False):
            assert words in run("dids", check=check, dids=fleet)["msg"]
    assert changes(local_api) == []
