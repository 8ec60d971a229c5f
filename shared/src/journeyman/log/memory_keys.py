"""What a server keeps besides the log, as plain dictionaries: bodies, holds, lines, workers, ends.

The same guards and effects as `functions/00_prelude.lua`; who gets which jobs: `memory_taking.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import assert_never

from journeyman import events as e
from journeyman import proposals as p
from journeyman.log.api import (
    ClaimedJob,
    DeadLetter,
    Fate,
    StoredOutcome,
    Wants,
    WorkerBeat,
)
from journeyman.log.memory_bell import Ringing
from journeyman.log.memory_taking import Taking, Worker


def fates_again(wanted: Wants, held: Sequence[ClaimedJob]) -> list[Fate]:
    """Return the fates of a repeated claim: what is not held any more is of no use to the worker."""
    started = {job.place for job in held}
    fates = []
    for place in wanted or ():
        fates.append(Fate.STARTED if place.place in started else Fate.GONE)
        started.discard(place.place)
    return fates


class Derived(Taking):
    """Everything that could be rebuilt from the log. `bells`: of the workers."""

    def __init__(self, bells: Ringing) -> None:
        super().__init__(bells)
        self.dead: dict[str, DeadLetter] = {}
        self._ended: dict[str, StoredOutcome] = {}

    # --- guards ----------------------------------------------------------------------------------------

    def status(self, job_id: str) -> str:
        """Return unknown, open, completed, failed or cancelled."""
        if job_id in self.bodies:
            return "open"
        outcome = self.outcome(job_id)
        return outcome.status if outcome else "unknown"

    def guard(self, guard: p.Guard) -> str | None:
        """Return None if the guard holds, else the word for why not."""
        match guard:
            case p.Open(job_id):
                status = self.status(job_id)
                return None if status == "open" else status
            case p.Waiting(job_id):
                status = self.status(job_id)
                held = self.held.get(job_id, (0, ""))[1]
                return ("held" if held else None) if status == "open" else status
            case p.Standing(job_id):
                why = self.guard(p.Waiting(job_id))
                return why or ("spent" if job_id in self.held else None)
            case p.Held(job_id, attempt, worker):
                return None if self.holds(worker, job_id, attempt) else "not_held"
            case p.Ended(job_id):
                status = self.status(job_id)
                return None if status in ("failed", "cancelled") else status
            case p.Alive(worker):
                return None if worker in self.workers else "unknown"
            case p.Silent(worker, since_ms):
                if worker not in self.workers:
                    return "unknown"
                return "beating" if self.workers[worker].beat_ms > since_ms else None
            case p.Orphaned(job_id, attempt, worker):
                if not self.holds(worker, job_id, attempt):
                    return "not_held"
                return "alive" if worker in self.workers else None
            case p.ShutBy(type_, by):
                shut_by = self.valves.get(type_, ("", 0))[0]
                return None if shut_by == by else shut_by or "open"
            case _:
                assert_never(guard)

    # --- effects ---------------------------------------------------------------------------------------

    def effect(self, effect: p.Effect, events: Sequence[e.Event], now: int) -> None:  # noqa: C901, PLR0912 - a table
        """Do what goes with a proposal that was accepted."""
        match effect:
            case p.Store(job_ids):
                for job_id, body in zip(job_ids, events, strict=True):
                    assert isinstance(body, e.JobSubmitted)
                    self.bodies[job_id] = body
            case p.Push(queue, priority, type_, places):
                # One may be brought to a worker; of many, workers take as many as they have room for.
                self.push(queue, priority, type_, places, may_bring=len(places) == 1)
            case p.Void(place):
                if p.read_place(place)[0] not in self.held:
                    self.void.add(place)
            case p.Release(job_id):
                self.held.pop(job_id, None)
            case p.Interrupt(job_id):
                self._interrupt(job_id)
            case p.Bury() | p.Discard():
                self._close(effect, now)
            case p.Reopen(job_id):
                self._reopen(job_id)
            case p.Gate(queue, is_open):
                self._gate(queue, is_open)
            case p.Valve():
                self._turn(effect)
            case p.Join(worker, queues, types):
                record = self.workers.setdefault(worker, Worker(queues, types, now))
                record.queues, record.types, record.beat_ms = queues, types, now
            case p.Drain(worker):
                if worker in self.workers:
                    self.workers[worker].drain = True
                    self.bells.ring(worker)
            case p.Leave(worker):
                left = self.workers.pop(worker, None)
                for queue in left.queues if left else ():
                    self._idle.get(queue, {}).pop(worker, None)
                self._receivers.pop(worker, None)
            case _:
                assert_never(effect)

    def _interrupt(self, job_id: str) -> None:
        held = self.held.get(job_id)
        if held is not None and held[1] in self.workers:
            self.workers[held[1]].stop[job_id] = held[0]
            self.bells.ring(held[1])

    def _close(self, effect: p.Bury | p.Discard, now: int) -> None:
        job_id = effect.job_id
        self.held.pop(job_id, None)
        body = self.bodies.pop(job_id, None)
        if body is None:
            return
        if isinstance(effect, p.Bury):
            self.dead[job_id] = DeadLetter(
                job_id, now, effect.error_type, effect.fingerprint, effect.attempt, effect.generation, body
            )
        else:
            self._ended[job_id] = StoredOutcome("cancelled", None, body, effect.attempt, effect.generation)

    def _reopen(self, job_id: str) -> None:
        dead = self.dead.pop(job_id, None)
        body = dead.body if dead else self._ended.pop(job_id).body
        assert body is not None
        self.bodies[job_id] = body

    def _gate(self, queue: str, is_open: bool) -> None:
        if not is_open:
            self.paused.add(queue)
            return
        self.paused.discard(queue)
        for (of, _, type_), places in self.lines.items():
            if of == queue:
                self._ring_idle(queue, type_, len(places))

    def _turn(self, valve: p.Valve) -> None:
        by, permits = self.valves.get(valve.type, ("", 0))
        if not valve.by:
            self.valves.pop(valve.type, None)
            self._ring_for_type(valve.type, sys.maxsize)
        elif not valve.permits:
            self.valves[valve.type] = (valve.by, 0)
        elif by == valve.by:
            self.valves[valve.type] = (by, permits + valve.permits)
            self._ring_for_type(valve.type, valve.permits)

    def _ring_for_type(self, type_: str, most: int) -> None:
        for (queue, _, of), places in self.lines.items():
            if of == type_ and most > 0:
                self._ring_idle(queue, type_, min(len(places), most))
                most -= len(places)

    # --- workers ---------------------------------------------------------------------------------------

    def registered(self, worker: str) -> bool:
        """Tell whether the worker is registered."""
        return worker in self.workers

    def holds(self, worker: str, job_id: str, attempt: int) -> bool:
        """Tell whether the worker holds this attempt."""
        return self.held.get(job_id) == (attempt, worker)

    def let_go(self, worker: str, job_id: str, *, spent: bool) -> None:
        """End the worker's hold on a job; if `spent`, nobody can claim it until it is released."""
        attempt, _ = self.held.pop(job_id)
        if spent:
            self.held[job_id] = (attempt, "")
        if worker in self.workers:
            self.workers[worker].stop.pop(job_id, None)

    def complete(self, job_id: str, offset: e.Offset) -> None:
        """Remember that a job completed, and where its result is."""
        self.bodies.pop(job_id, None)
        self._ended[job_id] = StoredOutcome("completed", offset)

    def beat(self, worker: str, facts: Mapping[str, object], now: int) -> tuple[list[tuple[str, int]], bool]:
        """Renew a heartbeat; return what to interrupt and whether to drain."""
        record = self.workers[worker]
        record.beat_ms = now
        record.facts = facts
        return list(record.stop.items()), record.drain

    def silent(self, since_ms: int) -> list[str]:
        """Return the workers that have not beaten since."""
        return [worker for worker, record in self.workers.items() if record.beat_ms <= since_ms]

    def worker_beats(self) -> list[WorkerBeat]:
        """Return every worker's last heartbeat."""
        return [WorkerBeat(worker, record.beat_ms, record.facts) for worker, record in self.workers.items()]

    def outcome(self, job_id: str) -> StoredOutcome | None:
        """Return how a job ended, if it did."""
        dead = self.dead.get(job_id)
        if dead is not None:
            return StoredOutcome("failed", None, dead.body, dead.attempt, dead.generation)
        return self._ended.get(job_id)
