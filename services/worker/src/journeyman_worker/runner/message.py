"""A claimed job as dramatiq sees it: a message whose arguments are bound when its worker thread asks for them."""

from __future__ import annotations

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

    def __init__(self, attempt: Attempt, runner: Runner) -> None:
        self.failed = False
        self._exception = None
        self.attempt = attempt
        self.actor_name = attempt.job.body.type
        self.message_id = attempt.job.body.job_id
        self.options: dict[str, Any] = {}
        self.runner = runner
        self._arguments: Arguments | None = None

    @property
    def args(self) -> tuple[Any, ...]:  # type: ignore[override]
        """Positional arguments. Raises InvalidPayload, or BlobMissingError where the payload is gone."""
        return self._bound().args

    @property
    def kwargs(self) -> dict[str, Any]:  # type: ignore[override]
        """Keyword arguments. Raises as `args` does."""
        return self._bound().kwargs

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

    def _bound(self) -> Arguments:
        if self._arguments is None:
            body = self.attempt.job.body
            self._arguments = self.runner.bind(_payload(self.attempt, body))
        return self._arguments


def _payload(attempt: Attempt, body: JobSubmitted) -> str | bytes:
    return attempt.holder.blobs().get(body.payload_blob) if body.payload_blob else body.payload
