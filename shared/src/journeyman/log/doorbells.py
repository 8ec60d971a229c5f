"""The doorbells of a worker in several partitions, waited for by one thread.

It polls the sockets of all subscriptions together. A partition whose server does not answer holds up nobody: whatever
waits for a server, subscribing that is, happens on a thread of its own, which ends with the attempt. Having subscribed
counts as a ring, the first time too: from then on, and not before, nothing is missed.
"""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Sequence
from queue import Empty, SimpleQueue

from redis import exceptions as x

from journeyman.log.api import Brought
from journeyman.log.doorbell import Waiting
from journeyman.log.redis_log import RedisLog
from journeyman.log.subscription import Subscription


class Doorbells(Waiting):
    """Waits for rings in several partitions."""

    def __init__(self, logs: Sequence[RedisLog], worker: str) -> None:
        """Listen for a worker in these partitions; they are known by their index in `logs`."""
        super().__init__()
        self._channels = [Subscription(log.client, log.keys.of("bell", worker)) for log in logs]
        #: Which channel listens at a descriptor.
        self._listening: dict[int, int] = {}
        #: Those that a thread is subscribing, and those for which one has tried.
        self._away: set[int] = set()
        self._tried: SimpleQueue[int] = SimpleQueue()
        for index in range(len(self._channels)):
            self._subscribe(index)

    def wait(self, timeout_ms: float) -> Sequence[int]:
        """Wait until a bell rings, at most `timeout_ms`; return which rang. Several rings of one count as one.

        Ends early, perhaps without a ring, when woken. Never raises.
        """
        deadline = time.monotonic() + timeout_ms / 1000
        with self._lock:
            while not self._closed:
                rung = self._subscribed()
                wait_s = 0.0 if rung else max(0.0, min(deadline, self._turn_at()) - time.monotonic())
                woken = False
                for descriptor, _ in self._poll.poll(wait_s * 1000):
                    index = self._listening.get(descriptor)
                    if index is None:
                        woken = True
                        self._waker.take()
                    elif self._hear(index, descriptor):
                        rung.append(index)
                now = time.monotonic()
                if rung or woken or now >= deadline:
                    return rung
                self._take_turns(now)
        self._hang_up()
        return ()

    def brought(self) -> Sequence[Brought]:
        """Return nothing: who claims from several partitions offers none of them to take a job unasked."""
        return ()

    def _hear(self, index: int, descriptor: int) -> bool:
        rang = self._channels[index].hear()
        self._forget_if_lost(index, descriptor)
        return rang

    def _forget_if_lost(self, index: int, descriptor: int) -> None:
        if self._channels[index].socket is None:
            self._poll.unregister(descriptor)
            del self._listening[descriptor]

    # --- what is due though nobody rings ---------------------------------------------------------------

    def _turn_at(self) -> float:
        turns = (channel.turn_at() for index, channel in enumerate(self._channels) if index not in self._away)
        return min(turns, default=float("inf"))

    def _take_turns(self, now: float) -> None:
        for index, channel in enumerate(self._channels):
            if index in self._away or now < channel.turn_at():
                continue
            if channel.socket is None:
                self._subscribe(index)
            else:
                descriptor = channel.socket.fileno()
                channel.ask(now)
                self._forget_if_lost(index, descriptor)

    def _subscribe(self, index: int) -> None:
        self._away.add(index)
        threading.Thread(target=self._try, args=(index,), name="subscribing", daemon=True).start()

    def _try(self, index: int) -> None:
        channel = self._channels[index]
        channel.subscribe()
        self._tried.put(index)
        self.wake()
        if self._closed:
            self._hang_up_unless_busy()

    def _subscribed(self) -> list[int]:
        """Take up what threads have subscribed since; return which that are."""
        rung: list[int] = []
        while True:
            try:
                index = self._tried.get_nowait()
            except Empty:
                return rung
            self._away.discard(index)
            found = self._channels[index].socket
            if found is not None:
                self._listening[found.fileno()] = index
                self._poll.register(found, select.POLLIN)
                rung.append(index)

    def _hang_up(self) -> None:
        with self._lock:
            self._subscribed()
            for index, channel in enumerate(self._channels):
                if index not in self._away:
                    channel.lose(x.ConnectionError("closed"))
            self._waker.close()
