"""How long a failed job waits before its next attempt. Pure: the jitter is a function of job and attempt."""

from __future__ import annotations

import math
import zlib

from journeyman.events import Backoff


def spread(job_id: str, attempt: int) -> float:
    """Return a number in [0, 1) that looks random and is always the same for one attempt of one job."""
    return zlib.crc32(f"{job_id}/{attempt}".encode()) / 2**32


def delay_ms(backoff: Backoff, failures: int, fraction: float) -> int:
    """Return the wait after the `failures`-th failure (1, 2, …) of a generation, in milliseconds.

    Exponential, capped at `max_ms`. With jitter, `fraction` (in [0, 1)) of it: "full jitter", which spreads
    a crowd that failed together over the whole interval.
    """
    try:
        wait = backoff.initial_ms * backoff.multiplier ** (failures - 1)
    except OverflowError:
        wait = math.inf
    # Written this way round, what is no number or no wait becomes the cap.
    wait = wait if 0 <= wait < backoff.max_ms else backoff.max_ms
    return max(int(wait * fraction if backoff.jitter else wait), 0)
