# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The schema accepts the examples in DIDWW's documentation and the answers of the local API, and rejects broken ones.

All unit tests check the answers of the local API with this schema: see `conftest.py`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import requests
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import DEFAULT_DID, SETTINGS
from jsonschema import Draft202012Validator
from simulator.server import Simulator, load_seed

from ..conftest import DEFAULTS, HANG_GUARD, LINKAGE, TRUNK, headers_for
from .schema import SCHEMA, expected, violations

TRUNKS = "/voice_out_trunks"
DID = "6b1f4c0a-0000-4000-8000-000000000001"
# OpenAPI, 2026-04-16.
DID_RELATIONSHIPS = (
    "did_group",
    "order",
    "capacity_pool",
    "shared_capacity_group",
    "address_verification",
    "voice_in_trunk",
    "voice_in_trunk_group",
    "emergency_calling_service",
    "emergency_verification",
    "identity",
)
MEDIA_TYPE = "application/vnd.api+json"


def relationship(trunk_id: str, name: str) -> dict[str, Any]:
    """Return a relationship of DIDWW's examples."""
    url = f"https://api.didww.com/v3/voice_out_trunks/{trunk_id}"
    return {"links": {"self": f"{url}/relationships/{name}", "related": f"{url}/{name}"}}


def example(trunk_id: str, attributes: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Return a document of DIDWW's examples: their common attributes and some more."""
    common = {
        **DEFAULTS,
        "allow_any_did_as_cli": False,
        "threshold_reached": False,
        "threshold_amount": "1000.0",
        "default_dst_action": "allow_all",
        "dst_prefixes": ["23", "45"],
        "emergency_enable_all": False,
        "media_encryption_mode": "disabled",
        "force_symmetric_rtp": True,
        "rtp_ping": True,
        "rtp_timeout": 30,
        "callback_url": None,
        "created_at": "2025-04-02T10:00:00.000Z",
    }
    return {
        "data": {
            "id": trunk_id,
            "type": "voice_out_trunks",
            "attributes": {**common, **attributes},
            "relationships": {name: relationship(trunk_id, name) for name in LINKAGE},
            **members,
        },
        "meta": {"api_version": "2026-04-16"},
    }


UPDATED = example(
    "cf2e6377-fcaa-4416-8c8e-acd5f31a427f",
    {
        "name": "Outbound trunk Name",
        "allowed_rtp_ips": None,
        "authentication_method": {
            "type": "twilio",
            "attributes": {"twilio_account_sid": "AC39347AF064AF97E1682C3B7332DAAEE6"},
        },
        "on_cli_mismatch_action": "send_original_cli",
        "capacity_limit": 300,
        "status": "blocked",
        "external_reference_id": None,
    },
)
READ = example(
    TRUNK,
    {
        "name": "EU SBC",
        "allowed_rtp_ips": None,
        "authentication_method": {
            "type": "credentials_and_ip",
            "attributes": {
                "allowed_sip_ips": ["203.0.113.1/32"],
                "tech_prefix": None,
                "username": "u4k2m",
                "password": "s3cr3t",
            },
        },
        "on_cli_mismatch_action": "reject_call",
        "capacity_limit": 30,
        "status": "active",
        "external_reference_id": "crm-0001",
    },
    meta={"spent_amount": "12.34"},
)
REJECTED: dict[str, Any] = {
    "errors": [
        {
            "title": "has already been taken",
            "detail": "name - has already been taken",
            "code": "100",
            "status": "422",
            "source": {"pointer": "/data/attributes/name"},
        }
    ]
}
TOO_MANY = {"errors": [{"status": "429", "detail": "Too Many Requests"}]}
# Version 2026-11-19.
BUDGET = {"errors": [{**TOO_MANY["errors"][0], "title": "Too Many Requests", "code": "too_many_requests"}]}


def test_the_schema_is_valid() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_has_every_setting_of_the_module() -> None:
    described = set(SCHEMA["$defs"]["trunk_attributes"]["properties"]) - {"created_at", "threshold_reached"}
    assert described | {*LINKAGE, DEFAULT_DID} == {setting.name for setting in SETTINGS}


@pytest.mark.parametrize(
    ("name", "document"),
    [("trunk", UPDATED), ("trunk", READ), ("errors", REJECTED), ("errors", TOO_MANY), ("errors", BUDGET)],
)
def test_the_examples_of_didww_pass(name: str, document: Any) -> None:
    assert violations(name, document) == []


def test_the_local_api_answers_with_the_example(local_api: Simulator) -> None:
    """The schema does not check this: the members and their order are those of DIDWW's example."""
    answer = ask(local_api, "GET", f"{TRUNKS}/{TRUNK}").json()
    assert answer["data"]["attributes"] == READ["data"]["attributes"]
    assert list(answer["data"]) == [*UPDATED["data"], "meta"]
    trunk_id, after = UPDATED["data"]["id"], UPDATED["data"]["attributes"]
    changes = {name: after[name] for name in ("authentication_method", "allowed_rtp_ips")}
    update = {"data": {"id": trunk_id, "type": "voice_out_trunks", "attributes": changes}}
    assert ask(local_api, "PATCH", f"{TRUNKS}/{trunk_id}", json=update).json()["data"]["attributes"] == after


# --- Requests and their answers: `_answers_match_the_schema` checks those of all other tests, too ---


def ask(api: Simulator, method: str, path: str, key: str = "local-key", **more: Any) -> requests.Response:
    """Send a request with the headers that the API requires."""
    headers = {**headers_for(api, key), "Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE}
    return requests.request(method, api.url + path, headers=headers, timeout=HANG_GUARD, **more)


INCLUDE = "include=dids,emergency_dids"
OF_LOCAL_KEY = [trunk["id"] for trunk in load_seed()["trunks"] if trunk.get("account", "local-key") == "local-key"]
READS = {
    **{f"{TRUNKS}/{trunk_id}": "trunk" for trunk_id in OF_LOCAL_KEY},
    **{f"{TRUNKS}/{trunk_id}?{INCLUDE}&fields[dids]=number": "trunk, sparse dids" for trunk_id in OF_LOCAL_KEY},
    f"{TRUNKS}/{TRUNK}?fields[voice_out_trunks]=name,dids": "trunk, sparse voice_out_trunks",
    f"{TRUNKS}/{TRUNK}/dids": "dids",
    f"{TRUNKS}/{TRUNK}/relationships/emergency_dids": "linkage",
    TRUNKS: "trunks",
    f"{TRUNKS}?{INCLUDE}": "trunks",
    f"{TRUNKS}?fields[voice_out_trunks]=status": "trunks, sparse voice_out_trunks",
    f"{TRUNKS}?page[number]=1&page[size]=3&sort=name": "trunks",
    f"{TRUNKS}?page[number]=2&page[size]=3&{INCLUDE}": "trunks",
    f"{TRUNKS}?page[number]=9": "trunks",
    f"{TRUNKS}?filter[authentication_method.type]=twilio": "trunks",
    f"{TRUNKS}?filter[name]=nobody": "trunks",
    "/dids?filter[number]=37061498222&fields[dids]=number": "dids, sparse dids",
    f"/dids/{DID}": "did",
    f"/dids/{DID}?include={','.join(DID_RELATIONSHIPS)}": "did",
    f"/dids/{DID}?fields[dids]=identity&include=identity": "did, sparse dids",
    "/dids?include=order,did_group&page[size]=2": "dids",
}


@pytest.mark.parametrize(("path", "name"), READS.items(), ids=READS)
def test_an_answer_is_the_requested_document(local_api: Simulator, path: str, name: str) -> None:
    answer = ask(local_api, "GET", path)
    entry = local_api.journal[-1]
    assert expected(entry["path"], entry["query"], answer.status_code) == name
    assert violations(name, answer.json()) == []


def test_a_regeneration_is_answered_with_an_id(local_api: Simulator) -> None:
    path = "/voice_out_trunk_regenerate_credentials"
    trunk = {"type": "voice_out_trunks", "id": TRUNK}
    resource = {"type": path.removeprefix("/"), "relationships": {"voice_out_trunk": {"data": trunk}}}
    answer = ask(local_api, "POST", path, json={"data": resource})
    assert answer.status_code == 201
    assert expected(f"/v3{path}", {}, 201) == "regeneration"
    document = answer.json()
    assert violations("regeneration", document) == []
    document["data"]["attributes"] = {"password": "x"}
    assert violations("regeneration", document)
    assert violations("regeneration", READ)


def test_a_missing_token_is_rejected_without_a_document(local_api: Simulator) -> None:
    for headers, has_body in (({"X-DIDWW-API-Version": "2026-11-19"}, False), ({"Authorization": "Bearer x"}, True)):
        answer = requests.get(local_api.url + TRUNKS, headers=headers, timeout=HANG_GUARD)
        assert (answer.status_code, bool(answer.content)) == (401, has_body)
        name = "errors" if has_body else "nothing"
        assert expected(f"/v3{TRUNKS}", {}, 401, bool(answer.content)) == name
    assert expected(f"/v3{TRUNKS}", {}, 403, has_body=False) == "errors"


def test_the_token_service_has_documents_of_its_own(local_api: Simulator) -> None:
    def mint(**body: Any) -> Any:
        answer = requests.post(local_api.token_url, headers={"Api-Key": "local-key"}, json=body, timeout=HANG_GUARD)
        name = expected("/token", {}, answer.status_code)
        assert violations(name, answer.json()) == []
        return name, answer.json()

    name, token = mint(aud=["api.didww.com"])
    assert name == "token"
    for change in ({"access_token": "a.b"}, {"expires_in": "900"}, {"aud": "api.didww.com"}, {"refresh_token": "x"}):
        assert violations(name, {**token, **change})
    name, error = mint()
    assert name == "token_error"
    assert violations(name, {**error, "error": "bad"})
    assert violations(name, REJECTED)


# --- Broken documents ---

Break = Callable[[dict[str, Any]], object]


def attribute(name: str, value: Any) -> Break:
    return lambda document: document["data"]["attributes"].update({name: value})


def without(name: str) -> Break:
    return lambda document: document["data"]["attributes"].pop(name)


def linkage(data: Any) -> Break:
    return lambda document: document["data"]["relationships"]["dids"].update(data=data)


def of_method(**attributes: Any) -> Break:
    return lambda document: document["data"]["attributes"]["authentication_method"]["attributes"].update(attributes)


BROKEN: dict[str, Break] = {
    **{
        f"{name}: {value!r:.20}": attribute(name, value)
        for name, value in [
            ("name", None),
            ("name", ""),
            ("external_reference_id", 1),
            ("external_reference_id", "x" * 101),
            ("allowed_rtp_ips", "203.0.113.1/32"),
            ("allowed_rtp_ips", ["203.0.113.1"]),
            ("allowed_rtp_ips", ["203.0.113.0/33"]),
            ("allowed_rtp_ips", [f"203.0.113.{n}/32" for n in range(61)]),
            ("authentication_method", {"type": "twilio", "attributes": {"twilio_account_sid": f"A1{'0' * 32}"}}),
            ("allowed_rtp_ips", ["2001:DB8::/32"]),
            ("authentication_method", None),
            ("authentication_method", {"type": "twilio"}),
            ("authentication_method", {"type": "twilio", "attributes": {}}),
            ("authentication_method", {"type": "ip_only", "attributes": {"tech_prefix": ""}}),
            ("on_cli_mismatch_action", "ignore"),
            ("capacity_limit", "30"),
            ("capacity_limit", 32768),
            ("allow_any_did_as_cli", None),
            ("status", "paused"),
            ("threshold_amount", 1000.0),
            ("threshold_amount", "1000"),
            ("threshold_reached", "false"),
            ("default_dst_action", None),
            ("dst_prefixes", None),
            ("dst_prefixes", ["+44"]),
            ("emergency_enable_all", 0),
            ("media_encryption_mode", "srtp"),
            ("callback_url", ""),
            ("callback_url", "ftp://example.com"),
            ("force_symmetric_rtp", None),
            ("rtp_ping", "true"),
            ("rtp_timeout", 5),
            ("created_at", "2025-04-02 10:00"),
            ("colour", "red"),
        ]
    },
    **{f"without {name}": without(name) for name in READ["data"]["attributes"]},
    "no address": of_method(allowed_sip_ips=[]),
    "a long prefix": of_method(tech_prefix="123456789"),
    "an empty prefix": of_method(tech_prefix=""),
    "another type's attribute": of_method(twilio_account_sid="AC39347AF064AF97E1682C3B7332DAAEE6"),
    "another type": lambda d: d["data"].update(type="voice_in_trunks"),
    "another id": lambda d: d["data"].update(id=TRUNK.upper()),
    "a list": lambda d: d.update(data=[d["data"]]),
    "no relationship": lambda d: d["data"]["relationships"].pop("dids"),
    "linkage that is not dids": linkage([{"type": "trunks", "id": DID}]),
    "linkage that is null": linkage(None),
    "linkage alone": lambda d: d["data"]["relationships"].update(dids={"data": []}),
    "an amount spent that is a number": lambda d: d["data"].update(meta={"spent_amount": 12.34}),
    "no version": lambda d: d.pop("meta"),
}
BROKEN_ERRORS: dict[str, Break] = {
    "none": lambda d: d.update(errors=[]),
    "data beside": lambda d: d.update(data=None),
    "a number for a status": lambda d: d["errors"][0].update(status=422),
    "no code": lambda d: d["errors"][0].pop("code"),
    "no title": lambda d: d["errors"][0].pop("title"),
    "a pointer where there is no record": lambda d: d["errors"][0].update(status="404", code="404"),
    "the code of a spent budget": lambda d: d["errors"][0].update(code="too_many_requests", status="403"),
    "a word for a code": lambda d: d["errors"][0].update(code="too_many", status="429"),
    "a number for a code": lambda d: d["errors"][0].update(code=100),
    "no detail": lambda d: d["errors"][0].pop("detail"),
    "a detail without its attribute": lambda d: d["errors"][0].update(detail="has already been taken"),
    "validation without a pointer": lambda d: d["errors"][0].pop("source"),
    "a pointer to one of an attribute": lambda d: d["errors"][0].update(source={"pointer": "/data/attributes/name/0"}),
    "a pointer to nowhere": lambda d: d["errors"][0].update(source={"pointer": "name"}),
    "a status below 400": lambda d: d["errors"][0].update(status="200"),
}


@pytest.mark.parametrize("spoil", BROKEN.values(), ids=BROKEN)
def test_a_broken_trunk_is_rejected(spoil: Break) -> None:
    document = copy.deepcopy(READ)
    spoil(document)
    assert violations("trunk", document)


def test_a_null_threshold_is_rejected_in_2026_11_19(local_api: Simulator) -> None:
    for name, path in (("trunk", f"{TRUNKS}/{TRUNK}"), ("trunks", TRUNKS), ("trunks, sparse voice_out_trunks", TRUNKS)):
        document = ask(local_api, "GET", path).json()
        data = document["data"]
        (data[1] if isinstance(data, list) else data)["attributes"]["threshold_amount"] = None
        found = {}
        for version in ("2026-04-16", "2026-11-19"):
            document["meta"]["api_version"] = version
            found[version] = bool(violations(name, document))
        assert found == {"2026-04-16": False, "2026-11-19": True}


def test_a_broken_list_is_rejected(local_api: Simulator) -> None:
    def is_rejected(spoil: Break) -> bool:
        document = ask(local_api, "GET", f"{TRUNKS}?page[size]=3").json()
        spoil(document)
        return bool(violations("trunks", document))

    assert not is_rejected(lambda d: None)
    assert is_rejected(lambda d: d.pop("links"))
    assert is_rejected(lambda d: d["links"].update(following=d["links"]["next"]))
    assert is_rejected(lambda d: d["meta"].pop("total_records"))
    assert is_rejected(lambda d: d["data"][1]["attributes"].update(rtp_ping=None))
    assert is_rejected(lambda d: d.update(data=d["data"][0]))


def of_did(**change: Any) -> Break:
    return lambda did: did.update(change)


def without_relationship(name: str) -> Break:
    return lambda did: did["relationships"].pop(name)


BROKEN_DIDS: dict[str, Break] = {
    **{f"without {name}": without_relationship(name) for name in DID_RELATIONSHIPS},
    "no relationships": lambda did: did.pop("relationships"),
    "an unknown relationship": lambda did: did["relationships"].update(trunk=did["relationships"]["order"]),
    "a list for a to-one relationship": lambda did: did["relationships"]["order"].update(data=[]),
    "linkage without a type": lambda did: did["relationships"]["order"].update(data={"id": DID}),
    "linkage alone": lambda did: did["relationships"].update(order={"data": None}),
    "links of another resource": lambda did: did["relationships"]["order"].update(relationship(TRUNK, "dids")),
    "an unknown attribute": lambda did: did["attributes"].update(colour="red"),
    "no blocked": lambda did: did["attributes"].pop("blocked"),
    "a number with a plus": lambda did: did["attributes"].update(number="+37061498222"),
    "another type": of_did(type="voice_out_trunks"),
    "an unknown member": of_did(meta={}),
}


@pytest.mark.parametrize("spoil", BROKEN_DIDS.values(), ids=BROKEN_DIDS)
def test_a_broken_did_is_rejected(local_api: Simulator, spoil: Break) -> None:
    document = ask(local_api, "GET", f"/dids/{DID}?include=order").json()
    trunks = ask(local_api, "GET", f"{TRUNKS}/{TRUNK}?include=dids").json()
    trunks["included"] = [copy.deepcopy(document["data"])]
    assert violations("did", document) == violations("trunk", trunks) == []
    spoil(document["data"])
    spoil(trunks["included"][0])
    assert violations("did", document)
    assert violations("trunk", trunks)


def test_only_a_sparse_did_may_lack_members(local_api: Simulator) -> None:
    document = ask(local_api, "GET", f"{TRUNKS}?include=dids&fields[dids]=number").json()
    assert violations("trunks, sparse dids", document) == []
    assert violations("trunks", document)
    assert violations("trunks, sparse voice_out_trunks", document)
    document["included"][0]["attributes"]["number"] = 1
    assert violations("trunks, sparse dids", document)


def test_only_a_sparse_trunk_may_lack_attributes(local_api: Simulator) -> None:
    document = ask(local_api, "GET", f"{TRUNKS}/{TRUNK}?fields[voice_out_trunks]=status").json()
    assert violations("trunk, sparse voice_out_trunks", document) == []
    assert violations("trunk", document)
    document["data"]["attributes"]["status"] = "paused"
    assert violations("trunk, sparse voice_out_trunks", document)


@pytest.mark.parametrize("spoil", BROKEN_ERRORS.values(), ids=BROKEN_ERRORS)
def test_broken_errors_are_rejected(spoil: Break) -> None:
    document = copy.deepcopy(REJECTED)
    spoil(document)
    assert violations("errors", document)
