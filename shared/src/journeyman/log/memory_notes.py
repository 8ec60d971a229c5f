"""What is noted beside the log in memory: how far readers have come, whose turn it is, where the last snapshot is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from journeyman import events as e


class MemoryNotes(ABC):
    """The part of `MemoryLog` that neither reads nor writes the log."""

    def __init__(self) -> None:
        self._readers: dict[str, e.Offset] = {}
        self._heard: dict[str, int] = {}
        self._snapshot: bytes | None = None
        self._turns: dict[str, MemoryTurn] = {}

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

    def turn(self, name: str) -> MemoryTurn:
        """Return a turn; see `turns.py`."""
        return self._turns.setdefault(name, MemoryTurn(self.now_ms))

    def snapshot_place(self) -> bytes | None:
        """See `RedisLog.snapshot_place`."""
        return self._snapshot

    def place_snapshot(self, place: bytes) -> None:
        """See `RedisLog.place_snapshot`."""
        self._snapshot = place


class MemoryTurn:
    """A turn beside a log in memory; see `turns.Turn`."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._holder, self._until_ms = "", 0
        self._place: e.Offset | None = None

    def take(self, holder: str, lease_ms: int) -> bool:
        """Take the turn, or renew it."""
        now_ms = self._now_ms()
        if self._holder != holder and self._until_ms > now_ms:
            return False
        self._holder, self._until_ms = holder, now_ms + lease_ms
        return True

    def give_back(self, holder: str) -> None:
        """End the turn."""
        if self._holder == holder:
            self._until_ms = 0

    def come_to(self, place: e.Offset) -> None:
        """Note how far the work has come."""
        self._place = place

    def place(self) -> e.Offset | None:
        """Return how far the work has come."""
        return self._place
