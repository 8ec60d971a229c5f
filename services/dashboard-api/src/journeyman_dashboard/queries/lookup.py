"""Rows of jobs by number or id, and what other tables say of them, many at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from journeyman_dashboard.rows import JOB_COLUMNS, JobRow
from journeyman_dashboard.views import Around

#: Dependents listed with a job; all of them are in its graph.
DEPENDENTS_MAX = 1_000

_COLUMNS = ", ".join(f"jobs.{name}" for name in JOB_COLUMNS)
_BY_N = f"SELECT {_COLUMNS} FROM json_each(?) JOIN jobs ON jobs.n = value"  # noqa: S608 - constants
_BY_ID = f"SELECT {_COLUMNS} FROM json_each(?) JOIN jobs ON jobs.id = value"  # noqa: S608


def as_json(values: Iterable[Any]) -> str:
    """Write values as the one parameter of a statement that reads them with json_each."""
    return msgspec.json.encode(list(values)).decode()


def paused_queues(connection: sqlite3.Connection) -> frozenset[str]:
    """Return the names of the queues that are paused."""
    return frozenset(name for (name,) in connection.execute("SELECT name FROM queues WHERE paused"))


def jobs_by_n(connection: sqlite3.Connection, numbers: Sequence[int]) -> list[JobRow]:
    """Return the rows of these jobs, in this order."""
    rows = {row[0]: JobRow(*row) for row in connection.execute(_BY_N, (as_json(numbers),))}
    return [rows[n] for n in numbers if n in rows]


def jobs_by_id(connection: sqlite3.Connection, ids: Iterable[str]) -> dict[str, JobRow]:
    """Return the rows of those of these jobs that are known."""
    return {row[1]: JobRow(*row) for row in connection.execute(_BY_ID, (as_json(ids),))}


def job_by_id(connection: sqlite3.Connection, job_id: str) -> JobRow | None:
    """Return the row of a job, None where it is not known."""
    return jobs_by_id(connection, [job_id]).get(job_id)


def around(connection: sqlite3.Connection, rows: Sequence[JobRow]) -> dict[int, Around]:
    """Return, by the jobs' numbers, what other tables say of these jobs."""
    found = {row.n: Around() for row in rows}
    by_id = {row.id: found[row.n] for row in rows}
    numbers = as_json(found)
    for n, value, blob in _of(connection, "payloads", numbers):
        found[n].payload = (value, blob)
    for n, value, blob in _of(connection, "results", numbers):
        found[n].result = (value, blob)
    several = as_json(row.n for row in rows if row.attempt > 1)
    for attempt in connection.execute("SELECT attempts.* FROM json_each(?) JOIN attempts ON n = value", (several,)):
        found[attempt[0]].attempts.append(attempt)
    with_parents = as_json(row.n for row in rows if row.parents)
    for child, parent in connection.execute(
        "SELECT child, d.parent FROM json_each(?) JOIN dependencies d ON child = value ORDER BY child, position",
        (with_parents,),
    ):
        found[child].parents.append(parent)
    for parent, child_id in connection.execute(
        "SELECT d.parent, jobs.id FROM json_each(?) CROSS JOIN dependencies d ON d.parent = value "
        "JOIN jobs ON jobs.n = child ORDER BY d.parent, child LIMIT ?",
        (as_json(by_id), DEPENDENTS_MAX * len(rows)),
    ):
        children = by_id[parent].children
        if len(children) < DEPENDENTS_MAX:
            children.append(child_id)
    return found


def _of(connection: sqlite3.Connection, table: str, numbers: str) -> sqlite3.Cursor:
    statement = f"SELECT n, {table}.value, blob FROM json_each(?) AS given JOIN {table} ON n = given.value"  # noqa: S608
    return connection.execute(statement, (numbers,))
