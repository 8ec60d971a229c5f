"""Two small loops of a worker: one looks at the running attempts, one listens to the doorbell.

Looking costs the same whatever goes through the worker: it visits only what runs at the moment, a few times a
second, and so an attempt is stopped at most `LOOK_MS` after its deadline.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from threading import Event, Thread
from typing import Protocol

from journeyman_worker.clock import monotonic_ms
from journeyman_worker.runner.attempt import Attempt

LOOK_MS = 50.0
LISTEN_MS = 500.0

_log = logging.getLogger(__name__)


class Bell(Protocol):
    """What rings: see `journeyman.log.doorbell`."""

    def wait(self, timeout_ms: float) -> bool:
        """Wait until it rings."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


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


class Listener:
    """Passes on the rings of one worker's doorbell."""

    def __init__(self, bell: Bell, on_ring: Callable[[], None]) -> None:
        self._bell = bell
        self._on_ring = on_ring
        self._closed = False
        self._thread = Thread(target=self._run, name="doorbell", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def close(self) -> None:
        """Have the thread hang up, within `LISTEN_MS`."""
        self._closed = True

    def _run(self) -> None:
        while not self._closed:
            try:
                if self._bell.wait(LISTEN_MS) and not self._closed:
                    self._on_ring()
            except Exception:  # noqa: BLE001 - a loop's runner; it is logged
                _log.exception("the doorbell failed; polling goes on")
                time.sleep(LISTEN_MS / 1000)
        self._bell.close()
