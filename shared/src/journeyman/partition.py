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

from journeyman import events as e
from journeyman import jobs
from journeyman.breakers import Breakers
from journeyman.casualties import Casualties
from journeyman.jobs import Job, Plan, Ready
from journeyman.plans import Plans
from journeyman.redrives import Redrives
from journeyman.snapshot import Snapshot, Worker, snapshot_of
from journeyman.watchers import Watchers

PRIORITY_MAX = 20


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
        #: Children in other partitions that wait for jobs of this one.
        self.watchers = Watchers()
        #: Redrives that may stop.
        self.redrives = Redrives()
        #: How workers died, and what is held against jobs that ran in them.
        self.casualties = Casualties()
        #: Which types of jobs are shut, and how their attempts went of late.
        self.breakers = Breakers()
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
        self._plans = Plans()

    # --- folding ---------------------------------------------------------------------------------------
    #
    # A job that goes the usual way (submitted and released at once, started, succeeded) meets `_submitted`,
    # `_started` and `_succeeded`. These are most of what a scheduler does, so they touch only what such a job can
    # touch; every other event goes through the table of `jobs.py` and `_put`.

    def apply(self, entry: e.Entry) -> None:
        """Fold one entry. Entries at or before `offset` have been folded and are skipped."""
        if entry.offset <= self.offset:
            return
        at_ms = self._at_ms = entry.offset.ms
        if at_ms >= self.breakers.turn_ms:
            self.breakers.turn(at_ms)
        handlers = self._HANDLERS
        for event in entry.events:
            if event is not None:
                handlers[type(event)](self, event, at_ms)
        self.offset = entry.offset
        for offset, reason in entry.undecodable:
            self.undecodable[offset] = reason

    def _submitted(self, event: e.JobSubmitted, at_ms: int) -> None:
        job_id = event.job_id
        if job_id in self.jobs:
            return
        plan = self._plans.of(event)
        if event.depends_on:
            self._put(job_id, self._blocked(event, plan))
        elif event.released:
            self.jobs[job_id] = Ready(plan, 1, 0, 0, 0, event.priority, 0, at_ms)
            if event.priority < PRIORITY_MAX:
                self._stand(job_id, plan.queue, event.priority)
        else:
            self._put(job_id, jobs.Scheduled(plan, 1, 0, 0, 0, event.due_ms))

    def _blocked(self, event: e.JobSubmitted, plan: Plan) -> jobs.Blocked:
        job_id = event.job_id
        parents = frozenset(event.depends_on)
        untold = frozenset(parent for parent in parents if jobs.is_elsewhere(parent, job_id))
        here = frozenset(parent for parent in parents - untold if parent in self.jobs)
        for parent in here:
            self._children.setdefault(parent, []).append(job_id)
        return jobs.Blocked(plan, 1, 0, 0, 0, event.due_ms, here | untold, parents - here - untold, None, untold)

    def _redriven(self, event: e.JobRedriven, at_ms: int) -> None:
        if event.job_id in self.jobs:
            return
        plan = self._plans.shared(
            Plan(event.type, event.queue, event.priority, event.max_attempts, event.backoff, False)
        )
        self.redrives.came(event, at_ms)
        self._put(
            event.job_id,
            jobs.Scheduled(plan, event.generation, event.attempt, 0, 0, event.due_ms),
        )

    def _released(self, event: e.JobReleased, at_ms: int) -> None:
        job = self.jobs.get(event.job_id)
        # Behind a submission that says so itself this is no news.
        if type(job) is not Ready or event.moves > job.moves:
            self._job_event(event, at_ms)

    def _started(self, event: e.JobStarted, at_ms: int) -> None:
        job_id, worker = event.job_id, event.worker
        before = self.jobs.get(job_id)
        if type(before) is not Ready or worker not in self.workers:
            self._job_event(event, at_ms)
            if before is not None and self.breakers.probing and self.jobs.get(job_id) is not before:
                self.breakers.started(before.plan.type, job_id)
            return
        after = jobs.started(before, event, at_ms)
        if after is not before:
            self.jobs[job_id] = after
            held = self._held.get(worker)
            if held is None:
                held = self._held[worker] = set()
            held.add(job_id)
            if self.redrives.of:
                self.redrives.started(job_id)
            if self.breakers.probing:
                self.breakers.started(before.plan.type, job_id)
            if self.agenda:
                self.agenda.pop(job_id, None)

    def _succeeded(self, event: e.JobSucceeded, at_ms: int) -> None:
        before = self.jobs.get(event.job_id)
        if before is not None and jobs.succeeded(before, event, at_ms) is None:
            self.breakers.succeeded[before.plan.type] += 1
            if self.breakers.probing:
                self.breakers.probe_over(before.plan.type, event.job_id, succeeded=True)
            self._end(event.job_id, before, "completed")

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

    def _watched(self, event: e.DependencyWatched, _at_ms: int) -> None:
        self.watchers.add(event.job_id, event.child, known=event.job_id in self.jobs)

    def _resolved(self, event: e.DependencyResolved, _at_ms: int) -> None:
        """Drop a parent here, or a watcher: the event stands in both logs, and only one of the two is known in each."""
        self.watchers.answered(event.parent, event.job_id)
        self._meet(event.job_id, event.parent, event.status)

    def _worker_joined(self, event: e.WorkerJoined, _at_ms: int) -> None:
        self.workers[event.worker] = Worker(event.queues, event.types, event.slots)

    def _worker_gone(self, event: e.WorkerLeft | e.WorkerLost, _at_ms: int) -> None:
        self.workers.pop(event.worker, None)
        held = self._held.get(event.worker)
        if held:
            self.gone[event.worker] = event.reason if isinstance(event, e.WorkerLost) else "left"
            if isinstance(event, e.WorkerLost):
                self.casualties.died(event)
            for job_id in sorted(held):
                self.agenda[job_id] = None
        elif held is not None:
            del self._held[event.worker]

    def _attempt_over(self, event: e.JobFailed | e.JobReturned | e.JobLost, at_ms: int) -> None:
        before = self.jobs.get(event.job_id)
        self._job_event(event, at_ms)
        if before is not None and self.jobs.get(event.job_id) is not before:
            counts = isinstance(event, e.JobFailed) and event.retryable and isinstance(before, jobs.Running)
            self.breakers.over(before.plan.type, event.job_id, failed=counts)

    def _lost(self, event: e.JobLost, at_ms: int) -> None:
        self._attempt_over(event, at_ms)
        if event.job_id in self.suspects:
            self.casualties.charge(event)

    def _queue_paused(self, event: e.QueuePaused, _at_ms: int) -> None:
        self.paused.add(event.queue)

    def _queue_resumed(self, event: e.QueueResumed, _at_ms: int) -> None:
        self.paused.discard(event.queue)

    def _breaker_event(self, event: e.BreakerEvent, at_ms: int) -> None:
        self.breakers.apply(event, at_ms)

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
            e.JobReleased: _released,
            e.JobStarted: _started,
            e.JobSucceeded: _succeeded,
            e.JobFailed: _attempt_over,
            e.JobReturned: _attempt_over,
            e.JobLost: _lost,
            e.JobRedriven: _redriven,
            e.JobProgressed: _nothing,
            e.WorkerJoined: _worker_joined,
            e.WorkerLeft: _worker_gone,
            e.WorkerLost: _worker_gone,
            e.QueuePaused: _queue_paused,
            e.QueueResumed: _queue_resumed,
            e.BreakerOpened: _breaker_event,
            e.BreakerHalfOpened: _breaker_event,
            e.BreakerClosed: _breaker_event,
            e.SchedulerElected: _elected,
            e.LogQuarantined: _quarantined,
            e.DependencyWatched: _watched,
            e.DependencyResolved: _resolved,
        }
    )

    # --- keeping the indices ---------------------------------------------------------------------------

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
                self.redrives.started(job_id)
                interrupted_late = isinstance(job, jobs.Cancelling) and isinstance(before, jobs.Withdrawn)
                self.note(job_id, interrupted_late or job.worker not in self.workers)
            case jobs.Scheduled() | jobs.Retrying():
                due = job.due_ms <= self._at_ms
                self.note(job_id, due or self.redrives.stopped(job_id) is not None)
                if not due:
                    heapq.heappush(self.timers, (job.due_ms, job_id))
            case Ready():
                self.note(job_id, job.placed != job.plan.priority or self.redrives.stopped(job_id) is not None)
                if job.placed < PRIORITY_MAX:
                    self._stand(job_id, job.plan.queue, job.placed)
            case jobs.Blocked():
                self.note(job_id, bool(job.broken or job.unsure or job.untold or not job.unmet))
            case jobs.Failed() | jobs.Orphaned() | jobs.Withdrawn():
                self.note(job_id, True)

    def _stand(self, job_id: str, queue: str, priority: int) -> None:
        line = self.lines.get((queue, priority))
        if line is None:
            line = self.lines[queue, priority] = deque()
        line.append(job_id)

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
        if self.agenda:
            self.agenda.pop(job_id, None)
        if before.losses:
            self._clear_of_suspicion(job_id)
        if type(before) is jobs.Running or type(before) is jobs.Cancelling:
            self._let_go(before.worker, job_id)
            if self.breakers.probing:
                self.breakers.probe_over(before.plan.type, job_id)
        if self._children:
            for child_id in self._children.pop(job_id, ()):
                self._meet(child_id, job_id, status)
        if self.watchers.of:
            self.watchers.ended(job_id, status)
        if self.redrives.of:
            self.agenda.update(dict.fromkeys(self.redrives.ended(job_id, status)))

    def _meet(self, child_id: str, parent: str, status: str) -> None:
        """Let a child that waits for this parent know how it ended."""
        child = self.jobs.get(child_id)
        if isinstance(child, jobs.Blocked) and parent in child.unmet:
            self._put(child_id, jobs.met(child, parent, status), child)

    def _clear_of_suspicion(self, job_id: str) -> None:
        if job_id in self.suspects:
            del self.suspects[job_id]
            self.casualties.against.pop(job_id, None)
            for suspect in self.suspects:
                self.note(suspect, isinstance(self.jobs[suspect], jobs.Orphaned) or suspect in self.agenda)

    def _let_go(self, worker: str, job_id: str) -> None:
        held = self._held.get(worker)
        if held is not None:
            held.discard(job_id)
            if not held:
                self.gone.pop(worker, None)
                self.casualties.deaths.pop(worker, None)
                if worker not in self.workers:
                    del self._held[worker]

    # --- snapshots -------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Return the whole state. Its structs are immutable, so it may be encoded while the fold goes on."""
        return snapshot_of(self)

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
        self.watchers = Watchers.restore(snapshot.watchers)
        self.redrives = Redrives(snapshot.redrives)
        self.casualties = Casualties(snapshot.deaths, snapshot.against)
        self.breakers = Breakers.restore(snapshot.breakers, self.offset.ms)
        self.jobs = {job_id: self._plans.with_shared(job) for job_id, job in snapshot.jobs.items()}
        # By age, as `lines` are.
        for job_id in sorted(self.jobs, key=lambda one: getattr(self.jobs[one], "since_ms", 0)):
            job = self.jobs[job_id]
            if isinstance(job, jobs.Blocked):
                for parent in job.unmet & self.jobs.keys():
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
