"""The whole at a glance: figures, queues, types, workers, dead letters, decisions."""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from journeyman_dashboard.params import read_cursor, read_window
from journeyman_dashboard.queries.dead import DeadFilter, DeadLetters, dead_letters
from journeyman_dashboard.queries.fleet import ScalingView, WorkerView, scaling, workers
from journeyman_dashboard.queries.lines import QueueView, TypeView, queues, types
from journeyman_dashboard.queries.stats import Stats, stats
from journeyman_dashboard.retention import SERIES_KEPT_MS
from journeyman_dashboard.routes.parameters import Cursor, Limit, Queues, Types, Window
from journeyman_dashboard.wiring import ReadModel

T = TypeVar("T")


class Listed(msgspec.Struct, Generic[T]):
    """A list that is always whole."""

    items: list[T]


class WorkerList(msgspec.Struct):
    """Workers. `live` is false where the log's server cannot be asked for heartbeats."""

    items: list[WorkerView]
    live: bool


@get("/stats", summary="Read the figures")
async def read_stats(model: NamedDependency[ReadModel], window: Window = "15m") -> Stats:
    """Read counts, rates and percentiles, and a series of at most 360 points over the window (up to 6h).

    Counts are of the jobs in the read model, which forgets those that ended long ago. Percentiles are over the
    window; `throughput_per_s` is of the last minute.
    """
    window_ms = read_window("window", window, max_ms=SERIES_KEPT_MS)
    now_ms, lag_ms = model.reach.now_ms(), model.reach.lag_ms()
    return await model.readings.run(stats, now_ms=now_ms, lag_ms=lag_ms, window_ms=window_ms)


@get("/queues", summary="List queues")
async def list_queues(model: NamedDependency[ReadModel]) -> Listed[QueueView]:
    """List every queue that has jobs or was ever paused."""
    return Listed(await model.readings.run(queues, model.reach.now_ms()))


@get("/types", summary="List types of jobs")
async def list_types(model: NamedDependency[ReadModel]) -> Listed[TypeView]:
    """List every type that has jobs or a live worker."""
    return Listed(await model.readings.run(types, model.reach.now_ms()))


@get("/workers", summary="List workers")
async def list_workers(
    model: NamedDependency[ReadModel],
    everyone: Annotated[
        bool, QueryParameter(name="all", description="Those too that went over five minutes ago.")
    ] = False,
) -> WorkerList:
    """List workers: what the log says of them, with the facts of their last heartbeat."""
    beats = await model.heartbeats.latest()
    now_ms = model.reach.now_ms()
    items = await model.readings.run(workers, beats or (), now_ms=now_ms, everyone=everyone)
    return WorkerList(items, beats is not None)


@get("/dead-letter", summary="List dead letters")
async def list_dead_letters(
    model: NamedDependency[ReadModel],
    kinds: Types = None,
    queues: Queues = None,
    fingerprints: Annotated[
        list[str] | None, QueryParameter(name="error_fingerprint", description="Any of these fingerprints.")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DeadLetters:
    """List the jobs that failed for good, the latest submitted first, and the groups of errors among them.

    Groups and total are of the latest 10,000 that match.
    """
    wanted = DeadFilter(tuple(kinds or ()), tuple(queues or ()), tuple(fingerprints or ()))
    return await model.readings.run(dead_letters, wanted, limit=limit, cursor=read_cursor("cursor", cursor, "dead"))


@get("/scaling", summary="List the autoscaler's decisions")
async def list_scaling(model: NamedDependency[ReadModel], limit: Limit = 50) -> Listed[ScalingView]:
    """List the latest decisions on the number of workers, with their reasons, the last first."""
    return Listed(await model.readings.run(scaling, limit))


@get("/breakers", summary="List circuit breakers")
async def list_breakers() -> Listed[dict[str, Any]]:
    """List circuit breakers. There are none: nothing opens circuits in this version."""
    return Listed([])


@get("/schedules", summary="List schedules")
async def list_schedules() -> Listed[dict[str, Any]]:
    """List recurring schedules. There are none: nothing makes them in this version."""
    return Listed([])
