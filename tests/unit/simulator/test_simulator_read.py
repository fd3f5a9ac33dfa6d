# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GET: keys, versions, documents, include, fields, filters, sort, pages."""

from __future__ import annotations

from typing import Any

import pytest
from simulator.server import Simulator

from ..conftest import DEFAULTS
from .conftest import MEDIA_TYPE, TRUNK, Client, with_readings

TRUNKS = "/voice_out_trunks"
EXAMPLE = "cf2e6377-fcaa-4416-8c8e-acd5f31a427f"
NAMES = [
    "Outbound trunk Name",
    "EU SBC",
    "Twilio London",
    "Carrier interconnect",
    "Voice product",
    "Any DID",
    "Emergency all",
]


def did(number: int) -> str:
    """Return the id of a DID in the seed."""
    return f"6b1f4c0a-0000-4000-8000-0000000000{number:02d}"


def names(client: Client, query: str, key: str = "local-key") -> list[str]:
    """Return the names of the listed trunks."""
    answer = client.get(f"{TRUNKS}?{query}", headers={"Api-Key": key})
    assert answer.status_code == 200, answer.text
    return [trunk["attributes"]["name"] for trunk in answer.json()["data"]]


def numbers(client: Client, path: str) -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return [item["attributes"]["number"] for item in answer.json()["data"]]


def test_the_document_of_a_trunk(client: Client) -> None:
    answer = client.get(f"{TRUNKS}/{TRUNK}", headers={"X-DIDWW-API-Version": "2026-04-16"})
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    url = f"{client.server.url}{TRUNKS}/{TRUNK}"
    assert answer.json() == {
        "data": {
            "id": TRUNK,
            "type": "voice_out_trunks",
            "attributes": {
                **DEFAULTS,  # DIDWW may add settings that its examples do not have
                "name": "EU SBC",
                "external_reference_id": "crm-0001",
                "authentication_method": {
                    "type": "credentials_and_ip",
                    "attributes": {
                        "allowed_sip_ips": ["203.0.113.1/32"],
                        "tech_prefix": None,
                        "username": "u4k2m",
                        "password": "s3cr3t",
                    },
                },
                "allowed_rtp_ips": None,
                "on_cli_mismatch_action": "reject_call",
                "capacity_limit": 30,
                "allow_any_did_as_cli": False,
                "status": "active",
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
            },
            "relationships": {
                name: {"links": {"self": f"{url}/relationships/{name}", "related": f"{url}/{name}"}}
                for name in ("dids", "emergency_dids")
            },
            "meta": {"spent_amount": "12.34"},
        },
        "meta": {"api_version": "2026-04-16"},
    }


# --- key, Outbound API, version, media type, path, method ---


@pytest.mark.parametrize("key", [None, "", "nobody", "Local-key", "Bearer local-key"])
def test_key(client: Client, key: str | None) -> None:
    answer = client.get(f"{TRUNKS}/{TRUNK}", headers={"Api-Key": key})
    assert answer.status_code == 401
    assert answer.json()["errors"] == [
        {"title": "Unauthorized", "detail": "Authorization failed", "code": "401", "status": "401"}
    ]


@pytest.mark.parametrize("path", [TRUNKS, f"{TRUNKS}/{TRUNK}", f"{TRUNKS}/{TRUNK}/dids"])
def test_without_the_outbound_api_no_trunk_is_read(client: Client, path: str) -> None:
    headers = {"Api-Key": "no-outbound-api-key"}
    assert client.get(path, headers=headers).status_code == 403
    assert client.get("/dids", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (None, "2022-05-10"),
        ("2022-05-10", "2022-05-10"),
        ("2026-04-16", "2026-04-16"),
        *[(unknown, "2022-05-10") for unknown in ("2026-04-17", "2099-01-01", "latest", "", "2026-04-16 ,x")],
    ],
)
def test_version(client: Client, asked: str | None, answered: str) -> None:
    for path in (TRUNKS, f"{TRUNKS}/{TRUNK}", "/dids"):
        answer = client.get(path, headers={"X-DIDWW-API-Version": asked})
        assert answer.json()["meta"]["api_version"] == answered


def test_version_older_than_that_of_the_account_is_ignored(server: Simulator, client: Client) -> None:
    server.reset({"accounts": [{"api_key": "local-key", "default_version": "2026-04-16"}]})
    for asked in ("2022-05-10", "2026-04-16", "2099-01-01", None):
        answer = client.get(TRUNKS, headers={"X-DIDWW-API-Version": asked})
        assert answer.json()["meta"]["api_version"] == "2026-04-16"


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (None, 200),
        ("*/*", 200),
        ("application/*", 200),
        (f"text/html, {MEDIA_TYPE};q=0.5", 200),
        (f"{MEDIA_TYPE};ext=a, {MEDIA_TYPE}", 200),
        ("application/json", 406),
        (f"{MEDIA_TYPE}; charset=utf-8", 406),
        (f"{MEDIA_TYPE};q=0", 406),
    ],
)
def test_accept(client: Client, accept: str | None, status: int) -> None:
    assert client.get(TRUNKS, headers={"Accept": accept}).status_code == status


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/balance",
        f"{TRUNKS}/",
        f"{TRUNKS}/{TRUNK}/",
        f"{TRUNKS}//{TRUNK}",
        f"/{TRUNKS}",
        f"{TRUNKS}/{TRUNK}/regenerate",
        f"{TRUNKS}/{TRUNK}/relationships",
        f"{TRUNKS}/{TRUNK}/relationships/numbers",
        f"/dids/{did(1)}/voice_out_trunks",
        f"/dids/{did(91)}",
        f"{TRUNKS}/3d9b7f52-2a61-4f0e-9c11-7f5a60b8e091",
        f"{TRUNKS}/{TRUNK.upper()}",
    ],
)
def test_not_found(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    assert answer.json()["errors"][0]["status"] == "404"


NOT_ALLOWED = [
    (method, path)
    for method in ("POST", "DELETE", "PUT", "PATCH", "OPTIONS", "TRACE")
    for path in (TRUNKS, f"{TRUNKS}/{TRUNK}", f"/dids/{did(1)}", f"{TRUNKS}/{TRUNK}/relationships/dids")
    if (method, path)
    not in (
        ("POST", TRUNKS),
        *((change, f"{TRUNKS}/{TRUNK}") for change in ("PUT", "PATCH", "DELETE")),
        *((change, f"/dids/{did(1)}") for change in ("PUT", "PATCH")),
    )
]


@pytest.mark.parametrize(("method", "path"), NOT_ALLOWED)
def test_methods(client: Client, method: str, path: str) -> None:
    before = names(client, "")
    answer = client.request(method, path, json={"data": {"type": "voice_out_trunks"}})
    assert answer.status_code == 405
    assert answer.json()["errors"][0]["status"] == "405"
    assert names(client, "") == before


# --- include and fields ---


def test_include(client: Client) -> None:
    answer = client.get(f"{TRUNKS}/{EXAMPLE}?include=dids,emergency_dids&fields[dids]=number").json()
    relationships = answer["data"]["relationships"]
    assert relationships["dids"]["data"] == [{"type": "dids", "id": did(n)} for n in (1, 2)]
    assert relationships["emergency_dids"]["data"] == [{"type": "dids", "id": did(3)}]
    assert answer["included"] == [
        {"id": did(n), "type": "dids", "attributes": {"number": f"3706149822{n + 1}"}} for n in (1, 2, 3)
    ]


def test_without_include_a_relationship_has_only_links(client: Client) -> None:
    relationships = client.get(f"{TRUNKS}/{EXAMPLE}?include=emergency_dids").json()["data"]["relationships"]
    assert "data" not in relationships["dids"]
    assert "data" in relationships["emergency_dids"]


def test_included_without_duplicates_in_a_list(server: Simulator, client: Client) -> None:
    server.put_trunk(TRUNK, dids=[did(2), did(1)], emergency_dids=[did(1)])
    included = client.get(f"{TRUNKS}?include=dids,emergency_dids").json()["included"]
    assert sorted(item["id"] for item in included) == [did(n) for n in range(1, 7)]


@pytest.mark.parametrize(
    ("fields", "attributes", "relationships"),
    [("name", ["name"], []), ("status,dids,name", ["name", "status"], ["dids"]), ("", [], [])],
)
def test_fields(client: Client, fields: str, attributes: list[str], relationships: list[str]) -> None:
    for path in (f"{TRUNKS}/{TRUNK}", TRUNKS):
        data = client.get(f"{path}?fields[voice_out_trunks]={fields}").json()["data"]
        resource = data[0] if isinstance(data, list) else data
        assert list(resource["attributes"]) == attributes
        assert list(resource.get("relationships", {})) == relationships


# --- filters, sorting, paging ---


FILTERS: list[tuple[str, list[str]]] = [
    ("filter[name]=EU SBC", ["EU SBC"]),
    ("filter[name]=eu sbc", []),
    ("filter[name]=EU", []),
    ("filter[name]=", []),
    ("filter[name_contains]=o", ["Outbound trunk Name", "Twilio London", "Carrier interconnect", "Voice product"]),
    ("filter[name_contains]=nothing like it", []),
    ("filter[external_reference_id]=crm-0002", ["Twilio London"]),
    ("filter[external_reference_id]=crm", []),
    ("filter[status]=blocked", ["Outbound trunk Name"]),
    ("filter[status]=paused", []),
    ("filter[on_cli_mismatch_action]=reject_call", ["EU SBC"]),
    ("filter[allow_any_did_as_cli]=true", ["Any DID"]),
    ("filter[threshold_reached]=false", [name for name in NAMES if name != "Any DID"]),
    ("filter[default_dst_action]=reject_all", ["Carrier interconnect"]),
    ("filter[media_encryption_mode]=srtp_sdes", ["Twilio London"]),
    ("filter[authentication_method.type]=ip_only", ["Carrier interconnect"]),
    ("filter[authentication_method.type]=ip_only,twilio", ["Twilio London", "Carrier interconnect"]),
    ("filter[status]=blocked&filter[name]=EU SBC", []),
]


@pytest.mark.parametrize(("query", "found"), FILTERS)
def test_filters(client: Client, query: str, found: list[str]) -> None:
    assert names(client, query) == found
    assert client.get(f"{TRUNKS}?{query}").json()["meta"]["total_records"] == len(found)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("filter[name]=EU SBC,Any DID", ["EU SBC", "Any DID"]),
        ('filter[name]="EU SBC,Any DID"', []),
        ("filter[name_contains]=Twilio,SBC", ["EU SBC", "Twilio London"]),
        ("filter[on_cli_mismatch_action]=reject_call,replace_cli", ["EU SBC", "Emergency all"]),
        ("filter[status]=blocked,paused", ["Outbound trunk Name"]),
    ],
)
def test_filters_accept_lists_only_with_the_reading(
    server: Simulator, client: Client, query: str, found: list[str]
) -> None:
    answer = client.get(f"{TRUNKS}?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "107")
    with_readings(server, "csv_filters")
    assert names(client, query) == found


def test_filter_by_quoted_name(server: Simulator, client: Client) -> None:
    with_readings(server, "csv_filters")
    server.put_trunk(TRUNK, attributes={"name": "A, B"})
    assert names(client, 'filter[name]="A, B"') == ["A, B"]
    assert names(client, "filter[name]=A, B") == []


def test_filter_by_id(server: Simulator, client: Client) -> None:
    answer = client.get(f"{TRUNKS}?filter[id]={TRUNK}")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "102")
    with_readings(server, "filter_by_id")
    assert names(client, f"filter[id]={TRUNK}") == ["EU SBC"]
    assert names(client, f"filter[id]={TRUNK},{EXAMPLE},{did(1)}") == ["Outbound trunk Name", "EU SBC"]
    assert names(client, "filter[id]=3d9b7f52-2a61-4f0e-9c11-7f5a60b8e091") == []  # in another account


def test_filter_by_default_did(server: Simulator, client: Client) -> None:
    assert names(client, f"filter[default_did.id]={did(1)}") == []
    server.put_trunk(TRUNK, default_did=did(1))
    assert names(client, f"filter[default_did.id]={did(1)}") == ["EU SBC"]
    for foreign in (did(91), did(99), f"{did(1)},{did(2)}"):
        answer = client.get(f"{TRUNKS}?filter[default_did.id]={foreign}")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "107")


@pytest.mark.parametrize("action", ["replace_cli", "randomize_cli"])
def test_filter_by_an_action_needs_the_feature(client: Client, action: str) -> None:
    path = f"{TRUNKS}?filter[on_cli_mismatch_action]={action}"
    assert client.get(path).status_code == 200
    answer = client.get(path, headers={"Api-Key": "no-features-key"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "107")
    assert names(client, "filter[on_cli_mismatch_action]=send_original_cli", "no-features-key") == ["Without features"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort=name", sorted(NAMES)),
        ("sort=-name", sorted(NAMES, reverse=True)),
        ("sort=-created_at&page[size]=2", ["Emergency all", "Any DID"]),
        ("sort=external_reference_id&page[size]=3", ["EU SBC", "Twilio London", "Outbound trunk Name"]),
        ("sort=-threshold_reached,name&page[size]=2", ["Any DID", "Carrier interconnect"]),
        ("sort=-allow_any_did_as_cli,-name&page[size]=2", ["Any DID", "Voice product"]),
        ("", NAMES),
    ],
)
def test_sort(client: Client, query: str, expected: list[str]) -> None:
    assert names(client, query) == expected


def test_pages(client: Client) -> None:
    path = f"{client.server.url}{TRUNKS}?page[size]=3&filter[status]=active&sort=name&include=dids"
    seen: list[str] = []
    pages = 0
    url: str | None = path
    while url is not None:
        document = client.session.get(url).json()
        assert document["meta"]["total_records"] == 6
        links = document["links"]
        assert {"first", "last"} <= set(links)
        seen += [trunk["attributes"]["name"] for trunk in document["data"]]
        url = links.get("next")
        pages += 1
    assert pages == 2
    assert seen == sorted(name for name in NAMES if name != "Outbound trunk Name")
    assert "prev" in links
    first = client.session.get(links["first"]).json()
    assert [trunk["attributes"]["name"] for trunk in first["data"]] == seen[:3]


@pytest.mark.parametrize("query", ["page[number]=2", "page[number]=9&page[size]=1000"])
def test_page_past_the_end_is_empty(client: Client, query: str) -> None:
    document = client.get(f"{TRUNKS}?{query}").json()
    assert document["data"] == []
    assert document["meta"]["total_records"] == len(NAMES)
    assert "next" not in document["links"]


def test_page_of_dids_has_at_most_100() -> None:
    dids = [{"id": f"6b1f4c0a-0000-4000-8000-{n:012d}", "number": f"3706149{n:04d}"} for n in range(101)]
    trunk = {"id": TRUNK, "dids": [did["id"] for did in dids]}
    with Simulator({"api_keys": ["local-key"], "dids": dids, "trunks": [trunk]}, rate=0) as many:
        client = Client(many)
        with client.session:
            for path in ("/dids", f"{TRUNKS}/{TRUNK}/dids"):
                assert len(numbers(client, path)) == 50
                assert len(numbers(client, f"{path}?page[size]=100")) == 100
                assert numbers(client, f"{path}?page[size]=100&page[number]=2") == ["37061490100"]
                answer = client.get(f"{path}?page[size]=101")
                assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "118")


def test_page_size_is_50_by_default() -> None:
    trunks = [{"attributes": {"name": f"T{number:04d}"}} for number in range(1001)]
    with Simulator({"api_keys": ["local-key"], "trunks": trunks}, rate=0) as many:
        client = Client(many)
        with client.session:
            assert len(names(client, "")) == 50
            full = client.get(f"{TRUNKS}?page[size]=1000").json()
            assert len(full["data"]) == 1000
            assert names(client, "page[size]=1000&page[number]=2") == ["T1000"]


INVALID: list[tuple[str, list[str]]] = [
    (f"{TRUNKS}?filter[Name]=x&filter[name ]=y", ["102", "102"]),
    (f"{TRUNKS}?filter[name][]=x", ["102"]),
    (f"{TRUNKS}?filter[allow_any_did_as_cli]=yes", ["107"]),
    (f"{TRUNKS}?filter[number]=1", ["102"]),
    (f"{TRUNKS}?filter=x", ["105"]),
    (f"{TRUNKS}?limit=5", ["105"]),
    (f"{TRUNKS}?page[limit]=5", ["105"]),
    (f"{TRUNKS}?page=5", ["117"]),
    *[(f"{TRUNKS}?page[size]={size}", ["118"]) for size in ("0", "1001", "-1", "x", "", "1.5")],
    (f"{TRUNKS}?page[number]=0", ["118"]),
    (f"{TRUNKS}?sort=spent", ["114"]),
    (f"{TRUNKS}?sort=name,-status,capacity_limit,rtp_timeout", ["114", "114", "114"]),
    (f"{TRUNKS}?include=default_did", ["112"]),
    (f"{TRUNKS}?fields[voice_out_trunks]=default_did", ["104"]),
    (f"{TRUNKS}?include=numbers,dids", ["112"]),
    (f"{TRUNKS}?include=dids, emergency_dids", ["112"]),
    (f"{TRUNKS}?fields[voice_out_trunks]=name,colour", ["104"]),
    (f"{TRUNKS}?fields[dids]=digits", ["104"]),
    (f"{TRUNKS}?fields[trunks]=name", ["101"]),
    (f"{TRUNKS}?include=x&sort=y&page[size]=0", ["112", "114", "118"]),
    (f"{TRUNKS}/{TRUNK}?sort=name", ["105"]),
    (f"{TRUNKS}/{TRUNK}?filter[name]=x", ["105"]),
    (f"{TRUNKS}/{TRUNK}?include=x", ["112"]),
    ("/dids?filter[voice_out_trunk.id]=x", ["102"]),
    ("/dids?filter[blocked]=1", ["107"]),
    ("/dids?sort=emergency_enabled", ["114"]),
    ("/dids?include=trunk", ["112"]),
    ("/dids?include=voice_in_trunk.pops", ["112"]),
    ("/dids?fields[dids]=trunk", ["104"]),
    (f"/dids/{did(1)}?page[size]=1", ["105"]),
]


@pytest.mark.parametrize(("path", "codes"), INVALID)
def test_invalid_queries(client: Client, path: str, codes: list[str]) -> None:
    answer = client.get(path)
    assert answer.status_code == 400
    assert [error["code"] for error in answer.json()["errors"]] == codes


# --- DIDs ---


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/dids?filter[number]=37061498222", ["37061498222"]),
        ("/dids?filter[number]=%2B37061498222", []),
        ("/dids?filter[number]=3706149822", []),
        ("/dids?filter[number]=37061498222,12125550100&fields[dids]=number", ["12125550100", "37061498222"]),
        ("/dids?filter[number]=37052140001", []),  # in another account
        ("/dids?page[size]=3&page[number]=2", ["37061498222", "37061498223", "37061498224"]),  # sorted by number
        (f"/dids?filter[id]={did(4)},{did(91)},{did(2)}", ["37061498223", "442071838750"]),
        ("/dids?filter[blocked]=true", []),
        ("/dids?filter[emergency_enabled]=true&page[size]=1", ["12125550100"]),
        ("/dids?filter[description]=desk", []),
        ("/dids?sort=-number&page[size]=1", ["61280000001"]),
        ("/dids?sort=number&page[size]=1", ["12125550100"]),
        (f"{TRUNKS}/{EXAMPLE}/dids", ["37061498222", "37061498223"]),
        (f"{TRUNKS}/{EXAMPLE}/emergency_dids", ["37061498224"]),
        (f"{TRUNKS}/{TRUNK}/dids", []),
    ],
)
def test_dids(client: Client, path: str, found: list[str]) -> None:
    assert numbers(client, path) == found


def test_one_did(client: Client) -> None:
    data: dict[str, Any] = client.get(f"/dids/{did(4)}").json()["data"]
    del data["relationships"]
    assert data == {
        "id": did(4),
        "type": "dids",
        "attributes": {
            "number": "442071838750",
            "blocked": False,
            "awaiting_registration": False,
            "terminated": False,
            "emergency_enabled": True,
            "description": None,
            "capacity_limit": None,
            "channels_included_count": 2,
            "dedicated_channels_count": 0,
            "billing_cycles_count": None,
            "expires_at": None,
            "created_at": "2025-04-01T10:00:00.000Z",
        },
    }


def test_dids_by_attributes(server: Simulator, client: Client) -> None:
    attributes: list[dict[str, Any]] = [
        {"description": "front desk", "billing_cycles_count": 3},
        {"blocked": True, "billing_cycles_count": 0},
        {"description": "back office", "expires_at": "2026-01-01T00:00:00.000Z"},
    ]
    dids = [{"id": did(n), "number": f"3705{n}", "attributes": values} for n, values in enumerate(attributes)]
    server.reset({"api_keys": ["local-key"], "dids": dids})
    assert numbers(client, "/dids?filter[description]=desk") == ["37050"]
    assert numbers(client, "/dids?filter[blocked]=true") == ["37051"]
    assert numbers(client, "/dids?filter[billing_cycles_count]=0,3") == ["37050", "37051"]
    assert numbers(client, "/dids?sort=description,-number") == ["37052", "37050", "37051"]
    answer = client.get(f"/dids/{did(1)}?fields[dids]=number,blocked").json()
    assert answer["data"]["attributes"] == {"number": "37051", "blocked": True}


def test_linkage(client: Client) -> None:
    document = client.get(f"{TRUNKS}/{EXAMPLE}/relationships/dids").json()
    assert document["data"] == [{"type": "dids", "id": did(n)} for n in (1, 2)]
    assert document["links"]["related"] == f"{client.server.url}{TRUNKS}/{EXAMPLE}/dids"


# Of OpenAPI, 2026-04-16.
DID_RELATIONSHIPS = [
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
]


@pytest.mark.parametrize("path", ["/dids", f"/dids/{did(2)}"])
def test_relationships_of_a_did(client: Client, path: str) -> None:
    def relationships(query: str) -> dict[str, Any]:
        document = client.get(f"{path}?{query}").json()
        data = document["data"]
        resource = data if isinstance(data, dict) else next(item for item in data if item["id"] == did(2))
        return dict(resource.get("relationships", {}))

    plain = relationships("")
    assert list(plain) == DID_RELATIONSHIPS
    url = f"{client.server.url}/dids/{did(2)}"
    assert plain["order"] == {"links": {"self": f"{url}/relationships/order", "related": f"{url}/order"}}
    for name in DID_RELATIONSHIPS:
        included = relationships(f"include={name}")
        assert included == {**plain, name: {**plain[name], "data": None}}
    assert "included" in client.get(f"{path}?include=order").json()
    assert relationships("fields[dids]=number") == {}
    assert relationships("fields[dids]=order&include=order,identity") == {"order": {**plain["order"], "data": None}}


def test_an_included_did_has_its_relationships(client: Client) -> None:
    included = client.get(f"{TRUNKS}/{EXAMPLE}?include=dids").json()["included"]
    assert [list(found["relationships"]) for found in included] == [DID_RELATIONSHIPS] * 2
    assert "data" not in included[0]["relationships"]["order"]
