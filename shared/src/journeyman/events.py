"""Every fact the log can hold.

An event is an immutable array whose first element is its tag. Fields are only ever added at the end, with
a default that means "as it was before"; older readers ignore what they do not know. When the *meaning* of
an event changes it gets a new tag (`job.submitted.2`) and the old one an upcaster (`codec.py`).

Two things are not in an event because its place in the log says them: its offset and its time (`at_ms`,
the server's clock, in milliseconds since 1970). A reader gets all three together as a :class:`Record`.

Payloads and results are JSON text that nobody between submitter and worker parses.
"""

from __future__ import annotations

import re
from typing import TypeAlias, Union, get_args

from journeyman.breaker_events import BreakerClosed as BreakerClosed
from journeyman.breaker_events import BreakerHalfOpened as BreakerHalfOpened
from journeyman.breaker_events import BreakerOpened as BreakerOpened
from journeyman.entries import BEGINNING as BEGINNING
from journeyman.entries import Entry as Entry
from journeyman.entries import Offset as Offset
from journeyman.entries import Record as Record
from journeyman.entries import Undecodable as Undecodable
from journeyman.entries import read_offset as read_offset
from journeyman.entries import read_position as read_position
from journeyman.entries import write_offset as write_offset
from journeyman.entries import write_position as write_position
from journeyman.values import Backoff as Backoff
from journeyman.values import Blob as Blob
from journeyman.values import Error as Error
from journeyman.values import Evidence as Evidence
from journeyman.values import Fact as _Event

# --- a job -----------------------------------------------------------------------------------------------


class JobSubmitted(_Event, frozen=True, tag="job.submitted.2"):
    """A client asked for a job, and it was accepted as durably as promised.

    `released`: it waits for nothing and was released in the same step, for attempt 1, at its priority. In the log such
    an event stands for two; whoever reads a commit (`codec.py`) sees the `job.released` behind it. Fields that are
    mostly left at their default come last: what is default at the end is not written.
    """

    job_id: str
    type: str
    queue: str = "default"
    priority: int = 10
    payload: str = "{}"
    released: bool = False
    tags: dict[str, str] = {}
    depends_on: tuple[str, ...] = ()
    due_ms: int = 0
    max_attempts: int = 3
    timeout_ms: int = 600_000
    backoff: Backoff = Backoff()
    on_dependency_failure: str = "cancel"
    payload_blob: Blob | None = None
    idempotency: str = ""
    traceparent: str = ""


class JobBlocked(_Event, frozen=True, tag="job.blocked"):
    """All parents of the job are known; it waits for those that have not ended yet (`on`)."""

    job_id: str
    on: tuple[str, ...] = ()


class JobReleased(_Event, frozen=True, tag="job.released"):
    """The job may run: it stands in its queue's line of `priority`, for attempt `attempt`.

    `moves` counts how often it has changed lines since it first stood there for this attempt. `generation`: 1, and one
    more for each time that it was redriven.
    """

    job_id: str
    attempt: int
    priority: int
    moves: int = 0
    generation: int = 1


class JobStarted(_Event, frozen=True, tag="job.started"):
    """A worker claimed the job; from here to the outcome this attempt alone has authority over it."""

    job_id: str
    attempt: int
    worker: str


class JobProgressed(_Event, frozen=True, tag="job.progressed"):
    """The running attempt says how far it is, from 0 to 100 percent."""

    job_id: str
    attempt: int
    worker: str
    percent: float
    message: str = ""


class JobSucceeded(_Event, frozen=True, tag="job.succeeded"):
    """The attempt returned. `result` is JSON text; `run_us` is the time in user code, in microseconds."""

    job_id: str
    attempt: int
    worker: str
    result: str = "null"
    run_us: int = 0
    result_blob: Blob | None = None


class JobFailed(_Event, frozen=True, tag="job.failed"):
    """The attempt raised, timed out or returned what cannot be stored. What follows is the scheduler's to say."""

    job_id: str
    attempt: int
    worker: str
    error: Error
    run_us: int = 0
    retryable: bool = True
    retry_after_ms: int | None = None


class JobReturned(_Event, frozen=True, tag="job.returned"):
    """The worker gave the attempt back without an outcome; `reason` says why.

    `drained`, `interrupted`, or `unstarted`: no thread took the job in time. The attempt does not count: the next start
    has the same number. `back` says that the job stands at the head of its line again; otherwise the scheduler releases
    it anew.
    """

    job_id: str
    attempt: int
    worker: str
    reason: str = "drained"
    back: bool = False


class JobLost(_Event, frozen=True, tag="job.lost"):
    """The worker that held the attempt is gone. Whatever it may still report is refused.

    `running`: whether the attempt was under way, as far as anybody knows. One that had not begun is not to blame, and
    the loss is not charged to its job.
    """

    job_id: str
    attempt: int
    worker: str
    reason: str = ""
    running: bool = True
    evidence: Evidence | None = None


class JobRetryScheduled(_Event, frozen=True, tag="job.retry_scheduled"):
    """Attempt `attempt` will be released at `due_ms`, `delay_ms` after this decision."""

    job_id: str
    attempt: int
    due_ms: int
    delay_ms: int


class JobDeadLettered(_Event, frozen=True, tag="job.dead_lettered"):
    """The job failed for good and waits for a person.

    `reason`: attempts_exhausted, permanent, poison; redrive_stopped: it was being redriven, and others of the same
    redrive failed again before its turn came. `evidence`: of poison, how the last worker that ran it died.
    """

    job_id: str
    attempt: int
    reason: str
    error: Error
    evidence: Evidence | None = None


class JobCancelRequested(_Event, frozen=True, tag="job.cancel_requested"):
    """Somebody wants the job not to run, or not to go on."""

    job_id: str


class JobCancelled(_Event, frozen=True, tag="job.cancelled"):
    """The job ended without completing or failing. `reason`: requested, dependency, unknown_dependency."""

    job_id: str
    reason: str = "requested"
    error: Error | None = None


class JobReprioritised(_Event, frozen=True, tag="job.reprioritised"):
    """The waiting job has a new priority."""

    job_id: str
    priority: int


class JobRedriven(_Event, frozen=True, tag="job.redriven"):
    """A failed or cancelled job lives again, as its next generation, with a fresh allowance of attempts.

    Attempt numbers go on from `attempt`, the last one used, so that no two attempts share a number. `redrive` names the
    request, if it was one for many. When `stop_on_failures` of its jobs (0: never) have failed for good again, those
    that have not started yet become dead letters again, with the error they had: type and fingerprint of `error`.
    """

    job_id: str
    generation: int
    attempt: int
    type: str
    queue: str
    priority: int
    max_attempts: int
    backoff: Backoff = Backoff()
    timeout_ms: int = 600_000
    due_ms: int = 0
    redrive: str = ""
    stop_on_failures: int = 0
    error: Error | None = None


# --- queues, workers, fleet, scheduler, log; breakers have a file of their own ----------------------------


class QueuePaused(_Event, frozen=True, tag="queue.paused"):
    """No job of the queue is claimed until it is resumed. Running jobs go on."""

    queue: str


class QueueResumed(_Event, frozen=True, tag="queue.resumed"):
    """Jobs of the queue may be claimed again."""

    queue: str


class WorkerJoined(_Event, frozen=True, tag="worker.joined"):
    """A worker process is ready to claim: which queues it serves, which types it knows, with how many slots.

    described: what its types take, as JSON text (`type_descriptions.py`); told in the first partition's log alone.
    instance: the EC2 instance it runs on, where it was told to ask for that.
    """

    worker: str
    host: str
    pid: int
    version: str
    queues: tuple[str, ...]
    types: tuple[str, ...]
    slots: int
    described: str = ""
    instance: str = ""


class WorkerDraining(_Event, frozen=True, tag="worker.draining"):
    """The worker claims nothing more and ends when what it runs has ended. `by`: signal, request, autoscaler."""

    worker: str
    by: str = "signal"


class WorkerLeft(_Event, frozen=True, tag="worker.left"):
    """The worker ended in good order and holds nothing."""

    worker: str


class WorkerLost(_Event, frozen=True, tag="worker.lost"):
    """The worker stopped beating, or its process was seen to die. Its attempts are lost with it.

    `running`: the jobs of this partition that it was running at that moment, where that is known (else None).
    """

    worker: str
    reason: str = "no heartbeat"
    evidence: Evidence | None = None
    running: tuple[str, ...] | None = None


class FleetScaled(_Event, frozen=True, tag="fleet.scaled"):
    """The autoscaler decided on a number of workers, and why."""

    provider: str
    desired: int
    previous: int
    reason: str
    backlog: int = 0
    arrival_per_s: float = 0.0
    service_ms: float = 0.0


class SchedulerElected(_Event, frozen=True, tag="scheduler.elected"):
    """A scheduler became the one that decides. Epochs rise and never repeat."""

    epoch: int
    scheduler: str


class LogTrimmed(_Event, frozen=True, tag="log.trimmed"):
    """Entries before `before` (an entry id) left the log; every registered reader had read them.

    segment: where there is an archive, it holds them in its segments up to this one; 0 where there is none.
    expired: readers that had not been heard of for so long that the log was not kept for them any more.
    """

    before: str
    entries: int = 0
    segment: int = 0
    expired: tuple[str, ...] = ()


class LogQuarantined(_Event, frozen=True, tag="log.quarantined"):
    """What stands at `offset` was not understood by `reader` and was stepped over."""

    offset: str
    reason: str
    reader: str = "scheduler"


# --- dependencies between partitions ---------------------------------------------------------------------


class DependencyWatched(_Event, frozen=True, tag="dependency.watched"):
    """A job of another partition (`child`) waits for this one, and is to be told how it ends."""

    job_id: str
    child: str


class DependencyResolved(_Event, frozen=True, tag="dependency.resolved"):
    """A parent of the job, in another partition, has ended; stands in the child's log and in the parent's.

    `status`: completed, failed, cancelled; reopened (had ended badly, and is being tried again); unknown.
    """

    job_id: str
    parent: str
    status: str


JobEvent: TypeAlias = Union[
    JobSubmitted,
    JobBlocked,
    JobReleased,
    JobStarted,
    JobProgressed,
    JobSucceeded,
    JobFailed,
    JobReturned,
    JobLost,
    JobRetryScheduled,
    JobDeadLettered,
    JobCancelRequested,
    JobCancelled,
    JobReprioritised,
    JobRedriven,
]
WorkerEvent: TypeAlias = Union[WorkerJoined, WorkerDraining, WorkerLeft, WorkerLost]
SystemEvent: TypeAlias = Union[QueuePaused, QueueResumed, FleetScaled, SchedulerElected, LogTrimmed, LogQuarantined]
BreakerEvent: TypeAlias = Union[BreakerOpened, BreakerHalfOpened, BreakerClosed]
DependencyEvent: TypeAlias = Union[DependencyWatched, DependencyResolved]
Event: TypeAlias = Union[JobEvent, WorkerEvent, SystemEvent, DependencyEvent, BreakerEvent]

EVENT_TYPES: tuple[type[Event], ...] = get_args(Event)


_VERSION = re.compile(r"\.\d+\Z")


def _name(kind: type[Event]) -> str:
    tag = kind.__struct_config__.tag
    assert isinstance(tag, str)
    return _VERSION.sub("", tag)


_NAMES: dict[type[Event], str] = {kind: _name(kind) for kind in EVENT_TYPES}


def tag_of(event: Event | type[Event]) -> str:
    """Return the dotted name of an event, as users see it and without the version of its shape: `job.submitted`."""
    return _NAMES[event if isinstance(event, type) else type(event)]
