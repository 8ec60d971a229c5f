"""How many workers there should be: a pure function from what is observed to a number and the reason for it.

**Up**, when some job would otherwise wait for longer than `_ALERT` of its queue's goal (`outlook.py` says so, with
everything on its way counted): straight to as many as keep it under `_AIM` of the goal, until a raise after the next
cooldown could take effect. For `up_cooldown_ms` after a raise, only where even `_AIM` would be missed; so a spike is
answered at once, and a small doubt waits for what is on its way.

**Down**, when fewer are enough with `_CALM` of the goal, `down_cooldown_ms` after the number was last changed, up or
down: straight to as many as are enough.

`limits.policy` says whether this or the step rule (`step.py`) decides. Either keeps within the bounds at once.
"""

from __future__ import annotations

import msgspec

from journeyman_autoscaler import step, words
from journeyman_autoscaler.decision import Decision, Memory
from journeyman_autoscaler.limits import Limits, limits_of
from journeyman_autoscaler.observation import Observation
from journeyman_autoscaler.outlook import Care, Outlook
from journeyman_autoscaler.sums import TELLING_AGE_MS

__all__ = ["Decision", "Limits", "Memory", "Observation", "decide", "limits_of"]

#: Shares of the wait goal: at which more are ordered; that is aimed at then; under which fewer are enough.
_ALERT = 0.6
_AIM = 0.95
_CALM = 0.3


def decide(seen: Observation, current: int, limits: Limits, memory: Memory) -> tuple[Decision, Memory]:
    """Say how many workers there should be when there are `current`, and what to remember for the next time."""
    memory = _recalled(seen, memory)
    if current < limits.workers_min:
        decision = Decision(limits.workers_min, limits.at_least())
    elif current > limits.workers_max or limits.workers_max == 0:
        decision = Decision(limits.workers_max, limits.at_most())
    elif limits.policy == "step":
        decision = step.decide(seen, current, limits, memory)
    else:
        decision = _by_wait(seen, current, limits, memory)
    return decision, _remembered(memory, current, decision.desired, seen.at_ms)


def _by_wait(seen: Observation, current: int, limits: Limits, memory: Memory) -> Decision:
    outlook = Outlook(seen, current, limits)
    wanted = _more(seen, outlook, current, limits, memory)
    if wanted > current:
        return Decision(wanted, words.why_more(seen, outlook, wanted, limits))
    resting = memory.changed_within(limits.down_cooldown_ms, seen.at_ms) and not _advised_fewer(seen, current)
    if current == limits.workers_min or resting:
        return Decision(current, "as many as are needed")
    calm = Care(_CALM, outlook.start_up_ms + limits.up_cooldown_ms, steady=True)
    fewer = _least(outlook, calm, limits.workers_min, current)
    if fewer == current:
        return Decision(current, "as many as are needed")
    return Decision(fewer, words.why_fewer(seen, fewer, limits))


def _more(seen: Observation, outlook: Outlook, current: int, limits: Limits, memory: Memory) -> int:
    """Return how many there should be if there are too few, else `current`."""
    current_least = 1 if current == 0 and seen.waiting else current
    soon = Care(_ALERT, outlook.start_up_ms)
    later = Care(_AIM, outlook.start_up_ms + limits.up_cooldown_ms)
    again = memory.raised_within(limits.up_cooldown_ms, seen.at_ms)
    if outlook.enough(current, Care(_AIM, outlook.start_up_ms) if again else soon):
        return current_least
    wanted = max(current + 1, _least(outlook, later, current, limits.workers_max))
    wanted = min(wanted, max(current_least, outlook.jobs_cap(later.horizon_ms)))
    if not _tells(seen):
        # Nobody knows how long these jobs last: one worker at a time, the next when that has come. Advice stands.
        advised = (seen.desired or 0) > current
        wanted = min(wanted, current + (not seen.coming or current == 0 or advised))
    return max(current_least, min(wanted, limits.workers_max))


def _advised_fewer(seen: Observation, current: int) -> bool:
    """Tell whether fewer were decided and nobody has done it: advice that is not followed stands, and is no change."""
    return seen.desired is not None and seen.desired < current <= seen.workers


def _least(outlook: Outlook, care: Care, low: int, high: int) -> int:
    """Return the fewest workers that are enough, or `high` where not even those are."""
    while low < high:
        middle = (low + high) // 2
        if outlook.enough(middle, care):
            high = middle
        else:
            low = middle + 1
    return low


def _tells(seen: Observation) -> bool:
    """Say whether it is known how long jobs last: some have ended, or run long enough to tell."""
    return seen.service_ms is not None or seen.running_age_ms >= TELLING_AGE_MS


def _recalled(seen: Observation, memory: Memory) -> Memory:
    """Return what is remembered, together with what the log says: whichever is later."""
    return msgspec.structs.replace(
        memory,
        raised_ms=_later(memory.raised_ms, seen.raised_ms),
        changed_ms=_later(memory.changed_ms, seen.changed_ms),
    )


def _later(one: int | None, other: int | None) -> int | None:
    known = [at_ms for at_ms in (one, other) if at_ms is not None]
    return max(known, default=None)


def _remembered(memory: Memory, current: int, desired: int, at_ms: int) -> Memory:
    if desired == current:
        return memory
    raised_ms = at_ms if desired > current else memory.raised_ms
    return msgspec.structs.replace(memory, raised_ms=raised_ms, changed_ms=at_ms)
