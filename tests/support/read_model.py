"""A read model in memory, for asking it questions."""

from __future__ import annotations

import sqlite3
from typing import Any

from journeyman import events as e
from journeyman_dashboard import schema, store
from journeyman_dashboard.queries import filters, jobs, lookup
from journeyman_dashboard.rows import JobRow

T = 1_732_000_000_000
ERROR = e.Error("ValueError", "no such file", "", "f1")


class Model:
    """A read model in memory, written commit by commit, a second apart."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        schema.rebuild(self.connection)
        self.at = T
        self._next_n = 1

    def commit(self, *events: e.Event) -> e.Offset:
        offset = e.Offset(self.at, 0)
        with store.transaction(self.connection):
            self._next_n = store.project(self.connection, [e.Entry(offset, list(events))], self._next_n).next_n
        self.at += 1_000
        return offset

    def submit(self, name: str, **fields: object) -> str:
        """Submit a job; in line at once where it waits for nothing."""
        job = e.JobSubmitted(name.ljust(24, "0"), **{"type": "t", **fields})  # type: ignore[arg-type]
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
