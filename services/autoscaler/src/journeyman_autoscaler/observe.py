"""What the autoscaler knows, folded from the log: what waits, how fast it comes, how long it takes, who works.

:class:`Fleet` is fed every entry of the log in order and keeps counts only: per line (queue, type and priority) the
jobs that wait, stand ready and run, and per open job in which of these it is. It reads no clock: times are the
entries'. An event that does not fit what came before (the log was trimmed) is taken at its word. The logs of several
partitions may be fed in any order between them; a worker that serves several is one worker.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import msgspec

from journeyman import events
from journeyman.events import Entry
from journeyman_autoscaler.arrivals import Arrivals
from journeyman_autoscaler.observation import Observation
from journeyman_autoscaler.orders import Orders
from journeyman_autoscaler.service_times import ServiceTime
from journeyman_autoscaler.sums import LONG_MS, Ready, demands, lasting_ms

__all__ = ["ARRIVAL_WINDOW_MS", "Fleet", "Observation", "Worker"]

#: Arrivals are averaged over about this long: an order of magnitude above a burst's gaps, below a person's patience.
ARRIVAL_WINDOW_MS = 15_000
#: Service times are averaged over about this long.
SERVICE_WINDOW_MS = 60_000
#: Of a job that is known by its later events alone.
_PRIORITY = 10


class Worker(msgspec.Struct):
    """A worker as its events tell of it: the process, what it knows, how many attempts it runs."""

    host: str
    pid: int
    types: frozenset[str]
    slots: int
    draining: bool = False
    running: int = 0
    partitions: set[int] = msgspec.field(default_factory=set)
    instance: str = ""


class _Beating(msgspec.Struct):
    """What a heartbeat tells of its worker, as far as it matters here."""

    host: str = ""
    pid: int = 0
    types: tuple[str, ...] = ()
    slots: int = 0
    instance: str = ""
    state: str = ""


class _Place:
    """Where jobs of one line stand (waiting, ready or running), counted."""

    __slots__ = ("count", "line")

    def __init__(self, line: _Line) -> None:
        self.line = line
        self.count = 0


class _Line:
    """The jobs of one queue, type and priority in one partition."""

    __slots__ = ("arrivals", "partition", "priority", "queue", "ready", "running", "type", "waiting")

    def __init__(self, partition: int, queue: str, type: str, priority: int) -> None:
        self.partition = partition
        self.queue = queue
        self.type = type
        self.priority = priority
        self.waiting = _Place(self)
        self.ready = _Place(self)
        self.running = _Place(self)
        self.arrivals = Arrivals()


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
        self._lines: dict[tuple[int, str, str, int], _Line] = {}
        self._jobs: dict[str, _Place] = {}
        self._running: dict[str, tuple[int, str]] = {}
        self._paused: set[tuple[int, str]] = set()
        self._broken: set[tuple[int, str]] = set()
        #: What was decided last, by the name of the provider.
        self.decided: dict[str, int] = {}
        self._arrivals = _Decayed(ARRIVAL_WINDOW_MS)
        self._served = _Decayed(SERVICE_WINDOW_MS)
        self._served_us = _Decayed(SERVICE_WINDOW_MS)
        self._service: dict[str, ServiceTime] = {}
        self._orders = Orders()
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
        self._move(event.job_id, self._line(event.queue, event.type, event.priority).waiting)

    def _released(self, event: events.JobReleased) -> None:
        line = self._line_of(event.job_id)
        if event.priority != line.priority:
            line = self._line(line.queue, line.type, event.priority)
        self._came += not event.moves
        line.arrivals.add(self._at_ms)
        self._move(event.job_id, line.ready)

    def _started(self, event: events.JobStarted) -> None:
        self._move(event.job_id, self._line_of(event.job_id).running)
        self._running[event.job_id] = (self._at_ms, event.worker)
        if event.worker in self.workers:
            self.workers[event.worker].running += 1

    def _succeeded(self, event: events.JobSucceeded) -> None:
        self._ended += 1
        self._served_by(event)
        self._over(event)

    def _failed(self, event: events.JobFailed) -> None:
        self._ended += 1
        self._served_by(event)
        self._waits(event)

    def _served_by(self, event: events.JobSucceeded | events.JobFailed) -> None:
        self._ended_us += event.run_us
        place = self._jobs.get(event.job_id)
        if place is not None:
            type = place.line.type
            if type not in self._service:
                self._service[type] = ServiceTime()
            self._service[type].add(event.run_us, self._at_ms)

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
            worker = Worker(event.host, event.pid, types, event.slots, instance=event.instance)
            if not event.instance or all(other.instance != event.instance for other in self.workers.values()):
                self._orders.joined(self._at_ms)
            self.workers[event.worker] = worker
        worker.types = types
        worker.partitions.add(self._partition)
        self._known_types = types
        housemates = [other for other in self.workers.values() if other.instance == event.instance]
        self._slots = sum(other.slots for other in housemates) if event.instance else event.slots

    def _draining(self, event: events.WorkerDraining) -> None:
        if event.worker in self.workers:
            self.workers[event.worker].draining = True

    def _gone(self, event: events.WorkerLeft | events.WorkerLost) -> None:
        worker = self.workers.get(event.worker)
        if worker is not None:
            worker.partitions.discard(self._partition)
            if not worker.partitions:
                del self.workers[event.worker]

    def _scaled(self, event: events.FleetScaled) -> None:
        self.decided[event.provider] = event.desired
        self._orders.scaled(event.desired, event.previous, self._at_ms)

    def meet(self, name: str, facts: Mapping[str, object], partition: int = 0) -> None:
        """Take in a worker that beats there, if it is not known: when it joined may have been trimmed away."""
        if name in self.workers:
            self.workers[name].partitions.add(partition)
            return
        try:
            told = msgspec.convert(facts, _Beating)
        except msgspec.ValidationError:
            return
        running = sum(worker == name for _, worker in self._running.values())
        types = frozenset(told.types)
        draining = told.state == "draining"
        self.workers[name] = Worker(
            told.host, told.pid, types, told.slots, draining, running, {partition}, told.instance
        )
        self._known_types = self._known_types or types
        self._slots = self._slots or told.slots

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
        events.FleetScaled: _scaled,
    }

    def _line(self, queue: str, type: str, priority: int) -> _Line:
        key = (self._partition, queue, type, priority)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Line(*key)
        return line

    def _line_of(self, job_id: str) -> _Line:
        place = self._jobs.get(job_id)
        return place.line if place else self._line("", "", _PRIORITY)

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
        served = self._served.value(now_ms)
        ages = [max(0, now_ms - started_ms) for started_ms, _ in self._running.values()]
        ready = list(self._claimable(now_ms))
        backlog: dict[str, int] = {}
        for each in ready:
            if each.jobs:
                backlog[each.queue] = backlog.get(each.queue, 0) + each.jobs
        # Worker processes on one instance are one worker of a fleet of instances.
        workers = len({worker.instance or id for id, worker in self.workers.items() if not worker.draining})
        orders = self._orders
        return Observation(
            at_ms=now_ms,
            backlog=backlog,
            running=len(self._running),
            arrival_per_s=self._arrivals.value(now_ms) * 1000 / ARRIVAL_WINDOW_MS,
            service_ms=self._served_us.value(now_ms) / served / 1000 if served > 1e-9 else None,
            running_age_ms=sum(ages) / len(ages) if ages else 0.0,
            running_long=sum(age > LONG_MS for age in ages),
            workers=workers,
            slots=self._slots,
            demands=demands(ready, now_ms),
            desired=orders.desired,
            coming=orders.coming((orders.desired or 0) - workers, now_ms),
            start_up_ms=orders.start_up_ms,
            raised_ms=orders.raised_ms,
            changed_ms=orders.changed_ms,
        )

    def _claimable(self, now_ms: int) -> Iterator[Ready]:
        """Return the lines that some worker may claim of, each with what its jobs last."""
        types = frozenset().union(*(worker.types for worker in self.workers.values())) or self._known_types
        ages = self._running_ages(now_ms)
        for line in self._lines.values():
            shut = (line.partition, line.queue) in self._paused or (line.partition, line.type) in self._broken
            if not shut and (not types or line.type in types):
                each_ms = lasting_ms(self._service.get(line.type), ages.get(line.type, ()), now_ms)
                yield Ready(line.queue, line.priority, line.ready.count, each_ms, line.arrivals)

    def _running_ages(self, now_ms: int) -> dict[str, list[float]]:
        """Return by type how long the running attempts have run."""
        ages: dict[str, list[float]] = {}
        for job_id, (started_ms, _) in self._running.items():
            ages.setdefault(self._jobs[job_id].line.type, []).append(max(0, now_ms - started_ms))
        return ages
