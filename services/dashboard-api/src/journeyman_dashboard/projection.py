"""Folds a batch of log entries into changes of rows. Pure: what it needs is handed in, what it says is returned.

A batch touches each job's row once, however many of its events are in it. Folding the same entries in batches of
any split gives the same rows: nothing here looks at a clock or at where a batch begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import msgspec

from journeyman import events as e
from journeyman.codec import encode_event
from journeyman_dashboard.rows import BUCKET_MS, JobRow, Rollup, RollupKey
from journeyman_dashboard.transitions import TRANSITIONS, AttemptRow, blob_json

#: A row of `events`: ms, seq, index, n (None where no job of the read model is meant), tag, data.
EventRow: TypeAlias = tuple[int, int, int, int | None, str, bytes]

#: (queue, type, priority, phase)
CounterKey: TypeAlias = tuple[str, str, int, str]

TAGS: dict[type[e.Event], str] = {kind: e.tag_of(kind) for kind in e.EVENT_TYPES}
_JOB_EVENTS = frozenset({e.JobSubmitted, *TRANSITIONS})
_replace = msgspec.structs.replace
_json = msgspec.json.Encoder(order="sorted").encode


class Changes:
    """What a batch changes, as rows per table. Also where transitions leave their by-products."""

    def __init__(self, known: dict[str, JobRow], next_n: int) -> None:
        self.jobs = known
        self.known = list(known.values())
        self.before = [(row.priority, row.phase) for row in self.known]
        self.new: list[JobRow] = []
        self.next_n = next_n
        self.events: list[EventRow] = []
        self.attempts: list[AttemptRow] = []
        self.payloads: list[tuple[int, str, str | None]] = []
        self.results: list[tuple[int, str, str | None]] = []
        self.dependencies: list[tuple[int, int, str]] = []
        self.tags: list[tuple[str, str, int]] = []
        self.queues: dict[str, tuple[int, int]] = {}
        #: In log order: whole rows of workers that joined, and (state, reason, at_ms, worker) of those that changed.
        self.workers: list[tuple[Any, ...]] = []
        self.scaling: list[tuple[Any, ...]] = []
        self.quarantine: list[tuple[int, int, int, str]] = []
        self.rollups: dict[RollupKey, Rollup] = {}

    def rollup(self, row: JobRow, at_ms: int) -> Rollup:
        """Return the rollup of the row's queue and type for the bucket of `at_ms`."""
        key = (at_ms - at_ms % BUCKET_MS, row.queue, row.type)
        found = self.rollups.get(key)
        if found is None:
            found = self.rollups[key] = Rollup()
        return found

    def counters(self) -> dict[CounterKey, int]:
        """Return by how much the number of jobs per queue, type, priority and phase changes."""
        counts: dict[CounterKey, int] = {}
        for row in self.new:
            key = (row.queue, row.type, row.priority, row.phase)
            counts[key] = counts.get(key, 0) + 1
        for row, (priority, phase) in zip(self.known, self.before, strict=True):
            if row.phase != phase or row.priority != priority:
                key = (row.queue, row.type, priority, phase)
                counts[key] = counts.get(key, 0) - 1
                key = (row.queue, row.type, row.priority, row.phase)
                counts[key] = counts.get(key, 0) + 1
        return {key: count for key, count in counts.items() if count}


def job_ids(entries: Iterable[e.Entry]) -> set[str]:
    """Return the ids of the jobs that these entries speak of: their rows are what `fold` needs to know."""
    return {event.job_id for entry in entries for event in entry.events if type(event) in _JOB_EVENTS}  # type: ignore[union-attr]


def fold(entries: Sequence[e.Entry], known: dict[str, JobRow], next_n: int) -> Changes:
    """Fold entries, in log order.

    known: the rows of those of `job_ids(entries)` that exist; they are changed in place.
    next_n: the number of the next new job.
    """
    changes = Changes(known, next_n)
    jobs = changes.jobs
    keep = changes.events.append
    transitions = TRANSITIONS.get
    for entry in entries:
        ms, seq, _ = entry.offset
        for index, event in enumerate(entry.events):
            if event is None:
                continue
            kind = type(event)
            n: int | None = None
            transition = transitions(kind)
            if transition is not None:
                row = jobs.get(event.job_id)  # type: ignore[union-attr]
                if row is not None:
                    transition(row, event, ms, changes)
                    n = row.n
                elif kind is e.JobRedriven:
                    n = _revived(event, ms, changes)  # type: ignore[arg-type]
                if kind is e.JobSucceeded and row is not None and row.phase == "completed":
                    event = _replace(event, result="")  # noqa: PLW2901 - kept once, in `results`
            elif kind is e.JobSubmitted:
                n = _submitted(event, ms, changes)  # type: ignore[arg-type]
                event = _replace(event, payload="")  # noqa: PLW2901 - kept once, in `payloads`
            else:
                _SYSTEM.get(kind, _nothing)(event, (ms, seq, index), changes)
            keep((ms, seq, index, n, TAGS[kind], encode_event(event)))
        for undecodable in entry.undecodable:
            changes.quarantine.append((*undecodable.offset, undecodable.reason))
    return changes


def _submitted(event: e.JobSubmitted, at_ms: int, changes: Changes) -> int:
    known = changes.jobs.get(event.job_id)
    if known is not None:
        return known.n
    n = changes.next_n
    row = JobRow(
        n,
        event.job_id,
        event.type,
        event.queue,
        at_ms,
        event.timeout_ms,
        _json(event.tags).decode() if event.tags else None,
        event.traceparent,
        len(event.depends_on),
        event.priority,
        "blocked" if event.depends_on else "scheduled",
        max_attempts=event.max_attempts,
        due_ms=event.due_ms,
    )
    _add(row, changes)
    if event.payload != "{}" or event.payload_blob is not None:
        changes.payloads.append((n, event.payload, blob_json(event.payload_blob)))
    for position, parent in enumerate(event.depends_on):
        changes.dependencies.append((n, position, parent))
    for key, value in event.tags.items():
        changes.tags.append((key, value, n))
    changes.rollup(row, at_ms).submitted += 1
    return n


def _revived(event: e.JobRedriven, at_ms: int, changes: Changes) -> int:
    """Make a row for a job that the read model had forgotten and that lives again."""
    row = JobRow(
        changes.next_n,
        event.job_id,
        event.type,
        event.queue,
        at_ms,
        event.timeout_ms,
        None,
        "",
        0,
        event.priority,
        "scheduled",
        attempt=event.attempt,
        max_attempts=event.max_attempts,
        generation=event.generation,
        due_ms=event.due_ms,
    )
    _add(row, changes)
    return row.n


def _add(row: JobRow, changes: Changes) -> None:
    changes.next_n += 1
    changes.new.append(row)
    changes.jobs[row.id] = row


# --- events that are of no job ---------------------------------------------------------------------------

_Place: TypeAlias = tuple[int, int, int]


def _paused(event: e.QueuePaused, place: _Place, changes: Changes) -> None:
    changes.queues[event.queue] = (1, place[0])


def _resumed(event: e.QueueResumed, place: _Place, changes: Changes) -> None:
    changes.queues[event.queue] = (0, place[0])


def _joined(event: e.WorkerJoined, place: _Place, changes: Changes) -> None:
    queues, types = _json(event.queues).decode(), _json(event.types).decode()
    described = (event.host, event.pid, event.version, queues, types, event.slots)
    changes.workers.append((event.worker, *described, "joined", "", place[0], place[0]))


def _worker_state(state: str, reason: Callable[[Any], str]) -> Callable[[Any, _Place, Changes], None]:
    def change(event: Any, place: _Place, changes: Changes) -> None:
        changes.workers.append((state, reason(event), place[0], event.worker))

    return change


def _scaled(event: e.FleetScaled, place: _Place, changes: Changes) -> None:
    figures = (event.backlog, event.arrival_per_s, event.service_ms)
    changes.scaling.append((*place, event.provider, event.desired, event.previous, event.reason, *figures))


def _nothing(_event: e.Event, _place: _Place, _changes: Changes) -> None:
    """Kept among the events; nothing else is said of it."""


_SYSTEM: dict[type[e.Event], Callable[[Any, _Place, Changes], None]] = {
    e.QueuePaused: _paused,
    e.QueueResumed: _resumed,
    e.WorkerJoined: _joined,
    e.WorkerDraining: _worker_state("draining", lambda event: str(event.by)),
    e.WorkerLeft: _worker_state("left", lambda _event: ""),
    e.WorkerLost: _worker_state("lost", lambda event: str(event.reason)),
    e.FleetScaled: _scaled,
}
