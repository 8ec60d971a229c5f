"""One round of one peer: wait until it is up, warm it, measure it busy, measure it idle, check every job."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from benchmarks.peers.environments import UnavailableError
from benchmarks.peers.marks import PROBE, complaint
from benchmarks.peers.registry import Peer
from benchmarks.peers.stage import Stage, staged

#: Jobs that run before the clock starts, so that connections, caches and compilers are warm: at least, and as a share.
WARM_UP_MIN = 200
WARM_UP_SHARE = 10
START_S = 30.0
#: A peer that marks nothing for so long has lost jobs.
STALL_S = 20.0
#: Longest wait for the jobs of one step, however steadily they come.
STEP_S = 240.0
SETTLE_S = 15.0
#: Shares of one core: below it a peer is idle, though it may poll.
IDLE_SHARE = 0.2


@dataclass(frozen=True)
class Round:
    """What one round gave. cpu_us: processor time a job, in microseconds, by part."""

    jobs_per_s: float
    cpu_us: dict[str, float]
    waits_ms: list[float] = field(default_factory=list)


def run(peer: Peer, jobs: int, samples: int) -> Round:
    """Measure one round. Raises UnavailableError where the peer does not run, or not every job exactly once."""
    with staged(peer) as stage:
        _await_worker(stage)
        first = 1 + max(WARM_UP_MIN, jobs // WARM_UP_SHARE)
        _finish(stage, 1, first - 1)
        before = _settled(stage)
        seconds = _finish(stage, first, jobs)
        after = _settled(stage)
        waits_ms = [_finish(stage, first + jobs + number, 1, gap_s=0.02) * 1_000 for number in range(samples)]
        wrong = complaint(stage.marks.read(), range(1, first + jobs + samples))
        if wrong:
            raise UnavailableError(wrong)
    cpu_us = {name: (after[name] - before[name]) / jobs * 1e6 for name in after}
    return Round(jobs / seconds, cpu_us, waits_ms)


def _await_worker(stage: Stage) -> None:
    """Submit jobs nobody counts until one of them has run, and then until none is left."""
    deadline = time.monotonic() + START_S
    asked = 0
    while not stage.marks.count():
        stage.check()
        if time.monotonic() > deadline:
            raise UnavailableError("the worker did not run a job in time")
        stage.submit(PROBE, 1)
        asked += 1
        _wait(stage, 1, 0.5)
    _wait(stage, asked, 1.0)


def _finish(stage: Stage, first: int, count: int, gap_s: float = 0.0) -> float:
    """Submit jobs and wait until they have run; return the seconds from the first submission to the last start."""
    time.sleep(gap_s)
    known = stage.marks.count()
    began_ns = stage.submit(first, count)
    deadline = time.monotonic() + STEP_S
    seen = known
    while _wait(stage, seen + 1, STALL_S):
        seen = stage.marks.count()
        if seen >= known + count:
            return (stage.marks.read(known)[-1].at_ns - began_ns) / 1e9
        if time.monotonic() > deadline:
            break
    raise UnavailableError(f"{known + count - seen} of {count} jobs did not run in time")


def _wait(stage: Stage, count: int, seconds: float) -> bool:
    """Return whether there are so many marks before the time is over."""
    deadline = time.monotonic() + seconds
    while stage.marks.count() < count:
        if time.monotonic() > deadline:
            stage.check()
            return False
        time.sleep(0.002)
    return True


def _settled(stage: Stage) -> dict[str, float]:
    """Return the processor time used, read when what follows the jobs (acknowledgements, read model) is done too."""
    deadline = time.monotonic() + SETTLE_S
    used = stage.cpu()
    while True:
        time.sleep(0.25)
        now = stage.cpu()
        if sum(now.values()) - sum(used.values()) < 0.25 * IDLE_SHARE or time.monotonic() > deadline:
            return now
        used = now
