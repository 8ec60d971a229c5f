"""The time series: what happened of late, overall or per queue or type, from rollups of ten seconds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import msgspec

from journeyman_dashboard.histogram import Histogram, percentiles
from journeyman_dashboard.rows import BUCKET_MS, Rollup
from journeyman_dashboard.store import read_rollup

#: What "of late" means for rates, and the shortest span that a rate is taken over.
RATE_SPAN_MS = 60_000
_SHORTEST_MS = BUCKET_MS


class Percentiles(msgspec.Struct):
    """Durations in milliseconds; null where nothing was measured."""

    p50: float | None
    p95: float | None
    p99: float | None


class Recent(msgspec.Struct):
    """The sum of some rollups, and when the first of them began."""

    since_ms: int
    sum: Rollup

    def per_s(self, count: int, now_ms: int) -> float:
        """Return a count of this span as a rate."""
        return round(count * 1000 / max(now_ms - self.since_ms, _SHORTEST_MS), 3)


def in_ms(histogram: Histogram, grain_us: int = 1) -> Percentiles:
    """Return the percentiles of a histogram of microseconds, in milliseconds."""
    found = percentiles(histogram, (0.5, 0.95, 0.99), grain_us)
    return Percentiles(*(None if value is None else round(value / 1000, 3) for value in found))


def overall_since(connection: sqlite3.Connection, since_ms: int) -> Iterable[tuple[int, Rollup]]:
    """Yield (bucket, rollup of all queues and types) from the bucket of `since_ms` on, in order of time."""
    for bucket_ms, _, _, rollup in _rollups(connection, since_ms, "queue = ''"):
        yield bucket_ms, rollup


def type_since(connection: sqlite3.Connection, since_ms: int, kind: str) -> Iterable[tuple[int, Rollup]]:
    """Yield (bucket, rollup of a type in one of its queues) from the bucket of `since_ms` on, in order of time."""
    for bucket_ms, _, _, rollup in _rollups(connection, since_ms, "queue <> '' AND type = ?", kind):
        yield bucket_ms, rollup


def queue_since(connection: sqlite3.Connection, since_ms: int, queue: str) -> Iterable[tuple[int, Rollup]]:
    """Yield (bucket, rollup of one of a queue's types) from the bucket of `since_ms` on, in order of time."""
    for bucket_ms, _, _, rollup in _rollups(connection, since_ms, "queue = ?", queue):
        yield bucket_ms, rollup


def recent_by(connection: sqlite3.Connection, now_ms: int, column: str) -> dict[str, Recent]:
    """Return what happened of late by `queue`, by `type`, or (under "") `overall`."""
    recent: dict[str, Recent] = {}
    which = "queue = ''" if column == "overall" else "queue <> ''"
    for bucket_ms, queue, kind, rollup in _rollups(connection, now_ms - RATE_SPAN_MS, which):
        name = kind if column == "type" else queue
        found = recent.get(name)
        if found is None:
            found = recent[name] = Recent(bucket_ms, Rollup())
        found.sum.add(rollup)
    return recent


def _rollups(
    connection: sqlite3.Connection, since_ms: int, which: str, *values: str
) -> Iterable[tuple[int, str, str, Rollup]]:
    rows = connection.execute(
        "SELECT bucket_ms, queue, type, submitted, started, completed, failed, cancelled, waits, runs, born_e "  # noqa: S608 - constants
        f"FROM rollups WHERE bucket_ms >= ? AND {which} ORDER BY bucket_ms",
        (since_ms - since_ms % BUCKET_MS, *values),
    )
    for bucket_ms, queue, kind, *rest in rows:
        yield bucket_ms, queue, kind, read_rollup(rest)
