# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans of real jobs: audit writes them, and fleet does what they say, or nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
import yaml
from simulator.server import Simulator

from ..playbooks import end, start
from .test_playbooks import HARMFUL, IDS, KEY, SEED

TWILIO = {"type": "twilio", "twilio_account_sid": "AC" + 32 * "0"}
NEW: dict[str, Any] = {
    "name": "007",
    "state": "present",
    "on_cli_mismatch_action": "reject_call",
    "authentication_method": TWILIO,
    "dst_prefixes": ["44"],
}
TRUNKS: list[dict[str, Any]] = [
    {"id": IDS[0], "capacity_limit": 60},
    {"id": IDS[1], "rtp_timeout": 77},
    {"name": "Two", "rtp_ping": True},
]


@pytest.fixture
def front_end() -> str:
    return "action"


@pytest.fixture
def api() -> Iterator[Simulator]:
    with Simulator(SEED, rate=0) as server:
        yield server


class Run(Protocol):
    """A function that runs a playbook."""

    def __call__(self, playbook: str, *arguments: str, status: int = 0, url: str = "", **variables: Any) -> str:
        """Run a playbook to its end in the folder of the test; return its output."""


@pytest.fixture
def run(api: Simulator, tmp_path: Path) -> Run:
    """Run a playbook, and check that no name of a trunk ran a command, and that nothing shows the key."""
    (tmp_path / "trunks.yml").write_text(yaml.safe_dump({"trunks": TRUNKS}), encoding="utf-8")

    def run(playbook: str, *arguments: str, status: int = 0, url: str = "", **variables: Any) -> str:
        connection = {"DIDWW_API_URL": url or api.url, "DIDWW_API_KEY": KEY, "DIDWW_API_RETRIES": "0"}
        given = ["-e", json.dumps(variables)] if variables else []
        output = end(start(tmp_path, f"didww.voice.{playbook}", *given, *arguments, **connection), status)
        assert list(tmp_path.rglob("pwned")) == []
        assert KEY not in output + "".join(path.read_text("utf-8") for path in tmp_path.glob("*.json"))
        return " ".join(output.split())

    return run


def sent(api: Simulator) -> list[tuple[str, str]]:
    """Return the method and the id of each request that changes something, since the last call."""
    found = [(entry["method"], entry["path"][-36:]) for entry in api.journal if entry["method"] != "GET"]
    api.clear_journal()
    return sorted(found)


def read(path: Path) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return plan


def test_plan_approve_apply(api: Simulator, run: Run, tmp_path: Path) -> None:
    output = run("audit", "--check", trunks_file="trunks.yml", plan="plan.json", fail_on_drift=False)
    assert "item=Zero update capacity_limit: null -> 60)" in output
    assert f"item=3 requests planned, in {tmp_path}/plan.json)" in output
    path = tmp_path / "plan.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text("utf-8").endswith("\n}\n")
    plan = read(path)
    assert (plan["api_url"], plan["api_version"]) == (api.url, "2026-04-16")
    assert [request["name"] for request in plan["requests"]] == ["Zero", HARMFUL, "Two"]
    given: dict[str, Any] = {"trunks_file": "trunks.yml", "plan": "plan.json"}
    assert "3 updated" in run("fleet", "--check", **given)
    # Somebody changes a setting of the list, and one that is not in it.
    api.put_trunk(IDS[0], attributes={"capacity_limit": 45, "rtp_timeout": 99})
    for mode in (["--check"], []):
        output = run("fleet", *mode, **given, undo_file="undo.yml", status=2)
        assert (
            "approved: nothing is sent, because 1 of 3 planned requests are not approved: trunks[0] (Zero)." in output
        )
        assert "item=Zero capacity_limit: null -> 60 capacity_limit: 45 -> 60)" in output
    assert sent(api) == []
    assert not (tmp_path / "undo.yml").exists()
    api.put_trunk(IDS[0], attributes={"capacity_limit": None})
    before = api.trunks
    assert "3 updated" in run("fleet", **given, undo_file="undo.yml")
    assert sent(api) == [("PATCH", id_) for id_ in IDS[:3]]
    output = run("fleet", **given, require_plan=True)
    assert "0 updated, 0 deleted, 3 unchanged" in output
    assert sent(api) == []
    # The way back is planned and approved in the same way.
    run("audit", trunks_file="undo.yml", plan="plan.json", fail_on_drift=False)
    assert "3 updated" in run("fleet", trunks_file="undo.yml", plan="plan.json")
    assert api.trunks == before


def test_the_same_plan_applies_what_is_left(api: Simulator, run: Run) -> None:
    run("audit", trunks_file="trunks.yml", plan="plan.json", status=2)
    api.add_faults({"method": "PATCH", "path_contains": IDS[1], "status": 422})
    output = run("fleet", trunks_file="trunks.yml", plan="plan.json", status=2)
    assert "2 trunks changed, 1 failed: trunks[1]" in output
    assert "Show what is not approved" in output
    assert "item=TRUNK" not in output
    assert len(sent(api)) == 3
    assert "1 updated" in run("fleet", trunks_file="trunks.yml", plan="plan.json", plan_max_age=3600)
    assert sent(api) == [("PATCH", IDS[1])]


def test_a_creation_is_planned_and_belongs_to_one_account(api: Simulator, run: Run, tmp_path: Path) -> None:
    (tmp_path / "new.yml").write_text(yaml.safe_dump({"trunks": [NEW]}), encoding="utf-8")
    output = run("audit", trunks_file="new.yml", plan="plan.json", report="report.json", status=2)
    assert "1 trunks checked: no drift, 1 missing" in output
    assert "missing: 007" in output
    assert read(tmp_path / "report.json")["drifted"] == 0
    assert read(tmp_path / "plan.json")["requests"][0]["changes"][0] == 'name: "007"'
    with Simulator(SEED, rate=0) as other:
        output = run("fleet", trunks_file="new.yml", plan="plan.json", status=2, url=other.url)
        assert f"plan.json was made for {api.url}, but this run is for {other.url}" in output
        # The token is refused too.
        (token,) = (request["token"] for request in read(tmp_path / "plan.json")["requests"])
        run("fleet", trunks_file="new.yml", approved_plan=token, status=2, url=other.url)
        assert sent(other) == []
    assert "1 created" in run("fleet", trunks_file="new.yml", approved_plan=token, url=api.url + "/")


def hashed(url: str) -> str:
    """Return the token of the creation of NEW, without the code that makes it."""
    method = '{"attributes":{"twilio_account_sid":"AC00000000000000000000000000000000"},"type":"twilio"}'
    body = f'{{"attributes":{{"authentication_method":{method},"dst_prefixes":["44"],"name":"007",'
    body += '"on_cli_mismatch_action":"reject_call"}}'
    text = f'["{url}","POST","voice_out_trunks",["name","007"],{body},{{}}]'
    return f"p1-{hashlib.sha256(text.encode()).hexdigest()}"


LISTS = {
    "yaml": yaml.safe_dump({"trunks": [NEW]}),
    "other spellings": yaml.safe_dump({"trunks": [{**NEW, "dst_prefixes": "44"}]}).replace("'44'", "44"),
}


@pytest.mark.parametrize("how", [*LISTS, "extra variables"])
def test_a_token_is_the_same_on_every_way_of_a_list(api: Simulator, run: Run, tmp_path: Path, how: str) -> None:
    """On every ansible-core: `make matrix` runs this with each."""
    listed = ["-e", json.dumps({"trunks": [NEW]})]
    if how in LISTS:
        (tmp_path / "new.yml").write_text(LISTS[how], encoding="utf-8")
        listed = ["-e", "trunks_file=new.yml"]
    run("audit", "-e", "plan=plan.json", *listed, status=2)
    (token,) = (request["token"] for request in read(tmp_path / "plan.json")["requests"])
    assert token == hashed(api.url)
    if how == "extra variables":
        # As AWX passes a statistic on.
        (tmp_path / "extra.yml").write_text(f"!unsafe 'approved_plan': !unsafe '{token}'\n", encoding="utf-8")
        assert "1 created" in run("fleet", *listed, "-e", "@extra.yml", "-e", "require_plan=true")


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_approval_is_enough_for_nothing(api: Simulator, run: Run, empty: Any) -> None:
    trunks = [{"id": IDS[0]}]
    assert "1 unchanged" in run("fleet", trunks=trunks, approved_plan=empty, require_plan=True)
    output = run("fleet", trunks=TRUNKS, approved_plan=empty, require_plan=True, status=2)
    assert "approved: nothing is sent, because 3 of 3 planned requests are not approved" in output
    assert sent(api) == []


def test_a_plan_is_only_replaced_by_a_whole_one(api: Simulator, run: Run, tmp_path: Path) -> None:
    run("audit", trunks_file="trunks.yml", plan="plan.json", status=2)
    first = (tmp_path / "plan.json").read_bytes()
    api.add_faults({"method": "GET", "times": 0, "status": 503})
    for name in ("plan.json", "new.json"):
        run("audit", trunks_file="trunks.yml", plan=name, status=2)
    assert (tmp_path / "plan.json").read_bytes() == first
    assert not (tmp_path / "new.json").exists()
    api.clear_faults()
    api.put_trunk(IDS[0], attributes={"capacity_limit": 45})
    run("audit", trunks_file="trunks.yml", plan="plan.json", status=2)
    assert (tmp_path / "plan.json").read_bytes() != first


def test_a_forged_file_adds_nothing_to_the_list(api: Simulator, run: Run, tmp_path: Path) -> None:
    run("audit", trunks_file="trunks.yml", plan="plan.json", status=2)
    plan = read(tmp_path / "plan.json")
    forged = {**plan["requests"][0], "name": HARMFUL, "token": "p1-" + 64 * "0", "changes": [HARMFUL]}
    plan["requests"] = [forged, *plan["requests"][1:]]
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    output = run("fleet", trunks_file="trunks.yml", plan="plan.json", status=2)
    assert "1 of 3 planned requests are not approved" in output
    assert sent(api) == []
