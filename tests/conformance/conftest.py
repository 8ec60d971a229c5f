"""Every log there is, in turn: in memory, on the embedded Valkey, on this machine's Redis."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from journeyman.log.connect import connect
from journeyman.log.memory_log import MemoryLog
from journeyman.log.redis_log import RedisLog
from support import hypothesis_profiles
from support.driver import AnyLog, Driver

hypothesis_profiles.load()


@pytest.fixture(params=["memory", "valkey", "debian_redis"])
def log(request: pytest.FixtureRequest) -> Iterator[AnyLog]:
    """Give each kind of log, empty."""
    if request.param == "memory":
        yield MemoryLog()
        return
    server = request.getfixturevalue(request.param)
    server.flush()
    log = RedisLog(connect(server.url))
    yield log
    log.close()


@pytest.fixture
def driver(log: AnyLog) -> Driver:
    """Give a driver of each kind of log."""
    return Driver(log)


@pytest.fixture(params=["valkey", "debian_redis"])
def real_log(request: pytest.FixtureRequest) -> Iterator[RedisLog]:
    """Give each log that is on a server, empty."""
    server = request.getfixturevalue(request.param)
    server.flush()
    log = RedisLog(connect(server.url))
    yield log
    log.close()


@pytest.fixture
def real(real_log: RedisLog) -> Driver:
    """Give a driver of each log that is on a server."""
    return Driver(real_log)
