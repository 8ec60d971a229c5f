"""How ingest is served: one process, one event loop, Granian embedded in it.

Start: the log is opened and checked first, so that a port that answers can accept. Stop (SIGTERM, SIGINT): readiness
goes, the server stops accepting and finishes the requests under way, what waits is appended, the log is closed.
All that takes `drain_timeout_ms` at most. A second signal ends at once.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from litestar import Litestar

from journeyman.blobs import open_blobs
from journeyman.errors import SettingsError
from journeyman.log.connect import open_async_log
from journeyman.settings import Settings
from journeyman_ingest.app import build_app
from journeyman_ingest.intake import running

_log = logging.getLogger(__name__)

#: Connections that wait to be accepted, and connections served at once.
BACKLOG = 2048
CONNECTIONS_MAX = 4096

#: Measured at 64 connections: fifty per cent more requests a second than with 5 ms, at the same processor time each.
SWITCH_S = 0.0002

#: Granian's lines go where all others go, and only those that matter.
_LOGGING = {"formatters": {}, "handlers": {}, "loggers": {"_granian": {"propagate": True}}}


def serve(settings: Settings) -> int | None:
    """Serve until SIGTERM or SIGINT. Raises what opening the log raises, and SettingsError for a taken port."""
    return uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> int | None:
    stop = _on_signal()
    address, port = _free_address(settings.ingest_host, settings.ingest_port)
    blobs = open_blobs(settings)
    log = await open_async_log(settings)
    try:
        async with running(settings, log, blobs) as intake:
            _tune_the_interpreter()
            server = _server(build_app(intake), address, port)
            serving = asyncio.create_task(server.serve(), name="http")
            _log.info("listening on http://%s:%d", f"[{address}]" if ":" in address else settings.ingest_host, port)
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                stopping.cancel()
                _log.error("the HTTP server ended by itself", exc_info=serving.exception())
                return 1
            _log.info("draining")
            intake.pressure.draining = True
            await _stop(server, serving, settings.drain_timeout_ms / 1000)
    finally:
        await log.close()
    _log.info("stopped")
    return None


def _tune_the_interpreter() -> None:
    """Spend less on collecting garbage, and let the thread that appends have its turn at once.

    What start-up made is left out of every collection, and requests leave few cycles behind. With the usual switch
    interval of 5 ms, an append waits for its thread longer than for the server.
    """
    sys.setswitchinterval(SWITCH_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


async def _stop(server: Server, serving: asyncio.Task[None], timeout_s: float) -> None:
    stop: Callable[[], None] = server.stop
    stop()
    try:
        async with asyncio.timeout(timeout_s):
            await serving
    except TimeoutError:
        _log.warning("some requests did not end within %g s", timeout_s)


def _server(app: Litestar, address: str, port: int) -> Server:
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


def _free_address(host: str, port: int) -> tuple[str, int]:
    """Return the numeric address of a host and a port that can be bound (port 0: one that is free).

    The server itself would share the port with another ingest without a word.
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
            f"JOURNEYMAN_INGEST_HOST, JOURNEYMAN_INGEST_PORT: cannot listen on {host}:{port}: {error.strerror}"
        ) from None
