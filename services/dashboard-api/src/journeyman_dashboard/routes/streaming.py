"""Answers that are sent as they come about, for as long as their client takes them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Protocol

from litestar.types import Receive, Scope, Send

#: A client that takes nothing for so long is let go.
STALL_S = 30.0

_log = logging.getLogger(__name__)


class Stream(Protocol):
    """What is sent, and has to be closed."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield what is to be sent."""
        ...

    async def aclose(self) -> None:
        """Let go of what it holds."""
        ...


class Streamed:
    """Sends a stream, and closes it whichever way it ends: of itself, because its client goes, or takes nothing.

    The framework's own streaming would wait for the client to go when a stream has ended, as all do when the service
    stops, and would leave it to the garbage collector to close one whose client has gone.
    """

    def __init__(self, stream: Stream, headers: dict[str, str]) -> None:
        self._stream = stream
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Serve as an ASGI application."""
        async with aclosing(self._stream) as stream:
            sending = asyncio.create_task(self._send_all(stream, send))
            leaving = asyncio.create_task(_until_gone(receive))
            try:
                await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
            finally:
                sending.cancel()
                leaving.cancel()
                (failure, _) = await asyncio.gather(sending, leaving, return_exceptions=True)
        if isinstance(failure, TimeoutError):
            _log.info("let a client go that took nothing for %g s", STALL_S)
        elif isinstance(failure, Exception):
            raise failure

    async def _send_all(self, stream: Stream, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self._headers})
        async for chunk in stream:
            async with asyncio.timeout(STALL_S):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
