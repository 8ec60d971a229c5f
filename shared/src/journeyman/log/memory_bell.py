"""The doorbells of workers whose log is in this process."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Protocol

from journeyman.log.api import Brought


class Ringing(Protocol):
    """What a log rings and brings through."""

    def hears(self, worker: str) -> bool:
        """Tell whether anybody listens to a worker's bell."""
        ...

    def ring(self, worker: str) -> bool:
        """Ring a worker; tell whether anybody heard it."""
        ...

    def bring(self, worker: str, brought: Brought) -> None:
        """Bring a worker a job that was started for it."""
        ...


class MemoryBells:
    """Everybody's bells."""

    def __init__(self) -> None:
        self._listening: defaultdict[str, list[MemoryBell]] = defaultdict(list)

    def listen(self, worker: str) -> MemoryBell:
        """Return a bell, which rings from now on."""
        bell = MemoryBell(self, worker)
        self._listening[worker].append(bell)
        return bell

    def leave(self, worker: str, bell: MemoryBell) -> None:
        """Ring this bell no more."""
        if bell in self._listening[worker]:
            self._listening[worker].remove(bell)

    def hears(self, worker: str) -> bool:
        """Tell whether anybody listens to a worker's bell."""
        return bool(self._listening[worker])

    def ring(self, worker: str) -> bool:
        """Ring a worker; tell whether anybody heard it."""
        for bell in self._listening[worker]:
            bell.ring()
        return self.hears(worker)

    def bring(self, worker: str, brought: Brought) -> None:
        """Bring a worker a job that was started for it."""
        for bell in self._listening[worker]:
            bell.bring(brought)


class MemoryBell:
    """Waits for rings; see `doorbell.Doorbell`."""

    def __init__(self, bells: MemoryBells, worker: str) -> None:
        self._bells, self._worker = bells, worker
        self._called = threading.Event()
        self._rung = self._heard = 0
        self._brought: deque[Brought] = deque()

    def ring(self) -> None:
        """Ring."""
        self._rung += 1
        self._called.set()

    def bring(self, brought: Brought) -> None:
        """Bring a job."""
        self._brought.append(brought)
        self._called.set()

    def wait(self, timeout_ms: float) -> bool:
        """Wait until the bell rings or something is brought, at most `timeout_ms`, or until `wake`; tell if it rang."""
        if not self._brought:
            self._called.wait(timeout_ms / 1000)
        self._called.clear()
        heard, self._heard = self._heard, self._rung
        return self._heard > heard

    def brought(self) -> Sequence[Brought]:
        """Return what was brought since last asked."""
        return [self._brought.popleft() for _ in range(len(self._brought))]

    def wake(self) -> None:
        """End a wait, from another thread, without a ring."""
        self._called.set()

    def close(self) -> None:
        """Hang up; a wait that is under way ends."""
        self._bells.leave(self._worker, self)
        self._called.set()
