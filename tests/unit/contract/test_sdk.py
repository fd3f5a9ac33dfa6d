# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DIDWW's SDK and the modules use the local API together: each reads what the other one wrote.

If the local API differed from DIDWW's, the SDK would not understand it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from functools import partial
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import DEFAULT_DID, SETTINGS
from didww.enums import DefaultDstAction, OnCliMismatchAction, VoiceOutTrunkStatus
from didww.exceptions import DidwwApiError
from didww.query_params import QueryParams
from didww.resources.authentication_method import (
    CredentialsAndIpAuthenticationMethod,
    GenericAuthenticationMethod,
    IpOnlyAuthenticationMethod,
    TwilioAuthenticationMethod,
)
from didww.resources.voice_out_trunk import VoiceOutTrunk
from simulator.server import Simulator

from ..conftest import (
    CASES,
    EXAMPLE,
    IP_ONLY,
    LINKAGE,
    NOBODY,
    TRUNK,
    TWILIO,
    RunModule,
    each_case,
    options_of,
    prepare,
)
from .conftest import ENUMS, NOT_IN_SDK, SDK_CASES, SECRETS, Sdk, setting_of

PRODUCT = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e003"
SID = "AC39347AF064AF97E1682C3B7332DAAEE6"
DID, OTHER_DID = (f"6b1f4c0a-0000-4000-8000-00000000000{number}" for number in (1, 2))


def as_returned(value: Any) -> Any:
    """Return a value of the API as the module returns it: an authentication method is flat, without secrets."""
    if isinstance(value, dict):
        attributes = {name: item for name, item in value["attributes"].items() if name not in SECRETS}
        return {"type": value["type"], **attributes}
    return value


# --- Settings ---


def test_the_module_has_the_settings_of_the_sdk() -> None:
    names = {setting.name for setting in SETTINGS}
    assert names - NOT_IN_SDK == VoiceOutTrunk._writable_attrs | {*LINKAGE, DEFAULT_DID}
    assert names >= NOT_IN_SDK
    assert {setting_of(case) for case in CASES} == names - {DEFAULT_DID}


def test_the_choices_are_the_enums_of_the_sdk() -> None:
    known = [setting for setting in SETTINGS if setting.name not in NOT_IN_SDK]
    choices = {setting.name: setting.kind.spec["choices"] for setting in known if "choices" in setting.kind.spec}
    enums = {name: {member.value for member in enum} for name, enum in ENUMS.items()}
    assert {name: set(accepted) for name, accepted in choices.items()} == enums


# --- The module writes, the SDK reads ---


def test_the_sdk_reads_every_authentication_method(run_module: RunModule, sdk: Sdk) -> None:
    method = {"type": "credentials_and_ip", "allowed_sip_ips": ["2001:db8::1"], "tech_prefix": "9#"}
    run_module(id=TWILIO, allowed_rtp_ips=None, authentication_method=method)
    credentials = sdk.trunk(TWILIO).authentication_method
    assert isinstance(credentials, CredentialsAndIpAuthenticationMethod)
    assert (credentials.allowed_sip_ips, credentials.tech_prefix) == (["2001:db8::1/128"], "9#")
    assert credentials.username
    assert credentials.password

    run_module(id=TRUNK, authentication_method={"type": "twilio", "twilio_account_sid": SID})
    twilio = sdk.trunk().authentication_method
    assert isinstance(twilio, TwilioAuthenticationMethod)
    assert twilio.twilio_account_sid == SID

    ip_only = sdk.trunk(IP_ONLY).authentication_method
    assert isinstance(ip_only, IpOnlyAuthenticationMethod)
    assert (ip_only.allowed_sip_ips, ip_only.tech_prefix) == (["192.0.2.0/28"], "99")

    # The SDK has no other types, and keeps their attributes as they are.
    other = sdk.trunk(PRODUCT).authentication_method
    assert isinstance(other, GenericAuthenticationMethod)
    assert other.to_jsonapi() == {"type": "voice_product", "attributes": {"product_id": "7f3c"}}


def test_the_sdk_reads_read_only_values_and_numbers(sdk: Sdk, api_version: str) -> None:
    answer = sdk.trunks.find(TRUNK)
    assert answer.meta == {"api_version": api_version}
    assert answer.data.meta == {"spent_amount": "12.34"}
    assert answer.data.threshold_reached is False
    assert answer.data.created_at == datetime(2025, 4, 2, 10, tzinfo=timezone.utc)
    # Without include, the answer has no linkage.
    assert answer.data.dids is None
    assert [did.number for did in sdk.trunk(TWILIO).dids] == ["442071838750", "442071838751"]


def test_the_sdk_filters_sorts_and_pages(sdk: Sdk, api_version: str) -> None:
    def names(query: QueryParams) -> list[str]:
        return [trunk.name for trunk in sdk.trunks.list(query).data]

    assert names(QueryParams().filter("external_reference_id", "crm-0001")) == ["EU SBC"]
    assert names(QueryParams().filter("authentication_method.type", "ip_only")) == ["Carrier interconnect"]
    by_name = QueryParams().sort("-name").include(*LINKAGE)
    first, second = (sdk.trunks.list(by_name.page(number, 4)) for number in (1, 2))
    assert first.meta == second.meta == {"total_records": 7, "api_version": api_version}
    found = [trunk.name for trunk in [*first.data, *second.data]]
    assert len(found) == 7
    assert found == sorted(found, reverse=True)
    (did,) = sdk.client.dids().list(QueryParams().filter("number", "37061498222")).data
    assert did.number == "37061498222"


# --- The SDK writes, the module reports drift ---


@pytest.mark.parametrize("case", SDK_CASES, ids=[case["option"] for case in SDK_CASES])
def test_a_change_by_the_sdk_is_drift(
    local_api: Simulator, run_module: RunModule, sdk: Sdk, case: dict[str, Any]
) -> None:
    setting = setting_of(case)
    prepare(local_api, case)
    options = {"id": TRUNK, **options_of(case, case["asks"])}
    run_module(**options)
    assert run_module(check=True, **options)["changed"] is False

    sdk.write(**{setting: case["has"]})
    seen = run_module(check=True, **options)
    assert seen["changes"] == {setting: {"before": as_returned(case["has"]), "after": as_returned(case["sends"])}}
    assert sdk.read(setting) != case["sends"]

    done = run_module(**options)
    assert (done["changed"], done["changes"], done["warnings"]) == (True, seen["changes"], [])
    assert sdk.read(setting) == case["sends"]
    assert run_module(**options)["changed"] is False


@each_case(lambda case: [None] if "clears" in case and setting_of(case) not in NOT_IN_SDK else [])
def test_a_value_that_the_sdk_clears_is_drift(
    local_api: Simulator, run_module: RunModule, sdk: Sdk, api_version: str, case: dict[str, Any], value: Any
) -> None:
    setting = setting_of(case)
    prepare(local_api, case)
    options = {"id": TRUNK, **options_of(case, case["asks"])}
    run_module(**options)
    # For prefixes, 2026-04-16 stores null as []. The SDK can send null.
    null = case["clears"] == [] and api_version == "2026-04-16"
    sdk.write(**{setting: None if null else case["clears"]})
    drift = {"before": as_returned(case["clears"]), "after": as_returned(case["sends"])}
    assert run_module(check=True, **options)["changes"] == {setting: drift}
    run_module(**options)
    assert sdk.read(setting) == case["sends"]
    run_module(id=TRUNK, **options_of(case, None))
    assert sdk.read(setting) == case["clears"]


def test_another_type_of_authentication_is_drift(run_module: RunModule, sdk: Sdk) -> None:
    method = {"type": "credentials_and_ip", "allowed_sip_ips": ["203.0.113.1"]}
    options: dict[str, Any] = {"id": TRUNK, "allowed_rtp_ips": None, "authentication_method": method}
    assert run_module(**options)["changed"] is False
    sdk.write(authentication_method=METHODS["twilio"])
    (change,) = run_module(**options)["changes"].values()
    assert change["before"] == {"type": "twilio", "twilio_account_sid": SID}
    assert change["after"] == {**method, "allowed_sip_ips": ["203.0.113.1/32"], "tech_prefix": None}
    assert sdk.trunk().authentication_method.allowed_sip_ips == ["203.0.113.1/32"]
    assert run_module(**options)["changed"] is False


# --- The life cycle ---

METHODS: dict[str, dict[str, Any]] = {
    name: {"type": name, "attributes": attributes}
    for name, attributes in (
        ("credentials_and_ip", {"allowed_sip_ips": ["203.0.113.7/32"], "tech_prefix": "9#"}),
        ("twilio", {"twilio_account_sid": SID}),
    )
}
REQUIRED: dict[str, Any] = {"name": "New", "on_cli_mismatch_action": "reject_call"}
NEW = {**REQUIRED, "allowed_rtp_ips": ["203.0.113.8/32"], "capacity_limit": 10, "threshold_amount": "50.0"}


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_the_sdk_creates_a_trunk(
    local_api: Simulator, run_module: RunModule, run_info: RunModule, sdk: Sdk, method: dict[str, Any]
) -> None:
    created = sdk.create(**NEW, authentication_method=method, dids=[DID], emergency_dids=[OTHER_DID])
    assert local_api.journal[-1]["status"] == 201
    assert created.meta == {}  # the SDK keeps the meta of resources only when it reads
    assert isinstance(created.created_at, datetime)
    assert (created.status, created.threshold_reached) == (VoiceOutTrunkStatus.ACTIVE, False)
    assert created.on_cli_mismatch_action is OnCliMismatchAction.REJECT_CALL
    assert created.default_dst_action is DefaultDstAction.ALLOW_ALL
    read = sdk.trunk(created.id)
    assert read.meta == {"spent_amount": "0.0"}
    assert read.attributes == created.attributes
    assert [did.id for did in read.dids] == [DID]
    assert [did.id for did in read.emergency_dids] == [OTHER_DID]
    assert sdk.read("authentication_method", created.id) == method

    (found,) = run_info(name="New")["trunks"]
    assert (found["id"], found["capacity_limit"]) == (created.id, 10)
    task = {**NEW, "authentication_method": as_returned(method), "dids": [DID], "emergency_dids": [OTHER_DID]}
    assert run_module(state="present", **task)["changed"] is False
    if method["type"] == "credentials_and_ip":
        username, password = sdk.pair(created.id)
        assert (created.authentication_method.username, created.authentication_method.password) == (username, password)
        assert username
        assert password


def test_the_sdk_sets_a_default_did_that_it_does_not_read(
    local_api: Simulator, run_module: RunModule, sdk: Sdk
) -> None:
    settings = {**NEW, "on_cli_mismatch_action": "replace_cli", "authentication_method": METHODS["twilio"]}
    created = sdk.create(**settings, default_did=DID)
    assert local_api.trunk(created.id)["default_did"] == DID
    sdk.write(created.id, default_did=OTHER_DID)
    assert local_api.trunk(created.id)["default_did"] == OTHER_DID
    assert sdk.trunk(created.id).default_did is None

    run_module(id=TRUNK, on_cli_mismatch_action="replace_cli", default_did=DID)
    assert sdk.read("on_cli_mismatch_action") is OnCliMismatchAction.REPLACE_CLI
    assert local_api.trunk(TRUNK)["default_did"] == DID


def test_a_deleted_trunk_is_absent(local_api: Simulator, run_module: RunModule, sdk: Sdk) -> None:
    sdk.delete()
    assert local_api.journal[-1]["status"] == 204
    assert run_module(id=TRUNK, state="absent")["changed"] is False
    assert run_module(id=TRUNK, rtp_ping=True)["failed"] is True
    assert run_module(id=TWILIO, state="absent")["changed"] is True
    for fails in (sdk.delete, partial(sdk.trunk, TWILIO)):
        with pytest.raises(DidwwApiError, match="could not be found") as rejected:
            fails()
        assert rejected.value.status_code == 404
    # The DIDs of a deleted trunk remain, for another one.
    sdk.write(EXAMPLE, dids=["6b1f4c0a-0000-4000-8000-000000000004"])


def test_the_sdk_regenerates_credentials(local_api: Simulator, run_credentials: RunModule, sdk: Sdk) -> None:
    before = sdk.pair()
    answer = sdk.regenerate()
    assert (answer.id, answer.type) == (TRUNK, "voice_out_trunk_regenerate_credentials")
    assert local_api.journal[-1]["status"] == 201
    after = sdk.pair()
    assert not set(before) & set(after)
    # The password that the module would replace is no longer in use.
    result = run_credentials(id=TRUNK, replaces=before[1])
    assert (result["changed"], result["credentials"]) == (False, {"username": after[0], "password": after[1]})

    # The module regenerates them with the same request.
    result = run_credentials(id=TRUNK)
    assert result["changed"] is True
    assert sdk.pair() == (result["credentials"]["username"], result["credentials"]["password"]) != after
    theirs, ours = (entry["body"]["data"] for entry in local_api.journal if entry["method"] == "POST")
    assert {"attributes": {}, **ours} == {"attributes": {}, **theirs}


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_the_module_and_the_sdk_send_the_same_new_trunk(
    local_api: Simulator, run_module: RunModule, sdk: Sdk, method: dict[str, Any]
) -> None:
    sdk.create(**NEW, authentication_method=method, dids=[DID])
    (theirs,) = (entry["body"] for entry in local_api.journal)
    local_api.reset()
    run_module(state="present", **NEW, authentication_method=as_returned(method), dids=[DID])
    (ours,) = (entry["body"] for entry in local_api.journal if entry["method"] == "POST")
    assert ours == theirs


# --- Rejected requests: one of each status; the tests of the local API have the others ---


def write_the_method_back(sdk: Sdk) -> None:
    """Send the authentication method that was read, with its secrets. The SDK sends what has been set."""
    trunk = sdk.trunks.find(TRUNK).data
    trunk.authentication_method = trunk.authentication_method
    sdk.trunks.update(trunk)


OF_ANOTHER = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e092"
SHORT_SID = {"type": "twilio", "attributes": {"twilio_account_sid": "AC1"}}
INVALID = {"name": "Twilio London", "authentication_method": SHORT_SID, "dids": [NOBODY]}
METHOD_PLACE = "attributes/authentication_method/attributes/twilio_account_sid"
KEYS = {"an unknown key": "nobody", "a read-only account": "read-only-key"}
# What the SDK does, and of each error the status, the code, the attribute or relationship, and its words.
ERRORS: dict[str, tuple[Callable[[Sdk], Any], list[tuple[int, str, str, str]]]] = {
    "invalid values": (
        lambda sdk: sdk.write(**INVALID),
        [
            (422, "100", "attributes/name", "name - has already been taken"),
            (422, "100", METHOD_PLACE, "twilio_account_sid - "),
            (422, "100", "relationships/dids/0", ""),
        ],
    ),
    "an unknown filter": (
        lambda sdk: sdk.trunks.list(QueryParams().filter("username", "u4k2m")),
        [(400, "102", "", "username is not allowed")],
    ),
    "read-only secrets": (
        write_the_method_back,
        [(400, "105", "", "username is not allowed"), (400, "105", "", "password is not allowed")],
    ),
    "an unknown key": (lambda sdk: sdk.trunk(), [(401, "401", "", "")]),
    "a read-only account": (lambda sdk: sdk.write(OF_ANOTHER, rtp_ping=True), [(403, "403", "", "read-only mode")]),
    "an unknown trunk": (
        lambda sdk: sdk.trunk(NOBODY),
        [(404, "404", "", f"The record identified by {NOBODY} could not be found.")],
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_parse(local_api: Simulator, name: str) -> None:
    act, expected = ERRORS[name]
    with pytest.raises(DidwwApiError) as rejected:
        act(Sdk(local_api, KEYS.get(name, "local-key")))
    assert rejected.value.status_code == expected[0][0]
    for error, (status, code, place, words) in zip(rejected.value.errors, expected, strict=True):
        assert (error["status"], error["code"]) == (str(status), code)
        assert error.get("source", {}).get("pointer", "") == (f"/data/{place}" if place else "")
        assert words in error["detail"]
        assert error["title"]
        assert error["detail"] in str(rejected.value)
