# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a process and print its time and memory as JSON: `python -IS spawn.py LOG COMMAND...`.

A separate small process, because the peak memory of a child includes that of its parent at the fork.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

log, *command = sys.argv[1:]
with open(log, "wb") as output:
    start = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    _pid, status, usage = os.wait4(process.pid, 0)
    seconds = round(time.perf_counter() - start, 4)
print(json.dumps({"seconds": seconds, "peak_bytes": usage.ru_maxrss * 1024, "exit_status": status}))
