"""Spans as a request of OTLP's, read back with OpenTelemetry's own messages."""

from __future__ import annotations

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2 as pb

from journeyman.tracing.shapes import Link, Span, Told, Value
from journeyman_dashboard.tracing.encoding import Encoder

TRACE, SPAN, PARENT = "ab" * 16, "cd" * 8, "ef" * 8


def value_of(value: AnyValue) -> object:
    kind = value.WhichOneof("value")
    found = getattr(value, kind or "string_value")
    return [value_of(one) for one in found.values] if kind == "array_value" else found


def said(attributes: list[KeyValue]) -> dict[str, object]:
    return {pair.key: value_of(pair.value) for pair in attributes}


def read(body: bytes) -> pb.ResourceSpans:
    found: list[pb.ResourceSpans] = list(ExportTraceServiceRequest.FromString(body).resource_spans)
    return found[0]


def test_a_request_says_what_the_spans_do() -> None:
    attributes: dict[str, Value] = {
        "text": "ä" * 300,
        "short": "a",
        "yes": True,
        "one": 1,
        "large": 2**40,
        "half": 0.5,
        "many": ("a", "b"),
    }
    told = Told("progress", 5, {"percent": 50.0})
    link = Link(TRACE, PARENT, {"why": "dependency"})
    span = Span(TRACE, SPAN, PARENT, "job t", "consumer", 1, 2**62, attributes, (told,), (link,), "it broke")
    plain = Span(TRACE, PARENT, None, "queued", "internal", 1, 2, {})

    found = read(Encoder().request([span, plain]))
    [scoped] = found.scope_spans
    one, other = scoped.spans

    assert scoped.scope.name == "journeyman"
    assert (one.trace_id.hex(), one.span_id.hex(), one.parent_span_id.hex()) == (TRACE, SPAN, PARENT)
    assert (one.name, one.kind) == ("job t", pb.Span.SPAN_KIND_CONSUMER)
    assert (one.start_time_unix_nano, one.end_time_unix_nano) == (1, 2**62)
    assert said(list(one.attributes)) == {**attributes, "many": ["a", "b"]}
    assert (one.events[0].name, one.events[0].time_unix_nano) == ("progress", 5)
    assert said(list(one.events[0].attributes)) == {"percent": 50.0}
    assert (one.links[0].trace_id.hex(), one.links[0].span_id.hex()) == (TRACE, PARENT)
    assert said(list(one.links[0].attributes)) == {"why": "dependency"}
    assert (one.status.code, one.status.message) == (pb.Status.STATUS_CODE_ERROR, "it broke")
    assert (other.name, other.kind, other.parent_span_id) == ("queued", pb.Span.SPAN_KIND_INTERNAL, b"")
    assert other.status.code == pb.Status.STATUS_CODE_UNSET


@pytest.mark.parametrize("first", [1, True, 1.0])
def test_what_python_takes_for_the_same_stays_of_its_kind(first: Value) -> None:
    encoder = Encoder()
    encoder.request([Span(TRACE, SPAN, None, "a", "internal", 1, 2, {"kind": first})])
    for value in (1, True, 1.0):
        [scoped] = read(encoder.request([Span(TRACE, SPAN, None, "a", "internal", 1, 2, {"kind": value})])).scope_spans
        [pair] = scoped.spans[0].attributes
        assert type(value_of(pair.value)) is type(value)


def test_the_resource_is_the_same_whichever_replica_sends() -> None:
    about = said(list(read(Encoder().request([])).resource.attributes))

    assert about["service.name"] == "journeyman-jobs"
    assert "service.instance.id" not in about


def test_a_span_that_cannot_be_encoded_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        Encoder().request([Span(TRACE, SPAN, None, "\ud800", "internal", 1, 2, {})])
