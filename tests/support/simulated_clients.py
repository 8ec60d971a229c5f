"""A client of a simulated world: it submits, changes its mind, and repeats itself after a lost reply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from journeyman import events as e
from journeyman.admission import admit
from journeyman.log.api import StoredOutcome
from journeyman.proposals import Ended, Gate, Idempotency, Interrupt, Open, Proposal, Reopen, Valve, Waiting
from support.simulation import World

UNKNOWN = "0" * 24
#: How many of the latest jobs changes and parents are chosen from: few, so that they meet.
LATEST = 5


@dataclass(frozen=True)
class Order:
    """What is wanted of a job. `parents` choose among the latest jobs; a `stranger` is a parent nobody knows."""

    queue: str = "mail"
    type: str = "a"
    priority: int = 10
    on_dependency_failure: str = "cancel"
    max_attempts: int = 3
    delay_ms: int = 0
    parents: Sequence[int] = field(default_factory=tuple)
    stranger: bool = False


class Request(NamedTuple):
    """A submission with an idempotency key, and where it was accepted."""

    key: str
    jobs: list[e.JobSubmitted]
    offset: e.Offset | None


class SimulatedClient:
    """All clients, as one. `ids`: every job they submitted."""

    def __init__(self, world: World) -> None:
        self.ids: list[str] = []
        self._world = world
        self._requests: list[Request] = []

    def submit(self, orders: Sequence[Order], *, keyed: bool = False) -> None:
        key = f"key{len(self._requests)}" if keyed else ""
        jobs: list[e.JobSubmitted] = []
        for order in orders:
            jobs.append(self._job(order, [*self.ids, *(job.job_id for job in jobs)], key))
        idempotency = Idempotency(key, "body", jobs[0].job_id) if keyed else None
        verdict = self._world.submit(jobs, idempotency).verdicts[0]
        assert verdict.accepted
        self.ids += [job.job_id for job in jobs]
        if keyed:
            self._requests.append(Request(key, jobs, verdict.offset))

    def _job(self, order: Order, known: list[str], key: str) -> e.JobSubmitted:
        latest = known[-LATEST:]
        parents = [latest[index % len(latest)] for index in order.parents] if latest else []
        return e.JobSubmitted(
            self._world.new_id(),
            order.type,
            order.queue,
            order.priority,
            depends_on=(*parents, UNKNOWN) if order.stranger else tuple(parents),
            on_dependency_failure=order.on_dependency_failure,
            due_ms=self._world.now_ms + order.delay_ms if order.delay_ms else 0,
            max_attempts=order.max_attempts,
            backoff=e.Backoff(200, 2.0, 1_000, True),
            idempotency=key,
        )

    def submit_again(self, which: int, *, same: bool) -> None:
        """Repeat a request, or use its key for another; nothing is appended."""
        if not self._requests:
            return
        request = self._requests[which % len(self._requests)]
        again = [e.JobSubmitted(self._world.new_id(), job.type, idempotency=request.key) for job in request.jobs]
        idempotency = Idempotency(request.key, "body" if same else "other", again[0].job_id)
        end = self._world.log.end()
        verdict = self._world.submit(again, idempotency).verdicts[0]
        assert self._world.log.end() == end
        if same:
            assert (verdict.replayed, verdict.offset) == (request.jobs[0].job_id, request.offset)
        else:
            assert (verdict.accepted, verdict.reason) == (False, "key_reused")

    def append_twice(self, queue: str, type_: str) -> None:
        """Call once, and once more with the same number."""
        number = self._world.next_number()
        job = e.JobSubmitted(self._world.new_id(), type_, queue)
        proposal = [admit([job], self._world.now_ms)]
        first = self._world.log.append(proposal, caller="client", number=number)
        assert self._world.log.append(proposal, caller="client", number=number) == first
        self.ids.append(job.job_id)

    def change(self, what: str, which: int, number: int) -> None:
        """Cancel, reprioritise or redrive one of the latest jobs; `number` is the new priority, or a delay."""
        job_id = self.ids[-1 - which % min(len(self.ids), LATEST)]
        match what:
            case "cancel":
                self._world.append(Proposal((e.JobCancelRequested(job_id),), Open(job_id), (Interrupt(job_id),)))
            case "reprioritise":
                self._world.append(Proposal((e.JobReprioritised(job_id, number),), Waiting(job_id)))
            case _:
                outcomes = self._world.log.outcomes(self.ids)
                kept = [one for one in self.ids if one in outcomes and outcomes[one].body is not None]
                if kept:
                    self.redrive(kept[-1 - which % min(len(kept), LATEST)], outcomes, number * 30)

    def redrive_together(self, stop_on_failures: int, gap_ms: int) -> None:
        """Redrive all that is failed or cancelled, one after the other, until so many have failed again."""
        outcomes = self._world.log.outcomes(self.ids)
        kept = [one for one in self.ids if one in outcomes and outcomes[one].body is not None]
        name = f"r-{self._world.next_number()}"
        for index, job_id in enumerate(kept):
            self.redrive(job_id, outcomes, index * gap_ms, name, stop_on_failures)

    def redrive(
        self, job_id: str, outcomes: Mapping[str, StoredOutcome], delay_ms: int = 0, name: str = "", stop: int = 0
    ) -> None:
        outcome = outcomes[job_id]
        body = outcome.body
        assert body is not None
        event = e.JobRedriven(
            job_id,
            outcome.generation + 1,
            outcome.attempt,
            body.type,
            body.queue,
            body.priority,
            body.max_attempts,
            body.backoff,
            due_ms=self._world.now_ms + delay_ms if delay_ms else 0,
            redrive=name,
            stop_on_failures=stop,
            error=e.Error("Former", fingerprint=job_id) if stop else None,
        )
        self._world.append(Proposal((event,), Ended(job_id), (Reopen(job_id),)))

    def breaker(self, type_: str, *, is_open: bool) -> None:
        """Open or close a breaker by hand: an open one lets nothing through."""
        event = e.BreakerOpened(type_, "manual") if is_open else e.BreakerClosed(type_, "manual")
        self._world.append(Proposal((event,), None, (Valve(type_, "manual" if is_open else ""),)))

    def gate(self, queue: str, *, is_open: bool) -> None:
        event = e.QueueResumed(queue) if is_open else e.QueuePaused(queue)
        self._world.append(Proposal((event,), None, (Gate(queue, is_open),)))
