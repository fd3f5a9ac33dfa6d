# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet that is bound to an approval sends what was approved, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine import undo_file
from simulator.server import Simulator

from ...conftest import ANY_DID, RunModule
from ...conftest import TRUNK as EU
from .conftest import tokens

ENTRIES: list[dict[str, Any]] = [
    {"id": EU, "capacity_limit": 60},
    {"name": "Twilio London", "rtp_ping": True},
    {"id": ANY_DID, "media_encryption_mode": "zrtp"},
    {"name": "Carrier interconnect"},
]


def move(api: Simulator, trunk: str = EU, **attributes: Any) -> None:
    """Change settings of a trunk, as somebody else would."""
    api.put_trunk(trunk, attributes=attributes)


def test_every_way_to_plan_gives_the_same_tokens(local_api: Simulator, run_fleet: RunModule) -> None:
    predicted = run_fleet(check=True, trunks=ENTRIES)
    audited = run_fleet(audit=True, trunks=ENTRIES)
    planned = tokens(predicted)
    assert len(set(planned)) == 3
    assert tokens(audited) == planned
    assert "token" not in predicted["trunks"][3]
    assert [entry["method"] for entry in predicted["trunks"][:3]] == ["PATCH"] * 3
    local_api.add_faults({"method": "PATCH", "status": 422, "times": 0})
    assert tokens(run_fleet(trunks=ENTRIES)) == planned
    local_api.clear_faults()
    assert tokens(run_fleet(trunks=ENTRIES)) == planned
    assert tokens(run_fleet(trunks=ENTRIES)) == []


# --- With a way back ------------------------------------------------------------------------------


@pytest.mark.parametrize("moved", [{"capacity_limit": 31}, {"allowed_rtp_ips": ["192.0.2.9/32"]}])
def test_what_moves_after_the_undo_file_is_written_is_not_sent(
    local_api: Simulator, run_fleet: RunModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moved: dict[str, Any]
) -> None:
    """The run is bound to what was recorded."""
    method = {"type": "twilio", "twilio_account_sid": "AC" + 32 * "0"}
    entries = [{"id": EU, "capacity_limit": 60, "authentication_method": method}]
    path = tmp_path / "undo.yml"
    approved = tokens(run_fleet(check=True, trunks=entries))
    write: Callable[..., None] = undo_file.UndoFile.write

    def write_and_move(self: undo_file.UndoFile, api_version: str) -> None:
        write(self, api_version)
        move(local_api, **moved)

    monkeypatch.setattr(undo_file.UndoFile, "write", write_and_move)
    result = run_fleet(trunks=entries, approved=approved, undo_file=str(path))
    assert result["summary"]["changed"] == 1
    (body,) = [entry["body"]["data"]["attributes"] for entry in local_api.journal if entry["method"] == "PATCH"]
    assert body.keys() == {"capacity_limit", "authentication_method"}
    assert "capacity_limit: 30" in path.read_text("utf-8")
