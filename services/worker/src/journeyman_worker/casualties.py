"""Tells the log which workers died, so that their jobs go on at once.

While the log cannot be told, the heartbeat timeout does the same, later; so one try is enough.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from threading import Lock, Thread
from typing import TYPE_CHECKING

from journeyman.errors import JourneymanError
from journeyman.events import WorkerLost
from journeyman.ids import ALPHABET
from journeyman.proposals import Alive, Leave, Proposal
from journeyman.settings import Settings

if TYPE_CHECKING:
    from journeyman.log.redis_log import RedisLog

FINISH_S = 2.0

_log = logging.getLogger(__name__)


class Casualties:
    """Reports workers, to each partition on a thread of its own, over a connection of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._caller = "p-" + "".join(secrets.choice(ALPHABET) for _ in range(16))
        self._numbers = [0] * settings.partitions
        self._locks = [Lock() for _ in self._numbers]
        self._threads: list[Thread] = []

    def report(self, worker: str, reason: str) -> None:
        """Have a worker declared lost, unless it left or was declared lost already."""
        from journeyman.log.connect import opener

        opened = opener(self._settings)
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        for partition in range(self._settings.partitions):
            told = (opened, partition, worker, reason)
            thread = Thread(target=self._report, args=told, name="casualty", daemon=True)
            self._threads.append(thread)
            thread.start()

    def finish(self) -> None:
        """Wait a little for reports under way."""
        until = time.monotonic() + FINISH_S
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _report(self, opened: Callable[[int], RedisLog], partition: int, worker: str, reason: str) -> None:
        proposal = Proposal((WorkerLost(worker, reason),), Alive(worker), (Leave(worker),))
        with self._locks[partition]:
            self._numbers[partition] += 1
            try:
                log = opened(partition)
                try:
                    log.append([proposal], caller=self._caller, number=self._numbers[partition])
                finally:
                    log.close()
            except JourneymanError as error:
                _log.warning("could not report that %s is lost (%s): %s", worker, reason, error)
