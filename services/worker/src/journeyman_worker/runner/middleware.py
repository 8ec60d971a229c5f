"""Where dramatiq's machinery and ours meet: an attempt begins, and whatever happens becomes its outcome.

The hooks must not raise: dramatiq would log it and the job would stay held for ever. What they do that can
fail (encoding a result, storing a blob) is turned into a failure of the attempt.
"""

from __future__ import annotations

import threading
from typing import Any

from dramatiq import Broker, MessageProxy, Middleware
from dramatiq.middleware import SkipMessage

from journeyman.blobs import INLINE_MAX
from journeyman_worker.context import current_attempt
from journeyman_worker.failure_lines import FailureLines
from journeyman_worker.outcomes import Ended, raised, succeeded
from journeyman_worker.results import encode_result
from journeyman_worker.runner.attempt import Attempt
from journeyman_worker.runner.message import JobMessage


class Attempts(Middleware):
    """Begins and ends the attempts that pass through a worker thread."""

    def __init__(self, lines: FailureLines) -> None:
        self._lines = lines

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:  # noqa: ARG002
        """Begin: from here on this thread runs the attempt."""
        assert isinstance(message, JobMessage)
        current_attempt.set(message.attempt)
        message.attempt.begin()

    def after_process_message(
        self,
        broker: Broker,  # noqa: ARG002 - dramatiq's signature
        message: MessageProxy,
        *,
        result: Any = None,
        exception: BaseException | None = None,
    ) -> None:
        """End with what came of it."""
        assert isinstance(message, JobMessage)
        attempt = message.attempt
        current_attempt.set(None)
        event = self._returned(attempt, result) if exception is None else None
        if event is None and exception is not None:
            event = self._raised(message, exception)
        attempt.holder.running.pop(threading.get_ident(), None)
        attempt.settle(event)

    def after_skip_message(self, broker: Broker, message: MessageProxy) -> None:
        """End without having run: a middleware of the user's said so, which it would say again."""
        self.after_process_message(broker, message, exception=SkipMessage("skipped by a middleware"))

    def _returned(self, attempt: Attempt, result: Any) -> Ended | None:
        job_id, number = attempt.key
        worker = attempt.holder.worker
        try:
            data = encode_result(result)
            blob = attempt.holder.blobs().put(data) if len(data) > INLINE_MAX else None
        except Exception as error:  # noqa: BLE001 - a result that cannot be kept is a failed attempt
            event = raised(job_id, number, worker, error, attempt.run_us)
            self._lines.write(attempt, event)
            return event
        return succeeded(job_id, number, worker, data.decode(), attempt.run_us, blob)

    def _raised(self, message: JobMessage, exception: BaseException) -> Ended | None:
        attempt = message.attempt
        job_id, number = attempt.key
        event = raised(job_id, number, attempt.holder.worker, exception, attempt.run_us, message.runner.throws)
        self._lines.write(attempt, event)
        return event
