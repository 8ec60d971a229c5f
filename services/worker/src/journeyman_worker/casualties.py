"""Tells the log which workers died, so that their jobs go on at once.

While the log cannot be told, the heartbeat timeout does the same, later; so one try is enough.
"""

from __future__ import annotations

import logging
import secrets
from threading import Lock, Thread

from journeyman.errors import JourneymanError
from journeyman.events import WorkerLost
from journeyman.ids import ALPHABET
from journeyman.proposals import Alive, Leave, Proposal
from journeyman.settings import Settings

FINISH_S = 2.0

_log = logging.getLogger(__name__)


class Casualties:
    """Reports workers, each on a thread of its own, over a connection of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._caller = "p-" + "".join(secrets.choice(ALPHABET) for _ in range(16))
        self._number = 0
        self._lock = Lock()
        self._threads: list[Thread] = []

    def report(self, worker: str, reason: str) -> None:
        """Have a worker declared lost, unless it left or was declared lost already."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = Thread(target=self._report, args=(worker, reason), name="casualty", daemon=True)
        self._threads.append(thread)
        thread.start()

    def finish(self) -> None:
        """Wait a little for reports under way."""
        for thread in self._threads:
            thread.join(FINISH_S)

    def _report(self, worker: str, reason: str) -> None:
        from journeyman.log.connect import open_log

        proposal = Proposal((WorkerLost(worker, reason),), Alive(worker), (Leave(worker),))
        with self._lock:
            self._number += 1
            try:
                log = open_log(self._settings)
                try:
                    log.append([proposal], caller=self._caller, number=self._number)
                finally:
                    log.close()
            except JourneymanError as error:
                _log.warning("could not report that %s is lost (%s): %s", worker, reason, error)
