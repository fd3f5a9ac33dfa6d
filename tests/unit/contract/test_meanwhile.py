# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Another client changes a trunk while a task runs.

DIDWW has neither versions of trunks nor conditional requests. Changes by others survive because a task only sends
settings that differ. The tests document the exceptions.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from simulator.api import Answer, Api, Request
from simulator.server import Simulator

from ..conftest import EXAMPLE, TRUNK, RunModule, only_2026_04_16, options_of, prepare
from .conftest import SDK_CASES, Sdk, setting_of

CREDENTIALS = "credentials_and_ip"

Run = Callable[..., dict[str, Any]]
Meanwhile = Callable[[Callable[[], object]], None]


@pytest.fixture(params=["voice_out_trunk", "voice_out_trunks"])
def run(request: pytest.FixtureRequest, run_module: RunModule, run_fleet: RunModule) -> Run:
    """Run either module for a trunk; return the result. For a fleet, it includes the result of that trunk."""

    def fleet(**entry: Any) -> dict[str, Any]:
        # With a second trunk that does not differ: a fleet of one trunk sends the same requests as a single task.
        result = run_fleet(trunks=[entry, {"id": EXAMPLE}])
        return {**result, **result.get("trunks", [{}])[0]}

    return run_module if request.param == "voice_out_trunk" else fleet


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Run a function after the next PATCH has arrived, and before it is applied: the task has read the trunk."""
    actions: list[Callable[[], object]] = []
    handle = Api.handle

    def interrupted(self: Api, request: Request, commit: bool = True) -> Answer:
        if request.method == "PATCH" and actions:
            actions.pop()()
        return handle(self, request, commit)

    monkeypatch.setattr(Api, "handle", interrupted)
    return actions.append


# Each setting with a case, in a pair with the next one.
SETTINGS = list({setting_of(case): case for case in SDK_CASES}.items())
PAIRS = list(zip(SETTINGS, SETTINGS[1:] + SETTINGS[:1], strict=True))


@pytest.mark.parametrize("pair", PAIRS, ids=[f"{ours[0]}-{theirs[0]}" for ours, theirs in PAIRS])
def test_another_setting_that_changes_meanwhile_survives(
    local_api: Simulator, run: Run, sdk: Sdk, meanwhile: Meanwhile, pair: Any
) -> None:
    (our_name, our_case), (their_name, their_case) = pair
    prepare(local_api, our_case)
    prepare(local_api, their_case)
    options = {"id": TRUNK, **options_of(our_case, our_case["asks"])}
    meanwhile(partial(sdk.write, **{their_name: their_case["sends"]}))

    done = run(**options)

    assert (done["changed"], list(done["changes"]), done["warnings"]) == (True, [our_name], [])
    # A fleet filters by id first, and this account rejects that.
    answered = [entry["method"] for entry in local_api.journal if entry["status"] == 200]
    lookups = ["GET"] * our_case.get("lookups", 0)
    assert answered == ["GET", *lookups, "PATCH", "GET", "PATCH"]
    assert sdk.read(our_name) == our_case["sends"]
    assert sdk.read(their_name) == their_case["sends"]
    assert run(**options)["changed"] is False


def test_a_setting_that_drifts_meanwhile_is_one_warning(run: Run, sdk: Sdk, meanwhile: Meanwhile) -> None:
    options: dict[str, Any] = {"id": TRUNK, "capacity_limit": 60, "status": "active"}
    meanwhile(lambda: sdk.write(status="blocked", capacity_limit=50))
    done = run(**options)
    # The status did not differ when the task read it, and so the task did not send it. What it sends wins.
    assert done["changes"] == {"capacity_limit": {"before": 30, "after": 60}}
    assert sdk.read("capacity_limit") == 60
    (warning,) = done["warnings"]
    assert warning.endswith('DIDWW returned status "blocked", but the task sets "active"')
    again = run(**options)
    assert (list(again["changes"]), again["warnings"]) == (["status"], [])
    assert sdk.read("status") == "active"


@pytest.mark.parametrize("named", [{}, {"allowed_sip_ips": ["203.0.113.9"]}], ids=["partly", "wholly"])
def test_a_change_of_the_same_authentication_method_is_lost(
    run: Run, sdk: Sdk, meanwhile: Meanwhile, named: dict[str, Any]
) -> None:
    """A change of *another attribute of the method* does not survive.

    DIDWW replaces the whole method, so that the PATCH has to include the attributes that the task does not set, as it
    read them. A change in between is lost, and the answer does not show it. The attributes that the task sets get
    their values.
    """
    theirs = {"type": CREDENTIALS, "attributes": {"allowed_sip_ips": ["198.51.100.77/32"], "tech_prefix": "5"}}
    options = {"id": TRUNK, "authentication_method": {"type": CREDENTIALS, "tech_prefix": "9#", **named}}
    meanwhile(lambda: sdk.write(authentication_method=theirs))

    done = run(**options)

    assert done["warnings"] == []
    kept = {"allowed_sip_ips": ["203.0.113.9/32"] if named else ["203.0.113.1/32"], "tech_prefix": "9#"}
    assert sdk.read("authentication_method") == {"type": CREDENTIALS, "attributes": kept}
    assert run(**options)["changed"] is False


@only_2026_04_16
def test_another_type_of_authentication_meanwhile_is_not_undone_by_a_part(
    run: Run, sdk: Sdk, meanwhile: Meanwhile
) -> None:
    """For DIDWW the PATCH is a change of the type, and it requires allowed_rtp_ips. The task fails, nothing is lost."""
    twilio = {"type": "twilio", "attributes": {"twilio_account_sid": "AC39347AF064AF97E1682C3B7332DAAEE6"}}
    meanwhile(lambda: sdk.write(authentication_method=twilio))
    done = run(id=TRUNK, authentication_method={"type": CREDENTIALS, "tech_prefix": "9#"})
    assert done["failed"] is True
    assert done["status"] == 422
    assert [error["option"] for error in done["errors"]] == ["allowed_rtp_ips"]
    assert sdk.read("authentication_method") == twilio
