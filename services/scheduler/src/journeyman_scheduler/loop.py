"""The scheduler's loop: follow the log always, decide while leading.

When the server is away it waits and goes on where it was: the fold is in memory, a commit whose reply was lost is
repeated with its number. When another scheduler was elected it stands by. When derived keys are missing it
rebuilds them; when the log is gone too, it begins anew. Anything else ends the process; the next one starts from the
last snapshot.
"""

from __future__ import annotations

import gc
import logging
import secrets
import threading
import time
from collections.abc import Callable

from journeyman.blobs import BlobStore
from journeyman.clock import ServerClock
from journeyman.decide import Limits
from journeyman.errors import EpochPassedError, RebuildNeededError, ServerRefusedError, ServerUnavailableError
from journeyman.log.api import Log
from journeyman.log.keys import SCHEDULER
from journeyman.log.rebuild import rebuild
from journeyman.log.redis_log import RedisLog
from journeyman.outbox import Outbox, on_a_thread
from journeyman.scheduling import PAGE, Scheduling
from journeyman.settings import Settings
from journeyman_scheduler import metrics, snapshots
from journeyman_scheduler.lease import Lease
from journeyman_scheduler.trimmer import Trimmer

_log = logging.getLogger(__name__)

#: The log is trimmed this often, or four times in its retention where that is more often.
TRIM_EVERY_S = 60.0
#: A snapshot is worth its pause when so many events a job have come since the last one.
EVENTS_A_JOB = 2
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


class SchedulerLoop:
    """One partition's scheduler in this process. `neighbours` leads to the logs of the others."""

    def __init__(
        self, log: RedisLog, neighbours: Callable[[int], Log], blobs: BlobStore, settings: Settings, name: str
    ) -> None:
        self._log = log
        self._neighbours = neighbours
        self._blobs = blobs
        self._settings = settings
        self._lease = Lease(log, name, settings.scheduler_lease_ms)
        self._trimmer = Trimmer(log, settings.log_retention_ms)
        self._clock = ServerClock(log.now_ms())
        self._begin_anew()
        self._caught_up = False
        self._behind = False
        self._bell = log.doorbell(SCHEDULER)
        self._stop = threading.Event()
        self._snapshot_at = 0
        self._silence_due = self._trim_due = 0.0
        self._last_read = 0.0

    def _begin_anew(self) -> None:
        settings = self._settings
        self._scheduling = Scheduling(
            self._log,
            Limits(settings.poison_attempts, settings.wait_max_ms, settings.partitions),
            heartbeat_timeout_ms=settings.heartbeat_timeout_ms,
            partition=snapshots.load(self._log, self._blobs),
            outbox=Outbox(self._neighbours, f"scheduler-{secrets.token_hex(8)}", on_a_thread),
        )
        #: A time at which something was in the log that this state is of; 0 while nothing was.
        self._read_ms = self._scheduling.partition.offset.ms

    def ready(self) -> tuple[bool, str]:
        """Say whether this scheduler has read the log to its end, and whether it leads."""
        role = "leading" if self._lease.epoch is not None else "standing by"
        return self._caught_up, f"{role}, {'caught up' if self._caught_up else 'reading the log'}"

    def run(self, stop: threading.Event) -> None:
        """Go on until `stop`, then leave a snapshot and the lease behind."""
        self._stop = stop
        while not stop.is_set():
            try:
                self._turn()
            except EpochPassedError as passed:
                _log.warning("another scheduler leads now", extra={"epoch": passed.current})
                self._lease.lost()
            except RebuildNeededError:
                self._rebuild(stop)
            except (ServerUnavailableError, ServerRefusedError) as error:
                _log.warning("the server is away: %s", error)
                self._caught_up = False
                stop.wait(AWAY_S)
            metrics.LEADER.set(self._lease.epoch is not None)
        self._leave()

    def _turn(self) -> None:
        if self._lease.due() and self._caught_up:
            self._elect()
        self._wait()
        read = self._scheduling.follow()
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
        begins = self._lease.elect(self._scheduling.partition.epoch)
        self._clock.calibrate(self._lease.now_ms)
        if 0 < self._read_ms < self._log.born_ms():
            _log.warning("the server was emptied: beginning with the log that is there now")
            self._begin_anew()
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

    def _lead(self, epoch: int) -> bool:
        """Decide, or keep house where there is nothing to decide; tell whether something was decided."""
        started = time.monotonic()
        silence = started >= self._silence_due
        if silence:
            self._silence_due = started + self._settings.heartbeat_timeout_ms / 10_000
        settled = self._scheduling.settle(epoch, self._clock.now_ms(), look_for_silence=silence)
        if settled is not None:
            self._clock.calibrate(settled.now_ms)
            metrics.COMMIT_SECONDS.observe(time.monotonic() - started)
            metrics.DECISIONS.labels("accepted").inc(settled.accepted)
            metrics.DECISIONS.labels("refused").inc(settled.refused)
            return True
        metrics.UNFINISHED.set(len(self._scheduling.partition.jobs))
        metrics.AGENDA.set(len(self._scheduling.partition.agenda))
        unfinished = len(self._scheduling.partition.jobs)
        if self._scheduling.folded - self._snapshot_at >= max(
            self._settings.snapshot_events, EVENTS_A_JOB * unfinished
        ):
            self._snapshot()
        if started >= self._trim_due:
            self._trim_due = started + min(TRIM_EVERY_S, self._settings.log_retention_ms / 4_000)
            trimmed = self._trimmer.trim(self._scheduling.partition.jobs, self._clock.now_ms())
            if trimmed is not None:
                self._scheduling.state_fact(trimmed, epoch, self._clock.now_ms())
        return False

    def _snapshot(self) -> None:
        snapshots.take(self._log, self._blobs, self._scheduling.partition)
        metrics.SNAPSHOTS.inc()
        self._snapshot_at = self._scheduling.folded

    def _rebuild(self, stop: threading.Event) -> None:
        while self._scheduling.follow() == PAGE:
            pass
        if rebuild(self._log, self._lease.scheduler, self._scheduling.partition) is None:
            stop.wait(AWAY_S)
        self._lease.lost()

    def _leave(self) -> None:
        self._bell.close()
        try:
            if self._lease.epoch is not None and self._scheduling.folded > self._snapshot_at:
                self._snapshot()
            self._lease.resign()
        except (ServerUnavailableError, ServerRefusedError) as error:
            _log.warning("could not leave in good order: %s", error)
