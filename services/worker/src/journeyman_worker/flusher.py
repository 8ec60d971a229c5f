"""Outcomes on their way to the log, many in one commit.

The next `finish` takes whatever has arrived while the last was under way; the first one goes out at once. Only when
they have followed each other closely for a while does the next one wait, until `APART_MS` after the one before began,
so that under load they become few and large. Outcomes said together stay together. While the server is away the same
call is repeated with the same number, until the worker is told that it is lost or has to end; then what is left is
dropped, and its jobs run again elsewhere.

An outcome that is refused to a worker that is not lost means that the log and the keys derived from it were not at one
(somebody deleted some, say). The log may hold the worker to run that job for ever; so the worker leaves, which ends
that, and joins again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TypeAlias

from journeyman import failpoints
from journeyman.errors import WorkerLostError
from journeyman.events import JobFailed, JobProgressed, JobSucceeded
from journeyman.log.api import Finished, Log, Outcome
from journeyman_worker.clock import monotonic_ms
from journeyman_worker.figures import Figures
from journeyman_worker.pace import Pace
from journeyman_worker.retrying import GivenUpError, until_answered

OUTCOMES_MAX = 1_000
BYTES_MAX = 1 << 20
APART_MS = 2.0
#: What an event takes beside its texts, generously.
ENVELOPE_BYTES = 200

Said: TypeAlias = tuple[Outcome, ...]

_log = logging.getLogger(__name__)


class Flusher:
    """Writes the outcomes of one worker id, on a thread of its own."""

    def __init__(
        self,
        log: Log,
        worker: str,
        *,
        on_reply: Callable[[Finished], None] = lambda _: None,
        on_lost: Callable[[], None] = lambda: None,
        on_refused: Callable[[], None] = lambda: None,
        on_said: Callable[[Sequence[Outcome]], None] | None = None,
        figures: Figures | None = None,
    ) -> None:
        """Prepare.

        on_refused: hears that an attempt that this worker ended was not its own any more. on_said: hears of what the
        log was told, accepted or refused.
        """
        self._log = log
        self._worker = worker
        self._on_reply = on_reply
        self._on_lost = on_lost
        self._on_refused = on_refused
        self._on_said = on_said
        self._figures = figures or Figures()
        self._queue: SimpleQueue[Said | None] = SimpleQueue()
        self._kept: Said | None = None
        self._pace = Pace(APART_MS)
        self._number = 0
        self._in_flight = 0
        self._abandoned = Event()
        self._thread = Thread(target=self._run, name="flusher", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def put(self, *outcomes: Outcome) -> None:
        """Have these written in one commit, after all that was put before."""
        self._queue.put(outcomes)

    def unsaid(self) -> int:
        """Return how many outcomes, roughly, the log has not accepted yet."""
        return self._queue.qsize() + self._in_flight

    def close(self, timeout_s: float) -> bool:
        """Write what is left and end. Tells whether everything was written in time; what was not is dropped."""
        self._queue.put(None)
        self._thread.join(timeout_s)
        finished = not self._thread.is_alive()
        self.abandon()
        return finished

    def abandon(self) -> None:
        """Write nothing more."""
        self._abandoned.set()
        self._queue.put(None)

    def _run(self) -> None:
        try:
            while (batch := self._collect()) and not self._abandoned.is_set():
                self._write(batch)
        except GivenUpError:
            return
        except WorkerLostError:
            self._on_lost()
        except Exception:  # noqa: BLE001 - a loop's runner; nobody shall claim on for outcomes that nobody writes
            _log.exception("the flusher failed; giving up as %s", self._worker)
            self._on_lost()

    def _collect(self) -> list[Outcome]:
        """Wait for something to write and return all there is, within the limits. Empty: the end."""
        said, self._kept = self._kept or self._queue.get(), None
        self._keep_apart()
        batch: list[Outcome] = []
        size = 0
        while said is not None:
            size += _size(said[0]) if len(said) == 1 else sum(map(_size, said))
            if batch and (len(batch) + len(said) > OUTCOMES_MAX or size > BYTES_MAX):
                self._kept = said
                break
            batch += said
            try:
                said = self._queue.get_nowait()
            except Empty:
                break
        else:
            self._queue.put(None)  # so that the end is met again once this batch is written
        return batch

    def _keep_apart(self) -> None:
        now = monotonic_ms()
        until = self._pace.not_before(now)
        if until > now:
            time.sleep((until - now) / 1000)
            now = monotonic_ms()
        self._pace.note(now)

    def _write(self, batch: list[Outcome]) -> None:
        # Only jobs that go back are said in such numbers, and each goes to the head of its line: so the last go first.
        for first in reversed(range(0, len(batch), OUTCOMES_MAX)):
            self._finish(batch[first : first + OUTCOMES_MAX])

    def _finish(self, batch: list[Outcome]) -> None:
        self._number += 1
        self._in_flight = len(batch)
        failpoints.hit("worker.before_finish")
        finished = until_answered(
            lambda: self._log.finish(self._worker, self._number, batch), "report outcomes", self._abandoned.is_set
        )
        failpoints.hit("worker.after_finish")
        self._in_flight = 0
        self._on_reply(finished)
        if self._on_said is not None:
            self._on_said(batch)
        self._figures.said(batch, finished.accepted)
        refused = [outcome for outcome, accepted in zip(batch, finished.accepted, strict=True) if not accepted]
        if refused:
            _log.warning("%d outcomes came too late: their attempts are not held by %s", len(refused), self._worker)
        if not all(isinstance(outcome.event, JobProgressed) for outcome in refused):
            self._on_refused()


def _size(outcome: Outcome) -> int:
    event = outcome.event
    if type(event) is JobSucceeded:
        return ENVELOPE_BYTES + len(event.result)
    match event:
        case JobFailed(error=error):
            return ENVELOPE_BYTES + len(error.message) + len(error.traceback)
        case JobProgressed(message=text):
            return ENVELOPE_BYTES + len(text)
        case _:
            return ENVELOPE_BYTES
