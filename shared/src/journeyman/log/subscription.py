"""One subscription to a sharded pub/sub channel, read where it arrives: at the socket.

A message that says nothing is a ring, one that says `ANYBODY` only asked whether somebody listens, and any other
brought something. Of what else the server says two things matter: an answer to our PING is no news, and the end of the
subscription (its slot moved) is a reason to subscribe again. The connection is the client library's: passwords, TLS,
sentinels and clusters are its business. A cut shows at once; one that nobody announced (a firewall forgot the
connection), by a PING after `QUIET_S` that is not answered.
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
#: See `functions/00_prelude.lua`.
ANYBODY = b"."

_PING = b"*1\r\n$4\r\nPING\r\n"
_PONG = b"*2\r\n$4\r\npong\r\n$0\r\n\r\n"
_ENDED = b"unsubscribe"


class Subscription:
    """A channel that is listened to. For one thread at a time; `subscribe` alone waits for the server."""

    def __init__(self, client: redis.Redis, channel: str) -> None:
        self._channel = channel
        #: What a message begins with, up to the size of what it says; and a ring.
        self._head = b"*3\r\n$8\r\nsmessage\r\n$%d\r\n%b\r\n$" % (len(channel.encode()), channel.encode())
        self._ring = self._head + b"0\r\n\r\n"
        self._rest = b""
        #: What messages have brought. Whoever reads it takes it out.
        self.brought: list[bytes] = []
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
        """Take everything the server has said; tell whether any of it was a ring, or may have hidden one."""
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
        return said == self._ring or self._sort(self._rest + said)

    def _sort(self, said: bytes) -> bool:
        """Take messages apart and keep the beginning of one that is still to come. Return what `hear` returns."""
        rang, at = False, 0
        while said.startswith(self._head, at):
            begin = said.find(b"\r\n", at + len(self._head)) + 2
            end = begin + int(said[at + len(self._head) : begin - 2]) if begin >= 2 else len(said)
            if end + 2 > len(said):
                break
            words = said[begin:end]
            if not words:
                rang = True
            elif words != ANYBODY:
                self.brought.append(words)
            at = end + 2
        self._rest = said[at:]
        if self._rest.startswith(self._head) or self._head.startswith(self._rest):
            return rang
        other, self._rest = self._rest, b""
        if _ENDED in other:
            self.lose(x.ConnectionError("the subscription was ended"))
        return rang or other != _PONG

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
        self._rest = b""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with contextlib.suppress(x.RedisError, OSError):
                connection.disconnect()
                self._pool.release(connection)
