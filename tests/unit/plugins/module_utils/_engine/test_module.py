# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The front end of a module's own process."""

from __future__ import annotations

import pytest
from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi

from ....conftest import RunModule


def test_requests_may_be_missing(run_module: RunModule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonapi, "REQUESTS_IMPORT_ERROR", "Traceback")
    result = run_module(name="EU SBC")
    assert result["failed"] is True
    assert "Failed to import the required Python library (requests)" in result["msg"]


def test_an_expected_error_shows_no_traceback(run_module: RunModule) -> None:
    result = run_module(name="nobody", _ansible_verbosity=4)
    assert result["failed"] is True
    assert "exception" not in result


def test_a_value_can_be_the_name_of_an_option(run_module: RunModule) -> None:
    result = run_module(id="0f1d3c52-9c7b-4b3e-8a56-2f3f8f1f7f10", status="id")
    assert result["msg"] == 'status: "id" is not accepted; expected one of active, blocked'
