"""The one hand that writes the read model: batches with the cursor behind them, and what retention deletes.

Every partition's thread (`projector`) comes here with what it has read; a lock lets in one at a time. Events that do
not fit are put aside, each by itself, and their neighbours are kept. Beginning anew concerns all partitions,
since nobody could say which counts came of which log: `generation` then moves on, and each thread begins again.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from journeyman import failpoints
from journeyman.events import BEGINNING, Entry, Event, Offset, write_offset
from journeyman_dashboard import retention, schema
from journeyman_dashboard.exemplars import Exemplars
from journeyman_dashboard.projection import Changes
from journeyman_dashboard.reach import Reach
from journeyman_dashboard.recognition import anchor_of
from journeyman_dashboard.rows import JobRow
from journeyman_dashboard.store import (
    Cursor,
    Store,
    read_cursors,
    read_following,
    transaction,
)

#: Events per transaction: what a batch costs beside its events no longer shows.
EVENTS_PER_BATCH = 8_000
RETENTION_EVERY_S = 60.0
#: A further step of retention for so many events stored since the last: it deletes more jobs than came with them.
EVENTS_PER_STEP = 1_000

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


#: Called with a batch that was stored: its partition, what it stands between, the jobs that it speaks of.
Stored: TypeAlias = Callable[[int, Offset, Offset, Sequence[Entry], Mapping[str, JobRow]], None]


class Writer:
    """Writes the file at `path`. Safe to share between threads."""

    def __init__(
        self,
        path: Path,
        reach: Reach,
        retention_ms: int,
        exemplars: Exemplars | None = None,
        stored: Stored | None = None,
    ) -> None:
        self._path = path
        self._reach = reach
        self._retention_ms = retention_ms
        self._exemplars = exemplars or Exemplars(None)
        self._stored = stored
        self._lock = threading.Lock()
        self._opened: Store | None = None
        self._swept_at = float("-inf")
        self._sweep_after = 0
        self._unswept = 0
        #: How often the read model was begun anew.
        self.generation = 0

    def open(self) -> None:
        """Open the file, made where it is missing."""
        self._opened = Store(schema.open_for_writing(self._path))

    def close(self) -> None:
        """Close the file."""
        if self._opened is not None:
            with self._lock:
                self._opened.connection.close()

    @property
    def _store(self) -> Store:
        assert self._opened is not None
        return self._opened

    def begin(self, partition: int) -> tuple[int, Cursor]:
        """Return the generation, and how far a partition has been read in it."""
        with self._lock:
            cursors = read_cursors(self._store.connection)
            return self.generation, cursors.get(partition, Cursor(partition))

    def begin_anew(self, generation: int, why: str) -> None:
        """Forget everything, unless that has been done since this generation."""
        with self._lock:
            if generation != self.generation:
                return
            _log.warning("%s; rebuilding the read model", why)
            schema.rebuild(self._store.connection)
            self._store.forget()
            self._sweep_after = 0
            self.generation += 1
            # Not only the partition that noticed: nobody is to be told that what he wrote has been read.
            for partition in self._reach.partitions:
                self._reach.resume(partition, BEGINNING)

    def store(self, generation: int, batch: list[Entry], cursor: Cursor) -> Cursor | None:
        """Store a partition's batch and the cursor behind it, which is returned, in one transaction.

        None, and nothing is stored, where the read model was begun anew since this generation.
        """
        with self._lock:
            if generation != self.generation:
                return None
            failpoints.hit("dashboard.before_transaction")
            try:
                return self._apply(batch, cursor)
            except BaseException:
                self._store.forget()
                raise

    def _apply(self, batch: list[Entry], cursor: Cursor) -> Cursor:
        connection = self._store.connection
        after = _after(cursor, batch)
        try:
            with transaction(connection):
                changes = self._store.project(batch, read_following(connection), cursor.partition)
                self._store.end_batch(changes.following, after)
                failpoints.hit("dashboard.within_transaction")
            failpoints.hit("dashboard.after_transaction")
        except _UNFIT:
            _log.warning("a batch cannot be stored as it is; storing its events one by one", exc_info=True)
            self._apply_singly(batch, after)
            return after
        self._exemplars.look(chain(changes.new, changes.known))
        if self._stored is not None:
            self._stored(cursor.partition, cursor.offset, after.offset, batch, changes.jobs)
        self._unswept += after.events - cursor.events
        self._reach.quarantined += len(changes.quarantine)
        _tell_quarantined(changes)
        return after

    def _apply_singly(self, batch: list[Entry], after: Cursor) -> None:
        """Store a batch event by event, putting aside those that do not fit; still in one transaction."""
        connection = self._store.connection
        self._store.forget()
        with transaction(connection):
            following = read_following(connection)
            for single in _singles(batch):
                connection.execute("SAVEPOINT single")
                try:
                    following = self._store.project([single], following, after.partition).following
                except _UNFIT as error:
                    connection.execute("ROLLBACK TO single")
                    self._store.forget()
                    self._put_aside(single, after.partition, error)
                connection.execute("RELEASE single")
            self._store.end_batch(following, after)

    def _put_aside(self, single: Entry, partition: int, error: Exception) -> None:
        place = single.offset._replace(index=len(single.events) - 1)
        reason = f"cannot be stored: {type(error).__name__}: {error}"
        _log.error("quarantined an event: %s", reason, extra={"offset": write_offset(partition, place)})
        self._reach.quarantined += 1
        self._store.connection.execute("REPLACE INTO quarantine VALUES (?, ?, ?, ?, ?)", (partition, *place, reason))

    @property
    def sweeping(self) -> bool:
        """Whether a pass of retention is under way."""
        return bool(self._sweep_after)

    def sweep(self) -> None:
        """Delete a little of what is too old, where it is time; more where much was stored since the last call."""
        self._sweep_step()
        while self.sweeping and self._unswept >= EVENTS_PER_STEP:
            self._unswept -= EVENTS_PER_STEP
            self._sweep_step()
        self._unswept = 0

    def _sweep_step(self) -> None:
        now = time.monotonic()
        if not self._sweep_after and now - self._swept_at < RETENTION_EVERY_S:
            return
        with self._lock, transaction(self._store.connection):
            now_ms = self._reach.now_ms()
            cut_ms = now_ms - self._retention_ms
            if not self._sweep_after:
                retention.delete_small(self._store.connection, now_ms, cut_ms)
            self._sweep_after = retention.delete_step(self._store.connection, self._sweep_after, cut_ms)
            self._swept_at = now


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


def _after(cursor: Cursor, batch: list[Entry]) -> Cursor:
    last = batch[-1]
    offset = Offset(last.offset.ms, last.offset.seq, max(len(last.events) - 1, 0))
    anchor, digest = anchor_of(batch) or (cursor.anchor, cursor.anchor_digest)
    events = cursor.events + sum(len(entry.events) for entry in batch)
    return cursor._replace(offset=offset, anchor=anchor, anchor_digest=digest, events=events)


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
    for partition, ms, seq, index, reason in changes.quarantine[:10]:
        place = write_offset(partition, Offset(ms, seq, index))
        _log.error("quarantined an event: %s", reason, extra={"offset": place})
    if len(changes.quarantine) > 10:
        _log.error("quarantined %d more events", len(changes.quarantine) - 10)
