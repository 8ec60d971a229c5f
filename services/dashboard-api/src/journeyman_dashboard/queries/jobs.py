"""The list of jobs: filters, orders, pages, totals.

Pages are found by key, never by counting over what went before. A filter on phases is answered from the index
of phases, one branch each; everything else is checked along the way. Searching (`q`) reads payloads and
errors, so it is as slow as there are jobs, and is stopped where it takes too long.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

import msgspec

from journeyman_dashboard.params import PageCursor, write_cursor
from journeyman_dashboard.queries.lookup import around, as_json, jobs_by_n, paused_queues
from journeyman_dashboard.reading import TooSlowError, time_limit
from journeyman_dashboard.rows import STATUS_OF_PHASE
from journeyman_dashboard.views import JobView, job_view

#: Jobs counted one by one; beyond, the total is "at least".
COUNT_MAX = 10_000
COUNT_LIMIT_S = 1.0

#: Name of an order -> (column, direction).
SORTS = {
    "submitted_at": ("n", "ASC"),
    "-submitted_at": ("n", "DESC"),
    "priority": ("priority", "ASC"),
    "-priority": ("priority", "DESC"),
    "duration": ("duration_ms", "ASC"),
    "-duration": ("duration_ms", "DESC"),
}


class JobFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs are asked for: alternatives within a field, all fields together. Empty: any.

    Times: from `submitted_after_ms` on, and before `submitted_before_ms`.
    """

    status: tuple[str, ...] = ()
    phase: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    queue: tuple[str, ...] = ()
    priority_min: int | None = None
    priority_max: int | None = None
    worker: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    submitted_after_ms: int | None = None
    submitted_before_ms: int | None = None
    q: str = ""

    def counted(self) -> bool:
        """Whether the counters know how many jobs match."""
        times = self.submitted_after_ms is None and self.submitted_before_ms is None
        return times and not (self.worker or self.tags or self.q)


class JobPage(msgspec.Struct):
    """One page of jobs. `total` counts all pages; where it is not exact it is a lower bound."""

    items: list[JobView]
    next_cursor: str | None
    total: int
    total_is_exact: bool


class _Condition:
    """A WHERE clause as it grows: SQL and its parameters."""

    def __init__(self) -> None:
        self.terms: list[str] = []
        self.values: list[Any] = []

    def add(self, term: str, *values: Any) -> None:
        self.terms.append(term)
        self.values += values

    def one_of(self, column: str, values: Iterable[str], negation: str = "") -> None:
        self.add(f"{column} {negation} IN (SELECT value FROM json_each(?))", as_json(values))  # noqa: S608 - constants

    def sql(self) -> str:
        return " AND ".join(self.terms) or "1"


def find_jobs(
    connection: sqlite3.Connection, wanted: JobFilter, *, sort: str, limit: int, cursor: PageCursor | None
) -> JobPage:
    """Return the page of `limit` jobs behind `cursor` in the order `sort` (see SORTS)."""
    paused = paused_queues(connection)
    branches = _branches(wanted, paused)
    column, direction = SORTS[sort]
    keys = _page(connection, _rest(connection, wanted), branches, column, direction, limit + 1, cursor)
    more = len(keys) > limit
    keys = keys[:limit]
    rows = jobs_by_n(connection, [n for _, n in keys])
    said = around(connection, rows)
    total, exact = _total(connection, wanted, branches)
    return JobPage(
        items=[job_view(row, said[row.n], paused) for row in rows],
        next_cursor=write_cursor(PageCursor(sort, *keys[-1])) if more else None,
        total=total,
        total_is_exact=exact,
    )


def _branches(wanted: JobFilter, paused: frozenset[str]) -> list[_Condition]:
    """Return a condition per stored phase that is asked for; a single empty one where any phase will do."""
    if not wanted.status and not wanted.phase:
        return [_Condition()]
    phases = {
        phase
        for phase, status in STATUS_OF_PHASE.items()
        if (not wanted.status or status in wanted.status) and (not wanted.phase or phase in wanted.phase)
    }
    branches = []
    for phase in sorted(phases - {"held", "ready"}):
        branches.append(_Condition())
        branches[-1].add("phase = ?", phase)
    if phases & {"held", "ready"}:
        line = _Condition()
        line.add("phase = 'ready'")
        if "held" not in phases:
            line.one_of("queue", paused, "NOT")
        elif "ready" not in phases:
            line.one_of("queue", paused)
        branches.append(line)
    return branches


def _plain(wanted: JobFilter) -> _Condition:
    """Return the conditions that the counters can answer, too."""
    condition = _Condition()
    if wanted.type:
        condition.one_of("type", wanted.type)
    if wanted.queue:
        condition.one_of("queue", wanted.queue)
    if wanted.priority_min is not None:
        condition.add("priority >= ?", wanted.priority_min)
    if wanted.priority_max is not None:
        condition.add("priority <= ?", wanted.priority_max)
    return condition


def _rest(connection: sqlite3.Connection, wanted: JobFilter) -> _Condition:
    """Return all conditions but that on the phase."""
    condition = _plain(wanted)
    if wanted.submitted_after_ms is not None:
        condition.add("n >= ?", first_n_since(connection, wanted.submitted_after_ms))
    if wanted.submitted_before_ms is not None:
        condition.add("n < ?", first_n_since(connection, wanted.submitted_before_ms))
    if wanted.worker:
        names = as_json(wanted.worker)
        condition.add(
            "(worker IN (SELECT value FROM json_each(?)) "
            "OR n IN (SELECT a.n FROM attempts a WHERE a.worker IN (SELECT value FROM json_each(?))))",
            names,
            names,
        )
    if wanted.tags:
        pairs = " UNION ALL ".join(["SELECT n FROM tags WHERE key = ? AND value = ?"] * len(wanted.tags))
        condition.add(f"n IN ({pairs})", *(part for pair in wanted.tags for part in pair))
    if wanted.q:
        literal = wanted.q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        inside = f"%{literal}%"
        condition.add(
            "(id LIKE ? ESCAPE '\\' OR type LIKE ? ESCAPE '\\' OR error LIKE ? ESCAPE '\\' "
            "OR EXISTS (SELECT 1 FROM payloads p WHERE p.n = jobs.n AND p.value LIKE ? ESCAPE '\\'))",
            f"{literal}%",
            inside,
            inside,
            inside,
        )
    return condition


def first_n_since(connection: sqlite3.Connection, at_ms: int) -> int:
    """Return the number of the first job submitted at or after a time. Numbers rise with time: a binary search."""
    low, high = connection.execute(
        "SELECT coalesce((SELECT min(n) FROM jobs), 1), coalesce((SELECT max(n) FROM jobs), 0) + 1"
    ).fetchone()
    while low < high:
        middle = (low + high) // 2
        n, submitted_at_ms = connection.execute(
            "SELECT n, submitted_at_ms FROM jobs WHERE n >= ? ORDER BY n LIMIT 1", (middle,)
        ).fetchone()
        if submitted_at_ms >= at_ms:
            high = middle
        else:
            low = n + 1
    return int(low)


def _page(
    connection: sqlite3.Connection,
    rest: _Condition,
    branches: list[_Condition],
    column: str,
    direction: str,
    limit: int,
    cursor: PageCursor | None,
) -> list[tuple[int, int]]:
    """Return (sort key, number) of up to `limit` jobs."""
    parts: list[str] = []
    values: list[Any] = []
    sign = "<" if direction == "DESC" else ">"
    order = f"ORDER BY key {direction}, n {direction} LIMIT {limit}"
    for branch in branches:
        condition = _Condition()
        condition.terms, condition.values = branch.terms + rest.terms, branch.values + rest.values
        if cursor is not None and column == "n":
            condition.add(f"n {sign} ?", cursor.n)
        elif cursor is not None:
            condition.add(f"({column}, n) {sign} (?, ?)", cursor.key, cursor.n)
        by = f"ORDER BY n {direction}" if column == "n" else f"ORDER BY {column} {direction}, n {direction}"
        parts.append(
            f"SELECT * FROM (SELECT {column} AS key, n FROM jobs WHERE {condition.sql()} {by} LIMIT {limit})"  # noqa: S608 - no input is spliced in
        )
        values += condition.values
    if not parts:
        return []
    return connection.execute(f"{' UNION ALL '.join(parts)} {order}", values).fetchall()


def _total(connection: sqlite3.Connection, wanted: JobFilter, branches: list[_Condition]) -> tuple[int, bool]:
    """Count the jobs that match: from the counters where they know, else one by one as far as is cheap."""
    if not branches:
        return 0, True
    counted = wanted.counted()
    rest = _plain(wanted) if counted else _rest(connection, wanted)
    what, table = ("sum(count)", "counters") if counted else ("count(*)", "jobs")
    total = 0
    for branch in branches:
        where = " AND ".join(branch.terms + rest.terms) or "1"
        values = branch.values + rest.values
        if counted:
            statement = f"SELECT coalesce({what}, 0) FROM {table} WHERE {where}"  # noqa: S608
        else:
            statement = f"SELECT {what} FROM (SELECT 1 FROM {table} WHERE {where} LIMIT {COUNT_MAX + 1 - total})"  # noqa: S608
        try:
            with time_limit(connection, COUNT_LIMIT_S):
                total += connection.execute(statement, values).fetchone()[0]
        except TooSlowError:
            return total, False
        if not counted and total > COUNT_MAX:
            return COUNT_MAX, False
    return total, True
