"""From lines of ready jobs to what each priority of each queue asks for, with all types and partitions together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from journeyman_autoscaler.arrivals import Arrivals
from journeyman_autoscaler.observation import Demand, Waiting
from journeyman_autoscaler.service_times import ServiceTime

#: What a job is taken to last before one has ended.
UNKNOWN_SERVICE_MS = 100.0
#: Jobs that run for less say nothing yet about how long they last.
TELLING_AGE_MS = 1_000.0
#: Those that have run for longer are worth waiting for before their worker is stopped.
LONG_MS = 10_000.0


class Ready(NamedTuple):
    """A line: how many jobs stand in it, how long each lasts (None: nobody knows), and when they came."""

    queue: str
    priority: int
    jobs: int
    each_ms: float | None
    arrivals: Arrivals


def lasting_ms(service: ServiceTime | None, ages_ms: Sequence[float], now_ms: int) -> float | None:
    """Return how long a job of a type holds a slot; None where nobody knows.

    ages_ms: of those that run. Where more run than have ended of late, it is at least as long as they have run. Else
    they say nothing: those that run at a moment are long ones, by the very fact that they still do.
    """
    measured_ms = service.mean_ms if service else None
    if service and service.ended(now_ms) >= len(ages_ms):
        return measured_ms
    age_ms = sum(ages_ms) / len(ages_ms) if ages_ms else 0.0
    return measured_ms if age_ms < TELLING_AGE_MS else max(measured_ms or 0.0, age_ms)


def demands(lines: Iterable[Ready], now_ms: int) -> tuple[Demand, ...]:
    """Add the lines up. Those that nothing comes into and nothing waits in are left out."""
    groups: dict[tuple[str, int], list[Ready]] = {}
    for line in lines:
        groups.setdefault((line.queue, line.priority), []).append(line)
    found = [_demand(queue, priority, group, now_ms) for (queue, priority), group in groups.items()]
    found.sort(key=lambda demand: -demand.priority)
    return tuple(demand for demand in found if demand.waits or demand.past or demand.recent or demand.sudden)


def _demand(queue: str, priority: int, lines: Iterable[Ready], now_ms: int) -> Demand:
    waits: list[Waiting] = []
    sudden = recent = past = grown = 0.0
    for line in lines:
        each_ms = UNKNOWN_SERVICE_MS if line.each_ms is None else line.each_ms
        if line.jobs:
            waits += [Waiting(age, jobs, jobs * each_ms) for age, jobs in line.arrivals.waits(line.jobs, now_ms)]
        rates = line.arrivals.rates(now_ms)
        sudden += rates.sudden * each_ms / 1000
        recent += rates.recent * each_ms / 1000
        past += rates.past * each_ms / 1000
        grown += rates.recent * rates.growth * each_ms / 1000
    waits.sort(key=lambda wait: -wait.age_ms)
    return Demand(queue, priority, tuple(waits), sudden, recent, past, grown / recent if recent else 0.0)
