"""Sets that queries have read, kept for later queries as long as they are so.

Reading a set from the database costs some twenty times what working with it does, and of millions of jobs only the
latest change. The database says of every chunk since which revision its sets are as they are; what was read under
another revision, or of a read model that has been made anew since, is not believed.
"""

from __future__ import annotations

import sqlite3
import threading
from typing import NamedTuple

from journeyman_dashboard.bits import joined

#: Bytes of sets that are kept, those asked for last: some hundred sets of five million jobs.
KEPT_BYTES_MAX = 64 * 1024 * 1024
#: What an empty one takes.
_OVERHEAD_BYTES = 256


class SetName(NamedTuple):
    """Which set, as far as it lies in the chunks from `low` on and before `high`."""

    kind: str
    name: str
    low: int
    high: int


class Since(NamedTuple):
    """When a set was as it is: in which read model, at which revision of its chunks."""

    born: int
    revision: int


class RememberedSets:
    """Sets, at most so many bytes of them. Safe to share between threads."""

    def __init__(self, bytes_max: int = KEPT_BYTES_MAX) -> None:
        self._bytes_left = bytes_max
        self._lock = threading.Lock()
        self._sets: dict[SetName, tuple[Since, int]] = {}

    def since(self, connection: sqlite3.Connection, low: int, high: int) -> Since:
        """Return since when the sets of the chunks from `low` on and before `high` are as they are."""
        return Since(
            *connection.execute(
                "SELECT born, (SELECT coalesce(max(revision), 0) FROM revisions WHERE chunk >= ? AND chunk < ?) "
                "FROM numbering",
                (low, high),
            ).fetchone()
        )

    def read(self, connection: sqlite3.Connection, name: SetName, since: Since) -> int:
        """Return a set, whose bit 0 is the first number of its first chunk."""
        with self._lock:
            found = self._sets.get(name)
            if found is not None and found[0] == since:
                self._sets[name] = self._sets.pop(name)
                return found[1]
        mask = self._load(connection, name)
        with self._lock:
            self._forget(name)
            self._sets[name] = (since, mask)
            self._bytes_left -= _size(mask)
            while self._bytes_left < 0:
                self._forget(next(iter(self._sets)))
        return mask

    def _load(self, connection: sqlite3.Connection, name: SetName) -> int:
        rows = connection.execute(
            "SELECT chunk, data FROM postings WHERE kind = ? AND name = ? AND chunk >= ? AND chunk < ? ORDER BY chunk",
            name,
        )
        return joined(rows, name.low)

    def _forget(self, name: SetName) -> None:
        found = self._sets.pop(name, None)
        if found is not None:
            self._bytes_left += _size(found[1])


def _size(mask: int) -> int:
    return _OVERHEAD_BYTES + (mask.bit_length() >> 3)
