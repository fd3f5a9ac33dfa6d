# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Problems of a task, found before anything is changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from ansible_collections.didww.voice.plugins.module_utils._engine.kinds import nearest


class Problem(NamedTuple):
    """One problem with a task.

    `option`: the option, with a dot before a part of it. `text`: what is wrong and how to fix it.
    """

    option: str
    text: str


class InvalidOptions(Exception):
    """All problems found in a task before anything was changed."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems)
        self.problems = problems

    def messages(self) -> list[str]:
        """Return a message for each problem, beginning with the option."""
        return [f"{problem.option}: {problem.text}" for problem in self.problems]


def unsupported(problems: list[Problem], given: Iterable[str], known: Collection[str], prefix: str = "") -> None:
    """Add options that do not exist to `problems`, with the nearest ones and a list of those that do."""
    unknown = []
    for name in given:
        if name not in known:
            near = nearest(name, known)
            unknown.append(f"{prefix}{name}" + (f" (did you mean {near}?)" if near else ""))
    if unknown:
        words = f"{', '.join(unknown)}. Supported parameters include: {', '.join(sorted(known))}."
        problems.append(Problem("unsupported options", words))
