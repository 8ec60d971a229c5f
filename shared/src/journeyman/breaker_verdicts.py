"""When a circuit breaker opens, tries again, and closes: pure rules over what `breakers.py` has counted.

    closed ──too many failures──▶ open ──its time is over──▶ half-open ──all probes succeed──▶ closed
                                   ▲                             │
                                   └──────── a probe fails ──────┘   and stays open twice as long as before

A person may open and close a breaker at any time. So every verdict carries the guard that the valve is still as it was
when the verdict was reached; one that is refused was overtaken by an event that stands further on in the log.
"""

from __future__ import annotations

from typing import assert_never

import msgspec

from journeyman import events as e
from journeyman.breakers import AUTOMATIC, Breakers, HalfOpen, Open
from journeyman.proposals import Proposal, ShutBy, Valve

#: How many breakers one round judges: each yields at most one event.
JUDGED_MAX = 90


class Rules(msgspec.Struct, frozen=True):
    """The figures. See the settings `BREAKER_…`; without ratio and row, no breaker opens by itself."""

    window_ms: int = 60_000
    minimum_calls: int = 20
    failure_ratio: float = 0.0
    consecutive_failures: int = 0
    open_ms: int = 5_000
    open_max_ms: int = 300_000
    probes: int = 3


def judge(breakers: Breakers, type_: str, now_ms: int, rules: Rules) -> Proposal | None:
    """Say what follows for a type; None where it stays as it is."""
    state = breakers.states.get(type_)
    match state:
        case None:
            return _judge_closed(breakers, type_, now_ms, rules)
        case Open():
            if 0 < state.until_ms <= now_ms:
                return _admit(type_, rules.probes)
            return None
        case HalfOpen():
            return _judge_half_open(type_, state, now_ms, rules)
        case _:
            assert_never(state)


def _judge_closed(breakers: Breakers, type_: str, now_ms: int, rules: Rules) -> Proposal | None:
    calls, failures, row = breakers.recent(type_, now_ms - rules.window_ms)
    if 0 < rules.consecutive_failures <= row:
        reason, calls, failures = "consecutive_failures", row, row
    elif 0 < rules.failure_ratio * calls <= failures and calls >= rules.minimum_calls:
        reason = "failure_ratio"
    else:
        return None
    event = e.BreakerOpened(type_, reason, failures, calls, now_ms + rules.open_ms)
    return Proposal((event,), ShutBy(type_, ""), (Valve(type_, AUTOMATIC),))


def _judge_half_open(type_: str, state: HalfOpen, now_ms: int, rules: Rules) -> Proposal | None:
    guard = ShutBy(type_, AUTOMATIC)
    if state.failed:
        until_ms = now_ms + open_for_ms(state.reopened + 1, rules)
        event = e.BreakerOpened(type_, "probe_failed", state.failed, state.failed + state.succeeded, until_ms)
        return Proposal((event,), guard, (Valve(type_, AUTOMATIC),))
    if state.succeeded >= state.wanted:
        return Proposal((e.BreakerClosed(type_, "probes_succeeded"),), guard, (Valve(type_),))
    # Probes that were lost or returned, or whose error says nothing of the type, are replaced one for one.
    missing = state.wanted - state.succeeded - state.permits - len(state.running)
    return _admit(type_, missing) if missing > 0 else None


def _admit(type_: str, probes: int) -> Proposal:
    return Proposal((e.BreakerHalfOpened(type_, probes),), ShutBy(type_, AUTOMATIC), (Valve(type_, AUTOMATIC, probes),))


def open_for_ms(reopened: int, rules: Rules) -> int:
    """Return how long a breaker stays open that was opened again so often."""
    return max(min(rules.open_ms << min(reopened, 40), rules.open_max_ms), rules.open_ms)
