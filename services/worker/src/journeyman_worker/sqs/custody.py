"""Messages that a worker has in hand: deleted when they are done with, hidden from others while their jobs run.

Calls are made on a thread of its own, so that neither outcomes nor heartbeats wait for SQS. What cannot be deleted
comes back to somebody, who is told that its place is gone, and deletes it then.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from queue import Empty, SimpleQueue
from threading import Thread
from typing import NamedTuple

from journeyman.errors import CloudError
from journeyman_worker.clock import monotonic_ms
from journeyman_worker.sqs.consumers import Received, by_consumer

_log = logging.getLogger(__name__)

#: What one round takes off the line.
ROUND_MAX = 500
TRIES = 2
#: Deletions that may wait while SQS is away; beyond that messages are left to come back.
WAITING_MAX = 10_000


class _Order(NamedTuple):
    """hide_s: when the message shall appear again; None: never, it is deleted."""

    message: Received
    hide_s: int | None
    tries: int = 0


class Custody:
    """Keeps the messages of one worker id in one partition."""

    def __init__(self, visibility_s: int) -> None:
        self._visibility_s = visibility_s
        self._held: dict[tuple[str, int], tuple[Received, float]] = {}
        self._orders: SimpleQueue[_Order | None] = SimpleQueue()
        self._away = False
        self._thread = Thread(target=self._run, name="sqs-custody", daemon=True)
        self._thread.start()

    def hold(self, key: tuple[str, int], message: Received) -> None:
        """Keep the message of an attempt (job id and number) that has started."""
        self._held[key] = (message, monotonic_ms())

    def let_go(self, keys: Iterable[tuple[str, int]]) -> None:
        """Delete the messages of attempts that are over."""
        self.delete([held[0] for key in keys if (held := self._held.pop(key, None)) is not None])

    def delete(self, messages: Iterable[Received]) -> None:
        """Delete messages that are worth nothing any more."""
        for message in messages:
            if self._orders.qsize() < WAITING_MAX:
                self._orders.put(_Order(message, None))

    def give_back(self, messages: Iterable[Received], seconds: int = 0) -> None:
        """Let others have messages, in so many seconds."""
        for message in messages:
            self._orders.put(_Order(message, seconds))

    def extend(self) -> None:
        """Hide what is in hand for as long again, where a third of that has passed."""
        now = monotonic_ms()
        for key, (message, hidden_at) in list(self._held.items()):
            if now - hidden_at > self._visibility_s * 1_000 / 3 and key in self._held:
                self._held[key] = (message, now)
                self._orders.put(_Order(message, self._visibility_s))

    def forget(self) -> None:
        """Extend nothing any more: the worker is lost, and what it holds is no longer its own."""
        self._held.clear()

    def close(self, timeout_s: float) -> None:
        """Make the calls that are left, and end."""
        self._orders.put(None)
        self._thread.join(timeout_s)

    def _run(self) -> None:
        ended = False
        while not ended:
            orders, ended = self._collect()
            # What others shall have goes first.
            deleted = [order for order in orders if order.hide_s is None]
            for seconds in sorted({order.hide_s for order in orders if order.hide_s is not None}):
                self._make([order for order in orders if order.hide_s == seconds], seconds)
            self._make(deleted, None)

    def _collect(self) -> tuple[list[_Order], bool]:
        orders: list[_Order] = []
        order = self._orders.get()
        while order is not None:
            orders.append(order)
            if len(orders) == ROUND_MAX:
                return orders, False
            try:
                order = self._orders.get_nowait()
            except Empty:
                return orders, False
        return orders, True

    def _make(self, orders: Sequence[_Order], hide_s: int | None) -> None:
        tries = {order.message.handle: order.tries for order in orders}
        for consumer, messages in by_consumer(order.message for order in orders):
            try:
                if hide_s is None:
                    consumer.delete(messages)
                else:
                    consumer.hide(messages, hide_s)
                self._away = False
            except CloudError as error:
                if not self._away:
                    _log.warning("cannot tell SQS what became of messages: %s", error)
                self._away = True
                for message in messages:
                    if tries[message.handle] < TRIES and hide_s is None:
                        self._orders.put(_Order(message, None, tries[message.handle] + 1))
            except Exception:  # noqa: BLE001 - a loop's runner; what is not deleted comes back
                _log.exception("cannot tell SQS what became of messages")
