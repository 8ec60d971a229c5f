"""Why a number was chosen, in words for a person."""

from __future__ import annotations

from journeyman.durations import in_words
from journeyman_autoscaler.limits import Limits
from journeyman_autoscaler.observation import Observation
from journeyman_autoscaler.outlook import Outlook


def why_more(seen: Observation, outlook: Outlook, wanted: int, limits: Limits) -> str:
    """Say what makes more workers necessary."""
    maximum = f"the maximum of {limits.most_of}" if limits.most_of else "the maximum"
    short = f" ({maximum})" if wanted == limits.workers_max else ""
    comes = f"{seen.arrival_per_s:.1f} arrive a second"
    if not seen.waiting:
        return f"no job waits yet, but {comes} and {seen.running} run: {wanted} workers{short}"
    queue = max(seen.backlog, key=seen.backlog.__getitem__)
    lasts = f"at {in_words(outlook.each_ms)} each" if seen.service_ms is not None else "nobody knows yet how long each"
    goal = in_words(limits.goal_ms(queue))
    return (
        f"{seen.waiting} jobs wait, most in {queue}, {lasts}, and {comes}: "
        f"{wanted} workers{short} to start them within {goal}"
    )


def why_fewer(seen: Observation, fewer: int, limits: Limits) -> str:
    """Say what makes fewer workers enough."""
    if not seen.waiting and not seen.running:
        return f"nothing waits or runs: {_enough(fewer)}"
    goal = in_words(min([limits.goal_ms(queue) for queue in seen.backlog], default=limits.wait_goal_ms))
    return (
        f"{seen.waiting} jobs wait, {seen.running} run and {seen.arrival_per_s:.1f} arrive a second: "
        f"{_enough(fewer)} to start them within {goal}"
    )


def _enough(workers: int) -> str:
    return "1 is enough" if workers == 1 else f"{workers} are enough"
