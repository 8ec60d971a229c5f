"""What user code may ask of the attempt it runs in: `jm.current()` and `jm.progress()`.

The attempt travels in a context variable, so coroutines and `asyncio.to_thread` see it; a thread that user code
starts itself does not, unless it copies the context.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from functools import partial
from typing import Any

import msgspec

from journeyman.events import JobSucceeded
from journeyman.ids import partition_of
from journeyman.log.api import StoredOutcome
from journeyman_worker.exceptions import NotInAJobError
from journeyman_worker.runner.attempt import Attempt

current_attempt: ContextVar[Attempt | None] = ContextVar("journeyman_attempt", default=None)


def progress(done_percent: float, message: str = "") -> None:
    """Report how far the running job is, from 0 to 100 percent. As often as you like: reports are throttled.

    Raises NotInAJobError outside of a job.
    """
    _attempt().progress(done_percent, message)


def current() -> CurrentJob:
    """Return the job that the calling code runs in. Raises NotInAJobError outside of a job."""
    return CurrentJob(_attempt())


def _attempt() -> Attempt:
    attempt = current_attempt.get()
    if attempt is None:
        raise NotInAJobError("no job is running here; in a thread of your own, run it in a copy of the job's context")
    return attempt


class CurrentJob:
    """The running attempt, as user code sees it."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        body = attempt.job.body
        self.id: str = body.job_id
        self.type: str = body.type
        self.queue: str = attempt.job.queue
        self.priority: int = attempt.job.priority
        self.attempt: int = attempt.job.attempt
        self.max_attempts: int = body.max_attempts
        self.tags: Mapping[str, str] = body.tags
        self.worker: str = attempt.holder.worker
        #: Tells this attempt from every other: a late write under an older token can be refused.
        self.token: str = attempt.token
        #: When the attempt is interrupted, by the server's clock, in milliseconds since 1970.
        self.deadline: int = attempt.started_ms + attempt.timeout_ms

    @property
    def trace_id(self) -> str:
        """The trace the job belongs to, as the dashboard and Grafana show it."""
        return self._attempt.trace_id

    @property
    def parents(self) -> Mapping[str, Any]:
        """Results of the jobs this one depends on, by id. A parent that did not complete is not in it."""
        return ParentResults(self._attempt.job.body.depends_on, self._attempt)

    def __repr__(self) -> str:
        return f"<job {self.type} {self.token}>"


class ParentResults(Mapping[str, Any]):
    """Parents' results, looked up when they are asked for, each in the log of the partition it lives in."""

    def __init__(self, job_ids: tuple[str, ...], attempt: Attempt) -> None:
        self._job_ids = job_ids
        self._attempt = attempt
        self._found: dict[str, StoredOutcome] | None = None

    def _completed(self) -> dict[str, StoredOutcome]:
        if self._found is None:
            outcomes: dict[str, StoredOutcome] = {}
            by_partition: dict[int, list[str]] = {}
            for job_id in self._job_ids:
                by_partition.setdefault(partition_of(job_id), []).append(job_id)
            for partition, job_ids in by_partition.items():
                if partition < len(logs := self._attempt.holder.logs):
                    outcomes |= self._attempt.undisturbed(partial(logs[partition].outcomes, job_ids))
            self._found = {
                job_id: outcomes[job_id]
                for job_id in self._job_ids
                if job_id in outcomes and outcomes[job_id].status == "completed"
            }
        return self._found

    def __getitem__(self, job_id: str) -> Any:
        offset = self._completed()[job_id].offset
        holder = self._attempt.holder
        event = None
        if offset is not None:
            event = self._attempt.undisturbed(partial(holder.logs[partition_of(job_id)].at, offset))
        if not isinstance(event, JobSucceeded):
            raise KeyError(job_id)
        text = holder.blobs().get(event.result_blob) if event.result_blob else event.result
        return msgspec.json.decode(text)

    def __iter__(self) -> Iterator[str]:
        return iter(self._completed())

    def __len__(self) -> int:
        return len(self._completed())
