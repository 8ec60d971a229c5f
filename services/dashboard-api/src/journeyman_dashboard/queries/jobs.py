"""The list of jobs: filters, orders, pages, totals.

Pages are found by key, never by counting over what went before; see `walking` for how filters are answered.
Searching (`q`) reads payloads and errors, so it is as slow as there are jobs, and is stopped where it takes too long.
So is the order by duration, which reads every job that the filters leave.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice

import msgspec

from journeyman_dashboard.params import PageCursor, write_cursor
from journeyman_dashboard.queries.filters import (
    JobFilter,
    between,
    both,
    grouped,
    searched,
    tagged,
    worked_on,
)
from journeyman_dashboard.queries.lookup import around, jobs_by_n, paused_queues
from journeyman_dashboard.queries.walking import Group, Walk, count_source, groups_of, numbers, plan
from journeyman_dashboard.views import JobView, job_view

#: Jobs counted one by one, and jobs looked at to count them; beyond, the total is "at least".
COUNT_MAX = 10_000
LOOKED_AT_MAX = 1_000

#: Name of an order -> (column, direction).
SORTS = {
    "submitted_at": ("n", "ASC"),
    "-submitted_at": ("n", "DESC"),
    "priority": ("priority", "ASC"),
    "-priority": ("priority", "DESC"),
    "duration": ("duration_ms", "ASC"),
    "-duration": ("duration_ms", "DESC"),
}

#: Numbers from the first on, and before the second.
Span = tuple[int, int]


class JobPage(msgspec.Struct):
    """One page of jobs. `total` counts all pages; where it is not exact it is a lower bound."""

    items: list[JobView]
    next_cursor: str | None
    total: int
    total_is_exact: bool


def find_jobs(
    connection: sqlite3.Connection, wanted: JobFilter, *, sort: str, limit: int, cursor: PageCursor | None
) -> JobPage:
    """Return the page of `limit` jobs behind `cursor` in the order `sort` (see SORTS)."""
    paused = paused_queues(connection)
    groups = groups_of(connection, wanted, paused)
    span = between(connection, wanted)
    column, direction = SORTS[sort]
    if column == "n":
        found = _by_number(connection, plan(connection, wanted, groups, paused), span, direction, cursor)
    elif column == "priority":
        found = _by_priority(connection, wanted, groups, paused, span, direction, cursor)
    else:
        found = _by_duration(connection, wanted, paused, span, direction, cursor)
    keys = list(islice(found, limit + 1))
    more = len(keys) > limit
    keys = keys[:limit]
    rows = jobs_by_n(connection, [n for _, n in keys])
    said = around(connection, rows)
    total, exact = _total(connection, wanted, groups, paused, span)
    return JobPage(
        items=[job_view(row, said[row.n], paused) for row in rows],
        next_cursor=write_cursor(PageCursor(sort, *keys[-1])) if more else None,
        total=total,
        total_is_exact=exact,
    )


# --- orders: each yields (key, number) -------------------------------------------------------------------


def _by_number(
    connection: sqlite3.Connection, walk: Walk, span: Span, direction: str, cursor: PageCursor | None
) -> Iterator[tuple[int, int]]:
    if cursor is not None:
        span = _behind(span, direction, cursor.n)
    return ((n, n) for n in numbers(connection, walk, span, direction))


def _by_priority(
    connection: sqlite3.Connection,
    wanted: JobFilter,
    groups: Sequence[Group],
    paused: Iterable[str],
    span: Span,
    direction: str,
    cursor: PageCursor | None,
) -> Iterator[tuple[int, int]]:
    """Walk the groups of one priority after those of another."""
    sign = -1 if direction == "DESC" else 1
    ordered = sorted(groups, key=lambda group: sign * group.priority)
    for priority, level in groupby(ordered, key=lambda group: group.priority):
        if cursor is not None and sign * priority < sign * cursor.key:
            continue
        left = _behind(span, direction, cursor.n) if cursor is not None and priority == cursor.key else span
        walk = plan(connection, wanted, list(level), paused, priority=priority)
        for n in numbers(connection, walk, left, direction):
            yield priority, n


def _by_duration(
    connection: sqlite3.Connection,
    wanted: JobFilter,
    paused: Iterable[str],
    span: Span,
    direction: str,
    cursor: PageCursor | None,
) -> Iterator[tuple[int, int]]:
    condition = both(grouped(wanted, paused), worked_on(wanted), tagged(wanted), searched(wanted))
    condition.add("n >= ? AND n < ?", *span)
    if cursor is not None:
        sign = "<" if direction == "DESC" else ">"
        condition.add(f"(duration_ms, n) {sign} (?, ?)", cursor.key, cursor.n)
    yield from connection.execute(
        f"SELECT duration_ms, n FROM jobs WHERE {condition.sql()} "  # noqa: S608 - no input is spliced in
        f"ORDER BY duration_ms {direction}, n {direction}",
        condition.values,
    )


def _behind(span: Span, direction: str, n: int) -> Span:
    """Return what of a span comes behind a number."""
    low, high = span
    return (low, min(high, n)) if direction == "DESC" else (max(low, n + 1), high)


# --- totals ----------------------------------------------------------------------------------------------


def _total(
    connection: sqlite3.Connection, wanted: JobFilter, groups: Sequence[Group], paused: Iterable[str], span: Span
) -> tuple[int, bool]:
    """Count the jobs that match: from the counters where they know, else one by one as far as is cheap."""
    if wanted.counted():
        return sum(group.jobs for group in groups), True
    walk = plan(connection, wanted, groups, paused)
    if walk.sifts or len(wanted.tags) > 1:
        return _looked_at(connection, walk, span)
    total = 0
    for source in walk.sources:
        total += count_source(connection, source, span, COUNT_MAX + 1 - total)
        if total > COUNT_MAX:
            return COUNT_MAX, False
    return total, True


def _looked_at(connection: sqlite3.Connection, walk: Walk, span: Span) -> tuple[int, bool]:
    """Count what passes among the latest candidates."""
    candidates = numbers(connection, Walk(walk.sources), span, "DESC")
    latest = list(islice(candidates, LOOKED_AT_MAX + 1))
    if len(latest) > LOOKED_AT_MAX:
        span = (latest[LOOKED_AT_MAX - 1], span[1])
    total = sum(1 for _ in islice(numbers(connection, walk, span, "DESC"), COUNT_MAX + 1))
    return min(total, COUNT_MAX), len(latest) <= LOOKED_AT_MAX and total <= COUNT_MAX
