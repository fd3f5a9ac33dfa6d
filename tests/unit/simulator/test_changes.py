# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Trunks are created, updated and deleted, their credentials regenerated: what is stored, and what is rejected."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
import requests
from simulator.server import Simulator

from ..conftest import CASES, DEFAULTS, LINKAGE, TRUNK
from .conftest import (
    ANY_DID,
    BLANK,
    EMERGENCY_ALL,
    EXAMPLE,
    IP_ONLY,
    LATEST,
    MEDIA_TYPE,
    NEW,
    NOBODY,
    NOT_LISTED,
    OF,
    OLD,
    OLDEST,
    REGENERATION,
    REPLACE,
    SID,
    TAKEN,
    TRUNKS,
    TWILIO,
    UNKNOWN_TYPE,
    Client,
    attributes_of,
    codes,
    did,
    linkage,
    method,
    new,
    rejections,
    sip,
    with_account,
)

METHOD = "attributes/authentication_method"
LIMIT, RTP_IPS, TIMEOUT = (f"attributes/{name}" for name in ("capacity_limit", "allowed_rtp_ips", "rtp_timeout"))
DEFAULT_DID = "relationships/default_did"
ONLY_WITH = "is only allowed with on_cli_mismatch_action replace_cli"
NO_FEATURE = "is not enabled for the account"
NOT_FOR_UPDATE = "is not allowed for update"
RTP_REQUIRED = "is required with authentication_method.type credentials_and_ip"
LOW = "must be greater than or equal to 30"
RANDOMIZE = {"on_cli_mismatch_action": "randomize_cli"}
BLOCKED, TERMINATED, WITHOUT_EMERGENCY, AWAITING = (did(number) for number in range(7, 11))
ANY, ALL = "allow_any_did_as_cli", "emergency_enable_all"
FLAGS = [("dids", ANY, ANY_DID), ("emergency_dids", ALL, EMERGENCY_ALL)]


def unlinkable(record_id: str, attribute: str, value: str = "false") -> str:
    """Return the title of the error about a DID that cannot be linked."""
    return f"{record_id} cannot be linked: its {attribute} is not {value}"


@pytest.fixture(params=[OLD, LATEST])
def version(request: pytest.FixtureRequest) -> str:
    """The version of the account of `versioned`."""
    return str(request.param)


@pytest.fixture
def versioned(server: Simulator, client: Client, version: str) -> Client:
    """A client of an account on a version, with DIDs that are blocked, terminated and so on."""
    dids = {BLOCKED: {"blocked": True}, TERMINATED: {"terminated": True}, AWAITING: {"awaiting_registration": True}}
    with_account(server, {**dids, WITHOUT_EMERGENCY: {"emergency_enabled": False}}, default_version=version)
    client.use_token()
    return client


UPDATE: dict[str, Any] = {"id": TRUNK, "type": "voice_out_trunks", "attributes": {"rtp_ping": False}}
REGENERATE = {
    "type": "voice_out_trunk_regenerate_credentials",
    "relationships": {"voice_out_trunk": linkage(TRUNK, "voice_out_trunks")},
}

# --- Validation ---

# The trunk, or None for a new one; attributes; relationships; the place and the title of each error.
Row = tuple[str | None, dict[str, Any], dict[str, Any], dict[str, str]]
REQUIRED = ("name", "on_cli_mismatch_action", "authentication_method")
TO_TWILIO = method("twilio", twilio_account_sid=SID)
REJECTED: list[Row] = [
    (None, {}, {}, {f"attributes/{name}": BLANK for name in REQUIRED}),
    *[(None, new(name), {}, {f"attributes/{name}": BLANK}) for name in REQUIRED],
    (None, new(name=None), {}, {"attributes/name": BLANK}),
    (None, new(name="EU SBC"), {}, {"attributes/name": TAKEN}),
    (None, new(capacity_limit=32768), {}, {LIMIT: "must be less than or equal to 32767"}),
    (IP_ONLY, method("ip_only", allowed_sip_ips=["192.0.2.0/28"]), {}, {f"{METHOD}/type": NOT_FOR_UPDATE}),
    (UNKNOWN_TYPE, {"capacity_limit": 6, **TO_TWILIO}, {}, {f"{METHOD}/type": NOT_FOR_UPDATE}),
    # Several errors.
    (
        None,
        new("authentication_method", rtp_timeout=5),
        {"dids": [NOBODY], "default_did": did(1)},
        {METHOD: BLANK, TIMEOUT: LOW, DEFAULT_DID: ONLY_WITH, "relationships/dids/0": f"{NOBODY} does not exist"},
    ),
    (
        TRUNK,
        {"name": "Other", "status": "x", "rtp_timeout": 1, **method("twilio")},
        {"dids": [did(99)], "emergency_dids": [did(98)]},
        {
            "attributes/status": NOT_LISTED,
            TIMEOUT: LOW,
            f"{METHOD}/attributes/twilio_account_sid": BLANK,
            "relationships/dids/0": f"{did(99)} does not exist",
            "relationships/emergency_dids/0": f"{did(98)} does not exist",
        },
    ),
    # DIDs.
    *[
        (*request, {name: [did(1)]}, {f"relationships/{name}": f"cannot be assigned while {flag} is true"})
        for name, flag, flagged in FLAGS
        for request in ((flagged, {}), (EXAMPLE, {flag: True}), (None, new(**{flag: True})))
    ],
    *[
        (EXAMPLE, {}, {name: [did(1), wrong]}, {f"relationships/{name}/1": f"{wrong} {title}"})
        for name in ("dids", "emergency_dids")
        for wrong, title in [
            *[(each, "does not exist") for each in (did(99), did(91), did(1).upper(), "37061498222", "")],
            (did(1), "is repeated"),
        ]
    ],
    *[
        (TRUNK, {}, {name: [did(1), wrong]}, {f"relationships/{name}/1": unlinkable(wrong, *state)})
        for name, wrong, *state in (
            ("dids", BLOCKED, "blocked"),
            ("dids", TERMINATED, "terminated"),
            ("emergency_dids", WITHOUT_EMERGENCY, "emergency_enabled", "true"),
        )
    ],
    # The default DID.
    (None, new(**REPLACE), {}, {DEFAULT_DID: BLANK}),
    *[
        (trunk_id, attributes, {"default_did": default_did}, {DEFAULT_DID: title})
        for trunk_id, default_did, attributes, title in (
            (TRUNK, did(1), {}, ONLY_WITH),
            (EMERGENCY_ALL, did(1), RANDOMIZE, ONLY_WITH),
            (EMERGENCY_ALL, None, {}, BLANK),
            (TRUNK, None, REPLACE, BLANK),
            (None, None, new(**REPLACE), BLANK),
            *[(EMERGENCY_ALL, wrong, {}, f"{wrong} does not exist") for wrong in (did(99), did(91), did(1).upper())],
            (EMERGENCY_ALL, BLOCKED, {}, unlinkable(BLOCKED, "blocked")),
            (EMERGENCY_ALL, TERMINATED, {}, unlinkable(TERMINATED, "terminated")),
        )
    ],
]
UNREGISTERED = unlinkable(AWAITING, "awaiting_registration")
# Rejected in one of the versions only.
REJECTED_BY: dict[str, list[Row]] = {
    OLD: [
        (None, new("allowed_rtp_ips"), {}, {RTP_IPS: RTP_REQUIRED}),
        (TWILIO, sip(), {}, {RTP_IPS: RTP_REQUIRED}),
    ],
    LATEST: [
        (TRUNK, REPLACE, {}, {DEFAULT_DID: BLANK}),
        (TRUNK, {}, {"dids": [did(1), AWAITING]}, {"relationships/dids/1": UNREGISTERED}),
        (TRUNK, REPLACE, {"default_did": AWAITING}, {DEFAULT_DID: UNREGISTERED}),
    ],
}


def send(client: Client, trunk_id: str | None, attributes: dict[str, Any], links: dict[str, Any]) -> requests.Response:
    """Send an update, or create a trunk."""
    return client.patch(attributes, trunk_id, links=links) if trunk_id else client.create(attributes, links=links)


def test_rejected(server: Simulator, versioned: Client, version: str) -> None:
    before = server.trunks
    for trunk_id, attributes, links, expected in [*REJECTED, *REJECTED_BY[version]]:
        found = rejections(send(versioned, trunk_id, attributes, links))
        assert (len(found), dict(found)) == (len(expected), expected)
        assert server.trunks == before
    for trunk_id, attributes, links, _expected in REJECTED_BY[OLD if version == LATEST else LATEST]:
        assert send(versioned, trunk_id, attributes, links).ok
        assert server.trunks != before
        server.reset()


# --- What is stored ---

# The trunk; members before the update; attributes; relationships; members of the stored trunk after it.
HAS, HAS_NONE, OTHER_DID = {"default_did": did(1)}, {"default_did": None}, {"default_did": did(2)}
DIDS = {"dids": [did(5), did(4)], "emergency_dids": []}
IN_EMERGENCIES = {"emergency_dids": [BLOCKED, TERMINATED, AWAITING]}
STORED: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (TRUNK, {}, {}, {}, {}),
    (TRUNK, {}, {"name": "EU SBC"}, {}, {}),  # its own name
    (IP_ONLY, {}, {"capacity_limit": 5}, {}, {}),
    (UNKNOWN_TYPE, {}, {"capacity_limit": 5}, {}, {}),
    (EXAMPLE, {}, {}, DIDS, DIDS),
    (EXAMPLE, {}, {"capacity_limit": 1}, {}, {"dids": [did(1), did(2)], "emergency_dids": [did(3)]}),
    (TRUNK, {}, {}, {"dids": [did(1), WITHOUT_EMERGENCY]}, {"dids": [did(1), WITHOUT_EMERGENCY]}),
    (TRUNK, {}, {}, IN_EMERGENCIES, IN_EMERGENCIES),
    # A flag unlinks DIDs.
    (EXAMPLE, {}, {ANY: True}, {}, {"dids": [], "emergency_dids": [did(3)]}),
    (EXAMPLE, {}, {ALL: True}, {}, {"dids": [did(1), did(2)], "emergency_dids": []}),
    *[(flagged, {name: []}, {}, {name: []}, {name: []}) for name, _flag, flagged in FLAGS],
    *[(flagged, {name: []}, {flag: False}, {name: [did(1)]}, {name: [did(1)]}) for name, flag, flagged in FLAGS],
    # default_did belongs to replace_cli.
    (EMERGENCY_ALL, {}, {}, OTHER_DID, OTHER_DID),
    (TRUNK, {}, REPLACE, OTHER_DID, OTHER_DID),
    (EMERGENCY_ALL, HAS, REPLACE, {}, HAS),
    (EMERGENCY_ALL, HAS, {"capacity_limit": 1}, {}, HAS),
    (EMERGENCY_ALL, HAS_NONE, {"capacity_limit": 1}, {}, HAS_NONE),
    (EMERGENCY_ALL, HAS, RANDOMIZE, {}, HAS_NONE),
    (EMERGENCY_ALL, HAS, RANDOMIZE, HAS_NONE, HAS_NONE),
    (TRUNK, {}, {}, HAS_NONE, HAS_NONE),
]


def test_stored(server: Simulator, versioned: Client, version: str) -> None:
    for trunk_id, had, attributes, links, expected in STORED:
        server.reset()
        before = server.put_trunk(trunk_id, **had)
        assert versioned.patch(attributes, trunk_id, links=links).status_code == 200
        after = {**before, **expected, "attributes": {**before["attributes"], **attributes}}
        assert server.trunk(trunk_id) == after
        assert [trunk for trunk in server.trunks if trunk["id"] == trunk_id] == [after]


def stored_method(server: Simulator, trunk_id: str = TRUNK) -> dict[str, Any]:
    """Return the stored authentication method."""
    stored: dict[str, Any] = server.trunk(trunk_id)["attributes"]["authentication_method"]
    return stored


def pair(server: Simulator, trunk_id: str = TRUNK) -> tuple[str, str]:
    """Return the stored username and password."""
    attributes = stored_method(server, trunk_id)["attributes"]
    return attributes["username"], attributes["password"]


def test_a_method_is_replaced_except_its_credentials(server: Simulator, client: Client) -> None:
    first = pair(server, EXAMPLE)
    assert client.patch(sip(allowed_sip_ips=["192.0.2.7", "2001:DB8::1"]), EXAMPLE).status_code == 200
    attributes = {"allowed_sip_ips": ["192.0.2.7/32", "2001:db8::1/128"], "tech_prefix": None}  # before: 77#
    credentials = {"username": first[0], "password": first[1]}
    assert stored_method(server, EXAMPLE) == {"type": "credentials_and_ip", "attributes": {**attributes, **credentials}}
    # Another type has none, so they are generated anew.
    assert client.patch(TO_TWILIO, EXAMPLE).status_code == 200
    assert stored_method(server, EXAMPLE) == TO_TWILIO["authentication_method"]
    assert client.patch({**sip(), "allowed_rtp_ips": None}, EXAMPLE).status_code == 200
    assert len({*first, *pair(server, EXAMPLE)}) == 4
    assert all(pair(server, EXAMPLE))


def test_readings(server: Simulator, client: Client) -> None:
    openapi: dict[str, Any] = {"Api_Key": "openapi-key"}
    assert client.create(new("allowed_rtp_ips"), **openapi).status_code == 201
    assert client.patch(sip(), OF["openapi-key"], **openapi).status_code == 200
    assert client.patch(REPLACE).status_code == 200
    assert server.trunk(TRUNK)["default_did"] is None
    with_account(server, readings=["default_did_required"])
    assert rejections(client.patch(REPLACE)) == [(DEFAULT_DID, BLANK)]
    server.put_trunk(EMERGENCY_ALL, default_did=did(1))
    for trunk_id, attributes in ((EMERGENCY_ALL, REPLACE), (EMERGENCY_ALL, {"rtp_ping": True})):
        assert client.patch(attributes, trunk_id).status_code == 200


def test_a_feature_of_the_account(server: Simulator, client: Client) -> None:
    key, action = "no-features-key", "attributes/on_cli_mismatch_action"
    for value in ("replace_cli", "randomize_cli"):
        wanted = {"on_cli_mismatch_action": value}
        for answer in (client.patch(wanted, OF[key], Api_Key=key), client.create(new(**wanted), Api_Key=key)):
            assert (action, f"{value} {NO_FEATURE}") in rejections(answer)
    assert client.patch({"on_cli_mismatch_action": "reject_call"}, OF[key], Api_Key=key).status_code == 200
    server.put_trunk(OF[key], attributes=REPLACE)
    answer = client.patch({}, OF[key], links={"default_did": did(91)}, Api_Key=key)
    assert rejections(answer) == [(DEFAULT_DID, NO_FEATURE)]


def test_no_threshold_is_null_in_the_newest_version(server: Simulator, client: Client) -> None:
    # An older version stores null.
    assert attributes_of(client.patch({"threshold_amount": None}))["threshold_amount"] is None
    client.use_token(api_version=LATEST)
    for answer in (client.get(f"{TRUNKS}/{TRUNK}"), client.patch({"rtp_ping": True})):
        assert attributes_of(answer)["threshold_amount"] == "3000.0"
    assert '"threshold_amount":null' not in client.get(TRUNKS).text
    assert server.trunk(TRUNK)["attributes"]["threshold_amount"] is None


# --- Create ---


EVERY = {case["option"]: case["sends"] for case in CASES if "." not in case["option"]}
EVERY_LINK: dict[str, Any] = {name: EVERY.pop(name) for name in LINKAGE}


@pytest.mark.parametrize(
    ("attributes", "links"),
    [
        (NEW, {}),
        # Every setting. Of those of cases.yml, allow_any_did_as_cli and emergency_enable_all exclude DIDs.
        ({**EVERY, **TO_TWILIO, **REPLACE, ANY: False, ALL: False}, {**EVERY_LINK, "default_did": did(4)}),
        (new(**{ANY: True, ALL: True}), {"dids": [], "emergency_dids": []}),
        (new(external_reference_id="crm-0001", **RANDOMIZE), {}),  # not unique
        (new(name="Without features"), {}),  # a trunk of another account has the name
    ],
    ids=["required", "every setting", "flags", "reference", "name"],
)
def test_create(server: Simulator, client: Client, attributes: dict[str, Any], links: dict[str, Any]) -> None:
    before = server.trunks
    started = datetime.now(timezone.utc).replace(microsecond=0)
    answer = client.create(attributes, links=links, X_DIDWW_API_Version=OLD)
    assert (answer.status_code, answer.headers["Content-Type"]) == (201, MEDIA_TYPE)
    assert answer.json()["meta"] == {"api_version": OLD}
    data, stored = answer.json()["data"], server.trunks[-1]
    assert server.trunks[:-1] == before
    assert str(uuid.UUID(data["id"])) == data["id"] == stored["id"]
    assert data["attributes"] == stored["attributes"]
    # Python 3.10 does not read the Z.
    created_at = datetime.fromisoformat(data["attributes"]["created_at"].replace("Z", "+00:00"))
    assert started <= created_at <= datetime.now(timezone.utc)
    made = data["attributes"].pop("authentication_method")
    defaults = {**DEFAULTS, "created_at": data["attributes"]["created_at"]}
    asked = {**attributes}
    wanted = asked.pop("authentication_method")
    assert {**data["attributes"], "authentication_method": 0} == {**defaults, **asked, "authentication_method": 0}
    if made["type"] == "credentials_and_ip":
        assert len({*pair(server, data["id"]), "", None}) == 4
        wanted["attributes"] = {"allowed_sip_ips": ["203.0.113.7/32"], "tech_prefix": None}
        del made["attributes"]["username"], made["attributes"]["password"]
    assert made == wanted
    empty: dict[str, Any] = {"dids": [], "emergency_dids": [], "default_did": None}
    assert {name: stored[name] for name in empty} == {**empty, **links}
    assert (data["meta"], stored["spent_amount"], stored["account"]) == ({"spent_amount": "0.0"}, "0.0", "local-key")
    # The answer to a GET is the same. The newest trunk is the last one, and other accounts do not have it.
    again = client.get(f"{TRUNKS}/{data['id']}", X_DIDWW_API_Version=OLD).json()
    assert again["data"]["attributes"] == stored["attributes"]
    assert client.get(TRUNKS).json()["data"][-1]["id"] == data["id"]
    assert client.get(f"{TRUNKS}/{data['id']}", Api_Key="openapi-key").status_code == 404


def test_a_name_is_free_after_a_deletion(client: Client) -> None:
    for expected in (422, 201):
        assert client.create(new(name="EU SBC")).status_code == expected
        client.delete()


def test_include_and_fields_in_the_answer_to_a_change(client: Client) -> None:
    query = "?include=dids&fields[voice_out_trunks]=name,dids&fields[dids]=number"
    resource = {"type": "voice_out_trunks", "relationships": {"dids": linkage([did(1)])}}
    update = {"data": {**resource, "id": TRUNK, "attributes": {"name": "Other"}}}
    created = {"data": {**resource, "attributes": NEW}}
    for verb, path, body, name in (("PATCH", f"{TRUNKS}/{TRUNK}", update, "Other"), ("POST", TRUNKS, created, "New")):
        answer = client.ask(verb, path + query, body).json()
        assert answer["data"]["attributes"] == {"name": name}
        assert list(answer["data"]["relationships"]) == ["dids"]
        assert answer["data"]["relationships"]["dids"]["data"] == [{"type": "dids", "id": did(1)}]
        assert [found["attributes"] for found in answer["included"]] == [{"number": "37061498222"}]
        assert codes(client.ask(verb, f"{path}?include=default_did", body)) == ["112"]
        assert codes(client.ask(verb, f"{path}?page[size]=1", body)) == ["105"]


# --- Delete ---


@pytest.mark.parametrize("trunk_id", [TRUNK, TWILIO, IP_ONLY, UNKNOWN_TYPE])
def test_delete(server: Simulator, client: Client, trunk_id: str) -> None:
    rest = [trunk for trunk in server.trunks if trunk["id"] != trunk_id]
    assert codes(client.ask("DELETE", f"{TRUNKS}/{trunk_id}?include=dids&force=true")) == ["105", "105"]
    answer = client.delete(trunk_id)
    assert (answer.status_code, answer.content) == (204, b"")
    assert not {"Content-Type", "Content-Length"} & {*answer.headers}
    assert server.trunks == rest
    for again in (client.delete(trunk_id), client.get(f"{TRUNKS}/{trunk_id}"), client.patch({}, trunk_id)):
        assert again.status_code == 404
    assert client.get(f"/dids/{did(4)}").status_code == 200


@pytest.mark.parametrize("trunk_id", [OF["no-features-key"], NOBODY, TRUNK.upper(), "1"])
def test_a_trunk_that_the_account_does_not_have(server: Simulator, client: Client, trunk_id: str) -> None:
    before = server.trunks
    detail = f"The record identified by {trunk_id} could not be found."
    for answer in (client.delete(trunk_id), client.patch({"rtp_ping": False}, trunk_id)):
        error = {"title": "Record not found", "detail": detail, "code": "404", "status": "404"}
        assert (answer.status_code, answer.json()["errors"]) == (404, [error])
    assert rejections(client.regenerate(trunk_id)) == [("relationships/voice_out_trunk", "must exist")]
    assert server.trunks == before


# --- Regenerate credentials ---


def test_regenerate(server: Simulator, client: Client) -> None:
    before, first = server.trunk(TRUNK), pair(server)
    answer = client.regenerate()
    assert (answer.status_code, answer.headers["Content-Type"]) == (201, MEDIA_TYPE)
    resource = {"id": TRUNK, "type": "voice_out_trunk_regenerate_credentials"}
    assert answer.json() == {"data": resource, "meta": {"api_version": OLDEST}}
    second = pair(server)
    old = before["attributes"]["authentication_method"]["attributes"]
    old["username"], old["password"] = second
    assert server.trunk(TRUNK) == before  # nothing else changed
    body = {"data": {**REGENERATE, "attributes": {}}}
    assert client.ask("POST", REGENERATION, body).status_code == 201  # the SDK sends empty attributes
    assert len({*first, *second, *pair(server)}) == 6
    assert codes(client.ask("POST", f"{REGENERATION}?include=voice_out_trunk", body)) == ["105"]


@pytest.mark.parametrize(
    ("trunk_id", "title"),
    [
        *[(trunk_id, "has no credentials") for trunk_id in (TWILIO, IP_ONLY, UNKNOWN_TYPE)],
        *[("", "must exist"), (None, "must exist")],
    ],
)
def test_a_regeneration_that_is_rejected(server: Simulator, client: Client, trunk_id: str | None, title: str) -> None:
    before = server.trunks
    assert rejections(client.regenerate(trunk_id)) == [("relationships/voice_out_trunk", title)]
    assert server.trunks == before


# --- Malformed requests ---

REQUESTS = {
    "update": ("PATCH", f"{TRUNKS}/{TRUNK}", UPDATE),
    "create": ("POST", TRUNKS, {"type": "voice_out_trunks", "attributes": NEW}),
    "regenerate": ("POST", REGENERATION, REGENERATE),
}
EACH = {*REQUESTS}
TRUNK_ONLY = {"update", "create"}


def left(data: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the resource without a member."""
    return {key: value for key, value in data.items() if key != name}


def attributes(**more: Any) -> Callable[[dict[str, Any]], Any]:
    """Return a change that adds attributes."""
    return lambda data: {"data": {**data, "attributes": {**data.get("attributes", {}), **more}}}


def links(**more: Any) -> Callable[[dict[str, Any]], Any]:
    """Return a change that adds relationships."""
    return lambda data: {"data": {**data, "relationships": {**data.get("relationships", {}), **more}}}


def member(**more: Any) -> Callable[[dict[str, Any]], Any]:
    """Return a change that adds members of the resource."""
    return lambda data: {"data": {**data, **more}}


MALFORMED: list[tuple[set[str], Callable[[dict[str, Any]], Any], list[str]]] = [
    (EACH, lambda data: {}, ["106"]),
    (EACH, lambda data: [data], ["106"]),
    (EACH, lambda data: "text", ["106"]),
    (EACH, lambda data: {"data": None}, ["106"]),
    (EACH, lambda data: {"data": [data]}, ["122"]),
    (EACH, lambda data: {"data": left(data, "type")}, ["106"]),
    ({"update"}, lambda data: {"data": left(data, "id")}, ["106"]),
    ({"regenerate"}, lambda data: {"data": left(data, "relationships")}, ["106"]),
    ({"regenerate"}, member(relationships={}), ["106"]),
    (EACH, member(type="trunks"), ["101"]),
    ({"update"}, member(id=EXAMPLE), ["110"]),
    ({"update"}, member(id=TRUNK.upper()), ["110"]),
    ({"create", "regenerate"}, member(id=NOBODY), ["105"]),
    ({"create"}, member(id=None), ["105"]),
    *[(EACH, member(**{name: []}), ["122"]) for name in ("attributes", "relationships")],
    *[(EACH, member(**{name: None}), ["122"]) for name in ("attributes", "relationships")],
    (EACH, member(extra=1), ["105"]),
    (EACH, lambda data: {"data": data, "extra": 1}, ["105"]),
    (EACH, lambda data: {"data": {**data, "extra": 1}, "more": 1, "less": 2}, ["105"] * 3),
    (TRUNK_ONLY, attributes(capacity=1), ["105"]),
    (TRUNK_ONLY, attributes(created_at="2025-04-02T10:00:00.000Z", threshold_reached=False), ["105"] * 2),
    (TRUNK_ONLY, attributes(Name="x", id=TRUNK, spent_amount="0.0", status="wrong"), ["105"] * 3),
    (EACH, attributes(username="u", password="p"), ["105"] * 2),
    (TRUNK_ONLY, attributes(**sip(username="u", password="p", other=1)), ["105"] * 3),
    (TRUNK_ONLY, attributes(**sip(twilio_account_sid=SID)), ["105"]),
    (TRUNK_ONLY, attributes(**method("twilio", twilio_account_sid=SID, tech_prefix=None)), ["105"]),
    (TRUNK_ONLY, attributes(authentication_method={"type": "twilio", "tech_prefix": ""}), ["105"]),
    (TRUNK_ONLY, links(trunk_group={"data": None}), ["105"]),
    ({"regenerate"}, links(trunk=linkage(TRUNK, "voice_out_trunks")), ["105"]),
    ({"create"}, member(id=NOBODY, attributes={"colour": 1}, relationships={"x": 1}), ["105"] * 3),
    *[(TRUNK_ONLY, links(dids=wrong), ["115"]) for wrong in ([did(1)], {}, {"data": None}, linkage(did(1)))],
    *[(TRUNK_ONLY, links(dids={"data": [wrong]}), ["115"]) for wrong in (did(1), {"type": "dids"}, {"id": did(1)})],
    (TRUNK_ONLY, links(dids={"data": [{"type": "dids", "id": 1}]}), ["115"]),
    (TRUNK_ONLY, links(dids=linkage([did(1)], "numbers")), ["116"]),
    *[(TRUNK_ONLY, links(default_did=wrong), ["115"]) for wrong in ({}, linkage([did(1)]))],
    (TRUNK_ONLY, links(default_did=linkage(did(1), "numbers")), ["116"]),
    *[
        ({"regenerate"}, links(voice_out_trunk=wrong), ["115"])
        for wrong in ({}, linkage([TRUNK]), {"data": {"type": "x"}})
    ],
    ({"regenerate"}, links(voice_out_trunk=linkage(TRUNK)), ["116"]),
]


@pytest.mark.parametrize("kind", REQUESTS)
def test_malformed(server: Simulator, client: Client, kind: str) -> None:
    before = server.trunks
    verb, path, resource = REQUESTS[kind]
    for number, (kinds, change, expected) in enumerate(MALFORMED):
        if kind in kinds:
            assert codes(client.ask(verb, path, change(resource))) == expected, number
    nan = json.dumps(attributes(capacity_limit=float("nan"))(resource)).encode()
    for text in (b"", b"{", nan, b"\xff\xfe", b"[" * 100_000):
        assert codes(client.ask(verb, path, text)) == ["400"]
    assert codes(client.ask(verb, path, b"null")) == ["106"]
    assert server.trunks == before
    # Members of every document are accepted.
    document = {"data": {**resource, "meta": {}, "links": {}}, "jsonapi": {}, "meta": {}, "links": {}, "included": []}
    assert client.ask(verb, path, document).ok


@pytest.mark.parametrize(
    ("change", "title", "detail"),
    [
        (attributes(colour=1), "Param not allowed", "colour is not allowed."),
        (member(id=EXAMPLE), "Key is not included in URL", f"The URL does not support the key {EXAMPLE}"),
        (lambda data: {"data": left(data, "type")}, "Missing Parameter", "The required parameter, type, is missing."),
        (member(type="x"), "Invalid resource", "x is not a valid resource."),
        (links(dids={}), "Invalid Links Object", "Data is not a valid Links Object."),
        (links(dids=linkage([did(1)], "x")), "Type Mismatch", "x is not a valid type for this operation."),
        (member(attributes=[]), "Invalid data format", "attributes must be an object."),
        (lambda data: {"data": []}, "Invalid data format", "data must be a resource object."),
    ],
)
def test_titles_of_malformed_requests(client: Client, change: Any, title: str, detail: str) -> None:
    (error,) = client.ask("PATCH", f"{TRUNKS}/{TRUNK}", change(UPDATE)).json()["errors"]
    assert (error["title"], error["detail"], "source" in error) == (title, detail, False)


# --- Access: all kinds of changes ---


def changes(client: Client, key: str = "local-key", **headers: Any) -> list[requests.Response]:
    """Send a change of each kind with the key of an account, to its trunk."""
    trunk_id = OF.get(key, TRUNK)
    headers["Api_Key"] = key
    return [
        client.patch({"capacity_limit": 1}, trunk_id, **headers),
        client.ask("PUT", f"{TRUNKS}/{trunk_id}", {"data": {**UPDATE, "id": trunk_id}}, **headers),
        client.create(NEW, **headers),
        client.regenerate(trunk_id, **headers),
        client.delete(trunk_id, **headers),
    ]


@pytest.mark.parametrize(
    ("headers", "statuses", "words"),
    [
        ({}, [200, 200, 201, 201, 204], ""),
        ({"key": "read-only-key"}, [403] * 5, "The account is in read-only mode."),
        ({"key": "no-outbound-api-key"}, [403] * 5, "The Outbound API is not enabled for the account."),
        ({"key": "no-outbound-key"}, [403] * 5, "The account has no Outbound feature."),
        ({"key": "no-outbound-key", "X_DIDWW_API_Version": OLD}, [200, 200, 201, 201, 204], ""),
        ({"key": "nobody"}, [401] * 5, "Authorization failed"),
        ({"Accept": "application/json"}, [406] * 5, "All requests must use the 'application/vnd.api+json' Accept"),
        *[
            ({"Content_Type": wrong}, [415] * 4 + [204], f"This request specified '{wrong}'.")
            for wrong in ("application/json", f"{MEDIA_TYPE}; charset=utf-8", "", f"{MEDIA_TYPE};ext=a")
        ],
    ],
)
def test_access(server: Simulator, client: Client, headers: dict[str, Any], statuses: list[int], words: str) -> None:
    before = server.trunks
    answers = changes(client, **headers)
    assert [answer.status_code for answer in answers] == statuses
    for answer in answers:
        if answer.status_code >= 400:
            (error,) = answer.json()["errors"]
            assert (error["status"], error["code"]) == (str(answer.status_code),) * 2
            assert words in error["detail"]
    if statuses[0] >= 400:
        assert server.trunks == (before if statuses[-1] >= 400 else [t for t in before if t["id"] != TRUNK])
