# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GET: keys, versions, documents, include, fields, filters, sort, pages.

All unit tests check the documents with a schema, and test_schema.py compares a trunk with DIDWW's example.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from simulator.server import Simulator

from ..conftest import DEFAULTS, TRUNK
from ..contract.schema import SCHEMA
from .conftest import (
    EXAMPLE,
    IP_ONLY,
    MEDIA_TYPE,
    OF,
    OLD,
    OLDEST,
    REGENERATION,
    TRUNKS,
    UNKNOWN_TYPE,
    Client,
    codes,
    did,
    with_account,
)

NAMES = [
    "Outbound trunk Name",
    "EU SBC",
    "Twilio London",
    "Carrier interconnect",
    "Voice product",
    "Any DID",
    "Emergency all",
]
# OpenAPI, 2026-04-16.
DID_RELATIONSHIPS = [*SCHEMA["$defs"]["sparse_did_resource"]["properties"]["relationships"]["properties"]]


def values(client: Client, path: str, name: str = "name", **headers: str) -> list[Any]:
    """Return an attribute of the listed resources."""
    answer = client.get(path, **headers)
    assert answer.status_code == 200, answer.text
    return [found["attributes"][name] for found in answer.json()["data"]]


# --- key, version, media type, path, method ---


@pytest.mark.parametrize("key", [None, "", "nobody", "Local-key", "Bearer local-key"])
def test_key(client: Client, key: str | None) -> None:
    answer = client.get(f"{TRUNKS}/{TRUNK}", Api_Key=key)
    error = {"title": "Unauthorized", "detail": "Authorization failed", "code": "401", "status": "401"}
    assert (answer.status_code, answer.json()["errors"]) == (401, [error])


def test_without_the_outbound_api_no_trunk_is_read(client: Client) -> None:
    for path in (TRUNKS, f"{TRUNKS}/{TRUNK}", f"{TRUNKS}/{TRUNK}/dids"):
        assert client.get(path, Api_Key="no-outbound-api-key").status_code == 403
    for path, key in (("/dids", "no-outbound-api-key"), (f"{TRUNKS}/{OF['read-only-key']}", "read-only-key")):
        assert client.get(path, Api_Key=key).status_code == 200


@pytest.mark.parametrize("default", [OLDEST, OLD])
@pytest.mark.parametrize("asked", [None, OLDEST, OLD, "2026-04-17", "2099-01-01", "latest", "", "2026-04-16 ,x"])
def test_version(server: Simulator, client: Client, default: str, asked: str | None) -> None:
    with_account(server, default_version=default)
    for path in (TRUNKS, f"{TRUNKS}/{TRUNK}", "/dids"):
        version = client.get(path, X_DIDWW_API_Version=asked).json()["meta"]["api_version"]
        assert version == (OLD if OLD in (asked, default) else OLDEST)


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        *[(accept, 200) for accept in (None, "*/*", "application/*", f"text/html, {MEDIA_TYPE};q=0.5")],
        (f"{MEDIA_TYPE};ext=a, {MEDIA_TYPE}", 200),
        *[(accept, 406) for accept in ("application/json", f"{MEDIA_TYPE}; charset=utf-8", f"{MEDIA_TYPE};q=0")],
    ],
)
def test_accept(client: Client, accept: str | None, status: int) -> None:
    assert client.get(TRUNKS, Accept=accept).status_code == status


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "/balance", f"/{TRUNKS}", f"{TRUNKS}/", f"{TRUNKS}//{TRUNK}", f"{REGENERATION}/x"),
        *(f"{TRUNKS}/{TRUNK}{rest}" for rest in ("/", "/regenerate", "/relationships", "/relationships/numbers")),
        *(f"{TRUNKS}/{TRUNK}{rest}" for rest in ("/default_did", "/relationships/default_did", "/links/dids")),
        *(f"{TRUNKS}/{trunk_id}{rest}" for trunk_id in (OF["read-only-key"], TRUNK.upper()) for rest in ("", "/dids")),
        *(f"/dids/{did(1)}{rest}" for rest in ("/voice_out_trunks", "/order", "/relationships/order")),
        f"/dids/{did(91)}",
    ],
)
def test_not_found(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, MEDIA_TYPE)
    assert answer.json()["errors"][0]["status"] == "404"
    outside = client.server.url.removesuffix("/v3")
    assert client.get(outside + TRUNKS).status_code == 404


def test_methods(server: Simulator, client: Client) -> None:
    before = server.trunks
    trunk = f"{TRUNKS}/{TRUNK}"
    allowed = {
        TRUNKS: ("POST",),
        trunk: ("PUT", "PATCH", "DELETE"),
        REGENERATION: ("POST",),
        f"/dids/{did(1)}": ("PUT", "PATCH"),
        **dict.fromkeys(("/dids", "/pops", f"{trunk}/relationships/dids", f"{trunk}/dids"), ()),
    }
    for path, methods in allowed.items():
        for verb in {"GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS", "TRACE"} - {*methods}:
            if verb == "GET" and "regenerate" not in path:
                continue
            answer = client.ask(verb, path, {"data": {}})
            assert (answer.status_code, answer.json()["errors"][0]["status"]) == (405, "405"), (verb, path)
            assert answer.json()["errors"][0]["detail"] == f"{verb} is not allowed here."
    assert server.trunks == before


# --- include and fields ---


def test_include(server: Simulator, client: Client) -> None:
    path = f"{TRUNKS}/{EXAMPLE}?include=dids,emergency_dids&fields[dids]=number"
    answer = client.get(path).json()
    relationships = answer["data"]["relationships"]
    assert relationships["dids"]["data"] == [{"type": "dids", "id": did(n)} for n in (1, 2)]
    assert relationships["emergency_dids"]["data"] == [{"type": "dids", "id": did(3)}]
    assert answer["included"] == [
        {"id": did(n), "type": "dids", "attributes": {"number": f"3706149822{n + 1}"}} for n in (1, 2, 3)
    ]
    one = client.get(f"{TRUNKS}/{EXAMPLE}?include=emergency_dids").json()["data"]["relationships"]
    assert ("data" in one["dids"], "data" in one["emergency_dids"]) == (False, True)
    nested = client.get(f"{TRUNKS}/{EXAMPLE}?include=dids.order,emergency_dids").json()["included"]
    assert ["data" in found["relationships"]["order"] for found in nested] == [True, True, False]
    # In a list, each is included once.
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


def test_the_members_of_a_document(client: Client) -> None:
    data = client.get(f"{TRUNKS}/{TRUNK}").json()["data"]
    assert (list(data["attributes"]), data["meta"]) == (list(DEFAULTS), {"spent_amount": "12.34"})
    url = f"{client.server.url}{TRUNKS}/{TRUNK}"
    for name in ("dids", "emergency_dids"):
        links = {"self": f"{url}/relationships/{name}", "related": f"{url}/{name}"}
        assert data["relationships"][name] == {"links": links}
        assert client.get(f"{TRUNKS}/{TRUNK}/relationships/{name}").json()["links"] == links
    linkage = client.get(f"{TRUNKS}/{EXAMPLE}/relationships/dids").json()
    assert linkage["data"] == [{"type": "dids", "id": did(n)} for n in (1, 2)]


@pytest.mark.parametrize("path", ["/dids", f"/dids/{did(2)}"])
def test_relationships_of_a_did(client: Client, path: str) -> None:
    def relationships(query: str) -> dict[str, Any]:
        document = client.get(f"{path}?{query}").json()
        assert ("included" in document) is ("include=" in query)
        data = document["data"]
        resource = data if isinstance(data, dict) else next(item for item in data if item["id"] == did(2))
        return dict(resource.get("relationships", {}))

    plain = relationships("")
    assert list(plain) == DID_RELATIONSHIPS
    url = f"{client.server.url}/dids/{did(2)}"
    assert plain["order"] == {"links": {"self": f"{url}/relationships/order", "related": f"{url}/order"}}
    for name in DID_RELATIONSHIPS:
        assert relationships(f"include={name}") == {**plain, name: {**plain[name], "data": None}}
    assert relationships("fields[dids]=number") == {}
    assert relationships("fields[dids]=order&include=order,identity") == {"order": {**plain["order"], "data": None}}
    included = client.get(f"{TRUNKS}/{EXAMPLE}?include=dids").json()["included"]
    assert [list(found["relationships"]) for found in included] == [DID_RELATIONSHIPS] * 2
    assert "data" not in included[0]["relationships"]["order"]


# --- filters and sort ---

FOUND: list[tuple[str, list[str]]] = [
    ("", NAMES),
    ("filter[name]=EU SBC", ["EU SBC"]),
    *[(f"filter[name]={text}", []) for text in ("eu sbc", "EU", "")],
    ("filter[name_contains]=o", ["Outbound trunk Name", "Twilio London", "Carrier interconnect", "Voice product"]),
    ("filter[name_contains]=nothing like it", []),
    ("filter[external_reference_id]=crm-0002", ["Twilio London"]),
    ("filter[external_reference_id]=crm", []),
    ("filter[status]=blocked", ["Outbound trunk Name"]),
    ("filter[status]=paused", []),
    ("filter[on_cli_mismatch_action]=reject_call", ["EU SBC"]),
    ("filter[on_cli_mismatch_action]=replace_cli", ["Emergency all"]),
    ("filter[allow_any_did_as_cli]=true", ["Any DID"]),
    ("filter[threshold_reached]=true", ["Any DID"]),
    ("filter[threshold_reached]=false", [name for name in NAMES if name != "Any DID"]),
    ("filter[default_dst_action]=reject_all", ["Carrier interconnect"]),
    ("filter[media_encryption_mode]=srtp_sdes", ["Twilio London"]),
    ("filter[authentication_method.type]=ip_only", ["Carrier interconnect"]),
    ("filter[authentication_method.type]=ip_only,twilio", ["Twilio London", "Carrier interconnect"]),
    ("filter[status]=blocked&filter[name]=EU SBC", []),
    (f"filter[default_did.id]={did(1)}", ["Carrier interconnect"]),  # the test links it
    ("sort=name", sorted(NAMES)),
    ("sort=-name", sorted(NAMES, reverse=True)),
    ("sort=-created_at&page[size]=2", ["Emergency all", "Any DID"]),
    ("sort=external_reference_id&page[size]=3", ["EU SBC", "Twilio London", "Outbound trunk Name"]),
    ("sort=-threshold_reached,name&page[size]=2", ["Any DID", "Carrier interconnect"]),
    ("sort=-allow_any_did_as_cli,-name&page[size]=2", ["Any DID", "Voice product"]),
    ("page[number]=2&page[size]=6", ["Emergency all"]),
    *[(query, []) for query in ("page[number]=2", "page[number]=9&page[size]=1000", "page[number]=999999999")],
]
# With a reading of the account. Without it, the error has the code.
WITH_READING: list[tuple[str, str, str, list[str]]] = [
    ("csv_filters", "107", "filter[name]=EU SBC,Any DID", ["EU SBC", "Any DID"]),
    ("csv_filters", "107", 'filter[name]="EU SBC,Any DID"', []),
    ("csv_filters", "107", 'filter[name]="A, B"', ["A, B"]),  # the test renames Voice product
    ("csv_filters", "107", "filter[name]=A, B", []),
    ("csv_filters", "107", 'filter[name]="A', []),  # not CSV
    ("csv_filters", "107", "filter[name_contains]=Twilio,SBC", ["EU SBC", "Twilio London"]),
    ("csv_filters", "107", "filter[on_cli_mismatch_action]=reject_call,replace_cli", ["EU SBC", "Emergency all"]),
    ("csv_filters", "107", "filter[status]=blocked,paused", ["Outbound trunk Name"]),
    ("filter_by_id", "102", f"filter[id]={TRUNK}", ["EU SBC"]),
    ("filter_by_id", "102", f"filter[id]={TRUNK},{EXAMPLE},{did(1)}", ["Outbound trunk Name", "EU SBC"]),
    ("filter_by_id", "102", f"filter[id]={OF['openapi-key']}", []),  # in another account
]


def test_lists_of_trunks(server: Simulator, client: Client) -> None:
    server.put_trunk(IP_ONLY, default_did=did(1))
    for query, found in FOUND:
        assert values(client, f"{TRUNKS}?{query}") == found, query
        total = len(NAMES) if "filter" not in query else len(found)
        assert client.get(f"{TRUNKS}?{query}").json()["meta"]["total_records"] == total
    key = "no-features-key"
    sent = "filter[on_cli_mismatch_action]"
    assert values(client, f"{TRUNKS}?{sent}=send_original_cli", Api_Key=key) == ["Without features"]
    for action in ("replace_cli", "randomize_cli"):
        assert codes(client.get(f"{TRUNKS}?{sent}={action}", Api_Key=key)) == ["107"]


@pytest.mark.parametrize(("reading", "code", "query", "found"), WITH_READING)
def test_filters_that_need_a_reading(
    server: Simulator, client: Client, reading: str, code: str, query: str, found: list[str]
) -> None:
    assert codes(client.get(f"{TRUNKS}?{query}")) == [code]
    with_account(server, readings=[reading])
    server.put_trunk(UNKNOWN_TYPE, attributes={"name": "A, B"})
    assert values(client, f"{TRUNKS}?{query}") == found


DIDS: list[dict[str, Any]] = [
    {"number": "37061498222", "attributes": {"description": "front desk", "billing_cycles_count": 3}},
    {"number": "12125550100", "attributes": {"blocked": True, "billing_cycles_count": 0, "capacity_limit": 7}},
    {"number": "442071838750", "attributes": {"description": "back", "expires_at": "2026-01-01T00:00:00.000Z"}},
    {"number": "61280000001", "attributes": {"terminated": True, "dedicated_channels_count": 9}},
    {"number": "493012345678", "attributes": {"awaiting_registration": True, "emergency_enabled": False}},
    {"number": "37052140001", "account": "other"},
]
# The index of each DID that is found.
FOUND_DIDS: list[tuple[str, list[int]]] = [
    ("/dids", [1, 0, 2, 4, 3]),  # sorted by number
    ("/dids?filter[number]=37061498222", [0]),
    *[(f"/dids?filter[number]={number}", []) for number in ("%2B37061498222", "3706149822", "37052140001")],
    ("/dids?filter[number]=37061498222,12125550100", [1, 0]),
    ("/dids?page[size]=3&page[number]=2", [4, 3]),
    (f"/dids?filter[id]={did(3)},{did(6)},{did(1)}", [0, 2]),
    ("/dids?filter[blocked]=true", [1]),
    ("/dids?filter[blocked]=false", [0, 2, 4, 3]),
    ("/dids?filter[terminated]=true", [3]),
    ("/dids?filter[awaiting_registration]=true", [4]),
    ("/dids?filter[emergency_enabled]=false", [4]),
    ("/dids?filter[description]=desk", [0]),
    ("/dids?filter[billing_cycles_count]=0,3", [1, 0]),
    ("/dids?sort=-number", [3, 4, 2, 0, 1]),
    ("/dids?sort=description,-number", [2, 0, 3, 4, 1]),
    ("/dids?sort=-blocked,number", [1, 0, 2, 4, 3]),
    ("/dids?sort=-awaiting_registration,-terminated,number", [4, 3, 1, 0, 2]),
    ("/dids?sort=expires_at,number", [2, 1, 0, 4, 3]),
    ("/dids?sort=billing_cycles_count&page[size]=2", [1, 0]),
    ("/dids?sort=capacity_limit&page[size]=1", [1]),
    ("/dids?sort=-dedicated_channels_count,channels_included_count,created_at&page[size]=1", [3]),
    (f"{TRUNKS}/{TRUNK}/dids?filter[blocked]=true", [1]),
    (f"{TRUNKS}/{TRUNK}/dids?page[size]=1&page[number]=2", [0]),
    (f"{TRUNKS}/{TRUNK}/emergency_dids", []),
]


def test_lists_of_dids(server: Simulator, client: Client) -> None:
    dids = [{"id": did(number), **entry} for number, entry in enumerate(DIDS, 1)]
    trunk = {"id": TRUNK, "dids": [did(1), did(2)]}
    server.reset({"api_keys": ["local-key", "other"], "dids": dids, "trunks": [trunk]})
    for path, found in FOUND_DIDS:
        assert values(client, path, "number") == [DIDS[index]["number"] for index in found], path
    data = client.get(f"/dids/{did(5)}").json()["data"]
    assert (data["id"], data["type"], "meta" in data) == (did(5), "dids", False)
    assert data["attributes"] == {
        **dict.fromkeys(("description", "capacity_limit", "billing_cycles_count", "expires_at")),
        **dict.fromkeys(("blocked", "terminated"), False),
        "number": "493012345678",
        "channels_included_count": 2,
        "dedicated_channels_count": 0,
        "created_at": "2025-04-01T10:00:00.000Z",
        **DIDS[4]["attributes"],
    }


# --- pages ---


def page_of(link: str) -> tuple[str, str]:
    """Return the number and the size of the page in a link."""
    query = dict(parse_qsl(urlsplit(link).query))
    return query["page[number]"], query["page[size]"]


def test_pages(client: Client) -> None:
    seen: list[list[str]] = []
    url: str | None = f"{TRUNKS}?page[size]=3&filter[status]=active&sort=name&include=dids"
    while url is not None:
        document = client.get(url).json()
        seen.append([trunk["attributes"]["name"] for trunk in document["data"]])
        assert document["meta"]["total_records"] == 6
        links = document["links"]
        assert ("next" in links, "prev" in links) == (len(seen) == 1, len(seen) == 2)
        numbers = {"first": 1, "prev": 1, "last": 2, "next": 2}
        assert all(page_of(link) == (str(numbers[name]), "3") for name, link in links.items())
        url = links.get("next")
    assert [len(page) for page in seen] == [3, 3]
    assert [name for page in seen for name in page] == sorted(name for name in NAMES if name != "Outbound trunk Name")
    assert values(client, links["first"]) == seen[0]
    for query, prev, last in (
        ("page[number]=9", 1, 1),
        ("page[number]=9&page[size]=2", 4, 4),
        ("filter[name]=x", 0, 1),
    ):
        links = client.get(f"{TRUNKS}?{query}").json()["links"]
        found = [page_of(links[name])[0] for name in ("last", "prev", "next") if name in links]
        assert found == [str(last), *([str(prev)] if prev else [])]


@pytest.mark.parametrize(("path", "most"), [("/dids", 100), (f"{TRUNKS}/{TRUNK}/dids", 100), (TRUNKS, 1000)])
def test_sizes_of_pages(path: str, most: int) -> None:
    dids = [{"id": f"6b1f4c0a-0000-4000-8000-{n:012d}", "number": f"3706149{n:04d}"} for n in range(101)]
    trunks = [{"attributes": {"name": f"T{n:04d}"}} for n in range(1000)]
    trunk = {"id": TRUNK, "dids": [did["id"] for did in dids]}
    with Simulator({"api_keys": ["local-key"], "dids": dids, "trunks": [*trunks, trunk]}, rate=0) as many:
        client = Client(many)
        with client.session:
            for query, size in (("", 50), (f"?page[size]={most}", most), (f"?page[size]={most}&page[number]=2", 1)):
                assert len(client.get(path + query).json()["data"]) == size
            assert codes(client.get(f"{path}?page[size]={most + 1}")) == ["118"]


# --- invalid queries ---

INVALID: list[tuple[str, list[str]]] = [
    (f"{TRUNKS}?filter[Name]=x&filter[name ]=y", ["102", "102"]),
    *[(f"{TRUNKS}?filter[{name}]=1", ["102"]) for name in ("name][", "number", "capacity_limit", "id")],
    *[(f"{TRUNKS}?filter[{name}]=yes", ["107"]) for name in ("allow_any_did_as_cli", "threshold_reached")],
    *[(f"{TRUNKS}?filter[name]={text}", ["107"]) for text in ("a,b", 'a"b')],
    *[(f"{TRUNKS}?filter[default_did.id]={text}", ["107"]) for text in (did(91), did(99), f"{did(1)},{did(2)}")],
    *[(f"{TRUNKS}?{query}", ["105"]) for query in ("filter=x", "fields=x", "limit=5", "page[limit]=5", "include[a]=x")],
    (f"{TRUNKS}?page=5", ["117"]),
    *[(f"{TRUNKS}?page[size]={size}", ["118"]) for size in ("0", "1001", "-1", "x", "", "1.5", "1000000000000")],
    *[(f"{TRUNKS}?page[number]={number}", ["118"]) for number in ("0", "1000000000")],
    (f"{TRUNKS}?sort=spent", ["114"]),
    (f"{TRUNKS}?sort=name,-status,capacity_limit,rtp_timeout", ["114"] * 3),
    *[
        (f"{TRUNKS}?include={name}", ["112"])
        for name in ("default_did", "numbers,dids", "dids, emergency_dids", "dids.order.x")
    ],
    *[(f"{TRUNKS}?fields[voice_out_trunks]={name}", ["104"]) for name in ("default_did", "name,colour")],
    (f"{TRUNKS}?fields[dids]=digits", ["104"]),
    (f"{TRUNKS}?fields[trunks]=name", ["101"]),
    (f"{TRUNKS}?include=x&sort=y&page[size]=0", ["112", "114", "118"]),
    *[(f"{TRUNKS}/{TRUNK}?{query}", ["105"]) for query in ("sort=name", "filter[name]=x", "page[size]=1", "page=1")],
    (f"{TRUNKS}/{TRUNK}?include=x", ["112"]),
    (f"{TRUNKS}/{TRUNK}/relationships/dids?page[size]=1", ["105"]),
    *[("/dids?filter[" + query, [code]) for query, code in (("voice_out_trunk.id]=x", "102"), ("blocked]=1", "107"))],
    ("/dids?sort=emergency_enabled", ["114"]),
    *[(f"/dids?include={name}", ["112"]) for name in ("trunk", "voice_in_trunk.pops")],
    ("/dids?fields[dids]=trunk", ["104"]),
    (f"/dids/{did(1)}?page[size]=1", ["105"]),
]


@pytest.mark.parametrize(("path", "expected"), INVALID)
def test_invalid_queries(client: Client, path: str, expected: list[str]) -> None:
    assert codes(client.get(path)) == expected


@pytest.mark.parametrize(
    ("query", "title", "detail"),
    [
        ("filter[x]=1", "Filter not allowed", "x is not allowed."),
        ("filter[threshold_reached]=1", "Invalid filter value", "1 is not a valid value for threshold_reached."),
        ("limit=1", "Param not allowed", "limit is not allowed."),
        ("page[limit]=1", "Param not allowed", "limit is not allowed."),
        ("page=1", "Invalid page object", "page is not an object."),
        ("page[size]=x", "Invalid page value", "x is not a valid value for size page parameter."),
        ("sort=-x", "Invalid sort criteria", "x is not a valid sort criteria for voice_out_trunks"),
        ("include=x", "Invalid field", "x is not a valid includable relationship of voice_out_trunks"),
        ("fields[dids]=x", "Invalid field", "x is not a valid field for dids."),
        ("fields[x]=x", "Invalid resource", "x is not a valid resource."),
    ],
)
def test_titles_of_invalid_queries(client: Client, query: str, title: str, detail: str) -> None:
    (error,) = client.get(f"{TRUNKS}?{query}").json()["errors"]
    assert (error["title"], error["detail"]) == (title, detail)
