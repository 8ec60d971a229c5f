"""The simulated server: the log in memory with a clock of its own, that can stop, lose its tail, be replaced by a copy.

What it answers is `MemoryLog`'s to say, which the conformance suite and a differential test hold against real servers.
Here is what happens to a server: it is restarted with or without the last second, a replica takes over that has seen
everything up to some moment, its clock steps. Everybody who read more than the new one has is then ahead of the log.
"""

from __future__ import annotations

import copy
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any, TypeAlias

from journeyman import events as e
from journeyman.errors import ServerUnavailableError
from journeyman.log.api import Brought
from journeyman.log.keys import SCHEDULER
from journeyman.log.memory_bell import Ringing
from journeyman.log.memory_log import MemoryLog
from simulation.kernel import Kernel
from simulation.primitives import EPOCH_S

#: What is a server's state of all that the log in memory has.
_NOT_STATE = frozenset({"_clock", "_changed", "_bells"})
_OURS = "journeyman.log.memory_"

#: Called with what was brought; None for a ring.
Listener: TypeAlias = Callable[[Brought | None], None]


def cloned(value: Any) -> Any:
    """Return a copy of what may change; what cannot is shared."""
    kind = type(value)
    if kind in (dict, defaultdict):
        copied = value.copy()
        for key, held in value.items():
            new = cloned(held)
            if new is not held:
                copied[key] = new
        return copied
    if kind in (list, deque):
        return kind(map(cloned, value))
    if kind is set:
        return set(value)
    if kind.__module__.startswith(_OURS) and hasattr(value, "__dict__"):
        copied = copy.copy(value)
        for name, held in vars(value).items():
            setattr(copied, name, cloned(held))
        return copied
    return value


class SimulatedMemoryLog(MemoryLog):
    """The log in memory, and what only a server knows."""

    def born_ms(self) -> int:
        """See `RedisLog.born_ms`."""
        return self._entries[0][0].ms if self._entries else 0

    def state(self) -> dict[str, Any]:
        """Return everything that a replica has."""
        return {name: cloned(value) for name, value in vars(self).items() if name not in _NOT_STATE}

    def become(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        vars(self).update(cloned(state))

    def ring_through(self, bells: Ringing) -> None:
        """Let rings out this way."""
        self.derived.bells = bells


class Server:
    """One server at a time, whichever it is. `wrote` is called after every call that added to the log.

    replicated: a write is acknowledged when a replica has it (`WAIT`). copy: the state as the replica, or the disk, has
    it, where that is behind.
    """

    def __init__(self, kernel: Kernel, *, replicated: bool) -> None:
        self.kernel = kernel
        self.replicated = replicated
        self.up = True
        self.clock_us = 0
        self.copy: dict[str, Any] | None = None
        self.bells: dict[str, list[Listener]] = {}
        self.wrote: Callable[[], None] = lambda: None
        self.forgot: Callable[[], None] = lambda: None
        self.log = SimulatedMemoryLog(now_ms=self.now_ms)
        self.log.ring_through(self)
        self._end = e.BEGINNING

    def now_ms(self) -> int:
        """Return the server's time."""
        return EPOCH_S * 1_000 + (self.kernel.now + self.clock_us) // 1_000

    def call(self, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Carry a call out. Returns the reply or raises our error."""
        if not self.up:
            raise ServerUnavailableError("connection refused")
        try:
            reply = getattr(self.log, name)(*args, **named)
        finally:
            end = self.log.end()
            if end != self._end:
                self._end = end
                self.wrote()
                if name in ("append", "finish"):
                    self.ring(SCHEDULER)
        return list(reply) if name == "dead_letters" else reply

    def is_behind(self) -> bool:
        """Tell whether the replica has not everything."""
        return self.copy is not None

    # --- what happens to it ----------------------------------------------------------------------------

    def fall_behind(self) -> None:
        """From now on nothing reaches the replica, or the disk."""
        if self.copy is None:
            self.copy = self.log.state()

    def catch_up(self) -> None:
        """The replica, or the disk, has everything again."""
        self.copy = None

    def stop(self, down_us: int, *, lose_tail: bool, step_us: int) -> None:
        """Go down, for so long; come back without what the disk or the replica did not have, with another clock."""
        self.up = False
        copied, self.copy = self.copy, None
        self.kernel.at(self.kernel.now + down_us, lambda: self._come_back(copied if lose_tail else None, step_us))

    def _come_back(self, state: dict[str, Any] | None, step_us: int) -> None:
        self.up = True
        self.clock_us += step_us
        if state is not None:
            self.log.become(state)
            self._end = self.log.end()
            self.forgot()
        # Whoever subscribes again takes that for a ring.
        for name in list(self.bells):
            self.ring(name)

    # --- doorbells -------------------------------------------------------------------------------------

    def hears(self, worker: str) -> bool:
        """Tell whether anybody listens."""
        return bool(self.bells.get(worker))

    def ring(self, worker: str) -> bool:
        """Ring whoever listens; tell whether anybody does."""
        return self._send(worker, None)

    def bring(self, worker: str, brought: Brought) -> None:
        """Bring a job to whoever listens."""
        self._send(worker, brought)

    def _send(self, name: str, brought: Brought | None) -> bool:
        for hear in self.bells.get(name, ()):
            hear(brought)
        return self.hears(name)

    def listen(self, name: str, hear: Listener) -> Callable[[], None]:
        """Have `hear` called with whatever comes over a bell; returns what ends that."""
        listening = self.bells.setdefault(name, [])
        listening.append(hear)

        def hang_up() -> None:
            if hear in listening:
                listening.remove(hear)

        return hang_up
