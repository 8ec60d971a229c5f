"""The thread that sends the spans of jobs that ended, for the partitions whose turn this replica has.

Every second it asks for its turn (`journeyman.log.turns`), takes what the projector's threads handed on, reads the
jobs' events, and sends their spans. Behind each send it notes how far that is, beside the log: who has the next turn
goes on from there, and reads from its own read model what ended meanwhile. So spans are sent twice where a replica dies
between the two; they are the same ones.

When the collector is away, jobs wait in their lines, and are tried again with growing pauses; what does not fit into a
line is left out and counted. When a server is away, somebody else's turn begins where that one can reach it. The read
model never waits for any of this.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from journeyman.errors import JourneymanError
from journeyman.events import BEGINNING, Offset
from journeyman.log.turns import Turn
from journeyman.otel import Outcome, RequestSender
from journeyman.tracing.sampling import Sampler
from journeyman.tracing.shapes import Span
from journeyman_dashboard.partitions import DashboardLog, Partition
from journeyman_dashboard.schema import open_for_reading
from journeyman_dashboard.store import read_cursors
from journeyman_dashboard.tracing.encoding import Encoder
from journeyman_dashboard.tracing.handing import End, Figures, Handed, Handing, Line
from journeyman_dashboard.tracing.trees import ends_between, trees

TURN = "traces"
#: What is sent a second later is sent in larger batches.
EVERY_S = 1.0
#: Longer than one send takes the thread: ten seconds at most, unless OTEL_EXPORTER_OTLP_TIMEOUT says otherwise.
LEASE_MS = 30_000
#: A turn is renewed so often, or six times in its length where that is more often.
RENEW_S = 5.0
#: What ended longer ago than this is not sent by who has the next turn.
CATCH_UP_MS = 900_000
#: Jobs whose spans are sent in one request.
JOBS_PER_SEND = 500
BACKOFF_S = (1.0, 2.0, 5.0, 10.0)
STOP_S = 3.0

_log = logging.getLogger(__name__)


class NotSentError(JourneymanError):
    """The collector did not take a batch of spans."""


class TraceProjector:
    """Sends the spans of the jobs in the read model at `path`. `start` it once. `holder` names this replica."""

    def __init__(
        self,
        partitions: Sequence[Partition],
        path: Path,
        holder: str,
        environ: Mapping[str, str],
        turn_ms: int = LEASE_MS,
    ) -> None:
        """Prepare it. Raises SettingsError where `environ` asks for what is not there."""
        self.turn_ms = turn_ms
        self.handing = Handing((partition.number for partition in partitions), Sampler.from_environ(environ))
        self._sender = RequestSender(environ)
        self._path = path
        self._senders = [
            Sender(partition, self.handing.lines[partition.number], holder, self) for partition in partitions
        ]
        self._encoder = Encoder()
        self._connection: sqlite3.Connection | None = None
        self._stop = threading.Event()
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name="traces", daemon=True)

    @property
    def figures(self) -> Figures:
        """What metrics tell of it."""
        return self.handing.figures

    @property
    def connection(self) -> sqlite3.Connection:
        """The read model, for this thread."""
        if self._connection is None:
            self._connection = open_for_reading(self._path)
        return self._connection

    def start(self) -> None:
        """Begin to send; the read model's file is there."""
        self._thread.start()

    def stop(self) -> None:
        """Send what waits, for a moment, and give back the turns."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(STOP_S)
        self._sender.shutdown()
        if self._thread.ident is not None:
            self._thread.join(STOP_S)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._round()
            pause_s = EVERY_S if not self._failures else BACKOFF_S[min(self._failures, len(BACKOFF_S)) - 1]
            self._stop.wait(pause_s)
        self._round()
        for sender in self._senders:
            sender.give_back()
        if self._connection is not None:
            self._connection.close()

    def _round(self) -> None:
        trouble: Exception | None = None
        for sender in self._senders:
            try:
                sender.advance()
            except Exception as error:  # noqa: BLE001 - the loop's runner: whatever it is, say so and go on trying
                trouble = error
        if trouble is None:
            if self._failures:
                _log.info("sending traces again")
            self._failures = 0
            return
        if self._failures == 0:
            ours = isinstance(trouble, JourneymanError)
            _log.warning("cannot send traces: %s; trying again", trouble, exc_info=None if ours else trouble)
        self._failures += 1

    def send(self, partition: int, ends: Sequence[End]) -> Iterator[Offset]:
        """Send the spans of jobs; yield up to where that is done. What the collector will not have is left out.

        Raises NotSentError where the collector is away.
        """
        if self._sent(partition, ends) is Outcome.TAKEN:
            yield ends[-1].place
            return
        if self._export([]) is not Outcome.TAKEN:
            raise NotSentError("the collector does not answer")
        for end in ends:
            outcome = self._sent(partition, [end])
            if outcome is Outcome.AWAY:
                raise NotSentError("the collector no longer answers")
            if outcome is Outcome.REFUSED:
                self.figures.left_out += 1
                _log.warning("the collector does not take the trace of job %s", end.job_id)
            yield end.place

    def _sent(self, partition: int, ends: Sequence[End]) -> Outcome:
        """Send the spans of jobs in one request. Jobs that are not known any more are left out."""
        found = trees(self.connection, partition, ends)
        outcome = self._export([span for tree in found for span in tree])
        if outcome is Outcome.TAKEN:
            self.figures.sent += len(found)
            self.figures.left_out += len(ends) - len(found)
        return outcome

    def _export(self, spans: Sequence[Span]) -> Outcome:
        """Send spans; what cannot be encoded counts as refused."""
        try:
            body = self._encoder.request(spans)
        except (TypeError, ValueError):
            return Outcome.REFUSED
        return self._sender.send(body)


class Sender:
    """Sends the jobs of one partition in log order, while this replica has the turn."""

    def __init__(self, partition: Partition, line: Line, holder: str, projector: TraceProjector) -> None:
        self._partition = partition
        self._line = line
        self._holder = holder
        self._projector = projector
        self._turn: Turn | None = None
        self._asked_at = float("-inf")
        self._until = float("-inf")
        #: Up to where everything was sent, and up to where that was noted.
        self._done = BEGINNING
        self._noted = BEGINNING

    def advance(self) -> None:
        """Send what has ended, where it is this replica's turn. Raises NotSentError, and what the log raises."""
        log = self._partition.opened
        if log is None or not self._has_turn(log):
            return
        try:
            for handed in self._stretches():
                self._send(handed)
        finally:
            self._line.drop(self._done)
            self._note()

    def _has_turn(self, log: DashboardLog) -> bool:
        now = time.monotonic()
        turn_ms = self._projector.turn_ms
        if now - self._asked_at < min(RENEW_S, turn_ms / 6_000):
            return self._line.open
        self._turn = self._turn or log.turn(TURN)
        self._asked_at = now
        try:
            has = self._turn.take(self._holder, turn_ms)
        except JourneymanError:
            if now >= self._until:
                self._line.shut()
            raise
        self._until = now + turn_ms / 1000
        if has and not self._line.open:
            self._begin(log, self._turn)
        elif not has and self._line.open:
            _log.info("partition %d: another dashboard sends the traces now", self._partition.number)
            self._line.shut()
        return has

    def _begin(self, log: DashboardLog, turn: Turn) -> None:
        """Go on from where the last turn ended; from now on, where there was none."""
        place = turn.place()
        oldest = Offset(max(log.now_ms() - CATCH_UP_MS, 0), 0)
        self._noted = self._done = log.end() if place is None else max(place, oldest)
        if place is None:
            turn.come_to(self._done)
        self._line.lost_until = BEGINNING
        self._line.open = True
        _log.info("partition %d: sending traces from %s on", self._partition.number, self._done)

    def _stretches(self) -> Iterator[Handed]:
        """Yield what ended behind what was sent, stretch by stretch, without a gap."""
        handed = self._line.all()
        self._done = max(self._done, self._line.lost_until)
        if not handed:
            yield from self._gap(self._read())
            return
        reached, together = self._done, list[End]()
        for one in handed:
            if one.before > reached:
                yield Handed(self._done, reached, together)
                yield from self._gap(one.before)
                together = []
            together += one.ends
            reached = max(reached, one.after)
        yield Handed(self._done, reached, together)

    def _gap(self, until: Offset) -> Iterator[Handed]:
        """Yield what the read model says of what nobody handed on: of before the turn began, of batches it mended."""
        projector = self._projector
        while self._done < until:
            sampler = projector.handing.sampler
            yield ends_between(projector.connection, self._partition.number, self._done, until, sampler)

    def _read(self) -> Offset:
        cursor = read_cursors(self._projector.connection).get(self._partition.number)
        return cursor.offset if cursor else BEGINNING

    def _send(self, handed: Handed) -> None:
        ends = [end for end in handed.ends if end.place > self._done]
        for first in range(0, len(ends), JOBS_PER_SEND):
            for place in self._projector.send(self._partition.number, ends[first : first + JOBS_PER_SEND]):
                self._done = place
        self._done = max(self._done, handed.after)

    def _note(self) -> None:
        if self._turn is not None and self._done > self._noted:
            self._turn.come_to(self._done)
            self._noted = self._done

    def give_back(self) -> None:
        """End the turn."""
        self._line.shut()
        if self._turn is not None:
            try:
                self._turn.give_back(self._holder)
            except JourneymanError as error:
                _log.info("partition %d: cannot give back the turn: %s", self._partition.number, error)
