# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The reports of the playbooks, with the cases of tests/cases/reports.yml. Unknown is neither zero nor false."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine.messages import SENT
from ansible_collections.didww.voice.plugins.plugin_utils import _parts as parts
from ansible_collections.didww.voice.plugins.plugin_utils import _reports as reports
from ansible_collections.didww.voice.plugins.plugin_utils import _selection as selection

from ...conftest import rows

AT = "2026-05-12T08:30:00+00:00"
A, B, C = (f"0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f{number}" for number in (10, 20, 30))


def given(check_mode: bool = False, can_ask: bool = True, rotated: list[str] | None = None, **variables: Any) -> Any:
    more = {"check_mode": check_mode, "can_ask": can_ask, "rotated": rotated or [], "started": AT}
    return {"variables": variables, **more}


# --- Spend ----------------------------------------------------------------------------------------


def trunk(id_: str = A, name: Any = "EU SBC", **changed: Any) -> dict[str, Any]:
    """Return a trunk as voice_out_trunk_info does; ... leaves a setting out."""
    spend = {"threshold_reached": False, "spent_amount": "1.0", "threshold_amount": "100.0"}
    method = {"type": "credentials_and_ip"}
    known = {"id": id_, "name": name, "status": "active", **spend, "authentication_method": method, **changed}
    return {key: value for key, value in known.items() if value is not ...}


def spend(*trunks: dict[str, Any], **variables: Any) -> dict[str, Any]:
    everything = given(**{"share": "80", "except": [], "fail_on_spend": True, **variables})
    return reports.spend_report({"trunks": list(trunks)}, everything)


@pytest.mark.parametrize(("changed", "group"), rows("reports", "spend_of_a_trunk"))
def test_a_trunk_is_reported_once_and_unknown_is_not_fine(changed: dict[str, Any], group: str) -> None:
    found = spend(trunk(**changed))
    report = found["report"]
    groups = {name: [each["name"] for each in report[name]] for name in ("reached", "near", "unlimited", "unknown")}
    assert groups == {name: ["EU SBC"] if name == group else [] for name in groups}
    assert bool(found["problem"]) is bool(group)
    assert ("EU SBC" in found["problem"]) is bool(group)
    assert spend(trunk(**changed), fail_on_spend=False)["problem"] == ""


def test_the_table_shows_what_is_unknown() -> None:
    unknown = trunk(spent_amount=None, threshold_amount=..., status=...)
    found = spend(unknown, trunk(B, "No limit", threshold_amount=None))
    assert found["lines"] == [
        "TRUNK     STATUS   SPENT    THRESHOLD  WHY",
        "No limit  active   1.0      none       no threshold",
        "EU SBC    unknown  unknown  unknown    unknown",
        "2 trunks checked: 0 reached the threshold, 0 near it, 1 without one, 1 unknown",
    ]
    assert found["problem"] == "Without a threshold: No limit. Unknown spend or threshold: EU SBC."
    assert found["report"]["unknown"] == [{"id": A, "name": "EU SBC", "threshold_reached": False, "spent_amount": None}]


@pytest.mark.parametrize("name", ["EU SBC", A, "crm-1"])
def test_a_trunk_can_be_without_a_threshold(name: str) -> None:
    unlimited = trunk(threshold_amount=None, external_reference_id="crm-1")
    assert spend(unlimited, **{"except": [name]})["problem"] == ""
    assert spend(unlimited, **{"except": [name]})["report"]["unlimited"] == []
    # Everything else about it is reported.
    for changed in ({"threshold_reached": True}, {"threshold_amount": ...}, {"spent_amount": "99"}):
        assert spend({**trunk(**changed), "external_reference_id": "crm-1"}, **{"except": [name]})["problem"]


def test_an_unknown_exception_fails_in_any_case() -> None:
    found = spend(trunk(), fail_on_spend=False, **{"except": ["EU SBX", "nobody"]})
    assert found["problem"] == (
        'except: no trunk has the id, external_reference_id or name "EU SBX". Did you mean "EU SBC"? '
        'except: no trunk has the id, external_reference_id or name "nobody".'
    )


@pytest.mark.parametrize("report", [reports.spend_report, reports.audit_report])
def test_a_report_tells_that_nothing_could_be_read(report: Any) -> None:
    found = report({"failed": True, "msg": "DIDWW is down", "changed": False}, given())
    assert found == {"lines": [], "problem": "", "report": {"at": AT, "failed": True, "msg": "DIDWW is down"}}


# --- Drift ----------------------------------------------------------------------------------------


def drifted(**entry: Any) -> dict[str, Any]:
    """Return an entry of the result of a module."""
    return {"id": A, "name": "EU SBC", "changed": "changes" in entry, "changes": {}, "held": {}, **entry}


def list_of(part: dict[str, Any]) -> dict[str, Any]:
    """Return the result for a list, with whole entries."""
    return {key: [drifted(**each) for each in part[key]] if key in ("trunks", "dids") else part[key] for key in part}


@pytest.mark.parametrize("case", rows("reports", "audits"))
def test_an_audit(case: dict[str, Any]) -> None:
    case = {"variables": {}, "report": {}, **case}
    compared, variables, report = (case.pop(name) for name in ("compared", "variables", "report"))
    several = any(isinstance(part, dict) for part in compared.values())
    compared = {name: list_of(part) for name, part in compared.items()} if several else list_of(compared)
    variables = {"fail_on_drift": True, "fail_on_unmanaged": False, "trunks": [], **variables}
    found = reports.audit_report(compared, given(**variables))
    found["lines"] = "\n".join(found["lines"])
    assert {name: found[name] for name in case} == case
    assert found["report"] == {**found["report"], **report}
    names = {"at", "failed", "checked", "drifted"}
    assert found["report"].keys() == names | ({"lists"} if several else {"trunks", "missing", "unmanaged"})


def test_the_report_holds_what_differs_and_the_names_of_what_is_linked() -> None:
    changes, numbers = {"dids": {"before": [], "after": ["aaaa"]}}, {"aaaa": "37061498222"}
    entry = drifted(changes=changes, did_numbers=numbers, method="PATCH", token="p1-1")
    report = reports.audit_report({"trunks": [entry]}, given(fail_on_drift=True, trunks=[]))["report"]
    assert report["trunks"] == [{"id": A, "name": "EU SBC", "changes": changes, "held": {}, "did_numbers": numbers}]


def test_a_new_vars_file_that_differs() -> None:
    words = "differs from the account, which changed while it was exported: write the file again. These "
    one = {"trunks": [drifted(changes={"rtp_ping": {}}), drifted(name="US SBC")]}
    assert parts.differing(one) == f"{words}trunks differ: EU SBC."
    number = drifted(name="37061498222", changes={"voice_in_trunk": {}})
    several = {"in_trunks": {"trunks": [drifted()]}, "dids": {"dids": [number]}}
    assert parts.differing(several) == f"{words}numbers differ: 37061498222."


# --- Selection ------------------------------------------------------------------------------------

WITHOUT = (
    *("trunk", "name_contains", "threshold_reached", "authentication_method_type", "shares_addresses_with", "all"),
    *("confirm", "blocked", "blocked_file"),
)
NOTHING: dict[str, Any] = {**dict.fromkeys(WITHOUT), "unblock": False, "credentials_file": "/new.yml"}
THREE = [trunk(), trunk(B, "US SBC", status="blocked"), trunk(C, "Asia", authentication_method={"type": "twilio"})]


def select(verb: str, account: list[dict[str, Any]], more: dict[str, Any] | None = None, /, **variables: Any) -> Any:
    return selection.select_trunks({"trunks": account}, given(**(more or {}), **{**NOTHING, **variables}), verb)


def names(selected: dict[str, Any]) -> list[str]:
    return [target["name"] for target in selected["targets"]]


@pytest.mark.parametrize("case", rows("reports", "selections"))
def test_a_selection(case: dict[str, Any]) -> None:
    case = dict(case)
    verb, account, variables = case.pop("verb", "block"), case.pop("account", None), case.pop("variables")
    trunks = THREE if account is None else [trunk(each.pop("id", A), **each) for each in account]
    found = select(verb, trunks, case.pop("more", None), **variables)
    found |= {"names": names(found), "refusal": selection.refusal(found, {"skipped": True})}
    assert {name: found[name] for name in case} == case


@pytest.mark.parametrize(("one", "other", "shares"), rows("reports", "shared_addresses"))
def test_which_trunks_share_addresses(one: Any, other: Any, shares: bool | None) -> None:
    trunks = [trunk(authentication_method=one), trunk(B, "US SBC", authentication_method=other)]
    found = select("block", trunks, shares_addresses_with="EU SBC")
    assert names(found) == (["EU SBC", "US SBC"] if shares else ["EU SBC"])
    unknown = ["Ignored, because it is unknown whether they match: US SBC."]
    assert found["ignored"] == (unknown if shares is None else [])
    assert found["must_confirm"] is True


@pytest.mark.parametrize("verb", ["block", "rotate"])
@pytest.mark.parametrize(("filters", "matching"), rows("reports", "filters"))
def test_unknown_is_no_match(verb: str, filters: dict[str, Any], matching: list[int]) -> None:
    trunks = [
        trunk(A, authentication_method=...),
        trunk(B, "US SBC", threshold_reached=True),
        trunk(C, ..., authentication_method={"type": "twilio"}, threshold_reached=None),
    ]
    found = select(verb, trunks, **filters)
    assert [target["id"] for target in found["targets"]] == [trunks[number]["id"] for number in matching]
    (note,) = found["ignored"]
    assert note.startswith("Ignored, because it is unknown whether they match: ")
    # It may be a trunk that is abused.
    results = {"trunks": [{"id": target["id"], "changed": True} for target in found["targets"]]}
    assert selection.outcome_report(results, found, given(**NOTHING))["problem"] == note


@pytest.mark.parametrize(
    ("typed", "fine"), [("yes", True), (" Y\n", True), ("no", False), ("", False), ("yess", False)]
)
def test_only_yes_is_yes(typed: str, fine: bool) -> None:
    found = select("rotate", THREE[:1], all=True)
    assert (selection.refusal(found, {"user_input": typed}) == "") is fine


# --- Outcomes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", rows("reports", "outcomes"))
def test_an_outcome(case: dict[str, Any]) -> None:
    case = json.loads(json.dumps(case).replace("{SENT}", SENT))
    verb, result, more = case.pop("verb", "block"), case.pop("result"), case.pop("more", {})
    everything = given(**more, **{**NOTHING, "all": True, "confirm": True, "blocked": ["a", "b", "c"]})
    trunks = [trunk("a"), trunk("b", "US SBC"), trunk("c", "Asia")]
    found = selection.outcome_report(result, selection.select_trunks({"trunks": trunks}, everything, verb), everything)
    assert {name: found[name] for name in case} == case


@pytest.mark.parametrize("case", rows("reports", "fleets"))
def test_the_report_of_a_fleet(case: dict[str, Any]) -> None:
    assert reports.fleet_report(case["result"], given(**case["given"])) == case["report"]
