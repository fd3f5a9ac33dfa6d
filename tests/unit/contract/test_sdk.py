# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vendor's SDK and the module meet at the local API, and understand each other: it speaks DIDWW's dialect."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._settings import DEFAULT_DID, SETTINGS
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

from ..conftest import CASES, LINKAGE, TRUNK, RunModule, options_of, prepare
from .conftest import ENUMS, Sdk

TWILIO = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e001"
IP_ONLY = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e002"
PRODUCT = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e003"
SID = "AC39347AF064AF97E1682C3B7332DAAEE6"

each_setting = pytest.mark.parametrize("case", CASES, ids=[case["option"] for case in CASES])
CLEARED = [case for case in CASES if "clears" in case]


def setting_of(case: dict[str, Any]) -> str:
    """Return the setting that the SDK knows: an attribute of the authentication method is part of it."""
    return str(case["option"].partition(".")[0])


def as_module_says(value: Any) -> Any:
    """Return a value of the API as the module returns it: an authentication method is flat there."""
    if isinstance(value, dict):
        attributes = {name: each for name, each in value["attributes"].items() if name not in ("username", "password")}
        return {"type": value["type"], **attributes}
    return value


# --- What there is ---


def test_what_the_sdk_writes_is_what_the_module_sets() -> None:
    names = {setting.name for setting in SETTINGS}
    assert names == VoiceOutTrunk._writable_attrs | {*LINKAGE, DEFAULT_DID}
    assert {setting_of(case) for case in CASES} == names - {DEFAULT_DID}


def test_the_choices_are_the_enums_of_the_sdk() -> None:
    choices = {each.name: each.kind.spec["choices"] for each in SETTINGS if "choices" in each.kind.spec}
    assert {name: set(accepted) for name, accepted in choices.items()} == {
        name: {member.value for member in enum} for name, enum in ENUMS.items()
    }


# --- The module writes, the SDK reads ---


@each_setting
def test_the_sdk_reads_what_the_module_wrote(
    local_api: Simulator, run_module: RunModule, sdk: Sdk, case: dict[str, Any]
) -> None:
    prepare(local_api, case)
    assert sdk.read(setting_of(case)) != case["sends"]
    run_module(id=TRUNK, **options_of(case, case["asks"]))
    assert sdk.read(setting_of(case)) == case["sends"]


@pytest.mark.parametrize("case", CLEARED, ids=[case["option"] for case in CLEARED])
def test_the_sdk_reads_what_the_module_cleared(run_module: RunModule, sdk: Sdk, case: dict[str, Any]) -> None:
    run_module(id=TRUNK, **options_of(case, case["asks"]))
    run_module(id=TRUNK, **options_of(case, None))
    value = sdk.read(setting_of(case))
    if case["option"] == "authentication_method.tech_prefix":
        assert value["attributes"]["tech_prefix"] in (None, "")  # the reference has both for none
    else:
        assert value == case["clears"]


@pytest.mark.parametrize(("option", "value"), [(name, each) for name, enum in ENUMS.items() for each in enum])
def test_every_choice_is_a_member_of_the_enum(run_module: RunModule, sdk: Sdk, option: str, value: Any) -> None:
    run_module(id=TRUNK, **{option: value.value})
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

    # The SDK names no other type: it keeps what it does not know.
    other = sdk.trunk(PRODUCT).authentication_method
    assert isinstance(other, GenericAuthenticationMethod)
    assert other.to_jsonapi() == {"type": "voice_product", "attributes": {"product_id": "7f3c"}}


def test_credentials_outlast_a_change_beside_them(run_module: RunModule, sdk: Sdk) -> None:
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
    # Linkage comes only where it is asked for.
    assert sdk.trunks.find(TRUNK).data.dids is None


def test_the_sdk_reads_what_can_only_be_read(sdk: Sdk) -> None:
    answer = sdk.trunks.find(TRUNK)
    assert answer.meta == {"api_version": "2026-04-16"}
    assert answer.data.meta == {"spent_amount": "12.34"}
    assert answer.data.threshold_reached is False
    assert answer.data.created_at == datetime(2025, 4, 2, 10, tzinfo=timezone.utc)


def test_the_sdk_filters_sorts_and_pages(sdk: Sdk) -> None:
    def names(query: QueryParams) -> list[str]:
        return [trunk.name for trunk in sdk.trunks.list(query).data]

    assert names(QueryParams().filter("external_reference_id", "crm-0001")) == ["EU SBC"]
    assert names(QueryParams().filter("authentication_method.type", "ip_only")) == ["Carrier interconnect"]
    by_name = QueryParams().sort("-name").include(*LINKAGE)
    first, second = (sdk.trunks.list(by_name.page(number, 4)) for number in (1, 2))
    assert first.meta == second.meta == {"total_records": 7, "api_version": "2026-04-16"}
    found = [trunk.name for trunk in [*first.data, *second.data]]
    assert len(found) == 7
    assert found == sorted(found, reverse=True)
    numbers = {trunk.name: [did.number for did in trunk.dids] for trunk in [*first.data, *second.data]}
    assert numbers["Twilio London"] == ["442071838750", "442071838751"]
    (did,) = sdk.client.dids().list(QueryParams().filter("number", "37061498222")).data
    assert did.number == "37061498222"


# --- The SDK writes, the module sees drift ---


@each_setting
def test_what_the_sdk_changes_is_drift(
    local_api: Simulator, run_module: RunModule, sdk: Sdk, case: dict[str, Any]
) -> None:
    setting = setting_of(case)
    prepare(local_api, case)
    options = {"id": TRUNK, **options_of(case, case["asks"])}
    run_module(**options)
    assert run_module(check=True, **options)["changed"] is False

    sdk.write(**{setting: case["has"]})
    seen = run_module(check=True, **options)
    assert seen["changes"] == {setting: {"before": as_module_says(case["has"]), "after": as_module_says(case["sends"])}}
    assert sdk.read(setting) != case["sends"]

    done = run_module(**options)
    assert (done["changed"], done["changes"], done["warnings"]) == (True, seen["changes"], [])
    assert sdk.read(setting) == case["sends"]
    assert run_module(**options)["changed"] is False


@pytest.mark.parametrize("case", CLEARED, ids=[case["option"] for case in CLEARED])
def test_what_the_sdk_clears_is_drift(
    local_api: Simulator, run_module: RunModule, sdk: Sdk, case: dict[str, Any]
) -> None:
    setting = setting_of(case)
    prepare(local_api, case)
    options = {"id": TRUNK, **options_of(case, case["asks"])}
    run_module(**options)
    # For prefixes null and [] are one to the API; the SDK sends null as any other.
    sdk.write(**{setting: None if case["clears"] == [] else case["clears"]})
    nothing = as_module_says(case["clears"])
    assert run_module(check=True, **options)["changes"] == {
        setting: {"before": nothing, "after": as_module_says(case["sends"])}
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


# --- Refusals ---

NOBODY = "00000000-0000-4000-8000-000000000000"
INVALID: dict[str, tuple[dict[str, Any], str, str]] = {
    "a name that is taken": ({"name": "Twilio London"}, "name", "name - has already been taken"),
    "a number too high": ({"capacity_limit": 40000}, "capacity_limit", "less than or equal to 32767"),
    "a null": ({"rtp_ping": None}, "rtp_ping", "rtp_ping - "),
    "an amount that is none": ({"threshold_amount": "much"}, "threshold_amount", "is not a number"),
    "an address that is none": ({"allowed_rtp_ips": ["sbc.example.com"]}, "allowed_rtp_ips", "sbc.example.com"),
    "an attribute of the method": (
        {"authentication_method": {"type": "twilio", "attributes": {"twilio_account_sid": "AC1"}}},
        "authentication_method/attributes/twilio_account_sid",
        "twilio_account_sid - ",
    ),
    "a type that cannot be set": (
        {"authentication_method": {"type": "ip_only", "attributes": {"allowed_sip_ips": ["203.0.113.1"]}}},
        "authentication_method/type",
        "type - ",
    ),
}


@pytest.mark.parametrize(("settings", "place", "words"), INVALID.values(), ids=INVALID)
def test_a_validation_error_parses(sdk: Sdk, settings: dict[str, Any], place: str, words: str) -> None:
    with pytest.raises(DidwwApiError) as refused:
        sdk.write(**settings)
    assert refused.value.status_code == 422
    (error,) = refused.value.errors
    assert (error["status"], error["code"]) == ("422", "100")
    assert error["source"] == {"pointer": f"/data/attributes/{place}"}
    assert words in error["detail"]
    assert str(refused.value) == error["detail"]


def test_validation_errors_come_together(sdk: Sdk) -> None:
    with pytest.raises(DidwwApiError) as refused:
        sdk.write(capacity_limit=-1, rtp_timeout=5, dids=[NOBODY])
    assert sorted(error["source"]["pointer"] for error in refused.value.errors) == [
        "/data/attributes/capacity_limit",
        "/data/attributes/rtp_timeout",
        "/data/relationships/dids/0",
    ]


OTHER_REFUSALS: dict[str, tuple[str, Callable[[Sdk], Any], int, str, str]] = {
    "a filter that there is not": (
        "local-key",
        lambda sdk: sdk.trunks.list(QueryParams().filter("username", "u4k2m")),
        400,
        "102",
        "username is not allowed",
    ),
    "secrets, which can only be read": (
        "local-key",
        lambda sdk: sdk.trunks.update(with_its_method_written_back(sdk)),
        400,
        "105",
        "username is not allowed",
    ),
    "a key that there is not": ("nobody", lambda sdk: sdk.trunk(), 401, "401", "Authorization failed"),
    "an account without the Outbound API": ("no-outbound-api-key", lambda sdk: sdk.trunk(), 403, "403", "Outbound API"),
    "an account that may only read": (
        "read-only-key",
        lambda sdk: sdk.write("3d9b7f52-2a61-4f0e-9c11-7f5a60b8e092", rtp_ping=True),
        403,
        "403",
        "read-only mode",
    ),
    "a trunk that there is not": (
        "local-key",
        lambda sdk: sdk.trunk(NOBODY),
        404,
        "404",
        f"The record identified by {NOBODY} could not be found.",
    ),
    "a trunk of someone else": ("no-features-key", lambda sdk: sdk.trunk(), 404, "404", TRUNK),
    "a method that DIDWW alone sets": (
        "local-key",
        lambda sdk: sdk.write(
            PRODUCT, authentication_method={"type": "twilio", "attributes": {"twilio_account_sid": SID}}
        ),
        422,
        "100",
        "type - is not allowed for update",
    ),
}


def with_its_method_written_back(sdk: Sdk) -> VoiceOutTrunk:
    """Return a trunk whose method is to be sent as it was read."""
    trunk = sdk.trunks.find(TRUNK).data
    method = trunk.authentication_method
    assert isinstance(method, AuthenticationMethod)
    trunk.authentication_method = method
    return trunk


@pytest.mark.parametrize(("key", "act", "status", "code", "words"), OTHER_REFUSALS.values(), ids=OTHER_REFUSALS)
def test_another_refusal_parses(
    local_api: Simulator, key: str, act: Callable[[Sdk], Any], status: int, code: str, words: str
) -> None:
    with pytest.raises(DidwwApiError) as refused:
        act(Sdk(local_api.url, key))
    assert refused.value.status_code == status
    assert {(error["status"], error["code"]) for error in refused.value.errors} >= {(str(status), code)}
    assert words in str(refused.value)
    assert all(error["title"] for error in refused.value.errors)
