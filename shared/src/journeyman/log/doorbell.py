"""A worker's doorbell: a sharded pub/sub channel that says "look", or brings a job that was started for the worker.

Nothing that matters is lost with a ring: it costs the wait until the worker's slow poll, whose claim also returns what
was brought. The channel is subscribed, and the server has said so, before the first claim: a ring between a claim that
found nothing and the wait for the next one is kept by the socket. It is the shortest way from the server to a worker
that waits. So the waiting thread polls the subscription's own socket (`subscription.py`); the library's parsing took
longer than the way itself.

A cut is mended by the waiting thread. Having subscribed again counts as a ring: one may have been missed.
"""

from __future__ import annotations

import contextlib
import logging
import select
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import msgspec
import redis
from redis import exceptions as x

from journeyman.log import wire
from journeyman.log.api import Brought
from journeyman.log.subscription import CHUNK, Subscription

_log = logging.getLogger(__name__)


class Waker:
    """A socket to wait at, and its other end, by which any thread ends the wait."""

    def __init__(self) -> None:
        self.reader, self._writer = socket.socketpair()
        self.reader.setblocking(False)
        self._writer.setblocking(False)

    def wake(self) -> None:
        """End the present wait, or the next one where nobody waits."""
        with contextlib.suppress(OSError):  # full: the waiting thread is about to be woken anyway
            self._writer.send(b"\0")

    def take(self) -> None:
        """Forget the wakes so far."""
        with contextlib.suppress(OSError):
            self.reader.recv(CHUNK)

    def close(self) -> None:
        """Give both ends up."""
        self.reader.close()
        self._writer.close()


class Waiting(ABC):
    """What a thread waits at: sockets, and a waker. One thread waits; `wake` and `close` may come from others."""

    def __init__(self) -> None:
        #: Held while somebody waits.
        self._lock = threading.Lock()
        self._closed = False
        self._waker = Waker()
        self._poll: Any = select.poll()
        self._poll.register(self._waker.reader, select.POLLIN)

    def wake(self) -> None:
        """End the present wait, or the next one where nobody waits."""
        self._waker.wake()

    def close(self) -> None:
        """Hang up; a wait that is under way ends, and hangs up itself where it is busy."""
        self._closed = True
        self.wake()
        self._hang_up_unless_busy()

    def _hang_up_unless_busy(self) -> None:
        if self._lock.acquire(timeout=0.5):
            self._lock.release()
            self._hang_up()

    @abstractmethod
    def _hang_up(self) -> None:
        """Give every socket up."""


class Doorbell(Waiting):
    """Waits for rings."""

    def __init__(self, client: redis.Redis, channel: str) -> None:
        super().__init__()
        self._channel = Subscription(client, channel)
        self._registered = -1
        self._connect()

    def wait(self, timeout_ms: float) -> bool:
        """Wait until the bell rings, at most `timeout_ms`; tell whether it rang. Several rings count as one.

        Ends early, without a ring, when woken, and when something was brought. Never raises: while the server is away
        it waits out the time, so that the caller polls instead.
        """
        deadline = time.monotonic() + timeout_ms / 1000
        channel = self._channel
        with self._lock:
            while not self._closed:
                if channel.socket is None and time.monotonic() >= channel.retry_at and self._connect():
                    return True
                now = time.monotonic()
                ready = self._poll.poll(max(0.0, min(deadline, channel.turn_at()) - now) * 1000)
                rang, woken = self._look(ready)
                now = time.monotonic()
                if rang or woken or channel.brought or now >= deadline:
                    return rang
                if now >= channel.turn_at() and channel.socket is not None:
                    channel.ask(now)
                    self._forget_if_lost()
        self._hang_up()
        return False

    def brought(self) -> Sequence[Brought]:
        """Return what was brought since last asked."""
        if not self._channel.brought:
            return ()
        found, self._channel.brought = self._channel.brought, []
        try:
            return [wire.brought(words) for words in found]
        except (ValueError, msgspec.MsgspecError) as error:
            _log.warning("the doorbell brought what cannot be read: %s", error)
            return ()

    def _look(self, ready: list[tuple[int, int]]) -> tuple[bool, bool]:
        """Return whether it rang and whether somebody woke the waiting thread."""
        rang = woken = False
        for descriptor, _ in ready:
            if descriptor == self._registered:
                rang = self._channel.hear()
                self._forget_if_lost()
            else:
                woken = True
                self._waker.take()
        return rang, woken

    def _connect(self) -> bool:
        if not self._channel.subscribe():
            return False
        assert self._channel.socket is not None
        self._registered = self._channel.socket.fileno()
        self._poll.register(self._registered, select.POLLIN)
        return True

    def _forget_if_lost(self) -> None:
        if self._channel.socket is None and self._registered >= 0:
            self._poll.unregister(self._registered)
            self._registered = -1

    def _hang_up(self) -> None:
        with self._lock:
            self._channel.lose(x.ConnectionError("closed"))
            self._forget_if_lost()
            self._waker.close()
