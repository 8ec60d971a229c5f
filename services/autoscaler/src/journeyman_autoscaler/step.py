"""The step rule: one worker more where many jobs wait, one fewer where few do, each with its cooldown.

One more where more than `up_above` jobs wait, `up_cooldown_ms` after the number was last raised at the earliest. One
fewer where `down_at` or fewer wait, `down_cooldown_ms` after it was last changed. The first one, where there is none
and a job waits, comes at once. What runs is not looked at, but for the last worker.
"""

from __future__ import annotations

from journeyman_autoscaler.decision import Decision, Memory
from journeyman_autoscaler.limits import Limits
from journeyman_autoscaler.observation import Observation


def decide(seen: Observation, current: int, limits: Limits, memory: Memory) -> Decision:
    """Say how many workers there should be. `current` is within the bounds."""
    waiting = seen.waiting
    if current == 0 and waiting:
        return Decision(1, f"{waiting} jobs wait and there is no worker")
    if waiting > limits.up_above:
        if current == limits.workers_max:
            return Decision(current, f"{waiting} jobs wait, but {limits.at_most()}")
        if memory.raised_within(limits.up_cooldown_ms, seen.at_ms):
            return Decision(current, f"{waiting} jobs wait; one was added a short time ago")
        return Decision(current + 1, f"{waiting} jobs wait, more than {limits.up_above}: one worker more")
    if waiting <= limits.down_at and current > max(limits.workers_min, 1 if seen.running else 0):
        if memory.changed_within(limits.down_cooldown_ms, seen.at_ms):
            return Decision(current, f"{waiting} jobs wait; the number was changed a short time ago")
        return Decision(current - 1, f"{waiting} jobs wait, no more than {limits.down_at}: one worker fewer")
    return Decision(current, f"{waiting} jobs wait: neither too many nor too few workers")
