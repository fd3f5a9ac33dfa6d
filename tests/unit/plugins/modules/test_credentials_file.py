# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""New SIP credentials are written to a file before the task ends, with both front ends."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible_collections.didww.voice.plugins.module_utils._resources import credentials_file
from simulator.server import Simulator

from ...conftest import TRUNK, RunModule
from .conftest import Run

OTHER = "3d9b7f52-2a61-4f0e-9c11-7f5a60b8e004"
HARMFUL = "{{ lookup('ansible.builtin.pipe', 'touch pwned') }}"


def held(api: Simulator, trunk: str) -> dict[str, Any]:
    attributes = api.trunk(trunk)["attributes"]["authentication_method"]["attributes"]
    return {name: attributes[name] for name in ("username", "password")}


def read(path: Path) -> list[dict[str, Any]]:
    """Return the pairs in a file, as Ansible loads them."""
    loaded: list[dict[str, Any]] = DataLoader().load_from_file(str(path))["credentials"]
    return [dict(entry) for entry in loaded]


def posts(api: Simulator) -> int:
    return sum(entry["method"] == "POST" for entry in api.journal)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new.yml"


@pytest.fixture
def rotate(run_credentials: RunModule, path: Path) -> Run:
    """Run the module with a file."""
    return lambda **options: run_credentials(credentials_file=str(path), **options)


def test_the_pair_is_in_the_file_and_not_in_the_result(local_api: Simulator, rotate: Run, path: Path) -> None:
    predicted = rotate(check=True, id=TRUNK)
    assert not path.exists()
    done = rotate(id=TRUNK)
    assert done == predicted == {
        "changed": True,
        "trunk": {"id": TRUNK, "name": "EU SBC"},
        "credentials_file": str(path),
        "api_version": max(local_api.version, "2026-04-16"),
        "warnings": [],
        **({"invocation": done["invocation"]} if "invocation" in done else {}),
    }  # fmt: skip
    assert read(path) == [{"id": TRUNK, "name": "EU SBC", **held(local_api, TRUNK)}]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(path.parent) == ["new.yml"]
    assert held(local_api, TRUNK)["password"] not in str(done)


def test_a_loop_adds_its_pairs(local_api: Simulator, rotate: Run, path: Path) -> None:
    for trunk in (TRUNK, OTHER, TRUNK):
        rotate(id=trunk)
    # The first pair of the trunk does not work any more.
    assert [(entry["id"], entry["password"]) for entry in read(path)] == [
        (trunk, held(local_api, trunk)["password"]) for trunk in (OTHER, TRUNK)
    ]
    assert credentials_file.listed_in(str(path)) == [OTHER, TRUNK]


@pytest.mark.parametrize("name", [HARMFUL, "{% raw %}", 'a "b" \\ c', "\u2028\x85\ufeff é😀\n", "no", "0012"])
def test_a_name_comes_back_and_is_no_template(local_api: Simulator, rotate: Run, path: Path, name: str) -> None:
    local_api.put_trunk(TRUNK, attributes={"name": name})
    for _again in range(2):
        assert rotate(id=TRUNK)["changed"] is True
    (entry,) = read(path)
    assert entry["name"] == name
    assert ("!unsafe" in path.read_text(encoding="utf-8")) is ("{{" in name or "{%" in name)


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (lambda path: path.mkdir(), "expected a file, and this is something else"),
        (lambda path: path.parent.rmdir(), "expected a file in a folder that exists"),
        (lambda path: path.write_text("credentials: []\n", encoding="utf-8"), "is another file, or was edited"),
        (lambda path: path.write_text("", encoding="utf-8"), "is another file, or was edited"),
        (lambda path: path.write_bytes(b"\xff"), "cannot be read; expected a file that"),
        (lambda path: path.write_text("$ANSIBLE_VAULT;1.1;AES256\n61\n", encoding="utf-8"), "is encrypted"),
        (
            lambda path: credentials_file.load(str(path), "https://api.didww.com/v3").begin(OTHER, "x"),
            'holds credentials of an account at "https://api.didww.com/v3", not "http://127.0.0.1',
        ),
    ],
)
def test_the_file_is_checked_before_anything_is_sent(
    local_api: Simulator, run_credentials: RunModule, tmp_path: Path, prepare: Any, words: str, check: bool
) -> None:
    path = tmp_path / "folder" / "new.yml"
    path.parent.mkdir()
    prepare(path)
    result = run_credentials(check=check, id=TRUNK, credentials_file=str(path))
    assert result["msg"].startswith("credentials_file: ")
    assert words in result["msg"]
    assert local_api.journal == []


def test_a_path_is_expanded(run_credentials: RunModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run_credentials(id=TRUNK, credentials_file="~/x.yml")["credentials_file"] == str(tmp_path / "x.yml")


def test_a_rejected_request_leaves_no_trace(local_api: Simulator, rotate: Run, path: Path) -> None:
    local_api.add_faults({"method": "POST", "status": 422})
    assert rotate(id=TRUNK)["status"] == 422
    assert not path.exists()
    rotate(id=OTHER)
    before = path.read_text(encoding="utf-8")
    local_api.add_faults({"method": "POST", "status": 422})
    rotate(id=TRUNK)
    assert path.read_text(encoding="utf-8") == before


def test_while_the_answer_is_lost_the_file_lists_the_trunk_as_unfinished(
    local_api: Simulator, rotate: Run, path: Path
) -> None:
    rotate(id=OTHER)
    local_api.put_trunk(TRUNK, attributes={"name": f"EU\n{HARMFUL}"})
    local_api.add_faults({"method": "POST", "drop": "headers", "apply": True, "times": 0})
    local_api.add_faults({"method": "GET", "status": 503, "after": 1, "times": 0})
    result = rotate(id=TRUNK)
    assert "may have been applied" in result["msg"]
    assert result["msg"].endswith("or read the credentials with voice_out_trunk_info and include_credentials.")
    text = path.read_text(encoding="utf-8")
    assert f"({TRUNK}): new credentials were requested, and are not here yet." in text
    assert "include_credentials" in text
    assert [entry["id"] for entry in read(path)] == [OTHER]
    # The next run goes on.
    local_api.clear_faults()
    rotate(id=TRUNK)
    assert {entry["id"]: entry["password"] for entry in read(path)} == {
        trunk: held(local_api, trunk)["password"] for trunk in (OTHER, TRUNK)
    }
    assert "not here yet" not in path.read_text(encoding="utf-8")


def test_the_pair_is_written_whole_or_not_generated(
    local_api: Simulator, rotate: Run, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, calls = os.replace, []

    def full(source: str, target: str) -> None:
        calls.append(target)
        # As the first task begins, and as the third one has the new pair.
        if len(calls) in (1, 5):
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    assert "cannot be written, so no credentials were generated" in rotate(id=TRUNK)["msg"]
    assert posts(local_api) == 0
    rotate(id=OTHER)
    before = path.read_text(encoding="utf-8")
    result = rotate(id=TRUNK)
    assert "No space left on device" in result["msg"]
    words = f"Trunk EU SBC ({TRUNK}) has credentials that are in no file: read them with voice_out_trunk_info"
    assert words in result["msg"]
    assert held(local_api, TRUNK)["password"] not in str(result)
    assert path.read_text(encoding="utf-8").startswith(before)
    assert os.listdir(path.parent) == ["new.yml"]
