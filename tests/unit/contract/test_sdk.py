# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DIDWW's SDK and the modules use the local API together: each reads what the other one wrote.

If the local API differed from DIDWW's, the SDK would not understand it. It also answers the examples of the SDKs.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import DEFAULT_DID, SETTINGS
from didww.enums import DefaultDstAction, OnCliMismatchAction, VoiceOutTrunkStatus
from didww.exceptions import DidwwApiError
from didww.query_params import QueryParams
from didww.resources.authentication_method import CredentialsAndIpAuthenticationMethod as CredentialsAndIp
from didww.resources.authentication_method import GenericAuthenticationMethod as Generic
from didww.resources.authentication_method import IpOnlyAuthenticationMethod as IpOnly
from didww.resources.authentication_method import TwilioAuthenticationMethod as Twilio
from didww.resources.voice_out_trunk import VoiceOutTrunk
from simulator.server import Simulator, load_seed

from ..conftest import (
    CASES,
    EXAMPLE,
    IP_ONLY,
    LINKAGE,
    NOBODY,
    TRUNK,
    TWILIO,
    UNKNOWN,
    RunModule,
    each_case,
    options_of,
    prepare,
)
from .conftest import ENUMS, NOT_IN_SDK, SECRETS, Sdk, ask, setting_of

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


# --- The SDK reads ---


def test_the_sdk_reads_every_authentication_method(sdk: Sdk) -> None:
    methods = {trunk.id: trunk.authentication_method for trunk in sdk.trunks.list().data}
    # The SDK has no other types, and keeps their attributes as they are.
    kinds = {TRUNK: CredentialsAndIp, TWILIO: Twilio, IP_ONLY: IpOnly, UNKNOWN: Generic}
    assert {trunk_id: type(methods[trunk_id]) for trunk_id in kinds} == kinds
    assert (methods[IP_ONLY].allowed_sip_ips, methods[IP_ONLY].tech_prefix) == (["192.0.2.0/28"], "99")
    assert methods[UNKNOWN].to_jsonapi() == {"type": "voice_product", "attributes": {"product_id": "7f3c"}}


def test_the_sdk_filters_sorts_and_pages(sdk: Sdk, api_version: str) -> None:
    found = [
        [trunk.name for trunk in sdk.trunks.list(QueryParams().filter(*row)).data]
        for row in (("external_reference_id", "crm-0001"), ("authentication_method.type", "ip_only"))
    ]
    assert found == [["EU SBC"], ["Carrier interconnect"]]
    by_name = QueryParams().sort("-name").include(*LINKAGE)
    first, second = (sdk.trunks.list(by_name.page(number, 4)) for number in (1, 2))
    assert first.meta == second.meta == {"total_records": 7, "api_version": api_version}
    names = [trunk.name for trunk in [*first.data, *second.data]]
    assert (len(names), names) == (7, sorted(names, reverse=True))


# --- The SDK writes, the module reports drift ---


def written(case: dict[str, Any]) -> list[Any]:
    """Return the values that the SDK writes: the one that the case starts with, and null if that clears it."""
    return [] if setting_of(case) in NOT_IN_SDK else [case["has"], *([None] if "clears" in case else [])]


@each_case(written)
def test_a_change_by_the_sdk_is_drift(
    local_api: Simulator, run_module: RunModule, sdk: Sdk, api_version: str, case: dict[str, Any], value: Any
) -> None:
    setting = setting_of(case)
    prepare(local_api, case)
    options = {"id": TRUNK, **options_of(case, case["asks"])}
    run_module(**options)
    stored = case["clears"] if value is None else value
    # For prefixes, 2026-04-16 stores null as []. The SDK can send null.
    sdk.write(**{setting: value if stored == [] and api_version == "2026-04-16" else stored})
    drift = {setting: {"before": as_returned(stored), "after": as_returned(case["sends"])}}
    assert run_module(check=True, **options)["changes"] == drift
    done = run_module(**options)
    assert (done["changed"], done["changes"], done["warnings"]) == (True, drift, [])
    assert sdk.read(setting) == case["sends"]
    assert run_module(**options)["changed"] is False
    if value is None:
        run_module(id=TRUNK, **options_of(case, None))
        assert sdk.read(setting) == case["clears"]


# --- The life cycle ---

METHODS: dict[str, dict[str, Any]] = {
    "credentials_and_ip": {"allowed_sip_ips": ["203.0.113.7/32"], "tech_prefix": "9#"},
    "twilio": {"twilio_account_sid": "AC39347AF064AF97E1682C3B7332DAAEE6"},
}
REQUIRED: dict[str, Any] = {"name": "New", "on_cli_mismatch_action": "reject_call"}
NEW = {**REQUIRED, "allowed_rtp_ips": ["203.0.113.8/32"], "capacity_limit": 10, "threshold_amount": "50.0"}


@pytest.mark.parametrize("kind", METHODS)
def test_the_sdk_creates_a_trunk_with_the_same_request(
    local_api: Simulator, run_module: RunModule, sdk: Sdk, kind: str
) -> None:
    method = {"type": kind, "attributes": METHODS[kind]}
    links = {"dids": [DID], "emergency_dids": [OTHER_DID]}
    created = sdk.create(**NEW, authentication_method=method, **links)
    theirs = local_api.journal[-1]
    assert theirs["status"] == 201
    chosen = [created.status, created.on_cli_mismatch_action, created.default_dst_action]
    assert chosen == [VoiceOutTrunkStatus.ACTIVE, OnCliMismatchAction.REJECT_CALL, DefaultDstAction.ALLOW_ALL]
    assert isinstance(created.created_at, datetime)
    read = sdk.trunk(created.id)
    assert (read.meta, read.attributes) == ({"spent_amount": "0.0"}, created.attributes)
    assert [[did.id for did in getattr(read, link)] for link in LINKAGE] == [[DID], [OTHER_DID]]
    assert sdk.read("authentication_method", created.id) == method
    assert kind == "twilio" or all(sdk.pair(created.id))

    task = {**NEW, "authentication_method": as_returned(method), **links}
    assert run_module(state="present", **task)["changed"] is False
    local_api.reset()
    run_module(state="present", **task)
    (ours,) = (entry["body"] for entry in local_api.journal if entry["method"] == "POST")
    assert ours == theirs["body"]


def test_a_deleted_trunk_is_absent(local_api: Simulator, run_module: RunModule, sdk: Sdk) -> None:
    sdk.trunks.delete(TRUNK)
    assert local_api.journal[-1]["status"] == 204
    assert run_module(id=TRUNK, state="absent")["changed"] is False
    assert run_module(id=TWILIO, state="absent")["changed"] is True
    for fails in (partial(sdk.trunks.delete, TRUNK), partial(sdk.trunk, TWILIO)):
        with pytest.raises(DidwwApiError, match="could not be found"):
            fails()
    # The DIDs of a deleted trunk remain, for another one.
    sdk.write(EXAMPLE, dids=["6b1f4c0a-0000-4000-8000-000000000004"])


def test_the_sdk_regenerates_credentials(local_api: Simulator, run_credentials: RunModule, sdk: Sdk) -> None:
    before = sdk.pair()
    answer = sdk.regenerate()
    assert (answer.id, answer.type) == (TRUNK, "voice_out_trunk_regenerate_credentials")
    after = sdk.pair()
    assert not set(before) & set(after)
    # The password that the module would replace is no longer in use.
    result = run_credentials(id=TRUNK, replaces=before[1])
    assert (result["changed"], result["credentials"]) == (False, {"username": after[0], "password": after[1]})

    # The module regenerates them with the same request.
    result = run_credentials(id=TRUNK)
    assert sdk.pair() == (result["credentials"]["username"], result["credentials"]["password"]) != after
    theirs, ours = (entry["body"]["data"] for entry in local_api.journal if entry["method"] == "POST")
    assert {"attributes": {}, **ours} == {"attributes": {}, **theirs}


def test_the_sdk_parses_errors(sdk: Sdk) -> None:
    """The tests of the local API have each error."""
    twilio = {"type": "twilio", "attributes": {"twilio_account_sid": "AC1"}}
    with pytest.raises(DidwwApiError) as rejected:
        sdk.write(name="Twilio London", authentication_method=twilio, dids=[NOBODY])
    assert rejected.value.status_code == 422
    for error, (place, words) in zip(
        rejected.value.errors,
        [
            ("attributes/name", "name - has already been taken"),
            ("attributes/authentication_method/attributes/twilio_account_sid", "twilio_account_sid - "),
            ("relationships/dids/0", ""),
        ],
        strict=True,
    ):
        assert (error["status"], error["code"], error["source"]) == ("422", "100", {"pointer": f"/data/{place}"})
        assert words in error["detail"]
        assert error["detail"] in str(rejected.value)


# --- The examples of DIDWW's SDKs for Python and TypeScript; the README of the local API lists those that it lacks ---

NETWORK = "203.0.113.0/24"
CREDENTIALS = {"type": "credentials_and_ip", "attributes": {"allowed_sip_ips": [NETWORK], "tech_prefix": ""}}
SHOWN = {**REQUIRED, "default_dst_action": "allow_all", "authentication_method": CREDENTIALS}


@pytest.fixture
def lenient(local_api: Simulator) -> Iterator[Simulator]:
    """The local API, where `local-key` follows the documents that the examples follow."""
    seed = load_seed()
    seed["accounts"][0]["readings"] = ["openapi_values", "empty_tech_prefix"]
    local_api.reset(seed)
    yield local_api
    local_api.reset(load_seed())


def test_outbound_trunks_with_python(lenient: Simulator) -> None:
    sdk = Sdk(lenient)
    created = sdk.create(**SHOWN)
    assert created.authentication_method.tech_prefix is None
    update = VoiceOutTrunk.build(created.id)
    update.authentication_method = CredentialsAndIp(allowed_sip_ips=[NETWORK], tech_prefix="9")
    updated = sdk.trunks.update(update).data.authentication_method
    assert (updated.tech_prefix, updated.username) == ("9", created.authentication_method.username)


def test_dids_with_python(sdk: Sdk) -> None:
    dids = sdk.client.dids()
    linked = ("identity", "emergency_calling_service", "emergency_verification", "voice_in_trunk")
    (first,) = dids.list(QueryParams().include(*linked).page(number=1, size=1)).data
    same = dids.find(first.id, QueryParams().include(*linked)).data
    assert [getattr(did, name) for did in (first, same) for name in linked] == [None] * 8
    assert first.emergency_enabled is True


def test_trunks_and_dids_with_typescript(lenient: Simulator) -> None:
    trunks = "/voice_out_trunks"
    trunk = ask(lenient, "POST", trunks, attributes=SHOWN).json()["data"]
    assert (trunk["attributes"]["status"], trunk["attributes"]["rtp_timeout"]) == ("active", 30)
    assert trunk["id"] in [found["id"] for found in ask(lenient, "GET", trunks).json()["data"]]
    path = f"{trunks}/{trunk['id']}"
    updated = ask(lenient, "PATCH", path, id=trunk["id"], attributes={"name": "Example 2"}).json()["data"]
    assert updated["attributes"] == {**trunk["attributes"], "name": "Example 2"}
    assert ask(lenient, "DELETE", path).status_code == 204
    for attributes, status, detail in (
        ({"authentication_method": {**CREDENTIALS, "type": "ip_only"}}, 422, "type - is not allowed for creation"),
        ({"allowed_sip_ips": ["0.0.0.0/0"]}, 400, "allowed_sip_ips is not allowed."),
    ):
        answer = ask(lenient, "POST", trunks, attributes={**SHOWN, **attributes})
        assert (answer.status_code, answer.json()["errors"][0]["detail"]) == (status, detail)
    query = "sort=-created_at&page[number]=1&page[size]=1&include=identity,emergency_verification"
    assert ask(lenient, "GET", f"/dids?{query}").json()["included"] == []
