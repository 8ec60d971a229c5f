"""The client library's errors as ours."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from redis import exceptions as x

from journeyman.errors import (
    EpochPassedError,
    HistoryLostError,
    RebuildNeededError,
    ServerFullError,
    ServerRefusedError,
    ServerUnavailableError,
    WorkerLostError,
)

#: Said of a call that was not begun, by a server that will take it in a while: one in the middle of a long script, and
#: one that has just become a replica.
_AWAY = frozenset({"BUSY", "UNBLOCKED"})

P = ParamSpec("P")
R = TypeVar("R")


def translated(call: Callable[P, R]) -> Callable[P, R]:
    """Let our errors out instead of the library's."""

    @functools.wraps(call)
    def translating(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return call(*args, **kwargs)
        except x.RedisError as error:
            raise translate(error) from error

    return translating


def translate(error: x.RedisError) -> Exception:
    """Return our error for one of the library's."""
    text = str(error)
    word, _, rest = text.partition(" ")
    if word == "JMREBUILD":
        return RebuildNeededError(rest)
    if word == "JMEPOCH":
        return EpochPassedError(0, int(rest))
    if word == "JMHISTORY":
        return HistoryLostError(rest)
    if word == "JMLOST":
        return WorkerLostError("")
    if word == "JMPASSED":
        return ServerRefusedError(rest)
    if isinstance(error, (x.AuthenticationError, x.AuthorizationError, x.NoPermissionError)):
        return ServerUnavailableError(f"the server refused us: {text}")
    if isinstance(error, (x.ConnectionError, x.TimeoutError, x.BusyLoadingError, x.ReadOnlyError, x.ClusterError)):
        return ServerUnavailableError(text)
    if word in _AWAY:
        return ServerUnavailableError(text)
    if isinstance(error, x.OutOfMemoryError) or word == "OOM":
        return ServerFullError("the server has reached its memory limit (maxmemory) and takes no new jobs")
    if word in ("MISCONF", "NOREPLICAS"):
        return ServerRefusedError(text)
    return error
