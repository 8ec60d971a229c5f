"""One partition, verified: the pass over its log, live or archived, and beside it its keys and the read model.

The log is read once. On the way the pass stands at the read model's cursor for a moment, and is compared with it there;
where it ends, it goes on in small steps to whatever place the keys are looked at. So everything is compared at one
offset, on a system that does not stand still.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from journeyman.archive import Archive, read_entries, read_whole
from journeyman.events import BEGINNING, Entry, Offset
from journeyman.verify import IDEMPOTENCY_KEPT_MS, Report, Verifier, Violation

if TYPE_CHECKING:
    from journeyman.log.redis_log import RedisLog
    from journeyman.read_model import Comparison, ReadModel

#: Entries per read; one may be as large as 1 MiB.
PAGE = 64


class Verified(NamedTuple):
    """What came of one partition. report: with what is wrong of keys and read model, too. end: up to where.

    keys: whether the keys on the server were compared. read_model: up to where the read model was; None where not.
    """

    partition: int
    report: Report
    end: Offset
    keys: bool
    read_model: Offset | None


class Source(NamedTuple):
    """Where a partition's log is: on a server, in an archive, or the older part there and the rest here."""

    partition: int
    log: RedisLog | None
    archive: Archive | None = None

    def is_whole(self) -> bool:
        """Tell whether the archive has the log from its very first entry on. Raises ArchiveDamagedError."""
        if self.archive is None:
            return False
        segments = self.archive.chain(self.partition).segments()
        return bool(segments) and not any(segment.gap for segment in segments)

    def entries(self, after: Offset) -> Iterator[Entry]:
        """Return the entries behind a place, to where the log ends now."""
        if self.log is None:
            assert self.archive is not None
            return read_entries(self.archive, self.partition, after=after)
        if self.archive is not None:
            return read_whole(self.log, self.archive, after=after)
        return _read(self.log, after)


def _read(log: RedisLog, after: Offset) -> Iterator[Entry]:
    while page := log.read(after, count=PAGE):
        yield from page
        after = page[-1].offset


class Follower:
    """Takes a pass along a log, to the place it is told and no further. `witness` sees every entry first."""

    def __init__(self, source: Source, verifier: Verifier, done: Callable[[Offset], None]) -> None:
        self.verifier = verifier
        self.witness: Callable[[Entry], None] | None = None
        self._source = source
        self._done = done
        self._rest: Iterable[Entry] = iter(())
        self._pending: Entry | None = None

    def to(self, end: Offset | None) -> None:
        """Take every entry up to `end`; all there are, where it is None."""
        while entry := self._next():
            if end is not None and entry.offset[:2] > end[:2]:
                self._pending = entry
                return
            if self.witness is not None:
                self.witness(entry)
            self.verifier.take(entry)
            if self.verifier.book.entry % PAGE == 0:
                self._done(entry.offset)
            if end is not None and entry.offset[:2] == end[:2]:
                return

    def _next(self) -> Entry | None:
        if self._pending is not None:
            entry, self._pending = self._pending, None
            return entry
        found = next(iter(self._rest), None)
        if found is None:
            self._rest = self._source.entries(self.verifier.offset)
            found = next(iter(self._rest), None)
        return found


def verified(
    source: Source,
    *,
    read_model: ReadModel | None = None,
    kept_ms: int = IDEMPOTENCY_KEPT_MS,
    done: Callable[[Offset], None] = lambda _: None,
) -> Verified:
    """Verify one partition, up to where its log ends now.

    kept_ms: how long idempotency keys are remembered. done: told from time to time how far the pass is.
    Raises ServerUnavailableError, ArchiveDamagedError, OtherLogError, UnreadableModelError.
    """
    verifier = Verifier(source.partition, whole=source.is_whole(), kept_ms=kept_ms)
    follower = Follower(source, verifier, done)
    end = source.log.end() if source.log is not None else None
    found: list[Violation] = []
    comparison = read_model.comparison(source.partition, verifier) if read_model else None
    if comparison is not None:
        found += _compared(comparison, follower)
    if end is None or verifier.offset < end:
        follower.to(end)
    if source.log is not None:
        from journeyman.log.audit import audit, missing_entries

        found += missing_entries(source.log, verifier)
        found += audit(source.log, verifier, follower.to)
    report = verifier.report()
    report = report._replace(violations=sorted([*report.violations, *found], key=lambda one: one.offset))
    cursor = comparison.cursor if comparison is not None else None
    return Verified(source.partition, report, verifier.offset, source.log is not None, cursor)


def _compared(comparison: Comparison, follower: Follower) -> list[Violation]:
    """Take the pass to the read model's cursor, and compare."""
    follower.witness = comparison.take
    follower.to(comparison.cursor)
    follower.witness = None
    reached = follower.verifier.offset
    if reached[:2] == comparison.cursor[:2]:
        return comparison.at_cursor()
    what = f"the read model has read up to {comparison.cursor.entry}, and there is no such entry in the log"
    return [*comparison.found, Violation("I6", max(reached, BEGINNING), what, "read model")]
