"""A primary, a replica and a sentinel: when the primary dies, the log goes on at the other, and so do its readers."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import pytest
import redis

from journeyman.errors import ServerUnavailableError, SettingsError
from journeyman.log.connect import connector, open_log
from journeyman.settings import Settings
from support.cluster import again, follow, replicated
from support.driver import Driver
from support.servers import TestServer, free_port, log_options, start_alone
from support.waiting import wait_for

SERVICE = "jobs"


class Pair(NamedTuple):
    """A primary, its replica, and the URL of the sentinel that watches them."""

    primary: TestServer
    replica: TestServer
    url: str


@pytest.fixture
def pair(tmp_path: Path, binary: str) -> Iterator[Pair]:
    """Give a watched pair of one's own."""
    options = log_options("") | {"repl-diskless-sync-delay": "0"}
    running: list[TestServer] = []
    sentinel = None
    try:
        running.append(start_alone("primary", binary, tmp_path / "primary", options))
        follows = {"replicaof": f"127.0.0.1 {running[0].port}"}
        running.append(start_alone("replica", binary, tmp_path / "replica", options | follows))
        port = free_port()
        config = tmp_path / "sentinel.conf"
        lines = [
            f"port {port}",
            "bind 127.0.0.1",
            f"dir {tmp_path}",
            f"sentinel monitor {SERVICE} 127.0.0.1 {running[0].port} 1",
            f"sentinel down-after-milliseconds {SERVICE} 1000",
            f"sentinel failover-timeout {SERVICE} 5000",
        ]
        config.write_text("\n".join(lines) + "\n")
        with (tmp_path / "sentinel.log").open("wb") as output:
            sentinel = subprocess.Popen([binary, config, "--sentinel"], stdin=subprocess.DEVNULL, stdout=output)
        wait_for(lambda: _watches(port), "the sentinel to know the replica", timeout_s=30)
        yield Pair(running[0], running[1], f"redis+sentinel://127.0.0.1:{port}/{SERVICE}")
    finally:
        if sentinel is not None:
            sentinel.terminate()
            sentinel.wait(10)
        for server in running:
            server.stop()


def _watches(port: int) -> bool:
    try:
        with redis.Redis(port=port) as client:
            known = client.sentinel_master(SERVICE)
    except redis.RedisError:
        return False
    return int(known["num-slaves"]) == 1


def test_the_log_goes_on_at_the_replica_when_the_primary_dies(pair: Pair) -> None:
    settings = Settings(redis_url=pair.url, durability="memory")
    with closing(open_log(settings)) as log, closing(open_log(settings)) as followed:
        driver = Driver(log)
        driver.join()
        first = driver.submitted()
        replicated(log)
        reader = Thread(target=follow, args=(followed, 3), daemon=True)
        reader.start()
        with closing(log.doorbell("w")) as bell:
            pair.primary.kill()
            with pytest.raises(ServerUnavailableError):
                log.now_ms()
            second = again(driver.submitted)
            assert driver.claimed_ids(count=10) == [first, second]
            assert driver.claim() == []
            while bell.wait(0):
                pass
            driver.submitted()
            assert wait_for(lambda: bell.wait(200), "the bell at the new primary")
        assert log.client.info("server")["tcp_port"] == pair.replica.port
        reader.join(20)
        assert not reader.is_alive()


def test_a_service_that_the_sentinel_does_not_know_is_said_in_words(pair: Pair) -> None:
    with pytest.raises(ServerUnavailableError, match=r"no sentinel at .* knows a primary of that name"):
        open_log(Settings(redis_url=pair.url.replace(SERVICE, "others")))


@pytest.mark.parametrize("url", ["redis+sentinel://a:1", "redis+sentinel:///jobs", "redis+sentinel://a:1/jobs/x"])
def test_a_wrong_sentinel_url_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(SettingsError):
        connector(url)
