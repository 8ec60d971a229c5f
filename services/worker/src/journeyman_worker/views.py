"""A job as a test sees it: a fold of its events. Pure but for results that are in the blob store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from journeyman import events as e
from journeyman.blobs import BlobStore

_STATUS: dict[type[e.Event], str] = {
    e.JobSubmitted: "pending",
    e.JobStarted: "processing",
    e.JobSucceeded: "completed",
    e.JobFailed: "pending",
    e.JobReturned: "pending",
    e.JobLost: "pending",
    e.JobDeadLettered: "failed",
    e.JobCancelled: "cancelled",
    e.JobRedriven: "pending",
}


class TestedAttempt(msgspec.Struct):
    """One attempt. `outcome`: succeeded, failed, returned, lost; empty while it runs."""

    __test__ = False

    number: int
    outcome: str = ""
    error: e.Error | None = None


class TestedJob(msgspec.Struct):
    """A job: its status as users see it, its result or last error, and its attempts."""

    __test__ = False

    id: str
    status: str = "pending"
    result: Any = None
    error: e.Error | None = None
    attempts: list[TestedAttempt] = []
    progress: list[tuple[float, str]] = []
    due_ms: int = 0


def view(records: Iterable[e.Record], job_id: str, blobs: BlobStore) -> TestedJob:
    """Fold a log into the job of that id. Raises KeyError for one that is not in it."""
    job: TestedJob | None = None
    for record in records:
        event = record.event
        if getattr(event, "job_id", None) != job_id:
            continue
        job = job or TestedJob(job_id)
        job.status = _STATUS.get(type(event), job.status)
        _apply(job, event, blobs)
    if job is None:
        raise KeyError(job_id)
    return job


def _apply(job: TestedJob, event: e.Event, blobs: BlobStore) -> None:
    match event:
        case e.JobSubmitted(due_ms=due_ms) | e.JobRetryScheduled(due_ms=due_ms):
            job.due_ms = due_ms
        case e.JobStarted(attempt=number):
            job.attempts = [*(a for a in job.attempts if a.number != number), TestedAttempt(number)]
        case e.JobProgressed(percent=percent, message=message):
            job.progress = [*job.progress, (percent, message)]
        case e.JobSucceeded(result=text, result_blob=blob):
            job.attempts[-1].outcome = "succeeded"
            job.result, job.error = msgspec.json.decode(blobs.get(blob) if blob else text), None
        case e.JobFailed(error=error):
            job.attempts[-1].outcome, job.attempts[-1].error = "failed", error
            job.error = error
        case e.JobReturned():
            job.attempts[-1].outcome = "returned"
        case e.JobLost():
            job.attempts[-1].outcome = "lost"
        case e.JobDeadLettered(error=error):
            job.error = error
        case e.JobCancelled(error=cause):
            job.error = cause or job.error
        case _:
            pass
