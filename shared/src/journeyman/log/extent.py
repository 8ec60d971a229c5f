"""How long a partition's log is: what a scrape of metrics asks, and nothing else does."""

from __future__ import annotations

from typing import NamedTuple

from redis.exceptions import ResponseError

from journeyman.events import BEGINNING, Offset
from journeyman.log.redis_log import RedisLog
from journeyman.log.refusals import translated


class Extent(NamedTuple):
    """A log's figures. added: entries it has ever had. size: bytes in the server's memory. last: its last commit."""

    entries: int = 0
    added: int = 0
    size: int = 0
    last: Offset = BEGINNING


@translated
def extent(log: RedisLog) -> Extent:
    """Return the figures of a log; all are nothing for one that has not begun."""
    try:
        told = log.client.xinfo_stream(log.keys.log)
    except ResponseError as error:
        if "no such key" not in str(error):
            raise
        return Extent()
    size = log.client.memory_usage(log.keys.log) or 0
    last = Offset.parse(_text(told["last-generated-id"]))
    return Extent(int(told["length"]), int(told["entries-added"]), int(size), last)


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
