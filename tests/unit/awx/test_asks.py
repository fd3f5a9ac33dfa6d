# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On a terminal, block_trunk asks for confirmation before it blocks trunks that a filter selects."""

from __future__ import annotations

import sys
from pathlib import Path

import pexpect
import pytest
from simulator.server import Simulator

from .. import playbooks
from ..conftest import HANG_GUARD, TWILIO


@pytest.mark.parametrize(("answer", "status", "sent"), [("yes", 0, [TWILIO]), ("no", 2, []), ("", 2, [])])
def test_trunks_are_only_blocked_after_yes(tmp_path: Path, answer: str, status: int, sent: list[str]) -> None:
    with Simulator(rate=0) as api:
        environment = playbooks.environment(tmp_path, DIDWW_API_URL=api.url, DIDWW_API_KEY="local-key")
        arguments = ["-m", "ansible", "playbook", "didww.voice.block_trunk", "-e", "name_contains=London"]
        terminal = pexpect.spawn(sys.executable, arguments, env=environment, timeout=HANG_GUARD, encoding="utf-8")
        terminal.expect(r"Block this trunk: Twilio London\? \(yes/no\)")
        terminal.sendline(answer)
        terminal.expect(pexpect.EOF)
        terminal.close()
        assert terminal.exitstatus == status
        assert [entry["body"]["data"]["id"] for entry in api.journal if entry["method"] == "PATCH"] == sent
