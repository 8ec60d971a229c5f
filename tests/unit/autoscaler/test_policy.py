"""How many workers there should be, and when the number changes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.errors import SettingsError
from journeyman.settings import load
from journeyman_autoscaler.limits import Bounds
from journeyman_autoscaler.observation import Demand, Observation, Waiting
from journeyman_autoscaler.policy import Decision, Limits, Memory, decide, limits_of

LIMITS = Limits(workers_min=1, workers_max=10, wait_goal_ms=5_000, slots=8)
NOW_MS = 10_000_000
IDLE = Observation(at_ms=NOW_MS, workers=1, slots=8, service_ms=1_000.0, start_up_ms=1_000.0)


def seen(
    waiting: int = 0,
    running: int = 0,
    *,
    each_ms: float = 1_000.0,
    age_ms: float = 0.0,
    load: float = 0.0,
    queue: str = "default",
    priority: int = 10,
    **more: Any,
) -> Observation:
    """Return a fleet of one worker before which jobs of `each_ms` wait. load: slots that what comes keeps busy."""
    waits = (Waiting(age_ms, waiting, waiting * each_ms),) if waiting else ()
    demand = Demand(queue, priority, waits, load, load, load)
    backlog = {queue: waiting} if waiting else {}
    facts: dict[str, Any] = {
        "at_ms": NOW_MS,
        "service_ms": each_ms,
        "workers": 1,
        "slots": 8,
        "start_up_ms": 1_000.0,
        "arrival_per_s": load / each_ms * 1_000 if each_ms else 0.0,
    }
    return Observation(**{**facts, "backlog": backlog, "running": running, "demands": (demand,), **more})


def at(observation: Observation, at_ms: int) -> Observation:
    return msgspec.structs.replace(observation, at_ms=at_ms)


def decided(observation: Observation, current: int, limits: Limits = LIMITS, **memory: int) -> Decision:
    return decide(observation, current, limits, Memory(**memory))[0]


def test_nothing_to_do_keeps_the_minimum() -> None:
    assert decided(IDLE, 1).desired == 1


def test_fewer_than_the_minimum_are_filled_up_at_once() -> None:
    decision = decided(IDLE, 0)

    assert (decision.desired, decision.reason) == (1, "the minimum is 1")


def test_more_than_the_maximum_are_cut_at_once() -> None:
    assert decided(seen(waiting=1_000), 12).desired == 10


def test_bounds_of_a_group_are_kept_and_told_where_they_are_the_narrower_ones() -> None:
    narrow = LIMITS.within(Bounds(2, 4, "the group"))
    assert (narrow.workers_min, narrow.workers_max) == (2, 4)
    assert decided(IDLE, 1, narrow) == Decision(2, "the minimum of the group is 2")
    assert decided(IDLE, 9, narrow) == Decision(4, "the maximum of the group is 4")
    more = decided(seen(waiting=1_000), 2, narrow)
    assert more.desired == 4
    assert "4 workers (the maximum of the group) to start them" in more.reason
    step = msgspec.structs.replace(narrow, policy="step")
    assert decided(seen(waiting=9), 4, step).reason == "9 jobs wait, but the maximum of the group is 4"


@pytest.mark.parametrize(
    ("bounds", "kept"),
    [(None, (1, 10)), (Bounds(0, 20, "g"), (1, 10)), (Bounds(12, 20, "g"), (12, 12)), (Bounds(0, 0, "g"), (0, 0))],
)
def test_bounds_are_those_of_the_settings_as_far_as_the_group_allows(
    bounds: Bounds | None, kept: tuple[int, int]
) -> None:
    limits = LIMITS.within(bounds)
    assert (limits.workers_min, limits.workers_max) == kept
    assert bool(limits.most_of) == (kept[1] != 10)


def test_a_minimum_of_none_keeps_none_until_a_job_waits() -> None:
    limits = Limits(workers_min=0)

    assert decided(msgspec.structs.replace(IDLE, workers=0), 0, limits).desired == 0
    assert decided(seen(waiting=1, each_ms=1.0, workers=0), 0, limits, raised_ms=NOW_MS, changed_ms=NOW_MS).desired == 1


def test_none_are_left_when_nothing_has_come_for_long_and_the_minimum_is_none() -> None:
    assert decided(IDLE, 1, Limits(workers_min=0)).desired == 0
    assert decided(seen(running=1), 1, Limits(workers_min=0)).desired == 1


def test_a_backlog_gets_as_many_workers_as_start_it_within_the_goal() -> None:
    # One worker starts 38 jobs of a second within the 4.75 s that are aimed at, and 8 more at once; each other, ready
    # after a second, 30 and 8. So six of them, and the one that is there, start 8 + 38 + 6 x 38.
    assert decided(seen(waiting=270), 1).desired == 7
    assert decided(seen(waiting=280), 1).desired == 8


def test_jobs_that_are_soon_done_need_no_more_workers() -> None:
    assert decided(seen(waiting=20), 1).desired == 1


def test_workers_on_their_way_are_not_ordered_again() -> None:
    more: dict[str, Any] = {"workers": 1, "coming": (500,) * 6, "raised_ms": NOW_MS - 500, "changed_ms": NOW_MS - 500}

    assert decided(seen(waiting=262, age_ms=500, running=8, **more), 7).desired == 7


def test_workers_that_do_not_come_are_not_counted_on_for_ever() -> None:
    limits = Limits(wait_goal_ms=60_000)
    late, on_time = (
        seen(waiting=1_100, running=8, start_up_ms=30_000.0, coming=(ago_ms,) * 3) for ago_ms in (90_000, 29_000)
    )

    assert decided(on_time, 4, limits).desired == 4
    assert decided(late, 4, limits).desired > 4


def test_a_hundredfold_load_is_answered_at_once_even_after_a_raise() -> None:
    again: dict[str, Any] = {"raised_ms": NOW_MS - 1_000, "changed_ms": NOW_MS - 1_000}

    assert decided(seen(waiting=100, running=16, load=70.0, workers=2), 2, **again).desired == 9


def test_within_the_cooldown_of_a_raise_more_come_only_where_the_goal_would_be_missed() -> None:
    # All of it starts in 4.2 s: that is more than six tenths of the goal, and within it.
    tight = seen(waiting=34, running=8)

    assert decided(tight, 1).desired == 2
    assert decided(tight, 1, raised_ms=NOW_MS - 1_000, changed_ms=NOW_MS - 1_000).desired == 1
    assert decided(tight, 1, raised_ms=NOW_MS - 60_000, changed_ms=NOW_MS - 60_000).desired == 2


def test_before_it_is_known_how_long_jobs_last_one_worker_is_on_its_way_at_a_time() -> None:
    unknown: dict[str, Any] = {"each_ms": 100.0, "service_ms": None, "running": 8}

    assert decided(seen(waiting=10_000, **unknown), 1).desired == 2
    assert decided(seen(waiting=10_000, coming=(100,), **unknown), 2).desired == 2


def test_jobs_that_have_run_long_enough_tell_how_long_they_last() -> None:
    long = seen(waiting=200, running=8, each_ms=2_000, service_ms=None, running_age_ms=2_000.0)

    assert decided(long, 1).desired > 2


def test_long_jobs_get_a_slot_each_and_no_more() -> None:
    assert decided(seen(waiting=24, running=8, each_ms=600_000), 1).desired == 4


def test_arrivals_that_one_worker_cannot_keep_up_with_get_more_before_they_wait() -> None:
    slow = Limits(wait_goal_ms=60_000)

    assert decided(seen(running=8, load=20.0, start_up_ms=60_000.0), 1, slow).desired >= 3


def test_where_workers_come_too_late_to_help_some_are_kept_ready() -> None:
    # Four workers and a half, which five do where more come in time.
    load = seen(running=36, load=36.0, workers=5, start_up_ms=60_000.0)

    assert decided(load, 5).desired == 5
    more = msgspec.structs.replace(load, demands=seen(load=39.0).demands)
    assert decided(more, 5).desired == 6
    assert decided(more, 5, Limits(wait_goal_ms=200_000), changed_ms=NOW_MS).desired == 5


def test_many_tiny_jobs_are_not_taken_to_be_free() -> None:
    assert decided(seen(waiting=1_000_000, each_ms=0.0), 1).desired == 10


def test_a_queue_with_a_shorter_goal_gets_more() -> None:
    limits = Limits(wait_goal_ms=60_000, wait_goals={"now": 2_000})

    assert decided(seen(waiting=100, running=8, queue="later"), 1, limits).desired == 1
    assert decided(seen(waiting=100, running=8, queue="now"), 1, limits).desired > 4


def test_jobs_of_a_lower_priority_wait_behind_those_of_a_higher() -> None:
    low = Demand("default", 5, (Waiting(0, 10, 10_000.0),))
    high = Demand("default", 15, (Waiting(0, 30, 30_000.0),))
    one = seen(running=8, backlog={"default": 10}, demands=(low,))
    both = seen(running=8, backlog={"default": 40}, demands=(high, low))

    assert decided(one, 1).desired == 1
    assert decided(both, 1).desired == 2


def test_what_has_waited_longer_is_more_urgent() -> None:
    assert decided(seen(waiting=22, running=8), 1).desired == 1
    assert decided(seen(waiting=22, running=8, age_ms=2_500), 1).desired > 1


def test_the_reason_for_more_says_what_waits_and_what_it_takes() -> None:
    reason = decided(seen(waiting=270), 1).reason

    assert reason == (
        "270 jobs wait, most in default, at 1 s each, and 0.0 arrive a second: 7 workers to start them within 5 s"
    )


def test_fewer_workers_only_after_the_cooldown_and_then_as_few_as_are_enough() -> None:
    assert decided(IDLE, 4, changed_ms=NOW_MS - 119_999).desired == 4
    down = decided(IDLE, 4, changed_ms=NOW_MS - 120_000)

    assert (down.desired, down.reason) == (1, "nothing waits or runs: 1 is enough")


def test_the_cooldown_is_in_the_log_so_that_a_restart_does_not_forget_it() -> None:
    assert decided(msgspec.structs.replace(IDLE, changed_ms=NOW_MS - 1_000), 4).desired == 4


def test_advice_to_have_fewer_that_nobody_follows_stands() -> None:
    advised = msgspec.structs.replace(IDLE, workers=4, desired=1, changed_ms=NOW_MS - 1_000)

    assert decided(advised, 4).desired == 1


def test_a_number_that_only_just_suffices_is_kept() -> None:
    # Five would do it within the goal, and not within the three tenths of it that are asked for before one is stopped.
    assert decided(seen(waiting=120, running=48, workers=6), 6).desired == 6


def test_workers_whose_jobs_have_run_for_long_are_kept() -> None:
    assert decided(seen(running=20, running_long=20, workers=4), 4).desired == 3
    assert decided(seen(running=20, workers=4), 4).desired == 1


BUSY = st.builds(
    seen,
    st.integers(0, 10**6),
    st.integers(0, 200),
    each_ms=st.just(0.0) | st.floats(0.001, 10**7),
    age_ms=st.floats(0, 300_000),
    load=st.floats(0, 1_000),
    workers=st.integers(0, 30),
    slots=st.integers(0, 64),
    coming=st.lists(st.integers(0, 10**6), max_size=12).map(tuple),
    start_up_ms=st.none() | st.floats(0, 600_000),
    running_age_ms=st.floats(0, 10**7),
    running_long=st.integers(0, 200),
)
POLICIES = st.builds(
    Limits,
    workers_min=st.integers(0, 3),
    workers_max=st.integers(3, 20),
    wait_goal_ms=st.sampled_from([1, 100, 5_000, 600_000]),
    policy=st.sampled_from(["wait-goal", "step"]),
)


BOUNDS = st.none() | st.builds(
    lambda least, more: Bounds(least, least + more, "g"), st.integers(0, 9), st.integers(0, 9)
)


@given(BUSY, st.integers(0, 30), POLICIES, BOUNDS)
def test_a_decision_always_stays_within_the_limits(
    observation: Observation, current: int, limits: Limits, bounds: Bounds | None
) -> None:
    limits = limits.within(bounds)
    decision, _ = decide(observation, current, limits, Memory())

    assert limits.workers_min <= decision.desired <= limits.workers_max
    assert decision.reason


@given(BUSY, st.integers(1, 20), POLICIES, st.integers(0, 119_999))
def test_never_fewer_within_the_cooldown(observation: Observation, current: int, limits: Limits, since_ms: int) -> None:
    memory = Memory(changed_ms=NOW_MS - since_ms)

    decision, _ = decide(observation, current, limits, memory)

    assert decision.desired >= min(current, limits.workers_max)


@given(BUSY, st.integers(1, 20), POLICIES)
def test_after_a_change_it_is_remembered(observation: Observation, current: int, limits: Limits) -> None:
    decision, memory = decide(observation, current, limits, Memory())

    assert (memory.changed_ms == NOW_MS) == (decision.desired != current)
    assert (memory.raised_ms == NOW_MS) == (decision.desired > current)


@given(st.integers(0, 5_000), st.integers(1, 5_000), st.integers(1, 10), st.floats(1, 10_000))
def test_more_waiting_jobs_never_mean_fewer_workers(waiting: int, more: int, current: int, each_ms: float) -> None:
    few, many = (
        decided(seen(waiting=jobs, running=8 * current, each_ms=each_ms, workers=current), current).desired
        for jobs in (waiting, waiting + more)
    )

    assert many >= few


def test_the_settings_say_the_limits() -> None:
    settings = load(
        {"JOURNEYMAN_WAIT_GOALS": "images=1000, email=60000", "JOURNEYMAN_SCALING_POLICY": "step"}, workers_max=7
    )
    limits = limits_of(settings)

    assert (limits.workers_max, limits.policy, limits.slots) == (7, "step", 8)
    assert [limits.goal_ms(queue) for queue in ("images", "email", "other")] == [1_000, 60_000, 5_000]


@pytest.mark.parametrize("text", ["images", "images=", "=5", "images=0", "images=soon", "a=1=2"])
def test_goals_of_queues_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="WAIT_GOALS"):
        load({"JOURNEYMAN_WAIT_GOALS": text})


def test_a_step_down_above_the_step_up_is_refused() -> None:
    with pytest.raises(SettingsError, match="SCALE_DOWN_AT"):
        load({}, scale_up_above=4, scale_down_at=5)


def test_advice_stands_while_nobody_knows_how_long_jobs_last() -> None:
    unknown = seen(waiting=500, slots=1, service_ms=None, desired=2, coming=(500,))
    assert decided(unknown, 1).desired == 2
