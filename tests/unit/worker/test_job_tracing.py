"""The span that user code runs in, which the worker never makes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
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
from journeyman_worker.context import current_attempt
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
    job = current_attempt.set(None)
    yield
    current_attempt.reset(job)
    context.detach(token)


def inside(one: Attempt, sampler: Sampler) -> str:
    """Return the `traceparent` that user code of an attempt sends along."""
    current_attempt.set(one)
    JobTracing(sampler).enter()
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

    current_attempt.set(attempt())
    tracing.enter()
    with provider.get_tracer("shop").start_as_current_span("pack"):
        pass

    assert len(exporter.get_finished_spans()) == spans


def test_a_span_that_user_code_left_open_is_not_the_next_jobs() -> None:
    tracing = JobTracing(Sampler())
    current_attempt.set(attempt(1))
    tracing.enter()
    stray = trace.NonRecordingSpan(trace.SpanContext(1, 2, is_remote=False))
    trace.use_span(stray).__enter__()

    current_attempt.set(attempt(2))
    tracing.enter()
    assert current_traceparent().split("-")[2] == attempt(2).span_id


def test_what_user_code_adds_to_the_context_is_added_to_its_own() -> None:
    tracing = JobTracing(Sampler())
    current_attempt.set(attempt(1))
    tracing.enter()
    taken_along = context.set_value("cart", 7)
    current_attempt.set(attempt(2))

    assert context.get_value("cart", taken_along) == 7
    assert trace.get_current_span(taken_along).get_span_context().span_id == int(attempt(1).span_id, 16)
    assert context.get_value("cart") is None


def test_in_a_copy_of_the_jobs_context_it_is_inside_as_well() -> None:
    tracing = JobTracing(Sampler())
    current_attempt.set(attempt(1))
    tracing.enter()

    with ThreadPoolExecutor(1) as pool:
        assert attempt(1).span_id in pool.submit(copy_context().run, current_traceparent).result()
        assert pool.submit(current_traceparent).result() == ""


def test_between_jobs_it_is_inside_of_nothing() -> None:
    JobTracing(Sampler()).enter()

    assert current_traceparent() == ""
    assert context.set_value("cart", 7) == {"cart": 7}


def test_where_no_spans_are_wanted_there_is_nothing_to_run_inside_of() -> None:
    assert open_tracing({}) is None
