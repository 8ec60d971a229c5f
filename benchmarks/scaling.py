"""How well the autoscaler's policy does on simulated traffic: minutes within the goal, and cost beside an oracle's.

Instances that need a minute to start, two minutes of waiting allowed, one to ten workers of eight slots. What is
measured is the policy, not the machine: the rows are the same on every one.
"""

from __future__ import annotations

import time

from benchmarks.measures import Goal, Options, Row
from journeyman_autoscaler.limits import Limits
from journeyman_autoscaler.simulation.comparing import Compared, compare
from journeyman_autoscaler.simulation.fleet import Plant
from journeyman_autoscaler.simulation.traffic import HOUR_MS, KINDS, made_up

GOAL_MS = 120_000
ATTAINED = Goal("≥", 99.0)
COST = Goal("≤", 1.15)
#: Of what the cheaper of the others costs.
BEATEN = Goal("≤", 1.0)
HOURS_A_SECOND = Goal("≥", 1.0)
#: Fewer jobs a case than this is the quick run, which simulates the short ones alone.
_USUAL_JOBS = 10_000


def simulate(options: Options) -> list[Row]:
    """Simulate every kind of traffic; where little is measured, the two that have fewest jobs."""
    kinds = KINDS if options.jobs >= _USUAL_JOBS else ("bursts", "spike")
    rows: list[Row] = []
    hours, started = 0.0, time.process_time()
    for kind in kinds:
        compared = compare(made_up(kind), Plant(), Limits(wait_goal_ms=GOAL_MS))
        hours += compared.traffic.length_ms / HOUR_MS * len(compared.courses)
        rows += _rows(compared)
    took_s = time.process_time() - started
    return [*rows, Row("scaling, hours simulated a second", hours / took_s, "hours", {}, HOURS_A_SECOND)]


def _rows(compared: Compared) -> list[Row]:
    ours, tracking, step, _ = compared.figures
    name = f"scaling, {compared.traffic.name}"
    cheaper = min(tracking.instance_hours, step.instance_hours)
    better = max(tracking.attained, step.attained)
    return [
        Row(f"{name}: minutes within the goal", ours.attained * 100, "%", {}, ATTAINED),
        Row(f"{name}: the better of the others", better * 100, "%"),
        Row(f"{name}: cost to that of the oracle", ours.to_oracle, "x", {}, COST),
        Row(f"{name}: target tracking's", tracking.to_oracle, "x"),
        Row(f"{name}: the step rule's", step.to_oracle, "x"),
        Row(f"{name}: cost to the cheaper of the others", ours.instance_hours / cheaper, "x", {}, BEATEN),
        Row(f"{name}: starts and stops", float(ours.starts + ours.stops), "workers"),
    ]
