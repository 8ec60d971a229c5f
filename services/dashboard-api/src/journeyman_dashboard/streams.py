"""Streams of events for whoever follows along: each is a position in the logs, and reads on from there.

A stream has no buffer: it takes the next stretch of the logs from the read model when its client has taken the last.
A slow client falls behind and misses nothing, or, where it asked for that (`skip`), goes on from now and is told how
many events were left out; one that went, or was let go, resumes from the last id it saw. The id of an event is the
position behind it, in all partitions, because no partition's offset says anything of another's. A stretch is in
order of time; a partition that is behind the others does not hold them up.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable
from itertools import islice
from typing import NamedTuple, TypeAlias

import msgspec

from journeyman.errors import JourneymanError
from journeyman.events import DependencyResolved, Event, Offset, tag_of, write_position
from journeyman_dashboard.params import write_time
from journeyman_dashboard.positions import Position, completed, reached
from journeyman_dashboard.postings import lives_in
from journeyman_dashboard.queries.entries import Told, count_between, events_between
from journeyman_dashboard.queries.histories import Job, event_view, jobs_of
from journeyman_dashboard.reach import Reach
from journeyman_dashboard.reading import Readings, TooManyQueriesError, TooSlowError

STREAMS_MAX = 256
HEARTBEAT_S = 15.0
PULSE_S = 10.0
#: So far behind the read model, a stream that may skip does.
SKIP_BEHIND_S = 5.0
#: Events looked at for one stretch, before filters; and what it may weigh, but for its last event. A stream holds one.
STRETCH = 500
STRETCH_BYTES = 256 * 1024
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

#: Where it ends, and its bytes.
Stretch: TypeAlias = tuple[dict[int, Offset], bytes]

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

    def of_jobs(self) -> bool:
        """Whether it takes the event's job to tell."""
        return bool(self.type or self.queue or self.tags)

    def takes(self, told: Told, job: Job | None) -> bool:
        """Tell whether an event is asked for. job: that of the event, where it has one that is known.

        `dependency.resolved` stands in two logs; that of the job it speaks of tells it.
        """
        event = told.event
        if isinstance(event, DependencyResolved) and lives_in(event.job_id) != told.partition:
            return False
        tag = tag_of(event)
        if (self.event and tag not in self.event) or (self.job_id and _said(event, "job_id") not in self.job_id):
            return False
        if self.status and STATUS_OF_EVENT.get(tag) not in self.status:
            return False
        if self.worker and _said(event, "worker") not in self.worker:
            return False
        if self.type and (job is None or job.type not in self.type):
            return False
        if self.tags and (job is None or not any(pair in self.tags for pair in _pairs(job.tags))):
            return False
        return not self.queue or _said(event, "queue") in self.queue or (job is not None and job.queue in self.queue)


def _said(event: Event, field: str) -> object:
    return getattr(event, field, None)


def _pairs(tags: str | None) -> list[tuple[str, str]]:
    return list(msgspec.json.decode(tags, type=dict[str, str]).items()) if tags else []


class Manner(NamedTuple):
    """How a stream is told besides. pulse: with a `pulse` at once and every 10 s. skip: rather with gaps than late."""

    pulse: bool = False
    skip: bool = False


PLAIN = Manner()


class Mark:
    """Where the read model was at a time: tells how far a stream is behind it."""

    def __init__(self, position: Position) -> None:
        self._position = position
        self._at = time.monotonic()

    def passed(self, place: Position, position: Position) -> float:
        """Return how far behind a stream at `place` is, in seconds. position: where the read model is now."""
        now = time.monotonic()
        if reached(place, self._position):
            self._position, self._at = position, now
        return now - self._at


class Streams:
    """The open streams of one read model."""

    def __init__(self, readings: Readings, reach: Reach) -> None:
        self._readings = readings
        self._reach = reach
        self.open = 0

    def follow(
        self, wanted: EventFilter, after: Position | None, manner: Manner = PLAIN
    ) -> AsyncGenerator[bytes, None]:
        """Return the bytes of a stream of server-sent events behind `after` (None: from now on).

        Partitions that `after` does not name are followed from the earliest moment that it names.

        Raises TooManyStreamsError.
        """
        if self.open >= STREAMS_MAX:
            raise TooManyStreamsError(f"{STREAMS_MAX} streams are open already")
        place = self._reach.position if after is None else completed(after, self._reach.partitions)
        return self._follow(wanted, place, manner)

    async def _follow(
        self, wanted: EventFilter, place: dict[int, Offset], manner: Manner
    ) -> AsyncGenerator[bytes, None]:
        self.open += 1
        try:
            yield f"retry: {RETRY_MS}\nid: {write_position(place)}\n: from here on\n\n".encode()
            said_at, mark = time.monotonic(), Mark(self._reach.position)
            pulse_at = float("inf")
            if manner.pulse:
                yield self._pulse(place, 0)
                pulse_at = said_at + PULSE_S
            while not self._reach.closed:
                until = self._reach.position
                behind_s = mark.passed(place, until)
                if not reached(place, until):
                    how = read_gap if manner.skip and behind_s > SKIP_BEHIND_S else read_stretch
                    place, text = await self._next(how, wanted, place, until)
                    if text:
                        yield text
                        said_at = time.monotonic()
                now = time.monotonic()
                if now >= pulse_at:
                    yield self._pulse(place, mark.passed(place, until))
                    pulse_at = now + PULSE_S
                if now >= said_at + HEARTBEAT_S:
                    yield f"id: {write_position(place)}\n: {self._reach.lag_ms()} ms behind the log\n\n".encode()
                    said_at = now
                elif reached(place, self._reach.position):
                    await self._reach.wait_moved(min(said_at + HEARTBEAT_S, pulse_at) - time.monotonic())
        finally:
            self.open -= 1

    def _pulse(self, place: Position, behind_s: float) -> bytes:
        """Return what says that the stream is well, though there may be nothing to tell."""
        lag_ms = self._reach.lag_ms() + int(behind_s * 1000)
        told = {"at": write_time(self._reach.now_ms()), "offset": write_position(place), "lag_ms": lag_ms}
        return b"event: pulse\ndata: " + _json(told) + b"\n\n"

    async def _next(
        self, how: Callable[..., Stretch], wanted: EventFilter, place: dict[int, Offset], until: Position
    ) -> Stretch:
        """Return the next stretch and where it ends; an empty one at the same place where readers are busy."""
        try:
            return await self._readings.run(how, wanted, place, until)
        except (TooSlowError, TooManyQueriesError):
            await asyncio.sleep(RETRY_MS / 1000)
            return place, b""


def read_stretch(connection: sqlite3.Connection, wanted: EventFilter, after: Position, until: Position) -> Stretch:
    """Return where the next stretch of the logs ends and, as server-sent events, what of it is wanted."""
    stretch = list(islice(events_between(connection, after, until), STRETCH))
    jobs = jobs_of(connection, (told.event for told in stretch)) if wanted.of_jobs() else {}
    place = dict(after)
    parts: list[bytes] = []
    size = 0
    for told in stretch:
        if size > STRETCH_BYTES:
            return place, b"".join(parts)
        place[told.partition] = told.offset
        if wanted.takes(told, jobs.get(str(_said(told.event, "job_id")))):
            view = event_view(told.partition, told.offset, told.event)
            parts.append(f"id: {write_position(place)}\nevent: {view.event}\ndata: ".encode() + _json(view) + b"\n\n")
            size += len(parts[-1])
    if len(stretch) < STRETCH:
        place = _behind(place, until)
    return place, b"".join(parts)


def read_gap(connection: sqlite3.Connection, _wanted: EventFilter, after: Position, until: Position) -> Stretch:
    """Leave out everything up to `until`, and say how many events that is, wanted or not."""
    place = _behind(after, until)
    told = {
        "events": count_between(connection, after, until),
        "after": write_position(after),
        "offset": write_position(place),
    }
    return place, f"id: {write_position(place)}\nevent: skipped\ndata: ".encode() + _json(told) + b"\n\n"


def _behind(place: Position, until: Position) -> dict[int, Offset]:
    return {**place, **{partition: max(offset, place[partition]) for partition, offset in until.items()}}
