"""Spans of HTTP requests to our services: an ASGI application around another, where spans are sent.

Whether a request has a span is decided before anything is made of it, so that one without costs next to nothing. The
span is made by OpenTelemetry's own instrumentation and named after the route. It is the request's `traceparent` inside,
so whoever takes that from there (ingest, for the jobs in the request) goes on below it.

A request that comes with a valid `traceparent` is sampled as that says. One that comes without begins a trace where
everything is sampled, if it may: those of the dashboard may not, its pages ask all the time. Where a ratio rules none
does: each job is sampled by its own id then, and a second lot beside it would sample more of them than the ratio says.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from journeyman.otel import current_traceparent, start_tracing, stop_tracing
from journeyman.tracing.ids import read_traceparent
from journeyman.tracing.sampling import Sampler

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Any]]
Send: TypeAlias = Callable[[Any], Awaitable[None]]
App: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]

#: Asked all the time, by machines, and of no interest to anybody.
UNTRACED = ("/health/", "/metrics")

#: Where the trace with this id is sampled, all are.
_HIGHEST = "f" * 32

_TRACEPARENT = b"traceparent"


@contextmanager
def tracing_requests(
    service: str, environ: Mapping[str, str], *, begins: bool = True, exact: Collection[str] = ()
) -> Iterator[Callable[[App], App]]:
    """Give what wraps a service's application: in a :class:`TracedRequests` where spans are wanted.

    At the end what waits is sent. Raises SettingsError.
    """
    provider = start_tracing(service, environ, sampled=True)
    if provider is None:
        yield lambda app: app
        return
    sampler = Sampler.from_environ(environ)
    try:
        yield lambda app: TracedRequests(app, provider, sampler, begins=begins, exact=exact)
    finally:
        stop_tracing(provider)


class TracedRequests:
    """An ASGI application: `app`, with spans of sampled requests. Needs OpenTelemetry's packages."""

    def __init__(
        self, app: App, provider: TracerProvider, sampler: Sampler, *, begins: bool = True, exact: Collection[str] = ()
    ) -> None:
        """Send the spans through a provider that samples all it is given. exact: paths that are routes as they are.

        begins: whether a request may begin a trace.
        """
        from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

        self._app = app
        self._sampler = sampler
        self._begins = begins and sampler.keeps(_HIGHEST, "")
        self._exact = frozenset(exact)
        self._traced = OpenTelemetryMiddleware(
            self._inside,
            default_span_details=lambda scope: (str(scope["method"]), {}),
            tracer_provider=provider,
            exclude_spans=["receive", "send"],
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        app = self._traced if scope["type"] == "http" and self.samples(scope) else self._app
        await app(scope, receive, send)

    def samples(self, scope: Scope) -> bool:
        """Tell whether a request has a span."""
        if scope["path"].startswith(UNTRACED):
            return False
        for name, value in scope["headers"]:
            if name == _TRACEPARENT:
                text = value.decode("latin-1").strip()
                parent = read_traceparent(text)
                if parent is not None and parent.is_real:
                    return self._sampler.keeps(parent.trace_id, text)
        return self._begins

    async def _inside(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request inside its span, which is named after the route once that is known."""
        from opentelemetry.trace import get_current_span

        span = get_current_span()

        async def naming(message: Any) -> None:
            route = scope.get("path_template") or (scope["path"] if scope["path"] in self._exact else "")
            if route and message["type"] == "http.response.start":
                span.update_name(f"{scope['method']} {route}")
                span.set_attribute("http.route", route)
            await send(message)

        scope["headers"] = [*scope["headers"], (_TRACEPARENT, current_traceparent().encode())]
        await self._app(scope, receive, naming)
