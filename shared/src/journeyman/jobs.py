"""The life of one job: its states, and the table of which event leads from which state to which.

    blocked ──▶ scheduled ──▶ ready ──▶ running ──▶ (completed)
       │            │           │ ▲       │  │
       │            │           │ └───────┘  ├──▶ failed ──▶ retrying ──▶ ready
       │            │           │  returned  │      └─────▶ (dead)
       ▼            ▼           ▼            ├──▶ orphaned ─▶ ready | (dead)
       └────────▶ withdrawn ◀───┘            └──▶ cancelling ─▶ withdrawn ─▶ (cancelled)

A state says only what the log has said; nothing here decides, and no event can make it fail: an event that
does not fit the state leaves it as it is. A job that has ended has no state (None): the log remembers it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, Union

import msgspec

from journeyman import events as e


class Plan(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What was asked for a job and matters to scheduling. Jobs that ask for the same share one."""

    type: str
    queue: str
    priority: int
    max_attempts: int
    backoff: e.Backoff
    run_anyway: bool


class _State(msgspec.Struct, frozen=True, gc=False, array_like=True, tag_field="state"):
    """What all states share.

    attempt: the number of the last attempt that counts, 0 before the first.
    failures, losses: of this generation.
    """

    plan: Plan
    generation: int
    attempt: int
    failures: int
    losses: int


class Blocked(_State, frozen=True, tag="blocked"):
    """Waits for its parents: `unmet` have not ended, `unsure` are not known to the state.

    broken: a parent that ended badly and how, where that ends this job too. untold: those of `unmet` that live in other
    partitions, until the log says that these know of this job.
    """

    due_ms: int
    unmet: frozenset[str]
    unsure: frozenset[str]
    broken: tuple[str, str] | None = None
    untold: frozenset[str] = frozenset()


class Scheduled(_State, frozen=True, tag="scheduled"):
    """Waits for its time; due at once if `due_ms` has passed. `moves`: the number its next place in a line has."""

    due_ms: int
    moves: int = 0


class Ready(_State, frozen=True, tag="ready"):
    """Stands in the line of priority `placed` since `since_ms`, for attempt `attempt + 1`."""

    placed: int
    moves: int
    since_ms: int


class Running(_State, frozen=True, tag="running"):
    """A worker holds attempt `attempt`, taken from the line of priority `placed`."""

    worker: str
    placed: int
    moves: int


class Cancelling(_State, frozen=True, tag="cancelling"):
    """A worker holds attempt `attempt` and has been told to stop."""

    worker: str
    placed: int
    moves: int


class Failed(_State, frozen=True, tag="failed"):
    """Attempt `attempt` failed; the verdict (retry or dead letter) is due."""

    error: e.Error
    retryable: bool
    retry_after_ms: int | None


class Orphaned(_State, frozen=True, tag="orphaned"):
    """The worker of attempt `attempt` was lost; the verdict (again or dead letter) is due."""

    reason: str


class Retrying(_State, frozen=True, tag="retrying"):
    """Waits for `due_ms` to be tried again."""

    due_ms: int


class Withdrawn(_State, frozen=True, tag="withdrawn"):
    """Somebody asked to cancel it and no worker holds it.

    If `in_line`, it still stands there (`placed`, `moves`); else `moves` is the number its next place would have.
    """

    in_line: bool
    placed: int = 0
    moves: int = 0


Job: TypeAlias = Union[Blocked, Scheduled, Ready, Running, Cancelling, Failed, Orphaned, Retrying, Withdrawn]

#: How each state is called for users: status and phase.
PHASES: dict[type[Job], tuple[str, str]] = {
    Blocked: ("pending", "blocked"),
    Scheduled: ("pending", "scheduled"),
    Ready: ("pending", "ready"),
    Running: ("processing", "running"),
    Cancelling: ("processing", "cancelling"),
    Failed: ("pending", "retrying"),
    Orphaned: ("pending", "retrying"),
    Retrying: ("pending", "retrying"),
    Withdrawn: ("pending", "ready"),
}


# --- transitions: one function per event, in the order of a life -----------------------------------------


def _blocked(job: Job, _event: e.JobBlocked, _at_ms: int) -> Job:
    if not isinstance(job, Blocked):
        return job
    if job.unmet or job.broken:
        return Blocked(*_head(job), job.due_ms, job.unmet, frozenset(), job.broken)
    return Scheduled(*_head(job), job.due_ms)


def _released(job: Job, event: e.JobReleased, at_ms: int) -> Job:
    if (event.attempt, event.moves) != (job.attempt + 1, _next_move(job)):
        return job
    match job:
        case Ready():
            return Ready(*_head(job), event.priority, event.moves, job.since_ms)
        case Blocked() | Scheduled() | Retrying() | Orphaned():
            return Ready(*_head(job), event.priority, event.moves, at_ms)
        case Withdrawn():
            return Withdrawn(*_head(job), True, event.priority, event.moves)
        case _:
            return job


def is_elsewhere(job_id: str, other: str) -> bool:
    """Tell whether two jobs live in different partitions. Safe for any text: what is no id is no error here."""
    return job_id[-2:] != other[-2:]


def met(child: Blocked, parent: str, status: str) -> Blocked:
    """Return the child after one of its parents ended.

    status: completed, failed, cancelled; of parents in other partitions also reopened and unknown.
    """
    broken = child.broken
    if broken is None and (status == "unknown" or not (status == "completed" or child.plan.run_anyway)):
        broken = (parent, status)
    parents = frozenset((parent,))
    return Blocked(*_head(child), child.due_ms, child.unmet - parents, child.unsure, broken, child.untold - parents)


def _next_move(job: Job) -> int:
    """Return the number that the next place in a line has, for the attempt the job waits for."""
    match job:
        case Ready():
            return job.moves + 1
        case Scheduled():
            return job.moves
        case Withdrawn():
            return job.moves + 1 if job.in_line else job.moves
        case _:
            return 0


def started(job: Job, event: e.JobStarted, _at_ms: int) -> Job:
    """Return what `job.started` makes of a job."""
    attempt = event.attempt
    if attempt != job.attempt + 1:
        return job
    if type(job) is Ready:
        return Running(job.plan, job.generation, attempt, job.failures, job.losses, event.worker, job.placed, job.moves)
    if type(job) is Withdrawn:
        return Cancelling(
            job.plan, job.generation, attempt, job.failures, job.losses, event.worker, job.placed, job.moves
        )
    return job


def succeeded(job: Job, event: e.JobSucceeded, _at_ms: int) -> Job | None:
    """Return what `job.succeeded` makes of a job."""
    return None if _holds(job, event) else job


def _failed(job: Job, event: e.JobFailed, _at_ms: int) -> Job:
    if not _holds(job, event):
        return job
    head = (job.plan, job.generation, job.attempt, job.failures + 1, job.losses)
    if isinstance(job, Cancelling):
        return Withdrawn(*head, False)
    return Failed(*head, event.error, event.retryable, event.retry_after_ms)


def _returned(job: Job, event: e.JobReturned, at_ms: int) -> Job:
    if not _holds(job, event):
        return job
    assert isinstance(job, (Running, Cancelling))
    head = (job.plan, job.generation, job.attempt - 1, job.failures, job.losses)
    if isinstance(job, Cancelling):
        return Withdrawn(*head, event.back, job.placed, job.moves if event.back else job.moves + 1)
    if event.back:
        return Ready(*head, job.placed, job.moves, at_ms)
    return Scheduled(*head, 0, job.moves + 1)


def _lost(job: Job, event: e.JobLost, _at_ms: int) -> Job:
    if not _holds(job, event):
        return job
    head = (job.plan, job.generation, job.attempt, job.failures, job.losses + event.running)
    if isinstance(job, Cancelling):
        return Withdrawn(*head, False)
    return Orphaned(*head, event.reason)


def _retry_scheduled(job: Job, event: e.JobRetryScheduled, _at_ms: int) -> Job:
    if isinstance(job, Failed) and event.attempt == job.attempt + 1:
        return Retrying(*_head(job), event.due_ms)
    return job


def _cancel_requested(job: Job, _event: e.JobCancelRequested, _at_ms: int) -> Job:
    match job:
        case Running():
            return Cancelling(*_head(job), job.worker, job.placed, job.moves)
        case Ready():
            return Withdrawn(*_head(job), True, job.placed, job.moves)
        case Scheduled():
            return Withdrawn(*_head(job), False, 0, job.moves)
        case Blocked() | Retrying() | Failed() | Orphaned():
            return Withdrawn(*_head(job), False)
        case _:
            return job


def _reprioritised(job: Job, event: e.JobReprioritised, _at_ms: int) -> Job:
    plan = job.plan
    plan = Plan(plan.type, plan.queue, event.priority, plan.max_attempts, plan.backoff, plan.run_anyway)
    return msgspec.structs.replace(job, plan=plan)


def _ended(_job: Job, _event: e.JobDeadLettered | e.JobCancelled, _at_ms: int) -> None:
    return None


def _unchanged(job: Job, _event: e.JobProgressed, _at_ms: int) -> Job:
    return job


#: The table: what each event makes of a job that has not ended.
TRANSITIONS: dict[type[e.Event], Callable[[Any, Any, int], Job | None]] = {
    e.JobBlocked: _blocked,
    e.JobReleased: _released,
    e.JobStarted: started,
    e.JobProgressed: _unchanged,
    e.JobSucceeded: succeeded,
    e.JobFailed: _failed,
    e.JobReturned: _returned,
    e.JobLost: _lost,
    e.JobRetryScheduled: _retry_scheduled,
    e.JobDeadLettered: _ended,
    e.JobCancelRequested: _cancel_requested,
    e.JobCancelled: _ended,
    e.JobReprioritised: _reprioritised,
}


def evolve(job: Job, event: e.JobEvent, at_ms: int) -> Job | None:
    """Return what the event makes of the job; None where it has ended. Submissions and redrives: see `partition`."""
    return TRANSITIONS[type(event)](job, event, at_ms)


def _head(job: Job) -> tuple[Plan, int, int, int, int]:
    return job.plan, job.generation, job.attempt, job.failures, job.losses


def _holds(job: Job, event: e.JobSucceeded | e.JobFailed | e.JobReturned | e.JobLost) -> bool:
    """Tell whether the event speaks of the attempt that has authority over the job."""
    if type(job) is Running or type(job) is Cancelling:
        return job.attempt == event.attempt and job.worker == event.worker
    return False
