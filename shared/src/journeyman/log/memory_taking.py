"""Which jobs workers get of the log in memory: the lines, who holds what, who is idle and is rung or brought a job.

As `functions/02_wanted.lua` to `functions/04_bringing.lua`, and what of the prelude they rest on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from journeyman import events as e
from journeyman import proposals as p
from journeyman.log.api import EVERY_QUEUE, Claimed, Fate, Wanted, Wants
from journeyman.log.memory_bell import Ringing

Line = tuple[str, int, str]
#: Job id, place, queue, priority.
Taken = tuple[str, str, str, int]

#: So much of a line is looked through for a worthless place.
NEAR = 128


def serves(queues: Sequence[str], queue: str) -> bool:
    """Tell whether a worker of these queues serves this one."""
    return queue in queues or EVERY_QUEUE in queues


class Worker:
    """What is known of a registered worker."""

    def __init__(self, queues: Sequence[str], types: Sequence[str], now: int) -> None:
        self.queues = queues
        self.types = types
        self.beat_ms = now
        self.facts: Mapping[str, object] = {}
        self.drain = False
        self.stop: dict[str, int] = {}
        #: The number of its last `finish`.
        self.finished = 0
        #: Of the claim that it made last, or was made for it, and brought something; of the one that it has offered.
        self.claimed = self.offered = 0
        #: What that claim brought.
        self.batch = Claimed(0, [])

    @property
    def offer_stands(self) -> bool:
        """Whether a job may start for it unasked."""
        return self.offered > self.claimed


class Taking:
    """Lines, holds and idle workers. `bells`: of the workers."""

    def __init__(self, bells: Ringing) -> None:
        self.bells = bells
        self.bodies: dict[str, e.JobSubmitted] = {}
        #: job id -> attempt, worker; no worker ("") where the attempt is over and the next was not released yet.
        self.held: dict[str, tuple[int, str]] = {}
        self.lines: dict[Line, deque[str]] = {}
        self.void: set[str] = set()
        self.paused: set[str] = set()
        #: type that is shut -> who has shut it, and how many of its jobs may start all the same
        self.valves: dict[str, tuple[str, int]] = {}
        self.workers: dict[str, Worker] = {}
        #: queue, or every queue -> idle workers that asked for its jobs
        self._idle: dict[str, dict[str, None]] = {}
        #: Idle workers that wait to be handed places.
        self._receivers: dict[str, None] = {}
        #: Workers that jobs are started for at the end of this call, and for which queue and type each was chosen.
        self._chosen: list[tuple[str, str, str]] = []

    def push(
        self,
        queue: str,
        priority: int,
        type_: str,
        places: Sequence[str],
        *,
        head: bool = False,
        may_bring: bool = False,
    ) -> None:
        """Put places at the end of a line, or at its head, and ring idle workers that would take them."""
        line = self.lines.setdefault((queue, priority, type_), deque())
        if head:
            line.extendleft(places)
        else:
            line.extend(places)
        self._ring_idle(queue, type_, len(places), may_bring=may_bring)

    def _ring_idle(self, queue: str, type_: str, wanted: int, *, may_bring: bool = False) -> None:
        """Ring so many idle workers, or choose them to be brought a job. One that does not hear it does not count."""
        for asked in (EVERY_QUEUE, queue):
            idle = self._idle.get(asked, {})
            for worker in list(idle):
                known = self.workers.get(worker)
                if known and type_ not in known.types:
                    continue
                if wanted <= 0:
                    return
                del idle[worker]
                if not known:
                    continue
                if (may_bring and self._choose(worker, queue, type_)) or self.bells.ring(worker):
                    wanted -= 1

    def _choose(self, worker: str, queue: str, type_: str) -> bool:
        record = self.workers[worker]
        if not record.offer_stands or record.drain or not self.bells.hears(worker):
            return False
        self._chosen.append((worker, queue, type_))
        return True

    def take_offers(self) -> Iterator[tuple[str, int, list[Taken]]]:
        """Take a job for each worker that was chosen in this call; yield worker, number of the claim, and the job."""
        chosen, self._chosen = self._chosen, []
        for worker, queue, type_ in chosen:
            record = self.workers.get(worker)
            # This very call may have taken the worker away, or have chosen it twice.
            if record is None or not record.offer_stands:
                self._ring_idle(queue, type_, 1)
                continue
            taken = self._take_in_line(worker, 1, record.queues, record.types)
            if taken:
                yield worker, record.offered, taken
            else:
                self.bells.ring(worker)

    def take(
        self, worker: str, count: int, queues: Sequence[str], types: Sequence[str], wanted: Wants = None
    ) -> tuple[list[Taken], list[Fate]]:
        """Take up to `count` places, best first, or those that are wanted, and let the worker hold their jobs."""
        if wanted is not None:
            return self._take_wanted(worker, count, queues, types, wanted)
        taken = self._take_in_line(worker, count, queues, types)
        for queue in queues:
            idle = self._idle.setdefault(queue, {})
            if len(taken) < count:
                idle[worker] = None
            elif count == 0:
                idle.pop(worker, None)
        return taken, []

    def _take_in_line(self, worker: str, count: int, queues: Sequence[str], types: Sequence[str]) -> list[Taken]:
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
            job_id, _ = p.read_place(place)
            if place in self.void:
                self.void.discard(place)
            elif job_id in self.bodies and job_id not in self.held:
                taken.append(self._hold(worker, line, place))
        return taken

    def _hold(self, worker: str, line: Line, place: str) -> Taken:
        """Let a worker hold the job whose place was taken from a line, which costs a permit where its type is shut."""
        queue, priority, type_ = line
        job_id, attempt = p.read_place(place)
        self.held[job_id] = (attempt, worker)
        if type_ in self.valves:
            by, permits = self.valves[type_]
            self.valves[type_] = (by, permits - 1)
        return job_id, place, queue, priority

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
                taken.append(self._hold(worker, (place.queue, place.priority, place.type), place.place))
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
                self.bells.ring(worker)

    def _takes(self, worker: str, queue: str, type_: str) -> bool:
        record = self.workers.get(worker)
        return record is not None and serves(record.queues, queue) and type_ in record.types
