"""Leaving a service alone that does not answer, and trying it again."""

from __future__ import annotations

import pytest

from journeyman.aws import Calls, CircuitBreaker
from journeyman.errors import CloudUnavailableError


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Clock) -> CircuitBreaker:
    breaker = CircuitBreaker(3, 30.0, clock)
    for _ in range(3):
        assert breaker.admit()
        breaker.failed()
    return breaker


def test_a_service_is_left_alone_after_failures_in_a_row() -> None:
    breaker = opened(Clock())

    assert breaker.open
    assert not breaker.admit()


def test_a_success_in_between_begins_the_count_anew() -> None:
    breaker = CircuitBreaker(3, 30.0, Clock())
    for _ in range(5):
        breaker.failed()
        breaker.failed()
        breaker.succeeded()

    assert breaker.admit()


def test_after_the_rest_one_call_tries_it_and_the_others_wait_for_that() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 30.0

    assert [breaker.admit(), breaker.admit()] == [True, False]
    breaker.succeeded()
    assert [breaker.admit(), breaker.admit()] == [True, True]


def test_a_trial_that_fails_begins_the_rest_anew() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 30.0
    assert breaker.admit()
    breaker.failed()
    clock.now += 29.0

    assert not breaker.admit()


def test_calls_of_a_service_left_alone_fail_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    calls = Calls("sqs", breaker=opened(Clock()))

    with pytest.raises(CloudUnavailableError, match="left alone"):
        calls("list_queues")
