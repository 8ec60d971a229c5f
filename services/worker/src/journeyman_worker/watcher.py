"""A small loop of a worker that looks at the running attempts.

Looking costs the same whatever goes through the worker: it visits only what runs at the moment, a few times a
second, and so an attempt is stopped at most `LOOK_MS` after its deadline.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from threading import Event, Thread

from journeyman_worker.clock import monotonic_ms
from journeyman_worker.runner.attempt import Attempt

LOOK_MS = 50.0

_log = logging.getLogger(__name__)


class Watcher:
    """Stops attempts that are out of time and writes progress that was held back."""

    def __init__(self, running: Callable[[], Iterable[Attempt]]) -> None:
        self._running = running
        self._closed = Event()
        self._thread = Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._closed.set()

    def _run(self) -> None:
        while not self._closed.wait(LOOK_MS / 1000):
            now = monotonic_ms()
            for attempt in self._running():
                try:
                    attempt.look(now)
                except Exception:  # noqa: BLE001 - a loop's runner; it is logged
                    _log.exception("cannot look after %s", attempt.token)
