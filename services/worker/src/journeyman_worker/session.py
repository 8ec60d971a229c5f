"""The life of one worker id: joined, claiming, perhaps draining, then left or lost. In one partition or in several.

A worker that was declared lost gets a new id, and so a new session: number sequences, outcomes and attempts
of the old one count no longer. Lost in one partition is lost everywhere: what the others gave it goes back to them. The
worker threads outlive sessions; every attempt knows who holds it (`seat.py`).
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from queue import Empty
from threading import Event, Thread

from dramatiq import MessageProxy

from journeyman.blobs import BlobStore
from journeyman.ids import ALPHABET
from journeyman.log.api import Beaten, Claimed, ClaimedJob, Log
from journeyman_worker.bells import Bells
from journeyman_worker.claimer import Claimer
from journeyman_worker.clock import monotonic_ms
from journeyman_worker.errands import side_by_side
from journeyman_worker.figures import Figures
from journeyman_worker.interrupts import Cancelled, Drained, Interrupt, Lost
from journeyman_worker.policy import attempt_timeout_ms
from journeyman_worker.runner.attempt import Attempt, hand_back
from journeyman_worker.runner.bench import Gate, Line
from journeyman_worker.runner.calls import Runner
from journeyman_worker.runner.message import JobMessage
from journeyman_worker.running_board import Running, RunningBoard
from journeyman_worker.seat import Courier, Seat
from journeyman_worker.vitals import Identity, Vitals, facts

#: Once one partition is joined, the others have so long before the work begins without them.
JOIN_TOGETHER_MS = 1_000.0
#: How long interrupted jobs have to clean up.
HEED_MS = 2_000.0
LEAVE_MS = 10_000.0
TICK_S = 0.01

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
        logs: Sequence[Log],
        open_log: Callable[[int], Log],
        bells: Callable[[str], Bells],
        blobs: BlobStore,
        line: Line,
        gate: Gate,
        runners: Callable[[str], Runner | None],
        beat_every_ms: float,
        changed: Callable[[], None],
        board: RunningBoard | None = None,
        figures: Figures | None = None,
        couriers: Callable[[Log], Courier] | None = None,
    ) -> None:
        """Prepare.

        logs: of every partition. open_log: makes a heartbeat's own connection. line: between claimer and worker
        threads. gate: which of those take jobs. changed: is called when the session was lost or told to drain. board:
        shows what runs to who survives. figures: counts for metrics. couriers: make what brings the jobs, where they
        are not claimed from their lines.
        """
        self.worker = identity.worker
        self.identity = identity
        self.logs = logs
        self.attempts: dict[tuple[str, int], Attempt] = {}
        self.running: dict[int, Attempt] = {} if board is None else Running(board)
        self._board = board
        self.figures = figures or Figures()
        self.lost = Event()
        self.drain_wanted = Event()
        self.draining = False
        #: Set once an abandoned session has left whatever it could leave.
        self.gone = Event()
        self._blobs = blobs
        self._line = line
        self._runners = runners
        self._changed = changed
        self._vitals = Vitals()
        self._over = Event()
        self._seats = [
            Seat(
                self,
                log,
                open_log=lambda index=index: open_log(index),  # type: ignore[misc]
                beat_every_ms=beat_every_ms,
                courier=couriers(log) if couriers else None,
            )
            for index, log in enumerate(logs)
        ]
        self.claimer = Claimer(
            self._seats,
            identity.slots,
            bells=bells(self.worker),
            pocket=line,
            gate=gate,
            desk=self,
            aside=couriers is not None,
        )
        for seat in self._seats:
            if seat.courier is not None:
                seat.courier.more = lambda seat=seat: self.claimer.more(seat)  # type: ignore[misc]
                seat.courier.ended = self.claimer.is_closed

    # --- beginning and end -----------------------------------------------------------------------------

    def join(self, give_up: Callable[[], bool]) -> bool:
        """Register the worker, and start everything but the claims, which dramatiq's consumer asks for.

        Waits for servers that are away; False where that took until `give_up`. Of several partitions one is enough to
        begin with: the others are joined when they are there.
        """
        if len(self._seats) == 1:
            self._seats[0].join(give_up)
        else:
            self._join_all(give_up)
        if any(seat.joined for seat in self._seats):
            return True
        self._over.set()
        self.claimer.hang_up()
        return False

    def _join_all(self, give_up: Callable[[], bool]) -> None:
        def joining(seat: Seat) -> None:
            if seat.join(lambda: self._over.is_set() or give_up()):
                self.claimer.look_again()
                if self._over.is_set():
                    seat.leave(LEAVE_MS)

        threads = [Thread(target=joining, args=(seat,), name="joining", daemon=True) for seat in self._seats]
        for thread in threads:
            thread.start()
        together_until = 0.0
        while any(thread.is_alive() for thread in threads) and not give_up():
            if any(seat.joined for seat in self._seats):
                together_until = together_until or monotonic_ms() + JOIN_TOGETHER_MS
                if monotonic_ms() > together_until:
                    _log.warning("%s goes on without the partitions that do not answer", self.worker)
                    return
            time.sleep(TICK_S / 10)

    def say_draining(self, by: str, give_up: Callable[[], bool], timeout_ms: float) -> None:
        """Tell everybody that this worker claims no more. `by`: signal or request."""
        self.draining = True
        side_by_side([lambda seat=seat: seat.say_draining(by, give_up) for seat in self._joined()], timeout_ms)  # type: ignore[misc]

    def close(self, timeout_ms: float) -> None:
        """Write what is left to say, and leave in good order."""
        self._over.set()
        side_by_side([lambda seat=seat: seat.leave(timeout_ms) for seat in self._joined()], 2 * timeout_ms)  # type: ignore[misc]
        self.claimer.hang_up()

    def abandon(self) -> None:
        """Stop everything: the id is lost.

        What it held where it was declared lost is interrupted and not heard of any more. What it held elsewhere goes
        back, and it leaves there.
        """
        self._over.set()
        self.claimer.close()
        others = [seat for seat in self._joined() if not seat.lost]
        for seat in self._seats:
            if seat.lost:
                seat.abandon()
        waiting = [message.attempt for message in self._emptied()]
        hand_back(attempt for attempt in waiting if attempt.holder in others)
        for attempt in waiting:
            attempt.settle(None)
        for attempt in list(self.attempts.values()):
            attempt.interrupt(Drained if attempt.holder in others else Lost)
        if others:
            Thread(target=self._leave, args=(others,), name="leaving", daemon=True).start()
        else:
            self.claimer.hang_up()
            self.gone.set()

    def _leave(self, seats: Sequence[Seat]) -> None:
        """Wait for what was interrupted, and leave these seats."""

        def held() -> list[Attempt]:
            return [attempt for attempt in list(self.attempts.values()) if attempt.holder in seats]

        until = monotonic_ms() + HEED_MS
        while held() and monotonic_ms() < until:
            time.sleep(TICK_S)
        hand_back(held())
        side_by_side([lambda seat=seat: seat.leave(LEAVE_MS) for seat in seats], 2 * LEAVE_MS)  # type: ignore[misc]
        self.claimer.hang_up()
        self.gone.set()

    def _joined(self) -> list[Seat]:
        return [seat for seat in self._seats if seat.joined]

    # --- what seats ask of their session ---------------------------------------------------------------

    def blobs(self) -> BlobStore:
        """Return the store of payloads and results too large for the log."""
        return self._blobs

    def ended(self, attempt: Attempt) -> None:
        """Note that the attempt occupies nothing any longer."""
        held = self.attempts.pop(attempt.key, None)
        if held is not attempt and held is not None:
            self.attempts[attempt.key] = held  # handed back, and claimed again since under the same number
        self.claimer.ran(attempt)

    def messages(self, claimed: Claimed, seat: Seat) -> list[JobMessage]:
        """Make messages of claimed jobs."""
        self.figures.claimed(len(claimed.jobs))
        messages, strange = [], []
        for job in claimed.jobs:
            runner = self._runners(job.body.type)
            declared_ms = runner.timeout_ms if runner is not None else 0
            attempt = Attempt(job, seat, attempt_timeout_ms(job.body.timeout_ms, declared_ms))
            self.attempts[attempt.key] = attempt
            if runner is None:
                _unknown(job, self.worker)
                strange.append(attempt)
            else:
                messages.append(JobMessage(attempt, runner))
        hand_back(strange, "unknown type")
        return messages

    def facts(self) -> Mapping[str, object]:
        """Return what heartbeats say: the same in every partition, and of all of them."""
        running, measured = list(self.running.values()), self._vitals.measure()
        memory = int(str(measured["rss_bytes"]))
        if self._board is not None:
            self._board.note_memory(memory)
        self.figures.measured(self.identity.slots, len(running), memory, self.claimer.open_threads)
        return facts(self.identity, "draining" if self.draining else "running", running, measured)

    def told(self, beaten: Beaten) -> None:
        """Do what the reply to a heartbeat asks for."""
        self.figures.heard()
        for job_id, number in beaten.interrupt:
            attempt = self.attempts.get((job_id, number))
            if attempt is not None:
                attempt.interrupt(Cancelled)
        if beaten.drain and not self.drain_wanted.is_set():
            self.drain_wanted.set()
            self._changed()

    def lose(self) -> None:
        """Note that this id is over: the worker was declared lost, or the log does not know of what it holds."""
        if not self._over.is_set() and not self.lost.is_set():
            self.lost.set()
            self._changed()

    # --- jobs that go back -----------------------------------------------------------------------------

    def take_back(self) -> None:
        """Hand back every job that waits in the line for a thread."""
        hand_back([message.attempt for message in self._emptied()], "unstarted")

    def give_back(self, messages: Iterable[MessageProxy]) -> None:
        """Hand back messages that dramatiq did not start."""
        hand_back([message.attempt for message in messages if isinstance(message, JobMessage)])

    def interrupt_all(self, reason: type[Interrupt]) -> None:
        """Stop everything this session holds."""
        for attempt in list(self.attempts.values()):
            attempt.interrupt(reason)

    def _emptied(self) -> list[JobMessage]:
        messages: list[JobMessage] = []
        while True:
            try:
                messages.append(self._line.get_nowait())
            except Empty:
                return messages


def _unknown(job: ClaimedJob, worker: str) -> None:
    """Report a job that should never have been claimed."""
    _log.error(
        "%s was given %s of type %s, which it does not know; it goes back", worker, job.body.job_id, job.body.type
    )
