"""A worker in one partition: joined there, its claims and outcomes there, its heartbeat there.

Every seat of a worker has the same id, and its own number sequences, flusher and heartbeat, so that a partition whose
server is away holds up nobody but itself. An attempt is held by the seat it was claimed through.

A server that crashed or was replaced may have lost the end of its log, and with it outcomes that it had accepted. It
then holds the worker to be at jobs which that has done with, and would wait for them as long as the worker lives. So
each beat looks whether what was accepted last is still there; a worker whose word was lost counts itself as lost.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from journeyman.blobs import BlobStore
from journeyman.errors import WorkerLostError
from journeyman.events import BEGINNING, WorkerDraining, WorkerEvent, WorkerJoined, WorkerLeft
from journeyman.log.api import Appended, Beaten, Claimed, Finished, Log, Outcome
from journeyman.log.history import still_holds
from journeyman.proposals import Alive, Effect, Join, Leave, Proposal
from journeyman_worker.clock import ServerClock, monotonic_ms
from journeyman_worker.figures import Figures
from journeyman_worker.flusher import Flusher
from journeyman_worker.heartbeat import Heartbeat
from journeyman_worker.retrying import GivenUpError, until_answered
from journeyman_worker.runner.attempt import Attempt
from journeyman_worker.runner.message import JobMessage
from journeyman_worker.vitals import Identity

#: For so long after it was accepted, an outcome is looked for. What is older was kept by every disk and replica.
DOUBTED_MS = 600_000

_log = logging.getLogger(__name__)


class Company(Protocol):
    """What the seats of a worker share: its session."""

    identity: Identity
    logs: Sequence[Log]
    running: dict[int, Attempt]
    figures: Figures

    def blobs(self) -> BlobStore:
        """Return the store of payloads and results too large for the log."""
        ...

    def ended(self, attempt: Attempt) -> None:
        """Note that an attempt occupies nothing any longer."""
        ...

    def messages(self, claimed: Claimed, seat: Seat) -> list[JobMessage]:
        """Make messages of claimed jobs."""
        ...

    def facts(self) -> Mapping[str, object]:
        """Return what heartbeats say of the whole worker."""
        ...

    def told(self, beaten: Beaten) -> None:
        """Do what the reply to a heartbeat asks for."""
        ...

    def lose(self) -> None:
        """Hear that the worker was declared lost, or has to leave."""
        ...


class Courier(Protocol):
    """Brings jobs from elsewhere than the lines of the log: see `sqs/courier.py`."""

    #: Set by who claims: hears that there may be more; tells that nothing more will be claimed.
    more: Callable[[], None]
    ended: Callable[[], bool]

    def claim(self, worker: str, number: int, count: int, queues: Sequence[str], types: Sequence[str]) -> Claimed:
        """Claim what it has received."""
        ...

    def said(self, outcomes: Sequence[Outcome]) -> None:
        """Hear that the log was told how attempts ended."""
        ...

    def beaten(self) -> None:
        """Hear that the log has answered a heartbeat."""
        ...

    def abandon(self) -> None:
        """Hear that the worker is lost."""
        ...

    def close(self, timeout_s: float) -> None:
        """End in good order."""
        ...


class Seat:
    """Build it, `join`, and `leave` or `abandon` it in the end. What attempts ask of their holder, it answers."""

    def __init__(
        self,
        company: Company,
        log: Log,
        *,
        open_log: Callable[[], Log],
        beat_every_ms: float,
        courier: Courier | None = None,
    ) -> None:
        """Prepare. open_log: makes the heartbeat's own connection. courier: None: jobs are claimed from their lines."""
        identity = company.identity
        self.worker = identity.worker
        self.log = log
        self.logs = company.logs
        self.clock = ServerClock(0)
        self.running = company.running
        self.joined = False
        self.lost = False
        self.courier = courier
        self._company = company
        self._queues, self._types = identity.queues, identity.types
        #: Where the outcomes stand that were accepted last.
        self._said = BEGINNING
        self._appends = 0
        self._append_lock = threading.Lock()
        self.flusher = Flusher(
            log,
            self.worker,
            on_reply=self._heard,
            on_lost=self.lose,
            on_refused=self._company.lose,
            on_said=courier.said if courier is not None else None,
            figures=company.figures,
        )
        self.heartbeat = Heartbeat(
            open_log, self.worker, beat_every_ms, facts=company.facts, on_beat=self._beaten, on_lost=self.lose
        )
        # Called for every job, so nothing stands between.
        self.blobs: Callable[[], BlobStore] = company.blobs
        self.say: Callable[..., None] = self.flusher.put
        self.ended: Callable[[Attempt], None] = company.ended
        self.unsaid = self.flusher.unsaid

    # --- beginning and end -----------------------------------------------------------------------------

    def join(self, give_up: Callable[[], bool]) -> bool:
        """Register the worker, and start to report and to beat. False where the server was away until `give_up`."""
        who = self._company.identity
        described = who.described if self.log is self.logs[0] else ""
        facts = (who.host, who.pid, who.version, who.queues, who.types, who.slots, described, who.instance)
        joined = WorkerJoined(who.worker, *facts)
        appended = self._append(joined, Join(who.worker, who.queues, who.types), give_up=give_up)
        if appended is None:
            return False
        self.clock.calibrate(appended.now_ms)
        self.flusher.start()
        self.heartbeat.start()
        self.joined = True
        return True

    def say_draining(self, by: str, give_up: Callable[[], bool]) -> None:
        """Tell everybody that the worker claims no more. `by`: signal or request."""
        self._append(WorkerDraining(self.worker, by), guard=Alive(self.worker), give_up=give_up)
        self.heartbeat.soon()

    def leave(self, timeout_ms: float) -> None:
        """Write what is left to say, and leave; what is not written in time is dropped."""
        if not self.flusher.close(timeout_ms / 1000):
            _log.error("not all outcomes could be reported in %.0f ms; their jobs will run again", timeout_ms)
        self.heartbeat.close()
        if self.courier is not None:
            self.courier.close(timeout_ms / 1000)
        until = monotonic_ms() + timeout_ms
        left = WorkerLeft(self.worker)
        self._append(left, Leave(self.worker), guard=Alive(self.worker), give_up=lambda: monotonic_ms() > until)

    def abandon(self) -> None:
        """Write nothing more: what this seat held is not its own any longer."""
        self.flusher.abandon()
        if self.courier is not None:
            self.courier.abandon()
        self.heartbeat.close(timeout_s=0.5)

    def _append(
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

    # --- claims ----------------------------------------------------------------------------------------

    def claim(self, number: int, count: int, received: int, offer: bool = False) -> Claimed:
        """Claim jobs; with `offer`, let one be brought where there is none. Raises WorkerLostError."""
        try:
            if self.courier is not None:
                return self.courier.claim(self.worker, number, count, self._queues, self._types)
            return self.log.claim(
                self.worker,
                number,
                count,
                queues=self._queues,
                types=self._types,
                offer=offer,
                received=received,
            )
        except WorkerLostError:
            self.lost = True
            raise

    def accept(self, claimed: Claimed) -> list[JobMessage]:
        """Make messages of claimed jobs."""
        self.clock.calibrate(claimed.now_ms)
        return self._company.messages(claimed, self)

    # --- what is heard ---------------------------------------------------------------------------------

    def look(self) -> None:
        """Ask the log soon what to interrupt and whether to drain."""
        self.heartbeat.soon()

    def lose(self) -> None:
        """Note that the worker was declared lost here."""
        self.lost = True
        self._company.lose()

    def _beaten(self, beaten: Beaten) -> None:
        self.clock.calibrate(beaten.now_ms)
        if self.courier is not None:
            self.courier.beaten()
        self._company.told(beaten)
        said = self._said
        if said.ms > beaten.now_ms - DOUBTED_MS and not still_holds(self.log, said):
            _log.warning("the log does not hold any more what %s said at %s", self.worker, said.entry)
            self.lose()

    def _heard(self, finished: Finished) -> None:
        self.clock.calibrate(finished.now_ms)
        self._said = finished.offset or self._said
