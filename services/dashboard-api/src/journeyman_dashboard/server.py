"""How the dashboard is served: one process; Granian embedded in its event loop, the projector on a thread beside it.

Start: the log is opened and checked, the file is opened, the projector begins, and the port answers at once, with
`/health/ready` at 503 until the read model has caught up. Stop (SIGTERM, SIGINT): streams end, requests under way
finish, the projector ends behind its batch. A second signal ends at once.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from litestar import Litestar

from journeyman.blobs import BlobStore, open_blobs
from journeyman.errors import SettingsError
from journeyman.log.connect import open_log
from journeyman.settings import Settings
from journeyman_dashboard.app import build_app
from journeyman_dashboard.metrics import Metrics
from journeyman_dashboard.projector import Keeping, Projector, Source
from journeyman_dashboard.reach import Reach
from journeyman_dashboard.reading import Readings
from journeyman_dashboard.schema import FILE_NAME
from journeyman_dashboard.streams import Streams
from journeyman_dashboard.wiring import Beating, Heartbeats, ReadModel

BACKLOG = 1024
CONNECTIONS_MAX = 1024
STOP_TIMEOUT_S = 10.0

#: Granian's lines go where all others go, and only those that matter.
_LOGGING = {"formatters": {}, "handlers": {}, "loggers": {"_granian": {"propagate": True}}}

_log = logging.getLogger(__name__)


class DashboardLog(Source, Beating, Protocol):
    """What the dashboard needs of a log."""


def serve(settings: Settings) -> int | None:
    """Serve until SIGTERM or SIGINT. Raises what opening the log raises, and SettingsError for a taken port."""
    return uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> int | None:
    stop = _on_signal()
    address, port = free_address(settings.dashboard_host, settings.dashboard_port)
    blobs = open_blobs(settings)
    keeping = Keeping(settings.read_model_retention_ms, settings.log_retention_ms)
    log = await asyncio.to_thread(open_log, settings)
    try:
        async with running(log, blobs, Path(settings.data_dir), keeping) as model:
            server = build_server(build_app(model), address, port)
            serving = asyncio.create_task(server.serve(), name="http")
            _log.info("listening on http://%s:%d", settings.dashboard_host, port)
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                stopping.cancel()
                _log.error("the HTTP server ended by itself", exc_info=serving.exception())
                return 1
            model.reach.close()
            await stop_server(server, serving)
    finally:
        log.close()
    _log.info("stopped")
    return None


@asynccontextmanager
async def running(log: DashboardLog, blobs: BlobStore, data_dir: Path, keeping: Keeping) -> AsyncIterator[ReadModel]:
    """Keep a read model in `data_dir` following the log."""
    path = data_dir / FILE_NAME
    reach = Reach()
    reach.bind(asyncio.get_running_loop())
    projector = Projector(log, path, reach, keeping)
    await asyncio.to_thread(projector.start)
    readings = Readings(path)
    streams = Streams(readings, reach)
    metrics = Metrics(path, reach, lambda: streams.open)
    try:
        yield ReadModel(readings, reach, Heartbeats(log), blobs, streams, metrics)
    finally:
        reach.close()
        await asyncio.to_thread(projector.stop)
        await asyncio.to_thread(readings.close)


def build_server(app: Litestar, address: str, port: int) -> Server:
    """Return the HTTP server, to be run with `serve()` and ended with `stop_server`."""
    return Server(
        app,
        address=address,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.auto,
        websockets=False,
        backlog=BACKLOG,
        backpressure=CONNECTIONS_MAX,
        log_level=LogLevels.error,
        log_dictconfig=_LOGGING,
    )


async def stop_server(server: Server, serving: asyncio.Task[None]) -> None:
    """Stop accepting, and wait for the requests under way."""
    stop: Callable[[], None] = server.stop
    stop()
    try:
        async with asyncio.timeout(STOP_TIMEOUT_S):
            await serving
    except TimeoutError:
        _log.warning("some requests did not end within %g s", STOP_TIMEOUT_S)


def _on_signal() -> asyncio.Event:
    """Return an event that the first SIGTERM or SIGINT sets; after it both do what they do by default."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def on_signal() -> None:
        stop.set()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    return stop


def free_address(host: str, port: int) -> tuple[str, int]:
    """Return the numeric address of a host and a port that can be bound (port 0: one that is free).

    The server itself would share a taken port without a word. Raises SettingsError.
    """
    try:
        family, kind, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
            bound: Any = probe.getsockname()
            return bound[0], bound[1]
    except OSError as error:
        raise SettingsError(
            f"JOURNEYMAN_DASHBOARD_HOST, JOURNEYMAN_DASHBOARD_PORT: cannot listen on {host}:{port}: {error.strerror}"
        ) from None
