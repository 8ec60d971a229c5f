"""How keys are looked at: in one step with the place of the last entry, so that what they say has an offset."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from journeyman import events as e
from journeyman.log.redis_log import PAGE, RedisLog
from journeyman.verify import Verifier, Violation
from journeyman.verify.life import End, Life

#: Violations that are told of; when there are so many, no more are looked for.
ENOUGH = 1_000


class Look:
    """Looks at the keys of one partition, beside a pass over its log. `found`: what differs.

    follow: takes the pass up to an entry, and no further.
    """

    def __init__(self, log: RedisLog, verifier: Verifier, follow: Callable[[e.Offset], None]) -> None:
        self.log = log
        self.client = log.client
        self.keys = log.keys
        self.verifier = verifier
        self.book = verifier.book
        self.found: list[Violation] = []
        #: Whether jobs and workers that the log does not know may be known to the keys.
        self.partial = self.book.trimmed and not self.book.whole
        self._follow = follow

    @property
    def enough(self) -> bool:
        """Whether so much was found that no more need be looked for."""
        return len(self.found) >= ENOUGH

    def at_once(self, *commands: Sequence[Any]) -> list[Any]:
        """Run commands in one step, take the pass to where the log ended in that step, and return the replies."""
        pipe = self.client.pipeline(transaction=True)
        pipe.xrevrange(self.keys.log, count=1)
        for command in commands:
            pipe.execute_command(*command)
        replies: list[Any] = pipe.execute()
        last = replies.pop(0)
        if last:
            self._follow(e.Offset.parse(last[0][0].decode()))
        return replies

    def blame(self, detail: str, promise: str = "I6") -> None:
        """Note that keys and log differ, where the pass is."""
        if not self.enough:
            self.found.append(Violation(promise, self.verifier.offset, detail, "keys"))

    def all_unknown(self, job_ids: Iterable[str]) -> bool:
        """Tell whether these are jobs that the log need not know."""
        return self.partial and all(job_id not in self.book.lives for job_id in job_ids)

    def scan(self, key: str) -> Iterator[dict[str, bytes]]:
        """Give the fields of a hash, a part at a time. One that comes or goes meanwhile may be left out."""
        cursor = 0
        while True:
            cursor, page = self.client.hscan(key, cursor, count=PAGE)
            if page:
                yield {field.decode(errors="replace"): value for field, value in page.items()}
            if cursor == 0 or self.enough:
                return


def ended(life: Life | End | None) -> str:
    """Return how a job is in the log, for a sentence: "job … "."""
    if life is None:
        return "is unknown to the log"
    return (
        f"has {'been cancelled' if life.ends[-1] == 'cancelled' else life.ends[-1]}" if type(life) is End else "is open"
    )


def pages(items: Iterable[str]) -> Iterator[list[str]]:
    """Cut into lists that one look-up takes."""
    rest = iter(items)
    while page := list(islice(rest, PAGE)):
        yield page
