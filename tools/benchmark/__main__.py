# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure the modules against the alternatives: `make bench` writes docs/benchmarks.md and build/bench/benchmarks.json.

`make bench ARGS=quick` is a trial run: small fleets, each measured once. Its page is in build/bench.
`make bench ARGS=--report` only rewrites the page from the last figures.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import sys
import tempfile
import time
import uuid
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmark import report
from benchmark.report import CHANGE, LATENCIES, LOOP, LOOP_BY_HAND, NOTHING, TEN
from benchmark.running import HERE, KEY, ROOT, Api, Command, Runner

ONE, MANY = "didww.voice.voice_out_trunk", "didww.voice.voice_out_trunks"
DIDS_EACH = 2
# The settings in a task. Either none of them changes, or the capacity limit does.
SETTINGS = {"capacity_limit": 30, "status": "active", "default_dst_action": "allow_all", "rtp_timeout": 30}
CHANGED = {**SETTINGS, "capacity_limit": 60}
MEDIA_TYPE = "application/vnd.api+json"
HEADERS = {"Api-Key": KEY, "X-DIDWW-API-Version": "2026-04-16", "Accept": MEDIA_TYPE}
# Runs a module as Ansible does, with the options on stdin.
ALONE = (
    "import runpy; from ansible.module_utils import basic; basic._ANSIBLE_PROFILE = 'legacy'; "
    "basic._ANSIBLE_ARGS = __import__('sys').stdin.buffer.read(); "
    f"runpy.run_module('ansible_collections.didww.voice.plugins.modules.{report.MANY}', run_name='__main__')"
)


def trunk_id(index: int) -> str:
    """Return the id of a trunk in the fleet."""
    return str(uuid.UUID(int=0x40008000000000000000 + index))


def number(index: int, linked: int) -> str:
    """Return the number of a DID that is linked to a trunk in the fleet."""
    return str(37060000000 + DIDS_EACH * index + linked)


def seed(size: int) -> bytes:
    """Return the seed of the local API: a fleet of this size, with DIDs."""
    dids: list[dict[str, str]] = []
    trunks = []
    for i in range(size):
        linked = [str(uuid.UUID(int=0x50008000000000000000 + DIDS_EACH * i + n)) for n in range(DIDS_EACH)]
        dids += ({"id": did, "number": number(i, n)} for n, did in enumerate(linked))
        trunks.append({"id": trunk_id(i), "attributes": {**SETTINGS, "name": f"Trunk {i}"}, "dids": linked})
    return json.dumps({"accounts": [{"api_key": KEY}], "dids": dids, "trunks": trunks}).encode()


def fleet(size: int, changed: bool, linked: bool = False) -> list[dict[str, Any]]:
    """Return the entries of a task for a fleet of this size; with the numbers of their DIDs if `linked`."""
    entries = []
    for i in range(size):
        dids = {"dids": [f"+{number(i, n)}" for n in range(DIDS_EACH)]} if linked else {}
        entries.append({"id": trunk_id(i), **(CHANGED if changed else SETTINGS), **dids})
    return entries


def by_hand(api: Api, reads: str, updates: str, result: str) -> list[dict[str, Any]]:
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
        self.runner = Runner(work, Path(os.environ["ANSIBLE_COLLECTIONS_PATH"]))
        self.rows: list[dict[str, Any]] = []
        self.data: dict[str, Any] = {"machine": machine(), "quick": quick, "rows": self.rows}

    def cut(self, size: int) -> int:
        """Return the number of trunks to measure for a fleet of this size."""
        return max(3, size // 50) if self.quick else size

    def playbook(self, name: str, tasks: list[dict[str, Any]], updates: int, **variables: Any) -> Command:
        """Write a playbook and its variables; return the command that runs it."""
        book, extra = (Path(tempfile.mkdtemp(dir=self.work)) / file for file in ("playbook.yml", "vars.json"))
        play = {"name": "Measure", "hosts": "localhost", "gather_facts": False, "tasks": tasks}
        book.write_text(json.dumps([play]))
        extra.write_text(json.dumps(variables))
        more = ["-e", f"@{extra}"] if variables else []
        return Command(name, ["ansible-playbook", str(book), *more], updates)

    def both(self, tasks: list[dict[str, Any]], updates: int) -> list[Command]:
        """Return the commands that run tasks in Ansible's own process, and in module processes."""
        other = self.playbook(report.MODULE_PROCESS, tasks, updates, didww_in_process=False)
        return [self.playbook(report.IN_PROCESS, tasks, updates), other]

    def add(
        self, api: Api, case: str, size: int, commands: list[Command], times: int, warm_up: bool = True, stored: int = 0
    ) -> None:
        """Measure commands against a fleet of `stored` trunks (default: `size`)."""
        start = time.monotonic()
        if self.quick:
            times, warm_up = 1, False
        samples = self.runner.round_robin(api, seed(self.cut(stored or size)), commands, times, warm_up)
        for name, found in samples.items():
            row = {"case": case, "contender": name, "latency": api.latency, "trunks": size, "samples": found}
            self.rows.append(row)
            print(f"{api.latency:5} {size:6} {case:14} {name:40} {report.median(row):8.3f} s", flush=True)
        print(f"  took {time.monotonic() - start:.0f} s", flush=True)

    def few(self, api: Api) -> None:
        """Measure one task and ten tasks, each for one trunk, in an account with ten trunks."""
        trunk = trunk_id(0)
        read, update = by_hand(api, trunk, trunk, "trunk")
        keep, change = ([{"name": "Keep", ONE: {"id": trunk, **values}}] for values in (SETTINGS, CHANGED))
        script = [sys.executable, str(HERE / "sdk_script.py"), trunk, json.dumps(CHANGED)]
        start, uri = self.playbook(report.START, [], 0), self.playbook(report.URI, [read], 0)
        self.add(api, NOTHING, 1, [start, *self.both(keep, 0), uri], 11, stored=10)
        by_tasks = self.playbook(report.BY_HAND, [read, update], 1, wanted=CHANGED)
        self.add(api, CHANGE, 1, [*self.both(change, 1), by_tasks, Command(report.SCRIPT, script, 1)], 11, stored=10)
        entries = fleet(self.cut(10), False)
        reads = [by_hand(api, entry["id"], entry["id"], "trunk")[0] for entry in entries]
        ten = self.both([{"name": "Keep", ONE: entry} for entry in entries], 0)
        self.add(api, TEN, 10, [*ten, self.playbook(report.URI, reads, 0)], 5)

    def many(self, size: int, changed: bool, linked: bool = False) -> Command:
        """Return the command for a fleet in a single task."""
        task = {"name": "Keep the fleet", MANY: {"trunks": "{{ fleet }}"}}
        entries = fleet(self.cut(size), changed, linked)
        return self.playbook(report.LINKED if linked else report.MANY, [task], len(entries) * changed, fleet=entries)

    def loop(self, size: int, changed: bool) -> Command:
        """Return the command for a fleet in a loop."""
        options = {name: f"{{{{ item.{name} }}}}" for name in ("id", *SETTINGS)}
        label = {"label": "{{ item.id }}"}
        task = {"name": "Keep the fleet", ONE: options, "loop": "{{ fleet }}", "loop_control": label}
        entries = fleet(self.cut(size), changed)
        return self.playbook(LOOP, [task], len(entries) * changed, fleet=entries)

    def loop_by_hand(self, api: Api, size: int, changed: bool) -> Command:
        """Return the command that reads a fleet with a loop of uri tasks, and changes it with a second loop."""
        read, update = by_hand(api, "{{ item.id }}", "{{ item.0.id }}", "item.1")
        read |= {"loop": "{{ fleet }}", "loop_control": {"label": "{{ item.id }}"}}
        update |= {"loop": "{{ fleet | zip(trunk.results) }}", "loop_control": {"label": "{{ item.0.id }}"}}
        entries = fleet(self.cut(size), changed)
        tasks, updates = ([read, update], len(entries)) if changed else ([read], 0)
        name = LOOP_BY_HAND[CHANGE if changed else NOTHING]
        return self.playbook(name, tasks, updates, fleet=entries, wanted=CHANGED)

    def fleets(self, api: Api, far: bool) -> None:
        """Measure fleets in one task and in a loop. With latency (`far`), the longest runs are skipped."""
        for changed, case in ((False, NOTHING), (True, CHANGE)):
            for size in (10, 100):
                self.add(api, case, size, [self.many(size, changed)], 3 if changed else 5)
            for size in (10,) if far else (10, 50):
                loops = [self.loop(size, changed), self.loop_by_hand(api, size, changed)]
                self.add(api, case, size, loops, 3 if size == 10 else 1, warm_up=False)
            # Not by hand: that takes minutes.
            self.add(api, case, 1000, [self.loop(1000, changed)], 1, warm_up=False)
        self.add(api, NOTHING, 1000, [self.many(1000, False), self.many(1000, False, linked=True)], 5)
        self.add(api, CHANGE, 1000, [self.many(1000, True)], 1, warm_up=False)
        if not far:
            self.add(api, NOTHING, 10000, [self.many(10000, False)], 3, warm_up=False)

    def alone(self, api: Api) -> None:
        """Measure the memory of a module's process, without Ansible."""
        self.runner.environment["PYTHONPATH"] = str(self.runner.collections)
        for size in (100, 1000, 10000):
            options = Path(tempfile.mkdtemp(dir=self.work)) / "options.json"
            options.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {"trunks": fleet(self.cut(size), False)}}))
            command = Command(f"module {report.MANY}", [sys.executable, "-c", ALONE], 0, str(options))
            self.add(api, report.ALONE, size, [command], 3)


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
        **{package: version(package) for package in ("ansible-core", "requests", "urllib3", "didww")},
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
    }


def main() -> int:
    """Measure and write the results; with `--report`, only write the page from the last figures."""
    figures = ROOT / "build" / "bench" / "benchmarks.json"
    figures.parent.mkdir(parents=True, exist_ok=True)
    if "--report" not in sys.argv:
        quick = "quick" in sys.argv
        print(*([report.TRIAL] if quick else []), sep="\n", flush=True)
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="bench") as work:
            bench = Bench(Path(work), quick)
            for latency in LATENCIES:
                with Api(Path(work), latency) as api:
                    bench.few(api)
                    bench.fleets(api, far=latency > 0)
            with Api(Path(work), 0.0) as api:
                bench.alone(api)
        bench.data["seconds"] = round(time.monotonic() - start)
        figures.write_text(json.dumps(bench.data, indent=1) + "\n")
    data = json.loads(figures.read_text())
    page = (figures.parent if data["quick"] else ROOT / "docs") / "benchmarks.md"
    page.write_text(report.page(data), encoding="utf-8")
    print(f"Written to {page.relative_to(ROOT)}.", *([report.TRIAL] if data["quick"] else []))
    return 0


if __name__ == "__main__":
    sys.exit(main())
