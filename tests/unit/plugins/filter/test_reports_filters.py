# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters, which are documented in their own files."""

from __future__ import annotations

import importlib
import inspect

import pytest
import yaml

from ...conftest import ROOT

PACKAGE = "ansible_collections.didww.voice.plugins.filter"
MODULES = {
    path.stem: importlib.import_module(f"{PACKAGE}.{path.stem}") for path in (ROOT / "plugins/filter").glob("*.py")
}
FILTERS = {name: function for module in MODULES.values() for name, function in module.FilterModule().filters().items()}


def test_every_filter_has_its_own_file() -> None:
    assert FILTERS.keys() == MODULES.keys()


@pytest.mark.parametrize("name", FILTERS)
def test_the_documentation_lists_the_parameters(name: str) -> None:
    documentation = yaml.safe_load(MODULES[name].DOCUMENTATION)
    _input, *parameters = inspect.signature(FILTERS[name]).parameters
    assert documentation["name"] == name
    assert [*documentation["options"]] == ["_input", *parameters]
    assert documentation["positional"] == ", ".join(parameters)
    assert f"didww.voice.{name}" in MODULES[name].EXAMPLES
