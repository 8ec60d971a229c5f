"""What the servers answer, typed: one struct per JSON object of the HTTP API.

Fields that a newer server adds are ignored; fields that an older one does not send have defaults.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

ENDED = ("completed", "failed", "cancelled")


class AcceptedView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a submit: the job is in the log, as durably as `durability` says."""

    id: str
    type: str = ""
    queue: str = "default"
    priority: int = 10
    status: str = "pending"
    submitted_at: datetime | None = None
    durability: str = ""


class ErrorView(msgspec.Struct, frozen=True, kw_only=True):
    """Why an attempt, or the job, failed. `fingerprint` is the same for errors of the same cause."""

    type: str
    message: str = ""
    traceback: str = ""
    fingerprint: str = ""


class ProgressView(msgspec.Struct, frozen=True, kw_only=True):
    """How far the running attempt says it is."""

    percent: float = 0.0
    message: str = ""


class AttemptView(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of the job. `outcome`: running, succeeded, failed, lost, returned, cancelled."""

    number: int
    worker: str = ""
    outcome: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error: ErrorView | None = None


class JobView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known about a job, at the time of the answer."""

    id: str
    type: str
    status: str
    phase: str
    queue: str = "default"
    priority: int = 10
    payload: Any = None
    result: Any = None
    error: ErrorView | None = None
    progress: ProgressView | None = None
    attempt: int = 0
    max_attempts: int = 0
    attempts: tuple[AttemptView, ...] = ()
    depends_on: tuple[str, ...] = ()
    dependents: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    submitted_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    trace_id: str | None = None
    generation: int = 1
    due_at: datetime | None = None
    reason: str = ""

    @property
    def ended(self) -> bool:
        """Whether the job is completed, failed or cancelled."""
        return self.status in ENDED

    @property
    def succeeded(self) -> bool:
        """Whether the job completed."""
        return self.status == "completed"


class JobPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some jobs of a listing, and where it goes on."""

    items: tuple[JobView, ...] = ()
    next_cursor: str | None = None
    total: int | None = None
    total_is_exact: bool = True


class ErrorGroupView(msgspec.Struct, frozen=True, kw_only=True):
    """Dead letters of the same cause."""

    fingerprint: str
    error_type: str = ""
    message: str = ""
    count: int = 0
    types: tuple[str, ...] = ()
    first_at: datetime | None = None
    last_at: datetime | None = None


class DeadLetterPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the jobs that failed for good, where the listing goes on, and the causes."""

    items: tuple[JobView, ...] = ()
    next_cursor: str | None = None
    total: int | None = None
    groups: tuple[ErrorGroupView, ...] = ()


class EventView(msgspec.Struct, frozen=True, kw_only=True):
    """One event of the log: its offset, its tag, its time, and its fields."""

    offset: str
    event: str
    at: datetime | None = None
    data: dict[str, Any] = {}


class HistoryView(msgspec.Struct, frozen=True, kw_only=True):
    """The events of one job, in log order. `truncated`: the earliest are left out."""

    items: tuple[EventView, ...] = ()
    truncated: bool = False


class ExplanationView(msgspec.Struct, frozen=True, kw_only=True):
    """Why the job is where it is: a reason code, the same in words, and what it waits for."""

    reason: str
    detail: str = ""
    blocked_by: tuple[str, ...] = ()
    position: int | None = None
    eta_ms: float | None = None


class QuantilesView(msgspec.Struct, frozen=True, kw_only=True):
    """A distribution of times, in milliseconds. Null where there was nothing to measure."""

    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


class StatsView(msgspec.Struct, frozen=True, kw_only=True):
    """The system at a glance. `offset` is how far the dashboard has read, `lag_ms` how far that is behind."""

    jobs: dict[str, int] = {}
    dead_letter: int = 0
    throughput_per_s: float = 0.0
    queue_latency_ms: QuantilesView = QuantilesView()
    run_time_ms: QuantilesView = QuantilesView()
    offset: str = ""
    lag_ms: float = 0.0


class QueueView(msgspec.Struct, frozen=True, kw_only=True):
    """A queue: what waits in it, whether it is paused, and how fast it moves."""

    name: str
    paused: bool = False
    depth: int = 0
    by_priority: dict[str, int] = {}
    processing: int = 0
    oldest_wait_ms: float | None = None
    rate_in_per_s: float = 0.0
    rate_out_per_s: float = 0.0
    eta_ms: float | None = None


class QueueList(msgspec.Struct, frozen=True, kw_only=True):
    """All queues."""

    items: tuple[QueueView, ...] = ()


class PartitionBreakerView(msgspec.Struct, frozen=True, kw_only=True):
    """A type's circuit breaker in one partition. `until`: when an open one is tried; null where a person closes it."""

    partition: int
    state: str
    reason: str = ""
    since: datetime | None = None
    until: datetime | None = None
    failures: int = 0
    calls: int = 0
    probes: int = 0


class BreakerView(msgspec.Struct, frozen=True, kw_only=True):
    """The circuit breaker of a type of job: the gravest of its states in all partitions, and each of them.

    `state`: open, half_open, closed. waiting: its jobs in line.
    """

    type: str
    state: str
    reason: str = ""
    since: datetime | None = None
    until: datetime | None = None
    failures: int = 0
    calls: int = 0
    waiting: int = 0
    partitions: tuple[PartitionBreakerView, ...] = ()


class BreakerList(msgspec.Struct, frozen=True, kw_only=True):
    """All circuit breakers that were ever opened."""

    items: tuple[BreakerView, ...] = ()


class RunningView(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that a worker runs at this moment."""

    job_id: str
    attempt: int = 1
    type: str = ""
    started_at: datetime | None = None
    progress: ProgressView | None = None


class WorkerView(msgspec.Struct, frozen=True, kw_only=True):
    """A worker process: what it serves, what it runs, how it is."""

    id: str
    host: str = ""
    pid: int = 0
    version: str = ""
    state: str = ""
    queues: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    slots: int = 0
    running: tuple[RunningView, ...] = ()
    rss_bytes: int | None = None
    cpu_percent: float | None = None
    last_heartbeat_at: datetime | None = None


class WorkerList(msgspec.Struct, frozen=True, kw_only=True):
    """All workers the dashboard knows."""

    items: tuple[WorkerView, ...] = ()


class ScalingView(msgspec.Struct, frozen=True, kw_only=True):
    """A decision of the autoscaler: how many workers instead of how many, and why."""

    offset: str = ""
    at: datetime | None = None
    provider: str = ""
    desired: int = 0
    previous: int = 0
    reason: str = ""
    backlog: int = 0
    arrival_per_s: float = 0.0
    service_ms: float = 0.0


class ScalingList(msgspec.Struct, frozen=True, kw_only=True):
    """Decisions of the autoscaler, the last first."""

    items: tuple[ScalingView, ...] = ()


class RedriveView(msgspec.Struct, frozen=True, kw_only=True):
    """How many dead letters were meant, how many of them live again, and the name of this redrive in their events."""

    matched: int = 0
    redriven: int = 0
    redrive_id: str = ""
