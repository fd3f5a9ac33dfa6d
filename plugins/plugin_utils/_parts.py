# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE: this file belongs to the collection and may change at any time. Do not import it from outside.

"""What reports are made of: tables, the names of trunks, and the results of lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.didww.voice.plugins.module_utils._engine.vars_file import printable
from ansible_collections.didww.voice.plugins.module_utils._resources.account import ACCOUNT


def one_line(text: object) -> str:
    """Return a text with escapes for line breaks, and for what would reorder or hide what a reader sees."""
    return printable(str(text))


def table(rows: Sequence[Sequence[object]]) -> list[str]:
    """Return the lines of a table whose first row is its header. Without another row it is empty."""
    if len(rows) < 2:
        return []
    cells = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def label(trunk: Mapping[str, Any]) -> str:
    """Return what to call a trunk: its name, or its id if the name is unknown."""
    return one_line(trunk.get("name") or trunk.get("id") or "(unknown)")


def named(trunks: Iterable[Mapping[str, Any]]) -> str:
    """Return the names of trunks, or an empty text."""
    return ", ".join(label(trunk) for trunk in trunks)


def identifiers(trunk: Mapping[str, Any]) -> list[Any]:
    """Return what a trunk can be selected by."""
    return [trunk.get(name) for name in ("id", "external_reference_id", "name")]


def amount(value: Any, otherwise: str) -> str:
    """Return an amount as text, or what to say if there is none."""
    return otherwise if value is None else str(value)


def names_in(entry: Mapping[str, Any]) -> dict[str, str]:
    """Return the known names of the resources that the one of an entry links to, by id."""
    return {id_: name for resource in ACCOUNT.values() for id_, name in entry.get(resource.known_as, {}).items()}


class Part(NamedTuple):
    """The result for one list. `name`: its variable, or an empty text if there is only that of outbound trunks.

    `entries`: what it has. `key`: what results call them. `nouns`: what people call them.
    """

    name: str
    result: Mapping[str, Any]
    entries: Sequence[Mapping[str, Any]]
    key: str
    nouns: str

    @property
    def listed(self) -> str:
        """The variable of the list."""
        return self.name or "trunks"

    def cells(self, *cells: Any) -> list[Any]:
        """Return a row of a table, in which the list comes first if there are several."""
        return [self.name, *cells] if self.name else [*cells]

    def words(self, text: str) -> str:
        """Return a text about the list, which names it if there are several."""
        return f"{self.name}: {text}" if self.name else text


def parts_of(result: Mapping[str, Any]) -> list[Part]:
    """Return the results of the lists in the result of a module, even a failed one, in the order of work."""
    found = {name: result[name] for name in ACCOUNT if isinstance(result.get(name), Mapping)}
    return [
        Part(name, one, one[key], key, {"in_trunks": "inbound trunks", "dids": "numbers"}.get(name, "outbound trunks"))
        for name, one in found.items()
        for key in (ACCOUNT[name].keys,)
    ] or [Part("", result, result.get("trunks", ()), "trunks", "trunks")]


def differing(compared: Mapping[str, Any]) -> str:
    """Return what to say if a new vars file differs from the account. `compared`: the result of check mode."""
    words = "differs from the account, which changed while it was exported: write the file again."
    found = [(part, [entry for entry in part.entries if entry["changed"]]) for part in parts_of(compared)]
    return " ".join([words, *(f"These {part.nouns} differ: {named(entries)}." for part, entries in found if entries)])
