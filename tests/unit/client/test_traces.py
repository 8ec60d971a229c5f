"""Which requests tell the span they were made in."""

from __future__ import annotations

from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span

from journeyman.client.flows import Request
from journeyman.client.over_httpx import arguments

SPAN = NonRecordingSpan(SpanContext(0xAB, 0xCD, is_remote=False, trace_flags=TraceFlags(1)))


def sent(method: str = "POST") -> dict[str, str]:
    request = Request(method, "http://x/jobs", (), (("Idempotency-Key", "k"),), b"")
    headers: dict[str, str] = arguments(request)["headers"]
    return headers


def test_what_is_submitted_inside_a_span_carries_it_along() -> None:
    with use_span(SPAN):
        assert sent() == {"Idempotency-Key": "k", "traceparent": f"00-{0xAB:032x}-{0xCD:016x}-01"}


def test_outside_of_spans_nothing_is_said() -> None:
    assert sent() == {"Idempotency-Key": "k"}


def test_reading_and_waiting_leave_no_trace() -> None:
    with use_span(SPAN):
        assert "traceparent" not in sent("GET")
