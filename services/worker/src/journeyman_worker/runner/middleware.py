"""Where dramatiq's machinery and ours meet: an attempt begins, and whatever happens becomes its outcome.

The hooks must not raise: dramatiq would log it and the job would stay held for ever. What they do that can
fail (encoding a result, storing a blob) is turned into a failure of the attempt, and so is what nobody thought of.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import get_ident
from typing import Any

from dramatiq import Broker, MessageProxy, Middleware
from dramatiq.middleware import SkipMessage

from journeyman.blobs import INLINE_MAX
from journeyman_worker.context import current_attempt
from journeyman_worker.failure_lines import FailureLines
from journeyman_worker.job_lines import JobLevels
from journeyman_worker.outcomes import Ended, raised, succeeded
from journeyman_worker.results import encode_result
from journeyman_worker.runner.attempt import Attempt
from journeyman_worker.runner.message import JobMessage

_log = logging.getLogger(__name__)


class Attempts(Middleware):
    """Begins and ends the attempts that pass through a worker thread."""

    def __init__(self, lines: FailureLines, levels: JobLevels | None = None) -> None:
        self._lines = lines
        self._levels = levels

    # --- called by our own worker threads ----------------------------------------------------------------

    def begin(self, message: JobMessage) -> None:
        """Begin: from here on this thread runs the attempt."""
        attempt = message.attempt
        current_attempt.set(attempt)
        if attempt.job.body.tags and self._levels is not None:
            self._levels.begin(attempt)
        attempt.begin()

    def returned(self, message: JobMessage, result: Any) -> None:
        """End with what user code returned."""
        self._end(message, self._returned, result)

    def raised(self, message: JobMessage, exception: BaseException) -> None:
        """End with what was raised."""
        self._end(message, self._raised, exception)

    def _end(self, message: JobMessage, describe: Callable[[JobMessage, Any], Ended | None], what: Any) -> None:
        attempt = message.attempt
        current_attempt.set(None)
        if attempt.job.body.tags and self._levels is not None:
            self._levels.end(attempt)
        try:
            event = describe(message, what)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the job must not stay held for ever
            event = _unforeseen(attempt, error)
        attempt.holder.running.pop(get_ident(), None)
        attempt.settle(event)

    # --- called by dramatiq ------------------------------------------------------------------------------

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:  # noqa: ARG002
        """Begin."""
        assert isinstance(message, JobMessage)
        self.begin(message)

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
        if exception is None:
            self.returned(message, result)
        else:
            self.raised(message, exception)

    def after_skip_message(self, broker: Broker, message: MessageProxy) -> None:
        """End without having run: a middleware of the user's said so, which it would say again."""
        self.after_process_message(broker, message, exception=SkipMessage("skipped by a middleware"))

    def _returned(self, message: JobMessage, result: Any) -> Ended | None:
        attempt = message.attempt
        job_id, number = attempt.key
        worker = attempt.holder.worker
        try:
            data = encode_result(result)
            blob = attempt.holder.blobs().put(data, "results") if len(data) > INLINE_MAX else None
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


def _unforeseen(attempt: Attempt, error: BaseException) -> Ended | None:
    _log.error("cannot tell what became of %s", attempt.token, exc_info=error)
    return raised(*attempt.key, attempt.holder.worker, error, attempt.run_us)
