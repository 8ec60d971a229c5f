"""What the autoscaler knows, folded from the log: what waits, how fast it comes, how long it takes, who works.

:class:`Fleet` is fed every entry of the log in order and keeps counts only: per line (queue and type) the jobs that
wait, stand ready and run, and per open job in which of these it is. It reads no clock: times are the entries'.
An event that does not fit what came before (the log was trimmed) is taken at its word. The logs of several partitions
may be fed in any order between them; a worker that serves several is one worker.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

import msgspec

from journeyman import events
from journeyman.events import Entry

#: Arrivals are averaged over about this long: an order of magnitude above a burst's gaps, below a person's patience.
ARRIVAL_WINDOW_MS = 15_000
#: Service times are averaged over about this long.
SERVICE_WINDOW_MS = 60_000


class Observation(msgspec.Struct, frozen=True):
    """The fleet at one moment, as the policy sees it.

    backlog: ready jobs per queue that some worker may claim (not of paused queues, not of types nobody knows or whose
    circuit breaker is not closed).
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
    partitions: set[int] = msgspec.field(default_factory=set)


class _Place:
    """Where jobs of one line stand (waiting, ready or running), counted."""

    __slots__ = ("count", "line")

    def __init__(self, line: _Line) -> None:
        self.line = line
        self.count = 0


class _Line:
    """The jobs of one queue and type in one partition."""

    __slots__ = ("partition", "queue", "ready", "running", "type", "waiting")

    def __init__(self, partition: int, queue: str, type: str) -> None:
        self.partition = partition
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
        self._lines: dict[tuple[int, str, str], _Line] = {}
        self._jobs: dict[str, _Place] = {}
        self._running: dict[str, tuple[int, str]] = {}
        self._paused: set[tuple[int, str]] = set()
        self._broken: set[tuple[int, str]] = set()
        self._arrivals = _Decayed(ARRIVAL_WINDOW_MS)
        self._served = _Decayed(SERVICE_WINDOW_MS)
        self._served_us = _Decayed(SERVICE_WINDOW_MS)
        # Of the entry at hand: its partition and time, and what is added to the averages at its end.
        self._partition = self._at_ms = 0
        self._came = self._ended = self._ended_us = 0

    def apply(self, entry: Entry, partition: int = 0) -> None:
        """Take in an entry of a partition's log."""
        at_ms = self._at_ms = entry.offset.ms
        self._partition = partition
        self._came = self._ended = self._ended_us = 0
        handlers = self._HANDLERS
        for event in entry.events:
            handler = handlers.get(type(event))
            if handler is not None:
                handler(self, event)
        if self._came:
            self._arrivals.add(self._came, at_ms)
        if self._ended:
            self._served.add(self._ended, at_ms)
            self._served_us.add(self._ended_us, at_ms)

    def _submitted(self, event: events.JobSubmitted | events.JobRedriven) -> None:
        self._move(event.job_id, self._line(event.queue, event.type).waiting)

    def _released(self, event: events.JobReleased) -> None:
        self._came += 1
        self._move(event.job_id, self._line_of(event.job_id).ready)

    def _started(self, event: events.JobStarted) -> None:
        self._move(event.job_id, self._line_of(event.job_id).running)
        self._running[event.job_id] = (self._at_ms, event.worker)
        if event.worker in self.workers:
            self.workers[event.worker].running += 1

    def _succeeded(self, event: events.JobSucceeded) -> None:
        self._ended += 1
        self._ended_us += event.run_us
        self._over(event)

    def _failed(self, event: events.JobFailed) -> None:
        self._ended += 1
        self._ended_us += event.run_us
        self._waits(event)

    def _returned(self, event: events.JobReturned) -> None:
        line = self._line_of(event.job_id)
        self._move(event.job_id, line.ready if event.back else line.waiting)

    def _waits(self, event: events.JobFailed | events.JobLost) -> None:
        self._move(event.job_id, self._line_of(event.job_id).waiting)

    def _over(self, event: events.JobSucceeded | events.JobDeadLettered | events.JobCancelled) -> None:
        self._end(event.job_id)

    def _queue_paused(self, event: events.QueuePaused) -> None:
        self._paused.add((self._partition, event.queue))

    def _queue_resumed(self, event: events.QueueResumed) -> None:
        self._paused.discard((self._partition, event.queue))

    def _breaker_opened(self, event: events.BreakerOpened) -> None:
        self._broken.add((self._partition, event.type))

    def _breaker_closed(self, event: events.BreakerClosed) -> None:
        self._broken.discard((self._partition, event.type))

    def _joined(self, event: events.WorkerJoined) -> None:
        types = frozenset(event.types)
        worker = self.workers.get(event.worker)
        if worker is None:
            worker = self.workers[event.worker] = Worker(event.host, event.pid, types, event.slots)
        worker.types = types
        worker.partitions.add(self._partition)
        self._known_types, self._slots = types, event.slots

    def _draining(self, event: events.WorkerDraining) -> None:
        if event.worker in self.workers:
            self.workers[event.worker].draining = True

    def _gone(self, event: events.WorkerLeft | events.WorkerLost) -> None:
        worker = self.workers.get(event.worker)
        if worker is not None:
            worker.partitions.discard(self._partition)
            if not worker.partitions:
                del self.workers[event.worker]

    _HANDLERS: ClassVar[dict[type[Any], Callable[[Fleet, Any], None]]] = {
        events.JobSubmitted: _submitted,
        events.JobRedriven: _submitted,
        events.JobReleased: _released,
        events.JobStarted: _started,
        events.JobSucceeded: _succeeded,
        events.JobFailed: _failed,
        events.JobReturned: _returned,
        events.JobLost: _waits,
        events.JobDeadLettered: _over,
        events.JobCancelled: _over,
        events.QueuePaused: _queue_paused,
        events.QueueResumed: _queue_resumed,
        events.BreakerOpened: _breaker_opened,
        events.BreakerClosed: _breaker_closed,
        events.WorkerJoined: _joined,
        events.WorkerDraining: _draining,
        events.WorkerLeft: _gone,
        events.WorkerLost: _gone,
    }

    def _line(self, queue: str, type: str) -> _Line:
        key = (self._partition, queue, type)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Line(*key)
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
            shut = (line.partition, line.queue) in self._paused or (line.partition, line.type) in self._broken
            if line.ready.count and not shut and (not types or line.type in types):
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
