# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE: this file belongs to the collection and may change at any time. Do not import it from outside.

"""The vars file of an account: every trunk and number with all its settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml
from ansible_collections.didww.voice.plugins.module_utils._engine.vars_file import is_template
from ansible_collections.didww.voice.plugins.plugin_utils._parts import parts_of

HEAD = """\
---
# DIDWW {}, written by didww.voice.export_trunks. Each entry has the options of
# {}. Delete the settings that this file should not manage.
"""
MODULES = "didww.voice.voice_in_trunk, didww.voice.did or didww.voice.voice_out_trunk"
ELSEWHERE = """\
# In another account, an entry with an external_reference_id refers to the trunk that has it, and any other entry to the
# trunk that has its name. If the name exists there without the reference, nothing is created: a run fails, and so does
# "didww.voice.fleet --check". Give that trunk its reference first, or delete the reference from the entry.
"""
NUMBERS = """\
# Numbers are selected by number, and their targets by name. A number that another account does not have is an error.
"""
WITHHELD = "is left out: the trunk keeps its password. To set it, as in another account, add it from a vault."


class _Dumper(yaml.SafeDumper):
    """Writes texts so that Ansible does not evaluate them, and so that YAML does not fold them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent the entries of a list."""
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    if is_template(text):
        return dumper.represent_scalar("!unsafe", text, style='"')
    # YAML would fold a line at a Unicode space.
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if re.search(r"[^\S ]", text) else None)


_Dumper.add_representer(str, _text)


def export_report(account: Mapping[str, Any], selector: str) -> dict[str, str]:
    """Return the vars file of an account: `text`. `account` is the result of playbook_lists.

    `selector`: the option that selects the trunk of an entry. Unless it is the id, the file has no ids, and numbers are
    selected by number. `problem`: which trunks it cannot select, or an empty text. `total`: what is in the file.
    """
    parts = [(part, "number" if part.name == "dids" and selector != "id" else selector) for part in parts_of(account)]
    nameless = [str(item.get("name") or item["id"]) for part, by in parts for item in part.entries if not item.get(by)]
    if nameless:
        words = f"by: these trunks have no {selector}: {', '.join(nameless)}. Export by name instead."
        return {"text": "", "problem": words}
    alone = not parts[0][0].name
    text = [HEAD.format(*(("outbound trunks", "didww.voice.voice_out_trunk") if alone else ("lists", MODULES)))]
    text += [] if selector == "id" else [ELSEWHERE]
    text += [NUMBERS] if ("dids", "number") in [(part.name, by) for part, by in parts] else []
    for part, by in parts:
        text.append(f"{part.listed}:\n" if part.entries else f"{part.listed}: []\n")
        pairs = zip(part.entries, part.result["settings"], strict=True)
        title = "number" if part.name == "dids" else "name"
        for item, settings in sorted(pairs, key=lambda pair: str(pair[0].get(title)).casefold()):
            text += _entry(item, settings, by)
    total = ", ".join(f"{len(part.entries)} {part.nouns}" for part, _by in parts)
    return {"text": "".join(text), "problem": "", "total": total}


def _entry(item: Mapping[str, Any], settings: Mapping[str, Any], selector: str) -> list[str]:
    """Return the lines of an entry."""
    entry = _lines(selector, item[selector])
    for option, why in item.get("not_accepted", {}).items():
        entry.append(f"# {option} is left out: {' '.join(why.split())}")
    for option in item.get("withheld", ()):
        entry.append(f"# {option} {WITHHELD}")
    for name, value in settings.items():
        if name not in ("id", selector):
            entry += _lines(name, value)
    return [f"  {'  ' if number else '- '}{line}\n" for number, line in enumerate(entry)]


def _lines(name: str, value: Any) -> list[str]:
    """Return a setting as lines of YAML."""
    nested = isinstance(value, (list, dict))
    style = {"default_flow_style": None, "width": 110} if nested else {"default_flow_style": False, "width": 10000}
    written = yaml.dump(_plain({name: value}), Dumper=_Dumper, indent=2, sort_keys=False, allow_unicode=True, **style)
    # Not splitlines: it also splits at Unicode's line breaks.
    return str(written).rstrip("\n").split("\n")


def _plain(value: Any) -> Any:
    """Return a value without Ansible's own types, which PyYAML does not write."""
    if isinstance(value, dict):
        return {_plain(name): _plain(held) for name, held in value.items()}
    if isinstance(value, list):
        return [_plain(held) for held in value]
    # Not str(), which keeps the type before ansible-core 2.19.
    return str.__str__(value) if isinstance(value, str) else value
