"""What the autoscaler knows, folded from the log: what waits, how fast it comes, how long it takes, who works.

:class:`Fleet` is fed every record of the log in order and keeps counts only: per line (queue and type) the jobs that
wait, stand ready and run, and per open job in which of these it is. It reads no clock: times are the records'.
An event that does not fit what came before (the log was trimmed) is taken at its word.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec

from journeyman import events
from journeyman.events import Event, Record

#: Arrivals are averaged over about this long: an order of magnitude above a burst's gaps, below a person's patience.
ARRIVAL_WINDOW_MS = 15_000
#: Service times are averaged over about this long.
SERVICE_WINDOW_MS = 60_000


class Observation(msgspec.Struct, frozen=True):
    """The fleet at one moment, as the policy sees it.

    backlog: ready jobs per queue that some worker may claim (not of paused queues, not of types nobody knows).
    service_ms: mean time in user code; None before the first job ended. running_age_ms: mean age of running attempts.
    slots: jobs that one worker runs at once; 0 before the first worker joined.
    """

    at_ms: int
    backlog: dict[str, int] = {}
    running: int = 0
    arrival_per_s: float = 0.0
    service_ms: float | None = None
    running_age_ms: float = 0.0
    workers: int = 0
    slots: int = 0

    @property
    def waiting(self) -> int:
        """Ready jobs in all queues together."""
        return sum(self.backlog.values())


class Worker(msgspec.Struct):
    """A worker as its events tell of it: the process, what it knows, how many attempts it runs."""

    host: str
    pid: int
    types: frozenset[str]
    slots: int
    draining: bool = False
    running: int = 0


class _Place:
    """Where jobs of one line stand (waiting, ready or running), counted."""

    __slots__ = ("count", "line")

    def __init__(self, line: _Line) -> None:
        self.line = line
        self.count = 0


class _Line:
    """The jobs of one queue and type."""

    __slots__ = ("queue", "ready", "running", "type", "waiting")

    def __init__(self, queue: str, type: str) -> None:
        self.queue = queue
        self.type = type
        self.waiting = _Place(self)
        self.ready = _Place(self)
        self.running = _Place(self)


class _Decayed:
    """A sum that forgets: what was added a window ago counts a third."""

    __slots__ = ("_at_ms", "_value", "_window_ms")

    def __init__(self, window_ms: int) -> None:
        self._window_ms = window_ms
        self._value = 0.0
        self._at_ms = 0

    def add(self, amount: float, at_ms: int) -> None:
        self._value = self.value(at_ms) + amount
        self._at_ms = max(at_ms, self._at_ms)

    def value(self, at_ms: int) -> float:
        if not self._value:
            return 0.0
        return self._value * math.exp(min(0, self._at_ms - at_ms) / self._window_ms)


class Fleet:
    """The fold. Feed it with :meth:`apply`; ask it with :meth:`observe`."""

    def __init__(self) -> None:
        self.workers: dict[str, Worker] = {}
        self._known_types: frozenset[str] = frozenset()
        self._slots = 0
        self._lines: dict[tuple[str, str], _Line] = {}
        self._jobs: dict[str, _Place] = {}
        self._running: dict[str, tuple[int, str]] = {}
        self._paused: set[str] = set()
        self._arrivals = _Decayed(ARRIVAL_WINDOW_MS)
        self._served = _Decayed(SERVICE_WINDOW_MS)
        self._served_us = _Decayed(SERVICE_WINDOW_MS)

    def apply(self, records: Iterable[Record]) -> None:
        """Take in events, in log order."""
        for record in records:
            self._apply(record.event, record.at_ms)

    def _apply(self, event: Event, at_ms: int) -> None:
        match event:
            case events.JobSubmitted() | events.JobRedriven():
                self._move(event.job_id, self._line(event.queue, event.type).waiting)
            case events.JobReleased():
                self._arrivals.add(1, at_ms)
                self._move(event.job_id, self._line_of(event.job_id).ready)
            case events.JobStarted():
                self._start(event, at_ms)
            case events.JobSucceeded():
                self._serve(event.run_us, at_ms)
                self._end(event.job_id)
            case events.JobFailed():
                self._serve(event.run_us, at_ms)
                self._move(event.job_id, self._line_of(event.job_id).waiting)
            case events.JobReturned():
                line = self._line_of(event.job_id)
                self._move(event.job_id, line.ready if event.back else line.waiting)
            case events.JobLost():
                self._move(event.job_id, self._line_of(event.job_id).waiting)
            case events.JobDeadLettered() | events.JobCancelled():
                self._end(event.job_id)
            case events.QueuePaused():
                self._paused.add(event.queue)
            case events.QueueResumed():
                self._paused.discard(event.queue)
            case events.WorkerJoined() | events.WorkerDraining() | events.WorkerLeft() | events.WorkerLost():
                self._worker(event)
            case _:
                pass

    def _worker(self, event: events.WorkerEvent) -> None:
        match event:
            case events.WorkerJoined():
                types = frozenset(event.types)
                self.workers[event.worker] = Worker(event.host, event.pid, types, event.slots)
                self._known_types, self._slots = types, event.slots
            case events.WorkerDraining():
                if event.worker in self.workers:
                    self.workers[event.worker].draining = True
            case events.WorkerLeft() | events.WorkerLost():
                self.workers.pop(event.worker, None)

    def _start(self, event: events.JobStarted, at_ms: int) -> None:
        self._move(event.job_id, self._line_of(event.job_id).running)
        self._running[event.job_id] = (at_ms, event.worker)
        if event.worker in self.workers:
            self.workers[event.worker].running += 1

    def _serve(self, run_us: int, at_ms: int) -> None:
        self._served.add(1, at_ms)
        self._served_us.add(run_us, at_ms)

    def _line(self, queue: str, type: str) -> _Line:
        line = self._lines.get((queue, type))
        if line is None:
            line = self._lines[queue, type] = _Line(queue, type)
        return line

    def _line_of(self, job_id: str) -> _Line:
        place = self._jobs.get(job_id)
        return place.line if place else self._line("", "")

    def _move(self, job_id: str, place: _Place) -> None:
        self._end(job_id)
        self._jobs[job_id] = place
        place.count += 1

    def _end(self, job_id: str) -> None:
        place = self._jobs.pop(job_id, None)
        if place is not None:
            place.count -= 1
        started = self._running.pop(job_id, None)
        if started is not None and started[1] in self.workers:
            self.workers[started[1]].running -= 1

    def observe(self, now_ms: int) -> Observation:
        """Sum up. `now_ms` is the server's time."""
        types = frozenset().union(*(worker.types for worker in self.workers.values())) or self._known_types
        backlog: dict[str, int] = {}
        for line in self._lines.values():
            claimable = line.queue not in self._paused and (not types or line.type in types)
            if claimable and line.ready.count:
                backlog[line.queue] = backlog.get(line.queue, 0) + line.ready.count
        served = self._served.value(now_ms)
        ages = [max(0, now_ms - started_ms) for started_ms, _ in self._running.values()]
        return Observation(
            at_ms=now_ms,
            backlog=backlog,
            running=len(self._running),
            arrival_per_s=self._arrivals.value(now_ms) * 1000 / ARRIVAL_WINDOW_MS,
            service_ms=self._served_us.value(now_ms) / served / 1000 if served > 1e-9 else None,
            running_age_ms=sum(ages) / len(ages) if ages else 0.0,
            workers=sum(not worker.draining for worker in self.workers.values()),
            slots=self._slots,
        )
