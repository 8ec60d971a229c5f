"""Calling the functions: the shortest way there and back that the client library has room for.

A worker that was idle runs everything with cold caches, and the library's way of sending one command is long: packing,
pool, retries, callbacks. Here a call's beginning is packed once, and the connections that calls used last are kept at
hand. They are the library's connections all the same: passwords, TLS, sentinels and clusters are its business, and so
is a call whose connection broke, which is made once more in the ordinary way. That is safe because every call is
numbered.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from typing import Any

import redis
from redis import exceptions as x

from journeyman.log.functions import library


def packed(parts: Sequence[bytes]) -> bytes:
    """Return arguments as the protocol has them."""
    return b"".join([b"$%d\r\n%b\r\n" % (len(part), part) for part in parts])


class Calls:
    """Calls functions of one partition through a client. Safe to share between threads."""

    def __init__(self, client: redis.Redis, keys: Sequence[str]) -> None:
        self._client: Any = client
        self._keys = keys
        self._heads: dict[str, bytes] = {}
        #: Connections that were used last. Lists take and give one at a time, so no lock.
        self._idle: list[Any] = []
        self._pid = os.getpid()

    def call(self, function: str, arguments: Sequence[bytes]) -> Any:
        """Call a function; load the functions where the server has none. Raises what the library raises."""
        try:
            return self._call(function, arguments)
        except x.ResponseError as error:
            if not is_unknown_function(error):
                raise
        self.load()
        return self._call(function, arguments)

    def call_and_wait(self, function: str, arguments: Sequence[bytes], wait_ms: int) -> tuple[Any, int]:
        """Call a function and wait for a replica; return the reply and how many replicas have it.

        Both on one connection: WAIT looks at what its own connection wrote.
        """
        for loaded in (False, True):
            pipe = self._client.pipeline(transaction=False)
            pipe.execute_command(*self._command(function, arguments))
            pipe.execute_command("WAIT", 1, wait_ms)
            reply, acknowledged = pipe.execute(raise_on_error=False)
            if not isinstance(reply, Exception):
                return reply, int(acknowledged)
            if loaded or not is_unknown_function(reply):
                raise reply
            self.load()
        raise AssertionError("unreachable")

    def load(self) -> None:
        """Load this version's functions, unless the server has them."""
        try:
            self._client.function_load(library().source)
        except x.ResponseError as error:
            if "already exists" not in str(error):
                raise

    def close(self) -> None:
        """Give the connections back to the client's pool."""
        while self._idle:
            with contextlib.suppress(x.RedisError, OSError):
                self._client.connection_pool.release(self._idle.pop())

    def _command(self, function: str, arguments: Sequence[bytes]) -> tuple[Any, ...]:
        return ("FCALL", library().name(function), len(self._keys), *self._keys, *arguments)

    def _call(self, function: str, arguments: Sequence[bytes]) -> Any:
        if self._pid != os.getpid():
            # After a fork the sockets are the parent's.
            self._idle, self._pid = [], os.getpid()
        connection = self._idle.pop() if self._idle else self._client.connection_pool.get_connection()
        try:
            head = self._heads.get(function) or self._head(function)
            count = 3 + len(self._keys) + len(arguments)
            connection.send_packed_command([b"*%d\r\n%b%b" % (count, head, packed(arguments))], check_health=False)
            reply = connection.read_response()
        except x.ResponseError:
            self._idle.append(connection)
            raise
        except (x.ConnectionError, OSError):
            self._drop(connection)
            return self._again(function, arguments)
        except BaseException:
            # A reply may be on its way that belongs to nobody.
            self._drop(connection)
            raise
        self._idle.append(connection)
        return reply

    def _again(self, function: str, arguments: Sequence[bytes]) -> Any:
        """Make a call again that may have been made: that the server declines it now says nothing of the first time."""
        try:
            return self._client.execute_command(*self._command(function, arguments))
        except x.ResponseError as error:
            if is_declined(error):
                raise x.ConnectionError(f"the reply was lost, and the repetition refused: {error}") from error
            raise

    def _drop(self, connection: Any) -> None:
        with contextlib.suppress(x.RedisError, OSError):
            connection.disconnect()
        with contextlib.suppress(x.RedisError, OSError):
            self._client.connection_pool.release(connection)

    def _head(self, function: str) -> bytes:
        parts = [b"FCALL", library().name(function).encode(), b"%d" % len(self._keys)]
        head = self._heads[function] = packed([*parts, *(key.encode() for key in self._keys)])
        return head


def is_declined(error: Exception) -> bool:
    """Tell whether the server is alive and does not write at present."""
    return isinstance(error, x.OutOfMemoryError) or str(error).startswith(("OOM", "MISCONF", "NOREPLICAS"))


def is_unknown_function(error: Exception) -> bool:
    """Tell whether the server does not have the functions."""
    return str(error).startswith(("Function not found", "ERR Function not found"))
