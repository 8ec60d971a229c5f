"""The stream behind a log, as it is: entries byte for byte, and how many there have been.

The client library makes a dictionary of an entry's fields, which forgets repeated names. Nothing of ours writes such
an entry, but what is archived and restored is what stands there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from redis import exceptions as x

from journeyman.archive_segments import RawEntry
from journeyman.entries import BEGINNING, Offset
from journeyman.log.clients import QuietRedis
from journeyman.log.redis_log import RedisLog
from journeyman.log.refusals import translated

#: Entries read at a time.
PAGE = 64


class Extent(NamedTuple):
    """Where a stream begins and ends, and how many entries it has and has ever had. Nothing of all where it is empty.

    exists: a stream that was trimmed to nothing is there all the same.
    """

    exists: bool
    first: Offset
    last: Offset
    length: int
    added: int

    @property
    def trimmed(self) -> int:
        """How many entries have gone."""
        return self.added - self.length


class RawLog:
    """The stream of a log. Safe to share between threads."""

    def __init__(self, log: RedisLog) -> None:
        self.log = log
        self.key = log.keys.log
        #: A client of its own over the same connections: it hands replies of XRANGE on as they are.
        self._client: Any = QuietRedis(connection_pool=log.client.connection_pool)
        self._client.set_response_callback("XRANGE", lambda reply, **_: reply)

    @translated
    def page(self, after: Offset, count: int = PAGE, key: str = "") -> list[RawEntry]:
        """Return the next entries."""
        reply = self._client.execute_command("XRANGE", key or self.key, f"({after.entry}", "+", "COUNT", count)
        return [RawEntry(Offset.parse(entry.decode()), parts or []) for entry, parts in reply]

    @translated
    def at(self, offset: Offset) -> RawEntry | None:
        """Return an entry; None where it is not there."""
        reply = self._client.execute_command("XRANGE", self.key, offset.entry, offset.entry)
        return RawEntry(Offset.parse(reply[0][0].decode()), reply[0][1] or []) if reply else None

    def entries(self, after: Offset = BEGINNING, *, until_ms: int | None = None, key: str = "") -> Iterator[RawEntry]:
        """Return the entries behind a place, up to the end, or to those that are not older than a time."""
        while page := self.page(after, key=key):
            for entry in page:
                if until_ms is not None and entry.offset.ms >= until_ms:
                    return
                yield entry
            after = page[-1].offset

    @translated
    def extent(self, key: str = "") -> Extent:
        """Return where the stream begins and ends, and how many entries it has had."""
        try:
            told: dict[str, Any] = self.log.client.xinfo_stream(key or self.key)
        except x.ResponseError as error:
            if "no such key" not in str(error):
                raise
            return Extent(False, BEGINNING, BEGINNING, 0, 0)
        length = int(told["length"])
        first, last = (
            Offset.parse(told[name][0].decode()) if length else BEGINNING for name in ("first-entry", "last-entry")
        )
        return Extent(True, first, last, length, int(told.get("entries-added", length)))
