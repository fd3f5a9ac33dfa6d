# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Delays that take no time."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest
from ansible_collections.didww.voice.plugins.module_utils._client import http


@pytest.fixture
def delays(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Record the delays between attempts and advance the clock, instead of waiting."""
    kept: list[float] = []
    clock = SimpleNamespace(sleep=kept.append, monotonic=lambda: 1000 + sum(kept))
    monkeypatch.setattr(http, "time", clock)
    monkeypatch.setattr(time, "sleep", kept.append)  # used by urllib3
    return kept
