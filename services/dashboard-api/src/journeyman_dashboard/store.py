"""Reads from the database what a batch needs to know, and writes what it changes: one transaction a batch.

Decides nothing: what changes is `projection.fold`'s to say. A batch and the cursor behind it are stored
together, so a crash at any point repeats or loses nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import msgspec

from journeyman.events import Entry, Offset
from journeyman_dashboard import histogram
from journeyman_dashboard.projection import Changes, CounterKey, fold, job_ids
from journeyman_dashboard.rows import CHANGING_COLUMNS, FIXED_COLUMNS, JOB_COLUMNS, JobRow, Rollup, RollupKey

_json = msgspec.json.Encoder().encode
_tuple = msgspec.structs.astuple
_CHANGING_AT = len(FIXED_COLUMNS)


def _insert(table: str, columns: int, verb: str = "INSERT") -> str:
    return f"{verb} INTO {table} VALUES ({', '.join('?' * columns)})"


_SELECT_JOBS = f"SELECT {', '.join(JOB_COLUMNS)} FROM jobs WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608 - constants
_INSERT_JOB = _insert("jobs", len(JOB_COLUMNS))
_UPDATE_JOB = f"UPDATE jobs SET {', '.join(f'{name} = ?' for name in CHANGING_COLUMNS)} WHERE n = ?"  # noqa: S608
_COUNT = (
    "INSERT INTO counters VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (queue, type, priority, phase) DO UPDATE SET count = count + excluded.count"
)
_UNCOUNT = "DELETE FROM counters WHERE queue = ? AND type = ? AND priority = ? AND phase = ? AND count = 0"
_WORKER_STATE = "UPDATE workers SET state = ?, reason = ?, changed_at_ms = ? WHERE id = ?"
_SELECT_ROLLUP = (
    "SELECT submitted, started, completed, failed, cancelled, waits, runs FROM rollups "
    "WHERE bucket_ms = ? AND queue = ? AND type = ?"
)
_WORKER_COLUMNS = 11


class Cursor(NamedTuple):
    """How far the read model is: the last event projected, by what its log is recognised, its counts."""

    offset: Offset
    anchor: Offset | None
    anchor_digest: str
    next_n: int
    events: int


def read_cursor(connection: sqlite3.Connection) -> Cursor:
    """Return how far the read model is."""
    ms, seq, idx, anchor, digest, next_n, events = connection.execute(
        "SELECT ms, seq, idx, anchor, anchor_digest, next_n, events FROM cursor"
    ).fetchone()
    return Cursor(Offset(ms, seq, idx), Offset.parse(anchor) if anchor else None, digest, next_n, events)


def write_cursor(connection: sqlite3.Connection, cursor: Cursor) -> None:
    """Store how far the read model is; part of a batch's transaction."""
    anchor = "" if cursor.anchor is None else str(cursor.anchor)
    connection.execute(
        "UPDATE cursor SET ms = ?, seq = ?, idx = ?, anchor = ?, anchor_digest = ?, next_n = ?, events = ?",
        (*cursor.offset, anchor, cursor.anchor_digest, cursor.next_n, cursor.events),
    )


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run a block in one transaction, undone where it raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def project(connection: sqlite3.Connection, entries: Sequence[Entry], next_n: int) -> Changes:
    """Fold entries onto the database; part of a batch's transaction."""
    ids = job_ids(entries)
    known = _load(connection, ids) if ids else {}
    changes = fold(entries, known, next_n)
    write(connection, changes)
    return changes


def _load(connection: sqlite3.Connection, ids: set[str]) -> dict[str, JobRow]:
    found = connection.execute(_SELECT_JOBS, (_json(list(ids)).decode(),))
    rows = (JobRow(*columns) for columns in found)
    return {row.id: row for row in rows}


def write(connection: sqlite3.Connection, changes: Changes) -> None:
    """Write what a batch changes."""
    many = connection.executemany
    if changes.new:
        many(_INSERT_JOB, map(_tuple, changes.new))
    if changes.known:
        many(_UPDATE_JOB, ((*_tuple(row)[_CHANGING_AT:], row.n) for row in changes.known))
    many(_insert("events", 6), changes.events)
    for table, rows in (
        ("payloads", changes.payloads),
        ("results", changes.results),
        ("dependencies", changes.dependencies),
        ("tags", changes.tags),
    ):
        if rows:
            many(_insert(table, 3), rows)
    if changes.attempts:
        many(_insert("attempts", 8, "REPLACE"), changes.attempts)
    if changes.scaling:
        many(_insert("scaling", 10), changes.scaling)
    if changes.quarantine:
        many(_insert("quarantine", 4, "REPLACE"), changes.quarantine)
    if changes.queues:
        many(_insert("queues", 3, "REPLACE"), ((name, *row) for name, row in changes.queues.items()))
    for row in changes.workers:
        connection.execute(_insert("workers", 11, "REPLACE") if len(row) == _WORKER_COLUMNS else _WORKER_STATE, row)
    count(connection, changes.counters())
    _roll_up(connection, changes.rollups)


def count(connection: sqlite3.Connection, counters: Mapping[CounterKey, int]) -> None:
    """Add to the numbers of jobs, and forget those that became 0."""
    connection.executemany(_COUNT, ((*key, number) for key, number in counters.items()))
    connection.executemany(_UNCOUNT, (key for key, number in counters.items() if number < 0))


def _roll_up(connection: sqlite3.Connection, rollups: Mapping[RollupKey, Rollup]) -> None:
    rows = []
    for key, rollup in (*rollups.items(), *_overall(rollups).items()):
        found = connection.execute(_SELECT_ROLLUP, key).fetchone()
        if found is not None:
            rollup.add(read_rollup(found))
        counts = (rollup.submitted, rollup.started, rollup.completed, rollup.failed, rollup.cancelled)
        rows.append((*key, *counts, histogram.to_bytes(rollup.waits), histogram.to_bytes(rollup.runs)))
    connection.executemany(_insert("rollups", 10, "REPLACE"), rows)


def _overall(rollups: Mapping[RollupKey, Rollup]) -> dict[RollupKey, Rollup]:
    """Return the sum of a bucket's rollups, for each bucket, as that of no queue and no type."""
    sums: dict[RollupKey, Rollup] = {}
    for (bucket_ms, _, _), rollup in rollups.items():
        sums.setdefault((bucket_ms, "", ""), Rollup()).add(rollup)
    return sums


def read_rollup(columns: Sequence[Any]) -> Rollup:
    """Return a rollup from its columns: five counts and two histograms."""
    submitted, started, completed, failed, cancelled, waits, runs = columns
    return Rollup(
        submitted, started, completed, failed, cancelled, histogram.from_bytes(waits), histogram.from_bytes(runs)
    )
