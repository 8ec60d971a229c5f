"""The life of one worker id: joined, claiming, perhaps draining, then left or lost.

A worker that was declared lost gets a new id, and so a new session: number sequences, outcomes and attempts
of the old one count no longer. The worker threads outlive sessions; every attempt knows the session that holds it.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterable
from queue import Empty
from threading import Event

from dramatiq import MessageProxy

from journeyman.blobs import BlobStore
from journeyman.events import WorkerDraining, WorkerEvent, WorkerJoined, WorkerLeft
from journeyman.ids import ALPHABET
from journeyman.log.api import Appended, Beaten, Claimed, Finished, Log, Outcome
from journeyman.proposals import Alive, Effect, Join, Leave, Proposal
from journeyman_worker.claimer import Claimer, Subscription, unknown
from journeyman_worker.clock import ServerClock, monotonic_ms
from journeyman_worker.flusher import Flusher
from journeyman_worker.heartbeat import Heartbeat
from journeyman_worker.interrupts import Cancelled, Interrupt, Lost
from journeyman_worker.policy import attempt_timeout_ms
from journeyman_worker.retrying import GivenUpError, until_answered
from journeyman_worker.runner.attempt import Attempt, hand_back
from journeyman_worker.runner.bench import Line
from journeyman_worker.runner.calls import Runner
from journeyman_worker.runner.message import JobMessage
from journeyman_worker.vitals import Identity, Vitals, facts
from journeyman_worker.watcher import Bell, Listener

_log = logging.getLogger(__name__)


def new_worker_id() -> str:
    """Return an id that no worker has had."""
    return "w-" + "".join(secrets.choice(ALPHABET) for _ in range(10))


class Session:
    """One worker id at work. Build it, `join`, and `close` or `abandon` it in the end."""

    def __init__(
        self,
        identity: Identity,
        *,
        log: Log,
        open_log: Callable[[], Log],
        bell: Callable[[str], Bell],
        blobs: BlobStore,
        line: Line,
        runners: Callable[[str], Runner | None],
        beat_every_ms: float,
        changed: Callable[[], None],
    ) -> None:
        """Prepare.

        open_log: makes the heartbeat's own connection. line: between claimer and worker threads. changed: is
        called when the session was lost or told to drain.
        """
        self.worker = identity.worker
        self.identity = identity
        self.log = log
        self.clock = ServerClock(log.now_ms())
        self.attempts: dict[tuple[str, int], Attempt] = {}
        self.running: dict[int, Attempt] = {}
        self.lost = Event()
        self.drain_wanted = Event()
        self.draining = False
        self._blobs = blobs
        self._line = line
        self._runners = runners
        self._changed = changed
        self._vitals = Vitals()
        self._appends = 0
        self._append_lock = threading.Lock()
        self._over = Event()
        self._open_bell = bell
        self._listener: Listener | None = None
        self.flusher = Flusher(log, self.worker, on_reply=self._heard, on_lost=self._lose)
        self.heartbeat = Heartbeat(
            open_log, self.worker, beat_every_ms, facts=self._facts, on_beat=self._beaten, on_lost=self._lose
        )
        self.claimer = Claimer(
            log,
            self.worker,
            Subscription(identity.queues, identity.types, identity.slots),
            pocket=line,
            outstanding=self.attempts.__len__,
            unsaid=self.flusher.unsaid,
            accept=self._accept,
            take_back=self.take_back,
            on_lost=self._lose,
        )

    # --- beginning and end -----------------------------------------------------------------------------

    def join(self, give_up: Callable[[], bool]) -> bool:
        """Register the worker, and start everything but the claims, which dramatiq's consumer asks for.

        Waits for a server that is away; False where that took until `give_up`.
        """
        who = self.identity
        joined = WorkerJoined(who.worker, who.host, who.pid, who.version, who.queues, who.types, who.slots)
        if self.append(joined, Join(who.worker, who.queues, who.types), give_up=give_up) is None:
            return False
        self._listener = Listener(self._open_bell(self.worker), self._rung)
        self.flusher.start()
        self.heartbeat.start()
        self._listener.start()
        return True

    def say_draining(self, by: str, give_up: Callable[[], bool]) -> None:
        """Tell everybody that this worker claims no more. `by`: signal or request."""
        self.draining = True
        self.append(WorkerDraining(self.worker, by), guard=Alive(self.worker), give_up=give_up)
        self.heartbeat.soon()

    def close(self, timeout_s: float) -> None:
        """Write what is left to say, and leave in good order; what is not written in time is dropped."""
        if not self.flusher.close(timeout_s):
            _log.error("not all outcomes could be reported in %.0f s; their jobs will run again", timeout_s)
        self.heartbeat.close()
        until = monotonic_ms() + timeout_s * 1000
        left = WorkerLeft(self.worker)
        self.append(left, Leave(self.worker), guard=Alive(self.worker), give_up=lambda: monotonic_ms() > until)
        self._stop()

    def abandon(self) -> None:
        """Stop everything: the id is lost, and what it ran is interrupted and not heard of any more."""
        self.claimer.close()
        self.flusher.abandon()
        self._stop()
        self.interrupt_all(Lost)
        for message in self._emptied():
            message.attempt.settle(None)

    def _stop(self) -> None:
        self._over.set()
        self.heartbeat.close(timeout_s=0.5)
        if self._listener is not None:
            self._listener.close()

    def append(
        self, event: WorkerEvent, *effects: Effect, guard: Alive | None = None, give_up: Callable[[], bool]
    ) -> Appended | None:
        """Append what everybody should know of this worker; None where that took until `give_up`."""
        proposal = Proposal((event,), guard, effects)
        with self._append_lock:
            self._appends += 1
            number = self._appends
            try:
                return until_answered(
                    lambda: self.log.append([proposal], caller=self.worker, number=number), "tell of itself", give_up
                )
            except GivenUpError:
                return None

    # --- what attempts ask of their holder -------------------------------------------------------------

    def blobs(self) -> BlobStore:
        """Return the store of payloads and results too large for the log."""
        return self._blobs

    def say(self, *outcomes: Outcome) -> None:
        """Have these written in one commit."""
        self.flusher.put(*outcomes)

    def ended(self, attempt: Attempt) -> None:
        """Note that the attempt occupies nothing any longer."""
        self.attempts.pop(attempt.key, None)
        self.claimer.ran(attempt.run_us)

    # --- claims ----------------------------------------------------------------------------------------

    def _accept(self, claimed: Claimed) -> list[JobMessage]:
        self.clock.calibrate(claimed.now_ms)
        messages, strange = [], []
        for job in claimed.jobs:
            runner = self._runners(job.body.type)
            declared_ms = runner.timeout_ms if runner is not None else 0
            attempt = Attempt(job, self, attempt_timeout_ms(job.body.timeout_ms, declared_ms))
            self.attempts[attempt.key] = attempt
            if runner is None:
                unknown(job, self.worker)
                strange.append(attempt)
            else:
                messages.append(JobMessage(attempt, runner))
        hand_back(strange, "unknown type")
        return messages

    def take_back(self) -> None:
        """Hand back every job that waits in the line for a thread."""
        hand_back([message.attempt for message in self._emptied()])

    def give_back(self, messages: Iterable[MessageProxy]) -> None:
        """Hand back messages that dramatiq did not start."""
        hand_back([message.attempt for message in messages if isinstance(message, JobMessage)])

    def _emptied(self) -> list[JobMessage]:
        messages: list[JobMessage] = []
        while True:
            try:
                messages.append(self._line.get_nowait().message)
            except Empty:
                return messages

    # --- interrupts and heartbeats ---------------------------------------------------------------------

    def interrupt_all(self, reason: type[Interrupt]) -> None:
        """Stop everything this session holds."""
        for attempt in list(self.attempts.values()):
            attempt.interrupt(reason)

    def _rung(self) -> None:
        self.claimer.rung()
        self.heartbeat.soon()

    def _beaten(self, beaten: Beaten) -> None:
        self.clock.calibrate(beaten.now_ms)
        for job_id, number in beaten.interrupt:
            attempt = self.attempts.get((job_id, number))
            if attempt is not None:
                attempt.interrupt(Cancelled)
        if beaten.drain and not self.drain_wanted.is_set():
            self.drain_wanted.set()
            self._changed()

    def _heard(self, finished: Finished) -> None:
        self.clock.calibrate(finished.now_ms)

    def _lose(self) -> None:
        if not self._over.is_set() and not self.lost.is_set():
            self.lost.set()
            self._changed()

    def _facts(self) -> dict[str, object]:
        running = [attempt for attempt in list(self.running.values()) if attempt.holder is self]
        return facts(self.identity, "draining" if self.draining else "running", running, self._vitals.measure())
