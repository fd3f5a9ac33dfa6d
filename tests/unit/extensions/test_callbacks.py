# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source: signatures, options, and a server that hostile clients cannot end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
import re
import socket
import ssl
import threading
from asyncio import selector_events
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import trustme
import yaml
from ansible_collections.didww.voice.extensions.eda.plugins.event_source import callbacks
from simulator.callbacks import signed

from ..conftest import HANG_GUARD, ROOT, Clock, rows, table

VECTORS = json.loads((ROOT / "tests" / "callback_vectors.json").read_text(encoding="utf-8"))["vectors"]
# What a proxy in front of the source has; the source listens on another port, without TLS.
URL = "https://hooks.example.com/didww?account=1"
SECRET, OLD_SECRET = "planted-secret", "planted-old-secret"
NEEDED = {"port": 5000, "url": URL, "secrets": SECRET}
BLOCKED = {
    "id": "0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10",
    "type": "voice_out_trunks",
    "status": "blocked",
    "threshold_reached": True,
    "created_at": "2026-11-24T08:21:41.795Z",
}
MANY_HEADERS = pytest.param("POST /didww HTTP/1.1\r\n" + "planted: x\r\n" * 9000 + "\r\n", id="many headers")
UNBLOCKED = {**BLOCKED, "status": "active", "threshold_reached": False, "created_at": "2026-11-24T09:00:00.000Z"}


class Queue:
    """The queue of ansible-rulebook, which holds `room` events more."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.room = 10**6

    async def put(self, event: dict[str, Any]) -> None:
        """Add an event; wait while the queue is full."""
        while not self.room:
            await asyncio.sleep(0.001)
        self.room -= 1
        self.events.append(event)


class Running:
    """A source that runs in a thread, and a client of it."""

    def __init__(self, **options: Any) -> None:
        self.queue = Queue()
        self.options = callbacks.read_options({**NEEDED, "host": "127.0.0.1", "port": 0, **options})
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self.port = 0

    async def _run(self) -> None:
        source = callbacks.Source(self.options, self.queue)
        listener = source.listen()
        self.port = listener.getsockname()[1]
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._started.set()
        with contextlib.suppress(asyncio.CancelledError):
            await source.serve(listener)

    def __enter__(self) -> Running:
        self._thread.start()
        assert self._started.wait(HANG_GUARD)
        return self

    def __exit__(self, *_error: object) -> None:
        assert self._task is not None
        assert self._thread.is_alive(), "the source has ended"
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(HANG_GUARD)
        assert not self._thread.is_alive()
        with pytest.raises(OSError):  # noqa: PT011 - the port is closed
            self.connect()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), HANG_GUARD)

    def post(
        self, body: Any, given: str | None = None, secret: str = SECRET, method: str = "POST", path: str = "/didww"
    ) -> requests.Response:
        """Send entries, or a body of bytes, with the signature of DIDWW or the one that is given."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = callbacks.signature(secret, URL, body) if given is None else given
        url = f"http://127.0.0.1:{self.port}{path}"
        return requests.request(method, url, data=raw, headers={"X-DIDWW-Signature": given}, timeout=HANG_GUARD)

    def status(self, *arguments: Any, **options: Any) -> int:
        return self.post(*arguments, **options).status_code

    def accepts(self, entry: Any) -> None:
        """Send an entry until it is accepted, as DIDWW does: a limit of time may be short in a test."""
        while True:
            with contextlib.suppress(requests.ConnectionError):
                if self.status([entry]) == 204:
                    return

    @property
    def received(self) -> list[dict[str, Any]]:
        """The events without `meta`."""
        return [{name: value for name, value in event.items() if name != "meta"} for event in self.queue.events]


@pytest.fixture
def source() -> Iterator[Running]:
    with Running() as running:
        yield running


# --- Signatures -----------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", [callbacks.signature, signed], ids=["source", "local API"])
@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_signatures_are_those_of_didww(vector: dict[str, Any], sign: Callable[..., str]) -> None:
    payload = vector["payload"] if isinstance(vector["payload"], list) else [vector["payload"]]
    made = sign(vector["key"], vector["url"], payload)
    assert (made == vector["signature"]) is vector["valid"]
    accepted = callbacks.is_signed(payload, vector["url"], ["another", vector["key"]], vector["signature"])
    assert accepted is vector["valid"]


# --- Options --------------------------------------------------------------------------------------


def test_the_documentation_has_the_options_and_defaults() -> None:
    documented = yaml.safe_load(callbacks.DOCUMENTATION)["options"]
    assert tuple(documented) == callbacks.NAMES
    defaults = {name: option["default"] for name, option in documented.items() if "default" in option}
    read = callbacks.read_options(NEEDED)
    assert {name: getattr(read, name) for name in defaults} == defaults
    assert {name for name, option in documented.items() if option.get("required")} == {"port", "url"}


@pytest.mark.parametrize("row", table("callbacks", "wrong_options"), ids=lambda row: row["says"])
def test_wrong_options_are_named(row: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^didww\.voice\.callbacks: ") as raised:
        asyncio.run(callbacks.main(Queue(), {**NEEDED, **row["given"]}))
    assert row["says"] in str(raised.value)
    assert "planted" not in str(raised.value)


def test_secrets_come_from_a_text_a_list_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secrets"
    file.write_text(f"{SECRET}\n\n  {OLD_SECRET}\n", encoding="utf-8")
    rest = {"port": "5000", "url": URL}
    assert callbacks.read_options({**rest, "secrets": SECRET}).secrets == (SECRET,)
    assert callbacks.read_options({**rest, "secrets": ["1", SECRET], "secrets_file": ""}).secrets == ("1", SECRET)
    assert callbacks.read_options({**rest, "secrets_file": str(file)}).secrets == (SECRET, OLD_SECRET)


# --- Callbacks ------------------------------------------------------------------------------------


def test_each_entry_becomes_an_event_in_order(source: Running) -> None:
    answer = source.post([BLOCKED, {**UNBLOCKED, "note": None, "number": 1.5}])
    assert (answer.status_code, answer.content, answer.headers["Connection"]) == (204, b"", "close")
    assert source.received == [BLOCKED, {**UNBLOCKED, "note": None, "number": 1.5}]
    for event in source.queue.events:
        assert {*event["meta"]} == {"received_at", "source"}
        assert event["meta"]["source"] == {"type": "didww.voice.callbacks"}
        assert event["meta"]["received_at"].endswith("Z")


@pytest.mark.parametrize("row", table("callbacks", "refused"), ids=str)
def test_what_is_refused(source: Running, row: dict[str, Any]) -> None:
    options = dict(row)
    status, body = options.pop("status"), options.pop("body", None)
    if body is not None:
        options |= {"given": "0" * 40, "body": body.encode("latin-1") * options.pop("times", 1)}
    if "signed_url" in options:
        options["given"] = callbacks.signature(SECRET, options.pop("signed_url"), [BLOCKED])
    answer = source.post(**{"body": [BLOCKED], **options})
    assert answer.status_code == status
    assert answer.headers.get("Allow") == ("POST" if status == 405 else None)
    assert source.received == []
    assert source.status([BLOCKED]) == 204


@pytest.mark.parametrize("exchange", ["1.1 POST 100 204", "1.1 POST 100 500", "1.0 POST 204", "1.1 PUT 405"])
def test_a_client_can_wait_before_it_sends_the_body(
    source: Running, monkeypatch: pytest.MonkeyPatch, exchange: str
) -> None:
    version, method, *statuses = exchange.encode().split()
    if b"500" in statuses:
        monkeypatch.setattr(source.queue, "put", None)
    body = json.dumps([BLOCKED]).encode()
    given = callbacks.signature(SECRET, URL, [BLOCKED]).encode()
    headers = [b"Host: a", b"Expect: 100-Continue", b"Content-Length: %i" % len(body), b"X-DIDWW-Signature: " + given]
    with source.connect() as client:
        client.sendall(b"\r\n".join([method + b" /didww HTTP/" + version, *headers, b"", b""]))
        received = client.recv(1000) if version == b"1.1" else b""
        if method == b"POST":
            client.sendall(body)
        received += b"".join(iter(lambda: client.recv(1000), b""))
    assert re.findall(rb"^HTTP/1\.\d (\d+)", received, re.MULTILINE) == statuses
    assert source.received == ([BLOCKED] if b"204" in statuses else [])


@pytest.mark.parametrize(
    ("options", "path"),
    [({"path": "/from/proxy"}, "/from/proxy?x=1"), ({"url": "https://hooks.example.com"}, "/")],
    ids=["one that a proxy changed", "the root, of a URL without a path"],
)
def test_callbacks_arrive_at_another_path(options: dict[str, str], path: str) -> None:
    with Running(**options) as source:
        given = callbacks.signature(SECRET, options.get("url", URL), [BLOCKED])
        assert source.status([BLOCKED], given) == 404
        assert source.status([BLOCKED], given, path=path) == 204


def test_a_repeated_entry_makes_no_second_event(source: Running) -> None:
    assert source.status([BLOCKED]) == 204
    assert source.status([BLOCKED]) == 204
    # DIDWW sends what waits together.
    reordered = dict(reversed(BLOCKED.items()))
    assert source.status([reordered, UNBLOCKED, UNBLOCKED]) == 204
    assert source.received == [BLOCKED, UNBLOCKED]


@pytest.mark.parametrize(("seconds", "events"), [(7200, 2), (60, 3), (0, 4)])
def test_entries_are_forgotten_after_a_while(monkeypatch: pytest.MonkeyPatch, seconds: int, events: int) -> None:
    clock = Clock()
    monkeypatch.setattr(callbacks, "time", clock)
    with Running(deduplicate=seconds) as source:
        for entry, later in ((BLOCKED, 0), (BLOCKED, 59), (BLOCKED, 2), (UNBLOCKED, 0)):
            clock.sleep(later)
            assert source.status([entry]) == 204
        assert len(source.received) == events


def test_what_cannot_be_queued_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "QUEUE", 0.05)
    with Running() as source:
        source.queue.room = 1
        assert source.status([BLOCKED, UNBLOCKED]) == 503
        assert source.status([BLOCKED, UNBLOCKED]) == 503
        assert source.received == [BLOCKED]
        source.queue.room = 9
        assert source.status([BLOCKED, UNBLOCKED]) == 204
        assert source.received == [BLOCKED, UNBLOCKED]


def test_a_repeat_waits_for_the_first_one(source: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    verified, is_signed = threading.Semaphore(0), callbacks.is_signed

    def noted(*arguments: Any) -> bool:
        verified.release()
        return is_signed(*arguments)

    monkeypatch.setattr(callbacks, "is_signed", noted)
    source.queue.room = 0
    statuses: list[int] = []
    clients = [threading.Thread(target=lambda: statuses.append(source.status([BLOCKED]))) for _client in range(2)]
    for client in clients:
        client.start()
        assert verified.acquire(timeout=HANG_GUARD)
    source.queue.room = 9
    for client in clients:
        client.join(HANG_GUARD)
    assert statuses == [204, 204]
    assert source.received == [BLOCKED]


def test_a_queue_that_fails_does_not_end_the_source(source: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(_event: object) -> None:
        raise RuntimeError(SECRET)

    with monkeypatch.context() as patch:
        patch.setattr(source.queue, "put", fail)
        answer = source.post([BLOCKED])
        assert (answer.status_code, answer.text) == (500, "The request failed")
    assert source.status([BLOCKED]) == 204
    assert source.received == [BLOCKED]


def test_a_restart_with_a_new_secret_leaves_no_gap() -> None:
    expected = (([OLD_SECRET], (204, 401)), ([OLD_SECRET, SECRET], (204, 204)), ([SECRET], (401, 204)))
    for secrets, statuses in expected:
        with Running(secrets=secrets) as source:
            assert (source.status([BLOCKED], secret=OLD_SECRET), source.status([UNBLOCKED])) == statuses


# --- Hostile clients ------------------------------------------------------------------------------


class Raw:
    """A request without a network."""

    method, remote, rel_url = "POST", "192.0.2.1", SimpleNamespace(raw_path="/didww")

    def __init__(self, body: bytes, headers: Mapping[str, str]) -> None:
        self._body = body
        self.headers = headers
        self.content = self
        self.protocol = SimpleNamespace(received=asyncio.get_running_loop().create_future())

    async def iter_any(self) -> AsyncIterator[bytes]:
        """Yield the body in two parts."""
        yield self._body[:100]
        yield self._body[100:]


def hostile(chance: random.Random, genuine: bytes) -> bytes:
    """Return a random body: noise, or a callback with a few changes."""
    if chance.random() < 0.2:
        return chance.randbytes(chance.randrange(400))
    body = bytearray(genuine)
    pieces = [b"[", b"]", b"{", b"}", b'"', b",", b":", b"\\u0000", b"\\ud800", b"1e999", b"null", b"\xff", b" ", b""]
    for _change in range(chance.randrange(1, 4)):
        start = chance.randrange(len(body) + 1)
        body[start : start + chance.randrange(4)] = chance.choice([*pieces, chance.randbytes(2)])
    return bytes(body)


def test_10000_random_bodies() -> None:
    """Only what is signed becomes an event, and no body raises an exception."""
    chance, queue = random.Random(24), Queue()  # noqa: S311 - the same bodies in every run
    genuine = json.dumps([BLOCKED, UNBLOCKED]).encode()
    given = callbacks.signature(SECRET, URL, [BLOCKED, UNBLOCKED])
    statuses: dict[int, int] = {}

    async def send_all() -> None:
        server = callbacks.Source(callbacks.read_options({**NEEDED, "deduplicate": 0}), queue)
        for number in range(10000):
            body, before = hostile(chance, genuine), len(queue.events)
            with contextlib.suppress(ValueError):
                # Every second one that can be is signed by DIDWW.
                sign = callbacks.signature(SECRET, URL, callbacks.entries_in(body)) if number % 2 else given
            answer = await server._handle(Raw(body, {"X-DIDWW-Signature": sign}))  # type: ignore[arg-type]
            statuses[answer.status] = statuses.get(answer.status, 0) + 1
            events = [{**event, "meta": None} for event in queue.events[before:]]
            expected = json.loads(body) if answer.status == 204 else []
            assert events == [{**entry, "meta": None} for entry in expected]
            assert (answer.status == 204) <= (sign == callbacks.signature(SECRET, URL, expected))

    asyncio.run(send_all())
    assert {*statuses} == {204, 400, 401}
    assert min(statuses.values()) > 500


@pytest.mark.parametrize("sent", rows("callbacks", "slow"))
def test_slow_clients_are_disconnected(monkeypatch: pytest.MonkeyPatch, sent: str) -> None:
    monkeypatch.setattr(callbacks, "ARRIVAL", 0.1)
    with Running() as source, source.connect() as client:
        client.sendall(sent.encode("latin-1"))
        with contextlib.suppress(ConnectionResetError):
            while client.recv(1000):
                pass
        source.accepts(BLOCKED)
        assert source.received == [BLOCKED]


def test_a_client_that_waits_for_an_answer_too_long_is_disconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "ANSWER", 0.1)
    with Running() as source:
        source.queue.room = 0
        with pytest.raises(requests.ConnectionError):
            source.post([BLOCKED])
        # DIDWW repeats it, and what has been queued since is no new event.
        source.queue.room = 9
        source.accepts(BLOCKED)
        assert source.received == [BLOCKED]


@pytest.mark.parametrize("sent", [*rows("callbacks", "broken"), MANY_HEADERS])
def test_broken_requests_get_an_answer(source: Running, caplog: pytest.LogCaptureFixture, sent: str) -> None:
    with source.connect() as client, contextlib.suppress(ConnectionError):
        client.sendall(sent.encode("latin-1"))
        client.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: client.recv(1000), b""))
        assert received == b"" or received.split()[1].startswith(b"4")
        assert b"planted" not in received
    assert source.status([BLOCKED]) == 204
    assert source.received == [BLOCKED]
    assert "planted" not in caplog.text
    assert "Answered 500" not in caplog.text


def test_many_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """They wait their turn, which comes, since none lasts."""
    monkeypatch.setattr(callbacks, "MOST_CONNECTIONS", 20)
    monkeypatch.setattr(callbacks, "ARRIVAL", 0.05)
    with Running() as source, contextlib.ExitStack() as stack:
        for _number in range(200):
            client = stack.enter_context(source.connect())
            client.sendall(b"POST /didww HTTP/1.1\r\n")
        source.accepts(BLOCKED)
        assert source.received == [BLOCKED]


def test_a_system_without_room_for_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    accept = selector_events.BaseSelectorEventLoop.sock_accept
    failures = [OSError(24, "Too many open files")] * 3

    async def flaky(loop: Any, listener: socket.socket) -> Any:
        if failures:
            raise failures.pop()
        return await accept(loop, listener)

    monkeypatch.setattr(callbacks, "PAUSE", 0)
    monkeypatch.setattr(callbacks, "MOST_CONNECTIONS", 1)
    monkeypatch.setattr(selector_events.BaseSelectorEventLoop, "sock_accept", flaky)
    with Running() as source:
        assert source.status([BLOCKED]) == 204
    assert failures == []


def test_https_and_broken_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    certfile, keyfile, bundle = (str(tmp_path / name) for name in ("certfile", "keyfile", "ca"))
    certificate.cert_chain_pems[0].write_to_path(certfile)
    certificate.private_key_pem.write_to_path(keyfile)
    authority.cert_pem.write_to_path(bundle)
    with Running(certfile=certfile, keyfile=keyfile) as source:
        for sent in (b"", b"POST /didww HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05\x01\xff\xff\xff\xff"):
            with monkeypatch.context() as patch:
                patch.setattr(callbacks, "HANDSHAKE", 10.0 if sent else 0.1)
                with source.connect() as client, contextlib.suppress(ConnectionResetError):
                    client.sendall(sent)
                    while client.recv(1000):
                        pass
        # It does not trust the certificate, and says so in the middle of the handshake.
        with source.connect() as client, pytest.raises(ssl.SSLError):
            ssl.create_default_context().wrap_socket(client, server_hostname="127.0.0.1")
        headers = {"X-DIDWW-Signature": callbacks.signature(SECRET, URL, [BLOCKED])}
        address = f"https://127.0.0.1:{source.port}/didww"
        answer = requests.post(address, json=[BLOCKED], headers=headers, verify=bundle, timeout=HANG_GUARD)
        assert answer.status_code == 204
        assert source.received == [BLOCKED]
    failed = [line for line in caplog.messages if line.startswith("A connection failed: ")]
    assert len(failed) == 4


def test_the_log_has_no_secret_and_no_body(source: Running, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    entry = {**BLOCKED, "note": "planted-note"}
    assert source.status([entry]) == 204
    assert source.status([entry], secret=OLD_SECRET) == 401
    assert source.status(b"planted-body", given="planted-signature") == 400
    assert source.status([entry], path="/planted-path") == 404
    lines = [record.getMessage() for record in caplog.records if record.name == "didww.voice.callbacks"]
    assert lines == [
        "Received 1 entries from 127.0.0.1, 1 of them new",
        "Answered 401 to 127.0.0.1: the X-DIDWW-Signature is wrong",
        "Answered 400 to 127.0.0.1: the body is not a list of entries",
        "Answered 404 to 127.0.0.1: another path than that of callbacks",
    ]
    assert not [line for line in lines if "planted" in line]
