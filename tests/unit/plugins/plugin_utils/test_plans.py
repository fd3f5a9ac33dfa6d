# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans: what their files contain, which files are none, and what differs from them."""

from __future__ import annotations

import contextlib
import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.plugin_utils import _plans as plans

from ...conftest import rows

A = "0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10"
URL = "https://api.didww.com/v3"
AT = "2026-05-12T08:30:00+00:00"
NOW = datetime(2026, 5, 12, 8, 40, tzinfo=timezone.utc)
FILES: dict[str, Any] = {"plan": "/plan.json", "show_plan": False}


def given(**more: Any) -> dict[str, Any]:
    return {"variables": FILES, "started": AT, "api_url": URL, "plan": None, "approved": None, **more}


def token(number: Any) -> str:
    return f"p1-{str(number) * 64}"


def entry(**more: Any) -> dict[str, Any]:
    """Return an entry of the result of a fleet."""
    changes = {"capacity_limit": {"before": 30, "after": 60}}
    whole = {"id": A, "name": "EU SBC", "method": "PATCH", "token": 1, "changes": changes, "held": {}, **more}
    return {**whole, "token": whole["token"] and token(whole["token"])}


def result_of(compared: Any) -> Any:
    """Return a result with whole entries."""
    if isinstance(compared, dict):
        return {name: result_of(part) for name, part in compared.items()}
    return [entry(**one) for one in compared] if isinstance(compared, list) else compared


REQUESTS: Any = {"trunks": [{}, {"method": "POST", "id": None, "token": 2}, {"method": "DELETE", "token": 3}]}


def text_of(compared: Any = None) -> str:
    """Return the text of a plan: of `compared`, or of REQUESTS."""
    return str(plans.plan_report(result_of(compared or REQUESTS), given())["text"])


def written(compared: Any = None) -> dict[str, Any]:
    """Return what the text of a plan says: of `compared`, or of REQUESTS."""
    plan: dict[str, Any] = json.loads(text_of(compared))
    return plan


# --- Write ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", rows("plans", "planned"))
def test_what_is_planned(case: dict[str, Any]) -> None:
    found = plans.plan_report(result_of(case["compared"]), given(variables=case.get("files", FILES)))
    requests = json.loads(found["text"])["requests"] if "requests" in case or "lists" in case else []
    shown = {
        "requests": requests,
        "lists": [request.get("list") for request in requests],
        "tokens": found["tokens"],
        "lines": "\n".join(found["lines"]),
        "last": found["lines"][-1:],
    }
    expected = {name: value for name, value in case.items() if name in shown}
    if "tokens" in case:
        expected["tokens"] = ",".join(map(token, case["tokens"]))
    if "requests" in case:
        expected["requests"] = [{**request, "token": token(request["token"])} for request in case["requests"]]
    assert {name: shown[name] for name in expected} == expected


def test_a_plan_says_where_it_is_from() -> None:
    plan = written({"api_version": "2026-04-16", "trunks": [{}]})
    assert [request["token"] for request in plan.pop("requests")] == [token(1)]
    head = {"didww_voice_plan": 1, "at": AT, "api_url": URL, "api_version": "2026-04-16"}
    assert plan == {**head, "written_by": "didww.voice.audit 1.0.0"}


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


# --- Read -----------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A plan, made ten minutes ago."""
    path = tmp_path / "plan.json"
    path.write_text(text_of(), encoding="utf-8")
    return path


def changed(path: Path, **members: Any) -> None:
    plan = {**json.loads(path.read_text("utf-8")), **members}
    path.write_text(json.dumps({name: value for name, value in plan.items() if value is not ...}), encoding="utf-8")


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


@pytest.mark.parametrize(("members", "words"), rows("plans", "damaged"))
def test_a_damaged_plan(path: Path, members: dict[str, Any], words: str) -> None:
    if "request" in members:
        members = {"requests": [{**entry(), "changes": [], **members["request"]}]}
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


@pytest.mark.parametrize(("url", "seconds", "max_age", "words"), rows("plans", "applied"))
def test_where_and_when_a_plan_is_applied(
    path: Path, url: str, seconds: int, max_age: int | None, words: str | None
) -> None:
    with pytest.raises(ValueError, match=re.escape(words)) if words else contextlib.nullcontext():
        assert plans.is_plan(str(path))
        assert plans.read_plan(str(path), url, NOW + timedelta(seconds=seconds), max_age) == written()


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


@pytest.mark.parametrize("case", rows("plans", "differences"))
def test_what_differs_from_a_plan(case: dict[str, Any]) -> None:
    plan = written(case["approved"]) if "approved" in case else None
    tokens = [request["token"] for request in plan["requests"]] if plan else [*map(token, case.get("tokens", []))]
    approved = ",".join(tokens) if plan or "tokens" in case else None
    lines = plans.plan_differences(result_of(case["now"]), given(plan=plan, approved=approved))
    assert "\n".join(lines) == case["lines"]
