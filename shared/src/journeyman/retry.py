"""How long a failed job waits before its next attempt. Pure: the jitter is a function of job and attempt."""

from __future__ import annotations

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
    # Beyond 2^64 every multiplier above 1 has long passed any cap; the bound keeps the power finite.
    growth = (
        backoff.multiplier ** min(failures - 1, 64) if backoff.multiplier > 1 else backoff.multiplier ** (failures - 1)
    )
    wait = min(backoff.initial_ms * growth, backoff.max_ms)
    return int(wait * fraction) if backoff.jitter else int(wait)
