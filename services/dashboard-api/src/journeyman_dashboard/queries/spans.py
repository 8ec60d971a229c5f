"""What happened in a window to the jobs of one type, or of one queue: sums, how lengths spread, and a series."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from journeyman_dashboard import histogram
from journeyman_dashboard.queries.rates import Percentiles, in_ms
from journeyman_dashboard.queries.stats import Point, in_steps, point, step_of
from journeyman_dashboard.rows import WAIT_GRAIN_US, Rollup

#: Bars of a histogram, at most.
BUCKETS_MAX = 40


class DurationBucket(msgspec.Struct):
    """How many lasted so long: from one length on, and less than the other."""

    from_ms: float
    to_ms: float
    count: int


class Durations(msgspec.Struct):
    """How long something took: how many there were, percentiles, and how they spread, without gaps."""

    count: int
    percentiles_ms: Percentiles
    buckets: list[DurationBucket]


class Span(msgspec.Struct):
    """What happened in a window to the jobs of a type or a queue.

    `success_rate`: of those that completed or failed for good; `run_time`: of attempts that returned or raised;
    `queue_latency`: from being ready to the start.
    """

    window_ms: int
    submitted: int
    started: int
    completed: int
    failed: int
    cancelled: int
    success_rate: float | None
    queue_latency: Durations
    run_time: Durations
    step_ms: int
    series: list[Point]


def span_of(rollups: Iterable[tuple[int, Rollup]], *, now_ms: int, window_ms: int) -> Span:
    """Return what some rollups, with their buckets and none older than the window, add up to."""
    step_ms = step_of(window_ms)
    steps, whole = in_steps(rollups, now_ms - window_ms, now_ms, step_ms)
    ended = whole.completed + whole.failed
    return Span(
        window_ms=window_ms,
        submitted=whole.submitted,
        started=whole.started,
        completed=whole.completed,
        failed=whole.failed,
        cancelled=whole.cancelled,
        success_rate=round(whole.completed / ended, 6) if ended else None,
        queue_latency=_durations(whole.waits, WAIT_GRAIN_US),
        run_time=_durations(whole.runs),
        step_ms=step_ms,
        series=[point(at_ms, rollup) for at_ms, rollup in sorted(steps.items())],
    )


def _durations(counted: histogram.Histogram, grain_us: int = 1) -> Durations:
    return Durations(
        count=sum(counted.values()),
        percentiles_ms=in_ms(counted, grain_us),
        buckets=[
            DurationBucket(low / 1000, high / 1000, count)
            for low, high, count in histogram.buckets(counted, BUCKETS_MAX, grain_us)
        ],
    )
