"""A log that reaches back into its archive: what was trimmed is read there, by whoever asks for what is behind a place.

So a read model that is made anew is made of everything, and one that was away for so long that the log was trimmed
meanwhile goes on without a gap. Where the archive is missing, damaged or of another log, that is said once, and the
log is read from where it begins.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from journeyman.archive import Archive, Chain, in_pages
from journeyman.archive_standing import standing
from journeyman.errors import ArchiveDamagedError, ArchiveUnavailableError, OtherLogError
from journeyman.events import BEGINNING, Entry, Event, Offset
from journeyman.log.api import Appended, StoredOutcome, WorkerBeat
from journeyman.log.raw_entries import RawLog
from journeyman.log.redis_log import RedisLog
from journeyman.log.turns import RedisTurn, Turn
from journeyman.proposals import Proposal

_log = logging.getLogger(__name__)


class ReachingBack:
    """The log of one partition, and its archive where there is one. One thread may `read`; any may ask the rest."""

    def __init__(self, log: RedisLog, archive: Archive | None) -> None:
        self._log = log
        self._raw = RawLog(log)
        self._chain: Chain | None = archive.chain(log.partition) if archive else None
        #: Behind which place the next read is expected, and where it then comes from, unless from the log.
        self._place: tuple[int, int] | None = None
        self._archived: Iterator[Entry] | None = None
        self._latest: list[Entry] = []

    def read(self, after: Offset, *, count: int = 100) -> list[Entry]:
        """Return the next entries, from the archive as long as the log does not have them."""
        if after == BEGINNING and count == 1:
            return list(islice(self._reach_back(after) or iter(()), 1)) or self._log.read(after, count=1)
        if self._place != after[:2]:
            self._archived = self._reach_back(after)
        if self._archived is not None:
            page = self._take(count)
            if page:
                return page
        page = self._log.read(after, count=count)
        self._note(page, after)
        return page

    def _take(self, count: int) -> list[Entry]:
        assert self._archived is not None
        page: list[Entry] = []
        try:
            page.extend(islice(self._archived, count))
        except (ArchiveDamagedError, ArchiveUnavailableError) as error:
            _log.error("%s; going on with what the log has", error)
            self._archived = None
        if page:
            self._note(page, BEGINNING)
        else:
            self._archived = None
        return page

    def _note(self, page: list[Entry], after: Offset) -> None:
        self._place = page[-1].offset[:2] if page else after[:2]
        self._latest = page or self._latest

    def _reach_back(self, after: Offset) -> Iterator[Entry] | None:
        """Return what the archive has between a place and the log's first entry; None where nothing is missing."""
        extent = self._raw.extent()
        if not extent.trimmed or (extent.length and extent.first[:2] <= after[:2]):
            return None
        if self._chain is None:
            if after == BEGINNING:
                _log.warning("the log was trimmed: %d entries from its beginning on are not known", extent.trimmed)
            return None
        try:
            standing(self._raw, self._chain)
            return self._until(self._chain, after, extent.first)
        except (ArchiveDamagedError, ArchiveUnavailableError, OtherLogError) as error:
            _log.error("%s; going on with what the log has", error)
            return None

    @staticmethod
    def _until(chain: Chain, after: Offset, before: Offset) -> Iterator[Entry]:
        for entry in in_pages(chain.raw(after)):
            if entry.offset[:2] >= before[:2]:
                return
            yield entry

    def at(self, offset: Offset) -> Event | None:
        """Return the event at an offset; None where it is nowhere any more, or unreadable."""
        place = offset._replace(index=0)
        for entry in self._latest:
            if entry.offset == place:
                return entry.events[offset.index] if offset.index < len(entry.events) else None
        event = self._log.at(offset)
        if event is not None or self._chain is None:
            return event
        before = Offset(offset.ms, offset.seq - 1) if offset.seq else Offset(offset.ms - 1, 2**64 - 1)
        found = next(self._reach_back(before) or iter(()), None)
        if found is None or found.offset != place or offset.index >= len(found.events):
            return None
        return found.events[offset.index]

    # --- asked of the log alone ----------------------------------------------------------------------------

    def end(self) -> Offset:
        """Return the place of the last commit."""
        return self._log.end()

    def now_ms(self) -> int:
        """Return the server's time."""
        return self._log.now_ms()

    def restored_ms(self) -> int:
        """Return when the log was last brought back from an archive; 0 where it never was."""
        return self._log.restored_ms()

    def readers(self) -> dict[str, Offset]:
        """Return how far every registered reader has read."""
        return self._log.readers()

    def checkpoint(self, reader: str, offset: Offset) -> None:
        """Say how far `reader` has read; nothing behind it is trimmed."""
        self._log.checkpoint(reader, offset)

    def turn(self, name: str) -> Turn:
        """Return the turn of some work on this partition."""
        return RedisTurn(self._log, name)

    def beats(self) -> list[WorkerBeat]:
        """Return the last heartbeat of every registered worker."""
        return self._log.beats()

    def append(self, proposals: Sequence[Proposal], *, caller: str, number: int) -> Appended:
        """Append what clients want known."""
        return self._log.append(proposals, caller=caller, number=number)

    def outcomes(self, job_ids: Iterable[str]) -> dict[str, StoredOutcome]:
        """Return how those of these jobs ended that have ended and are still remembered."""
        return self._log.outcomes(job_ids)

    def close(self) -> None:
        """Close its connections."""
        self._log.close()
