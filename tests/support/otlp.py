"""A receiver of OTLP over HTTP that keeps the spans it gets; and spans as tests compare them."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from support.servers import free_port

TRACES = "/v1/traces"


class ToldOf(NamedTuple):
    """An event of a span."""

    name: str
    at_ns: int
    attributes: dict[str, Any]


class LinkTo(NamedTuple):
    """A link of a span."""

    trace_id: str
    span_id: str
    attributes: dict[str, Any]


class Received(NamedTuple):
    """A span as it came: ids in hex, the parent's "" where there is none; kind and status as OTLP calls them."""

    service: str
    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: str
    start_ns: int
    end_ns: int
    attributes: dict[str, Any]
    events: tuple[ToldOf, ...]
    links: tuple[LinkTo, ...]
    status: str
    message: str


class Collector:
    """Listens on a free port of this machine, until `stop`; `start` again listens on the same.

    refusing: the status with which requests are refused, 0 while they are taken.
    """

    def __init__(self) -> None:
        self.refusing = 0
        self.requests = 0
        self._port = free_port()
        self._spans: list[Received] = []
        self._lock = threading.Lock()
        self.start()

    def start(self) -> None:
        """Listen."""
        collector = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                status = collector.refusing or collector._take(self.path, body)
                answer = ExportTraceServiceResponse().SerializeToString() if status == 200 else b""
                self.send_response(status)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", self._port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Listen no more; what came is kept."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """What OTEL_EXPORTER_OTLP_ENDPOINT is to say."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def environ(self) -> dict[str, str]:
        """What turns tracing on, with short delays."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}

    def spans(self, service: str = "") -> list[Received]:
        """Return what has come so far, in that order; of one service, where it is named."""
        with self._lock:
            return [span for span in self._spans if not service or span.service == service]

    def _take(self, path: str, body: bytes) -> int:
        if path != TRACES:
            return 404
        request = ExportTraceServiceRequest.FromString(body)
        came = [
            _received(span, str(_attributes(of.resource.attributes).get("service.name")))
            for of in request.resource_spans
            for scope in of.scope_spans
            for span in scope.spans
        ]
        with self._lock:
            self.requests += 1
            self._spans += came
        return 200


def _received(span: trace_pb2.Span, service: str) -> Received:
    return Received(
        service,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.name,
        trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        _attributes(span.attributes),
        tuple(ToldOf(event.name, event.time_unix_nano, _attributes(event.attributes)) for event in span.events),
        tuple(LinkTo(link.trace_id.hex(), link.span_id.hex(), _attributes(link.attributes)) for link in span.links),
        trace_pb2.Status.StatusCode.Name(span.status.code).removeprefix("STATUS_CODE_").lower(),
        span.status.message,
    )


def _attributes(told: Iterable[KeyValue]) -> dict[str, Any]:
    return {one.key: _value(one.value) for one in told}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return tuple(_value(each) for each in value.array_value.values)
    return getattr(value, kind) if kind else None
