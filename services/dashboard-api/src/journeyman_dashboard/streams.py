"""Streams of events for whoever follows along: each is a place in the log, and reads on from there.

A stream has no buffer: it takes the next stretch of the log from the read model when its client has taken the last.
A slow client falls behind and misses nothing; one that went, or was let go, resumes from the last id it saw.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncGenerator

import msgspec

from journeyman.codec import decode_event
from journeyman.errors import JourneymanError
from journeyman.events import Offset
from journeyman_dashboard.queries.histories import event_views, events_after
from journeyman_dashboard.reach import Reach
from journeyman_dashboard.reading import Readings, TooManyQueriesError, TooSlowError

STREAMS_MAX = 256
HEARTBEAT_S = 15.0
#: Events looked at for one stretch, before filters.
STRETCH = 500
RETRY_MS = 1_000

#: What an event says of its job's status, where it says anything.
STATUS_OF_EVENT = {
    "job.submitted": "pending",
    "job.blocked": "pending",
    "job.released": "pending",
    "job.retry_scheduled": "pending",
    "job.redriven": "pending",
    "job.failed": "pending",
    "job.lost": "pending",
    "job.returned": "pending",
    "job.started": "processing",
    "job.progressed": "processing",
    "job.succeeded": "completed",
    "job.dead_lettered": "failed",
    "job.cancelled": "cancelled",
}

_json = msgspec.json.Encoder().encode


class TooManyStreamsError(JourneymanError):
    """As many streams are open as the read model serves."""


class EventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which events: alternatives within a field, all fields together. Empty: any.

    status: that which the event puts its job into.
    """

    event: tuple[str, ...] = ()
    job_id: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    queue: tuple[str, ...] = ()
    worker: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()

    def takes(self, row: tuple[object, ...]) -> bool:
        """Tell whether an event (a row of `events_after`) is asked for."""
        _, _, _, _, tag, data, job_id, kind, queue, tags = row
        if self.event and tag not in self.event:
            return False
        if self.status and STATUS_OF_EVENT.get(str(tag)) not in self.status:
            return False
        if (self.job_id and job_id not in self.job_id) or (self.type and kind not in self.type):
            return False
        if self.tags and not any(pair in self.tags for pair in _pairs(tags)):
            return False
        if not self.worker and (not self.queue or queue in self.queue):
            return True
        assert isinstance(data, bytes)
        event = decode_event(data)
        if self.queue and queue not in self.queue and getattr(event, "queue", None) not in self.queue:
            return False
        return not self.worker or getattr(event, "worker", None) in self.worker


def _pairs(tags: object) -> list[tuple[str, str]]:
    return list(msgspec.json.decode(tags, type=dict[str, str]).items()) if isinstance(tags, str) else []


class Streams:
    """The open streams of one read model."""

    def __init__(self, readings: Readings, reach: Reach) -> None:
        self._readings = readings
        self._reach = reach
        self.open = 0

    def follow(self, wanted: EventFilter, after: Offset | None) -> AsyncGenerator[bytes, None]:
        """Return the bytes of a stream of server-sent events behind `after` (None: from now on).

        Raises TooManyStreamsError.
        """
        if self.open >= STREAMS_MAX:
            raise TooManyStreamsError(f"{STREAMS_MAX} streams are open already")
        return self._follow(wanted, self._reach.offset if after is None else after)

    async def _follow(self, wanted: EventFilter, place: Offset) -> AsyncGenerator[bytes, None]:
        self.open += 1
        try:
            yield f"retry: {RETRY_MS}\nid: {place}\n: from here on\n\n".encode()
            said_at = time.monotonic()
            while not self._reach.closed:
                until = self._reach.offset
                if place < until:
                    place, text = await self._stretch(wanted, place, until)
                    if text:
                        yield text
                        said_at = time.monotonic()
                left_s = said_at + HEARTBEAT_S - time.monotonic()
                if left_s <= 0:
                    yield f"id: {place}\n: {self._reach.lag_ms()} ms behind the log\n\n".encode()
                    said_at = time.monotonic()
                elif place >= self._reach.offset:
                    await self._reach.wait_moved(left_s)
        finally:
            self.open -= 1

    async def _stretch(self, wanted: EventFilter, place: Offset, until: Offset) -> tuple[Offset, bytes]:
        """Return the next stretch and where it ends; an empty one at the same place where readers are busy."""
        try:
            return await self._readings.run(read_stretch, wanted, place, until)
        except (TooSlowError, TooManyQueriesError):
            await asyncio.sleep(RETRY_MS / 1000)
            return place, b""


def read_stretch(
    connection: sqlite3.Connection, wanted: EventFilter, after: Offset, until: Offset
) -> tuple[Offset, bytes]:
    """Return where the next stretch of the log ends and, as server-sent events, what of it is wanted."""
    rows = events_after(connection, after, until, STRETCH)
    end = Offset(*rows[-1][:3]) if len(rows) == STRETCH else until
    views = event_views(connection, [row[:6] for row in rows if wanted.takes(row)])
    text = b"".join(
        b"id: %b\nevent: %b\ndata: %b\n\n" % (view.offset.encode(), view.event.encode(), _json(view)) for view in views
    )
    return end, text
