"""How many threads take jobs: what is tried out, and what comes of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from journeyman_worker.lanes import IN_PEACE, KEPT_FIRST_MS, LET_IN_MS, SETTLE_MS, WINDOW_MS, Lanes

#: How long both sides take, and a look more for each of the three steps.
TRIAL_MS = 2 * WINDOW_MS + SETTLE_MS + 3
LONG_MS = 20_000


class Worker:
    """Lanes and somebody who looks at them every millisecond. alone, together: jobs a millisecond."""

    def __init__(self, alone: float, together: float, threads: int = 8) -> None:
        #: How many threads are let in.
        self.let = 0
        self.lanes = Lanes(threads, self.open)
        self.threads = threads
        self.now = 0.0
        self.started = 0.0
        #: For how many milliseconds how many threads were open.
        self.spent = {1: 0, threads: 0}
        self._rates = {1: alone, threads: together}

    def open(self, threads: int) -> None:
        self.let = threads

    def work(self, ms: float, *, plenty: bool = True) -> int:
        """Let time pass, and return how many threads are open then."""
        for _ in range(int(ms)):
            self.now += 1.0
            self.started += self._rates[self.lanes.open]
            self.spent[self.lanes.open] += 1
            self.lanes.look(int(self.started), self.now, plenty=plenty)
            assert self.let == self.lanes.open
        return self.lanes.open


@given(st.floats(1.1, 50), st.floats(1.1, 50))
def test_what_gets_more_done_is_kept_and_little_time_is_lost_by_trying(alone: float, together: float) -> None:
    worker = Worker(alone, together)
    worker.work(LONG_MS)
    if abs(alone - together) > 0.2:
        assert worker.spent[8 if alone >= together else 1] < 0.02 * LONG_MS


def test_a_trial_takes_more_jobs_than_can_be_run_and_many_of_them() -> None:
    assert Worker(9, 1.1).work(TRIAL_MS) == 1
    assert Worker(9, 1.1).work(10 * TRIAL_MS, plenty=False) == 8
    slow = Worker(0.9, 0.5)
    slow.work(20 * KEPT_FIRST_MS)
    assert slow.spent[1] == 0


def test_one_thread_is_all_there_are() -> None:
    worker = Worker(9, 1, threads=1)
    assert worker.work(10 * TRIAL_MS) == 1
    assert not worker.lanes.narrow


def test_a_moment_without_enough_to_do_counts_for_neither_side() -> None:
    worker = Worker(alone=4, together=2)
    for _ in range(40):
        worker.work(WINDOW_MS / 2)
        worker.work(1, plenty=False)
    assert worker.spent[1] == 0


def test_who_is_held_up_while_it_is_tried_out_is_not_left_alone() -> None:
    worker = Worker(alone=4, together=2)
    assert worker.work(WINDOW_MS + SETTLE_MS) == 1
    worker.lanes.held_up(worker.now)
    assert worker.work(KEPT_FIRST_MS) == 8
    assert worker.work(2 * KEPT_FIRST_MS) == 1


def test_who_was_held_up_is_helped_for_a_moment_and_again_and_again_for_good() -> None:
    worker = Worker(alone=4, together=2)
    worker.work(TRIAL_MS)
    for _ in range(3):
        assert worker.work((IN_PEACE + 1) * LET_IN_MS) == 1
        worker.lanes.held_up(worker.now)
        assert worker.work(LET_IN_MS - 1) == 8
        assert worker.work(1) == 1
    let_in_ms = LET_IN_MS
    while let_in_ms < KEPT_FIRST_MS:
        assert worker.lanes.narrow
        worker.lanes.held_up(worker.now)
        # Without plenty to do nothing is tried out meanwhile.
        worker.work(let_in_ms := let_in_ms * 2, plenty=False)
    assert worker.lanes.open == 8
    worker.lanes.held_up(worker.now)
    assert worker.lanes.open == 8


def test_the_log_running_dry_takes_nobody_from_working_alone() -> None:
    worker = Worker(alone=4, together=2)
    worker.work(TRIAL_MS)
    assert worker.work(3 * KEPT_FIRST_MS, plenty=False) == 1
