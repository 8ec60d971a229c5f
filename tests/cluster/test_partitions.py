"""Partitions on a cluster: each on one node, with the functions there, over connections that they share."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeyman.errors import ServerUnavailableError, SettingsError, UnsuitableServerError
from journeyman.log.connect import connector, open_log, open_logs
from journeyman.log.extent import extent
from journeyman.log.functions import library
from journeyman.log.rebuild import rebuild
from journeyman.log.redis_log import RedisLog
from journeyman.partition import fold
from journeyman.settings import Settings
from support.cluster import TestCluster, to
from support.driver import Driver, succeeded
from support.servers import free_port, log_options, redis_binary, start_alone


def test_four_partitions_live_on_several_nodes_each_with_all_its_keys(nodes: TestCluster, logs: list[RedisLog]) -> None:
    for log in logs:
        Driver(log).submitted()
    found: dict[int, set[int]] = {}
    for node in nodes.local.masters:
        with to(node) as client:
            found[node.port] = {int(key.split(b"{")[1].split(b"}")[0]) for key in client.scan_iter()}
    homes = [nodes.home(log.partition).port for log in logs]
    assert len(set(homes)) >= 2
    assert found == {
        port: {partition for partition, home in enumerate(homes) if home == port}
        for port in (node.port for node in nodes.local.masters)
    }


def test_every_node_of_a_partition_has_the_functions_when_it_is_opened(
    nodes: TestCluster, logs: list[RedisLog]
) -> None:
    for log in logs:
        with to(nodes.home(log.partition)) as client:
            assert library().name("append").encode() in str(client.function_list()).encode()


def test_jobs_flow_in_each_partition_by_itself(logs: list[RedisLog]) -> None:
    drivers = [Driver(log) for log in logs]
    jobs = [driver.submitted() for driver in drivers]
    for driver, job_id in zip(drivers, jobs, strict=True):
        driver.join()
        (job,) = driver.claim(count=10)
        assert job.body.job_id == job_id
        assert driver.finish("w", succeeded(job)) == [True]
        assert driver.log.outcomes([job_id])[job_id].status == "completed"


def test_a_partition_is_rebuilt_and_its_neighbour_on_the_node_left_alone(logs: list[RedisLog]) -> None:
    one, neighbour = (Driver(logs[partition]) for partition in _on_one_node(logs))
    ids = [one.submitted(), one.submitted()]
    kept = neighbour.submitted()
    assert isinstance(one.log, RedisLog)
    one.log.drop_derived()
    rebuilt = rebuild(one.log, "s", fold(one.entries()))
    assert rebuilt is not None
    assert (rebuilt.open_jobs, rebuilt.ready) == (2, 2)
    one.join()
    assert one.claimed_ids(count=5) == ids
    neighbour.join()
    assert neighbour.claimed_ids(count=5) == [kept]


def test_partitions_on_one_node_share_its_connections(nodes: TestCluster) -> None:
    settings = Settings(redis_url=nodes.url, durability="memory")
    before = _connections(nodes)
    logs = open_logs(settings, range(16))
    for log in logs:
        log.now_ms()
    assert _connections(nodes) - before == 3
    logs.pop().close()
    assert [log.now_ms() > 0 for log in logs] == [True] * 15
    assert _connections(nodes) - before == 3
    for log in logs:
        log.close()
    assert _connections(nodes) == before


def test_any_node_that_answers_is_enough_to_find_the_others(nodes: TestCluster) -> None:
    url = f"redis+cluster://127.0.0.1:{free_port()},127.0.0.1:{nodes.local.masters[0].port}"
    for log in open_logs(Settings(redis_url=url, durability="memory"), range(4)):
        assert log.now_ms() > 0
        log.close()


def test_a_node_met_as_a_single_server_is_refused_with_advice(nodes: TestCluster) -> None:
    with pytest.raises(UnsuitableServerError, match=r"redis\+cluster://"):
        open_log(Settings(redis_url=nodes.local.masters[0].url, durability="memory"))


def test_a_promise_that_one_node_cannot_keep_is_refused(nodes: TestCluster) -> None:
    with pytest.raises(UnsuitableServerError, match="append-only"):
        open_logs(Settings(redis_url=nodes.url, durability="process-crash"), [1])


def test_a_single_server_met_as_a_cluster_is_refused_in_words(tmp_path: Path) -> None:
    server = start_alone("alone", redis_binary(), tmp_path, log_options(""))
    url = server.url.removesuffix("/0").replace("redis://", "redis+cluster://")
    with pytest.raises(ServerUnavailableError, match="cluster support disabled"):
        open_log(Settings(redis_url=url))
    server.stop()


def test_a_cluster_that_is_not_there_is_unavailable_without_its_password() -> None:
    url = f"redis+cluster://me:secret@127.0.0.1:{free_port()}"
    with pytest.raises(ServerUnavailableError, match="cannot reach the server") as caught:
        open_log(Settings(redis_url=url))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["redis+cluster://a:1/3", "redis+cluster://:1", "redis+cluster://a:port", "what://a"])
def test_a_wrong_url_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(SettingsError):
        connector(url)


def _on_one_node(logs: list[RedisLog]) -> tuple[int, int]:
    """Return two partitions that live on one node."""
    seen: dict[int, int] = {}
    for log in logs:
        port = log.client.info("server")["tcp_port"]
        if port in seen:
            return seen[port], log.partition
        seen[port] = log.partition
    raise AssertionError("every partition is on a node of its own")


def _connections(nodes: TestCluster) -> int:
    """Return how many connections the nodes have, without the one that asks."""
    count = 0
    for node in nodes.local.masters:
        with to(node) as client:
            count += len(client.client_list(_type="normal")) - 1
    return count


def test_each_node_says_how_long_the_logs_are_that_it_has(logs: list[RedisLog]) -> None:
    for times, log in enumerate(logs):
        driver = Driver(log)
        for _ in range(times):
            driver.submitted()
    found = [extent(log) for log in logs]
    assert [(one.entries, one.added) for one in found] == [(times, times) for times in range(len(logs))]
    assert [one.last for one in found[1:]] == [log.end()._replace(index=0) for log in logs[1:]]
