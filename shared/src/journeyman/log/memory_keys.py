"""What a server keeps besides the log, as plain dictionaries: bodies, holds, lines, workers, ends.

The same guards and effects as `functions/00_prelude.lua`, and the same taking as `functions/claim.lua`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import assert_never

from journeyman import events as e
from journeyman import proposals as p
from journeyman.log.api import (
    EVERY_QUEUE,
    ClaimedJob,
    DeadLetter,
    Fate,
    StoredOutcome,
    Wanted,
    Wants,
    WorkerBeat,
)

Line = tuple[str, int, str]
#: Job id, place, queue, priority.
Taken = tuple[str, str, str, int]

#: So much of a line is looked through for a worthless place.
NEAR = 128


def serves(queues: Sequence[str], queue: str) -> bool:
    """Tell whether a worker of these queues serves this one."""
    return queue in queues or EVERY_QUEUE in queues


def fates_again(wanted: Wants, held: Sequence[ClaimedJob]) -> list[Fate]:
    """Return the fates of a repeated claim: what is not held any more is of no use to the worker."""
    started = {job.place for job in held}
    fates = []
    for place in wanted or ():
        fates.append(Fate.STARTED if place.place in started else Fate.GONE)
        started.discard(place.place)
    return fates


class _Worker:
    def __init__(self, queues: Sequence[str], types: Sequence[str], now: int) -> None:
        self.queues = queues
        self.types = types
        self.beat_ms = now
        self.facts: Mapping[str, object] = {}
        self.drain = False
        self.stop: dict[str, int] = {}
        #: The number of its last `finish`.
        self.finished = 0


class Derived:
    """Everything that could be rebuilt from the log. `ring` wakes a worker."""

    def __init__(self, ring: Callable[[str], None]) -> None:
        self.bodies: dict[str, e.JobSubmitted] = {}
        self.dead: dict[str, DeadLetter] = {}
        #: job id -> attempt, worker; no worker ("") where the attempt is over and the next was not released yet.
        self.held: dict[str, tuple[int, str]] = {}
        self._ended: dict[str, StoredOutcome] = {}
        self.lines: dict[Line, deque[str]] = {}
        self.void: set[str] = set()
        self.paused: set[str] = set()
        #: type that is shut -> who has shut it, and how many of its jobs may start all the same
        self.valves: dict[str, tuple[str, int]] = {}
        self.workers: dict[str, _Worker] = {}
        self._idle: dict[str, None] = {}
        #: Idle workers that wait to be handed places.
        self._receivers: dict[str, None] = {}
        self._ring = ring

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
                self.push(queue, priority, type_, places)
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
                record = self.workers.setdefault(worker, _Worker(queues, types, now))
                record.queues, record.types, record.beat_ms = queues, types, now
            case p.Drain(worker):
                if worker in self.workers:
                    self.workers[worker].drain = True
                    self._ring(worker)
            case p.Leave(worker):
                self.workers.pop(worker, None)
                self._idle.pop(worker, None)
                self._receivers.pop(worker, None)
            case _:
                assert_never(effect)

    def push(self, queue: str, priority: int, type_: str, places: Sequence[str], *, head: bool = False) -> None:
        """Put places at the end of a line, or at its head, and ring idle workers that would take them."""
        line = self.lines.setdefault((queue, priority, type_), deque())
        if head:
            line.extendleft(places)
        else:
            line.extend(places)
        wanted = len(places)
        for worker in list(self._idle):
            record = self.workers.get(worker)
            if record is None or (serves(record.queues, queue) and type_ in record.types):
                del self._idle[worker]
                if record is not None:
                    self._ring(worker)
                    wanted -= 1
            if wanted == 0:
                return

    def _interrupt(self, job_id: str) -> None:
        held = self.held.get(job_id)
        if held is not None and held[1] in self.workers:
            self.workers[held[1]].stop[job_id] = held[0]
            self._ring(held[1])

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
        for worker in list(self._idle):
            self._ring(worker)

    def _turn(self, valve: p.Valve) -> None:
        if not valve.by:
            self.valves.pop(valve.type, None)
        elif not valve.permits:
            self.valves[valve.type] = (valve.by, 0)
            return
        else:
            by, permits = self.valves.get(valve.type, ("", 0))
            if by == valve.by:
                self.valves[valve.type] = (by, permits + valve.permits)
        for worker in list(self._idle):
            self._ring(worker)

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

    def take(
        self, worker: str, count: int, queues: Sequence[str], types: Sequence[str], wanted: Wants = None
    ) -> tuple[list[Taken], list[Fate]]:
        """Take up to `count` places, best first, or those that are wanted, and let the worker hold their jobs."""
        if wanted is not None:
            return self._take_wanted(worker, count, queues, types, wanted)
        taken: list[Taken] = []
        while len(taken) < count:
            lines = [
                line
                for line, places in self.lines.items()
                if places
                and serves(queues, line[0])
                and line[0] not in self.paused
                and line[2] in types
                and self.valves.get(line[2], ("", 1))[1]
            ]
            if not lines:
                break
            best = max(line[1] for line in lines)
            line = min((line for line in lines if line[1] == best), key=lambda line: self.lines[line][0])
            place = self.lines[line].popleft()
            if not self.lines[line]:
                del self.lines[line]
            job_id, attempt = p.read_place(place)
            if place in self.void:
                self.void.discard(place)
            elif job_id in self.bodies and job_id not in self.held:
                self.held[job_id] = (attempt, worker)
                taken.append((job_id, place, line[0], line[1]))
                if line[2] in self.valves:
                    by, permits = self.valves[line[2]]
                    self.valves[line[2]] = (by, permits - 1)
        if len(taken) < count:
            self._idle[worker] = None
        return taken, []

    def _take_wanted(
        self, worker: str, count: int, queues: Sequence[str], types: Sequence[str], wanted: Sequence[Wanted]
    ) -> tuple[list[Taken], list[Fate]]:
        taken: list[Taken] = []
        fates: list[Fate] = []
        held = {job_id for job_id, _ in (p.read_place(place.place) for place in wanted) if job_id in self.held}
        for place in wanted:
            fate = self._fate(place, queues, types, was_held=place.place[:24] in held)
            fates.append(fate)
            if fate == Fate.STARTED:
                job_id, attempt = p.read_place(place.place)
                self.held[job_id] = (attempt, worker)
                taken.append((job_id, place.place, place.queue, place.priority))
                if place.type in self.valves:
                    by, permits = self.valves[place.type]
                    self.valves[place.type] = (by, permits - 1)
        if len(taken) < count:
            self._receivers[worker] = None
        return taken, fates

    def _fate(self, wanted: Wanted, queues: Sequence[str], types: Sequence[str], *, was_held: bool) -> Fate:
        if wanted.type not in types or not serves(queues, wanted.queue):
            return Fate.FOREIGN
        if wanted.queue in self.paused or not self.valves.get(wanted.type, ("", 1))[1]:
            return Fate.SHUT
        job_id, _ = p.read_place(wanted.place)
        if job_id in self.held and not was_held:  # it has started in this very call
            return Fate.GONE
        line = (wanted.queue, wanted.priority, wanted.type)
        places = self.lines.get(line, deque())
        worthless = wanted.place in self.void or job_id not in self.bodies or was_held
        if wanted.place not in places:
            return Fate.GONE
        if worthless and wanted.place not in self.void and places.index(wanted.place) >= NEAR:
            return Fate.GONE
        places.remove(wanted.place)
        if not places:
            del self.lines[line]
        self.void.discard(wanted.place)
        return Fate.GONE if worthless else Fate.STARTED

    def ring_receivers(self, calls: Sequence[tuple[str, str, int]]) -> None:
        """Ring as many of the workers that wait to be handed places as places were handed out."""
        for queue, type_, count in calls:
            able = [worker for worker in self._receivers if self._takes(worker, queue, type_)]
            for worker in able[:count]:
                del self._receivers[worker]
                self._ring(worker)

    def _takes(self, worker: str, queue: str, type_: str) -> bool:
        record = self.workers.get(worker)
        return record is not None and serves(record.queues, queue) and type_ in record.types

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
