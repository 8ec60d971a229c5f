"""The figures at a glance, from counters and rollups: their cost does not depend on how many jobs there are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import msgspec

from journeyman.events import BEGINNING, write_position
from journeyman_dashboard.params import write_time
from journeyman_dashboard.queries.rates import Percentiles, in_ms, overall_since, recent_by
from journeyman_dashboard.rows import BUCKET_MS, STATUS_OF_PHASE, WAIT_GRAIN_US, Rollup
from journeyman_dashboard.store import read_cursors

#: Points of a series; a longer window has longer steps.
POINTS_MAX = 360


class Counts(msgspec.Struct):
    """Jobs in the read model by status. Those that ended long ago are not in it."""

    pending: int = 0
    processing: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    total: int = 0


class Point(msgspec.Struct):
    """What happened in one step of the series, which begins at `at`."""

    at: str | None
    submitted: int
    started: int
    completed: int
    failed: int
    cancelled: int
    queue_latency_ms: Percentiles
    run_time_ms: Percentiles


class Stats(msgspec.Struct):
    """The figures. `throughput_per_s`: jobs ended of late; percentiles are over the window."""

    jobs: Counts
    phases: dict[str, int]
    dead_letter: int
    throughput_per_s: float
    queue_latency_ms: Percentiles
    run_time_ms: Percentiles
    offset: str
    lag_ms: int
    events: int
    quarantined: int
    step_ms: int
    series: list[Point]


def counts_by_phase(connection: sqlite3.Connection) -> dict[str, int]:
    """Return the number of jobs per phase."""
    return dict(
        connection.execute(
            "SELECT CASE WHEN phase = 'ready' AND (queue IN (SELECT name FROM queues WHERE paused) "
            "OR type IN (SELECT type FROM breakers WHERE state <> 'closed')) THEN 'held' "
            "ELSE phase END AS shown, sum(count) FROM counters GROUP BY shown"
        ).fetchall()
    )


def stats(connection: sqlite3.Connection, *, now_ms: int, lag_ms: int, window_ms: int) -> Stats:
    """Return the figures, with a series over the last `window_ms`."""
    phases = counts_by_phase(connection)
    step_ms, since_ms = step_of(window_ms), now_ms - window_ms
    steps, whole = in_steps(overall_since(connection, since_ms), since_ms, now_ms, step_ms)
    cursors = read_cursors(connection)
    recent = recent_by(connection, now_ms, "overall").get("")
    ended = 0 if recent is None else recent.sum.completed + recent.sum.failed + recent.sum.cancelled
    return Stats(
        jobs=counts_by_status(phases),
        phases=phases,
        dead_letter=phases.get("dead", 0),
        throughput_per_s=0.0 if recent is None else recent.per_s(ended, now_ms),
        queue_latency_ms=in_ms(whole.waits, WAIT_GRAIN_US),
        run_time_ms=in_ms(whole.runs),
        offset=write_position({partition: cursor.offset for partition, cursor in cursors.items()} or {0: BEGINNING}),
        lag_ms=lag_ms,
        events=sum(cursor.events for cursor in cursors.values()),
        quarantined=connection.execute("SELECT count(*) FROM quarantine").fetchone()[0],
        step_ms=step_ms,
        series=[point(at_ms, rollup) for at_ms, rollup in sorted(steps.items())],
    )


def counts_by_status(phases: dict[str, int]) -> Counts:
    """Add up numbers per phase to numbers per status."""
    counts = Counts()
    for phase, number in phases.items():
        status = STATUS_OF_PHASE[phase]
        setattr(counts, status, getattr(counts, status) + number)
        counts.total += number
    return counts


def step_of(window_ms: int) -> int:
    """Return how long the steps of a series over a window are."""
    return BUCKET_MS * -(-window_ms // (BUCKET_MS * POINTS_MAX))


def in_steps(
    rollups: Iterable[tuple[int, Rollup]], since_ms: int, now_ms: int, step_ms: int
) -> tuple[dict[int, Rollup], Rollup]:
    """Return a rollup per step, empty ones too, and the sum of all. rollups: with their buckets, since `since_ms`."""
    first = since_ms - since_ms % step_ms
    steps = {at_ms: Rollup() for at_ms in range(first, now_ms + 1, step_ms)}
    whole = Rollup()
    for bucket_ms, rollup in rollups:
        whole.add(rollup)
        step = steps.get(bucket_ms - bucket_ms % step_ms)
        if step is not None:
            step.add(rollup)
    return steps, whole


def point(at_ms: int, rollup: Rollup) -> Point:
    """Return what is told of a step."""
    return Point(
        write_time(at_ms),
        rollup.submitted,
        rollup.started,
        rollup.completed,
        rollup.failed,
        rollup.cancelled,
        in_ms(rollup.waits, WAIT_GRAIN_US),
        in_ms(rollup.runs),
    )
