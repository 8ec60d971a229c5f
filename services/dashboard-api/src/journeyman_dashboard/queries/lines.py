"""Queues: how much waits, since when, how fast it goes; and why one job waits."""

from __future__ import annotations

import sqlite3
from itertools import islice

import msgspec

from journeyman.log.api import EVERY_QUEUE
from journeyman.reasons import Explanation, Facts, Reason, explain
from journeyman_dashboard.past.shown import picture_of, show
from journeyman_dashboard.postings import lives_in
from journeyman_dashboard.queries.breakers import circuit_of, states
from journeyman_dashboard.queries.dependencies import awaited_parents
from journeyman_dashboard.queries.filters import JobFilter
from journeyman_dashboard.queries.lookup import paused_queues, shut
from journeyman_dashboard.queries.rates import Recent, recent_by
from journeyman_dashboard.queries.remembered import RememberedSets
from journeyman_dashboard.queries.selection import select
from journeyman_dashboard.queries.stats import counts_by_status
from journeyman_dashboard.queries.values import as_json
from journeyman_dashboard.rows import JobRow
from journeyman_dashboard.views import Shut, phase_of

#: Up to where a job's position in line is counted.
POSITION_MAX = 10_000
#: Jobs of a queue that are looked at for the longest wait, in all and at once.
_LOOKED_AT_MAX = 20_000
_AT_ONCE_MAX = 1_024


class HeldBack(msgspec.Struct):
    """Jobs in line that no worker takes though their queue is not paused: how many, of which type, and why.

    `reason`: circuit_open, where a partition's circuit breaker of the type is not closed, or no_worker_for_type.
    """

    type: str
    reason: Reason
    jobs: int


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
    held_back: list[HeldBack]


def queues(
    connection: sqlite3.Connection, now_ms: int, sets: RememberedSets | None = None, only: str | None = None
) -> list[QueueView]:
    """Return every queue that has jobs or was ever paused, by name; or `only` this one.

    sets: those that earlier queries have read.
    """
    paused = paused_queues(connection)
    recent = recent_by(connection, now_ms, "queue")
    counted: dict[str, dict[tuple[int, str], int]] = {}
    for (name,) in connection.execute("SELECT DISTINCT name FROM queues"):
        counted[name] = {}
    for name, priority, phase, number in connection.execute(
        "SELECT queue, priority, phase, sum(count) FROM counters GROUP BY queue, priority, phase"
    ):
        counted.setdefault(name, {})[priority, phase] = number
    held_back = _held_back(connection)
    views = []
    for name, numbers in sorted(counted.items()):
        if only is not None and name != only:
            continue
        waits = any(phase == "ready" for _, phase in numbers)
        oldest = longest_wait_since(connection, name, sets) if waits else None
        held = held_back.get(name, [])
        views.append(_queue(name, numbers, name in paused, recent.get(name), oldest, held, now_ms))
    return views


def _held_back(connection: sqlite3.Connection) -> dict[str, list[HeldBack]]:
    """Return what is held back in each queue, the most first."""
    circuits, fleet = states(connection), live_workers(connection)
    found: dict[str, list[HeldBack]] = {}
    for queue, kind, number in connection.execute(
        "SELECT queue, type, sum(count) AS many FROM counters WHERE phase = 'ready' GROUP BY queue, type "
        "HAVING many > 0 ORDER BY many DESC, type"
    ):
        served = any(names & {queue, EVERY_QUEUE} and kind in known for names, known in fleet)
        if circuits.get(kind, "closed") != "closed":
            found.setdefault(queue, []).append(HeldBack(kind, Reason.CIRCUIT_OPEN, number))
        elif not served:
            found.setdefault(queue, []).append(HeldBack(kind, Reason.NO_WORKER_FOR_TYPE, number))
    return found


def _queue(
    name: str,
    counted: dict[tuple[int, str], int],
    paused: bool,
    recent: Recent | None,
    oldest: int | None,
    held_back: list[HeldBack],
    now_ms: int,
) -> QueueView:
    in_line = {priority: number for (priority, phase), number in counted.items() if phase == "ready"}
    status = counts_by_status(_by_phase(counted))
    depth = sum(in_line.values())
    out = 0.0 if recent is None else recent.per_s(recent.sum.started, now_ms)
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
        held_back=held_back,
    )


def _by_phase(counted: dict[tuple[int, str], int]) -> dict[str, int]:
    phases: dict[str, int] = {}
    for (_, phase), number in counted.items():
        phases[phase] = phases.get(phase, 0) + number
    return phases


def longest_wait_since(connection: sqlite3.Connection, queue: str, sets: RememberedSets | None) -> int | None:
    """Return since when the job waits that waits longest of those in line.

    Jobs are looked at in the order of their submission. None waits longer than since then, so once one has waited since
    before the next was submitted, it is the one. Where most were in line only long after that, so many are looked at.
    """
    oldest: list[int] = []
    for (partition,) in connection.execute("SELECT partition FROM cursors").fetchall():
        waiting = select(connection, sets, JobFilter(queue=(queue,), phase=("ready", "held")), Shut(), partition)
        numbers = islice(waiting.numbers("ASC"), _LOOKED_AT_MAX)
        at_once, found = 1, 2**62
        while some := list(islice(numbers, at_once)):
            show(connection, some)
            rows = connection.execute(
                "SELECT submitted_at_ms, ready_at_ms FROM json_each(?) JOIN jobs ON n = value", (as_json(some),)
            ).fetchall()
            found = min(found, *(ready_at_ms for _, ready_at_ms in rows))
            if max(submitted_at_ms for submitted_at_ms, _ in rows) >= found:
                break
            at_once = min(at_once * 4, _AT_ONCE_MAX)
        if found < 2**62:
            oldest.append(found)
    return min(oldest, default=None)


def live_workers(connection: sqlite3.Connection) -> list[tuple[frozenset[str], frozenset[str]]]:
    """Return the queues and types of every worker that claims."""
    rows = connection.execute("SELECT queues, types FROM fleet WHERE state = 'joined'")
    return [(names_in(queues_), names_in(types_)) for queues_, types_ in rows]


def names_in(text: str) -> frozenset[str]:
    """Return the queues or types of a worker."""
    return frozenset(msgspec.json.decode(text, type=list[str]))


def explain_job(connection: sqlite3.Connection, job: JobRow, now_ms: int) -> Explanation:
    """Say why a job is where it is."""
    closed = shut(connection)
    in_line = job.phase == "ready"
    recent = recent_by(connection, now_ms, "queue").get(job.queue) if in_line else None
    served = live_workers(connection) if in_line else []
    unfinished, unheard = awaited_parents(connection, job) if job.phase == "blocked" else ((), ())
    return explain(
        Facts(
            phase=phase_of(job, closed),
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
            queue_paused=job.queue in closed.queues,
            circuit=circuit_of(connection, job.type, lives_in(job.id)) if in_line else None,
            workers_for_type=sum(
                bool(names & {job.queue, EVERY_QUEUE}) and job.type in known for names, known in served
            ),
            position=_position(connection, job) if in_line else None,
            rate_out_per_s=0.0 if recent is None else recent.per_s(recent.sum.started, now_ms),
        )
    )


def _position(connection: sqlite3.Connection, job: JobRow) -> int | None:
    """Count the jobs ahead of one in its queue, whatever their type; None where there are too many."""
    if picture_of(connection) is not None:
        line = select(connection, None, JobFilter(queue=(job.queue,), phase=("ready", "held")), Shut())
        if line.count()[0] > POSITION_MAX:
            return None
        show(connection, line.numbers("ASC"))
    ahead = connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM jobs WHERE phase = 'ready' AND queue = ?1 AND placed > ?2 LIMIT ?5)"
        " UNION ALL SELECT count(*) FROM (SELECT 1 FROM jobs WHERE phase = 'ready' AND queue = ?1 AND placed = ?2"
        " AND (line, n) < (?3, ?4) LIMIT ?5)",
        (job.queue, job.placed, job.line, job.n, POSITION_MAX),
    ).fetchall()
    position = 1 + sum(number for (number,) in ahead)
    return position if position <= POSITION_MAX else None
