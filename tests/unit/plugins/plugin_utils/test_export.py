# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vars file of an account: Ansible reads back what DIDWW holds."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from ansible_collections.didww.voice.plugins.plugin_utils._export import export_report

from ...conftest import UnsafeLoader, rows, table


def account(**settings: Any) -> dict[str, Any]:
    return {"trunks": [{"id": "1", **settings}], "settings": [{"id": "1", **settings}]}


LONG = {"type": "x", "tech_prefix": "{{ x }}", "allowed_sip_ips": ["203.0.113.1/32"] * 20}


@pytest.mark.parametrize("value", [*rows("vars_files", "values"), "x" * 300, LONG])
def test_every_value_comes_back(value: Any) -> None:
    text = export_report(account(name="n", other=value), "id")["text"]
    assert yaml.load(text, UnsafeLoader)["trunks"] == [{"id": "1", "name": "n", "other": value}]  # noqa: S506 - a SafeLoader
    assert text.count("!unsafe") == len(re.findall(r"{[{%#]|#jinja2:(?! {)", str(value)))


def test_the_file() -> None:
    trunks = table("vars_files", "trunks")
    assert export_report(trunks, "id")["text"].split("should not manage.\n")[1] == (
        "trunks:\n  - id: '1'\n    name: EU\n  - id: '2'\n    # rtp_timeout is left out: 0 is not accepted\n"
        "    name: us\n    dids: ['1']\n"
    )
    by_name = export_report(trunks, "name")["text"]
    assert "\n  - name: EU\n  - name: us\n" in by_name
    assert "# In another account, an entry with an external_reference_id refers to the trunk that has it" in by_name


def test_no_trunks() -> None:
    assert export_report({"trunks": [], "settings": []}, "id")["text"].endswith("\ntrunks: []\n")


def test_a_trunk_that_cannot_be_selected_is_named() -> None:
    trunk = {"id": "1", "name": "EU", "external_reference_id": None}
    found = export_report({"trunks": [trunk], "settings": [{}]}, "external_reference_id")
    problem = "by: these trunks have no external_reference_id: EU. Export by name instead."
    assert found == {"text": "", "problem": problem}


@pytest.mark.parametrize("by", ["id", "name"])
def test_several_lists(by: str) -> None:
    found = export_report(table("vars_files", "account"), by)
    text = found["text"]
    number, name = ("id: '2'", "id: '1'") if by == "id" else ("number: '37061498222'", "name: Night")
    assert found["total"] == "1 inbound trunks, 2 numbers, 0 outbound trunks"
    assert f"in_trunks:\n  - {name}\n    # configuration.auth_password is left out: the trunk keeps its pass" in text
    assert f"\ndids:\n  - {number}\n" in text
    assert text.endswith("\ntrunks: []\n")
    assert ("# Numbers are selected by number" in text) is (by == "name")
    loaded = yaml.safe_load(text)
    assert [entry.get("voice_in_trunk") for entry in loaded["dids"]] == ["Night", None]
    assert [len(entry) for entry in loaded["dids"]] == ([3, 2] if by == "id" else [2, 1])
