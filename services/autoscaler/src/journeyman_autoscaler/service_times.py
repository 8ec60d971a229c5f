"""How long jobs hold a slot, averaged over those that ended of late."""

from __future__ import annotations

import math

#: What was added a window ago counts a third.
WINDOW_MS = 300_000


class ServiceTime:
    """The mean of one type of job. It fades in favour of later ones, and stays when none come."""

    __slots__ = ("_at_ms", "_count", "_sum_ms")

    def __init__(self) -> None:
        self._sum_ms = self._count = 0.0
        self._at_ms = 0

    def add(self, run_us: int, at_ms: int) -> None:
        """Take in a job that ended."""
        if at_ms > self._at_ms:
            share = math.exp((self._at_ms - at_ms) / WINDOW_MS) if self._count > 1 else 1.0
            self._sum_ms *= share
            self._count *= share
            self._at_ms = at_ms
        self._sum_ms += run_us / 1000
        self._count += 1

    def ended(self, now_ms: int) -> float:
        """Return how many ended of late."""
        return self._count * math.exp(min(0, self._at_ms - now_ms) / WINDOW_MS)

    @property
    def mean_ms(self) -> float | None:
        """The mean, or None before any ended."""
        return self._sum_ms / self._count if self._count else None
