"""Keeps the log from growing for ever: drops what is old, that every registered reader has read, and that is archived.

The bodies of unfinished jobs stand in the log. Before an entry is dropped, they are moved beside it (`RedisLog.keep`).
A reader that has not been heard of for long is struck off, loudly, or it would have the log kept for it for ever. Where
there is an archive, nothing goes that is not in it, and its last entry stays in the log, for the two to be compared.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping

from journeyman import failpoints
from journeyman.events import LogTrimmed, Offset
from journeyman.ids import compose
from journeyman.log.keys import SCHEDULER
from journeyman.log.redis_log import RedisLog
from journeyman.proposals import Proposal
from journeyman_scheduler import metrics

_log = logging.getLogger(__name__)

#: A job's id says when it was made, by a clock that follows the server's. No id is further off than this from the time
#: at which its job was submitted.
ID_AGE_MAX_MS = 3_600_000


def trimmable(readers: Mapping[str, Offset], now_ms: int, retention_ms: int) -> Offset | None:
    """Return the place before which nothing is needed; None where something unread or no snapshot forbids trimming."""
    if SCHEDULER not in readers:
        return None
    return min(Offset(max(now_ms - retention_ms, 0), 0), *readers.values())


def silent_readers(readers: Iterable[str], heard: Mapping[str, int], now_ms: int, expiry_ms: int) -> list[str]:
    """Return the readers that have said nothing for too long. The scheduler's snapshot is kept, whatever its age."""
    return sorted(
        reader for reader in readers if reader != SCHEDULER and heard.get(reader, now_ms) < now_ms - expiry_ms
    )


def submitted_between(job_ids: Iterable[str], after: Offset, before: Offset) -> list[str]:
    """Return those of the jobs that may have been submitted between two places in the log."""
    first = compose(max(after.ms - ID_AGE_MAX_MS, 0), 0, 0)
    last = compose(before.ms + ID_AGE_MAX_MS, 0, 0)
    return [job_id for job_id in job_ids if first <= job_id < last]


class Trimmer:
    """Trims one log. Remembers up to where it did, so that no job is looked at again and again.

    archived: returns the last archived entry and the number of its segment, or None where nothing is known of that;
    left out where there is no archive.
    """

    def __init__(
        self,
        log: RedisLog,
        retention_ms: int,
        expiry_ms: int = 604_800_000,
        archived: Callable[[], tuple[Offset, int] | None] | None = None,
    ) -> None:
        self._log = log
        self._retention_ms = retention_ms
        self._expiry_ms = expiry_ms
        self._archived = archived
        self._trimmed = Offset(0, 0)
        #: Readers that were struck off, and have not been named in the log yet.
        self._expired: tuple[str, ...] = ()

    def trim(self, unfinished: Iterable[str], now_ms: int) -> Proposal | None:
        """Trim what may go; return the fact to commit, None where nothing went.

        unfinished: the jobs that have not ended.
        """
        readers = self._log.readers()
        self._expire(readers, now_ms)
        before = trimmable(readers, now_ms, self._retention_ms)
        segment = 0
        if before is not None and self._archived is not None:
            archived = self._archived()
            before = min(before, archived[0]) if archived else None
            segment = archived[1] if archived else 0
        if before is None or before.ms == 0:
            return None
        failpoints.hit("scheduler.before_trim")
        self._log.keep(submitted_between(unfinished, self._trimmed, before))
        failpoints.hit("scheduler.within_trim")
        entries = self._log.trim(before)
        failpoints.hit("scheduler.after_trim")
        self._trimmed = before
        if not entries:
            return None
        expired, self._expired = self._expired, ()
        return Proposal((LogTrimmed(before.entry, entries, segment, expired),))

    def _expire(self, readers: dict[str, Offset], now_ms: int) -> None:
        """Strike off who has fallen silent, and take them out of `readers`."""
        heard = self._log.heard()
        for reader, offset in readers.items():
            if reader not in heard and reader != SCHEDULER:
                # One of a version that does not say when: from now on it is heard of, or it is not.
                self._log.checkpoint(reader, offset)
        for reader in silent_readers(readers, heard, now_ms, self._expiry_ms):
            _log.warning(
                "reader %s has not been heard of for %d minutes, and is struck off: it had read up to %s",
                reader,
                (now_ms - heard[reader]) // 60_000,
                readers.pop(reader).entry,
            )
            self._log.forget_reader(reader)
            self._expired = (*self._expired, reader)
            metrics.READERS_EXPIRED.inc()
