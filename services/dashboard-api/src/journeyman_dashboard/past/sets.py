"""Sets of jobs as they were: at the checkpoint before a moment, and with what jobs touched since then became."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from journeyman_dashboard.bits import CHUNK_BYTES, SHIFT, from_bytes, masks
from journeyman_dashboard.checkpoints import CHANGING_KINDS, Checkpoint
from journeyman_dashboard.postings import sets_of
from journeyman_dashboard.queries.remembered import RememberedSets, SetName, Since
from journeyman_dashboard.queries.values import as_json
from journeyman_dashboard.rows import STATUS_OF_PHASE, JobRow

#: Bytes of sets kept of one moment.
KEPT_BYTES_MAX = 16 * 1024 * 1024

_AS_IT_WAS = (
    "SELECT value, coalesce((SELECT data FROM postings_history WHERE kind = ?1 AND name = ?2 AND chunk = value "
    "AND until_e >= ?3 ORDER BY until_e LIMIT 1), "
    "(SELECT data FROM postings WHERE kind = ?1 AND name = ?2 AND chunk = value)) FROM json_each(?4)"
)


class PastSets(RememberedSets):
    """The sets at one moment. changed: jobs touched since the checkpoint. some_forgotten: jobs have been."""

    def __init__(self, checkpoint: Checkpoint, changed: Iterable[JobRow], *, some_forgotten: bool) -> None:
        super().__init__(KEPT_BYTES_MAX)
        self._checkpoint = checkpoint
        self._some_forgotten = some_forgotten
        rows = list(changed)
        self._changed = masks(row.n for row in rows)
        numbers: dict[tuple[str, str], list[int]] = {}
        for row in rows:
            for kind, name in sets_of(row):
                if kind in CHANGING_KINDS:
                    numbers.setdefault((kind, name), []).append(row.n)
        self._now = {name: masks(those) for name, those in numbers.items()}

    def since(self, _connection: sqlite3.Connection, _low: int, _high: int) -> Since:
        """Return that they never change."""
        return Since(0, 0)

    def _load(self, connection: sqlite3.Connection, name: SetName) -> int:
        if name.kind not in CHANGING_KINDS:
            return super()._load(connection, name)
        mask = self._then(connection, name)
        if self._some_forgotten and mask:
            mask &= self._remaining(connection, name)
        return mask

    def _then(self, connection: sqlite3.Connection, name: SetName) -> int:
        kind, called, low, high = name
        end = min(high, (self._checkpoint.next_n - 1 >> SHIFT) + 1)
        chunks: dict[int, int] = {}
        values = (kind, called, self._checkpoint.e, as_json(range(low, end)))
        for chunk, data in connection.execute(_AS_IT_WAS, values):
            if data:
                chunks[chunk] = from_bytes(data) & ~self._changed.get(chunk, 0)
        for chunk, now in self._now.get((kind, called), {}).items():
            if low <= chunk < high:
                chunks[chunk] = chunks.get(chunk, 0) | now
        if not chunks:
            return 0
        data = b"".join(chunks.get(chunk, 0).to_bytes(CHUNK_BYTES, "little") for chunk in range(low, max(chunks) + 1))
        return int.from_bytes(data, "little")

    def _remaining(self, connection: sqlite3.Connection, name: SetName) -> int:
        """Return the jobs that have not been forgotten, of the chunks of a set."""
        remaining = 0
        for phase in STATUS_OF_PHASE:
            remaining |= super()._load(connection, SetName("phase", phase, name.low, name.high))
        return remaining
