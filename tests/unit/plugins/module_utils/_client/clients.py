# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client of the local API, for the tests of its parts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi
from ansible_collections.didww.voice.plugins.module_utils._client.authentication import ApiKey
from simulator.server import Simulator

from ....conftest import HANG_GUARD

KIND = "voice_out_trunks"
ID = "0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10"
UPDATE = {"type": KIND, "id": ID, "attributes": {"capacity_limit": 7}}


def client(
    api: Simulator | SimpleNamespace, retries: int = 2, page_size: int = 1000, **settings: Any
) -> jsonapi.Client:
    options: dict[str, Any] = {"url": api.url, "timeout": HANG_GUARD, "verify": True, **settings}
    options["page_sizes"] = {KIND: page_size, "dids": 100}
    version = {"X-DIDWW-API-Version": "2026-04-16"}
    return jsonapi.Client(authentication=ApiKey("local-key"), headers=version, retries=retries, **options)


def methods(api: Simulator) -> list[str]:
    return [entry["method"] for entry in api.journal]
