"""A job that says when it started, on a clock that all processes of a machine share."""

from __future__ import annotations

import time

import journeyman_worker as jm

TYPE = "bench.clock"


@jm.job(TYPE)
def clock(echo: str = "") -> int:
    """Return the monotonic clock in nanoseconds, as the first thing done."""
    now_ns = time.monotonic_ns()
    del echo
    return now_ns
