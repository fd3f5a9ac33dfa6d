# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The reports of the playbooks. Unknown is neither zero nor false."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine.messages import SENT
from ansible_collections.didww.voice.plugins.plugin_utils import _reports as reports

AT = "2026-05-12T08:30:00+00:00"
A, B, C = (f"0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f{number}" for number in (10, 20, 30))


def given(check_mode: bool = False, can_ask: bool = True, rotated: list[str] | None = None, **variables: Any) -> Any:
    return {
        "variables": variables,
        "check_mode": check_mode,
        "can_ask": can_ask,
        "rotated": rotated or [],
        "started": AT,
    }


# --- Spend ----------------------------------------------------------------------------------------


def trunk(id_: str = A, name: Any = "EU SBC", **changed: Any) -> dict[str, Any]:
    """Return a trunk as voice_out_trunk_info does; ... leaves a setting out."""
    known = {
        "id": id_,
        "name": name,
        "status": "active",
        "threshold_reached": False,
        "spent_amount": "1.0",
        "threshold_amount": "100.0",
        "authentication_method": {"type": "credentials_and_ip"},
        **changed,
    }
    return {key: value for key, value in known.items() if value is not ...}


def spend(*trunks: dict[str, Any], **variables: Any) -> dict[str, Any]:
    return reports.spend_report(
        {"trunks": list(trunks)}, given(**{"share": "80", "except": [], "fail_on_spend": True, **variables})
    )


@pytest.mark.parametrize(
    ("changed", "group"),
    [
        ({}, ""),
        ({"spent_amount": "79.99"}, ""),
        ({"spent_amount": "80.0"}, "near"),
        ({"spent_amount": "0.0", "threshold_reached": True}, "reached"),
        ({"spent_amount": None, "threshold_reached": True}, "reached"),
        ({"threshold_amount": None, "threshold_reached": True}, "reached"),
        ({"threshold_amount": None}, "unlimited"),
        ({"threshold_amount": None, "spent_amount": None, "threshold_reached": None}, "unlimited"),
        ({"threshold_amount": ...}, "unknown"),
        ({"spent_amount": None}, "unknown"),
        ({"spent_amount": ...}, "unknown"),
        ({"spent_amount": "much"}, "unknown"),
        ({"spent_amount": "NaN"}, "unknown"),
        ({"threshold_reached": None}, "unknown"),
        ({"threshold_reached": ...}, "unknown"),
        ({"threshold_reached": "no"}, "unknown"),
        ({"threshold_amount": "0.0", "spent_amount": "0.0"}, "near"),
    ],
)
def test_a_trunk_is_reported_once_and_unknown_is_not_fine(changed: dict[str, Any], group: str) -> None:
    found = spend(trunk(**changed))
    report = found["report"]
    groups = {name: [each["name"] for each in report[name]] for name in ("reached", "near", "unlimited", "unknown")}
    assert groups == {name: ["EU SBC"] if name == group else [] for name in groups}
    assert bool(found["problem"]) is bool(group)
    assert ("EU SBC" in found["problem"]) is bool(group)
    assert spend(trunk(**changed), fail_on_spend=False)["problem"] == ""


def test_the_table_shows_what_is_unknown() -> None:
    found = spend(
        trunk(spent_amount=None, threshold_amount=..., status=...), trunk(B, "No limit", threshold_amount=None)
    )
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


def audit(compared: dict[str, Any], trunks: list[Any] | None = None, **variables: Any) -> dict[str, Any]:
    default = {"fail_on_drift": True, "fail_on_unmanaged": False, "trunks": trunks or []}
    return reports.audit_report({"missing": [], "unmanaged": [], **compared}, given(**{**default, **variables}))


def drifted(changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": A, "name": "EU SBC", "changed": bool(changes), "changes": changes, "held": {}, **more}


def test_no_drift() -> None:
    found = audit({"trunks": [drifted({})]})
    assert found["lines"] == ["1 trunks checked: no drift"]
    assert found["problem"] == ""
    assert found["report"] == {
        "at": AT, "failed": False, "checked": 1, "drifted": 0, "trunks": [], "missing": [], "unmanaged": [],
    }  # fmt: skip


def test_every_difference_is_a_line() -> None:
    method = {
        "before": {"type": "credentials_and_ip", "tech_prefix": None, "allowed_sip_ips": ["203.0.113.1/32"]},
        "after": {"type": "twilio", "tech_prefix": None, "twilio_account_sid": "AC1"},
    }
    changes = {
        "allowed_rtp_ips": {"before": None, "after": ["192.0.2.0/24", "192.0.2.9/32"]},
        "authentication_method": method,
        "rtp_ping": {"before": True, "after": False},
        "dids": {"before": ["aaaa", "cccc"], "after": ["bbbb"]},
        "emergency_dids": {"before": [], "after": ["aaaa"]},
    }
    held = {"status": {"before": "blocked", "after": "active"}}
    numbers = {"aaaa": "37061498222", "bbbb": "37061498223"}
    found = audit({"trunks": [drifted(changes, held=held, did_numbers=numbers)]})
    assert [" ".join(line.split()) for line in found["lines"]] == [
        "TRUNK SETTING IS SHOULD BE",
        "EU SBC allowed_rtp_ips null 192.0.2.0/24, 192.0.2.9/32",
        "EU SBC authentication_method.type credentials_and_ip twilio",
        "EU SBC authentication_method.allowed_sip_ips 203.0.113.1/32 (gone)",
        "EU SBC authentication_method.twilio_account_sid (none) AC1",
        "EU SBC rtp_ping true false",
        "EU SBC dids 37061498222, cccc 37061498223",
        "EU SBC emergency_dids none 37061498222",
        "EU SBC status blocked active",
        "1 trunks checked: 1 with drift",
    ]
    assert found["problem"] == "1 of 1 trunks differs from the list: EU SBC"
    assert found["report"]["trunks"] == [
        {"id": A, "name": "EU SBC", "changes": changes, "held": held, "did_numbers": numbers}
    ]
    assert audit({"trunks": [drifted(changes)]}, fail_on_drift=False)["problem"] == ""


def test_a_block_that_is_held_is_drift() -> None:
    found = audit({"trunks": [drifted({}, held={"status": {"before": "blocked", "after": "active"}})]})
    assert found["report"]["drifted"] == 1


def test_a_missing_trunk_is_shown_by_name() -> None:
    missing = [
        {"index": 0, "selector": "id", "value": A},
        {"index": 1, "selector": "name", "value": "US SBC"},
        {"index": 2, "selector": "external_reference_id", "value": "crm-3"},
    ]
    trunks = [{"id": A, "name": "EU SBC"}, {"name": "US SBC"}, {"external_reference_id": "crm-3"}]
    found = audit({"trunks": [], "missing": missing}, trunks)
    assert [" ".join(line.split()) for line in found["lines"][1:]] == [
        f"EU SBC (missing) no such id: {A} in the account",
        "US SBC (missing) no such name in the account",
        "crm-3 (missing) no such external_reference_id in the account",
        "0 trunks checked: no drift, 3 missing",
    ]
    assert found["problem"] == "missing: EU SBC, US SBC, crm-3"
    assert [entry["name"] for entry in found["report"]["missing"]] == ["EU SBC", "US SBC", None]


def test_unmanaged_trunks_only_fail_if_wanted() -> None:
    compared = {"trunks": [drifted({})], "unmanaged": [{"id": B, "name": "New"}]}
    assert audit(compared)["problem"] == ""
    assert audit(compared)["lines"][-1] == "1 trunks checked: no drift, 1 not in the list"
    assert audit(compared, fail_on_unmanaged=True)["problem"] == "not in the list: New"


def test_a_name_cannot_forge_a_line() -> None:
    found = audit(
        {"trunks": [drifted({"rtp_ping": {"before": True, "after": False}}, name="EU\n0 trunks checked\u2028")]}
    )
    assert found["lines"][1].startswith(r"EU\n0 trunks checked\u2028  rtp_ping")


MOVED = {"voice_in_trunk": {"before": None, "after": "aaaa"}}
LISTS: dict[str, Any] = {
    "in_trunks": {
        "trunks": [drifted({}, id=B, name="Night")],
        "missing": [{"index": 1, "selector": "name", "value": "Day"}],
        "unmanaged": [{"id": C, "name": "Old"}],
    },
    "dids": {
        "dids": [drifted(MOVED, name="37061498222", target_names={"aaaa": "Night"})],
        "missing": [],
        "unmanaged": [],
    },
}


def test_several_lists_are_reported_by_list() -> None:
    listed = {"in_trunks": [{"name": "Night"}, {"name": "Day"}], "dids": [{"number": "37061498222"}]}
    found = audit(LISTS, **listed)
    assert [" ".join(line.split()) for line in found["lines"]] == [
        "LIST NAME SETTING IS SHOULD BE",
        "in_trunks Day (missing) no such name in the account",
        "in_trunks Old (unmanaged) in the account not in the list",
        "dids 37061498222 voice_in_trunk null Night",
        "1 inbound trunks checked: no drift, 1 missing, 1 not in the list",
        "1 numbers checked: 1 with drift",
    ]
    assert found["problem"] == "in_trunks: missing: Day; dids: 1 of 1 numbers differs from the list: 37061498222"
    assert audit(LISTS, **listed, fail_on_unmanaged=True)["problem"].startswith(
        "in_trunks: missing: Day; not in the list: Old; dids: "
    )
    report = found["report"]
    assert {name: report[name] for name in ("at", "failed", "checked", "drifted")} == {
        "at": AT, "failed": False, "checked": 2, "drifted": 1,
    }  # fmt: skip
    assert report["lists"]["in_trunks"] == {
        "checked": 1,
        "drifted": 0,
        "trunks": [],
        "missing": [{"index": 1, "selector": "name", "value": "Day", "name": "Day"}],
        "unmanaged": [{"id": C, "name": "Old"}],
    }
    assert report["lists"]["dids"]["dids"][0]["name"] == "37061498222"
    # A single list other than outbound trunks is reported in the same form.
    assert [*audit({"dids": LISTS["dids"]}, **listed)["report"]["lists"]] == ["dids"]


def test_a_new_vars_file_that_differs() -> None:
    words = "differs from the account, which changed while it was exported: write the file again. These "
    one = {"trunks": [drifted({"rtp_ping": {}}), drifted({}, name="US SBC")]}
    assert reports.differing(one) == f"{words}trunks differ: EU SBC."
    assert reports.differing(LISTS) == f"{words}numbers differ: 37061498222."


# --- Selection ------------------------------------------------------------------------------------

NOTHING: dict[str, Any] = {
    "trunk": None,
    "name_contains": None,
    "threshold_reached": None,
    "authentication_method_type": None,
    "shares_addresses_with": None,
    "all": None,
    "confirm": None,
    "blocked": None,
    "blocked_file": None,
    "unblock": False,
    "credentials_file": "/new.yml",
}
THREE = [trunk(), trunk(B, "US SBC", status="blocked"), trunk(C, "Asia", authentication_method={"type": "twilio"})]


def select(verb: str, account: list[dict[str, Any]], more: dict[str, Any] | None = None, /, **variables: Any) -> Any:
    return reports.select_trunks({"trunks": account}, given(**(more or {}), **{**NOTHING, **variables}), verb)


def names(selected: dict[str, Any]) -> list[str]:
    return [target["name"] for target in selected["targets"]]


def test_all_active_trunks_are_blocked_and_the_others_are_named() -> None:
    found = select("block", THREE, all=True)
    assert names(found) == ["EU SBC", "Asia"]
    assert found["entries"] == [{"id": A, "status": "blocked"}, {"id": C, "status": "blocked"}]
    assert found["notes"] == ["Already blocked: US SBC."]
    assert (found["must_confirm"], found["must_ask"]) == (True, True)
    assert found["question"] == "Block these 2 trunks: EU SBC, Asia? (yes/no)"


def test_a_trunk_with_an_unknown_status_is_blocked() -> None:
    assert names(select("block", [trunk(status=...)], all=True)) == ["EU SBC"]


def test_one_trunk_is_blocked_without_being_asked() -> None:
    assert select("block", [trunk()], trunk="EU SBC")["must_confirm"] is False
    found = select("block", [trunk(status="blocked")], trunk="EU SBC")
    assert (found["targets"], found["notes"], found["problem"]) == ([], ["Already blocked: EU SBC."], "")


def with_addresses(*addresses: str) -> dict[str, Any]:
    return {"type": "credentials_and_ip", "allowed_sip_ips": [*addresses]}


@pytest.mark.parametrize(
    ("one", "other", "shares"),
    [
        (with_addresses("203.0.113.7/32"), with_addresses("192.0.2.1/32", "203.0.113.0/24"), True),
        (with_addresses("203.0.113.0/24"), {"type": "ip_only", "allowed_sip_ips": ["203.0.113.7"]}, True),
        (with_addresses("203.0.113.7/32"), with_addresses("203.0.113.8/32"), False),
        (with_addresses("2001:db8::/32"), with_addresses("::/0"), True),
        (with_addresses("0.0.0.0/0"), with_addresses("::/0"), False),
        (with_addresses("0.0.0.0/0"), {"type": "twilio"}, False),
        ({"type": "twilio"}, {"type": "twilio"}, False),
        (with_addresses("203.0.113.7/32"), with_addresses("somewhere"), None),
        (with_addresses("203.0.113.7/32"), ..., None),
        (..., with_addresses("203.0.113.7/32"), None),
    ],
)
def test_which_trunks_share_addresses(one: Any, other: Any, shares: bool | None) -> None:
    trunks = [trunk(authentication_method=one), trunk(B, "US SBC", authentication_method=other)]
    found = select("block", trunks, shares_addresses_with="EU SBC")
    assert names(found) == (["EU SBC", "US SBC"] if shares else ["EU SBC"])
    assert found["ignored"] == (
        ["Ignored, because it is unknown whether they match: US SBC."] if shares is None else []
    )
    assert found["must_confirm"] is True


def test_the_trunk_whose_addresses_are_shared_is_a_single_one() -> None:
    assert names(select("block", THREE, shares_addresses_with=A)) == ["EU SBC"]
    words = 'the id, external_reference_id or name "EU SBC"'
    found = select("block", [trunk(), trunk(B)], shares_addresses_with="EU SBC")
    assert (found["targets"], found["problem"]) == ([], f"Nothing was blocked: several trunks have {words}")
    found = select("block", [], shares_addresses_with="EU SBC")
    assert (found["targets"], found["problem"]) == ([], f"Nothing was blocked: no trunk has {words}")


@pytest.mark.parametrize("verb", ["block", "rotate"])
@pytest.mark.parametrize(
    ("filters", "matching"),
    [
        ({"name_contains": "sbc"}, {A, B}),
        ({"threshold_reached": True}, {B}),
        ({"threshold_reached": False}, {A}),
        ({"authentication_method_type": ["credentials_and_ip", "ip_only"]}, {B}),
        ({"name_contains": "SBC", "threshold_reached": True}, {B}),
    ],
)
def test_unknown_is_no_match(verb: str, filters: dict[str, Any], matching: set[str]) -> None:
    trunks = [
        trunk(A, authentication_method=...),
        trunk(B, "US SBC", threshold_reached=True),
        trunk(C, ..., authentication_method={"type": "twilio"}, threshold_reached=None),
    ]
    found = select(verb, trunks, **filters)
    assert {target["id"] for target in found["targets"]} == matching
    (note,) = found["ignored"]
    assert note.startswith("Ignored, because it is unknown whether they match: ")
    # It may be a trunk that is abused.
    results = {"trunks": [{"id": trunk, "changed": True} for trunk in matching]}
    assert reports.outcome_report(results, found, given(**NOTHING))["problem"] == note


def test_nothing_matches() -> None:
    found = select("block", [trunk(threshold_reached=None)], name_contains="SBC", threshold_reached=False)
    assert found["targets"] == []
    assert found["problem"].startswith(
        'Nothing was blocked: this account has no trunk with name_contains "SBC" and threshold_reached false. Ignored'
    )
    found = select("block", [], authentication_method_type=["twilio", "ip_only"])
    assert found["problem"].endswith('no trunk with authentication_method_type "twilio" or "ip_only"')
    assert select("block", [], all=True)["problem"] == "Nothing was blocked: this account has no trunk"


@pytest.mark.parametrize(
    ("more", "confirm", "expected"),
    [
        ({}, None, (True, True)),
        ({"can_ask": False}, None, (True, False)),
        ({}, False, (True, False)),
        ({}, True, (False, False)),
        ({"check_mode": True}, None, (False, False)),
        ({"check_mode": True}, False, (False, False)),
    ],
)
def test_who_is_asked(more: dict[str, Any], confirm: bool | None, expected: tuple[bool, bool]) -> None:
    found = select("block", THREE, more, all=True, confirm=confirm)
    assert (found["must_confirm"], found["must_ask"]) == expected
    refused = reports.refusal(found, {"skipped": True})
    words = "Nothing was blocked. To block these 2 trunks without being asked, add -e confirm=yes: EU SBC, Asia"
    assert refused == (words if expected[0] else "")


@pytest.mark.parametrize(
    ("typed", "fine"), [("yes", True), (" Y\n", True), ("no", False), ("", False), ("yess", False)]
)
def test_only_yes_is_yes(typed: str, fine: bool) -> None:
    found = select("rotate", THREE[:1], all=True)
    assert (reports.refusal(found, {"user_input": typed}) == "") is fine


def test_only_trunks_with_credentials_are_rotated_and_those_in_the_file_are_skipped() -> None:
    unknown = trunk("x", "New", authentication_method=...)
    found = select("rotate", [*THREE, unknown], {"rotated": [A]}, all=True)
    assert names(found) == ["US SBC", "New"]
    assert found["notes"] == ["In the file already: EU SBC."]
    # The module says why one trunk has none.
    assert names(select("rotate", [THREE[2]], trunk="Asia")) == ["Asia"]


def test_unknown_is_shown_as_unknown() -> None:
    found = select(
        "unblock", [trunk(status="blocked", threshold_reached=None, spent_amount=None, threshold_amount=...)], trunk="x"
    )
    assert found["lines"] == ["EU SBC: blocked, unknown whether the threshold was reached, spent unknown of unknown"]
    found = select("unblock", [trunk(status="blocked", threshold_reached=True, threshold_amount=None)], trunk="x")
    assert found["lines"] == ["EU SBC: blocked, threshold reached, spent 1.0 of no limit"]
    assert found["must_confirm"] is True


@pytest.mark.parametrize("unblock", [True, False])
@pytest.mark.parametrize("way", ["blocked", "blocked_file"])
def test_exactly_the_listed_trunks_are_unblocked(way: str, unblock: bool) -> None:
    gone = "0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f99"
    more: dict[str, Any] = {"blocked": [B, gone]}
    if way == "blocked_file":
        more = {"blocked_file": "/b.yml", "trunks": [{"id": id_, "status": "active"} for id_ in (B.upper(), gone)]}
    found = select("unblock", THREE, unblock=unblock, **more)
    assert found["entries"] == [{"id": B, "status": "active", **({"unblock": True} if unblock else {})}]
    assert found["notes"] == [f"Gone: {gone}."]
    assert found["problem"] == ""
    none = select("unblock", THREE[:1], **more)
    assert none["problem"].startswith(f"Nothing was unblocked: this account has no trunk with the id {B}, {gone}")


def test_a_file_that_does_more_than_unblock_is_for_fleet() -> None:
    for entry in ({"name": "x", "state": "absent"}, {"id": A, "status": "active", "capacity_limit": 1}):
        found = select("unblock", THREE, blocked_file="/b.yml", trunks=[entry])
        assert found["problem"].endswith("To apply it, run didww.voice.fleet with it as trunks_file")


# --- Outcomes -------------------------------------------------------------------------------------


def outcome(verb: str, result: dict[str, Any], more: dict[str, Any] | None = None, **variables: Any) -> dict[str, Any]:
    trunks = [trunk(), trunk(B, "US SBC"), trunk(C, "Asia")]
    variables = {**NOTHING, "all": True, "confirm": True, **variables}
    if verb == "unblock":
        variables["blocked"] = [A, B, C]
    everything = given(**(more or {}), **variables)
    selected = reports.select_trunks({"trunks": trunks}, everything, verb)
    return reports.outcome_report(result, selected, everything)


def test_what_was_blocked_and_what_may_be() -> None:
    lost = {"id": B, "changed": False, "failed": True, "msg": f"No answer. {SENT} run the task again."}
    refused = {"id": C, "changed": False, "failed": True, "msg": "422"}
    found = outcome("block", {"trunks": [{"id": A, "changed": True}, lost, refused], "msg": "1 changed, 2 failed"})
    assert found["text"] == ("Blocked: EU SBC. MAY BE BLOCKED, because the answer was lost: US SBC. NOT BLOCKED: Asia.")
    assert found["ids"] == [A, B]
    assert found["problem"] == (
        "1 changed, 2 failed. MAY BE BLOCKED, because the answer was lost: US SBC. NOT BLOCKED: Asia. "
        "Run the playbook again."
    )


def test_a_task_that_failed_before_it_changed_anything_blocked_nothing() -> None:
    found = outcome("block", {"failed": True, "msg": "undo_file: the folder /x does not exist"})
    assert found["ids"] == []
    assert found["problem"] == "blocked_file: the folder /x does not exist. NOT BLOCKED: EU SBC, US SBC, Asia."


def test_everything_was_blocked() -> None:
    trunks = [{"id": A, "changed": True}, {"id": B, "changed": False}, {"id": C, "changed": True}]
    found = outcome("block", {"trunks": trunks})
    assert found["text"] == "Blocked: EU SBC, Asia. Already blocked: US SBC."
    assert (found["ids"], found["problem"]) == ([A, C], "")
    assert outcome("block", {"trunks": trunks}, {"check_mode": True})["text"].startswith(
        "Would be blocked: EU SBC, Asia."
    )


def test_a_held_block_is_a_problem() -> None:
    held = {"status": {"before": "blocked", "after": "active"}}
    trunks = [{"id": A, "changed": False, "held": held}, {"id": B, "changed": True}, {"id": C, "changed": False}]
    missing = [{"index": 3, "selector": "id", "value": "x"}]
    found = outcome("unblock", {"trunks": trunks, "missing": missing})
    still = "STILL BLOCKED, because the threshold was reached or this is unknown: EU SBC."
    assert found["text"] == f"Unblocked: US SBC. {still} Already active: Asia. Gone: x."
    assert found["problem"] == f"{still} To unblock them too, add -e unblock=true."


def test_the_outcome_of_a_loop() -> None:
    results = [
        {"item": {"id": A, "name": "EU SBC"}, "changed": True},
        {"item": {"id": B, "name": "US SBC"}, "changed": False, "failed": True, "msg": "422"},
        {"item": {"id": C, "name": "Asia"}, "changed": False, "failed": True, "msg": f"{SENT} ..."},
    ]
    found = outcome("rotate", {"results": results})
    assert found["text"] == (
        "Rotated: EU SBC. MAY BE ROTATED, because the answer was lost: Asia. NOT ROTATED: US SBC. "
        "The new credentials are in /new.yml"
    )


def test_the_report_of_a_fleet() -> None:
    counted = {"total": 4, "created": 1, "changed": 3, "deleted": 1, "unchanged": 1, "held": 0}
    words = "4 trunks of /t.yml in check mode: 1 created, 1 updated, 1 deleted, 1 unchanged, 0 held back"
    everything = given(check_mode=True, trunks_file="/t.yml")
    assert reports.fleet_report({"summary": counted}, everything) == words
    assert reports.fleet_report({"summary": counted, "missing": [{"value": "x"}]}, everything) == f"{words}. Gone: x"
    assert str(reports.fleet_report({"summary": counted}, given(trunks_file=None))).startswith("4 trunks: 1 created")


def test_the_report_of_several_lists() -> None:
    counted = {"total": 4, "created": 0, "changed": 3, "deleted": 1, "unchanged": 1, "held": 0}
    numbers = {**counted, "deleted": 0}
    result = {"in_trunks": {"trunks": [], "summary": counted}, "dids": {"dids": [], "summary": numbers}}
    assert reports.fleet_report(result, given(state="absent")) == [
        "4 inbound trunks: 0 created, 2 updated, 1 deleted, 1 unchanged",
        "4 numbers: 3 updated, 1 unchanged. Numbers are never deleted",
    ]
