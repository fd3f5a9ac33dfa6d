# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Properties of all possible trunks and tasks.

The API is represented by the rules of the local API, without its server. A property fails if they reject an update.
"""

from __future__ import annotations

import contextlib
import difflib
import re
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine import plan as planning
from ansible_collections.didww.voice.plugins.module_utils._engine.diff import diff
from ansible_collections.didww.voice.plugins.module_utils._engine.item import Item, not_accepted, options
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import Desired, Plan
from ansible_collections.didww.voice.plugins.module_utils._engine.problems import InvalidOptions, Problem
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import AUTHENTICATION
from hypothesis import event, given, settings
from hypothesis import strategies as st
from simulator import body
from simulator.accounts import Account, Context
from simulator.change import update
from simulator.resource import Record
from simulator.resources import RESOURCES
from simulator.store import Store, new_record

from .... import strategies
from ....strategies import ATTRIBUTES, JSON, LINKAGE, READ_ONLY, ROWS, SETTINGS, examples
from .test_trunk import parse, read

TYPE = "voice_out_trunks"

# 10,000 examples take twice as long with it, and cover no line that no other test covers.
pytestmark = pytest.mark.no_cover

ID = "0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10"
MANAGED_BY = {"dids": "allow_any_did_as_cli", "emergency_dids": "emergency_enable_all"}
ACCOUNT = Account("key", features=frozenset({"cli_replacement"}))


class AnyDid(Store):
    """A store with a single trunk, whose account has every DID."""

    def find(self, account: Account, type_: str, record_id: str) -> Record:
        return new_record(RESOURCES[type_], record_id, account.api_key)


STATES = strategies.states()
SITUATIONS = STATES.flatmap(lambda state: st.tuples(st.just(state), strategies.tasks(state)))


def stored(state: dict[str, Any]) -> Record:
    # A block because of the threshold is held back: sequences.yml.
    attributes = {**state["attributes"], "threshold_reached": False}
    new = new_record(RESOURCES[TYPE], ID, ACCOUNT.api_key)
    return replace(new, attributes=attributes, links={**new.links, **{n: tuple(state[n]) for n in LINKAGE}})


def resource(stored: Record, linkage: tuple[str, ...] = LINKAGE) -> dict[str, Any]:
    """Return the trunk as the API does, with the requested linkage."""
    relationships: dict[str, Any] = {name: {"links": {}} for name in LINKAGE}
    for name in linkage:
        relationships[name]["data"] = [{"type": "dids", "id": did} for did in stored.linked(name)]
    return {"id": ID, "type": TYPE, "attributes": stored.attributes, "relationships": relationships}


def carry_out(patch: dict[str, Any] | None, before: Record) -> Record:
    """Return the state of the API after a PATCH. Raises ApiError if the API rejects it."""
    if patch is None:
        return before
    sent = body.parse({"data": patch}, RESOURCES[TYPE], ID)
    return update(sent, before, Context(ACCOUNT), AnyDid(RESOURCES))


def planned(desired: Desired, before: Item) -> Plan | list[Problem]:
    """Return the plan, or the problems."""
    try:
        return planning.plan(desired, before)
    except InvalidOptions as refusal:
        return refusal.problems


def refused(desired: Desired, before: Item) -> set[str]:
    """Return the options that a task cannot set in the current state of a trunk.

    A second implementation of the rules in DIDWW API 3 (2026-04-16), "Update Outbound Trunk".
    """
    wanted, options = desired.settings, set()
    if AUTHENTICATION in wanted:
        method, had = wanted[AUTHENTICATION], before.settings[AUTHENTICATION]
        prefix = f"{AUTHENTICATION}."
        if method["type"] == had["type"]:
            if method["type"] not in ("credentials_and_ip", "twilio"):
                options |= {prefix + name for name, value in method.items() if had.get(name) != value}
        elif had["type"] in strategies.UNKNOWN_TYPES or method["type"] not in ("credentials_and_ip", "twilio"):
            options.add(f"{prefix}type")
        elif method["type"] == "twilio":
            options |= {f"{prefix}twilio_account_sid"} - {prefix + name for name in method}
        else:
            options |= {f"{prefix}allowed_sip_ips"} - {prefix + name for name in method}
            if before.settings["allowed_rtp_ips"] is None and "allowed_rtp_ips" not in wanted:
                options.add("allowed_rtp_ips")
    for name, flag in MANAGED_BY.items():
        on = before.settings[flag]
        unchanged = on and wanted.get(name) == before.settings.get(name)
        if wanted.get(flag, on) and wanted.get(name) and not unchanged:
            options.add(name)
    return options


@settings(max_examples=examples(2500))
@given(SITUATIONS)
def test_plans(situation: tuple[dict[str, Any], dict[str, Any]]) -> None:
    state, task = situation
    had = stored(state)
    desired = parse({"id": ID, **task})
    before = read(resource(had, desired.linkage))
    plan = planned(desired, before)
    problems = plan if isinstance(plan, list) else []
    assert {problem.option for problem in problems} == refused(desired, before)
    if isinstance(plan, list):
        event("refused")
        return
    event("changed" if plan.document else "ok")

    # The PATCH contains the differences, and what DIDWW needs resent with them.
    patch = plan.document or {}
    sent = {**patch.get("attributes", {}), **patch.get("relationships", {})}
    method, old = plan.after.settings[AUTHENTICATION], before.settings[AUTHENTICATION]
    demanded = {"allowed_rtp_ips"} if method["type"] == "credentials_and_ip" != old["type"] else set()
    # DIDs that DIDWW managed are sent with the flag that goes off.
    for name, flag in MANAGED_BY.items():
        if name in task and flag in plan.changes and before.settings[flag]:
            demanded.add(name)
    assert set(sent) == set(plan.changes) | demanded
    assert set(plan.changes) <= set(task)
    assert (plan.document is None) is (plan.changes == {})
    for name, change in plan.changes.items():
        assert change["before"] == before.settings[name] != change["after"] == plan.after.settings[name]
    if AUTHENTICATION in sent:
        kept = set(strategies.attributes_of(old["type"])) if method["type"] == old["type"] else set()
        given_value = {name for name, value in task[AUTHENTICATION].items() if value not in (None, "")}
        names = set(sent[AUTHENTICATION]["attributes"])
        assert kept | given_value - {"type"} <= names <= kept | set(task[AUTHENTICATION])

    # After the update, there is nothing left to change or to warn about.
    has = carry_out(plan.document, had)
    after = read(resource(has, desired.linkage))
    assert planning.plan(desired, after).document is None
    assert planning.warnings(desired, plan.after, after) == []
    # Check mode returns the same trunk as a real run.
    answered = read(resource(has, ())).completed_by(plan.after)
    assert answered.returned() == plan.after.returned() == after.returned()

    assert strategies.strayed(had.as_seed(), has.as_seed(), task) == set()
    for secret in strategies.SECRETS.values():
        assert secret not in repr((plan, desired, answered.returned(), diff(plan)))


@settings(max_examples=examples(800))
@given(STATES, st.data())
def test_another_spelling_is_no_difference(state: dict[str, Any], data: st.DataObject) -> None:
    had = stored(state)
    task = {name: data.draw(strategies.spelled(name, strategies.value_of(state, name))) for name in ROWS_OF_A_TRUNK}
    kind = state["attributes"][AUTHENTICATION]["type"]
    attributes = strategies.attributes_of(kind)
    task[AUTHENTICATION] = {
        "type": kind,
        **{name: data.draw(strategies.spelled(name, strategies.value_of(state, name))) for name in attributes},
    }
    plan = planning.plan(parse({"id": ID.upper(), **task}), read(resource(had)))
    assert plan.changes == {}
    assert plan.document is None
    assert plan.after.settings == read(resource(had)).settings


ROWS_OF_A_TRUNK = [name for name in ROWS if name in SETTINGS]


@settings(max_examples=examples(1000))
@given(STATES)
def test_what_is_read_can_be_written_back(state: dict[str, Any]) -> None:
    found = read(resource(stored(state)))
    task = {name: value for name, value in found.returned().items() if name not in READ_ONLY}
    plan = planning.plan(parse(task), found)
    assert plan.changes == {}
    assert plan.document is None
    assert plan.after.returned() == found.returned()


@settings(max_examples=examples(500))
@given(STATES, st.dictionaries(st.sampled_from([*SETTINGS, "x"]), JSON, max_size=3))
def test_accepted_settings_can_be_written_back(state: dict[str, Any], odd: dict[str, Any]) -> None:
    answer = resource(stored(state))
    answer["attributes"] = {**state["attributes"], **odd}
    found = read(answer)
    task = options(found, not_accepted(found))
    assert planning.plan(parse(task), found).document is None


@settings(max_examples=examples(2500))
@given(st.sampled_from(sorted(ROWS)), st.data())
def test_canonical_is_canonical(name: str, data: st.DataObject) -> None:
    row = ROWS[name]
    value = data.draw(strategies.asked(name))
    canonical = row.desired(value)
    assert row.current(value) == row.current(canonical) == canonical
    if canonical != row.null or row.nullable:
        assert row.desired(canonical) == canonical
    if canonical != row.null:
        assert row.kind.canonical(canonical) == canonical
    # The API stores canonical values unchanged, and every spelling of one has the same canonical form.
    assert row.desired(data.draw(strategies.spelled(name, canonical))) == canonical


@settings(max_examples=examples(2000))
@given(st.sampled_from(sorted(ROWS)), JSON)
def test_reading_never_raises_whatever_a_setting_holds(name: str, value: Any) -> None:
    row = ROWS[name]
    assert row.current(row.current(value)) == row.current(value)
    with contextlib.suppress(ValueError):
        canonical = row.desired(value)
        assert row.current(canonical) == canonical


def settings_shown(shown_diff: dict[str, str]) -> list[str]:
    """Return the setting that each run of changed lines is about, as a person sees it in Ansible's diff."""
    shown: list[str] = []
    lines = difflib.unified_diff(shown_diff["before"].splitlines(), shown_diff["after"].splitlines())
    for line in list(lines)[2:]:
        if line.startswith(("+", "-")):
            name = re.split("[.:]", line[1:])[0]
            shown += [] if shown[-1:] == [name] else [name]
    return shown


@settings(max_examples=examples(800))
@given(SITUATIONS, st.data())
def test_planning_never_raises_whatever_a_trunk_holds(
    situation: tuple[dict[str, Any], dict[str, Any]], data: st.DataObject
) -> None:
    state, task = situation
    desired = parse({"id": ID, **task})
    answer = resource(stored(state), desired.linkage)
    odd = data.draw(st.dictionaries(st.sampled_from([*state["attributes"], "created_at", "x"]), JSON, max_size=2))
    answer["attributes"] = {**state["attributes"], **odd}
    if data.draw(st.booleans()):
        answer["attributes"][AUTHENTICATION] = {**state["attributes"][AUTHENTICATION], "attributes": data.draw(JSON)}
    plan = planned(desired, read(answer))
    if isinstance(plan, list):
        return
    assert settings_shown(diff(plan)) == list(plan.changes)
    assert set(plan.changes) <= set(task)
    assert planning.warnings(desired, plan.after, plan.after) == []


@settings(max_examples=examples(400))
@given(
    st.dictionaries(st.sampled_from(["id", *SETTINGS]), JSON),
    st.dictionaries(st.sampled_from(["type", *ATTRIBUTES]), JSON),
)
def test_any_task_is_accepted_or_rejected(task: dict[str, Any], method: dict[str, Any]) -> None:
    if AUTHENTICATION in task:
        task[AUTHENTICATION] = method
    problems: list[Problem] = []
    try:
        desired = parse(task)
    except InvalidOptions as refusal:
        problems = refusal.problems
    else:
        assert {desired.selector, *desired.settings} == set(task)
    assert {problem.option.partition(".")[0] for problem in problems} <= {*task, "id"}


def test_there_are_ten_thousand_examples() -> None:
    assert sum(strategies.DECLARED) >= 10_000
