"""Lines as somebody sees them who hands places to workers: which there are, what stands in them, whom to ring.

Looking only: places leave a line when a worker claims them (`api.Wanted`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from journeyman.log import wire
from journeyman.log.api import EVERY_QUEUE
from journeyman.log.calls import Calls
from journeyman.log.redis_log import RedisLog
from journeyman.log.refusals import translated

#: What one call of `ring` takes.
CALLS_MAX = 1_000


class Line(NamedTuple):
    """Jobs of one type that wait in one queue with one priority."""

    queue: str
    priority: int
    type: str


class Standing(NamedTuple):
    """A line with what it holds: how many places, and the first. shut: its queue is paused, or its type is shut."""

    line: Line
    depth: int
    head: str
    shut: bool


class Served(NamedTuple):
    """What a registered worker serves: queues (`*`: every one) and types."""

    queues: frozenset[str]
    types: frozenset[str]

    def takes(self, queue: str, type_: str) -> bool:
        """Tell whether it would take such a job."""
        return type_ in self.types and (EVERY_QUEUE in self.queues or queue in self.queues)


class Lines:
    """The lines of one partition. Safe to share between threads."""

    def __init__(self, log: RedisLog) -> None:
        #: Untyped, as in `RedisLog`.
        self._client: Any = log.client
        self._keys = log.keys
        self._calls = Calls(log.client, log.keys.fixed)

    def close(self) -> None:
        """Give the connections back."""
        self._calls.close()

    @translated
    def standing(self) -> list[Standing]:
        """Return every line that is not empty, highest priority first."""
        keys = self._keys
        queues = sorted(name.decode() for name in self._client.smembers(keys.of("queues")))
        with self._client.pipeline(transaction=False) as pipe:
            pipe.smembers(keys.paused)
            pipe.hgetall(keys.valves)
            for queue in queues:
                pipe.zrange(keys.of("ready", queue), 0, -1)
            paused, valves, *indices = pipe.execute()
            names = [(queue, name.decode()) for queue, index in zip(queues, indices, strict=True) for name in index]
            for queue, name in names:
                pipe.llen(keys.of("ready", queue, name))
                pipe.lindex(keys.of("ready", queue, name), 0)
            told = iter(pipe.execute())
        shut = {type_.decode() for type_, value in valves.items() if value.startswith(b"0:")}
        found = []
        for (queue, name), depth, head in zip(names, told, told, strict=False):
            priority, _, type_ = name.partition(":")
            if head is not None:
                is_shut = queue.encode() in paused or type_ in shut
                found.append(Standing(Line(queue, int(priority), type_), int(depth), head.decode(), is_shut))
        return sorted(found, key=lambda each: -each.line.priority)

    @translated
    def places(self, line: Line, start: int, count: int) -> list[str]:
        """Return up to `count` places of a line, from the one that is `start` behind its head."""
        return [place.decode() for place in self._client.lrange(self._key(line), start, start + count - 1)]

    @translated
    def behind(self, line: Line, place: str) -> int | None:
        """Return how far from the head the next one behind a place stands; None where the place has been taken."""
        at = self._client.lpos(self._key(line), place)
        return None if at is None else int(at) + 1

    @translated
    def served(self) -> list[Served]:
        """Return what each registered worker serves."""
        with self._client.pipeline(transaction=False) as pipe:
            for worker in self._client.zrange(self._keys.beats, 0, -1):
                pipe.hmget(self._keys.of("worker", worker.decode()), "queues", "types")
            return [Served(_names(queues), _names(types)) for queues, types in pipe.execute()]

    @translated
    def ring(self, handed: Sequence[tuple[str, str, int]]) -> None:
        """Ring idle workers that wait to be handed places: of a queue and type so many were handed out."""
        for first in range(0, len(handed), CALLS_MAX):
            self._calls.call("ring", wire.ring_arguments(handed[first : first + CALLS_MAX]))

    def _key(self, line: Line) -> str:
        return self._keys.of("ready", line.queue, f"{line.priority}:{line.type}")


def _names(joined: bytes | None) -> frozenset[str]:
    return frozenset((joined or b"").decode().split("\n")) - {""}
