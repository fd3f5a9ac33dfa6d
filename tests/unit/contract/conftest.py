# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A second client of the API: DIDWW's SDK, the package didww."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest
import requests
from didww.client import DidwwClient
from didww.enums import DefaultDstAction, MediaEncryptionMode, OnCliMismatchAction, VoiceOutTrunkStatus
from didww.query_params import QueryParams
from didww.resources.authentication_method import AuthenticationMethod
from didww.resources.did import Did
from didww.resources.voice_out_trunk import VoiceOutTrunk
from didww.resources.voice_out_trunk_regenerate_credential import VoiceOutTrunkRegenerateCredential
from simulator.server import Simulator

from ..conftest import API_VERSIONS, CASES, HANG_GUARD, LINKAGE, TRUNK, headers_for

ENUMS: dict[str, type[Enum]] = {
    "on_cli_mismatch_action": OnCliMismatchAction,
    "status": VoiceOutTrunkStatus,
    "default_dst_action": DefaultDstAction,
    "media_encryption_mode": MediaEncryptionMode,
}
MEDIA_TYPE = "application/vnd.api+json"
SECRETS = ("username", "password")
# The settings that DIDWW added after the pinned version of the SDK: it drops them, so the tests with it skip them.
NOT_IN_SDK: frozenset[str] = frozenset()


def setting_of(case: dict[str, Any]) -> str:
    """Return the setting of a case. In the SDK, an attribute of the authentication method belongs to the method."""
    return str(case["option"].partition(".")[0])


SDK_CASES = [case for case in CASES if setting_of(case) not in NOT_IN_SDK]


class Client(DidwwClient):  # type: ignore[misc]  # the SDK has no types
    """The client of the SDK, which knows keys only, with tokens where the version requires them."""

    def __init__(self, api: Simulator, key: str) -> None:
        super().__init__(api_key=key, base_url=api.url)
        self._headers = headers_for(api, key)

    def _auth_headers(self, path: str) -> dict[str, str]:
        return self._headers


class Sdk:
    """Reads and changes trunks with the SDK, with the types of the SDK."""

    def __init__(self, api: Simulator, key: str = "local-key") -> None:
        self.client = Client(api, key)
        self.trunks = self.client.voice_out_trunks()

    def trunk(self, trunk_id: str = TRUNK) -> Any:
        """Return a trunk with its DIDs."""
        return self.trunks.find(trunk_id, QueryParams().include(*LINKAGE)).data

    def read(self, option: str, trunk_id: str = TRUNK) -> Any:
        """Return a setting: an enum member, the ids of DIDs, or an authentication method without its secrets."""
        value = getattr(self.trunk(trunk_id), option)
        if option in LINKAGE:
            return [did.id for did in value]
        return _without_secrets(value.to_jsonapi()) if isinstance(value, AuthenticationMethod) else value

    def write(self, trunk_id: str = TRUNK, /, **settings: Any) -> None:
        """Change settings of a trunk with one update that contains nothing else."""
        trunk = self.trunks.find(trunk_id).data
        for option, value in settings.items():
            setattr(trunk, option, _as_sdk_value(option, value))
        self.trunks.update(trunk)

    def create(self, **settings: Any) -> Any:
        """Create a trunk with these settings; return it as the answer has it."""
        trunk = VoiceOutTrunk()
        for option, value in settings.items():
            setattr(trunk, option, _as_sdk_value(option, value))
        return self.trunks.create(trunk).data

    def regenerate(self, trunk_id: str = TRUNK) -> Any:
        """Regenerate the credentials of a trunk; return the answer."""
        request = VoiceOutTrunkRegenerateCredential()
        request.voice_out_trunk = VoiceOutTrunk.build(trunk_id)
        return self.client.voice_out_trunk_regenerate_credentials().create(request).data

    def pair(self, trunk_id: str = TRUNK) -> tuple[str, str]:
        """Return the username and password of a trunk."""
        method = self.trunk(trunk_id).authentication_method
        return method.username, method.password


def _as_sdk_value(option: str, value: Any) -> Any:
    if option in LINKAGE:
        return [Did.build(did_id) for did_id in value]
    if option == "default_did":
        return Did.build(value)
    if option == "authentication_method":
        # The SDK would send the username and password that it read, and DIDWW rejects them.
        return AuthenticationMethod.from_jsonapi(_without_secrets(value))
    return ENUMS[option](value) if option in ENUMS else value


def _without_secrets(method: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in method["attributes"].items() if name not in SECRETS}
    return {"type": method["type"], "attributes": kept}


def ask(api: Simulator, method: str, path: str, **data: Any) -> requests.Response:
    """Send a request without the SDK, about a trunk unless `data` has another type.

    Like DIDWW's SDK for TypeScript, it sends the Content-Type also without a body.
    """
    headers = {**headers_for(api), "Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE}
    body = {"data": {"type": "voice_out_trunks", **data}} if data else None
    return requests.request(method, api.url + path, headers=headers, json=body, timeout=HANG_GUARD)


@pytest.fixture
def sdk(local_api: Simulator) -> Sdk:
    """The SDK, connected to the local API."""
    return Sdk(local_api)


@pytest.fixture(params=API_VERSIONS)
def api_version(request: pytest.FixtureRequest) -> str:
    """The version of the API: each test runs with every version."""
    return str(request.param)
