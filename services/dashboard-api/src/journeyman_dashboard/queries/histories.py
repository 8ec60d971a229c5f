"""What happened: the events of one job, and those behind an offset for whoever follows along.

Stored events are without payloads and results, which the read model keeps once; they are put back here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

import msgspec

from journeyman.codec import decode_event, to_data
from journeyman.events import JobSubmitted, JobSucceeded, Offset
from journeyman_dashboard.params import write_time
from journeyman_dashboard.queries.lookup import as_json
from journeyman_dashboard.views import embedded

#: Events of one job that are shown: the latest.
HISTORY_MAX = 10_000


class EventView(msgspec.Struct):
    """One event: where it stands in the log, its name, when, and its fields."""

    offset: str
    event: str
    at: str | None
    data: dict[str, Any]


class History(msgspec.Struct):
    """The events of a job in log order. `truncated`: the earliest are left out."""

    items: list[EventView]
    truncated: bool


class Following(msgspec.Struct):
    """A stretch of the log for one follower: (offset, job's number, type, queue, tags, event) and where it ends."""

    rows: list[tuple[Any, ...]]
    end: Offset
    more: bool


def history(connection: sqlite3.Connection, n: int) -> History:
    """Return the events of a job."""
    rows = connection.execute(
        "SELECT ms, seq, idx, n, tag, data FROM events WHERE n = ? ORDER BY ms DESC, seq DESC, idx DESC LIMIT ?",
        (n, HISTORY_MAX + 1),
    ).fetchall()
    truncated = len(rows) > HISTORY_MAX
    return History(event_views(connection, rows[HISTORY_MAX - 1 :: -1] if truncated else rows[::-1]), truncated)


def event_views(connection: sqlite3.Connection, rows: Iterable[tuple[Any, ...]]) -> list[EventView]:
    """Return stored events (ms, seq, idx, n, tag, data, …) as users see them."""
    listed = list(rows)
    payloads = _values(connection, "payloads", (row[3] for row in listed if row[4] == "job.submitted"))
    results = _values(connection, "results", (row[3] for row in listed if row[4] == "job.succeeded"))
    views = []
    for ms, seq, idx, n, tag, data, *_ in listed:
        event = decode_event(data)
        fields = to_data(event)
        if isinstance(event, JobSubmitted):
            fields["payload"] = None if event.payload_blob else embedded(payloads.get(n, "{}"))
        elif isinstance(event, JobSucceeded):
            fields["result"] = None if event.result_blob else embedded(results.get(n, event.result or "null"))
        views.append(EventView(str(Offset(ms, seq, idx)), tag, write_time(ms), fields))
    return views


def events_after(connection: sqlite3.Connection, after: Offset, until: Offset, limit: int) -> list[tuple[Any, ...]]:
    """Return up to `limit` events behind `after` and not behind `until`, with their job's id, type, queue and tags."""
    return connection.execute(
        "SELECT e.ms, e.seq, e.idx, e.n, e.tag, e.data, j.id, j.type, j.queue, j.tags "
        "FROM (SELECT * FROM events WHERE (ms, seq, idx) > (?, ?, ?) AND (ms, seq, idx) <= (?, ?, ?) "
        "ORDER BY ms, seq, idx LIMIT ?) e LEFT JOIN jobs j ON j.n = e.n ORDER BY e.ms, e.seq, e.idx",
        (*after, *until, limit),
    ).fetchall()


def _values(connection: sqlite3.Connection, table: str, numbers: Iterable[int | None]) -> dict[int, str]:
    statement = f"SELECT n, {table}.value FROM json_each(?) AS given JOIN {table} ON n = given.value"  # noqa: S608
    return dict(connection.execute(statement, (as_json(n for n in numbers if n is not None),)).fetchall())
