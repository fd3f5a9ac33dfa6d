# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values of each attribute of a trunk.

The schema of DIDWW's documents tells which values are valid: these are accepted, the others are rejected. Tables list
the exceptions, and the titles of errors.
"""

from __future__ import annotations

from typing import Any

import pytest
from simulator.server import Simulator

from ..conftest import DEFAULTS, TRUNK, each_case, prepare
from ..contract.schema import SCHEMA, violations
from .conftest import (
    BLANK,
    LATEST,
    NOT_LISTED,
    OLD,
    SID,
    TAKEN,
    Client,
    attributes_of,
    did,
    method,
    rejections,
    sip,
    with_account,
)

METHOD = "attributes/authentication_method"
SCHEMAS = SCHEMA["$defs"]["trunk_attributes"]["properties"]
NAMES = sorted({*SCHEMAS} - {"authentication_method", "created_at", "threshold_reached"})
MOST = [f"203.0.113.{n}/32" for n in range(60)]
# Sent to each attribute.
VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 29, 30, 600, 601, 32767, 32768, 30.0, 30.5, 1000, {}, [], [None], [30], [[]]),
    *("", " \t", "x", "x" * 100, "x" * 101, "true", "30", "0", "1000", "0.0", "7.50", "007.50", "-0.1", "-0", "1e3"),
    *(" 1", "1,0", "1.", "NaN", "99999.999", "100000.0", "100000.01", "Active", "203.0.113.1/32", "sip:x"),
    *("http://example.com", "https://example.com:8443/a?b=c", "ftp://example.com", "http://", "https:///x"),
    *("http://a b", "http://a:99999", "http://a:0", "http://[::1", "http://a\x01", "example.com:8443/calls"),
    *([text] for text in ("44", "0049", "+44", "4 4", "4a", "", "203.0.113.1", "10.0.0.0/8", "2001:db8::/32", "::/0")),
    *(
        [text]
        for text in ("203.0.113.5/24", "203.0.113.256", "203.0.113.1/33", "203.0.113.0/255.255.255.0", " 10.0.0.1")
    ),
    *([text] for text in ("203.0.113.1\n", "2001:db8::1/32", "fe80::1%eth0", "example.com", "2001:DB8::", "0::0/0")),
    *(["45", "23", "45"], ["203.0.113.1", "203.0.113.1/32"], ["2001:db8::", "2001:0db8:0::"], ["0.0.0.0/0"]),
    *(["0.0.0.0/1", "::/1"], MOST, [*MOST, "203.0.113.60"]),
    *(choice for schema in SCHEMAS.values() for choice in schema.get("enum", ())),
]
# Valid values that are not returned as they were sent, and what is returned.
STORED: list[tuple[str, Any, Any]] = [
    *[("threshold_amount", sent, stored) for sent, stored in (("0", "0.0"), ("30", "30.0"), ("1000", "1000.0"))],
    *[("threshold_amount", sent, "7.5") for sent in ("7.50", "007.50")],
    ("threshold_amount", "-0", "0.0"),
    ("dst_prefixes", None, []),
    ("dst_prefixes", ["45", "23", "45"], ["45", "23"]),
    ("allowed_rtp_ips", ["203.0.113.1"], ["203.0.113.1/32"]),
    ("allowed_rtp_ips", ["2001:DB8::"], ["2001:db8::/128"]),
    ("allowed_rtp_ips", ["0::0/0"], ["::/0"]),
]
# Values that are rejected although the schema, or the table above, has them.
STRICTER: list[tuple[str, Any]] = [
    *[("allowed_rtp_ips", value) for value in ([], ["203.0.113.5/24"], ["2001:db8::1/32"])],  # [], or host bits
    ("threshold_amount", "100000.01"),
    ("capacity_limit", 30.0),
    ("rtp_timeout", 30.0),
    *[("callback_url", f"http://{rest}") for rest in ("a b", "a:99999", "a:0", "[::1", "a\x01")],
    ("callback_url", "sip:x"),
]
NO_SCHEME = [("callback_url", text) for text in VALUES if isinstance(text, str) and "://" not in text]
NO_NULL = [("threshold_amount", None), ("rtp_timeout", None), ("dst_prefixes", None), ("capacity_limit", 0)]
EVERYWHERE = [("allowed_rtp_ips", [network]) for network in ("::/0", "0::0/0", "0.0.0.0/0")]
STRICTER_BY = {
    OLD: [*STRICTER, *NO_SCHEME],
    LATEST: [*STRICTER, *NO_SCHEME, *NO_NULL, *EVERYWHERE],
    "openapi": [*STRICTER, *NO_NULL],
}


@pytest.fixture(params=[OLD, LATEST, "openapi"])
def by(request: pytest.FixtureRequest) -> str:
    """A version, or the reading `openapi_values`."""
    return str(request.param)


def client_by(server: Simulator, client: Client, by: str, **account: Any) -> Client:
    """Return a client of an account on a version, or with the reading."""
    readings = ["openapi_values"] if by == "openapi" else []
    with_account(server, readings=readings, default_version=OLD if by == "openapi" else by, **account)
    if by == LATEST:
        client.use_token()
    return client


@pytest.mark.parametrize("name", NAMES)
def test_each_value_of_each_attribute(server: Simulator, client: Client, by: str, name: str) -> None:
    client = client_by(server, client, by)
    schema = f"trunk_attributes/properties/{name}"
    unseen = {True: 0, False: 0}
    for value in VALUES:
        server.put_trunk(TRUNK, default_did=did(1))  # version 2026-11-19 requires one with replace_cli
        stored = [read for key, sent, read in STORED if key == name and _same(sent, value)]
        valid = bool(stored) or not violations(schema, value)
        accepted = valid and not any(key == name and _same(sent, value) for key, sent in STRICTER_BY[by])
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


def test_the_schema_has_every_writable_attribute(client: Client) -> None:
    assert {*SCHEMAS} == {*DEFAULTS}
    for name in DEFAULTS.keys() - {*NAMES, "authentication_method"}:
        assert client.patch({name: DEFAULTS[name]}).status_code == 400


TITLES: list[tuple[str, Any, str]] = [
    *[("name", value, BLANK) for value in (None, "", " \t")],
    ("name", 7, "must be a string"),
    ("name", "Twilio London", TAKEN),
    ("external_reference_id", "x" * 101, "is too long (maximum is 100 characters)"),
    ("external_reference_id", 12, "must be a string"),
    ("allowed_rtp_ips", [], BLANK),
    ("allowed_rtp_ips", [*MOST, "203.0.113.60"], "is too long (maximum is 60 addresses)"),
    ("allowed_rtp_ips", ["203.0.113.1", "203.0.113.1/32"], "203.0.113.1/32 is repeated"),
    ("allowed_rtp_ips", ["2001:db8::", "2001:0db8:0::"], "2001:db8::/128 is repeated"),
    ("allowed_rtp_ips", "203.0.113.1", "must be an array"),
    ("allowed_rtp_ips", ["203.0.113.1", "203.0.113.5/24"], "203.0.113.5/24 is not a valid IP address or network"),
    ("allowed_rtp_ips", ["203.0.113.256"], "203.0.113.256 is not a valid IP address or network"),
    ("allowed_rtp_ips", [34], "34 is not a valid IP address or network"),
    ("on_cli_mismatch_action", ["reject_call"], NOT_LISTED),
    ("capacity_limit", "30", "is not a number"),
    ("capacity_limit", -1, "must be greater than or equal to 0"),
    ("capacity_limit", 32768, "must be less than or equal to 32767"),
    ("rtp_ping", None, "must be true or false"),
    ("threshold_amount", 1000, "is not a number"),
    ("threshold_amount", "-0.1", "must be greater than or equal to 0.0"),
    ("threshold_amount", "100000.01", "must be less than or equal to 100000.0"),
    ("dst_prefixes", ["44", "+44"], "+44 is not a valid prefix"),
    ("dst_prefixes", "44", "must be an array"),
    ("callback_url", "", "is not a valid URL"),
    ("callback_url", "http://a b", "is not a valid URL"),
    ("callback_url", "http://[::1", "is not a valid URL"),
    ("callback_url", 1, "must be a string"),
    ("rtp_timeout", 29, "must be greater than or equal to 30"),
]
LATEST_TITLES: list[tuple[str, Any, str]] = [
    ("capacity_limit", 0, "must be greater than or equal to 1"),
    ("threshold_amount", None, "is not a number"),
    ("dst_prefixes", None, "must be an array"),
    ("allowed_rtp_ips", ["203.0.113.1", "0.0.0.0/0"], "0.0.0.0/0 is not allowed"),
    ("allowed_rtp_ips", ["0::0/0"], "::/0 is not allowed"),
]


@pytest.mark.parametrize("by", [OLD, LATEST])
def test_titles(server: Simulator, client: Client, by: str) -> None:
    client = client_by(server, client, by)
    for name, value, title in TITLES if by == OLD else LATEST_TITLES:
        assert rejections(client.patch({name: value})) == [(f"attributes/{name}", title)]


SID_PLACE = f"{METHOD}/attributes/twilio_account_sid"
SIP_PLACE, PREFIX_PLACE = f"{METHOD}/attributes/allowed_sip_ips", f"{METHOD}/attributes/tech_prefix"
ONLY_DIGITS = "is invalid: only digits and # are supported"
INVALID_METHODS: list[tuple[Any, str, str]] = [
    (None, METHOD, BLANK),
    ("twilio", METHOD, "must be an object"),
    ({}, f"{METHOD}/type", BLANK),
    *[({"type": kind}, f"{METHOD}/type", NOT_LISTED) for kind in ("voice_product", "Twilio", "", 1, ["twilio"])],
    ({"type": "twilio"}, SID_PLACE, BLANK),
    ({"type": "twilio", "attributes": []}, f"{METHOD}/attributes", "must be an object"),
    ({"type": "credentials_and_ip"}, METHOD, "is invalid"),
    *[
        (method("twilio", twilio_account_sid=value), SID_PLACE, title)
        for value, title in (
            *[(value, BLANK) for value in (None, "")],
            *[(text, "is invalid") for text in (SID[:-1], SID + "0", SID + "\n", "A1" + SID[2:], SID[:-1] + "g")],
            ("AC0123456789ABCDEF0123456789abcdef", TAKEN),  # Twilio London has it
            ("SK0123456789abcdef0123456789abcdef", TAKEN),  # a trunk in another account has it
            (5, "must be a string"),
        )
    ],
    (sip(allowed_sip_ips=None), METHOD, "is invalid"),
    (sip(allowed_sip_ips=[]), METHOD, "is invalid"),
    (sip(allowed_sip_ips=[*MOST, "::"]), SIP_PLACE, "is too long (maximum is 60 addresses)"),
    (sip(allowed_sip_ips=["::1", "::1/128"]), SIP_PLACE, "::1/128 is repeated"),
    (sip(allowed_sip_ips="203.0.113.1"), SIP_PLACE, "must be an array"),
    (sip(tech_prefix="123456789"), PREFIX_PLACE, "is too long (maximum is 8 characters)"),
    *[(sip(tech_prefix=value), PREFIX_PLACE, ONLY_DIGITS) for value in ("12*", "")],
    (sip(tech_prefix=12), PREFIX_PLACE, "must be a string"),
]
VALID_METHODS: list[dict[str, Any]] = [
    sip(allowed_sip_ips=MOST, tech_prefix="12345678"),
    sip(allowed_sip_ips=["0.0.0.0/0"], tech_prefix="9#"),
    *[method("twilio", twilio_account_sid=sid) for sid in (SID, SID.lower(), "SK" + SID[2:], "zz" + SID[2:])],
]


@pytest.mark.parametrize("created", [False, True], ids=["update", "create"])
def test_authentication_methods(server: Simulator, client: Client, created: bool) -> None:
    def send(attributes: dict[str, Any]) -> Any:
        if created:
            server.reset()
        required = {"name": "New", "on_cli_mismatch_action": "reject_call"}
        return client.create({**required, **attributes}) if created else client.patch(attributes)

    for wrong, place, title in [
        *INVALID_METHODS,
        (
            method("ip_only", allowed_sip_ips=["::1"]),
            f"{METHOD}/type",
            f"is not allowed for {'creation' if created else 'update'}",
        ),
    ]:
        attributes = (
            wrong if isinstance(wrong, dict) and "authentication_method" in wrong else {"authentication_method": wrong}
        )
        assert rejections(send({**attributes, "allowed_rtp_ips": None})) == [(place, title)], wrong
    for valid in VALID_METHODS:
        for _again in range(1 if created else 2):  # the trunk itself has it
            answer = attributes_of(send({**valid, "allowed_rtp_ips": None}))["authentication_method"]
        sent = valid["authentication_method"]
        assert (answer["type"], {**answer["attributes"], **sent["attributes"]}) == (sent["type"], answer["attributes"])


def test_readings_for_empty_prefixes_and_null_timeouts(server: Simulator, client: Client) -> None:
    with_account(server, readings=["empty_tech_prefix", "null_rtp_timeout_is_30"])
    for sent, read in (("9", "9"), ("", None), ("9#", "9#"), (None, None)):
        answer = attributes_of(client.patch({**sip(tech_prefix=sent), "rtp_timeout": None, "capacity_limit": None}))
        assert answer["authentication_method"]["attributes"]["tech_prefix"] == read
        assert (answer["rtp_timeout"], answer["capacity_limit"]) == (30, None)
    assert rejections(client.patch(sip(tech_prefix="12*"))) == [(PREFIX_PLACE, ONLY_DIGITS)]


@pytest.mark.parametrize(("by", "most"), [(LATEST, 500.5), (OLD, 100000)])
def test_the_most_that_an_account_can_spend(server: Simulator, client: Client, by: str, most: float) -> None:
    client = client_by(server, client, by, most_threshold=500.5)
    assert client.patch({"threshold_amount": str(most)}).status_code == 200
    title = f"must be less than or equal to {float(most)}"
    assert rejections(client.patch({"threshold_amount": f"{most + 1}"})) == [("attributes/threshold_amount", title)]


# --- tests/cases.yml ---


def sent(case: dict[str, Any], value: Any) -> dict[str, Any]:
    """Return the members of a request that sets the setting of a case."""
    option, _dot, attribute = case["option"].partition(".")
    if option in ("dids", "emergency_dids"):
        ids = value if isinstance(value, list) else [value]
        return {"relationships": {option: {"data": [{"type": "dids", "id": each} for each in ids]}}}
    if attribute and "type" not in (value if isinstance(value, dict) else ()):
        value = {"type": case["type"], "attributes": {"allowed_sip_ips": ["::1"], attribute: value}}
        if case["type"] == "twilio":
            del value["attributes"]["allowed_sip_ips"]
    return {"attributes": {option: value}}


def send(local_api: Simulator, members: dict[str, Any]) -> Any:
    """Update the trunk, with the credentials that the version needs."""
    client = Client(local_api)
    with client.session:
        client.use_token()
        data = {"id": TRUNK, "type": "voice_out_trunks", **members}
        return client.ask("PATCH", f"/voice_out_trunks/{TRUNK}?include=dids,emergency_dids", {"data": data})


@each_case(lambda case: [case["sends"], *([case["clears"]] if "clears" in case else [])])
def test_what_the_modules_send_is_stored(local_api: Simulator, case: dict[str, Any], value: Any) -> None:
    prepare(local_api, case)
    answer = send(local_api, sent(case, value))
    option = case["option"].partition(".")[0]
    assert answer.status_code == 200, answer.text
    stored = local_api.trunk(TRUNK)
    read = stored["attributes"].get(option, stored.get(option))
    if isinstance(value, dict):
        assert read == {**value, "attributes": {**read["attributes"], **value["attributes"]}}
    else:
        assert read == value


@each_case(lambda case: [row["value"] for row in case["refused"]])
def test_what_the_modules_reject_is_invalid(local_api: Simulator, case: dict[str, Any], value: Any) -> None:
    prepare(local_api, case)
    found = rejections(send(local_api, sent(case, value)))
    members = sent(case, value)
    (kind,) = members
    assert [place.startswith(f"{kind}/{case['option'].partition('.')[0]}") for place, _title in found] == [True]
