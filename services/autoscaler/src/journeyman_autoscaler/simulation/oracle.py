"""The least that any scaler could spend, one that knows the future included: a lower bound, by dynamic programming.

Time goes in steps. What may have been done by the end of one is bounded by the work that has come (each job at most a
slot at a time, from when it came), and what must have been done by the work that would be if every job started just in
time. In between, work is a fluid that any slot takes. A worker costs while it is ready, and for its start-up. Over
(workers ready, work left) the cheapest way through all steps is found; of two ways with as many workers, one that
costs more and has more left is dropped. So no real fleet meets the goal for every job with less.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from journeyman_autoscaler.simulation.fleet import Plant
from journeyman_autoscaler.simulation.traffic import Traffic

STEP_MS = 10_000
#: Work left, cost, and the way here: a number of workers and the way before.
_Way: TypeAlias = tuple[float, float, "_Path | None"]


class _Path(NamedTuple):
    workers: int
    before: _Path | None


class Plan(NamedTuple):
    """ready: workers by step. instance_ms: what they cost; infinite where even the most would not do."""

    ready: list[int]
    instance_ms: float


def plan(traffic: Traffic, plant: Plant, goal_ms: int) -> Plan:
    """Return the cheapest plan."""
    due_steps = max(1, goal_ms // STEP_MS)
    coming = _work(traffic)
    came = [*coming, *([0.0] * due_steps)]
    total: list[float] = []
    for work in came:
        total.append(work + (total[-1] if total else 0.0))
    ways: dict[int, list[_Way]] = {plant.workers_min: [(0.0, 0.0, None)]}
    best: _Way | None = None
    for step, work in enumerate(came):
        left_max = total[step] - (total[step - due_steps] if step >= due_steps else 0.0)
        ways = _advance(_changed(ways, plant), work, left_max, plant)
        if not ways:
            return Plan([], float("inf"))
        if step >= len(coming) - 1:
            # Whoever has done everything by now may end here.
            ended = [way for found in ways.values() for way in found if way[0] <= 1e-6]
            best = min([*ended, *([best] if best else [])], key=lambda way: way[1], default=None)
    assert best is not None, "what had to be done in time was not"
    return Plan(_walked(best[2]), best[1])


def _work(traffic: Traffic) -> list[float]:
    """Return how much work could be done in each step at the most: every job from when it came, in one slot."""
    steps = traffic.length_ms // STEP_MS + 1
    last = max((job.at_ms + job.run_ms for job in traffic.jobs), default=0.0)
    steps = max(steps, int(last // STEP_MS) + 1)
    slope = [0.0] * (steps + 2)
    work = [0.0] * (steps + 2)
    for job in traffic.jobs:
        end_ms = job.at_ms + job.run_ms
        first, final = job.at_ms // STEP_MS, int(end_ms // STEP_MS)
        if first == final:
            work[first] += job.run_ms
            continue
        work[first] += (first + 1) * STEP_MS - job.at_ms
        work[final] += end_ms - final * STEP_MS
        slope[first + 1] += STEP_MS
        slope[final] -= STEP_MS
    running = 0.0
    for step in range(steps):
        running += slope[step]
        work[step] += running
    return work[:steps]


def _changed(ways: dict[int, list[_Way]], plant: Plant) -> dict[int, list[_Way]]:
    """Start and stop workers in every sensible way."""
    found: dict[int, list[_Way]] = {}
    stopped: list[_Way] = []
    for workers in range(plant.workers_max, plant.workers_min - 1, -1):
        stopped = _best([*stopped, *ways.get(workers, ())])
        found[workers] = stopped
    for workers in range(plant.workers_min + 1, plant.workers_max + 1):
        started = [(left, cost + plant.start_up_ms, path) for left, cost, path in found[workers - 1]]
        found[workers] = _best([*found[workers], *started])
    return found


def _advance(ways: dict[int, list[_Way]], work: float, left_max: float, plant: Plant) -> dict[int, list[_Way]]:
    found: dict[int, list[_Way]] = {}
    for workers, before in ways.items():
        done = workers * plant.slots * STEP_MS
        after = []
        for left, cost, path in before:
            rest = max(0.0, left + work - done)
            if rest <= left_max + 1e-6:
                after.append((rest, cost + workers * STEP_MS, _Path(workers, path)))
        if after:
            found[workers] = _best(after)
    return found


def _best(ways: Sequence[_Way]) -> list[_Way]:
    """Drop the ways that have more left, and cost as much, as another."""
    kept: list[_Way] = []
    for way in sorted(ways, key=lambda way: (way[0], way[1])):
        if not kept or way[1] < kept[-1][1] - 1e-6:
            kept.append(way)
    return kept


def _walked(path: _Path | None) -> list[int]:
    steps: list[int] = []
    while path is not None:
        steps.append(path.workers)
        path = path.before
    return steps[::-1]
