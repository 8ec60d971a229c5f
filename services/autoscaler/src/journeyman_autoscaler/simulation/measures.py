"""What a simulated course is worth: waits, minutes within the goal, hours of instances, starts and stops."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from journeyman_autoscaler.simulation.fleet import Course
from journeyman_autoscaler.simulation.traffic import HOUR_MS, MINUTE_MS, Job

#: A minute is within the goal if at least so many of the jobs that came in it started within the goal.
WITHIN = 0.99


class Figures(msgspec.Struct, frozen=True):
    """Of one scaler. attained: share of the minutes with jobs in which the goal was met. to_oracle: its cost is 1."""

    scaler: str
    wait_p50_ms: float
    wait_p95_ms: float
    wait_p99_ms: float
    wait_max_ms: float
    attained: float
    instance_hours: float
    starts: int
    stops: int
    to_oracle: float


def figures(course: Course, jobs: Sequence[Job], goal_ms: int, oracle_ms: float) -> Figures:
    """Return the figures of a course. oracle_ms: what the oracle spends."""
    ordered = sorted(course.waits_ms) or [0.0]
    p50, p95, p99, longest = (ordered[max(0, math.ceil(share * len(ordered)) - 1)] for share in (0.5, 0.95, 0.99, 1.0))
    return Figures(
        course.scaler,
        p50,
        p95,
        p99,
        longest,
        attained=attained(course, jobs, goal_ms),
        instance_hours=course.instance_ms / HOUR_MS,
        starts=course.starts,
        stops=course.stops,
        to_oracle=course.instance_ms / oracle_ms if oracle_ms else 1.0,
    )


def attained(course: Course, jobs: Sequence[Job], goal_ms: int) -> float:
    """Return the share of minutes, of those in which jobs came, in which the goal was met."""
    met: dict[int, list[int]] = {}
    for job, wait_ms in zip(jobs, course.waits_ms, strict=True):
        counted = met.setdefault(job.at_ms // MINUTE_MS, [0, 0])
        counted[0] += 1
        counted[1] += wait_ms <= goal_ms
    good = sum(within >= WITHIN * count for count, within in met.values())
    return good / len(met) if met else 1.0
