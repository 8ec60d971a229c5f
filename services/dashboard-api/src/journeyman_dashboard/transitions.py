"""What each event makes of a job's row: one function per event, in the order of a job's life. Pure.

The phases follow `journeyman.jobs`, with one difference: a job that was asked to be cancelled keeps the phase it
is in until the cancel is decided. No event can make a row fail; one that does not fit leaves it as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

import msgspec

from journeyman import events as e
from journeyman_dashboard.histogram import add
from journeyman_dashboard.rows import ENDED_PHASES, WITH_ERROR, JobRow, Rollup

_json = msgspec.json.Encoder().encode

#: A row of `attempts`: n, number, worker, outcome, started_at_ms, ended_at_ms, run_us, error.
AttemptRow: TypeAlias = tuple[int, int, str, str, int, int, int, str | None]


class Sink(Protocol):
    """Where a transition leaves what does not belong to the job's own row.

    worked: the numbers of the jobs of which each worker began an attempt.
    """

    attempts: list[AttemptRow]
    worked: dict[str, list[int]]

    def rollup(self, row: JobRow, at_ms: int) -> Rollup:
        """Return the rollup of the row's queue and type for the bucket of `at_ms`."""
        ...


def error_json(error: e.Error) -> str:
    """Write an error as users see it."""
    return _json(msgspec.structs.asdict(error)).decode()


def _blocked(row: JobRow, event: e.JobBlocked, _at_ms: int, _sink: Sink) -> None:
    if row.phase == "blocked" and not event.on:
        row.phase = "scheduled"


def _released(row: JobRow, event: e.JobReleased, at_ms: int, _sink: Sink) -> None:
    if row.phase in ENDED_PHASES:
        return
    if row.phase != "ready" or not event.moves:
        row.ready_at_ms = at_ms
    row.phase = "ready"
    row.placed = event.priority
    row.line = at_ms


def _started(row: JobRow, event: e.JobStarted, at_ms: int, sink: Sink) -> None:
    if row.phase in ENDED_PHASES:
        return
    if row.outcome and row.attempt != event.attempt:
        _keep_attempt(row, sink)
    row.phase = "cancelling" if row.cancel_requested else "running"
    row.attempt = event.attempt
    if row.worker != event.worker:
        _leave_worker(row)
        row.worker = event.worker
    worked = sink.worked.get(event.worker)
    if worked is None:
        worked = sink.worked[event.worker] = []
    worked.append(row.n)
    row.outcome = "running"
    row.started_at_ms = at_ms
    row.attempt_ended_at_ms = row.run_us = 0
    row.duration_ms = -1
    row.percent, row.message = None, ""
    row.error, row.error_type, row.fingerprint = None, "", ""
    rollup = sink.rollup(row, at_ms)
    rollup.started += 1
    if row.ready_at_ms:
        waited_us = (at_ms - row.ready_at_ms) * 1_000
        add(rollup.waits, waited_us)
        rollup.waited_us.append(max(waited_us, 0))


def _progressed(row: JobRow, event: e.JobProgressed, _at_ms: int, _sink: Sink) -> None:
    if _holds(row, event.attempt):
        row.percent, row.message = event.percent, event.message


def _succeeded(row: JobRow, event: e.JobSucceeded, at_ms: int, sink: Sink) -> None:
    if not _holds(row, event.attempt):
        return
    _end_attempt(row, "succeeded", at_ms, event.run_us, sink)
    _end(row, "completed", at_ms)
    sink.rollup(row, at_ms).completed += 1


def _failed(row: JobRow, event: e.JobFailed, at_ms: int, sink: Sink) -> None:
    if not _holds(row, event.attempt):
        return
    _end_attempt(row, "failed", at_ms, event.run_us, sink)
    _set_error(row, event.error)
    if not row.cancel_requested:
        row.phase = "retrying"
        row.due_ms = 0


def _returned(row: JobRow, event: e.JobReturned, at_ms: int, sink: Sink) -> None:
    if not _holds(row, event.attempt):
        return
    _end_attempt(row, "returned", at_ms, 0, sink)
    if event.back:
        row.phase = "ready"
        row.ready_at_ms = at_ms
        row.line = -at_ms
    elif not row.cancel_requested:
        row.phase = "scheduled"


def _lost(row: JobRow, event: e.JobLost, at_ms: int, sink: Sink) -> None:
    if not _holds(row, event.attempt):
        return
    _end_attempt(row, "lost", at_ms, 0, sink)
    _set_error(row, _loss(event))
    if not row.cancel_requested:
        row.phase = "retrying"
        row.due_ms = 0


def _retry_scheduled(row: JobRow, event: e.JobRetryScheduled, _at_ms: int, _sink: Sink) -> None:
    if row.phase not in ENDED_PHASES:
        row.phase = "retrying"
        row.due_ms = event.due_ms


def _dead_lettered(row: JobRow, event: e.JobDeadLettered, at_ms: int, sink: Sink) -> None:
    if row.phase in ENDED_PHASES:
        return
    if event.reason != "redrive_stopped" or row.fingerprint != event.error.fingerprint or row.error is None:
        # One that was not tried again keeps the error it had, of which the event knows only the type and fingerprint.
        _take_error(row, event.error, sink)
    row.reason = event.reason
    _end(row, "dead", at_ms)
    sink.rollup(row, at_ms).failed += 1


def _cancel_requested(row: JobRow, _event: e.JobCancelRequested, _at_ms: int, _sink: Sink) -> None:
    if row.phase in ENDED_PHASES:
        return
    row.cancel_requested = 1
    if row.phase == "running":
        row.phase = "cancelling"


def _cancelled(row: JobRow, event: e.JobCancelled, at_ms: int, sink: Sink) -> None:
    if row.phase in ENDED_PHASES:
        return
    if event.error is not None:
        _take_error(row, event.error, sink)
    if row.phase == "cancelling" and row.outcome in {"running", "returned"}:
        row.outcome = "cancelled"
        row.attempt_ended_at_ms = row.attempt_ended_at_ms or at_ms
    row.reason = event.reason
    _end(row, "cancelled", at_ms)
    sink.rollup(row, at_ms).cancelled += 1


def _reprioritised(row: JobRow, event: e.JobReprioritised, _at_ms: int, _sink: Sink) -> None:
    if row.phase not in ENDED_PHASES:
        row.priority = event.priority


def _redriven(row: JobRow, event: e.JobRedriven, _at_ms: int, sink: Sink) -> None:
    if row.phase not in {"dead", "cancelled"}:
        return
    if row.outcome:
        _keep_attempt(row, sink)
        row.outcome = ""
    row.phase = "scheduled"
    row.generation, row.attempt = event.generation, event.attempt
    row.priority, row.max_attempts = event.priority, event.max_attempts
    row.due_ms = event.due_ms
    row.cancel_requested = row.finished_at_ms = row.ready_at_ms = row.started_at_ms = 0
    row.duration_ms = -1
    _leave_worker(row)
    row.percent, row.message, row.worker, row.reason = None, "", "", ""


Transition: TypeAlias = Callable[[JobRow, Any, int, Sink], None]

TRANSITIONS: dict[type[e.Event], Transition] = {
    e.JobBlocked: _blocked,
    e.JobReleased: _released,
    e.JobStarted: _started,
    e.JobProgressed: _progressed,
    e.JobSucceeded: _succeeded,
    e.JobFailed: _failed,
    e.JobReturned: _returned,
    e.JobLost: _lost,
    e.JobRetryScheduled: _retry_scheduled,
    e.JobDeadLettered: _dead_lettered,
    e.JobCancelRequested: _cancel_requested,
    e.JobCancelled: _cancelled,
    e.JobReprioritised: _reprioritised,
    e.JobRedriven: _redriven,
}


def _holds(row: JobRow, attempt: int) -> bool:
    return row.outcome == "running" and row.attempt == attempt


def _leave_worker(row: JobRow) -> None:
    """Remember the latest attempt's worker as one that had the job."""
    if row.worker and row.worker not in row.former_workers.split("\n"):
        row.former_workers = f"{row.former_workers}\n{row.worker}" if row.former_workers else row.worker


def _keep_attempt(row: JobRow, sink: Sink) -> None:
    """Give the latest attempt a row of its own, because another is about to take its place."""
    error = row.error if row.outcome in WITH_ERROR else None
    sink.attempts.append(
        (
            row.n,
            row.attempt,
            row.worker,
            row.outcome,
            row.started_at_ms,
            row.attempt_ended_at_ms,
            row.run_us,
            error,
        )
    )


def _end_attempt(row: JobRow, outcome: str, at_ms: int, run_us: int, sink: Sink) -> None:
    row.outcome = outcome
    row.attempt_ended_at_ms = at_ms
    row.run_us = run_us
    row.duration_ms = max(at_ms - row.started_at_ms, 0)
    if outcome in {"succeeded", "failed"}:
        rollup, ran_us = sink.rollup(row, at_ms), run_us or row.duration_ms * 1_000
        add(rollup.runs, ran_us)
        (rollup.succeeded_us if outcome == "succeeded" else rollup.failed_us).append(ran_us)


def _end(row: JobRow, phase: str, at_ms: int) -> None:
    row.phase = phase
    row.finished_at_ms = at_ms


def _loss(event: e.JobLost) -> e.Error:
    """Return the loss of a worker as the error of the attempt that it ended."""
    words = event.reason or "its worker is gone"
    evidence = event.evidence
    if evidence is not None:
        memory = f", {evidence.rss_bytes >> 20} MiB at its last heartbeat" if evidence.rss_bytes else ""
        words = f"{words} (process {evidence.pid} on {evidence.host}{memory})"
    if not event.running:
        words = f"{words}; the job had not begun"
    return e.Error("WorkerLost", words, evidence.log if evidence else "", "WorkerLost")


def _set_error(row: JobRow, error: e.Error) -> None:
    row.error = error_json(error)
    row.error_type, row.fingerprint = error.type, error.fingerprint


def _take_error(row: JobRow, error: e.Error, sink: Sink) -> None:
    """Make `error` the job's; a different one that its latest attempt had stays with that attempt."""
    before = row.error
    if row.outcome in WITH_ERROR and before is not None and error_json(error) != before:
        _keep_attempt(row, sink)
        row.outcome = ""
    _set_error(row, error)
