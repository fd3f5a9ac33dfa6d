# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random tasks for a whole account, with the values of tests/cases: DIDWW refuses nothing that a task sends.

Each is predicted, done once, and brought back by its undo file.
"""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator.server import Simulator

from ...conftest import API_VERSIONS, UnsafeLoader
from ...processes import faults
from ...strategies import FACTOR, examples
from .conftest import PASSWORD, PSTN, Run, changes, one_front_end, put
from .test_cases import CASES, SUBJECTS, Case

SIP = "sip_configurations"
OLDEST = API_VERSIONS[0]
# Not those of the seed: test_undo_any_sequence.py has names that move from one trunk to another.
NAMES = ["Vilnius", "Riga {{ 7*7 }}", "Tallinn", "a\u2028#b\n- c"]
# With each, what DIDWW wants to have with it, and what it clears.
TURNED: dict[str, dict[bool, dict[str, Any]]] = {
    "auth_enabled": {True: {"auth_user": "u", "auth_password": PASSWORD}, False: {}},
    "enabled_sip_registration": {True: {"host": None, "use_did_in_ruri": True}, False: {"host": "sip.example.com"}},
}
# Those that do not wait, and whose advice does not name the resource; processes/test_faults.py has the others.
FAULTS = [
    fault
    for fault in faults.FAULTS
    if fault.in_lists and not fault.stalls and fault.rule and "redirect" not in fault.rule
    if fault.rule.get("status", 500) >= 422
]
CREDENTIALS = ("incoming_auth_username", "incoming_auth_password")
GENERATED = {f"configuration.{name}" for name in CREDENTIALS}
COMPLETED = {f"configuration.{name}" for name in ("host", "port", "use_did_in_ruri", "auth_user", "auth_password")}


def values_of(case: Case) -> st.SearchStrategy[Any]:
    """Return the values that a task can set, and sometimes one that it cannot."""
    row = case.row
    good = [row["asks"], *row["equal"], *([None, *row.get("cleared", [])] if "clears" in row else [])]
    bad = [refused["value"] for refused in row["refused"]]
    return st.sampled_from(good * 20 + bad)


INBOUND = [case for case in CASES if case.subject in SUBJECTS[:2]]
VALUES = {(case.subject.resource.name, case.option): values_of(case) for case in INBOUND}
# What a version stores in another form is no option there.
BARRED = {case.option for case in INBOUND if case.row.get("barred")}


def in_trunk_options(version: str) -> tuple[list[str], list[str]]:
    """Return the options of an inbound trunk with values that a version has, and those of its configuration."""
    found = [
        option for name, option in VALUES if name == "voice_in_trunk" and not (version != OLDEST and option in BARRED)
    ]
    parts = [option.split(".") for option in found]
    return [part[0] for part in parts if len(part) == 1], [part[1] for part in parts if len(part) == 2]


def meetings() -> st.SearchStrategy[tuple[faults.Fault, dict[str, Any]]]:
    """Return faults, and the rules that let requests meet them. What a request changes may be done nevertheless."""

    def meeting(fault: faults.Fault, method: str, applied: bool) -> tuple[faults.Fault, dict[str, Any]]:
        applied = applied and method != "GET" and not fault.settled
        return fault, {"method": method, "apply": applied, **(fault.rule or {})}

    methods = st.sampled_from(["GET", "POST", "PATCH", "DELETE"])
    return st.builds(meeting, st.sampled_from(FAULTS), methods, st.booleans())


@st.composite
def configurations(draw: st.DrawFn, version: str, kind: str, had: dict[str, Any] | None) -> dict[str, Any]:
    """Draw a configuration of a type, which a new trunk has whole. `had`: the attributes of one that is changed."""
    if kind == PSTN["type"]:
        return {**PSTN, "dst": draw(st.sampled_from(["37061498299", "37061498300"]))}
    names = draw(st.lists(st.sampled_from(in_trunk_options(version)[1]), max_size=3, unique=True))
    drawn = {name: draw(VALUES["voice_in_trunk", f"configuration.{name}"]) for name in names}
    for flag, sides in TURNED.items():
        if draw(st.booleans()):
            # Mostly turned.
            on = bool((had or {}).get(flag)) is (draw(st.integers(0, 3)) == 0)
            drawn = {**drawn, **(sides[on] if draw(st.integers(0, 5)) else {}), flag: on}
    whole = {"host": "sip.example.com", **({"codecs": ["pcma", "pcmu"]} if version == OLDEST else {})}
    if had is None and drawn.get("enabled_sip_registration"):
        whole.pop("host")
    return {"type": SIP, **(whole if had is None else {}), **drawn}


@st.composite
def tasks(draw: st.DrawFn, api: Simulator, version: str) -> dict[str, list[dict[str, Any]]]:
    """Draw lists that change, create and delete inbound trunks, and that route numbers, mostly to these."""
    # By name: the ids of new trunks are random.
    stored = {record["attributes"]["name"]: record for record in api.records("in_trunks")}
    in_trunks: list[dict[str, Any]] = []
    gone = set()
    free = [name for name in NAMES if name not in stored]
    for one in draw(st.lists(st.sampled_from(sorted(stored) or [""]), max_size=2 if stored else 0, unique=True)):
        entry: dict[str, Any] = {"id": stored[one]["id"]}
        if draw(st.integers(0, 4)) == 0:
            in_trunks.append({**entry, "state": "absent"})
            gone.add(one)
            continue
        names = [*in_trunk_options(version)[0], *["configuration"] * 6]
        kind, had = (stored[one]["attributes"]["configuration"][part] for part in ("type", "attributes"))
        own = {
            "name": st.sampled_from(free or NAMES),
            "configuration": configurations(version, kind if draw(st.integers(0, 9)) else PSTN["type"], had),
        }
        for name in dict.fromkeys(draw(st.lists(st.sampled_from(names), max_size=3))):
            entry[name] = draw(own[name] if name in own else VALUES["voice_in_trunk", name])
        in_trunks.append(entry)
    if draw(st.integers(0, 2)) == 0:
        kind = draw(st.sampled_from([SIP, SIP, PSTN["type"]]))
        new = {"name": draw(st.sampled_from(free or NAMES)), "configuration": draw(configurations(version, kind, None))}
        in_trunks.append({**new, "state": "present"})
    coming = [entry["name"] for entry in in_trunks if "name" in entry]
    coming += sorted(stored.keys() - gone)
    dids = []
    for record in draw(st.lists(st.sampled_from(api.records("dids")[:4]), max_size=3, unique_by=lambda did: did["id"])):
        number = record["attributes"]["number"]
        did: dict[str, Any] = {"number": draw(st.sampled_from([number, f"+{number}"]))}
        for option in draw(st.lists(st.sampled_from(["description", "capacity_limit"]), max_size=1)):
            did[option] = draw(VALUES["did", option])
        where = draw(st.integers(0, 5))
        if record["voice_in_trunk"] in [stored[one]["id"] for one in gone] or where < 3:
            did["voice_in_trunk"] = draw(st.none() | st.sampled_from(coming or NAMES))
        elif where == 3:
            did["voice_in_trunk_group"] = draw(VALUES["did", "voice_in_trunk_group"])
        dids.append(did)
    return {name: entries for name, entries in (("in_trunks", in_trunks), ("dids", dids)) if entries}


def state_of(api: Simulator) -> dict[str, dict[str, Any]]:
    """Return what the account has, by id, flat: members of a configuration by their path."""
    found = {}
    for record in [*api.records("in_trunks"), *api.records("dids")]:
        attributes = dict(record["attributes"])
        configuration = attributes.pop("configuration", {"type": None, "attributes": {}})
        flat = {f"configuration.{name}": value for name, value in configuration["attributes"].items()}
        links = {name: record.get(name) for name in ("voice_in_trunk", "voice_in_trunk_group", "pop")}
        found[record["id"]] = {**attributes, **links, **flat, "configuration.type": configuration["type"]}
    return found


def outcomes(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the results of all entries."""
    return [*result.get("in_trunks", {}).get("trunks", []), *result.get("dids", {}).get("dids", [])]


def paths(entry: dict[str, Any]) -> set[str]:
    """Return the settings that an entry names, those of a configuration by their path in the API."""
    found = {**entry, **{f"configuration.{name}": value for name, value in entry.get("configuration", {}).items()}}
    coded = {f"{path}{end}" for path in found for end in ("_id", "_ids")}
    coded |= {f"{path.removesuffix('s')}_ids" for path in found}
    targets = {"voice_in_trunk", "voice_in_trunk_group"}
    return {*found, *coded, *(targets if targets & found.keys() else ())}


def strayed(had: dict[str, Any], has: dict[str, Any], lists: dict[str, Any], result: dict[str, Any]) -> list[str]:
    """Return what changed and was not named, or not reported, but for what DIDWW wants to have with it."""
    entries = [*lists.get("in_trunks", []), *lists.get("dids", [])]
    named = {outcome["id"]: (entry, outcome) for outcome, entry in zip(outcomes(result), entries, strict=True)}
    found = []
    for one in {*had, *has}:
        entry, outcome = named.get(one, ({}, {"changed": False}))
        old, new = had.get(one, {}), has.get(one, {})
        if outcome["changed"] is (old == new):
            found.append(f"{one}: changed: {outcome['changed']}")
        if old and new:
            differ = {name for name in {*old, *new} if old.get(name) != new.get(name)}
            found += [f"{one}: {name}" for name in differ - paths(entry) - COMPLETED - GENERATED]
    return found


def bring_back(run: Run, text: str) -> None:
    """Apply an undo file, twice: then it changes nothing."""
    lists = yaml.load(text, UnsafeLoader)  # noqa: S506 - a SafeLoader that reads !unsafe
    del lists["didww_voice_undo"]
    run(**lists, skip_invalid=True)
    assert run(**lists, skip_invalid=True)["changed"] is False


def lost(text: str, one: str) -> set[str]:
    """Return what an undo file says that it does not bring back of a resource."""
    comments = re.split(r"\n(?=  - )", text)
    own = next((comment for comment in comments if f'"{one}"' in comment), "")
    found = set(re.findall(r"Not brought back: ([a-z_.]+)", own))
    return found | (GENERATED if "DIDWW generates new ones" in own else set())


@one_front_end
@pytest.mark.usefixtures("one_at_a_time")
def test_any_tasks(api_version: str, local_api: Simulator, run: Run, tmp_path: Path) -> None:
    run = functools.partial(run, "account")
    path = tmp_path / "undo.yml"
    counts = {"refused": 0, "done": 0, "undone": 0}

    def prepare(configuration: dict[str, Any]) -> None:
        put(local_api, "in_trunks", SUBJECTS[1].id, {"configuration": configuration})

    def once(lists: dict[str, Any], meeting: tuple[faults.Fault, dict[str, Any]] | None) -> None:
        had = state_of(local_api)
        local_api.clear_journal()
        predicted = run(check=True, diff=True, **lists)
        assert changes(local_api) == []
        local_api.add_faults(*(meeting or ())[1:])
        done = run(diff=True, **lists, undo_file=str(path), undo_add=True)
        local_api.clear_faults()
        has = state_of(local_api)
        assert "exception" not in done
        if predicted.get("failed"):
            counts["refused"] += 1
            assert (changes(local_api), has) == ([], had)
            assert done["msg"] == predicted["msg"] or (meeting and re.search(meeting[0].says, done["msg"]))
            return
        if meeting:
            # DIDWW refuses nothing else.
            assert not done.get("failed") or re.search(meeting[0].says, done["msg"])
            return
        counts["done"] += 1
        # DIDWW refuses nothing.
        assert done.get("msg") is None
        assert done["warnings"] == predicted["warnings"]
        made = {one: f"new: {has[one]['name']}" for one in has if one not in had}
        text = json.dumps(done["diff"])
        for one, new in made.items():
            # JSON within JSON.
            old, quoted = (json.dumps(json.dumps(part))[1:-1] for part in (one, new))
            text = text.replace(f" ({one})", "").replace(old, quoted)
        assert text == json.dumps(predicted["diff"])
        assert strayed(had, has, lists, done) == []
        again = run(**lists)
        assert (again["changed"], again.get("msg")) == (False, None)

    @settings(max_examples=examples(60))
    @given(st.data())
    def check(data: st.DataObject) -> None:
        local_api.reset()
        path.unlink(missing_ok=True)
        for case in data.draw(st.lists(st.sampled_from(INBOUND), max_size=4)):
            case.prepare(local_api)
        flag = data.draw(st.sampled_from([None, *TURNED]))
        if flag:
            prepare({flag: True, **TURNED[flag][True]})
        # A case can turn it too.
        if state_of(local_api)[SUBJECTS[1].id].get("configuration.enabled_sip_registration"):
            prepare({name: f"{name} of DIDWW" for name in CREDENTIALS})
        before = state_of(local_api)
        for _step in range(3):
            lists = data.draw(tasks(local_api, api_version))
            if lists:
                once(lists, data.draw(st.none() | meetings()) if data.draw(st.booleans()) else None)
        if path.exists():
            text = path.read_text("utf-8")
            assert PASSWORD not in text
            bring_back(run, text)
            has = state_of(local_api)
            for one, old in before.items():
                if one not in has:
                    assert f"({one}). No task brings it back" in text
                else:
                    differ = {name for name, value in old.items() if has[one].get(name) != value} - lost(text, one)
                    assert not differ, (text, old, has[one])
            counts["undone"] += 1

    check()
    # Few examples need not be refused.
    assert min(counts.values() if FACTOR >= 0.5 else [counts["done"]]) > 0
