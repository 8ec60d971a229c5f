"""What the loop asks about the log's past: where a state begins, and whether the log is still the one it was.

A state begins with the last snapshot; without one, with everything that the archive and the log hold. A server whose
log was deleted while the keys derived from it stayed is told from how many entries the log has ever had: that is noted
beside it, and never falls. Where it has, the keys speak of a log that is gone, and are derived anew from the one there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from journeyman.archive import Archive, Chain, in_pages
from journeyman.archive_standing import standing
from journeyman.blobs import BlobStore
from journeyman.errors import ArchiveDamagedError, ArchiveUnavailableError, OtherLogError
from journeyman.events import BEGINNING
from journeyman.log.raw_entries import RawLog
from journeyman.log.rebuild import demand_rebuild, forget_answers
from journeyman.log.redis_log import RedisLog
from journeyman.partition import Partition, fold
from journeyman_scheduler import snapshots
from journeyman_scheduler.archiver import Archiver

_log = logging.getLogger(__name__)


class History:
    """The past of one log. `archive`: None where there is none."""

    def __init__(self, log: RedisLog, archive: Archive | None, every_ms: int) -> None:
        self.raw = RawLog(log)
        self.chain: Chain | None = archive.chain(log.partition) if archive else None
        self._log = log
        self._every_ms = every_ms

    def archiver(self, leads: Callable[[], int | None]) -> Archiver | None:
        """Return who extends the archive; None where there is none."""
        return Archiver(self.raw, self.chain, self._every_ms, leads) if self.chain else None

    def beginning(self, blobs: BlobStore) -> Partition:
        """Return the state that the log is to be read on from."""
        partition = snapshots.load(self._log, blobs)
        extent = self.raw.extent()
        if partition.offset != BEGINNING or not extent.trimmed:
            return partition
        if self.chain is None:
            _log.error(
                "there is no snapshot to be used, no archive, and the log was trimmed: what its first %d entries said "
                "is not known any more",
                extent.trimmed,
            )
            return partition
        _log.warning("there is no snapshot to be used: reading the archive, and then the log")
        try:
            standing(self.raw, self.chain)
            # Up to an entry that the log has too: who reads on does so behind that.
            for entry in in_pages(self.chain.raw()):
                if entry.offset[:2] > extent.first[:2]:
                    break
                fold([entry], partition)
        except (ArchiveDamagedError, ArchiveUnavailableError, OtherLogError) as error:
            _log.error("the archive cannot be read on, beginning with the log alone: %s", error)
            return Partition()
        if partition.offset[:2] != extent.first[:2]:
            _log.error("the archive does not reach to where the log begins; beginning with the log alone")
            return Partition()
        return partition

    def has_shrunk(self) -> bool:
        """Tell whether the log has had more entries once than it has had now, and note how many it has had now."""
        added = self.raw.extent().added
        noted = self._log.noted("added")
        if added >= noted:
            if added > noted:
                self._log.note("added", added)
            return False
        _log.error(
            "the log of partition %d was deleted or replaced: it has had %d entries, and once had %d",
            self._log.partition,
            added,
            noted,
        )
        return True

    def demand_rebuild(self) -> None:
        """Have every call refused until the keys are derived anew, and forget what calls were answered before."""
        self._log.note("added", 0)
        demand_rebuild(self._log)
        forget_answers(self._log)
