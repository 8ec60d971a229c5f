"""What workers call of the log in memory: they take jobs, say what became of them, and that they live."""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from journeyman import events as e
from journeyman.errors import ServerRefusedError, WorkerLostError
from journeyman.log.api import Beaten, Brought, Claimed, ClaimedJob, Fate, Finished, Outcome, Wants
from journeyman.log.memory_bell import MemoryBell, MemoryBells
from journeyman.log.memory_keys import Derived, fates_again
from journeyman.log.memory_notes import MemoryNotes
from journeyman.log.memory_taking import Taken
from journeyman.proposals import read_place

R = TypeVar("R")

PASSED = "a later call of this caller was answered"


class MemoryWorkers(MemoryNotes):
    """The part of `MemoryLog` that workers call."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition(threading.RLock())
        #: (call, caller) -> number and reply of its last one
        self._last: dict[tuple[str, str], tuple[int, Any]] = {}
        self._bells = MemoryBells()
        self.derived = Derived(self._bells)

    @abstractmethod
    def _add(self, *proposed: Sequence[e.Event], epoch: int | None = None, cursor: str | None = None) -> list[e.Offset]:
        """Append written events, and return where the last one stands that each stands for."""

    def _once(self, who: tuple[str, str], number: int, call: Callable[[], R]) -> R:
        last = self._last.get(who)
        if last is not None and last[0] == number:
            before: R = last[1]
            return before
        if last is not None and last[0] > number:
            raise ServerRefusedError(PASSED)
        reply = call()
        self._last[who] = (number, reply)
        return reply

    def claim(
        self,
        worker: str,
        number: int,
        count: int,
        *,
        queues: Sequence[str],
        types: Sequence[str],
        wanted: Wants = None,
        offer: bool = False,
        received: int | None = None,
    ) -> Claimed:
        """See `api.Log.claim`."""
        with self._changed:
            if not self.derived.registered(worker):
                raise WorkerLostError(worker)
            record = self.derived.workers[worker]
            answered = record.claimed
            if answered == number + 1 == record.offered:
                return Claimed(self.now_ms(), [])
            if answered > number:
                raise ServerRefusedError(PASSED)
            held = self._held(worker)
            if answered == number:
                return held._replace(fates=fates_again(wanted, held.jobs))
            if answered and received not in (None, answered) and wanted is None and held.jobs:
                if received < answered:
                    return self._given(worker, number, held)
                if record.offered == answered:
                    raise WorkerLostError(worker)
            taken, fates = self.derived.take(worker, count, queues, types, wanted)
            if taken:
                return self._start(worker, number, taken, fates)
            record.offered = number + 1 if offer else 0
            return Claimed(self.now_ms(), [], None, fates)

    def _held(self, worker: str) -> Claimed:
        """Return what a worker still holds of what its last claim that brought something brought."""
        bodies, batch = self.derived.bodies, self.derived.workers[worker].batch
        held = [
            job._replace(body=bodies[job.body.job_id])
            for job in batch.jobs
            if self.derived.holds(worker, job.body.job_id, job.attempt) and job.body.job_id in bodies
        ]
        return Claimed(self.now_ms(), held, batch.offset)

    def _start(self, worker: str, number: int, taken: Sequence[Taken], fates: Sequence[Fate] = ()) -> Claimed:
        """Start what was taken; remember the reply, in case it is lost."""
        jobs = [
            ClaimedJob(self.derived.bodies[job_id], read_place(place)[1], place, queue, priority)
            for job_id, place, queue, priority in taken
        ]
        places = self._add([e.JobStarted(job.body.job_id, job.attempt, worker) for job in jobs])
        reply = Claimed(self.now_ms(), jobs, places[0]._replace(index=0), fates)
        return self._given(worker, number, reply)

    def _given(self, worker: str, number: int, reply: Claimed) -> Claimed:
        record = self.derived.workers[worker]
        record.claimed, record.batch = number, reply
        return reply

    def _bring(self) -> None:
        """Start jobs for those that were chosen for what this call has put in line, and bring them."""
        for worker, number, taken in self.derived.take_offers():
            self.derived.bells.bring(worker, Brought(number, self._start(worker, number, taken)))

    def finish(self, worker: str, number: int, outcomes: Sequence[Outcome]) -> Finished:
        """See `api.Log.finish`."""
        with self._changed:
            record = self.derived.workers.get(worker)
            if record is not None and number > record.finished + 1:
                raise WorkerLostError(worker)
            if record is not None and not record.finished:
                self._last.pop(("finish", worker), None)
            if record is not None:
                record.finished = max(record.finished, number)
            return self._once(("finish", worker), number, lambda: self._finish(worker, outcomes))

    def _finish(self, worker: str, outcomes: Sequence[Outcome]) -> Finished:
        accepted: list[bool] = []
        kept: list[e.Event] = []
        backs = []
        done: list[tuple[str, int]] = []
        for outcome in outcomes:
            event: Any = outcome.event
            holds = self.derived.holds(worker, event.job_id, event.attempt)
            accepted.append(holds)
            if not holds:
                continue
            kept.append(event)
            if not isinstance(event, e.JobProgressed):
                spent = isinstance(event, e.JobFailed) or (isinstance(event, e.JobReturned) and outcome.back is None)
                self.derived.let_go(worker, event.job_id, spent=spent)
            if isinstance(event, e.JobSucceeded):
                done.append((event.job_id, len(kept) - 1))
            if outcome.back:
                backs.append(outcome.back)
        places = self._add(kept)
        for job_id, position in done:
            self.derived.complete(job_id, places[position])
        for queue, priority, type_, place in reversed(backs):
            self.derived.push(queue, priority, type_, [place], head=True)
        return Finished(self.now_ms(), accepted, places[0]._replace(index=0) if places else None)

    def beat(self, worker: str, facts: Mapping[str, object]) -> Beaten:
        """See `api.Log.beat`."""
        with self._changed:
            if not self.derived.registered(worker):
                raise WorkerLostError(worker)
            now = self.now_ms()
            interrupt, drain = self.derived.beat(worker, facts, now)
            return Beaten(now, interrupt, drain)

    def doorbell(self, worker: str) -> MemoryBell:
        """Return the worker's doorbell."""
        return self._bells.listen(worker)
