# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server: HTTP by Flask, start and stop, journal, control endpoints."""

from __future__ import annotations

import contextlib
import functools
import json
import selectors
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import flask
from werkzeug.datastructures import Headers
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from simulator import store
from simulator.accounts import DEFAULT_VERSION, SeedError
from simulator.api import CHANGES, PREFIX, TOKEN_PATH, Answer, Api, Request
from simulator.callbacks import Callbacks
from simulator.faults import Cut, Fault, FaultError, FaultQueue
from simulator.resource import Record, Resource
from simulator.resources import RESOURCES
from simulator.tokens import LIFE, Tokens

CONTROL = "/_simulator"
DEFAULT_SEED = Path(__file__).with_name("seed.json")
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def load_seed(path: str | Path = DEFAULT_SEED) -> dict[str, Any]:
    """Read a seed file. Raises OSError, or SeedError if it is not a JSON object."""
    try:
        seed = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as exc:
        raise SeedError(f"{path} is not JSON: {exc}") from exc
    if not isinstance(seed, dict):
        raise SeedError(f"{path} is not a JSON object")
    return seed


class Simulator:
    """The local API as a server: its store, journal and faults, and the thread that serves it.

    In: the seed (by default that of the package), the requests per second and account (0: unlimited), the seconds that
    every API request takes longer, the host and port (0: a free port at each start), a TLS context for HTTPS, the
    version of accounts that the seed gives none, the life of a token if the request does not ask for one, the requests
    for tokens per second and account (by default as many as other requests), and the resource types by name.
    Use it as a context manager, or call `start` and `stop`. The methods do the same as the control endpoints.
    Raises SeedError if the seed is invalid.
    """

    def __init__(
        self,
        seed: dict[str, Any] | None = None,
        rate: float = 20.0,
        latency: float = 0.0,
        host: str = "127.0.0.1",
        port: int = 0,
        verbose: bool = False,
        tls: ssl.SSLContext | None = None,
        version: str | None = None,
        token_life: float = LIFE,
        token_rate: float | None = None,
        resources: Mapping[str, Resource] = RESOURCES,
    ) -> None:
        self.rate = rate
        self.token_rate = rate if token_rate is None else token_rate
        self.tls = tls
        self.latency = latency
        self.host = host
        self.port = port
        self._wanted_port = port
        self.verbose = verbose
        self._resources = resources
        self._seed = load_seed() if seed is None else seed
        self.version = version or DEFAULT_VERSION
        self._tokens = Tokens(token_life)
        self._callbacks = Callbacks()
        self._api = self._fresh(self._seed)
        self._faults = FaultQueue()
        self._journal: list[dict[str, Any]] = []
        self._mints: list[dict[str, Any]] = []
        self._connections: set[socket.socket] = set()
        self._stopping = threading.Event()
        self._server: BaseWSGIServer | None = None
        self._listening = False
        self._thread: threading.Thread | None = None
        self._kept: socket.socket | None = None
        self.app = _make_app(self)

    # --- start and stop ---

    def start(self) -> Simulator:
        """Start to serve requests at `url`, in a thread."""
        simulator = self

        class Handler(_Handler):
            owner = simulator

        self._stopping.clear()
        self._callbacks = Callbacks()
        self._server = make_server(
            self.host, self._wanted_port, self.app, threaded=True, request_handler=Handler, ssl_context=self.tls
        )
        self.port = self._server.server_port
        self._listening = True
        self._thread = threading.Thread(target=self._serve, args=(self._server,), daemon=True)
        self._thread.start()
        return self

    def _serve(self, server: BaseWSGIServer) -> None:
        """Accept connections while the server listens.

        Unlike `serve_forever`, it does not wake up now and then: the tests run hundreds of local APIs at a time.
        """
        # The default selector would use a file descriptor.
        with selectors.PollSelector() as selector:
            selector.register(server, selectors.EVENT_READ)
            while self._listening:
                if selector.select() and self._listening:
                    server.handle_request()
        server.server_close()

    def stop(self) -> None:
        """Stop listening, close the connections of clients, and send no more callbacks."""
        self._stopping.set()
        self._callbacks.stop()
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        if self._server is None or self._thread is None:
            return
        self._stop_listening()  # a second time does nothing
        for connection in list(self._connections):
            with contextlib.suppress(OSError):  # the client has closed it
                connection.shutdown(socket.SHUT_RDWR)
        self._server = self._thread = None

    def _stop_listening(self) -> None:
        """Refuse new connections. Open ones continue."""
        assert self._thread is not None
        self._listening = False
        with contextlib.suppress(OSError):  # it has stopped already
            # This wakes up its thread, which does not accept the connection.
            socket.create_connection((self.host, self.port)).close()
        self._thread.join()

    def _keep_port(self) -> None:
        """Bind a socket to the port without listening, so that no other program can take it after the server stops."""
        assert self._server is not None
        self._kept = socket.socket()
        self._kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # open connections use the port
        # The server uses it as well. Set only now: with it, a second server on the port would start, and share it.
        for held in (self._server.socket, self._kept):
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._kept.bind((self.host, self.port))
        # Without it, other programs cannot bind to the port.
        self._kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)

    def __enter__(self) -> Simulator:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The base URL of the API, for the option `api_url`."""
        return f"{self._root}{PREFIX}"

    @property
    def token_url(self) -> str:
        """The URL of the token service."""
        return f"{self._root}{TOKEN_PATH}"

    @property
    def _root(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}"

    # --- control ---

    @property
    def journal(self) -> list[dict[str, Any]]:
        """All API requests, in order of arrival (README, "Journal")."""
        return [dict(entry) for entry in list(self._journal)]

    @property
    def mints(self) -> list[dict[str, Any]]:
        """All requests to the token service, in the same form."""
        return [dict(entry) for entry in list(self._mints)]

    def clear_journal(self) -> None:
        """Empty the journal, also that of the token service."""
        self._journal = []
        self._mints = []

    def expire_tokens(self) -> None:
        """Reject all tokens that were minted so far."""
        self._tokens.expire()

    @property
    def rate_limited(self) -> int:
        """The number of requests that got 429 since the start or the last reset."""
        return self._api.rate.limited

    @property
    def faults(self) -> list[dict[str, Any]]:
        """The fault rules that can still affect a request."""
        return self._faults.pending()

    def add_faults(self, *rules: dict[str, Any]) -> None:
        """Append fault rules (README, "Faults"). Raises FaultError if one is invalid, and then appends none."""
        self._faults.add(list(rules))

    def clear_faults(self) -> None:
        """Remove all fault rules."""
        self._faults.clear()

    def records(self, collection: str) -> list[dict[str, Any]]:
        """All stored records in a collection, such as `dids`, in the form of a seed. Raises UnknownRecordError."""
        resource = self._api.store.collection(collection)
        return [record.as_seed() for record in self._api.store.records[resource.type].values()]

    def record(self, collection: str, record_id: str) -> dict[str, Any]:
        """A stored record of any account, in the form of a seed. Raises UnknownRecordError."""
        resource = self._api.store.collection(collection)
        found = self._api.store.records[resource.type].get(record_id)
        if found is None:
            raise store.UnknownRecordError(f"there is no {resource.noun} {record_id}")
        return found.as_seed()

    def put_record(self, collection: str, record_id: str, change: Any) -> dict[str, Any]:
        """Change or create a record without validation and without an API request.

        `attributes` are merged, the other members replaced. Raises SeedError or UnknownRecordError.
        """
        return self._api.store.poke(self._api.store.collection(collection), record_id, change).as_seed()

    def remove_record(self, collection: str, record_id: str) -> None:
        """Remove a record. Raises UnknownRecordError if there is none."""
        resource = self._api.store.collection(collection)
        if not self._api.store.remove(resource.type, record_id):
            raise store.UnknownRecordError(f"there is no {resource.noun} {record_id}")

    @property
    def trunks(self) -> list[dict[str, Any]]:
        """All stored outbound trunks, in the form of a seed."""
        return self.records("trunks")

    def trunk(self, trunk_id: str) -> dict[str, Any]:
        """A stored outbound trunk of any account, in the form of a seed. Raises UnknownRecordError."""
        return self.record("trunks", trunk_id)

    def put_trunk(self, trunk_id: str, /, **change: Any) -> dict[str, Any]:
        """Change or create an outbound trunk: `put_record`."""
        return self.put_record("trunks", trunk_id, change)

    def remove_trunk(self, trunk_id: str) -> None:
        """Remove an outbound trunk. Raises UnknownRecordError if there is none."""
        self.remove_record("trunks", trunk_id)

    @property
    def callbacks(self) -> list[dict[str, Any]]:
        """All attempts to send callbacks, with the status of the answer, or None if there was none."""
        return [dict(attempt) for attempt in list(self._callbacks.attempts)]

    def send_callbacks(self, again: bool = False) -> list[dict[str, Any]]:
        """Send the callbacks that wait for their next attempt, and return the attempts.

        `again`: also send those that were accepted, as if DIDWW had not received the answers.
        """
        return self._callbacks.send(again)

    def reset(self, seed: dict[str, Any] | None = None) -> None:
        """Restore the seed, or load another one. Empties journal, faults, callbacks and rate. Tokens remain valid."""
        self._callbacks.stop()
        self._callbacks = Callbacks()
        self._api = self._fresh(self._seed if seed is None else seed)
        if seed is not None:
            self._seed = seed
        self.clear_journal()
        self.clear_faults()

    def _fresh(self, seed: dict[str, Any]) -> Api:
        api = Api(store.from_seed(seed, self._resources, self.version), self.rate, self._tokens, self.token_rate)
        api.store.changed = self._announce
        return api

    def _announce(self, before: Record, after: Record) -> None:
        """Send a callback for the change of a record, if there is one, and the account has a callback secret."""
        secret = self._api.store.accounts[after.account].callback_secret
        announced = self._resources[after.type].announces(before, after)
        if secret and announced:
            self._callbacks.announce(announced[0], secret, announced[1])

    # --- requests ---

    def answer(self) -> flask.Response:
        """Answer the current request of Flask, to the API or the token service: record it, and apply faults."""
        request = _request()
        entry = self._record(request)
        self.pause(self.latency)
        target = f"{request.path}?{'&'.join(f'{name}={value}' for name, value in request.query)}"
        fault = self._faults.take(request.method, target)
        if fault is None:
            made = self._api.handle(request)
            entry["status"] = made.status
        else:
            made = self._meet(fault, request, entry)
        response = flask.Response(made.body, made.status, made.headers)
        if not made.body and "Content-Type" not in made.headers:
            del response.headers["Content-Type"]  # Flask's default
        return response

    def _meet(self, fault: Fault, request: Request, entry: dict[str, Any]) -> Answer:
        """Return the answer to a request that meets a fault. Raises Cut if the fault ends the connection."""
        entry["fault"] = fault.rule
        normal = None
        if fault.needs_answer or (fault.commits and request.method in CHANGES):
            normal = self._api.handle(request, commit=fault.commits)
        self.pause(fault.delay)
        made = fault.shape(normal, request.path)
        if fault.kind == "drop":
            self._cut(fault, made)
        if fault.kind == "last" and self._kept is None:
            self._keep_port()
            self._stop_listening()
        entry["status"] = made.status
        if fault.kind == "stall":
            self._cut(fault, made)
        return made

    def _cut(self, fault: Fault, made: Answer) -> None:
        """Write a part of the answer to the socket. Always raises Cut."""
        connection: socket.socket = flask.request.environ["werkzeug.socket"]
        headers = {**made.headers, "Content-Length": str(len(made.body)), "Connection": "close"}
        status = f"HTTP/1.1 {made.status} {HTTPStatus(made.status).phrase}\r\n"
        head = status + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
        half = len(made.body) // 2
        reset = fault.rule["reset"]
        drop = fault.rule.get("drop")
        if drop == "before":
            raise Cut(reset=True)
        if drop == "headers":
            connection.sendall(head[: len(status) + 8].encode())
            raise Cut(reset)
        connection.sendall(head.encode() + (b"" if drop == "after_headers" else made.body[:half]))
        if fault.kind == "stall":
            self.pause(float(fault.rule["stall"]))
            connection.sendall(made.body[half:])
        raise Cut(reset)

    def _record(self, request: Request) -> dict[str, Any]:
        text = request.body.decode("utf-8", "replace")
        try:
            body = json.loads(text) if text else None
        except (ValueError, RecursionError):
            body = text
        entry: dict[str, Any] = {
            "method": request.method,
            "path": request.path,
            "query": dict(request.query),
            "headers": dict(flask.request.environ["simulator.headers"]),
            "body": body,
            "status": None,
            "time": time.monotonic(),
            "fault": None,
        }
        (self._mints if request.path == TOKEN_PATH else self._journal).append(entry)
        return entry

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than until the server stops."""
        self._stopping.wait(seconds)

    def connected(self, connection: socket.socket) -> None:
        """Add an open connection, for `stop` to close."""
        self._connections.add(connection)

    def disconnected(self, connection: socket.socket) -> None:
        """Remove a closed connection."""
        self._connections.discard(connection)


class _Handler(WSGIRequestHandler):
    """Keeps connections open between requests, unless a fault ends them."""

    owner: Simulator
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.reset = False
        self.owner.connected(self.connection)

    def finish(self) -> None:
        self.owner.disconnected(self.connection)
        super().finish()
        if self.reset:
            # To close the socket without lingering sends an RST. The server would shut it down first, with a FIN.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            self.connection.close()

    def run_wsgi(self) -> None:
        """Answer a request.

        Werkzeug closes the connection after each request, in case a part of the body was not read. Here every body is
        read, and the connection stays open.
        """
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Any:
            started.append((status, headers))
            return self.wfile.write

        try:
            body = b"".join(self.server.app(self.make_environ(), start_response))
        except Cut as exc:
            self.close_connection = True
            self.reset = exc.reset
            return
        status, headers = started[-1]
        code, phrase = status.split(" ", 1)
        self.send_response(int(code), phrase)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def make_environ(self) -> dict[str, Any]:
        environ = super().make_environ()
        environ["simulator.headers"] = self.headers.items()
        return environ

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        if self.owner.verbose:
            super().log_request(code, size)


def _request() -> Request:
    incoming = flask.request
    return Request(
        method=incoming.method,
        path=incoming.path,
        query=tuple(incoming.args.items(multi=True)),
        headers={name.lower(): value for name, value in incoming.headers.items()},
        body=incoming.get_data(),
        base=incoming.host_url.rstrip("/") + PREFIX,
    )


def _make_app(simulator: Simulator) -> flask.Flask:
    app = flask.Flask("simulator", static_folder=None)
    # By default, Flask answers 500 to an exception. Cut has to reach `run_wsgi`.
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.json.sort_keys = False  # type: ignore[attr-defined]  # JSONProvider is typed without it

    @app.before_request
    def api() -> flask.Response | None:
        """Answer all requests except those to control endpoints, before Flask routes them."""
        flask.request.get_data()  # reads the whole body, because the connection stays open
        if flask.request.path.startswith(CONTROL + "/"):
            return None
        return simulator.answer()

    for control, call in _controls(simulator).items():
        method, path = control.split()
        app.add_url_rule(f"{CONTROL}/{path}", control, functools.partial(_answer, call), methods=[method])

    @app.errorhandler(SeedError)
    @app.errorhandler(FaultError)
    def invalid(error: ValueError) -> tuple[dict[str, str], int]:
        return {"error": str(error)}, 400

    @app.errorhandler(store.UnknownRecordError)
    def missing(error: store.UnknownRecordError) -> tuple[dict[str, str], int]:
        return {"error": str(error)}, 404

    return app


def _controls(simulator: Simulator) -> dict[str, Callable[..., Any]]:
    """Return what each control endpoint does: its method and path, and what returns the content of its answer."""

    def journal() -> dict[str, Any]:
        return {"requests": simulator.journal, "mints": simulator.mints, "rate_limited": simulator.rate_limited}

    def add_faults() -> None:
        rules = _body()
        simulator.add_faults(*(rules if isinstance(rules, list) else [rules]))

    return {
        "GET journal": journal,
        "DELETE journal": simulator.clear_journal,
        "GET <collection>/<record_id>": simulator.record,
        "PUT <collection>/<record_id>": lambda **of: simulator.put_record(**of, change=_body()),
        "DELETE <collection>/<record_id>": simulator.remove_record,
        "POST reset": lambda: simulator.reset(_body()),
        "POST expire_tokens": simulator.expire_tokens,
        "GET callbacks": lambda: simulator.callbacks,
        "POST callbacks": lambda: simulator.send_callbacks(bool((_body() or {}).get("again"))),
        "GET faults": lambda: simulator.faults,
        "POST faults": add_faults,
        "DELETE faults": simulator.clear_faults,
    }


def _answer(call: Callable[..., Any], **names: str) -> flask.Response:
    """Answer a request to a control endpoint with what it returns."""
    content = call(**names)
    return flask.Response(status=204, headers=Headers()) if content is None else flask.jsonify(content)


def _body() -> Any:
    """The JSON in a control request with any Content-Type, or None if there is no body."""
    text = flask.request.get_data(as_text=True)
    try:
        return json.loads(text) if text else None
    except ValueError as exc:
        raise SeedError(f"the body is not JSON: {exc}") from exc
