"""Receiving in order of priority: the higher class first, the lower ones with what is left to fill.

A look takes what is there at once. A wait asks all classes together, each on a thread, for as long as `WAIT_S`; it ends
with the first that has something. What the others bring later is kept for the next look, and somebody is told.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import TypeVar

from journeyman.errors import CloudError
from journeyman.sqs.messages import BATCH_MAX
from journeyman_worker.errands import Errands
from journeyman_worker.sqs.consumers import ANSWER_S, Broker, Consumer, Received, missing

R = TypeVar("R")

WAIT_S = 1
#: A wait that was not answered after this is not waited for any longer.
PATIENCE_S = WAIT_S + 2 * ANSWER_S


class Receiver:
    """Receives places of one partition. One thread calls; others call `news`: there is something to look at."""

    def __init__(self, broker: Broker, news: Callable[[], None]) -> None:
        self._broker = broker
        self._news = news
        self._errands = Errands("sqs-receive")
        self._brought: SimpleQueue[list[Received] | CloudError] = SimpleQueue()
        self._asked: set[Consumer] = set()
        self._waiting = False

    def close(self, patience_s: float) -> list[Received]:
        """Receive no more; return what was received and not taken, also by calls that end within this time."""
        self._errands.close()
        until = time.monotonic() + patience_s
        found: list[Received] = []
        with contextlib.suppress(Empty, CloudError):
            while self._asked and (left_s := until - time.monotonic()) > 0:
                found += self._take(self._brought.get(timeout=left_s))
            found += self._late()
        return found

    def look(self, count: int) -> list[Received]:
        """Return up to about `count` messages that are there, highest class first. Raises CloudError."""
        found = self._late()
        for consumer in self._consumers():
            while (wanted := min(count - len(found), BATCH_MAX)) > 0:
                got = self._received(lambda consumer=consumer, wanted=wanted: consumer.receive(wanted, 0))  # type: ignore[misc]
                found += got
                if len(got) < wanted:
                    break
        return sorted(found, key=lambda message: -message.wanted.priority)

    def wait(self, count: int) -> list[Received]:
        """Wait for messages; return what came first, nothing after `WAIT_S`. Raises CloudError."""
        self._waiting = True
        try:
            for consumer in self._consumers():
                if consumer not in self._asked:
                    self._asked.add(consumer)
                    self._errands.send(lambda consumer=consumer: self._ask(consumer, count))  # type: ignore[misc]
            found: list[Received] = []
            while self._asked and not found:
                found = self._take(self._brought.get(timeout=PATIENCE_S))
        except Empty:
            found = []
        finally:
            self._waiting = False
        return sorted(found + self._late(), key=lambda message: -message.wanted.priority)

    def _ask(self, consumer: Consumer, count: int) -> None:
        """Wait at one queue, on a thread for it."""
        brought: list[Received] | CloudError = []
        try:
            brought = consumer.receive(count, WAIT_S)
        except CloudError as error:
            brought = error
        finally:
            self._asked.discard(consumer)
            self._brought.put(brought)
        if brought and not self._waiting:
            self._news()

    def _late(self) -> list[Received]:
        found: list[Received] = []
        while True:
            try:
                found += self._take(self._brought.get_nowait())
            except Empty:
                return found

    def _take(self, brought: list[Received] | CloudError) -> list[Received]:
        if isinstance(brought, CloudError):
            self._failed(brought)
            raise brought
        return brought

    def _consumers(self) -> Sequence[Consumer]:
        return self._received(self._broker.consumers)

    def _received(self, call: Callable[[], R]) -> R:
        try:
            return call()
        except CloudError as error:
            self._failed(error)
            raise

    def _failed(self, error: CloudError) -> None:
        if missing(error):
            self._broker.forget()
