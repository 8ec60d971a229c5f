"""How a service that speaks HTTP is served: one process, one event loop, Granian embedded in it.

Needs the extra `journeyman[http]`. The service opens what it needs before it calls :func:`serve_until`, so that a
port that answers can work, and closes it afterwards. A second signal ends the process at once.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from journeyman.errors import SettingsError

#: Connections that wait to be accepted.
BACKLOG = 2048

#: Granian's lines go where all others go, and only those that matter.
_LOGGING = {"formatters": {}, "handlers": {}, "loggers": {"_granian": {"propagate": True}}}

_log = logging.getLogger(__name__)


def build_server(app: Any, address: str, port: int, *, connections_max: int) -> Server:
    """Return the HTTP server of an ASGI app, to be run with `serve()` and ended with :func:`stop_server`."""
    return Server(
        app,
        address=address,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.auto,
        websockets=False,
        backlog=BACKLOG,
        backpressure=connections_max,
        log_level=LogLevels.error,
        log_dictconfig=_LOGGING,
    )


async def serve_until(stop: asyncio.Event, server: Server, *, on_stop: Callable[[], None], timeout_s: float) -> bool:
    """Serve until `stop`, then call `on_stop`, accept no more, and give the requests under way their time.

    False where the server ended by itself, which is an error.
    """
    serving = asyncio.create_task(server.serve(), name="http")
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        stopping.cancel()
        _log.error("the HTTP server ended by itself", exc_info=serving.exception())
        return False
    on_stop()
    await stop_server(server, serving, timeout_s)
    return True


async def stop_server(server: Server, serving: asyncio.Task[None], timeout_s: float) -> None:
    """Stop accepting, and wait for the requests under way."""
    stop: Callable[[], None] = server.stop
    stop()
    try:
        async with asyncio.timeout(timeout_s):
            await serving
    except TimeoutError:
        _log.warning("some requests did not end within %g s", timeout_s)


def stop_on_signal() -> asyncio.Event:
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


def free_address(service: str, host: str, port: int) -> tuple[str, int]:
    """Return the numeric address of a host and a port that can be bound (port 0: one that is free).

    The server itself would share a taken port with another process without a word. Raises SettingsError, which names
    the settings of `service`.
    """
    try:
        family, kind, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
            bound: Any = probe.getsockname()
            return bound[0], bound[1]
    except OSError as error:
        prefix = f"JOURNEYMAN_{service.upper()}"
        raise SettingsError(f"{prefix}_HOST, {prefix}_PORT: cannot listen on {host}:{port}: {error.strerror}") from None
