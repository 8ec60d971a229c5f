"""The list of jobs: filters, orders, pages, totals.

Pages are found by key, never by counting over what went before. Filters and orders are answered from sets of numbers
(`selection`, `durations`), so what is read is what is returned, however many jobs there are and however few match.
Searching (`q`) looks at jobs one by one, and only at so many a request: its page may be short, or empty, and still
have a cursor to go on from.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import islice

import msgspec

from journeyman_dashboard.params import PageCursor, write_cursor
from journeyman_dashboard.past.shown import picture_of
from journeyman_dashboard.queries.durations import by_duration
from journeyman_dashboard.queries.filters import EVERYTHING, JobFilter, Span, grouped, spelled_out
from journeyman_dashboard.queries.lookup import around, jobs_by_n, shut
from journeyman_dashboard.queries.remembered import RememberedSets
from journeyman_dashboard.queries.searching import SEARCHED_BYTES_MAX, SEARCHED_MAX, Key, Search
from journeyman_dashboard.queries.selection import Selection, select
from journeyman_dashboard.views import JobView, Shut, job_view

#: Jobs that a request looks at when it searches in the order of duration.
SEARCHED_BY_DURATION_MAX = 300
#: The same for the total of a search, among the latest; beyond, it is "at least".
LOOKED_AT_MAX = 500
LOOKED_AT_BYTES_MAX = 1_000_000

#: Name of an order -> (column, direction).
SORTS = {
    "submitted_at": ("n", "ASC"),
    "-submitted_at": ("n", "DESC"),
    "priority": ("priority", "ASC"),
    "-priority": ("priority", "DESC"),
    "duration": ("duration_ms", "ASC"),
    "-duration": ("duration_ms", "DESC"),
}


class JobPage(msgspec.Struct):
    """One page of jobs. `total` counts all pages; where it is not exact it is a lower bound."""

    items: list[JobView]
    next_cursor: str | None
    total: int
    total_is_exact: bool


def find_jobs(
    connection: sqlite3.Connection,
    wanted: JobFilter,
    *,
    sort: str,
    limit: int,
    cursor: PageCursor | None,
    sets: RememberedSets | None = None,
) -> JobPage:
    """Return the page of `limit` jobs behind `cursor` in the order `sort` (see SORTS), and how many there are in all.

    sets: those that earlier queries have read, and where this one leaves what it reads.
    """
    closed, wanted = shut(connection), spelled_out(connection, wanted)
    selection = select(connection, sets, wanted, closed)
    items, following = _listed(connection, wanted, selection, closed, sort=sort, limit=limit, cursor=cursor)
    total, exact = _total(connection, wanted, selection, closed)
    return JobPage(items, None if following is None else write_cursor(following), total, exact)


def list_on(
    connection: sqlite3.Connection,
    wanted: JobFilter,
    *,
    sort: str,
    limit: int,
    cursor: PageCursor | None,
    sets: RememberedSets | None = None,
) -> tuple[list[JobView], PageCursor | None]:
    """Return the jobs of a page, uncounted, and the cursor behind them; None where there are no more."""
    closed, wanted = shut(connection), spelled_out(connection, wanted)
    selection = select(connection, sets, wanted, closed)
    return _listed(connection, wanted, selection, closed, sort=sort, limit=limit, cursor=cursor)


def _listed(
    connection: sqlite3.Connection,
    wanted: JobFilter,
    selection: Selection,
    closed: Shut,
    *,
    sort: str,
    limit: int,
    cursor: PageCursor | None,
) -> tuple[list[JobView], PageCursor | None]:
    column, direction = SORTS[sort]
    if column == "n":
        found = _by_number(selection, direction, cursor)
    elif column == "priority":
        found = _by_priority(connection, selection, direction, cursor)
    else:
        at_once = SEARCHED_BY_DURATION_MAX if wanted.searched() else limit + 1
        found = by_duration(
            connection, selection, direction, None if cursor is None else (cursor.key, cursor.n), at_once
        )
    jobs_max = SEARCHED_BY_DURATION_MAX if column == "duration_ms" else SEARCHED_MAX
    search = Search(connection, wanted, jobs_max, SEARCHED_BYTES_MAX)
    keys, following = _page(search if wanted.searched() else None, found, limit)
    rows = jobs_by_n(connection, [n for _, n in keys])
    said = around(connection, rows)
    items = [job_view(row, said[row.n], closed) for row in rows]
    return items, None if following is None else PageCursor(sort, *following)


def _page(search: Search | None, found: Iterator[Key], limit: int) -> tuple[list[Key], Key | None]:
    """Return a page, and behind which job the next begins, where there is or may be one."""
    if search is None:
        keys = list(islice(found, limit + 1))
        return keys[:limit], keys[limit - 1] if len(keys) > limit else None
    keys = list(islice(search.among(found), limit + 1))
    if len(keys) > limit:
        return keys[:limit], keys[limit - 1]
    return keys, search.last if search.stopped else None


# --- orders: each yields (key, number) -------------------------------------------------------------------


def _by_number(selection: Selection, direction: str, cursor: PageCursor | None) -> Iterator[Key]:
    span = EVERYTHING if cursor is None else _behind(EVERYTHING, direction, cursor.n)
    return ((n, n) for n in selection.numbers(direction, span))


def _by_priority(
    connection: sqlite3.Connection, selection: Selection, direction: str, cursor: PageCursor | None
) -> Iterator[Key]:
    """Walk the jobs of one priority after those of another."""
    present = connection.execute(f"SELECT DISTINCT priority FROM counters ORDER BY priority {direction}")  # noqa: S608
    sign = -1 if direction == "DESC" else 1
    for (priority,) in present.fetchall():
        if cursor is not None and sign * priority < sign * cursor.key:
            continue
        left = _behind(EVERYTHING, direction, cursor.n) if cursor is not None and priority == cursor.key else EVERYTHING
        for n in selection.numbers(direction, left, also=("priority", str(priority))):
            yield priority, n


def _behind(span: Span, direction: str, n: int) -> Span:
    """Return what of a span comes behind a number."""
    low, high = span
    return (low, min(high, n)) if direction == "DESC" else (max(low, n + 1), high)


# --- totals ----------------------------------------------------------------------------------------------


def _total(connection: sqlite3.Connection, wanted: JobFilter, selection: Selection, closed: Shut) -> tuple[int, bool]:
    """Count the jobs that match: by the counters where they know, else by the sets; of a search, among the latest."""
    if wanted.counted() and picture_of(connection) is None:
        condition = grouped(wanted, closed)
        (total,) = connection.execute(
            f"SELECT coalesce(sum(count), 0) FROM counters WHERE {condition.sql()}",  # noqa: S608 - constants
            condition.values,
        ).fetchone()
        return total, True
    if not wanted.searched():
        return selection.count()
    search = Search(connection, wanted, LOOKED_AT_MAX, LOOKED_AT_BYTES_MAX)
    total = sum(1 for _ in search.among((n, n) for n in selection.numbers("DESC")))
    return total, not search.stopped
