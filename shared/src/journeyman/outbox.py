"""Telling other partitions: gathers messages, appends them to the logs they are for, hands back what was acknowledged.

One call at a time is under way for each neighbour, and takes what has gathered since the one before. A failed call is
repeated after a pause (`PAUSE_MS`), for as long as its messages are wanted; the messages of other neighbours do not
wait for it. Nothing is lost with an outbox: what it held is concluded again by whoever decides next.

Holds no more messages than there are unanswered edges in the state. For one thread; the calls may run on others
(`start`), and touch nothing of the outbox.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from itertools import islice
from threading import Thread
from typing import TypeAlias

from journeyman.errors import JourneymanError
from journeyman.log.api import Log
from journeyman.messages import Message
from journeyman.watchers import Edge

_log = logging.getLogger(__name__)

#: Messages in one call: one commit.
BATCH_MAX = 900
PAUSE_MS = 1_000

#: What a call brings: what each message of the batch was acknowledged with.
Said: TypeAlias = list[str]
Start: TypeAlias = Callable[[Callable[[], Said]], "Future[Said]"]


def at_once(call: Callable[[], Said]) -> Future[Said]:
    """Make a call here and now."""
    future: Future[Said] = Future()
    try:
        future.set_result(call())
    except JourneymanError as error:
        future.set_exception(error)
    return future


def on_a_thread(call: Callable[[], Said]) -> Future[Said]:
    """Make a call on a thread of its own, which does not keep the process from ending."""
    future: Future[Said] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
            future.set_exception(error)

    Thread(target=run, name="neighbour", daemon=True).start()
    return future


class _Post:
    """The messages for one neighbour."""

    def __init__(self) -> None:
        #: All that are not acknowledged, those under way included.
        self.waiting: dict[Edge, Message] = {}
        self.under_way: tuple[list[Message], Future[Said]] | None = None
        self.due_ms = 0
        self.away = False


class Outbox:
    """See the module. `neighbours` returns the log of a partition, and may fail as its calls do."""

    def __init__(self, neighbours: Callable[[int], Log], caller: str, start: Start = at_once) -> None:
        self._neighbours = neighbours
        self._caller = caller
        self._start = start
        self._number = 0
        self._posts: dict[int, _Post] = {}

    @property
    def idle(self) -> bool:
        """Tell whether everything was acknowledged."""
        return not self._posts

    def wait_ms(self, now_ms: int, soon_ms: int) -> int | None:
        """Return when to look again: after `soon_ms` where a call is under way; None where nothing is waited for."""
        waits = [soon_ms if post.under_way else post.due_ms - now_ms for post in self._posts.values()]
        return max(min(waits), 0) if waits else None

    def put(self, messages: Iterable[Message]) -> None:
        """Take messages. One about an edge that already waits to be told changes nothing."""
        for message in messages:
            self._posts.setdefault(message.partition, _Post()).waiting.setdefault(message.edge, message)

    def forget(self) -> None:
        """Let go of what is not under way."""
        for post in self._posts.values():
            post.waiting.clear()

    def turn(self, now_ms: int) -> dict[Edge, str]:
        """Send what can be sent; return what was acknowledged meanwhile, and with which words."""
        acknowledged: dict[Edge, str] = {}
        for partition, post in list(self._posts.items()):
            self._collect(partition, post, now_ms, acknowledged)
            while post.waiting and post.under_way is None and now_ms >= post.due_ms:
                self._send(partition, post)
                self._collect(partition, post, now_ms, acknowledged)
            if not post.waiting and post.under_way is None:
                del self._posts[partition]
        return acknowledged

    def _send(self, partition: int, post: _Post) -> None:
        batch = list(islice(post.waiting.values(), BATCH_MAX))
        self._number += 1
        number = self._number
        post.under_way = batch, self._start(lambda: self._deliver(partition, batch, number))

    def _deliver(self, partition: int, batch: Sequence[Message], number: int) -> Said:
        proposals = [message.proposal() for message in batch]
        verdicts = self._neighbours(partition).append(proposals, caller=self._caller, number=number).verdicts
        return [
            message.says if verdict.replayed is None else verdict.replayed
            for message, verdict in zip(batch, verdicts, strict=True)
        ]

    def _collect(self, partition: int, post: _Post, now_ms: int, acknowledged: dict[Edge, str]) -> None:
        if post.under_way is None or not post.under_way[1].done():
            return
        batch, future = post.under_way
        post.under_way = None
        try:
            said = future.result()
        except JourneymanError as error:
            if not post.away:
                _log.warning("partition %d cannot be told of dependencies: %s", partition, error)
            post.away, post.due_ms = True, now_ms + PAUSE_MS
            return
        if post.away:
            _log.info("partition %d can be told of dependencies again", partition)
            post.away = False
        for message, words in zip(batch, said, strict=True):
            post.waiting.pop(message.edge, None)
            acknowledged[message.edge] = words
