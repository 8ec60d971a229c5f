"""Dead letters: jobs that failed for good, and how they group by the cause of their error."""

from __future__ import annotations

import sqlite3

import msgspec

from journeyman_dashboard.params import PageCursor, write_cursor, write_time
from journeyman_dashboard.queries.lookup import around, jobs_by_n
from journeyman_dashboard.queries.selection import show_phases
from journeyman_dashboard.queries.values import as_json
from journeyman_dashboard.views import JobView, Shut, error_view, job_view

#: The latest dead letters, among which groups are counted.
GROUPED_MAX = 10_000
GROUPS_MAX = 200


class Group(msgspec.Struct):
    """Dead letters whose errors have the same fingerprint; the message is that of the last."""

    fingerprint: str
    error_type: str
    message: str
    count: int
    types: list[str]
    first_at: str | None
    last_at: str | None


class DeadLetters(msgspec.Struct):
    """A page of dead letters, the latest submitted first, and the groups of all that match."""

    items: list[JobView]
    next_cursor: str | None
    total: int
    groups: list[Group]
    groups_are_exact: bool


class DeadFilter(msgspec.Struct, frozen=True):
    """Which dead letters: alternatives within a field, all fields together. Empty: any."""

    type: tuple[str, ...] = ()
    queue: tuple[str, ...] = ()
    fingerprint: tuple[str, ...] = ()


def dead_letters(
    connection: sqlite3.Connection, wanted: DeadFilter, *, limit: int, cursor: PageCursor | None
) -> DeadLetters:
    """Return the page behind `cursor` and the groups."""
    show_phases(connection, ("dead",), GROUPED_MAX)
    where, values = "phase = 'dead'", list[object]()
    for column, names in (("type", wanted.type), ("queue", wanted.queue), ("fingerprint", wanted.fingerprint)):
        if names:
            where += f" AND {column} IN (SELECT value FROM json_each(?))"  # noqa: S608 - constants
            values.append(as_json(names))
    behind = cursor.n if cursor is not None else 2**62
    numbers = [
        n
        for (n,) in connection.execute(
            f"SELECT n FROM jobs WHERE {where} AND n < ? ORDER BY n DESC LIMIT ?",  # noqa: S608 - no input is spliced in
            (*values, behind, limit + 1),
        )
    ]
    more, numbers = len(numbers) > limit, numbers[:limit]
    rows = jobs_by_n(connection, numbers)
    said = around(connection, rows)
    groups, total = _groups(connection, where, values)
    return DeadLetters(
        items=[job_view(row, said[row.n], Shut()) for row in rows],
        next_cursor=write_cursor(PageCursor("dead", 0, numbers[-1])) if more else None,
        total=total,
        groups=groups,
        groups_are_exact=total < GROUPED_MAX,
    )


def _groups(connection: sqlite3.Connection, where: str, values: list[object]) -> tuple[list[Group], int]:
    """Return the groups, the largest first, and how many dead letters were looked at."""
    latest = f"SELECT n, fingerprint, error_type, type, finished_at_ms FROM jobs WHERE {where} ORDER BY n DESC LIMIT ?"  # noqa: S608
    statement = (
        "SELECT fingerprint, error_type, count(*) AS many, json_group_array(DISTINCT type), min(finished_at_ms), "  # noqa: S608
        f"max(finished_at_ms), max(n) AS latest FROM ({latest}) GROUP BY fingerprint, error_type "
        "ORDER BY many DESC, latest DESC"
    )
    rows = connection.execute(statement, (*values, GROUPED_MAX)).fetchall()
    last = {row.n: row for row in jobs_by_n(connection, [row[6] for row in rows[:GROUPS_MAX]])}
    groups = []
    for fingerprint, error_type, count, types, first_ms, last_ms, n in rows[:GROUPS_MAX]:
        error = error_view(last[n].error)
        message = error.message if error is not None else ""
        names = sorted(msgspec.json.decode(types, type=list[str]))
        groups.append(Group(fingerprint, error_type, message, count, names, write_time(first_ms), write_time(last_ms)))
    return groups, sum(row[2] for row in rows)
