"""How many jobs to claim, when, and how long to wait where there are none: no more than starts within milliseconds.

A job of a millisecond or more is claimed only when a thread is free for it, so that it never waits in the pocket of
a busy worker while another is idle. Jobs far shorter than the round trip are claimed ahead. How many is tried out: an
`allowance` grows while all that was claimed ahead starts soon and is halved when something had to wait, so it follows
what the worker gets done, whatever it is that holds it up. All pure.
"""

from __future__ import annotations

BUDGET_US = 2_000.0
#: From this run time on nothing is claimed ahead.
SLOW_US = 1_000.0
#: What a job is taken to need before any has run: far too long to claim ahead.
UNKNOWN_US = 50_000.0
#: What the machinery around user code costs; a run time below it says nothing.
FLOOR_US = 10.0
AHEAD_MAX = 200
#: What the log gives at once.
CLAIM_MAX = 1_000

#: How much one measurement counts: towards slower at once, towards faster with patience.
WEIGHT_SLOWER = 0.5
WEIGHT_FASTER = 0.05

#: What a job claimed ahead may wait for its thread before fewer are claimed ahead, and below which more are.
WAITED_LONG_MS = 3.0
WAITED_LITTLE_MS = 2.0
ALLOWANCE_FIRST = 25.0
GROWTH = 1.25

POLL_FIRST_MS = 1_000.0
POLL_LAST_MS = 8_000.0


def jobs_ahead(run_us: float, allowance: float = AHEAD_MAX) -> int:
    """Return how many jobs may wait in the worker, given the usual run time of one and what was allowed so far."""
    if run_us >= SLOW_US:
        return 0
    return int(min(AHEAD_MAX, allowance, BUDGET_US / max(run_us, FLOOR_US)))


def allowed(allowance: float, waited_ms: float) -> float:
    """Return the allowance after the longest wait, so far, of a job claimed under the present one."""
    if waited_ms > WAITED_LONG_MS:
        return max(ALLOWANCE_FIRST, allowance / 2)
    if waited_ms < WAITED_LITTLE_MS:
        return min(float(AHEAD_MAX), allowance * GROWTH)
    return allowance


def claim_count(free: int, waiting: int, ahead: int) -> int:
    """Return how many jobs to claim now; 0 for none yet.

    free: threads that run nothing. waiting: claimed jobs that no thread has taken. ahead: see `jobs_ahead`.

    Ahead of time it claims only when half of what may wait is used up, so that claims stay few and large.
    """
    wanted = free + ahead - waiting
    if waiting < free or waiting * 2 <= ahead:
        return max(0, min(CLAIM_MAX, wanted))
    return 0


def smoothed(run_us: float, sample_us: float) -> float:
    """Return the usual run time after one more measurement."""
    weight = WEIGHT_SLOWER if sample_us > run_us else WEIGHT_FASTER
    return run_us + weight * (sample_us - run_us)


def next_poll_ms(poll_ms: float, chance: float) -> float:
    """Return how long to wait for the doorbell after another look that found nothing. `chance`: 0 to 1, at random."""
    return min(POLL_LAST_MS, poll_ms * 2) * (0.75 + 0.25 * chance)
