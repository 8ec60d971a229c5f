"""Keeps the log from growing for ever: drops what is old, and that every registered reader has read.

The bodies of unfinished jobs stand in the log. Before an entry is dropped, they are moved beside it (`RedisLog.keep`).
"""

from __future__ import annotations

from collections.abc import Iterable

from journeyman.events import LogTrimmed, Offset
from journeyman.ids import compose
from journeyman.log.redis_log import RedisLog
from journeyman.proposals import Proposal

#: A job's id says when it was made, by a clock that follows the server's. No id is further off than this from the time
#: at which its job was submitted.
ID_AGE_MAX_MS = 3_600_000


def trimmable(readers: dict[str, Offset], now_ms: int, retention_ms: int) -> Offset | None:
    """Return the place before which nothing is needed; None where something unread or no snapshot forbids trimming."""
    if "scheduler" not in readers:
        return None
    return min(Offset(max(now_ms - retention_ms, 0), 0), *readers.values())


def submitted_between(job_ids: Iterable[str], after: Offset, before: Offset) -> list[str]:
    """Return those of the jobs that may have been submitted between two places in the log."""
    first = compose(max(after.ms - ID_AGE_MAX_MS, 0), 0, 0)
    last = compose(before.ms + ID_AGE_MAX_MS, 0, 0)
    return [job_id for job_id in job_ids if first <= job_id < last]


class Trimmer:
    """Trims one log. Remembers up to where it did, so that no job is looked at again and again."""

    def __init__(self, log: RedisLog, retention_ms: int) -> None:
        self._log = log
        self._retention_ms = retention_ms
        self._trimmed = Offset(0, 0)

    def trim(self, unfinished: Iterable[str], now_ms: int) -> Proposal | None:
        """Trim what may go; return the fact to commit, None where nothing went.

        unfinished: the jobs that have not ended.
        """
        before = trimmable(self._log.readers(), now_ms, self._retention_ms)
        if before is None or before.ms == 0:
            return None
        self._log.keep(submitted_between(unfinished, self._trimmed, before))
        entries = self._log.trim(before)
        self._trimmed = before
        return Proposal((LogTrimmed(before.entry, entries),)) if entries else None
