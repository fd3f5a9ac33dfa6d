# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Threads leave signals to the main thread, which Python handles them in."""

from __future__ import annotations

import signal

import pytest
from ansible_collections.didww.voice.plugins.module_utils._engine.concurrency import concurrently, in_background


def blocked_signals() -> set[int]:
    return set(signal.pthread_sigmask(signal.SIG_BLOCK, []))


def test_a_thread_receives_no_signals() -> None:
    """Nor does one of several requests: an interrupted worker of Ansible went on sending updates."""
    before, found = blocked_signals(), []
    in_background(lambda: found.append(blocked_signals())).join()
    for blocked in (*found, *concurrently(lambda _index: blocked_signals(), 2)):
        assert blocked >= {signal.SIGINT, signal.SIGTERM, signal.SIGALRM}
    assert blocked_signals() == before, "the main thread receives them as before"


def test_an_error_in_a_thread_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        concurrently(lambda index: 1 // index, 2)
