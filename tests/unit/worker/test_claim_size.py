"""How many jobs are claimed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from journeyman_worker.claim_size import (
    AHEAD_MAX,
    ALLOWANCE_FIRST,
    BUDGET_US,
    UNKNOWN_US,
    WAITED_LITTLE_MS,
    WAITED_LONG_MS,
    allowed,
    claim_count,
    jobs_ahead,
    smoothed,
)

counts = st.integers(0, 500)


def claim(free: int, waiting: int = 0, run_us: float = UNKNOWN_US) -> int:
    return claim_count(free, waiting, jobs_ahead(run_us))


def test_slow_jobs_are_claimed_for_free_threads_and_no_more() -> None:
    for run_us in (1_000, 2_000, 60_000_000):
        assert claim(8, run_us=run_us) == 8
        assert claim(3, run_us=run_us) == 3
        assert claim(0, run_us=run_us) == 0


def test_nothing_is_claimed_ahead_before_any_job_has_run() -> None:
    assert claim(8) == 8
    assert jobs_ahead(UNKNOWN_US) == 0


def test_jobs_of_no_length_are_claimed_in_hundreds() -> None:
    assert claim(8, run_us=1) == 8 + AHEAD_MAX


def test_the_next_claim_goes_out_while_half_of_the_last_still_waits() -> None:
    assert claim(0, waiting=150, run_us=1) == 0
    assert claim(0, waiting=100, run_us=1) == 100


def test_one_claim_never_asks_for_more_than_the_log_gives_at_once() -> None:
    assert claim(1_024) == 1_000
    assert claim(1_024, run_us=1) == 1_000


@given(free=counts, waiting=counts, run_us=st.floats(0, 1e9))
def test_what_waits_never_takes_longer_than_the_budget(free: int, waiting: int, run_us: float) -> None:
    count = claim(free, waiting, run_us)
    assert count >= 0
    if count:
        ahead = waiting + count - free
        assert ahead <= 0 or ahead * run_us <= BUDGET_US or ahead == 0


def test_one_slow_job_is_enough_to_stop_claiming_ahead_and_many_fast_ones_begin_again() -> None:
    usual = smoothed(10.0, 50_000.0)
    assert jobs_ahead(usual) == 0
    for _ in range(100):
        usual = smoothed(usual, 10.0)
    assert jobs_ahead(usual) > 0


def test_what_starts_soon_allows_more_ahead_and_what_waits_long_allows_less() -> None:
    allowance = ALLOWANCE_FIRST
    for _ in range(20):
        allowance = allowed(allowance, WAITED_LITTLE_MS - 0.1)
    assert allowance == AHEAD_MAX
    assert allowed(allowance, WAITED_LITTLE_MS + 0.1) == allowance
    assert allowed(allowance, WAITED_LONG_MS + 0.1) == allowance / 2
    assert jobs_ahead(1, allowed(allowance, WAITED_LONG_MS + 0.1)) == AHEAD_MAX / 2


@given(st.floats(ALLOWANCE_FIRST, AHEAD_MAX), st.floats(0, 1e6))
def test_an_allowance_stays_within_its_bounds(allowance: float, waited_ms: float) -> None:
    assert ALLOWANCE_FIRST <= allowed(allowance, waited_ms) <= AHEAD_MAX
