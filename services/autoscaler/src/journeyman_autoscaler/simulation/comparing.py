"""One traffic, every scaler."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from journeyman_autoscaler.limits import Limits
from journeyman_autoscaler.simulation import oracle
from journeyman_autoscaler.simulation.fleet import Course, FleetRun, Plant, Scaler
from journeyman_autoscaler.simulation.measures import Figures, figures
from journeyman_autoscaler.simulation.scalers import Autoscaler, Planned, TargetTracking
from journeyman_autoscaler.simulation.traffic import Traffic

OURS, STEP, TRACKING, ORACLE = "wait goal", "step rule", "target tracking", "oracle"


class Compared(NamedTuple):
    """What came of one traffic. The last of the courses is that of the oracle's plan, carried out."""

    traffic: Traffic
    goal_ms: int
    plant: Plant
    courses: list[Course]
    figures: list[Figures]
    reasons: list[tuple[int, int, str]]


def compare(traffic: Traffic, plant: Plant, limits: Limits, seed: int = 1) -> Compared:
    """Simulate every scaler."""
    jobs, goal_ms = traffic.jobs, limits.wait_goal_ms
    mean_ms = sum(job.run_ms for job in jobs) / len(jobs) if jobs else 1.0
    plan = oracle.plan(traffic, plant, goal_ms)
    ours = Autoscaler(OURS, jobs, plant, limits)
    by_step = Autoscaler(STEP, jobs, plant, msgspec.structs.replace(limits, policy="step"))
    scalers: list[Scaler] = [
        ours,
        TargetTracking(plant, goal_ms, mean_ms),
        by_step,
        Planned(plan.ready, oracle.STEP_MS, plant),
    ]
    courses = [FleetRun(traffic, plant, scaler, seed).run() for scaler in scalers]
    found = [figures(course, jobs, goal_ms, plan.instance_ms) for course in courses]
    return Compared(traffic, goal_ms, plant, courses, found, ours.reasons)
