"""Which progress reports are written."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman_worker.throttle import INTERVAL_MS, MESSAGE_CHARS_MAX, Progress, Throttle, as_progress


def test_the_first_report_is_written_at_once_and_the_next_after_the_interval() -> None:
    throttle = Throttle()
    assert throttle.offer(Progress(1), 1_000) == Progress(1)
    assert throttle.offer(Progress(2), 1_000 + INTERVAL_MS - 1) is None
    assert throttle.offer(Progress(3), 1_000 + INTERVAL_MS) == Progress(3)


def test_the_latest_report_wins_and_is_written_when_its_time_comes() -> None:
    throttle = Throttle()
    throttle.offer(Progress(1), 1_000)
    throttle.offer(Progress(2), 1_010)
    throttle.offer(Progress(3), 1_020)
    assert throttle.due(1_100) is None
    assert throttle.due(1_000 + INTERVAL_MS) == Progress(3)
    assert throttle.due(9_000) is None


def test_what_is_held_when_the_attempt_ends_is_not_lost() -> None:
    throttle = Throttle()
    throttle.offer(Progress(1), 1_000)
    throttle.offer(Progress(99, "almost"), 1_001)
    assert throttle.last() == Progress(99, "almost")
    assert throttle.last() is None


@given(st.lists(st.integers(0, 300), max_size=50))
def test_written_reports_keep_their_distance_and_the_last_one_always_gets_out(pauses: list[int]) -> None:
    throttle, now, written = Throttle(), 1_000, []
    for index, pause in enumerate(pauses):
        now += pause
        if throttle.offer(Progress(index), now) is not None:
            written.append(now)
    assert all(later - earlier >= INTERVAL_MS for earlier, later in pairwise(written))
    assert not pauses or throttle.held is not None or throttle.latest == Progress(len(pauses) - 1)


@pytest.mark.parametrize(
    ("given", "percent"), [(-3, 0.0), (140, 100.0), (math.nan, 0.0), (math.inf, 100.0), (12.5, 12.5)]
)
def test_percents_stay_between_0_and_100(given: float, percent: float) -> None:
    assert as_progress(given).percent == percent


def test_messages_are_cut_and_can_be_encoded() -> None:
    assert len(as_progress(1, "x" * 5_000).message) == MESSAGE_CHARS_MAX
    as_progress(1, "\ud800").message.encode()
