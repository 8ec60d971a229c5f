"""The logs' events as the read model keeps them: whole entries, from which single events are read by their place."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from heapq import merge
from typing import NamedTuple

import msgspec

from journeyman.events import Event, Offset
from journeyman_dashboard.places import entry_of, index_of
from journeyman_dashboard.positions import Position
from journeyman_dashboard.queries.values import as_json

_decode_raw = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_decode_event = msgspec.msgpack.Decoder(Event).decode
_decode_all = msgspec.msgpack.Decoder(list[Event | None]).decode


def events_at(connection: sqlite3.Connection, places: Iterable[int]) -> dict[int, Event]:
    """Return the events at these places."""
    wanted: dict[int, list[int]] = {}
    for place in places:
        wanted.setdefault(entry_of(place), []).append(place)
    found: dict[int, Event] = {}
    for entry, data in _commits(connection, wanted):
        parts = _decode_raw(data)
        for place in wanted[entry]:
            found[place] = event_in(parts, place)
    return found


def event_in(parts: list[msgspec.Raw], place: int) -> Event:
    """Return the event at a place, from the parts of its entry."""
    event: Event = _decode_event(parts[index_of(place)])
    return event


def parts_of(data: bytes) -> list[msgspec.Raw]:
    """Return the events of an entry, undecoded."""
    return _decode_raw(data)


def offsets_of(connection: sqlite3.Connection, entries: Iterable[int]) -> dict[int, tuple[int, Offset]]:
    """Return where these entries stand: in which partition's log, and where there."""
    found = connection.execute(
        "SELECT e, partition, ms, seq FROM json_each(?) JOIN entries ON e = value", (as_json(set(entries)),)
    )
    return {entry: (partition, Offset(ms, seq)) for entry, partition, ms, seq in found}


class Told(NamedTuple):
    """An event, and where it stands."""

    partition: int
    offset: Offset
    event: Event


def events_between(connection: sqlite3.Connection, after: Position, until: Position) -> Iterator[Told]:
    """Yield the events behind one position and not behind another: of each partition in log order, by their times."""
    logs = [
        _of_log(connection, partition, place, until[partition])
        for partition, place in after.items()
        if place < until.get(partition, place)
    ]
    return logs[0] if len(logs) == 1 else merge(*logs, key=_by_time)


def count_between(connection: sqlite3.Connection, after: Position, until: Position) -> int:
    """Return how many events are behind one position and not behind another, those too that cannot be read."""
    count = 0
    for partition, place in after.items():
        if place >= until.get(partition, place):
            continue
        rows = connection.execute(
            "SELECT substr(data, 1, 5), (ms, seq) = (?, ?) FROM entries JOIN commits USING (e) "
            "WHERE partition = ? AND (ms, seq) >= (?, ?) AND (ms, seq) <= (?, ?)",
            (*place[:2], partition, *place[:2], *until[partition][:2]),
        )
        for header, begun in rows:
            count += _length(header) - (place.index + 1 if begun else 0)
    return count


def _length(header: bytes) -> int:
    """Return how many items an array of msgpack has, by its first bytes."""
    kind = header[0]
    return kind & 0x0F if kind < 0xDC else int.from_bytes(header[1 : 3 if kind == 0xDC else 5], "big")


def _by_time(told: Told) -> tuple[int, int]:
    return told.offset.ms, told.partition


def _of_log(connection: sqlite3.Connection, partition: int, after: Offset, until: Offset) -> Iterator[Told]:
    rows = connection.execute(
        "SELECT ms, seq, data FROM entries JOIN commits USING (e) "
        "WHERE partition = ? AND (ms, seq) >= (?, ?) AND (ms, seq) <= (?, ?) ORDER BY ms, seq, e",
        (partition, *after[:2], *until[:2]),
    )
    for ms, seq, data in rows:
        for index, event in enumerate(_decode_all(data)):
            offset = Offset(ms, seq, index)
            if event is not None and after < offset <= until:
                yield Told(partition, offset, event)


def _commits(connection: sqlite3.Connection, entries: Iterable[int]) -> Iterator[tuple[int, bytes]]:
    return connection.execute("SELECT e, data FROM json_each(?) JOIN commits ON e = value", (as_json(entries),))
