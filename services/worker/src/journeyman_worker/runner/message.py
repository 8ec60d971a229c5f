"""A claimed job as dramatiq sees it: a message whose arguments are bound when its worker thread asks for them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from dramatiq import Message, MessageProxy

from journeyman.events import JobSubmitted
from journeyman_worker.binding import Arguments
from journeyman_worker.runner.attempt import Attempt
from journeyman_worker.runner.calls import Runner

#: The one queue dramatiq consumes; the job's own is `attempt.job.queue`.
BENCH_QUEUE = "journeyman"


class JobMessage(MessageProxy):
    """Carries an attempt through dramatiq's worker. Built per job, so it builds nothing it may not need."""

    queue_name = BENCH_QUEUE
    failed = False
    _exception = None

    def __init__(self, attempt: Attempt, runner: Runner) -> None:
        self.attempt = attempt
        self.runner = runner
        self._arguments: Arguments | None = None

    @property
    def message(self) -> JobMessage:
        """Itself: what stands in dramatiq's work queue is an item with a message in it."""
        return self

    @property
    def actor_name(self) -> str:  # type: ignore[override]
        """The job's type."""
        return self.attempt.job.body.type

    @property
    def message_id(self) -> str:  # type: ignore[override]
        """The job's id."""
        return self.attempt.job.body.job_id

    @cached_property
    def options(self) -> dict[str, Any]:  # type: ignore[override]
        """Nothing: the log keeps a job's policies."""
        return {}

    @property
    def args(self) -> tuple[Any, ...]:  # type: ignore[override]
        """Positional arguments. Raises InvalidPayload, or BlobMissingError where the payload is gone."""
        return self.bound().args

    @property
    def kwargs(self) -> dict[str, Any]:  # type: ignore[override]
        """Keyword arguments. Raises as `args` does."""
        return self.bound().kwargs

    @property
    def message_timestamp(self) -> int:  # type: ignore[override]
        """When the attempt began, by the server's clock."""
        return self.attempt.started_ms

    @property
    def _message(self) -> Message[Any]:  # type: ignore[override]
        """The whole as a plain message, for middleware that wants one."""
        return Message(
            self.queue_name,
            self.actor_name,
            self.args,
            self.kwargs,
            self.options,
            self.message_id,
            self.message_timestamp,
        )

    def bound(self) -> Arguments:
        """Return what the actor is called with. Raises as `args` does."""
        if self._arguments is None:
            body = self.attempt.job.body
            self._arguments = self.runner.bind(_payload(self.attempt, body))
        return self._arguments


def _payload(attempt: Attempt, body: JobSubmitted) -> str | bytes:
    return attempt.holder.blobs().get(body.payload_blob) if body.payload_blob else body.payload
