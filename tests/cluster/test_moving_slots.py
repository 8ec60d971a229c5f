"""A partition's slot moves to another node: the log is away while it moves, whole before and after, and goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from journeyman.errors import ServerUnavailableError
from journeyman.events import BEGINNING
from journeyman.log.cluster import slot_of
from journeyman.log.connect import open_log
from journeyman.log.redis_log import RedisLog
from journeyman.settings import Settings
from journeyman_local.cluster import Node
from support.cluster import TestCluster, again, to
from support.driver import Driver, succeeded
from support.waiting import wait_for

SLOT = slot_of(0)


@pytest.fixture
def movable(nodes: TestCluster) -> Iterator[TestCluster]:
    """Give the session's cluster, and bring the slot home afterwards."""
    home = nodes.home(0)
    yield nodes
    nodes.flush()
    if nodes.home(0) is not home:
        Move(nodes, home).end()
    wait_for(lambda: all(holder(node) == home.port for node in nodes.local.masters), "the slot at home")


@pytest.fixture
def log(movable: TestCluster) -> Iterator[RedisLog]:
    """Give the log of partition 0."""
    with closing(open_log(Settings(redis_url=movable.url, durability="memory"))) as log:
        yield log


class Move:
    """The move of partition 0's slot to a node, key by key, as an operator's tool does it."""

    def __init__(self, cluster: TestCluster, target: Node) -> None:
        self.cluster = cluster
        self.source, self.target = cluster.home(0), target
        self._tell(self.target, "IMPORTING", _id(self.source))
        self._tell(self.source, "MIGRATING", _id(self.target))

    def _tell(self, node: Node, *words: str) -> None:
        with to(node) as client:
            client.execute_command("CLUSTER SETSLOT", SLOT, *words)

    def left(self) -> list[bytes]:
        """Return the keys that are still where they were."""
        with to(self.source) as client:
            found: list[bytes] = client.execute_command("CLUSTER GETKEYSINSLOT", SLOT, 1_000)
        return sorted(found)

    def take(self, key: bytes) -> None:
        """Move one key."""
        with to(self.source) as client:
            client.execute_command("MIGRATE", "127.0.0.1", self.target.port, key, 0, 5_000)

    def end(self) -> None:
        """Move what is left, and the slot itself."""
        for key in self.left():
            self.take(key)
        for node in (self.target, self.source, *self.cluster.local.masters):
            self._tell(node, "NODE", _id(self.target))


def test_a_log_goes_on_where_its_slot_has_gone(movable: TestCluster, log: RedisLog) -> None:
    driver = Driver(log)
    driver.join()
    jobs = [driver.submitted() for _ in range(3)]
    (held,) = driver.claim()
    with closing(log.doorbell("w")) as bell:
        target = another(movable)
        with to(target) as client:
            client.function_flush()

        Move(movable, target).end()

        assert driver.finish("w", succeeded(held)) == [True]
        assert driver.claimed_ids(count=10) == jobs[1:]
        assert driver.claim() == []
        while bell.wait(100):
            pass
        driver.submitted()
        assert bell.wait(5_000)
    assert log.client.info("server")["tcp_port"] == target.port


def test_while_a_slot_moves_key_by_key_nothing_is_half_done(movable: TestCluster, log: RedisLog) -> None:
    driver = Driver(log)
    driver.join()
    driver.submitted()
    driver.submitted("parcel", queue="elsewhere")
    (held,) = driver.claim()
    end, before = log.end(), driver.events()
    move = Move(movable, another(movable))
    for key in move.left():
        for call in (driver.submitted, driver.claim, lambda: driver.finish("w", succeeded(held))):
            with pytest.raises(ServerUnavailableError):
                call()
        move.take(key)
    with pytest.raises(ServerUnavailableError):
        driver.submitted()
    move.end()
    assert log.end() == end
    assert driver.events() == before
    assert driver.finish("w", succeeded(held)) == [True]
    assert log.read(BEGINNING, count=10)[-1].offset == log.end()


def test_a_slot_that_moves_as_a_whole_takes_its_partition_with_it(cluster: TestCluster) -> None:
    cluster.flush()
    home = cluster.home(0)
    target = another(cluster)
    with closing(open_log(Settings(redis_url=cluster.url, durability="memory"))) as log:
        driver = Driver(log)
        driver.join()
        jobs = [driver.submitted() for _ in range(3)]
        for source, goal in ((home, target), (target, home)):
            with to(source) as client:
                client.execute_command("CLUSTER MIGRATESLOTS", "SLOTSRANGE", SLOT, SLOT, "NODE", _id(goal))
            wait_for(lambda goal=goal: cluster.home(0) is goal, "the slot to move")  # type: ignore[misc]
            jobs.append(again(driver.submitted))
        assert driver.claimed_ids(count=10) == jobs


def another(cluster: TestCluster) -> Node:
    """Return a node that does not have partition 0."""
    return next(node for node in cluster.local.masters if node is not cluster.home(0))


def holder(node: Node) -> int:
    """Return the port of the node that has partition 0, as a node sees it."""
    with to(node) as client:
        for first, last, primary, *_ in client.execute_command("CLUSTER SLOTS"):
            if first <= SLOT <= last:
                return int(primary[1])
    return 0


def _id(node: Node) -> str:
    return node.ask("CLUSTER", "MYID").split()[1]
