"""What a dashboard's endpoints say of a read model, now or as of a moment: for telling whether both are the same."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import msgspec

from journeyman import events as e
from journeyman_dashboard import schema, store
from journeyman_dashboard.params import read_cursor
from journeyman_dashboard.past.moments import AsOf
from journeyman_dashboard.past.pasts import Pasts
from journeyman_dashboard.queries import breakers, dead, dependencies, fleet, histories, jobs, lines, stats, types
from journeyman_dashboard.queries.filters import JobFilter
from journeyman_dashboard.queries.lookup import around, job_by_id, shut
from journeyman_dashboard.queries.notable import notable
from journeyman_dashboard.queries.queue import queue_detail
from journeyman_dashboard.schema import open_for_reading
from journeyman_dashboard.views import job_view

FILTERS = (
    JobFilter(),
    JobFilter(status=("pending",)),
    JobFilter(status=("completed", "failed")),
    JobFilter(phase=("ready", "running", "retrying")),
    JobFilter(phase=("held",)),
    JobFilter(queue=("mail",), priority_min=5),
    JobFilter(type=("a", "t"), worker=("w-1", "w0")),
    JobFilter(q="value"),
)


class Past:
    """A read model in a file that is written on and asked for what it was."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / schema.FILE_NAME
        self.connection = schema.open_for_writing(self.path)
        self.events = dict[int, int]()
        self._store = store.Store(self.connection)
        self._pasts = Pasts(self.path)

    def close(self) -> None:
        self._pasts.close()
        self.connection.close()

    def project(self, entries: list[e.Entry], partition: int = 0) -> e.Offset:
        """Store a batch as the projector does; return where it ends."""
        events = self.events.get(partition, 0) + sum(len(entry.events) for entry in entries)
        self.events[partition] = events
        last = entries[-1]
        offset = last.offset._replace(index=max(len(last.events) - 1, 0))
        with store.transaction(self.connection):
            changes = self._store.project(entries, store.read_following(self.connection), partition)
            self._store.end_batch(changes.following, store.Cursor(partition, offset, events=events))
        return offset

    def says(self, now_ms: int, ids: Iterable[str]) -> dict[str, str]:
        """Return the hash of what each endpoint says now."""
        with closing(open_for_reading(self.path)) as connection:
            return told(connection, now_ms, ids)

    def said(self, as_of: AsOf, ids: Iterable[str]) -> dict[str, str]:
        """Return the hash of what each endpoint says as of a moment."""
        with closing(open_for_reading(self.path)) as connection, self._pasts.at(connection, as_of) as picture:
            picture.connection.execute("BEGIN")
            picture.paint()
            found = told(picture.connection, as_of.ms, ids)
            picture.connection.execute("COMMIT")
            return found


def told(connection: sqlite3.Connection, now_ms: int, ids: Iterable[str]) -> dict[str, str]:
    """Return the hash of what each endpoint says, by what was asked."""
    said: dict[str, object] = {
        "stats": stats.stats(connection, now_ms=now_ms, lag_ms=0, window_ms=900_000),
        "queues": lines.queues(connection, now_ms),
        "types": types.types(connection, now_ms),
        "breakers": breakers.breakers(connection),
        "workers": fleet.workers(connection, (), now_ms=now_ms, everyone=False),
        "scaling": fleet.scaling(connection, 50),
        "notable": notable(connection, limit=500),
        "dead": dead.dead_letters(connection, dead.DeadFilter(), now_ms=now_ms, limit=20, cursor=None),
    }
    for name in ("a", "b", "default"):
        said[f"queue {name}"] = queue_detail(connection, name, now_ms=now_ms, window_ms=3_600_000)
    for kind in ("a", "b", "t"):
        for window_ms in (60_000, 3_600_000):
            said[f"type {kind} {window_ms}"] = types.type_detail(connection, kind, now_ms=now_ms, window_ms=window_ms)
    for number, wanted in enumerate(FILTERS):
        for sort in jobs.SORTS:
            said[f"list {number} {sort}"] = pages(connection, wanted, sort)
    for job_id in ids:
        job = job_by_id(connection, job_id)
        if job is None:
            said[job_id] = None
            continue
        said[f"{job_id} itself"] = job_view(job, around(connection, [job])[job.n], shut(connection))
        said[f"{job_id} history"] = histories.history(connection, job)
        said[f"{job_id} explain"] = lines.explain_job(connection, job, now_ms)
        said[f"{job_id} graph"] = dependencies.graph(connection, job)
    return {name: hashlib.sha256(msgspec.json.encode(one)).hexdigest() for name, one in said.items()}


def pages(connection: sqlite3.Connection, wanted: JobFilter, sort: str) -> list[jobs.JobPage]:
    """Return the first pages of a list."""
    found: list[jobs.JobPage] = []
    cursor = None
    while len(found) < 3:
        page = jobs.find_jobs(connection, wanted, sort=sort, limit=7, cursor=cursor)
        found.append(page)
        cursor = read_cursor("cursor", page.next_cursor, sort)
        if cursor is None:
            break
    return found
