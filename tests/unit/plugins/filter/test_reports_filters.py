# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters, which are documented in their own files."""

from __future__ import annotations

import inspect

import pytest
import yaml
from ansible_collections.didww.voice.plugins.filter.reports import FilterModule

from ...conftest import ROOT

FILTERS = FilterModule().filters()
DOCUMENTS = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in (ROOT / "plugins/filter").glob("*.yml")}


def test_every_filter_is_documented() -> None:
    assert FILTERS.keys() == DOCUMENTS.keys()


@pytest.mark.parametrize("name", FILTERS)
def test_the_documentation_lists_the_parameters(name: str) -> None:
    documentation = DOCUMENTS[name]["DOCUMENTATION"]
    _input, *parameters = inspect.signature(FILTERS[name]).parameters
    assert documentation["name"] == name
    assert [*documentation["options"]] == ["_input", *parameters]
    assert documentation["positional"] == ", ".join(parameters)
    assert f"didww.voice.{name}" in DOCUMENTS[name]["EXAMPLES"]
