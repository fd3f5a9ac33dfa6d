# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""POST and DELETE: trunks are created and deleted, and their credentials regenerated. default_did in POST and PATCH."""

from __future__ import annotations

import uuid
from datetime import datetime, timezone
from typing import Any

import pytest
import requests
from simulator.accounts import SeedError
from simulator.server import Simulator, load_seed

from ..conftest import DEFAULTS, Clock
from .conftest import MEDIA_TYPE, TRUNK, Client, to_many, to_one, with_readings

TRUNKS = "/voice_out_trunks"
REGENERATION = "/voice_out_trunk_regenerate_credentials"
TWILIO = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e001"
IP_ONLY = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e002"
UNKNOWN_TYPE = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e003"
REPLACING = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e005"
OF_NO_FEATURES_KEY = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e091"
OF_READ_ONLY_KEY = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e092"
NOBODY = "00000000-0000-4000-8000-000000000000"
SID = "AC39347AF064AF97E1682C3B7332DAAEE6"
BLANK = "can't be blank"
CREDENTIALS: dict[str, Any] = {"type": "credentials_and_ip", "attributes": {"allowed_sip_ips": ["203.0.113.7"]}}
NEW: dict[str, Any] = {
    "name": "New",
    "on_cli_mismatch_action": "reject_call",
    "authentication_method": CREDENTIALS,
    "allowed_rtp_ips": None,
}


def did(number: int) -> str:
    """Return the id of a DID in the seed."""
    return f"6b1f4c0a-0000-4000-8000-0000000000{number:02d}"


def without(*names: str, **more: Any) -> dict[str, Any]:
    """Return the attributes of NEW without some of them, and with others."""
    return {**{name: value for name, value in NEW.items() if name not in names}, **more}


def errors(answer: requests.Response, status: int = 422) -> list[tuple[str, str]]:
    """Return the pointer and the title of each validation error, after a check of the other members."""
    assert answer.status_code == status, answer.text
    found = answer.json()["errors"]
    for error in found:
        assert (error["code"], error["status"]) == ("100", "422")
        place = [part for part in error["source"]["pointer"].split("/") if not part.isdigit()]
        assert error["detail"] == f"{place[-1]} - {error['title']}"
    return [(error["source"]["pointer"].removeprefix("/data/"), error["title"]) for error in found]


def codes(answer: requests.Response) -> list[str]:
    """Return the codes of the errors in a 400."""
    assert answer.status_code == 400, answer.text
    return [error["code"] for error in answer.json()["errors"]]


def called(server: Simulator, name: str = "New") -> list[dict[str, Any]]:
    """Return the stored trunks with a name."""
    return [trunk for trunk in server.trunks if trunk["attributes"]["name"] == name]


def pair(server: Simulator, trunk_id: str = TRUNK) -> tuple[str, str]:
    """Return the stored username and password of a trunk."""
    attributes = server.trunk(trunk_id)["attributes"]["authentication_method"]["attributes"]
    return attributes["username"], attributes["password"]


# --- Create ---


def test_create(server: Simulator, client: Client) -> None:
    before = len(server.trunks)
    started = datetime.now(timezone.utc).replace(microsecond=0)
    answer = client.create(NEW, headers={"X-DIDWW-API-Version": "2026-04-16"})
    assert answer.status_code == 201
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    data = answer.json()["data"]
    trunk_id, attributes = data["id"], data["attributes"]
    assert str(uuid.UUID(trunk_id)) == trunk_id
    # Python 3.10 does not read the Z.
    created_at = datetime.fromisoformat(attributes["created_at"].replace("Z", "+00:00"))
    assert started <= created_at <= datetime.now(timezone.utc)
    secrets = attributes["authentication_method"]["attributes"]
    username, password = secrets.pop("username"), secrets.pop("password")
    assert username
    assert password
    assert username != password
    assert attributes == {
        **DEFAULTS,  # of settings that are newer than this test
        "created_at": attributes["created_at"],
        "name": "New",
        "allowed_rtp_ips": None,
        "authentication_method": {
            "type": "credentials_and_ip",
            "attributes": {"allowed_sip_ips": ["203.0.113.7/32"], "tech_prefix": None},
        },
        "on_cli_mismatch_action": "reject_call",
        "capacity_limit": None,
        "allow_any_did_as_cli": False,
        "status": "active",
        "threshold_reached": False,
        "threshold_amount": "3000.0",
        "default_dst_action": "allow_all",
        "dst_prefixes": [],
        "emergency_enable_all": False,
        "media_encryption_mode": "disabled",
        "force_symmetric_rtp": False,
        "rtp_ping": False,
        "rtp_timeout": 30,
        "callback_url": None,
        "external_reference_id": None,
    }
    url = f"{server.url}{TRUNKS}/{trunk_id}"
    assert data["relationships"] == {
        name: {"links": {"self": f"{url}/relationships/{name}", "related": f"{url}/{name}"}}
        for name in ("dids", "emergency_dids")
    }
    assert data["meta"] == {"spent_amount": "0.0"}
    assert answer.json()["meta"] == {"api_version": "2026-04-16"}

    assert len(server.trunks) == before + 1
    assert pair(server, trunk_id) == (username, password)
    # The answer to a GET is the same.
    read = client.get(f"{TRUNKS}/{trunk_id}", headers={"X-DIDWW-API-Version": "2026-04-16"})
    assert read.json() == answer.json()
    # The newest trunk is the last one, and other accounts do not have it.
    assert [trunk["id"] for trunk in client.get(TRUNKS).json()["data"]][-1] == trunk_id
    assert client.get(f"{TRUNKS}/{trunk_id}", headers={"Api-Key": "openapi-key"}).status_code == 404


def test_create_with_every_setting(server: Simulator, client: Client) -> None:
    attributes = {
        "name": "New",
        "external_reference_id": "crm-0001",  # not unique
        "allowed_rtp_ips": ["203.0.113.0/24"],
        "authentication_method": {"type": "twilio", "attributes": {"twilio_account_sid": SID}},
        "on_cli_mismatch_action": "send_original_cli",
        "capacity_limit": 10,
        "allow_any_did_as_cli": False,
        "status": "blocked",
        "threshold_amount": "50.0",
        "default_dst_action": "reject_all",
        "dst_prefixes": ["44", "37"],
        "emergency_enable_all": False,
        "media_encryption_mode": "zrtp",
        "callback_url": "https://example.com/calls",
        "force_symmetric_rtp": True,
        "rtp_ping": True,
        "rtp_timeout": 60,
    }
    relationships = {"dids": to_many([did(2), did(1)]), "emergency_dids": to_many([did(3)])}
    answer = client.create(attributes, relationships)
    assert answer.status_code == 201, answer.text
    (stored,) = called(server)
    assert attributes.items() <= answer.json()["data"]["attributes"].items()
    assert attributes.items() <= stored["attributes"].items()
    assert (stored["dids"], stored["emergency_dids"]) == ([did(2), did(1)], [did(3)])


FLAGS = [("allow_any_did_as_cli", "dids"), ("emergency_enable_all", "emergency_dids")]


@pytest.mark.parametrize(("flag", "relationship"), FLAGS)
def test_a_new_trunk_with_a_flag_accepts_an_empty_list(
    server: Simulator, client: Client, flag: str, relationship: str
) -> None:
    assert client.create(without(**{flag: True}), {relationship: to_many([])}).status_code == 201
    (stored,) = called(server)
    assert (stored["attributes"][flag], stored[relationship]) == (True, [])


def test_the_created_trunk_with_include_and_fields(client: Client) -> None:
    body = {"data": {"type": "voice_out_trunks", "attributes": NEW, "relationships": {"dids": to_many([did(1)])}}}
    answer = client.post(f"{TRUNKS}?include=dids&fields[voice_out_trunks]=name,dids&fields[dids]=number", body).json()
    assert answer["data"]["attributes"] == {"name": "New"}
    assert answer["data"]["relationships"]["dids"]["data"] == [{"type": "dids", "id": did(1)}]
    assert [each["attributes"] for each in answer["included"]] == [{"number": "37061498222"}]
    assert codes(client.post(f"{TRUNKS}?include=default_did", body)) == ["112"]


def test_every_new_trunk_has_credentials_of_its_own(server: Simulator, client: Client) -> None:
    created = [client.create(without(name=f"New {number}")).json()["data"]["id"] for number in range(3)]
    pairs = [pair(server, trunk_id) for trunk_id in created]
    assert len({secret for each in pairs for secret in each}) == 6


METHOD = "attributes/authentication_method"
RTP_REQUIRED = "is required with authentication_method.type credentials_and_ip"
INVALID: dict[str, tuple[dict[str, Any], dict[str, Any], list[tuple[str, str]]]] = {
    "nothing": (
        {},
        {},
        [(f"attributes/{name}", BLANK) for name in ("name", "on_cli_mismatch_action", "authentication_method")],
    ),
    "no name": (without("name"), {}, [("attributes/name", BLANK)]),
    "no action": (without("on_cli_mismatch_action"), {}, [("attributes/on_cli_mismatch_action", BLANK)]),
    "no method": (without("authentication_method"), {}, [(METHOD, BLANK)]),
    "a null name": (without(name=None), {}, [("attributes/name", BLANK)]),
    "a null method": (without(authentication_method=None), {}, [(METHOD, BLANK)]),
    "no type": (without(authentication_method={}), {}, [(f"{METHOD}/type", BLANK)]),
    "another type": (
        without(authentication_method={"type": "voice_product", "attributes": {}}),
        {},
        [(f"{METHOD}/type", "is not included in the list")],
    ),
    "ip_only": (
        without(authentication_method={"type": "ip_only", "attributes": {"allowed_sip_ips": ["203.0.113.7"]}}),
        {},
        [(f"{METHOD}/type", "is not allowed for creation")],
    ),
    "credentials without addresses": (
        without(authentication_method={"type": "credentials_and_ip"}),
        {},
        [(METHOD, "is invalid")],
    ),
    "credentials without allowed_rtp_ips": (
        without("allowed_rtp_ips"),
        {},
        [("attributes/allowed_rtp_ips", RTP_REQUIRED)],
    ),
    "twilio without an SID": (
        without(authentication_method={"type": "twilio"}),
        {},
        [(f"{METHOD}/attributes/twilio_account_sid", BLANK)],
    ),
    "an SID that is taken": (
        without(
            authentication_method={
                "type": "twilio",
                "attributes": {"twilio_account_sid": "SK0123456789ABCDEF0123456789abcdef"},  # in another account
            }
        ),
        {},
        [(f"{METHOD}/attributes/twilio_account_sid", "has already been taken")],
    ),
    "a name that is taken": (without(name="EU SBC"), {}, [("attributes/name", "has already been taken")]),
    "a high limit": (
        without(capacity_limit=32768),
        {},
        [("attributes/capacity_limit", "must be less than or equal to 32767")],
    ),
    "DIDs with the flag": (
        without(allow_any_did_as_cli=True),
        {"dids": to_many([did(1)])},
        [("relationships/dids", "cannot be assigned while allow_any_did_as_cli is true")],
    ),
    "emergency DIDs with the flag": (
        without(emergency_enable_all=True),
        {"emergency_dids": to_many([did(1)])},
        [("relationships/emergency_dids", "cannot be assigned while emergency_enable_all is true")],
    ),
    "the DID of another account": (
        NEW,
        {"dids": to_many([did(1), did(91)])},
        [("relationships/dids/1", f"{did(91)} does not exist")],
    ),
    "a DID twice": (NEW, {"dids": to_many([did(1)] * 2)}, [("relationships/dids/1", f"{did(1)} is repeated")]),
    "several errors": (
        without("authentication_method", rtp_timeout=5, status="x"),
        {"dids": to_many([NOBODY]), "default_did": to_one(did(1))},
        [
            (METHOD, BLANK),
            ("attributes/status", "is not included in the list"),
            ("attributes/rtp_timeout", "must be greater than or equal to 30"),
            ("relationships/dids/0", f"{NOBODY} does not exist"),
            ("relationships/default_did", "is only allowed with on_cli_mismatch_action replace_cli"),
        ],
    ),
}


@pytest.mark.parametrize(("attributes", "relationships", "expected"), INVALID.values(), ids=INVALID)
def test_invalid(
    server: Simulator,
    client: Client,
    attributes: dict[str, Any],
    relationships: dict[str, Any],
    expected: list[tuple[str, str]],
) -> None:
    before = server.trunks
    assert sorted(errors(client.create(attributes, relationships))) == sorted(expected)
    assert server.trunks == before


def test_the_name_of_another_accounts_trunk_is_free(server: Simulator, client: Client) -> None:
    foreign = server.trunk(OF_NO_FEATURES_KEY)["attributes"]["name"]
    assert client.create(without(name=foreign)).status_code == 201


def test_the_name_of_a_deleted_trunk_is_free(client: Client) -> None:
    assert client.create(without(name="EU SBC")).status_code == 422
    assert client.delete().status_code == 204
    assert client.create(without(name="EU SBC")).status_code == 201


def test_by_openapi_credentials_need_no_allowed_rtp_ips(client: Client) -> None:
    attributes = without("allowed_rtp_ips")
    assert client.create(attributes, headers={"Api-Key": "openapi-key"}).status_code == 201
    without_feature = without("allowed_rtp_ips", name="Other", on_cli_mismatch_action="replace_cli")
    assert ("attributes/on_cli_mismatch_action", "replace_cli is not enabled for the account") in errors(
        client.create(without_feature, headers={"Api-Key": "openapi-key"})
    )


def body(**members: Any) -> dict[str, Any]:
    """Return the body of a request that creates a trunk, with other members of its resource."""
    return {"data": {"type": "voice_out_trunks", "attributes": NEW, **members}}


MALFORMED: dict[str, tuple[Any, list[str]]] = {
    "no data": ({}, ["106"]),
    "a list": ({"data": [body()["data"]]}, ["122"]),
    "no type": ({"data": {"attributes": NEW}}, ["106"]),
    "another type": (body(type="trunks"), ["101"]),
    "an id": (body(id=NOBODY), ["105"]),
    "a null id": (body(id=None), ["105"]),
    "another member": (body(extra=1), ["105"]),
    "a member beside data": ({**body(), "extra": 1}, ["105"]),
    "attributes in a list": (body(attributes=[]), ["122"]),
    "relationships in a list": (body(relationships=[]), ["122"]),
    "an unknown attribute": (body(attributes=without(colour="red")), ["105"]),
    "attributes that DIDWW sets": (
        body(attributes=without(created_at="2025-04-02T10:00:00.000Z", threshold_reached=False)),
        ["105", "105"],
    ),
    "credentials": (
        body(
            attributes=without(
                authentication_method={
                    "type": "credentials_and_ip",
                    "attributes": {"allowed_sip_ips": ["203.0.113.7"], "username": "u", "password": "p"},
                }
            )
        ),
        ["105", "105"],
    ),
    "a prefix for twilio": (
        body(
            attributes=without(
                authentication_method={
                    "type": "twilio",
                    "attributes": {"twilio_account_sid": SID, "tech_prefix": None},
                }
            )
        ),
        ["105"],
    ),
    "an unknown relationship": (body(relationships={"trunk_group": {"data": None}}), ["105"]),
    "unknown members everywhere": (
        body(id=NOBODY, attributes={"colour": "red"}, relationships={"trunk": {"data": None}}),
        ["105", "105", "105"],
    ),
    "DIDs that are null": (body(relationships={"dids": {"data": None}}), ["115"]),
    "a default DID without data": (body(relationships={"default_did": {}}), ["115"]),
    "a default DID in a list": (body(relationships={"default_did": to_many([did(1)])}), ["115"]),
    "a default DID of another type": (body(relationships={"default_did": to_one(did(1), "numbers")}), ["116"]),
}


@pytest.mark.parametrize(("malformed", "expected"), MALFORMED.values(), ids=MALFORMED)
def test_malformed(server: Simulator, client: Client, malformed: Any, expected: list[str]) -> None:
    before = server.trunks
    assert codes(client.post(TRUNKS, malformed)) == expected
    assert server.trunks == before


def test_unknown_members_are_named(client: Client) -> None:
    answer = client.create(without(colour="red"))
    assert answer.json()["errors"] == [
        {"title": "Param not allowed", "detail": "colour is not allowed.", "code": "105", "status": "400"}
    ]


def test_members_of_every_document_are_accepted(client: Client) -> None:
    document = {**body(meta={}, links={}), "jsonapi": {"version": "1.0"}, "meta": {}}
    assert client.post(TRUNKS, document).status_code == 201


# --- default_did ---


def test_a_default_did(server: Simulator, client: Client) -> None:
    relationships = {"default_did": to_one(did(1))}
    answer = client.create(without(on_cli_mismatch_action="replace_cli"), relationships)
    assert answer.status_code == 201
    (stored,) = called(server)
    assert stored["default_did"] == did(1)
    # Only the filter shows it.
    assert set(answer.json()["data"]["relationships"]) == {"dids", "emergency_dids"}
    found = client.get(f"{TRUNKS}?filter[default_did.id]={did(1)}").json()["data"]
    assert [trunk["id"] for trunk in found] == [stored["id"]]

    resource = {"id": stored["id"], "type": "voice_out_trunks"}
    changed = {"data": {**resource, "relationships": {"default_did": to_one(did(2))}}}
    assert client.send(stored["id"], changed).status_code == 200
    assert server.trunk(stored["id"])["default_did"] == did(2)
    assert client.patch(stored["id"], {"capacity_limit": 1}).status_code == 200
    assert server.trunk(stored["id"])["default_did"] == did(2)
    assert client.patch(stored["id"], {"on_cli_mismatch_action": "reject_call"}).status_code == 200
    assert server.trunk(stored["id"])["default_did"] is None


def test_a_new_trunk_that_replaces_the_cli_requires_a_default_did(client: Client) -> None:
    for relationships in ({}, {"default_did": to_one(None)}):
        answer = client.create(without(on_cli_mismatch_action="replace_cli"), relationships)
        assert errors(answer) == [("relationships/default_did", BLANK)]
    assert client.create(without(on_cli_mismatch_action="randomize_cli")).status_code == 201


def test_an_update_requires_a_default_did_only_with_the_reading(server: Simulator, client: Client) -> None:
    change = {"on_cli_mismatch_action": "replace_cli"}
    assert client.patch(TRUNK, change).status_code == 200
    assert server.trunk(TRUNK)["default_did"] is None
    with_readings(server, "default_did_required")
    assert errors(client.patch(TRUNK, change)) == [("relationships/default_did", BLANK)]
    # A trunk that already has this action, and one with a default DID, can be updated without it.
    assert client.patch(REPLACING, {"capacity_limit": 1}).status_code == 200
    server.put_trunk(REPLACING, default_did=did(1))
    assert client.patch(REPLACING, change).status_code == 200
    assert server.trunk(REPLACING)["default_did"] == did(1)


def update(client: Client, trunk_id: str, default_did: str | None, key: str = "local-key", **attributes: Any) -> Any:
    """Send a PATCH with a default DID and attributes."""
    data = {"id": trunk_id, "type": "voice_out_trunks", "attributes": attributes}
    document = {"data": {**data, "relationships": {"default_did": to_one(default_did)}}}
    return client.send(trunk_id, document, headers={"Api-Key": key})


DEFAULT_DID = "relationships/default_did"
ONLY_WITH = "is only allowed with on_cli_mismatch_action replace_cli"


@pytest.mark.parametrize(
    ("trunk_id", "default_did", "attributes", "title"),
    [
        (TRUNK, did(1), {}, ONLY_WITH),
        (REPLACING, did(1), {"on_cli_mismatch_action": "randomize_cli"}, ONLY_WITH),
        (REPLACING, None, {}, BLANK),
        (TRUNK, None, {"on_cli_mismatch_action": "replace_cli"}, BLANK),
        (REPLACING, did(99), {}, f"{did(99)} does not exist"),
        (REPLACING, did(91), {}, f"{did(91)} does not exist"),
        (REPLACING, did(1).upper(), {}, f"{did(1).upper()} does not exist"),
    ],
    ids=["action", "new action", "null", "null with action", "unknown", "foreign", "case"],
)
def test_default_dids_that_are_rejected(
    server: Simulator,
    client: Client,
    trunk_id: str,
    default_did: str | None,
    attributes: dict[str, Any],
    title: str,
) -> None:
    before = server.trunk(trunk_id)
    assert errors(update(client, trunk_id, default_did, **attributes)) == [(DEFAULT_DID, title)]
    assert server.trunk(trunk_id) == before


def test_a_null_default_did_is_accepted_with_other_actions(server: Simulator, client: Client) -> None:
    assert update(client, TRUNK, None).status_code == 200
    server.put_trunk(REPLACING, default_did=did(1))
    assert update(client, REPLACING, None, on_cli_mismatch_action="reject_call").status_code == 200
    assert server.trunk(REPLACING)["default_did"] is None


@pytest.mark.parametrize("name", ["blocked", "terminated"])
def test_a_default_did_must_be_usable(server: Simulator, client: Client, name: str) -> None:
    seed = load_seed()
    seed["dids"][0]["attributes"] = {name: True}
    server.reset(seed)
    title = f"{did(1)} cannot be linked: its {name} is not false"
    assert errors(update(client, REPLACING, did(1))) == [(DEFAULT_DID, title)]


def test_a_default_did_needs_the_feature(server: Simulator, client: Client) -> None:
    server.put_trunk(OF_NO_FEATURES_KEY, attributes={"on_cli_mismatch_action": "replace_cli"})
    answer = update(client, OF_NO_FEATURES_KEY, did(91), "no-features-key")
    assert errors(answer) == [(DEFAULT_DID, "is not enabled for the account")]


def test_a_default_did_in_the_seed(server: Simulator) -> None:
    assert server.put_trunk(TRUNK, default_did=did(1))["default_did"] == did(1)
    assert server.put_trunk(TRUNK, default_did=None)["default_did"] is None
    unknown_dids: list[Any] = [did(99), 1, []]
    for unknown in unknown_dids:
        with pytest.raises(SeedError):
            server.put_trunk(TRUNK, default_did=unknown)


# --- Delete ---


def test_delete(server: Simulator, client: Client) -> None:
    before = {trunk["id"] for trunk in server.trunks}
    answer = client.delete(TWILIO)  # two DIDs are linked
    assert (answer.status_code, answer.content) == (204, b"")
    assert "Content-Type" not in answer.headers
    assert "Content-Length" not in answer.headers
    assert {trunk["id"] for trunk in server.trunks} == before - {TWILIO}
    assert client.get(f"{TRUNKS}/{TWILIO}").status_code == 404
    assert client.patch(TWILIO, {"capacity_limit": 1}).status_code == 404
    assert client.get(f"/dids/{did(4)}").status_code == 200
    assert client.create(NEW, {"dids": to_many([did(4), did(5)])}).status_code == 201
    again = client.delete(TWILIO)
    assert again.status_code == 404
    assert again.json()["errors"] == [
        {
            "title": "Record not found",
            "detail": f"The record identified by {TWILIO} could not be found.",
            "code": "404",
            "status": "404",
        }
    ]


@pytest.mark.parametrize("trunk_id", [OF_NO_FEATURES_KEY, NOBODY, TRUNK.upper(), "1"])
def test_a_trunk_that_the_account_does_not_have(server: Simulator, client: Client, trunk_id: str) -> None:
    before = server.trunks
    assert client.delete(trunk_id).status_code == 404
    assert server.trunks == before


@pytest.mark.parametrize("trunk_id", [TRUNK, TWILIO, IP_ONLY, UNKNOWN_TYPE])
def test_trunks_of_every_type_can_be_deleted(client: Client, trunk_id: str) -> None:
    assert client.delete(trunk_id).status_code == 204


def test_a_deletion_accepts_no_query(server: Simulator, client: Client) -> None:
    assert codes(client.request("DELETE", f"{TRUNKS}/{TRUNK}?include=dids&force=true")) == ["105", "105"]
    assert server.trunk(TRUNK)


# --- Regenerate credentials ---


def test_regenerate(server: Simulator, client: Client) -> None:
    before = server.trunk(TRUNK)
    answer = client.regenerate()
    assert answer.status_code == 201
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    assert answer.json() == {
        "data": {"id": TRUNK, "type": "voice_out_trunk_regenerate_credentials"},
        "meta": {"api_version": "2022-05-10"},
    }
    first = pair(server)
    old = before["attributes"]["authentication_method"]["attributes"]
    assert first[0] != old["username"]
    assert first[1] != old["password"]
    old["username"], old["password"] = first
    assert server.trunk(TRUNK) == before  # and nothing else
    read = client.get(f"{TRUNKS}/{TRUNK}").json()["data"]["attributes"]["authentication_method"]["attributes"]
    assert (read["username"], read["password"]) == first
    assert client.regenerate().status_code == 201
    assert not set(pair(server)) & set(first)


@pytest.mark.parametrize("trunk_id", [TWILIO, IP_ONLY, UNKNOWN_TYPE])
def test_a_trunk_without_credentials(server: Simulator, client: Client, trunk_id: str) -> None:
    before = server.trunk(trunk_id)
    assert errors(client.regenerate(trunk_id)) == [("relationships/voice_out_trunk", "has no credentials")]
    assert server.trunk(trunk_id) == before


@pytest.mark.parametrize("trunk_id", [NOBODY, OF_NO_FEATURES_KEY, TRUNK.upper(), ""])
def test_an_unknown_trunk(server: Simulator, client: Client, trunk_id: str) -> None:
    before = server.trunks
    assert errors(client.regenerate(trunk_id)) == [("relationships/voice_out_trunk", "must exist")]
    assert server.trunks == before


def regeneration(relationship: Any = None, **members: Any) -> dict[str, Any]:
    """Return the body of a regeneration, with other members of its resource."""
    relationships = {"voice_out_trunk": to_one(TRUNK, "voice_out_trunks") if relationship is None else relationship}
    return {"data": {"type": "voice_out_trunk_regenerate_credentials", "relationships": relationships, **members}}


MALFORMED_REGENERATIONS: dict[str, tuple[Any, list[str]]] = {
    "no data": ({}, ["106"]),
    "a list": ({"data": [regeneration()["data"]]}, ["122"]),
    "no type": ({"data": {"relationships": regeneration()["data"]["relationships"]}}, ["106"]),
    "another type": (regeneration(type="voice_out_trunks"), ["101"]),
    "no relationships": ({"data": {"type": "voice_out_trunk_regenerate_credentials"}}, ["106"]),
    "relationships in a list": (regeneration(relationships=[]), ["122"]),
    "no trunk": (regeneration(relationships={}), ["106"]),
    "another relationship": (regeneration(relationships={"trunk": to_one(TRUNK, "voice_out_trunks")}), ["105"]),
    "an id": (regeneration(id=TRUNK), ["105"]),
    "attributes": (regeneration(attributes={"username": "u", "password": "p"}), ["105", "105"]),
    "attributes in a list": (regeneration(attributes=[]), ["122"]),
    "a member beside data": ({**regeneration(), "extra": 1}, ["105"]),
    "a trunk without data": (regeneration({}), ["115"]),
    "trunks": (regeneration({"data": [{"type": "voice_out_trunks", "id": TRUNK}]}), ["115"]),
    "a trunk without an id": (regeneration({"data": {"type": "voice_out_trunks"}}), ["115"]),
    "a DID": (regeneration(to_one(TRUNK, "dids")), ["116"]),
}


@pytest.mark.parametrize(("malformed", "expected"), MALFORMED_REGENERATIONS.values(), ids=MALFORMED_REGENERATIONS)
def test_a_malformed_regeneration(server: Simulator, client: Client, malformed: Any, expected: list[str]) -> None:
    before = pair(server)
    assert codes(client.post(REGENERATION, malformed)) == expected
    assert pair(server) == before


def test_a_null_trunk_does_not_exist(client: Client) -> None:
    answer = client.post(REGENERATION, regeneration(to_one(None)))
    assert errors(answer) == [("relationships/voice_out_trunk", "must exist")]


def test_empty_attributes_are_accepted(client: Client) -> None:
    assert client.post(REGENERATION, regeneration(attributes={})).status_code == 201  # the SDK sends them


def test_a_regeneration_accepts_no_query(server: Simulator, client: Client) -> None:
    before = pair(server)
    assert codes(client.post(f"{REGENERATION}?include=voice_out_trunk", regeneration())) == ["105"]
    assert pair(server) == before


@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT", "DELETE"])
def test_methods_of_regeneration(client: Client, method: str) -> None:
    assert client.request(method, REGENERATION).status_code == 405
    assert client.request(method, f"{REGENERATION}/{TRUNK}").status_code == 404


# --- Access ---


def changes(client: Client, trunk_id: str, key: str, **headers: str) -> list[requests.Response]:
    """Send one request of each kind with the key of an account."""
    headers["Api-Key"] = key
    return [
        client.create(NEW, headers=headers),
        client.regenerate(trunk_id, headers=headers),
        client.delete(trunk_id, headers=headers),
    ]


def test_a_read_only_account(server: Simulator, client: Client) -> None:
    before = server.trunks
    for answer in changes(client, OF_READ_ONLY_KEY, "read-only-key"):
        assert answer.status_code == 403
        assert answer.json()["errors"] == [
            {
                "title": "Forbidden",
                "detail": "The account is in read-only mode.",
                "code": "403",
                "status": "403",
            }
        ]
    assert server.trunks == before


def test_an_account_without_the_outbound_api(server: Simulator, client: Client) -> None:
    before = server.trunks
    for answer in changes(client, TRUNK, "no-outbound-api-key"):
        assert answer.status_code == 403
        assert "Outbound API" in answer.json()["errors"][0]["detail"]
    assert server.trunks == before


def test_the_outbound_feature_is_not_needed_since_2026(server: Simulator, client: Client) -> None:
    trunk_id = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e093"
    before = server.trunks
    old = changes(client, trunk_id, "no-outbound-key")
    assert [answer.status_code for answer in old] == [403] * 3
    assert server.trunks == before
    new = changes(client, trunk_id, "no-outbound-key", **{"X-DIDWW-API-Version": "2026-04-16"})
    assert [answer.status_code for answer in new] == [201, 201, 204]


def test_an_unknown_key(server: Simulator, client: Client) -> None:
    before = server.trunks
    assert [answer.status_code for answer in changes(client, TRUNK, "nobody")] == [401] * 3
    assert server.trunks == before


@pytest.mark.parametrize("content_type", ["application/json", f"{MEDIA_TYPE}; charset=utf-8", ""])
def test_content_type(server: Simulator, client: Client, content_type: str) -> None:
    before = server.trunks
    headers = {"Content-Type": content_type}
    assert client.create(NEW, headers=headers).status_code == 415
    assert client.regenerate(headers=headers).status_code == 415
    assert server.trunks == before


def test_accept(server: Simulator, client: Client) -> None:
    before = server.trunks
    answers = changes(client, TRUNK, "local-key", Accept="application/json")
    assert [answer.status_code for answer in answers] == [406] * 3
    assert server.trunks == before


@pytest.mark.parametrize("text", ["", "{", "null", b"\xff"])
def test_not_json(client: Client, text: str | bytes) -> None:
    for path in (TRUNKS, REGENERATION):
        answer = client.request("POST", path, data=text, headers={"Content-Type": MEDIA_TYPE})
        assert answer.status_code == 400


# --- Faults ---

FAULTS: list[dict[str, Any]] = [
    {"status": 429},
    {"status": 503},
    {"drop": "before"},
    {"drop": "headers"},
    {"garbage": "html"},
]


def attempt(client: Client, kind: str) -> requests.Response | None:
    """Send a request of a kind; return the answer, or None if there is none."""
    try:
        if kind == "create":
            return client.create(NEW)
        return client.delete() if kind == "delete" else client.regenerate()
    except requests.RequestException:
        return None


def applied(server: Simulator, kind: str, before: tuple[str, str]) -> bool:
    """Return whether the request of a kind was applied."""
    if kind == "create":
        return len(called(server)) == 1
    if kind == "delete":
        return called(server, "EU SBC") == []
    return not set(pair(server)) & set(before)


@pytest.mark.parametrize("kind", ["create", "delete", "regenerate"])
@pytest.mark.parametrize("apply", [True, False], ids=["applied", "not applied"])
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_lost_answer(server: Simulator, client: Client, fault: dict[str, Any], apply: bool, kind: str) -> None:
    before = pair(server)
    trunks = server.trunks
    method = "DELETE" if kind == "delete" else "POST"
    server.add_faults({"method": method, "apply": apply, **fault})
    answer = attempt(client, kind)
    if fault == {"drop": "before"}:
        assert answer is None
    else:
        assert answer is not None
        if fault == {"drop": "headers"}:
            assert (answer.status_code in (200, 201, 204), answer.content) == (True, b"")
        else:
            assert answer.status_code == fault.get("status", 200)
        assert TRUNK not in answer.text
    assert applied(server, kind, before) is apply
    if not apply:
        assert server.trunks == trunks
    assert server.journal[-1]["status"] == (None if "drop" in fault else fault.get("status", 200))

    # The repeated request meets no fault.
    repeated = attempt(client, kind)
    assert repeated is not None
    expected = {"create": 422 if apply else 201, "delete": 404 if apply else 204, "regenerate": 201}
    assert repeated.status_code == expected[kind]
    assert applied(server, kind, before)


@pytest.mark.parametrize("kind", ["create", "regenerate"])
@pytest.mark.parametrize("fault", [{"drop": "body"}, {"garbage": "truncated"}, {"garbage": "missing_data"}], ids=str)
def test_a_damaged_answer(server: Simulator, client: Client, fault: dict[str, Any], kind: str) -> None:
    before = pair(server)
    server.add_faults({"method": "POST", "apply": True, **fault})
    answer = attempt(client, kind)
    if fault == {"garbage": "missing_data"}:
        assert answer is not None
        assert (answer.status_code, list(answer.json())) == (201, ["meta"])
    elif answer is not None:  # requests may not notice that a body is incomplete
        with pytest.raises(requests.JSONDecodeError):
            answer.json()
    assert applied(server, kind, before)


def test_answer_attributes_of_a_new_trunk(server: Simulator, client: Client) -> None:
    server.add_faults({"method": "POST", "answer_attributes": {"capacity_limit": 5}})
    assert client.create(NEW).json()["data"]["attributes"]["capacity_limit"] == 5
    (stored,) = called(server)
    assert stored["attributes"]["capacity_limit"] is None


def test_answer_attributes_of_a_regeneration(server: Simulator, client: Client) -> None:
    server.add_faults({"method": "POST", "answer_attributes": {"password": "x"}})
    assert client.regenerate().json()["data"]["attributes"] == {"password": "x"}


@pytest.mark.parametrize("kind", ["truncated", "other_id", "missing_data", "bad_gzip", "big"])
def test_an_answer_without_a_body_cannot_be_modified(server: Simulator, client: Client, kind: str) -> None:
    server.add_faults({"method": "DELETE", "apply": True, "garbage": kind})
    answer = client.delete()
    assert (answer.status_code, answer.content) == (204, b"")
    assert called(server, "EU SBC") == []


def test_a_deletion_is_the_last_request() -> None:
    with Simulator(rate=0) as own:
        client = Client(own)
        with client.session:
            own.add_faults({"method": "DELETE", "last": True})
            answer = client.delete()
            assert (answer.status_code, answer.headers["Connection"]) == (204, "close")
            assert called(own, "EU SBC") == []
            with pytest.raises(requests.ConnectionError, match="Connection refused"):
                client.get(TRUNKS)


def test_a_late_answer(server: Simulator, client: Client, pauses: list[float]) -> None:
    server.add_faults({"method": "DELETE", "delay": 0.2})
    assert client.delete().status_code == 204
    assert pauses == [0, 0.2]
    assert called(server, "EU SBC") == []


def test_the_rate_applies_to_every_method(clock: Clock) -> None:
    with Simulator(rate=2) as limited:
        client = Client(limited)
        with client.session:
            answers = [client.create(NEW), client.regenerate(), client.delete(), client.create(without(name="Other"))]
            assert [answer.status_code for answer in answers] == [201, 201, 429, 429]
            assert limited.trunk(TRUNK)
            assert called(limited, "Other") == []
