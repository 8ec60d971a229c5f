"""Does the dashboard's read model say what the log says? Its SQLite file, compared with a pass of `journeyman.verify`.

The file is read in one transaction, which shows it as it was when the comparison began, together with how far each
log had been read (its cursors). So the comparison is exact, whether the dashboard runs meanwhile or not: the pass over
a log is asked what it knows at that very cursor. Compared are

- every entry: the events that the dashboard keeps of it against those of the log, payloads and results included;
- every job: queue, type, priority, phase, attempt, generation, holder; and that none is missing or invented;
- the counters against the rows that they count.

What the dashboard has deleted because it was old is no difference. Sets behind filters and the time series are not
looked at.

The dashboard owns the file; its tables are described in its schema.sql. One of a version too old is not compared.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from journeyman import events as e
from journeyman.codec import UNREADABLE
from journeyman.errors import JourneymanError
from journeyman.ids import compose
from journeyman.verify import Verifier, Violation
from journeyman.verify.life import CANCELLING, HOUR_MS, SHOWN, SHOWN_AT_END, WITHDRAWN, End, Life

FILE_NAME = "read-model.sqlite"
#: The first version of the tables (see the dashboard's schema.py) that has everything that is looked at.
OLDEST_VERSION = 4
#: Differences that are told of; when there are so many, no more are looked for.
ENOUGH = 1_000

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[e.Event | None]).decode

_JOBS = (
    "SELECT id, type, queue, priority, phase, attempt, generation, worker, cancel_requested, finished_at_ms FROM jobs "
    "WHERE substr(id, -2) = ?"
)
_ENTRIES = (
    "SELECT ms, seq, data FROM entries JOIN commits USING (e) WHERE partition = ? AND (ms, seq) > (?, ?) "
    "ORDER BY partition, ms, seq"
)
_MISCOUNTED = (
    "SELECT queue, type, priority, phase, sum(said), sum(found) FROM ("
    "SELECT queue, type, priority, phase, count AS said, 0 AS found FROM counters UNION ALL "
    "SELECT queue, type, priority, phase, 0, count(*) FROM jobs GROUP BY 1, 2, 3, 4) "
    "GROUP BY 1, 2, 3, 4 HAVING sum(said) <> sum(found) LIMIT 100"
)


class UnreadableModelError(JourneymanError):
    """The file is no read model, or one of a version that is not understood."""


class Row(NamedTuple):
    """What is compared of a job."""

    id: str
    type: str
    queue: str
    priority: int
    phase: str
    attempt: int
    generation: int
    worker: str
    cancel_requested: int
    finished_at_ms: int


class ReadModel:
    """A read model as it was when it was opened. `kept_ms`: how long it keeps jobs that ended."""

    def __init__(self, path: Path, kept_ms: int) -> None:
        self.path = path
        self._kept_ms = kept_ms
        try:
            self._connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
            self._connection.execute("PRAGMA busy_timeout=5000")
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            if version < OLDEST_VERSION:
                raise UnreadableModelError(f"{path} is a read model of version {version}, or none")
            self._connection.execute("BEGIN")
            found = self._connection.execute("SELECT partition, ms, seq FROM cursors").fetchall()
        except sqlite3.DatabaseError as error:
            raise UnreadableModelError(f"{path} cannot be read as a read model: {error}") from None
        #: How far it has read the log of each partition.
        self.cursors = {partition: e.Offset(ms, seq) for partition, ms, seq in found}

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def miscounted(self) -> list[Violation]:
        """Compare the counters with the rows."""
        return [
            Violation(
                "I6",
                max(self.cursors.values(), default=e.BEGINNING),
                f"the read model counts {said} jobs of queue {queue}, type {type_}, priority {priority}, "
                f"phase {phase}; it has {found}",
                "read model",
            )
            for queue, type_, priority, phase, said, found in self._rows(_MISCOUNTED)
        ]

    def _rows(self, statement: str, *values: object) -> Iterator[Any]:
        try:
            yield from self._connection.execute(statement, values)
        except sqlite3.DatabaseError as error:
            raise UnreadableModelError(f"{self.path} cannot be compared: {error}") from None

    def knows(self, partition: int, has: Callable[[e.Offset], bool]) -> bool:
        """Tell whether this may have been made from a log: whether that one has an entry of the first, or the last."""
        ends = "SELECT ms, seq FROM entries WHERE partition = ? ORDER BY partition, ms {0}, seq {0} LIMIT 1"
        places = [place for order in ("", "DESC") for place in self._rows(ends.format(order), partition)]
        return any(has(e.Offset(*place)) for place in places)

    def comparison(self, partition: int, verifier: Verifier) -> Comparison | None:
        """Begin to compare one partition; None where the read model has read nothing of it."""
        cursor = self.cursors.get(partition)
        if cursor is None:
            return None
        return Comparison(self, partition, verifier, cursor)

    def is_forgotten(self, at_ms: int, now_ms: int) -> bool:
        """Tell whether what ended then may have been deleted for its age."""
        return at_ms < now_ms - self._kept_ms


class Comparison:
    """Compares what a read model says of one partition: entry by entry, and every job at its cursor."""

    def __init__(self, model: ReadModel, partition: int, verifier: Verifier, cursor: e.Offset) -> None:
        self.cursor = cursor
        self.found: list[Violation] = []
        self._model = model
        self._partition = partition
        self._verifier = verifier
        self._kept: Iterator[tuple[int, int, bytes]] | None = None
        self._next: tuple[int, int, bytes] | None = None

    def _blame(self, offset: e.Offset, detail: str) -> None:
        if len(self.found) < ENOUGH:
            self.found.append(Violation("I6", offset, detail, "read model"))

    # --- entries ---------------------------------------------------------------------------------------

    def take(self, entry: e.Entry) -> None:
        """Compare an entry of the log, in log order, that is not behind the cursor."""
        place = entry.offset[:2]
        if self._kept is None:
            self._kept = self._model._rows(_ENTRIES, self._partition, place[0], place[1] - 1)
            self._next = next(self._kept, None)
        while self._next is not None and self._next[:2] < place:
            self._only_here(self._next)
            self._next = next(self._kept, None)
        if self._next is not None and self._next[:2] == place:
            if self._next[2] != _pack(entry.events):
                self._compare(entry, self._next[2])
            self._next = next(self._kept, None)
        elif entry.events and not self._model.is_forgotten(entry.offset.ms, self.cursor.ms):
            self._blame(entry.offset, f"the read model has not got entry {entry.offset.entry}")

    def _only_here(self, kept: tuple[int, int, bytes]) -> None:
        offset = e.Offset(kept[0], kept[1])
        self._blame(offset, f"the read model was told entry {offset.entry}, which is not in the log")

    def _compare(self, entry: e.Entry, data: bytes) -> None:
        """Compare events that are not written alike, which they need not be where a version has added a field."""
        try:
            kept = _unpack(data)
        except UNREADABLE:
            self._blame(entry.offset, f"what the read model keeps of entry {entry.offset.entry} cannot be read")
            return
        if len(kept) != len(entry.events):
            what = f"the read model has {len(kept)} events of entry {entry.offset.entry}, the log {len(entry.events)}"
            self._blame(entry.offset, what)
            return
        for index, (here, there) in enumerate(zip(kept, entry.events, strict=True)):
            # What an older dashboard could not read, it has not got.
            if here is not None and here != there:
                offset = entry.offset._replace(index=index)
                self._blame(offset, f"the read model was told another {e.tag_of(here)} than stands in the log now")

    # --- jobs ------------------------------------------------------------------------------------------

    def at_cursor(self) -> list[Violation]:
        """Compare every job; the pass is at the cursor. Returns everything that differs."""
        while self._kept is not None and self._next is not None:
            self._only_here(self._next)
            self._next = next(self._kept, None)
        book = self._verifier.book
        partial = book.trimmed and not book.whole
        suffix = _suffix(self._partition)
        seen = 0
        for row in map(Row._make, self._model._rows(_JOBS, suffix)):
            life = book.lives.get(row.id)
            if life is None:
                if not partial:
                    self._blame(self.cursor, f"the read model shows job {row.id}, of which the log knows nothing")
                continue
            seen += 1
            for what in _differences(row, life):
                self._blame(self.cursor, f"of job {row.id} the read model says {what}")
        if seen < len(book.lives):
            self._missing(suffix)
        return self.found

    def _missing(self, suffix: str) -> None:
        there = {row[0] for row in self._model._rows(_JOBS, suffix)}
        for job_id, life in self._verifier.book.lives.items():
            if job_id in there:
                continue
            if type(life) is Life or not self._model.is_forgotten(life.hour * HOUR_MS, self.cursor.ms):
                self._blame(self.cursor, f"the read model does not show job {job_id}")


def _suffix(partition: int) -> str:
    """Return what the ids of a partition's jobs end with."""
    return compose(0, 0, partition)[-2:]


def _differences(row: Row, life: Life | End) -> Iterator[str]:
    """Say what a row has that the log has not."""
    if (row.queue, row.type) != life.line:
        yield f"queue {row.queue}, type {row.type}; the log says queue {life.line[0]}, type {life.line[1]}"
    if row.priority != life.priority:
        yield f"priority {row.priority}; the log says {life.priority}"
    if row.generation != life.generation:
        yield f"generation {row.generation}; the log says {life.generation}"
    if row.attempt != life.last:
        yield f"attempt {row.attempt}; the log says {life.last}"
    if type(life) is End:
        phase = SHOWN_AT_END[life.ends[-1]]
        if row.phase != phase:
            yield f"{row.phase}; the log says {phase}"
        elif row.finished_at_ms // HOUR_MS != life.hour:
            yield f"that it ended in another hour than the log says (at {row.finished_at_ms} ms)"
        return
    assert type(life) is Life
    asked = life.phase in (CANCELLING, WITHDRAWN)
    if asked is not bool(row.cancel_requested):
        yield "that its cancellation was asked for" if row.cancel_requested else "nothing of its requested cancellation"
    if row.phase in SHOWN_AT_END.values() or (SHOWN[life.phase] and row.phase != SHOWN[life.phase]):
        yield f"{row.phase}; the log says {SHOWN[life.phase] or 'that it has not ended'}"
    if life.held and row.worker != life.worker:
        yield f"that {row.worker or 'nobody'} runs it; the log says {life.worker}"
