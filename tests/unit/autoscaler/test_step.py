"""The step rule: one more, one fewer, each in its time."""

from __future__ import annotations

import pytest

from journeyman_autoscaler.observation import Observation
from journeyman_autoscaler.policy import Limits, Memory, decide

NOW_MS = 1_000_000
LIMITS = Limits(policy="step")


def desired(waiting: int, current: int, limits: Limits = LIMITS, *, running: int = 0, **memory: int) -> int:
    backlog = {"default": waiting} if waiting else {}
    seen = Observation(NOW_MS, backlog, running=running, workers=current, slots=8)
    return decide(seen, current, limits, Memory(**memory))[0].desired


@pytest.mark.parametrize(("waiting", "expected"), [(0, 1), (1, 2), (4, 2), (5, 3), (10_000, 3)])
def test_one_worker_at_a_time_by_how_many_wait(waiting: int, expected: int) -> None:
    assert desired(waiting, 2) == expected


def test_never_beyond_the_bounds() -> None:
    assert desired(100, 10) == 10
    assert desired(0, 1) == 1


def test_another_only_after_the_cooldown() -> None:
    assert desired(100, 2, raised_ms=NOW_MS - 59_999) == 2
    assert desired(100, 2, raised_ms=NOW_MS - 60_000) == 3


def test_one_fewer_only_after_the_cooldown_of_any_change() -> None:
    assert desired(0, 3, changed_ms=NOW_MS - 119_999) == 3
    assert desired(0, 3, changed_ms=NOW_MS - 120_000) == 2


def test_the_last_worker_goes_when_nothing_runs_and_the_first_comes_for_any_job() -> None:
    none = Limits(policy="step", workers_min=0)

    assert desired(0, 1, none) == 0
    assert desired(0, 1, none, running=1) == 1
    assert desired(1, 0, none, raised_ms=NOW_MS, changed_ms=NOW_MS) == 1


def test_its_thresholds_are_settings() -> None:
    patient = Limits(policy="step", up_above=50, down_at=10)

    assert [desired(waiting, 3, patient) for waiting in (51, 50, 11, 10)] == [4, 3, 3, 2]
