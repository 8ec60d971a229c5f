"""Calls that may take long, each on a thread; there are as many threads as calls have been under way at once.

Whoever must not wait for a server sends its calls here. What a call comes to, it says itself.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Thread

from journeyman_worker.clock import monotonic_ms

_log = logging.getLogger(__name__)


class Errands:
    """Threads that are started when needed, and stay until `close`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._under_way = 0

    def send(self, call: Callable[[], None]) -> None:
        """Have a call made, at once."""
        with self._lock:
            self._under_way += 1
            more = self._under_way > self._threads
            self._threads += more
        self._calls.put(call)
        if more:
            Thread(target=self._run, name=self._name, daemon=True).start()

    def close(self) -> None:
        """Let the threads end, each after the call it is at."""
        for _ in range(self._threads):
            self._calls.put(None)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            try:
                call()
            except Exception:  # noqa: BLE001 - a loop's runner; it is logged
                _log.exception("an errand failed")
            with self._lock:
                self._under_way -= 1


def side_by_side(calls: Sequence[Callable[[], object]], timeout_ms: float) -> None:
    """Make calls, each on a thread, and wait for a time. A single one is made here, and takes what it takes."""
    if len(calls) == 1:
        calls[0]()
        return
    threads = [Thread(target=call, name="errand", daemon=True) for call in calls]
    until = monotonic_ms() + timeout_ms
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - monotonic_ms()) / 1000)
