"""The stream of events."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, QueryParameter
from litestar.types import ASGIApp

from journeyman_dashboard.params import read_places, read_tags
from journeyman_dashboard.routes.parameters import Queues, Statuses, Tags, Types, Workers
from journeyman_dashboard.routes.streaming import Streamed
from journeyman_dashboard.streams import EventFilter, Manner
from journeyman_dashboard.wiring import ReadModel

HEADERS = {"content-type": "text/event-stream", "cache-control": "no-cache", "x-accel-buffering": "no"}


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
    pulse: Annotated[bool, QueryParameter(description="With a `pulse` event at once and every 10 s.")] = False,
    skip: Annotated[
        bool, QueryParameter(description="Go on from now where it has fallen 5 s behind, with a `skipped` event.")
    ] = False,
) -> ASGIApp:
    """Follow events as server-sent events: `id` is the offset, `event` the tag, `data` offset, event, at and data.

    From now on, or behind the offset of `Last-Event-ID`. With several partitions an `id` has the offset reached in each
    of them, with commas between, and resuming behind it misses and repeats nothing; a single offset is taken for
    that moment in the partitions it does not name. `status` means events that put a job into it. A comment comes
    every 15 s where nothing else does.

    Who takes events more slowly than they happen gets them late; who takes nothing for 30 s is let go, and may resume.
    A `pulse` (no `id`; `at`, `offset`, `lag_ms`: how far what was sent is behind the log) tells a quiet stream from a
    dead one. The first tells where the stream begins: what was read before, with a `Journeyman-Offset` that does not
    reach it, is to be read again. `skipped` says how many `events`, wanted or not, were left out behind the offset
    `after`, up to `offset`.
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
    return Streamed(model.streams.follow(wanted, after, Manner(pulse=pulse, skip=skip)), HEADERS)
