"""Every log there is, in turn: in memory, on the embedded Valkey, on this machine's Redis, and on a cluster of either.

On a cluster each test has one of four partitions, which live on all of its nodes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import pytest

from journeyman.log.connect import connect
from journeyman.log.doorbell import Doorbell
from journeyman.log.memory_bell import MemoryBell
from journeyman.log.memory_log import MemoryLog
from journeyman.log.redis_log import RedisLog
from support.driver import AnyLog, Driver

SERVERS = ["valkey", "debian_redis", "cluster", "redis_cluster"]
PARTITIONS = 4


def on_server(request: pytest.FixtureRequest) -> Iterator[RedisLog]:
    """Give an empty log on the server that the fixture's parameter names."""
    server = request.getfixturevalue(request.param)
    server.flush()
    partition = zlib.crc32(request.node.originalname.encode()) % PARTITIONS if "cluster" in request.param else 0
    log = RedisLog(connect(server.url, partition), partition=partition)
    yield log
    log.close()


@pytest.fixture(params=["memory", *SERVERS])
def log(request: pytest.FixtureRequest) -> Iterator[AnyLog]:
    """Give each kind of log, empty."""
    if request.param == "memory":
        yield MemoryLog()
    else:
        yield from on_server(request)


@pytest.fixture
def driver(log: AnyLog) -> Driver:
    """Give a driver of each kind of log."""
    return Driver(log)


@pytest.fixture
def bell(driver: Driver) -> Iterator[Doorbell | MemoryBell]:
    """Give the doorbell of a worker that has joined and holds nothing."""
    driver.join()
    bell = driver.log.doorbell("w")
    yield bell
    bell.close()


@pytest.fixture(params=SERVERS)
def real_log(request: pytest.FixtureRequest) -> Iterator[RedisLog]:
    """Give each log that is on a server, empty."""
    yield from on_server(request)


@pytest.fixture
def real(real_log: RedisLog) -> Driver:
    """Give a driver of each log that is on a server."""
    return Driver(real_log)
