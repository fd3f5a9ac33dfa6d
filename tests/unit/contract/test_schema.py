# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The schema accepts the examples in DIDWW's documentation and the answers of the local API, and rejects broken ones.

All unit tests check the answers of the local API with this schema: see `conftest.py`. The examples, and what breaks
them, are in `documents.yml`.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import DEFAULT_DID, SETTINGS
from jsonschema import Draft202012Validator
from simulator.server import Simulator

from ..conftest import DEFAULTS, HANG_GUARD, LINKAGE, TRUNK
from .conftest import ask
from .schema import SCHEMA, expected, violations

TRUNKS = "/voice_out_trunks"
DID = "6b1f4c0a-0000-4000-8000-000000000001"
# OpenAPI, 2026-04-16.
DID_RELATIONSHIPS = (
    *("did_group", "order", "capacity_pool", "shared_capacity_group", "address_verification", "voice_in_trunk"),
    *("voice_in_trunk_group", "emergency_calling_service", "emergency_verification", "identity"),
)
DOCUMENTS: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("documents.yml").read_text(encoding="utf-8"))


def example(id: str, attributes: dict[str, Any], **members: Any) -> dict[str, Any]:  # noqa: A002 - its name in JSON:API
    """Return a document of DIDWW's examples, with the attributes that DIDWW has added since."""
    url = f"https://api.didww.com/v3{TRUNKS}/{id}"
    links = {name: {"self": f"{url}/relationships/{name}", "related": f"{url}/{name}"} for name in LINKAGE}
    relationships = {name: {"links": pair} for name, pair in links.items()}
    data = {"id": id, "type": "voice_out_trunks", "attributes": {**DEFAULTS, **DOCUMENTS["common"], **attributes}}
    return {"data": {**data, "relationships": relationships, **members}, "meta": {"api_version": "2026-04-16"}}


UPDATED, READ = (example(**DOCUMENTS["examples"][name]) for name in ("updated", "read"))
REJECTED = {"errors": [DOCUMENTS["errors"]["rejected"]]}


def test_the_schema_is_valid() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_has_every_setting_of_the_module() -> None:
    described = set(SCHEMA["$defs"]["trunk_attributes"]["properties"]) - {"created_at", "threshold_reached"}
    assert described | {*LINKAGE, DEFAULT_DID} == {setting.name for setting in SETTINGS}


def test_the_examples_of_didww_pass() -> None:
    assert violations("trunk", UPDATED) == violations("trunk", READ) == []
    for error in DOCUMENTS["errors"].values():
        assert violations("errors", {"errors": [error]}) == []


def test_the_local_api_answers_with_the_example(local_api: Simulator) -> None:
    """The schema does not check this: the members and their order are those of DIDWW's example."""
    answer = ask(local_api, "GET", f"{TRUNKS}/{TRUNK}").json()
    assert answer["data"]["attributes"] == READ["data"]["attributes"]
    assert list(answer["data"]) == [*UPDATED["data"], "meta"]
    trunk_id, after = UPDATED["data"]["id"], UPDATED["data"]["attributes"]
    changes = {name: after[name] for name in ("authentication_method", "allowed_rtp_ips")}
    updated = ask(local_api, "PATCH", f"{TRUNKS}/{trunk_id}", id=trunk_id, attributes=changes).json()
    assert updated["data"]["attributes"] == after


def test_an_error_with_a_body_answers_another_request_than_one_without(local_api: Simulator) -> None:
    for headers, has_body in (({"X-DIDWW-API-Version": "2026-11-19"}, False), ({"Authorization": "Bearer x"}, True)):
        answer = requests.get(local_api.url + TRUNKS, headers=headers, timeout=HANG_GUARD)
        assert (answer.status_code, bool(answer.content)) == (401, has_body)
        assert expected(f"/v3{TRUNKS}", {}, 401, has_body) == ("errors" if has_body else "nothing")


# --- Broken documents ---

BROKEN: dict[str, dict[str, dict[str, Any]]] = {
    **DOCUMENTS["broken"],
    "trunk": {
        **DOCUMENTS["broken"]["trunk"],
        **{
            f"{path}: {value!r:.20}": {f"data.attributes.{path}": value}
            for row in DOCUMENTS["broken_attributes"]
            for path, value in row.items()
        },
        "61 networks": {"data.attributes.allowed_rtp_ips": [f"203.0.113.{n}/32" for n in range(61)]},
        **{f"without {name}": {f"data.attributes.{name}": "(absent)"} for name in READ["data"]["attributes"]},
    },
    "did": {
        **DOCUMENTS["broken"]["did"],
        **{f"without {name}": {f"data.relationships.{name}": "(absent)"} for name in DID_RELATIONSHIPS},
    },
}


def valid(kind: str, api: Simulator) -> Any:
    """Return a valid document: of DIDWW's examples, or from the local API."""
    if kind in ("trunk", "errors"):
        return copy.deepcopy(READ if kind == "trunk" else REJECTED)
    if kind.startswith("token"):
        body = {"aud": ["api.didww.com"] if kind == "token" else []}
        return requests.post(api.token_url, headers={"Api-Key": "local-key"}, json=body, timeout=HANG_GUARD).json()
    if kind == "regeneration":
        trunk = {"data": {"type": "voice_out_trunks", "id": TRUNK}}
        rotation = "voice_out_trunk_regenerate_credentials"
        return ask(api, "POST", f"/{rotation}", type=rotation, relationships={"voice_out_trunk": trunk}).json()
    return ask(api, "GET", PATHS[kind]).json()


def spoil(document: Any, change: dict[str, Any]) -> None:
    """Replace the values at some paths of a document."""
    for path, value in change.items():
        *parents, last = path.split(".")
        place = document
        for name in parents:
            place = place[int(name) if isinstance(place, list) else name]
        if value == "(absent)":
            del place[last]
        else:
            place[last] = value


PATHS = {
    "did": f"/dids/{DID}?include=order",
    "trunks": f"{TRUNKS}?page[size]=3",
    "trunks, sparse dids": f"{TRUNKS}?include=dids&fields[dids]=number",
    "trunk, sparse voice_out_trunks": f"{TRUNKS}/{TRUNK}?fields[voice_out_trunks]=status,threshold_amount",
}
ROWS = [(kind, change) for kind, changes in BROKEN.items() for change in changes.values()]
NAMES = [f"{kind}: {name}" for kind, changes in BROKEN.items() for name in changes]


@pytest.mark.parametrize(("kind", "change"), ROWS, ids=NAMES)
def test_a_broken_document_is_rejected(local_api: Simulator, kind: str, change: dict[str, Any]) -> None:
    document = valid(kind, local_api)
    assert violations(kind, document) == []
    spoil(document, change)
    assert violations(kind, document)
    if kind == "did":
        trunk = ask(local_api, "GET", f"{TRUNKS}/{TRUNK}?include=dids").json()
        trunk["included"] = [document["data"]]
        assert violations("trunk", trunk)


@pytest.mark.parametrize("kind", BROKEN)
def test_a_document_of_another_kind_is_rejected(local_api: Simulator, kind: str) -> None:
    """Also one that lacks members because it is sparse."""
    document = valid(kind, local_api)
    whole = [other for other in BROKEN if "sparse" not in other]
    assert [other for other in whole if violations(other, document) == []] == [kind] * ("sparse" not in kind)
    if kind == "trunks, sparse dids":
        assert violations("trunks, sparse voice_out_trunks", document)
