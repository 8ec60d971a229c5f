"""How many workers there should be: a pure function from what is observed to a number and the reason for it.

Quick up, slow down. Up at once, to as many as start everything that waits within the wait goal. Down only after
the smaller number, with a margin, has been enough for the whole of the cooldown, and then to the most that was
needed during it.
"""

from __future__ import annotations

import math

import msgspec

from journeyman.durations import in_words
from journeyman_autoscaler.observe import Observation

#: How long fewer workers must have been enough before any is stopped.
COOLDOWN_MS = 15_000
#: Fewer workers are enough if they would be with this much more work.
DOWN_MARGIN = 1.25
#: What a job is taken to last before one has ended; until more is known, one worker at a time is added on it.
UNKNOWN_SERVICE_MS = 100.0
#: Jobs that run for less say nothing yet about how long they last.
TELLING_AGE_MS = 1_000.0
#: What a worker process needs for a job of no duration, so that tiny jobs do not seem free: 10,000 a second.
OVERHEAD_MS = 0.1


class Limits(msgspec.Struct, frozen=True):
    """What the settings say. `slots`: jobs per worker, as long as no worker has said otherwise."""

    workers_min: int = 1
    workers_max: int = 10
    wait_goal_ms: int = 5_000
    slots: int = 8


class Memory(msgspec.Struct, frozen=True):
    """What the policy remembers between decisions.

    enough_since_ms: since when fewer workers would have been enough (None: they would not).
    peak: the most that would have been needed since then.
    """

    enough_since_ms: int | None = None
    peak: int = 0


class Decision(msgspec.Struct, frozen=True):
    """How many workers there should be, and why."""

    desired: int
    reason: str


def decide(seen: Observation, current: int, limits: Limits, memory: Memory) -> tuple[Decision, Memory]:
    """Say how many workers there should be when there are `current`, and what to remember for the next time."""
    if current < limits.workers_min:
        return Decision(limits.workers_min, f"the minimum is {limits.workers_min}"), Memory()
    if current > limits.workers_max:
        return Decision(limits.workers_max, f"the maximum is {limits.workers_max}"), Memory()
    wanted = needed(seen, limits)
    if not _tells(seen):
        wanted = min(wanted, current + 1)
    if wanted > current:
        return Decision(wanted, _why_more(seen, limits, wanted)), Memory()
    enough = needed(seen, limits, margin=DOWN_MARGIN)
    if enough >= current:
        return Decision(current, "as many as are needed"), Memory()
    since_ms = seen.at_ms if memory.enough_since_ms is None else memory.enough_since_ms
    peak = max(enough, memory.peak)
    if seen.at_ms - since_ms < COOLDOWN_MS:
        return Decision(current, "fewer may be enough"), Memory(since_ms, peak)
    return Decision(peak, _why_fewer(seen, peak)), Memory()


def needed(seen: Observation, limits: Limits, margin: float = 1.0) -> int:
    """Return the number of workers that keeps up with arrivals and starts the backlog within the wait goal.

    A slot serves several jobs within the goal if they are short and one if they are long; so many slots are needed
    for what waits, besides those for what arrives or runs on. Never more slots than there are jobs.
    """
    slots = seen.slots or limits.slots
    each_ms = service_ms(seen, slots)
    share = min(1.0, each_ms / limits.wait_goal_ms)
    keep_up = max(seen.arrival_per_s * each_ms / 1000, seen.running * share)
    busy = min(float(seen.running + seen.waiting), keep_up + seen.waiting * share)
    workers = math.ceil(round(busy * margin / slots, 6))
    return max(limits.workers_min, min(limits.workers_max, workers))


def service_ms(seen: Observation, slots: int) -> float:
    """Return how long a job holds a slot: as measured, and at least as long as the running ones have by now."""
    measured = UNKNOWN_SERVICE_MS if seen.service_ms is None else seen.service_ms
    running = seen.running_age_ms if seen.running_age_ms >= TELLING_AGE_MS else 0.0
    return max(measured, running, OVERHEAD_MS * slots)


def _tells(seen: Observation) -> bool:
    """Say whether it is known how long jobs last: some have ended, or run long enough to tell."""
    return seen.service_ms is not None or seen.running_age_ms >= TELLING_AGE_MS


def _why_more(seen: Observation, limits: Limits, wanted: int) -> str:
    if not seen.waiting:
        return f"{seen.arrival_per_s:.1f} jobs/s arrive and {seen.running} run"
    queue = max(seen.backlog, key=seen.backlog.__getitem__)
    each_ms = service_ms(seen, seen.slots or limits.slots)
    short = " (the maximum)" if wanted == limits.workers_max else ""
    goal_s = limits.wait_goal_ms / 1000
    return (
        f"{seen.waiting} jobs wait, most in {queue}, at {in_words(each_ms)} each: "
        f"{wanted} workers{short} to start them within {goal_s:g} s"
    )


def _why_fewer(seen: Observation, peak: int) -> str:
    if not seen.waiting and not seen.running:
        return f"nothing waits or runs; {peak} were enough for {COOLDOWN_MS // 1000} s"
    return f"{peak} were enough for {COOLDOWN_MS // 1000} s"
