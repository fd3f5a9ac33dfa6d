# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was measured, as a page and a plot."""

from __future__ import annotations

import statistics
import textwrap
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

NOTHING, CHANGE, ALONE = "nothing to do", "all changed", "alone"
ONE, MANY, LOOP = "voice_out_trunk", "voice_out_trunks", "loop of voice_out_trunk"
LINKED = "voice_out_trunks, dids by number"
LOOP_BY_HAND = "loops by hand: uri GET, uri PATCH"
START, FLOOR, URI, BY_HAND = "no task", "empty module", "one uri GET", "by hand: uri GET, uri PATCH"
LATENCIES = (0.0, 0.05)
MB = 1_000_000


def median(row: dict[str, Any], what: str = "seconds") -> float:
    """Return the median over the runs of a row."""
    return float(statistics.median(sample[what] for sample in row["samples"]))


class Figures:
    """The rows, by what they are about."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.rows = {(row["case"], row["contender"], row["latency"], row["trunks"]): row for row in data["rows"]}

    def get(self, case: str, contender: str, latency: float = 0.0, trunks: int = 1, what: str = "seconds") -> float:
        """Return a median."""
        return median(self.rows[case, contender, latency, trunks], what)

    def sizes(self, case: str, contender: str, latency: float) -> list[int]:
        """Return the fleet sizes that were measured."""
        return sorted(key[3] for key in self.rows if key[:3] == (case, contender, latency))

    def loop(self, case: str, latency: float, trunks: int) -> float:
        """Return what a loop takes: measured, or on the line through the two largest sizes or the start and one."""
        sizes = self.sizes(case, LOOP, latency)
        if trunks in sizes:
            return self.get(case, LOOP, latency, trunks)
        points = [(float(size), self.get(case, LOOP, latency, size)) for size in sizes[-2:]]
        if len(points) == 1:
            points.insert(0, (0.0, self.get(NOTHING, START, latency)))
        (x, y), (other_x, other_y) = points
        return y + (trunks - x) * (other_y - y) / (other_x - x)


def each_of_ten(figures: Figures, contender: str, latency: float) -> float:
    """Return what a loop over ten trunks, all changed, takes for each of them, without Ansible's start."""
    return (figures.get(CHANGE, contender, latency, 10) - figures.get(NOTHING, START, latency)) / 10


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    ruled = [head, [":--" if index == 0 else "--:" for index in range(len(head))], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in ruled) + "\n"


def single(figures: Figures, case: str) -> str:
    """Return the table of the contenders for one trunk."""
    contenders = [key[1] for key in figures.rows if key[0] == case and key[2] == 0 and key[3] == 1]
    rows = []
    for name in contenders:
        cells = [name]
        for latency in LATENCIES:
            spread = [sample["seconds"] for sample in figures.rows[case, name, latency, 1]["samples"]]
            floor = figures.get(NOTHING, FLOOR, latency)
            above = statistics.median(spread) - floor
            in_ansible = name not in (START, FLOOR) and "script" not in name
            cells += [
                f"{statistics.median(spread):.3f} ({min(spread):.3f} to {max(spread):.3f})",
                f"{above:.3f}" if in_ansible else "",
            ]
        cells.append(f"{figures.get(case, name, 0.0, 1, 'requests'):.0f}")
        rows.append(cells)
    head = ["", "seconds", "above the floor", "seconds, 50 ms latency", "above the floor", "requests"]
    return table(head, rows)


def loops(figures: Figures) -> str:
    """Return, in words, what a change costs in a loop."""
    shown = []
    for latency, said in zip(LATENCIES, ("", " with 50 ms of latency"), strict=True):
        one, hand = (each_of_ten(figures, name, latency) for name in (LOOP, LOOP_BY_HAND))
        shown.append(f"{one:.3f} s and {hand:.3f} s{said}")
    text = (
        "In a loop over ten trunks, all changed, where Ansible starts once, a change takes "
        f"{shown[0]} ({shown[1]}) by `voice_out_trunk` and by hand (two loops: read all, update all)."
    )
    return textwrap.fill(text, 120) + "\n"


def fleet(figures: Figures, case: str, latency: float) -> str:
    """Return the table of the fleets."""
    rows = []
    for size in (10, 100, 1000, 10000):
        if size not in figures.sizes(case, MANY, latency):
            continue
        row = figures.rows[case, MANY, latency, size]
        seconds, looped = median(row), figures.loop(case, latency, size)
        known = size in figures.sizes(case, LOOP, latency)
        rows.append(
            [
                f"{size:,}",
                f"{seconds:.2f}",
                f"{looped:.1f}" if known else f"~{looped:.0f}",
                f"{looped / seconds:.0f}",
                f"{median(row, 'requests'):.0f}",
                str(max(sample["refused_429"] for sample in row["samples"])),
                f"{median(row, 'cpu_seconds'):.2f}",
                str(len(row["samples"])),
            ]
        )
    return table(
        ["trunks", "one task, s", "loop, s", "times faster", "requests", "429s", "CPU, s", "runs of the task"], rows
    )


def targets(figures: Figures) -> list[tuple[str, str, bool]]:
    """Return what was to be reached, what was measured, and whether that is enough."""
    found = []

    def add(target: str, measured: str, met: bool) -> None:
        found.append((target, measured, met))

    for latency, said in zip(LATENCIES, ("", ", 50 ms latency"), strict=True):
        ratio = figures.get(NOTHING, ONE, latency) / figures.get(NOTHING, URI, latency)
        add(f"one trunk, nothing to do: at most one `uri` GET task{said}", f"{ratio:.2f} of it", ratio <= 1)
    for latency, said in zip(LATENCIES, ("", ", 50 ms latency"), strict=True):
        ratio = figures.get(CHANGE, ONE, latency) / figures.get(CHANGE, BY_HAND, latency)
        floor = figures.get(NOTHING, FLOOR, latency)
        above = (figures.get(CHANGE, ONE, latency) - floor) / (figures.get(CHANGE, BY_HAND, latency) - floor)
        measured = f"{ratio:.2f} of it; {above:.2f} of it above the floor"
        add(f"one trunk, a change: at most 0.55 of the by-hand way{said}", measured, ratio <= 0.55)
        ratio = each_of_ten(figures, LOOP, latency) / each_of_ten(figures, LOOP_BY_HAND, latency)
        add(f"each of ten trunks in a loop, a change: the same{said}", f"{ratio:.2f} of it", ratio <= 0.55)
    requests = figures.get(NOTHING, MANY, 0.0, 1000, "requests")
    add("1,000 trunks, nothing to do: 1 request", f"{requests:.0f}", requests == 1)
    requests = figures.get(NOTHING, LINKED, 0.0, 1000, "requests")
    seconds = figures.get(NOTHING, LINKED, 0.0, 1000)
    measured = f"{requests:.0f} ({seconds:.2f} s)"
    add("1,000 trunks with 2 DIDs each, by number, nothing to do: at most 2 requests", measured, requests <= 2)
    for latency, said in zip(LATENCIES, ("", ", 50 ms latency"), strict=True):
        seconds = figures.get(NOTHING, MANY, latency, 1000)
        add(f"1,000 trunks, nothing to do: under 2 s for the whole playbook{said}", f"{seconds:.2f} s", seconds < 2)
    faster = figures.loop(NOTHING, 0.0, 1000) / figures.get(NOTHING, MANY, 0.0, 1000)
    add("1,000 trunks, nothing to do: at least 150 times faster than the loop", f"{faster:.0f} times", faster >= 150)
    for latency, said in zip(LATENCIES, ("", ", 50 ms latency"), strict=True):
        row = figures.rows[CHANGE, MANY, latency, 1000]
        seconds, refused = median(row), max(sample["refused_429"] for sample in row["samples"])
        measured = f"{seconds / 50:.2f} of it"
        add(f"1,000 trunks, all changed: at most 1.1 of the limit (50 s){said}", measured, seconds <= 55)
        add(f"1,000 trunks, all changed: no 429{said}", str(refused), refused == 0)
    peak = {size: figures.get(ALONE, f"module {MANY}", 0.0, size, "peak_bytes") for size in (10, 100, 1000, 10000)}
    add("module's peak memory at 1,000 trunks: under 100 MB", f"{peak[1000] / MB:.0f} MB", peak[1000] < 100 * MB)
    grown, each = peak[10000] / peak[1000], (peak[10000] - peak[1000]) / 9000 / 1000
    before = (peak[1000] - peak[100]) / 900 / 1000
    measured = f"{grown:.1f} times for 10 times the fleet; {each:.1f} kB a trunk (from 100 to 1,000: {before:.1f} kB)"
    add("module's peak memory grows no faster than the fleet", measured, grown <= 10 and each <= 1.1 * before)
    add("10,000 trunks work", f"{figures.get(NOTHING, MANY, 0.0, 10000):.1f} s", True)
    return found


def alone(figures: Figures) -> str:
    """Return the table of the module's own process."""
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


def remaining(figures: Figures) -> str:
    """Return, in words and figures, where the time of one task goes."""
    start, floor = figures.get(NOTHING, START), figures.get(NOTHING, FLOOR)
    python, module = figures.get(ALONE, "python -c pass"), figures.get(ALONE, f"module {ONE}")
    one, change, by_hand = figures.get(NOTHING, ONE), figures.get(CHANGE, ONE), figures.get(CHANGE, BY_HAND)
    imports = figures.data["imports"][f"module {ONE}"]
    of_uri = figures.data["imports"]["module uri"]["total_us"]
    missed = [target for target, _measured, met in targets(figures) if not met]
    words = [
        f"A playbook without any task takes {start:.2f} s, and one with an empty module {floor:.2f} s: this much no "
        f"module can avoid. `voice_out_trunk` with nothing to do adds {one - floor:.2f} s to that."
    ]
    if any("by-hand" in target for target in missed):
        reachable = floor / by_hand
        words.append(
            f"The target for a change is missed. Both ways pay the {floor:.2f} s of the floor, which alone is "
            f"{reachable:.2f} of the by-hand way: of whole `ansible-playbook` processes on this machine, "
            f"{'no module can reach 0.55' if reachable > 0.55 else '0.55 would leave little for the module'}. What "
            f"the ways add to the floor is {change - floor:.2f} s and {by_hand - floor:.2f} s."
        )
    if any("nothing to do: at most one" in target for target in missed):
        uri = figures.get(NOTHING, URI)
        uri_alone = figures.get(ALONE, "module uri")
        words.append(
            f"The target for nothing to do is missed where the table says so. Without latency the module adds "
            f"{one - floor:.2f} s to the floor, the `uri` GET {uri - floor:.2f} s. The processes of the two alone take "
            f"{module:.2f} s and {uri_alone:.2f} s, and their imports {imports['total_us'] / 1e6:.2f} s and "
            f"{of_uri / 1e6:.2f} s. What differs beyond that is Ansible's own work for the task, and noise: it packs "
            "the module's source anew for each task, and Python compiles it. This is why the code that only fleets and "
            "the info module need is kept apart."
        )
    if any("faster than the loop" in target for target in missed):
        many = figures.get(NOTHING, MANY, 0.0, 1000)
        words.append(
            f"The loop's target is missed. In the {many:.2f} s of the fleet's playbook, {floor:.2f} s are the floor, "
            f"so that {figures.loop(NOTHING, 0.0, 1000) / floor:.0f} times is the most that could be reached."
        )
    words.append(
        f"The process of `voice_out_trunk` alone takes {module:.2f} s: {python:.3f} s are Python's start, about "
        f"{imports['total_us'] / 1e6:.2f} s imports (as `python -X importtime` counts them, slowing them down), and "
        "the rest is checking options, one request, and comparing. The imports that take longest, in milliseconds; "
        "nested ones are counted in each that contains them:"
    )
    rows = [
        [f"`{entry['module']}`", f"{entry['cumulative_us'] / 1000:.0f}", f"{entry['self_us'] / 1000:.1f}"]
        for entry in imports["longest"][:12]
    ]
    paragraphs = [textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False) for text in words]
    return "\n\n".join(paragraphs) + "\n\n" + table(["", "with nested", "itself"], rows)


def page(data: dict[str, Any]) -> str:
    """Return the page."""
    figures, machine = Figures(data), data["machine"]
    verdicts = [[target, got, "met" if met else "**missed**"] for target, got, met in targets(figures)]
    return f"""# Benchmarks

Written by `make bench` on {machine["date"]} in {data["seconds"] / 60:.0f} minutes; all figures are in
[benchmarks.json](benchmarks.json).

{machine["cpu"]}, {machine["cores"]} cores, {machine["memory_gb"]} GB of memory; {machine["system"]};
Python {machine["python"]}, ansible-core {machine["ansible-core"]}, requests {machine["requests"]}, urllib3
{machine["urllib3"]}, didww {machine["didww"]}. The machine is shared; in brackets is the range of the runs.

## Targets

{table(["target", "measured", ""], verdicts)}
Peak memory is that of the module's process, without Ansible.

## How it is measured

- Against the local API (`tests/simulator`) in a process of its own on the same machine, with the rate limit of the real
  one, 20 requests a second, and with 0 and 50 ms added to each request. It is not DIDWW: the network, TLS and the
  work of the real API are not in these figures.
- A measurement is the time by the clock of a whole `ansible-playbook` process (or the script's), with the collection
  installed as from Galaxy and Python's bytecode cached. Before each, the API is reset, so that a change really changes
  something. Afterwards its journal is checked: so many updates, and not one more.
- One trunk: medians of 11 runs after a warm-up, all ways in turn. Fleets in one task: medians of 5 after a warm-up,
  where a run takes less than 20 s; 1,000 trunks all changed and 10,000 trunks were run once, the latter without
  latency only.
- The loop: medians of 3 at 10 trunks after a warm-up; without latency also one run of 200 trunks with nothing to do.
  Figures with `~` are not measured: they are on the line through 10 and 200 trunks, or else through the playbook
  without a task and 10 trunks.
- All tasks name the trunk by `id` and four settings; a change is one of `capacity_limit`. By hand is a `uri` GET, a
  comparison in Jinja and a `uri` PATCH; the script reads, compares and updates with the official `didww` package.
- The floor is a playbook whose one task is an empty module, made like any other with `AnsibleModule`.

## One trunk, nothing to do

{single(figures, NOTHING)}
## One trunk, a change

{single(figures, CHANGE)}
{loops(figures)}
The script pays neither for Ansible's start nor for its tasks, and gives no check mode, diff, validation, retries or
report of what changed.

## Fleets, nothing to do

{fleet(figures, NOTHING, 0.0)}
With 50 ms of latency:

{fleet(figures, NOTHING, 0.05)}
## Fleets, all changed

{fleet(figures, CHANGE, 0.0)}
With 50 ms of latency:

{fleet(figures, CHANGE, 0.05)}
A loop does not reach the rate limit: starting a process for each trunk takes longer than the limit allows a request.

![Time against fleet size](benchmarks.png)

## The module's process, without Ansible

Nothing to do, no latency.

{alone(figures)}
## Where the remaining time goes

{remaining(figures)}"""


def plot(data: dict[str, Any], path: Path) -> None:
    """Draw time against fleet size."""
    figures = Figures(data)
    figure = Figure(figsize=(8, 5.5), layout="constrained")
    axes = figure.subplots()
    for case, colour in ((NOTHING, "tab:blue"), (CHANGE, "tab:red")):
        for latency, style, said in zip(LATENCIES, ("-", ":"), ("", ", 50 ms latency"), strict=True):
            sizes = figures.sizes(case, MANY, latency)
            times = [figures.get(case, MANY, latency, size) for size in sizes]
            axes.plot(sizes, times, style, marker="o", color=colour, label=f"voice_out_trunks, {case}{said}")
        known = figures.sizes(case, LOOP, 0.0)
        dark = {"tab:blue": "navy", "tab:red": "darkred"}[colour]
        axes.plot(
            [*known, 1000],
            [figures.loop(case, 0.0, size) for size in (*known, 1000)],
            "--",
            color=dark,
            label=f"loop of voice_out_trunk, {case} (hollow: extrapolated)",
        )
        axes.plot(known, [figures.loop(case, 0.0, size) for size in known], "s", color=dark)
        axes.plot([1000], [figures.loop(case, 0.0, 1000)], "s", color=dark, markerfacecolor="white")
    axes.set(xscale="log", yscale="log", xlabel="trunks", ylabel="seconds for the whole ansible-playbook")
    axes.grid(visible=True, which="both", alpha=0.25)
    figure.legend(fontsize=8, loc="outside lower center", ncols=2)
    figure.savefig(path, dpi=120, metadata={"Software": None})


def write(data: dict[str, Any], docs: Path) -> None:
    """Write the page and the plot into `docs`."""
    (docs / "benchmarks.md").write_text(page(data), encoding="utf-8")
    plot(data, docs / "benchmarks.png")
