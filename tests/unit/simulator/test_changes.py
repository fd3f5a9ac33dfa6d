# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Trunks are created, updated and deleted, their credentials regenerated: what is stored, and what is rejected."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timezone
from typing import Any

import pytest
import requests
from simulator.server import Simulator

from ..conftest import CASES, DEFAULTS, EMERGENCY_ALL, EXAMPLE, IP_ONLY, LINKAGE, NOBODY, TRUNK, TWILIO, UNKNOWN
from .conftest import (
    CHANGES,
    LATEST,
    MEDIA_TYPE,
    NAMES,
    NEW,
    OLD,
    REPLACE,
    TABLES,
    TO_TWILIO,
    TRUNKS,
    Client,
    assert_errors,
    attributes_of,
    did,
    new,
    rejections,
    sip,
    with_account,
)

DEFAULT_DID, BLANK = "relationships/default_did", "can't be blank"
RANDOMIZE = {"on_cli_mismatch_action": "randomize_cli"}
FLAGS = ("allow_any_did_as_cli", "emergency_enable_all")


@pytest.fixture(params=[OLD, LATEST])
def version(request: pytest.FixtureRequest) -> str:
    """The version of the account of `versioned`."""
    return str(request.param)


@pytest.fixture
def versioned(server: Simulator, client: Client, version: str) -> Client:
    """A client of an account on a version, with DIDs that are blocked, terminated and so on."""
    with_account(server, TABLES["unlinkable"], default_version=version)
    client.use_token()
    return client


def send(client: Client, row: dict[str, Any]) -> requests.Response:
    """Send the update of a row, or create a trunk."""
    if "trunk" in row:
        return client.patch(row.get("attributes", {}), row["trunk"], links=row.get("links"))
    return client.create(new(*row.get("without", ()), **row["new"]), links=row.get("links"))


def test_rejected(server: Simulator, versioned: Client, version: str) -> None:
    before = server.trunks
    for row in TABLES["rejected"]:
        answer = send(versioned, row)
        if row.get("only", version) == version:
            found = rejections(answer)
            assert (len(found), dict(found)) == (len(row["errors"]), row["errors"]), row
            assert server.trunks == before
        else:
            assert answer.ok, row
            assert server.trunks != before
            server.reset()


def test_stored(server: Simulator, versioned: Client) -> None:
    for row in TABLES["stored"]:
        server.reset()
        before = server.put_trunk(row["trunk"], **row.get("has", {}))
        assert send(versioned, row).status_code == 200
        attributes = {**before["attributes"], **row.get("attributes", {})}
        after = {**before, **row.get("after", {}), "attributes": attributes}
        assert server.trunk(row["trunk"]) == after, row
        assert [trunk for trunk in server.trunks if trunk["id"] == row["trunk"]] == [after]


def pair(server: Simulator, trunk_id: str = TRUNK) -> tuple[str, str]:
    """Return the stored username and password."""
    attributes = server.trunk(trunk_id)["attributes"]["authentication_method"]["attributes"]
    return attributes["username"], attributes["password"]


def test_a_method_is_replaced_except_its_credentials(server: Simulator, client: Client) -> None:
    def stored() -> Any:
        return server.trunk(EXAMPLE)["attributes"]["authentication_method"]

    first = pair(server, EXAMPLE)
    assert client.patch(sip(allowed_sip_ips=["192.0.2.7", "2001:DB8::1"]), EXAMPLE).status_code == 200
    attributes = {"allowed_sip_ips": ["192.0.2.7/32", "2001:db8::1/128"], "tech_prefix": None}  # before: 77#
    credentials = {"username": first[0], "password": first[1]}
    assert stored() == {"type": "credentials_and_ip", "attributes": {**attributes, **credentials}}
    # Another type has none, so they are generated anew.
    assert client.patch(TO_TWILIO, EXAMPLE).status_code == 200
    assert stored() == TO_TWILIO["authentication_method"]
    assert client.patch({**sip(), "allowed_rtp_ips": None}, EXAMPLE).status_code == 200
    assert len({*first, *pair(server, EXAMPLE)}) == 4
    assert all(pair(server, EXAMPLE))


def test_a_default_did_that_is_required(server: Simulator, client: Client) -> None:
    with_account(server, readings=["default_did_required"])
    assert rejections(client.patch(REPLACE)) == [(DEFAULT_DID, BLANK)]
    server.put_trunk(EMERGENCY_ALL, default_did=did(1))
    for trunk_id, attributes in ((EMERGENCY_ALL, REPLACE), (EMERGENCY_ALL, {"rtp_ping": True})):
        assert client.patch(attributes, trunk_id).status_code == 200


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
NO_LINKS: dict[str, Any] = {"dids": [], "emergency_dids": [], "default_did": None}


@pytest.mark.parametrize(
    ("attributes", "links"),
    [
        (NEW, {}),
        # Every setting. Of those of cases.yml, the flags exclude DIDs.
        ({**EVERY, **TO_TWILIO, **REPLACE, **dict.fromkeys(FLAGS, False)}, {**EVERY_LINK, "default_did": did(4)}),
        (new(**dict.fromkeys(FLAGS, True)), {"dids": [], "emergency_dids": []}),
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
    # Python 3.10 does not read the Z.
    created_at = datetime.fromisoformat(data["attributes"]["created_at"].replace("Z", "+00:00"))
    assert started <= created_at <= datetime.now(timezone.utc)
    expected = {**DEFAULTS, **attributes, "created_at": data["attributes"]["created_at"]}
    if expected["authentication_method"]["type"] == "credentials_and_ip":
        username, password = pair(server, data["id"])
        assert len({username, password, "", None}) == 4
        made = {"tech_prefix": None, "username": username, "password": password}
        expected |= sip(allowed_sip_ips=["203.0.113.7/32"], **made)
    assert data["attributes"] == stored["attributes"] == expected
    assert {name: stored[name] for name in NO_LINKS} == {**NO_LINKS, **links}
    assert (data["meta"], stored["spent_amount"], stored["account"]) == ({"spent_amount": "0.0"}, "0.0", "local-key")


# --- Delete ---


@pytest.mark.parametrize("trunk_id", [TRUNK, TWILIO, IP_ONLY, UNKNOWN])
def test_delete(server: Simulator, client: Client, trunk_id: str) -> None:
    rest = [trunk for trunk in server.trunks if trunk["id"] != trunk_id]
    answer = client.delete(trunk_id)
    assert (answer.status_code, answer.content) == (204, b"")
    assert not {"Content-Type", "Content-Length"} & {*answer.headers}
    assert server.trunks == rest
    for again in (client.delete(trunk_id), client.get(f"{TRUNKS}/{trunk_id}"), client.patch({}, trunk_id)):
        assert again.status_code == 404
    assert client.get(f"/dids/{did(4)}").status_code == 200


@pytest.mark.parametrize("trunk_id", [NAMES["NO_FEATURES"], NOBODY, TRUNK.upper(), "1"])
def test_a_trunk_that_the_account_does_not_have(server: Simulator, client: Client, trunk_id: str) -> None:
    before = server.trunks
    error = f"404 Record not found: The record identified by {trunk_id} could not be found."
    for answer in (client.delete(trunk_id), client.patch({"rtp_ping": False}, trunk_id)):
        assert_errors(answer, error)
    assert rejections(client.regenerate(trunk_id)) == [("relationships/voice_out_trunk", "must exist")]
    assert server.trunks == before


# --- Regenerate credentials ---


def test_regenerate(server: Simulator, client: Client) -> None:
    before, first = server.trunk(TRUNK), pair(server)
    assert client.regenerate().status_code == 201
    second = pair(server)
    old = before["attributes"]["authentication_method"]["attributes"]
    old["username"], old["password"] = second
    assert server.trunk(TRUNK) == before  # nothing else changed
    assert client.regenerate().status_code == 201
    assert len({*first, *second, *pair(server)}) == 6


@pytest.mark.parametrize("trunk_id", [TWILIO, IP_ONLY, UNKNOWN, "", None])
def test_a_regeneration_that_is_rejected(server: Simulator, client: Client, trunk_id: str | None) -> None:
    before = server.trunks
    title = "has no credentials" if trunk_id else "must exist"
    assert rejections(client.regenerate(trunk_id)) == [("relationships/voice_out_trunk", title)]
    assert server.trunks == before


# --- Malformed requests, and access ---


def malformed(resource: dict[str, Any], row: dict[str, Any]) -> Any:
    """Return the body of a row: that of a valid request with the resource, but for what the row changes."""
    if "body" in row:
        return row["body"]
    data = {name: value for name, value in resource.items() if name != row.get("without")} | row.get("members", {})
    for name in {"attributes", "relationships"} & {*row}:
        data[name] = {**data.get(name, {}), **row[name]}
    return {"data": data, **row.get("beside", {})}


@pytest.mark.parametrize("kind", TABLES["requests"])
def test_malformed(server: Simulator, client: Client, kind: str) -> None:
    before = server.trunks
    verb, path, resource = TABLES["requests"][kind]
    for row in TABLES["malformed"]:
        if kind in row["to"]:
            body = json.dumps(malformed(resource, row)).encode()
            assert_errors(client.ask(verb, path, body), *row["errors"])
    nan = json.dumps(malformed(resource, {"attributes": {"capacity_limit": float("nan")}})).encode()
    for text in (b"", b"{", nan, b"\xff\xfe", b"[" * 100_000):
        assert_errors(client.ask(verb, path, text), "400 Bad Request: The body is not valid JSON: ")
    assert server.trunks == before
    # Members of every document are accepted.
    document = {"data": {**resource, "meta": {}, "links": {}}, "jsonapi": {}, "meta": {}, "links": {}, "included": []}
    assert client.ask(verb, path, document).ok


@pytest.mark.parametrize("row", TABLES["access"], ids=lambda row: str(row.get("headers")))
def test_access(server: Simulator, client: Client, row: dict[str, Any]) -> None:
    before, headers = server.trunks, row.get("headers", {})
    answers = [send(client, row.get("trunk", TRUNK), **headers) for _method, send, _status in CHANGES.values()]
    assert [answer.status_code for answer in answers] == row["statuses"]
    for answer in answers:
        if not answer.ok:
            assert_errors(answer, row["error"])
    if "error" in row:
        deleted = TRUNK if answers[-1].ok else None
        assert server.trunks == [trunk for trunk in before if trunk["id"] != deleted]
