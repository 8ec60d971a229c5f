"""Keeps the log from growing for ever: drops what is old, and that every registered reader has read."""

from __future__ import annotations

from journeyman.events import LogTrimmed, Offset
from journeyman.log.redis_log import RedisLog
from journeyman.proposals import Proposal


def trimmable(readers: dict[str, Offset], now_ms: int, retention_ms: int) -> Offset | None:
    """Return the place before which nothing is needed; None where something unread or no snapshot forbids trimming."""
    if "scheduler" not in readers:
        return None
    return min(Offset(max(now_ms - retention_ms, 0), 0), *readers.values())


def trim(log: RedisLog, now_ms: int, retention_ms: int) -> Proposal | None:
    """Trim what may go; return the fact to commit, None where nothing went."""
    before = trimmable(log.readers(), now_ms, retention_ms)
    if before is None or before.ms == 0:
        return None
    entries = log.trim(before)
    return Proposal((LogTrimmed(before.entry, entries),)) if entries else None
