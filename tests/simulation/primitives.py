"""What `threading`, `queue` and `time` offer, for strands instead of threads and in simulated time.

Only what the services use of them. All waiting ends in `Kernel.wait`, which may return early: so each looks again.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from simulation.kernel import SECOND, Strand, kernel

T = TypeVar("T")

#: When a simulated world begins, in seconds since 1970: 2026-01-01.
EPOCH_S = 1_767_225_600


def _until(timeout: float | None) -> int | None:
    return None if timeout is None else kernel().now + int(timeout * SECOND)


def _over(until: int | None) -> bool:
    return until is not None and kernel().now >= until


class _Waiting:
    """The strands that wait for something. Whoever may go on is woken; who comes first is chance."""

    def __init__(self) -> None:
        self._strands: list[Strand] = []

    def wait(self, until: int | None) -> None:
        """Wait until woken or until a time."""
        one = kernel()
        strand = one.current
        assert strand is not None
        self._strands.append(strand)
        try:
            one.wait(until)
        finally:
            self._strands.remove(strand)

    def wake(self) -> None:
        """Wake all."""
        for strand in self._strands:
            kernel().wake(strand)


class SimulatedEvent:
    """`threading.Event`."""

    def __init__(self) -> None:
        self._set = False
        self._waiting = _Waiting()

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        self._set = True
        self._waiting.wake()

    def clear(self) -> None:
        self._set = False

    def wait(self, timeout: float | None = None) -> bool:
        until = _until(timeout)
        if not self._set and _over(until):
            kernel().step()
        while not self._set and not _over(until):
            self._waiting.wait(until)
        return self._set


class SimulatedLock:
    """`threading.Lock`."""

    def __init__(self) -> None:
        self._locked = False
        self._waiting = _Waiting()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        until = _until(None if timeout < 0 else timeout)
        while self._locked:
            if not blocking or _over(until):
                return False
            self._waiting.wait(until)
        self._locked = True
        return True

    def release(self) -> None:
        self._locked = False
        self._waiting.wake()

    def locked(self) -> bool:
        return self._locked

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class SimulatedQueue(Generic[T]):
    """`queue.SimpleQueue`."""

    def __init__(self) -> None:
        self._items: deque[T] = deque()
        self._waiting = _Waiting()

    def put(self, item: T, block: bool = True, timeout: float | None = None) -> None:
        self._items.append(item)
        self._waiting.wake()

    def get(self, block: bool = True, timeout: float | None = None) -> T:
        until = _until(timeout)
        while not self._items:
            if not block or _over(until):
                raise queue.Empty
            self._waiting.wait(until)
        return self._items.popleft()

    def get_nowait(self) -> T:
        return self.get(block=False)

    def empty(self) -> bool:
        return not self._items

    def qsize(self) -> int:
        return len(self._items)


class SimulatedLine(SimulatedQueue[Any]):
    """`journeyman_worker.runner.bench.Line`."""

    @property
    def unfinished_tasks(self) -> int:
        return self.qsize()

    def task_done(self) -> None:
        """Nothing, as there."""

    def join(self) -> None:
        """Nothing, as there."""


class StrandThread:
    """What is a thread's about a strand. Mixed into classes that are threads elsewhere: `run` is theirs."""

    _strand: Strand | None = None
    name: str = "thread"

    def start(self) -> None:
        one = kernel()
        assert one.current is not None
        self._strand = one.spawn(one.current.process, str(self.name), self._body())

    def _body(self) -> Callable[[], object]:
        body: Callable[[], object] = getattr(self, "run")  # noqa: B009 - of the class that this is mixed into
        return body

    def is_alive(self) -> bool:
        return self._strand is not None and not self._strand.done

    def join(self, timeout: float | None = None) -> None:
        until, strand, me = _until(timeout), self._strand, kernel().current
        assert strand is not None
        assert me is not None
        while not strand.done and not _over(until):
            strand.waiters.append(me)
            try:
                kernel().wait(until)
            finally:
                strand.waiters.remove(me)


class SimulatedThread(StrandThread):
    """`threading.Thread`."""

    def __init__(
        self,
        group: None = None,
        target: Callable[..., object] | None = None,
        name: str | None = None,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        daemon: bool | None = None,
    ) -> None:
        self.name = name or "thread"
        self.daemon = daemon
        self._call = target, args, kwargs or {}

    def run(self) -> None:
        """Call the target."""
        target, args, kwargs = self._call
        if target is not None:
            target(*args, **kwargs)


def get_ident() -> int:
    """`threading.get_ident`."""
    current = kernel().current
    return current.ident if current is not None else 0


class SimulatedThreading:
    """The module `threading`."""

    Event = SimulatedEvent
    Lock = SimulatedLock
    RLock = SimulatedLock
    Thread = SimulatedThread
    local = threading.local
    get_ident = staticmethod(get_ident)


class SimulatedTime:
    """The module `time`. The wall clock is that of the process's host, which may be wrong."""

    @staticmethod
    def monotonic() -> float:
        return kernel().now / SECOND

    @staticmethod
    def perf_counter() -> float:
        return kernel().now / SECOND

    @staticmethod
    def perf_counter_ns() -> int:
        return kernel().now * 1_000

    @staticmethod
    def time() -> float:
        one = kernel()
        wrong_us = one.current.process.wall_us if one.current is not None else 0
        return EPOCH_S + (one.now + wrong_us) / SECOND

    @staticmethod
    def sleep(span_s: float) -> None:
        kernel().sleep(int(span_s * SECOND))


class SimulatedCollector:
    """The module `gc`: a process of the simulation has no garbage of its own."""

    @staticmethod
    def collect() -> int:
        return 0

    @staticmethod
    def freeze() -> None:
        """Nothing."""


class SimulatedChance:
    """The modules `random` and `secrets`: everything comes from the one seed."""

    @staticmethod
    def random() -> float:
        return kernel().random.random()

    @staticmethod
    def uniform(low: float, high: float) -> float:
        return kernel().random.uniform(low, high)

    @staticmethod
    def choice(items: Sequence[T]) -> T:
        return kernel().random.choice(items)

    @staticmethod
    def randbits(bits: int) -> int:
        return kernel().random.getrandbits(bits)

    @staticmethod
    def token_hex(size: int) -> str:
        return f"{kernel().random.getrandbits(8 * size):0{2 * size}x}"
