"""The log server's time, known without asking: its last reply plus the time that has passed here since.

No decision uses this host's wall clock. Between two replies only the monotonic clock counts, so a host clock
that is set changes nothing. The estimate is behind the server by at most the time a reply takes to arrive.
"""

from __future__ import annotations

import time


class ServerClock:
    """Calibrated from every reply that carries the server's time."""

    def __init__(self, now_ms: int) -> None:
        self._ahead_ms = 0.0
        self.calibrate(now_ms)

    def calibrate(self, now_ms: int) -> None:
        """Take `now_ms` for the server's time at this moment."""
        self._ahead_ms = now_ms - time.monotonic() * 1000

    def now_ms(self) -> int:
        """Return the server's time, in milliseconds since 1970."""
        return int(time.monotonic() * 1000 + self._ahead_ms)
