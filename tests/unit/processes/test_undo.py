# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The undo file of real jobs: nothing in it is evaluated, and it holds after an interruption."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from simulator.server import Simulator

from ..conftest import HANG_GUARD, connection_to
from ..playbooks import end, start, write_play
from ..plugins.module_utils._engine.test_undo_file import TEXTS
from .test_interrupted import TRUNKS, each_front_end, updates, wait_for_updates, without_answers

MODULE = "didww.voice.voice_out_trunks"


def run(folder: Path, front_end: str, *tasks: dict[str, Any], **play: Any) -> subprocess.Popen[str]:
    """Start a play with these tasks."""
    return start(folder, write_play(folder, *tasks, **play), "-e", f"didww_in_process={front_end == 'action'}")


@each_front_end
def test_no_name_is_a_template(front_end: str, api_version: str, tmp_path: Path) -> None:
    """A play reads the file with include_vars, and with vars_files."""
    sign = tmp_path / "evaluated"
    command = f"lookup('ansible.builtin.pipe', 'touch {sign}')"
    names = [f"{{{{ {command} }}}}", f"{{% if {command} %}}{{% endif %}}", f"{{# #}}{{{{ {command} }}}}"]
    names.append(f"#jinja2: variable_start_string:'[[', variable_end_string:']]'\n[[ {command} ]]")
    names += [text for text in TEXTS if text.strip() and text.isprintable() and len(text) < 100]
    trunks = [
        {"id": id_, "attributes": {"name": name, "external_reference_id": name[:100]}}
        for id_, name in zip(TRUNKS, names, strict=False)
    ]
    undo = tmp_path / "undo.yml"
    with Simulator({"api_keys": ["key"], "trunks": trunks}, rate=0, version=api_version) as api:
        connection = {**connection_to(api), "api_key": "key"}
        before = api.trunks
        changes = [
            {"id": trunk["id"], "name": f"Renamed {number}", "external_reference_id": None, "rtp_ping": True}
            for number, trunk in enumerate(trunks)
        ]
        rename = {**connection, "trunks": changes}
        end(run(tmp_path, front_end, {MODULE: {**rename, "undo_file": str(undo)}}))
        assert all(trunk["attributes"]["name"].startswith("Renamed") for trunk in api.trunks)
        assert undo.read_text("utf-8").count("!unsafe") >= 8
        tasks: list[dict[str, Any]] = [{"ansible.builtin.include_vars": {"file": str(undo), "name": "undo"}}]
        for listed in ("undo.trunks", "trunks"):
            tasks += [
                {"ansible.builtin.debug": {"msg": f"{{{{ {listed} | length }}}}"}},
                {MODULE: {**connection, "trunks": f"{{{{ {listed} }}}}", "skip_invalid": True}},
                {MODULE: rename},
            ]
        end(run(tmp_path, front_end, *tasks[:-1], vars_files=[str(undo)]))
        assert updates(api) == 4 * len(trunks)
        assert api.trunks == before
    assert not sign.exists()


@each_front_end
@pytest.mark.parametrize("how", ["killed group", "^C", "lost answers"])
def test_an_interrupted_fleet_can_be_undone(
    front_end: str, api_version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """It ends while some trunks are blocked, and nobody knows which."""
    seed = {"api_keys": ["key"], "trunks": [{"id": id_, "attributes": {"name": id_}} for id_ in TRUNKS]}
    undo = tmp_path / "undo.yml"
    with Simulator(seed, rate=0, version=api_version) as api:
        connection = {**connection_to(api), "api_key": "key", "api_retries": 0, "api_timeout": 2 * HANG_GUARD}
        before = api.trunks
        blocks = [{"id": id_, "status": "blocked"} for id_ in TRUNKS]
        with without_answers(tmp_path, monkeypatch) as answers:
            if how == "lost answers":
                answers.set()
                api.add_faults({"method": "PATCH", "times": 0, "apply": True, "drop": "before"})
            job = run(tmp_path, front_end, {MODULE: {**connection, "undo_file": str(undo), "trunks": blocks}})
            if how != "lost answers":
                wait_for_updates(api, job)
                os.killpg(job.pid, signal.SIGKILL if how == "killed group" else signal.SIGINT)
            job.communicate(timeout=HANG_GUARD)
        assert job.returncode != 0
        api.clear_faults()
        assert 0 < sum(trunk["attributes"]["status"] == "blocked" for trunk in api.trunks) < len(TRUNKS)
        assert yaml.safe_load(undo.read_text("utf-8"))["trunks"] == [{"id": id_, "status": "active"} for id_ in TRUNKS]
        assert [name for name in os.listdir(tmp_path) if name.startswith(".undo")] == []
        tasks = [
            {"ansible.builtin.include_vars": {"file": str(undo), "name": "undo"}},
            {MODULE: {**connection, "trunks": "{{ undo.trunks }}", "skip_invalid": True}},
        ]
        end(run(tmp_path, front_end, *tasks))
        assert api.trunks == before
