# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PATCH: accepted values and how they are stored, rejected requests and their errors."""

from __future__ import annotations

from typing import Any

import pytest
from simulator.resource import Attribute
from simulator.resources.voice_out_trunk import VOICE_OUT_TRUNK
from simulator.server import Simulator

from ..conftest import DEFAULTS
from .conftest import TRUNK, Client, with_readings

EXAMPLE = "cf2e6377-fcaa-4416-8c8e-acd5f31a427f"
TWILIO = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e001"
IP_ONLY = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e002"
UNKNOWN_TYPE = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e003"
ANY_DID = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e004"
EMERGENCY_ALL = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e005"
OF = {
    "no-features-key": "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e091",
    "read-only-key": "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e092",
    "no-outbound-key": "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e093",
}
SID = "AC39347AF064AF97E1682C3B7332DAAEE6"


def did(number: int) -> str:
    """Return the id of a DID in the seed."""
    return f"6b1f4c0a-0000-4000-8000-0000000000{number:02d}"


def method(kind: Any, **attributes: Any) -> dict[str, Any]:
    """Return the attributes of an update of authentication_method."""
    return {"authentication_method": {"type": kind, "attributes": attributes}}


def sip(**more: Any) -> dict[str, Any]:
    """Return the same with credentials_and_ip and a valid address."""
    return method("credentials_and_ip", **{"allowed_sip_ips": ["203.0.113.1"], **more})


MOST_ADDRESSES = [f"203.0.113.{n}/32" for n in range(60)]
ACCEPTED: list[tuple[str, Any, Any]] = [
    ("name", "Renamed", "Renamed"),
    ("name", "EU SBC", "EU SBC"),  # the trunk itself has it
    ("external_reference_id", "x" * 100, "x" * 100),
    ("external_reference_id", None, None),
    ("external_reference_id", "", ""),
    ("allowed_rtp_ips", None, None),
    ("allowed_rtp_ips", ["203.0.113.1"], ["203.0.113.1/32"]),
    ("allowed_rtp_ips", ["203.0.113.0/24", "10.0.0.0/8"], ["203.0.113.0/24", "10.0.0.0/8"]),
    ("allowed_rtp_ips", ["2001:DB8::/32", "2001:0db8:0:0::1"], ["2001:db8::/32", "2001:db8::1/128"]),
    ("allowed_rtp_ips", ["0.0.0.0/0"], ["0.0.0.0/0"]),
    ("allowed_rtp_ips", MOST_ADDRESSES, MOST_ADDRESSES),
    *[
        ("on_cli_mismatch_action", action, action)
        for action in ("send_original_cli", "reject_call", "replace_cli", "randomize_cli")
    ],
    ("capacity_limit", 0, 0),
    ("capacity_limit", 32767, 32767),
    ("capacity_limit", None, None),
    ("allow_any_did_as_cli", True, True),
    ("status", "blocked", "blocked"),
    ("status", "active", "active"),
    ("threshold_amount", "1000", "1000.0"),
    ("threshold_amount", "0", "0.0"),
    ("threshold_amount", "0.0", "0.0"),
    ("threshold_amount", "007.50", "7.5"),
    ("threshold_amount", "100000.0", "100000.0"),
    ("threshold_amount", "99999.999", "99999.999"),
    ("threshold_amount", None, None),
    ("default_dst_action", "reject_all", "reject_all"),
    ("dst_prefixes", None, []),
    ("dst_prefixes", [], []),
    ("dst_prefixes", ["45", "23", "45"], ["45", "23"]),
    ("emergency_enable_all", True, True),
    *[("media_encryption_mode", mode, mode) for mode in ("disabled", "srtp_sdes", "srtp_dtls", "zrtp")],
    ("callback_url", None, None),
    ("callback_url", "http://example.com", "http://example.com"),
    ("callback_url", "https://example.com:8443/a?b=c", "https://example.com:8443/a?b=c"),
    ("force_symmetric_rtp", False, False),
    ("rtp_ping", False, False),
    ("rtp_timeout", 30, 30),
    ("rtp_timeout", 600, 600),
    ("rtp_timeout", None, None),
]


@pytest.mark.parametrize(("name", "sent", "read"), ACCEPTED)
def test_accepted(client: Client, name: str, sent: Any, read: Any) -> None:
    answer = client.patch(attributes={name: sent})
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["attributes"][name] == read
    again = client.get(f"/voice_out_trunks/{TRUNK}").json()["data"]["attributes"]
    assert again == answer.json()["data"]["attributes"]


NOT_LISTED = "is not included in the list"
NOT_NUMBER = "is not a number"
BLANK = "can't be blank"
FLAG_VALUES: list[Any] = [None, "true", 1]
INVALID: list[tuple[str, Any, str]] = [
    ("name", None, BLANK),
    ("name", "", BLANK),
    ("name", " \t", BLANK),
    ("name", 7, "must be a string"),
    ("name", "Twilio London", "has already been taken"),
    ("external_reference_id", "x" * 101, "is too long (maximum is 100 characters)"),
    ("external_reference_id", 12, "must be a string"),
    ("allowed_rtp_ips", [], BLANK),
    ("allowed_rtp_ips", [*MOST_ADDRESSES, "203.0.113.60"], "is too long (maximum is 60 addresses)"),
    ("allowed_rtp_ips", ["203.0.113.1", "203.0.113.1/32"], "203.0.113.1/32 is repeated"),
    ("allowed_rtp_ips", ["2001:db8::", "2001:0db8:0::"], "2001:db8::/128 is repeated"),
    ("allowed_rtp_ips", "203.0.113.1", "must be an array"),
    *[
        ("allowed_rtp_ips", ["203.0.113.1", address], f"{address} is not a valid IP address or network")
        for address in (
            "203.0.113.5/24",
            "203.0.113.256",
            "203.0.113.1/33",
            "203.0.113.0/255.255.255.0",
            " 203.0.113.1",
            "203.0.113.1\n",
            "2001:db8::1/32",
            "fe80::1%eth0",
            "example.com",
            "",
            3405803777,
            None,
        )
    ],
    *[("on_cli_mismatch_action", value, NOT_LISTED) for value in ("Reject_call", "", None, 1)],
    ("on_cli_mismatch_action", ["reject_call"], NOT_LISTED),
    *[("capacity_limit", value, NOT_NUMBER) for value in ("30", True, 30.0, [30])],
    ("capacity_limit", -1, "must be greater than or equal to 0"),
    ("capacity_limit", 32768, "must be less than or equal to 32767"),
    *[
        (name, value, "must be true or false")
        for name in ("allow_any_did_as_cli", "emergency_enable_all", "force_symmetric_rtp", "rtp_ping")
        for value in FLAG_VALUES
    ],
    *[("status", value, NOT_LISTED) for value in ("Active", None, True)],
    *[("threshold_amount", value, NOT_NUMBER) for value in (1000, 10.5, "", "1e3", " 1", "1,0", "1.", "NaN", True)],
    ("threshold_amount", "-0.1", "must be greater than or equal to 0.0"),
    ("threshold_amount", "100000.01", "must be less than or equal to 100000.0"),
    *[("default_dst_action", value, NOT_LISTED) for value in ("allow", None)],
    *[("dst_prefixes", [value], f"{value} is not a valid prefix") for value in ("+44", "4 4", "", "4a", 44, None)],
    ("dst_prefixes", "44", "must be an array"),
    *[("media_encryption_mode", value, NOT_LISTED) for value in ("srtp", None)],
    *[
        ("callback_url", value, "is not a valid URL")
        for value in ("", "example.com", "ftp://example.com", "http://", "https:///x", "http://a b", "http://a:99999")
    ],
    ("callback_url", 1, "must be a string"),
    *[("rtp_timeout", value, NOT_NUMBER) for value in ("30", True, 30.5)],
    ("rtp_timeout", 29, "must be greater than or equal to 30"),
    ("rtp_timeout", 601, "must be less than or equal to 600"),
]


def test_every_attribute_has_values_that_are_accepted_and_rejected() -> None:
    writable = {a.name for a in VOICE_OUT_TRUNK.attributes if isinstance(a, Attribute) and a.check}
    assert {name for name, *_values in ACCEPTED} == {name for name, *_values in INVALID} == writable


@pytest.mark.parametrize(("name", "sent", "words"), INVALID)
def test_invalid(server: Simulator, client: Client, name: str, sent: Any, words: str) -> None:
    before = server.trunk(TRUNK)
    answer = client.patch(attributes={name: sent})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/vnd.api+json"
    assert answer.json() == {
        "errors": [
            {
                "title": words,
                "detail": f"{name} - {words}",
                "code": "100",
                "status": "422",
                "source": {"pointer": f"/data/attributes/{name}"},
            }
        ]
    }
    assert server.trunk(TRUNK) == before


METHOD = "/data/attributes/authentication_method"
NO_ADDRESSES: list[dict[str, Any]] = [{}, {"allowed_sip_ips": None}, {"allowed_sip_ips": []}]
TWILIO_SID = "twilio_account_sid"
INVALID_METHODS: list[tuple[dict[str, Any], str, str]] = [
    ({"authentication_method": None}, METHOD, BLANK),
    ({"authentication_method": "twilio"}, METHOD, "must be an object"),
    ({"authentication_method": {}}, f"{METHOD}/type", BLANK),
    *[(method(kind), f"{METHOD}/type", NOT_LISTED) for kind in ("voice_product", "Twilio", "", 1)],
    (method("ip_only", allowed_sip_ips=["203.0.113.1"]), f"{METHOD}/type", "is not allowed for update"),
    ({"authentication_method": {"type": "twilio"}}, f"{METHOD}/attributes/{TWILIO_SID}", BLANK),
    (
        {"authentication_method": {"type": "twilio", "attributes": []}},
        f"{METHOD}/attributes",
        "must be an object",
    ),
    *[
        (method("twilio", twilio_account_sid=value), f"{METHOD}/attributes/{TWILIO_SID}", words)
        for value, words in (
            (None, BLANK),
            ("", BLANK),
            (SID[:-1], "is invalid"),
            (SID + "0", "is invalid"),
            (SID + "\n", "is invalid"),
            ("A1" + SID[2:], "is invalid"),
            ("AC0123456789ABCDEF0123456789abcdef", "has already been taken"),  # Twilio London has it
            ("SK0123456789abcdef0123456789abcdef", "has already been taken"),  # a trunk in another account has it
            (SID[:-1] + "g", "is invalid"),
            (5, "must be a string"),
        )
    ],
    *[(method("credentials_and_ip", **attributes), METHOD, "is invalid") for attributes in NO_ADDRESSES],
    *[
        (method("credentials_and_ip", **attributes), f"{METHOD}/attributes/allowed_sip_ips", words)
        for attributes, words in (
            ({"allowed_sip_ips": [*MOST_ADDRESSES, "::"]}, "is too long (maximum is 60 addresses)"),
            ({"allowed_sip_ips": ["::1", "::1/128"]}, "::1/128 is repeated"),
            ({"allowed_sip_ips": "203.0.113.1"}, "must be an array"),
            ({"allowed_sip_ips": ["203.0.113.5/24"]}, "203.0.113.5/24 is not a valid IP address or network"),
        )
    ],
    *[
        (sip(tech_prefix=value), f"{METHOD}/attributes/tech_prefix", words)
        for value, words in (
            ("123456789", "is too long (maximum is 8 characters)"),
            ("12*", "is invalid: only digits and # are supported"),
            ("", "is invalid: only digits and # are supported"),
            (12, "must be a string"),
        )
    ],
]


@pytest.mark.parametrize(("attributes", "pointer", "words"), INVALID_METHODS)
def test_invalid_authentication_method(
    server: Simulator, client: Client, attributes: dict[str, Any], pointer: str, words: str
) -> None:
    before = server.trunk(TRUNK)
    answer = client.patch(attributes=attributes)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["source"]["pointer"] == pointer
    assert error["detail"] == f"{pointer.rsplit('/', 1)[1]} - {words}"
    assert server.trunk(TRUNK) == before


def test_every_validation_error_at_once_and_nothing_changed(server: Simulator, client: Client) -> None:
    before = server.trunk(TRUNK)
    answer = client.patch(
        attributes={"name": "New", "status": "x", "rtp_timeout": 1, **method("twilio")},
        relationships={"dids": [did(99)], "emergency_dids": [did(98)]},
    )
    assert answer.status_code == 422
    assert [error["source"]["pointer"] for error in answer.json()["errors"]] == [
        "/data/attributes/status",
        "/data/attributes/rtp_timeout",
        f"{METHOD}/attributes/twilio_account_sid",
        "/data/relationships/dids/0",
        "/data/relationships/emergency_dids/0",
    ]
    assert server.trunk(TRUNK) == before


def test_the_example_of_the_update(client: Client) -> None:
    before = client.get(f"/voice_out_trunks/{EXAMPLE}").json()["data"]["attributes"]
    assert before["authentication_method"]["type"] == "credentials_and_ip"
    assert before["allowed_rtp_ips"]
    changes = {**method("twilio", twilio_account_sid=SID), "allowed_rtp_ips": None}
    answer = client.patch(EXAMPLE, changes, headers={"X-DIDWW-API-Version": "2026-04-16"})
    assert answer.status_code == 200
    document = answer.json()
    assert document["meta"] == {"api_version": "2026-04-16"}
    assert document["data"]["attributes"] == {
        **DEFAULTS,  # DIDWW may add settings that its examples do not have
        "name": "Outbound trunk Name",
        "allowed_rtp_ips": None,
        "authentication_method": {"type": "twilio", "attributes": {"twilio_account_sid": SID}},
        "on_cli_mismatch_action": "send_original_cli",
        "capacity_limit": 300,
        "allow_any_did_as_cli": False,
        "status": "blocked",
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
        "external_reference_id": None,
    }
    url = f"{client.server.url}/voice_out_trunks/{EXAMPLE}"
    assert document["data"]["relationships"] == {
        name: {"links": {"self": f"{url}/relationships/{name}", "related": f"{url}/{name}"}}
        for name in ("dids", "emergency_dids")
    }


def stored_method(server: Simulator, trunk_id: str = TRUNK) -> dict[str, Any]:
    stored: dict[str, Any] = server.trunk(trunk_id)["attributes"]["authentication_method"]
    return stored


def test_the_whole_authentication_method_is_replaced_except_its_credentials(server: Simulator, client: Client) -> None:
    answer = client.patch(EXAMPLE, method("credentials_and_ip", allowed_sip_ips=["192.0.2.7", "2001:DB8::1"]))
    assert answer.status_code == 200
    assert stored_method(server, EXAMPLE) == {
        "type": "credentials_and_ip",
        "attributes": {
            "allowed_sip_ips": ["192.0.2.7/32", "2001:db8::1/128"],
            "tech_prefix": None,  # before: 77#
            "username": "x7m2q",
            "password": "n0t-f0r-l0gs",
        },
    }


@pytest.mark.parametrize(("sent", "read"), [(None, None), ("12345678", "12345678"), ("9#", "9#")])
def test_tech_prefix(server: Simulator, client: Client, sent: str | None, read: str | None) -> None:
    assert client.patch(attributes=sip(tech_prefix=sent)).status_code == 200
    assert stored_method(server)["attributes"]["tech_prefix"] == read


def test_an_empty_tech_prefix_is_accepted_with_the_reading(server: Simulator, client: Client) -> None:
    with_readings(server, "empty_tech_prefix")
    for sent, read in (("9", "9"), ("", None), ("9#", "9#"), (None, None)):
        answer = client.patch(attributes=sip(tech_prefix=sent))
        assert answer.status_code == 200, answer.text
        assert answer.json()["data"]["attributes"]["authentication_method"]["attributes"]["tech_prefix"] == read
    assert client.patch(attributes=sip(tech_prefix="12*")).status_code == 422


def test_no_tech_prefix_is_null_in_the_seed(server: Simulator) -> None:
    server.put_trunk(UNKNOWN_TYPE[:-1] + "f")  # with the default method
    methods = [trunk["attributes"]["authentication_method"]["attributes"] for trunk in server.trunks]
    prefixes = [method["tech_prefix"] for method in methods if "tech_prefix" in method]
    assert prefixes[-1] is None
    assert "" not in prefixes


@pytest.mark.parametrize("trunk_id", [TWILIO, IP_ONLY])
def test_change_to_credentials_needs_allowed_rtp_ips(server: Simulator, client: Client, trunk_id: str) -> None:
    before = server.trunk(trunk_id)
    answer = client.patch(trunk_id, sip())
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["source"]["pointer"] == "/data/attributes/allowed_rtp_ips"
    assert server.trunk(trunk_id) == before

    assert client.patch(trunk_id, {**sip(), "allowed_rtp_ips": None}).status_code == 200
    after = stored_method(server, trunk_id)
    assert set(after["attributes"]) == {"allowed_sip_ips", "tech_prefix", "username", "password"}
    assert after["attributes"]["username"]
    assert after["attributes"]["password"]


def test_credentials_are_regenerated_after_another_type(server: Simulator, client: Client) -> None:
    first = stored_method(server)["attributes"]
    assert client.patch(attributes=method("twilio", twilio_account_sid=SID)).status_code == 200
    assert client.patch(attributes={**sip(), "allowed_rtp_ips": None}).status_code == 200
    second = stored_method(server)["attributes"]
    assert second["username"] != first["username"]
    assert second["password"] != first["password"]


def test_ip_only_can_be_updated_but_not_set(server: Simulator, client: Client) -> None:
    assert client.patch(IP_ONLY, {"capacity_limit": 5}).status_code == 200
    answer = client.patch(IP_ONLY, method("ip_only", allowed_sip_ips=["192.0.2.0/28"]))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["source"]["pointer"] == f"{METHOD}/type"
    assert answer.json()["errors"][0]["detail"] == "type - is not allowed for update"
    assert stored_method(server, IP_ONLY)["type"] == "ip_only"


def test_an_unknown_type_rejects_only_authentication_method(server: Simulator, client: Client) -> None:
    assert client.patch(UNKNOWN_TYPE, {"capacity_limit": 5}).status_code == 200
    answer = client.patch(UNKNOWN_TYPE, {"capacity_limit": 6, **method("twilio", twilio_account_sid=SID)})
    assert answer.status_code == 422  # DIDWW lists 409 for no operation on trunks
    assert answer.json()["errors"][0]["source"]["pointer"] == f"{METHOD}/type"
    assert server.trunk(UNKNOWN_TYPE)["attributes"]["capacity_limit"] == 5


@pytest.mark.parametrize("action", ["replace_cli", "randomize_cli"])
def test_cli_replacement_is_an_account_feature(client: Client, action: str) -> None:
    key = "no-features-key"
    answer = client.patch(OF[key], {"on_cli_mismatch_action": action}, headers={"Api-Key": key})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["source"]["pointer"] == "/data/attributes/on_cli_mismatch_action"
    answer = client.patch(OF[key], {"on_cli_mismatch_action": "reject_call"}, headers={"Api-Key": key})
    assert answer.status_code == 200


@pytest.mark.parametrize("sid", [SID, SID.lower(), "SK" + SID[2:], "zz" + SID[2:]])
def test_twilio_account_sid(server: Simulator, client: Client, sid: str) -> None:
    for _again in range(2):  # the trunk itself has it
        assert client.patch(attributes=method("twilio", twilio_account_sid=sid)).status_code == 200
    assert stored_method(server) == {"type": "twilio", "attributes": {"twilio_account_sid": sid}}


def test_rtp_timeout_null_can_be_stored_as_30(client: Client) -> None:
    key = "no-features-key"
    answer = client.patch(OF[key], {"rtp_timeout": None, "capacity_limit": None}, headers={"Api-Key": key})
    attributes = answer.json()["data"]["attributes"]
    assert (attributes["rtp_timeout"], attributes["capacity_limit"]) == (30, None)


OPENAPI = {"Api-Key": "openapi-key"}
OPENAPI_TRUNK = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e094"
OPENAPI_READINGS: list[tuple[str, Any, int, Any]] = [
    ("capacity_limit", 0, 422, None),
    ("capacity_limit", 1, 200, 1),
    ("capacity_limit", None, 200, None),
    ("threshold_amount", None, 422, "3000.0"),
    ("threshold_amount", "5", 200, "5.0"),
    ("dst_prefixes", None, 422, []),
    ("dst_prefixes", ["44", "44"], 200, ["44"]),
    ("rtp_timeout", None, 422, 30),
    ("rtp_timeout", 60, 200, 60),
    ("callback_url", "example.com:8443/calls", 200, "example.com:8443/calls"),
    ("callback_url", "https://example.com", 200, "https://example.com"),
    ("callback_url", "ftp://example.com", 422, None),
    ("callback_url", "", 422, None),
    ("callback_url", 1, 422, None),
]


@pytest.mark.parametrize(("name", "sent", "status", "read"), OPENAPI_READINGS)
def test_values_of_openapi(server: Simulator, client: Client, name: str, sent: Any, status: int, read: Any) -> None:
    answer = client.patch(OPENAPI_TRUNK, {name: sent}, headers=OPENAPI)
    assert answer.status_code == status
    if status == 422:
        assert answer.json()["errors"][0]["source"] == {"pointer": f"/data/attributes/{name}"}
    assert server.trunk(OPENAPI_TRUNK)["attributes"][name] == read


def test_by_openapi_a_change_to_credentials_needs_no_allowed_rtp_ips(server: Simulator, client: Client) -> None:
    assert client.patch(OPENAPI_TRUNK, sip(), headers=OPENAPI).status_code == 200
    assert stored_method(server, OPENAPI_TRUNK)["type"] == "credentials_and_ip"


# --- relationships ---


def test_dids_are_replaced_as_a_set(server: Simulator, client: Client) -> None:
    answer = client.patch(EXAMPLE, relationships={"dids": [did(5), did(4)], "emergency_dids": []})
    assert answer.status_code == 200
    assert server.trunk(EXAMPLE)["dids"] == [did(5), did(4)]
    assert server.trunk(EXAMPLE)["emergency_dids"] == []


def test_omitted_dids_do_not_change(server: Simulator, client: Client) -> None:
    assert client.patch(EXAMPLE, {"capacity_limit": 1}).status_code == 200
    assert server.trunk(EXAMPLE)["dids"] == [did(1), did(2)]
    assert server.trunk(EXAMPLE)["emergency_dids"] == [did(3)]


FLAGS = [("dids", "allow_any_did_as_cli", ANY_DID), ("emergency_dids", "emergency_enable_all", EMERGENCY_ALL)]


@pytest.mark.parametrize(("relationship", "flag", "flagged"), FLAGS)
def test_flag_and_linkage(server: Simulator, client: Client, relationship: str, flag: str, flagged: str) -> None:
    pointer = f"/data/relationships/{relationship}"
    for trunk_id, attributes in ((flagged, None), (EXAMPLE, {flag: True})):
        before = server.trunk(trunk_id)
        answer = client.patch(trunk_id, attributes, {relationship: [did(1)]})
        assert answer.status_code == 422
        assert [error["source"]["pointer"] for error in answer.json()["errors"]] == [pointer]
        assert server.trunk(trunk_id) == before

    assert client.patch(flagged, None, {relationship: []}).status_code == 200
    assert client.patch(EXAMPLE, {flag: True}).status_code == 200
    assert server.trunk(EXAMPLE)[relationship] == []  # linked DIDs are unassigned
    other = "emergency_dids" if relationship == "dids" else "dids"
    assert server.trunk(EXAMPLE)[other] != []
    assert client.patch(flagged, {flag: False}, {relationship: [did(1)]}).status_code == 200
    assert server.trunk(flagged)[relationship] == [did(1)]


@pytest.mark.parametrize(
    "did_id",
    [did(99), did(91), did(1).upper(), "", "37061498222", did(1)],
    ids=["unknown", "foreign", "case", "empty", "number", "repeated"],
)
def test_dids_that_cannot_be_linked(server: Simulator, client: Client, did_id: str) -> None:
    answer = client.patch(EXAMPLE, None, {"dids": [did(1), did_id]})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["source"]["pointer"] == "/data/relationships/dids/1"
    assert error["detail"].startswith("dids - ")
    assert server.trunk(EXAMPLE)["dids"] == [did(1), did(2)]


@pytest.mark.parametrize(
    ("relationship", "attributes"),
    [("dids", {"blocked": True}), ("dids", {"terminated": True}), ("emergency_dids", {"emergency_enabled": False})],
)
def test_dids_that_do_not_fit(
    server: Simulator, client: Client, relationship: str, attributes: dict[str, bool]
) -> None:
    dids = [{"id": did(1), "number": "37050"}, {"id": did(2), "number": "37051", "attributes": attributes}]
    server.reset({"api_keys": ["local-key"], "dids": dids, "trunks": [{"id": TRUNK}]})
    answer = client.patch(TRUNK, None, {relationship: [did(1), did(2)]})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["source"]["pointer"] == f"/data/relationships/{relationship}/1"
    other = "emergency_dids" if relationship == "dids" else "dids"
    assert client.patch(TRUNK, None, {relationship: [did(1)], other: [did(2)]}).status_code == 200


# --- malformed requests ---


def document(**members: Any) -> dict[str, Any]:
    return {"data": {"id": TRUNK, "type": "voice_out_trunks", **members}}


def without(member: str) -> dict[str, Any]:
    data = document()["data"]
    del data[member]
    return {"data": data}


MALFORMED: list[tuple[Any, list[str]]] = [
    ({}, ["106"]),
    ([], ["106"]),
    ("text", ["106"]),
    ({"data": None}, ["106"]),
    ({"data": []}, ["122"]),
    (without("id"), ["106"]),
    (without("type"), ["106"]),
    (document(type="trunks"), ["101"]),
    (document(id=EXAMPLE), ["110"]),
    (document(id=TRUNK.upper()), ["110"]),
    (document(attributes=[]), ["122"]),
    (document(attributes=None), ["122"]),
    (document(relationships=[]), ["122"]),
    (document(extra=1), ["105"]),
    ({**document(), "extra": 1}, ["105"]),
    (document(attributes={"capacity": 1}), ["105"]),
    (document(attributes={"created_at": "2025-04-02T10:00:00.000Z"}), ["105"]),
    (document(attributes={"threshold_reached": False}), ["105"]),
    (document(attributes={"spent_amount": "0.0"}), ["105"]),
    (document(attributes={"Name": "x", "id": TRUNK, "status": "wrong"}), ["105", "105"]),
    (document(attributes={"username": "x"}), ["105"]),
    (document(attributes=sip(username="u4k2m")), ["105"]),
    (document(attributes=sip(password="x", other=1)), ["105", "105"]),
    (document(attributes=sip(twilio_account_sid=SID)), ["105"]),
    (document(attributes=method("twilio", twilio_account_sid=SID, tech_prefix="")), ["105"]),
    (document(attributes={"authentication_method": {"type": "twilio", "tech_prefix": ""}}), ["105"]),
    (document(relationships={"trunk_group": {"data": None}}), ["105"]),
    (document(relationships={"dids": [did(1)]}), ["115"]),
    (document(relationships={"dids": {}}), ["115"]),
    (document(relationships={"dids": {"data": None}}), ["115"]),
    (document(relationships={"dids": {"data": {"type": "dids", "id": did(1)}}}), ["115"]),
    (document(relationships={"dids": {"data": [did(1)]}}), ["115"]),
    (document(relationships={"dids": {"data": [{"type": "dids"}]}}), ["115"]),
    (document(relationships={"dids": {"data": [{"id": did(1)}]}}), ["115"]),
    (document(relationships={"dids": {"data": [{"type": "dids", "id": 1}]}}), ["115"]),
    (document(relationships={"dids": {"data": [{"type": "numbers", "id": did(1)}]}}), ["116"]),
]


@pytest.mark.parametrize(("body", "codes"), MALFORMED)
def test_malformed(server: Simulator, client: Client, body: Any, codes: list[str]) -> None:
    before = server.trunk(TRUNK)
    answer = client.send(TRUNK, body)
    assert answer.status_code == 400
    errors = answer.json()["errors"]
    assert [error["code"] for error in errors] == codes
    assert all(error["status"] == "400" and error["title"] and error["detail"] for error in errors)
    assert server.trunk(TRUNK) == before


NAN = f'{{"data": {{"id": "{TRUNK}", "type": "voice_out_trunks", "attributes": {{"capacity_limit": NaN}}}}}}'


@pytest.mark.parametrize("text", ["", "{", NAN, "null", b"\xff\xfe", "[" * 100_000])
def test_not_json(client: Client, text: str | bytes) -> None:
    headers = {"Content-Type": "application/vnd.api+json"}
    answer = client.request("PATCH", f"/voice_out_trunks/{TRUNK}", data=text, headers=headers)
    assert answer.status_code == 400
    assert client.get(f"/voice_out_trunks/{TRUNK}").status_code == 200


def test_an_empty_update_changes_nothing(server: Simulator, client: Client) -> None:
    before = server.trunk(TRUNK)
    answer = client.send(TRUNK, document(links={}, meta={}))
    assert answer.status_code == 200
    assert server.trunk(TRUNK) == before


def test_put_is_answered_like_patch(server: Simulator, client: Client) -> None:
    headers = {"Content-Type": "application/vnd.api+json"}
    body = document(attributes={"capacity_limit": 60})
    answer = client.request("PUT", f"/voice_out_trunks/{TRUNK}", json=body, headers=headers)
    assert answer.status_code == 200
    assert answer.json()["data"]["attributes"]["name"] == "EU SBC"  # omitted settings do not change
    assert server.trunk(TRUNK)["attributes"]["capacity_limit"] == 60
    assert client.request("PUT", f"/voice_out_trunks/{TRUNK}", json=body).status_code == 415


# --- access ---


def test_read_only_account(server: Simulator, client: Client) -> None:
    key = "read-only-key"
    assert client.get(f"/voice_out_trunks/{OF[key]}", headers={"Api-Key": key}).status_code == 200
    assert client.patch(OF[key], {"capacity_limit": 1}, headers={"Api-Key": key}).status_code == 403
    assert server.trunk(OF[key])["attributes"]["capacity_limit"] is None


def test_the_outbound_feature_is_not_needed_since_2026(client: Client) -> None:
    key = "no-outbound-key"
    old = client.patch(OF[key], {"capacity_limit": 1}, headers={"Api-Key": key})
    assert old.status_code == 403
    new = client.patch(OF[key], {"capacity_limit": 1}, headers={"Api-Key": key, "X-DIDWW-API-Version": "2026-04-16"})
    assert new.status_code == 200


@pytest.mark.parametrize("trunk_id", [OF["no-features-key"], "1234", TRUNK.upper()])
def test_not_found(client: Client, trunk_id: str) -> None:
    answer = client.patch(trunk_id, {"capacity_limit": 1})
    assert answer.status_code == 404
    assert answer.json()["errors"] == [
        {
            "title": "Record not found",
            "detail": f"The record identified by {trunk_id} could not be found.",
            "code": "404",
            "status": "404",
        }
    ]


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/vnd.api+json; charset=utf-8", "", "application/vnd.api+json;ext=a"],
)
def test_content_type(client: Client, content_type: str) -> None:
    assert client.patch(attributes={"capacity_limit": 1}, headers={"Content-Type": content_type}).status_code == 415


def test_include_and_fields_on_the_answer(client: Client) -> None:
    query = "?include=dids&fields[voice_out_trunks]=name,dids&fields[dids]=number"
    body = {"data": {"id": EXAMPLE, "type": "voice_out_trunks", "attributes": {"name": "New"}}}
    answer = client.send(EXAMPLE, body, query).json()
    assert answer["data"]["attributes"] == {"name": "New"}
    assert list(answer["data"]["relationships"]) == ["dids"]
    assert answer["data"]["relationships"]["dids"]["data"] == [{"type": "dids", "id": did(n)} for n in (1, 2)]
    assert [included["attributes"]["number"] for included in answer["included"]] == ["37061498222", "37061498223"]
    assert client.send(EXAMPLE, body, "?include=trunk").status_code == 400
    assert client.send(EXAMPLE, body, "?page[size]=1").status_code == 400
