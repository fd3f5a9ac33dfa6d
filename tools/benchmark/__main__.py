# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure the modules against the alternatives: `make bench` writes docs/benchmarks.md and build/bench/benchmarks.json.

`make bench ARGS=quick` is a trial run: small fleets, each measured once. Its page is in build/bench.
`make bench ARGS=report` only rewrites the page from the last figures; its text is in page.md.
"""

from __future__ import annotations

import datetime
import json
import math
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from simulator.server import Simulator

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
KEY = "local-key"
LATENCIES = (0.0, 0.05)
DIDS_EACH = 2
TRIAL = "A trial run: fleets are smaller than stated, each is measured once, and no target is judged."
# The columns of the page; the last one is in its text.
OURS, MODULE, LOOP, URI, START = "this collection", "in module processes", "in a loop", "with `uri`", "no task"
CHECK_ONE, CHANGE_ONE, CHECK_TEN = "check one trunk", "change one trunk", "check ten trunks, in ten tasks"
BY_NUMBER = "check 1,000 trunks and their DIDs, by number"
# How often a fleet of each size is measured with nothing to do, and with changes. With `uri`, 1,000 take minutes.
FLEETS = {
    OURS: {10: (5, 3), 100: (5, 3), 1000: (5, 1), 10000: (3, 0)},
    LOOP: {10: (3, 3), 50: (1, 1), 1000: (1, 1)},
    URI: {10: (3, 3), 50: (1, 1)},
}
# At most, without and with latency: seconds, or the time relative to `uri`. Where the limit of the API decides, that is
# 1.1 times what it takes to send the requests, 20 per second.
TARGETS = [
    (CHECK_ONE, OURS, URI, (0.6, 0.6)),
    (CHECK_ONE, MODULE, URI, (1.03, 1.03)),
    (CHANGE_ONE, OURS, URI, (0.5, 0.55)),
    (CHECK_TEN, OURS, URI, (0.25, 0.25)),
    ("check 1,000 trunks", OURS, "", (1.3, 1.3)),
    (BY_NUMBER, OURS, "", (2, 2)),
    ("check 10,000 trunks", OURS, "", (6, 6)),
    ("change 1,000 trunks", OURS, "", (55, 55)),
    ("check 1,000 trunks", LOOP, "", (55, 55)),
    ("change 1,000 trunks", LOOP, "", (110, 110)),
]
# The settings in a task. Either none of them changes, or the capacity limit does.
SETTINGS = {"capacity_limit": 30, "status": "active", "default_dst_action": "allow_all", "rtp_timeout": 30}
CHANGED = {**SETTINGS, "capacity_limit": 60}
MEDIA_TYPE = "application/vnd.api+json"
HEADERS = {"Api-Key": KEY, "X-DIDWW-API-Version": "2026-04-16", "Accept": MEDIA_TYPE}


def trunk_id(index: int) -> str:
    """Return the id of a trunk in the fleet."""
    return str(uuid.UUID(int=0x40008000000000000000 + index))


def number(index: int, linked: int) -> str:
    """Return the number of a DID that is linked to a trunk in the fleet."""
    return str(37060000000 + DIDS_EACH * index + linked)


def seed(size: int) -> dict[str, Any]:
    """Return the seed of the local API: a fleet of this size, with DIDs."""
    dids: list[dict[str, str]] = []
    trunks = []
    for i in range(size):
        linked = [str(uuid.UUID(int=0x50008000000000000000 + DIDS_EACH * i + n)) for n in range(DIDS_EACH)]
        dids += ({"id": did, "number": number(i, n)} for n, did in enumerate(linked))
        trunks.append({"id": trunk_id(i), "attributes": {**SETTINGS, "name": f"Trunk {i}"}, "dids": linked})
    return {"accounts": [{"api_key": KEY}], "dids": dids, "trunks": trunks}


def module(name: str, options: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a task with a module of the collection."""
    return {"name": "Keep", f"didww.voice.{name}": options, **more}


def by_hand(api: Simulator, reads: str, updates: str, result: str) -> list[dict[str, Any]]:
    """Return tasks that read the trunk with the id `reads`, compare it, and update the one with the id `updates`.

    `result`: the expression for the result of the first task, which is registered as `trunk`.
    """
    url = f"{api.url}/voice_out_trunks"
    attributes = f"{result}.json.data.attributes"
    body = {"data": {"id": updates, "type": "voice_out_trunks", "attributes": "{{ wanted }}"}}
    headers = {**HEADERS, "Content-Type": MEDIA_TYPE}
    patch = {"url": f"{url}/{updates}", "method": "PATCH", "headers": headers, "body_format": "json", "body": body}
    differs = f"{attributes} | combine(wanted) != {attributes}"
    return [
        {"name": "Read", "ansible.builtin.uri": {"url": f"{url}/{reads}", "headers": HEADERS}, "register": "trunk"},
        {"name": "Update", "ansible.builtin.uri": patch, "when": differs, "changed_when": True},
    ]


class Bench:
    """All measurements, collected in `data`. `quick`: small fleets, each measured once."""

    def __init__(self, work: Path, quick: bool) -> None:
        self.work = work
        self.quick = quick
        self.data: dict[str, Any] = {"machine": machine(), "quick": quick, "rows": []}
        # As in a user's shell: Python caches bytecode.
        left_out = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
        self.environment = {name: value for name, value in os.environ.items() if name not in left_out}
        self.environment |= {"DIDWW_API_KEY": KEY, **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1")}

    def playbook(self, tasks: list[dict[str, Any]], **variables: Any) -> list[str]:
        """Write a playbook and its variables; return the command that runs it."""
        book, extra = (Path(tempfile.mkdtemp(dir=self.work)) / file for file in ("playbook.yml", "vars.json"))
        play = {"name": "Measure", "hosts": "localhost", "gather_facts": False, "tasks": tasks}
        book.write_text(json.dumps([play]))
        extra.write_text(json.dumps(variables))
        return ["ansible-playbook", str(book), "-e", f"@{extra}"]

    def run(self, api: Simulator, trunks: dict[str, Any], command: list[str], updates: int) -> dict[str, Any]:
        """Run a command after an API reset; return time, memory and requests. Raises if its updates are wrong."""
        api.reset(trunks)
        log = self.work / "log"
        spawn = [sys.executable, "-IS", str(HERE / "spawn.py"), str(log), *command]
        environment = {**self.environment, "DIDWW_API_URL": api.url}
        done = subprocess.run(spawn, env=environment, stdout=subprocess.PIPE, check=True)
        sample: dict[str, Any] = json.loads(done.stdout)
        sent = sum(entry["method"] == "PATCH" and entry["status"] == 200 for entry in api.journal)
        if sample.pop("exit_status") or sent != updates:
            raise RuntimeError(f"{command} sent {sent} updates instead of {updates}:\n{log.read_text()[-3000:]}")
        return {**sample, "requests": len(api.journal), "refused_429": api.rate_limited}

    def add(
        self, api: Simulator, task: str, size: int, updates: int, times: int, commands: dict[str, list[str]]
    ) -> None:
        """Measure commands in turn, so that slow periods of the machine affect all of them.

        Against an account with `size` trunks. The first of more than three runs is not counted.
        """
        if self.quick:
            times = 1
        samples: dict[str, list[dict[str, Any]]] = {how: [] for how in commands}
        for _turn in range(times + (times > 3)):
            for how, command in commands.items():
                sent = 0 if how == START else updates
                samples[how].append(self.run(api, seed(size), command, sent))
        for how, found in samples.items():
            row = {"task": task, "how": how, "latency": api.latency, "samples": found[-times:]}
            self.data["rows"].append(row)
            print(f"{api.latency:5} {task:45} {how:20} {median(row):8.3f} s", flush=True)

    def few(self, api: Simulator) -> None:
        """Measure one task and ten tasks, each for one trunk, in an account with ten trunks."""
        ids = [trunk_id(index) for index in range(10)]
        for task, values, changes in ((CHECK_ONE, SETTINGS, 0), (CHANGE_ONE, CHANGED, 1), (CHECK_TEN, SETTINGS, 0)):
            chosen = ids if task == CHECK_TEN else ids[:1]
            ours = [module("voice_out_trunk", {"id": trunk, **values}) for trunk in chosen]
            theirs = [step for trunk in chosen for step in by_hand(api, trunk, trunk, "trunk")[: 1 + changes]]
            commands = {
                OURS: self.playbook(ours),
                MODULE: self.playbook(ours, didww_in_process=False),
                URI: self.playbook(theirs, wanted=CHANGED),
            }
            if task == CHECK_ONE:
                commands[START] = self.playbook([])
            self.add(api, task, 10, changes, 5 if task == CHECK_TEN else 11, commands)

    def fleets(self, api: Simulator) -> None:
        """Measure fleets in one task and in loops. With latency, the longest runs are skipped."""
        far = api.latency > 0
        options = {name: f"{{{{ item.{name} }}}}" for name in ("id", *SETTINGS)}
        label = {"loop_control": {"label": "{{ item.id }}"}}
        one = [module("voice_out_trunks", {"trunks": "{{ fleet }}"})]
        loop = [module("voice_out_trunk", options, loop="{{ fleet }}", **label)]
        read, update = by_hand(api, "{{ item.id }}", "{{ item.0.id }}", "item.1")
        read |= {"loop": "{{ fleet }}", **label}
        update |= {"loop": "{{ fleet | zip(trunk.results) }}", "loop_control": {"label": "{{ item.0.id }}"}}
        for changes, (verb, values) in enumerate((("check", SETTINGS), ("change", CHANGED))):
            tasks = {OURS: one, LOOP: loop, URI: [read, update][: 1 + changes]}
            for stated, how in sorted((size, how) for how, sizes in FLEETS.items() for size in sizes):
                times = FLEETS[how][stated][changes]
                if not times or (far and stated in (50, 10000)):
                    continue
                size = max(3, stated // 50) if self.quick else stated
                fleet = [{"id": trunk_id(index), **values} for index in range(size)]
                commands = {how: self.playbook(tasks[how], fleet=fleet, wanted=CHANGED)}
                self.add(api, f"{verb} {stated:,} trunks", size, size * changes, times, commands)
                if (how, stated, changes) == (OURS, 1000, 0):
                    for index, entry in enumerate(fleet):
                        entry["dids"] = [f"+{number(index, linked)}" for linked in range(DIDS_EACH)]
                    self.add(api, BY_NUMBER, size, 0, times, {OURS: self.playbook(one, fleet=fleet)})


def machine() -> dict[str, Any]:
    """Return the hardware and software versions that the results depend on."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    system = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    return {
        "cpu": cpu[1] if cpu else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{system}, Linux {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        **{package: version(package) for package in ("ansible-core", "requests", "urllib3")},
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
    }


# --- The page ---


def median(row: dict[str, Any] | None, what: str = "seconds") -> float:
    """Return the median of the runs in a row."""
    return float(statistics.median(sample[what] for sample in row["samples"])) if row else math.nan


def digits(value: float) -> str:
    """Return a number with three digits, or a whole number as it is; nothing for what was not measured."""
    if math.isnan(value) or value == int(value):
        return "" if math.isnan(value) else f"{value:,.0f}"
    places = 2 - math.floor(math.log10(abs(value)))
    return f"{round(value, places):,.{max(0, places)}f}"


def table(head: str, rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table whose first column is text. `head`: the titles, with | between them."""
    titles = head.split("|")
    lines = [titles, [":--", *["--:"] * (len(titles) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def page(data: dict[str, Any]) -> str:
    """Return the page."""
    rows = {(row["task"], row["how"], row["latency"]): row for row in data["rows"]}

    def figures(latency: float) -> str:
        lines = []
        for task in dict.fromkeys(task for task, _how, at in rows if at == latency):
            found = [rows.get((task, how, latency)) for how in (OURS, MODULE, LOOP, URI)]
            times = [digits(median(row)) for row in found]
            first = next(filter(None, found))
            memory = max(median(row, "peak_bytes") for row in found if row) / 1e6
            lines.append([task, digits(median(first, "requests")), *times, digits(memory)])
        return table(f"to|requests|{OURS}, s|{MODULE}, s|{LOOP}, s|{URI}, s|MB", lines)

    lines, judged = [], list[bool]()
    for task, how, other, most in [] if data["quick"] else TARGETS:
        line = [f"{task}, {how}, relative to `uri`" if other else f"{task}, {how}, s"]
        line.append(" / ".join(dict.fromkeys(map(digits, most))))
        for latency, limit in zip(LATENCIES, most, strict=True):
            value = median(rows.get((task, how, latency))) / (median(rows[task, other, latency]) if other else 1)
            judged += [] if math.isnan(value) else [value <= limit]
            line.append(f"**{digits(value)}**" if value > limit else digits(value))
        lines.append(line)
    counted = f"{sum(judged)} of {len(judged)} figures meet their target; the others are **bold**."
    return (
        HERE.joinpath("page.md")
        .read_text(encoding="utf-8")
        .format(
            near=figures(LATENCIES[0]),
            far=figures(LATENCIES[1]),
            counted=f"**{TRIAL}**" if data["quick"] else counted,
            targets=table("target|at most|measured|50 ms latency", lines),
            start=digits(median(rows[CHECK_ONE, START, 0.0])),
            refused=sum(sample["refused_429"] for row in data["rows"] for sample in row["samples"]),
            minutes=data["seconds"] / 60,
            machine=data["machine"],
        )
    )


def main() -> int:
    """Measure and write the results; with `report`, only write the page from the last figures."""
    figures = ROOT / "build" / "bench" / "benchmarks.json"
    figures.parent.mkdir(parents=True, exist_ok=True)
    if "report" not in sys.argv:
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="bench") as work:
            bench = Bench(Path(work), "quick" in sys.argv)
            for latency in LATENCIES:
                with Simulator(latency=latency) as api:
                    bench.few(api)
                    bench.fleets(api)
        bench.data["seconds"] = round(time.monotonic() - start)
        figures.write_text(json.dumps(bench.data, indent=1) + "\n")
    data = json.loads(figures.read_text())
    written = (figures.parent if data["quick"] else ROOT / "docs") / "benchmarks.md"
    written.write_text(page(data), encoding="utf-8")
    print(f"Written to {written.relative_to(ROOT)}.", *([TRIAL] if data["quick"] else []))
    return 0


if __name__ == "__main__":
    sys.exit(main())
