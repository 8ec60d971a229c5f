"""Taking jobs from the log: how many, when, and what happens to those that cannot start soon.

It runs in dramatiq's consumer thread, which asks `take` for one message at a time. While there is work and a
thread for it, it claims. When a claim brings less than asked for, the server has no more: it waits for the doorbell,
with a slow poll behind it. Jobs claimed ahead that then do not start, because those before them turned
out slow, go back to the head of their line.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from threading import Event
from typing import NamedTuple, Protocol

from journeyman.errors import WorkerLostError
from journeyman.log.api import Claimed, ClaimedJob, Log
from journeyman_worker.claim_size import UNKNOWN_US, claim_count, jobs_ahead, smoothed
from journeyman_worker.clock import monotonic_ms
from journeyman_worker.retrying import GivenUpError, until_answered
from journeyman_worker.runner.attempt import hand_back
from journeyman_worker.runner.message import JobMessage

_log = logging.getLogger(__name__)

POLL_MS = 1_000.0
#: A job claimed ahead that has not started after this goes back.
STALE_MS = 50.0
UNSAID_MAX = 5_000
#: How often dramatiq's consumer asks a claimer that is closed.
PAUSE_MS = 50.0


class Pocket(Protocol):
    """The line between the claimer and the worker threads."""

    def qsize(self) -> int:
        """Return how many messages wait."""
        ...


class Subscription(NamedTuple):
    """What a worker claims: from which queues, of which types, for how many threads."""

    queues: Sequence[str]
    types: Sequence[str]
    threads: int


class Claimer:
    """Claims for one worker id."""

    def __init__(
        self,
        log: Log,
        worker: str,
        wanted: Subscription,
        *,
        pocket: Pocket,
        outstanding: Callable[[], int],
        unsaid: Callable[[], int],
        accept: Callable[[Claimed], list[JobMessage]],
        take_back: Callable[[], None],
        on_lost: Callable[[], None],
    ) -> None:
        """Prepare to claim.

        outstanding: how many claimed jobs have not ended. accept: makes messages of claimed jobs.
        take_back: empties the pocket and hands its jobs back.
        """
        self._log = log
        self._worker = worker
        self._wanted = wanted
        self._pocket = pocket
        self._outstanding = outstanding
        self._unsaid = unsaid
        self._accept = accept
        self._take_back = take_back
        self._on_lost = on_lost
        self._batch: deque[JobMessage] = deque()
        self._number = 0
        self._run_us = UNKNOWN_US
        self._ahead = 0
        self._dry = False
        self._rings = 0
        self._claimed_at = 0.0
        self._waiting = False
        self._wake = Event()
        self._closed = Event()
        #: Set once nothing is being claimed and nothing will be.
        self.quiet = Event()

    # --- told by others --------------------------------------------------------------------------------

    def rung(self) -> None:
        """Look again: there may be work."""
        self._rings += 1
        self._dry = False
        self._wake.set()

    def ran(self, run_us: int) -> None:
        """Note that an attempt ended after this time in user code, and that its thread is free."""
        self._run_us = smoothed(self._run_us, run_us)
        if self._waiting and not self._dry and self._pocket.qsize() * 2 <= self._ahead:
            self._wake.set()

    def close(self) -> None:
        """Claim no more. `quiet` is set once a claim under way is over and what it brought has gone back."""
        self._closed.set()
        self._wake.set()

    # --- the consumer thread ---------------------------------------------------------------------------

    def take(self, timeout_ms: float) -> JobMessage | None:
        """Return the next message to run; None when there was none in time."""
        if self._batch and not self._closed.is_set():
            return self._batch.popleft()
        if self._closed.is_set():
            self._retire()
            time.sleep(min(timeout_ms, PAUSE_MS) / 1000)
            return None
        try:
            return self._next(monotonic_ms() + timeout_ms)
        except WorkerLostError:
            self._closed.set()
            self._retire()
            self._on_lost()
        except GivenUpError:
            self._retire()
        return None

    def _next(self, until: float) -> JobMessage | None:
        while not self._closed.is_set():
            count = 0 if self._dry else self._count()
            if count:
                self._claim(count)
                if self._batch:
                    return self._batch.popleft()
            elif not self._wait(until):
                return None
        return None

    def _count(self) -> int:
        waiting = self._pocket.qsize()
        free = self._wanted.threads - (self._outstanding() - waiting)
        self._ahead = jobs_ahead(self._run_us)
        return claim_count(free, waiting, self._ahead, self._unsaid(), UNSAID_MAX)

    def _wait(self, until: float) -> bool:
        """Wait for a reason to look again. False once it is time to let dramatiq look whether to stop."""
        self._wake.clear()
        self._waiting = True
        try:
            if not self._dry and self._count():
                return True
            if not self._wake.wait(max(0.0, min(until, self._look_at()) - monotonic_ms()) / 1000):
                self._overslept(monotonic_ms() - self._claimed_at)
        finally:
            self._waiting = False
        return monotonic_ms() < until

    def _look_at(self) -> float:
        """Return when to look again if nothing wakes it."""
        if self._pocket.qsize():
            return self._claimed_at + STALE_MS
        return self._claimed_at + POLL_MS if self._dry else float("inf")

    def _overslept(self, since_claim_ms: float) -> None:
        if since_claim_ms >= STALE_MS and self._pocket.qsize():
            self._run_us = max(self._run_us, STALE_MS * 1_000)
            self._take_back()
        if since_claim_ms >= POLL_MS:
            self._dry = False

    def _claim(self, count: int) -> None:
        self._number += 1
        rings = self._rings
        claimed = until_answered(lambda: self._call(count), "claim jobs", self._closed.is_set)
        self._dry = len(claimed.jobs) < count and self._rings == rings
        self._claimed_at = monotonic_ms()
        self._batch.extend(self._accept(claimed))

    def _call(self, count: int) -> Claimed:
        return self._log.claim(self._worker, self._number, count, queues=self._wanted.queues, types=self._wanted.types)

    def _retire(self) -> None:
        """Hand back what was claimed and not passed on, and say that nothing is under way."""
        hand_back([message.attempt for message in self._batch])
        self._batch.clear()
        self.quiet.set()


def unknown(job: ClaimedJob, worker: str) -> None:
    """Report a job that should never have been claimed."""
    _log.error(
        "%s was given %s of type %s, which it does not know; it goes back", worker, job.body.job_id, job.body.type
    )
