# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for every trunk that the API can have, and for every task."""

from __future__ import annotations

import ipaddress
import uuid
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils import trunk
from hypothesis import given, settings
from hypothesis import strategies as st

READ_ONLY = {"created_at", "threshold_reached", "spent_amount", "did_numbers"}
NETWORKS = st.one_of(
    st.ip_addresses().map(str),
    st.builds(
        lambda address, bits: str(ipaddress.ip_network((address, bits), strict=False)),
        st.ip_addresses(v=4),
        st.integers(0, 32),
    ),
    st.builds(
        lambda address, bits: str(ipaddress.ip_network((address, bits), strict=False)),
        st.ip_addresses(v=6),
        st.integers(0, 128),
    ),
)
DIDS = st.lists(st.uuids().map(str), max_size=4)
SETTINGS = {setting.name: setting for setting in trunk.SETTINGS}


def choices(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from(SETTINGS[name].kind.spec["choices"])


def nothing_or(strategy: st.SearchStrategy[Any], *nothing: Any) -> st.SearchStrategy[Any]:
    return st.one_of(st.sampled_from([None, *nothing]), strategy)


ADDRESSES = st.lists(NETWORKS, min_size=1, max_size=4)


def addressed(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return methods of a type that has addresses."""
    attributes = st.fixed_dictionaries(
        {"allowed_sip_ips": ADDRESSES, "tech_prefix": nothing_or(st.from_regex(r"\A[0-9#]{1,8}\Z"), "")},
        optional={"username": st.just("u"), "password": st.just("p"), "future": st.integers()},
    )
    return st.fixed_dictionaries({"type": st.just(kind), "attributes": attributes})


CREDENTIALS = addressed("credentials_and_ip")
METHODS = st.one_of(
    CREDENTIALS,
    addressed("ip_only"),
    st.fixed_dictionaries(
        {
            "type": st.just("twilio"),
            "attributes": st.fixed_dictionaries({"twilio_account_sid": st.from_regex(r"\AAC[0-9a-fA-F]{32}\Z")}),
        }
    ),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["voice_product", "x-1"]), "attributes": st.dictionaries(st.text(), st.integers())}
    ),
)
# What the API can have, in its own spellings.
ATTRIBUTES: dict[str, st.SearchStrategy[Any]] = {
    "name": st.text(min_size=1).filter(str.strip),
    "external_reference_id": nothing_or(st.text(min_size=1, max_size=100), ""),
    "allowed_rtp_ips": nothing_or(ADDRESSES, []),
    "authentication_method": METHODS,
    "on_cli_mismatch_action": choices("on_cli_mismatch_action"),
    "capacity_limit": nothing_or(st.integers(0, 32767)),
    "allow_any_did_as_cli": st.booleans(),
    "status": choices("status"),
    "threshold_amount": nothing_or(st.decimals(0, 100000, places=2).map(str)),
    "default_dst_action": choices("default_dst_action"),
    "dst_prefixes": nothing_or(st.lists(st.from_regex(r"\A[0-9]{1,6}\Z"), max_size=4), []),
    "emergency_enable_all": st.booleans(),
    "media_encryption_mode": choices("media_encryption_mode"),
    "callback_url": nothing_or(st.sampled_from(["https://example.com/", "http://[::1]:8080/x?y=%20"]), ""),
    "force_symmetric_rtp": st.booleans(),
    "rtp_ping": st.booleans(),
    "rtp_timeout": nothing_or(st.integers(30, 600)),
}


@st.composite
def resources(draw: st.DrawFn, methods: st.SearchStrategy[Any] = METHODS) -> dict[str, Any]:
    """Draw a trunk as the API answers it, with its linkage."""
    attributes = draw(st.fixed_dictionaries({**ATTRIBUTES, trunk.AUTHENTICATION: methods}))
    return {
        "id": str(draw(st.uuids())),
        "type": trunk.RESOURCE_TYPE,
        "attributes": attributes,
        "relationships": {
            name: {"data": [{"type": "dids", "id": each} for each in draw(DIDS)]} for name in trunk.LINKAGE
        },
    }


def given_back(read: trunk.Trunk) -> dict[str, Any]:
    """Return the options of a task that writes a trunk back as it was read."""
    return {name: value for name, value in read.returned().items() if name not in READ_ONLY}


@given(resources())
def test_what_is_read_can_be_given_back(resource: dict[str, Any]) -> None:
    read = trunk.read(resource)
    made = trunk.plan(trunk.desire(given_back(read)), read)
    assert made.changes == {}
    assert made.patch is None
    assert made.after == read or made.after.settings == read.settings


@given(resources())
def test_canonical_is_canonical(resource: dict[str, Any]) -> None:
    for name, value in trunk.read(resource).settings.items():
        if name != trunk.AUTHENTICATION:
            assert SETTINGS[name].current(value) == value
            if value is not None or SETTINGS[name].nullable:
                assert SETTINGS[name].desired(value) == value


def carry_out(resource: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """Return what the API has after a PATCH: the method is replaced whole, flags take the linkage with them."""
    attributes = {**resource["attributes"], **patch.get("attributes", {})}
    relationships = {**resource["relationships"], **patch.get("relationships", {})}
    for name, flag in trunk.FLAG_OF.items():
        if attributes[flag] and not resource["attributes"][flag]:
            relationships[name] = {"data": []}
    return {**resource, "attributes": attributes, "relationships": relationships}


@given(resources(CREDENTIALS), CREDENTIALS, st.sampled_from(["allowed_sip_ips", "tech_prefix"]))
def test_a_partial_method_loses_nothing(resource: dict[str, Any], other: dict[str, Any], name: str) -> None:
    method = {"type": other["type"], name: other["attributes"][name]}
    current = trunk.read(resource)
    made = trunk.plan(trunk.desire({"id": resource["id"], trunk.AUTHENTICATION: method}), current)
    had = current.settings[trunk.AUTHENTICATION]
    after = trunk.read(carry_out(resource, made.patch or {})).settings[trunk.AUTHENTICATION]
    assert {key: value for key, value in after.items() if key != name} == {
        key: value for key, value in had.items() if key != name
    }
    assert after == made.after.settings[trunk.AUTHENTICATION]


@settings(max_examples=500, deadline=None)
@given(resources(), resources(), st.sets(st.sampled_from(sorted(SETTINGS))), st.booleans())
def test_a_plan_that_is_carried_out_leaves_nothing_to_do(
    resource: dict[str, Any], other: dict[str, Any], named: set[str], partial: bool
) -> None:
    wanted = given_back(trunk.read(other))
    options = {"id": resource["id"], **{name: wanted[name] for name in SETTINGS if name in named}}
    method = options.get(trunk.AUTHENTICATION)
    if partial and method:
        options[trunk.AUTHENTICATION] = {key: value for key, value in method.items() if key != "tech_prefix"}
    current = trunk.read(resource)
    try:
        desired = trunk.desire(options)
        made = trunk.plan(desired, current)
    except trunk.Refusal:
        return
    assert set(made.changes) <= named
    if made.patch is None:
        assert made.changes == {}
        return
    sent = set(made.patch.get("attributes", {})) | set(made.patch.get("relationships", {}))
    assert sent - {"allowed_rtp_ips"} <= set(made.changes)
    assert "username" not in str(made.patch)
    after = trunk.read(carry_out(resource, made.patch))
    # What check mode says is what is there afterwards, but for linkage that a flag takes with it unnamed.
    for name in SETTINGS:
        if name not in trunk.LINKAGE or name in named:
            assert after.settings[name] == made.after.settings[name]
        if name not in named and name not in trunk.LINKAGE:
            assert after.settings[name] == current.settings[name]
    assert trunk.plan(desired, after).patch is None
    assert trunk.unmet(desired, made.after, after) == []


@given(
    st.dictionaries(
        st.sampled_from(sorted(ATTRIBUTES)),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda each: st.lists(each) | st.dictionaries(st.text(), each),
        ),
    )
)
def test_planning_never_raises_whatever_the_attributes_hold(attributes: dict[str, Any]) -> None:
    read = trunk.read({"id": str(uuid.UUID(int=1)), "attributes": attributes})
    desired = trunk.desire(
        {"id": read.id, "capacity_limit": 7, "allowed_rtp_ips": ["203.0.113.1"], "callback_url": None}
    )
    trunk.plan(desired, read)
