"""Outcomes on their way to the log, while replies get lost."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event

import pytest

from journeyman.admission import admit
from journeyman.errors import ServerUnavailableError
from journeyman.events import JobProgressed, JobSubmitted, JobSucceeded
from journeyman.ids import IdMaker
from journeyman.log.api import Finished, Outcome
from journeyman.log.memory_log import MemoryLog
from journeyman.proposals import Join, Proposal
from journeyman_worker.flusher import BYTES_MAX, OUTCOMES_MAX, Flusher
from support.waiting import wait_for


class UnreliableLog(MemoryLog):
    """A log whose replies get lost: the call took place, and the caller does not know."""

    def __init__(self, lost_replies: int = 0) -> None:
        super().__init__()
        self.lost_replies = lost_replies
        self.batches: list[tuple[int, int]] = []

    def finish(self, worker: str, number: int, outcomes: Sequence[Outcome]) -> Finished:
        self.batches.append((number, len(outcomes)))
        finished = super().finish(worker, number, outcomes)
        if self.lost_replies:
            self.lost_replies -= 1
            raise ServerUnavailableError("the reply got lost")
        return finished


def held_jobs(log: MemoryLog, count: int) -> list[str]:
    """Have worker `w-1` hold `count` jobs, and return their ids."""
    ids = IdMaker()
    jobs = [JobSubmitted(ids.make(1, 0), "t") for _ in range(count)]
    log.append([Proposal((), None, (Join("w-1", (), ()),)), admit(jobs, 0)], caller="test", number=1)
    claims = range(1, count // 1_000 + 2)
    for number in claims:
        log.claim("w-1", number, 1_000, queues=["default"], types=["t"])
    return [job.job_id for job in jobs]


def succeeded(log: MemoryLog) -> list[str]:
    return [
        record.event.job_id
        for entry in log.read(log.end()._replace(ms=0, seq=0), count=100_000)
        for record in entry.records()
        if isinstance(record.event, JobSucceeded)
    ]


@pytest.mark.parametrize("lost_replies", [0, 1, 3])
def test_every_outcome_is_written_once_and_in_order_through_lost_replies(lost_replies: int) -> None:
    log = UnreliableLog(lost_replies)
    ids = held_jobs(log, 50)
    flusher = Flusher(log, "w-1")
    flusher.start()
    for job_id in ids:
        flusher.put(Outcome(JobSucceeded(job_id, 1, "w-1")))
    assert flusher.close(10)
    assert succeeded(log) == ids
    assert flusher.unsaid() <= 2  # nothing but the word that ends it


def test_what_arrives_while_a_call_is_under_way_goes_with_the_next_one() -> None:
    log = UnreliableLog()
    ids = held_jobs(log, 500)
    flusher = Flusher(log, "w-1")
    for job_id in ids:
        flusher.put(Outcome(JobSucceeded(job_id, 1, "w-1")))
    flusher.start()
    assert flusher.close(10)
    assert log.batches == [(1, 500)]


def test_one_call_has_no_more_outcomes_than_a_commit_has_events() -> None:
    log = UnreliableLog()
    ids = held_jobs(log, 2_500)
    flusher = Flusher(log, "w-1")
    for job_id in ids:
        flusher.put(Outcome(JobSucceeded(job_id, 1, "w-1")))
    flusher.start()
    assert flusher.close(10)
    assert [count for _, count in log.batches] == [OUTCOMES_MAX, OUTCOMES_MAX, 500]
    assert succeeded(log) == ids


def test_one_call_has_no_more_bytes_than_a_commit() -> None:
    log = UnreliableLog()
    ids = held_jobs(log, 200)
    result = "x" * 16_000
    flusher = Flusher(log, "w-1")
    for job_id in ids:
        flusher.put(Outcome(JobSucceeded(job_id, 1, "w-1", result)))
    flusher.start()
    assert flusher.close(10)
    assert all(count * len(result) <= BYTES_MAX for _, count in log.batches)
    assert succeeded(log) == ids


def test_outcomes_said_together_are_written_together() -> None:
    log = UnreliableLog()
    ids = held_jobs(log, 1_001)
    flusher = Flusher(log, "w-1")
    for job_id in ids[:999]:
        flusher.put(Outcome(JobSucceeded(job_id, 1, "w-1")))
    flusher.put(*(Outcome(JobSucceeded(job_id, 1, "w-1")) for job_id in ids[999:]))
    flusher.start()
    assert flusher.close(10)
    assert [count for _, count in log.batches] == [999, 2]


def test_a_flusher_that_is_abandoned_writes_nothing_more_and_ends() -> None:
    log = UnreliableLog(lost_replies=1_000_000)
    ids = held_jobs(log, 2)
    flusher = Flusher(log, "w-1")
    flusher.start()
    flusher.put(Outcome(JobSucceeded(ids[0], 1, "w-1")))
    wait_for(lambda: len(log.batches) >= 2, "a repeated call")
    flusher.abandon()
    flusher.put(Outcome(JobSucceeded(ids[1], 1, "w-1")))
    assert flusher.close(10)
    assert {number for number, _ in log.batches} == {1}


@pytest.mark.parametrize("taken_away", [True, False])
def test_it_says_when_an_outcome_is_refused_to_a_worker_that_is_not_lost(taken_away: bool) -> None:
    log = UnreliableLog()
    [job_id] = held_jobs(log, 1)
    heard = Event()
    replied = Event()
    flusher = Flusher(log, "w-1", on_refused=heard.set, on_reply=lambda _: replied.set())
    flusher.start()
    flusher.put(Outcome(JobProgressed("0" * 24, 1, "w-1", 50.0, "of a job that is over")))
    assert replied.wait(10)
    flusher.put(Outcome(JobSucceeded("0" * 24 if taken_away else job_id, 1, "w-1")))
    assert flusher.close(10)
    assert heard.is_set() == taken_away
