"""A partition's node dies or steps down, and its replica takes over: the log goes on by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from threading import Thread
from typing import Any

import pytest

from journeyman.errors import ServerUnavailableError
from journeyman.log.doorbell import Doorbell
from journeyman.log.redis_log import RedisLog
from journeyman_local.cluster import Node
from support.cluster import TestCluster, again, follow, replicated, to
from support.driver import Driver
from support.waiting import wait_for


@pytest.fixture
def bell(frail_logs: list[RedisLog]) -> Iterator[Doorbell]:
    """Give the doorbell of a worker of partition 0, which has joined."""
    Driver(frail_logs[0]).join()
    with closing(frail_logs[0].doorbell("w")) as bell:
        yield bell


def test_the_log_goes_on_after_the_death_of_its_node(
    frail: TestCluster, frail_logs: list[RedisLog], bell: Doorbell
) -> None:
    log = frail_logs[0]
    driver = Driver(log)
    first = driver.submitted()
    replicated(log)
    dead = frail.home(0)
    dead.kill()
    with pytest.raises(ServerUnavailableError):
        log.now_ms()
    away = next(other for other in frail_logs if frail.home(other.partition) is not dead)
    assert Driver(away).submitted()

    second = again(driver.submitted)

    wait_for(lambda: frail.home(0) is not dead, "everybody to know")
    assert driver.claimed_ids(count=10) == [first, second]
    assert driver.claim() == []
    while bell.wait(0):
        pass
    driver.submitted()
    assert wait_for(lambda: bell.wait(200), "the bell at the new node")


def test_the_dead_node_comes_back_as_a_replica_and_nobody_writes_to_it(
    frail: TestCluster, frail_logs: list[RedisLog]
) -> None:
    driver = Driver(frail_logs[0])
    driver.submitted()
    replicated(frail_logs[0])
    dead = frail.home(0)
    dead.kill()
    again(driver.submitted)
    dead.start()
    frail.local.await_ok()
    driver.submitted()
    assert len(driver.entries()) == 3
    with to(dead) as client:
        assert client.info("replication")["role"] == "slave"


def test_a_node_that_steps_down_is_left_at_once(frail: TestCluster, frail_logs: list[RedisLog], bell: Doorbell) -> None:
    log = frail_logs[0]
    driver = Driver(log)
    driver.submitted()
    old = frail.home(0)
    new = successor(frail)
    reader = Thread(target=follow, args=(log, 2), daemon=True)
    reader.start()
    with to(new) as client:
        # A replica gives up when it has not caught up within five seconds, and has to be told again.
        wait_for(lambda: takes_over(client), "the replica to take over", timeout_s=30, every_s=0.2)
    wait_for(lambda: frail.home(0) is new, "everybody to know")

    while bell.wait(0):
        pass
    driver.claim(count=10)
    again(driver.submitted)
    assert wait_for(lambda: bell.wait(200), "the bell at the new node")
    assert log.client.info("server")["tcp_port"] == new.port != old.port
    reader.join(20)
    assert not reader.is_alive()


def test_functions_that_the_new_node_lost_are_loaded_there(frail: TestCluster, frail_logs: list[RedisLog]) -> None:
    driver = Driver(frail_logs[0])
    driver.submitted()
    replicated(frail_logs[0])
    dead = frail.home(0)
    dead.kill()
    again(driver.log.now_ms)
    wait_for(lambda: frail.home(0) is not dead, "everybody to know")
    with to(frail.home(0)) as client:
        client.function_flush()
    # The replica has just been promoted: a single call may still meet the moment in between.
    again(driver.submitted)
    assert driver.tags().count("job.submitted") >= 2


def takes_over(replica: Any) -> bool:
    """Tell whether it has taken over; tell it to where it has not and is not about to."""
    told = replica.info("replication")
    if told["role"] == "master":
        return True
    if told["master_link_status"] == "up":
        replica.execute_command("CLUSTER FAILOVER")
    return False


def successor(cluster: TestCluster) -> Node:
    """Return the replica of partition 0's node."""
    for node in cluster.local.nodes:
        with to(node) as client:
            told = client.info("replication")
        if told["role"] == "slave" and told["master_port"] == cluster.home(0).port:
            return node
    raise AssertionError("partition 0 has no replica")
