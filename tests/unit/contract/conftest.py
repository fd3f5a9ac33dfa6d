# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Another client of the API: the vendor's own SDK, the package didww."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest
from didww.client import DidwwClient
from didww.enums import DefaultDstAction, MediaEncryptionMode, OnCliMismatchAction, VoiceOutTrunkStatus
from didww.query_params import QueryParams
from didww.resources.authentication_method import AuthenticationMethod
from didww.resources.did import Did
from simulator.server import Simulator

from ..conftest import LINKAGE, TRUNK

ENUMS: dict[str, type[Enum]] = {
    "on_cli_mismatch_action": OnCliMismatchAction,
    "status": VoiceOutTrunkStatus,
    "default_dst_action": DefaultDstAction,
    "media_encryption_mode": MediaEncryptionMode,
}
SECRETS = ("username", "password")


class Sdk:
    """What a program written with the SDK does to one trunk after another, in the SDK's own terms."""

    def __init__(self, url: str, key: str = "local-key") -> None:
        self.client = DidwwClient(api_key=key, base_url=url)
        self.trunks = self.client.voice_out_trunks()

    def trunk(self, trunk_id: str = TRUNK) -> Any:
        """Return a trunk with its DIDs."""
        return self.trunks.find(trunk_id, QueryParams().include(*LINKAGE)).data

    def read(self, option: str, trunk_id: str = TRUNK) -> Any:
        """Return a setting: enums as such, DIDs by id, an authentication method less its secrets."""
        value = getattr(self.trunk(trunk_id), option)
        if option in LINKAGE:
            return [did.id for did in value]
        return _without_secrets(value.to_jsonapi()) if isinstance(value, AuthenticationMethod) else value

    def write(self, trunk_id: str = TRUNK, /, **settings: Any) -> None:
        """Change settings of a trunk with one update; nothing else is sent."""
        trunk = self.trunks.find(trunk_id).data
        for option, value in settings.items():
            setattr(trunk, option, _in_terms_of_the_sdk(option, value))
        self.trunks.update(trunk)


def _in_terms_of_the_sdk(option: str, value: Any) -> Any:
    if option in LINKAGE:
        return [Did.build(each) for each in value]
    if option == "authentication_method":
        # As it was read, an SDK's object would send username and password too, which can only be read.
        return AuthenticationMethod.from_jsonapi(_without_secrets(value))
    return ENUMS[option](value) if option in ENUMS else value


def _without_secrets(method: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in method["attributes"].items() if name not in SECRETS}
    return {"type": method["type"], "attributes": kept}


@pytest.fixture
def sdk(local_api: Simulator) -> Sdk:
    """The SDK as a client of the local API."""
    return Sdk(local_api.url)
