# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the stand-in from a shell: `python -m simulator`, with `tests` on PYTHONPATH."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from simulator.server import DEFAULT_SEED, Simulator, load_seed
from simulator.store import SeedError


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Returns the exit status: 2 if the seed cannot be used."""
    parser = argparse.ArgumentParser(prog="simulator", description="A stand-in for the DIDWW API.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on, 0 for any")
    parser.add_argument("--port-file", type=Path, help="file to write the port to once listening")
    parser.add_argument("--seed", type=Path, default=DEFAULT_SEED, help="JSON file to start from")
    parser.add_argument("--rate", type=float, default=20.0, help="requests per second per key")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds added to each request")
    parser.add_argument("--verbose", action="store_true", help="log every request")
    options = parser.parse_args(arguments)

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    try:
        simulator = Simulator(
            load_seed(options.seed),
            rate=options.rate,
            latency=options.latency,
            host=options.host,
            port=options.port,
            verbose=options.verbose,
        )
    except (OSError, SeedError) as exc:
        print(f"simulator: {exc}", file=sys.stderr)
        return 2
    with simulator:
        if options.port_file is not None:
            _write(options.port_file, f"{simulator.port}\n")
        print(simulator.url, flush=True)
        stop.wait()
    return 0


def _write(path: Path, text: str) -> None:
    """Write a file so that a reader sees all of it or nothing."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


if __name__ == "__main__":
    sys.exit(main())
