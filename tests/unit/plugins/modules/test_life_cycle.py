# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Outbound and inbound trunks are created and deleted. Outbound trunks are held and unblocked."""

from __future__ import annotations

import copy
import itertools
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from ansible_collections.didww.voice.plugins.module_utils._client import http, jsonapi
from ansible_collections.didww.voice.plugins.module_utils._engine import change, lookup, search
from ansible_collections.didww.voice.plugins.module_utils._engine.fleet import update_many
from ansible_collections.didww.voice.plugins.module_utils._engine.reading import read_many
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_in_trunk import VOICE_IN_TRUNK
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK
from ansible_collections.didww.voice.plugins.plugin_utils import _action
from simulator.server import Simulator, load_seed

from ...conftest import (
    EMERGENCY_ALL,
    HANG_GUARD,
    IP_ONLY,
    TRUNK,
    TWILIO,
    RunModule,
    after_each_patch,
    connection_to,
    methods,
    only_2026_04_16,
)
from .conftest import FRANKFURT, NUMBER_ID, OTHER_ID, PSTN, RECEPTION, Run, changes

LATER = "00000000-0000-4000-8000-000000000007"
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


class Life(NamedTuple):
    """A resource that tasks create and delete.

    `module`: that for one; that for many, and the type of the resource, have an s. `new`: the options of a new one.
    `sent`: what is sent for its polymorphic attribute. `id` and `name`: one that is deleted. `kept`: the id of
    another one. `lookups`: the requests before a deletion, besides that for the resource.
    """

    module: str
    collection: str
    new: dict[str, Any]
    sent: dict[str, Any]
    id: str
    name: str
    kept: str
    lookups: int

    def called(self, api: Simulator, name: str = "New trunk") -> list[dict[str, Any]]:
        """Return the stored records with a name."""
        return [record for record in api.records(self.collection) if record["attributes"]["name"] == name]


SIP = {"authentication_method": {"type": METHOD["type"], "attributes": {"allowed_sip_ips": ["203.0.113.7/32"]}}}
OUT = Life(VOICE_OUT_TRUNK.name, "trunks", NEW, SIP, TRUNK, "EU SBC", TWILIO, lookups=0)
NEW_IN = {"state": "present", "name": "New trunk", "configuration": PSTN, "capacity_limit": 10}
TO_PSTN = {"configuration": {"type": PSTN["type"], "attributes": {"dst": PSTN["dst"]}}}
IN = Life(VOICE_IN_TRUNK.name, "in_trunks", NEW_IN, TO_PSTN, RECEPTION, "Reception", FRANKFURT, lookups=1)
each_life = pytest.mark.parametrize("life", [OUT, IN], ids=["outbound", "inbound"])


@pytest.fixture(autouse=True)
def _in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait before a request is sent again."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


def document(*resources: dict[str, Any], version: str = "2026-04-16") -> dict[str, Any]:
    """Return a list of resources as DIDWW answers it."""
    meta = {"total_records": len(resources), "api_version": version}
    return {"data": list(resources), "links": {}, "meta": meta}


# --- Create ---


@each_life
def test_create_once(local_api: Simulator, run: Run, life: Life) -> None:
    predicted = run(life.module, check=True, diff=True, **life.new)
    assert methods(local_api) == ["GET"]
    assert (predicted["changed"], predicted["trunk"]["id"], predicted["trunk"]["name"]) == (True, None, "New trunk")
    assert predicted["changes"]["capacity_limit"] == {"before": None, "after": 10}
    assert predicted["diff"]["before"] == ""
    assert 'name: "New trunk"\n' in predicted["diff"]["after"]
    assert ("\nallowed_rtp_ips: null\n" in predicted["diff"]["after"]) is (life is OUT)
    local_api.clear_journal()

    done = run(life.module, diff=True, **life.new)
    assert methods(local_api) == ["GET", "POST"]
    assert (done["changes"], done["diff"], done["warnings"]) == (predicted["changes"], predicted["diff"], [])
    (stored,) = life.called(local_api)
    assert done["trunk"]["id"] == stored["id"]
    ((_method, sent),) = changes(local_api)
    assert (set(sent), sent["type"]) == ({"type", "attributes"}, f"{life.module}s")
    assert sent["attributes"].items() >= {"name": "New trunk", "capacity_limit": 10, **life.sent}.items()
    if life is OUT:
        # What DIDWW chooses is returned, except the credentials.
        assert done["trunk"]["default_dst_action"] == "allow_all"
        secrets = stored["attributes"]["authentication_method"]["attributes"]
        assert secrets["password"]
        assert not any(secrets[name] in str(done) for name in ("username", "password"))
    local_api.clear_journal()
    assert run(life.module, **life.new)["changed"] is False
    assert methods(local_api) == ["GET"]


def test_create_by_reference_with_dids(local_api: Simulator, run_module: RunModule, run_fleet: RunModule) -> None:
    options = {**NEW, "external_reference_id": "crm-9", "dids": ["+370 614 98222"], "emergency_dids": [OTHER_ID]}
    done = run_module(**options)
    (stored,) = OUT.called(local_api)
    assert (stored["dids"], stored["emergency_dids"]) == ([NUMBER_ID], [OTHER_ID])
    assert stored["attributes"]["external_reference_id"] == "crm-9"
    assert done["trunk"]["did_numbers"][NUMBER_ID] == "37061498222"
    assert run_module(**options)["changed"] is False
    assert run_fleet(trunks=[options, {"id": TWILIO}])["changed"] is False
    assert run_module(**{**NEW, "name": "Another"}, allow_any_did_as_cli=True, dids=[])["changed"] is True


@only_2026_04_16
def test_an_action_that_may_need_a_default_did(local_api: Simulator, run_module: RunModule) -> None:
    """The version does not document the NUMBER_ID, so only DIDWW refuses a task without one."""
    for task in (
        {**NEW, "on_cli_mismatch_action": "replace_cli"},
        {"id": TRUNK, "on_cli_mismatch_action": "replace_cli"},
    ):
        local_api.add_faults({"method": "PATCH", "status": 422})
        result = run_module(**task)
        assert "DIDWW may require default_did with on_cli_mismatch_action replace_cli: set it." in result["msg"]
    assert methods(local_api) == ["GET", "POST", "GET", "PATCH"]


NO_ROUTE = {"errors": [{"title": "Not found", "detail": "No route matches.", "code": "404", "status": "404"}]}


@pytest.mark.parametrize("body", [{"error": "Not Found", "status": 404}, "404 page not found", NO_ROUTE])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
@each_life
def test_a_404_that_speaks_of_no_trunk_is_not_an_absent_trunk(
    local_api: Simulator, run: Run, method: str, body: Any, life: Life
) -> None:
    local_api.add_faults({"method": method, "status": 404, "body": body})
    result = run(life.module, id=life.id, state="absent")
    assert (result["failed"], result["status"]) == (True, 404)
    assert local_api.record(life.collection, life.id)


@each_life
def test_a_name_that_is_taken_meanwhile(
    local_api: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch, life: Life
) -> None:
    monkeypatch.setattr(lookup, "_with_holders", lambda client, wanted, found: found)
    result = run(life.module, **{**life.new, "external_reference_id": "crm-9", "name": life.name})
    words = "Another trunk of this account has that name"
    if life is IN:
        words = "Another inbound trunk of this account, or a trunk group, has that name: they share their names."
        assert words in run(life.module, id=IN.id, name="Failover")["msg"]
    assert result["status"] == 422
    assert words in result["msg"]


def test_what_didww_chooses_to_spend_is_a_warning(run_module: RunModule) -> None:
    open_ended = {name: value for name, value in NEW.items() if name not in ("capacity_limit", "threshold_amount")}
    words = "the task does not set {}, and DIDWW {}".format
    assert run_module(check=True, **open_ended)["warnings"] == [
        words(name, "chooses it") for name in ("capacity_limit", "threshold_amount")
    ]
    assert run_module(**open_ended)["warnings"] == [
        words("capacity_limit", "chose null"),
        words("threshold_amount", 'chose "3000.0"'),
    ]


LOST: list[dict[str, Any]] = [
    *({"drop": where, "apply": True} for where in ("headers", "body", "before")),
    *({"status": status, "apply": True} for status in (500, 502, 503)),
    *({"garbage": kind, "apply": True} for kind in ("html", "empty", "missing_data")),
    {"drop": "before"},
    *({"status": status} for status in (408, 429, 503)),
]


@pytest.mark.parametrize("fault", LOST, ids=str)
@each_life
def test_a_lost_answer_creates_exactly_one_trunk(
    local_api: Simulator, run: Run, fault: dict[str, Any], life: Life
) -> None:
    local_api.add_faults({"method": "POST", **fault})
    result = run(life.module, **life.new, api_retries=2)
    assert (result.get("failed"), result["changed"]) == (None, True)
    (stored,) = life.called(local_api)
    assert result["trunk"]["id"] == stored["id"]
    # Never sent again without a look.
    posts = [index for index, method in enumerate(methods(local_api)) if method == "POST"]
    if fault != {"status": 429}:
        assert all("GET" in methods(local_api)[first:second] for first, second in itertools.pairwise(posts))


@each_life
def test_a_request_that_arrives_late_is_taken(local_api: Simulator, run: Run, life: Life) -> None:
    """The first POST is applied after the look, so that the second one meets a name that is taken."""
    local_api.add_faults({"method": "POST", "status": 503, "apply": True})
    # The look after the lost answer does not see it yet.
    local_api.add_faults({"method": "GET", "status": 200, "body": document(), "after": 1})
    result = run(life.module, **life.new, api_retries=2)
    assert result["changed"] is True
    assert methods(local_api) == ["GET", "POST", "GET", "POST", "GET"]
    (stored,) = life.called(local_api)
    assert result["trunk"]["id"] == stored["id"]


@each_life
def test_a_trunk_of_another_name_was_not_created_by_the_task(
    local_api: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch, life: Life
) -> None:
    """Another client creates one with the same reference. References need not be unique."""
    local_api.add_faults({"method": "POST", "status": 503})
    find = search.search
    theirs = {"attributes": {"name": "Theirs", "external_reference_id": "crm-9"}}

    def found(*arguments: Any) -> Any:
        if methods(local_api).count("POST") == 1:
            local_api.put_record(life.collection, LATER, theirs)
        return find(*arguments)

    monkeypatch.setattr(change, "search", found)
    result = run(life.module, **life.new, external_reference_id="crm-9", api_retries=1)
    assert result["changed"] is True
    assert methods(local_api) == ["GET", "GET", "POST", "GET", "POST"]
    assert local_api.record(life.collection, LATER)["attributes"]["name"] == "Theirs"


@each_life
def test_a_trunk_that_was_found_is_brought_to_the_task(local_api: Simulator, run: Run, life: Life) -> None:
    local_api.add_faults({"method": "POST", "status": 503, "apply": True})
    local_api.add_faults({"method": "GET", "after": 1, "answer_attributes": {"capacity_limit": 99}})
    assert run(life.module, **life.new, api_retries=1)["changed"] is True
    assert methods(local_api) == ["GET", "POST", "GET", "PATCH"]
    assert local_api.journal[-1]["body"]["data"]["attributes"] == {"capacity_limit": 10}


@each_life
def test_a_lost_answer_without_retries(local_api: Simulator, run: Run, life: Life) -> None:
    local_api.add_faults({"method": "POST", "drop": "headers", "apply": True})
    assert run(life.module, **life.new)["changed"] is True
    local_api.reset()
    local_api.add_faults({"method": "POST", "drop": "headers"})
    assert "The request was sent and may have been applied" in run(life.module, **life.new)["msg"]


# --- Delete ---


@each_life
def test_delete_once(local_api: Simulator, run: Run, life: Life) -> None:
    has, reads = local_api.record(life.collection, life.id)["attributes"], ["GET"] * (1 + life.lookups)
    task: dict[str, Any] = {"diff": True, "state": "absent", "name": life.name, "capacity_limit": 1}
    predicted = run(life.module, check=True, **task)
    assert (predicted["changed"], predicted["trunk"]) == (True, None)
    assert methods(local_api) == reads
    done = run(life.module, **task)
    assert (done["changes"], done["diff"], done["trunk"]) == (predicted["changes"], predicted["diff"], None)
    assert done["changes"]["capacity_limit"] == {"before": has["capacity_limit"], "after": None}
    assert done["diff"]["after"] == ""
    assert f'name: "{life.name}"\n' in done["diff"]["before"]
    assert methods(local_api) == [*reads, *reads, "DELETE"]
    assert life.called(local_api, life.name) == []
    for selector in ({"name": life.name}, {"id": life.id}):
        again = run(life.module, state="absent", **selector)
        assert (again["changed"], again["trunk"], again["changes"]) == (False, None, {})


@pytest.mark.parametrize("fault", [{"drop": "headers"}, {"status": 503}, {"status": 429}, {"drop": "before"}], ids=str)
@pytest.mark.parametrize("apply", [True, False], ids=["applied", "lost"])
@each_life
def test_a_deletion_can_be_repeated(
    local_api: Simulator, run: Run, fault: dict[str, Any], apply: bool, life: Life
) -> None:
    local_api.add_faults({"method": "DELETE", "apply": apply, **fault})
    assert run(life.module, state="absent", name=life.name, api_retries=2)["changed"] is True
    assert life.called(local_api, life.name) == []


@each_life
def test_only_an_answer_about_this_trunk_means_that_it_is_absent(local_api: Simulator, run: Run, life: Life) -> None:
    elsewhere: dict[str, Any] = {"api_url": local_api.url.removesuffix("/v3"), "api_retries": 0}
    for check in (True, False):
        alone = run(life.module, check=check, state="absent", id=life.id, **elsewhere)
        fleet = run(f"{life.module}s", check=check, trunks=[{"id": life.id, "state": "absent"}], **elsewhere)
        for result in (alone, fleet):
            assert (result["failed"], result["status"]) == (True, 404)
            assert result["msg"].endswith("The API has nothing at this address: check that api_url ends in /v3.")
        assert run(life.module, check=check, state="absent", id=LATER)["changed"] is False


@pytest.mark.parametrize("state", ["absent", "existing"])
def test_a_filter_that_finds_nothing_is_no_proof(
    with_filter: Simulator, run_fleet: RunModule, state: str, api_version: str
) -> None:
    entries = [{"id": TRUNK}, {"id": TWILIO}]
    other = {"id": TWILIO, "type": "voice_out_trunks", "attributes": with_filter.trunk(TWILIO)["attributes"]}
    for data in ([], [other]):
        with_filter.add_faults({"method": "GET", "status": 200, "body": document(*data, version=api_version)})
        result = run_fleet(check=True, trunks=entries, state=state)
        assert result["summary"]["deleted"] == (2 if state == "absent" else 0)
        assert [entry["id"] for entry in result["trunks"]] == [TRUNK, TWILIO]
    with_filter.clear_journal()
    # A trunk that really is absent takes one request more.
    result = run_fleet(trunks=[{"id": LATER}, {"id": TWILIO}, {"id": IP_ONLY, "state": "existing"}], state="absent")
    assert result["summary"]["deleted"] == 1
    assert methods(with_filter) == ["GET", "GET", "DELETE"]


@each_life
def test_a_fleet_creates_updates_and_deletes_together(local_api: Simulator, run: Run, life: Life) -> None:
    entries = [
        {name: value for name, value in life.new.items() if name != "state"},
        {"id": life.kept, "capacity_limit": 7},
        {"name": life.name, "state": "absent"},
        {"name": "Nobody", "state": "absent"},
    ]
    task: dict[str, Any] = {"trunks": entries, "state": "present", "diff": True}
    predicted = run(f"{life.module}s", check=True, **task)
    assert set(methods(local_api)) == {"GET"}
    counts = {"total": 4, "changed": 3, "created": 1, "deleted": 1, "unchanged": 1, "held": 0, "failed": 0}
    assert predicted["summary"] == {**counts, "requests": predicted["summary"]["requests"]}
    done = run(f"{life.module}s", **task)
    assert [entry["changes"] for entry in done["trunks"]] == [entry["changes"] for entry in predicted["trunks"]]
    assert done["diff"] == predicted["diff"]
    assert done["trunks"][0]["id"] == life.called(local_api)[0]["id"]
    assert life.called(local_api, life.name) == []
    assert run(f"{life.module}s", **task)["changed"] is False


@each_life
def test_an_audit_reports_what_is_missing_and_unmanaged(local_api: Simulator, run: Run, life: Life) -> None:
    gone = [{"name": life.name, "state": "absent"}, {"name": "Gone", "state": "absent"}]
    entries = [{"id": life.kept, "capacity_limit": 7}, {"name": "Nobody"}, life.new, *gone]
    result = run(f"{life.module}s", trunks=entries, audit=True)
    assert set(methods(local_api)) == {"GET"}
    assert result["missing"] == [
        {"index": index, "selector": "name", "value": name} for index, name in ((1, "Nobody"), (2, "New trunk"))
    ]
    assert [entry["changed"] for entry in result["trunks"]] == [True, False, False, True, False]
    known = [one for one in local_api.records(life.collection) if one["account"] == "local-key"]
    others = [{"id": one["id"], "name": one["attributes"]["name"]} for one in known]
    assert result["unmanaged"] == [one for one in others if one["id"] not in (life.kept, life.id)] != []
    assert run(f"{life.module}s", trunks=[{"id": life.id}], audit=True)["unmanaged"]


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
    active: dict[str, Any] = {"id": TRUNK, "status": "active"}
    result = run_fleet(trunks=[{**active, "capacity_limit": 7}, {"id": TWILIO, "rtp_ping": True}])
    assert result["summary"]["held"] == 1
    first, second = result["trunks"]
    assert (first["held"], first["changes"]) == (held, {"capacity_limit": {"before": 30, "after": 7}})
    assert (second["held"], second["changed"]) == ({}, True)
    assert local_api.trunk(TRUNK)["attributes"]["status"] == "blocked"
    assert run_fleet(trunks=[{**active, "unblock": True}])["trunks"][0]["held"] == {}
    assert local_api.trunk(TRUNK)["attributes"]["status"] == "active"
    # A block by hand is no fraud stop.
    local_api.put_trunk(TRUNK, attributes={"status": "blocked", "threshold_reached": False})
    result = run_module(**active)
    assert (result["changed"], result["held"]) == (True, {})


# What an answer says of a blocked trunk.
UNKNOWN: dict[str, dict[str, Any]] = {
    "no status": {"threshold_reached": True},
    "no cause": {"status": "blocked"},
    "a null cause": {"status": "blocked", "threshold_reached": None},
    "a text as the cause": {"status": "blocked", "threshold_reached": "true"},
}


@pytest.mark.parametrize("says", UNKNOWN)
def test_a_block_of_unknown_status_or_cause_is_held(local_api: Simulator, run_module: RunModule, says: str) -> None:
    local_api.put_trunk(TRUNK, attributes={"status": "blocked", "threshold_reached": says == "no status"})
    known = {name: local_api.trunk(TRUNK)["attributes"][name] for name in ("name", "rtp_ping")}
    data = {"id": TRUNK, "type": "voice_out_trunks", "attributes": {**known, **UNKNOWN[says]}}
    options: dict[str, Any] = {"id": TRUNK, "status": "active", "rtp_ping": not known["rtp_ping"]}
    for check in (True, False):
        local_api.add_faults({"method": "GET", "status": 200, "body": {"data": data}})
        result = run_module(check=check, **options)
        assert result["held"] == {"status": {"before": UNKNOWN[says].get("status"), "after": "active"}}
        assert list(result["changes"]) == ["rtp_ping"]
        (warning,) = result["warnings"]
        assert ("status is not sent: DIDWW does not report it" in warning) is (says == "no status")
        assert local_api.trunk(TRUNK)["attributes"]["status"] == "blocked"
    for check in (True, False):
        local_api.add_faults({"method": "GET", "status": 200, "body": {"data": data}})
        result = run_module(check=check, unblock=True, **options)
        assert (result["held"], "status" in result["changes"]) == ({}, True)


@pytest.mark.parametrize("more", [{}, {"capacity_limit": 11}], ids=["equal", "different"])
def test_a_held_trunk_after_a_lost_answer_was_not_created(
    local_api: Simulator, run_module: RunModule, run_fleet: RunModule, more: dict[str, Any]
) -> None:
    new, shown = {**NEW, "status": "active"}, {"status": "blocked", "threshold_reached": True, **more}
    for run, options in ((run_module, new), (run_fleet, {"trunks": [new]})):
        local_api.reset()
        local_api.add_faults({"method": "POST", "apply": True, "drop": "before"})
        local_api.add_faults({"method": "GET", "after": 1, "answer_attributes": shown})
        result = run(**options)
        entry = result["trunks"][0] if "trunks" in result else result
        assert entry["held"] == {"status": {"before": "blocked", "after": "active"}}
        assert (entry["changed"], entry["changes"].keys()) == (bool(more), more.keys())
        assert any("status stays" in warning for warning in result["warnings"])
        if "summary" in result:
            assert (result["summary"]["created"], result["summary"]["held"]) == (0, 1)
        assert len(OUT.called(local_api)) == 1


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
    assert run_module(**task)["changes"]["default_did"] == {"before": None, "after": NUMBER_ID}
    assert methods(with_filter) == ["GET", "GET", "PATCH"]
    assert with_filter.trunk(TRUNK)["default_did"] == NUMBER_ID
    with_filter.clear_journal()
    assert run_module(**{**task, "default_did": NUMBER_ID})["changed"] is False
    assert methods(with_filter) == ["GET", "GET"]
    other = run_module(id=TRUNK, default_did=OTHER_ID)
    assert other["changes"] == {"default_did": {"before": None, "after": OTHER_ID}}
    assert with_filter.trunk(TRUNK)["default_did"] == OTHER_ID


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
    assert (done["changed"], done["trunk"]) == (True, {"id": TRUNK, "name": "EU SBC"})
    assert done["credentials"] == pair(local_api) != before
    local_api.clear_journal()
    again = run_credentials(**task)
    assert (again["changed"], again["credentials"]) == (False, done["credentials"])
    assert methods(local_api) == ["GET"]
    # A short password blanks nothing.
    short = run_credentials(name="EU SBC", replaces="1")
    assert (short["changed"], short["trunk"]["id"], short["credentials"]) == (False, TRUNK, done["credentials"])
    assert "replaces" not in str(short.get("invocation", {}))
    assert run_credentials(id=TRUNK)["changed"] is True


@pytest.mark.parametrize("fault", [{"drop": "headers"}, {"status": 503}, {"status": 500}, {"garbage": "html"}], ids=str)
def test_a_lost_answer_never_rotates_twice(
    local_api: Simulator, run_credentials: RunModule, fault: dict[str, Any]
) -> None:
    before = pair(local_api)
    local_api.add_faults({"method": "POST", "apply": True, **fault})
    assert run_credentials(name="EU SBC", api_retries=2)["credentials"] == pair(local_api) != before
    assert methods(local_api) == ["GET", "POST", "GET"]
    between = pair(local_api)
    local_api.add_faults({"method": "POST", **fault})
    message = run_credentials(name="EU SBC", api_retries=2)["msg"]
    # The advice after it does not rotate twice either.
    assert "may have been applied" in message
    assert "replaces" in message
    assert methods(local_api).count("POST") == 2
    assert pair(local_api) == between


# --- Odd answers, and answers that come late ---


@pytest.mark.parametrize("status", [401, 403, 422, 429])
@each_life
def test_a_refusal_after_a_lost_answer_leaves_a_creation_open(
    local_api: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch, status: int, life: Life
) -> None:
    """The first request may still arrive: guide_failures promises that only settled messages lack the sentence."""
    monkeypatch.setattr(http, "PATIENCE", 0)
    local_api.add_faults({"method": "POST", "status": 503}, {"method": "POST", "times": 9, "status": status})
    result = run(life.module, **life.new, api_retries=2)
    assert (result["status"], "may have been applied" in result["msg"]) == (status, True)


@pytest.mark.parametrize(
    "relationships",
    [None, {"default_did": None}, {"default_did": {"data": {"type": "dids", "id": NUMBER_ID}}}],
    ids=["null", "null default_did", "linkage"],
)
def test_an_answer_with_a_default_did_or_null(local_api: Simulator, run_module: RunModule, relationships: Any) -> None:
    data = {"type": "voice_out_trunks", "id": EMERGENCY_ALL, "relationships": relationships}
    body = {"data": {**data, "attributes": local_api.trunk(EMERGENCY_ALL)["attributes"]}}
    local_api.add_faults({"method": "GET", "status": 200, "body": body})
    assert run_module(check=True, id=EMERGENCY_ALL, default_did=NUMBER_ID).get("failed") is None


def test_an_odd_answer_after_a_lost_one_does_not_hide_the_other_trunks(
    local_api: Simulator, run_fleet: RunModule
) -> None:
    local_api.add_faults({"method": "POST", "status": 503, "apply": True})
    odd = document({"type": "voice_out_trunks", "id": LATER, "attributes": {"name": NEW["name"]}})
    local_api.add_faults({"method": "GET", "path_contains": "filter[name]", "status": 200, "body": odd})
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


def test_an_absent_trunk_has_the_name_of_its_selector(run_fleet: RunModule) -> None:
    result = run_fleet(trunks=[{"external_reference_id": "gone", "state": "absent"}, {"id": TWILIO}])
    assert result["trunks"][0]["name"] != "None"


def test_credentials_of_a_found_trunk_are_redacted(local_api: Simulator, run_module: RunModule) -> None:
    secrets = {"username": "user-secret-1", "password": "password-secret-1"}
    method = {"type": "credentials_and_ip", "attributes": {"allowed_sip_ips": ["203.0.113.7"], **secrets}}
    error = {"title": "invalid", "detail": f"is invalid: {secrets}", "status": "422"}
    local_api.add_faults(
        {"method": "POST", "status": 503, "apply": True},
        {"method": "GET", "after": 1, "answer_attributes": {"capacity_limit": 99, "authentication_method": method}},
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
