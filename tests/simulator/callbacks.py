# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Callbacks: signed POST requests with the events of an account, repeated until they are answered with 2xx.

The rules are those of DIDWW's Postman collection and OpenAPI, 2026-04-16, and of its SDKs for the signature. That the
entries of an array are signed one after the other is from the Ruby SDK alone.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

# Seconds from a failure to the next attempt. After the last one, the events are dropped.
DELAYS = (60, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600, 48 * 3600)
# Seconds that an answer may take.
PATIENCE = 60
PORTS = {"http": 80, "https": 443}
Event = Mapping[str, Any]


def signed(secret: str, url: str, events: list[Event]) -> str:
    """Return the signature of events that are sent to a URL."""
    scheme, rest = url.split("://") if "://" in url else ("http", url)
    authority = urlsplit(f"//{rest}").netloc
    path = rest[len(authority) :]
    user, at, host = authority.rpartition("@")
    port = "" if re.search(r":[0-9]+$", host) else f":{PORTS[scheme]}"
    pieces = [f"{scheme}://{user}{at}{host.lower()}{port}{path}"]
    for event in events:
        for name, value in sorted(event.items()):
            pieces += [name, {"None": "", "True": "true", "False": "false"}.get(repr(value), str(value))]
    return hmac.new(secret.encode(), "".join(pieces).encode(), hashlib.sha1).hexdigest()


@dataclass
class Mailbox:
    """The events that wait to be sent to a URL, and when; and those that were accepted."""

    url: str
    secret: str
    events: list[Event] = field(default_factory=list)
    accepted: list[Event] = field(default_factory=list)
    failures: int = 0
    due: float = 0.0

    def settle(self, sent: int, accepted: bool, now: float) -> None:
        """Note that the first `sent` events were accepted, or when they will be sent again."""
        self.failures = 0 if accepted else self.failures + 1
        if accepted or self.failures > len(DELAYS):
            self.accepted += self.events[:sent] if accepted else []
            del self.events[:sent]
            self.failures = 0
            self.due = now
        else:
            self.due = now + DELAYS[self.failures - 1]


class Callbacks:
    """Sends events from a thread of its own. `attempts`: the requests, with the status of the answer or None."""

    def __init__(self) -> None:
        self.attempts: list[dict[str, Any]] = []
        self._mailboxes: dict[str, Mailbox] = {}
        self._changed = threading.Condition()
        # One request at a time.
        self._sending = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped = False

    def announce(self, url: str, secret: str, event: Event) -> None:
        """Send an event."""
        with self._changed:
            mailbox = self._mailboxes.setdefault(url, Mailbox(url, secret))
            mailbox.secret = secret
            mailbox.events.append(event)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
            self._changed.notify()

    def send(self, again: bool = False) -> list[dict[str, Any]]:
        """Send what waits now, and return the attempts. `again`: also what was accepted, as if no answer came."""
        with self._sending:
            before = len(self.attempts)
            for mailbox in [*self._mailboxes.values()]:
                if again:
                    with self._changed:
                        mailbox.events[:0] = mailbox.accepted
                        mailbox.accepted = []
                self._send(mailbox)
            return self.attempts[before:]

    def stop(self) -> None:
        """Send nothing more."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                waiting = [mailbox for mailbox in self._mailboxes.values() if mailbox.events]
                first = min(waiting, key=lambda mailbox: mailbox.due, default=None)
                pause = None if first is None else first.due - time.monotonic()
                if self._stopped:
                    return
                if pause is None or pause > 0:
                    self._changed.wait(pause)
                    continue
            assert first is not None
            with self._sending:
                # `send` may have sent it since, without success.
                if first.due <= time.monotonic():
                    self._send(first)

    def _send(self, mailbox: Mailbox) -> None:
        with self._changed:
            events = [*mailbox.events]
        if not events:
            return
        status = _post(mailbox.url, mailbox.secret, events)
        self.attempts.append({"url": mailbox.url, "body": events, "status": status})
        with self._changed:
            # OpenAPI: 200 to 298.
            mailbox.settle(len(events), status is not None and 200 <= status < 299, time.monotonic())
            self._changed.notify()


def _post(url: str, secret: str, events: list[Event]) -> int | None:
    """Send events; return the status of the answer, or None if there is none."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(parts.hostname), parts.port, timeout=PATIENCE)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Content-Type": "application/json", "X-DIDWW-Signature": signed(secret, url, events)}
    try:
        connection.request("POST", target, json.dumps(events), headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
