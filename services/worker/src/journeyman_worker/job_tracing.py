"""User code inside its attempt's span: a span that the worker never makes, and whose id everybody can derive.

The dashboard tells that span from the log, also where the worker was killed. Here it is only entered: what user code,
and the libraries it calls, make of spans meanwhile has it as their parent, and is sent when the sampler keeps the job.
The worker's own traffic with the server makes none (`journeyman.log.clients`).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from journeyman.otel import start_tracing, stop_tracing
from journeyman.tracing.sampling import Sampler
from journeyman_worker.context import current_attempt

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span


class JobTracing:
    """Spans of user code in this process. Needs OpenTelemetry's packages."""

    def __init__(self, sampler: Sampler, provider: TracerProvider | None = None) -> None:
        """Trace what `sampler` keeps; `provider` is stopped with it."""
        from opentelemetry import context

        self._current, self._attach = context.get_current, context.attach
        self._inside = _inside_of_jobs(sampler)
        self._provider = provider

    def enter(self) -> None:
        """Be inside the span of whichever attempt the calling thread runs, from now on, whatever was left open."""
        if self._current() is not self._inside:
            self._attach(self._inside)

    def close(self) -> None:
        """Send what waits to be sent, for a while."""
        stop_tracing(self._provider)


def _inside_of_jobs(sampler: Sampler) -> Context:
    """Return the context of every job: what span it is in is looked up when somebody asks, which most jobs never do."""
    from opentelemetry import trace
    from opentelemetry.context import Context

    [of_span] = trace.set_span_in_context(trace.INVALID_SPAN, Context())

    def span() -> Span | None:
        attempt = current_attempt.get()
        if attempt is None:
            return None
        kept = sampler.keeps(attempt.trace_id, attempt.job.body.traceparent)
        flags = trace.TraceFlags(trace.TraceFlags.SAMPLED if kept else trace.TraceFlags.DEFAULT)
        return trace.NonRecordingSpan(
            trace.SpanContext(int(attempt.trace_id, 16), int(attempt.span_id, 16), is_remote=True, trace_flags=flags)
        )

    class InsideOfJobs(Context):
        def get(self, key: str, default: Any = None) -> Any:
            return (span() if key == of_span else None) or default

        def copy(self) -> dict[str, object]:
            there = span()
            return {} if there is None else {of_span: there}

    return InsideOfJobs()


def open_tracing(environ: Mapping[str, str]) -> JobTracing | None:
    """Start to send spans, and have the libraries that user code calls make some; None where none are wanted.

    Raises SettingsError. Call it before user code is imported.
    """
    instrumented = "opentelemetry.sdk.trace" in sys.modules
    provider = start_tracing("worker", environ)
    if provider is None:
        return None
    sampler = Sampler.from_environ(environ)
    if not instrumented:
        from opentelemetry.instrumentation.auto_instrumentation import initialize

        initialize()
    return JobTracing(sampler, provider)
