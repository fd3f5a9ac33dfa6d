# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rate limits: the requests that an account can send within a second."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque


class Rate:
    """A sliding window of one second for each account. A rate of 0 is unlimited."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.limited = 0
        self._seen: defaultdict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def admits(self, key: str) -> bool:
        """Return whether the account has not used up its rate. Only admitted requests count."""
        if self.rate <= 0:
            return True
        now = time.monotonic()
        with self._lock:
            seen = self._seen[key]
            while seen and seen[0] <= now - 1:
                seen.popleft()
            if len(seen) < self.rate:
                seen.append(now)
                return True
            self.limited += 1
            return False
