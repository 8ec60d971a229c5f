"""Driving a log by hand: one object that counts the calls' numbers, so that tests say only what matters."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias, Union

from journeyman import events as e
from journeyman.admission import admit
from journeyman.ids import IdMaker
from journeyman.log.api import Appended, ClaimedJob, Outcome, Verdict
from journeyman.log.memory_log import MemoryLog
from journeyman.log.redis_log import RedisLog
from journeyman.proposals import Bury, Discard, Idempotency, Join, Leave, Proposal, Push, Release, place

AnyLog: TypeAlias = Union[MemoryLog, RedisLog]

QUEUE, TYPE = "mail", "letter"
UNKNOWN = "0" * 24
LEASE_MS = 60_000


class Driver:
    """Client, worker and scheduler of one log, as a test tells them."""

    def __init__(self, log: AnyLog) -> None:
        self.log = log
        self.epoch = 0
        self._ids = IdMaker(log.partition)
        self._number = 0
        self.finishes: Counter[str] = Counter()
        self._caller = secrets.token_hex(4)

    def number(self) -> int:
        self._number += 1
        return self._number

    # --- clients ---------------------------------------------------------------------------------------

    def job(
        self, type_: str = TYPE, queue: str = QUEUE, priority: int = 10, *, payload: str = "{}", depends_on: str = ""
    ) -> e.JobSubmitted:
        job_id = self._ids.make(self.log.now_ms(), secrets.randbits(60))
        parents = (depends_on,) if depends_on else ()
        return e.JobSubmitted(job_id, type_, queue, priority, payload, not parents, depends_on=parents)

    def append(self, *proposals: Proposal) -> list[Verdict]:
        return self.log.append(proposals, caller=self._caller, number=self.number()).verdicts

    def submit(self, *jobs: e.JobSubmitted, idempotency: Idempotency | None = None) -> Verdict:
        return self.append(admit(jobs, self.log.now_ms(), idempotency))[0]

    def submitted(self, type_: str = TYPE, queue: str = QUEUE, priority: int = 10) -> str:
        """Submit one job and return its id."""
        job = self.job(type_, queue, priority)
        assert self.submit(job).accepted
        return job.job_id

    # --- workers ---------------------------------------------------------------------------------------

    def join(self, worker: str = "w", queues: Sequence[str] = (QUEUE,), types: Sequence[str] = (TYPE,)) -> str:
        event = e.WorkerJoined(worker, "host", 1, "1", tuple(queues), tuple(types), 1)
        assert self.append(Proposal((event,), None, (Join(worker, tuple(queues), tuple(types)),)))[0].accepted
        return worker

    def leave(self, worker: str) -> None:
        self.finishes[worker] = 0
        assert self.append(Proposal((e.WorkerLeft(worker),), None, (Leave(worker),)))[0].accepted

    def claim(
        self, worker: str = "w", count: int = 1, queues: Sequence[str] = (QUEUE,), types: Sequence[str] = (TYPE,)
    ) -> list[ClaimedJob]:
        return self.log.claim(worker, self.number(), count, queues=queues, types=types).jobs

    def claimed_ids(self, worker: str = "w", count: int = 1) -> list[str]:
        return [job.body.job_id for job in self.claim(worker, count)]

    def finish(self, worker: str, *outcomes: Outcome) -> list[bool]:
        """Say what became of attempts. A call that was not answered is the next one's predecessor no more."""
        number = self.finishes[worker] + 1
        finished = self.log.finish(worker, number, outcomes)
        self.finishes[worker] = number
        return finished.accepted

    # --- the scheduler ---------------------------------------------------------------------------------

    def elect(self, scheduler: str = "s") -> int:
        epoch = self.log.elect(scheduler, lease_ms=LEASE_MS).epoch
        assert epoch is not None
        self.epoch = epoch
        return epoch

    def commit(self, *proposals: Proposal, cursor: e.Offset = e.BEGINNING) -> Appended:
        if self.epoch == 0:
            self.elect()
        return self.log.commit(proposals, epoch=self.epoch, number=self.number(), cursor=cursor)

    def release(self, job_id: str, attempt: int, priority: int = 10) -> None:
        """Let the scheduler put a job in line again."""
        event = e.JobReleased(job_id, attempt, priority)
        push = Push(QUEUE, priority, TYPE, (place(job_id, attempt),))
        assert self.commit(Proposal((event,), None, (Release(job_id), push))).verdicts[0].accepted

    def bury(self, job_id: str, attempt: int = 1, error: str = "Boom") -> None:
        event = e.JobDeadLettered(job_id, attempt, "permanent", e.Error(error, fingerprint="f"))
        effect = Bury(job_id, attempt, 1, TYPE, QUEUE, error, "f")
        assert self.commit(Proposal((event,), None, (effect,))).verdicts[0].accepted

    def discard(self, job_id: str, attempt: int = 0) -> None:
        proposal = Proposal((e.JobCancelled(job_id),), None, (Discard(job_id, attempt, 1),))
        assert self.commit(proposal).verdicts[0].accepted

    # --- what the log holds ----------------------------------------------------------------------------

    def entries(self) -> list[e.Entry]:
        return self.log.read(e.BEGINNING, count=100_000)

    def events(self) -> list[e.Event]:
        return [record.event for entry in self.entries() for record in entry.records()]

    def tags(self, job_id: str = "") -> list[str]:
        """Return the names of the events of a job, or of all."""
        return [e.tag_of(event) for event in self.events() if not job_id or getattr(event, "job_id", "") == job_id]


def key_of(job: ClaimedJob, worker: str = "w") -> tuple[str, int, str]:
    """Return what names an attempt: job, number, worker."""
    return job.body.job_id, job.attempt, worker


def succeeded(job: ClaimedJob, worker: str = "w", result: str = "null") -> Outcome:
    return Outcome(e.JobSucceeded(*key_of(job, worker), result))


def failed(job: ClaimedJob, worker: str = "w") -> Outcome:
    return Outcome(e.JobFailed(*key_of(job, worker), e.Error("Boom")))


def progressed(job: ClaimedJob, worker: str = "w") -> Outcome:
    return Outcome(e.JobProgressed(*key_of(job, worker), 50.0, "half"))


def given_back(job: ClaimedJob, worker: str = "w") -> Outcome:
    event = e.JobReturned(*key_of(job, worker), "drained", back=True)
    return Outcome(event, (job.queue, job.priority, job.body.type, job.place))


def handed_over(job: ClaimedJob, worker: str = "w") -> Outcome:
    return Outcome(e.JobReturned(*key_of(job, worker), "interrupted"))
