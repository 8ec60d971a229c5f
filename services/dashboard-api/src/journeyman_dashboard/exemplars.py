"""Examples for the histograms: of each bucket the trace of a job that was lately counted in it, where it is sampled.

Kept in memory, for this process, and a bounded number: one a bucket of the names that metrics know. A few jobs of each
batch are looked at, so that what it costs does not depend on how many there are. With tracing off none are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Protocol

from prometheus_client.samples import Exemplar

from journeyman.tracing.conventions import LABEL_TRACE
from journeyman.tracing.ids import trace_id_of
from journeyman_dashboard.job_metrics import RUNS, WAITS
from journeyman_dashboard.rows import JobRow
from journeyman_dashboard.totals import BOUNDS_US

#: Jobs of a batch that are looked at.
LOOKED_AT_MAX = 32
#: Buckets that have an example; the metrics have no more for a hundred queues and fifty types.
KEPT_MAX = 4_000


class Keeps(Protocol):
    """Who says whether a trace is kept: `journeyman.tracing.sampling.Sampler`."""

    def keeps_job(self, job_id: str, traceparent: str) -> bool:
        """Tell whether the trace of a job that was submitted with this `traceparent` is kept."""
        ...


class Exemplars:
    """The latest example of each bucket. sampler: None where nothing is traced."""

    def __init__(self, sampler: Keeps | None) -> None:
        self._sampler = sampler
        self._found: dict[tuple[str, tuple[str, ...], int], Exemplar] = {}

    def look(self, rows: Iterable[JobRow]) -> None:
        """Take examples from jobs of a batch."""
        if self._sampler is None:
            return
        for row in islice(rows, LOOKED_AT_MAX):
            if row.outcome not in {"succeeded", "failed"}:
                continue
            if not self._sampler.keeps_job(row.id, row.traceparent):
                continue
            trace_id = trace_id_of(row.id, row.traceparent)
            at_s = row.attempt_ended_at_ms / 1000
            self._keep(RUNS.name, (row.type, row.outcome), row.run_us or row.duration_ms * 1_000, trace_id, at_s)
            if row.ready_at_ms:
                waited_us = max(row.started_at_ms - row.ready_at_ms, 0) * 1_000
                self._keep(WAITS.name, (row.queue,), waited_us, trace_id, at_s)

    def _keep(self, name: str, labels: tuple[str, ...], value_us: int, trace_id: str, at_s: float) -> None:
        key = (name, labels, bisect_left(BOUNDS_US, value_us))
        if key in self._found or len(self._found) < KEPT_MAX:
            self._found[key] = Exemplar({LABEL_TRACE: trace_id}, value_us / 1_000_000, at_s)

    def of(self, name: str, labels: Sequence[str], bucket: int) -> Exemplar | None:
        """Return the example of a metric's bucket, by its number; None where there is none."""
        return self._found.get((name, tuple(labels), bucket))
