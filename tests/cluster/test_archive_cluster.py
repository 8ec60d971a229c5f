"""Partitions that are found, and restored from their archives, on several nodes."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest

from journeyman.archive import read_whole
from journeyman.cli.__main__ import main
from journeyman.log.partitions_found import found_partitions
from journeyman.log.raw_entries import RawLog
from journeyman.log.rebuild import demand_rebuild, rebuild
from journeyman.log.redis_log import RedisLog
from journeyman.partition import fold
from journeyman.settings import Settings
from support.archives import archive_in, plan
from support.cluster import TestCluster
from support.driver import Driver


def test_partitions_are_found_wherever_they_live(nodes: TestCluster, logs: list[RedisLog]) -> None:
    settings = Settings(redis_url=nodes.url, durability="memory")
    assert found_partitions(settings) == []
    for log in (logs[3], logs[1]):
        Driver(log).submitted()
    started = time.monotonic()
    assert found_partitions(settings) == [1, 3]
    assert found_partitions(Settings(redis_url=nodes.url, durability="memory", namespace="other")) == []
    assert time.monotonic() - started < 30


def test_every_partition_is_restored_on_its_own_node(
    nodes: TestCluster, logs: list[RedisLog], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = archive_in(tmp_path / "archive")
    ids = {log.partition: [Driver(log).submitted() for _ in range(5)] for log in logs}
    before = {}
    for log in logs:
        before[log.partition] = list(RawLog(log).entries())
        first = msgspec.structs.replace(plan(1), partition=log.partition)
        archive.chain(log.partition).extend(iter(before[log.partition]), first)
    nodes.flush()
    monkeypatch.setenv("JOURNEYMAN_REDIS_URL", nodes.url)
    monkeypatch.setenv("JOURNEYMAN_DURABILITY", "memory")
    monkeypatch.setenv("JOURNEYMAN_DATA_DIR", str(tmp_path))

    assert main(["rebuild", "--from-archive", f"file://{tmp_path}/archive"]) == 0

    for log in logs:
        assert list(RawLog(log).entries()) == before[log.partition]
        driver = Driver(log)
        driver.join()
        assert driver.claimed_ids(count=9) == ids[log.partition]
        demand_rebuild(log)
        assert rebuild(log, "somebody", fold(read_whole(log, archive))) is not None
