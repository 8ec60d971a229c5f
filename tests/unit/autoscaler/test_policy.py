"""How many workers there should be, and when the number changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman_autoscaler.observe import Observation
from journeyman_autoscaler.policy import COOLDOWN_MS, Decision, Limits, Memory, decide, needed, service_ms

LIMITS = Limits(workers_min=1, workers_max=10, wait_goal_ms=5_000, slots=8)
IDLE = Observation(at_ms=0, workers=1, slots=8)


def seen(waiting: int = 0, running: int = 0, *, each_ms: float | None = 1_000.0, **more: float) -> Observation:
    backlog = {"default": waiting} if waiting else {}
    return Observation(at_ms=0, backlog=backlog, running=running, service_ms=each_ms, workers=1, slots=8, **more)


def at(observation: Observation, at_ms: int) -> Observation:
    return Observation(
        **{name: getattr(observation, name) for name in Observation.__struct_fields__} | {"at_ms": at_ms}
    )


def decided(observation: Observation, current: int, limits: Limits = LIMITS) -> Decision:
    return decide(observation, current, limits, Memory())[0]


def test_nothing_to_do_keeps_the_minimum() -> None:
    assert decided(IDLE, 1).desired == 1


def test_fewer_than_the_minimum_are_filled_up_at_once() -> None:
    decision = decided(IDLE, 0)

    assert (decision.desired, decision.reason) == (1, "the minimum is 1")


def test_more_than_the_maximum_are_cut_at_once() -> None:
    assert decided(seen(waiting=1_000), 12).desired == 10


def test_a_minimum_of_none_keeps_none_until_a_job_waits() -> None:
    limits = Limits(workers_min=0)

    assert decided(IDLE, 0, limits).desired == 0
    assert decided(seen(waiting=1), 0, limits).desired == 1


def test_a_backlog_gets_as_many_workers_as_start_it_within_the_wait_goal() -> None:
    # 200 jobs of a second each in five seconds are forty slots, and eight of them are one worker.
    assert decided(seen(waiting=200), 1).desired == 5


def test_before_any_job_has_ended_one_worker_is_added_at_a_time() -> None:
    assert decided(seen(waiting=10_000, running=8, each_ms=None), 1).desired == 2


def test_jobs_that_have_run_long_enough_tell_how_long_they_last() -> None:
    assert decided(seen(waiting=200, running=8, each_ms=None, running_age_ms=2_000.0), 1).desired == 10


def test_jobs_that_have_just_begun_do_not_count_as_long() -> None:
    assert decided(seen(waiting=1_000, running=8, each_ms=1.0, running_age_ms=180.0), 1).desired == 1


def test_long_jobs_get_a_slot_each() -> None:
    assert decided(seen(waiting=24, running=8, each_ms=600_000), 1).desired == 4


def test_never_more_slots_than_jobs() -> None:
    assert decided(seen(waiting=9, each_ms=600_000, arrival_per_s=50.0), 1).desired == 2


def test_arrivals_that_one_worker_cannot_keep_up_with_get_more() -> None:
    assert decided(seen(waiting=10, running=8, arrival_per_s=16.0), 1).desired == 3


def test_many_tiny_jobs_are_not_taken_to_be_free() -> None:
    assert decided(seen(waiting=1_000_000, each_ms=0.0), 1).desired == 10


def test_jobs_that_have_not_ended_yet_tell_how_long_they_last() -> None:
    assert service_ms(seen(each_ms=None, running_age_ms=30_000.0), 8) == 30_000.0
    assert decided(seen(waiting=80, running=8, each_ms=None, running_age_ms=30_000.0), 1).desired == 10


def test_the_reason_for_more_says_what_waits_and_what_it_takes() -> None:
    reason = decided(seen(waiting=200), 1).reason

    assert reason == "200 jobs wait, most in default, at 1 s each: 5 workers to start them within 5 s"


def test_fewer_workers_only_after_the_cooldown() -> None:
    first, memory = decide(at(IDLE, 1_000), 4, LIMITS, Memory())
    still, memory = decide(at(IDLE, 1_000 + COOLDOWN_MS - 1), 4, LIMITS, memory)
    last, _ = decide(at(IDLE, 1_000 + COOLDOWN_MS), 4, LIMITS, memory)

    assert (first.desired, still.desired, last.desired) == (4, 4, 1)
    assert "nothing waits or runs" in last.reason


def test_the_most_that_was_needed_during_the_cooldown_stays() -> None:
    _, memory = decide(at(IDLE, 0), 4, LIMITS, Memory())
    _, memory = decide(at(seen(waiting=50), 5_000), 4, LIMITS, memory)
    decision, _ = decide(at(IDLE, COOLDOWN_MS), 4, LIMITS, memory)

    assert decision.desired == 2


def test_work_for_all_of_them_starts_the_cooldown_anew() -> None:
    _, memory = decide(at(IDLE, 0), 4, LIMITS, Memory())
    _, memory = decide(at(seen(waiting=150), 5_000), 4, LIMITS, memory)
    decision, _ = decide(at(IDLE, COOLDOWN_MS), 4, LIMITS, memory)

    assert decision.desired == 4


def test_a_number_that_only_just_suffices_is_kept() -> None:
    # 38 slots' worth would fit five workers' forty, but not with a quarter more.
    busy = seen(waiting=190)
    assert needed(busy, LIMITS) == 5
    _, memory = decide(at(busy, 0), 6, LIMITS, Memory())
    decision, _ = decide(at(busy, COOLDOWN_MS * 2), 6, LIMITS, memory)

    assert decision.desired == 6


@given(
    st.integers(0, 10**7),
    st.integers(0, 200),
    st.one_of(st.none(), st.floats(0, 10**8)),
    st.floats(0, 10**6),
    st.floats(0, 10**8),
    st.integers(0, 30),
    st.integers(0, 64),
)
def test_a_decision_always_stays_within_the_limits(
    waiting: int, running: int, each_ms: float | None, arrival: float, age: float, current: int, slots: int
) -> None:
    observation = Observation(0, {"q": waiting} if waiting else {}, running, arrival, each_ms, age, current, slots)

    decision, _ = decide(observation, current, LIMITS, Memory())

    assert LIMITS.workers_min <= decision.desired <= LIMITS.workers_max
    assert decision.reason


@pytest.mark.parametrize("more", [1, 10, 1_000])
def test_more_waiting_jobs_never_need_fewer_workers(more: int) -> None:
    for waiting in range(0, 500, 7):
        assert needed(seen(waiting=waiting + more), LIMITS) >= needed(seen(waiting=waiting), LIMITS)
