# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a process and print its time and memory as JSON: `python -IS spawn.py STDIN STDOUT STDERR COMMAND...`.

A separate small process, because the peak memory of a child includes that of its parent at the fork.
"""

from __future__ import annotations

import json
import os
import sys
import time

stdin, stdout, stderr, *command = sys.argv[1:]
write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
files = [
    (os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0),
    (os.POSIX_SPAWN_OPEN, 1, stdout, write, 0o600),
    (os.POSIX_SPAWN_OPEN, 2, stderr, write, 0o600),
]
start = time.perf_counter()
process = os.posix_spawnp(command[0], command, os.environ, file_actions=files)
_pid, status, usage = os.wait4(process, 0)
seconds = time.perf_counter() - start
sample = {
    "seconds": round(seconds, 4),
    "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 4),
    "peak_bytes": usage.ru_maxrss * 1024,
    "exit_status": os.waitstatus_to_exitcode(status),
}
print(json.dumps(sample))
