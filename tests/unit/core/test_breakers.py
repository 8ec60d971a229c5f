"""Circuit breakers: when they open, try again and close, and what counts as a failure."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import structs

from journeyman import events as e
from journeyman.breaker_verdicts import JUDGED_MAX, Rules, open_for_ms
from journeyman.breakers import KEPT_S, HalfOpen, Open
from journeyman.decide import Limits, next_due_ms
from journeyman.partition import Partition
from journeyman.proposals import Proposal, ShutBy, Valve
from journeyman.settings import Settings, load
from journeyman.snapshot import Snapshot
from support.given import START_MS, WORKER, Story, job_id
from support.snapshots import assert_same_state, restored, stored

RULES = Rules(10_000, 4, 0.5, 3, 1_000, 8_000, 2)
ERROR = e.Error("Down")


class Shop:
    """Jobs of a type that start and end, one after the other."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.story = Story(Limits(breakers=rules)).joined(WORKER)
        self._number = 0

    def start(self, type_: str = "t", worker: str = WORKER) -> str:
        self._number += 1
        job = job_id(self._number)
        self.story.ready(e.JobSubmitted(job, type_, max_attempts=1)).given(e.JobStarted(job, 1, worker))
        return job

    def fail(self, times: int = 1, type_: str = "t", *, retryable: bool = True, after_ms: int = 0) -> Shop:
        for _ in range(times):
            self.end(e.JobFailed(self.start(type_), 1, WORKER, ERROR, 0, retryable), after_ms)
        return self

    def succeed(self, times: int = 1, type_: str = "t", after_ms: int = 0) -> Shop:
        for _ in range(times):
            self.end(e.JobSucceeded(self.start(type_), 1, WORKER), after_ms)
        return self

    def end(self, outcome: e.Event, after_ms: int = 0) -> Shop:
        self.story.given(outcome, after_ms=after_ms)
        return self

    def verdicts(self, after_ms: int = 0) -> list[Proposal]:
        proposals = self.story.round(after_ms=after_ms).proposals
        return [one for one in proposals if isinstance(one.guard, ShutBy)]

    def decided(self, after_ms: int = 0) -> list[e.Event]:
        events: list[e.Event] = [event for one in self.verdicts(after_ms) for event in one.events]
        if events:
            self.story.given(*events)
        return events

    @property
    def partition(self) -> Partition:
        return self.story.partition

    def half_open(self) -> Shop:
        self.fail(3).decided()
        self.decided(after_ms=RULES.open_ms)
        assert isinstance(self.partition.breakers.states["t"], HalfOpen)
        return self


# --- opening ---------------------------------------------------------------------------------------------


def test_failures_in_a_row_open_the_breaker() -> None:
    shop = Shop().fail(2)
    assert shop.decided() == []
    (verdict,) = shop.fail().verdicts()
    opened = e.BreakerOpened("t", "consecutive_failures", 3, 3, START_MS + 1_000)
    assert verdict == Proposal((opened,), ShutBy("t", ""), (Valve("t", "automatic"),))


def test_a_success_between_them_breaks_the_row() -> None:
    assert Shop(structs.replace(RULES, failure_ratio=0.0)).fail(2).succeed().fail(2).decided() == []


def test_a_share_of_failures_opens_it_once_there_are_enough_calls() -> None:
    shop = Shop().fail().succeed().fail()
    assert shop.decided() == []
    assert shop.succeed().fail(0).decided() == []
    shop.fail()
    assert shop.decided() == [e.BreakerOpened("t", "failure_ratio", 3, 5, START_MS + 1_000)]


def test_successes_before_the_first_failure_count_too() -> None:
    assert Shop().succeed(10).fail(2).succeed().fail(2).decided() == []


def test_what_is_older_than_the_window_does_not_count() -> None:
    shop = Shop(structs.replace(RULES, consecutive_failures=0)).fail(2)
    shop.decided()
    assert shop.succeed(2, after_ms=6_000).fail(0).decided() == []
    assert shop.fail().story.partition.breakers.recent("t", shop.story.now_ms - RULES.window_ms).failures == 1
    assert shop.decided() == []


def test_types_are_judged_each_for_itself() -> None:
    shop = Shop().fail(2, "a").fail(2, "b").fail(1, "a")
    assert [event.type for event in shop.decided() if isinstance(event, e.BreakerOpened)] == ["a"]


@pytest.mark.parametrize("rules", [Rules(), structs.replace(RULES, failure_ratio=0.0, consecutive_failures=0)])
def test_without_ratio_and_row_no_breaker_opens(rules: Rules) -> None:
    assert Shop(rules).fail(100).decided() == []


def test_one_round_judges_a_bounded_number_of_types() -> None:
    shop = Shop()
    for number in range(JUDGED_MAX + 5):
        shop.fail(3, f"t{number}")
    assert [len(shop.decided()), len(shop.decided()), len(shop.decided())] == [JUDGED_MAX, 5, 0]


# --- what does not count ---------------------------------------------------------------------------------


def test_errors_that_allow_no_retry_do_not_count() -> None:
    assert Shop().fail(50, retryable=False).decided() == []


def test_returned_lost_and_interrupted_attempts_do_not_count() -> None:
    shop = Shop()
    for _ in range(10):
        shop.end(e.JobReturned(shop.start(), 1, WORKER))
        shop.end(e.JobLost(shop.start(), 1, WORKER))
        cancelled = shop.start()
        shop.end(e.JobCancelRequested(cancelled)).end(e.JobFailed(cancelled, 1, WORKER, ERROR))
    assert shop.decided() == []


def test_a_late_failure_of_a_lost_attempt_does_not_count() -> None:
    shop = Shop()
    for _ in range(10):
        lost = shop.start()
        shop.end(e.JobLost(lost, 1, WORKER)).end(e.JobFailed(lost, 1, WORKER, ERROR))
    assert shop.decided() == []


def test_failures_while_it_is_open_change_nothing() -> None:
    shop = Shop()
    held = [shop.start() for _ in range(5)]
    shop.fail(3).decided()
    before = shop.partition.breakers.states["t"]
    for job in held:
        shop.end(e.JobFailed(job, 1, WORKER, ERROR))
    assert shop.decided() == []
    assert shop.partition.breakers.states["t"] == before


# --- half-open -------------------------------------------------------------------------------------------


def test_when_its_time_is_over_probes_may_start() -> None:
    shop = Shop().fail(3)
    shop.decided()
    assert next_due_ms(shop.partition) == START_MS + 1_000
    assert shop.verdicts(after_ms=999) == []
    (verdict,) = shop.verdicts(after_ms=1)
    effects = (Valve("t", "automatic", 2),)
    assert verdict == Proposal((e.BreakerHalfOpened("t", 2),), ShutBy("t", "automatic"), effects)


def test_it_closes_when_all_probes_have_succeeded() -> None:
    shop = Shop().half_open()
    assert shop.succeed().decided() == []
    (verdict,) = shop.succeed().verdicts()
    closed = e.BreakerClosed("t", "probes_succeeded")
    assert verdict == Proposal((closed,), ShutBy("t", "automatic"), (Valve("t"),))


def test_it_opens_again_at_the_first_probe_that_fails_for_twice_as_long_up_to_the_most() -> None:
    shop = Shop().half_open()
    for open_ms in (2_000, 4_000, 8_000, 8_000):
        (opened,) = shop.fail().decided()
        assert opened == e.BreakerOpened("t", "probe_failed", 1, 1, shop.story.now_ms + open_ms)
        assert shop.decided(after_ms=open_ms) == [e.BreakerHalfOpened("t", 2)]
    shop.succeed(2).decided()
    shop.fail(3)
    (first,) = shop.decided()
    assert first == e.BreakerOpened("t", "consecutive_failures", 3, 3, shop.story.now_ms + 1_000)


def test_jobs_that_started_before_say_nothing_of_the_trial() -> None:
    shop = Shop()
    before = [shop.start(), shop.start()]
    shop.half_open()
    shop.end(e.JobFailed(before[0], 1, WORKER, ERROR)).end(e.JobSucceeded(before[1], 1, WORKER))
    assert shop.decided() == []
    assert shop.partition.breakers.states["t"] == HalfOpen(START_MS + 1_000, 0, 2, 2)


@pytest.mark.parametrize("say", [e.JobReturned, e.JobLost, "permanent", "cancelled"])
def test_a_probe_that_says_nothing_of_its_type_is_replaced(say: object) -> None:
    shop = Shop().half_open()
    probe = shop.start()
    match say:
        case "permanent":
            shop.end(e.JobFailed(probe, 1, WORKER, ERROR, 0, False))
        case "cancelled":
            shop.end(e.JobCancelled(probe))
        case _:
            shop.end(say(probe, 1, WORKER))  # type: ignore[operator]
    assert shop.decided() == [e.BreakerHalfOpened("t", 1)]
    assert shop.succeed(2).decided() == [e.BreakerClosed("t", "probes_succeeded")]


def test_probes_that_run_are_not_replaced() -> None:
    shop = Shop().half_open()
    shop.start()
    shop.start()
    assert shop.decided(after_ms=60_000) == []


def test_a_probe_whose_worker_was_not_known_is_a_probe() -> None:
    shop = Shop().half_open()
    for _ in range(2):
        shop.end(e.JobSucceeded(shop.start(worker="stranger"), 1, "stranger"))
    assert shop.decided() == [e.BreakerClosed("t", "probes_succeeded")]


# --- by hand ---------------------------------------------------------------------------------------------


def test_what_a_person_opened_stays_open_until_a_person_closes_it() -> None:
    shop = Shop().end(e.BreakerOpened("t", "manual"))
    assert shop.decided(after_ms=10**9) == []
    assert next_due_ms(shop.partition) is None
    assert shop.partition.breakers.permits() == {"t": ("manual", 0)}
    shop.end(e.BreakerClosed("t", "manual"))
    assert shop.partition.breakers.states == {}


def test_a_verdict_that_a_person_has_overtaken_changes_nothing() -> None:
    shop = Shop().half_open().end(e.BreakerOpened("t", "manual")).end(e.BreakerHalfOpened("t", 2))
    assert shop.partition.breakers.states["t"] == Open(START_MS + 1_000, 0, 0)
    shop.end(e.BreakerClosed("t", "manual")).end(e.BreakerHalfOpened("t", 2))
    assert shop.partition.breakers.states == {}


def test_a_closed_breaker_begins_with_a_clean_record() -> None:
    shop = Shop().fail(3)
    shop.decided()
    shop.end(e.BreakerClosed("t", "manual"))
    assert shop.fail(2).decided() == []


# --- memory and snapshots --------------------------------------------------------------------------------


def test_counts_are_bounded_by_time_and_go_with_the_types() -> None:
    shop = Shop(Rules())
    for _ in range(KEPT_S + 50):
        shop.succeed(after_ms=1_000).fail()
    assert len(shop.partition.breakers.snapshot().tallies["t"].buckets) == KEPT_S
    shop.end(e.QueuePaused("q"), after_ms=2 * KEPT_S * 1_000)
    (row,) = shop.partition.breakers.snapshot().tallies.values()
    assert row.buckets == ()
    shop.end(e.QueuePaused("q"), after_ms=3_600_000)
    assert shop.partition.breakers.snapshot().tallies == {}


def test_a_state_that_was_stored_half_way_goes_on_the_same() -> None:
    shop, more = Shop().succeed(3).fail(2), Shop().succeed(3).fail(2)
    more.story.partition = restored(stored(more.partition))
    for one in (shop, more):
        one.succeed().fail(2, after_ms=500).succeed(2, after_ms=700)
    assert_same_state(shop.partition, more.partition, "stored half way")
    shop.half_open()
    assert_same_state(shop.partition, restored(stored(shop.partition)), "stored half open")
    assert restored(stored(shop.partition)).breakers.probing == {"t"}


def test_an_open_breaker_of_a_snapshot_is_tried_in_time() -> None:
    shop = Shop().fail(3)
    shop.decided()
    shop.story.partition = restored(stored(shop.partition))
    assert shop.decided(after_ms=1_000) == [e.BreakerHalfOpened("t", 2)]


def test_a_snapshot_from_before_there_were_breakers_is_restored_with_all_closed() -> None:
    shop = Shop()
    shop.start()
    fields = msgspec.msgpack.decode(msgspec.msgpack.encode(shop.partition.snapshot()))
    older = msgspec.msgpack.decode(msgspec.msgpack.encode(fields[:-1]), type=Snapshot)
    partition = Partition.restore(older)
    assert (partition.jobs, partition.breakers.states) == (shop.partition.jobs, {})


def test_the_longest_window_that_can_be_set_is_kept() -> None:
    assert load({"JOURNEYMAN_BREAKER_WINDOW_MS": str(KEPT_S * 1_000)}).breaker_window_ms == KEPT_S * 1_000
    assert open_for_ms(80, Rules()) == Settings().breaker_open_max_ms
    assert open_for_ms(0, Rules(open_ms=5_000, open_max_ms=10)) == 5_000
