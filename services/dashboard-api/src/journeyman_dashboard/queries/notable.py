"""The last events that a person wants to know of, in words, over all partitions.

What is alike in several partitions is one. Workers and queues are told of by each partition: there it counts once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from journeyman.events import Offset, write_offset
from journeyman_dashboard.notable import OTHERS, Links
from journeyman_dashboard.notable_words import Told, in_words
from journeyman_dashboard.params import write_time

#: Rows looked at, the latest ones: all that are kept of some ten partitions.
ROWS_MAX = 5_000
#: Families of events that stand in every partition's log, for one thing that happened.
_TOLD_BY_ALL = ("worker.", "queue.")


class NotableView(msgspec.Struct):
    """Something that happened `count` times within a minute, in words.

    `offset` and `at` are of the latest, `first_offset` and `first_at` of the first. The rest is what the latest was of,
    null where it was not of one.
    """

    offset: str
    at: str | None
    event: str
    words: str
    count: int
    first_offset: str
    first_at: str | None
    job_id: str | None
    type: str | None
    queue: str | None
    worker: str | None
    fingerprint: str | None


class Place(NamedTuple):
    """Where an event stands, so that the later is the greater."""

    ms: int
    seq: int
    idx: int
    partition: int

    @property
    def written(self) -> str:
        """The offset, as reads tell it."""
        return write_offset(self.partition, Offset(self.ms, self.seq, self.idx))


class _Kind:
    """What is alike, of all partitions. columns: those of the latest."""

    def __init__(self, first: Place, last: Place, count: int, columns: tuple[Any, ...]) -> None:
        self.first, self.last, self.count, self.columns = first, last, count, columns

    def add(self, other: _Kind, *, told_by_all: bool) -> None:
        """Take in what another partition tells."""
        self.count = max(self.count, other.count) if told_by_all else self.count + other.count
        self.first = min(self.first, other.first)
        if other.last > self.last:
            self.last, self.columns = other.last, other.columns


def notable(connection: sqlite3.Connection, *, limit: int, before: Place | None = None) -> list[NotableView]:
    """Return what is notable, the latest first; only what is before an offset, where one is given."""
    kinds: dict[tuple[str, int, str], _Kind] = {}
    for event, minute, subject, kind in _rows(connection):
        known = kinds.setdefault((event, minute, subject), kind)
        if known is not kind:
            known.add(kind, told_by_all=event.startswith(_TOLD_BY_ALL))
    found = [(kind, key) for key, kind in kinds.items() if before is None or kind.last < before]
    found.sort(key=lambda pair: pair[0].last, reverse=True)
    return [_view(kind, event, subject) for kind, (event, _, subject) in found[:limit]]


def _rows(connection: sqlite3.Connection) -> Iterator[tuple[str, int, str, _Kind]]:
    rows = connection.execute(
        "SELECT event, minute, subject, count, first_ms, first_seq, first_idx, partition, ms, seq, idx, partition, "
        "job_id, type, queue, worker, fingerprint, facts FROM notable ORDER BY ms DESC LIMIT ?",
        (ROWS_MAX,),
    )
    for event, minute, subject, count, *rest in rows:
        yield event, minute, subject, _Kind(Place(*rest[:4]), Place(*rest[4:8]), count, tuple(rest[8:]))


def _view(kind: _Kind, event: str, subject: str) -> NotableView:
    *texts, facts = kind.columns
    links = Links(*texts)
    told = Told(event, kind.count, links, msgspec.json.decode(facts), subject == OTHERS)
    return NotableView(
        offset=kind.last.written,
        at=write_time(kind.last.ms),
        event=event,
        words=in_words(told),
        count=kind.count,
        first_offset=kind.first.written,
        first_at=write_time(kind.first.ms),
        job_id=links.job_id or None,
        type=links.type or None,
        queue=links.queue or None,
        worker=links.worker or None,
        fingerprint=links.fingerprint or None,
    )
