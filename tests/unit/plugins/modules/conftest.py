# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every test of a module runs through both front ends."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["module", "action"])
def front_end(request: pytest.FixtureRequest) -> str:
    """Which front end runs the module."""
    return str(request.param)
