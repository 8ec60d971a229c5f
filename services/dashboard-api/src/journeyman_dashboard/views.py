"""What the API answers, shape by shape, and how rows become it. Pure.

Times are RFC 3339 in UTC. Payloads and results are the JSON that was submitted or returned, unchanged.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import msgspec

from journeyman.events import Blob
from journeyman.tracing.ids import trace_id_of
from journeyman_dashboard.params import write_time
from journeyman_dashboard.rows import STATUS_OF_PHASE, WITH_ERROR, JobRow

Status = Literal["pending", "processing", "completed", "failed", "cancelled"]
Phase = Literal[
    "scheduled", "blocked", "held", "ready", "retrying", "running", "cancelling", "completed", "dead", "cancelled"
]


class ErrorView(msgspec.Struct):
    """What went wrong."""

    type: str
    message: str = ""
    traceback: str = ""
    fingerprint: str = ""


class ProgressView(msgspec.Struct):
    """How far the latest attempt said it was."""

    percent: float
    message: str


class AttemptView(msgspec.Struct):
    """One execution. `outcome`: running, succeeded, failed, lost, returned, cancelled."""

    number: int
    worker: str
    outcome: str
    started_at: str | None
    finished_at: str | None
    error: ErrorView | None


class BlobView(msgspec.Struct):
    """Where a value too large for the log is kept."""

    key: str
    size: int
    sha256: str

    def blob(self) -> Blob:
        """Return it as the blob store takes it."""
        return Blob(self.key, self.size, self.sha256)


class JobView(msgspec.Struct):
    """A job. `started_at` is that of its latest attempt. In lists a blob's value is null."""

    id: str
    type: str
    queue: str
    priority: int
    status: str
    phase: str
    payload: Any
    result: Any
    error: ErrorView | None
    progress: ProgressView | None
    attempt: int
    max_attempts: int
    attempts: list[AttemptView]
    depends_on: list[str]
    dependents: list[str]
    tags: dict[str, str]
    submitted_at: str | None
    started_at: str | None
    finished_at: str | None
    trace_id: str
    generation: int
    due_at: str | None
    reason: str
    payload_blob: BlobView | None
    result_blob: BlobView | None


class Around(msgspec.Struct):
    """What is said of a job elsewhere than in its row. Payload and result are JSON text, void beside a blob."""

    payload: str = "{}"
    payload_blob: Blob | None = None
    result: str = "null"
    result_blob: Blob | None = None
    attempts: list[tuple[Any, ...]] = msgspec.field(default_factory=list)
    parents: list[str] = msgspec.field(default_factory=list)
    children: list[str] = msgspec.field(default_factory=list)


class Shut(NamedTuple):
    """What is shut in whichever partition: queues that are paused, types whose circuit breaker is not closed."""

    queues: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()


def phase_of(row: JobRow, shut: Shut) -> str:
    """Return the phase users see."""
    return "held" if row.phase == "ready" and (row.queue in shut.queues or row.type in shut.types) else row.phase


def embedded(text: str) -> Any:
    """Return JSON text as it stands in an answer; what is not JSON, as a string."""
    if not text:
        return None
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
    return msgspec.Raw(text.encode())


def blob_view(blob: Blob | None) -> BlobView | None:
    """Return a reference to a blob as users see it."""
    return None if blob is None else BlobView(blob.key, blob.size, blob.sha256)


def error_view(text: str | None) -> ErrorView | None:
    """Read a stored error."""
    return None if text is None else msgspec.json.decode(text, type=ErrorView)


def job_view(row: JobRow, around: Around, shut: Shut) -> JobView:
    """Return a job as users see it."""
    phase = phase_of(row, shut)
    return JobView(
        id=row.id,
        type=row.type,
        queue=row.queue,
        priority=row.priority,
        status=STATUS_OF_PHASE[phase],
        phase=phase,
        payload=None if around.payload_blob else embedded(around.payload),
        result=None if around.result_blob else embedded(around.result),
        error=None if row.phase == "completed" else error_view(row.error),
        progress=None if row.percent is None else ProgressView(row.percent, row.message),
        attempt=row.attempt,
        max_attempts=row.max_attempts,
        attempts=_attempts(row, around),
        depends_on=around.parents,
        dependents=around.children,
        tags=msgspec.json.decode(row.tags) if row.tags else {},
        submitted_at=write_time(row.submitted_at_ms),
        started_at=write_time(row.started_at_ms),
        finished_at=write_time(row.finished_at_ms),
        trace_id=trace_id_of(row.id, row.traceparent),
        generation=row.generation,
        due_at=write_time(row.due_ms),
        reason=row.reason,
        payload_blob=blob_view(around.payload_blob),
        result_blob=blob_view(around.result_blob),
    )


def _attempts(row: JobRow, around: Around) -> list[AttemptView]:
    rows = {attempt[1]: attempt for attempt in around.attempts}
    if row.outcome:
        error = row.error if row.outcome in WITH_ERROR else None
        latest = (row.n, row.attempt, row.worker, row.outcome, row.started_at_ms, row.attempt_ended_at_ms, 0, error)
        rows[row.attempt] = latest
    return [
        AttemptView(number, worker, outcome, write_time(started), write_time(ended), error_view(error))
        for _, number, worker, outcome, started, ended, _, error in (rows[number] for number in sorted(rows))
    ]
