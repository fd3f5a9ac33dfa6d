# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client of the local API with short methods for tests, and what its seed has."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import yaml
from simulator.server import Simulator, load_seed

from ..conftest import HANG_GUARD, ROOT, TRUNK, TableLoader, differences

MEDIA_TYPE = "application/vnd.api+json"
TRUNKS = "/voice_out_trunks"
REGENERATION = "/voice_out_trunk_regenerate_credentials"
OLDEST, OLD, LATEST = "2022-05-10", "2026-04-16", "2026-11-19"
REPLACE = {"on_cli_mismatch_action": "replace_cli"}


def did(number: int) -> str:
    """Return the id of a DID in the seed. Number 91 is in another account, there is no 99."""
    return f"6b1f4c0a-0000-4000-8000-0000000000{number:02d}"


TEXT = (ROOT / "tests" / "cases" / "local_api.yml").read_text(encoding="utf-8")
NAMES: dict[str, str] = yaml.safe_load(TEXT)["names"] | {f"did{number}": did(number) for number in range(1, 100)}
NAMES["MOST"] = ", ".join(f"203.0.113.{n}/32" for n in range(60))
FILLED = re.sub(r"<(\w+)>", lambda found: NAMES[found[1]], TEXT)
TABLES: dict[str, Any] = yaml.load(FILLED, TableLoader)  # noqa: S506 - a SafeLoader


def sip(**more: Any) -> dict[str, Any]:
    """Return the attributes of a request that sets the method credentials_and_ip, with a valid address."""
    attributes = {"allowed_sip_ips": ["203.0.113.7"], **more}
    return {"authentication_method": {"type": "credentials_and_ip", "attributes": attributes}}


TO_TWILIO = {"authentication_method": {"type": "twilio", "attributes": {"twilio_account_sid": NAMES["SID"]}}}
NEW: dict[str, Any] = {"name": "New", "on_cli_mismatch_action": "reject_call", "allowed_rtp_ips": None, **sip()}


def new(*left_out: str, **more: Any) -> dict[str, Any]:
    """Return the attributes of NEW without some of them, and with others."""
    return {**{name: value for name, value in NEW.items() if name not in left_out}, **more}


def linkage(ids: list[str] | str | None, kind: str = "dids") -> dict[str, Any]:
    """Return a relationship: to-many with a list of ids, to-one with an id or None."""
    found = [{"type": kind, "id": record_id} for record_id in (ids if isinstance(ids, list) else [ids])]
    return {"data": found if isinstance(ids, list) else found[0] if ids is not None else None}


def rejections(answer: requests.Response) -> list[tuple[str, str]]:
    """Return the place and the title of each validation error, after a check of the other members."""
    assert answer.status_code == 422, answer.text
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    found = []
    for error in answer.json()["errors"]:
        place = error["source"]["pointer"].removeprefix("/data/")
        name = [part for part in place.split("/") if not part.isdigit()][-1]
        source, detail = {"pointer": f"/data/{place}"}, f"{name} - {error['title']}"
        assert error == {"title": error["title"], "detail": detail, "code": "100", "status": "422", "source": source}
        found.append((place, error["title"]))
    return found


def assert_errors(answer: requests.Response, *expected: str) -> None:
    """Check that these are the errors, each `code title: detail`, and their other members.

    An expected error that ends with a space is only the beginning.
    """
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    errors = answer.json()["errors"]
    assert all({*error} == {"code", "title", "detail", "status"} for error in errors)
    assert all(error["status"] == str(answer.status_code) for error in errors)
    # The codes of a 400 say more than the status.
    assert answer.status_code == 400 or all(error["code"] == error["status"] for error in errors)
    found = [f"{error['code']} {error['title']}: {error['detail']}" for error in errors]
    shown = [text[: len(start)] if start[-1] == " " else text for text, start in zip(found, expected, strict=True)]
    assert shown == [*expected]


# The types in the relationships of scenarios.
TYPES = {"shelf": "shelves", "reader": "readers", "sequels": "books"}


def play(steps: list[dict[str, Any]], ask: Callable[..., tuple[int, str]]) -> None:
    """Send the requests of a scenario with `ask`, which returns the status and the text of the answer."""
    for step in steps:
        ((verb, path),) = [item for item in step.items() if item[0].isupper()]
        type_, *ids = path.partition("?")[0].strip("/").split("/")
        data = {"type": type_, **({"id": ids[0]} if ids else {}), "attributes": step.get("set", {})}
        data["relationships"] = {n: linkage(found, TYPES.get(n, "dids")) for n, found in step.get("links", {}).items()}
        body = step.get("body", {"data": data} if verb in ("POST", "PATCH") and type_ != "_simulator" else None)
        status, text = ask(verb, path, body, **step.get("headers", {}))
        assert status == step.get("status", 200), (step, text)
        document: Any = json.loads(text) if text else None
        assert differences(document, step.get("answer", document)) == [], step
        if "errors" in step:
            found = [[error.get("source", {}).get("pointer"), error["title"]] for error in document["errors"]]
            assert found == step["errors"], step


def with_account(server: Simulator, dids: dict[str, dict[str, Any]] | None = None, /, **members: Any) -> None:
    """Load the seed with other members of the account of its trunks, and other attributes of DIDs."""
    seed = load_seed()
    seed["accounts"][0].update(members)
    for entry in seed["dids"]:
        entry["attributes"] = (dids or {}).get(entry["id"], {})
    server.reset(seed)


class Client:
    """Sends requests with a key and the media type of JSON:API. A header is a keyword, with _ for each -."""

    def __init__(self, server: Simulator) -> None:
        self.server = server
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update({"Api-Key": "local-key", "Accept": MEDIA_TYPE})

    def ask(self, verb: str, path: str, body: Any = None, /, **headers: Any) -> requests.Response:
        """Send a request to a path below /v3, or to a URL. The body is bytes, or becomes JSON."""
        root = self.server.url.removesuffix("/v3") if path.startswith("/_simulator/") else self.server.url
        url = path if path.startswith("http") else root + path
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        sent = {} if data is None else {"Content-Type": MEDIA_TYPE}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.request(verb, url, data=data, headers=sent, timeout=HANG_GUARD, allow_redirects=False)

    def get(self, path: str, **headers: Any) -> requests.Response:
        """Send a GET."""
        return self.ask("GET", path, **headers)

    def patch(
        self, attributes: Any, trunk_id: str = TRUNK, verb: str = "PATCH", /, links: Any = None, **headers: Any
    ) -> requests.Response:
        """Update a trunk. Relationships are ids. Some clients send a PUT."""
        data = {"id": trunk_id, "type": "voice_out_trunks", **_members(attributes, links)}
        return self.ask(verb, f"{TRUNKS}/{trunk_id}", {"data": data}, **headers)

    def create(self, attributes: Any, /, links: Any = None, **headers: Any) -> requests.Response:
        """Create a trunk."""
        data = {"type": "voice_out_trunks", **_members(attributes, links)}
        return self.ask("POST", TRUNKS, {"data": data}, **headers)

    def delete(self, trunk_id: str = TRUNK, /, **headers: Any) -> requests.Response:
        """Delete a trunk."""
        return self.ask("DELETE", f"{TRUNKS}/{trunk_id}", **headers)

    def regenerate(self, trunk_id: str | None = TRUNK, /, **headers: Any) -> requests.Response:
        """Regenerate the credentials of a trunk."""
        relationships = {"voice_out_trunk": linkage(trunk_id, "voice_out_trunks")}
        data = {"type": REGENERATION.removeprefix("/"), "relationships": relationships}
        return self.ask("POST", REGENERATION, {"data": data}, **headers)

    def use_token(self, **asked: Any) -> None:
        """Let all requests have a new token instead of a key."""
        body = {"aud": "api.didww.com", **asked}
        answer = self.ask("POST", self.server.token_url, body, Content_Type="application/json")
        del self.session.headers["Api-Key"]
        self.session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def control(self, verb: str, path: str, body: Any = None) -> requests.Response:
        """Send a request to a control endpoint, without a key."""
        return self.ask(verb, f"/_simulator{path}", body, Api_Key=None)


# A change of each kind, with the headers, to the trunk: the method, how it is sent, and its status.
Send = Callable[..., requests.Response]
CHANGES: dict[str, tuple[str, Send, int]] = {
    "update": ("PATCH", lambda client, trunk=TRUNK, **more: client.patch({"capacity_limit": 77}, trunk, **more), 200),
    "put": ("PUT", lambda client, trunk=TRUNK, **more: client.patch({"capacity_limit": 78}, trunk, "PUT", **more), 200),
    "create": ("POST", lambda client, _trunk=TRUNK, **more: client.create(NEW, **more), 201),
    "regenerate": ("POST", lambda client, trunk=TRUNK, **more: client.regenerate(trunk, **more), 201),
    "delete": ("DELETE", lambda client, trunk=TRUNK, **more: client.delete(trunk, **more), 204),
}


def _members(attributes: dict[str, Any], links: dict[str, Any] | None) -> dict[str, Any]:
    return {"attributes": attributes, "relationships": {name: linkage(ids) for name, ids in (links or {}).items()}}


def attributes_of(answer: requests.Response) -> dict[str, Any]:
    """Return the attributes in the answer to a successful request."""
    assert answer.ok, answer.text
    attributes: dict[str, Any] = answer.json()["data"]["attributes"]
    return attributes


@contextlib.contextmanager
def served(seed: dict[str, Any] | None = None, /, **options: Any) -> Iterator[Client]:
    """Start a local API of its own, and yield a client of it."""
    with Simulator(seed, **options) as server:
        client = Client(server)
        with client.session:
            yield client


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
