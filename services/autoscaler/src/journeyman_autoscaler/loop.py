"""The autoscaler's rhythm: read the log, decide, append the decision, apply it.

It starts at the log's beginning, because open jobs are what it counts, and decides nothing before it has caught up;
until then the fewest workers run, or, where workers outlast the autoscaler, as many as there are: it then goes on from
the number that was decided last. Of workers whose joining was trimmed away, their heartbeats tell. When the server
does not answer, the workers there are stay, dead ones are replaced, and it tries again. A decision that could not be
recorded is applied all the same: the next one that changes the number is recorded with what went before. What a
provider cannot do at the moment makes the service not ready, and stops nothing.

Several partitions are read in turn, and counted as one fleet: a worker serves all of them. Decisions are recorded in
the log of partition 0. Decides on the whole only: while one of the logs cannot be read, the last decision stands.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from journeyman import failpoints
from journeyman.errors import JourneymanError
from journeyman.events import BEGINNING, FleetScaled
from journeyman.log.api import Log
from journeyman.proposals import Proposal
from journeyman_autoscaler import metrics
from journeyman_autoscaler.observe import Fleet, Observation
from journeyman_autoscaler.policy import Decision, Limits, Memory, decide
from journeyman_autoscaler.providers import Held, Provider

_READ_COUNT = 200
#: Between two looks at logs that were read to their ends. Waiting for news instead would mean a read for each commit.
_LOOK_EVERY_S = 0.25
#: Between two decisions: the log brings news far more often than a process starts.
_DECIDE_EVERY_S = 0.5
_RETRY_S = 1.0

_log = logging.getLogger(__name__)


class Loop:
    """Scales one fleet. `ready` may be asked from any thread; the rest is for one."""

    def __init__(
        self,
        logs: Sequence[Log],
        provider: Provider,
        limits: Limits,
        tell: Callable[[Mapping[str, int]], None] = lambda _: None,
    ) -> None:
        """Prepare. logs: of all partitions. tell: hears of every observation how many jobs wait in which queue."""
        self._logs = logs
        self._log = logs[0]
        self._provider = provider
        self._limits = limits
        self._tell = tell
        self._fleet = Fleet()
        self._memory = Memory()
        self._afters = [BEGINNING] * len(logs)
        self._caller = f"a-{secrets.token_hex(8)}"
        self._number = 0
        self._caught_up = False
        self._desired = 0
        self._detail = "reading the log"

    def ready(self) -> tuple[bool, str]:
        """Say whether decisions are being made, and applied."""
        trouble = self._provider.trouble
        if trouble:
            return False, f"{self._detail}; not applied: {trouble}"
        return self._caught_up, self._detail

    def run(self, stop: threading.Event) -> None:
        """Read and decide until told to stop."""
        decide_at = 0.0
        while not stop.is_set():
            try:
                behind = self._read()
                if time.monotonic() >= decide_at:
                    decide_at = time.monotonic() + _DECIDE_EVERY_S
                    self._step()
                if not behind:
                    stop.wait(_LOOK_EVERY_S)
            except JourneymanError as error:
                _log.warning("no decision: %s", error)
                self._detail = str(error)
                self._apply()
                stop.wait(_RETRY_S)

    def _read(self) -> bool:
        """Read a page of each log; tell whether one of them goes on behind it."""
        behind = False
        for index, log in enumerate(self._logs):
            entries = log.read(self._afters[index], count=_READ_COUNT)
            for entry in entries:
                self._fleet.apply(entry, log.partition)
            if entries:
                self._afters[index] = entries[-1].offset
            behind = behind or len(entries) == _READ_COUNT
        if not behind and not self._caught_up:
            self._begin()
            self._caught_up = True
        return behind

    def _begin(self) -> None:
        """Go on from where the autoscaler before this one stopped, if its workers are still there."""
        for log in self._logs:
            for beat in log.beats():
                self._fleet.meet(beat.worker, beat.facts, log.partition)
        if self._provider.outlasts:
            there = self._fleet.observe(self._log.now_ms()).workers
            self._desired = self._fleet.decided.get(self._provider.name, there)

    def _step(self) -> None:
        if self._caught_up:
            now_ms = self._log.now_ms()
            seen = self._fleet.observe(now_ms)
            current = self._desired if self._provider.applies else seen.workers
            limits = self._limits.within(self._provider.bounds)
            decision, self._memory = decide(seen, current, limits, self._memory)
            self._detail = f"{decision.desired} workers: {decision.reason}"
            if decision.desired != self._desired:
                failpoints.hit("autoscaler.before_decision")
                self._record(seen, current, decision)
                failpoints.hit("autoscaler.after_decision")
                if decision.desired != current:
                    metrics.DECISIONS.labels(metrics.UP if decision.desired > current else metrics.DOWN).inc()
            self._desired = decision.desired
            metrics.LEAST.set(limits.workers_min)
            metrics.MOST.set(limits.workers_max)
            metrics.WANTED.set(decision.desired)
            metrics.RUNNING.set(seen.workers)
            metrics.BACKLOG.set(seen.waiting)
            metrics.ARRIVALS.set(seen.arrival_per_s)
            self._tell(seen.backlog)
        self._apply()

    def _record(self, seen: Observation, previous: int, decision: Decision) -> None:
        event = FleetScaled(
            self._provider.name,
            decision.desired,
            previous,
            decision.reason,
            backlog=seen.waiting,
            arrival_per_s=round(seen.arrival_per_s, 3),
            service_ms=round(seen.service_ms or 0.0, 3),
        )
        _log.info("workers: %d instead of %d; %s", decision.desired, previous, decision.reason)
        self._number += 1
        try:
            self._log.append([Proposal((event,))], caller=self._caller, number=self._number)
        except JourneymanError as error:
            _log.warning("the decision could not be recorded: %s", error)

    def _apply(self) -> None:
        if self._caught_up or not self._provider.outlasts:
            least = self._limits.within(self._provider.bounds).workers_min
            self._provider.apply(max(self._desired, least), self._held())

    def _held(self) -> Mapping[str, Held]:
        return {
            id: Held(worker.host, worker.pid, worker.instance, worker.running, worker.draining)
            for id, worker in self._fleet.workers.items()
        }
