# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DIDWW's SDK and the modules use the local API together: each reads what the other one wrote.

If the local API differed from DIDWW's, the SDK would not understand it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import DEFAULT_DID, SETTINGS
from didww.enums import DefaultDstAction, OnCliMismatchAction, VoiceOutTrunkStatus
from didww.exceptions import DidwwApiError
from didww.query_params import QueryParams
from didww.resources.authentication_method import (
    AuthenticationMethod,
    CredentialsAndIpAuthenticationMethod,
    GenericAuthenticationMethod,
    IpOnlyAuthenticationMethod,
    TwilioAuthenticationMethod,
)
from didww.resources.voice_out_trunk import VoiceOutTrunk
from simulator.server import Simulator

from ..conftest import CASES, LINKAGE, TRUNK, RunModule, each_case, options_of, prepare
from .conftest import ENUMS, NOT_IN_SDK, SDK_CASES, SECRETS, Sdk, setting_of

TWILIO = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e001"
IP_ONLY = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e002"
PRODUCT = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e003"
SID = "AC39347AF064AF97E1682C3B7332DAAEE6"
DID, OTHER_DID = (f"6b1f4c0a-0000-4000-8000-00000000000{number}" for number in (1, 2))

each_setting = pytest.mark.parametrize("case", SDK_CASES, ids=[case["option"] for case in SDK_CASES])
each_clearing = each_case(lambda case: [None] if "clears" in case and setting_of(case) not in NOT_IN_SDK else [])


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
    assert {name: set(accepted) for name, accepted in choices.items()} == {
        name: {member.value for member in enum} for name, enum in ENUMS.items()
    }


# --- The module writes, the SDK reads ---


@each_clearing
def test_the_sdk_reads_what_the_module_cleared(
    run_module: RunModule, sdk: Sdk, case: dict[str, Any], value: Any
) -> None:
    run_module(id=TRUNK, **options_of(case, case["asks"]))
    run_module(id=TRUNK, **options_of(case, None))
    assert sdk.read(setting_of(case)) == case["clears"]


@pytest.mark.parametrize(("option", "value"), [(name, member) for name, enum in ENUMS.items() for member in enum])
def test_every_choice_is_a_member_of_the_enum(run_module: RunModule, sdk: Sdk, option: str, value: Any) -> None:
    more: dict[str, Any] = {"default_did": DID} if value is OnCliMismatchAction.REPLACE_CLI else {}
    run_module(id=TRUNK, **{option: value.value}, **more)
    assert sdk.read(option) is value


def test_the_sdk_reads_every_authentication_method(run_module: RunModule, sdk: Sdk) -> None:
    run_module(
        id=TWILIO,
        allowed_rtp_ips=None,
        authentication_method={"type": "credentials_and_ip", "allowed_sip_ips": ["2001:db8::1"], "tech_prefix": "9#"},
    )
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


def test_a_change_of_another_attribute_keeps_the_credentials(run_module: RunModule, sdk: Sdk) -> None:
    before = sdk.trunk().authentication_method
    run_module(id=TRUNK, authentication_method={"type": "credentials_and_ip", "tech_prefix": "9#"})
    after = sdk.trunk().authentication_method
    assert after.tech_prefix == "9#"
    for kept in ("allowed_sip_ips", "username", "password"):
        assert getattr(after, kept) == getattr(before, kept)


def test_the_sdk_reads_dids_by_number(run_module: RunModule, sdk: Sdk) -> None:
    run_module(id=TRUNK, dids=["+370 614 98222", "442071838750"], emergency_dids=["37061498224"])
    trunk = sdk.trunk()
    assert [did.number for did in trunk.dids] == ["37061498222", "442071838750"]
    assert [did.number for did in trunk.emergency_dids] == ["37061498224"]
    # Without include, the answer has no linkage.
    assert sdk.trunks.find(TRUNK).data.dids is None


def test_the_sdk_reads_read_only_values(sdk: Sdk, api_version: str) -> None:
    answer = sdk.trunks.find(TRUNK)
    assert answer.meta == {"api_version": api_version}
    assert answer.data.meta == {"spent_amount": "12.34"}
    assert answer.data.threshold_reached is False
    assert answer.data.created_at == datetime(2025, 4, 2, 10, tzinfo=timezone.utc)


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
    numbers = {trunk.name: [did.number for did in trunk.dids] for trunk in [*first.data, *second.data]}
    assert numbers["Twilio London"] == ["442071838750", "442071838751"]
    (did,) = sdk.client.dids().list(QueryParams().filter("number", "37061498222")).data
    assert did.number == "37061498222"


# --- The SDK writes, the module reports drift ---


@each_setting
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


@each_clearing
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
    nothing = as_returned(case["clears"])
    assert run_module(check=True, **options)["changes"] == {
        setting: {"before": nothing, "after": as_returned(case["sends"])}
    }
    run_module(**options)
    assert sdk.read(setting) == case["sends"]


def test_another_type_of_authentication_is_drift(run_module: RunModule, sdk: Sdk) -> None:
    options: dict[str, Any] = {
        "id": TRUNK,
        "allowed_rtp_ips": None,
        "authentication_method": {"type": "credentials_and_ip", "allowed_sip_ips": ["203.0.113.1"]},
    }
    assert run_module(**options)["changed"] is False
    sdk.write(authentication_method={"type": "twilio", "attributes": {"twilio_account_sid": SID}})
    done = run_module(**options)
    assert done["changes"] == {
        "authentication_method": {
            "before": {"type": "twilio", "twilio_account_sid": SID},
            "after": {"type": "credentials_and_ip", "allowed_sip_ips": ["203.0.113.1/32"], "tech_prefix": None},
        }
    }
    assert sdk.trunk().authentication_method.allowed_sip_ips == ["203.0.113.1/32"]
    assert run_module(**options)["changed"] is False


# --- The life cycle ---

METHODS: dict[str, dict[str, Any]] = {
    "credentials_and_ip": {
        "type": "credentials_and_ip",
        "attributes": {"allowed_sip_ips": ["203.0.113.7/32"], "tech_prefix": "9#"},
    },
    "twilio": {"type": "twilio", "attributes": {"twilio_account_sid": SID}},
}
NEW: dict[str, Any] = {
    "name": "New",
    "on_cli_mismatch_action": "reject_call",
    "allowed_rtp_ips": ["203.0.113.8/32"],
    "capacity_limit": 10,
    "threshold_amount": "50.0",
}


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_the_sdk_creates_a_trunk(
    local_api: Simulator, run_module: RunModule, run_info: RunModule, sdk: Sdk, method: dict[str, Any]
) -> None:
    created = sdk.create(**NEW, authentication_method=method, dids=[DID], emergency_dids=[OTHER_DID])
    assert local_api.journal[-1]["status"] == 201
    assert created.meta == {}  # the SDK keeps the meta of resources only when it reads
    assert isinstance(created.created_at, datetime)
    assert (created.status, created.threshold_reached) == (VoiceOutTrunkStatus.ACTIVE, False)
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


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_the_sdk_reads_a_trunk_that_the_module_created(run_module: RunModule, sdk: Sdk, method: dict[str, Any]) -> None:
    task = {**NEW, "authentication_method": as_returned(method), "dids": [DID]}
    done = run_module(state="present", **task)
    assert done["changed"] is True
    trunk = sdk.trunk(done["trunk"]["id"])
    assert trunk.on_cli_mismatch_action is OnCliMismatchAction.REJECT_CALL
    assert trunk.default_dst_action is DefaultDstAction.ALLOW_ALL
    assert {name: trunk.attributes[name] for name in NEW} == NEW
    assert [did.number for did in trunk.dids] == ["37061498222"]
    assert trunk.emergency_dids == []
    assert sdk.read("authentication_method", trunk.id) == method


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


def test_a_trunk_that_the_sdk_deleted_is_absent(local_api: Simulator, run_module: RunModule, sdk: Sdk) -> None:
    sdk.delete()
    assert local_api.journal[-1]["status"] == 204
    assert run_module(id=TRUNK, state="absent")["changed"] is False
    assert run_module(id=TRUNK, rtp_ping=True)["failed"] is True
    with pytest.raises(DidwwApiError, match="could not be found") as rejected:
        sdk.delete()
    assert rejected.value.status_code == 404


def test_the_sdk_does_not_find_a_trunk_that_the_module_deleted(run_module: RunModule, sdk: Sdk) -> None:
    assert run_module(id=TWILIO, state="absent")["changed"] is True
    with pytest.raises(DidwwApiError) as rejected:
        sdk.trunk(TWILIO)
    assert rejected.value.status_code == 404
    # Its DIDs remain, for another trunk.
    sdk.write(dids=["6b1f4c0a-0000-4000-8000-000000000004"])


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


def test_the_sdk_reads_the_credentials_that_the_module_regenerated(run_credentials: RunModule, sdk: Sdk) -> None:
    before = sdk.pair()
    result = run_credentials(id=TRUNK)
    assert result["changed"] is True
    assert sdk.pair() == (result["credentials"]["username"], result["credentials"]["password"]) != before


def test_the_module_and_the_sdk_send_the_same_regeneration(
    local_api: Simulator, run_credentials: RunModule, sdk: Sdk
) -> None:
    sdk.regenerate()
    run_credentials(id=TRUNK)
    ours, theirs = (entry["body"]["data"] for entry in local_api.journal if entry["method"] == "POST")
    assert {"attributes": {}, **ours} == {"attributes": {}, **theirs}


def test_the_module_and_the_sdk_send_the_same_new_trunk(local_api: Simulator, run_module: RunModule, sdk: Sdk) -> None:
    method = METHODS["credentials_and_ip"]
    sdk.create(**NEW, authentication_method=method, dids=[DID])
    (theirs,) = (entry["body"] for entry in local_api.journal)
    local_api.reset()
    run_module(state="present", **NEW, authentication_method=as_returned(method), dids=[DID])
    (ours,) = (entry["body"] for entry in local_api.journal if entry["method"] == "POST")
    assert ours == theirs


# --- Rejected requests: one of each status; the tests of the local API have the others ---

NOBODY = "00000000-0000-4000-8000-000000000000"
INVALID: dict[str, tuple[dict[str, Any], str, str]] = {
    "a name that is taken": ({"name": "Twilio London"}, "name", "name - has already been taken"),
    "an attribute of the method": (
        {"authentication_method": {"type": "twilio", "attributes": {"twilio_account_sid": "AC1"}}},
        "authentication_method/attributes/twilio_account_sid",
        "twilio_account_sid - ",
    ),
}


@pytest.mark.parametrize(("settings", "place", "words"), INVALID.values(), ids=INVALID)
def test_a_validation_error_parses(sdk: Sdk, settings: dict[str, Any], place: str, words: str) -> None:
    with pytest.raises(DidwwApiError) as rejected:
        sdk.write(**settings)
    assert rejected.value.status_code == 422
    (error,) = rejected.value.errors
    assert (error["status"], error["code"]) == ("422", "100")
    assert error["source"] == {"pointer": f"/data/attributes/{place}"}
    assert words in error["detail"]
    assert str(rejected.value) == error["detail"]


def test_validation_errors_come_together(sdk: Sdk) -> None:
    with pytest.raises(DidwwApiError) as rejected:
        sdk.write(capacity_limit=-1, rtp_timeout=5, dids=[NOBODY])
    assert sorted(error["source"]["pointer"] for error in rejected.value.errors) == [
        "/data/attributes/capacity_limit",
        "/data/attributes/rtp_timeout",
        "/data/relationships/dids/0",
    ]


OTHER_ERRORS: dict[str, tuple[str, Callable[[Sdk], Any], int, str, str]] = {
    "an unknown filter": (
        "local-key",
        lambda sdk: sdk.trunks.list(QueryParams().filter("username", "u4k2m")),
        400,
        "102",
        "username is not allowed",
    ),
    "read-only secrets": (
        "local-key",
        lambda sdk: sdk.trunks.update(with_its_method_written_back(sdk)),
        400,
        "105",
        "username is not allowed",
    ),
    "an unknown key": ("nobody", lambda sdk: sdk.trunk(), 401, "401", ""),
    "a read-only account": (
        "read-only-key",
        lambda sdk: sdk.write("3d9b7f52-2a61-4f0e-9c11-7f5a60b8e092", rtp_ping=True),
        403,
        "403",
        "read-only mode",
    ),
    "an unknown trunk": (
        "local-key",
        lambda sdk: sdk.trunk(NOBODY),
        404,
        "404",
        f"The record identified by {NOBODY} could not be found.",
    ),
}


def with_its_method_written_back(sdk: Sdk) -> VoiceOutTrunk:
    """Return a trunk whose next update sends the authentication method that was read, with its secrets."""
    trunk = sdk.trunks.find(TRUNK).data
    method = trunk.authentication_method
    assert isinstance(method, AuthenticationMethod)
    trunk.authentication_method = method
    return trunk


@pytest.mark.parametrize(("key", "act", "status", "code", "words"), OTHER_ERRORS.values(), ids=OTHER_ERRORS)
def test_another_error_parses(
    local_api: Simulator, key: str, act: Callable[[Sdk], Any], status: int, code: str, words: str
) -> None:
    with pytest.raises(DidwwApiError) as rejected:
        act(Sdk(local_api, key))
    assert rejected.value.status_code == status
    assert {(error["status"], error["code"]) for error in rejected.value.errors} >= {(str(status), code)}
    assert words in str(rejected.value)
    assert all(error["title"] for error in rejected.value.errors)
