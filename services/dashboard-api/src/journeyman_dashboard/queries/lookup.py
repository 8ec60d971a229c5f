"""Rows of jobs by number or id, and what other tables say of them, many at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence

from journeyman.events import JobSubmitted, JobSucceeded
from journeyman_dashboard.past.shown import existed, show, show_ids
from journeyman_dashboard.queries.entries import events_at
from journeyman_dashboard.queries.values import as_json
from journeyman_dashboard.rows import JOB_COLUMNS, JobRow
from journeyman_dashboard.views import Around, Shut

#: Dependents listed with a job; all of them are in its graph.
DEPENDENTS_MAX = 1_000

_COLUMNS = ", ".join(f"jobs.{name}" for name in JOB_COLUMNS)
_BY_N = f"SELECT {_COLUMNS} FROM json_each(?) JOIN jobs ON jobs.n = value"  # noqa: S608 - constants
_BY_ID = f"SELECT {_COLUMNS} FROM json_each(?) JOIN jobs ON jobs.id = value"  # noqa: S608


def paused_queues(connection: sqlite3.Connection) -> frozenset[str]:
    """Return the names of the queues that are paused, in whichever partition."""
    return frozenset(name for (name,) in connection.execute("SELECT DISTINCT name FROM queues WHERE paused"))


def shut(connection: sqlite3.Connection) -> Shut:
    """Return what keeps jobs that are ready from being claimed."""
    types = connection.execute("SELECT DISTINCT type FROM breakers WHERE state <> 'closed'")
    return Shut(paused_queues(connection), frozenset(type_ for (type_,) in types))


def jobs_by_n(connection: sqlite3.Connection, numbers: Sequence[int]) -> list[JobRow]:
    """Return the rows of these jobs, in this order."""
    show(connection, numbers)
    rows = {row[0]: JobRow(*row) for row in connection.execute(_BY_N, (as_json(numbers),))}
    return [rows[n] for n in numbers if n in rows]


def jobs_by_id(connection: sqlite3.Connection, ids: Collection[str]) -> dict[str, JobRow]:
    """Return the rows of those of these jobs that are known."""
    show_ids(connection, ids)
    return {row[1]: JobRow(*row) for row in connection.execute(_BY_ID, (as_json(ids),))}


def job_by_id(connection: sqlite3.Connection, job_id: str) -> JobRow | None:
    """Return the row of a job, None where it is not known."""
    return jobs_by_id(connection, [job_id]).get(job_id)


def around(connection: sqlite3.Connection, rows: Sequence[JobRow]) -> dict[int, Around]:
    """Return, by the jobs' numbers, what other tables say of these jobs."""
    found = {row.n: Around() for row in rows}
    by_id = {row.id: found[row.n] for row in rows}
    events = events_at(connection, {place for row in rows for place in (row.submission, row.success) if place})
    for row in rows:
        submitted, succeeded = events.get(row.submission), events.get(row.success)
        if isinstance(submitted, JobSubmitted):
            found[row.n].payload, found[row.n].payload_blob = submitted.payload, submitted.payload_blob
        if isinstance(succeeded, JobSucceeded):
            found[row.n].result, found[row.n].result_blob = succeeded.result, succeeded.result_blob
    several = as_json(row.n for row in rows if row.attempt > 1)
    for attempt in connection.execute("SELECT attempts.* FROM json_each(?) JOIN attempts ON n = value", (several,)):
        found[attempt[0]].attempts.append(attempt)
    with_parents = as_json(row.n for row in rows if row.parents)
    for child, parent in connection.execute(
        "SELECT child, d.parent FROM json_each(?) JOIN dependencies d ON child = value ORDER BY child, position",
        (with_parents,),
    ):
        found[child].parents.append(parent)
    for parent, n, child_id in connection.execute(
        "SELECT d.parent, jobs.n, jobs.id FROM json_each(?) CROSS JOIN main.dependencies d ON d.parent = value "
        "JOIN main.jobs ON jobs.n = child ORDER BY d.parent, child LIMIT ?",
        (as_json(by_id), DEPENDENTS_MAX * len(rows)),
    ):
        children = by_id[parent].children
        if len(children) < DEPENDENTS_MAX and existed(connection, n, child_id):
            children.append(child_id)
    return found
