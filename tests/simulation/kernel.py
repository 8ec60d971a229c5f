"""The machine under a simulation: time, strands, processes that die and stand still, and one source of chance.

A *strand* is a thread of a simulated process: a greenlet that runs until it waits. Everything that waits (a sleep, a
lock, a queue, a call to the log) comes here, and the hub says who goes on and when. So there is one order of events for
each seed, and between any two steps of a process it can be killed or stopped.

Time is in microseconds since the beginning and passes only between steps. Nothing here knows Journeyman.
"""

from __future__ import annotations

import asyncio
import hashlib
import heapq
import random
from collections import deque
from collections.abc import Callable
from typing import Any

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]

#: Lines of the trace that are kept for whoever has to understand a failure.
TRACE_LINES = 400
#: The longest time that passes between a strand being woken and its going on, in microseconds: a power of two.
JITTER_US = 64

SECOND = 1_000_000


class KilledError(BaseException):
    """Raised in every strand of a process that was killed: nothing it does from here on has an effect."""


class StuckError(AssertionError):
    """Time does not pass any more: some strand goes round without waiting."""


class Strand:
    """A thread of a simulated process."""

    __slots__ = ("done", "greenlet", "ident", "name", "pending", "process", "turn", "waiters", "woken")

    def __init__(self, process: Process, name: str, ident: int) -> None:
        self.process = process
        self.name = name
        self.ident = ident
        self.greenlet: Any = None
        self.turn = 0
        self.woken = False
        self.done = False
        #: An exception that somebody wants raised in it.
        self.pending: type[BaseException] | None = None
        self.waiters: list[Strand] = []


class Process:
    """A simulated process. `runs_from`: when it goes on, where it stands still. `wall_us`: its host's clock, off."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive = True
        self.runs_from = 0
        self.wall_us = 0
        self.strands: list[Strand] = []
        self.on_death: list[Callable[[], None]] = []

    def __repr__(self) -> str:
        return self.name


class Kernel:
    """One simulated world's time and strands."""

    def __init__(self, seed: int | str) -> None:
        self.random = random.Random(seed)
        self.now = 0
        self.steps = 0
        #: What happens at the step of this number, to the process whose turn it is then.
        self.next_fault = 0
        self.on_fault: Callable[[Process], None] = lambda _: None
        self.current: Strand | None = None
        self.trace: deque[str] = deque(maxlen=TRACE_LINES)
        self.trace_all: Callable[[str], None] | None = None
        self._digest = hashlib.blake2b(digest_size=16)
        self._hub = getcurrent()
        self._heap: list[tuple[int, int, Any, int]] = []
        self._pushed = 0
        self._idents = 0
        self._still = 0

    # --- what is written down --------------------------------------------------------------------------

    def note(self, who: str, what: str) -> None:
        """Add a line to the trace."""
        line = f"{self.now / SECOND:11.6f} {who:<12} {what}"
        self.trace.append(line)
        self._digest.update(line.encode())
        if self.trace_all is not None:
            self.trace_all(line)

    def fingerprint(self) -> str:
        """Return a digest of the whole trace: equal for equal runs."""
        return self._digest.hexdigest()

    # --- processes and strands -------------------------------------------------------------------------

    def spawn(self, process: Process, name: str, run: Callable[[], object]) -> Strand:
        """Start a strand. Whatever escapes from it is told to nobody but the log, as with a thread."""
        self._idents += 1

        def body() -> None:
            try:
                run()
            except KilledError:
                pass
            finally:
                self._finished(strand)

        strand = Strand(process, name, self._idents)
        strand.greenlet = greenlet(body, parent=self._hub)
        process.strands.append(strand)
        self._push(self.now + self.jitter(), strand, 0)
        return strand

    def _finished(self, strand: Strand) -> None:
        strand.done = True
        if strand.process.alive:
            strand.process.strands.remove(strand)
            for waiter in strand.waiters:
                self.wake(waiter)

    def kill(self, process: Process) -> None:
        """End a process at once, wherever it is. Called from the hub."""
        if not process.alive:
            return
        process.alive = False
        strands, process.strands = process.strands, []
        for strand in strands:
            if strand.greenlet:
                self.current = strand
                strand.greenlet.throw(KilledError)
        self.current = None
        for tell in process.on_death:
            tell()

    def stand_still(self, process: Process, span_us: int) -> None:
        """Let a process do nothing for a while, as after SIGSTOP."""
        process.runs_from = max(process.runs_from, self.now + span_us)

    # --- time and turns --------------------------------------------------------------------------------

    def jitter(self) -> int:
        """Return the time until a strand that could go on does: what decides who is first."""
        return 1 + self.random.getrandbits(6)

    def at(self, when: int, call: Callable[[], object]) -> None:
        """Have a call made by the hub. It must not wait."""
        self._push(when, call, -1)

    def _push(self, when: int, what: Any, turn: int) -> None:
        self._pushed += 1
        heapq.heappush(self._heap, (when, self._pushed, what, turn))

    def wake(self, strand: Strand) -> None:
        """Let a strand that waits go on soon."""
        strand.woken = True
        self._push(self.now + self.jitter(), strand, strand.turn)

    def wait(self, until: int | None = None) -> bool:
        """Let the calling strand wait until it is woken (True) or the time has come (False).

        It may return sooner than there is a reason to: whoever waits looks, and waits again.
        """
        strand = self.current
        assert strand is not None, "only a strand can wait"
        if not strand.process.alive:
            raise KilledError
        if strand.pending is not None:
            raise self._taken(strand)
        strand.woken = False
        if until is not None:
            self._push(max(until, self.now + 1), strand, strand.turn)
        loop = asyncio._get_running_loop()
        if loop is not None:
            asyncio._set_running_loop(None)
        try:
            self._hub.switch()
        finally:
            strand.turn += 1
            if loop is not None:
                asyncio._set_running_loop(loop)
        if strand.pending is not None:
            raise self._taken(strand)
        return strand.woken

    def _taken(self, strand: Strand) -> BaseException:
        pending, strand.pending = strand.pending, None
        assert pending is not None
        return pending()

    def sleep(self, span_us: int) -> None:
        """Let the calling strand wait for a time."""
        until = self.now + max(span_us, 1)
        while self.wait(until) and self.now < until:
            pass

    def step(self) -> None:
        """Let others go on: a place at which a process may die or stand still."""
        self.wait(self.now + self.jitter())

    def interrupt(self, strand: Strand, reason: type[BaseException]) -> None:
        """Raise an exception in a strand, where it next goes on."""
        if not strand.done:
            strand.pending = reason
            self.wake(strand)

    def run(self, until: int, done: Callable[[], bool] = lambda: False) -> None:
        """Let everybody go on until a time has come, or `done` says so (asked every simulated second)."""
        ask_at = self.now
        heap = self._heap
        while heap and heap[0][0] <= until:
            when, _, what, turn = heapq.heappop(heap)
            self._still = 0 if when > self.now else self._still + 1
            if self._still > 100_000:
                raise StuckError(f"100,000 steps without any time passing, at {self.now}")
            self.now = max(self.now, when)
            if turn < 0:
                what()
            else:
                self._go_on(what, turn)
            if self.now >= ask_at:
                if done():
                    return
                ask_at = self.now + SECOND
        self.now = max(self.now, until)

    def _go_on(self, strand: Strand, turn: int) -> None:
        process = strand.process
        if strand.done or strand.turn != turn or not process.alive:
            return
        if process.runs_from > self.now:
            self._push(process.runs_from + self.jitter(), strand, turn)
            return
        self.steps += 1
        if self.steps == self.next_fault:
            self.on_fault(process)
            if not process.alive or process.runs_from > self.now:
                self._push(process.runs_from + self.jitter(), strand, turn)
                return
        self.current = strand
        strand.greenlet.switch()
        self.current = None


_kernels: list[Kernel] = []


def kernel() -> Kernel:
    """Return the kernel of the simulation that runs."""
    return _kernels[-1]


def enter(one: Kernel) -> None:
    """Make a kernel the one that `kernel` returns."""
    _kernels.append(one)


def leave() -> None:
    """Undo the last `enter`."""
    _kernels.pop()
