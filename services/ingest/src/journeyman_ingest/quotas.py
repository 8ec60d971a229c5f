"""How many jobs may wait in a queue, and who is refused because of it. Pure, but for the counting.

The depth of a queue is that of the last look, of all partitions together, and what this process has accepted or is
about to since. What other processes accept meanwhile is not known until the next look: a quota may be exceeded by what
they accept in one second, and by nothing else. A request is refused as a whole, and before anything of it is stored.

Only new jobs are counted in and refused. What the scheduler releases (retries, delayed jobs, children) is in the depth
once it stands in line, and is never refused.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus

from journeyman_ingest.errors import LATER_S, RefusedError

#: The longest that a client is told to wait.
LONGEST_S = 60
#: How much the latest look weighs in the rate at which a queue drains.
WEIGHT = 0.5


class Quotas:
    """Counts what waits. default: how many jobs may wait in a queue that is not in `of`; 0 for any number."""

    def __init__(self, default: int, of: Mapping[str, int]) -> None:
        self._default = default
        self._of = dict(of)
        self._seen: Mapping[str, int] = {}
        self._accepted: Counter[str] = Counter()
        self._under_way: Counter[str] = Counter()
        #: Jobs a second by which a queue has become shorter of late, beyond what came in here.
        self._drains: dict[str, float] = {}

    @property
    def enabled(self) -> bool:
        """Whether there is any quota."""
        return bool(self._default or any(self._of.values()))

    def depth(self, queue: str) -> int:
        """Return how many jobs wait in a queue, as far as is known here."""
        return self._seen.get(queue, 0) + self._accepted[queue] + self._under_way[queue]

    @contextmanager
    def reserved(self, wanted: Mapping[str, int]) -> Iterator[None]:
        """Keep room in queues for so many jobs while they are submitted. Raises RefusedError (429) where there is none.

        They count as waiting from now on, unless the block fails.
        """
        for queue, jobs in wanted.items():
            self._check(queue, jobs)
        self._under_way.update(wanted)
        try:
            yield
            self._accepted.update(wanted)
        finally:
            self._under_way.subtract(wanted)

    def accepted(self) -> Counter[str]:
        """Return what was accepted since the last look, to be given to `look` with what that finds."""
        return Counter(self._accepted)

    def look(self, depths: Mapping[str, int], before: Counter[str], elapsed_s: float) -> None:
        """Take down how many jobs wait, and what had been accepted when that was asked."""
        for queue in self._seen.keys() | depths.keys():
            gone = self._seen.get(queue, 0) + before[queue] - depths.get(queue, 0)
            rate = max(0.0, gone / max(elapsed_s, 0.001))
            self._drains[queue] = WEIGHT * rate + (1 - WEIGHT) * self._drains.get(queue, rate)
        self._drains = {queue: self._drains[queue] for queue in depths}
        self._seen = dict(depths)
        # Only what is positive is kept, so that a queue's name is not kept for ever.
        self._accepted = self._accepted - before
        self._under_way = +self._under_way

    def _check(self, queue: str, jobs: int) -> None:
        quota = self._of.get(queue, self._default)
        depth = self.depth(queue)
        if not quota or depth + jobs <= quota:
            return
        raise RefusedError(
            HTTPStatus.TOO_MANY_REQUESTS,
            "queue-full",
            f"{depth} jobs wait in queue {queue}; the quota is {quota}, and {jobs} more would exceed it",
            retry_after_s=self._retry_after_s(queue, depth + jobs - quota),
        )

    def _retry_after_s(self, queue: str, too_many: int) -> int:
        rate = self._drains.get(queue, 0.0)
        return min(LONGEST_S, max(1, math.ceil(too_many / rate))) if rate > 0 else LATER_S
