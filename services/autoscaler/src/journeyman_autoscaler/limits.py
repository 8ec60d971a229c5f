"""What the settings allow the policy to do, and aim at."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from journeyman.settings import Settings


class Limits(msgspec.Struct, frozen=True):
    """Bounds, goals and paces.

    wait_goal_ms: of every queue that `wait_goals` does not name. slots: jobs per worker, as long as none has said
    otherwise. policy: `wait-goal` or `step`; up_above and down_at are of the latter. The cooldowns are defined where
    they are applied: `policy.py`, `step.py`.
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

    def goal_ms(self, queue: str) -> int:
        """Return how long a job of a queue may wait."""
        return self.wait_goals.get(queue, self.wait_goal_ms)


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
