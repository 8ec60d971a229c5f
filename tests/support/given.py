"""Given these events, when the scheduler decides, then these follow: the pure core without any log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from journeyman import events as e
from journeyman import jobs
from journeyman.decide import Limits, Round, advance, decide, settle, unsure_parents
from journeyman.ids import compose
from journeyman.partition import Partition
from journeyman.watchers import Edge

START_MS = 1_700_000_000_000
WORKER = "w"


def job_id(number: int = 0) -> str:
    """Return the id of the job that tests call `number`."""
    return compose(START_MS, number, 0)


A, B, C, D = (job_id(number) for number in range(4))


class Story:
    """A partition, told event by event; `now_ms` is the time of what is told next."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.partition = Partition()
        self.now_ms = START_MS
        self.limits = limits or Limits()
        self._seq = 0

    def given(self, *events: e.Event, after_ms: int = 0) -> Story:
        """Tell events, in one entry, `after_ms` after the last ones."""
        self.now_ms += after_ms
        self._seq += 1
        self.partition.apply(e.Entry(e.Offset(self.now_ms, self._seq), list(events)))
        return self

    def damaged(self, *indices: int, then: e.Event | None = None) -> list[e.Offset]:
        """Tell an entry that cannot be read at these indices; return the offsets. `then` is the event behind them."""
        self._seq += 1
        offsets = [e.Offset(self.now_ms, self._seq, index) for index in indices]
        found = tuple(e.Undecodable(offset, "unknown tag") for offset in offsets)
        events = [*([None] * (max(indices) + 1)), then]
        self.partition.apply(e.Entry(e.Offset(self.now_ms, self._seq), events, found))
        return offsets

    def round(
        self,
        outcomes: Mapping[str, str] | None = None,
        silent: Sequence[str] = (),
        after_ms: int = 0,
        told: Mapping[Edge, str] | None = None,
    ) -> Round:
        """Let the scheduler decide one round, without folding what it concludes."""
        self.now_ms += after_ms
        advance(self.partition, self.now_ms, self.limits)
        known = {parent: status for parent, status in (outcomes or {}).items() if parent in self.unsure()}
        concluded = decide(self.partition, self.now_ms, self.limits, known, silent, self.now_ms, told or {})
        settle(self.partition, concluded)
        return concluded

    def unsure(self) -> list[str]:
        return unsure_parents(self.partition)

    def decided(
        self,
        outcomes: Mapping[str, str] | None = None,
        silent: Sequence[str] = (),
        after_ms: int = 0,
        told: Mapping[Edge, str] | None = None,
    ) -> list[e.Event]:
        """Let the scheduler decide one round; fold what it concludes, all accepted, and return it."""
        concluded = self.round(outcomes, silent, after_ms, told)
        events = [event for proposal in concluded.proposals for event in proposal.events]
        if events:
            self.given(*events)
        return events

    def state(self, job: str = A) -> jobs.Job | None:
        return self.partition.jobs.get(job)

    # --- beginnings ------------------------------------------------------------------------------------

    def joined(self, *workers: str) -> Story:
        return self.given(*(e.WorkerJoined(worker, "h", 1, "1", ("default",), ("t",), 1) for worker in workers))

    def ready(self, job: e.JobSubmitted | None = None) -> Story:
        """Tell of a job that was submitted and released in one commit."""
        body = job or e.JobSubmitted(A, "t")
        return self.given(body, e.JobReleased(body.job_id, 1, body.priority))

    def running(self, job: e.JobSubmitted | None = None, worker: str = WORKER, attempt: int = 1) -> Story:
        """Tell of a job that a worker, which has joined, runs."""
        body = job or e.JobSubmitted(A, "t")
        if worker not in self.partition.workers:
            self.joined(worker)
        return self.ready(body).given(e.JobStarted(body.job_id, attempt, worker))

    def failed(self, retryable: bool = True, retry_after_ms: int | None = None, max_attempts: int = 3) -> Story:
        """Tell of a job whose first attempt failed."""
        self.running(e.JobSubmitted(A, "t", max_attempts=max_attempts))
        return self.given(e.JobFailed(A, 1, WORKER, e.Error("Boom"), 0, retryable, retry_after_ms))
