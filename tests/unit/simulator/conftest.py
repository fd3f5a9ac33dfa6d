# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client of the stand-in that says no more than a test does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from simulator.server import Simulator, load_seed

MEDIA_TYPE = "application/vnd.api+json"
TRUNK = "0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10"


class Client:
    """Requests to one Simulator, as a client with a key and the right media types sends them."""

    def __init__(self, server: Simulator) -> None:
        self.server = server
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update({"Api-Key": "local-key", "Accept": MEDIA_TYPE})

    def request(self, method: str, path: str, **more: Any) -> requests.Response:
        """Any request to a path below /v3."""
        more = {"timeout": 5, "allow_redirects": False, **more}
        return self.session.request(method, self.server.url + path, **more)

    def get(self, path: str, **more: Any) -> requests.Response:
        """A GET of a path below /v3."""
        return self.request("GET", path, **more)

    def send(
        self, trunk_id: str, body: Any, query: str = "", headers: dict[str, str] | None = None
    ) -> requests.Response:
        """A PATCH of a trunk with this JSON body."""
        headers = {"Content-Type": MEDIA_TYPE, **(headers or {})}
        return self.request("PATCH", f"/voice_out_trunks/{trunk_id}{query}", json=body, headers=headers)

    def patch(
        self,
        trunk_id: str = TRUNK,
        attributes: dict[str, Any] | None = None,
        relationships: dict[str, list[str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> requests.Response:
        """A PATCH of a trunk's attributes, and of its relationships by DID ids."""
        data: dict[str, Any] = {"id": trunk_id, "type": "voice_out_trunks"}
        if attributes is not None:
            data["attributes"] = attributes
        if relationships is not None:
            data["relationships"] = {
                name: {"data": [{"type": "dids", "id": did_id} for did_id in did_ids]}
                for name, did_ids in relationships.items()
            }
        return self.send(trunk_id, {"data": data}, headers=headers)


@pytest.fixture(scope="session")
def _stand_in() -> Iterator[Simulator]:
    with Simulator(rate=0) as server:
        yield server


@pytest.fixture
def server(_stand_in: Simulator) -> Simulator:
    """The stand-in with its packaged seed, without a rate limit."""
    _stand_in.reset(load_seed())  # a test may have gone on to another one
    return _stand_in


@pytest.fixture
def client(server: Simulator) -> Iterator[Client]:
    """A client of `server`."""
    client = Client(server)
    with client.session:
        yield client
