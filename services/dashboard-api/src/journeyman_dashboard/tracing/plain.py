"""Jobs that went straight through: submitted, released, started once, succeeded. Their rows say all of it. Pure.

Most jobs are such ones. What their spans are made of is handed on with them, so that nothing has to be read for it:
that costs more than all else about a trace.
"""

from __future__ import annotations

from typing import NamedTuple

from journeyman import events as e
from journeyman_dashboard.rows import JobRow

#: Places of the four events, eight bytes each.
_PLACES = 4 * 8


class Plain(NamedTuple):
    """What a row says of such a job; times in milliseconds."""

    type: str
    queue: str
    traceparent: str
    tags: str | None
    priority: int
    submitted_ms: int
    released_ms: int
    started_ms: int
    attempt: int
    worker: str
    run_us: int


def plain_of(row: JobRow) -> Plain | None:
    """Return what a row says of its job; None where the job did not go straight through, or waited for another.

    None succeeds on less than these four events; so one that has no more had exactly these.
    """
    if row.phase != "completed" or len(row.places) != _PLACES or row.generation != 1 or row.parents:
        return None
    return Plain(
        row.type,
        row.queue,
        row.traceparent,
        row.tags,
        row.priority,
        row.submitted_at_ms,
        row.ready_at_ms,
        row.started_at_ms,
        row.attempt,
        row.worker,
        row.run_us,
    )


def records_of(job_id: str, plain: Plain, end: e.Offset) -> list[e.Record]:
    """Return the job's events, as far as spans tell of them. end: where the last of them stands."""
    attempt, worker = plain.attempt, plain.worker
    told: tuple[tuple[int, e.Event], ...] = (
        (plain.submitted_ms, e.JobSubmitted(job_id, plain.type, plain.queue, plain.priority)),
        (plain.released_ms, e.JobReleased(job_id, attempt, plain.priority)),
        (plain.started_ms, e.JobStarted(job_id, attempt, worker)),
        (end.ms, e.JobSucceeded(job_id, attempt, worker, run_us=plain.run_us)),
    )
    return [e.Record(end, at_ms, event) for at_ms, event in told]
