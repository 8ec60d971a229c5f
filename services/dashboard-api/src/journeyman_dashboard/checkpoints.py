"""How the read model was, kept for whoever asks for a moment that is over (`as_of`).

Every so many events a checkpoint is taken: the tables that are small, as they are. The large ones are kept by what
changes: before a chunk of a set, or a rollup, changes for the first time since the latest checkpoint, it is put aside
as it was then. So the read model can be had as it was at any checkpoint, and folding the entries behind one gives any
moment (`past`). What never changes of a job, its type say, has no history; neither have rows of jobs: they are folded
from the job's own events.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from journeyman_dashboard.bits import SHIFT
from journeyman_dashboard.postings import SetKey
from journeyman_dashboard.projection import Next
from journeyman_dashboard.rows import RollupKey

#: Events, or entries, from one checkpoint to the next: what a moment folds at most, besides a batch. More of them cost
#: disk, fewer cost time where a moment is asked for.
EVENTS_BETWEEN = 16_000
ENTRIES_BETWEEN = 4_000
#: Kinds of sets that jobs come into and leave.
CHANGING_KINDS = frozenset({"phase", "priority", "duration", "worker", "fingerprint"})
#: Tables that a checkpoint has as they were.
SMALL_TABLES = ("cursors", "counters", "queues", "breakers", "workers", "described", "notable")

_KEEP_SET = (
    "INSERT OR IGNORE INTO postings_history VALUES (?1, ?2, ?3, ?4, "
    "coalesce((SELECT data FROM postings WHERE kind = ?1 AND name = ?2 AND chunk = ?3), x''))"
)
_KEEP_ROLLUP = (
    "INSERT OR IGNORE INTO rollups_history SELECT bucket_ms, queue, type, ?4, submitted, started, completed, failed, "
    "cancelled, waits, runs, born_e FROM rollups WHERE bucket_ms = ?1 AND queue = ?2 AND type = ?3"
)

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(dict[str, list[list[Any]]]).decode


class Checkpoint(NamedTuple):
    """Behind which entry it stands, which job came next, how many events had been read. The first is the beginning."""

    e: int = 0
    next_n: int = 1
    events: int = 0


def latest(connection: sqlite3.Connection, before_e: int = 2**62) -> Checkpoint:
    """Return the latest checkpoint behind which the entry `before_e` and all later ones stand."""
    found = connection.execute(
        "SELECT e, next_n, events FROM checkpoints WHERE e < ? ORDER BY e DESC LIMIT 1", (before_e,)
    ).fetchone()
    return Checkpoint() if found is None else Checkpoint(*found)


def state_of(connection: sqlite3.Connection, checkpoint: Checkpoint) -> dict[str, list[list[Any]]]:
    """Return the rows of the small tables, by table, as they were at a checkpoint."""
    found = connection.execute("SELECT state FROM checkpoints WHERE e = ?", (checkpoint.e,)).fetchone()
    return {} if found is None else _unpack(zlib.decompress(found[0]))


class Keeper:
    """Takes the checkpoints of a read model, and puts aside what changes between them. Part of each transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._latest: Checkpoint | None = None
        #: What has been put aside since the latest checkpoint.
        self._sets: set[SetKey] = set()
        self._rollups: set[RollupKey] = set()

    def forget(self) -> None:
        """Believe nothing but the database from here on."""
        self._latest = None
        self._sets.clear()
        self._rollups.clear()

    @property
    def _since(self) -> Checkpoint:
        if self._latest is None:
            self._latest = latest(self._connection)
        return self._latest

    def keep_sets(self, changing: Iterable[Sequence[Any]]) -> None:
        """Put aside chunks of sets that are about to change: rows that begin with their keys."""
        since, kept = self._since, self._sets
        if not since.e:
            return
        keys = {
            (kind, name, chunk)
            for kind, name, chunk, *_ in changing
            if kind in CHANGING_KINDS and chunk << SHIFT < since.next_n
        } - kept
        if keys:
            kept |= keys
            self._connection.executemany(_KEEP_SET, ((*key, since.e) for key in sorted(keys)))

    def keep_rollups(self, changing: Iterable[tuple[RollupKey, int]]) -> None:
        """Put aside rollups that are about to change. changing: their keys, and the entries that began them."""
        since, kept = self._since, self._rollups
        keys = {key for key, born_e in changing if born_e <= since.e} - kept
        if keys:
            kept |= keys
            self._connection.executemany(_KEEP_ROLLUP, ((*key, since.e) for key in sorted(keys)))

    def after(self, following: Next) -> None:
        """Take a checkpoint where it is time. following: the numbers that come after the batch."""
        since, last_e = self._since, following.e - 1
        events, ms = self._connection.execute("SELECT coalesce(sum(events), 0), max(ms) FROM cursors").fetchone()
        if events - since.events < EVENTS_BETWEEN and last_e - since.e < ENTRIES_BETWEEN:
            return
        if last_e <= since.e:
            return
        state = {table: self._connection.execute(f"SELECT * FROM {table}").fetchall() for table in SMALL_TABLES}  # noqa: S608
        self._connection.execute(
            "INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?)",
            (last_e, following.n, ms, events, zlib.compress(_pack(state), 1)),
        )
        self.forget()
        self._latest = Checkpoint(last_e, following.n, events)


def forget_before(connection: sqlite3.Connection, ms: int, rows: int) -> None:
    """Delete up to so many rows of what only moments before a time need. Part of a transaction."""
    oldest = connection.execute("SELECT max(e) FROM checkpoints WHERE ms < ?", (ms,)).fetchone()[0]
    if oldest is None:
        return
    connection.execute("DELETE FROM checkpoints WHERE e < ?", (oldest,))
    connection.execute(
        "DELETE FROM postings_history WHERE (kind, name, chunk, until_e) IN "
        "(SELECT kind, name, chunk, until_e FROM postings_history WHERE until_e < ? LIMIT ?)",
        (oldest, rows),
    )
