# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the local API in its own process, and measure commands against it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TESTS = ROOT / "tests"
KEY = "local-key"
# As in a user's shell: Python caches bytecode.
LEFT_OUT = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")


class Command(NamedTuple):
    """A contender: the command to run, and the number of updates that it must send."""

    name: str
    words: Sequence[str]
    updates: int = 0
    stdin: str = os.devnull


class Api:
    """A context manager that runs `python -m simulator` with the real rate limit."""

    def __init__(self, work: Path, latency: float) -> None:
        self.work = work
        self.latency = latency

    def __enter__(self) -> Api:
        port_file = self.work / "port"
        port_file.unlink(missing_ok=True)
        options = ["--port", "0", "--port-file", str(port_file), "--rate", "20", "--latency", str(self.latency)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "simulator", *options],
            env={**os.environ, "PYTHONPATH": str(TESTS)},
            stdout=subprocess.DEVNULL,
        )
        while not port_file.exists():
            if self.process.poll() is not None:
                raise RuntimeError("The local API did not start.")
            time.sleep(0.05)
        self.base = f"http://127.0.0.1:{port_file.read_text().strip()}"
        self.url = f"{self.base}/v3"
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.terminate()
        self.process.wait()

    def control(self, method: str, path: str, body: bytes | None = None) -> Any:
        """Send a request to a control endpoint."""
        request = urllib.request.Request(f"{self.base}/_simulator/{path}", body, method=method)  # noqa: S310 - the local API on loopback
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - the local API on loopback
            return json.loads(answer.read() or b"null")


class Runner:
    """Runs commands with a copy of the installed collection, so that it cannot change in the meantime."""

    def __init__(self, work: Path, installed: Path) -> None:
        self.work = work
        self.collections = work / "collections"
        shutil.copytree(installed, self.collections)
        self.environment = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
        self.environment |= {
            "ANSIBLE_CONFIG": str(TESTS / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
            "DIDWW_API_KEY": KEY,
            **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1"),
        }

    def spawn(self, command: Command, **environment: str) -> dict[str, Any]:
        """Run a command; return its time and memory. Its output is written to `out` and `err`."""
        out, err = self.work / "out", self.work / "err"
        spawn = [sys.executable, "-IS", str(HERE / "spawn.py"), command.stdin, str(out), str(err)]
        all_of_it = {**self.environment, **environment}
        answer = subprocess.run([*spawn, *command.words], env=all_of_it, stdout=subprocess.PIPE, check=True)
        sample: dict[str, Any] = json.loads(answer.stdout)
        if sample.pop("exit_status"):
            raise RuntimeError(f"{command.name} failed:\n{out.read_text()[-3000:]}\n{err.read_text()[-3000:]}")
        return sample

    def run(self, api: Api, seed: bytes, command: Command) -> dict[str, Any]:
        """Run a command after an API reset; return time, memory and requests. Raises if its updates are wrong."""
        api.control("POST", "reset", seed)
        sample = self.spawn(command, DIDWW_API_URL=api.url)
        journal = api.control("GET", "journal")
        requests = journal["requests"]
        updates = sum(entry["method"] == "PATCH" and entry["status"] == 200 for entry in requests)
        if updates != command.updates:
            raise RuntimeError(f"{command.name}: {updates} updates instead of {command.updates}")
        return {**sample, "requests": len(requests), "refused_429": journal["rate_limited"]}

    def round_robin(
        self, api: Api, seed: bytes, commands: Sequence[Command], times: int, warm_up: bool = True
    ) -> dict[str, list[dict[str, Any]]]:
        """Run the commands in turn, several times, so that slow periods of the machine affect all of them."""
        samples: dict[str, list[dict[str, Any]]] = {command.name: [] for command in commands}
        for turn in range(-1 if warm_up else 0, times):
            for command in commands:
                sample = self.run(api, seed, command)
                if turn >= 0:
                    samples[command.name].append(sample)
        return samples
