"""A real cluster for tests, in the place of one server, and what one does while a log has no server for a while."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import redis

from journeyman.errors import JourneymanError
from journeyman.events import BEGINNING
from journeyman.log.cluster import Cluster, slot_of
from journeyman.log.connect import connect
from journeyman.log.redis_log import RedisLog
from journeyman_local.cluster import LocalCluster, Node
from support.servers import TestServer
from support.waiting import wait_for

T = TypeVar("T")


class TestCluster(TestServer):
    """A running cluster that does what a :class:`TestServer` does, all its nodes at once."""

    __test__ = False

    def __init__(
        self, name: str, binary: str, directory: Path, options: Mapping[str, str], *, replicas: int = 0
    ) -> None:
        self.name = name
        self.binary = binary
        self.directory = directory
        self.options = dict(options)
        self.local = LocalCluster(directory, binary=binary, replicas=replicas, options=options)
        self.url = self.local.url
        self._look()

    def _look(self) -> None:
        """Let the one process and port of a server be those of partition 0's node."""
        home = self.home(0)
        self.port, self.process = home.port, home.process

    def home(self, partition: int) -> Node:
        """Return the node that has a partition now."""
        port = Cluster.from_url(self.url).home(slot_of(partition)).port
        return next(node for node in self.local.nodes if node.port == port)

    def client(self, partition: int = 0) -> redis.Redis:
        """Return a client for a partition, to be closed by the caller."""
        return connect(self.url, partition)

    def flush(self) -> None:
        """Delete every key of every node. Function libraries stay."""
        for node in self.local.masters:
            with to(node) as client:
                client.flushall()

    def kill(self) -> None:
        """End every node as a crash would."""
        for node in self.local.nodes:
            node.kill()

    def restart(self) -> None:
        """Start every node again that has ended: all after `stop` or `kill`, one or some that gave up by themselves."""
        for node in self.local.nodes:
            if node.process.poll() is not None:
                node.start()
        self.local.await_ok()
        self._look()

    def stop(self) -> None:
        """End every node in good order, then by force."""
        self.local.stop()


def to(node: Node) -> Any:
    """Return a client of one node alone, to be closed by the caller. Untyped: replies are always bytes here."""
    return redis.Redis.from_url(node.url, protocol=2)


def again(call: Callable[[], T]) -> T:
    """Repeat a call, as every service does, until the server is there; return its answer."""
    answers: list[T] = []

    def tried() -> bool:
        try:
            answers.append(call())
        except JourneymanError:
            return False
        return True

    wait_for(tried, "the log to be there again", timeout_s=40)
    return answers[0]


def follow(log: RedisLog, entries: int) -> None:
    """Read on until so many entries have come, as every tail does."""
    after, seen = BEGINNING, 0
    while seen < entries:
        start = after
        found = again(lambda: log.read(start, block_ms=10_000))  # noqa: B023
        seen += len(found)
        after = found[-1].offset if found else after


def replicated(log: RedisLog) -> None:
    """Wait until a replica has everything. (A write of its own: only what its connection has written is waited for.)"""
    with log.client.pipeline(transaction=False) as pipe:
        pipe.hset(log.keys.meta, "mark", 1)
        pipe.execute_command("WAIT", 1, 10_000)
        assert pipe.execute()[1] >= 1
