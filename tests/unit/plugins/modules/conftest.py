# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of modules run with both front ends, and with each version of the API."""

from __future__ import annotations

import pytest

from ...conftest import API_VERSIONS


@pytest.fixture(params=["module", "action"])
def front_end(request: pytest.FixtureRequest) -> str:
    """The front end that runs the module."""
    return str(request.param)


@pytest.fixture(params=API_VERSIONS)
def api_version(request: pytest.FixtureRequest) -> str:
    """The version of the API: each test runs with every version."""
    return str(request.param)
