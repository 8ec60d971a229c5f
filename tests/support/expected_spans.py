"""The spans that a job's events should become, worked out from pairs of neighbours in its log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from journeyman import events as e
from journeyman.tracing.ids import parent_span_id, span_id_of, trace_id_of
from support.otlp import Received

NS = 10**6
#: What a job waits for behind such an event, until it is released.
_BEHIND: Mapping[type[e.Event], str] = {e.JobFailed: "backoff", e.JobLost: "backoff"}
_ATTEMPT_ENDS = (e.JobSucceeded, e.JobFailed, e.JobLost)


class Expected(NamedTuple):
    """What of a span is compared. links: the ids of the spans that it links to."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    start_ns: int
    end_ns: int
    status: str
    links: frozenset[str]


def as_expected(span: Received) -> Expected:
    """Return what of a span that came is compared."""
    links = frozenset(link.span_id for link in span.links)
    return Expected(
        span.trace_id, span.span_id, span.parent_id, span.name, span.start_ns, span.end_ns, span.status, links
    )


def expected_spans(records: Iterable[e.Record]) -> list[Expected]:
    """Return the spans of all jobs in these records that have ended; of the first generation."""
    lives: dict[str, list[e.Record]] = {}
    for record in records:
        job_id = getattr(record.event, "job_id", None)
        if job_id is not None and not isinstance(record.event, (e.JobBlocked, e.JobRetryScheduled, e.JobProgressed)):
            lives.setdefault(job_id, []).append(record)
    return [span for job_id, life in lives.items() for span in _of_job(job_id, life)]


def _of_job(job_id: str, life: Sequence[e.Record]) -> list[Expected]:
    first, last = life[0], life[-1]
    submitted = first.event
    assert isinstance(submitted, e.JobSubmitted)
    if not isinstance(last.event, (e.JobSucceeded, e.JobDeadLettered, e.JobCancelled)):
        return []
    trace_id, root_id = trace_id_of(job_id, submitted.traceparent), span_id_of(job_id, 1, "job", 1)
    links = frozenset(span_id_of(parent, 1, "job", 1) for parent in submitted.depends_on)
    above = parent_span_id(submitted.traceparent) or ""
    status = "unset" if isinstance(last.event, e.JobSucceeded) else "error"
    name = f"job {submitted.type}"
    spans = [Expected(trace_id, root_id, above, name, first.at_ms * NS, last.at_ms * NS, status, links)]
    counts: dict[str, int] = {}
    for before, after in pairwise(life):
        kind = _between(submitted, before, after)
        if kind == "attempt":
            assert isinstance(before.event, e.JobStarted)
            span_id = span_id_of(job_id, 1, "attempt", before.event.attempt)
            status = "unset" if isinstance(after.event, e.JobSucceeded) else "error"
            name = f"process {submitted.queue}"
        elif kind:
            counts[kind] = counts.get(kind, 0) + 1
            span_id = span_id_of(job_id, 1, kind, counts[kind])  # type: ignore[arg-type]
            status, name = "unset", f"process {submitted.queue}" if kind == "returned" else kind
        else:
            continue
        times = before.at_ms * NS, after.at_ms * NS
        spans.append(Expected(trace_id, span_id, root_id, name, *times, status, frozenset()))
    return spans


def _between(submitted: e.JobSubmitted, before: e.Record, after: e.Record) -> str:
    """Return which span lies between two neighbours; none where nothing does, or not for a millisecond."""
    if isinstance(before.event, e.JobStarted):
        if isinstance(after.event, e.JobReturned):
            return "returned"
        assert isinstance(after.event, _ATTEMPT_ENDS)
        return "attempt"
    if isinstance(before.event, e.JobReleased) or (isinstance(before.event, e.JobReturned) and before.event.back):
        return "queued"
    if after.at_ms == before.at_ms or not isinstance(after.event, e.JobReleased):
        return ""
    if before.event is submitted:
        return "blocked" if submitted.depends_on else "scheduled"
    return _BEHIND.get(type(before.event), "")
