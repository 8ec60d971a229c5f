"""How the dashboard is served: one process; Granian embedded in its event loop, the projector on a thread beside it.

Start: the logs are opened and checked, the file is opened, the projector begins, and the port answers at once, with
`/health/ready` at 503 until the read model has caught up. Stop (SIGTERM, SIGINT): streams end, requests under way
finish, the projector ends behind its batch. A second signal ends at once.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop

from journeyman.archive import open_archive
from journeyman.blobs import BlobStore, open_blobs
from journeyman.log.connect import opener
from journeyman.otel import tracing_wanted
from journeyman.serving import build_server, free_address, serve_until, stop_on_signal
from journeyman.settings import Settings
from journeyman.traced_requests import App, tracing_requests
from journeyman.tracing.sampling import Sampler
from journeyman_dashboard.app import build_app
from journeyman_dashboard.bulk.ledger import Ledger
from journeyman_dashboard.bulk.runner import Bulks
from journeyman_dashboard.exemplars import Exemplars
from journeyman_dashboard.metrics import Metrics
from journeyman_dashboard.partitions import Partition, open_all
from journeyman_dashboard.projector import Keeping, Projector, reader_name
from journeyman_dashboard.queries.remembered import RememberedSets
from journeyman_dashboard.reach import Reach
from journeyman_dashboard.reaching_back import ReachingBack
from journeyman_dashboard.reading import Readings
from journeyman_dashboard.routes.about import surroundings
from journeyman_dashboard.schema import FILE_NAME
from journeyman_dashboard.streams import Streams
from journeyman_dashboard.wiring import Heartbeats, ReadModel

if TYPE_CHECKING:
    from journeyman_dashboard.tracing.projector import TraceProjector

CONNECTIONS_MAX = 1024
STOP_TIMEOUT_S = 10.0

_log = logging.getLogger(__name__)


def serve(settings: Settings) -> int | None:
    """Serve until SIGTERM or SIGINT. Raises what opening the log raises, and SettingsError for a taken port."""
    return uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> int | None:
    with tracing_requests("dashboard", os.environ, begins=False) as traced:
        return await _serve_until_stopped(settings, traced)


async def _serve_until_stopped(settings: Settings, traced: Callable[[App], App]) -> int | None:
    stop = stop_on_signal()
    address, port = free_address("dashboard", settings.dashboard_host, settings.dashboard_port)
    blobs = open_blobs(settings, writes=False)
    keeping = Keeping(settings.read_model_retention_ms, settings.log_retention_ms)
    open_log, archive = opener(settings), open_archive(settings)

    def open_whole(number: int) -> ReachingBack:
        return ReachingBack(open_log(number), archive)

    partitions = [Partition(number, partial(open_whole, number)) for number in range(settings.partitions)]
    try:
        await asyncio.to_thread(open_all, partitions)
        async with running(partitions, blobs, Path(settings.data_dir), keeping, settings.trace_turn_ms) as model:
            app = traced(build_app(model, surroundings(settings)))
            server = build_server(app, address, port, connections_max=CONNECTIONS_MAX)
            _settle()
            _log.info("listening on http://%s:%d", settings.dashboard_host, port)
            if not await serve_until(stop, server, on_stop=model.reach.close, timeout_s=STOP_TIMEOUT_S):
                return 1
    finally:
        for partition in partitions:
            if partition.opened is not None:
                partition.opened.close()
    _log.info("stopped")
    return None


def _settle() -> None:
    """Take what is there now out of the garbage collector's sight, and have it look at the rest less often.

    A batch of events is thousands of objects that live for some milliseconds and are in no cycle. With Python's
    thresholds, whatever else lives as long (the spans of sampled jobs) made a collection of all that is alive come
    several times a second.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _traces(partitions: Sequence[Partition], path: Path, turn_ms: int) -> TraceProjector:
    from journeyman_dashboard.tracing.projector import TraceProjector

    return TraceProjector(partitions, path, reader_name(path), os.environ, turn_ms)


def _send(traces: TraceProjector, metrics: Metrics) -> None:
    from journeyman_dashboard.tracing.metrics import TraceMetrics

    metrics.registry.register(TraceMetrics(traces.figures))
    traces.start()


@asynccontextmanager
async def running(
    partitions: Sequence[Partition], blobs: BlobStore, data_dir: Path, keeping: Keeping, trace_turn_ms: int = 30_000
) -> AsyncIterator[ReadModel]:
    """Keep a read model in `data_dir` following the logs of these partitions, all that there are."""
    path = data_dir / FILE_NAME
    reach = Reach(partition.number for partition in partitions)
    reach.bind(asyncio.get_running_loop())
    exemplars = Exemplars(Sampler.from_environ(os.environ) if tracing_wanted(os.environ) else None)
    traces = _traces(partitions, path, trace_turn_ms) if tracing_wanted(os.environ) else None
    projector = Projector(partitions, path, reach, keeping, exemplars, traces.handing.take if traces else None)
    await asyncio.to_thread(projector.start)
    readings = Readings(path)
    streams = Streams(readings, reach)
    metrics = Metrics(path, reach, lambda: streams.open, exemplars)
    if traces is not None:
        _send(traces, metrics)
    sets = RememberedSets()
    bulks = Bulks(partitions, readings, reach, sets, Ledger(data_dir / "bulks"))
    await bulks.open()
    try:
        yield ReadModel(readings, reach, Heartbeats(partitions), blobs, streams, metrics, bulks, sets)
    finally:
        await bulks.close()
        reach.close()
        await asyncio.to_thread(projector.stop)
        if traces is not None:
            await asyncio.to_thread(traces.stop)
        await asyncio.to_thread(readings.close)
