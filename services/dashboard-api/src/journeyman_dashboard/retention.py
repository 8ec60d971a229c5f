"""Deletes from the read model what is too old, in steps short enough to go between two batches.

A pass walks the jobs from the oldest on and deletes those that ended before the cut, with everything that is
said of them; an entry of the log goes with the last job that has an event in it. The time series of a moment that can
still be asked for is kept, and what the sets were like then; workers that are gone go after a day, and with them what
they said of types of which there are no jobs.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable

from journeyman_dashboard.checkpoints import forget_before
from journeyman_dashboard.places import entry_of, read_places
from journeyman_dashboard.postings import SetChanges, sets_of
from journeyman_dashboard.projection import CounterKey
from journeyman_dashboard.queries.filters import EVERYTHING, first_n_since
from journeyman_dashboard.queries.values import as_json
from journeyman_dashboard.rows import JOB_COLUMNS, JobRow
from journeyman_dashboard.store import change_sets, count

#: Jobs looked at in one step: a few milliseconds.
STEP_JOBS = 500
SERIES_KEPT_MS = 6 * 3_600_000
GONE_WORKERS_KEPT_MS = 86_400_000
_STEP_ENTRIES = 2_000

#: What was told of types of which there are no jobs, and that none of the workers knew that are not forgotten.
_DELETE_DESCRIBED = (
    "DELETE FROM described WHERE type NOT IN (SELECT type FROM counters) "
    "AND type NOT IN (SELECT value FROM workers, json_each(types))"
)

_OF_A_JOB = (
    "DELETE FROM attempts WHERE n = ?",
    "DELETE FROM places WHERE n = ?",
    "DELETE FROM dependencies WHERE child = ?",
    "DELETE FROM jobs WHERE n = ?",
)


def delete_step(connection: sqlite3.Connection, after_n: int, cut_ms: int) -> int:
    """Look at the jobs that come after number `after_n` and delete those that ended before `cut_ms`.

    Returns the number to go on after; 0 where the pass is over. Part of a transaction.
    """
    rows = connection.execute(
        "SELECT n, finished_at_ms FROM jobs WHERE n > ? ORDER BY n LIMIT ?", (after_n, STEP_JOBS)
    ).fetchall()
    old = [n for n, finished_at_ms in rows if 0 < finished_at_ms < cut_ms]
    over = len(rows) < STEP_JOBS or rows[-1][0] >= _end(connection, cut_ms)
    if old:
        connection.execute("UPDATE numbering SET forgotten_ms = max(forgotten_ms, ?)", (cut_ms,))
        _delete_jobs(connection, old)
    return 0 if over else int(rows[-1][0])


def _end(connection: sqlite3.Connection, cut_ms: int) -> int:
    """Return the number before which all jobs are that were submitted before a time, of all partitions."""
    partitions = connection.execute("SELECT partition FROM cursors").fetchall()
    return max((_end_of(connection, partition, cut_ms) for (partition,) in partitions), default=0)


def _end_of(connection: sqlite3.Connection, partition: int, cut_ms: int) -> int:
    end = first_n_since(connection, partition, cut_ms)
    if end < EVERYTHING[1]:
        return end
    silent_since = connection.execute(
        "SELECT e FROM entries WHERE partition = ? ORDER BY ms DESC, seq DESC, e DESC LIMIT 1", (partition,)
    ).fetchone()
    if silent_since is None:
        return 0
    found = connection.execute("SELECT first_n FROM entries WHERE e > ? ORDER BY e LIMIT 1", silent_since).fetchone()
    return end if found is None else int(found[0])


def _delete_jobs(connection: sqlite3.Connection, numbers: list[int]) -> None:
    columns = ", ".join(f"jobs.{name}" for name in JOB_COLUMNS)
    found = connection.execute(
        f"SELECT {columns} FROM json_each(?) JOIN jobs ON n = value",  # noqa: S608 - constants
        (as_json(numbers),),
    )
    counters: Counter[CounterKey] = Counter()
    entries: Counter[int] = Counter()
    sets: dict[tuple[str, str], list[int]] = {}
    for row in (JobRow(*columns) for columns in found):
        counters[row.queue, row.type, row.priority, row.phase] -= 1
        entries.update(_entries_of(connection, row))
        for name in sets_of(row):
            sets.setdefault(name, []).append(row.n)
    for statement in _OF_A_JOB:
        connection.executemany(statement, ((n,) for n in numbers))
    count(connection, counters)
    changes = SetChanges()
    for name, lost in sets.items():
        changes.lose(lost, [name])
    change_sets(connection, changes)
    _leave_entries(connection, entries)


def _entries_of(connection: sqlite3.Connection, row: JobRow) -> set[int]:
    """Return the entries that have events of a job."""
    earlier = connection.execute("SELECT places FROM places WHERE n = ?", (row.n,)).fetchall()
    return {entry_of(place) for data in (row.places, *(data for (data,) in earlier)) for place in read_places(data)}


def _leave_entries(connection: sqlite3.Connection, entries: Counter[int]) -> None:
    """Take so many jobs from each of these entries, and delete those that have none left."""
    connection.executemany(
        "UPDATE entries SET jobs = jobs - ? WHERE e = ?", ((jobs, entry) for entry, jobs in entries.items())
    )
    found = connection.execute(
        "SELECT e FROM json_each(?) JOIN entries ON e = value WHERE jobs <= 0", (as_json(entries),)
    )
    _delete_entries(connection, [entry for (entry,) in found.fetchall()])


def _delete_entries(connection: sqlite3.Connection, entries: Iterable[int]) -> None:
    given = [(entry,) for entry in entries]
    connection.executemany("DELETE FROM commits WHERE e = ?", given)
    connection.executemany("DELETE FROM entries WHERE e = ?", given)


def delete_small(connection: sqlite3.Connection, now_ms: int, cut_ms: int) -> None:
    """Delete old points of the time series, workers long gone, old entries of no job. Part of a transaction."""
    connection.execute("DELETE FROM rollups WHERE bucket_ms < ?", (min(cut_ms, now_ms) - SERIES_KEPT_MS,))
    connection.execute("DELETE FROM rollups_history WHERE bucket_ms < ?", (min(cut_ms, now_ms) - SERIES_KEPT_MS,))
    (forgotten_ms,) = connection.execute("SELECT forgotten_ms FROM numbering").fetchone()
    forget_before(connection, forgotten_ms, _STEP_ENTRIES)
    connection.execute(
        "DELETE FROM workers WHERE state IN ('left', 'lost') AND changed_at_ms < ?", (now_ms - GONE_WORKERS_KEPT_MS,)
    )
    connection.execute(_DELETE_DESCRIBED)
    connection.execute("DELETE FROM scaling WHERE ms < ?", (cut_ms,))
    found = connection.execute(
        "SELECT e FROM entries WHERE jobs = 0 AND ms < ? ORDER BY ms LIMIT ?", (cut_ms, _STEP_ENTRIES)
    )
    _delete_entries(connection, [entry for (entry,) in found.fetchall()])
