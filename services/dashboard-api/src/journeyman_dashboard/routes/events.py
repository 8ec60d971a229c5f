"""The stream of events."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.params import Parameter
from litestar.response import Stream

from journeyman_dashboard.params import read_offset, read_tags
from journeyman_dashboard.routes.parameters import Queues, Statuses, Tags, Types, Workers
from journeyman_dashboard.streams import EventFilter
from journeyman_dashboard.wiring import ReadModel


@get("/events", summary="Follow events", media_type="text/event-stream")
async def follow_events(
    model: ReadModel,
    events: Annotated[list[str] | None, Parameter(query="event", description="Any of these tags.")] = None,
    job_ids: Annotated[list[str] | None, Parameter(query="job_id", description="Of any of these jobs.")] = None,
    types: Types = None,
    queues: Queues = None,
    workers: Workers = None,
    statuses: Statuses = None,
    tags: Tags = None,
    last_seen: Annotated[
        str | None, Parameter(header="Last-Event-ID", required=False, description="Resume behind this offset.")
    ] = None,
    last_event_id: Annotated[
        str | None, Parameter(description="The same, for clients that cannot set headers.")
    ] = None,
) -> Stream:
    """Follow events as server-sent events: `id` is the offset, `event` the tag, `data` offset, event, at and data.

    From now on, or behind the offset of `Last-Event-ID`. `status` means events that put a job into it. A comment
    comes every 15 s where nothing else does.
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
    after = read_offset(name, seen) if seen else None
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return Stream(model.streams.follow(wanted, after), media_type="text/event-stream", headers=headers)
