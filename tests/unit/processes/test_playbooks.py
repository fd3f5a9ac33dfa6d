# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks, run by `ansible-playbook`: interruptions, outages, hostile names, inventories, and gateways."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from simulator.api import Answer, Api, Request
from simulator.server import Simulator

from .. import playbooks
from ..conftest import UnsafeLoader, methods
from .conftest import HARMFUL, IDS, IN_TRUNKS, NUMBERS, PASSWORD, Run, Start

CHOSEN = "An0ther-pa55word"


def kill(job: subprocess.Popen[str], how: signal.Signals, when: Callable[[], bool]) -> str:
    """Kill the process group of a job, as a terminal does, when something is the case; return its output."""
    while not when():
        assert job.poll() is None, job.communicate()[0]
        time.sleep(0.02)
    os.killpg(job.pid, how)
    output, _none = job.communicate(timeout=60)
    assert job.returncode != 0
    return output


def statuses(api: Simulator) -> list[str]:
    return [api.trunk(trunk)["attributes"]["status"] for trunk in IDS]


def pairs_of(api: Simulator) -> dict[str, str]:
    """Return the passwords that the trunks have, by id."""
    return {trunk["id"]: trunk["attributes"]["authentication_method"]["attributes"]["password"] for trunk in api.trunks}


def pairs_in(path: Path) -> dict[str, str]:
    """Return the passwords in a credentials file, by the id of their trunk."""
    loaded = yaml.load(path.read_text(encoding="utf-8"), UnsafeLoader)  # noqa: S506 - a SafeLoader
    return {entry["id"]: entry["password"] for entry in loaded.get("credentials", ())}


def report_in(path: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return report


# --- Rotation -------------------------------------------------------------------------------------

ALL = {"all": True, "confirm": True}
EACH_SIGNAL = pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["^C", "kill"])


@EACH_SIGNAL
def test_an_interrupted_rotation_loses_only_the_pair_in_flight(
    api: Simulator, start: Start, run: Run, tmp_path: Path, how: signal.Signals
) -> None:
    path = tmp_path / "new.yml"
    # DIDWW generates the third pair, and does not answer.
    api.add_faults({"method": "POST", "after": 2, "delay": 60})
    kill(start("rotate_credentials", credentials_file="new.yml", **ALL), how, lambda: methods(api).count("POST") == 3)
    kept = pairs_in(path)
    assert [*kept] == IDS[:2]
    assert {trunk: pairs_of(api)[trunk] for trunk in kept} == kept
    text = path.read_text(encoding="utf-8")
    assert f'"Two" ({IDS[2]}): new credentials were requested, and are not here yet.' in text
    assert "didww.voice.voice_out_trunk_info" in text
    assert "include_credentials" in text
    assert path.stat().st_mode & 0o777 == 0o600
    # The next run goes on with what is left.
    api.clear_faults()
    assert "new.yml exists." in run("rotate_credentials", status=2, credentials_file="new.yml", **ALL)
    output = run("rotate_credentials", credentials_file="new.yml", resume="yes", **ALL)
    assert "Rotated: Two, Three, Four. In the file already: Zero, {{ lookup" in output
    assert pairs_in(path) == pairs_of(api)
    assert "not here yet" not in path.read_text(encoding="utf-8")
    again = run("rotate_credentials", credentials_file="new.yml", resume="yes", **ALL)
    assert "Rotated: none." in again
    assert " changed=0 " in again
    assert pairs_in(path) == pairs_of(api)


def test_a_failed_rotation_says_which_trunk_and_why_and_goes_on(api: Simulator, run: Run, tmp_path: Path) -> None:
    secret = pairs_of(api)[IDS[1]]
    body = {"errors": [{"title": "is invalid", "detail": f"not now, {secret}"}]}
    api.add_faults(
        {"method": "POST", "after": 1, "status": 422, "body": body},
        {"method": "POST", "after": 2, "drop": "headers"},
    )
    output = run("rotate_credentials", "-v", status=2, credentials_file="new.yml", **ALL)
    assert "not now, ********" in output
    assert "may have been applied" in output
    assert f"NOT ROTATED: {HARMFUL}." in output
    path = tmp_path / "new.yml"
    kept = pairs_in(path)
    assert len(kept) == 3
    assert [password for password in {secret, *pairs_of(api).values()} if password in output] == []
    run("rotate_credentials", credentials_file="new.yml", resume="yes", **ALL)
    assert pairs_in(path) == pairs_of(api)
    # What was in the file is not rotated again.
    assert kept.items() <= pairs_in(path).items()


def test_a_credentials_file_is_never_a_template(run: Run, tmp_path: Path) -> None:
    run("rotate_credentials", credentials_file="new.yml", **ALL)
    show = {"ansible.builtin.debug": {"msg": "{{ credentials | map(attribute='name') | join(' + ') }}"}}
    ways: list[dict[str, Any]] = [
        {"tasks": [show], "vars_files": ["new.yml"]},
        {"tasks": [{"ansible.builtin.include_vars": "new.yml"}, show]},
    ]
    plays = [{"hosts": "localhost", "gather_facts": False, **way} for way in ways]
    (tmp_path / "use.yml").write_text(json.dumps(plays), encoding="utf-8")
    assert run("use.yml").count(f"Zero + {HARMFUL} + Two") == 2


# --- Block and unblock ----------------------------------------------------------------------------


@EACH_SIGNAL
def test_an_interrupted_block_is_undone_exactly(
    api: Simulator, start: Start, run: Run, tmp_path: Path, how: signal.Signals
) -> None:
    api.put_trunk(IDS[3], attributes={"status": "blocked"})
    before = statuses(api)
    # DIDWW blocks the first trunk, and does not answer.
    api.add_faults({"method": "PATCH", "delay": 60, "times": 0})
    kill(start("block_trunk", blocked_file="blocked.yml", **ALL), how, lambda: "PATCH" in methods(api))
    api.clear_faults()
    for _again in range(2):
        run("block_trunk", blocked_file="blocked.yml", **ALL)
        assert statuses(api) == ["blocked"] * 5
    loaded = yaml.load((tmp_path / "blocked.yml").read_text(encoding="utf-8"), UnsafeLoader)  # noqa: S506 - a SafeLoader
    active = [trunk for trunk, status in zip(IDS, before, strict=True) if status == "active"]
    assert [entry["id"] for entry in loaded["trunks"]] == active
    output = run("unblock_trunk", blocked_file="blocked.yml", confirm=True)
    assert "Unblocked: Zero, " in output
    assert statuses(api) == before


def test_without_a_way_back_nothing_is_blocked(api: Simulator, run: Run, tmp_path: Path) -> None:
    text = 'didww_voice_undo: {api_url: "https://api.didww.com/v3"}\ntrunks: []\n'
    (tmp_path / "other.yml").write_text(text, encoding="utf-8")
    output = run("block_trunk", status=2, blocked_file="other.yml", **ALL)
    assert "blocked_file: " in output
    assert "it belongs to https://api.didww.com/v3" in output
    assert "PATCH" not in methods(api)
    assert (tmp_path / "other.yml").read_text(encoding="utf-8") == text


def test_a_fleet_can_be_undone(api: Simulator, run: Run, tmp_path: Path) -> None:
    trunks = [{"id": trunk, "capacity_limit": 7, "name": f"New {number}"} for number, trunk in enumerate(IDS)]
    before = [api.trunk(trunk)["attributes"] for trunk in IDS]
    run("fleet", trunks=trunks, undo_file="undo.yml")
    assert "undo.yml exists" in run("fleet", trunks=trunks, undo_file="undo.yml", status=2)
    run("fleet", trunks=[{"id": IDS[0], "capacity_limit": 8}], undo_file="undo.yml", undo_add=True)
    # One that is gone does not stop the others.
    api.remove_trunk(IDS[4])
    output = run("fleet", trunks_file="undo.yml")
    assert "4 updated" in output
    assert f"Gone: {IDS[4]}" in output
    assert [api.trunk(trunk)["attributes"] for trunk in IDS[:4]] == before[:4]
    output = run("unblock_trunk", blocked_file="undo.yml", confirm=True, status=2)
    assert "To apply it, run didww.voice.fleet with it as trunks_file" in output
    assert "didww_voice_undo: give an undo file as -e trunks_file=FILE" in run("fleet", "-e", "@undo.yml", status=2)


# --- Export ---------------------------------------------------------------------------------------


def test_a_check_predicts_a_name_that_exists_without_its_reference(api: Simulator, run: Run) -> None:
    for trunk in IDS[1:]:
        api.remove_trunk(trunk)
    api.put_trunk(IDS[0], attributes={"external_reference_id": "crm-0"})
    run("export_trunks", by="name")
    # Another account, in which the trunk has no reference.
    api.put_trunk(IDS[0], attributes={"external_reference_id": None})
    for arguments in (["--check"], []):
        output = run("fleet", *arguments, trunks_file="trunks.yml", state="present", status=2)
        assert "Zero" in output
        assert IDS[0] in output
        assert "POST" not in methods(api)


# --- Whole accounts -------------------------------------------------------------------------------

# Changes to an exported file: a setting of each list, and a new trunk with a password that a number moves to.
CHANGES = {
    "in_trunks:\n": "in_trunks:\n  - name: New\n    state: present\n    configuration: {type: sip_configurations, "
    f"codecs: [pcma], host: a.example.com, auth_enabled: true, auth_user: u, auth_password: {CHOSEN}}}\n",
    "weight: 65535": "weight: 7",
    "voice_in_trunk: Day": "voice_in_trunk: New",
    "capacity_limit: null\n    allow_any": "capacity_limit: 7\n    allow_any",
}


def records(api: Simulator) -> dict[str, list[dict[str, Any]]]:
    return {name: api.records(name) for name in ("in_trunks", "dids", "trunks")}


def sent(api: Simulator) -> list[str]:
    """Return the methods and the types of the requests that change something, since the last call."""
    found = [f"{one['method']} {one['path'].split('/')[2]}" for one in api.journal if one["method"] != "GET"]
    api.clear_journal()
    return found


@pytest.fixture
def open_run(run: Run) -> Run:
    """Run a playbook as openly as possible, and check that it shows no password."""

    def run_openly(playbook: str, *arguments: str, status: int = 0, **variables: Any) -> str:
        output = run(playbook, "-vvvv", "--diff", *arguments, status=status, **variables)
        assert [password for password in (PASSWORD, CHOSEN) if password in output] == []
        return output

    return run_openly


def test_a_whole_account_is_kept_and_brought_back(api: Simulator, open_run: Run, tmp_path: Path) -> None:
    before = records(api)
    assert "2 inbound trunks, 2 numbers, 5 outbound trunks written" in open_run("export_trunks", lists="all")
    text = (tmp_path / "trunks.yml").read_text("utf-8")
    assert PASSWORD not in text
    for old, new in CHANGES.items():
        text = text.replace(old, new, 1)
    (tmp_path / "new.yml").write_text(text, encoding="utf-8")
    given: dict[str, Any] = {"trunks_file": "new.yml", "plan": "plan.json"}
    open_run("audit", "--check", report="report.json", status=2, **given)
    lists = report_in(tmp_path / "report.json")["lists"]
    assert {name: (one["drifted"], len(one["missing"])) for name, one in lists.items()} == {
        "in_trunks": (1, 1), "dids": (1, 0), "trunks": (1, 0),
    }  # fmt: skip
    assert "2 numbers in check mode: 1 updated, 1 unchanged" in open_run("fleet", "--check", **given)
    assert sent(api) == []
    # It fails half-way, and the same plan applies what is left, with the other front end.
    api.add_faults({"method": "PATCH", "path_contains": "/dids/", "status": 422})
    output = open_run("fleet", undo_file="undo.yml", status=2, **given)
    assert "item=TRUNK" not in output
    expected = {"POST voice_in_trunks", "PATCH voice_in_trunks", "PATCH dids", "PATCH voice_out_trunks"}
    assert {*sent(api)} == expected
    open_run("fleet", undo_file="undo.yml", undo_add=True, didww_in_process=False, **given)
    assert sent(api) == ["PATCH dids"]
    assert " changed=0 " in open_run("fleet", didww_in_process=False, trunks_file="new.yml")
    open_run("fleet", trunks_file="undo.yml")
    assert records(api) == before
    texts = [path.read_text("utf-8") for name in ("*.json", "undo.yml") for path in tmp_path.glob(name)]
    assert [password for password in (PASSWORD, CHOSEN) if password in "".join(texts)] == []


def test_a_whole_account_is_copied_as_far_as_that_can_be_done(api: Simulator, open_run: Run, tmp_path: Path) -> None:
    open_run("export_trunks", lists="in_trunks,dids", by="name")
    # Another account, which has one of the numbers, and no trunk.
    for number, name in NUMBERS.items():
        did = f"{94:08}-0000-4000-8000-0{number}"
        api.put_record("dids", did, {"voice_in_trunk": None, "attributes": {"number": number}})
        api.remove_record("in_trunks", IN_TRUNKS[name])
    api.remove_record("dids", did)
    given: dict[str, Any] = {"trunks_file": "trunks.yml", "state": "present"}
    output = open_run("fleet", status=2, **given)
    assert "in_trunks[0] (Day): configuration.auth_password: required with auth_enabled: set it too" in output
    assert f"dids[1] ({number}): number: no DID" in output
    text = (tmp_path / "trunks.yml").read_text("utf-8").partition(f"  - number: '{number}'")[0]
    text = text.replace("auth_user: u", f"auth_user: u\n      auth_password: {CHOSEN}")
    (tmp_path / "trunks.yml").write_text(text, encoding="utf-8")
    assert "2 inbound trunks: 2 created" in open_run("fleet", **given)
    assert [sorted(sent(api)), len(api.records("in_trunks"))] == [["PATCH dids", *["POST voice_in_trunks"] * 2], 2]


# --- Hostile names --------------------------------------------------------------------------------


def test_no_name_of_a_trunk_is_ever_a_template(api: Simulator, run: Run, tmp_path: Path) -> None:
    run("export_trunks")
    api.put_trunk(IDS[1], attributes={"capacity_limit": 7}, spent_amount="99.0")
    output = run("audit", trunks_file="trunks.yml", report="drift.json", status=2)
    assert f"item={HARMFUL} capacity_limit 7 null" in output
    assert report_in(tmp_path / "drift.json")["trunks"][0]["name"] == HARMFUL
    output = run("watch_spend", report="spend.json", status=2)
    assert f"Near the threshold: {HARMFUL}." in output
    assert report_in(tmp_path / "spend.json")["near"][0]["name"] == HARMFUL
    assert "1 updated, 0 deleted, 4 unchanged" in run("fleet", trunks_file="trunks.yml")
    assert f"without being asked, add -e confirm=yes: {HARMFUL}" in run("block_trunk", name_contains="lookup", status=2)
    assert f"Blocked: {HARMFUL}." in run("block_trunk", trunk=IDS[1])
    assert f"Blocked: none. Already blocked: {HARMFUL}." in run("block_trunk", trunk=IDS[1])
    output = run("unblock_trunk", blocked=[IDS[1]], confirm=True)
    assert f"item={HARMFUL}: blocked, threshold not reached, spent 99.0 of 100.0" in output
    assert f"Unblocked: {HARMFUL}." in output


# --- Reports --------------------------------------------------------------------------------------

REPORTS: dict[str, dict[str, Any]] = {"audit": {"trunks": [{"id": IDS[0]}]}, "watch_spend": {}}


@pytest.mark.parametrize("playbook", REPORTS)
def test_during_an_outage_no_old_report_stays(api: Simulator, run: Run, tmp_path: Path, playbook: str) -> None:
    path, variables = tmp_path / "report.json", REPORTS[playbook]
    run(playbook, report="report.json", **variables)
    assert report_in(path)["failed"] is False
    api.add_faults({"status": 503, "times": 0})
    run(playbook, report="report.json", status=2, **variables)
    report = report_in(path)
    assert report["failed"] is True
    assert "HTTP 503" in report["msg"]
    assert report["at"].startswith("20")
    # The report of a check is one too.
    run(playbook, "--check", report="report.json", status=2, **variables)
    assert report_in(path)["failed"] is True
    api.clear_faults()
    run(playbook, "--check", report="report.json", **variables)
    assert report_in(path)["failed"] is False


@pytest.mark.parametrize(("playbook", "how"), [("audit", signal.SIGINT), ("watch_spend", signal.SIGKILL)])
def test_a_report_tells_that_the_run_did_not_finish(
    api: Simulator, start: Start, tmp_path: Path, playbook: str, how: signal.Signals
) -> None:
    path = tmp_path / "report.json"
    path.write_text('{"at": "yesterday", "failed": false}', encoding="utf-8")
    api.add_faults({"method": "GET", "delay": 60})
    kill(start(playbook, report="report.json", **REPORTS[playbook]), how, lambda: bool(api.journal))
    report = report_in(path)
    assert (report["failed"], report["msg"]) == (True, f"didww.voice.{playbook} has not finished")


def test_a_report_tells_what_is_wrong_with_the_variables(api: Simulator, run: Run, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text('{"at": "yesterday", "failed": false}', encoding="utf-8")
    (tmp_path / "trunks.yml").write_text("trunks:\n  - name: x\n   y: 1\n", encoding="utf-8")
    output = run("audit", trunks_file="trunks.yml", report="report.json", fail_on_drift="ture", status=2)
    report = report_in(tmp_path / "report.json")
    place = f"trunks_file: {tmp_path}/trunks.yml:3:4: "
    assert report["msg"].startswith(f"2 problems: (1) {place}")
    assert 'fail_on_drift: "ture" is not accepted; expected true or false' in report["msg"]
    assert api.journal == []
    # First and once: newer versions of ansible-core repeat the message of any failed task.
    assert output.index(place) < output.index("PLAY RECAP")
    assert output.count(place) <= 2
    assert output.count("TASK [") == 1


# --- Vars files -----------------------------------------------------------------------------------


def test_vars_files_work_as_with_include_vars(api: Simulator, run: Run, tmp_path: Path) -> None:
    (tmp_path / "vault").write_text("secret", encoding="utf-8")
    program = str(playbooks.PROGRAMS / "ansible-vault")
    options = ["--vault-password-file", str(tmp_path / "vault")]
    environment = playbooks.environment(tmp_path)
    secret = subprocess.check_output(
        [program, "encrypt_string", *options, "--name", "name", "Two"], text=True, env=environment
    )
    indented = secret.strip().replace("\n", "\n    ")
    text = f"""
limit: 7
trunks:
  - name: Zero
    capacity_limit: "{{{{ limit }}}}"
    rtp_timeout: "{{{{ nothing | default(omit) }}}}"
  - name: !unsafe "{HARMFUL}"
    rtp_ping: "{{{{ ping }}}}"
  - {indented}
    rtp_ping: true
"""
    path = tmp_path / "sub" / "trunks.yml"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    output = run("fleet", *options, trunks_file="sub/trunks.yml", ping=True)
    assert f"3 trunks of {path}: 0 created, 3 updated" in output
    attributes = [api.trunk(trunk)["attributes"] for trunk in IDS]
    assert attributes[0]["capacity_limit"] == 7
    assert [values["rtp_ping"] for values in attributes] == [False, True, True, False, False]
    assert "3 unchanged" in run("fleet", *options, trunks_file="sub/trunks.yml", ping=True)
    # A file that is encrypted as a whole.
    subprocess.check_call([program, "encrypt", *options, str(path)], env=environment)
    output = run("fleet", "-v", *options, trunks_file=str(path), ping=True)
    assert "3 unchanged" in output
    assert '"trunks_file"' not in output
    wrong = run("fleet", trunks_file=str(path), status=2)
    assert f"trunks_file: {path} cannot be read: " in wrong
    # Without a value, the template is an error that names the file's option.
    (tmp_path / "undefined.yml").write_text('trunks: [{name: "{{ nothing }}"}]\n', encoding="utf-8")
    assert "trunks_file: a template cannot be evaluated: " in run("fleet", trunks_file="undefined.yml", status=2)


# --- Inventories ----------------------------------------------------------------------------------


def test_an_inventory_neither_breaks_an_emergency_nor_selects_for_it(api: Simulator, run: Run, tmp_path: Path) -> None:
    inventory = tmp_path / "hosts.yml"
    # Without a connection, localhost would be reached over ssh. The variables are for other playbooks.
    variables = {"folder": "/srv", "by": "name", "share": 7, "trunks": "ours", "didww_voice_given": {"variables": {}}}
    inventory.write_text(json.dumps({"all": {"hosts": {"localhost": None}, "vars": variables}}), encoding="utf-8")
    output = run("block_trunk", "-i", str(inventory), trunk="Two")
    assert "Blocked: Two." in output
    assert statuses(api) == ["active", "active", "blocked", "active", "active"]
    # A block needs no file.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "hosts.yml"]


# --- Gateways -------------------------------------------------------------------------------------


def test_a_gateway_that_drops_the_query_does_not_block_an_account(
    api: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = Api.handle

    def without_query(self: Api, request: Request, commit: bool = True) -> Answer:
        kept = tuple(pair for pair in request.query if not pair[0].startswith("filter"))
        return handle(self, dataclasses.replace(request, query=kept), commit)

    monkeypatch.setattr(Api, "handle", without_query)
    filters: dict[str, Any]
    for filters in ({"name_contains": "Two"}, {"threshold_reached": True}, {"authentication_method_type": "twilio"}):
        output = run("block_trunk", confirm=True, status=2, **filters)
        assert "which does not match" in output
        assert statuses(api) == ["active"] * 5
