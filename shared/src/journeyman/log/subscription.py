"""One subscription to a sharded pub/sub channel, read where it arrives: at the socket, unparsed.

What the bytes say matters in two cases only: an answer to our PING is no news, and the end of the subscription (its
slot moved) is a reason to subscribe again. The connection is the client library's: passwords, TLS, sentinels and
clusters are its business. A cut shows at once; one that nobody announced (a firewall forgot the connection), by a PING
after `QUIET_S` that is not answered.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import time
from typing import Any

import redis
from redis import exceptions as x

_log = logging.getLogger(__name__)

#: After this long without a word from the server it is asked whether it is still there.
QUIET_S = 10.0
#: How long its answer may take.
ANSWER_S = 5.0
#: Between attempts to subscribe again.
RETRY_S = 0.2
CHUNK = 65_536

_PING = b"*1\r\n$4\r\nPING\r\n"
_PONG = b"*2\r\n$4\r\npong\r\n$0\r\n\r\n"
_ENDED = b"unsubscribe"


class Subscription:
    """A channel that is listened to. For one thread at a time; `subscribe` alone waits for the server."""

    def __init__(self, client: redis.Redis, channel: str) -> None:
        self._channel = channel
        self._pool: Any = client.connection_pool
        self._connection: Any = None
        #: Where news arrive; None while there is no subscription.
        self.socket: socket.socket | None = None
        self._heard = 0.0
        self._asked = False
        self.retry_at = 0.0

    def subscribe(self) -> bool:
        """Subscribe; false where that failed, to be tried again from `retry_at` on."""
        self.retry_at = time.monotonic() + RETRY_S
        try:
            self._connection = self._pool.get_connection()
            self._connection.send_command("SSUBSCRIBE", self._channel)
            self._connection.read_response()
            found: socket.socket = self._connection._sock  # the library has no other way to it
            found.setblocking(False)
        except (x.RedisError, OSError, ValueError) as error:
            self.lose(error)
            return False
        self._heard, self._asked = time.monotonic(), False
        self.socket = found
        return True

    def hear(self) -> bool:
        """Take everything the server has said; tell whether any of it was news."""
        assert self.socket is not None
        said = bytearray()
        try:
            while chunk := self.socket.recv(CHUNK):
                said += chunk
                if len(chunk) < CHUNK and not isinstance(self.socket, ssl.SSLSocket):
                    break
            else:
                raise ConnectionResetError("the server closed the connection")
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        except OSError as error:
            self.lose(error)
            return bool(said)
        self._heard, self._asked = time.monotonic(), False
        if _ENDED in said:
            self.lose(x.ConnectionError("the subscription was ended"))
        return bool(said) and said != _PONG

    def turn_at(self) -> float:
        """Return when something is due though there are no news: an answer, a question, or another attempt."""
        if self.socket is None:
            return self.retry_at
        return self._heard + (QUIET_S + ANSWER_S if self._asked else QUIET_S)

    def ask(self, now: float) -> None:
        """Ask the server whether it is there; where it has not answered before, give the connection up."""
        assert self.socket is not None
        if self._asked:
            self.lose(x.TimeoutError(f"no word from the server for {now - self._heard:.0f} s"))
            return
        self._asked = True
        try:
            self.socket.send(_PING)
        except OSError as error:
            self.lose(error)

    def lose(self, error: Exception) -> None:
        """Give the connection up."""
        _log.debug("doorbell: %s", error)
        self.socket = None
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with contextlib.suppress(x.RedisError, OSError):
                connection.disconnect()
                self._pool.release(connection)
