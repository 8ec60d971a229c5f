"""Types of jobs: what workers said of them, how many there are, how they fare; and one of them, more closely."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from journeyman_dashboard.past.shown import show_rollups
from journeyman_dashboard.queries.breakers import states
from journeyman_dashboard.queries.errors import ErrorGroup, ErrorSample, errors_of
from journeyman_dashboard.queries.lines import live_workers, names_in
from journeyman_dashboard.queries.rates import Percentiles, Recent, in_ms, recent_by, type_since
from journeyman_dashboard.queries.remembered import RememberedSets
from journeyman_dashboard.queries.spans import Span, span_of
from journeyman_dashboard.queries.stats import Counts, counts_by_status
from journeyman_dashboard.retention import GONE_WORKERS_KEPT_MS
from journeyman_dashboard.rows import WAIT_GRAIN_US, Rollup
from journeyman_dashboard.views import embedded


class TypeView(msgspec.Struct):
    """A type of job: how many there are by status, and how long they waited and ran in the last minute.

    `breaker`: state of its circuit breaker, the gravest of all partitions: closed, half_open, open. What a worker said
    of it when it joined: `description`, `queue`, `max_attempts`, `timeout_ms` (null where none did), and whether there
    is a schema of its payload.
    """

    type: str
    breaker: str
    jobs: Counts
    queues: list[str]
    workers: int
    rate_in_per_s: float
    rate_out_per_s: float
    queue_latency_ms: Percentiles
    run_time_ms: Percentiles
    description: str
    has_schema: bool
    queue: str | None
    max_attempts: int | None
    timeout_ms: int | None


class TypeDetail(TypeView):
    """A type of job, more closely. `schema`: of its payload, as JSON schema; null where no worker told it.

    `errors` are those of failed attempts and dead letters, the most frequent first, of the latest jobs that have any;
    `errors_are_exact`: there are no others; else they are of `errors_sample`.
    """

    schema: Any
    span: Span
    errors: list[ErrorGroup]
    errors_are_exact: bool
    errors_sample: ErrorSample


class _Told(msgspec.Struct):
    """What was said of a type."""

    queue: str
    max_attempts: int
    timeout_ms: int
    description: str
    has_schema: int


def types(connection: sqlite3.Connection, now_ms: int) -> list[TypeView]:
    """Return every type that has jobs or a live worker, or that one described that has been there of late; by name."""
    return _views(connection, now_ms, None)


def type_detail(
    connection: sqlite3.Connection, kind: str, *, now_ms: int, window_ms: int, sets: RememberedSets | None = None
) -> TypeDetail | None:
    """Return a type more closely; None where it is not known. sets: those that earlier queries have read."""
    views = _views(connection, now_ms, kind)
    if not views:
        return None
    show_rollups(connection, "type", kind)
    errors = errors_of(connection, kind, sets)
    return TypeDetail(
        **{field: getattr(views[0], field) for field in TypeView.__struct_fields__},
        schema=_schema(connection, kind),
        span=span_of(type_since(connection, now_ms - window_ms, kind), now_ms=now_ms, window_ms=window_ms),
        errors=errors.groups,
        errors_are_exact=errors.exact,
        errors_sample=errors.sample,
    )


def _views(connection: sqlite3.Connection, now_ms: int, only: str | None) -> list[TypeView]:
    recent = recent_by(connection, now_ms, "type")
    told = _told(connection)
    workers: dict[str, int] = {}
    for _, known in live_workers(connection):
        for kind in known:
            workers[kind] = workers.get(kind, 0) + 1
    phases: dict[str, dict[str, int]] = {kind: {} for kind in (*workers, *(told.keys() & _of_late(connection, now_ms)))}
    named: dict[str, set[str]] = {}
    for kind, queue, phase, number in connection.execute(
        "SELECT type, queue, phase, sum(count) FROM counters GROUP BY type, queue, phase"
    ):
        known_phases = phases.setdefault(kind, {})
        known_phases[phase] = known_phases.get(phase, 0) + number
        named.setdefault(kind, set()).add(queue)
    breakers = states(connection)
    return [
        _view(
            kind,
            breakers.get(kind, "closed"),
            counts_by_status(phases[kind]),
            sorted(named.get(kind, ())),
            workers.get(kind, 0),
            recent.get(kind) or Recent(now_ms, Rollup()),
            now_ms,
            told.get(kind),
        )
        for kind in sorted(phases)
        if only is None or kind == only
    ]


def _view(
    kind: str,
    breaker: str,
    jobs: Counts,
    queues: list[str],
    workers: int,
    lately: Recent,
    now_ms: int,
    told: _Told | None,
) -> TypeView:
    return TypeView(
        type=kind,
        breaker=breaker,
        jobs=jobs,
        queues=queues,
        workers=workers,
        rate_in_per_s=lately.per_s(lately.sum.submitted, now_ms),
        rate_out_per_s=lately.per_s(lately.sum.started, now_ms),
        queue_latency_ms=in_ms(lately.sum.waits, WAIT_GRAIN_US),
        run_time_ms=in_ms(lately.sum.runs),
        description=told.description if told else "",
        has_schema=bool(told and told.has_schema),
        queue=told.queue if told else None,
        max_attempts=told.max_attempts if told else None,
        timeout_ms=told.timeout_ms if told else None,
    )


def _told(connection: sqlite3.Connection) -> dict[str, _Told]:
    """Return what was said last of each type, in whichever partition."""
    rows = connection.execute(
        "SELECT type, queue, max_attempts, timeout_ms, description, schema IS NOT NULL FROM described "
        "ORDER BY told_at_ms, partition"
    )
    return {kind: _Told(*rest) for kind, *rest in rows}


def _of_late(connection: sqlite3.Connection, now_ms: int) -> set[str]:
    """Return the types of the workers that claim no more, but did of late: there may soon be others."""
    rows = connection.execute(
        "SELECT types FROM fleet WHERE state = 'draining' OR (state <> 'joined' AND changed_at_ms >= ?)",
        (now_ms - GONE_WORKERS_KEPT_MS,),
    )
    return {kind for (text,) in rows for kind in names_in(text)}


def _schema(connection: sqlite3.Connection, kind: str) -> Any:
    row = connection.execute(
        "SELECT schema FROM described WHERE type = ? ORDER BY told_at_ms DESC, partition DESC LIMIT 1", (kind,)
    ).fetchone()
    return embedded(row[0]) if row is not None and row[0] is not None else None
