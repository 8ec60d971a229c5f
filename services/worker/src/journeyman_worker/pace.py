"""How close calls to the log may follow each other: as they come, until they come thick and fast. Pure.

A call that waits takes along what arrives meanwhile, so fewer do more. But waiting costs latency, so only the calls of
a busy worker wait: those that came closer than `apart_ms` several times in a row.

What idle workers say now and then, they say in step, at quarters of a second of the server's clock. A server that is
woken for each of them has cold caches every time; woken for many at once it needs half the processor time.
"""

from __future__ import annotations

from collections import deque

#: After so many calls in a hurry the next one waits.
IN_A_ROW = 4


STEP_MS = 250
#: Spans shorter than this are left as they are.
STEPPED_FROM_MS = 2 * STEP_MS


def in_step(span_ms: float, server_ms: int) -> float:
    """Return a span, a little shorter, that ends in step with other workers'. `server_ms`: when it begins."""
    return span_ms - (server_ms + span_ms) % STEP_MS if span_ms >= STEPPED_FROM_MS else span_ms


class Pace:
    """When the last calls began. Times are milliseconds."""

    __slots__ = ("_apart_ms", "_begun")

    def __init__(self, apart_ms: float) -> None:
        self._apart_ms = apart_ms
        self._begun: deque[float] = deque(maxlen=IN_A_ROW)

    def note(self, now_ms: float) -> None:
        """Note that a call begins."""
        self._begun.append(now_ms)

    def not_before(self, now_ms: float) -> float:
        """Return when the next call may begin."""
        begun = self._begun
        if len(begun) < IN_A_ROW or now_ms - begun[0] > IN_A_ROW * self._apart_ms:
            return now_ms
        return max(now_ms, begun[-1] + self._apart_ms)
