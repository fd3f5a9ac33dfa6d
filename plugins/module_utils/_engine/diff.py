# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's diff of a plan. Pure: no I/O, no Ansible, no HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import show
from ansible_collections.didww.voice.plugins.module_utils._engine.plan import Plan


def diff(plan: Plan) -> dict[str, str]:
    """Return the diff: the differences of each setting, in the order of the declaration.

    As text, since Ansible would sort a dict by key. Each line names its setting. So no two settings have equal lines,
    and the empty lines between settings, the same on both sides, keep before and after of each together.
    """
    title = f"{plan.after.resource.name} {plan.name}" + (f" ({plan.after.id})" if plan.after.id else "")
    blocks = [_block(name, **change, names=plan.after.names) for name, change in plan.shown.items()]
    # From nothing to everything, or back: there is nothing to keep together.
    space = "\n" if plan.method == "PATCH" else ""
    before, after = (space.join("".join(f"{line}\n" for line in block[side]) for block in blocks) for side in (0, 1))
    if plan.method != "PATCH":
        before, after = ("", after) if plan.exists else (before, "")
    return {"before_header": title, "after_header": title, "before": before, "after": after}


def changed_lines(changes: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]) -> list[str]:
    """Return the diff of changes, as results show them, as lines that begin with - or +. `names`: see `Item`."""
    lines = []
    for name, change in changes.items():
        before, after = _block(name, change["before"], change["after"], names)
        # Without the count of what is unchanged, which is on both sides.
        lines += [f"-{line}" for line in before if not line.startswith("#")]
        lines += [f"+{line}" for line in after if not line.startswith("#")]
    return lines


def _block(name: str, before: Any, after: Any, names: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return the lines that show a setting before, and those that show it after, without those in both."""
    sides = _lines(name, before, names), _lines(name, after, names)
    kept = [[line for line in side if line in other] for side, other in (sides, sides[::-1])]
    # The order of some lists matters. Those whose order does not are sorted.
    moved = {line.partition(": ")[0] for line, other in zip_longest(*kept, fillvalue="") if line != other}
    same = [line for line in kept[0] if line.partition(": ")[0] not in moved]
    count = [f"# {name}: {len(same)} unchanged"] if same else []
    gone, new = ([line for line in side if line not in same] for side in sides)
    # A resource that is created with null, or deleted with it.
    if not gone and not new:
        return sides
    return count + gone, count + new


def _lines(name: str, value: Any, names: Mapping[str, str]) -> list[str]:
    """Return a line for each entry or attribute of a value; links with their names, where these are known."""
    if value and isinstance(value, dict) and all(key.isidentifier() for key in value):
        return [line for key, held in value.items() for line in _lines(f"{name}.{key}", held, names)]
    # A list with null or a list in it, which the API should not have, would look like null or that list.
    listed = value and isinstance(value, list) and all(isinstance(entry, (str, int)) for entry in value)
    entries = value if listed else [value]
    known = {identifier: f"  # {called}" for identifier, called in names.items()}
    return [f"{name}: {show(entry)}{known.get(str(entry), '')}" for entry in entries]
