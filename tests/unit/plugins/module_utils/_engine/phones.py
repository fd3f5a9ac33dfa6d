# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small resource of the tests, which has what the engine supports, and an API for it."""

from __future__ import annotations

import copy
import json
import threading
import uuid
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ansible_collections.didww.voice.plugins.module_utils._engine.advice import Advice
from ansible_collections.didww.voice.plugins.module_utils._engine.connection import NEWEST
from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import (
    BOOL,
    choice,
    code,
    e164,
    matching,
    reference,
    set_of,
    whole,
)
from ansible_collections.didww.voice.plugins.module_utils._engine.link import Link
from ansible_collections.didww.voice.plugins.module_utils._engine.resource import Resource
from ansible_collections.didww.voice.plugins.module_utils._engine.setting import Draft, Setting, filter_by
from ansible_collections.didww.voice.plugins.module_utils._engine.variant import Variant

TEXT = matching(r"(?s).+", "a text")
RINGTONES = {"bell": 1, "chime": 2}
CODECS = {"opus": 11, "speex": 12}
NAMED = reference(str, "an id or a name")
USER = Setting("user", TEXT, required=True, attribute="auth_user")
PASSWORD = Setting("password", TEXT, nullable=True, secret=True, attribute="auth_password")
ALIAS = Setting("alias", TEXT, versions={NEWEST: {"kind": matching("[a-z]+", "lower-case letters")}})


def locked_phones_keep_their_ringtone(draft: Draft) -> None:
    """Hold a new ringtone of a locked phone, and send the lock with one that is not held."""
    if draft.new or draft.after.get("ringtone") == draft.before.get("ringtone"):
        return
    if draft.before.get("locked") and not draft.flags.get("force"):
        draft.hold("ringtone", "stays: the phone is locked", "set force to true")
    else:
        draft.add("locked")


def pins_are_not_repeated(draft: Draft) -> None:
    """Reject a PIN of four equal digits."""
    pin = draft.wanted.get("pin")
    if pin and len(set(pin)) == 1:
        draft.reject("pin", "four equal digits are not accepted")


def one_way_to_hear(draft: Draft) -> None:
    """A muted phone keeps its volume, whatever the task sets."""
    if draft.after.get("muted"):
        draft.keep("volume")


SETTINGS = (
    Setting("label", TEXT, required=True),
    Setting("serial", matching("[A-Z0-9]+", "capital letters and digits"), nullable=True, attribute="serial_number"),
    Setting("ringtone", code(RINGTONES), attribute="ringtone_id", tolerated=code(RINGTONES, others=True)),
    Setting("codecs", set_of(code(CODECS)), null=[], attribute="codec_ids", most=2),
    Setting("pin", matching(r"\d{4}", "four digits"), nullable=True, secret=True),
    Setting("locked", BOOL),
    Setting("muted", BOOL),
    Setting("mode", choice("desk", "hotel")),
    Setting("volume", whole(0, 10), costly=True, versions={NEWEST: {"kind": whole(0, 5)}}),
    Setting("realm", TEXT, nullable=True, required_by=("sip",), remedy="write null for any realm"),
    Variant(
        "account",
        types={"sip": (USER, PASSWORD), "h323": (ALIAS,), "legacy": (ALIAS,)},
        settable_types=("sip", "h323"),
        accepted="sip or h323",
        hidden={"sip": ("token",)},
        generated="the API generates it",
        revealed_as="tokens",
        attribute="account_data",
    ),
    Link("desk", NAMED, nullable=True, type="desks", noun="desk", by="name"),
    Link(
        "groups", set_of(NAMED), null=[], many=True, type="groups", noun="group", by="name", managed_by="in_all_groups"
    ),
    Setting("in_all_groups", BOOL),
    Link(
        "guest",
        reference(e164, "an id or a number"),
        type="guests",
        noun="guest",
        by="number",
        unread=True,
        only_with=("mode", "hotel"),
    ),
)
DECLARED: dict[str, Any] = {
    "type": "phones",
    "name": "phone",
    "noun": "phone",
    "called": "desk phone",
    "identifiers": ("id", "serial", "label"),
    "unique": "label",
    "settings": SETTINGS,
    "facts": ("created_at",),
    "meta": ("calls",),
    "flags": (Setting("force", BOOL, default=False),),
    "filters": {"label": filter_by("label", TEXT), "account_data.type": filter_by("account_type", set_of(TEXT))},
    "page_sizes": {"phones": 50, "desks": 2, "groups": 2, "guests": 2},
    "known_as": "names",
    "rules": (locked_phones_keep_their_ringtone, pins_are_not_repeated, one_way_to_hear),
    "advice": (Advice(409, "Hang up the {noun} first."),),
    "undone_by": "restore THIS_FILE",
}
PHONE = Resource(**DECLARED)

LINKED = {
    "desks": ("name", ["Reception", "Lab"]),
    "groups": ("name", ["Sales", "Support", "A, B"]),
    "guests": ("number", ["37061498222"]),
}


def id_of(name: str) -> str:
    """Return the id of a linked resource of the API."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


class PhoneApi(ThreadingHTTPServer):
    """An API with phones, desks, groups and guests. `journal`: the method, path and body of each request.

    `refuses`: an error object that answers the next change.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.journal: list[tuple[str, str, Any]] = []
        self.refuses: dict[str, Any] | None = None
        self.phones: dict[str, dict[str, Any]] = {}
        self.linked = {
            kind: [{"type": kind, "id": id_of(name), "attributes": {by: name}} for name in names]
            for kind, (by, names) in LINKED.items()
        }
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        """The URL of the API."""
        return f"http://127.0.0.1:{self.server_port}/v3"

    def changes(self) -> list[Any]:
        """Return the methods and the resources of the requests that change something."""
        return [(method, body and body["data"]) for method, _path, body in self.journal if method != "GET"]

    def apply(self, data: Mapping[str, Any], identifier: str) -> dict[str, Any]:
        """Store what a POST or PATCH sends, and return the phone without linkage."""
        phone = self.phones.setdefault(identifier, {"attributes": {"created_at": "now"}, "relationships": {}})
        phone["attributes"].update(data.get("attributes", {}))
        account = phone["attributes"].get("account_data") or {}
        if account.get("type") == "sip":
            account["attributes"] = {**account["attributes"], "token": "t0ken-of-the-api"}
        phone["relationships"].update(data.get("relationships", {}))
        return self.shown(identifier, ())

    def shown(self, identifier: str, include: tuple[str, ...]) -> dict[str, Any]:
        """Return a phone with the linkage of the relationships in `include`."""
        attributes, linked = self.phones[identifier]["attributes"], self.phones[identifier]["relationships"]
        nothing: dict[str, dict[str, Any]] = {"desk": {"data": None}, "groups": {"data": []}}
        shown = {name: linked.get(name, nothing[name]) if name in include else {"links": {}} for name in nothing}
        phone = {"type": "phones", "id": identifier, "attributes": attributes}
        return {**phone, "relationships": shown, "meta": {"calls": 7}}

    def found(self, kind: str, query: Mapping[str, str], include: tuple[str, ...]) -> list[dict[str, Any]]:
        """Return the resources of a type that match the filters of a query."""
        everything = self.linked.get(kind) or [self.shown(identifier, include) for identifier in self.phones]
        for name, value in query.items():
            if name.startswith("filter["):
                everything = [one for one in everything if self.matches(one, name[7:-1], value.split(","))]
        return everything

    def matches(self, one: Mapping[str, Any], name: str, values: list[str]) -> bool:
        """Return whether a resource matches a filter."""
        link, is_link, _id = name.partition(".id")
        if is_link:
            data = self.phones[one["id"]]["relationships"].get(link, {}).get("data") or {}
            return data.get("id") in values
        attribute, dot, member = name.partition(".")
        value = one["id"] if name == "id" else one["attributes"].get(attribute)
        return str(value[member] if dot and value else value) in values


class Handler(BaseHTTPRequestHandler):
    """Answers requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: PhoneApi

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        """Write no log."""

    def answer(self, status: int, document: Any) -> None:
        """Send a document."""
        text = json.dumps(document).encode() if document is not None else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self) -> None:
        """Read a phone, or a list."""
        api, url = self.server, urlsplit(self.path)
        api.journal.append(("GET", self.path, None))
        query = dict(parse_qsl(url.query))
        include = tuple(query.get("include", "").split(","))
        kind, _slash, identifier = url.path.removeprefix("/v3/").partition("/")
        if identifier and identifier not in api.phones:
            error = {"title": "Record not found", "detail": f"no record identified by {identifier}"}
            self.answer(404, {"errors": [error]})
            return
        data = api.shown(identifier, include) if identifier else api.found(kind, query, include)
        included = [one for kind in ("desks", "groups") for one in api.linked[kind]] if include != ("",) else []
        self.answer(200, {"data": data, "included": included, "meta": {}, "links": {}})

    def change(self) -> None:
        """Create, update or delete a phone."""
        api = self.server
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body: Any = json.loads(text) if text else None
        api.journal.append((self.command, self.path, copy.deepcopy(body)))
        if api.refuses:
            error, api.refuses = api.refuses, None
            self.answer(int(error["status"]), {"errors": [error]})
            return
        identifier = self.path.partition("/phones")[2].strip("/") or id_of(body["data"]["attributes"]["label"])
        if self.command == "DELETE":
            del api.phones[identifier]
            self.answer(204, None)
            return
        status = 201 if self.command == "POST" else 200
        self.answer(status, {"data": api.apply(body["data"], identifier), "meta": {}})

    do_POST = do_PATCH = do_DELETE = change  # noqa: N815 - the names that the base class calls
