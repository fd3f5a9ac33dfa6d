# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client of the local API with short methods for tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from simulator.server import Simulator, load_seed

from ..conftest import HANG_GUARD

MEDIA_TYPE = "application/vnd.api+json"
TRUNK = "0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10"


def to_one(record_id: str | None, kind: str = "dids") -> dict[str, Any]:
    """Return a to-one relationship; without an id it is null."""
    return {"data": None if record_id is None else {"type": kind, "id": record_id}}


def to_many(did_ids: list[str]) -> dict[str, Any]:
    """Return a to-many relationship with DIDs."""
    return {"data": [{"type": "dids", "id": did_id} for did_id in did_ids]}


def with_readings(server: Simulator, *readings: str) -> None:
    """Load the seed with other readings for the account of its trunks."""
    seed = load_seed()
    first, *others = seed["accounts"]
    server.reset({**seed, "accounts": [{**first, "readings": readings}, *others]})


class Client:
    """Sends requests with a key and the media type of JSON:API."""

    def __init__(self, server: Simulator) -> None:
        self.server = server
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update({"Api-Key": "local-key", "Accept": MEDIA_TYPE})

    def request(self, method: str, path: str, **more: Any) -> requests.Response:
        """Send a request to a path below /v3."""
        more = {"timeout": HANG_GUARD, "allow_redirects": False, **more}
        return self.session.request(method, self.server.url + path, **more)

    def get(self, path: str, **more: Any) -> requests.Response:
        """Send a GET to a path below /v3."""
        return self.request("GET", path, **more)

    def send(
        self, trunk_id: str, body: Any, query: str = "", headers: dict[str, str] | None = None
    ) -> requests.Response:
        """Send a PATCH with a JSON body."""
        headers = {"Content-Type": MEDIA_TYPE, **(headers or {})}
        return self.request("PATCH", f"/voice_out_trunks/{trunk_id}{query}", json=body, headers=headers)

    def patch(
        self,
        trunk_id: str = TRUNK,
        attributes: dict[str, Any] | None = None,
        relationships: dict[str, list[str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> requests.Response:
        """Send a PATCH with attributes, and with relationships as ids of DIDs."""
        data: dict[str, Any] = {"id": trunk_id, "type": "voice_out_trunks"}
        if attributes is not None:
            data["attributes"] = attributes
        if relationships is not None:
            data["relationships"] = {name: to_many(did_ids) for name, did_ids in relationships.items()}
        return self.send(trunk_id, {"data": data}, headers=headers)

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> requests.Response:
        """Send a POST with a JSON body."""
        return self.request("POST", path, json=body, headers={"Content-Type": MEDIA_TYPE, **(headers or {})})

    def create(
        self,
        attributes: dict[str, Any],
        relationships: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> requests.Response:
        """Send a POST that creates a trunk, with relationships as JSON:API has them."""
        data: dict[str, Any] = {"type": "voice_out_trunks", "attributes": attributes}
        if relationships is not None:
            data["relationships"] = relationships
        return self.post("/voice_out_trunks", {"data": data}, headers)

    def delete(self, trunk_id: str = TRUNK, headers: dict[str, str] | None = None) -> requests.Response:
        """Send a DELETE of a trunk."""
        return self.request("DELETE", f"/voice_out_trunks/{trunk_id}", headers=headers)

    def regenerate(self, trunk_id: str = TRUNK, headers: dict[str, str] | None = None) -> requests.Response:
        """Send a POST that regenerates the credentials of a trunk."""
        relationships = {"voice_out_trunk": to_one(trunk_id, "voice_out_trunks")}
        data = {"type": "voice_out_trunk_regenerate_credentials", "relationships": relationships}
        return self.post("/voice_out_trunk_regenerate_credentials", {"data": data}, headers)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that servers would have waited: they go on at once."""
    seconds: list[float] = []
    monkeypatch.setattr(Simulator, "pause", lambda _self, wanted: seconds.append(wanted))
    return seconds


@pytest.fixture(scope="session")
def _server() -> Iterator[Simulator]:
    with Simulator(rate=0) as server:
        yield server


@pytest.fixture
def server(_server: Simulator) -> Simulator:
    """The local API with the seed of its package and without a rate limit."""
    _server.reset(load_seed())  # a test may have loaded another one
    return _server


@pytest.fixture
def client(server: Simulator) -> Iterator[Client]:
    """A client of `server`."""
    client = Client(server)
    with client.session:
        yield client
