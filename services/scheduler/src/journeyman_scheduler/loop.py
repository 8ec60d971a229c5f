"""The scheduler's loop: follow the log always, decide while leading.

When the server is away it waits and goes on where it was: the fold is in memory, a commit whose reply was lost is
repeated with its number. When another scheduler was elected it stands by. When derived keys are missing it
rebuilds them; when the log does not hold any more what was read of it, it begins anew. When the log is not the one that
is archived, it stands by and says so, until somebody has decided (docs/archive.md). Anything else ends the process; the
next one starts from the last snapshot.
"""

from __future__ import annotations

import gc
import logging
import secrets
import threading
import time
from collections.abc import Callable, Sequence

from journeyman import failpoints
from journeyman.blobs import BlobStore
from journeyman.breaker_verdicts import Rules
from journeyman.clock import ServerClock
from journeyman.decide import Limits
from journeyman.errors import (
    EpochPassedError,
    HistoryLostError,
    RebuildNeededError,
    ServerRefusedError,
    ServerUnavailableError,
)
from journeyman.log.api import Log
from journeyman.log.keys import SCHEDULER
from journeyman.log.rebuild import rebuild
from journeyman.log.redis_log import RedisLog
from journeyman.outbox import Outbox, on_a_thread
from journeyman.scheduling import PAGE, Scheduling
from journeyman.settings import Settings
from journeyman_scheduler import metrics, snapshots
from journeyman_scheduler.history import History
from journeyman_scheduler.lease import Lease
from journeyman_scheduler.log_figures import Reading
from journeyman_scheduler.storing import Storing
from journeyman_scheduler.trimmer import Trimmer

_log = logging.getLogger(__name__)

#: The log is trimmed this often, or four times in its retention where that is more often.
TRIM_EVERY_S = 60.0
#: A snapshot is worth its pause when so many events a job have come since the last one.
EVENTS_A_JOB = 2
#: What the last snapshot and the segment under way may take when it ends; whoever ends it waits a little longer.
LEAVE_S = 5.0
LEAVE_LOOK_S = 0.01
AWAY_S = 0.2
#: The longest a leader waits for its doorbell: bounds how late a lost heartbeat is noticed, and how late it reads facts
#: that nothing follows from.
BLOCK_MAX_MS = 100
#: When reads that bring something follow each other this closely, the log grows steadily, ...
STEADY_S = 0.01
#: ... and waiting this long before the next one makes it bring more: a read costs as much as folding a hundred events.
#: Each of several logs grows more slowly, and is waited for longer, up to `PACE_MAX_S`.
PACE_S = 0.004
PACE_MAX_S = 0.016


def limits_of(settings: Settings) -> Limits:
    """Return the figures that policy depends on, as they are set."""
    breakers = Rules(
        settings.breaker_window_ms,
        settings.breaker_minimum_calls,
        settings.breaker_failure_ratio,
        settings.breaker_consecutive_failures,
        settings.breaker_open_ms,
        settings.breaker_open_max_ms,
        settings.breaker_probes,
    )
    return Limits(settings.poison_attempts, settings.wait_max_ms, settings.partitions, breakers)


class SchedulerLoop:
    """One partition's scheduler in this process. `neighbours` leads to the logs of the others."""

    def __init__(
        self,
        log: RedisLog,
        neighbours: Callable[[int], Log],
        blobs: BlobStore,
        settings: Settings,
        name: str,
        history: History | None = None,
    ) -> None:
        self._log = log
        self._history = history
        self._neighbours = neighbours
        self._blobs = blobs
        self._storing = Storing(log, blobs)
        self._settings = settings
        self._lease = Lease(log, name, settings.scheduler_lease_ms)
        self._archiver = history.archiver(lambda: self._lease.epoch) if history else None
        archived = self._archiver.up_to if self._archiver else None
        self._trimmer = Trimmer(log, settings.log_retention_ms, settings.reader_expiry_ms, archived)
        self._clock = ServerClock(log.now_ms())
        #: Why this scheduler must not lead; empty where nothing speaks against it.
        self._halted = ""
        self._epoch_floor = 0
        #: Why what was read does not count any more; empty where it does.
        self._lost = ""
        self._beginnings = 0
        self._begin_anew()
        self._caught_up = False
        self._behind = False
        self._bell = log.doorbell(SCHEDULER)
        self._stop = threading.Event()
        self._snapshot_at = 0
        self._silence_due = self._trim_due = 0.0
        self._silent: frozenset[str] = frozenset()
        self._last_read = 0.0

    def _begin_anew(self) -> None:
        settings = self._settings
        self._restored_ms = self._log.restored_ms()
        partition = self._history.beginning(self._blobs) if self._history else snapshots.load(self._log, self._blobs)
        self._scheduling = Scheduling(
            self._log,
            limits_of(settings),
            heartbeat_timeout_ms=settings.heartbeat_timeout_ms,
            partition=partition,
            outbox=Outbox(self._neighbours, f"scheduler-{secrets.token_hex(8)}", on_a_thread),
        )
        #: A time at which something was in the log that this state is of; 0 while nothing was.
        self._read_ms = self._scheduling.partition.offset.ms
        #: How often the log was begun anew, and up to where the last snapshot reaches.
        self._beginnings += 1
        self._snapshot_reaches = self._scheduling.partition.offset if self._read_ms else None

    def ready(self) -> tuple[bool, str]:
        """Say whether this scheduler has read the log to its end, and whether it leads."""
        if self._halted:
            return False, self._halted
        role = "leading" if self._lease.epoch is not None else "standing by"
        return self._caught_up, f"{role}, {'caught up' if self._caught_up else 'reading the log'}"

    def reading(self) -> Reading:
        """Say how far this scheduler has read."""
        scheduling, leads = self._scheduling, self._lease.epoch is not None
        offset = scheduling.partition.offset
        return Reading(self._beginnings, offset, scheduling.entries, leads, self._snapshot_reaches)

    def run(self, stop: threading.Event) -> None:
        """Go on until `stop`, then leave a snapshot and the lease behind."""
        self._stop = stop
        if self._archiver is not None:
            self._archiver.start()
        while not stop.is_set():
            try:
                self._turn()
            except EpochPassedError as passed:
                _log.warning("another scheduler leads now", extra={"epoch": passed.current})
                self._lease.lost()
            except HistoryLostError as lost:
                self._lost = str(lost)
            except RebuildNeededError:
                self._rebuild(stop)
            except (ServerUnavailableError, ServerRefusedError) as error:
                _log.warning("the server is away: %s", error)
                self._caught_up = False
                # Workers could not beat either: they have as long to be heard of again as they may ever be silent.
                self._silence_due = time.monotonic() + self._settings.heartbeat_timeout_ms / 1000
                self._silent = frozenset()
                stop.wait(AWAY_S)
            metrics.LEADER.set(self._lease.epoch is not None)
        self._leave()

    def _turn(self) -> None:
        if self._lost:
            if self._is_the_log_that_was_read():
                self._leave_behind(self._lost)
            self._caught_up, self._lost = False, ""
        if self._lease.due() and self._caught_up:
            self._elect()
        self._wait()
        read = self._scheduling.follow()
        failpoints.hit("scheduler.after_read")
        self._read_ms = self._read_ms or self._scheduling.partition.offset.ms
        self._behind = read == PAGE
        metrics.ENTRIES.inc(read)
        if read < PAGE and not self._caught_up:
            self._caught_up = True
            gc.collect()
            gc.freeze()
        busy = self._lease.epoch is not None and self._lead(self._lease.epoch)
        if 0 < read < PAGE and not busy:
            self._pace()

    def _pace(self) -> None:
        """Let a log that grows steadily grow a little; one that is read now and then is read at once."""
        now = time.monotonic()
        if now - self._last_read < STEADY_S * self._settings.partitions:
            pace_s = min(PACE_S * self._settings.partitions, PACE_MAX_S)
            time.sleep(pace_s)
            now += pace_s
        self._last_read = now

    def _wait(self) -> None:
        """Wait until there may be something to do: while leading, for the doorbell, which rings for what matters.

        A read that blocked on the stream would be served first of all, at every commit, before the worker whom the
        commit is for; on a small machine that costs a job half a millisecond.
        """
        if not self._caught_up:
            return
        most_ms = min(BLOCK_MAX_MS, self._lease.wait_ms())
        if self._lease.epoch is None:
            self._stop.wait(most_ms / 1000)
            return
        wait_ms = self._scheduling.idle_ms(self._clock.now_ms(), most_ms)
        if wait_ms > 0 and not self._behind:
            self._bell.wait(wait_ms)

    def _elect(self) -> None:
        if not self._is_the_log_that_was_read() or self._must_not_lead():
            return
        begins = self._lease.elect(max(self._scheduling.partition.epoch, self._epoch_floor))
        self._clock.calibrate(self._lease.now_ms)
        if 0 < self._read_ms < self._log.born_ms():
            self._leave_behind("the server was emptied")
            if self._must_not_lead():
                return
        if begins and self._lease.epoch is not None:
            _log.info(
                "leading partition %d",
                self._log.partition,
                extra={"epoch": self._lease.epoch, "unfinished": len(self._scheduling.partition.jobs)},
            )
            metrics.EPOCH.set(self._lease.epoch)
            self._log.remember_for(self._settings.outcome_retention_ms)
            self._scheduling.begin_term()
            # Whatever the former leader appended stands before our election: read it before deciding.
            while self._scheduling.follow() == PAGE:
                pass

    def _is_the_log_that_was_read(self) -> bool:
        """Tell whether the log still holds what was last read of it; begin anew with the one that is there if not."""
        if self._log.restored_ms() != self._restored_ms:
            self._leave_behind("the log was restored from an archive")
        elif self._history is not None and self._history.has_shrunk():
            self._history.demand_rebuild()
            self._leave_behind("the log was deleted")
        elif self._scheduling.partition.offset.ms < self._log.born_ms():
            # An election follows, and then this is looked at.
            return True
        elif not snapshots.holds(self._log, self._scheduling.partition.offset):
            self._leave_behind("the log does not hold any more what was read of it")
        else:
            return True
        self._caught_up = False
        return False

    def _leave_behind(self, why: str) -> None:
        _log.warning("%s: beginning with the log that is there now", why)
        # Commits are numbered anew then, which only a new term allows.
        self._lease.resign()
        self._storing.forget()
        self._epoch_floor = max(self._epoch_floor, self._scheduling.partition.epoch)
        self._begin_anew()
        if self._archiver is not None:
            self._archiver.forget()

    def _must_not_lead(self) -> bool:
        """Tell whether the log is not the one that is archived. While leading, the archive is not waited for."""
        if self._archiver is None:
            return False
        halted = self._archiver.refuses() if self._lease.epoch is None else self._archiver.refusal
        if halted and halted != self._halted:
            _log.error("not leading: %s", halted)
        self._halted = halted
        metrics.HALTED.set(bool(halted))
        if halted:
            self._lease.resign()
            self._lease.put_off()
        return bool(halted)

    def _lead(self, epoch: int) -> bool:
        """Decide, or keep house where there is nothing to decide; tell whether something was decided."""
        started = time.monotonic()
        silent: Sequence[str] = ()
        if started >= self._silence_due:
            self._silence_due = started + self._settings.heartbeat_timeout_ms / 10_000
            silent = self._still_silent()
        settled = self._scheduling.settle(epoch, self._clock.now_ms(), silent=silent)
        if settled is not None:
            self._clock.calibrate(settled.now_ms)
            metrics.COMMIT_SECONDS.observe(time.monotonic() - started)
            metrics.COMMIT_DECISIONS.observe(settled.accepted)
            metrics.DECISIONS.labels("accepted").inc(settled.accepted)
            metrics.DECISIONS.labels("refused").inc(settled.refused)
            return True
        unfinished = len(self._scheduling.partition.jobs)
        metrics.UNFINISHED.set(unfinished)
        metrics.AGENDA.set(len(self._scheduling.partition.agenda))
        news = self._scheduling.folded - self._snapshot_at
        self._snapshot(epoch, due=news >= max(self._settings.snapshot_events, EVENTS_A_JOB * unfinished))
        if started >= self._trim_due:
            self._trim_due = started + min(TRIM_EVERY_S, self._settings.log_retention_ms / 4_000)
            trimmed = self._trimmer.trim(self._scheduling.partition.jobs, self._clock.now_ms())
            if trimmed is not None:
                self._scheduling.state_fact(trimmed, epoch, self._clock.now_ms())
        return False

    def _still_silent(self) -> list[str]:
        """Return the workers that were silent when last looked at as well.

        A server that stood still has heard of nobody, and hears of everybody a moment after it goes on.
        """
        silent = self._scheduling.silent(self._clock.now_ms())
        still = [worker for worker in silent if worker in self._silent]
        self._silent = frozenset(silent)
        return still

    def _snapshot(self, epoch: int, *, due: bool) -> None:
        """Say where a snapshot is that has been stored; begin to store the next where it is due."""
        try:
            reaches = self._storing.place(epoch)
        except (OSError, ServerRefusedError, ServerUnavailableError) as error:
            # The disk may be full, or the bucket away. The last snapshot stands, and the log since; the next is tried
            # as if this was made.
            _log.warning("no snapshot could be stored: %s", error)
        else:
            if reaches is not None:
                self._snapshot_reaches = reaches
                metrics.SNAPSHOTS.inc()
        if due and not self._storing.busy:
            self._storing.begin(self._scheduling.partition, epoch)
            self._snapshot_at = self._scheduling.folded

    def _rebuild(self, stop: threading.Event) -> None:
        if self._log.restored_ms() != self._restored_ms or not snapshots.holds(
            self._log, self._scheduling.partition.offset
        ):
            self._leave_behind("the log is another one than was read")
        while self._scheduling.follow() == PAGE:
            pass
        chain = self._history.chain if self._history else None
        rebuilt = rebuild(self._log, self._lease.scheduler, self._scheduling.partition, chain)
        if rebuilt is None:
            stop.wait(AWAY_S)
        else:
            _log.warning("the keys derived from the log have been rebuilt", extra=rebuilt._asdict())
            if rebuilt.bodiless:
                _log.error("the bodies of %d unfinished jobs are nowhere any more: these never start", rebuilt.bodiless)
        self._lease.lost()

    def _leave(self) -> None:
        self._bell.close()
        if self._archiver is not None:
            self._archiver.ask_to_stop()
        by = time.monotonic() + LEAVE_S
        try:
            if (epoch := self._lease.epoch) is not None:
                self._last_snapshot(epoch, by)
            self._await(lambda: self._archiver is None or self._archiver.stopped(), by)
            self._lease.resign()
        except (ServerUnavailableError, ServerRefusedError) as error:
            _log.warning("could not leave in good order: %s", error)

    def _last_snapshot(self, epoch: int, by: float) -> None:
        """Leave a snapshot behind, unless it takes too long."""
        # The one under way is placed, another one is begun, that is placed, and the former one dropped.
        for due in (False, True, False):
            self._await(lambda: not self._storing.busy, by)
            if self._lease.epoch != epoch:
                return
            self._snapshot(epoch, due=due and self._scheduling.folded > self._snapshot_at)
        self._await(lambda: not self._storing.busy, by)
        if self._storing.busy:
            _log.warning("leaving without a last snapshot: the store has not answered for %g s", LEAVE_S)

    def _await(self, done: Callable[[], bool], by: float) -> None:
        """Wait until it is done, or that time has come; the lease is kept meanwhile."""
        while not done() and time.monotonic() < by:
            if self._lease.epoch is not None and self._lease.due():
                self._lease.elect(max(self._scheduling.partition.epoch, self._epoch_floor))
            time.sleep(LEAVE_LOOK_S)
