# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GET: keys, versions, documents, include, fields, filters, sort, pages; and scenarios of several requests.

All unit tests check the documents with a schema, and test_schema.py compares a trunk with DIDWW's example.
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from simulator.server import Simulator

from ..conftest import DEFAULTS, IP_ONLY, TRUNK, UNKNOWN
from ..contract.schema import SCHEMA
from .conftest import OLD, OLDEST, TABLES, TRUNKS, Client, assert_errors, did, play, served, with_account


def values(client: Client, path: str, name: str = "name", **headers: str) -> list[Any]:
    """Return an attribute of the listed resources."""
    answer = client.get(path, **headers)
    assert answer.status_code == 200, answer.text
    return [found["attributes"][name] for found in answer.json()["data"]]


# --- key, version, media type, path, method ---


@pytest.mark.parametrize("group", TABLES["answers"], ids=lambda group: ", ".join(group["errors"]) or "200")
def test_answers(client: Client, group: dict[str, Any]) -> None:
    before = client.server.trunks
    for request, headers in itertools.product(group["requests"], group.get("headers", [{}])):
        verb, _space, path = request.partition(" ") if request[0] != "?" else ("GET", "", TRUNKS + request)
        answer = client.ask(verb, path, **headers)
        if group["errors"]:
            assert_errors(answer, *group["errors"])
        else:
            assert answer.status_code == 200
    assert client.server.trunks == before


@pytest.mark.parametrize("default", [OLDEST, OLD])
@pytest.mark.parametrize("asked", [None, OLDEST, OLD, "2026-04-17", "2099-01-01", "latest", "", "2026-04-16 ,x"])
def test_version(server: Simulator, client: Client, default: str, asked: str | None) -> None:
    with_account(server, default_version=default)
    for path in (TRUNKS, f"{TRUNKS}/{TRUNK}", "/dids"):
        version = client.get(path, X_DIDWW_API_Version=asked).json()["meta"]["api_version"]
        assert version == (OLD if OLD in (asked, default) else OLDEST)


def test_methods(server: Simulator, client: Client) -> None:
    before, trunk = server.trunks, f"{TRUNKS}/{TRUNK}"
    allowed = {
        TRUNKS: ("GET", "POST"),
        trunk: ("GET", "PUT", "PATCH", "DELETE"),
        "/voice_out_trunk_regenerate_credentials": ("POST",),
        f"/dids/{did(1)}": ("GET", "PUT", "PATCH"),
        **dict.fromkeys(("/dids", "/pops", f"{trunk}/relationships/dids", f"{trunk}/dids"), ("GET",)),
    }
    for path, methods in allowed.items():
        for verb in {"GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS", "TRACE"} - {*methods}:
            answer = client.ask(verb, path, {"data": {}})
            assert_errors(answer, f"405 Method Not Allowed: {verb} is not allowed here.")
    assert server.trunks == before


# --- scenarios, include and fields ---


@pytest.mark.parametrize("name", TABLES["scenarios"])
def test_scenario(client: Client, name: str) -> None:
    def ask(*request: Any, **headers: Any) -> tuple[int, str]:
        answer = client.ask(*request, **headers)
        return answer.status_code, answer.text.replace(client.server.url, "")

    play(TABLES["scenarios"][name], ask)


def test_a_trunk_has_the_attributes_of_the_schema(client: Client) -> None:
    attributes = client.get(f"{TRUNKS}/{TRUNK}").json()["data"]["attributes"]
    assert list(attributes) == list(DEFAULTS)
    assert {*attributes} == {*SCHEMA["$defs"]["trunk_attributes"]["properties"]}


# --- filters, sort and pages ---


def test_lists_of_trunks(server: Simulator, client: Client) -> None:
    server.put_trunk(IP_ONLY, default_did=did(1))
    for query, found in TABLES["trunks"].items():
        assert values(client, f"{TRUNKS}?{query}") == found, query
        total = len(found) if "filter" in query else 7
        assert client.get(f"{TRUNKS}?{query}").json()["meta"]["total_records"] == total
    query = "?filter[on_cli_mismatch_action]=send_original_cli"
    assert values(client, TRUNKS + query, Api_Key="no-features-key") == ["Without features"]


@pytest.mark.parametrize("reading", TABLES["readings"])
def test_filters_that_need_a_reading(server: Simulator, client: Client, reading: str) -> None:
    table = TABLES["readings"][reading]
    for query in table["found"]:
        assert_errors(client.get(f"{TRUNKS}?{query}"), table["error"])
    with_account(server, readings=[reading])
    server.put_trunk(UNKNOWN, attributes={"name": "A, B"})
    for query, found in table["found"].items():
        assert values(client, f"{TRUNKS}?{query}") == found, query


def test_lists_of_dids(server: Simulator, client: Client) -> None:
    seed = TABLES["dids"]["seed"]
    dids = [{"id": did(number), **entry} for number, entry in enumerate(seed, 1)]
    trunk = {"id": TRUNK, "dids": [did(1), did(2)]}
    server.reset({"api_keys": ["local-key", "other"], "dids": dids, "trunks": [trunk]})
    for path, found in TABLES["dids"]["found"].items():
        assert values(client, path, "number") == [seed[index]["number"] for index in found], path
    data = client.get(f"/dids/{did(5)}").json()["data"]
    assert (data["id"], data["type"], "meta" in data) == (did(5), "dids", False)
    assert data["attributes"] == TABLES["dids"]["fifth"]


@pytest.mark.parametrize(("path", "most"), [("/dids", 100), (f"{TRUNKS}/{TRUNK}/dids", 100), (TRUNKS, 1000)])
def test_sizes_of_pages(path: str, most: int) -> None:
    dids = [{"id": f"6b1f4c0a-0000-4000-8000-{n:012d}", "number": f"3706149{n:04d}"} for n in range(101)]
    trunks = [{"attributes": {"name": f"T{n:04d}"}} for n in range(1000)]
    trunk = {"id": TRUNK, "dids": [did["id"] for did in dids]}
    with served({"api_keys": ["local-key"], "dids": dids, "trunks": [*trunks, trunk]}, rate=0) as client:
        for query, size in (("", 50), (f"?page[size]={most}", most), (f"?page[size]={most}&page[number]=2", 1)):
            assert len(client.get(path + query).json()["data"]) == size
        assert_errors(client.get(f"{path}?page[size]={most + 1}"), "118 ")
