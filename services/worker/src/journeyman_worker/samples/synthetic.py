"""Work that is nothing but its own cost: the pure and the waiting part of `synthetic`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

#: Longest time spent in one call of `sleep`. A thread can be interrupted only between two of them.
SLICE_MS = 50


def pauses(sleep_ms: int, steps: int) -> Iterator[tuple[float, float]]:
    """Yield (percent reached, milliseconds to sleep before it), so that the pauses add up to `sleep_ms`."""
    for step in range(1, steps + 1):
        yield 100 * step / steps, sleep_ms * step / steps - sleep_ms * (step - 1) / steps


def sleep(duration_ms: float, *, clock: Callable[[], float] = time.monotonic) -> None:
    """Sleep in slices, so that a cancelled job ends within one of them."""
    deadline = clock() + duration_ms / 1000
    while (left := deadline - clock()) > 0:
        time.sleep(min(left, SLICE_MS / 1000))


def burn(cpu_ms: int) -> None:
    """Keep this thread busy until it has used `cpu_ms` of processor time, waits for the processor not counted."""
    end = time.thread_time_ns() + cpu_ms * 1_000_000
    while time.thread_time_ns() < end:
        sum(range(1_000))
