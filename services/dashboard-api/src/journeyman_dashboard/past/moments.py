"""Which moment is asked for (`as_of`): a time, or a place in the logs; and where that cuts them.

A commit happened at once, so a place means the end of its commit. With several partitions, a place that names some of
them means the time of the latest of these places in the others.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from journeyman.errors import JourneymanError
from journeyman.events import Offset
from journeyman_dashboard.params import BadQueryError, read_places, read_time, write_time

_SEQ_MAX = 2**63 - 1


class TooLongAgoError(JourneymanError):
    """Jobs of that moment have been forgotten since."""


class AsOf(NamedTuple):
    """A moment as it is asked for: places by partition, and the time of the moment in ms."""

    places: dict[int, Offset]
    ms: int


class Cut(NamedTuple):
    """Where a moment cuts the logs, by partition: its last entry in it, and the number before which its jobs are.

    before_e: the first entry of any partition that is not in it. ms: time of its last entry.
    """

    born: int
    forgotten_ms: int
    last_e: tuple[tuple[int, int], ...]
    ends: tuple[tuple[int, int], ...]
    before_e: int
    ms: int


def read_as_of(path: str, text: str) -> AsOf:
    """Return the moment that a client wrote: RFC 3339, milliseconds since 1970, or an offset as reads tell it."""
    if "-" in text and "T" not in text.upper():
        try:
            places = read_places(path, text, range(10_000))
        except BadQueryError:
            raise BadQueryError(path, "must be a time (RFC 3339, or ms since 1970) or an offset") from None
        if any(number > _SEQ_MAX for place in places.values() for number in place):
            raise BadQueryError(path, "must be an offset that a log may have")
        return AsOf(places, max(place.ms for place in places.values()))
    ms = read_time(path, text)
    assert ms is not None
    return AsOf({}, ms)


def cut_at(connection: sqlite3.Connection, as_of: AsOf) -> Cut:
    """Return where a moment cuts the logs. Raises TooLongAgoError."""
    born, forgotten_ms, next_n, next_e = connection.execute(
        "SELECT born, forgotten_ms, next_n, next_e FROM numbering"
    ).fetchone()
    if as_of.ms < forgotten_ms:
        raise TooLongAgoError(f"what ended before {write_time(forgotten_ms)} has been forgotten")
    last, ends, before, latest_ms = [], [], next_e, 0
    for (partition,) in connection.execute("SELECT partition FROM cursors ORDER BY partition").fetchall():
        place = as_of.places.get(partition)
        limit = (as_of.ms, _SEQ_MAX) if place is None else (place.ms, place.seq)
        within = connection.execute(
            "SELECT e, ms FROM entries WHERE partition = ? AND (ms, seq) <= (?, ?) "
            "ORDER BY ms DESC, seq DESC, e DESC LIMIT 1",
            (partition, *limit),
        ).fetchone()
        behind = connection.execute(
            "SELECT e, first_n FROM entries WHERE partition = ? AND (ms, seq) > (?, ?) ORDER BY ms, seq, e LIMIT 1",
            (partition, *limit),
        ).fetchone()
        last.append((partition, within[0] if within else 0))
        ends.append((partition, behind[1] if behind else next_n))
        before = min(before, behind[0] if behind else before)
        latest_ms = max(latest_ms, within[1] if within else 0)
    return Cut(born, forgotten_ms, tuple(last), tuple(ends), before, latest_ms)
