"""Our spans as the SDK's, for its exporter."""

from __future__ import annotations

from collections.abc import Iterable

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from journeyman import __version__
from journeyman.otel import resource
from journeyman.tracing import conventions as c
from journeyman.tracing.shapes import Span

_KINDS = {"internal": SpanKind.INTERNAL, "consumer": SpanKind.CONSUMER}
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_WELL = Status(StatusCode.UNSET)


def resource_of_jobs() -> Resource:
    """Return what is said of the sender of jobs' spans: the same, whichever replica it is."""
    said = resource("jobs")
    return Resource({name: text for name, text in said.attributes.items() if name != c.SERVICE_INSTANCE})


class Readable:
    """Makes them, all of one resource."""

    def __init__(self) -> None:
        self._resource = resource_of_jobs()
        self._scope = InstrumentationScope("journeyman", __version__)

    def spans(self, spans: Iterable[Span]) -> list[ReadableSpan]:
        """Return spans as the exporter takes them."""
        return [self._span(span) for span in spans]

    def _span(self, span: Span) -> ReadableSpan:
        parent = None if span.parent_id is None else _context(span.trace_id, span.parent_id)
        return ReadableSpan(
            span.name,
            _context(span.trace_id, span.span_id),
            parent,
            self._resource,
            span.attributes,
            [Event(told.name, told.attributes, told.at_ns) for told in span.events],
            [Link(_context(link.trace_id, link.span_id), link.attributes) for link in span.links],
            _KINDS[span.kind],
            None,
            _WELL if span.error is None else Status(StatusCode.ERROR, span.error),
            span.start_ns,
            span.end_ns,
            self._scope,
        )


def _context(trace_id: str, span_id: str) -> SpanContext:
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=False, trace_flags=_SAMPLED)
