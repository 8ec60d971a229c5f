"""How ingest is served: one process, one event loop, Granian embedded in it.

Start: every partition is opened and checked first, so that a port that answers can accept. Stop (SIGTERM, SIGINT):
readiness goes, the server stops accepting and finishes the requests under way, what waits is appended, the logs are
closed. All that takes `drain_timeout_ms` at most. A second signal ends at once.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
from collections.abc import Callable

import uvloop

from journeyman.blobs import open_blobs
from journeyman.log.async_redis_log import AsyncRedisLog
from journeyman.log.connect import open_logs
from journeyman.serving import build_server, free_address, serve_until, stop_on_signal
from journeyman.settings import Settings
from journeyman.traced_requests import App, tracing_requests
from journeyman_ingest.app import BUSIEST, build_app
from journeyman_ingest.intake import running
from journeyman_ingest.origins import Origins

_log = logging.getLogger(__name__)

#: Connections served at once.
CONNECTIONS_MAX = 4096

#: Measured at 64 connections: fifty per cent more requests a second than with 5 ms, at the same processor time each.
SWITCH_S = 0.0002


def serve(settings: Settings) -> int | None:
    """Serve until SIGTERM or SIGINT. Raises what opening the log raises, and SettingsError for a taken port."""
    return uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> int | None:
    with tracing_requests("ingest", os.environ, exact=BUSIEST) as traced:
        return await _serve_until_stopped(settings, traced)


async def _serve_until_stopped(settings: Settings, traced: Callable[[App], App]) -> int | None:
    stop = stop_on_signal()
    address, port = free_address("ingest", settings.ingest_host, settings.ingest_port)
    blobs = open_blobs(settings)
    logs = await AsyncRedisLog.opened_all(lambda: open_logs(settings))
    try:
        async with running(settings, logs, blobs) as intake:
            _tune_the_interpreter()
            app = traced(Origins(build_app(intake), settings.origins()))
            server = build_server(app, address, port, connections_max=CONNECTIONS_MAX)
            _log.info("listening on http://%s:%d", f"[{address}]" if ":" in address else settings.ingest_host, port)

            def draining() -> None:
                _log.info("draining")
                intake.pressure.draining = True

            if not await serve_until(stop, server, on_stop=draining, timeout_s=settings.drain_timeout_ms / 1000):
                return 1
    finally:
        await asyncio.gather(*[log.close() for log in logs])
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
