"""The threads that follow the logs, one for each partition: read entries, have them stored, say how far that is.

When a partition's server cannot be reached, or the disk refuses, its thread says so (`reach`) and tries again with
growing pauses, and the others go on; nothing is lost, because a cursor moves only with what was stored. Events that
this version cannot read, or that cannot be stored, are put aside in `quarantine` and reported once; they never stop
it. A log that is not the one the read model was folded from makes it begin anew.
"""

from __future__ import annotations

import hashlib
import logging
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from journeyman.errors import JourneymanError
from journeyman.events import BEGINNING, Entry, write_offset
from journeyman.rebuild_mark import take_mark
from journeyman_dashboard.exemplars import Exemplars
from journeyman_dashboard.partitions import DashboardLog, Partition
from journeyman_dashboard.reach import Reach
from journeyman_dashboard.recognition import continues, reaches
from journeyman_dashboard.store import Cursor
from journeyman_dashboard.writer import Stored, Writer, batches

#: Entries per read (each at most 1 MiB and 1,000 events): more, up to the second, as long as they are small and there
#: are more of them than are read. Several partitions share these, down to the third, which bounds what is in memory.
ENTRIES_PER_READ = 64
SMALL_ENTRIES_PER_READ = 512
LEAST_ENTRIES_PER_READ = 8
#: A small batch, or none, is followed by a pause, so that the next one is worth its transaction, and most jobs that run
#: at once are seen from submission to end in one batch, which makes them one insert. Many partitions pause longer, so
#: that together they make no more transactions than one.
SMALL_BATCH = 4_000
PAUSE_S = 0.03
PAUSE_MAX_S = 0.3
#: The pause while old jobs are being removed, and while somebody waits for what is not in the log yet.
SWEEPING_S = 0.02
WANTED_S = 0.005
CHECK_EVERY_S = 2.0
BACKOFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

_log = logging.getLogger(__name__)


class Keeping(NamedTuple):
    """How long ended jobs stay in the read model, and how long entries stay in the log, at least."""

    read_model_ms: int
    log_ms: int


class Projector:
    """Follows the logs of all partitions into one file. `start` it once; `stop` returns when its threads have ended."""

    def __init__(
        self,
        partitions: Sequence[Partition],
        path: Path,
        reach: Reach,
        keeping: Keeping,
        exemplars: Exemplars | None = None,
        stored: Stored | None = None,
    ) -> None:
        """Prepare it. stored: told of every batch, where somebody wants to know."""
        self._stop = threading.Event()
        self._writer = Writer(path, reach, keeping.read_model_ms, exemplars, stored)
        self._followers = [
            Follower(partition, len(partitions), self._writer, path, reach, keeping, self._stop)
            for partition in partitions
        ]

    def start(self) -> None:
        """Open the file, made where it is missing, and follow each log from its cursor."""
        self._writer.open()
        for follower in self._followers:
            follower.thread.start()

    def stop(self) -> None:
        """End after the batch under way."""
        self._stop.set()
        for follower in self._followers:
            if follower.thread.is_alive():
                follower.thread.join()
        self._writer.close()


class Follower:
    """Follows one of `partitions` logs."""

    def __init__(
        self,
        partition: Partition,
        partitions: int,
        writer: Writer,
        path: Path,
        reach: Reach,
        keeping: Keeping,
        stop: threading.Event,
    ) -> None:
        self.thread = threading.Thread(target=self._run, name=f"projector-{partition.number}", daemon=True)
        self._partition = partition
        self._number = partition.number
        self._called = "" if partitions == 1 else f"partition {partition.number}: "
        self._writer = writer
        self._directory = str(path.parent)
        self._name = reader_name(path)
        self._reach = reach
        self._trimmed_after_ms = keeping.log_ms
        self._stop = stop
        self._least = max(ENTRIES_PER_READ // partitions, LEAST_ENTRIES_PER_READ)
        self._most = max(SMALL_ENTRIES_PER_READ // partitions, LEAST_ENTRIES_PER_READ)
        self._pause_s = min(PAUSE_S * partitions, PAUSE_MAX_S)
        self._at_once = self._least
        self._generation = -1
        self._cursor = Cursor(partition.number)
        self._restored_ms = 0
        self._checked_at = float("-inf")
        self._failures = 0

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._follow(self._partition.log())
            except JourneymanError as error:
                self._report(f"cannot read the log: {error}")
            except Exception as error:  # noqa: BLE001 - the loop's runner: whatever it is, say so and go on trying
                self._report(f"cannot store what the log says: {error}", trace=True)
            self._stop.wait(BACKOFF_S[min(self._failures, len(BACKOFF_S) - 1)])
            self._failures += 1
            self._checked_at = float("-inf")

    def _report(self, trouble: str, *, trace: bool = False) -> None:
        self._reach.fail(self._number, trouble)
        if self._failures == 0 or trace:
            _log.warning("%s%s; trying again", self._called, trouble, exc_info=trace)

    def _follow(self, log: DashboardLog) -> None:
        """Follow the log until asked to stop."""
        self._begin()
        while not self._stop.is_set():
            self._check(log)
            if self._writer.generation != self._generation:
                self._begin()
            entries = log.read(self._cursor.offset, count=self._at_once)
            if self._failures:
                _log.info("%sfollowing the log again", self._called)
                self._failures = 0
            if entries and not continues(log, self._cursor, self._now_ms() - self._trimmed_after_ms):
                self._begin_anew()
                continue
            self._take(entries)
            behind = len(entries) >= self._at_once
            small = sum(len(entry.events) for entry in entries) < SMALL_BATCH
            self._at_once = min(self._at_once * 2, self._most) if behind and small else self._least
            self._writer.sweep()
            if small and not behind:
                self._pause(found=bool(entries))

    def _pause(self, *, found: bool) -> None:
        """Let the log grow a little. Somebody who waits for an offset is served at once, or as soon as it is there.

        Reads do not block: whoever blocks on the stream is served first at every commit, before the worker it is for.
        """
        wanted = self._reach.wanted(self._number)
        if not wanted.is_set():
            wanted.wait(SWEEPING_S if self._writer.sweeping else self._pause_s)
        elif not found:
            self._stop.wait(WANTED_S)

    def _take(self, entries: list[Entry]) -> None:
        """Have what was read stored, in batches, and say how far that is."""
        if not entries and self._writer.generation == self._generation:
            self._reach.advance(self._number, self._cursor.offset, lag_ms=0, caught_up=True)
        for batch in batches(entries):
            after = self._writer.store(self._generation, batch, self._cursor)
            if after is None:
                return
            events, self._cursor = after.events - self._cursor.events, after
            at_end = batch[-1] is entries[-1] and len(entries) < self._at_once
            lag_ms = self._now_ms() - after.offset.ms
            self._reach.advance(self._number, after.offset, lag_ms=lag_ms, caught_up=at_end, events=events)

    def _check(self, log: DashboardLog) -> None:
        """Every now and then, learn the server's time, see that the log is the same, and say how far we are."""
        if time.monotonic() - self._checked_at < CHECK_EVERY_S:
            return
        self._reach.calibrate(self._number, log.now_ms())
        self._restored_ms = log.restored_ms()
        if self._cursor.offset == BEGINNING:
            self._begin()
        if take_mark(self._directory):
            self._begin_anew("a rebuild was asked for")
        elif self._cursor.restored_ms != self._restored_ms:
            self._begin_anew("the log was restored from an archive")
        elif self._was_struck_off(log):
            self._begin_anew("this dashboard was away for so long that what it had not read was trimmed")
        elif not reaches(log, self._cursor):
            self._begin_anew()
        log.checkpoint(self._name, self._cursor.offset)
        self._checked_at = time.monotonic()

    def _was_struck_off(self, log: DashboardLog) -> bool:
        """Tell whether the log was not kept for this reader, and begins behind what it has read."""
        if self._cursor.offset == BEGINNING or self._name in log.readers():
            return False
        first = log.read(BEGINNING, count=1)
        return bool(first) and first[0].offset[:2] > self._cursor.offset[:2]

    def _begin_anew(self, why: str = "") -> None:
        """Forget everything, and read every log from its beginning."""
        place = write_offset(self._number, self._cursor.offset)
        why = why or f"the log is not the one the read model was made from, up to {place}"
        self._writer.begin_anew(self._generation, why)
        self._begin()

    def _begin(self) -> None:
        """Go on from where the read model is."""
        self._generation, self._cursor = self._writer.begin(self._number)
        if self._cursor.offset == BEGINNING:
            self._cursor = self._cursor._replace(restored_ms=self._restored_ms)
        self._reach.resume(self._number, self._cursor.offset)

    def _now_ms(self) -> int:
        return self._reach.now_ms(self._number)


def reader_name(path: Path) -> str:
    """Return the name under which this replica says how far it has read: its host and its file."""
    place = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]
    return f"dashboard@{socket.gethostname()}/{place}"
