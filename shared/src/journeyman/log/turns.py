"""Whose turn it is, where several could do the same and one is enough: kept beside the log, with how far that one came.

A turn is lent for a while, by the server's clock, and to be renewed before that is over. It keeps out nobody who does
not ask: what is done in turns must do no harm when it is done twice.
"""

from __future__ import annotations

from typing import Any, Protocol

from journeyman.entries import Offset
from journeyman.log.redis_log import RedisLog
from journeyman.log.refusals import translated


class Turn(Protocol):
    """One kind of work on one partition."""

    def take(self, holder: str, lease_ms: int) -> bool:
        """Tell whether it is `holder`'s turn, for as long from now on; it is, where it was already, or nobody's."""
        ...

    def give_back(self, holder: str) -> None:
        """End the turn of `holder`, if it is that one's."""
        ...

    def come_to(self, place: Offset) -> None:
        """Note how far the work has come, for whoever has the next turn."""
        ...

    def place(self) -> Offset | None:
        """Return how far the work has come; None where nobody has noted it."""
        ...


class RedisTurn:
    """A turn beside a log on a server."""

    def __init__(self, log: RedisLog, name: str) -> None:
        #: Untyped, as in `RedisLog`.
        self._client: Any = log.client
        self._holder, self._place = log.keys.turn(name)

    @translated
    def take(self, holder: str, lease_ms: int) -> bool:
        """Take the turn, or renew it."""
        held_by = self._client.set(self._holder, holder, nx=True, px=lease_ms, get=True)
        if held_by is None:
            return True
        return bool(held_by == holder.encode() and self._client.pexpire(self._holder, lease_ms))

    @translated
    def give_back(self, holder: str) -> None:
        """End the turn."""
        if self._client.get(self._holder) == holder.encode():
            self._client.delete(self._holder)

    @translated
    def come_to(self, place: Offset) -> None:
        """Note how far the work has come."""
        self._client.set(self._place, str(place))

    @translated
    def place(self) -> Offset | None:
        """Return how far the work has come."""
        noted = self._client.get(self._place)
        return Offset.parse(noted.decode()) if noted else None
