"""How far the read model has come, told by the projector's threads and awaited by requests on the event loop.

Every partition has a place of its own; what is said of the whole is the worst of them. Waiting is bounded by the
caller. When the process stops, `close` wakes everybody who waits.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterable

from journeyman.events import BEGINNING, Offset
from journeyman_dashboard.positions import Position, reached


class Place:
    """How far one partition's log has been read, and what is known of its end. See :class:`Reach`."""

    def __init__(self) -> None:
        self.offset = BEGINNING
        self.lag_ms = 0
        self.contact = time.monotonic()
        self.trouble = "has not read the log yet"
        self.caught_up = False
        #: The server's clock against this machine's; None until it was asked.
        self.skew_ms: int | None = None
        #: Requests that wait for this place, and whether there are any: the projector does not pause then.
        self.waiters = 0
        self.wanted = threading.Event()


class Reach:
    """The projected offsets. Written by a thread for each partition, read by any."""

    def __init__(self, partitions: Iterable[int] = (0,)) -> None:
        self._places = {partition: Place() for partition in partitions}
        self._lock = threading.Lock()
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._moved = asyncio.Event()
        #: Counts of this process, for metrics.
        self.projected = 0
        self.quarantined = 0

    # --- the projector's side --------------------------------------------------------------------------

    def calibrate(self, partition: int, server_ms: int) -> None:
        """Learn the time of a partition's server."""
        self._places[partition].skew_ms = server_ms - _host_ms()

    def advance(self, partition: int, offset: Offset, *, lag_ms: int, caught_up: bool, events: int = 0) -> None:
        """Say that a log could be read and that everything up to `offset` is in the read model, `events` more."""
        with self._lock:
            place = self._places[partition]
            moved = offset != place.offset
            place.offset, place.lag_ms = offset, max(0, lag_ms)
            place.contact = time.monotonic()
            place.trouble = ""
            place.caught_up = place.caught_up or caught_up
            self.projected += events
            if moved and self._loop is not None:
                self._loop.call_soon_threadsafe(self._wake)

    def resume(self, partition: int, offset: Offset) -> None:
        """Say that the read model goes on from here, before anything is known of the log."""
        with self._lock:
            self._places[partition].offset = offset

    def fail(self, partition: int, trouble: str) -> None:
        """Say why the read model does not move."""
        with self._lock:
            self._places[partition].trouble = trouble

    def wanted(self, partition: int) -> threading.Event:
        """Return what is set while a request waits for an offset of this partition."""
        return self._places[partition].wanted

    # --- what is so ------------------------------------------------------------------------------------

    @property
    def partitions(self) -> tuple[int, ...]:
        """The partitions that are followed."""
        return tuple(self._places)

    @property
    def position(self) -> dict[int, Offset]:
        """The last event of each partition that is in the read model."""
        return {partition: place.offset for partition, place in self._places.items()}

    def latest_ms(self) -> int:
        """Return the time of the last event that is in the read model, of whichever partition."""
        return max(place.offset.ms for place in self._places.values())

    @property
    def closed(self) -> bool:
        """Whether the process stops."""
        return self._closed

    def now_ms(self, partition: int | None = None) -> int:
        """Return the time of a partition's server, as last calibrated; without one, of the first that was asked."""
        places = self._places.values() if partition is None else (self._places[partition],)
        return _host_ms() + next((place.skew_ms for place in places if place.skew_ms is not None), 0)

    def lag_ms(self) -> int:
        """Return how far the read model is behind the logs; since the last contact, where there is none."""
        with self._lock:
            now = time.monotonic()
            return max(
                place.lag_ms + (int((now - place.contact) * 1000) if place.trouble else 0)
                for place in self._places.values()
            )

    def ready(self) -> tuple[bool, str]:
        """Tell whether the read model has caught up once and follows every log, and why not."""
        with self._lock:
            alone = len(self._places) == 1
            for partition, place in self._places.items():
                trouble = place.trouble or ("" if place.caught_up else "is catching up with the log")
                if trouble:
                    return False, trouble if alone else f"partition {partition}: {trouble}"
            return True, ""

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

    async def wait_until(self, wanted: Position, timeout_s: float) -> bool:
        """Wait until everything up to these offsets is in the read model; False where it is not in time."""
        deadline = time.monotonic() + timeout_s
        places = [self._places[partition] for partition in wanted]
        for place in places:
            place.waiters += 1
            place.wanted.set()
        try:
            while not reached(self.position, wanted) and not self._closed:
                if not await self.wait_moved(deadline - time.monotonic()):
                    break
        finally:
            for place in places:
                place.waiters -= 1
                if not place.waiters:
                    place.wanted.clear()
        return reached(self.position, wanted)

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


def _host_ms() -> int:
    return int(time.time() * 1000)
