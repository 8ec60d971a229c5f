"""A job that says when it started, on the clock that the server on this machine has too."""

from __future__ import annotations

import time

import journeyman_worker as jm

TYPE = "bench.wall"


@jm.job(TYPE)
def wall(sleep_ms: int = 0) -> int:
    """Return the wall clock in nanoseconds, as the first thing done; then sleep."""
    now_ns = time.time_ns()
    if sleep_ms:
        time.sleep(sleep_ms / 1_000)
    return now_ns
