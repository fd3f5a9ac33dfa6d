# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet writes an undo file before its first change, and the file brings the account back."""

from __future__ import annotations

import itertools
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible_collections.didww.voice.plugins.module_utils._engine import undo
from ansible_collections.didww.voice.plugins.module_utils._resources.voice_out_trunk import VOICE_OUT_TRUNK
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator.server import Simulator, load_seed

from ... import strategies
from ...conftest import TRUNK, RunModule, connection_to, only_2026_04_16
from ...strategies import FLAG_OF, examples

TWILIO = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e001"
IP_ONLY = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e002"
ANY_DID = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e004"
REPLACING = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e005"
EXAMPLE = "cf2e6377-fcaa-4416-8c8e-acd5f31a427f"
GONE = "00000000-0000-4000-8000-000000000007"
DID, OTHER_DID = (f"6b1f4c0a-0000-4000-8000-00000000000{number}" for number in (1, 2))
NEW: dict[str, Any] = {
    "state": "present",
    "name": "New trunk",
    "on_cli_mismatch_action": "reject_call",
    "authentication_method": {"type": "credentials_and_ip", "allowed_sip_ips": ["203.0.113.7"]},
    "allowed_rtp_ips": None,
    "capacity_limit": 10,
    "threshold_amount": 50,
}


# What a task cannot set.
NOT_SET = ("created_at", "did_numbers", "not_accepted", "spent_amount", "threshold_reached")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the tests write the undo file."""
    return tmp_path / "undo.yml"


def entries_in(path: Path) -> list[dict[str, Any]]:
    """Return the list of trunks in a file, as Ansible reads it, and check that JSON and YAML agree."""
    loaded: dict[str, Any] = DataLoader().load_from_file(str(path))
    assert loaded[undo.MARK]["api_url"].endswith("/v3")
    trunks: list[dict[str, Any]] = loaded["trunks"]
    assert trunks == undo.parsed(VOICE_OUT_TRUNK, path.read_text("utf-8")).entries
    return trunks


def methods(api: Simulator) -> list[str]:
    return [entry["method"] for entry in api.journal]


def state_of(api: Simulator) -> dict[str, Any]:
    """Return all that a task can set, by trunk: without generated credentials."""
    found = {}
    for trunk in api.trunks:
        attributes = {**trunk["attributes"]}
        method = attributes["authentication_method"]
        kept = {name: value for name, value in method["attributes"].items() if name not in ("username", "password")}
        attributes["authentication_method"] = {"type": method["type"], "attributes": kept}
        found[trunk["id"]] = {**attributes, "dids": trunk["dids"], "emergency_dids": trunk["emergency_dids"]}
    return found


CHANGES: dict[str, list[dict[str, Any]]] = {
    "settings": [
        {
            "id": TRUNK,
            "capacity_limit": None,
            "name": "EU 2",
            "dst_prefixes": [],
            "callback_url": "https://example.com",
        },
        {"id": TWILIO, "status": "blocked", "external_reference_id": None},
    ],
    "block": [{"id": trunk, "status": "blocked"} for trunk in (TRUNK, TWILIO, IP_ONLY)],
    "method": [{"id": TRUNK, "authentication_method": {"type": "credentials_and_ip", "tech_prefix": "9#"}}],
    "type": [
        {"id": TRUNK, "authentication_method": {"type": "twilio", "twilio_account_sid": f"AC{7:032}"}},
        {
            "id": TWILIO,
            "authentication_method": {"type": "credentials_and_ip", "allowed_sip_ips": ["203.0.113.9"]},
            "allowed_rtp_ips": ["203.0.113.10"],
        },
    ],
    "linkage": [{"id": TRUNK, "dids": [OTHER_DID], "emergency_dids": []}],
    "flag": [{"id": TRUNK, "allow_any_did_as_cli": True, "emergency_enable_all": True}],
    "flag off": [{"id": ANY_DID, "allow_any_did_as_cli": False, "dids": [DID]}],
    "action": [{"id": TRUNK, "on_cli_mismatch_action": "replace_cli", "default_did": DID}],
    "create": [NEW, {**NEW, "name": "Other", "external_reference_id": "crm-9"}],
    "mixed": [NEW, {"id": TRUNK, "rtp_ping": False, "name": "Renamed"}],
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_an_undo_file_brings_back_what_was(
    local_api: Simulator, run_fleet: RunModule, path: Path, changes: list[dict[str, Any]]
) -> None:
    local_api.put_trunk(TRUNK, dids=[DID], emergency_dids=[DID])
    before = state_of(local_api)
    predicted = run_fleet(check=True, trunks=changes, undo_file=str(path))
    assert (predicted["changed"], "undo_file" in predicted, path.exists()) == (True, False, False)
    done = run_fleet(trunks=changes, undo_file=str(path))
    assert done["undo_file"] == str(path)
    assert state_of(local_api) != before
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["undo.yml"]
    back = run_fleet(trunks=entries_in(path), skip_invalid=True)
    assert ("failed" in back, back["missing"]) == (False, [])
    assert state_of(local_api) == before
    assert run_fleet(trunks=entries_in(path), skip_invalid=True)["changed"] is False
    for secret in ("u4k2m", "s3cr3t", "local-key"):
        assert secret not in path.read_text("utf-8")


def test_only_what_changes_is_in_the_file(local_api: Simulator, run_fleet: RunModule, path: Path) -> None:
    method = {"type": "credentials_and_ip", "tech_prefix": "9#", "allowed_sip_ips": ["203.0.113.1"]}
    task = [{"id": TRUNK, "capacity_limit": 7, "status": "active", "authentication_method": method}, {"id": TWILIO}]
    run_fleet(trunks=task, undo_file=str(path))
    (entry,) = entries_in(path)
    assert entry == {
        "id": TRUNK,
        "authentication_method": {"type": "credentials_and_ip", "tech_prefix": None},
        "capacity_limit": 30,
    }
    text = path.read_text("utf-8")
    assert text.startswith(
        "---\n# Undoes changes that the Ansible collection didww.voice made to the account at http://"
    )
    assert "ansible-playbook didww.voice.fleet -e trunks_file=" in text


def test_nothing_is_written_if_nothing_changes(run_fleet: RunModule, path: Path) -> None:
    for options in ({"trunks": [{"id": TRUNK}]}, {"trunks": [{"id": TRUNK, "capacity_limit": 1}], "audit": True}):
        assert "undo_file" not in run_fleet(undo_file=str(path), **options)
        assert not path.exists()
    assert run_fleet(undo_file=str(path), trunks=[{"id": TRUNK, "capacity_limit": 1}, {"name": "Nobody"}])["failed"]
    assert not path.exists()


@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
def test_the_place_is_checked_before_anything_is_sent(
    local_api: Simulator, run_fleet: RunModule, path: Path, check: bool
) -> None:
    path.write_text("trunks: []\n", "utf-8")
    for place, words in (
        (str(path), "exists, and it may be the only way back from an earlier run. Name a new file, or set undo_add"),
        (str(path.parent), "is a folder: name a file, such as"),
        (str(path.parent / "no" / "undo.yml"), "does not exist, so nothing was changed: create it first"),
        ("", "an empty string is not accepted"),
        ("  ", "expected the path of a file"),
        (None, "null is not accepted; leave the option out to write no such file"),
        (7, "expected the path of a file"),
    ):
        result = run_fleet(check=check, trunks=[{"id": TRUNK, "capacity_limit": 1}], undo_file=place)
        assert result["msg"].startswith("undo_file: ")
        assert words in result["msg"]
    result = run_fleet(check=check, trunks=[{"id": TRUNK, "capacity_limit": 1}], undo_add=True)
    assert result["msg"] == "undo_add: requires undo_file, the file to add to"
    assert local_api.journal == []
    assert path.read_text("utf-8") == "trunks: []\n"


@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
def test_only_an_undo_file_of_this_account_is_added_to(
    local_api: Simulator, run_fleet: RunModule, path: Path, check: bool
) -> None:
    task: dict[str, Any] = {"trunks": [{"id": TRUNK, "capacity_limit": 1}], "undo_file": str(path), "undo_add": True}
    for text, words in (
        ("trunks: []\n", "is not an undo file, so it is not added to"),
        ("", "is not an undo file"),
        ('["0f1d"]\n', "is not an undo file"),
        (
            f'{undo.MARK}:\n  api_url: "https://api.didww.com/v3"\ntrunks: []\n',
            "belongs to https://api.didww.com/v3, but",
        ),
        (f'{undo.MARK}:\n  api_url: "{local_api.url}"\ntrunks:\n  - id: 0f1d\n', "is not an undo file"),
        (f'{undo.MARK}:\n  api_url: "{local_api.url}"\ntrunks:\nother: 1\n', "is not an undo file"),
    ):
        path.write_text(text, "utf-8")
        result = run_fleet(check=check, **task)
        assert words in result["msg"]
        assert path.read_text("utf-8") == text
    assert local_api.journal == []


def test_an_added_file_keeps_the_oldest_values(local_api: Simulator, run_fleet: RunModule, path: Path) -> None:
    local_api.put_trunk(TRUNK, dids=[DID])
    before = state_of(local_api)
    twilio = {"type": "twilio", "twilio_account_sid": f"AC{7:032}"}
    for trunks in (
        [{"id": TRUNK, "capacity_limit": 1, "dids": [OTHER_DID]}, NEW],
        [
            {"id": TRUNK, "capacity_limit": 2, "name": "EU 2", "allow_any_did_as_cli": True},
            {"id": TWILIO, "rtp_ping": True},
        ],
        [{"id": TRUNK, "authentication_method": {"type": "credentials_and_ip", "tech_prefix": "1"}}],
        [{"id": TRUNK, "authentication_method": twilio}, {"name": "New trunk", "capacity_limit": 3}],
        [{"id": TRUNK, "authentication_method": {**twilio, "twilio_account_sid": f"AC{8:032}"}}],
        [{"name": "New trunk", "rtp_ping": True}],
    ):
        assert run_fleet(trunks=trunks, undo_file=str(path), undo_add=True)["changed"] is True
    created = next(trunk for trunk in local_api.trunks if trunk["attributes"]["name"] == "New trunk")
    local_api.put_trunk(created["id"], attributes={"name": "Renamed by hand"})
    first, second, third = entries_in(path)
    assert first["capacity_limit"] == 30
    assert second == {"id": created["id"], "state": "absent"}
    assert third == {"id": TWILIO, "rtp_ping": False}
    assert undo.parsed(VOICE_OUT_TRUNK, path.read_text("utf-8")).notes == [
        f'"EU 2" ({TRUNK}): authentication_method username and password: DIDWW generates new ones'
    ]
    assert "failed" not in run_fleet(trunks=entries_in(path), skip_invalid=True)
    assert state_of(local_api) == before


def test_dids_that_didww_managed_at_first_are_not_listed(
    local_api: Simulator, run_fleet: RunModule, path: Path
) -> None:
    before = state_of(local_api)
    for trunks in (
        [{"id": ANY_DID, "allow_any_did_as_cli": False, "dids": [DID]}],
        [{"id": ANY_DID, "dids": [OTHER_DID]}],
    ):
        run_fleet(trunks=trunks, undo_file=str(path), undo_add=True)
    assert entries_in(path) == [{"id": ANY_DID, "allow_any_did_as_cli": True}]
    assert run_fleet(trunks=entries_in(path), skip_invalid=True)["changed"] is True
    assert state_of(local_api) == before


def test_a_deletion_and_what_no_task_can_set_are_in_comments(
    local_api: Simulator, run_fleet: RunModule, path: Path
) -> None:
    name = 'Old "{{ x }}"\n- trunk'
    local_api.put_trunk(TWILIO, attributes={"name": name, "media_encryption_mode": "zrtp"})
    twilio = {"type": "twilio", "twilio_account_sid": f"AC{7:032}"}
    trunks = [
        {"id": TWILIO, "state": "absent"},
        {"id": IP_ONLY, "authentication_method": twilio, "rtp_ping": True},
        {"id": REPLACING, "on_cli_mismatch_action": "reject_call", "rtp_ping": True},
    ]
    run_fleet(trunks=trunks, undo_file=str(path))
    first, second, third = undo.parsed(VOICE_OUT_TRUNK, path.read_text("utf-8")).notes
    assert "is deleted: it had" in first
    assert '"media_encryption_mode": "zrtp"' in first
    assert "only DIDWW staff can set type ip_only; it was" in second
    assert "on_cli_mismatch_action: it was replace_cli, which can require default_did" in third
    # The rest is brought back.
    assert entries_in(path) == [{"id": IP_ONLY, "rtp_ping": False}, {"id": REPLACING, "rtp_ping": False}]


def test_a_name_is_never_a_template(local_api: Simulator, run_fleet: RunModule, path: Path) -> None:
    for name in ("{{ lookup('ansible.builtin.pipe', 'id') }}", "{% raw %}", "{# x #}", "007", "yes", "12:30", "null"):
        local_api.put_trunk(TRUNK, attributes={"name": name})
        run_fleet(trunks=[{"id": TRUNK, "name": "X"}], undo_file=str(path), undo_add=False)
        assert entries_in(path) == [{"id": TRUNK, "name": name}]
        assert ("name: !unsafe " in path.read_text("utf-8")) is ("{" in name)
        path.unlink()


def test_a_lost_answer_and_a_failure_are_undone(local_api: Simulator, run_fleet: RunModule, path: Path) -> None:
    before = state_of(local_api)
    local_api.add_faults({"method": "PATCH", "path_contains": TRUNK, "apply": True, "drop": "before"})
    local_api.add_faults({"method": "PATCH", "path_contains": TWILIO, "status": 503})
    trunks = [{"id": trunk, "status": "blocked"} for trunk in (TRUNK, TWILIO, EXAMPLE, IP_ONLY)]
    result = run_fleet(trunks=trunks, undo_file=str(path))
    assert [entry.get("unsettled") for entry in result["trunks"]][:2] == [True, True]
    assert {entry["id"] for entry in entries_in(path)} == {TRUNK, TWILIO, IP_ONLY}
    first = path.read_text("utf-8")
    # The second run finds some of them blocked, and keeps all.
    assert run_fleet(trunks=trunks, undo_file=str(path), undo_add=True)["changed"] is True
    assert undo.parsed(VOICE_OUT_TRUNK, path.read_text("utf-8")).entries == undo.parsed(VOICE_OUT_TRUNK, first).entries
    assert run_fleet(trunks=entries_in(path), skip_invalid=True)["summary"]["changed"] == 3
    assert state_of(local_api) == before


# --- skip_invalid ---


@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
def test_invalid_entries_are_skipped(local_api: Simulator, run_fleet: RunModule, check: bool) -> None:
    trunks: list[Any] = [
        5,
        {"id": GONE, "capacity_limit": 1},
        {"id": TRUNK, "capacity_limit": "many"},
        {"id": TWILIO, "rtp_ping": True},
        {"id": TWILIO, "rtp_ping": False},
        {"id": ANY_DID, "dids": [DID]},
        {"id": EXAMPLE, "name": "EU SBC"},
        {"name": "Gone", "state": "absent"},
    ]
    result = run_fleet(check=check, trunks=trunks, skip_invalid=True)
    assert result["missing"] == [{"index": 1, "selector": "id", "value": GONE}]
    assert [entry.get("failed", False) for entry in result["trunks"]] == [
        True, False, True, False, True, True, True, False,
    ]  # fmt: skip
    assert [entry["changed"] for entry in result["trunks"]] == [False] * 3 + [True] + [False] * 4
    assert result["trunks"][4]["msg"].startswith(f"trunks[4] ({TWILIO}): id: refers to the same trunk as trunks[3]")
    assert result["msg"].startswith("1 trunk changed, 5 failed: (1) trunks[0]: 5 is not accepted")
    assert result["summary"]["failed"] == 5
    assert local_api.trunk(TWILIO)["attributes"]["rtp_ping"] is not check


def test_a_missing_trunk_alone_is_no_failure(local_api: Simulator, run_fleet: RunModule) -> None:
    result = run_fleet(trunks=[{"id": GONE, "rtp_ping": True}, {"id": TWILIO, "rtp_ping": True}], skip_invalid=True)
    assert (result["changed"], "failed" in result, len(result["missing"])) == (True, False, 1)
    for trunks in ([{"id": GONE, "rtp_ping": True}], [{"id": GONE}, {"name": "Nobody"}]):
        result = run_fleet(trunks=trunks, skip_invalid=True)
        assert "entries exists: check api_url and api_key" in result["msg"]
    assert run_fleet(trunks=[], skip_invalid=True)["changed"] is False


@only_2026_04_16
def test_an_undo_that_renames_in_a_row_needs_two_runs(local_api: Simulator, run_fleet: RunModule, path: Path) -> None:
    before = state_of(local_api)
    for trunks in ([{"id": TRUNK, "name": "Free"}], [{"id": TWILIO, "name": "EU SBC"}]):
        run_fleet(trunks=trunks, undo_file=str(path), undo_add=True)
    first = run_fleet(trunks=entries_in(path), skip_invalid=True)
    assert "rename one of the two in an earlier task" in first["msg"]
    assert first["summary"]["changed"] == 1
    assert run_fleet(trunks=entries_in(path), skip_invalid=True)["changed"] is True
    assert state_of(local_api) == before


def test_the_file_is_plain_yaml(run_fleet: RunModule, path: Path, local_api: Simulator) -> None:
    run_fleet(trunks=[{"id": TRUNK, "capacity_limit": 1}], undo_file=str(path))
    assert yaml.safe_load(path.read_text("utf-8"))[undo.MARK]["api_url"] == connection_to(local_api)["api_url"]


# --- Any changes ---

# The trunks of the first account. Their DIDs are known to the account.
TRUNKS = [trunk["id"] for trunk in load_seed()["trunks"] if "account" not in trunk]
DIDS = st.lists(
    st.sampled_from([did["id"] for did in load_seed()["dids"] if "account" not in did]), max_size=3, unique=True
)


@pytest.mark.parametrize("front_end", ["action"])
def test_any_changes_are_undone(
    local_api: Simulator, run_fleet: RunModule, run_info: RunModule, tmp_path: Path
) -> None:
    """After several runs, some of which fail half-way, one file leads back, except for what its comments say."""
    numbers = itertools.count()

    @settings(max_examples=examples(25))
    @given(st.data())
    def check(data: st.DataObject) -> None:
        local_api.reset()
        for one in TRUNKS:
            state = data.draw(strategies.states(DIDS))
            state["attributes"].update(name=f"{state['attributes']['name']} {one[-4:]}", threshold_reached=False)
            state["attributes"]["callback_url"] = state["attributes"]["callback_url"] or None
            local_api.put_trunk(one, **state)
        path = tmp_path / f"undo-{next(numbers)}.yml"
        before = {trunk["id"]: trunk for trunk in run_info(include_dids=True)["trunks"]}
        for _run in range(3):
            entries = []
            for one in data.draw(st.lists(st.sampled_from(TRUNKS), max_size=3, unique=True)):
                task = data.draw(strategies.tasks(local_api.trunk(one), DIDS))
                if "name" in task:
                    task["name"] = f"{task['name']} {one[-4:]}"
                entries.append({"id": one, **task})
            if data.draw(st.booleans()):
                local_api.add_faults({"method": "PATCH", "status": 503, "apply": data.draw(st.booleans())})
            run_fleet(trunks=entries, undo_file=str(path), undo_add=True, skip_invalid=True)
            local_api.clear_faults()
        if not path.exists():
            return
        content = undo.parsed(VOICE_OUT_TRUNK, path.read_text("utf-8"))
        assert content.entries == DataLoader().load_from_file(str(path))["trunks"]
        back = run_fleet(trunks=content.entries, skip_invalid=True)
        assert "failed" not in back, (back["msg"], path.read_text("utf-8"))
        for trunk in run_info(include_dids=True)["trunks"]:
            lost = {note.partition(f"({trunk['id']}): ")[2].split(":")[0].split(".")[0] for note in content.notes}
            # DIDWW manages the links while the flag is on.
            lost |= {name for name, flag in FLAG_OF.items() if trunk[flag]}
            was = before[trunk["id"]]
            assert {n: v for n, v in trunk.items() if v != was[n] and n not in lost and n not in NOT_SET} == {}

    check()
