# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The requests in the examples of DIDWW's SDKs for Python and TypeScript: the local API answers them as DIDWW does.

The README of the local API lists the examples that it cannot run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from didww.enums import VoiceOutTrunkStatus
from didww.exceptions import DidwwApiError
from didww.query_params import QueryParams
from didww.resources.authentication_method import (
    CredentialsAndIpAuthenticationMethod,
    IpOnlyAuthenticationMethod,
    TwilioAuthenticationMethod,
)
from didww.resources.voice_out_trunk import VoiceOutTrunk
from simulator.server import Simulator, load_seed

from ..conftest import HANG_GUARD, headers_for
from .conftest import Sdk

MEDIA_TYPE = "application/vnd.api+json"
NETWORK = "203.0.113.0/24"
TRUNKS = "voice_out_trunks"
CREDENTIALS = {"type": "credentials_and_ip", "attributes": {"allowed_sip_ips": [NETWORK], "tech_prefix": ""}}
NEW = {"name": "Example", "default_dst_action": "allow_all", "on_cli_mismatch_action": "reject_call"}


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
    trunks = sdk.trunks
    methods = [trunk.authentication_method for trunk in trunks.list().data]
    for kind in (CredentialsAndIpAuthenticationMethod, IpOnlyAuthenticationMethod, TwilioAuthenticationMethod):
        assert any(isinstance(method, kind) for method in methods)

    created = sdk.create(**NEW, authentication_method=CREDENTIALS, external_reference_id="example-1", rtp_timeout=60)
    assert (created.name, created.status, created.rtp_timeout) == ("Example", VoiceOutTrunkStatus.ACTIVE, 60)
    assert created.authentication_method.username
    assert created.authentication_method.tech_prefix is None

    update = VoiceOutTrunk.build(created.id)
    update.name = "Example 2"
    update.authentication_method = CredentialsAndIpAuthenticationMethod(allowed_sip_ips=[NETWORK], tech_prefix="9")
    updated = trunks.update(update).data
    assert (updated.name, updated.authentication_method.tech_prefix) == ("Example 2", "9")
    assert updated.authentication_method.username == created.authentication_method.username

    trunks.delete(created.id)
    with pytest.raises(DidwwApiError, match="could not be found"):
        trunks.find(created.id)


def test_dids_with_python(sdk: Sdk) -> None:
    dids = sdk.client.dids()
    emergency = ("identity", "emergency_calling_service", "emergency_verification")
    found = dids.list(QueryParams().include(*emergency)).data
    assert found[0].emergency_enabled is True
    assert [getattr(found[0], name) for name in emergency] == [None, None, None]
    routing = ("voice_in_trunk", "voice_in_trunk_group")
    (first,) = dids.list(QueryParams().include(*routing).page(number=1, size=1)).data
    same = dids.find(first.id, QueryParams().include(*routing)).data
    assert [getattr(same, name) for name in routing] == [None, None]


def ask(api: Simulator, method: str, path: str, data: dict[str, Any] | None = None) -> requests.Response:
    """Send a request as the SDK for TypeScript does: with the Content-Type, also without a body."""
    headers = {**headers_for(api), "Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE}
    body = None if data is None else {"data": {"type": TRUNKS, **data}}
    return requests.request(method, f"{api.url}/{path}", headers=headers, json=body, timeout=HANG_GUARD)


def test_outbound_trunks_with_typescript(lenient: Simulator) -> None:
    more = {"authentication_method": CREDENTIALS, "external_reference_id": "example-2"}
    created = ask(lenient, "POST", TRUNKS, {"attributes": {**NEW, **more}}).json()["data"]
    attributes = created["attributes"]
    assert (attributes["status"], attributes["rtp_timeout"]) == ("active", 30)
    assert created["id"] in [trunk["id"] for trunk in ask(lenient, "GET", TRUNKS).json()["data"]]
    path = f"{TRUNKS}/{created['id']}"
    updated = ask(lenient, "PATCH", path, {"id": created["id"], "attributes": {"name": "Example 2"}}).json()["data"]
    assert updated["attributes"] == {**attributes, "name": "Example 2"}
    assert ask(lenient, "DELETE", path).status_code == 204


@pytest.mark.parametrize(
    ("attributes", "status", "detail"),
    [
        ({"authentication_method": {**CREDENTIALS, "type": "ip_only"}}, 422, "type - is not allowed for creation"),
        ({"allowed_sip_ips": ["0.0.0.0/0"]}, 400, "allowed_sip_ips is not allowed."),
    ],
)
def test_outbound_trunks_with_typescript_that_are_rejected(
    lenient: Simulator, attributes: dict[str, Any], status: int, detail: str
) -> None:
    answer = ask(lenient, "POST", TRUNKS, {"attributes": {**NEW, **attributes}})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["detail"]) == (status, detail)


def test_dids_with_typescript(local_api: Simulator) -> None:
    included = "include=identity,emergency_calling_service,emergency_verification"
    for query in (f"sort=-created_at&page[number]=1&page[size]=1&{included}", "include=voice_in_trunk&page[size]=3"):
        answer = ask(local_api, "GET", f"dids?{query}")
        assert answer.ok, answer.text
        assert answer.json()["included"] == []


def test_what_the_local_api_lacks(sdk: Sdk) -> None:
    """The other examples need resources that the README lists as missing."""
    client = sdk.client
    with pytest.raises(DidwwApiError) as missing:
        client.did_groups().list()
    assert missing.value.status_code == 404
