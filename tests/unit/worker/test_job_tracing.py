"""The span that user code runs in, which the worker never makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest
from opentelemetry import context, trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from journeyman.events import JobSubmitted
from journeyman.log.api import ClaimedJob
from journeyman.otel import current_traceparent
from journeyman.tracing.ids import span_id_of, trace_id_of
from journeyman.tracing.sampling import Sampler
from journeyman_worker.job_tracing import JobTracing, open_tracing
from journeyman_worker.runner.attempt import Attempt, Holder

JOB = "01m81szqhh61rx3wdam6tf00"


def attempt(number: int = 1, traceparent: str = "") -> Attempt:
    body = JobSubmitted(JOB, "t", traceparent=traceparent)
    return Attempt(ClaimedJob(body, number, "", "default", 10), cast("Holder", None), 1_000)


@pytest.fixture(autouse=True)
def outside_again() -> Iterator[None]:
    """Leave what a test entered: what the next job does in a worker."""
    token = context.attach(context.Context())
    yield
    context.detach(token)


def inside(one: Attempt, sampler: Sampler) -> str:
    """Return the `traceparent` that user code of an attempt sends along."""
    JobTracing(sampler).enter(one)
    return current_traceparent()


@pytest.mark.parametrize("number", [1, 2])
def test_user_code_is_inside_the_span_whose_id_everybody_can_derive(number: int) -> None:
    trace_id, span_id = trace_id_of(JOB, ""), span_id_of(JOB, 0, "attempt", number)

    assert inside(attempt(number), Sampler()) == f"00-{trace_id}-{span_id}-01"


@pytest.mark.parametrize(("flag", "kept"), [("00", "00"), ("01", "01")])
def test_what_the_submitter_sampled_is_sampled(flag: str, kept: str) -> None:
    submitter = f"00-{'a' * 32}-{'b' * 16}-{flag}"

    assert inside(attempt(traceparent=submitter), Sampler()) == f"00-{'a' * 32}-{attempt().span_id}-{kept}"


@pytest.mark.parametrize(("name", "spans"), [("always_on", 1), ("always_off", 0)])
def test_spans_of_a_job_that_is_not_sampled_are_not_kept(
    monkeypatch: pytest.MonkeyPatch, name: str, spans: int
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", f"parentbased_{name}")
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing = JobTracing(Sampler.from_environ({"OTEL_TRACES_SAMPLER": name}))

    tracing.enter(attempt())
    with provider.get_tracer("shop").start_as_current_span("pack"):
        pass

    assert len(exporter.get_finished_spans()) == spans


def test_a_span_that_user_code_left_open_is_not_the_next_jobs() -> None:
    tracing = JobTracing(Sampler())
    tracing.enter(attempt(1))
    stray = trace.NonRecordingSpan(trace.SpanContext(1, 2, is_remote=False))
    trace.use_span(stray).__enter__()

    tracing.enter(attempt(2))
    assert current_traceparent().split("-")[2] == attempt(2).span_id


def test_where_no_spans_are_wanted_there_is_nothing_to_run_inside_of() -> None:
    assert open_tracing({}) is None
