"""One attempt in this process: the claimed job, who holds it, how far it is, and its one outcome."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from threading import get_ident
from typing import Protocol

from journeyman.blobs import BlobStore
from journeyman.events import Event, JobProgressed, JobReturned
from journeyman.log.api import ClaimedJob, Log, Outcome
from journeyman.tracing.ids import span_id_of, trace_id_of
from journeyman_worker.clock import Clock, monotonic_ms
from journeyman_worker.interrupts import Ticket, TimeLimitExceeded
from journeyman_worker.throttle import Progress, Throttle, as_progress

#: Guards the progress of all attempts: reports are rare, and a lock for each attempt would cost more.
_progress_lock = threading.Lock()


class Holder(Protocol):
    """Who holds attempts: a worker's session, or the in-process testing helper."""

    @property
    def worker(self) -> str:
        """The id the attempts are held under."""
        ...

    @property
    def logs(self) -> Sequence[Log]:
        """The logs of all partitions, that of the attempts among them."""
        ...

    @property
    def clock(self) -> Clock:
        """The log's time."""
        ...

    @property
    def running(self) -> dict[int, Attempt]:
        """What runs at the moment, by thread."""
        ...

    def blobs(self) -> BlobStore:
        """Return the store of payloads and results too large for the log."""
        ...

    def say(self, *outcomes: Outcome) -> None:
        """Have these written, in order and in one commit."""
        ...

    def ended(self, attempt: Attempt) -> None:
        """Note that the attempt occupies nothing any longer."""
        ...


class Attempt(Ticket):
    """A claimed job on its way to an outcome. `timeout_ms` is how long it may take.

    Built for every job, so it builds nothing it may not need. Times are monotonic milliseconds (`started_ms`: the
    server's); `claimed` is set by whoever claimed it.
    """

    __slots__ = (
        "_open",
        "_throttle",
        "claimed",
        "deadline",
        "holder",
        "job",
        "key",
        "run_us",
        "started",
        "started_ms",
        "timeout_ms",
    )

    def __init__(self, job: ClaimedJob, holder: Holder, timeout_ms: int) -> None:
        Ticket.__init__(self)
        self.job = job
        self.holder = holder
        self.timeout_ms = timeout_ms
        #: Job id and attempt number.
        self.key: tuple[str, int] = (job.body.job_id, job.attempt)
        self.claimed = 0.0
        self.started = 0.0
        self.started_ms = 0
        self.deadline = 0.0
        self.run_us = 0
        self._open = [True]
        self._throttle: Throttle | None = None

    @property
    def token(self) -> str:
        """What user code hands to other systems to tell attempts apart."""
        return f"{self.job.body.job_id}.{self.job.attempt}"

    @property
    def trace_id(self) -> str:
        """The trace the job belongs to: 32 hex digits."""
        return trace_id_of(self.job.body.job_id, self.job.body.traceparent)

    @property
    def span_id(self) -> str:
        """The attempt's span in it, which the dashboard makes when the job has ended: 16 hex digits."""
        return span_id_of(self.job.body.job_id, 0, "attempt", self.job.attempt)

    @property
    def back(self) -> tuple[str, int, str, str]:
        """Where the job stood in line, for handing it back."""
        job = self.job
        return job.queue, job.priority, job.body.type, job.place

    def begin(self) -> None:
        """Start the clock, in the thread that will run it."""
        self.started = now = monotonic_ms()
        self.started_ms = self.holder.clock.now_ms()
        self.deadline = now + self.timeout_ms
        self.holder.running[get_ident()] = self

    def look(self, now: float) -> None:
        """Do what time asks for: stop an attempt that is out of time, write progress that was held back."""
        if now >= self.deadline and self.doom is None:
            self.interrupt(TimeLimitExceeded)
        throttle = self._throttle
        if throttle is not None and throttle.held is not None:
            with _progress_lock:
                due = throttle.due(now)
                if due is not None and self._open:
                    self.holder.say(self._progressed(due))

    def progress(self, percent: float, message: str) -> None:
        """Report how far it is. Reports close together are merged."""
        report = as_progress(percent, message)
        with _progress_lock:
            throttle = self._throttle = self._throttle or Throttle()
            due = throttle.offer(report, monotonic_ms())
            if due is not None and self._open:
                self.holder.say(self._progressed(due))

    @property
    def latest(self) -> Progress | None:
        """The latest report, written or not."""
        return self._throttle.latest if self._throttle else None

    def settle(self, event: Event | None) -> bool:
        """Say how the attempt ended, once; later calls change nothing and return False.

        An event of None means that nobody is to hear of it.
        """
        if not self.take_pen():
            return False
        if event is not None:
            outcome = Outcome(event, self.back if isinstance(event, JobReturned) and event.back else None)
            if self._throttle is None:
                self.holder.say(outcome)
            else:
                self._settle_with_progress(outcome)
        self.holder.ended(self)
        return True

    def take_pen(self) -> bool:
        """Take the right to say how the attempt ended. There is one; False where it was taken."""
        try:
            return self._open.pop()
        except IndexError:
            return False

    def _settle_with_progress(self, outcome: Outcome) -> None:
        with _progress_lock:
            held = self._throttle.last() if self._throttle else None
            if held is None:
                self.holder.say(outcome)
            else:
                self.holder.say(self._progressed(held), outcome)

    def _progressed(self, progress: Progress) -> Outcome:
        job_id, attempt = self.key
        return Outcome(JobProgressed(job_id, attempt, self.holder.worker, progress.percent, progress.message))


def hand_back(attempts: Iterable[Attempt], reason: str = "drained") -> None:
    """Put jobs back where they stood in line, in this order; attempt numbers are not used up."""
    mine = [attempt for attempt in attempts if attempt.take_pen()]
    by_holder: dict[int, list[Attempt]] = {}
    for attempt in mine:
        by_holder.setdefault(id(attempt.holder), []).append(attempt)
    for held in by_holder.values():
        holder = held[0].holder
        holder.say(
            *(Outcome(JobReturned(*attempt.key, holder.worker, reason, back=True), attempt.back) for attempt in held)
        )
        for attempt in held:
            holder.ended(attempt)
