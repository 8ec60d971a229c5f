"""Deletes from the read model what is too old, in steps short enough to go between two batches.

A pass walks the jobs from the oldest on and deletes those that ended before the cut, with everything that is
said of them. The time series go after `SERIES_KEPT_MS`, workers that are gone after a day.
"""

from __future__ import annotations

import sqlite3

import msgspec

from journeyman_dashboard.projection import CounterKey
from journeyman_dashboard.store import count

#: Jobs looked at in one step: a few milliseconds.
STEP_JOBS = 500
SERIES_KEPT_MS = 6 * 3_600_000
GONE_WORKERS_KEPT_MS = 86_400_000
_STEP_EVENTS = 2_000

_OF_A_JOB = (
    "DELETE FROM events WHERE n = ?",
    "DELETE FROM attempts WHERE n = ?",
    "DELETE FROM payloads WHERE n = ?",
    "DELETE FROM results WHERE n = ?",
    "DELETE FROM dependencies WHERE child = ?",
    "DELETE FROM jobs WHERE n = ?",
)


def delete_step(connection: sqlite3.Connection, after_n: int, cut_ms: int) -> int:
    """Look at the jobs that come after number `after_n` and delete those that ended before `cut_ms`.

    Returns the number to go on after; 0 where the pass is over. Part of a transaction.
    """
    rows = connection.execute(
        "SELECT n, queue, type, priority, phase, tags, submitted_at_ms, finished_at_ms "
        "FROM jobs WHERE n > ? ORDER BY n LIMIT ?",
        (after_n, STEP_JOBS),
    ).fetchall()
    counters: dict[CounterKey, int] = {}
    old: list[tuple[int]] = []
    for n, queue, kind, priority, phase, tags, _, finished_at_ms in rows:
        if not 0 < finished_at_ms < cut_ms:
            continue
        old.append((n,))
        key = (queue, kind, priority, phase)
        counters[key] = counters.get(key, 0) - 1
        for name, value in (msgspec.json.decode(tags) if tags else {}).items():
            connection.execute("DELETE FROM tags WHERE key = ? AND value = ? AND n = ?", (name, value, n))
    for statement in _OF_A_JOB:
        connection.executemany(statement, old)
    count(connection, counters)
    over = len(rows) < STEP_JOBS or rows[-1][6] >= cut_ms
    return 0 if over else int(rows[-1][0])


def delete_small(connection: sqlite3.Connection, now_ms: int, cut_ms: int) -> None:
    """Delete old points of the time series, workers long gone, old events of no job. Part of a transaction."""
    connection.execute("DELETE FROM rollups WHERE bucket_ms < ?", (now_ms - SERIES_KEPT_MS,))
    connection.execute(
        "DELETE FROM workers WHERE state IN ('left', 'lost') AND changed_at_ms < ?", (now_ms - GONE_WORKERS_KEPT_MS,)
    )
    connection.execute("DELETE FROM scaling WHERE ms < ?", (cut_ms,))
    connection.execute(
        "DELETE FROM events WHERE (ms, seq, idx) IN "
        "(SELECT ms, seq, idx FROM events WHERE ms < ? AND n IS NULL ORDER BY ms, seq, idx LIMIT ?)",
        (cut_ms, _STEP_EVENTS),
    )
