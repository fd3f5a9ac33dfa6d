# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values of each attribute of a trunk.

The schema of DIDWW's documents tells which values are valid: these are accepted, the others are rejected. Tables list
the exceptions, and the titles of errors.
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from simulator.server import Simulator

from ..conftest import LINKAGE, TRUNK, each_case, prepare
from ..contract.schema import SCHEMA, violations
from .conftest import LATEST, NEW, OLD, TABLES, Client, attributes_of, did, rejections, sip, with_account

SCHEMAS = SCHEMA["$defs"]["trunk_attributes"]["properties"]
NAMES = sorted({*SCHEMAS} - {"authentication_method", "created_at", "threshold_reached"})
TABLE = TABLES["values"]
# Sent to each attribute.
CHOICES = [choice for schema in SCHEMAS.values() for choice in schema.get("enum", ())]
VALUES = [*itertools.chain(*TABLE["sent"]), *CHOICES]


def client_by(server: Simulator, client: Client, by: str, **account: Any) -> Client:
    """Return a client of an account on a version, or with the reading `openapi_values`."""
    readings = ["openapi_values"] if by == "openapi" else []
    with_account(server, readings=readings, default_version=OLD if by == "openapi" else by, **account)
    if by == LATEST:
        client.use_token()
    return client


def is_stricter(by: str, name: str, value: Any) -> bool:
    """Return whether a value is rejected although the schema, or the table of stored values, has it."""
    if name == "callback_url" and by != "openapi" and isinstance(value, str) and "://" not in value:
        return True
    rows = [row for row in TABLE["stricter"] if row["of"] == name and by in row.get("by", (by,))]
    return any(_same(each, value) for row in rows for each in row["values"])


@pytest.mark.parametrize("by", [OLD, LATEST, "openapi"])
@pytest.mark.parametrize("name", NAMES)
def test_each_value_of_each_attribute(server: Simulator, client: Client, by: str, name: str) -> None:
    client = client_by(server, client, by)
    unseen = {True: 0, False: 0}
    for value in VALUES:
        server.put_trunk(TRUNK, default_did=did(1))  # version 2026-11-19 requires one with replace_cli
        stored = [read for sent, read in TABLE["stored"].get(name, ()) if _same(sent, value)]
        valid = bool(stored) or not violations(f"trunk_attributes/properties/{name}", value)
        accepted = valid and not is_stricter(by, name, value)
        unseen[accepted] += 1
        before = server.trunk(TRUNK)
        answer = client.patch({name: value})
        if accepted:
            assert _same(attributes_of(answer)[name], stored[0] if stored else value), value
            assert attributes_of(client.get(f"/voice_out_trunks/{TRUNK}")) == attributes_of(answer)
        else:
            assert [place for place, _title in rejections(answer)] == [f"attributes/{name}"], value
            assert server.trunk(TRUNK) == before
    assert all(unseen.values())


def _same(one: Any, other: Any) -> bool:
    """Return whether two values are equal in JSON, where true is not 1, and 30.0 not 30."""
    return repr(one) == repr(other)


@pytest.mark.parametrize("by", [OLD, LATEST])
def test_titles(server: Simulator, client: Client, by: str) -> None:
    client = client_by(server, client, by)
    for name, value, title in TABLE["titles"][by]:
        assert rejections(client.patch({name: value})) == [(f"attributes/{name}", title)]


@pytest.mark.parametrize("created", [False, True], ids=["update", "create"])
def test_authentication_methods(server: Simulator, client: Client, created: bool) -> None:
    def send(method: Any) -> Any:
        if created:
            server.reset()
            return client.create({**NEW, "authentication_method": method})
        return client.patch({"authentication_method": method, "allowed_rtp_ips": None})

    not_allowed = f"is not allowed for {'creation' if created else 'update'}"
    ip_only = {"type": "ip_only", "attributes": {"allowed_sip_ips": ["::1"]}}
    for place, title, methods in [*TABLES["methods"]["invalid"], ("/type", not_allowed, [ip_only])]:
        for wrong in methods:
            assert rejections(send(wrong)) == [(f"attributes/authentication_method{place}", title)], wrong
    for valid in TABLES["methods"]["valid"]:
        for _again in range(1 if created else 2):  # the trunk itself has it
            answer = attributes_of(send(valid))["authentication_method"]
        assert answer == {"type": valid["type"], "attributes": {**answer["attributes"], **valid["attributes"]}}


def test_readings_for_empty_prefixes_and_null_timeouts(server: Simulator, client: Client) -> None:
    with_account(server, readings=["empty_tech_prefix", "null_rtp_timeout_is_30"])
    for sent, read in (("9", "9"), ("", None), ("9#", "9#"), (None, None)):
        answer = attributes_of(client.patch({**sip(tech_prefix=sent), "rtp_timeout": None, "capacity_limit": None}))
        assert answer["authentication_method"]["attributes"]["tech_prefix"] == read
        assert (answer["rtp_timeout"], answer["capacity_limit"]) == (30, None)
    ((place, _title),) = rejections(client.patch(sip(tech_prefix="12*")))
    assert place == "attributes/authentication_method/attributes/tech_prefix"


@pytest.mark.parametrize(("by", "most"), [(LATEST, 500.5), (OLD, 100000)])
def test_the_most_that_an_account_can_spend(server: Simulator, client: Client, by: str, most: float) -> None:
    client = client_by(server, client, by, most_threshold=500.5)
    assert client.patch({"threshold_amount": str(most)}).status_code == 200
    title = f"must be less than or equal to {float(most)}"
    assert rejections(client.patch({"threshold_amount": f"{most + 1}"})) == [("attributes/threshold_amount", title)]


# --- tests/cases.yml: test_cases.py shows that what the modules send is stored ---


@each_case(lambda case: [row["value"] for row in case["refused"]])
def test_what_the_modules_reject_is_invalid(local_api: Simulator, case: dict[str, Any], value: Any) -> None:
    prepare(local_api, case)
    option, _dot, attribute = case["option"].partition(".")
    if attribute and "type" not in (value if isinstance(value, dict) else ()):
        required = {"allowed_sip_ips": ["::1"]} if case["type"] == "credentials_and_ip" else {}
        value = {"type": case["type"], "attributes": {**required, attribute: value}}
    client = Client(local_api)
    with client.session:
        client.use_token()
        if option in LINKAGE:
            answer = client.patch({}, links={option: value if isinstance(value, list) else [value]})
        else:
            answer = client.patch({option: value})
    ((place, _title),) = rejections(answer)
    assert place.split("/")[1] == option
