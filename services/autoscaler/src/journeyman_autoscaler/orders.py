"""Workers that were ordered and have not come: how many, since when, and how long it took those that did."""

from __future__ import annotations

from collections import deque

#: The delay is learned from so many.
_REMEMBERED = 8


class Orders:
    """Follows `fleet.scaled` and `worker.joined`, in the order of the log."""

    def __init__(self) -> None:
        self.desired: int | None = None
        self.raised_ms: int | None = None
        self.changed_ms: int | None = None
        self._open: deque[int] = deque()
        self._taken_ms: deque[int] = deque(maxlen=_REMEMBERED)

    def scaled(self, desired: int, previous: int, at_ms: int) -> None:
        """Take in a decision. `previous`: how many there were to be until then, as far as the decider knew."""
        before = previous if self.desired is None else self.desired
        if desired > previous:
            self.raised_ms = at_ms
        if desired != before or desired != previous:
            self.changed_ms = at_ms
        self.desired = desired
        for _ in range(desired - previous):
            self._open.append(at_ms)
        for _ in range(min(len(self._open), previous - desired)):
            self._open.pop()
        while len(self._open) > desired:
            self._open.pop()

    def joined(self, at_ms: int) -> None:
        """Take in a worker that was not there before."""
        if self._open:
            self._taken_ms.append(max(0, at_ms - self._open.popleft()))

    def coming(self, missing: int, now_ms: int) -> tuple[int, ...]:
        """Return how long ago the workers that are missing were ordered; those that nobody ordered: now."""
        ages = [max(0, now_ms - at_ms) for at_ms in self._open][: max(0, missing)]
        return tuple(ages + [0] * (max(0, missing) - len(ages)))

    @property
    def start_up_ms(self) -> float | None:
        """How long it takes from the order until the worker has joined: the mean of the last few."""
        return sum(self._taken_ms) / len(self._taken_ms) if self._taken_ms else None
