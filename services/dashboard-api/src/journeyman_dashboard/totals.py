"""What has happened to jobs since the log's beginning, for metrics: by queue and type, counted exactly, never less.

Retention forgets jobs and points of the time series, and takes nothing from these; a read model that is made anew
counts again from what the log still holds. Names are chosen by users, so only the first `NAMES_MAX` queues and types
that come have their own here, and the first `PAIRS_MAX` pairs of them; whatever comes later is `OTHER`, and stays so.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections.abc import Mapping, Sequence

import msgspec

from journeyman.tracing.conventions import NAMES_MAX, OTHER
from journeyman_dashboard.rows import Rollup, RollupKey

#: Pairs of a queue and a type that are told apart.
PAIRS_MAX = 1_000

#: Upper bounds of the histograms' buckets, in microseconds; what is more is in one further bucket.
BOUNDS_US = (
    *(1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000),
    *(1_000_000, 2_500_000, 5_000_000, 10_000_000, 30_000_000, 60_000_000),
    *(300_000_000, 900_000_000, 3_600_000_000),
)


class Spread(msgspec.Struct, array_like=True):
    """A histogram with `BOUNDS_US`. counts: in each bucket, by itself. sum_us: of everything counted."""

    counts: list[int] = msgspec.field(default_factory=lambda: [0] * (len(BOUNDS_US) + 1))
    sum_us: int = 0

    def take(self, measured_us: list[int]) -> None:
        """Count these; puts them in order."""
        if not measured_us:
            return
        measured_us.sort()
        below = 0
        for index, bound in enumerate(BOUNDS_US):
            reached = bisect_right(measured_us, bound, below)
            self.counts[index] += reached - below
            below = reached
        self.counts[-1] += len(measured_us) - below
        self.sum_us += sum(measured_us)

    def add(self, other: Spread) -> None:
        """Add another histogram to this one."""
        self.counts = [mine + theirs for mine, theirs in zip(self.counts, other.counts, strict=True)]
        self.sum_us += other.sum_us


class Total(msgspec.Struct, array_like=True):
    """How many jobs of a queue and type did what; how long they waited; how long attempts ran, by how they ended."""

    submitted: int = 0
    started: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    waits: Spread = msgspec.field(default_factory=Spread)
    succeeded: Spread = msgspec.field(default_factory=Spread)
    failures: Spread = msgspec.field(default_factory=Spread)

    def take(self, rollup: Rollup) -> None:
        """Add what a batch brought."""
        self.submitted += rollup.submitted
        self.started += rollup.started
        self.completed += rollup.completed
        self.failed += rollup.failed
        self.cancelled += rollup.cancelled
        self.waits.take(rollup.waited_us)
        self.succeeded.take(rollup.succeeded_us)
        self.failures.take(rollup.failed_us)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Total).decode


class Totals:
    """The table of totals behind a connection, remembered from batch to batch."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: dict[tuple[str, str], Total] | None = None

    def forget(self) -> None:
        """Believe nothing but the database from here on."""
        self._known = None

    def take(self, rollups: Mapping[RollupKey, Rollup]) -> None:
        """Add what a batch brought; part of its transaction."""
        if not rollups:
            return
        if self._known is None:
            self._known = read_totals(self._connection)
        changed: dict[tuple[str, str], Total] = {}
        for (_, queue, kind), rollup in rollups.items():
            key = self._place(self._known, queue, kind)
            total = self._known.get(key)
            if total is None:
                total = self._known[key] = Total()
            total.take(rollup)
            changed[key] = total
        self._connection.executemany(
            "REPLACE INTO totals VALUES (?, ?, ?)", ((*key, _encode(total)) for key, total in changed.items())
        )

    @staticmethod
    def _place(known: Mapping[tuple[str, str], Total], queue: str, kind: str) -> tuple[str, str]:
        """Return under which names a queue and type are counted."""
        if (queue, kind) in known:
            return queue, kind
        key = (_named(queue, {one for one, _ in known}), _named(kind, {one for _, one in known}))
        return key if key in known or len(known) < PAIRS_MAX else (OTHER, OTHER)


def _named(name: str, known: set[str]) -> str:
    return name if name in known or len(known - {OTHER}) < NAMES_MAX else OTHER


def read_totals(connection: sqlite3.Connection) -> dict[tuple[str, str], Total]:
    """Return all totals, by queue and type."""
    rows: Sequence[tuple[str, str, bytes]] = connection.execute("SELECT queue, type, data FROM totals").fetchall()
    return {(queue, kind): _decode(data) for queue, kind, data in rows}
