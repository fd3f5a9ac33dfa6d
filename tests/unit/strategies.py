# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Strategies for states of the API and for tasks, generated from the table of settings.

A value is first drawn as the API has it, then spelled as a task can write it. A setting without a row in
`VALUES` causes a KeyError in every property.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable, Sequence
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._engine import kinds
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import (
    AUTHENTICATION,
    DEFAULT_DID,
    VOICE_OUT_TRUNK,
)
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from simulator.server import load_seed

from .conftest import DEFAULTS

# A factor for the number of examples: 10 for a long search, 0.01 for a quick run.
FACTOR = float(os.environ.get("EXAMPLES", "1"))
# Every run uses the same examples, so failures are reproducible. Nothing is written to the tree.
settings.register_profile(
    "same",
    derandomize=True,
    database=None,
    # Times depend more on the machine and its load than on the code.
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.generate, Phase.shrink] if FACTOR >= 1 else [Phase.generate],
)
settings.load_profile("same")
DECLARED: list[int] = []

LINKAGE = tuple(VOICE_OUT_TRUNK.read_links)
# The flag that manages each relationship.
FLAG_OF = {link.name: link.managed_by for link in VOICE_OUT_TRUNK.links if link.managed_by}
# default_did is in no answer: sequences.yml has its tests.
SETTINGS = {name: row for name, row in VOICE_OUT_TRUNK.rows.items() if name != DEFAULT_DID}
(METHOD,) = VOICE_OUT_TRUNK.variants
ATTRIBUTES = METHOD.attributes
ROWS = {**{name: row for name, row in SETTINGS.items() if name != AUTHENTICATION}, **ATTRIBUTES}
READ_ONLY = {"created_at", "threshold_reached", "spent_amount", "did_numbers"}
# The trunks and DIDs of the first account in the seed, and the trunks of others.
TRUNKS = [trunk["id"] for trunk in load_seed()["trunks"] if "account" not in trunk]
OTHERS = [trunk["id"] for trunk in load_seed()["trunks"] if "account" in trunk]
NUMBERS = {did["id"]: did["number"] for did in load_seed()["dids"] if "account" not in did}
SECRETS = {"username": "sip-user-name", "password": "sip-pass-word"}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=8), values, max_size=3),
    max_leaves=4,
)


def examples(count: int) -> int:
    """Return the number of examples for a property: `count`, times the factor."""
    DECLARED.append(count)
    return max(1, round(count * FACTOR))


# --- Values -----------------------------------------------------------------------------------------


def network(version: Any, most: int) -> st.SearchStrategy[str]:
    """Return networks of an IP version, as CIDR; half of them are single addresses."""
    return st.builds(
        lambda address, bits: str(ipaddress.ip_network((address, bits), strict=False)),
        st.ip_addresses(v=version),
        st.just(most) | st.integers(0, most),
    )


NETWORKS = st.lists(network(4, 32) | network(6, 128), min_size=1, max_size=3)
HEX = "0123456789abcdefABCDEF"
# Without spaces, which URLs cannot contain.
URLS = st.builds(
    "{}://{}{}/{}".format,
    st.sampled_from(["http", "https"]),
    st.sampled_from(["example.com", "203.0.113.1", "[2001:db8::1]", "user@example.com"]),
    st.sampled_from(["", ":8080"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=12),
)
# As the API has them; null is added for nullable settings.
VALUES: dict[str, st.SearchStrategy[Any]] = {
    **{name: st.sampled_from(row.kind.spec["choices"]) for name, row in ROWS.items() if "choices" in row.kind.spec},
    **{name: st.booleans() for name, row in ROWS.items() if row.kind is kinds.BOOL},
    "name": st.text(min_size=1, max_size=12).filter(str.strip),
    "external_reference_id": st.text(min_size=1, max_size=8) | st.text(min_size=100, max_size=100),
    "allowed_rtp_ips": NETWORKS,
    "capacity_limit": st.integers(0, 32767),
    "threshold_amount": st.decimals(0, 100000, places=3).map("{:.3f}".format),
    "dst_prefixes": st.lists(st.from_regex("[1-9][0-9]{0,3}", fullmatch=True), max_size=3),
    "callback_url": URLS,
    "rtp_timeout": st.integers(30, 600),
    "dids": st.lists(st.uuids().map(str), max_size=3, unique=True),
    "emergency_dids": st.lists(st.uuids().map(str), max_size=3, unique=True),
    "allowed_sip_ips": NETWORKS,
    "tech_prefix": st.text("0123456789#", min_size=1, max_size=8),
    "twilio_account_sid": st.from_regex("[A-Za-z]{2}[0-9a-fA-F]{32}", fullmatch=True),
}
# More values that the API can have, which a task can only give back.
TOLERATED: dict[str, st.SearchStrategy[Any]] = {
    "dst_prefixes": st.lists(st.text("0123456789", min_size=1, max_size=4), max_size=3),
    "callback_url": URLS.map(lambda url: url.partition("://")[2]),
}
# Values with which the API represents nothing.
NOTHING: dict[str, Sequence[Any]] = {
    "external_reference_id": ["", None],
    "allowed_rtp_ips": [[], None],
    "callback_url": ["", None],
    "tech_prefix": ["", None],
    "dst_prefixes": [[]],
}


def has(name: str) -> st.SearchStrategy[Any]:
    """Return the values that the API can have for a setting."""
    nothing = NOTHING.get(name, [None] if ROWS[name].nullable else [])
    values = VALUES[name] | TOLERATED[name] if name in TOLERATED else VALUES[name]
    return st.sampled_from(nothing) | values if nothing else values


# --- Spellings --------------------------------------------------------------------------------------


def spelled_network(value: str) -> st.SearchStrategy[str]:
    """Return the spellings of a network."""
    parsed = ipaddress.ip_network(value)
    written = [str(parsed), parsed.exploded, str(parsed).upper(), f" {parsed}"]
    if parsed.num_addresses == 1:
        written += [str(parsed.network_address), parsed.network_address.exploded]
    return st.sampled_from(written)


def spelled_set(spelled: Callable[[str], st.SearchStrategy[str]]) -> Callable[[Any], st.SearchStrategy[Any]]:
    """Return the spellings of a list whose order and duplicates are ignored."""

    def spell(values: list[str]) -> st.SearchStrategy[Any]:
        repeated = st.permutations(values + values[:1]) | st.permutations(values)
        return repeated.flatmap(lambda entries: st.tuples(*map(spelled, entries)).map(list))

    return spell


def spelled_amount(value: str) -> st.SearchStrategy[Any]:
    """Return the spellings of an amount, including the number that YAML reads."""
    written: list[Any] = [value, f"0{value}", f"{value}0", value.rstrip("0").removesuffix(".")]
    return st.sampled_from([*written, float(value)] if float(value) > 1 else written)


SPELLED: dict[str, Callable[[Any], st.SearchStrategy[Any]]] = {
    "allowed_rtp_ips": spelled_set(spelled_network),
    "allowed_sip_ips": spelled_set(spelled_network),
    "dst_prefixes": spelled_set(lambda prefix: st.sampled_from([prefix, f" {prefix}"])),
    "dids": spelled_set(lambda did: st.sampled_from([did, did.upper()])),
    "emergency_dids": spelled_set(lambda did: st.sampled_from([did, did.upper()])),
    "threshold_amount": spelled_amount,
}


def spelled(name: str, value: Any) -> st.SearchStrategy[Any]:
    """Return the spellings in which a task can write a value of the API."""
    row = ROWS[name]
    if value in (None, "", []):
        if not row.nullable:
            return st.just(value)
        # An empty allowlist is ambiguous, so it is rejected.
        return st.sampled_from([None] + [""] * row.kind.empty_is_null + [[]] * (row.null == []))
    return SPELLED.get(name, st.just)(value)


# --- Trunks and tasks -------------------------------------------------------------------------------

# A type that only DIDWW sets, and one that does not exist yet.
UNKNOWN_TYPES = ("voice_product", "x-1")
TYPES = ("credentials_and_ip", "ip_only", "twilio", *UNKNOWN_TYPES)


def attributes_of(kind: str) -> list[str]:
    """Return the attributes of a type of authentication."""
    return [row.name for row in METHOD.types.get(kind, ())]


def method(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return authentication methods of a type as the API has them."""
    attributes: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries({n: has(n) for n in attributes_of(kind)})
    if kind in UNKNOWN_TYPES:
        attributes = st.dictionaries(st.sampled_from(["allowed_sip_ips", "token"]), st.integers())
    if kind == "credentials_and_ip":
        attributes = attributes.map(lambda drawn: {**drawn, **SECRETS})
    return attributes.map(lambda drawn: {"type": kind, "attributes": drawn})


METHODS = st.one_of([method(kind) for kind in TYPES])
# Settings with rules between them are drawn more often.
NAMES = [*SETTINGS, *[AUTHENTICATION] * 6, *LINKAGE, *FLAG_OF.values()]
SOME_SETTINGS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True)
# The settings of a trunk as the local API has them by default, without the authentication method.
PLAIN: dict[str, Any] = {**{name: value for name, value in DEFAULTS.items() if name in ROWS}, "name": "EU SBC"}


@st.composite
def states(draw: st.DrawFn, dids: st.SearchStrategy[list[str]] = VALUES["dids"]) -> dict[str, Any]:
    """Draw a trunk as the API has it: `attributes`, `dids` and `emergency_dids`.

    Draws any authentication method, and up to six settings that differ from `PLAIN`: to draw all of them
    takes five times as long. Linkage that DIDWW manages has any DIDs, or none.
    """
    state: dict[str, Any] = {"attributes": {**PLAIN, AUTHENTICATION: draw(METHODS)}, "dids": [], "emergency_dids": []}
    for name in draw(SOME_SETTINGS):
        if name in LINKAGE:
            state[name] = draw(dids)
        elif name != AUTHENTICATION:
            state["attributes"][name] = draw(has(name))
    return state


def value_of(state: dict[str, Any], name: str) -> Any:
    """Return the value of a setting, or of an attribute of the authentication method, in a state."""
    if name in LINKAGE:
        return state[name]
    attributes = state["attributes"]
    return attributes[AUTHENTICATION]["attributes"].get(name) if name in ATTRIBUTES else attributes[name]


@st.composite
def tasks(
    draw: st.DrawFn, current: dict[str, Any], dids: st.SearchStrategy[list[str]] = VALUES["dids"]
) -> dict[str, Any]:
    """Draw a task for a trunk in the state `current`: some settings change, others only differ in spelling."""
    options: dict[str, Any] = {}
    for name in draw(SOME_SETTINGS):
        if name == AUTHENTICATION:
            options[name] = draw(asked_methods(current))
        elif draw(st.booleans()):
            options[name] = draw(spelled(name, value_of(current, name)))
        else:
            options[name] = draw(asked(name, dids))
    return options


def asked(name: str, dids: st.SearchStrategy[list[str]] = VALUES["dids"]) -> st.SearchStrategy[Any]:
    """Return the values that a task can set, including null if the setting is nullable."""
    drawn = dids if name in LINKAGE else VALUES[name]
    return (st.none() | drawn if ROWS[name].nullable else drawn).flatmap(lambda value: spelled(name, value))


@st.composite
def asked_methods(draw: st.DrawFn, current: dict[str, Any]) -> dict[str, Any]:
    """Draw an authentication method in a task: whole or partial, of the same or of another type."""
    had = current["attributes"][AUTHENTICATION]["type"]
    kind = draw(st.just(had) | st.sampled_from(TYPES))
    written: dict[str, Any] = {"type": kind}
    for name in attributes_of(kind):
        if kind == had and draw(st.booleans()):
            written[name] = draw(spelled(name, value_of(current, name)))
        elif draw(st.integers(0, 3)):
            written[name] = draw(asked(name))
    return written


# --- Effects of a task -------------------------------------------------------------------------------


def strayed(before: dict[str, Any], after: dict[str, Any], task: dict[str, Any]) -> set[str]:
    """Return the settings and authentication attributes with neither the value from the task nor the earlier one.

    `before` and `after` are states of the API around a run of `task`, which lists DIDs by id. DIDWW
    itself unlinks the DIDs when a flag goes on; while it is on, an empty list is ignored.
    """
    found = {name for name in SETTINGS if name not in task and value_of(before, name) != value_of(after, name)}
    had, has_ = (state["attributes"][AUTHENTICATION] for state in (before, after))
    method = task.get(AUTHENTICATION, {})
    if had["type"] != has_["type"]:
        # Required with the change, and sent in canonical spelling.
        found -= {name for name in ("allowed_rtp_ips",) if same(name, before, after)}
        found |= {"type"} - {*method}
    else:
        unset = {*had["attributes"], *has_["attributes"]} - {*method}
        found |= {name for name in unset if not same(name, before, after)}
    for name, flag in FLAG_OF.items():
        if after["attributes"][flag] is True:
            found.discard(name)
            kept = [] if before["attributes"][flag] is not True else value_of(before, name)
            found |= {name} if value_of(after, name) != kept else set()
    wanted = {**task, **method}
    for name in ROWS.keys() & wanted.keys():
        managed = name in LINKAGE and after["attributes"][FLAG_OF[name]] is True
        if not managed and ROWS[name].current(value_of(after, name)) != ROWS[name].desired(wanted[name]):
            found.add(name)
    return found


def same(name: str, before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Return whether a setting, or an attribute that only the API knows, is equal in two states."""
    was, is_ = (
        state["attributes"][AUTHENTICATION]["attributes"].get(name) if name not in SETTINGS else value_of(state, name)
        for state in (before, after)
    )
    return bool(was == is_ or (name in ROWS and ROWS[name].current(was) == ROWS[name].current(is_)))
