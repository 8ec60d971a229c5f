"""Which moments can be shown: from when to when, where something happened, and the commits around one of them.

Commits of several partitions are in the order of their times; of those at the same time, by their partitions.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from journeyman.events import Offset, write_offset
from journeyman_dashboard.params import write_time
from journeyman_dashboard.past.moments import AsOf, TooLongAgoError
from journeyman_dashboard.queries.entries import event_in, parts_of
from journeyman_dashboard.queries.histories import EventView, event_view
from journeyman_dashboard.rows import BUCKET_MS

#: Events of a commit that are told; a batch of jobs has thousands.
EVENTS_MAX = 5
#: Buckets of the time series that are looked at, whatever the span.
BUCKETS_MAX = 16_000

_SEQ_MAX = 2**63 - 1
_NIL = b"\xc0"

_ACTIVITY = (
    "WITH RECURSIVE sample (b) AS (SELECT min(bucket_ms) FROM rollups WHERE bucket_ms >= ?1 UNION ALL "
    "SELECT (SELECT min(bucket_ms) FROM rollups WHERE bucket_ms >= b + ?4) FROM sample WHERE b < ?2) "
    "SELECT b - b % ?3 AS at, sum(submitted + started + completed + failed + cancelled), sum(failed) "
    "FROM sample JOIN rollups ON bucket_ms = b AND queue = '' AND type = '' WHERE b < ?2 GROUP BY at ORDER BY at"
)


class Moment(msgspec.Struct):
    """The end of a commit: its offset and its time."""

    offset: str
    at: str | None


class Activity(msgspec.Struct):
    """What happened in the step that begins at `at`: jobs submitted, started and ended; of these, those that failed."""

    at: str | None
    changes: int
    failed: int


class Moments(msgspec.Struct):
    """The moments that can be asked for: from `earliest` to `now`; both ends are null where nothing ever happened.

    `series`: those steps between `since` and `until` in which jobs changed; over some two days, of a sample.
    """

    earliest: Moment | None
    latest: Moment | None
    now: str | None
    since: str | None
    until: str | None
    step_ms: int
    series: list[Activity]


class CommitView(msgspec.Struct):
    """A commit: the offset of its last event, when it was, the first of its events, how many it has."""

    offset: str
    at: str | None
    events: list[EventView]
    count: int


class Around(msgspec.Struct):
    """The latest commit that is part of a moment, and those before and behind it."""

    here: CommitView | None
    before: CommitView | None
    after: CommitView | None


class Place(NamedTuple):
    """Where a commit stands among those of all partitions."""

    ms: int
    partition: int
    seq: int
    e: int = 0

    def limit_in(self, partition: int) -> tuple[int, int]:
        """Return the last place in a partition's log that is not behind this one."""
        if partition == self.partition:
            return self.ms, self.seq
        return (self.ms, _SEQ_MAX) if partition < self.partition else (self.ms - 1, _SEQ_MAX)


def moments(
    connection: sqlite3.Connection, *, now_ms: int, since_ms: int | None, until_ms: int | None, points: int
) -> Moments:
    """Return which moments there are; `since_ms` and `until_ms` narrow the series to a part of them."""
    forgotten_ms = _forgotten_ms(connection)
    first = _first_behind(connection, Place(forgotten_ms - 1, 2**31, _SEQ_MAX))
    last = _last_until(connection, Place(now_ms, 2**31, _SEQ_MAX))
    earliest_ms = now_ms if first is None else first.ms
    since_ms = max(since_ms or 0, earliest_ms)
    until_ms = min(until_ms or now_ms, max(now_ms, earliest_ms))
    length_ms = max(until_ms - since_ms, 1)
    step_ms = BUCKET_MS * -(-length_ms // (BUCKET_MS * points))
    return Moments(
        earliest=None if first is None else _moment(connection, first),
        latest=None if last is None else _moment(connection, last),
        now=write_time(now_ms),
        since=write_time(since_ms),
        until=write_time(until_ms),
        step_ms=step_ms,
        series=_activity(connection, since_ms, until_ms, step_ms),
    )


def _activity(connection: sqlite3.Connection, since_ms: int, until_ms: int, step_ms: int) -> list[Activity]:
    stride_ms = BUCKET_MS * max(1, (until_ms - since_ms) // (BUCKET_MS * BUCKETS_MAX))
    found = connection.execute(_ACTIVITY, (since_ms - since_ms % BUCKET_MS, until_ms, step_ms, stride_ms))
    return [Activity(write_time(at_ms), changes, failed) for at_ms, changes, failed in found]


def commits_around(connection: sqlite3.Connection, as_of: AsOf) -> Around:
    """Return the commits around a moment. Raises TooLongAgoError."""
    forgotten_ms = _forgotten_ms(connection)
    if as_of.ms < forgotten_ms:
        raise TooLongAgoError(f"what ended before {write_time(forgotten_ms)} has been forgotten")
    limit = Place(as_of.ms, 2**31, _SEQ_MAX)
    if as_of.places:
        limit = max(Place(place.ms, partition, place.seq) for partition, place in as_of.places.items())
    here = _last_until(connection, limit)
    after = _first_behind(connection, limit)
    before = None if here is None else _last_until(connection, here._replace(seq=here.seq - 1))
    if before is not None and before.ms < forgotten_ms:
        before = None
    return Around(*(None if place is None else _commit(connection, place) for place in (here, before, after)))


def _forgotten_ms(connection: sqlite3.Connection) -> int:
    (forgotten_ms,) = connection.execute("SELECT forgotten_ms FROM numbering").fetchone()
    return int(forgotten_ms)


def _last_until(connection: sqlite3.Connection, limit: Place) -> Place | None:
    """Return the last commit that is not behind a place."""
    return max(_one_of_each(connection, limit, "<=", "DESC"), default=None)


def _first_behind(connection: sqlite3.Connection, limit: Place) -> Place | None:
    """Return the first commit that is behind a place."""
    return min(_one_of_each(connection, limit, ">", "ASC"), default=None)


def _one_of_each(connection: sqlite3.Connection, limit: Place, side: str, order: str) -> Iterable[Place]:
    for (partition,) in connection.execute("SELECT partition FROM cursors").fetchall():
        found = connection.execute(
            f"SELECT ms, partition, seq, e FROM entries WHERE partition = ? AND (ms, seq) {side} (?, ?) "  # noqa: S608
            f"ORDER BY ms {order}, seq {order}, e {order} LIMIT 1",
            (partition, *limit.limit_in(partition)),
        ).fetchone()
        if found is not None:
            yield Place(*found)


def _moment(connection: sqlite3.Connection, place: Place) -> Moment:
    (data,) = connection.execute("SELECT data FROM commits WHERE e = ?", (place.e,)).fetchone()
    return Moment(_end_of(place, len(parts_of(data))), write_time(place.ms))


def _commit(connection: sqlite3.Connection, place: Place) -> CommitView:
    (data,) = connection.execute("SELECT data FROM commits WHERE e = ?", (place.e,)).fetchone()
    parts = parts_of(data)
    events = [
        event_view(place.partition, Offset(place.ms, place.seq, index), event_in(parts, index))
        for index, part in enumerate(parts[:EVENTS_MAX])
        if bytes(part) != _NIL
    ]
    return CommitView(_end_of(place, len(parts)), write_time(place.ms), events, len(parts))


def _end_of(place: Place, count: int) -> str:
    return write_offset(place.partition, Offset(place.ms, place.seq, max(count - 1, 0)))
