"""A page of jobs as lines of JSON: what an export is made of."""

from __future__ import annotations

import sqlite3

import msgspec

from journeyman_dashboard.params import PageCursor
from journeyman_dashboard.queries.filters import JobFilter
from journeyman_dashboard.queries.jobs import list_on
from journeyman_dashboard.queries.remembered import RememberedSets

#: Jobs in a page: some ten milliseconds of a reader's time.
PAGE = 500


def export_page(
    connection: sqlite3.Connection,
    wanted: JobFilter,
    *,
    sort: str,
    cursor: PageCursor | None,
    sets: RememberedSets | None = None,
) -> tuple[bytes, PageCursor | None]:
    """Return the jobs of a page, one a line, and the cursor behind them; None where there are no more."""
    items, following = list_on(connection, wanted, sort=sort, limit=PAGE, cursor=cursor, sets=sets)
    encode = msgspec.json.Encoder().encode
    return b"".join(_line(encode(item)) for item in items), following


def _line(data: bytes) -> bytes:
    """Return JSON as one line. What was submitted is embedded as it was written; a break in it is but space."""
    return data.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"
