"""How many jobs to claim: no more than what starts within a few milliseconds. Pure.

A job of a millisecond or more is claimed only when a thread is free for it, so that it never waits in the pocket of
a busy worker while another is idle. Jobs far shorter than the round trip are claimed ahead: as many as would all
have started within the budget if a single thread ran them one after the other.
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

#: How much one measurement counts: towards slower at once, towards faster with patience.
WEIGHT_SLOWER = 0.5
WEIGHT_FASTER = 0.05


def jobs_ahead(run_us: float) -> int:
    """Return how many jobs may wait in the worker, given the usual run time of one."""
    if run_us >= SLOW_US:
        return 0
    return min(AHEAD_MAX, int(BUDGET_US / max(run_us, FLOOR_US)))


def claim_count(free: int, waiting: int, ahead: int, unsaid: int, unsaid_max: int) -> int:
    """Return how many jobs to claim now; 0 for none yet.

    free: threads that run nothing. waiting: claimed jobs that no thread has taken. ahead: see `jobs_ahead`.
    unsaid: outcomes that the log has not accepted yet; beyond `unsaid_max` the worker claims no more.

    Ahead of time it claims only when half of what may wait is used up, so that claims stay few and large.
    """
    if unsaid >= unsaid_max:
        return 0
    wanted = free + ahead - waiting
    if waiting < free or waiting * 2 <= ahead:
        return max(0, wanted)
    return 0


def smoothed(run_us: float, sample_us: float) -> float:
    """Return the usual run time after one more measurement."""
    weight = WEIGHT_SLOWER if sample_us > run_us else WEIGHT_FASTER
    return run_us + weight * (sample_us - run_us)
