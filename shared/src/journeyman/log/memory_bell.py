"""The doorbell of a worker whose log is in this process."""

from __future__ import annotations

import threading


class Rings(threading.Event):
    """Set by rings, which it counts, and by whoever wants to end a wait."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def ring(self) -> None:
        """Ring."""
        self.count += 1
        self.set()


class MemoryBell:
    """Waits for rings; see `doorbell.Doorbell`."""

    def __init__(self, rings: Rings) -> None:
        self._rings = rings
        self._heard = 0

    def wait(self, timeout_ms: float) -> bool:
        """Wait until the bell rings, at most `timeout_ms`, or until `wake`; tell whether it rang."""
        self._rings.wait(timeout_ms / 1000)
        self._rings.clear()
        heard, self._heard = self._heard, self._rings.count
        return self._heard > heard

    def wake(self) -> None:
        """End a wait, from another thread, without a ring."""
        self._rings.set()

    def close(self) -> None:
        """Hang up; a wait that is under way ends."""
        self._rings.set()
