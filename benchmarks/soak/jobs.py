"""The jobs of the soak, as a worker knows them (`journeyman-worker benchmarks.soak.jobs`)."""

from __future__ import annotations

import time
import zlib

import journeyman_worker as jm

NOOP = "soak.noop"
FLAKY = "soak.flaky"
STEPS = "soak.steps"
LONG = "soak.long"

STEP_S = 0.005


class FirstAttemptError(Exception):
    """What the first attempt of a flaky job raises."""


@jm.job(NOOP)
def noop(pad: str = "") -> int:
    """Do nothing."""
    return len(pad)


@jm.job(FLAKY)
def flaky(pad: str = "") -> int:
    """Fail the first time, one job in four: a breaker would open where half of the calls fail, in a burst too."""
    job = jm.current()
    if job.attempt == 1 and zlib.crc32(job.id.encode()) % 4 == 0:
        raise FirstAttemptError(pad)
    return job.attempt


@jm.job(STEPS)
def steps(count: int = 3) -> int:
    """Say three times how far it is."""
    for step in range(1, count + 1):
        time.sleep(STEP_S)
        jm.progress(100 * step / count, f"step {step}")
    return count


@jm.job(LONG)
def long(seconds: float = 60.0) -> None:
    """Run until it is cancelled, which can happen between two of its short sleeps."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        time.sleep(0.05)
