# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random plans, approvals, changes by others and failures: what was approved is sent, or nothing.

The model knows no tokens. It compares what the results say about each request.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import AUTHENTICATION
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator.server import Simulator

from ... import strategies
from ...conftest import RunModule, only_2026_04_16
from ...strategies import examples
from .conftest import changes, one_front_end

TRUNKS = strategies.TRUNKS[:4]
DIDS = st.lists(st.sampled_from(sorted(strategies.NUMBERS)), max_size=2, unique=True)
NAMES = st.sampled_from(["Ann", "Bob"])
# Few settings, so that others often change those of a plan.
OTHERS: dict[str, st.SearchStrategy[Any]] = {
    "capacity_limit": st.sampled_from([None, 5, 60]),
    "rtp_timeout": st.sampled_from([30, 77]),
    "media_encryption_mode": st.sampled_from(["disabled", "zrtp"]),
    "allowed_rtp_ips": st.sampled_from([None, ["192.0.2.1/32"]]),
    "dst_prefixes": st.sampled_from([["44"], ["44", "49"]]),
}


def stored(api: Simulator) -> dict[str, dict[str, Any]]:
    """Return the trunks of the account, by id."""
    return {trunk["id"]: trunk for trunk in api.trunks if trunk["account"] == "local-key"}


@st.composite
def entries(draw: st.DrawFn, api: Simulator) -> list[dict[str, Any]]:
    """Draw a list that changes, creates and deletes trunks."""
    known, drawn = stored(api), []
    for one in draw(st.lists(st.sampled_from(TRUNKS), min_size=1, max_size=3, unique=True)):
        how = draw(st.integers(0, 9))
        if how == 0 or one not in known:
            drawn.append({"id": one, "state": "absent"})
        elif how < 6:
            names = draw(st.lists(st.sampled_from(list(OTHERS)), min_size=1, max_size=2, unique=True))
            drawn.append({"id": one, **{name: draw(OTHERS[name]) for name in names}})
        else:
            drawn.append({"id": one, "unblock": True, **draw(strategies.tasks(known[one], DIDS))})
    if draw(st.booleans()):
        name = draw(NAMES)
        method = {"type": "twilio", "twilio_account_sid": f"AC{ord(name[0]):032}"}
        new = {"name": name, "on_cli_mismatch_action": "reject_call", "authentication_method": method}
        drawn.append({**new, "rtp_timeout": draw(OTHERS["rtp_timeout"]), "state": "present"})
    return drawn


def requests_in(api: Simulator, result: dict[str, Any]) -> dict[str, str]:
    """Return what each request of a result is, by the id or name of its trunk."""
    known, found = stored(api), {}
    for entry in result["trunks"]:
        if not entry["changes"]:
            continue
        changes, along = dict(entry["changes"]), None
        if all(change["after"] is None for change in changes.values()):
            # A deletion: the list decides whether its DIDs are read.
            changes = {name: change for name, change in changes.items() if name not in strategies.LINKAGE}
        method = changes.get(AUTHENTICATION, {})
        if method.get("before") and method.get("after") and method["before"]["type"] != method["after"]["type"]:
            # DIDWW requires it with another type, so it is sent along.
            along = known[entry["id"]]["attributes"]["allowed_rtp_ips"]
        found[entry["id"] or entry["name"]] = json.dumps([changes, along], sort_keys=True)
    return found


def written(api: Simulator) -> list[str]:
    """Return the methods of the requests that change something, since the last call."""
    found = [method for method, _data in changes(api)]
    api.clear_journal()
    return found


@one_front_end
@only_2026_04_16
@pytest.mark.usefixtures("one_at_a_time")
def test_what_was_approved_is_sent_or_nothing(local_api: Simulator, run_fleet: RunModule) -> None:
    outcomes: dict[str, int] = {"applied": 0, "refused": 0, "left": 0}

    def apply(listed: list[dict[str, Any]], tokens: list[str], approved: dict[str, str], fails: bool) -> None:
        now = run_fleet(check=True, trunks=listed)
        if "trunks" not in now:
            return  # it is invalid by now
        wanted = requests_in(local_api, now)
        refuses = any(approved.get(which) != request for which, request in wanted.items())
        before = stored(local_api)
        predicted = run_fleet(check=True, trunks=listed, approved=tokens)
        written(local_api)
        if fails:
            local_api.add_faults({"method": "PATCH", "status": 422})
        done = run_fleet(trunks=listed, approved=tokens)
        sent = written(local_api)
        local_api.clear_faults()
        refused = [result.get("failed", False) and "not approved" in result["msg"] for result in (predicted, done)]
        assert refused == [refuses, refuses], (wanted, approved)
        if refuses:
            assert sent == []
            assert stored(local_api) == before
            outcomes["refused"] += 1
            return
        assert len(sent) == len(wanted)
        after = stored(local_api)
        assert {one for one in before if after.get(one) != before[one]} <= wanted.keys()
        outcomes["applied"] += bool(sent)
        # The same approval sends what is left, and then nothing.
        left = [entry for entry in done["trunks"] if entry.get("failed")]
        again = run_fleet(trunks=listed, approved=tokens)
        assert again.get("failed", False) is False, again
        assert len(written(local_api)) == len(left)
        outcomes["left"] += len(left)
        assert run_fleet(trunks=listed, approved=[])["changed"] is False

    def moved(data: st.DataObject, listed: list[dict[str, Any]]) -> None:
        """Let somebody else change a setting: often one that the list names."""
        known = stored(local_api)
        named = [
            (entry["id"], name) for entry in listed if entry.get("id") in known for name in OTHERS if name in entry
        ]
        others = [(one, name) for one in TRUNKS if one in known for name in OTHERS]
        often = bool(named) and data.draw(st.sampled_from([True, False]))
        one, name = data.draw(st.sampled_from(named if often else others))
        local_api.put_trunk(one, attributes={name: data.draw(OTHERS[name])})

    @settings(max_examples=examples(50))
    @given(st.data())
    def check(data: st.DataObject) -> None:
        local_api.reset()
        for one in TRUNKS:
            local_api.put_trunk(one, attributes={"threshold_reached": False})
        for _plan in range(2):
            listed = data.draw(entries(local_api))
            planned = run_fleet(audit=data.draw(st.booleans()), trunks=listed)
            if "trunks" not in planned:
                continue
            tokens = [entry["token"] for entry in planned["trunks"] if "token" in entry]
            approved = requests_in(local_api, planned)
            assert len(tokens) == len(approved)
            for _change in range(data.draw(st.integers(0, 3))):
                moved(data, listed)
            apply(listed, tokens, approved, data.draw(st.sampled_from([True, True, False])))

    check()
    # A few examples need not show each outcome.
    assert examples(50) < 25 or min(outcomes.values()) > 0, outcomes
