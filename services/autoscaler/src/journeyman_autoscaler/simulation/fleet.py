"""A fleet of workers with slots, simulated event by event: it starts and stops what a scaler says, and runs jobs.

Each worker costs from when it is ordered until it has ended. It takes jobs from when it is ready; one that is to go
takes no more and ends when its last has. The highest priority goes first, within it whoever came first.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from heapq import heappop, heappush
from typing import NamedTuple, Protocol

from journeyman_autoscaler.simulation.traffic import HOUR_MS, Job, Traffic

#: Start-up takes between so much less and so much more than is said.
_JITTER = 0.1
#: After the last job came, the rest must end within this.
_AFTER_MS = 2 * HOUR_MS


class Plant(NamedTuple):
    """What is scaled. start_up_ms: from order to ready. tick_ms: between two decisions."""

    slots: int = 8
    start_up_ms: int = 60_000
    workers_min: int = 1
    workers_max: int = 10
    tick_ms: int = 1_000


class Worker:
    """One worker: how many of its slots are taken, and how far its life is."""

    __slots__ = ("busy", "going", "id", "ordered_ms", "ready")

    def __init__(self, id: int, ordered_ms: float) -> None:
        self.id = id
        self.ordered_ms = ordered_ms
        self.busy = 0
        self.ready = self.going = False


class Happened(NamedTuple):
    """What happened between two decisions, as indices of jobs and workers."""

    came: list[int]
    started: list[tuple[int, int]]
    ended: list[tuple[int, int]]
    joined: list[int]
    left: list[int]


class Sight(NamedTuple):
    """What a scaler sees. happened: since it last looked. waiting: jobs; ready: workers, without those that go."""

    now_ms: int
    happened: Happened
    waiting: int
    ready: int


class Scaler(Protocol):
    """Decides."""

    name: str

    def decide(self, sight: Sight) -> int:
        """Return how many workers there should be."""
        ...


class Course(NamedTuple):
    """What came of it. waits_ms: by job. counts: (when, ordered, ready, waiting), at changes and every minute."""

    scaler: str
    waits_ms: list[float]
    instance_ms: float
    starts: int
    stops: int
    counts: list[tuple[int, int, int, int]]


class FleetRun:
    """One run of one traffic under one scaler. `chance` draws start-up delays."""

    def __init__(self, traffic: Traffic, plant: Plant, scaler: Scaler, seed: int = 1) -> None:
        self._jobs: Sequence[Job] = traffic.jobs
        self._traffic, self._plant, self._scaler = traffic, plant, scaler
        self._chance = random.Random(seed)
        self._now_ms = 0.0
        self._lines: dict[int, deque[int]] = {
            priority: deque() for priority in sorted({j.priority for j in self._jobs}, reverse=True)
        }
        self._waiting = self._running = 0
        self._next = 0
        self._ends: list[tuple[float, int, int]] = []
        self._readies: list[tuple[float, int]] = []
        self._workers: dict[int, Worker] = {}
        self._free: deque[int] = deque()
        self._ids = 0
        self._spent_ms = 0.0
        self._starts = self._stops = 0
        self._waits_ms = [0.0] * len(self._jobs)
        self._happened = Happened([], [], [], [], [])

    def run(self) -> Course:
        """Simulate to the end of the last job."""
        for _ in range(self._plant.workers_min):
            self._join(self._order())
        self._starts = 0
        counts: list[tuple[int, int, int, int]] = []
        now_ms = 0
        while now_ms < self._traffic.length_ms or self._waiting or self._running or self._next < len(self._jobs):
            now_ms += self._plant.tick_ms
            if now_ms > self._traffic.length_ms + _AFTER_MS:
                break
            self._until(now_ms)
            ready = sum(worker.ready and not worker.going for worker in self._workers.values())
            happened, self._happened = self._happened, Happened([], [], [], [], [])
            desired = self._scaler.decide(Sight(now_ms, happened, self._waiting, ready))
            staying = self._scale(desired)
            if not counts or counts[-1][1] != desired or counts[-1][2] != ready or now_ms % 60_000 == 0:
                counts.append((now_ms, staying, ready, self._waiting))
        spent = self._spent_ms + sum(now_ms - worker.ordered_ms for worker in self._workers.values())
        return Course(self._scaler.name, self._waits_ms, spent, self._starts, self._stops, counts)

    def _until(self, end_ms: int) -> None:
        jobs, ends, readies = self._jobs, self._ends, self._readies
        while True:
            at_ms = float(jobs[self._next].at_ms) if self._next < len(jobs) else float("inf")
            end = ends[0][0] if ends else float("inf")
            ready = readies[0][0] if readies else float("inf")
            first = min(at_ms, end, ready)
            if first > end_ms:
                self._now_ms = end_ms
                return
            self._now_ms = first
            if first == end:
                _, worker, job = heappop(ends)
                self._end(worker, job)
            elif first == ready:
                self._join(heappop(readies)[1])
            else:
                self._come(self._next)
                self._next += 1

    def _come(self, job: int) -> None:
        self._happened.came.append(job)
        self._lines[self._jobs[job].priority].append(job)
        self._waiting += 1
        self._dispatch()

    def _end(self, worker: int, job: int) -> None:
        self._happened.ended.append((job, worker))
        self._running -= 1
        found = self._workers[worker]
        found.busy -= 1
        if found.going:
            if not found.busy:
                self._leave(found)
            return
        self._free.append(worker)
        if self._waiting:
            self._dispatch()

    def _dispatch(self) -> None:
        while self._waiting and self._free:
            worker = self._workers.get(self._free.popleft())
            if worker is None or worker.going:
                continue
            line = next(line for line in self._lines.values() if line)
            job = line.popleft()
            self._waiting -= 1
            self._running += 1
            worker.busy += 1
            self._waits_ms[job] = self._now_ms - self._jobs[job].at_ms
            self._happened.started.append((job, worker.id))
            heappush(self._ends, (self._now_ms + self._jobs[job].run_ms, worker.id, job))

    def _order(self) -> int:
        self._ids += 1
        self._starts += 1
        self._workers[self._ids] = Worker(self._ids, self._now_ms)
        return self._ids

    def _join(self, id: int) -> None:
        worker = self._workers.get(id)
        if worker is None or worker.going:
            return
        worker.ready = True
        self._happened.joined.append(id)
        self._free.extend([id] * self._plant.slots)
        self._dispatch()

    def _leave(self, worker: Worker) -> None:
        del self._workers[worker.id]
        self._spent_ms += self._now_ms - worker.ordered_ms
        if worker.ready:
            self._happened.left.append(worker.id)

    def _scale(self, desired: int) -> int:
        """Start what is missing; stop what is too many, those first that run least."""
        staying = [worker for worker in self._workers.values() if not worker.going]
        for _ in range(desired - len(staying)):
            delay_ms = self._plant.start_up_ms * self._chance.uniform(1 - _JITTER, 1 + _JITTER)
            heappush(self._readies, (self._now_ms + delay_ms, self._order()))
        surplus = sorted(staying, key=lambda worker: (worker.ready, worker.busy))[: max(0, len(staying) - desired)]
        for worker in surplus:
            self._stops += 1
            worker.going = True
            if not worker.busy:
                self._leave(worker)
        return desired
