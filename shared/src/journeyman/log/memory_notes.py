"""What is noted beside the log in memory: how far readers have come, and where the scheduler's last snapshot is."""

from __future__ import annotations

from abc import ABC, abstractmethod

from journeyman import events as e


class MemoryNotes(ABC):
    """The part of `MemoryLog` that neither reads nor writes the log."""

    def __init__(self) -> None:
        self._readers: dict[str, e.Offset] = {}
        self._heard: dict[str, int] = {}
        self._snapshot: bytes | None = None

    @abstractmethod
    def now_ms(self) -> int:
        """Return the server's time."""

    def checkpoint(self, reader: str, offset: e.Offset) -> None:
        """See `RedisLog.checkpoint`."""
        self._readers[reader] = offset
        self._heard[reader] = self.now_ms()

    def heard(self) -> dict[str, int]:
        """See `RedisLog.heard`."""
        return dict(self._heard)

    def readers(self) -> dict[str, e.Offset]:
        """See `RedisLog.readers`."""
        return dict(self._readers)

    def forget_reader(self, reader: str) -> None:
        """See `RedisLog.forget_reader`."""
        self._readers.pop(reader, None)
        self._heard.pop(reader, None)

    def restored_ms(self) -> int:
        """See `RedisLog.restored_ms`. Never here."""
        return 0

    def snapshot_place(self) -> bytes | None:
        """See `RedisLog.snapshot_place`."""
        return self._snapshot

    def place_snapshot(self, place: bytes) -> None:
        """See `RedisLog.place_snapshot`."""
        self._snapshot = place
