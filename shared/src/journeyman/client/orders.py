"""What a caller writes to submit a job, and the JSON it becomes. Pure.

The server judges the values; this module only translates those that Python has better words for: spans of
time, moments, handles of other jobs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, TypedDict

import msgspec

from journeyman.durations import parse_ms
from journeyman.events import Backoff

BATCH_JOBS_MAX = 10_000
BATCH_BYTES_MAX = 8 << 20
_BATCH_OPEN, _BATCH_CLOSE = b'{"jobs":[', b"]}"


class HasId(Protocol):
    """A handle of a job, as `submit` returns it."""

    @property
    def id(self) -> str:
        """The id of the job."""
        ...


Span = str | int | timedelta
Parent = str | HasId


class JobOptions(TypedDict, total=False):
    """What may be said about a job besides its type and payload. What is left out is the server's default.

    depends_on: ids or handles of jobs that must end first; in a batch also `"ref:NAME"`.
    delay: earliest start from now ("5s", milliseconds, a timedelta); run_at: the same as a moment (aware).
    timeout: the time one attempt may take. backoff: how the wait between attempts grows.
    """

    queue: str
    priority: int | Literal["low", "normal", "high", "critical"]
    depends_on: Sequence[Parent]
    on_dependency_failure: Literal["cancel", "run"]
    delay: Span
    run_at: datetime | str
    max_attempts: int
    backoff: Backoff | Mapping[str, Any]
    timeout: Span
    tags: Mapping[str, str]


class NewJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job to be submitted. Fields as in :class:`JobOptions`; `ref` names it inside its batch."""

    type: str
    payload: Any = None
    queue: str | None = None
    priority: int | str | None = None
    depends_on: Sequence[Parent] = ()
    on_dependency_failure: str | None = None
    delay: Span | None = None
    run_at: datetime | str | None = None
    max_attempts: int | None = None
    backoff: Backoff | Mapping[str, Any] | None = None
    timeout: Span | None = None
    tags: Mapping[str, str] | None = None
    ref: str | None = None


_PLAIN = ("payload", "queue", "priority", "on_dependency_failure", "max_attempts", "ref")


def to_json(job: NewJob) -> dict[str, Any]:
    """Return the job as the body of `POST /jobs`: only what was said. Raises ValueError for a naive `run_at`."""
    body: dict[str, Any] = {"type": job.type}
    body.update((name, value) for name in _PLAIN if (value := getattr(job, name)) is not None)
    if job.depends_on:
        body["depends_on"] = [parent if isinstance(parent, str) else parent.id for parent in job.depends_on]
    if job.delay is not None:
        body["delay_ms"] = parse_ms(job.delay)
    if job.timeout is not None:
        body["timeout_ms"] = parse_ms(job.timeout)
    if job.run_at is not None:
        body["run_at"] = _moment(job.run_at)
    if job.backoff is not None:
        body["backoff"] = msgspec.structs.asdict(job.backoff) if isinstance(job.backoff, Backoff) else job.backoff
    if job.tags is not None:
        body["tags"] = dict(job.tags)
    return body


def _moment(moment: datetime | str) -> str:
    if isinstance(moment, str):
        return moment
    if moment.tzinfo is None:
        raise ValueError("run_at has no timezone; write datetime.now(timezone.utc) + …")
    return moment.isoformat()


def batch_bodies(jobs: Sequence[NewJob]) -> list[bytes]:
    """Return the bodies of as few `POST /jobs/batch` as the server's limits allow, the jobs in order.

    Jobs that know each other by `ref` stay in one batch, whatever its size, because refs hold only within one.
    """
    together = any(_uses_refs(job) for job in jobs)
    cut: list[list[bytes]] = []
    size = 0
    for part in (msgspec.json.encode(to_json(job)) for job in jobs):
        full = bool(cut) and (size + len(part) + 1 > BATCH_BYTES_MAX or len(cut[-1]) == BATCH_JOBS_MAX)
        if not cut or (full and not together):
            cut.append([])
            size = len(_BATCH_OPEN + _BATCH_CLOSE)
        cut[-1].append(part)
        size += len(part) + 1
    return [_BATCH_OPEN + b",".join(parts) + _BATCH_CLOSE for parts in cut]


def _uses_refs(job: NewJob) -> bool:
    return job.ref is not None or any(
        isinstance(parent, str) and parent.startswith("ref:") for parent in job.depends_on
    )
