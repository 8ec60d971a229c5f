"""I2, one job per idempotency key: remembers where each key was used first, for as long as keys are kept."""

from __future__ import annotations

from journeyman import events as e
from journeyman.codec import as_written, encode_event, is_full, width
from journeyman.verify.book import Book

IDEMPOTENCY_KEPT_MS = 86_400_000
#: Keys are looked through for old ones when there are twice as many as were left the last time, and at least so many.
_SWEEP_AT_LEAST = 100_000


class Requests:
    """The keys of requests, each with where it was first met. About 250 bytes a key that is not too old."""

    def __init__(self, kept_ms: int) -> None:
        self._kept_ms = kept_ms
        self._keys: dict[str, tuple[int, int, int]] = {}
        self._sweep_at = _SWEEP_AT_LEAST
        #: The key of the request whose jobs were submitted last, while nothing else has been said.
        self.batch = ""
        self.previous: list[e.Event | None] = []

    def check(self, book: Book, event: e.JobSubmitted) -> None:
        """Judge a submission that has a key."""
        key = event.idempotency
        first = self._keys.get(key)
        if first is None or book.ms - first[0] >= self._kept_ms:
            self._keys[key] = (book.ms, book.seq, book.index)
            if len(self._keys) > self._sweep_at:
                self._sweep(book.ms)
        elif self.batch != key or (book.index == 0 and not self._goes_on(event)):
            where = e.Offset(*first)
            book.blame("I2", f"two submissions with one idempotency key: {event.job_id}, and one at {where}")

    def _sweep(self, now_ms: int) -> None:
        oldest_ms = now_ms - self._kept_ms
        self._keys = {key: first for key, first in self._keys.items() if first[0] > oldest_ms}
        self._sweep_at = max(2 * len(self._keys), _SWEEP_AT_LEAST)

    def _goes_on(self, event: e.JobSubmitted) -> bool:
        """Tell whether the entry before was so full that its request goes on with this submission in the next."""
        events = as_written(self.previous)
        length = sum(len(encode_event(one)) for one in events)
        return is_full(len(self.previous), length, width(event), len(encode_event(event)))
