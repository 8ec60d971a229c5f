"""The stream of events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, QueryParameter
from litestar.types import ASGIApp, Receive, Scope, Send

from journeyman_dashboard.params import read_places, read_tags
from journeyman_dashboard.routes.parameters import Queues, Statuses, Tags, Types, Workers
from journeyman_dashboard.streams import EventFilter
from journeyman_dashboard.wiring import ReadModel

#: A client that takes nothing for so long is let go. It resumes behind the last event it saw.
STALL_S = 30.0

_log = logging.getLogger(__name__)


@get("/events", summary="Follow events", media_type="text/event-stream")
async def follow_events(
    model: NamedDependency[ReadModel],
    events: Annotated[list[str] | None, QueryParameter(name="event", description="Any of these tags.")] = None,
    job_ids: Annotated[list[str] | None, QueryParameter(name="job_id", description="Of any of these jobs.")] = None,
    types: Types = None,
    queues: Queues = None,
    workers: Workers = None,
    statuses: Statuses = None,
    tags: Tags = None,
    last_seen: Annotated[
        str | None, HeaderParameter(name="Last-Event-ID", required=False, description="Resume behind this `id`.")
    ] = None,
    last_event_id: Annotated[
        str | None, QueryParameter(description="The same, for clients that cannot set headers.")
    ] = None,
) -> ASGIApp:
    """Follow events as server-sent events: `id` is the offset, `event` the tag, `data` offset, event, at and data.

    From now on, or behind the offset of `Last-Event-ID`. With several partitions an `id` has the offset reached in each
    of them, with commas between, and resuming behind it misses and repeats nothing; a single offset is taken for
    that moment in the partitions it does not name. `status` means events that put a job into it. A comment comes
    every 15 s where nothing else does.
    """
    wanted = EventFilter(
        event=tuple(events or ()),
        job_id=tuple(job_ids or ()),
        type=tuple(types or ()),
        queue=tuple(queues or ()),
        worker=tuple(workers or ()),
        status=tuple(statuses or ()),
        tags=read_tags("tag", tags),
    )
    seen = last_seen or last_event_id
    name = "Last-Event-ID" if last_seen else "last_event_id"
    after = read_places(name, seen, model.reach.partitions) if seen else None
    return EventStream(model.streams.follow(wanted, after))


class EventStream:
    """Sends a stream, and closes it whichever way it ends: of itself, because its client goes, or takes nothing.

    The framework's own streaming would wait for the client to go when a stream has ended, as all do when the service
    stops, and would leave it to the garbage collector to close one whose client has gone.
    """

    def __init__(self, stream: AsyncGenerator[bytes, None]) -> None:
        self._stream = stream

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Serve as an ASGI application."""
        async with aclosing(self._stream) as stream:
            sending = asyncio.create_task(_send_all(stream, send))
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


async def _send_all(stream: AsyncGenerator[bytes, None], send: Send) -> None:
    headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache"), (b"x-accel-buffering", b"no")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    async for chunk in stream:
        async with asyncio.timeout(STALL_S):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
