"""A worker's doorbell: a sharded pub/sub channel that says "look", and carries nothing that matters.

A ring that is lost costs the wait until the worker's slow poll. The channel is subscribed before the first
claim, so a ring between a claim that found nothing and the wait for the next one is kept by the socket.
"""

from __future__ import annotations

import logging
import time
from typing import Any

import redis
from redis import exceptions as x

_log = logging.getLogger(__name__)


class Doorbell:
    """Waits for rings. One thread waits; `close` may come from another."""

    def __init__(self, client: redis.Redis, channel: str) -> None:
        self._channel = channel
        self._client: Any = client
        self._pubsub: redis.client.PubSub | None = None
        self._closed = False
        self._subscribe()

    def _subscribe(self) -> None:
        self._pubsub = self._client.pubsub(ignore_subscribe_messages=True)
        self._pubsub.ssubscribe(self._channel)

    def wait(self, timeout_ms: float) -> bool:
        """Wait until the bell rings, at most `timeout_ms`; tell whether it rang. Several rings count as one.

        Never raises: while the server is away it waits out the time, so that the caller polls instead.
        """
        deadline = time.monotonic() + timeout_ms / 1000
        rang = False
        while not self._closed:
            left = deadline - time.monotonic()
            if left <= 0 and not rang:
                return False
            try:
                if self._pubsub is None:
                    self._subscribe()
                assert self._pubsub is not None
                message = self._pubsub.get_sharded_message(ignore_subscribe_messages=True, timeout=0 if rang else left)
            # TypeError and AttributeError are what redis-py raises where another thread has closed its socket.
            except (x.RedisError, OSError, ValueError, TypeError, AttributeError) as error:
                if self._closed:
                    return rang
                _log.debug("doorbell: %s", error)
                self._pubsub = None
                time.sleep(min(max(left, 0), 0.2))
                continue
            if message is None and rang:
                return True
            rang = rang or message is not None
        return rang

    def close(self) -> None:
        """Hang up."""
        self._closed = True
        if self._pubsub is not None:
            try:
                self._pubsub.close()
            except (x.RedisError, OSError) as error:
                _log.debug("doorbell: %s", error)
