"""Queues and types: how much waits, since when, how fast it goes; and why one job waits."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from journeyman.log.api import EVERY_QUEUE
from journeyman.reasons import Explanation, Facts, explain
from journeyman_dashboard.queries.dependencies import awaited_parents
from journeyman_dashboard.queries.lookup import paused_queues
from journeyman_dashboard.queries.rates import Percentiles, Recent, in_ms, recent_by
from journeyman_dashboard.queries.stats import Counts, counts_by_status
from journeyman_dashboard.rows import JobRow, Rollup
from journeyman_dashboard.views import phase_of

#: Up to where a job's position in line is counted.
POSITION_MAX = 10_000
#: Returned jobs stand at the head of a line; so many are looked at for the longest wait.
_HEAD = 100


class QueueView(msgspec.Struct):
    """A queue. `depth`: jobs in line; `pending`: all that wait, in line or not. Rates are those of the last minute."""

    name: str
    paused: bool
    depth: int
    by_priority: dict[str, int]
    pending: int
    processing: int
    oldest_wait_ms: int | None
    rate_in_per_s: float
    rate_out_per_s: float
    eta_ms: int | None


class TypeView(msgspec.Struct):
    """A type of job: how many there are by status, and how long they waited and ran in the last minute."""

    type: str
    jobs: Counts
    queues: list[str]
    workers: int
    rate_in_per_s: float
    rate_out_per_s: float
    queue_latency_ms: Percentiles
    run_time_ms: Percentiles


def queues(connection: sqlite3.Connection, now_ms: int) -> list[QueueView]:
    """Return every queue that has jobs or was ever paused, by name."""
    paused = paused_queues(connection)
    recent = recent_by(connection, now_ms, "queue")
    counted: dict[str, dict[tuple[int, str], int]] = {}
    for (name,) in connection.execute("SELECT DISTINCT name FROM queues"):
        counted[name] = {}
    for name, priority, phase, number in connection.execute(
        "SELECT queue, priority, phase, sum(count) FROM counters GROUP BY queue, priority, phase"
    ):
        counted.setdefault(name, {})[priority, phase] = number
    return [
        _queue(connection, name, counted[name], name in paused, recent.get(name), now_ms) for name in sorted(counted)
    ]


def _queue(
    connection: sqlite3.Connection,
    name: str,
    counted: dict[tuple[int, str], int],
    paused: bool,
    recent: Recent | None,
    now_ms: int,
) -> QueueView:
    in_line = {priority: number for (priority, phase), number in counted.items() if phase == "ready"}
    status = counts_by_status(_by_phase(counted))
    depth = sum(in_line.values())
    out = 0.0 if recent is None else recent.per_s(recent.sum.started, now_ms)
    oldest = _oldest(connection, name) if depth else None
    return QueueView(
        name=name,
        paused=paused,
        depth=depth,
        by_priority={str(priority): in_line[priority] for priority in sorted(in_line, reverse=True)},
        pending=status.pending,
        processing=status.processing,
        oldest_wait_ms=None if oldest is None else max(0, now_ms - oldest),
        rate_in_per_s=0.0 if recent is None else recent.per_s(recent.sum.submitted, now_ms),
        rate_out_per_s=out,
        eta_ms=int(depth / out * 1000) if out > 0 and not paused else (0 if not depth else None),
    )


def _by_phase(counted: dict[tuple[int, str], int]) -> dict[str, int]:
    phases: dict[str, int] = {}
    for (_, phase), number in counted.items():
        phases[phase] = phases.get(phase, 0) + number
    return phases


def _oldest(connection: sqlite3.Connection, queue: str) -> int | None:
    """Return since when the job waits that waits longest: the head of one of the queue's lines."""
    oldest: list[int] = []
    for (placed,) in connection.execute(
        "WITH RECURSIVE lines (placed) AS ("
        "SELECT max(placed) FROM jobs WHERE phase = 'ready' AND queue = ?1 UNION ALL "
        "SELECT (SELECT max(placed) FROM jobs WHERE phase = 'ready' AND queue = ?1 AND placed < lines.placed) "
        "FROM lines WHERE lines.placed IS NOT NULL) SELECT placed FROM lines WHERE placed IS NOT NULL",
        (queue,),
    ).fetchall():
        line = "FROM jobs WHERE phase = 'ready' AND queue = ? AND placed = ?"
        for part in (
            f"{line} AND line < 0 ORDER BY line, n LIMIT {_HEAD}",
            f"{line} AND line >= 0 ORDER BY line, n LIMIT 1",
        ):
            oldest += (at_ms for (at_ms,) in connection.execute(f"SELECT ready_at_ms {part}", (queue, placed)))
    return min(oldest, default=None)


def types(connection: sqlite3.Connection, now_ms: int) -> list[TypeView]:
    """Return every type that has jobs or a live worker, by name."""
    recent = recent_by(connection, now_ms, "type")
    workers: dict[str, int] = {}
    for _, known in live_workers(connection):
        for kind in known:
            workers[kind] = workers.get(kind, 0) + 1
    phases: dict[str, dict[str, int]] = {kind: {} for kind in workers}
    named: dict[str, set[str]] = {}
    for kind, queue, phase, number in connection.execute(
        "SELECT type, queue, phase, sum(count) FROM counters GROUP BY type, queue, phase"
    ):
        known_phases = phases.setdefault(kind, {})
        known_phases[phase] = known_phases.get(phase, 0) + number
        named.setdefault(kind, set()).add(queue)
    views = []
    for kind in sorted(phases):
        lately = recent.get(kind) or Recent(now_ms, Rollup())
        views.append(
            TypeView(
                type=kind,
                jobs=counts_by_status(phases[kind]),
                queues=sorted(named.get(kind, ())),
                workers=workers.get(kind, 0),
                rate_in_per_s=lately.per_s(lately.sum.submitted, now_ms),
                rate_out_per_s=lately.per_s(lately.sum.started, now_ms),
                queue_latency_ms=in_ms(lately.sum.waits),
                run_time_ms=in_ms(lately.sum.runs),
            )
        )
    return views


def live_workers(connection: sqlite3.Connection) -> list[tuple[frozenset[str], frozenset[str]]]:
    """Return the queues and types of every worker that claims."""
    rows = connection.execute("SELECT queues, types FROM fleet WHERE state = 'joined'")
    return [(_names(queues_), _names(types_)) for queues_, types_ in rows]


def _names(text: Any) -> frozenset[str]:
    return frozenset(msgspec.json.decode(text, type=list[str]))


def explain_job(connection: sqlite3.Connection, job: JobRow, now_ms: int) -> Explanation:
    """Say why a job is where it is."""
    paused = paused_queues(connection)
    in_line = job.phase == "ready"
    recent = recent_by(connection, now_ms, "queue").get(job.queue) if in_line else None
    served = live_workers(connection) if in_line else []
    unfinished, unheard = awaited_parents(connection, job) if job.phase == "blocked" else ((), ())
    return explain(
        Facts(
            phase=phase_of(job, paused),
            now_ms=now_ms,
            type=job.type,
            queue=job.queue,
            worker=job.worker,
            attempt=job.attempt,
            due_ms=job.due_ms,
            end_reason=job.reason,
            cancel_requested=bool(job.cancel_requested),
            unfinished_parents=unfinished,
            unheard_parents=unheard,
            queue_paused=job.queue in paused,
            workers_for_type=sum(
                bool(names & {job.queue, EVERY_QUEUE}) and job.type in known for names, known in served
            ),
            position=_position(connection, job) if in_line else None,
            rate_out_per_s=0.0 if recent is None else recent.per_s(recent.sum.started, now_ms),
        )
    )


def _position(connection: sqlite3.Connection, job: JobRow) -> int | None:
    """Count the jobs ahead of one in its queue, whatever their type; None where there are too many."""
    ahead = connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM jobs WHERE phase = 'ready' AND queue = ?1 AND placed > ?2 LIMIT ?5)"
        " UNION ALL SELECT count(*) FROM (SELECT 1 FROM jobs WHERE phase = 'ready' AND queue = ?1 AND placed = ?2"
        " AND (line, n) < (?3, ?4) LIMIT ?5)",
        (job.queue, job.placed, job.line, job.n, POSITION_MAX),
    ).fetchall()
    position = 1 + sum(number for (number,) in ahead)
    return position if position <= POSITION_MAX else None
