"""Tells whether a log is the one that the read model was folded from.

A server may have been emptied, restored from an older copy, or be another one altogether. The cursor would then
mean nothing, and following on from it would mix two histories.
"""

from __future__ import annotations

from typing import Protocol

from journeyman.events import BEGINNING, Entry, Event, Offset, tag_of
from journeyman_dashboard.store import Cursor


class Recognisable(Protocol):
    """What recognising needs of a log; see `journeyman.log.api`."""

    def read(self, after: Offset, *, count: int = 100) -> list[Entry]:
        """Return entries that come after `after`."""
        ...

    def end(self) -> Offset:
        """Return the place of the last commit."""
        ...

    def at(self, offset: Offset) -> Event | None:
        """Return the event at an offset; None where it was trimmed or is unreadable."""
        ...


def sign(event: Event) -> str:
    """Return what an event is recognised by: its tag and first field, which no later version changes."""
    first: object = getattr(event, event.__struct_fields__[0])
    return f"{tag_of(event)} {first}"


def anchor_of(entries: list[Entry]) -> tuple[Offset, str] | None:
    """Return the place and the sign of the last readable event of these entries."""
    for entry in reversed(entries):
        for index in range(len(entry.events) - 1, -1, -1):
            event = entry.events[index]
            if event is not None:
                return entry.offset._replace(index=index), sign(event)
    return None


def reaches(log: Recognisable, cursor: Cursor) -> bool:
    """Tell whether the log is as long as what was read of it."""
    return log.end()[:2] >= cursor.offset[:2]


def continues(log: Recognisable, cursor: Cursor, oldest_ms: int) -> bool:
    """Tell whether what comes behind the cursor in this log continues what was read before it.

    It does not where another event, or none, stands at the anchor. One that is older than `oldest_ms` may have been
    trimmed, which is believed where the log begins behind it.
    """
    if cursor.anchor is None:
        return True
    event = log.at(cursor.anchor)
    if event is not None:
        return sign(event) == cursor.anchor_digest
    if cursor.anchor.ms >= oldest_ms:
        return False
    first = log.read(BEGINNING, count=1)
    return bool(first) and first[0].offset[:2] > cursor.anchor[:2]
