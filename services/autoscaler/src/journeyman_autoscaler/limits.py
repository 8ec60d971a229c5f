"""What the settings allow the policy to do, and aim at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from journeyman.settings import Settings


class Bounds(NamedTuple):
    """How few and how many workers a provider allows of its own accord. of: whose bounds they are, for a person."""

    least: int
    most: int
    of: str


class Limits(msgspec.Struct, frozen=True):
    """Bounds, goals and paces.

    wait_goal_ms: of every queue that `wait_goals` does not name. slots: jobs per worker, as long as none has said
    otherwise. policy: `wait-goal` or `step`; up_above and down_at are of the latter. The cooldowns are defined where
    they are applied: `policy.py`, `step.py`. least_of, most_of: who set a bound that is not that of the settings.
    """

    workers_min: int = 1
    workers_max: int = 10
    wait_goal_ms: int = 5_000
    slots: int = 8
    wait_goals: Mapping[str, int] = {}
    policy: str = "wait-goal"
    up_cooldown_ms: int = 60_000
    down_cooldown_ms: int = 120_000
    up_above: int = 4
    down_at: int = 0
    least_of: str = ""
    most_of: str = ""

    def goal_ms(self, queue: str) -> int:
        """Return how long a job of a queue may wait."""
        return self.wait_goals.get(queue, self.wait_goal_ms)

    def within(self, bounds: Bounds | None) -> Limits:
        """Return these limits as far as a provider's own bounds allow; None: it has none, or they are not known yet."""
        if bounds is None:
            return self
        least, most = (min(max(bound, bounds.least), bounds.most) for bound in (self.workers_min, self.workers_max))
        return msgspec.structs.replace(
            self,
            workers_min=least,
            workers_max=most,
            least_of=bounds.of if least != self.workers_min else "",
            most_of=bounds.of if most != self.workers_max else "",
        )

    def at_least(self) -> str:
        """Say how few workers there may be, and who says so."""
        return self._told("minimum", self.workers_min, self.least_of)

    def at_most(self) -> str:
        """Say how many workers there may be, and who says so."""
        return self._told("maximum", self.workers_max, self.most_of)

    def _told(self, which: str, workers: int, of: str) -> str:
        return f"the {which} of {of} is {workers}" if of else f"the {which} is {workers}"


def limits_of(settings: Settings) -> Limits:
    """Return the limits that the settings say. Raises SettingsError."""
    return Limits(
        workers_min=settings.workers_min,
        workers_max=settings.workers_max,
        wait_goal_ms=settings.wait_goal_ms,
        slots=settings.worker_threads,
        wait_goals=settings.queue_goals(),
        policy=settings.scaling_policy,
        up_cooldown_ms=settings.scale_up_cooldown_ms,
        down_cooldown_ms=settings.scale_down_cooldown_ms,
        up_above=settings.scale_up_above,
        down_at=settings.scale_down_at,
    )
