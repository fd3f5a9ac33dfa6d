# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several requests at the same time."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Any

from ansible_collections.didww.voice.plugins.module_utils._client import jsonapi


def in_background(function: Callable[[], object]) -> threading.Thread:
    """Start and return a thread that does not prevent an interrupted process from exiting, and receives no signals.

    Python handles signals in its main thread, which does not wake up when another thread receives them. That happens
    with two at once, and Ansible sends two to its workers after ^C.
    """
    thread = threading.Thread(target=function, daemon=True)
    # A new thread has the mask of the one that starts it.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        thread.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return thread


def concurrently(function: Callable[[int], Any], count: int) -> list[Any]:
    """Call `function` with each index below `count`, in at most CONNECTIONS threads; return the results."""
    results: list[Any] = [None] * count
    errors: list[BaseException] = []
    left = iter(range(count))

    def work() -> None:
        try:
            for index in left:
                results[index] = function(index)
        except BaseException as error:  # noqa: BLE001 - raised again in the waiting thread
            errors.append(error)

    threads = [in_background(work) for _number in range(min(count, jsonapi.CONNECTIONS))]
    for thread in threads:
        while thread.is_alive():
            # Python handles signals in this thread, which must wake up for that.
            thread.join(0.2)
    if errors:
        raise errors[0]
    return results
