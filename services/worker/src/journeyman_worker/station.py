"""One worker process at work: dramatiq's threads, and the session that feeds them.

The threads live as long as the process. Sessions come and go: a worker that was declared lost joins again under a
new id, in a new session. The main thread waits here for signals and for news from the session.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from queue import SimpleQueue
from threading import Thread
from typing import NamedTuple

from dramatiq import MessageProxy

from journeyman import failpoints
from journeyman.blobs import BlobStore
from journeyman.errors import SettingsError
from journeyman.log.api import EVERY_QUEUE, Log
from journeyman_worker.bells import Bells
from journeyman_worker.broker import JourneymanBroker
from journeyman_worker.descriptions import describe
from journeyman_worker.drainer import drain
from journeyman_worker.figures import Figures
from journeyman_worker.observed import UNOBSERVED, Observed
from journeyman_worker.runner.attempt import Attempt
from journeyman_worker.runner.bench import Bench, build_worker
from journeyman_worker.running_board import RunningBoard
from journeyman_worker.seat import Courier
from journeyman_worker.session import Session, new_worker_id
from journeyman_worker.signals import Signals
from journeyman_worker.vitals import Identity
from journeyman_worker.watcher import Watcher

#: How long dramatiq's threads may take to end once everything was said.
THREADS_END_S = 3.0

_log = logging.getLogger(__name__)


class Connections(NamedTuple):
    """What a station talks to.

    logs: one for each partition. open_log: connects to a partition once more. bells: makes a worker id's doorbells.
    couriers: make what brings the jobs of a partition; None: they are claimed from their lines.
    """

    logs: Sequence[Log]
    open_log: Callable[[int], Log]
    bells: Callable[[str], Bells]
    blobs: BlobStore
    couriers: Callable[[Log], Courier] | None = None


class Station:
    """A worker process, or in tests a worker inside of one."""

    def __init__(
        self,
        broker: JourneymanBroker,
        connections: Connections,
        *,
        threads: int,
        queues: Sequence[str] = (),
        heartbeat_timeout_ms: int = 10_000,
        drain_timeout_ms: int = 30_000,
        tell: Callable[[str], None] = lambda _: None,
        board: RunningBoard | None = None,
        figures: Figures | None = None,
        observed: Observed = UNOBSERVED,
        instance: str = "",
    ) -> None:
        """Prepare the jobs that `broker` knows.

        queues: which to serve; none: every queue there is. tell: hears the id it has joined under, "" once it left.
        board: shows what runs. figures: counts for metrics.
        observed: how spans and log lines say what happens in a job. instance: the EC2 instance that this runs on.
        Raises SettingsError where there is nothing to do or a job's annotations cannot be validated against.
        """
        if not broker.actors:
            raise SettingsError("no jobs: none of the modules declares one with @jm.job or @dramatiq.actor")
        self._connections = connections
        self._threads = threads
        self._queues = tuple(queues) or (EVERY_QUEUE,)
        self._beat_every_ms = heartbeat_timeout_ms / 4
        self._drain_timeout_ms = drain_timeout_ms
        self._tell = tell
        self._board = board
        self._figures = figures
        self._instance = instance
        self.mailbox: SimpleQueue[str] = SimpleQueue()
        self.signals = Signals(self.mailbox)
        self.session: Session | None = None
        try:
            self.bench = Bench(broker, self, observed)
        except TypeError as error:
            raise SettingsError(f"a job's parameters cannot be validated: {error}") from None
        self._described = describe(broker.actors)
        self._worker = build_worker(self.bench, threads)
        self._watcher = Watcher(self._running)

    # --- what the bench asks of its source -------------------------------------------------------------

    def serve(self, timeout_ms: int) -> None:
        """Claim jobs and put them on the line until the time has passed."""
        session = self.session
        assert session is not None
        session.claimer.serve(timeout_ms)

    def give_back(self, messages: Iterable[MessageProxy]) -> None:
        """Hand back messages that dramatiq did not start."""
        if self.session is not None:
            self.session.give_back(messages)

    # --- the main thread -------------------------------------------------------------------------------

    def run(self) -> int:
        """Work until drained. Returns the exit code."""
        if self._join():
            self._worker.start()
            self._watcher.start()
            try:
                while not self._turn():
                    pass
            finally:
                self._end()
        return 0

    def _turn(self) -> bool:
        """Wait for news and act on it; true at the end."""
        self.mailbox.get()
        session = self.session
        assert session is not None
        if self.signals.stopping or session.drain_wanted.is_set():
            by = "signal" if self.signals.stopping else "request"
            drain(session, by, self._drain_timeout_ms, lambda: self.signals.hurried)
            self._tell("")
            return True
        if session.lost.is_set():
            _log.warning("%s gives up its id; joining again under a new one", session.worker)
            session.abandon()
            return not self._join()
        return False

    def _join(self) -> bool:
        """Begin a session under a new id. False where a signal came first."""
        connections = self._connections
        session = Session(
            self._identity(),
            logs=connections.logs,
            open_log=connections.open_log,
            bells=connections.bells,
            blobs=connections.blobs,
            line=self._worker.line,
            gate=self._worker.gate,
            runners=self.bench.runners.get,
            beat_every_ms=self._beat_every_ms,
            changed=lambda: self.mailbox.put("session"),
            board=self._board,
            figures=self._figures,
            couriers=connections.couriers,
        )
        if not session.join(lambda: self.signals.stopping):
            return False
        self.session = session
        self._tell(session.worker)
        failpoints.hit("worker.after_join")
        _log.info(
            "%s joined: queues %s; %d threads",
            session.worker,
            "every one" if self._queues == (EVERY_QUEUE,) else ", ".join(self._queues),
            self._threads,
        )
        return True

    def _end(self) -> None:
        """End dramatiq's threads. One that user code still holds is left behind: it ends with the process."""
        self._watcher.close()
        stopping = Thread(target=self._worker.stop, kwargs={"timeout": 1_000}, name="stopping", daemon=True)
        stopping.start()
        stopping.join(THREADS_END_S)

    def _identity(self) -> Identity:
        types = tuple(sorted(self.bench.runners))
        host, pid = socket.gethostname(), os.getpid()
        known = (version("journeyman-worker"), self._queues, types, self._threads, self._described)
        return Identity(new_worker_id(), host, pid, *known, self._instance)

    def _running(self) -> list[Attempt]:
        session = self.session
        return [] if session is None else list(session.running.values())
