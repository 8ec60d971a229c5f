"""Ours and the SDK's sampler keep the same traces: spans of jobs and those made under them are kept together."""

from __future__ import annotations

from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import sampling as sdk
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from journeyman.ids import ALPHABET
from journeyman.tracing.ids import trace_id_of, within
from journeyman.tracing.sampling import NAMES, Sampler

_traces = st.integers(1, (1 << 128) - 1).map(lambda value: f"{value:032x}")
_spans = st.integers(0, (1 << 64) - 1).map(lambda value: f"{value:016x}")
_ratios = st.one_of(st.sampled_from(["", "0", "1", "0.01", "1e-9"]), st.floats(0, 1).map(repr))


@given(
    st.sampled_from(NAMES), _ratios, _traces, st.none() | st.tuples(_spans, st.sampled_from(["00", "01", "02", "ff"]))
)
def test_ours_and_the_sdks_sampler_keep_the_same(
    name: str, ratio: str, trace_id: str, parent: tuple[str, str] | None
) -> None:
    traceparent = f"00-{trace_id}-{parent[0]}-{parent[1]}" if parent else ""
    environ = {"OTEL_TRACES_SAMPLER": name, "OTEL_TRACES_SAMPLER_ARG": ratio or "1.0"}
    with patch.dict("os.environ", environ):
        theirs = sdk._get_from_env_or_default()
    context = TraceContextTextMapPropagator().extract({"traceparent": traceparent})
    decision = theirs.should_sample(context, int(trace_id, 16), "job", SpanKind.INTERNAL).decision

    assert Sampler.from_environ(environ).keeps(trace_id, traceparent) == (decision is sdk.Decision.RECORD_AND_SAMPLE)


@given(st.floats(0, 1), st.text(ALPHABET, min_size=24, max_size=24), st.booleans())
def test_a_job_is_kept_as_its_trace_is(ratio: float, job_id: str, with_parent: bool) -> None:
    sampler = Sampler(round(ratio * (1 << 64)))
    traceparent = within(trace_id_of("another", "")) if with_parent else ""

    assert sampler.keeps_job(job_id, traceparent) == sampler.keeps(trace_id_of(job_id, traceparent), traceparent)
