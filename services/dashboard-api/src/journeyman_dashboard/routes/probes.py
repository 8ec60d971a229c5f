"""Routes for probes and scrapers: alive, ready, metrics."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency

from journeyman.events import write_position
from journeyman_dashboard.wiring import ReadModel


class NotReadyError(Exception):
    """The read model does not follow the log."""


class Condition(msgspec.Struct):
    """How the service is: `ok`, and in words."""

    status: str
    detail: str


@get("/health/live", summary="Is the process alive?")
async def live() -> Condition:
    """Answer 200 while the process answers at all."""
    return Condition("ok", "live")


@get("/health/ready", summary="Does the read model follow the log?")
async def ready(model: NamedDependency[ReadModel]) -> Condition:
    """Answer 200 once the read model has caught up with the log, while it follows it; else 503."""
    is_ready, trouble = model.reach.ready()
    if not is_ready:
        raise NotReadyError(trouble)
    return Condition("ok", f"at {write_position(model.reach.position)}, {model.reach.lag_ms()} ms behind")


@get("/metrics", summary="Metrics for Prometheus")
async def metrics(model: NamedDependency[ReadModel], request: Request[Any, Any, Any]) -> Response[bytes]:
    """Write the metrics of this process and of the read model: OpenMetrics where that is accepted, or plain text."""
    body, media_type = await asyncio.to_thread(model.metrics.expose, request.headers.get("accept", ""))
    return Response(body, media_type=media_type)
