"""What happened: the events of one job, and how any event looks to whoever asks or follows along."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

import msgspec

from journeyman.codec import to_data
from journeyman.events import Event, JobSubmitted, JobSucceeded, Offset, WorkerJoined, tag_of, write_offset
from journeyman_dashboard.params import write_time
from journeyman_dashboard.past.shown import picture_of
from journeyman_dashboard.places import entry_of, index_of, read_places
from journeyman_dashboard.queries.entries import events_at, offsets_of
from journeyman_dashboard.queries.values import as_json
from journeyman_dashboard.rows import JobRow
from journeyman_dashboard.views import embedded

#: Events of one job that are shown: the latest.
HISTORY_MAX = 10_000


class EventView(msgspec.Struct):
    """One event: where it stands in the log, its name, when, and its fields."""

    offset: str
    event: str
    at: str | None
    data: dict[str, Any]


class History(msgspec.Struct):
    """The events of a job in log order. `truncated`: the earliest are left out."""

    items: list[EventView]
    truncated: bool


class Job(msgspec.Struct):
    """What followers ask for of an event's job."""

    type: str
    queue: str
    tags: str | None


def history(connection: sqlite3.Connection, job: JobRow) -> History:
    """Return the events of a job."""
    places: list[int] = []
    for (earlier,) in connection.execute("SELECT places FROM places WHERE n = ? ORDER BY first", (job.n,)):
        places += read_places(earlier)
    for (latest,) in connection.execute("SELECT places FROM main.jobs WHERE n = ?", (job.n,)):
        places += read_places(latest)
    picture = picture_of(connection)
    if picture is not None:
        end = picture.last_entry(job.id)
        places = [place for place in places if entry_of(place) <= end]
    shown = places[-HISTORY_MAX:]
    events = events_at(connection, shown)
    entries = offsets_of(connection, map(entry_of, shown))
    views = []
    for place in shown:
        if place in events:
            partition, offset = entries[entry_of(place)]
            views.append(event_view(partition, offset._replace(index=index_of(place)), events[place]))
    return History(views, len(shown) < len(places))


def event_view(partition: int, offset: Offset, event: Event) -> EventView:
    """Return an event as users see it; what a worker says of its types is read there (`types.py`)."""
    fields = to_data(event)
    if isinstance(event, JobSubmitted):
        fields["payload"] = None if event.payload_blob else embedded(event.payload)
    elif isinstance(event, JobSucceeded):
        fields["result"] = None if event.result_blob else embedded(event.result)
    elif isinstance(event, WorkerJoined):
        del fields["described"]
    return EventView(write_offset(partition, offset), tag_of(event), write_time(offset.ms), fields)


def jobs_of(connection: sqlite3.Connection, events: Iterable[Event]) -> dict[str, Job]:
    """Return, by id, what followers ask for of the jobs that these events speak of."""
    ids = {str(getattr(event, "job_id", "")) for event in events} - {""}
    found = connection.execute(
        "SELECT jobs.id, jobs.type, queue, tags FROM json_each(?) JOIN jobs ON jobs.id = value", (as_json(ids),)
    )
    return {job_id: Job(*rest) for job_id, *rest in found}
