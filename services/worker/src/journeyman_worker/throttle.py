"""Which progress reports are written: the first at once, then the latest, no closer together than an interval. Pure."""

from __future__ import annotations

from typing import NamedTuple

INTERVAL_MS = 200
MESSAGE_CHARS_MAX = 1_000


class Progress(NamedTuple):
    """How far a running attempt is, from 0 to 100 percent, and in words."""

    percent: float
    message: str = ""


def as_progress(percent: float, message: object = "") -> Progress:
    """Return a report within its limits. NaN is 0; text is cut and made encodable."""
    number = float(percent)
    bounded = min(100.0, max(0.0, number)) if number == number else 0.0  # noqa: PLR0124 - false for NaN alone
    text = str(message)[:MESSAGE_CHARS_MAX]
    return Progress(bounded, text.encode("utf-8", "replace").decode())


class Throttle:
    """The reports of one attempt. `held` is what was reported and not written yet; times are milliseconds."""

    __slots__ = ("held", "latest", "next_ms")

    def __init__(self) -> None:
        self.held: Progress | None = None
        self.latest: Progress | None = None
        self.next_ms = 0.0

    def offer(self, progress: Progress, now_ms: float) -> Progress | None:
        """Take a report; return what is to be written now, if anything is."""
        self.held = self.latest = progress
        return self.due(now_ms)

    def due(self, now_ms: float) -> Progress | None:
        """Return the held report once its time has come."""
        if self.held is None or now_ms < self.next_ms:
            return None
        self.next_ms = now_ms + INTERVAL_MS
        return self.last()

    def last(self) -> Progress | None:
        """Return the held report, whatever the time: the attempt is over."""
        held, self.held = self.held, None
        return held
