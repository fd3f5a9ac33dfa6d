# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the results of the benchmark as a page."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

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

    def loop(self, case: str, contender: str, latency: float, trunks: int) -> str:
        """Return the time of a loop: measured, or extrapolated from two sizes, or from the start and one size."""
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


class Target(NamedTuple):
    """A target: the most that may be measured without and with latency, and how it is measured."""

    name: str
    most: tuple[float, ...]
    measured: Callable[[Figures, float], float]


# Where the API's limit decides, 1.1 times what it takes to send the requests: 20 per second.
TARGETS = {
    "Time of a playbook, relative to the same with `uri`": [
        Target("one trunk, nothing to do", (0.6, 0.6), lambda f, at: f.beside(NOTHING, IN_PROCESS, URI, at)),
        Target("the same in a module process", (1.03, 1.03), lambda f, at: f.beside(NOTHING, MODULE_PROCESS, URI, at)),
        Target("one trunk, a change", (0.5, 0.55), lambda f, at: f.beside(CHANGE, IN_PROCESS, BY_HAND, at)),
        Target("ten tasks, nothing to do", (0.25, 0.25), lambda f, at: f.beside(TEN, IN_PROCESS, URI, at, 10)),
    ],
    "One task": [
        Target("1,000 trunks, nothing to do: seconds", (1.3, 1.3), lambda f, at: f.get(NOTHING, MANY, at, 1000)),
        Target(
            "1,000 trunks, nothing to do: requests", (1, 1), lambda f, at: f.get(NOTHING, MANY, at, 1000, "requests")
        ),
        Target("1,000 trunks, all changed: seconds", (55, 55), lambda f, at: f.get(CHANGE, MANY, at, 1000)),
        Target("1,000 trunks: answers 429", (0, 0), lambda f, at: f.most(MANY, at, "refused_429")),
        Target("1,000 trunks, DIDs by number: seconds", (2, 2), lambda f, at: f.get(NOTHING, LINKED, at, 1000)),
        Target(
            "1,000 trunks, DIDs by number: requests", (2, 2), lambda f, at: f.get(NOTHING, LINKED, at, 1000, "requests")
        ),
        Target("10,000 trunks, nothing to do: seconds", (6,), lambda f, at: f.get(NOTHING, MANY, at, 10000)),
        Target(
            "10,000 trunks, nothing to do: requests", (10,), lambda f, at: f.get(NOTHING, MANY, at, 10000, "requests")
        ),
    ],
    "Loop over 1,000 trunks": [
        Target("nothing to do: seconds", (55, 55), lambda f, at: f.get(NOTHING, LOOP, at, 1000)),
        Target("all changed: seconds", (110, 110), lambda f, at: f.get(CHANGE, LOOP, at, 1000)),
        Target("answers 429", (0, 0), lambda f, at: f.most(LOOP, at, "refused_429")),
        Target("memory: MB", (120, 120), lambda f, at: f.most(LOOP, at, "peak_bytes") / MB),
    ],
    "Memory of the module for fleets": [
        Target("1,000 trunks: MB", (100,), lambda f, _at: f.memory(1000)),
        Target(
            "a trunk from 1,000 to 10,000, relative to one from 100 to 1,000",
            (1.1,),
            lambda f, _at: (f.memory(10000) - f.memory(1000)) / 10 / (f.memory(1000) - f.memory(100)),
        ),
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


def in_short(figures: Figures) -> str:
    """Return the table for somebody who decides how to manage trunks."""
    rows = [
        (
            words,
            f"{figures.get(case, IN_PROCESS, 0.0, trunks, 'requests'):.0f}",
            *(digits(figures.get(case, name, 0.0, trunks)) for name in (IN_PROCESS, other)),
        )
        for words, case, trunks, other in (
            ("check one trunk", NOTHING, 1, URI),
            ("change one trunk", CHANGE, 1, BY_HAND),
            ("check ten trunks, in ten tasks", TEN, 10, URI),
        )
    ]
    for words, case in (("check", NOTHING), ("change", CHANGE)):
        rows += [
            (
                f"{words} 1,000 trunks, in one task",
                f"{figures.get(case, MANY, 0.0, 1000, 'requests'):,.0f}",
                digits(figures.get(case, MANY, 0.0, 1000)),
                "no such task",
            ),
            (
                f"{words} 1,000 trunks, in a loop",
                f"{figures.get(case, LOOP, 0.0, 1000, 'requests'):,.0f}",
                figures.loop(case, LOOP, 0.0, 1000),
                figures.loop(case, LOOP_BY_HAND[case], 0.0, 1000),
            ),
        ]
    return table("to|requests|this collection, s|`uri`, s", rows)


def few(figures: Figures) -> str:
    """Return the table for one task and for ten."""
    contenders = [
        (NOTHING, 1, "one trunk, nothing to do", (IN_PROCESS, MODULE_PROCESS, URI)),
        (CHANGE, 1, "one trunk, a change", (IN_PROCESS, MODULE_PROCESS, BY_HAND, SCRIPT)),
        (TEN, 10, "ten tasks, nothing to do", (IN_PROCESS, MODULE_PROCESS, URI)),
    ]
    rows = [
        (
            words,
            name,
            f"{figures.get(case, name, 0.0, trunks, 'requests'):.0f}",
            *(digits(figures.get(case, name, latency, trunks)) for latency in LATENCIES),
        )
        for case, trunks, words, names in contenders
        for name in names
    ]
    return table("task|contender|requests|s|s, 50 ms latency", rows)


def fleets(figures: Figures) -> str:
    """Return the table for fleets."""
    rows = [
        (
            f"{size:,} trunks, {case}{', 50 ms latency' if latency else ''}",
            f"{figures.get(case, MANY, latency, size, 'requests'):,.0f}",
            digits(figures.get(case, MANY, latency, size)),
            figures.loop(case, LOOP, latency, size),
            figures.loop(case, LOOP_BY_HAND[case], latency, size),
        )
        for case in (NOTHING, CHANGE)
        for latency in LATENCIES
        for size in (10, 100, 1000, 10000)
        if (case, MANY, latency, size) in figures.rows
    ]
    return table("fleet|requests of one task|one task, s|loop of `voice_out_trunk`, s|loop of `uri`, s", rows)


def targets(figures: Figures) -> str:
    """Return the tables of the targets, and how many are met."""
    tables, judged = [], []
    for group, rows in TARGETS.items():
        lines = []
        for name, most, measure in rows:
            measured = [measure(figures, at) for at, _most in zip(LATENCIES, most, strict=False)]
            met = [value <= limit for value, limit in zip(measured, most, strict=True)]
            cells = [
                digits(value) if fits else f"**{digits(value)}**" for value, fits in zip(measured, met, strict=True)
            ]
            limits = " / ".join(dict.fromkeys(digits(limit) for limit in most))
            lines.append([name, limits, *cells, *[""] * (len(LATENCIES) - len(cells))])
            judged += met
        tables.append(table(f"{group}|at most|measured|50 ms latency", lines))
    counted = f"{sum(judged)} of {len(judged)} figures meet their target."
    return "\n\n".join([f"{counted} {MISSED}", *tables])


MISSED = "The others are **bold**. If there are two limits, the second applies with latency."
JUDGED = """
## Targets

{targets}
"""


def page(data: dict[str, Any]) -> str:
    """Return the page."""
    figures, machine = Figures(data), data["machine"]
    first = "How long a whole playbook takes, and how many requests it sends, without network latency:"
    # Fleets of a quick run are too small to judge.
    judged = "" if data["quick"] else JUDGED.format(targets=targets(figures))
    return f"""# Benchmarks

{f"**{TRIAL}**" if data["quick"] else first}

{in_short(figures)}

Ansible alone, a playbook without any task, takes {digits(figures.get(NOTHING, START))} s. The API allows 20 requests
per second: one task for many trunks pays off most when nothing is to be done, and the limit decides when everything is
to be changed. `uri` compares nothing by itself: to change a trunk, its tasks read it, compare in Jinja, and PATCH it.
Figures with `~` are extrapolated.
{judged}
## One task, and ten

{few(figures)}

*In process* is a task in Ansible's own process, as on a local connection by default. *Module process* is the same task
with `didww_in_process: false`, as it runs on another host. The script has no overhead of Ansible, but also no check
mode, diff, validation, retries or report of changes.

## Fleets

{fleets(figures)}

*One task* is `voice_out_trunks`. By default, the local API rejects the filter by `id`: a task for at most 50 trunks
tries it first, which costs one request. Figures with `~` are extrapolated from the two largest measured sizes, or from
the only one and the playbook without a task.

## How it is measured

- Written by `make bench` on {machine["date"]}, in {data["seconds"] / 60:.0f} minutes: {machine["cpu"]},
  {machine["cores"]} cores, {machine["memory_gb"]} GB of memory; {machine["system"]}; Python {machine["python"]},
  ansible-core {machine["ansible-core"]}, requests {machine["requests"]}, urllib3 {machine["urllib3"]}, didww
  {machine["didww"]}. All figures are in `build/bench/benchmarks.json`, which CI keeps as an artifact each week.
- All runs use the local API (`tests/simulator`), in its own process on the same machine. It has the rate limit of the
  real API, and adds 0 or 50 ms to each request. The results do not include the network, TLS and the processing time of
  the real API.
- Each measurement is the wall-clock time of a whole `ansible-playbook` process (or of the script), with the collection
  installed as from Galaxy and with cached bytecode. The API is reset before each run, so that changes are real. After
  the run, its journal must contain exactly the expected number of updates. The journal also counts the 429s.
- All tasks select the trunk by `id` and set four settings; a change affects `capacity_limit`. "By hand" means a `uri`
  GET, a comparison in Jinja and a `uri` PATCH. The script reads, compares and updates, with the official
  `didww` package.
- Figures are medians: of 11 runs for one trunk, and of 5 runs for ten tasks, after a warm-up, with all contenders in
  turn; of 5 runs for fleets with nothing to do; of 3 runs for fleets with changes, and for loops over 10 trunks.
  Other loops, and changes of 1,000 trunks, were measured once.
- The memory of a loop is the peak of the largest `ansible-playbook` process, including the worker that runs the loop.
  The memory of a module is the peak of its process, without Ansible.
"""
