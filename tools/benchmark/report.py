# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the results of the benchmark as a page: its text is in page.md."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

NOTHING, CHANGE, TEN, ALONE = "nothing to do", "all changed", "ten tasks", "alone"
ONE, MANY, LOOP = "voice_out_trunk", "voice_out_trunks", "loop of voice_out_trunk"
IN_PROCESS, MODULE_PROCESS = f"{ONE}, in process", f"{ONE}, module process"
LINKED = "voice_out_trunks, dids by number"
START, URI, BY_HAND, SCRIPT = "no task", "uri GET", "by hand: uri GET, uri PATCH", "script on the didww package"
LOOP_BY_HAND = {NOTHING: "loop of uri GET", CHANGE: "loops by hand: uri GET, uri PATCH"}
LATENCIES = (0.0, 0.05)
MB = 1_000_000
TRIAL = "A trial run: fleets are smaller than stated, each is measured once, and no target is judged."


def median(row: dict[str, Any], what: str = "seconds") -> float:
    """Return the median of the runs in a row."""
    return float(statistics.median(sample[what] for sample in row["samples"]))


class Figures:
    """The rows by case, contender, latency and number of trunks."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.rows = {(row["case"], row["contender"], row["latency"], row["trunks"]): row for row in data["rows"]}

    def get(self, case: str, contender: str, latency: float = 0.0, trunks: int = 1, what: str = "seconds") -> float:
        """Return a median."""
        return median(self.rows[case, contender, latency, trunks], what)

    def most(self, contender: str, latency: float, what: str) -> float:
        """Return the maximum of all runs with 1,000 trunks."""
        rows = (self.rows[case, contender, latency, 1000] for case in (NOTHING, CHANGE))
        return float(max(sample[what] for row in rows for sample in row["samples"]))

    def requests(self, case: str, contender: str, latency: float, trunks: int) -> str:
        """Return the number of requests."""
        return f"{self.get(case, contender, latency, trunks, 'requests'):,.0f}"

    def time(self, case: str, contender: str, latency: float, trunks: int) -> str:
        """Return a time: measured, or of a loop, extrapolated from two sizes, or from the start and one size."""
        sizes = sorted(key[3] for key in self.rows if key[:3] == (case, contender, latency))
        if trunks in sizes:
            return digits(self.get(case, contender, latency, trunks))
        points = [(float(size), self.get(case, contender, latency, size)) for size in sizes[-2:]]
        if len(points) == 1:
            points.insert(0, (0.0, self.get(NOTHING, START, latency)))
        (x, y), (other_x, other_y) = points
        return f"~{digits(y + (trunks - x) * (other_y - y) / (other_x - x))}"

    def beside(self, case: str, contender: str, other: str, latency: float, trunks: int = 1) -> float:
        """Return the time of a contender, relative to another."""
        return self.get(case, contender, latency, trunks) / self.get(case, other, latency, trunks)

    def memory(self, trunks: int) -> float:
        """Return the peak memory of the module for fleets, in MB."""
        return self.get(ALONE, f"module {MANY}", 0.0, trunks, "peak_bytes") / MB

    def growth(self) -> float:
        """Return the memory for a trunk from 1,000 to 10,000, relative to one from 100 to 1,000."""
        return (self.memory(10000) - self.memory(1000)) / 10 / (self.memory(1000) - self.memory(100))


# Of each target its name, the most that may be measured without and with latency, and how it is measured.
# Where the API's limit decides, 1.1 times what it takes to send the requests: 20 per second.
TARGETS: dict[str, list[tuple[str, tuple[float, ...], Callable[[Figures, float], float]]]] = {
    "Time of a playbook, relative to the same with `uri`": [
        ("one trunk, nothing to do", (0.6, 0.6), lambda f, at: f.beside(NOTHING, IN_PROCESS, URI, at)),
        ("the same in a module process", (1.03, 1.03), lambda f, at: f.beside(NOTHING, MODULE_PROCESS, URI, at)),
        ("one trunk, a change", (0.5, 0.55), lambda f, at: f.beside(CHANGE, IN_PROCESS, BY_HAND, at)),
        ("ten tasks, nothing to do", (0.25, 0.25), lambda f, at: f.beside(TEN, IN_PROCESS, URI, at, 10)),
    ],
    "One task": [
        ("1,000 trunks, nothing to do: seconds", (1.3, 1.3), lambda f, at: f.get(NOTHING, MANY, at, 1000)),
        ("1,000 trunks, nothing to do: requests", (1, 1), lambda f, at: f.get(NOTHING, MANY, at, 1000, "requests")),
        ("1,000 trunks, all changed: seconds", (55, 55), lambda f, at: f.get(CHANGE, MANY, at, 1000)),
        ("1,000 trunks: answers 429", (0, 0), lambda f, at: f.most(MANY, at, "refused_429")),
        ("1,000 trunks, DIDs by number: seconds", (2, 2), lambda f, at: f.get(NOTHING, LINKED, at, 1000)),
        ("1,000 trunks, DIDs by number: requests", (2, 2), lambda f, at: f.get(NOTHING, LINKED, at, 1000, "requests")),
        ("10,000 trunks, nothing to do: seconds", (6,), lambda f, at: f.get(NOTHING, MANY, at, 10000)),
        ("10,000 trunks, nothing to do: requests", (10,), lambda f, at: f.get(NOTHING, MANY, at, 10000, "requests")),
    ],
    "Loop over 1,000 trunks": [
        ("nothing to do: seconds", (55, 55), lambda f, at: f.get(NOTHING, LOOP, at, 1000)),
        ("all changed: seconds", (110, 110), lambda f, at: f.get(CHANGE, LOOP, at, 1000)),
        ("answers 429", (0, 0), lambda f, at: f.most(LOOP, at, "refused_429")),
        ("memory: MB", (120, 120), lambda f, at: f.most(LOOP, at, "peak_bytes") / MB),
    ],
    "Memory of the module for fleets": [
        ("1,000 trunks: MB", (100,), lambda f, _at: f.memory(1000)),
        ("a trunk from 1,000 to 10,000, relative to one from 100 to 1,000", (1.1,), lambda f, _at: f.growth()),
    ],
}


def digits(value: float) -> str:
    """Return a number with three digits, or a whole number as it is."""
    if value == int(value):
        return f"{value:,.0f}"
    places = 2 - math.floor(math.log10(abs(value)))
    return f"{round(value, places):,.{max(0, places)}f}"


def table(head: str, rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table whose first column is text. `head`: the titles, with | between them."""
    titles = head.split("|")
    lines = [titles, [":--", *["--:"] * (len(titles) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def in_short(f: Figures) -> str:
    """Return the table for somebody who decides how to manage trunks."""
    contenders: list[tuple[str, str, int, str, str]] = [
        ("check one trunk", NOTHING, 1, IN_PROCESS, URI),
        ("change one trunk", CHANGE, 1, IN_PROCESS, BY_HAND),
        ("check ten trunks, in ten tasks", TEN, 10, IN_PROCESS, URI),
    ]
    for verb, case in (("check", NOTHING), ("change", CHANGE)):
        contenders.append((f"{verb} 1,000 trunks, in one task", case, 1000, MANY, ""))
        contenders.append((f"{verb} 1,000 trunks, in a loop", case, 1000, LOOP, LOOP_BY_HAND[case]))
    rows = []
    for words, case, trunks, ours, other in contenders:
        other_time = f.time(case, other, 0.0, trunks) if other else "no such task"
        rows.append([words, f.requests(case, ours, 0.0, trunks), f.time(case, ours, 0.0, trunks), other_time])
    return table("to|requests|this collection, s|`uri`, s", rows)


def few(f: Figures) -> str:
    """Return the table for one task and for ten."""
    contenders = [
        (NOTHING, 1, "one trunk, nothing to do", (IN_PROCESS, MODULE_PROCESS, URI)),
        (CHANGE, 1, "one trunk, a change", (IN_PROCESS, MODULE_PROCESS, BY_HAND, SCRIPT)),
        (TEN, 10, "ten tasks, nothing to do", (IN_PROCESS, MODULE_PROCESS, URI)),
    ]
    rows = [
        (words, name, f.requests(case, name, 0.0, trunks), *(f.time(case, name, at, trunks) for at in LATENCIES))
        for case, trunks, words, names in contenders
        for name in names
    ]
    return table("task|contender|requests|s|s, 50 ms latency", rows)


def fleets(f: Figures) -> str:
    """Return the table for fleets."""
    rows = [
        (
            f"{size:,} trunks, {case}{', 50 ms latency' if at else ''}",
            f.requests(case, MANY, at, size),
            *(f.time(case, name, at, size) for name in (MANY, LOOP, LOOP_BY_HAND[case])),
        )
        for case in (NOTHING, CHANGE)
        for at in LATENCIES
        for size in (10, 100, 1000, 10000)
        if (case, MANY, at, size) in f.rows
    ]
    return table("fleet|requests of one task|one task, s|loop of `voice_out_trunk`, s|loop of `uri`, s", rows)


def targets(f: Figures) -> str:
    """Return the section of the targets: how many are met, and their tables."""
    tables, judged = [], list[bool]()
    for group, rows in TARGETS.items():
        lines = []
        for name, most, measure in rows:
            values = [measure(f, at) for at, _most in zip(LATENCIES, most, strict=False)]
            met = [value <= limit for value, limit in zip(values, most, strict=True)]
            cells = [digits(value) if fits else f"**{digits(value)}**" for value, fits in zip(values, met, strict=True)]
            limits = " / ".join(dict.fromkeys(digits(limit) for limit in most))
            lines.append([name, limits, *cells, *[""] * (len(LATENCIES) - len(cells))])
            judged += met
        tables.append(table(f"{group}|at most|measured|50 ms latency", lines))
    counted = f"{sum(judged)} of {len(judged)} figures meet their target."
    missed = "The others are **bold**. If there are two limits, the second applies with latency."
    return "\n\n".join(["\n## Targets", f"{counted} {missed}", *tables]) + "\n"


def page(data: dict[str, Any]) -> str:
    """Return the page."""
    f, quick = Figures(data), data["quick"]
    first = "How long a whole playbook takes, and how many requests it sends, without network latency:"
    return (
        Path(__file__)
        .with_name("page.md")
        .read_text(encoding="utf-8")
        .format(
            first=f"**{TRIAL}**" if quick else first,
            start=digits(f.get(NOTHING, START)),
            # Fleets of a quick run are too small to judge.
            judged="" if quick else targets(f),
            **{section.__name__: section(f) for section in (in_short, few, fleets)},
            minutes=data["seconds"] / 60,
            machine=data["machine"],
        )
    )
