"""Hands every released job to SQS, in a thread beside the scheduler's loop. One scheduler of a partition has the turn.

It follows the log, sends, notes how far it has come, and rings. What it has read and not noted when it dies is sent
again by the next one: a place starts once, however many messages name it. Beside that it hands out again what may start
again, sweeps (`sweeper.py`), and looks after the dead-letter queue (`mirror.py`).

When SQS is away it says so, waits a little longer each time, and goes on from where it was; jobs wait in line. When the
server is away it waits for it. When the log does not hold any more what was read of it, it begins at the end and hands
out all that stands in line. The log is kept for it, as for every reader.

It waits on the stream itself: here it is the one whom a commit is for, and workers hear of it when it has sent.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Iterator

from journeyman import failpoints
from journeyman.aws import Calls, CircuitBreaker
from journeyman.errors import CloudError, CloudRefusedError, HistoryLostError, JourneymanError, RebuildNeededError
from journeyman.events import Offset
from journeyman.log.api import Wanted
from journeyman.log.handing import Lines
from journeyman.log.keys import FORWARDER
from journeyman.log.redis_log import RedisLog
from journeyman.log.turns import RedisTurn
from journeyman.settings import Settings
from journeyman.sqs.queues import Queues, is_missing
from journeyman_scheduler import metrics
from journeyman_scheduler.sqs.mirror import Mirror
from journeyman_scheduler.sqs.outgoing import Outgoing
from journeyman_scheduler.sqs.releases import Heard, heard
from journeyman_scheduler.sqs.sender import SLICE, Sender
from journeyman_scheduler.sqs.sweeper import Sweeper, pages

_log = logging.getLogger(__name__)

#: Who has the turn, lent for as long as the scheduler's lease, renews it this many times within that.
RENEWALS = 3
#: Entries read at a time, and the longest wait for the first.
PAGE = 20
BLOCK_MS = 500
NOTE_S = 0.5
#: How often the dead-letter queue is looked into.
VISIT_S = 5.0
#: Places that may wait here; beyond that nothing is read.
WAITING_MAX = 10_000
#: The longest between two tries while SQS or the server is away.
AGAIN_S = 5.0
TIMEOUT_S = 5.0
#: How long the end may take. What was not sent by then is sent by who has the next turn.
STOP_S = 5.0
#: A whole line.
ALL = 1 << 62
#: Of a shut type more places are handed out than may start, for some may be gone.
SPARE_PROBES = 5


class Forwarder:
    """Forwards one partition. `start` it once; `stop` it in the end.

    holder: names this scheduler. sweep_s: how often to look whether messages are missing. Raises SettingsError.
    """

    def __init__(self, log: RedisLog, settings: Settings, holder: str, sweep_s: float = 15.0) -> None:
        self._log = log
        self._holder = holder
        self._sweep_s = sweep_s
        self._lease_ms = settings.scheduler_lease_ms
        self._turn = RedisTurn(log, FORWARDER)
        self._calls = Calls("sqs", timeout_s=TIMEOUT_S, breaker=CircuitBreaker(rest_s=AGAIN_S))
        # Made at once: what is wrong with the settings is to be known at the start.
        _ = self._calls.client
        self._lines = Lines(log)
        self._queues = Queues(self._calls, settings, log.partition)
        self._sender = Sender(self._calls, self._queues, self._lines, log.partition)
        self._sweeper = Sweeper(self._calls, self._queues, self._lines)
        self._mirror = Mirror(self._calls, self._queues, log, self._lines, self._sender)
        #: Up to where the log was read, and up to where everything was sent.
        self._after: Offset | None = None
        self._done: Offset | None = None
        self._outgoing = Outgoing()
        #: Lines that are being handed out again, a page at a time.
        self._walks: deque[Iterator[list[Wanted]]] = deque()
        self._renew_at = self._note_at = self._look_at = self._sweep_at = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sqs-forwarder", daemon=True)
        #: What keeps jobs from being handed out, in words; empty while nothing does.
        self.trouble = ""
        self.leads = False

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and let another scheduler have the turn."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(STOP_S)
        self._sender.close()
        self._lines.close()
        self._calls.close()

    def status(self) -> str:
        """Say how it is."""
        if self.trouble:
            return f"not handing jobs to SQS: {self.trouble}"
        return "handing jobs to SQS" if self.leads else "another scheduler hands jobs to SQS"

    # --- the thread ------------------------------------------------------------------------------------

    def _run(self) -> None:
        pause_s = 0.1
        while not self._stop.is_set():
            try:
                self._go_on()
            except HistoryLostError:
                self._begin_anew()
            except (JourneymanError, OSError) as error:
                self._fail(error)
            except Exception:  # noqa: BLE001 - a loop's runner; the next round begins from what was noted
                _log.exception("handing jobs to SQS failed; trying again")
                self._forget()
                self.trouble = "an unforeseen error, see the log"
            else:
                pause_s = 0.1
                self._recover()
                continue
            metrics.SQS_TROUBLE.set(1)
            self._stop.wait(pause_s)
            pause_s = min(pause_s * 2, AGAIN_S)
        self._leave()

    def _fail(self, error: Exception) -> None:
        if not self.trouble:
            _log.warning("jobs are not handed to SQS: %s; trying again", error)
        self.trouble = " ".join(str(error).split())
        self._sweeper.forget()
        if isinstance(error, CloudRefusedError) and is_missing(error):
            self._queues.forget()
        if isinstance(error, RebuildNeededError):
            self._forget()

    def _recover(self) -> None:
        if self.trouble:
            _log.info("jobs are handed to SQS again")
        self.trouble = ""
        metrics.SQS_TROUBLE.set(0)

    def _go_on(self) -> None:
        """Read what is new and send it, or wait for it; then see to what else there is to do."""
        if not self._has_turn():
            self._stop.wait(self._lease_ms / 1_000 / RENEWALS)
            return
        after = self._after if self._after is not None else self._begin()
        if after is None:
            return
        if len(self._outgoing) < WAITING_MAX:
            busy = bool(self._walks or self._outgoing)
            entries = self._log.read(after, count=PAGE, block_ms=None if busy else BLOCK_MS)
            if entries:
                self._take_in(heard(entries), entries[-1].offset)
                self._after = entries[-1].offset
        self._walk()
        self._send()
        now = time.monotonic()
        if now >= self._note_at:
            self._note_at = now + NOTE_S
            self._note()
        if now >= self._look_at and not self._walks and not self._outgoing:
            self._look_at = now + min(self._sweep_s, VISIT_S)
            self._look_after(now)

    def _send(self) -> None:
        """Send the most urgent of what waits."""
        these = self._outgoing.next(SLICE)
        if these is None:
            return
        failpoints.hit("scheduler.before_handing_out")
        self._sender.send(these.places, these.why)
        failpoints.hit("scheduler.after_handing_out")
        self._outgoing.sent(these)

    def _look_after(self, now: float) -> None:
        """See to messages that were given up, and to lost ones. What fails of that holds up no new job."""
        try:
            self._mirror.visit()
            if now >= self._sweep_at:
                self._sweep_at = now + self._sweep_s
                for page in self._sweeper.look():
                    self._outgoing.again(page, "swept")
        except CloudError as error:
            _log.warning("cannot see to messages that were lost or given up: %s", error)
            self._sweeper.forget()
            if isinstance(error, CloudRefusedError) and is_missing(error):
                self._queues.forget()
                self._queues.make()

    def _has_turn(self) -> bool:
        now = time.monotonic()
        if now < self._renew_at and self.leads:
            return True
        had = self.leads
        self.leads = self._turn.take(self._holder, self._lease_ms)
        self._renew_at = now + self._lease_ms / 1_000 / RENEWALS
        if not self.leads:
            self._forget()
        elif had and self._after is not None:
            # A failover may have taken the end of the log away.
            self._log.read_on(self._after, count=1)
        return self.leads

    def _begin(self) -> Offset | None:
        """Return from where to go on. Where nobody has noted that, from the end, with all that stands in line."""
        self._queues.make()
        self._sweeper.forget()
        place = self._turn.place()
        if place is None:
            raise HistoryLostError("nobody has handed jobs to SQS yet")
        self._log.read_on(place, count=1)
        self._after = self._done = place
        return place

    def _forget(self) -> None:
        """Forget what was read and not sent, for whoever goes on from what was noted."""
        self._after = self._done = None
        self._outgoing.clear()
        self._walks.clear()

    def _begin_anew(self) -> None:
        try:
            self._forget()
            end = self._log.end()
            self._walk_lines()
            self._after = self._done = end
            self._note()
        except (JourneymanError, OSError) as error:
            self._forget()
            self._fail(error)
            self._stop.wait(1.0)
        else:
            _log.info("handing out everything that stands in line")

    def _note(self) -> None:
        self._done = self._outgoing.up_to() or self._done
        if self._done is not None:
            self._turn.come_to(self._done)
            self._log.checkpoint(FORWARDER, self._done)

    def _leave(self) -> None:
        try:
            if self.leads:
                self._note()
                self._turn.give_back(self._holder)
        except JourneymanError as error:
            _log.warning("could not leave in good order: %s", error)

    # --- what is handed out ----------------------------------------------------------------------------

    def _take_in(self, news: Heard, up_to: Offset) -> None:
        unknown = news.unknown()
        self._outgoing.read(news.places(self._log.bodies(unknown) if unknown else {}), up_to)
        if news.queues or news.types:
            self._walk_lines(news.queues, news.types)
        for type_, probes in news.probes.items():
            self._walk_type(type_, probes + SPARE_PROBES)
        if news.returned:
            self._walk_returned(news.returned)

    def _walk(self) -> None:
        """Look up the next page of what is to be handed out again."""
        while self._walks and len(self._outgoing) < SLICE:
            try:
                self._outgoing.again(next(self._walks[0]))
            except StopIteration:
                self._walks.popleft()

    def _walk_lines(self, queues: set[str] | None = None, types: set[str] | None = None) -> None:
        for each in self._lines.standing():
            if queues is None or each.line.queue in queues or (types is not None and each.line.type in types):
                self._walks.append(pages(self._lines, each.line, ALL))

    def _walk_type(self, type_: str, count: int) -> None:
        for each in self._lines.standing():
            if each.line.type == type_ and count > 0:
                self._walks.append(pages(self._lines, each.line, min(count, each.depth)))
                count -= each.depth

    def _walk_returned(self, job_ids: set[str]) -> None:
        """Look for jobs that went back: they stand at the head of their lines."""
        bodies = self._log.bodies(sorted(job_ids))
        known = {(body.queue, body.type) for body in bodies.values()}
        near = 2 * len(job_ids) + SPARE_PROBES
        for each in self._lines.standing():
            if (each.line.queue, each.line.type) in known:
                self._walks.append(pages(self._lines, each.line, near, lambda place: place[:24] in job_ids))
