"""How close calls follow each other, and when idle workers speak."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from journeyman_worker.claim_size import POLL_FIRST_MS, POLL_LAST_MS, next_poll_ms
from journeyman_worker.pace import IN_A_ROW, STEP_MS, STEPPED_FROM_MS, Pace, in_step


def begun(*times: float) -> Pace:
    pace = Pace(2.0)
    for time in times:
        pace.note(time)
    return pace


def test_calls_that_come_now_and_then_never_wait() -> None:
    assert begun().not_before(100.0) == 100.0
    assert begun(90.0, 93.0, 96.0, 99.0).not_before(100.0) == 100.0


def test_a_few_calls_in_a_hurry_do_not_wait() -> None:
    assert begun(99.0, 99.3, 99.6).not_before(100.0) == 100.0


def test_after_several_calls_in_a_hurry_the_next_one_keeps_its_distance() -> None:
    assert begun(98.5, 99.0, 99.5, 99.9).not_before(100.0) == 101.9


@given(st.lists(st.floats(0, 5), max_size=50))
def test_no_call_waits_longer_than_the_distance_and_a_busy_worker_makes_no_more_calls_than_that(
    gaps: list[float],
) -> None:
    pace = Pace(2.0)
    now = 0.0
    times: list[float] = []
    for gap in gaps:
        now += gap
        at = pace.not_before(now)
        assert now <= at <= now + 2.0
        now = at
        pace.note(now)
        times.append(now)
    for first, last in zip(times, times[2 * IN_A_ROW :], strict=False):
        assert last - first >= IN_A_ROW * 2.0 - 0.001


@given(st.floats(1, 100_000), st.integers(0, 2**45))
def test_a_stepped_span_ends_at_a_quarter_of_a_second_and_is_hardly_shorter(span_ms: float, server_ms: int) -> None:
    stepped = in_step(span_ms, server_ms)
    if span_ms < STEPPED_FROM_MS:
        assert stepped == span_ms
    else:
        assert span_ms - STEP_MS < stepped <= span_ms
        late = (server_ms + stepped) % STEP_MS
        assert min(late, STEP_MS - late) < 0.1


def test_the_slow_poll_gets_slower_up_to_a_bound_and_differs_between_workers() -> None:
    poll_ms = POLL_FIRST_MS
    for _ in range(10):
        later = next_poll_ms(poll_ms, 1.0)
        assert poll_ms < later or later == POLL_LAST_MS
        poll_ms = later
    assert poll_ms == POLL_LAST_MS
    assert next_poll_ms(POLL_LAST_MS, 0.0) < POLL_LAST_MS
