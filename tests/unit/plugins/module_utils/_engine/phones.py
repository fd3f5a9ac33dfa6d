# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small resource of the tests, which has what the engine supports, and its declaration for the local API."""

from __future__ import annotations

import uuid
from typing import Any

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
from simulator import values
from simulator.resource import LIST, Attribute, Filter
from simulator.resource import Link as StoredLink
from simulator.resource import Resource as Stored
from simulator.resource import Variant as StoredVariant
from simulator.server import Simulator

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
    Setting("pin", matching(r"[\d#]{4}", "four digits or #"), nullable=True, secret=True),
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
    Link("desk", NAMED, nullable=True, type="desks", noun="desk", by="name", shares_names=True),
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


def id_of(name: str) -> str:
    """Return the id of a linked resource of the API."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


def linked(type_: str, noun: str, by: str) -> Stored:
    """Return the declaration of what phones are linked to, for the local API."""
    return Stored(type_, type_, noun, (Attribute(by),), filters={by: Filter(LIST)})


STORED_PHONE = Stored(
    "phones",
    "phones",
    "phone",
    attributes=(
        Attribute("label", values.text, required=True),
        *(Attribute(name, values.text, nullable=True) for name in ("serial_number", "pin", "realm")),
        Attribute("ringtone_id", values.integer(1, 9)),
        Attribute("codec_ids", list, nullable=True),
        *(Attribute(name, values.boolean, default=False) for name in ("locked", "muted", "in_all_groups")),
        Attribute("mode", values.text),
        Attribute("volume", values.integer(0, 10)),
        StoredVariant(
            "account_data",
            types={
                "sip": (
                    Attribute("auth_user", values.text),
                    Attribute("auth_password", values.text, nullable=True),
                    Attribute("token", generate=lambda: "t0ken-of-the-api"),
                ),
                "h323": (Attribute("alias", values.text),),
                "legacy": (Attribute("alias"),),
            },
            default={"type": "legacy", "attributes": {}},
        ),
        Attribute("created_at", default="now"),
    ),
    links=(
        StoredLink("desk", "desks", writable=True),
        StoredLink("groups", "groups", writable=True, many=True),
        StoredLink("guest", "guests", writable=True, readable=False),
    ),
    methods=("LIST", "GET", "POST", "PATCH", "DELETE"),
    meta={"calls": lambda _phone, _store: 7},
    filters={name: Filter(LIST) for name in ("id", "label", "serial_number", "account_data.type", "guest.id")},
)
ALL = (linked("desks", "desk", "name"), linked("groups", "group", "name"), linked("guests", "guest", "number"))
SEED: dict[str, Any] = {
    "api_keys": ["local-key"],
    "desks": [{"id": id_of(name), "attributes": {"name": name}} for name in ("Reception", "Lab")],
    "groups": [{"id": id_of(name), "attributes": {"name": name}} for name in ("Sales", "Support", "A, B")],
    "guests": [{"id": id_of("37061498222"), "attributes": {"number": "37061498222"}}],
}


def phone_api() -> Simulator:
    """Return a local API with desks, groups and guests, and no phones."""
    return Simulator(SEED, rate=0, resources={resource.type: resource for resource in (*ALL, STORED_PHONE)})
