# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans: what their files contain, which files are none, and what differs from them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.plugin_utils import _plans as plans
from ansible_collections.didww.voice.plugins.plugin_utils import _variables as variables

A, B = "0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10", "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e001"
ONE, TWO, THREE = (f"p1-{digit * 64}" for digit in "123")
URL = "https://api.didww.com/v3"
AT = "2026-05-12T08:30:00+00:00"
NOW = datetime(2026, 5, 12, 8, 40, tzinfo=timezone.utc)
FILES: dict[str, Any] = {"plan": "/plan.json", "show_plan": False}


def given(**more: Any) -> dict[str, Any]:
    return {"variables": FILES, "started": AT, "api_url": URL, "plan": None, "approved": None, **more}


def entry(token: str = ONE, **more: Any) -> dict[str, Any]:
    """Return an entry of the result of a fleet."""
    changes = {"capacity_limit": {"before": 30, "after": 60}}
    return {"id": A, "name": "EU SBC", "method": "PATCH", "token": token, "changes": changes, "held": {}, **more}


NEW = {
    "name": {"before": None, "after": "US SBC"},
    "allowed_rtp_ips": {"before": None, "after": None},
    "authentication_method": {"before": None, "after": {"type": "twilio", "twilio_account_sid": "AC1"}},
}
GONE = {
    "name": {"before": "Old", "after": None},
    "authentication_method": {"before": {"type": "credentials_and_ip", "tech_prefix": None}, "after": None},
    "dst_prefixes": {"before": ["44", "49"], "after": None},
}
COMPARED: dict[str, Any] = {
    "api_version": "2026-04-16",
    "trunks": [
        entry(),
        entry(TWO, id=None, name="US SBC", method="POST", changes=NEW),
        {"id": B, "name": "As it is", "changes": {}, "held": {"status": {"before": "blocked", "after": "active"}}},
        entry(THREE, id=B, name="Old", method="DELETE", changes=GONE),
    ],
}


def written(compared: Mapping[str, Any] | None = None) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads(plans.plan_report(compared or COMPARED, given())["text"])
    return plan


# --- Write ----------------------------------------------------------------------------------------


def test_a_plan_tells_what_would_be_sent() -> None:
    plan = written()
    requests = plan.pop("requests")
    assert plan == {
        "didww_voice_plan": 1,
        "at": AT,
        "api_url": URL,
        "api_version": "2026-04-16",
        "written_by": "didww.voice.audit 1.0.0",
    }
    assert requests == [
        {
            "name": "EU SBC",
            "id": A,
            "method": "PATCH",
            "token": ONE,
            "changes": ["capacity_limit: 30 -> 60"],
            "diff": ["-capacity_limit: 30", "+capacity_limit: 60"],
        },
        {
            "name": "US SBC",
            "id": None,
            "method": "POST",
            "token": TWO,
            "changes": [
                'name: "US SBC"',
                "allowed_rtp_ips: null",
                'authentication_method.type: "twilio"',
                'authentication_method.twilio_account_sid: "AC1"',
            ],
            "diff": [
                '+name: "US SBC"',
                "+allowed_rtp_ips: null",
                '+authentication_method.type: "twilio"',
                '+authentication_method.twilio_account_sid: "AC1"',
            ],
        },
        {
            "name": "Old",
            "id": B,
            "method": "DELETE",
            "token": THREE,
            "changes": [
                'name: "Old"',
                'authentication_method.type: "credentials_and_ip"',
                "authentication_method.tech_prefix: null",
                'dst_prefixes: ["44", "49"]',
            ],
            "diff": [
                '-name: "Old"',
                '-authentication_method.type: "credentials_and_ip"',
                "-authentication_method.tech_prefix: null",
                '-dst_prefixes: "44"',
                '-dst_prefixes: "49"',
            ],
        },
    ]


def test_only_what_differs_is_in_words() -> None:
    method = {
        "before": {"type": "credentials_and_ip", "tech_prefix": None, "allowed_sip_ips": ["203.0.113.1/32"]},
        "after": {"type": "twilio", "tech_prefix": None, "twilio_account_sid": "AC1"},
    }
    dids = {"before": ["aaaa", "bbbb"], "after": ["aaaa"]}
    changes = {"authentication_method": method, "dids": dids, "callback_url": {"before": "https://a/b", "after": None}}
    (request,) = written({"trunks": [entry(changes=changes, did_numbers={"aaaa": "37061498222"})]})["requests"]
    assert request["changes"] == [
        'authentication_method.type: "credentials_and_ip" -> "twilio"',
        'authentication_method.allowed_sip_ips: ["203.0.113.1/32"] -> (none)',
        'authentication_method.twilio_account_sid: (none) -> "AC1"',
        'dids: ["37061498222", "bbbb"] -> ["37061498222"]',
        'callback_url: "https://a/b" -> null',
    ]
    assert '-dids: "bbbb"' in request["diff"]
    assert not [line for line in request["diff"] if "aaaa" in line or "unchanged" in line]


def test_the_tokens_are_one_text() -> None:
    assert plans.plan_report(COMPARED, given())["tokens"] == f"{ONE},{TWO},{THREE}"
    assert plans.plan_report({"trunks": COMPARED["trunks"][2:3]}, given())["tokens"] == ""


def test_a_failed_audit_plans_nothing() -> None:
    found = plans.plan_report({"failed": True, "msg": "DIDWW is down", "trunks": COMPARED["trunks"]}, given())
    assert (found["tokens"], found["lines"]) == ("", [])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Zoë {{ 7 * 7 }}", "Zoë {{ 7 * 7 }}"),
        ("a\u202eb\u2066\u200b", r"a\u202eb\u2066\u200b"),
        ("line\nbreak\u2028\x85", r"line\nbreak\u2028\u0085"),
        ("half \ud800", r"half \ud800"),
        ("tag \U000e0041", r"tag \udb40\udc41"),
    ],
)
def test_a_name_shows_what_it_is(name: str, text: str) -> None:
    """No name reorders, hides or adds lines."""
    changes = {"name": {"before": name, "after": "New"}}
    report = plans.plan_report({"trunks": [entry(name=name, changes=changes)]}, given())
    assert f'"name": "{text}",' in report["text"]
    assert json.loads(report["text"])["requests"][0]["name"] == name
    assert report["text"].replace("\n", "").isprintable()
    assert all(line.isprintable() for line in report["lines"])


def test_the_plan_is_shown() -> None:
    shown = plans.plan_report(COMPARED, given())["lines"]
    assert [" ".join(line.split()) for line in shown] == [
        "TRUNK REQUEST CHANGES",
        "EU SBC update capacity_limit: 30 -> 60",
        'US SBC create name: "US SBC"',
        "allowed_rtp_ips: null",
        'authentication_method.type: "twilio"',
        'authentication_method.twilio_account_sid: "AC1"',
        'Old delete name: "Old"',
        'authentication_method.type: "credentials_and_ip"',
        "authentication_method.tech_prefix: null",
        'dst_prefixes: ["44", "49"]',
        "3 requests planned, in /plan.json",
    ]
    for variables_, lines in (({"plan": None, "show_plan": True}, 11), ({"plan": None, "show_plan": False}, 0)):
        assert len(plans.plan_report(COMPARED, given(variables=variables_))["lines"]) == lines
    nothing = plans.plan_report({"trunks": []}, given(variables={"plan": None, "show_plan": True}))
    assert nothing["lines"] == ["0 requests planned"]


# --- Read -----------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A plan, made ten minutes ago."""
    path = tmp_path / "plan.json"
    path.write_text(plans.plan_report(COMPARED, given())["text"], encoding="utf-8")
    return path


def changed(path: Path, **members: Any) -> None:
    plan = {**json.loads(path.read_text("utf-8")), **members}
    path.write_text(json.dumps({name: value for name, value in plan.items() if value is not ...}), encoding="utf-8")


def test_a_plan_is_read(path: Path) -> None:
    assert plans.read_plan(str(path), URL, NOW, 600) == written()
    assert plans.is_plan(str(path))


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "[]", "null", "7", '"plan"', "{}", "trunks: []\n", "didww_voice_plan: 1\n", '{"trunks": []}', "\0",
        "[" * 100000, b"\xff",
    ],
)  # fmt: skip
def test_a_file_that_is_no_plan(path: Path, content: Any) -> None:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=r"plan\.json is not a plan: "):
        plans.read_plan(str(path), URL, NOW)
    assert not plans.is_plan(str(path))


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"didww_voice_plan": ...}, "it has no didww_voice_plan"),
        ({"didww_voice_plan": 2}, "its format is 2, and this version of the collection reads 1"),
        ({"at": ...}, "it does not say when"),
        ({"at": "yesterday"}, "it does not say when"),
        ({"at": 7}, "it does not say when"),
        ({"at": "2026-05-12T08:30:00"}, "it does not say when"),
        ({"api_url": None}, "it does not say when, and for which API"),
        ({"requests": ...}, "its requests are damaged"),
        ({"requests": {}}, "its requests are damaged"),
        ({"requests": ["x"]}, "its requests are damaged"),
        ({"requests": [{}]}, "its requests are damaged"),
        *(
            ({"requests": [{**entry(), "changes": [], **damage}]}, "its requests are damaged")
            for damage in (
                {"token": "p1"},
                {"method": "GET"},
                {"method": ["PATCH"]},
                {"name": 7},
                {"id": 7},
                {"changes": "x"},
                {"changes": [7]},
            )
        ),
    ],
)
def test_a_damaged_plan(path: Path, members: dict[str, Any], words: str) -> None:
    changed(path, **members)
    with pytest.raises(ValueError, match="is not a plan: ") as caught:
        plans.read_plan(str(path), URL, NOW)
    assert words in str(caught.value)
    assert str(caught.value).endswith("expected a file that didww.voice.audit wrote (-e plan=FILE)")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for name, words in {"no.json": "No such file", ".": "Is a directory"}.items():
        with pytest.raises(ValueError, match=f"cannot be read: {words}"):
            plans.read_plan(str(tmp_path / name), URL, NOW)
        assert not plans.is_plan(str(tmp_path / name))


def test_a_plan_of_another_account(path: Path) -> None:
    with pytest.raises(ValueError, match=r"was made for https://api\.didww\.com/v3, but this run is for https://x/v3"):
        plans.read_plan(str(path), "https://x/v3", NOW)
    # If the URL is not valid, the module says so.
    assert plans.read_plan(str(path), "", NOW)


def test_an_old_plan(path: Path) -> None:
    assert plans.read_plan(str(path), URL, NOW + timedelta(days=1000))
    with pytest.raises(ValueError, match="is 600 seconds old, and plan_max_age is 599: plan again"):
        plans.read_plan(str(path), URL, NOW, 599)


@pytest.mark.parametrize("max_age", [None, 600])
def test_a_plan_from_the_future(path: Path, max_age: int | None) -> None:
    with pytest.raises(ValueError, match="is from the future: it was made at 2026-05-12T08:30:00"):
        plans.read_plan(str(path), URL, NOW - timedelta(seconds=601), max_age)


def test_the_api_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for value, url in {
        "": URL,
        "HTTPS://API.didww.com:443/v3/": URL,
        "http://127.0.0.1:8080/v3": "http://127.0.0.1:8080/v3",
        "nonsense": "",
    }.items():
        monkeypatch.setenv("DIDWW_API_URL", value)
        assert plans.api_url() == url
    monkeypatch.delenv("DIDWW_API_URL")
    assert plans.api_url() == URL


# --- Compare --------------------------------------------------------------------------------------


def compare(now: list[dict[str, Any]], approved: list[dict[str, Any]]) -> list[str]:
    plan = written({"trunks": approved})
    tokens = ",".join(request["token"] for request in plan["requests"])
    lines = plans.plan_differences({"trunks": now}, given(plan=plan, approved=tokens))
    return [" ".join(line.split()) for line in lines]


def test_what_was_approved_and_what_would_happen_now() -> None:
    moved = entry(THREE, changes={"capacity_limit": {"before": 45, "after": 60}, "rtp_ping": {"before": 1, "after": 0}})
    same, done = entry(TWO, id=B, name="Same"), entry("p1-" + 64 * "4", id="c", name="Done")
    assert compare([moved, same], [entry(), same, done]) == [
        "TRUNK APPROVED NOW",
        "EU SBC capacity_limit: 30 -> 60 capacity_limit: 45 -> 60",
        "rtp_ping: 1 -> 0",
        "Done capacity_limit: 30 -> 60 (nothing to send)",
    ]
    new = entry(TWO, id=None, name="US SBC", method="POST", changes={"name": {"before": None, "after": "US SBC"}})
    exists = entry(THREE, id=B, name="US SBC")
    assert compare([exists, moved | {"token": ONE}], [new]) == [
        "TRUNK APPROVED NOW",
        "US SBC (create) capacity_limit: 30 -> 60",
        'name: "US SBC"',
        "EU SBC (nothing) capacity_limit: 45 -> 60",
        "rtp_ping: 1 -> 0",
    ]


def test_nothing_differs() -> None:
    assert compare([entry()], [entry()]) == []
    # What is done already needs no approval.
    assert compare([], [entry()]) == []
    assert plans.plan_differences({"trunks": [entry()]}, given()) == []
    for result in ({}, {"failed": True, "msg": "trunks: required"}):
        assert plans.plan_differences(result, given(approved="")) == []


def test_of_tokens_alone_nobody_knows_what_was_approved() -> None:
    lines = plans.plan_differences({"trunks": [entry()]}, given(approved=TWO))
    assert [" ".join(line.split()) for line in lines] == [
        "TRUNK APPROVED NOW",
        "EU SBC (unknown) capacity_limit: 30 -> 60",
    ]
    assert "(nothing)" in plans.plan_differences({"trunks": [entry()]}, given(approved=""))[1]


MOVED = {"voice_in_trunk": {"before": None, "after": "new: Night"}}
ACCOUNT: dict[str, Any] = {
    "in_trunks": {"trunks": [entry(TWO, id=None, name="Night", method="POST", changes={"name": NEW["name"]})]},
    "dids": {"dids": [entry(THREE, name="37061498222", changes=MOVED, target_names={"new: Night": "Night"})]},
    "trunks": {"trunks": [entry()]},
}


def test_several_lists_are_planned_and_compared_by_list() -> None:
    found = plans.plan_report(ACCOUNT, given())
    assert [" ".join(line.split()) for line in found["lines"]] == [
        "LIST NAME REQUEST CHANGES",
        'in_trunks Night create name: "US SBC"',
        'dids 37061498222 update voice_in_trunk: null -> "Night"',
        "trunks EU SBC update capacity_limit: 30 -> 60",
        "3 requests planned, in /plan.json",
    ]
    assert found["tokens"] == f"{TWO},{THREE},{ONE}"
    plan = json.loads(found["text"])
    assert [request["list"] for request in plan["requests"]] == ["in_trunks", "dids", "trunks"]
    # An outbound trunk with the same name is another one.
    other = entry(f"p1-{64 * '4'}", name="Night", id=None, method="POST", changes={"name": NEW["name"]})
    for now in ({**ACCOUNT, "trunks": {"trunks": [other]}}, {"trunks": [other]}):
        lines = plans.plan_differences(now, given(plan=plan, approved=found["tokens"]))
        assert [" ".join(line.split()) for line in lines[:3]] == [
            "LIST NAME APPROVED NOW",
            "trunks Night (nothing) (create)",
            'name: "US SBC"',
        ]
    # A plan for outbound trunks alone.
    lines = plans.plan_differences(ACCOUNT, given(plan=written({"trunks": [entry()]}), approved=ONE))
    assert [line.split()[0] for line in lines] == ["LIST", "in_trunks", "name:", "dids"]


# --- Variables ------------------------------------------------------------------------------------


def check(name: str, **extra: Any) -> Any:
    return variables.check(name, {"trunks": [], **extra}.get, list(extra), extra)


def problems(name: str, **extra: Any) -> list[str]:
    with pytest.raises(variables.Rejected) as caught:
        check(name, **extra)
    return caught.value.messages


@pytest.mark.parametrize("name", ["audit", "fleet"])
@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_file_name_is_an_error(name: str, empty: Any) -> None:
    (message,) = problems(name, plan=empty)
    assert message.startswith(f"plan: {json.dumps(empty)} is not accepted; expected ")
    inventory = {"trunks": [], "plan": empty}
    with pytest.raises(variables.Rejected):
        variables.check(name, inventory.get, [], {}, known=inventory)


@pytest.mark.parametrize(
    ("value", "tokens"), [("", []), (None, []), ([], []), (ONE, [ONE]), (f"{TWO},{ONE}", [ONE, TWO]), ([ONE], [ONE])]
)
def test_tokens_of_an_artifact(value: Any, tokens: list[str]) -> None:
    assert check("fleet", approved_plan=value, require_plan=True)["approved_plan"] == tokens
    assert check("fleet")["approved_plan"] is None


@pytest.mark.parametrize("value", ["p1", 7, True, [7], {}, f"{ONE};{TWO}"])
def test_what_is_no_token(value: Any) -> None:
    (message,) = problems("fleet", approved_plan=value)
    assert message.startswith("approved_plan: ")
    assert message.endswith("expected tokens, each p1- and 64 hexadecimal digits, with commas between them")


def test_one_approval_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for tokens in (ONE, "", None):
        assert problems("fleet", plan="p.json", approved_plan=tokens) == ["approved_plan: cannot be combined with plan"]
    assert problems("audit", plan="p.json", report="./p.json") == [
        "plan: the report would replace it; choose another name"
    ]


def test_an_approval_can_be_required() -> None:
    (message,) = problems("fleet", require_plan="yes")
    assert message.startswith("Nothing was done, because require_plan is true. Which plan? Give the file")
    assert check("fleet", require_plan=True, plan="p.json")["plan"].endswith("/p.json")
    # One message for one mistake.
    assert len(problems("fleet", require_plan=True, plan="")) == 1
    assert len(problems("fleet", require_plan=True, approved_plan="x")) == 1


@pytest.mark.parametrize("value", ["much", "-1", 0, "0", 1.5, True, [60], "1h"])
def test_an_age_is_a_number_of_seconds(value: Any) -> None:
    (message,) = problems("fleet", plan="p.json", plan_max_age=value)
    assert message.endswith("expected a number of seconds, such as 86400")


def test_an_age_needs_a_plan() -> None:
    assert check("fleet", plan="p.json", plan_max_age="3600")["plan_max_age"] == 3600
    assert check("fleet", plan="p.json", plan_max_age="")["plan_max_age"] is None
    assert problems("fleet", plan_max_age=60) == ["plan_max_age: requires plan, the file whose age counts"]
    assert problems("fleet", plan_max_age=60, approved_plan=ONE)
