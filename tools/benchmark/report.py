# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the results of the benchmark as a page and a plot."""

from __future__ import annotations

import statistics
import textwrap
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib.figure import Figure

NOTHING, CHANGE, TEN, ALONE = "nothing to do", "all changed", "ten tasks", "alone"
IN_PROCESS, MODULE_PROCESS = "in process", "module process"
ONE, MANY, LOOP = "voice_out_trunk", "voice_out_trunks", "loop of voice_out_trunk"
LINKED = "voice_out_trunks, dids by number"
START, EMPTY, URI, BY_HAND = "no task", "empty module", "uri GET", "by hand: uri GET, uri PATCH"
LOOP_BY_HAND = {NOTHING: "loop of uri GET", CHANGE: "loops by hand: uri GET, uri PATCH"}
LATENCIES = (0.0, 0.05)
SAID = dict(zip(LATENCIES, ("", ", 50 ms latency"), strict=True))
MB = 1_000_000
# Requests per second that the API allows.
LIMIT = 20
# The time of a task, relative to one `uri` GET task and to an empty module, when every task ran in a module process
# (2026-11-25).
BEFORE = {0.0: (1.01, 1.20), 0.05: (1.01, 1.31)}
NOISE = 0.02
TRIAL = "A trial run: fleets are smaller than stated, each is measured once, and no target is judged."


def median(row: dict[str, Any], what: str = "seconds") -> float:
    """Return the median of the runs in a row."""
    return float(statistics.median(sample[what] for sample in row["samples"]))


class Figures:
    """The rows by case, contender, latency and number of trunks."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.rows = {(row["case"], row["contender"], row["latency"], row["trunks"]): row for row in data["rows"]}

    def get(self, case: str, contender: str, latency: float = 0.0, trunks: int = 1, what: str = "seconds") -> float:
        """Return a median."""
        return median(self.rows[case, contender, latency, trunks], what)

    def most(self, case: str, contender: str, latency: float, trunks: int, what: str) -> int:
        """Return the maximum of all runs."""
        return int(max(sample[what] for sample in self.rows[case, contender, latency, trunks]["samples"]))

    def sizes(self, case: str, contender: str, latency: float) -> list[int]:
        """Return the fleet sizes that were measured."""
        return sorted(key[3] for key in self.rows if key[:3] == (case, contender, latency))

    def loop(self, case: str, contender: str, latency: float, trunks: int) -> float:
        """Return the time of a loop: measured, or extrapolated from two sizes, or from the start and one size."""
        sizes = self.sizes(case, contender, latency)
        if trunks in sizes:
            return self.get(case, contender, latency, trunks)
        points = [(float(size), self.get(case, contender, latency, size)) for size in sizes[-2:]]
        if len(points) == 1:
            points.insert(0, (0.0, self.get(NOTHING, START, latency)))
        (x, y), (other_x, other_y) = points
        return y + (trunks - x) * (other_y - y) / (other_x - x)


def front(name: str, process: str = IN_PROCESS) -> str:
    """Return the name of a contender with its kind of process."""
    return f"{name}, {process}"


def loops(case: str) -> list[str]:
    """Return the contenders that loop over a fleet."""
    return [front(LOOP), front(LOOP, MODULE_PROCESS), LOOP_BY_HAND[case]]


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    ruled = [head, [":--" if index == 0 else "--:" for index in range(len(head))], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in ruled) + "\n"


def few(figures: Figures, case: str, trunks: int = 1) -> str:
    """Return the table of the contenders for one task or for ten."""
    names = [key[1] for key in figures.rows if key[0] == case and key[2] == 0 and key[3] == trunks]
    rows = []
    for name in names:
        cells = [name]
        for latency in LATENCIES:
            spread = [sample["seconds"] for sample in figures.rows[case, name, latency, trunks]["samples"]]
            above = statistics.median(spread) - figures.get(NOTHING, START, latency)
            cells += [
                f"{statistics.median(spread):.3f} ({min(spread):.3f} to {max(spread):.3f})",
                "" if name == START or "script" in name else f"{above:.3f}",
            ]
        cells.append(f"{figures.get(case, name, 0.0, trunks, 'requests'):.0f}")
        rows.append(cells)
    head = ["", "seconds", "above no task", "seconds, 50 ms latency", "above no task", "requests"]
    return table(head, rows)


def fleet(figures: Figures, case: str, latency: float) -> str:
    """Return the table of the fleets."""
    rows = []
    for size in (10, 100, 1000, 10000):
        if size not in figures.sizes(case, MANY, latency):
            continue
        row = figures.rows[case, MANY, latency, size]
        looped = []
        for name in loops(case):
            seconds = figures.loop(case, name, latency, size)
            looped.append(f"{seconds:.1f}" if size in figures.sizes(case, name, latency) else f"~{seconds:.0f}")
        rows.append(
            [
                f"{size:,}",
                f"{median(row):.2f}",
                *looped,
                f"{median(row, 'requests'):.0f}",
                str(figures.most(case, MANY, latency, size, "refused_429")),
                f"{median(row, 'cpu_seconds'):.2f}",
                str(len(row["samples"])),
            ]
        )
    head = ["trunks", "one task, s", *(f"{name}, s" for name in loops(case))]
    return table([*head, "requests of the task", "its 429s", "its CPU, s", "its runs"], rows)


class Target(NamedTuple):
    """A target, its measurement, whether it is met, and where the time goes."""

    name: str
    measured: str
    met: bool
    remains: str


def targets(figures: Figures) -> list[Target]:
    """Return all targets."""
    return [
        *(target for latency in LATENCIES for target in few_targets(figures, latency)),
        *(target for latency in LATENCIES for target in loop_targets(figures, latency)),
        *(target for latency in LATENCIES for target in fleet_targets(figures, latency)),
        *memory_targets(figures),
    ]


def few_targets(figures: Figures, latency: float) -> list[Target]:
    """Return the targets for one task and for ten."""
    start, empty, uri = (figures.get(NOTHING, name, latency) for name in (START, EMPTY, URI))

    def beside(what: str, case: str, other: str, most: float, trunks: int = 1) -> Target:
        ours, theirs = (figures.get(case, name, latency, trunks) for name in (front(ONE), other))
        requests = figures.get(case, front(ONE), latency, trunks, "requests")
        remains = (
            f"{start:.2f} s are Ansible's start, which alone is {start / theirs:.2f} of the alternative. The task "
            f"itself takes {ours - start:.2f} s, with {requests:.0f} {'requests' if requests > 1 else 'request'}."
        )
        if trunks > 1:
            remains = remains.replace("The task itself takes", f"The {trunks} tasks take")
        return Target(f"{what}{SAID[latency]}", f"{ours / theirs:.2f} of it", ours / theirs <= most, remains)

    change = 0.55 if latency else 0.5
    module = figures.get(NOTHING, front(ONE, MODULE_PROCESS), latency)
    before, before_empty = BEFORE[latency]
    alone = [figures.get(ALONE, f"module {name}") for name in (ONE, "uri")]
    return [
        beside("one trunk, nothing to do: at most 0.60 of one `uri` GET task", NOTHING, URI, 0.6),
        beside(f"one trunk, a change: at most {change:.2f} of the by-hand way", CHANGE, BY_HAND, change),
        beside("ten tasks, nothing to do: at most 0.25 of ten `uri` GET tasks", TEN, URI, 0.25, 10),
        Target(
            "one trunk in a module's process, nothing to do: no slower than before, when it took "
            f"{before:.2f} of one `uri` GET task (up to {before + NOISE:.2f} counts as noise){SAID[latency]}",
            f"{module / uri:.2f} of it; {module / empty:.2f} of an empty module (before: {before_empty:.2f})",
            round(module / uri, 2) <= round(before + NOISE, 2),
            f"{empty:.2f} s are an empty module, to which this one adds {module - empty:.2f} s and `uri` "
            f"{uri - empty:.2f} s. Without Ansible and latency, their processes take {alone[0]:.2f} s and "
            f"{alone[1]:.2f} s. The rest is Ansible's own work for the task, and the import of the action: Ansible's "
            "process loads it once for a playbook, with `requests`, wherever the task then runs.",
        ),
    ]


def loop_targets(figures: Figures, latency: float) -> list[Target]:
    """Return the targets for a loop over 1,000 trunks, measured in full."""
    start, found = figures.get(NOTHING, START, latency), []
    for case, requests in ((NOTHING, 1), (CHANGE, 2)):
        seconds = figures.get(case, front(LOOP), latency, 1000)
        refused = figures.most(case, front(LOOP), latency, 1000, "refused_429")
        least = 1000 * requests / LIMIT
        remains = (
            f"The loop processes trunks one after another, in {seconds - start:.1f} s without Ansible's start: "
            f"{seconds - start:.1f} ms each, where the limit allows {least:.0f} ms"
        )
        remains += f", and {1000 * requests * latency:.0f} ms are latency." if latency else "."
        found.append(
            Target(
                f"loop over 1,000 trunks, {case}: at most 1.1 of the limit ({least:.0f} s), and no 429{SAID[latency]}",
                f"{seconds / least:.2f} of it ({seconds:.1f} s); {refused}",
                seconds <= 1.1 * least and refused == 0,
                remains,
            )
        )
    return found


def fleet_targets(figures: Figures, latency: float) -> list[Target]:
    """Return the targets for a fleet in one task."""
    start, found = figures.get(NOTHING, START, latency), []

    def quick(what: str, contender: str, trunks: int, most_seconds: float, most_requests: int) -> None:
        seconds, requests, cpu = (
            figures.get(NOTHING, contender, latency, trunks, name) for name in ("seconds", "requests", "cpu_seconds")
        )
        met = seconds < most_seconds and requests <= most_requests
        remains = (
            f"{start:.2f} s are Ansible's start, and {seconds - start:.2f} s the task, with {requests:.0f} "
            f"{'requests' if requests > 1 else 'request'}. The playbook uses the CPU for {cpu:.2f} s."
        )
        found.append(Target(f"{what}{SAID[latency]}", f"{seconds:.2f} s, {requests:.0f}", met, remains))

    quick("1,000 trunks, nothing to do: under 1.3 s, 1 request", MANY, 1000, 1.3, 1)
    if not latency:
        quick("10,000 trunks, nothing to do: under 6 s, 10 requests", MANY, 10000, 6, 10)
    words = "1,000 trunks with 2 DIDs each, by number, nothing to do: under 2 s, at most 2 requests"
    quick(words, LINKED, 1000, 2, 2)
    seconds = figures.get(CHANGE, MANY, latency, 1000)
    refused = figures.most(CHANGE, MANY, latency, 1000, "refused_429")
    found.append(
        Target(
            f"1,000 trunks, all changed: at most 1.1 of the limit (50 s), and no 429{SAID[latency]}",
            f"{seconds / 50:.2f} of it ({seconds:.1f} s); {refused}",
            seconds <= 55 and refused == 0,
            f"{start:.2f} s are Ansible's start, and the 1,001 requests take {seconds - start:.1f} s.",
        )
    )
    return found


def memory_targets(figures: Figures) -> list[Target]:
    """Return the targets for peak memory."""
    loop = max(
        figures.most(case, front(LOOP), latency, 1000, "peak_bytes")
        for case in (NOTHING, CHANGE)
        for latency in LATENCIES
    )
    start = figures.get(NOTHING, START, 0.0, 1, "peak_bytes")
    peak = {size: figures.get(ALONE, f"module {MANY}", 0.0, size, "peak_bytes") for size in (10, 100, 1000, 10000)}
    grown, each = peak[10000] / peak[1000], (peak[10000] - peak[1000]) / 9000 / 1000
    before = (peak[1000] - peak[100]) / 900 / 1000
    return [
        Target(
            "peak memory of a loop over 1,000 trunks: under 120 MB",
            f"{loop / MB:.0f} MB",
            loop < 120 * MB,
            f"A playbook without any task needs {start / MB:.0f} MB.",
        ),
        Target(
            "module's peak memory at 1,000 trunks: under 100 MB",
            f"{peak[1000] / MB:.0f} MB",
            peak[1000] < 100 * MB,
            f"At 10 trunks it is {peak[10] / MB:.0f} MB.",
        ),
        Target(
            "module's peak memory grows no faster than the fleet",
            f"{grown:.1f} times for 10 times the fleet; {each:.1f} kB a trunk (from 100 to 1,000: {before:.1f} kB)",
            grown <= 10 and each <= 1.1 * before,
            f"From 1,000 to 10,000 trunks it grows by {(peak[10000] - peak[1000]) / MB:.0f} MB.",
        ),
    ]


def alone(figures: Figures) -> str:
    """Return the table for module processes without Ansible."""
    rows = []
    for name, size in [
        ("python -c pass", 1),
        (f"module {ONE}", 1),
        ("module uri", 1),
        *((f"module {MANY}", 10**n) for n in range(1, 5)),
    ]:
        row = figures.rows[ALONE, name, 0.0, size]
        cells = [f"{median(row):.3f}", f"{median(row, 'cpu_seconds'):.3f}", f"{median(row, 'peak_bytes') / MB:.0f}"]
        rows.append([f"`{name.removeprefix('module ')}`", "" if "pass" in name else f"{size:,}", *cells])
    return table(["", "trunks", "seconds", "CPU seconds", "peak memory, MB"], rows)


def wrapped(words: str) -> str:
    """Return a paragraph, wrapped."""
    return textwrap.fill(words, 120, break_long_words=False, break_on_hyphens=False)


def missed(figures: Figures) -> str:
    """Return where the time goes for each missed target."""
    items = [f"- {target.name}: {target.measured}. {target.remains}" for target in targets(figures) if not target.met]
    if not items:
        return "All targets are met.\n"
    lines = [textwrap.fill(item, 120, subsequent_indent="  ", break_on_hyphens=False) for item in items]
    return "Where the time goes for missed targets:\n\n" + "\n".join(lines) + "\n"


def one_task(figures: Figures) -> str:
    """Return a section on where the time of one task goes."""
    start, empty = figures.get(NOTHING, START), figures.get(NOTHING, EMPTY)
    here, module = (figures.get(NOTHING, front(ONE, process)) for process in (IN_PROCESS, MODULE_PROCESS))
    python, alone = figures.get(ALONE, "python -c pass"), figures.get(ALONE, f"module {ONE}")
    imports = figures.data["imports"][f"module {ONE}"]
    words = [
        f"A playbook without any task takes {start:.2f} s, and one with an empty module {empty:.2f} s. "
        f"`voice_out_trunk` with nothing to do takes {here:.2f} s in Ansible's own process, and {module:.2f} s in a "
        "module's.",
        f"The module's process alone takes {alone:.2f} s: {python:.3f} s are Python's start, about "
        f"{imports['total_us'] / 1e6:.2f} s imports (as `python -X importtime` counts them, slowing them down), and "
        "the rest is checking options, one request, and comparing. The slowest imports, in milliseconds; nested "
        "imports are counted in each import that contains them:",
    ]
    rows = [
        [f"`{entry['module']}`", f"{entry['cumulative_us'] / 1000:.0f}", f"{entry['self_us'] / 1000:.1f}"]
        for entry in imports["longest"][:12]
    ]
    return "\n\n".join(map(wrapped, words)) + "\n\n" + table(["", "with nested", "itself"], rows)


def page(data: dict[str, Any]) -> str:
    """Return the page."""
    figures, machine = Figures(data), data["machine"]
    verdict = {False: "**missed**", True: "met"}
    quick = ""
    if data["quick"]:
        # Its fleets are small, and each is measured once.
        verdict = dict.fromkeys(verdict, "not judged")
        quick = f"**{TRIAL}**\n\n"
    verdicts = [[target.name, target.measured, verdict[target.met]] for target in targets(figures)]
    return f"""# Benchmarks

{quick}Written by `make bench` on {machine["date"]} in {data["seconds"] / 60:.0f} minutes; all figures are in
[benchmarks.json](benchmarks.json).

{machine["cpu"]}, {machine["cores"]} cores, {machine["memory_gb"]} GB of memory; {machine["system"]};
Python {machine["python"]}, ansible-core {machine["ansible-core"]}, requests {machine["requests"]}, urllib3
{machine["urllib3"]}, didww {machine["didww"]}. The machine is shared; in brackets is the range of the runs.

*In process* is a task that runs in Ansible's own process, as on a local connection by default. *Module process* is the
same task with `didww_in_process: false`, as it runs on another host.

## Targets

{table(["target", "measured", ""], verdicts)}
{"" if data["quick"] else missed(figures)}
The peak memory of a loop is that of the largest `ansible-playbook` process, including the worker that runs the loop.
The peak memory of a module is that of its process, without Ansible.

## How it is measured

- All runs use the local API (`tests/simulator`), in its own process on the same machine. It has the rate limit of the
  real API, 20 requests per second, and adds 0 or 50 ms to each request. The results do not include the network, TLS
  and the processing time of the real API.
- Each measurement is the wall-clock time of a whole `ansible-playbook` process (or of the script), with the collection
  installed as from Galaxy and with cached bytecode. The API is reset before each run, so that changes are real. After
  the run, its journal must contain exactly the expected number of updates. The journal also counts the 429s.
- One trunk: medians of 11 runs after a warm-up, all contenders in turn. Ten tasks: medians of 5 runs, in the same way.
- Fleets in one task run in process: medians of 5 runs with nothing to do, and of 3 runs with changes, after a warm-up.
  Changes of 1,000 trunks were measured once. 10,000 trunks were measured three times, without latency only.
- Loops: medians of 3 runs with 10 trunks. In process, a loop over 1,000 trunks was measured once. The other loops also
  ran once with 50 trunks, without latency. Figures with `~` are extrapolated from the two largest measured sizes, or
  from the only measured size and the playbook without a task.
- By default, the local API rejects the filter by `id`. A task for at most 50 trunks tries it first, which costs one
  request.
- All tasks select the trunk by `id` and set four settings; a change affects `capacity_limit`. "By hand" means a `uri`
  GET, a comparison in Jinja and a `uri` PATCH. The script reads, compares and updates, with the official
  `didww` package.
- The empty module uses `AnsibleModule`, as other modules do.

## One trunk, nothing to do

{few(figures, NOTHING)}
## One trunk, a change

{few(figures, CHANGE)}
The script has no overhead of Ansible, but also no check mode, diff, validation, retries or report of changes.

## Ten tasks, nothing to do

{few(figures, TEN, 10)}
## Fleets, nothing to do

{fleet(figures, NOTHING, 0.0)}
With 50 ms of latency:

{fleet(figures, NOTHING, 0.05)}
## Fleets, all changed

{fleet(figures, CHANGE, 0.0)}
With 50 ms of latency:

{fleet(figures, CHANGE, 0.05)}
![Time against fleet size](benchmarks.png)

## The module's process, without Ansible

Nothing to do, no latency.

{alone(figures)}
## Where the time of one task goes

{one_task(figures)}"""


def plot(data: dict[str, Any], path: Path) -> None:
    """Draw time against fleet size, without and with latency."""
    figures = Figures(data)
    figure = Figure(figsize=(11, 5.5), layout="constrained")
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    for axes, latency in zip(panels, LATENCIES, strict=True):
        for case, style in ((NOTHING, "-"), (CHANGE, "--")):
            for name, colour in zip([MANY, *loops(case)], ("green", "blue", "orange", "red"), strict=True):
                known = figures.sizes(case, name, latency)
                sizes = known if name == MANY else sorted({*known, 1000})
                times = {size: figures.loop(case, name, latency, size) for size in sizes}
                axes.plot(times.keys(), times.values(), style, color=f"tab:{colour}", label=f"{name}, {case}")
                for size, seconds in times.items():
                    face = f"tab:{colour}" if size in known else "white"
                    axes.plot([size], [seconds], "o", color=f"tab:{colour}", markerfacecolor=face)
        title = f"{latency * 1000:.0f} ms latency (hollow: extrapolated)"
        axes.set(xscale="log", yscale="log", xlabel="trunks", title=title)
        axes.grid(visible=True, which="both", alpha=0.25)
    panels[0].set(ylabel="seconds for the whole ansible-playbook")
    figure.legend(*panels[0].get_legend_handles_labels(), fontsize=8, loc="outside lower center", ncols=2)
    figure.savefig(path, dpi=120, metadata={"Software": None})


def write(data: dict[str, Any], docs: Path) -> None:
    """Write the page and the plot into `docs`."""
    (docs / "benchmarks.md").write_text(page(data), encoding="utf-8")
    plot(data, docs / "benchmarks.png")
