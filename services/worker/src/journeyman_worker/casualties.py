"""Tells the log which workers died, so that their jobs go on at once.

While the log cannot be told, the heartbeat timeout does the same, later; so one try is enough.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Sequence
from threading import Lock, Thread
from typing import TYPE_CHECKING, NamedTuple

from journeyman import failpoints
from journeyman.errors import JourneymanError
from journeyman.events import Evidence, WorkerLost
from journeyman.ids import ALPHABET, partition_of
from journeyman.proposals import Alive, Leave, Proposal
from journeyman.settings import Settings

if TYPE_CHECKING:
    from journeyman.log.redis_log import RedisLog

FINISH_S = 2.0

_log = logging.getLogger(__name__)


class Death(NamedTuple):
    """How a worker died, in words and with the evidence, and what it was running; None where that is not known."""

    worker: str
    reason: str
    evidence: Evidence
    running: Sequence[str] | None


class Casualties:
    """Reports workers, to each partition on a thread of its own, over a connection of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._caller = "p-" + "".join(secrets.choice(ALPHABET) for _ in range(16))
        self._numbers = [0] * settings.partitions
        self._locks = [Lock() for _ in self._numbers]
        self._threads: list[Thread] = []

    def report(self, death: Death) -> None:
        """Have a worker declared lost, unless it left or was declared lost already."""
        from journeyman.log.connect import opener

        opened = opener(self._settings)
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        for partition in range(self._settings.partitions):
            thread = Thread(target=self._report, args=(opened, partition, death), name="casualty", daemon=True)
            self._threads.append(thread)
            thread.start()

    def finish(self) -> None:
        """Wait a little for reports under way."""
        until = time.monotonic() + FINISH_S
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _report(self, opened: Callable[[int], RedisLog], partition: int, death: Death) -> None:
        worker, reason, evidence, running = death
        here = None if running is None else tuple(job_id for job_id in running if partition_of(job_id) == partition)
        proposal = Proposal((WorkerLost(worker, reason, evidence, here),), Alive(worker), (Leave(worker),))
        with self._locks[partition]:
            self._numbers[partition] += 1
            try:
                log = opened(partition)
                try:
                    log.append([proposal], caller=self._caller, number=self._numbers[partition])
                    failpoints.hit("worker.child_reported")
                finally:
                    log.close()
            except JourneymanError as error:
                _log.warning("could not report that %s is lost (%s): %s", worker, reason, error)
