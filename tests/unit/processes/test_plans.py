# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans of real jobs: audit writes them, and fleet does what they say, or nothing."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from simulator.server import Simulator

from .conftest import HARMFUL, IDS, Run

TWILIO = {"type": "twilio", "twilio_account_sid": "AC" + 32 * "0"}
REQUIRED = {"name": "007", "on_cli_mismatch_action": "reject_call", "authentication_method": TWILIO}
NEW = {**REQUIRED, "state": "present", "dst_prefixes": ["44"]}
TRUNKS = [{"id": IDS[0], "capacity_limit": 60}, {"id": IDS[1], "rtp_timeout": 77}, {"name": "Two", "rtp_ping": True}]


@pytest.fixture(autouse=True)
def _listed(tmp_path: Path) -> None:
    (tmp_path / "trunks.yml").write_text(yaml.safe_dump({"trunks": TRUNKS}), encoding="utf-8")


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
        assert "nothing is sent, because 1 of 3 planned requests are not approved: trunks[0] (Zero)." in output
        assert "item=Zero capacity_limit: null -> 60 capacity_limit: 45 -> 60)" in output
    assert sent(api) == []
    assert not (tmp_path / "undo.yml").exists()
    api.put_trunk(IDS[0], attributes={"capacity_limit": None})
    before = api.trunks
    assert "3 updated" in run("fleet", **given, undo_file="undo.yml")
    assert sent(api) == [("PATCH", id_) for id_ in IDS[:3]]
    output = run("fleet", **given, require_plan=True, plan_max_age=3600)
    assert "0 updated, 0 deleted, 3 unchanged" in output
    assert sent(api) == []
    # The way back is planned and approved in the same way.
    run("audit", trunks_file="undo.yml", plan="plan.json", fail_on_drift=False)
    assert "3 updated" in run("fleet", trunks_file="undo.yml", plan="plan.json")
    assert api.trunks == before


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
    # A forged file adds nothing to the list.
    plan = read(tmp_path / "plan.json")
    plan["requests"][0] |= {"name": HARMFUL, "token": "p1-" + 64 * "0", "changes": [HARMFUL]}
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    output = run("fleet", trunks_file="trunks.yml", plan="plan.json", status=2)
    assert "1 of 3 planned requests are not approved" in output
    assert sent(api) == []
