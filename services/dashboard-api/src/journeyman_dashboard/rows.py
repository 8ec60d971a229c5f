"""The rows that projecting changes, as mutable structs in the order of their columns. Pure.

`JobRow` is everything the read model says of a job except its payload, result, parents and earlier attempts; payload
and result are read from the events that brought them. Its latest attempt is part of it; only attempts that are not
the latest have rows of their own, so a job that succeeds at once costs one row.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from journeyman_dashboard.histogram import Histogram, merge

#: Phases a job is stored in, and the status that users see. `held` is not stored: it is `ready` in a paused queue, or
#: of a type whose circuit breaker is not closed.
STATUS_OF_PHASE = {
    "scheduled": "pending",
    "blocked": "pending",
    "held": "pending",
    "ready": "pending",
    "retrying": "pending",
    "running": "processing",
    "cancelling": "processing",
    "completed": "completed",
    "dead": "failed",
    "cancelled": "cancelled",
}
#: How attempts end that leave an error behind.
WITH_ERROR = frozenset({"failed", "lost"})
ENDED_PHASES = frozenset({"completed", "dead", "cancelled"})

#: Length of a bucket of the time series.
BUCKET_MS = 10_000
#: The log tells times in milliseconds, and so waits, which are the difference of two. Workers measure runs finer.
WAIT_GRAIN_US = 1_000


class JobRow(msgspec.Struct, gc=False):
    """One row of `jobs`: what never changes first (up to `submission`), then what does.

    n: number of the job in log order, so sorting by it sorts by submission. attempt: the last one started, 0
    before the first. placed, line: priority and place of the line it stands in; places at its head are
    negative. ready_at_ms: since when it stands there. The attempt's worker, outcome, started_at_ms,
    attempt_ended_at_ms and run_us are those of the latest attempt; outcome "" means there is none to tell of.
    former_workers: those that had attempts before, a line each. error: JSON text, or None. due_ms, finished_at_ms: 0
    for none. submission, success: places of the events with the payload and the result, 0 where there is none to
    read. places: where its events stand, the latest of them; see places.py.
    """

    n: int
    id: str
    type: str
    queue: str
    submitted_at_ms: int
    timeout_ms: int
    tags: str | None
    traceparent: str
    parents: int
    submission: int

    priority: int
    phase: str
    attempt: int = 0
    max_attempts: int = 3
    generation: int = 1
    due_ms: int = 0
    cancel_requested: int = 0
    placed: int = 0
    line: int = 0
    ready_at_ms: int = 0
    worker: str = ""
    former_workers: str = ""
    outcome: str = ""
    started_at_ms: int = 0
    attempt_ended_at_ms: int = 0
    run_us: int = 0
    duration_ms: int = -1
    percent: float | None = None
    message: str = ""
    finished_at_ms: int = 0
    reason: str = ""
    error_type: str = ""
    fingerprint: str = ""
    error: str | None = None
    success: int = 0
    places: bytes = b""


JOB_COLUMNS: tuple[str, ...] = JobRow.__struct_fields__
FIXED_COLUMNS = JOB_COLUMNS[: JOB_COLUMNS.index("priority")]
CHANGING_COLUMNS = JOB_COLUMNS[len(FIXED_COLUMNS) :]

#: (bucket's start in ms, queue, type)
RollupKey: TypeAlias = tuple[int, str, str]


class Rollup(msgspec.Struct, gc=False):
    """What happened in one bucket of time in one queue to jobs of one type. Histograms are of microseconds.

    born_e: the entry that began it. waited_us, succeeded_us, failed_us: the waits and runs of the batch at hand one by
    one, runs by how the attempt ended; they are counted in `totals`, and not part of what is kept here.
    """

    submitted: int = 0
    started: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    waits: Histogram = msgspec.field(default_factory=dict)
    runs: Histogram = msgspec.field(default_factory=dict)
    born_e: int = 0
    waited_us: list[int] = msgspec.field(default_factory=list)
    succeeded_us: list[int] = msgspec.field(default_factory=list)
    failed_us: list[int] = msgspec.field(default_factory=list)

    def add(self, other: Rollup) -> None:
        """Add another rollup to this one."""
        self.submitted += other.submitted
        self.started += other.started
        self.completed += other.completed
        self.failed += other.failed
        self.cancelled += other.cancelled
        merge(self.waits, other.waits)
        merge(self.runs, other.runs)
