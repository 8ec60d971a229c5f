"""What the autoscaler makes of the log."""

from __future__ import annotations

from typing import Any

import pytest

from journeyman import events as e
from journeyman.events import Entry, Event, Offset
from journeyman_autoscaler.observe import ARRIVAL_WINDOW_MS, Fleet, Observation

JOB = "job"


def fold(*happened: Event, at_ms: int = 1_000) -> Fleet:
    fleet = Fleet()
    tell(fleet, *happened, at_ms=at_ms)
    return fleet


def tell(fleet: Fleet, *happened: Event, at_ms: int, partition: int = 0) -> None:
    fleet.apply(Entry(Offset(at_ms, 0), list(happened)), partition)


def observed(*happened: Event, now_ms: int = 1_000) -> Observation:
    return fold(*happened).observe(now_ms)


def ready(job: str = JOB, queue: str = "default", type: str = "t") -> list[Event]:
    return [e.JobSubmitted(job, type, queue), e.JobReleased(job, 1, 10)]


def started(job: str = JOB) -> list[Event]:
    return [*ready(job), e.JobStarted(job, 1, "w")]


def joined(worker: str = "w", **more: Any) -> e.WorkerJoined:
    facts: dict[str, Any] = {"host": "h", "pid": 7, "version": "1", "queues": ("default",), "types": ("t",), "slots": 8}
    return e.WorkerJoined(worker, **facts | more)


def test_an_empty_log_is_an_empty_fleet() -> None:
    assert observed() == Observation(at_ms=1_000)


def test_a_released_job_waits_and_a_submitted_one_does_not_yet() -> None:
    assert observed(e.JobSubmitted(JOB, "t")).waiting == 0
    assert observed(*ready()).backlog == {"default": 1}


def test_a_job_that_changes_its_place_in_line_waits_once() -> None:
    assert observed(*ready(), e.JobReprioritised(JOB, 20), e.JobReleased(JOB, 1, 20, 1)).waiting == 1


def test_a_started_job_runs_and_waits_no_more() -> None:
    seen = observed(*started(), now_ms=4_000)

    assert (seen.waiting, seen.running, seen.running_age_ms) == (0, 1, 3_000)


@pytest.mark.parametrize(
    "end",
    [
        [e.JobSucceeded(JOB, 1, "w")],
        [e.JobFailed(JOB, 1, "w", e.Error("E"))],
        [e.JobLost(JOB, 1, "w")],
        [e.JobReturned(JOB, 1, "w", "interrupted"), e.JobCancelled(JOB)],
        [e.JobFailed(JOB, 1, "w", e.Error("E")), e.JobDeadLettered(JOB, 1, "permanent", e.Error("E"))],
    ],
)
def test_an_attempt_that_is_over_neither_runs_nor_waits(end: list[Event]) -> None:
    seen = observed(*started(), *end)

    assert (seen.waiting, seen.running) == (0, 0)


def test_a_job_handed_back_by_a_draining_worker_waits_again() -> None:
    seen = observed(*started(), e.JobReturned(JOB, 1, "w", "drained", back=True))

    assert (seen.waiting, seen.running) == (1, 0)


def test_a_job_cancelled_while_it_waits_is_gone() -> None:
    assert observed(*ready(), e.JobCancelled(JOB)).waiting == 0


def test_the_backlog_of_a_paused_queue_does_not_count_until_it_is_resumed() -> None:
    fleet = fold(*ready("a", "paused"), *ready("b", "open"), e.QueuePaused("paused"))
    assert fleet.observe(1_000).backlog == {"open": 1}

    tell(fleet, e.QueueResumed("paused"), at_ms=1_000)
    assert fleet.observe(1_000).backlog == {"open": 1, "paused": 1}


def test_jobs_behind_an_open_circuit_breaker_do_not_count_until_it_closes() -> None:
    fleet = fold(*ready("a", type="t"), *ready("b", type="u"), e.BreakerOpened("t", "failure_ratio", 11, 20, 5_000))
    tell(fleet, *ready("c", type="t"), at_ms=1_000, partition=1)
    assert fleet.observe(1_000).backlog == {"default": 2}

    tell(fleet, e.BreakerHalfOpened("t", 3), at_ms=1_000)
    assert fleet.observe(1_000).backlog == {"default": 2}

    tell(fleet, e.BreakerClosed("t", "probes_succeeded"), at_ms=1_000)
    assert fleet.observe(1_000).backlog == {"default": 3}


def test_jobs_of_a_type_that_no_worker_knows_do_not_count() -> None:
    assert observed(joined(), *ready("a"), *ready("b", type="unknown")).waiting == 1


def test_before_any_worker_has_joined_every_type_counts() -> None:
    assert observed(*ready("a"), *ready("b", type="unknown")).waiting == 2


def test_after_the_last_worker_has_left_its_types_are_remembered() -> None:
    assert observed(joined(), e.WorkerLeft("w"), *ready("a"), *ready("b", type="unknown")).waiting == 1


def test_workers_that_drain_left_or_were_lost_do_not_count() -> None:
    fleet = [joined("a"), joined("b"), joined("c"), joined("d", slots=4)]
    seen = observed(*fleet, e.WorkerDraining("a"), e.WorkerLeft("b"), e.WorkerLost("c"))

    assert (seen.workers, seen.slots) == (1, 4)


def test_a_worker_runs_what_it_started_and_has_not_ended() -> None:
    fleet = fold(joined(), *started("a"), *started("b"), e.JobSucceeded("a", 1, "w"))

    assert fleet.workers["w"].running == 1


def test_arrivals_are_a_rate_that_fades() -> None:
    fleet = Fleet()
    for second in range(120):
        tell(fleet, *ready(f"{second}-a"), *ready(f"{second}-b"), at_ms=second * 1_000)

    assert fleet.observe(119_000).arrival_per_s == pytest.approx(2.0, rel=0.05)
    assert fleet.observe(119_000 + 10 * ARRIVAL_WINDOW_MS).arrival_per_s < 0.001


def test_service_time_is_the_mean_of_what_ended() -> None:
    assert observed().service_ms is None
    fleet = fold(*started("a"), *started("b"))
    tell(fleet, e.JobSucceeded("a", 1, "w", run_us=100_000), at_ms=1_100)
    tell(fleet, e.JobFailed("b", 1, "w", e.Error("E"), run_us=300_000), at_ms=1_100)

    assert fleet.observe(1_100).service_ms == pytest.approx(200.0)


def test_events_of_jobs_that_are_not_known_are_taken_at_their_word() -> None:
    seen = observed(e.JobReleased("x", 1, 10), e.JobStarted("y", 1, "w"), e.JobSucceeded("z", 1, "w"))

    assert (seen.waiting, seen.running) == (1, 1)


def test_a_worker_of_several_partitions_is_one_until_it_has_left_them_all() -> None:
    fleet = fold(joined())
    tell(fleet, joined(), *started("a"), at_ms=1_000, partition=1)
    tell(fleet, joined(), at_ms=1_000, partition=2)
    assert (fleet.observe(1_000).workers, fleet.workers["w"].running) == (1, 1)
    for partition in (0, 2):
        tell(fleet, e.WorkerLeft("w"), at_ms=2_000, partition=partition)
    assert fleet.observe(2_000).workers == 1
    tell(fleet, e.WorkerLost("w"), at_ms=2_000, partition=1)
    assert fleet.observe(2_000).workers == 0


def test_what_waits_in_all_partitions_is_one_backlog_without_what_is_paused_there() -> None:
    fleet = fold(*ready("a"), *ready("b", queue="mail"))
    tell(fleet, *ready("c"), *ready("d", queue="mail"), e.QueuePaused("mail"), at_ms=1_000, partition=1)
    assert fleet.observe(1_000).backlog == {"default": 2, "mail": 1}


def test_worker_processes_on_one_instance_are_one_worker_with_all_their_slots() -> None:
    fleet = fold(joined("a", instance="i-1"), joined("b", instance="i-1"), joined("c", instance="i-2"))
    assert fleet.observe(1_000).workers == 2

    tell(fleet, joined("d", instance="i-2"), at_ms=2_000)
    assert (fleet.observe(2_000).workers, fleet.observe(2_000).slots) == (2, 16)
    tell(fleet, e.WorkerDraining("a"), e.WorkerDraining("b"), at_ms=3_000)
    assert fleet.observe(3_000).workers == 1


def test_what_was_decided_last_is_known_by_provider() -> None:
    fleet = fold(e.FleetScaled("local", 3, 1, "r"), e.FleetScaled("ec2", 5, 1, "r"), e.FleetScaled("ec2", 2, 5, "r"))

    assert fleet.decided == {"local": 3, "ec2": 2}


def test_a_worker_whose_joining_was_trimmed_away_is_met_by_its_heartbeat() -> None:
    fleet = fold(*ready("a"), e.JobStarted("a", 1, "old"), joined("new", slots=2))
    beating = {"host": "h", "pid": 9, "slots": 4, "types": ["t"], "instance": "i-9", "state": "running", "busy": 1}
    fleet.meet("old", beating)
    fleet.meet("new", {**beating, "instance": "i-other"})
    fleet.meet("odd", {"pid": "nine"})

    assert set(fleet.workers) == {"old", "new"}
    assert (fleet.workers["old"].instance, fleet.workers["old"].running) == ("i-9", 1)
    assert fleet.workers["new"].instance == ""
    assert fleet.observe(1_000).workers == 2

    tell(fleet, e.JobSucceeded("a", 1, "old"), e.WorkerLeft("old"), at_ms=2_000)
    assert fleet.observe(2_000).workers == 1
