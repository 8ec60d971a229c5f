"""A job's policies: what `@jm.job(…)` or a plain actor's options say, as one frozen struct. Pure.

dramatiq counts priorities downwards from 0 (lower first); Journeyman's run from 0 to 20, higher first. A plain
actor's priority `p` becomes `10 - p`, within bounds: dramatiq's default 0 is our `normal`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypeAlias

import msgspec

from journeyman.durations import parse_ms
from journeyman.events import Backoff
from journeyman.submission import PRIORITIES, PRIORITY_MAX

Duration: TypeAlias = str | int | timedelta

ATTEMPTS_MAX = 100
TIMEOUT_MAX_MS = 86_400_000
TIMEOUT_DEFAULT_MS = 600_000

#: Options that a plain actor, or one message of it, may set. Others would be lost on the way, so they are refused.
OPTIONS = frozenset(
    {"max_retries", "time_limit", "min_backoff", "max_backoff", "throws"}
    | {"priority", "max_attempts", "timeout", "backoff", "queue", "depends_on", "on_dependency_failure", "tags"}
)


class Policy(msgspec.Struct, frozen=True):
    """How jobs of a type are submitted where the submitter does not say otherwise."""

    queue: str = "default"
    priority: int = PRIORITIES["normal"]
    max_attempts: int = 3
    backoff: Backoff = Backoff()
    timeout_ms: int = TIMEOUT_DEFAULT_MS


def priority_of(value: int | str) -> int:
    """Return a priority given as a number or by name. Raises ValueError."""
    if isinstance(value, str):
        if value not in PRIORITIES:
            raise ValueError(f"not a priority: {value!r}; one of {', '.join(PRIORITIES)}, or 0 to {PRIORITY_MAX}")
        return PRIORITIES[value]
    if not 0 <= value <= PRIORITY_MAX:
        raise ValueError(f"a priority is 0 to {PRIORITY_MAX}, not {value}")
    return value


def backoff_of(value: Backoff | Mapping[str, Any] | Duration | None) -> Backoff:
    """Return a backoff given as itself, as its fields, or as the first delay. Raises ValueError."""
    match value:
        case None:
            return Backoff()
        case Backoff():
            return value
        case Mapping():
            try:
                return Backoff(**value)
            except TypeError as error:
                raise ValueError(f"not a backoff: {error}") from None
        case _:
            initial_ms = parse_ms(value)
            return Backoff(initial_ms=initial_ms, max_ms=max(initial_ms, Backoff().max_ms))


def within(name: str, value: int, least: int, most: int) -> int:
    """Return `value`. Raises ValueError outside of the limits."""
    if not least <= value <= most:
        raise ValueError(f"{name} is {least} to {most}, not {value}")
    return value


def policy_of_actor(queue: str, priority: int, options: Mapping[str, Any]) -> Policy:
    """Translate a plain dramatiq actor's queue, priority and options."""
    ours = max(0, min(PRIORITY_MAX, PRIORITIES["normal"] - priority))
    return with_options(Policy(queue=queue, priority=ours), options)


def with_options(policy: Policy, options: Mapping[str, Any]) -> Policy:
    """Return the policy with what `send_with_options(…)` or `submit` overrides. Raises ValueError.

    Knows dramatiq's names (`max_retries`, `time_limit`, `min_backoff`, `max_backoff`; milliseconds) and ours.
    """
    changes: dict[str, Any] = {}
    if (retries := options.get("max_retries")) is not None:
        changes["max_attempts"] = min(ATTEMPTS_MAX, within("max_retries", retries, 0, 1 << 31) + 1)
    if (attempts := options.get("max_attempts")) is not None:
        changes["max_attempts"] = within("max_attempts", attempts, 1, ATTEMPTS_MAX)
    if (limit_ms := options.get("time_limit")) is not None:
        changes["timeout_ms"] = int(min(TIMEOUT_MAX_MS, limit_ms))
    if (timeout := options.get("timeout")) is not None:
        changes["timeout_ms"] = within("timeout", parse_ms(timeout), 1, TIMEOUT_MAX_MS)
    if (priority := options.get("priority")) is not None:
        changes["priority"] = priority_of(priority)
    if (queue := options.get("queue")) is not None:
        changes["queue"] = queue
    if (backoff := options.get("backoff")) is not None:
        changes["backoff"] = backoff_of(backoff)
    elif "min_backoff" in options or "max_backoff" in options:
        initial_ms = options.get("min_backoff") or policy.backoff.initial_ms
        max_ms = options.get("max_backoff") or max(policy.backoff.max_ms, initial_ms)
        changes["backoff"] = Backoff(int(initial_ms), policy.backoff.multiplier, int(max_ms), policy.backoff.jitter)
    return msgspec.structs.replace(policy, **changes) if changes else policy


def attempt_timeout_ms(submitted_ms: int, declared_ms: int) -> int:
    """Return how long an attempt may take: what the submitter chose, else what the job declares for itself.

    A submitter who left the timeout at its default did not choose.
    """
    return declared_ms if submitted_ms == TIMEOUT_DEFAULT_MS else submitted_ms
