"""The thread that follows the log: reads entries, folds them, stores them with the cursor, says how far it is.

When the server cannot be reached, or the disk refuses, it says so (`reach`) and tries again with growing pauses;
nothing is lost, because the cursor moves only with what was stored. Events that this version cannot read,
or that cannot be stored, are put aside in `quarantine` and reported once; they never stop it. A log that is
not the one the read model was folded from makes it begin anew.
"""

from __future__ import annotations

import hashlib
import logging
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from journeyman.errors import JourneymanError
from journeyman.events import Entry, Event, Offset
from journeyman.rebuild_mark import take_mark
from journeyman_dashboard import retention, schema
from journeyman_dashboard.projection import Changes
from journeyman_dashboard.reach import Reach
from journeyman_dashboard.recognition import Recognisable, anchor_of, continues, reaches
from journeyman_dashboard.store import Cursor, project, read_cursor, transaction, write_cursor

#: Entries per read (each at most 1 MiB and 1,000 events) and events per transaction.
ENTRIES_PER_READ = 64
EVENTS_PER_BATCH = 8_000
BLOCK_MS = 200
SWEEPING_BLOCK_MS = 20
#: A small batch is followed by a pause, so that the next one is worth its transaction.
SMALL_BATCH = 500
PAUSE_S = 0.02
CHECK_EVERY_S = 2.0
RETENTION_EVERY_S = 60.0
BACKOFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

#: What an event can do to its batch by what stands in it; anything else is trouble with disk or server.
_UNFIT = (
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
)

_log = logging.getLogger(__name__)


class Source(Recognisable, Protocol):
    """What projecting needs of a log; see `journeyman.log.api`."""

    def now_ms(self) -> int:
        """Return the server's time."""
        ...

    def checkpoint(self, reader: str, offset: Offset) -> None:
        """Say how far `reader` has read; nothing behind it is trimmed."""
        ...


class Keeping(NamedTuple):
    """How long ended jobs stay in the read model, and how long entries stay in the log, at least."""

    read_model_ms: int
    log_ms: int


class Projector:
    """Follows one log into one file. `start` it once; `stop` returns when its thread has ended."""

    def __init__(self, log: Source, path: Path, reach: Reach, keeping: Keeping) -> None:
        self._source = log
        self._path = path
        self._name = reader_name(path)
        self._reach = reach
        self._retention_ms = keeping.read_model_ms
        self._trimmed_after_ms = keeping.log_ms
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="projector", daemon=True)
        self._connection: sqlite3.Connection | None = None
        self._checked_at = self._swept_at = float("-inf")
        self._sweep_after = 0
        self._failures = 0

    def start(self) -> None:
        """Open the file, made where it is missing, and follow the log from its cursor."""
        self._connection = schema.open_for_writing(self._path)
        self._thread.start()

    def stop(self) -> None:
        """End after the batch under way."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._connection is not None:
            self._connection.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._follow()
            except JourneymanError as error:
                self._report(f"cannot read the log: {error}")
            except Exception as error:  # noqa: BLE001 - the loop's runner: whatever it is, say so and go on trying
                self._report(f"cannot store what the log says: {error}", trace=True)
            self._stop.wait(BACKOFF_S[min(self._failures, len(BACKOFF_S) - 1)])
            self._failures += 1
            self._checked_at = float("-inf")

    def _report(self, trouble: str, *, trace: bool = False) -> None:
        self._reach.fail(trouble)
        if self._failures == 0 or trace:
            _log.warning("%s; trying again", trouble, exc_info=trace)

    def _follow(self) -> None:
        """Follow the log until asked to stop."""
        cursor = read_cursor(self._writer)
        while not self._stop.is_set():
            cursor = self._check(cursor)
            block_ms = SWEEPING_BLOCK_MS if self._sweep_after else BLOCK_MS
            entries = self._source.read(cursor.offset, count=ENTRIES_PER_READ, block_ms=block_ms)
            if self._failures:
                _log.info("following the log again")
                self._failures = 0
            if entries and not continues(self._source, cursor, self._reach.now_ms() - self._trimmed_after_ms):
                cursor = self._begin_anew(cursor)
                continue
            cursor = self._take(entries, cursor)
            if len(entries) < ENTRIES_PER_READ:
                self._sweep()
                if 0 < sum(len(entry.events) for entry in entries) < SMALL_BATCH:
                    self._reach.wanted.wait(PAUSE_S)

    def _take(self, entries: list[Entry], cursor: Cursor) -> Cursor:
        """Store what was read, in batches, and say how far that is."""
        if not entries:
            self._reach.advance(cursor.offset, lag_ms=0, caught_up=True)
        for batch in batches(entries):
            cursor = self._apply(batch, cursor)
            self._reach.projected += sum(len(entry.events) for entry in batch)
            at_end = batch[-1] is entries[-1] and len(entries) < ENTRIES_PER_READ
            lag_ms = self._reach.now_ms() - cursor.offset.ms
            self._reach.advance(cursor.offset, lag_ms=lag_ms, caught_up=at_end)
        return cursor

    @property
    def _writer(self) -> sqlite3.Connection:
        assert self._connection is not None
        return self._connection

    def _check(self, cursor: Cursor) -> Cursor:
        """Every now and then, learn the server's time, see that the log has not shrunk, and say how far we are."""
        if time.monotonic() - self._checked_at < CHECK_EVERY_S:
            return cursor
        self._reach.calibrate(self._source.now_ms())
        if take_mark(str(self._path.parent)):
            cursor = self._begin_anew(cursor, "a rebuild was asked for")
        elif not reaches(self._source, cursor):
            cursor = self._begin_anew(cursor)
        self._source.checkpoint(self._name, cursor.offset)
        self._checked_at = time.monotonic()
        return cursor

    def _begin_anew(self, cursor: Cursor, why: str = "the log is not the one the read model was made from") -> Cursor:
        """Forget everything, and read the log from its beginning."""
        _log.warning("%s; rebuilding the read model", why, extra={"cursor": str(cursor.offset)})
        schema.rebuild(self._writer)
        self._sweep_after = 0
        return read_cursor(self._writer)

    def _apply(self, batch: list[Entry], cursor: Cursor) -> Cursor:
        """Store a batch and the cursor behind it, in one transaction."""
        try:
            with transaction(self._writer):
                changes = project(self._writer, batch, cursor.next_n)
                after = _after(cursor, batch, changes.next_n)
                write_cursor(self._writer, after)
        except _UNFIT:
            _log.warning("a batch cannot be stored as it is; storing its events one by one", exc_info=True)
            return self._apply_singly(batch, cursor)
        self._reach.quarantined += len(changes.quarantine)
        _tell_quarantined(changes)
        return after

    def _apply_singly(self, batch: list[Entry], cursor: Cursor) -> Cursor:
        """Store a batch event by event, putting aside those that do not fit; still in one transaction."""
        next_n = cursor.next_n
        with transaction(self._writer):
            for single in _singles(batch):
                self._writer.execute("SAVEPOINT single")
                try:
                    next_n = project(self._writer, [single], next_n).next_n
                except _UNFIT as error:
                    self._writer.execute("ROLLBACK TO single")
                    self._put_aside(single, error)
                self._writer.execute("RELEASE single")
            after = _after(cursor, batch, next_n)
            write_cursor(self._writer, after)
        return after

    def _put_aside(self, single: Entry, error: Exception) -> None:
        place = single.offset._replace(index=len(single.events) - 1)
        reason = f"cannot be stored: {type(error).__name__}: {error}"
        _log.error("quarantined an event: %s", reason, extra={"offset": str(place)})
        self._reach.quarantined += 1
        self._writer.execute("REPLACE INTO quarantine VALUES (?, ?, ?, ?)", (*place, reason))

    def _sweep(self) -> None:
        """Delete a little of what is too old, where it is time."""
        now = time.monotonic()
        if not self._sweep_after and now - self._swept_at < RETENTION_EVERY_S:
            return
        now_ms = self._reach.now_ms()
        cut_ms = now_ms - self._retention_ms
        with transaction(self._writer):
            if not self._sweep_after:
                retention.delete_small(self._writer, now_ms, cut_ms)
            self._sweep_after = retention.delete_step(self._writer, self._sweep_after, cut_ms)
        self._swept_at = now


def reader_name(path: Path) -> str:
    """Return the name under which this replica says how far it has read: its host and its file."""
    place = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]
    return f"dashboard@{socket.gethostname()}/{place}"


def batches(entries: list[Entry]) -> Iterator[list[Entry]]:
    """Cut what was read into batches of about EVENTS_PER_BATCH events."""
    batch: list[Entry] = []
    events = 0
    for entry in entries:
        batch.append(entry)
        events += len(entry.events)
        if events >= EVENTS_PER_BATCH:
            yield batch
            batch, events = [], 0
    if batch:
        yield batch


def _after(cursor: Cursor, batch: list[Entry], next_n: int) -> Cursor:
    last = batch[-1]
    offset = Offset(last.offset.ms, last.offset.seq, max(len(last.events) - 1, 0))
    events = cursor.events + sum(len(entry.events) for entry in batch)
    anchor = anchor_of(batch) or (cursor.anchor, cursor.anchor_digest)
    return Cursor(offset, *anchor, next_n, events)


def _singles(batch: list[Entry]) -> Iterator[Entry]:
    """Yield every readable event as an entry of its own at the same offset, and what is undecodable."""
    for entry in batch:
        if entry.undecodable:
            yield entry._replace(events=[])
        for index, event in enumerate(entry.events):
            if event is not None:
                alone: list[Event | None] = [None] * index + [event]
                yield entry._replace(events=alone, undecodable=())


def _tell_quarantined(changes: Changes) -> None:
    for *place, reason in changes.quarantine[:10]:
        _log.error("quarantined an event: %s", reason, extra={"offset": str(Offset(*map(int, place)))})
    if len(changes.quarantine) > 10:
        _log.error("quarantined %d more events", len(changes.quarantine) - 10)
