"""The state of a partition: a fold of its log, and nothing else.

:class:`Partition` holds one small struct per unfinished job, and indices that any reader could derive from
them. `apply` takes entries in log order; it never fails and never decides. What may have become decidable is
noted on the way (`agenda`, `timers`), so that `decide.py` looks at what changed and not at a million jobs;
`restore` notes everything that is not settled, so losing the notes loses nothing.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable
from typing import ClassVar

import msgspec

from journeyman import events as e
from journeyman import jobs
from journeyman.jobs import Job, Plan

PRIORITY_MAX = 20


class Worker(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A worker that has joined and neither left nor been lost."""

    queues: tuple[str, ...]
    types: tuple[str, ...]
    slots: int


class Snapshot(msgspec.Struct, frozen=True, array_like=True):
    """Everything a partition's state is, in a shape that can be stored. `offset`: the last entry folded."""

    version: int
    offset: tuple[int, int, int]
    epoch: int
    jobs: dict[str, Job]
    workers: dict[str, Worker]
    gone: dict[str, str]
    paused: frozenset[str]
    undecodable: dict[str, str] = {}


SNAPSHOT_VERSION = 1


class Partition:
    """The fold. Read its attributes freely; only `apply` and `note` change it."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.workers: dict[str, Worker] = {}
        #: Workers that are gone while jobs they held still wait for the consequence, and why they are gone.
        self.gone: dict[str, str] = {}
        self.paused: set[str] = set()
        self.epoch = 0
        self.offset = e.BEGINNING
        #: What the log held that this version does not understand, and why, until the log says that it was reported.
        self.undecodable: dict[e.Offset, str] = {}
        #: Jobs about which something may have to be decided. A dict, for its order.
        self.agenda: dict[str, None] = {}
        #: (time in ms, job id): when a job comes onto the agenda by itself.
        self.timers: list[tuple[int, str]] = []
        #: Per (queue, priority): who came to stand there, oldest first. May name jobs that have moved on.
        self.lines: dict[tuple[str, int], deque[str]] = {}
        #: Jobs that have lost a worker in this generation. A dict, for its order.
        self.suspects: dict[str, None] = {}
        self._at_ms = 0
        self._children: dict[str, list[str]] = {}
        self._held: dict[str, set[str]] = {}
        self._plans: dict[Plan, Plan] = {}

    # --- folding ---------------------------------------------------------------------------------------

    def apply(self, entry: e.Entry) -> None:
        """Fold one entry. Entries at or before `offset` have been folded and are skipped."""
        if entry.offset <= self.offset:
            return
        at_ms = self._at_ms = entry.offset.ms
        handlers = self._HANDLERS
        for event in entry.events:
            if event is not None:
                handlers[type(event)](self, event, at_ms)
        self.offset = entry.offset
        for offset, reason in entry.undecodable:
            self.undecodable[offset] = reason

    def _submitted(self, event: e.JobSubmitted, _at_ms: int) -> None:
        if event.job_id in self.jobs:
            return
        plan = self._plan(
            Plan(
                event.type,
                event.queue,
                event.priority,
                event.max_attempts,
                event.backoff,
                event.on_dependency_failure == "run",
            )
        )
        if not event.depends_on:
            self._put(event.job_id, jobs.Scheduled(plan, 1, 0, 0, 0, event.due_ms))
            return
        parents = frozenset(event.depends_on)
        unmet = frozenset(parent for parent in parents if parent in self.jobs)
        for parent in unmet:
            self._children.setdefault(parent, []).append(event.job_id)
        self._put(event.job_id, jobs.Blocked(plan, 1, 0, 0, 0, event.due_ms, unmet, parents - unmet))

    def _redriven(self, event: e.JobRedriven, _at_ms: int) -> None:
        if event.job_id in self.jobs:
            return
        plan = self._plan(Plan(event.type, event.queue, event.priority, event.max_attempts, event.backoff, False))
        self._put(
            event.job_id,
            jobs.Scheduled(plan, event.generation, event.attempt, 0, 0, event.due_ms),
        )

    def _job_event(self, event: e.JobEvent, at_ms: int) -> None:
        job_id = event.job_id
        before = self.jobs.get(job_id)
        if before is None:
            return
        after = jobs.TRANSITIONS[type(event)](before, event, at_ms)
        if after is before:
            return
        if after is None:
            self._end(job_id, before, _STATUS_OF_END[type(event)])
        else:
            self._put(job_id, after, before)

    def _worker_joined(self, event: e.WorkerJoined, _at_ms: int) -> None:
        self.workers[event.worker] = Worker(event.queues, event.types, event.slots)

    def _worker_gone(self, event: e.WorkerLeft | e.WorkerLost, _at_ms: int) -> None:
        self.workers.pop(event.worker, None)
        held = self._held.get(event.worker)
        if held:
            self.gone[event.worker] = event.reason if isinstance(event, e.WorkerLost) else "left"
            for job_id in sorted(held):
                self.agenda[job_id] = None

    def _queue_paused(self, event: e.QueuePaused, _at_ms: int) -> None:
        self.paused.add(event.queue)

    def _queue_resumed(self, event: e.QueueResumed, _at_ms: int) -> None:
        self.paused.discard(event.queue)

    def _elected(self, event: e.SchedulerElected, _at_ms: int) -> None:
        self.epoch = max(self.epoch, event.epoch)

    def _quarantined(self, event: e.LogQuarantined, _at_ms: int) -> None:
        if event.reader == "scheduler":
            self.undecodable.pop(_offset(event.offset), None)

    def _nothing(self, _event: e.Event, _at_ms: int) -> None:
        """Facts that do not bear on any decision."""

    _HANDLERS: ClassVar[dict[type[e.Event], Callable[..., None]]] = dict.fromkeys(e.EVENT_TYPES, _nothing)
    _HANDLERS.update(dict.fromkeys(jobs.TRANSITIONS, _job_event))
    _HANDLERS.update(
        {
            e.JobSubmitted: _submitted,
            e.JobRedriven: _redriven,
            e.JobProgressed: _nothing,
            e.WorkerJoined: _worker_joined,
            e.WorkerLeft: _worker_gone,
            e.WorkerLost: _worker_gone,
            e.QueuePaused: _queue_paused,
            e.QueueResumed: _queue_resumed,
            e.SchedulerElected: _elected,
            e.LogQuarantined: _quarantined,
        }
    )

    # --- keeping the indices ---------------------------------------------------------------------------

    def _plan(self, plan: Plan) -> Plan:
        """Return the one copy of a plan, so that a million like jobs share it."""
        if len(self._plans) > 10_000:
            self._plans.clear()
        return self._plans.setdefault(plan, plan)

    def _with_shared_plan(self, job: Job) -> Job:
        """Return the job with the one copy of its plan, in place of its own."""
        return msgspec.structs.replace(job, plan=self._plan(job.plan))

    def _put(self, job_id: str, after: Job, before: Job | None = None) -> None:
        """Store a job's new state and note what follows from it."""
        self.jobs[job_id] = after
        if isinstance(before, (jobs.Running, jobs.Cancelling)):
            self._let_go(before.worker, job_id)
        self._index(job_id, after, before)

    def _index(self, job_id: str, job: Job, before: Job | None) -> None:
        if job.losses:
            self.suspects[job_id] = None
        match job:
            case jobs.Running() | jobs.Cancelling():
                self._held.setdefault(job.worker, set()).add(job_id)
                interrupted_late = isinstance(job, jobs.Cancelling) and isinstance(before, jobs.Withdrawn)
                self.note(job_id, interrupted_late or job.worker not in self.workers)
            case jobs.Scheduled() | jobs.Retrying():
                due = job.due_ms <= self._at_ms
                self.note(job_id, due)
                if not due:
                    heapq.heappush(self.timers, (job.due_ms, job_id))
            case jobs.Ready():
                self.note(job_id, job.placed != job.plan.priority)
                if job.placed < PRIORITY_MAX:
                    self.lines.setdefault((job.plan.queue, job.placed), deque()).append(job_id)
            case jobs.Blocked():
                self.note(job_id, bool(job.broken or job.unsure or not job.unmet))
            case jobs.Failed() | jobs.Orphaned() | jobs.Withdrawn():
                self.note(job_id, True)

    def stands_since(self, job_id: str, queue: str, priority: int) -> int | None:
        """Return since when a job stands in the line of this queue and priority; None where it does not."""
        job = self.jobs.get(job_id)
        if isinstance(job, jobs.Ready) and job.placed == priority and job.plan.queue == queue:
            return job.since_ms
        return None

    def note(self, job_id: str, undecided: bool) -> None:
        """Put a job on the agenda, or take it off."""
        if undecided:
            self.agenda[job_id] = None
        else:
            self.agenda.pop(job_id, None)

    def _end(self, job_id: str, before: Job, status: str) -> None:
        del self.jobs[job_id]
        self.agenda.pop(job_id, None)
        if job_id in self.suspects:
            del self.suspects[job_id]
            for suspect in self.suspects:
                self.note(suspect, isinstance(self.jobs[suspect], jobs.Orphaned) or suspect in self.agenda)
        if isinstance(before, (jobs.Running, jobs.Cancelling)):
            self._let_go(before.worker, job_id)
        for child_id in self._children.pop(job_id, ()):
            child = self.jobs.get(child_id)
            if isinstance(child, jobs.Blocked) and job_id in child.unmet:
                self._put(child_id, _met(child, job_id, status), child)

    def _let_go(self, worker: str, job_id: str) -> None:
        held = self._held.get(worker)
        if held is not None:
            held.discard(job_id)
            if not held:
                del self._held[worker]
                self.gone.pop(worker, None)

    # --- snapshots -------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Return the whole state. Its structs are immutable, so it may be encoded while the fold goes on."""
        return Snapshot(
            SNAPSHOT_VERSION,
            self.offset,
            self.epoch,
            dict(self.jobs),
            dict(self.workers),
            dict(self.gone),
            frozenset(self.paused),
            {str(offset): reason for offset, reason in self.undecodable.items()},
        )

    @classmethod
    def restore(cls, snapshot: Snapshot) -> Partition:
        """Return the partition a snapshot was taken of, with every unsettled job on the agenda."""
        self = cls()
        self.offset = e.Offset(*snapshot.offset)
        self._at_ms = self.offset.ms
        self.epoch = snapshot.epoch
        self.workers = dict(snapshot.workers)
        self.gone = dict(snapshot.gone)
        self.paused = set(snapshot.paused)
        self.undecodable = {_offset(text): reason for text, reason in snapshot.undecodable.items()}
        self.jobs = {job_id: self._with_shared_plan(job) for job_id, job in snapshot.jobs.items()}
        # By age, as `lines` are.
        for job_id, job in sorted(self.jobs.items(), key=lambda item: getattr(item[1], "since_ms", 0)):
            if isinstance(job, jobs.Blocked):
                for parent in job.unmet:
                    self._children.setdefault(parent, []).append(job_id)
            self._index(job_id, job, None)
            if isinstance(job, jobs.Cancelling):
                self.note(job_id, True)
        return self


def _offset(text: str) -> e.Offset:
    """Read an offset that an event names; one that is none names nothing."""
    try:
        return e.Offset.parse(text)
    except ValueError:
        return e.BEGINNING


def _met(child: jobs.Blocked, parent: str, status: str) -> jobs.Blocked:
    """Return the child after one of its parents ended."""
    broken = child.broken
    if status != "completed" and not child.plan.run_anyway and broken is None:
        broken = (parent, status)
    return jobs.Blocked(
        child.plan,
        child.generation,
        child.attempt,
        child.failures,
        child.losses,
        child.due_ms,
        child.unmet - {parent},
        child.unsure,
        broken,
    )


_STATUS_OF_END: dict[type[e.Event], str] = {
    e.JobSucceeded: "completed",
    e.JobDeadLettered: "failed",
    e.JobCancelled: "cancelled",
}


def fold(entries: Iterable[e.Entry], partition: Partition | None = None) -> Partition:
    """Fold entries, in log order, onto a partition (an empty one by default), and return it."""
    state = Partition() if partition is None else partition
    for entry in entries:
        state.apply(entry)
    return state
