"""Time in a worker: the server's for what others see, a monotonic one for spans and deadlines."""

from __future__ import annotations

import time
from typing import Protocol

from journeyman.clock import ServerClock

__all__ = ["Clock", "ServerClock", "monotonic_ms"]


class Clock(Protocol):
    """Knows the server's time, or a test's."""

    def now_ms(self) -> int:
        """Return milliseconds since 1970."""
        ...


def monotonic_ms() -> float:
    """Return milliseconds that only ever rise."""
    return time.monotonic() * 1_000
