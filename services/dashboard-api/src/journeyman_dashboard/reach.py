"""How far the read model has come, told by the projector's thread and awaited by requests on the event loop.

Waiting is bounded by the caller. When the process stops, `close` wakes everybody who waits.
"""

from __future__ import annotations

import asyncio
import threading
import time

from journeyman.events import BEGINNING, Offset


class Reach:
    """The projected offset and what is known of the log's end. Written by one thread, read by any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offset = BEGINNING
        self._lag_ms = 0
        self._contact = time.monotonic()
        self._skew_ms = 0
        self._trouble = "has not read the log yet"
        self._caught_up = False
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._moved = asyncio.Event()
        self._waiters = 0
        #: Counts of this process, for metrics.
        self.projected = 0
        self.quarantined = 0
        #: Set while a request waits for an offset: the projector does not pause then.
        self.wanted = threading.Event()

    # --- the projector's side --------------------------------------------------------------------------

    def calibrate(self, server_ms: int) -> None:
        """Learn the server's time."""
        self._skew_ms = server_ms - int(time.time() * 1000)

    def advance(self, offset: Offset, *, lag_ms: int, caught_up: bool) -> None:
        """Say that the log could be read and that everything up to `offset` is in the read model."""
        with self._lock:
            moved = offset != self._offset
            self._offset, self._lag_ms = offset, max(0, lag_ms)
            self._contact = time.monotonic()
            self._trouble = ""
            self._caught_up = self._caught_up or caught_up
            if moved and self._loop is not None:
                self._loop.call_soon_threadsafe(self._wake)

    def fail(self, trouble: str) -> None:
        """Say why the read model does not move."""
        with self._lock:
            self._trouble = trouble

    # --- what is so ------------------------------------------------------------------------------------

    @property
    def offset(self) -> Offset:
        """The last event that is in the read model."""
        return self._offset

    @property
    def closed(self) -> bool:
        """Whether the process stops."""
        return self._closed

    def now_ms(self) -> int:
        """Return the server's time, as last calibrated."""
        return int(time.time() * 1000) + self._skew_ms

    def lag_ms(self) -> int:
        """Return how far the read model is behind the log; since the last contact, where there is none."""
        with self._lock:
            silent_ms = int((time.monotonic() - self._contact) * 1000) if self._trouble else 0
            return self._lag_ms + silent_ms

    def ready(self) -> tuple[bool, str]:
        """Tell whether the read model has caught up once and follows the log, and why not."""
        with self._lock:
            if self._trouble:
                return False, self._trouble
            return self._caught_up, "" if self._caught_up else "is catching up with the log"

    # --- the event loop's side -------------------------------------------------------------------------

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wake waiters on this loop from now on."""
        with self._lock:
            self._loop = loop

    def close(self) -> None:
        """Wake everybody who waits, for the last time. Called on the loop."""
        with self._lock:
            self._loop, self._closed = None, True
        self._wake()

    async def wait_until(self, offset: Offset, timeout_s: float) -> bool:
        """Wait until everything up to `offset` is in the read model; False where it is not in time."""
        deadline = time.monotonic() + timeout_s
        self._waiters += 1
        self.wanted.set()
        try:
            while self._offset < offset and not self._closed:
                if not await self.wait_moved(deadline - time.monotonic()):
                    break
        finally:
            self._waiters -= 1
            if not self._waiters:
                self.wanted.clear()
        return self._offset >= offset

    async def wait_moved(self, timeout_s: float) -> bool:
        """Wait until the read model moves; False where it does not in time."""
        try:
            await asyncio.wait_for(self._moved.wait(), max(timeout_s, 0))
        except TimeoutError:
            return False
        return True

    def _wake(self) -> None:
        self._moved.set()
        if not self._closed:
            self._moved = asyncio.Event()
