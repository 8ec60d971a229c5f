"""Routes for probes and scrapers: alive, ready, metrics."""

from __future__ import annotations

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

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
async def metrics(model: NamedDependency[ReadModel]) -> Response[bytes]:
    """Write the metrics of this process in Prometheus' text format."""
    return Response(generate_latest(model.metrics.registry), media_type=CONTENT_TYPE_LATEST)
