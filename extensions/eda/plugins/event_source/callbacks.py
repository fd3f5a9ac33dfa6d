# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Receive the callbacks of DIDWW trunks in Event-Driven Ansible. An event source is a single file."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import re
import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, NamedTuple, Protocol, cast
from urllib.parse import SplitResult, urlsplit

from aiohttp import HttpVersion11, web

DOCUMENTATION = r"""
---
name: callbacks
short_description: Receive the callbacks of DIDWW trunks
description:
  - Receives what DIDWW sends to the C(callback_url) of an outbound trunk when the trunk is blocked or unblocked.
  - It accepts a callback only if its signature is that of DIDWW. Each entry of a callback becomes one event, in order,
    with the members of the entry and C(meta).
  - DIDWW repeats a callback until it is answered with 2xx. It is answered so as soon as its events are in the queue of
    ansible-rulebook. A repeated entry makes no second event.
  - DIDWW sends nothing unless a callback secret is enabled in the DIDWW panel.
author:
  - didww.voice contributors (@didww)
requirements:
  - aiohttp (ansible-rulebook requires it too)
options:
  host:
    description:
      - The address to listen on. V(0.0.0.0) and V(::) are all addresses.
    type: str
    default: "0.0.0.0"
  port:
    description:
      - The TCP port to listen on.
    type: int
    required: true
  url:
    description:
      - The public URL of this source, exactly as it is in the C(callback_url) of the trunks. DIDWW signs it.
      - If a proxy is in front, it is not the URL that arrives here. The scheme, host, port and query that arrive are
        ignored.
      - Its host must be in lower case, because it is not known how DIDWW signs another one.
    type: str
    required: true
  path:
    description:
      - The path at which callbacks arrive. It differs from that of O(url) only if a proxy changes it.
      - The default is the path of O(url).
    type: str
  secrets:
    description:
      - The callback secret of the account, or a list of secrets. While the secret is being changed, list the old one
        and the new one.
      - If a variable holds a text of digits only, ansible-rulebook makes a number of it, which is rejected. Put it
        into a list.
      - One of O(secrets) and O(secrets_file) is required.
    type: list
    elements: str
  secrets_file:
    description:
      - A file with the secrets, one on each line. It is read when the source starts.
    type: path
  certfile:
    description:
      - A file with the certificate, and those of its issuers, for HTTPS. It is read when the source starts.
    type: path
  keyfile:
    description:
      - A file with the private key of O(certfile). The default is O(certfile) itself. It cannot have a passphrase.
    type: path
  max_body:
    description:
      - The largest accepted body, in bytes.
    type: int
    default: 65536
  deduplicate:
    description:
      - For how many seconds an entry is remembered, to make no second event of it. V(0) remembers none.
      - DIDWW's callbacks have no id, so whole entries are compared. A restart forgets them.
    type: int
    default: 7200
  folder:
    description:
      - An existing, writable folder that rules write to, as an absolute path. The source only checks it when it starts,
        because rules would notice only in an emergency. An empty value is rejected.
    type: path
notes:
  - An empty value of another option than O(folder) counts as not set, for variables that are optional.
  - It answers 400 to what is no list of entries, 401 to a wrong or missing signature, 404 to another path, 405 to
    another method, 413 to a body that is too large, and 503 if the events cannot be queued.
  - A connection serves one request, which must arrive within 10 seconds.
"""

EXAMPLES = r"""
- name: Block what shares addresses with an abused trunk
  hosts: localhost
  sources:
    - name: callbacks
      didww.voice.callbacks:
        host: 127.0.0.1
        port: 5000
        url: https://hooks.example.com/didww
        secrets: "{{ didww_callback_secrets }}"
  rules:
    - name: A trunk reached its threshold
      condition: event.type == "voice_out_trunks" and event.threshold_reached == true
      action:
        debug:
          msg: "DIDWW blocked the trunk {{ event.id }}"

- name: Receive callbacks without a proxy
  hosts: localhost
  sources:
    - name: callbacks
      didww.voice.callbacks:
        port: 8443
        url: https://hooks.example.com:8443/didww
        secrets_file: /etc/didww/callback_secrets
        certfile: /etc/letsencrypt/live/hooks.example.com/fullchain.pem
        keyfile: /etc/letsencrypt/live/hooks.example.com/privkey.pem
  rules:
    - name: Anything happened
      condition: event.meta is defined
      action:
        print_event:
"""

NAME = "didww.voice.callbacks"
LOGGER = logging.getLogger(NAME)
HEADER = "X-DIDWW-Signature"
PORTS = {"http": 80, "https": 443}
# Seconds for the handshake of TLS, until a request has arrived, until its events are in the queue, and until the answer
# is taken. DIDWW waits 60.
HANDSHAKE, ARRIVAL, QUEUE, ANSWER = 10.0, 10.0, 15.0, 20.0
# Further connections wait until the system accepts them. Each needs a file descriptor, and the playbooks need some too.
MOST_CONNECTIONS = 200
# Seconds to wait if the system cannot open another connection.
PAUSE = 1.0

Entry = dict[str, str | int | float | bool | None]


# --- Signatures -----------------------------------------------------------------------------------


def signature(key: str, url: str, payload: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> str:
    """Return the signature that DIDWW sends in X-DIDWW-Signature: 40 hexadecimal digits in lower case.

    `key` is the callback secret, `url` the callback_url of the trunk, `payload` an entry or a list of entries. Signed
    are the URL with its port, and the members of each entry, sorted by name, without separators. DIDWW's SDKs publish
    examples of single entries; that the entries of a list follow each other is from DIDWW's Ruby SDK (6.2.1), and no
    example of a list is published. Raises ValueError if the URL is not one of HTTP, or a text is not Unicode.
    """
    text = signed_url(url)
    for entry in [payload] if isinstance(payload, Mapping) else payload:
        text += "".join(name + _signed(entry[name]) for name in sorted(entry))
    return hmac.new(key.encode(), text.encode(), hashlib.sha1).hexdigest()


def signed_url(url: str) -> str:
    """Return a URL as DIDWW signs it: always with a scheme and a port; an empty path stays empty. Raises ValueError."""
    parts = _split(url)
    user = parts.netloc.rpartition("@")[0]
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
    query = f"?{parts.query}" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    origin = f"{parts.scheme}://{f'{user}@' if user else ''}{host}:{parts.port or PORTS[parts.scheme]}"
    return f"{origin}{parts.path}{query}{fragment}"


def _split(url: str) -> SplitResult:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    # The port raises ValueError if it is not a number up to 65535.
    if parts.scheme not in PORTS or not parts.hostname or parts.port == 0:
        raise ValueError("not a URL of HTTP")
    return parts


def _signed(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def is_signed(entries: Sequence[Entry], url: str, secrets: Sequence[str], given: str) -> bool:
    """Return whether the signature `given` is that of one of the secrets. It takes as long for any wrong one."""
    received = given.encode("utf-8", "surrogateescape")
    found = [hmac.compare_digest(signature(secret, url, entries).encode(), received) for secret in secrets]
    return any(found)


# --- Callbacks ------------------------------------------------------------------------------------


class Refused(Exception):
    """A request that is not accepted: the status of the answer, and the reason, which quotes nothing of it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def entries_in(body: bytes) -> list[Entry]:
    """Return the entries in the body of a callback. Raises ValueError if it is not a list of them."""
    try:
        parsed = json.loads(body.decode(), parse_constant=_no_constant)
        # Half of a surrogate pair is JSON, but not Unicode.
        json.dumps(parsed, ensure_ascii=False).encode()
    except RecursionError:
        parsed = None
    if not isinstance(parsed, list) or not parsed or not all(_is_entry(entry) for entry in parsed):
        raise ValueError("not a list of objects")
    return parsed


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


def _is_entry(entry: object) -> bool:
    # It is not known how DIDWW would sign a list or an object.
    return isinstance(entry, dict) and not any(isinstance(value, (dict, list)) for value in entry.values())


def event_of(entry: Entry) -> dict[str, Any]:
    """Return the event for an entry: its members, and `meta`, to which ansible-rulebook adds more."""
    received = datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")
    return {**entry, "meta": {"received_at": received, "source": {"type": NAME}}}


class Recent:
    """The entries of the last `seconds`: those that made an event."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: dict[str, float] = {}

    def __contains__(self, entry: Entry) -> bool:
        now = time.monotonic()
        # The oldest come first.
        while self._until and next(iter(self._until.values())) <= now:
            del self._until[next(iter(self._until))]
        return _key(entry) in self._until

    def add(self, entry: Entry) -> None:
        """Remember an entry."""
        if self._seconds:
            self._until[_key(entry)] = time.monotonic() + self._seconds


def _key(entry: Entry) -> str:
    return json.dumps(entry, sort_keys=True)


# --- Options --------------------------------------------------------------------------------------


class Options(NamedTuple):
    """The options, checked. `tls` is None for HTTP. `path` is the one at which callbacks arrive."""

    host: str
    port: int
    url: str
    path: str
    secrets: tuple[str, ...]
    tls: ssl.SSLContext | None
    max_body: int
    deduplicate: int


TEXTS = ("host", "url", "path", "secrets_file", "certfile", "keyfile")
# With the default, the least and the most.
NUMBERS = {"port": (None, 0, 65535), "max_body": (65536, 1, 2**30), "deduplicate": (7200, 0, 31 * 24 * 3600)}
NAMES = ("host", "port", "url", "path", "secrets", *TEXTS[3:], "max_body", "deduplicate", "folder")


def read_options(args: Mapping[str, Any]) -> Options:
    """Return the options of the source. Raises ValueError with all problems. No message contains a secret."""
    given = {name: value for name, value in args.items() if value not in (None, "")}
    problems = [*_misplaced(given)]
    values: dict[str, Any] = {"host": "0.0.0.0"}  # noqa: S104 - DIDWW connects from outside
    for name in TEXTS:
        if name in given and not isinstance(given[name], str):
            problems.append(f"{name}: expected a text, not {_kind(given[name])}")
        elif name in given:
            values[name] = given[name]
    for name, (default, least, most) in NUMBERS.items():
        values[name] = _whole(given.get(name, default), least, most)
        if values[name] is None and name in given:
            problems.append(f"{name}: expected a whole number from {least} to {most}, not {given[name]!r}")
    try:
        problems += _problems_of_url(values.get("url"))
        secrets = _secrets(given.get("secrets"), values.get("secrets_file"))
        tls = _tls(values.get("certfile"), values.get("keyfile"))
    except ValueError as error:
        problems.append(str(error))
    problems += [f"{name}: required" for name in ("port", "url") if name not in given]
    if not str(values.get("path", "/")).startswith("/"):
        problems.append(f"path: expected a path, which begins with /, not {values['path']!r}")
    if "folder" in args:
        problems += _problems_of_folder(args["folder"])
    if problems:
        raise ValueError("; ".join(problems))
    path = values.get("path") or _split(values["url"]).path or "/"
    numbers = {name: values[name] for name in NUMBERS}
    return Options(host=values["host"], url=values["url"], path=path, secrets=secrets, tls=tls, **numbers)


def _misplaced(given: Mapping[str, Any]) -> Iterator[str]:
    for name in given:
        if name in ("feedback", "eda_feedback_queue"):
            yield "feedback: not supported, because DIDWW repeats what was not queued"
        elif name not in NAMES:
            yield f"{name}: no such option; the options are {', '.join(NAMES)}"
    if "keyfile" in given and "certfile" not in given:
        yield "keyfile: requires certfile"
    if "secrets" in given and "secrets_file" in given:
        yield "secrets: cannot be combined with secrets_file"


def _kind(value: object) -> str:
    names: dict[type, str] = {bool: "true or false", int: "a number", float: "a number", list: "a list"}
    return names.get(type(value), "a dictionary")


def _whole(value: object, least: int, most: int) -> int | None:
    """Return a number that is written as a number or as a text, as from a variable. None: it is not one."""
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,10}", str(value)):
        return None
    return number if least <= (number := int(str(value))) <= most else None


def _problems_of_url(url: str | None) -> Iterator[str]:
    if url is None:
        return
    try:
        host = _split(url).netloc.rpartition("@")[2]
    except ValueError:
        # Not shown: it can contain a password.
        yield "url: expected the callback_url of the trunks, such as https://hooks.example.com/didww"
        return
    if host != host.lower():
        yield f"url: write the host in lower case, here and in callback_url: {host.lower()}"


def _problems_of_folder(folder: object) -> Iterator[str]:
    # Jobs of rules have another working directory.
    if not isinstance(folder, str) or not Path(folder).is_absolute():
        yield f"folder: expected an absolute path, not {folder!r}"
        return
    try:
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        yield f"folder: cannot write to {folder}: {_reason(error)}"


def _secrets(given: object, path: str | None) -> tuple[str, ...]:
    if path is not None:
        try:
            given = [line for line in map(str.strip, Path(path).read_text(encoding="utf-8").splitlines()) if line]
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"secrets_file: cannot read {path}: {_reason(error)}") from None
    secrets = [given] if isinstance(given, str) else given
    name = "secrets" if path is None else "secrets_file"
    if secrets is None or secrets == []:
        raise ValueError(f"{name}: required: the callback secret in the DIDWW panel, or a list of secrets")
    if not isinstance(secrets, list) or not all(isinstance(secret, str) and secret for secret in secrets):
        raise ValueError("secrets: expected a text or a list of texts. Put a secret of digits only into a list")
    return tuple(secrets)


def _tls(certfile: str | None, keyfile: str | None) -> ssl.SSLContext | None:
    if certfile is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # Without a password, OpenSSL asks for one on the terminal.
        context.load_cert_chain(certfile, keyfile, password="")
    except OSError as error:
        files = certfile if keyfile is None else f"{certfile} and {keyfile}"
        raise ValueError(f"certfile: cannot use {files}: {_reason(error)}") from None
    return context


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__


# --- The server -----------------------------------------------------------------------------------


class Queue(Protocol):
    """What the source uses of the queue of ansible-rulebook."""

    async def put(self, event: dict[str, Any]) -> None:
        """Add an event; wait while the queue is full."""


class Connection(web.RequestHandler):
    """A connection, which serves one request. `received` is done when this has arrived, `ended` when it is closed."""

    def __init__(self, server: web.Server) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(
            server,
            loop=loop,
            access_log=None,  # type: ignore[arg-type]  # documented: no log
            logger=LOGGER,
            lingering_time=1,
            auto_decompress=False,
        )
        self.received: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Note the end."""
        super().connection_lost(exc)
        if not self.ended.done():
            self.ended.set_result(None)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is not HTTP, or what failed, without the details: aiohttp would log and return parts of it."""
        LOGGER.warning("Answered %s to %s: %s", status, request.remote, type(exc).__name__)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was sent already")
        return _answer(status, "The request failed" if status >= 500 else "not HTTP")

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Log the type of an exception only."""
        LOGGER.warning("A connection failed: %s", type(kw.get("exc_info")).__name__)


def _answer(status: int, text: str | None = None, **headers: str) -> web.Response:
    response = web.Response(status=status, text=text, headers=headers)
    response.force_close()
    return response


class Source:
    """Receives callbacks, and puts their entries into a queue. Use `listen`, then `serve` until it is cancelled."""

    def __init__(self, options: Options, queue: Queue) -> None:
        self._options = options
        self._queue = queue
        self._recent = Recent(options.deduplicate)
        # One callback after the other: events keep their order, and a repeat waits for the first one.
        self._lock = asyncio.Lock()
        self._server = web.Server(self._handle)
        self._connections: set[asyncio.Task[None]] = set()

    def listen(self) -> socket.socket:
        """Open the port, and return its socket. Raises OSError."""
        family = socket.AF_INET6 if ":" in self._options.host else socket.AF_INET
        listener = socket.create_server(
            (self._options.host, self._options.port), family=family, dualstack_ipv6=self._options.host == "::"
        )
        listener.setblocking(False)
        return listener

    async def serve(self, listener: socket.socket) -> None:
        """Serve the connections of a socket until this is cancelled. Nothing that arrives ends it."""
        slots = asyncio.Semaphore(MOST_CONNECTIONS)
        loop = asyncio.get_running_loop()
        try:
            while True:
                await slots.acquire()
                try:
                    accepted, _address = await loop.sock_accept(listener)
                except OSError as error:
                    LOGGER.warning("Cannot accept a connection: %s", _reason(error))
                    slots.release()
                    await asyncio.sleep(PAUSE)
                    continue
                task = loop.create_task(self._connect(accepted))
                self._connections.add(task)
                task.add_done_callback(self._connections.discard)
                task.add_done_callback(lambda _task: slots.release())
        finally:
            listener.close()
            for task in [*self._connections]:
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)
            await self._server.shutdown()

    async def _connect(self, accepted: socket.socket) -> None:
        """Serve a connection until it ends, or for as long as one may take."""
        tls = self._options.tls
        try:
            transport, connection = await asyncio.get_running_loop().connect_accepted_socket(
                lambda: Connection(self._server), accepted, ssl=tls, ssl_handshake_timeout=HANDSHAKE if tls else None
            )
        except OSError as error:
            LOGGER.info("A connection failed: %s", type(error).__name__)
            return
        both = (connection.received, connection.ended)
        try:
            await asyncio.wait(both, timeout=ARRIVAL, return_when=asyncio.FIRST_COMPLETED)
            if connection.received.done():
                await asyncio.wait([connection.ended], timeout=ANSWER)
        finally:
            # Does nothing if it is closed already.
            transport.abort()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            body = await self._body(request)
            cast(Connection, request.protocol).received.set_result(None)
            entries = self._verified(request, body)
            made = await self._put(entries)
        except Refused as refused:
            LOGGER.warning("Answered %s to %s: %s", refused.status, request.remote, refused.reason)
            headers = {"Allow": "POST"} if refused.status == 405 else {}
            return _answer(refused.status, refused.reason, **headers)
        LOGGER.info("Received %s entries from %s, %s of them new", len(entries), request.remote, made)
        return _answer(204)

    async def _body(self, request: web.BaseRequest) -> bytes:
        """Return the body of a request to the path. Raises Refused."""
        if request.rel_url.raw_path != self._options.path:
            raise Refused(404, "another path than that of callbacks")
        if request.method != "POST":
            raise Refused(405, "another method than POST")
        try:
            await _continue(request)
            return await _read(request, self._options.max_body)
        except (ConnectionError, web.RequestPayloadError):
            raise Refused(400, "the body is incomplete") from None

    def _verified(self, request: web.BaseRequest, body: bytes) -> list[Entry]:
        """Return the entries of a callback, if DIDWW has signed them. Raises Refused."""
        try:
            entries = entries_in(body)
        except ValueError:
            raise Refused(400, "the body is not a list of entries") from None
        given = request.headers.get(HEADER, "")
        if not is_signed(entries, self._options.url, self._options.secrets, given):
            raise Refused(401, f"the {HEADER} is {'wrong' if given else 'missing'}")
        return entries

    async def _put(self, entries: Sequence[Entry]) -> int:
        """Put the new entries into the queue, and return their number. Raises Refused if it stays full.

        Those that are in the queue by then are remembered: when DIDWW repeats the callback, only the others are new.
        """
        try:
            return await asyncio.wait_for(self._put_new(entries), QUEUE)
        except asyncio.TimeoutError:
            raise Refused(503, "the queue is full") from None

    async def _put_new(self, entries: Sequence[Entry]) -> int:
        made = 0
        async with self._lock:
            for entry in entries:
                if entry not in self._recent:
                    await self._queue.put(event_of(entry))
                    self._recent.add(entry)
                    made += 1
        return made


async def _continue(request: web.BaseRequest) -> None:
    """Ask for the body if the client waits for that: RFC 9110, section 10.1.1. aiohttp does so in applications only."""
    if request.headers.get("Expect", "").lower() == "100-continue" and request.version >= HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # This is not yet a part of the answer.
        request.writer.output_size = 0


async def _read(request: web.BaseRequest, most: int) -> bytes:
    """Return the body of a request. Raises Refused if it is longer."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > most:
            raise Refused(413, f"the body has more than {most} bytes")
    return bytes(body)


async def main(queue: Queue, args: dict[str, Any]) -> None:
    """Receive callbacks until ansible-rulebook cancels this. Raises ValueError for wrong options."""
    try:
        options = read_options(args)
    except ValueError as error:
        raise ValueError(f"{NAME}: {error}") from None
    source = Source(options, queue)
    listener = source.listen()
    LOGGER.info("Listening on port %s", listener.getsockname()[1])
    await source.serve(listener)
