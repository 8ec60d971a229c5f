"""User code inside its attempt's span: a span that the worker never makes, and whose id everybody can derive.

The dashboard tells that span from the log, also where the worker was killed. Here it is only entered: what user code,
and the libraries it calls, make of spans meanwhile has it as their parent, and is sent when the sampler keeps the job.
The worker's own traffic with the server makes none (`journeyman.log.clients`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from journeyman.otel import start_tracing, stop_tracing
from journeyman.tracing.sampling import Sampler
from journeyman_worker.runner.attempt import Attempt

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span


class JobTracing:
    """Spans of user code in this process. Needs OpenTelemetry's packages."""

    def __init__(self, sampler: Sampler, provider: TracerProvider | None = None) -> None:
        """Trace what `sampler` keeps; `provider` is stopped with it."""
        from opentelemetry import context, trace

        self._context, self._attach = context.Context, context.attach
        [self._key] = trace.set_span_in_context(trace.INVALID_SPAN, context.Context())
        self._span = _span_class(sampler)
        self._provider = provider

    def enter(self, attempt: Attempt) -> None:
        """Be inside the span of an attempt, in the calling thread, until the next is entered: nothing is in between."""
        self._attach(self._context({self._key: self._span(attempt)}))

    def close(self) -> None:
        """Send what waits to be sent, for a while."""
        stop_tracing(self._provider)


def _span_class(sampler: Sampler) -> Callable[[Attempt], Span]:
    """Return what stands for the span of an attempt. Its ids are made when somebody asks, which most jobs never do."""
    from opentelemetry.trace import INVALID_SPAN_CONTEXT, NonRecordingSpan, SpanContext, TraceFlags

    class AttemptSpan(NonRecordingSpan):
        _context = INVALID_SPAN_CONTEXT

        def __init__(self, attempt: Attempt) -> None:
            self._attempt = attempt

        def get_span_context(self) -> SpanContext:
            if self._context is INVALID_SPAN_CONTEXT:
                attempt = self._attempt
                trace_id = attempt.trace_id
                kept = sampler.keeps(trace_id, attempt.job.body.traceparent)
                flags = TraceFlags(TraceFlags.SAMPLED if kept else TraceFlags.DEFAULT)
                self._context = SpanContext(int(trace_id, 16), int(attempt.span_id, 16), True, flags)
            return self._context

    return AttemptSpan


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
