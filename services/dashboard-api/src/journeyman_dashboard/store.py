"""Reads from the database what a batch needs to know, and writes what it changes: one transaction a batch.

Decides nothing: what changes is `projection.fold`'s to say. A batch and the cursor behind it are stored
together, so a crash at any point repeats or loses nothing. Jobs that have not ended are remembered from batch to batch,
`OPEN_ROWS_MAX` of them, so that a job is not read back for each of its events; whoever undoes a transaction must
call `forget`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

from journeyman.events import BEGINNING, Entry, Offset
from journeyman_dashboard import bits, histogram
from journeyman_dashboard.checkpoints import Keeper
from journeyman_dashboard.noting import write_notes
from journeyman_dashboard.postings import SetChanges
from journeyman_dashboard.projection import Changes, CounterKey, Next, fold, spoken_of
from journeyman_dashboard.rows import (
    CHANGING_COLUMNS,
    ENDED_PHASES,
    FIXED_COLUMNS,
    JOB_COLUMNS,
    JobRow,
    Rollup,
    RollupKey,
)
from journeyman_dashboard.totals import Totals

#: What bounds the memory they take.
OPEN_ROWS_MAX = 20_000

_json = msgspec.json.Encoder().encode
_tuple = msgspec.structs.astuple
_number = attrgetter("n")
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
_GAIN = (
    "INSERT INTO postings VALUES (?, ?, ?, ?) "
    "ON CONFLICT (kind, name, chunk) DO UPDATE SET data = set_union(data, excluded.data)"
)
_LOSE = "UPDATE postings SET data = set_without(data, ?4) WHERE kind = ?1 AND name = ?2 AND chunk = ?3"
_LOST = "DELETE FROM postings WHERE kind = ? AND name = ? AND chunk = ? AND data = x''"
_HEARD = "UPDATE dependencies SET heard = 1 WHERE child = ? AND parent = ?"
_WORKER_STATE = "UPDATE workers SET state = ?, reason = ?, changed_at_ms = ? WHERE id = ? AND partition = ?"
#: What becomes of a breaker, by its new state. One that is half-open remembers why it was opened, and further probes
#: are no news. A person may close what was never open.
_BREAKERS = {
    "open": "REPLACE INTO breakers (state, reason, since_ms, until_ms, failures, calls, probes, type, partition) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "half_open": "UPDATE breakers SET state = ?1, since_ms = ?3, until_ms = 0, probes = ?7 "
    "WHERE type = ?8 AND partition = ?9 AND state = 'open'",
    "closed": "INSERT INTO breakers (state, reason, since_ms, until_ms, failures, calls, probes, type, partition) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (type, partition) "
    "DO UPDATE SET state = excluded.state, reason = excluded.reason, since_ms = excluded.since_ms, until_ms = 0",
}
_SELECT_ROLLUP = (
    "SELECT submitted, started, completed, failed, cancelled, waits, runs, born_e FROM rollups "
    "WHERE bucket_ms = ? AND queue = ? AND type = ?"
)
_WORKER_COLUMNS = 12


class Cursor(NamedTuple):
    """How far a partition's log has been read: the last event projected, by what it is recognised, how many events.

    restored_ms: when that log had last been brought back from an archive.
    """

    partition: int = 0
    offset: Offset = BEGINNING
    anchor: Offset | None = None
    anchor_digest: str = ""
    events: int = 0
    restored_ms: int = 0


def read_cursors(connection: sqlite3.Connection) -> dict[int, Cursor]:
    """Return how far every log has been read of which anything has been."""
    rows = connection.execute("SELECT partition, ms, seq, idx, anchor, anchor_digest, events, restored_ms FROM cursors")
    return {
        partition: Cursor(partition, Offset(ms, seq, idx), Offset.parse(anchor) if anchor else None, *rest)
        for partition, ms, seq, idx, anchor, *rest in rows
    }


def write_cursor(connection: sqlite3.Connection, cursor: Cursor) -> None:
    """Store how far a log has been read; part of a batch's transaction."""
    anchor = "" if cursor.anchor is None else str(cursor.anchor)
    row = (cursor.partition, *cursor.offset, anchor, cursor.anchor_digest, cursor.events, cursor.restored_ms)
    connection.execute(_insert("cursors", 8, "REPLACE"), row)


def read_following(connection: sqlite3.Connection) -> Next:
    """Return the numbers of the next new job and of the next entry."""
    return Next(*connection.execute("SELECT next_n, next_e FROM numbering").fetchone())


def write_following(connection: sqlite3.Connection, following: Next) -> None:
    """Store the numbers that come next; part of a batch's transaction."""
    connection.execute("UPDATE numbering SET next_n = ?, next_e = ?", following)


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


class Store:
    """Puts entries into the database behind a connection, which it prepares for that."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._open: dict[str, JobRow] = {}
        #: No job has a higher id: of those that a partition's entries have brought, and of all before.
        self._last_ids: dict[int, str] = {}
        self._last_id_before: str | None = None
        self._keeper = Keeper(connection)
        self._totals = Totals(connection)
        connection.create_function("set_union", 2, bits.union, deterministic=True)
        connection.create_function("set_without", 2, bits.without, deterministic=True)

    def forget(self) -> None:
        """Believe nothing but the database from here on."""
        self._open.clear()
        self._last_ids.clear()
        self._last_id_before = None
        self._keeper.forget()
        self._totals.forget()

    def project(self, entries: Sequence[Entry], following: Next, partition: int = 0) -> Changes:
        """Fold entries of a partition onto the database; part of a batch's transaction."""
        last_id = self._last_ids.get(partition) or self._last_of_all()
        changes = fold(entries, self._load(spoken_of(entries, last_id)), following, partition)
        self._totals.take(changes.rollups)
        write(self.connection, changes, self._keeper)
        self._remember(changes)
        if changes.new:
            self._last_ids[partition] = max(last_id, *(row.id for row in changes.new))
        return changes

    def end_batch(self, following: Next, cursor: Cursor) -> None:
        """Store what comes next and how far a log has been read; the end of a batch's transaction."""
        write_following(self.connection, following)
        write_cursor(self.connection, cursor)
        self._keeper.after(following)

    def _last_of_all(self) -> str:
        if self._last_id_before is None:
            (found,) = self.connection.execute("SELECT max(id) FROM jobs").fetchone()
            self._last_id_before = found or ""
        return self._last_id_before

    def _load(self, ids: set[str]) -> dict[str, JobRow]:
        known = {job_id: self._open[job_id] for job_id in ids & self._open.keys()}
        if missing := list(ids - known.keys()):
            for columns in self.connection.execute(_SELECT_JOBS, (_json(missing).decode(),)):
                known[columns[1]] = JobRow(*columns)
        return known

    def _remember(self, changes: Changes) -> None:
        """Keep the rows of jobs that go on, those heard of last the longest."""
        remembered = self._open
        for row in changes.known:
            remembered.pop(row.id, None)
        for rows in (changes.known, changes.new):
            for row in rows:
                if row.phase not in ENDED_PHASES:
                    remembered[row.id] = row
        for job_id in list(islice(remembered, max(len(remembered) - OPEN_ROWS_MAX, 0))):
            del remembered[job_id]


def write(connection: sqlite3.Connection, changes: Changes, keeper: Keeper) -> None:
    """Write what a batch changes."""
    many = connection.executemany
    if changes.new:
        many(_INSERT_JOB, map(_tuple, changes.new))
    if changes.known:
        in_order = sorted(changes.known, key=_number)
        many(_UPDATE_JOB, ((*_tuple(row)[_CHANGING_AT:], row.n) for row in in_order))
    for table, columns, rows in (
        ("entries", 6, changes.entries),
        ("commits", 2, changes.commits),
        ("places", 3, changes.places),
        ("dependencies", 4, changes.dependencies),
        ("scaling", 11, changes.scaling),
    ):
        if rows:
            many(_insert(table, columns), rows)
    if changes.heard:
        many(_HEARD, changes.heard)
    if changes.attempts:
        many(_insert("attempts", 8, "REPLACE"), changes.attempts)
    if changes.quarantine:
        many(_insert("quarantine", 5, "REPLACE"), changes.quarantine)
    write_small(connection, changes)
    change_sets(connection, changes.sets, keeper)
    roll_up(connection, changes.rollups, keeper)


def write_jobs(connection: sqlite3.Connection, rows: Iterable[JobRow], changes: Changes) -> None:
    """Write rows of jobs that are not there yet, and what was folded beside them of their attempts and dependencies."""
    many = connection.executemany
    many(_INSERT_JOB, map(_tuple, rows))
    many(_insert("dependencies", 4, "REPLACE"), changes.dependencies)
    many(_HEARD, changes.heard)
    many(_insert("attempts", 8, "REPLACE"), changes.attempts)


def write_small(connection: sqlite3.Connection, changes: Changes) -> None:
    """Write what a batch changes in the tables that are small."""
    many = connection.executemany
    if changes.queues:
        many(_insert("queues", 4, "REPLACE"), ((name, *row) for name, row in changes.queues.items()))
    for breaker in changes.breakers:
        connection.execute(_BREAKERS[breaker[0]], breaker)
    for row in changes.workers:
        connection.execute(
            _insert("workers", _WORKER_COLUMNS, "REPLACE") if len(row) == _WORKER_COLUMNS else _WORKER_STATE, row
        )
    if changes.described:
        many(_insert("described", 8, "REPLACE"), changes.described)
    write_notes(connection, changes.notes.groups)
    count(connection, changes.counters)


def change_sets(connection: sqlite3.Connection, sets: SetChanges, keeper: Keeper | None = None) -> None:
    """Let sets gain and lose numbers, and forget those that became empty. keeper: puts aside what they were."""
    gained, lost = sets.gained(), sets.lost()
    if not gained and not lost:
        return
    if keeper is not None:
        keeper.keep_sets(gained)
        keeper.keep_sets(lost)
    connection.executemany(_GAIN, gained)
    if lost:
        connection.executemany(_LOSE, lost)
        connection.executemany(_LOST, (row[:3] for row in lost))
    (revision,) = connection.execute("UPDATE numbering SET revision = revision + 1 RETURNING revision").fetchone()
    chunks = {row[2] for row in gained} | {row[2] for row in lost}
    connection.executemany(_insert("revisions", 2, "REPLACE"), ((chunk, revision) for chunk in chunks))


def count(connection: sqlite3.Connection, counters: Mapping[CounterKey, int]) -> None:
    """Add to the numbers of jobs, and forget those that became 0."""
    connection.executemany(_COUNT, ((*key, number) for key, number in counters.items() if number))
    connection.executemany(_UNCOUNT, (key for key, number in counters.items() if number < 0))


def roll_up(connection: sqlite3.Connection, rollups: Mapping[RollupKey, Rollup], keeper: Keeper | None = None) -> None:
    """Add to the rollups. keeper: puts aside what they were."""
    rows, changing = [], []
    for key, rollup in (*rollups.items(), *_overall(rollups).items()):
        found = connection.execute(_SELECT_ROLLUP, key).fetchone()
        if found is not None:
            before = read_rollup(found)
            rollup.add(before)
            rollup.born_e = before.born_e
            changing.append((key, before.born_e))
        rows.append((*key, *rollup_columns(rollup)))
    if keeper is not None:
        keeper.keep_rollups(changing)
    connection.executemany(_insert("rollups", 11, "REPLACE"), rows)


def _overall(rollups: Mapping[RollupKey, Rollup]) -> dict[RollupKey, Rollup]:
    """Return the sum of a bucket's rollups, for each bucket, as that of no queue and no type."""
    sums: dict[RollupKey, Rollup] = {}
    for (bucket_ms, _, _), rollup in rollups.items():
        whole = sums.setdefault((bucket_ms, "", ""), Rollup(born_e=rollup.born_e))
        whole.add(rollup)
        whole.born_e = min(whole.born_e, rollup.born_e)
    return sums


def rollup_columns(rollup: Rollup) -> tuple[Any, ...]:
    """Return what `read_rollup` reads."""
    counts = (rollup.submitted, rollup.started, rollup.completed, rollup.failed, rollup.cancelled)
    return (*counts, histogram.to_bytes(rollup.waits), histogram.to_bytes(rollup.runs), rollup.born_e)


def read_rollup(columns: Sequence[Any]) -> Rollup:
    """Return a rollup from its columns: five counts, two histograms, the entry that began it."""
    submitted, started, completed, failed, cancelled, waits, runs, born_e = columns
    counts = (submitted, started, completed, failed, cancelled)
    return Rollup(*counts, waits=histogram.from_bytes(waits), runs=histogram.from_bytes(runs), born_e=born_e)
