# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the local API from a shell: `python -m simulator`, with `tests` in PYTHONPATH."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from simulator.accounts import VERSIONS, SeedError
from simulator.server import DEFAULT_SEED, Simulator, load_seed
from simulator.tokens import LIFE


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Return the exit status: 2 if the seed is unusable."""
    parser = argparse.ArgumentParser(prog="simulator", description="A local stand-in for the DIDWW API.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on, 0 for a free one")
    parser.add_argument("--port-file", type=Path, help="file that gets the port when the server listens")
    parser.add_argument("--seed", type=Path, default=DEFAULT_SEED, help="JSON file to start from")
    parser.add_argument("--rate", type=float, default=20.0, help="requests per second per account")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that each request takes longer")
    parser.add_argument("--version", choices=VERSIONS, help="version of accounts that the seed gives none")
    parser.add_argument("--token-life", type=float, default=LIFE, metavar="SECONDS", help="life of a token by default")
    parser.add_argument("--token-rate", type=float, metavar="N", help="requests for tokens per second per account")
    parser.add_argument("--verbose", action="store_true", help="log every request")
    options = vars(parser.parse_args(arguments))
    port_file = options.pop("port_file")

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    try:
        simulator = Simulator(load_seed(options.pop("seed")), **options)
    except (OSError, SeedError) as exc:
        print(f"simulator: {exc}", file=sys.stderr)
        return 2
    with simulator:
        if port_file is not None:
            _write(port_file, f"{simulator.port}\n")
        print(simulator.url, flush=True)
        stop.wait()
    return 0


def _write(path: Path, text: str) -> None:
    """Write a file atomically."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


if __name__ == "__main__":
    sys.exit(main())
