"""What passes from one hand to the next is never dropped in between."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

import journeyman_worker as jm
from journeyman.admission import admit
from journeyman.blobs import FileBlobStore
from journeyman.events import JobSubmitted
from journeyman.ids import IdMaker
from journeyman.log.memory_log import MemoryLog
from journeyman.proposals import Proposal
from journeyman_worker.bells import OneBell
from journeyman_worker.errands import Errands, side_by_side
from journeyman_worker.failure_lines import FailureLines
from journeyman_worker.flusher import OUTCOMES_MAX
from journeyman_worker.runner.attempt import Attempt, hand_back
from journeyman_worker.runner.bench import Gate, Line
from journeyman_worker.session import Session, new_worker_id
from journeyman_worker.vitals import Identity
from support.waiting import wait_for

NOW_MS = 1_800_000_000_000


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog(now_ms=lambda: NOW_MS)


@pytest.fixture
def session(log: MemoryLog, tmp_path: Path) -> Session:
    identity = Identity(new_worker_id(), "host", 1, "0", ("*",), ("t",), 4)
    return Session(
        identity,
        logs=[log],
        open_log=lambda _: log,
        bells=lambda worker: OneBell(log.doorbell(worker)),
        blobs=FileBlobStore(tmp_path),
        line=Line(),
        gate=Gate(4),
        runners=lambda _: None,
        beat_every_ms=1_000,
        changed=lambda: None,
    )


def claimed(log: MemoryLog, worker: str, count: int, number: int = 1) -> list[str]:
    """Put jobs into the log, have a worker claim them, and return their ids."""
    ids = IdMaker()
    jobs = [JobSubmitted(ids.make(NOW_MS, number), "t", released=True) for _ in range(count)]
    proposal = admit(jobs, NOW_MS)
    log.append([Proposal(proposal.events, None, proposal.effects)], caller="test", number=number)
    return [job.job_id for job in jobs]


def test_an_attempt_that_was_claimed_again_under_its_number_is_not_forgotten_with_its_predecessor(
    log: MemoryLog, session: Session
) -> None:
    assert session.join(lambda: False)
    claimed(log, session.worker, 1)
    [job] = log.claim(session.worker, 1, 1, queues=["*"], types=["t"]).jobs
    [seat] = session._seats
    first, second = Attempt(job, seat, 0), Attempt(job, seat, 0)
    session.attempts[first.key] = first
    session.attempts[second.key] = second
    hand_back([first])
    assert session.attempts == {second.key: second}
    hand_back([second])
    assert session.attempts == {}
    session.close(1_000)


def test_more_jobs_than_go_into_one_commit_go_back_in_their_order(log: MemoryLog, session: Session) -> None:
    assert session.join(lambda: False)
    ids = claimed(log, session.worker, 2 * OUTCOMES_MAX + 3)
    jobs = log.claim(session.worker, 1, len(ids), queues=["*"], types=["t"]).jobs
    [seat] = session._seats
    hand_back([Attempt(job, seat, 0) for job in jobs])
    session.close(60_000)
    assert [place[:24] for line in log.derived.lines.values() for place in line] == ids


def test_a_job_whose_end_cannot_be_told_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no words")

    broker = jm.JourneymanBroker()
    job = jm.job("bad", broker=broker, max_attempts=1)(lambda: 1 / 0)
    monkeypatch.setattr(FailureLines, "write", broken)
    with jm.testing.run_jobs(broker) as queue:
        job_id = job.submit()
        queue.drain()
        told = queue.job(job_id)
    assert told.status == "failed"
    assert told.error is not None
    assert told.error.message == "no words"


def test_errands_are_run_side_by_side_and_their_threads_are_used_again() -> None:
    errands = Errands("errands")
    done: list[int] = []
    for number in range(3):
        errands.send(lambda number=number: done.append(number))  # type: ignore[misc]
        wait_for(lambda: errands._under_way == 0, "the errand")
    assert done == [0, 1, 2]
    assert errands._threads == 1
    errands.close()


def test_what_is_done_side_by_side_is_waited_for_only_so_long() -> None:
    stuck, other = Event(), Event()
    side_by_side([stuck.wait, other.set], 50)
    assert not stuck.is_set()
    stuck.set()
    assert other.wait(30)
