"""Dead letters: jobs that failed for good, and how they group by the cause of their error."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

import msgspec

from journeyman_dashboard.params import PageCursor, write_cursor, write_time
from journeyman_dashboard.queries.lookup import around, jobs_by_n
from journeyman_dashboard.queries.selection import show_phases
from journeyman_dashboard.queries.values import as_json
from journeyman_dashboard.views import JobView, Shut, error_view, job_view

#: The latest dead letters, among which groups are counted.
GROUPED_MAX = 10_000
GROUPS_MAX = 200


#: How long the series of groups may be, and into how many steps each is cut.
_SPANS_MS = (3_600_000, 6 * 3_600_000, 24 * 3_600_000, 7 * 24 * 3_600_000, 28 * 24 * 3_600_000, 364 * 24 * 3_600_000)
_STEPS = 48


class Group(msgspec.Struct):
    """Dead letters whose errors have the same fingerprint; the message is that of the last.

    `series`: how many failed for good in each step of the list's series.
    """

    fingerprint: str
    error_type: str
    message: str
    count: int
    types: list[str]
    queues: list[str]
    first_at: str | None
    last_at: str | None
    series: list[int]


class DeadLetters(msgspec.Struct):
    """A page of dead letters, the latest submitted first, and the groups of all that match.

    The groups' series begin at `since` and go on in 48 steps of `step_ms` until now: an hour, six, a day,
    a week, four weeks, or a year, as the first of the letters asks for. The first step has
    those too that failed before it. `since` is null where there are none.
    """

    items: list[JobView]
    next_cursor: str | None
    total: int
    groups: list[Group]
    groups_are_exact: bool
    since: str | None
    step_ms: int


class DeadFilter(msgspec.Struct, frozen=True):
    """Which dead letters: alternatives within a field, all fields together. Empty: any."""

    type: tuple[str, ...] = ()
    queue: tuple[str, ...] = ()
    fingerprint: tuple[str, ...] = ()


def dead_letters(
    connection: sqlite3.Connection, wanted: DeadFilter, *, now_ms: int, limit: int, cursor: PageCursor | None
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
    found = _groups(connection, where, values, now_ms)
    return DeadLetters(
        items=[job_view(row, said[row.n], Shut()) for row in rows],
        next_cursor=write_cursor(PageCursor("dead", 0, numbers[-1])) if more else None,
        total=found.total,
        groups=found.groups,
        groups_are_exact=found.total < GROUPED_MAX,
        since=write_time(found.since_ms) if found.total else None,
        step_ms=found.step_ms,
    )


class _Grouped(NamedTuple):
    groups: list[Group]
    total: int
    since_ms: int
    step_ms: int


def _groups(connection: sqlite3.Connection, where: str, values: list[object], now_ms: int) -> _Grouped:
    """Return the groups, the largest first, how many dead letters were looked at, and the steps of the series."""
    latest = (
        "SELECT n, fingerprint, error_type, type, queue, finished_at_ms FROM jobs "  # noqa: S608 - no input is spliced in
        f"WHERE {where} ORDER BY n DESC LIMIT ?"
    )
    statement = (
        "SELECT fingerprint, error_type, count(*) AS many, json_group_array(DISTINCT type), "  # noqa: S608
        "json_group_array(DISTINCT queue), min(finished_at_ms), max(finished_at_ms), max(n) AS latest "
        f"FROM ({latest}) GROUP BY fingerprint, error_type ORDER BY many DESC, latest DESC"
    )
    rows = connection.execute(statement, (*values, GROUPED_MAX)).fetchall()
    first_of_all = min((first_ms for *_, first_ms, _, _ in rows), default=now_ms)
    span_ms = next((span for span in _SPANS_MS if now_ms - first_of_all <= span), _SPANS_MS[-1])
    step_ms, since_ms = span_ms // _STEPS, now_ms - span_ms
    series: dict[tuple[str, str], list[int]] = {(row[0], row[1]): [0] * _STEPS for row in rows}
    steps = (
        "SELECT fingerprint, error_type, max(0, min(?, (finished_at_ms - ?) / ?)) AS step, count(*) "  # noqa: S608
        f"FROM ({latest}) GROUP BY fingerprint, error_type, step"
    )
    for fingerprint, error_type, step, count in connection.execute(
        steps, (_STEPS - 1, since_ms, step_ms, *values, GROUPED_MAX)
    ):
        series[fingerprint, error_type][step] = count
    last = {row.n: row for row in jobs_by_n(connection, [row[7] for row in rows[:GROUPS_MAX]])}
    groups = [
        Group(
            fingerprint,
            error_type,
            _message(last[n].error),
            count,
            _names(types),
            _names(queues),
            write_time(first_ms),
            write_time(last_ms),
            series[fingerprint, error_type],
        )
        for fingerprint, error_type, count, types, queues, first_ms, last_ms, n in rows[:GROUPS_MAX]
    ]
    return _Grouped(groups, sum(row[2] for row in rows), since_ms, step_ms)


def _message(error: str | None) -> str:
    view = error_view(error)
    return "" if view is None else view.message


def _names(found: str) -> list[str]:
    return sorted(msgspec.json.decode(found, type=list[str]))
