"""A read model in memory, for asking it questions."""

from __future__ import annotations

import sqlite3
from typing import Any

from journeyman import events as e
from journeyman.ids import compose
from journeyman_dashboard import schema, store
from journeyman_dashboard.projection import Next
from journeyman_dashboard.queries import filters, jobs, lookup
from journeyman_dashboard.rows import JobRow

T = 1_732_000_000_000
ERROR = e.Error("ValueError", "no such file", "", "f1")


class Model:
    """A read model in memory, written commit by commit, a second apart; its jobs are numbered from `first_n` on.

    Commits are those of the partition `at_home`, which may be changed on the way; a partition's may come so many
    milliseconds late (`late_ms`).
    """

    def __init__(self, first_n: int = 1) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        schema.rebuild(self.connection)
        self.at = T
        self.at_home = 0
        self.late_ms: dict[int, int] = {}
        self._store = store.Store(self.connection)
        self._following = Next(first_n)
        self._events = 0

    def commit(self, *events: e.Event) -> e.Offset:
        offset = e.Offset(self.at - self.late_ms.get(self.at_home, 0), 0)
        with store.transaction(self.connection):
            entries = [e.Entry(offset, list(events))]
            self._following = self._store.project(entries, self._following, self.at_home).following
            self._events += len(events)
            cursor = store.Cursor(self.at_home, offset, events=self._events)
            self._store.end_batch(self._following, cursor)
        self.at += 1_000
        return offset

    def submit(self, name: str, **fields: object) -> str:
        """Submit a job; in line at once where it waits for nothing."""
        home = compose(0, 0, self.at_home)[-2:]
        job = e.JobSubmitted(name.ljust(22, "0") + home, **{"type": "t", **fields})  # type: ignore[arg-type]
        waits = bool(job.depends_on or job.due_ms)
        self.commit(*([job] if waits else [job, e.JobReleased(job.job_id, 1, job.priority)]))
        return job.job_id

    def start(self, job_id: str, worker: str = "w-1") -> None:
        self.commit(e.JobStarted(job_id, 1, worker))

    def complete(self, job_id: str, result: str = "null") -> None:
        self.start(job_id)
        self.commit(e.JobSucceeded(job_id, 1, "w-1", result, 1_000))

    def kill(self, job_id: str, error: e.Error = ERROR) -> None:
        self.start(job_id)
        self.commit(e.JobFailed(job_id, 1, "w-1", error), e.JobDeadLettered(job_id, 1, "permanent", error))

    def find(self, sort: str = "submitted_at", limit: int = 50, **wanted: Any) -> list[str]:
        return [item.id.rstrip("0") for item in self.page(sort, limit, **wanted).items]

    def page(self, sort: str = "submitted_at", limit: int = 50, **wanted: Any) -> jobs.JobPage:
        found = filters.JobFilter(**wanted)
        return jobs.find_jobs(self.connection, found, sort=sort, limit=limit, cursor=None)

    def row(self, job_id: str) -> JobRow:
        row = lookup.job_by_id(self.connection, job_id)
        assert row is not None
        return row
