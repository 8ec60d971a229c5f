"""The whole at a glance: figures, queues, types, workers, dead letters, decisions."""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from journeyman.errors import JourneymanError
from journeyman_dashboard.params import read_cursor, read_window
from journeyman_dashboard.queries.breakers import BreakerView, breakers
from journeyman_dashboard.queries.dead import DeadFilter, DeadLetters, dead_letters
from journeyman_dashboard.queries.fleet import ScalingView, WorkerView, scaling, workers
from journeyman_dashboard.queries.lines import QueueView, queues
from journeyman_dashboard.queries.queue import QueueDetail, queue_detail
from journeyman_dashboard.queries.stats import Stats, stats
from journeyman_dashboard.queries.types import TypeDetail, TypeView, type_detail, types
from journeyman_dashboard.retention import SERIES_KEPT_MS
from journeyman_dashboard.routes.parameters import AsOf, Cursor, Limit, Queues, Types, Window
from journeyman_dashboard.wiring import ReadModel

T = TypeVar("T")


class UnknownTypeError(JourneymanError):
    """There are no jobs of the type, and no worker told of it."""


class UnknownQueueError(JourneymanError):
    """There are no jobs in the queue, and it was never paused."""


class Listed(msgspec.Struct, Generic[T]):
    """A list that is always whole."""

    items: list[T]


class WorkerList(msgspec.Struct):
    """Workers. `live` is false where the log's server cannot be asked for heartbeats."""

    items: list[WorkerView]
    live: bool


@get("/stats", summary="Read the figures")
async def read_stats(model: NamedDependency[ReadModel], window: Window = "15m", as_of: AsOf = None) -> Stats:
    """Read counts, rates and percentiles, and a series of at most 360 points over the window (up to 6h).

    Counts are of the jobs in the read model, which forgets those that ended long ago. Percentiles are over the
    window; `throughput_per_s` is of the last minute.
    """
    window_ms = read_window("window", window, max_ms=SERIES_KEPT_MS)
    sight = model.sight(as_of)
    lag_ms = model.reach.lag_ms() if as_of is None else 0
    return await sight.ask(stats, now_ms=sight.now_ms, lag_ms=lag_ms, window_ms=window_ms)


@get("/queues", summary="List queues")
async def list_queues(model: NamedDependency[ReadModel], as_of: AsOf = None) -> Listed[QueueView]:
    """List every queue that has jobs or was ever paused."""
    sight = model.sight(as_of)
    return Listed(await sight.ask(queues, sight.now_ms, model.sets))


@get("/queues/{name:str}", summary="Read a queue")
async def read_queue(
    model: NamedDependency[ReadModel],
    name: FromPath[str],
    window: Window = "15m",
    as_of: AsOf = None,
) -> QueueDetail:
    """Read a queue: what came and went in the window (up to 6h), its jobs by type, and the workers that serve it."""
    window_ms = read_window("window", window, max_ms=SERIES_KEPT_MS)
    sight = model.sight(as_of)
    found = await sight.ask(queue_detail, name, now_ms=sight.now_ms, window_ms=window_ms, sets=model.sets)
    if found is None:
        raise UnknownQueueError(f"there are no jobs in a queue {name}, and it was never paused")
    return found


@get("/types", summary="List types of jobs")
async def list_types(model: NamedDependency[ReadModel], as_of: AsOf = None) -> Listed[TypeView]:
    """List every type that has jobs or a live worker, or that was described by one that was there in the last day."""
    sight = model.sight(as_of)
    return Listed(await sight.ask(types, sight.now_ms))


@get("/types/{kind:str}", summary="Read a type of jobs")
async def read_type(
    model: NamedDependency[ReadModel],
    kind: FromPath[str],
    window: Window = "1h",
    as_of: AsOf = None,
) -> TypeDetail:
    """Read a type: what its payload is to be, how its jobs fared in the window (up to 6h), what they failed of.

    Errors are of the latest 2,000 jobs that have one, and of the latest 2,000 attempts, of all types, that failed
    before another: `errors_sample` says of which of the two there are more.
    """
    window_ms = read_window("window", window, max_ms=SERIES_KEPT_MS)
    sight = model.sight(as_of)
    found = await sight.ask(type_detail, kind, now_ms=sight.now_ms, window_ms=window_ms, sets=model.sets)
    if found is None:
        raise UnknownTypeError(f"there are no jobs of type {kind}, and no worker told of it")
    return found


@get("/workers", summary="List workers")
async def list_workers(
    model: NamedDependency[ReadModel],
    everyone: Annotated[
        bool, QueryParameter(name="all", description="Those too that went over five minutes ago.")
    ] = False,
    as_of: AsOf = None,
) -> WorkerList:
    """List workers: what the log says of them, with the facts of their last heartbeat, which no past moment knows."""
    sight = model.sight(as_of)
    beats = await model.heartbeats.latest() if as_of is None else None
    items = await sight.ask(workers, beats or (), now_ms=sight.now_ms, everyone=everyone)
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
    as_of: AsOf = None,
) -> DeadLetters:
    """List the jobs that failed for good, the latest submitted first, and the groups of errors among them.

    Groups, their series and the total are of the latest 10,000 that match.
    """
    wanted = DeadFilter(tuple(kinds or ()), tuple(queues or ()), tuple(fingerprints or ()))
    behind = read_cursor("cursor", cursor, "dead")
    sight = model.sight(as_of)
    return await sight.ask(dead_letters, wanted, now_ms=sight.now_ms, limit=limit, cursor=behind)


@get("/scaling", summary="List the autoscaler's decisions")
async def list_scaling(model: NamedDependency[ReadModel], limit: Limit = 50, as_of: AsOf = None) -> Listed[ScalingView]:
    """List the latest decisions on the number of workers, with their reasons, the last first."""
    return Listed(await model.sight(as_of).ask(scaling, limit))


@get("/breakers", summary="List circuit breakers")
async def list_breakers(model: NamedDependency[ReadModel], as_of: AsOf = None) -> Listed[BreakerView]:
    """List the circuit breaker of every type that ever had it opened, with its state in each partition."""
    return Listed(await model.sight(as_of).ask(breakers))


@get("/schedules", summary="List schedules")
async def list_schedules() -> Listed[dict[str, Any]]:
    """List recurring schedules. There are none: nothing makes them in this version."""
    return Listed([])
