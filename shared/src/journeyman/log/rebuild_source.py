"""What a rebuild reads: once through the archive and the log, for how jobs ended and where their submissions stand.

The bodies that are needed are fetched afterwards by where they stand, so that no more of them are in memory at a time
than there are jobs that ended badly.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from journeyman import events as e
from journeyman.archive import Chain
from journeyman.archive_segments import RawEntry
from journeyman.codec import encode_event
from journeyman.log import wire
from journeyman.log.raw_entries import RawLog

#: How long an end is of use to anybody: an hour more than the longest that it is remembered.
HOUR_MS = 3_600_000
KEPT_MS = 25 * HOUR_MS
PAGE = 64
#: How often what cannot be of use any more is dropped on the way: memory does not grow with the log.
SIFT_EVERY = 20_000


class Ends:
    """How jobs ended, and where the submissions of those stand that did not complete: places as `bodies` holds them."""

    def __init__(self, now_ms: int) -> None:
        self.completed: dict[str, e.Offset] = {}
        self.cancelled: dict[str, tuple[int, int, int]] = {}
        self.dead: dict[str, tuple[Any, ...]] = {}
        self.places: dict[str, bytes] = {}
        #: Jobs whose life went on after they had ended badly.
        self.redriven: set[str] = set()
        self._now_ms = now_ms
        self._attempt: dict[str, int] = {}
        self._generation: dict[str, int] = {}
        self._line: dict[str, tuple[str, str]] = {}
        self._until_sifted = SIFT_EVERY

    def read(self, raw: RawEntry) -> None:
        """Take the next entry."""
        (entry,) = wire.entries([raw.wire])
        submitted = False
        for record in entry.records():
            submitted = submitted or type(record.event) is e.JobSubmitted
            self._take(record)
        if submitted:
            commit = dict(zip(raw.parts[::2], raw.parts[1::2], strict=False)).get(b"c", b"")
            for event, place in wire.submissions(raw.offset, commit):
                if event.job_id not in self.completed:
                    self.places.setdefault(event.job_id, place)
        self._until_sifted -= 1
        if not self._until_sifted:
            self._sift(entry.at_ms)

    def _take(self, record: e.Record) -> None:
        event = record.event
        match event:
            case e.JobSubmitted():
                self._line[event.job_id] = (event.type, event.queue)
            case e.JobStarted():
                self._attempt[event.job_id] = event.attempt
            case e.JobReturned():
                self._attempt[event.job_id] = event.attempt - 1
            case e.JobSucceeded():
                if record.at_ms > self._now_ms - KEPT_MS:
                    self.completed[event.job_id] = record.offset
                self._forget(event.job_id)
            case e.JobCancelled():
                self.cancelled[event.job_id] = (record.at_ms, *self._numbers(event.job_id))
            case e.JobDeadLettered():
                type_, queue = self._line.get(event.job_id, ("", ""))
                numbers = self._numbers(event.job_id)
                self.dead[event.job_id] = (
                    record.at_ms,
                    *numbers,
                    type_,
                    queue,
                    event.error.type,
                    event.error.fingerprint,
                )
            case e.JobRedriven():
                self.dead.pop(event.job_id, None)
                self.cancelled.pop(event.job_id, None)
                self.redriven.add(event.job_id)
                self._generation[event.job_id] = event.generation
                self._attempt[event.job_id] = event.attempt
            case _:
                pass

    def _numbers(self, job_id: str) -> tuple[int, int]:
        return self._attempt.get(job_id, 0), self._generation.get(job_id, 1)

    def _forget(self, job_id: str) -> None:
        for known in (self._attempt, self._generation, self._line, self.places):
            known.pop(job_id, None)

    def _sift(self, at_ms: int) -> None:
        """Drop what was cancelled so long ago, as of a moment, that nobody can bring it back."""
        self._until_sifted = SIFT_EVERY
        for job_id in [job_id for job_id, facts in self.cancelled.items() if facts[0] < at_ms - KEPT_MS]:
            del self.cancelled[job_id]
            self._forget(job_id)


class Source:
    """The log, and what the archive has of it from before."""

    def __init__(self, raw: RawLog, chain: Chain | None, alive: Callable[[], None]) -> None:
        """Prepare to read. `alive` is called every now and then while that takes its time."""
        self._raw = raw
        self._alive = alive
        extent = raw.extent()
        self.first = extent.first
        #: How many entries have left the log that the archive does not have either.
        self.unknown = extent.trimmed
        self._chain = chain if extent.trimmed else None
        if self._chain is not None:
            parts = self._chain.parts()
            self.unknown = parts[0].segment.position if parts else extent.trimmed

    def entries(self) -> Iterator[RawEntry]:
        """Return everything there is, in order."""
        for number, entry in enumerate(self._all()):
            if not number % SIFT_EVERY:
                self._alive()
            yield entry

    def _all(self) -> Iterator[RawEntry]:
        if self._chain is not None:
            for entry in self._chain.raw():
                if entry.offset[:2] >= self.first[:2]:
                    break
                yield entry
        yield from self._raw.entries()

    def ends(self, now_ms: int) -> Ends:
        """Read everything."""
        ends = Ends(now_ms)
        for entry in self.entries():
            ends.read(entry)
        return ends

    def stands(self, place: bytes) -> bool:
        """Tell whether a submission stands in the log on the server, so that its place is enough."""
        found = wire.body_place(place)
        return found is not None and e.Offset.parse(found.entry)[:2] >= self.first[:2]

    def bodies(self, places: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
        """Return the bodies that stand at these places, by job, in today's shape."""
        wanted: dict[e.Offset, list[tuple[str, wire.BodyPlace]]] = {}
        for job_id, value in places.items():
            place = wire.body_place(value)
            if place is not None:
                wanted.setdefault(e.Offset.parse(place.entry), []).append((job_id, place))
        for entry in self._some(sorted(wanted)):
            commit = dict(zip(entry.parts[::2], entry.parts[1::2], strict=False)).get(b"c", b"")
            for job_id, place in wanted[entry.offset]:
                yield job_id, encode_event(wire.body(place.cut(commit)))

    def _some(self, offsets: list[e.Offset]) -> Iterator[RawEntry]:
        """Return the entries at these places, which are in order."""
        live = bisect.bisect_left(offsets, self.first)
        if self._chain is not None and live:
            wanted = set(offsets[:live])
            for part in self._chain.parts():
                _, first, last = part.segment.span
                at = bisect.bisect_left(offsets, first)
                if at < live and offsets[at] <= last:
                    self._alive()
                    yield from (entry for entry in self._chain.contents(part.segment) if entry.offset in wanted)
        for number, offset in enumerate(offsets[live:]):
            if not number % SIFT_EVERY:
                self._alive()
            entry = self._raw.at(offset)
            if entry is not None:
                yield entry
