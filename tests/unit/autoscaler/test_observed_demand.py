"""What the autoscaler makes of the log: what each queue asks for, and which workers are on their way."""

from __future__ import annotations

import pytest

from journeyman import events as e
from journeyman.events import Entry, Event, Offset
from journeyman_autoscaler.observe import Fleet

JOINED = e.WorkerJoined("w", "h", 7, "1", ("default",), ("t", "u"), 8)


def tell(fleet: Fleet, *happened: Event, at_ms: int, partition: int = 0) -> None:
    fleet.apply(Entry(Offset(at_ms, 0), list(happened)), partition)


def ready(job: str, queue: str = "default", type: str = "t", priority: int = 10) -> list[Event]:
    return [e.JobSubmitted(job, type, queue, priority), e.JobReleased(job, 1, priority)]


def ended(job: str, run_ms: int) -> list[Event]:
    return [*ready(job), e.JobStarted(job, 1, "w"), e.JobSucceeded(job, 1, "w", run_us=run_ms * 1_000)]


def test_what_waits_is_told_by_queue_and_priority_with_its_age_and_work() -> None:
    fleet = Fleet()
    tell(fleet, JOINED, *ended("past", 500), at_ms=1_000)
    tell(fleet, *ready("a"), *ready("b"), *ready("c", "mail", priority=20), at_ms=60_000)
    tell(fleet, *ready("d"), at_ms=90_000)

    high, low = fleet.observe(100_000).demands

    assert (high.queue, high.priority, [wait.jobs for wait in high.waits]) == ("mail", 20, [1])
    assert [(wait.age_ms, wait.jobs, wait.work_ms) for wait in low.waits] == [(40_000, 2, 1_000), (10_000, 1, 500)]


def test_types_of_one_queue_have_each_their_service_time() -> None:
    fleet = Fleet()
    tell(fleet, JOINED, *ended("past", 1_000), at_ms=1_000)
    tell(fleet, *ready("a"), *ready("b", type="u"), at_ms=2_000)

    (demand,) = fleet.observe(2_000).demands

    # Nobody knows yet how long a `u` lasts.
    assert sorted(wait.work_ms for wait in demand.waits) == [100, 1_000]


def test_a_job_that_is_moved_to_another_priority_waits_there() -> None:
    fleet = Fleet()
    tell(fleet, JOINED, *ready("a"), at_ms=1_000)
    tell(fleet, e.JobReprioritised("a", 20), e.JobReleased("a", 1, 20, moves=1), at_ms=2_000)

    waiting = {demand.priority: len(demand.waits) for demand in fleet.observe(3_000).demands}
    assert waiting[20] == 1
    assert waiting.get(10, 0) == 0
    assert fleet.observe(3_000).backlog == {"default": 1}


def test_what_comes_is_work_in_slots() -> None:
    fleet = Fleet()
    tell(fleet, JOINED, at_ms=0)
    for second in range(1, 200):
        tell(fleet, *ended(f"{second}-a", 500), *ended(f"{second}-b", 500), at_ms=second * 1_000)

    (demand,) = fleet.observe(200_000).demands

    assert (demand.recent, demand.past) == pytest.approx((1.0, 1.0))


def test_long_ones_that_still_run_do_not_make_all_the_others_long() -> None:
    fleet = Fleet()
    tell(fleet, JOINED, at_ms=0)
    for number in range(50):
        tell(fleet, *ended(f"{number}", 100), at_ms=1_000 + number)
    tell(fleet, *ready("long"), e.JobStarted("long", 1, "w"), *ready("next"), at_ms=2_000)

    seen = fleet.observe(62_000)

    assert seen.running_long == 1
    assert [round(wait.work_ms) for wait in seen.demands[0].waits] == [100]


def test_workers_are_on_their_way_from_their_order_until_they_join() -> None:
    fleet = Fleet()
    tell(fleet, e.FleetScaled("local", 2, 0, "why"), at_ms=1_000)
    assert fleet.observe(3_000).coming == (2_000, 2_000)

    tell(fleet, JOINED, at_ms=4_000)
    seen = fleet.observe(5_000)

    assert (seen.coming, seen.start_up_ms, seen.workers, seen.desired) == ((4_000,), 3_000, 1, 2)
    assert (seen.raised_ms, seen.changed_ms) == (1_000, 1_000)


def test_processes_of_one_instance_are_one_worker() -> None:
    fleet = Fleet()
    for number in range(2):
        tell(fleet, e.WorkerJoined(f"w{number}", "h", number, "1", (), ("t",), 8, "", "i-1"), at_ms=1_000)

    assert (fleet.observe(2_000).workers, fleet.observe(2_000).slots) == (1, 16)
