"""Whether so many workers would be enough: the fleet's future, as a fluid that flows into slots.

Work is measured in milliseconds of a slot. Workers that are there serve from now on, those on their way from when they
are expected, those ordered now after the start-up delay. Higher priorities go first; within one it goes by age. A
job must start by its queue's goal; what has waited so long that no new worker can make it in time must start soon
after one could have come.
"""

from __future__ import annotations

import math

import msgspec

from journeyman_autoscaler.limits import Limits
from journeyman_autoscaler.observation import Demand, Observation
from journeyman_autoscaler.sums import UNKNOWN_SERVICE_MS

#: How long a worker is taken to need before one has shown it.
START_UP_MS = 30_000.0
#: What a worker process needs for a job of no duration, so that tiny jobs do not seem free: 10,000 a second.
OVERHEAD_MS = 0.1
#: A late job must start within this share of its goal, or of the start-up delay, from when a new worker has joined.
_LATE_SHARE = 0.25
#: Where workers need as long to come as jobs may wait, nothing can be mended in time. Then so much more than what
#: comes is kept ready: more workers come where it would be less than the one, fewer are enough where it stays at the
#: other. Nothing, where workers need half as long.
RESERVE_MIN, RESERVE_MAX = 0.1, 0.25


class Care(msgspec.Struct, frozen=True):
    """How careful to be. share: of the goal that may be used up. horizon_ms: up to when what comes is looked at.

    steady: to go by what comes over minutes, not by what came suddenly or grows.
    """

    share: float
    horizon_ms: float
    steady: bool = False


class Outlook:
    """One observation, and how it would go on."""

    def __init__(self, seen: Observation, current: int, limits: Limits) -> None:
        self._seen = seen
        self._limits = limits
        self.slots = max(1, seen.slots or limits.slots)
        self.start_up_ms = START_UP_MS if seen.start_up_ms is None else seen.start_up_ms
        waits = [wait for demand in seen.demands for wait in demand.waits]
        jobs = sum(wait.jobs for wait in waits)
        floor_ms = OVERHEAD_MS * self.slots
        mean_ms = sum(wait.work_ms for wait in waits) / jobs if jobs else seen.service_ms
        self.each_ms = max(floor_ms, UNKNOWN_SERVICE_MS if mean_ms is None else mean_ms)
        self._floor_ms = floor_ms
        # Of those that are there and on their way, no more than there are to be: the rest goes.
        self._there = min(seen.workers, current)
        trusted = [age for age in seen.coming if age <= max(limits.up_cooldown_ms, 2 * self.start_up_ms)]
        self._coming_ms = [max(0.0, self.start_up_ms - age) for age in trusted][: max(0, current - self._there)]

    def enough(self, workers: int, care: Care) -> bool:
        """Tell whether with so many workers every job starts within the goal."""
        ahead_ms = rate = 0.0
        for level in self._levels():
            goal_ms = care.share * min(self._limits.goal_ms(demand.queue) for demand in level)
            for age_ms, work_ms, own_ms in self._waits(level):
                ahead_ms += work_ms
                left_ms = max(care.share * own_ms - age_ms, 0.0)
                if not self._starts(workers, ahead_ms, rate, left_ms, own_ms):
                    return False
            above = rate
            rate += sum(self._offered(demand, care.steady) for demand in level)
            until_ms = care.horizon_ms
            if ahead_ms + rate * until_ms + above * goal_ms > self._served(workers, until_ms + goal_ms) + 1e-6:
                return False
        return self._keeps_running(workers, care)

    def _levels(self) -> list[list[Demand]]:
        levels: dict[int, list[Demand]] = {}
        for demand in self._seen.demands:
            levels.setdefault(demand.priority, []).append(demand)
        return [levels[priority] for priority in sorted(levels, reverse=True)]

    def _waits(self, level: list[Demand]) -> list[tuple[float, float, int]]:
        """Return age, work and goal of what waits in a level, the oldest first."""
        return sorted(
            (
                (wait.age_ms, max(wait.work_ms, wait.jobs * self._floor_ms), self._limits.goal_ms(demand.queue))
                for demand in level
                for wait in demand.waits
            ),
            reverse=True,
        )

    def _starts(self, workers: int, ahead_ms: float, rate: float, left_ms: float, goal_ms: int) -> bool:
        if ahead_ms + rate * left_ms <= self._served(workers, left_ms) + 1e-6:
            return True
        late_ms = self.start_up_ms + _LATE_SHARE * max(goal_ms, self.start_up_ms)
        return left_ms < late_ms and ahead_ms + rate * late_ms <= self._served(workers, late_ms) + 1e-6

    def _served(self, workers: int, within_ms: float) -> float:
        """Return how much work has started by then. An empty slot takes a job at once, and the next when it is done."""
        there = min(self._there, workers)
        idle = max(0, there * self.slots - self._seen.running)
        total = there * self.slots * within_ms + idle * self.each_ms
        coming = self._coming_ms[: workers - there]
        ordered = workers - there - len(coming)
        for at_ms, count in (*((at_ms, 1) for at_ms in coming), (self.start_up_ms, ordered)):
            if within_ms > at_ms:
                total += count * self.slots * (within_ms - at_ms + self.each_ms)
        return total

    def _offered(self, demand: Demand, steady: bool) -> float:
        short = min(1.0, max(0.0, 2 * self.start_up_ms / self._limits.goal_ms(demand.queue) - 1))
        if steady:
            return demand.recent * (1 + short * RESERVE_MAX)
        return max(demand.sudden, demand.recent * (1 + demand.growth)) * (1 + short * RESERVE_MIN)

    def _keeps_running(self, workers: int, care: Care) -> bool:
        """Tell whether what has run for long has room. What has not, ends before a worker does, or starts anew."""
        needed = max(self._seen.running_long, min(1, self._seen.running))
        return not care.steady or workers * self.slots >= needed

    def jobs_cap(self, horizon_ms: float) -> int:
        """Return the number of workers beyond which slots would stay empty, whatever jobs last."""
        jobs = self._seen.running + self._seen.waiting + self._seen.arrival_per_s * horizon_ms / 1000
        return math.ceil(jobs / self.slots)
