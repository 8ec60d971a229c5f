"""Sending spans: whether it is wanted, and the SDK of OpenTelemetry set up for a service.

What is wanted stands in the standard variables (`OTEL_…`), of which the SDK itself reads those not named here: headers,
time-outs, sizes of batches, the sampler. Nothing of OpenTelemetry is imported where no spans are wanted; the packages
are the extra `journeyman[otel]`.

A collector that is away costs one line a minute. Spans wait in memory, a bounded number of them; then they are
dropped. No service waits for a collector: the end of a process takes `FLUSH_S` at most.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping
from enum import Enum
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

from journeyman import __version__
from journeyman.errors import SettingsError
from journeyman.tracing.sampling import Sampler

if TYPE_CHECKING:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

#: How long the end of a process waits for its last spans to be sent.
FLUSH_S = 2.0

#: Between two lines that say that spans cannot be sent.
QUIET_S = 60.0

_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_ENDPOINT_OF_TRACES = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
_EXPORTERS = "OTEL_TRACES_EXPORTER"
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_TRACES_PATH = "/v1/traces"

#: Who says that spans cannot be sent, each time it is tried.
_COMPLAINERS = (
    "opentelemetry.exporter.otlp.common.http",
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.sdk._shared_internal",
)


#: No answer at all, and those after which a request may be sent again
#: (https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes).
_ASK_AGAIN = (None, 429, 502, 503, 504)


class Documented(NamedTuple):
    """One row of the table of the standard's settings: variable, default as text, meaning."""

    variable: str
    default: str
    meaning: str


#: What is read here, by `journeyman.tracing.sampling`, and by those parts of the SDK that are in use.
DOCUMENTED = (
    Documented(_ENDPOINT, "", "The collector: `http://host:4318`. Naming one turns tracing on, in every service."),
    Documented(_ENDPOINT_OF_TRACES, "", "The same for traces alone, with its path: `http://host:4318/v1/traces`."),
    Documented(_EXPORTERS, "", "`otlp` turns tracing on (towards this machine, if no collector is named), `none` off."),
    Documented("OTEL_SDK_DISABLED", "false", "`true` turns tracing off, whatever else is set."),
    Documented(_PROTOCOLS[1], "http/protobuf", "Nothing else is available."),
    Documented("OTEL_EXPORTER_OTLP_HEADERS", "", "Headers for the collector: `authorization=…,x-tenant=…`."),
    Documented("OTEL_EXPORTER_OTLP_TIMEOUT", "10", "How long it may take to send once, in seconds."),
    Documented("OTEL_EXPORTER_OTLP_COMPRESSION", "none", "`gzip` compresses what is sent."),
    Documented("OTEL_EXPORTER_OTLP_CERTIFICATE", "", "File of the authorities that are trusted to know the collector."),
    Documented(
        "OTEL_TRACES_SAMPLER",
        "parentbased_always_on",
        "Which traces are kept. `always_on`, `always_off` and `traceidratio` look at the trace alone; with "
        "`parentbased_` before it, what a `traceparent` says goes first. Set it to the same in all services.",
    ),
    Documented("OTEL_TRACES_SAMPLER_ARG", "1", "Share of traces that `traceidratio` keeps, from 0 to 1."),
    Documented("OTEL_SERVICE_NAME", "journeyman-SERVICE", "The name that spans of a process come under."),
    Documented("OTEL_RESOURCE_ATTRIBUTES", "", "What else is said of it: `deployment.environment.name=production`."),
    Documented("OTEL_BSP_SCHEDULE_DELAY", "5000", "Longest time that a span waits to be sent, in milliseconds."),
    Documented("OTEL_BSP_MAX_QUEUE_SIZE", "2048", "Spans that wait in a process; more are dropped."),
    Documented(
        "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS",
        "",
        "Libraries that make no spans in jobs: `redis,sqlite3`. `*`: all.",
    ),
)


def tracing_wanted(environ: Mapping[str, str]) -> bool:
    """Tell whether spans are to be sent: a collector is named, or the exporter `otlp` is."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    exporters = environ.get(_EXPORTERS, "").strip()
    if exporters:
        return "otlp" in [name.strip() for name in exporters.split(",")]
    return bool(environ.get(_ENDPOINT_OF_TRACES, "").strip() or environ.get(_ENDPOINT, "").strip())


def start_tracing(service: str, environ: Mapping[str, str], *, sampled: bool = False) -> TracerProvider | None:
    """Have the spans of this process sent, under the name `journeyman-<service>`; None where that is not wanted.

    A provider that the process has already (`opentelemetry-instrument` makes one) is left in its place. sampled: who
    starts a span has found that it is to be sent; otherwise the SDK's sampler says so. End with :func:`stop_tracing`.
    Raises SettingsError where the packages are missing, or a protocol or sampler is asked for that is not there.
    """
    if not tracing_wanted(environ):
        return None
    Sampler.from_environ(environ)
    exporter = span_exporter(environ)
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    present = trace.get_tracer_provider()
    if isinstance(present, TracerProvider):
        return present
    provider = TracerProvider(ALWAYS_ON if sampled else None, resource(service), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return provider


def stop_tracing(provider: TracerProvider | None, within_s: float = FLUSH_S) -> None:
    """Send what waits, for a while, and send nothing afterwards."""
    if provider is not None:
        ending = Thread(target=provider.shutdown, name="last-spans", daemon=True)
        ending.start()
        ending.join(within_s)


def current_traceparent() -> str:
    """Return the `traceparent` of the current span; empty where none is, as where nobody imported OpenTelemetry."""
    trace = sys.modules.get("opentelemetry.trace")
    context = None if trace is None else trace.get_current_span().get_span_context()
    if context is None or not context.is_valid:
        return ""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def span_exporter(environ: Mapping[str, str]) -> OTLPSpanExporter:
    """Return what sends spans to the collector that the environment names. Raises SettingsError."""
    for variable in _PROTOCOLS:
        if environ.get(variable, "http/protobuf") != "http/protobuf":
            raise SettingsError(f"{variable}: only http/protobuf is available")
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError as error:
        raise SettingsError(
            f"{_why(environ)} asks for traces, and OpenTelemetry is not installed ({error.name}): "
            "pip install 'journeyman[otel]'"
        ) from None
    complaints = OnceInAWhile()
    for name in _COMPLAINERS:
        logger = logging.getLogger(name)
        if not any(isinstance(each, OnceInAWhile) for each in logger.filters):
            logger.addFilter(complaints)
    return OTLPSpanExporter(endpoint=_endpoint(environ))


class Outcome(Enum):
    """What became of a request: the collector took it, will not have it, or is away or busy: ask it again."""

    TAKEN = "taken"
    REFUSED = "refused"
    AWAY = "away"


class RequestSender:
    """Sends requests that were encoded elsewhere, as the SDK's exporter sends its own: same settings, same retries."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Prepare to send to the collector that the environment names. Raises SettingsError."""
        self._exporter = span_exporter(environ)
        # The exporter's public method encodes the SDK's spans, which costs more than making ours.
        self._client = self._exporter._client

    def send(self, body: bytes) -> Outcome:
        """Send an encoded ExportTraceServiceRequest; tell what became of it."""
        result = self._client.export(body)
        if result.success:
            return Outcome.TAKEN
        return Outcome.AWAY if result.status_code in _ASK_AGAIN else Outcome.REFUSED

    def shutdown(self) -> None:
        """Send nothing more, and end what is under way."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call]


def _why(environ: Mapping[str, str]) -> str:
    return next(name for name in (_EXPORTERS, _ENDPOINT_OF_TRACES, _ENDPOINT) if environ.get(name, "").strip())


def _endpoint(environ: Mapping[str, str]) -> str | None:
    """Return where spans go; None where nobody said, which is this machine."""
    if own := environ.get(_ENDPOINT_OF_TRACES, "").strip():
        return own
    base = environ.get(_ENDPOINT, "").strip()
    return base.rstrip("/") + _TRACES_PATH if base else None


def resource(service: str) -> Resource:
    """Return what is said of the sender of spans. What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say wins."""
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource

    ours = {"service.name": f"journeyman-{service}", "service.version": __version__}
    return Resource.create({**ours, **OTELResourceDetector().detect().attributes})


class OnceInAWhile(logging.Filter):
    """Lets one line through a minute, as a warning without its traceback; it tells how many were left out."""

    def __init__(self, every_s: float = QUIET_S) -> None:
        super().__init__()
        self.every_s = every_s
        self.next = 0.0
        self._left_out = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the line may be written."""
        now = time.monotonic()
        if now < self.next:
            self._left_out += 1
            return False
        self.next = now + self.every_s
        more = f" (and {self._left_out} more lines like it)" if self._left_out else ""
        record.msg, record.args = f"spans are not being sent: {record.getMessage()}{more}", ()
        record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
        record.exc_info = record.exc_text = None
        self._left_out = 0
        return True
