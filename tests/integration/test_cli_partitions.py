"""The commands that read the logs, with more than one partition; and how many of these a data directory has."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from journeyman import events as e
from journeyman.cli.__main__ import main
from journeyman.cli.connection import Connection
from journeyman.codec import encode_commit
from journeyman.errors import RebuildNeededError, SettingsError
from journeyman.log.connect import open_logs
from journeyman.log.redis_log import RedisLog
from journeyman.settings import Settings
from journeyman_local.datadir import DataDir
from support.driver import Driver
from support.servers import TestServer


@pytest.fixture
def sides(server: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Driver]]:
    """Give a driver for each of two partitions that the commands find through the environment."""
    monkeypatch.setenv("JOURNEYMAN_REDIS_URL", server.url)
    monkeypatch.setenv("JOURNEYMAN_DURABILITY", "memory")
    monkeypatch.setenv("JOURNEYMAN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("JOURNEYMAN_PARTITIONS", "2")
    logs = open_logs(Settings(redis_url=server.url, durability="memory", partitions=2))
    yield [Driver(log) for log in logs]
    for log in logs:
        log.close()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_logs_are_shown_as_one_and_offsets_name_the_partition(
    sides: list[Driver], capsys: pytest.CaptureFixture[str]
) -> None:
    ids = [sides[number % 2].submitted() for number in range(6)]
    assert main(["tail", "--type", "job.submitted", "-o", "json"]) == 0
    shown = lines(capsys)
    assert [str(line["offset"]).startswith("1:") for line in shown] == [":" in str(line["offset"]) for line in shown]
    at = [int(str(line["offset"]).rpartition(":")[2].partition("-")[0]) for line in shown]
    assert at == sorted(at)
    assert {line["data"]["job_id"] for line in shown} == set(ids)  # type: ignore[index]


def test_reading_starts_at_an_offset_of_any_partition(sides: list[Driver], capsys: pytest.CaptureFixture[str]) -> None:
    for side in sides:
        side.submitted()
        side.submitted()
    assert main(["tail", "-o", "json"]) == 0
    last = [str(line["offset"]) for line in lines(capsys) if str(line["offset"]).startswith("1:")][-1]
    assert main(["tail", "-o", "json", "--from", last]) == 0
    assert [line["offset"] for line in lines(capsys) if str(line["offset"]).startswith("1:")] == [last]
    assert main(["tail", "--from", "1:nowhere"]) == 2


def test_following_shows_what_any_partition_appends_later(sides: list[Driver]) -> None:
    first = sides[1].submitted()
    command = [sys.executable, "-m", "journeyman.cli", "tail", "--follow", "--type", "job.submitted"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        assert first in following.stdout.readline()
        for side in sides:
            later = side.submitted()
            assert later in following.stdout.readline()
        following.send_signal(signal.SIGINT)
        assert following.wait(10) == 0


def test_every_partition_is_verified(sides: list[Driver], capsys: pytest.CaptureFixture[str]) -> None:
    ids = [side.submitted() for side in sides]
    assert main(["verify"]) == 0
    assert "4 events of 2 jobs, 2 of them unfinished in 2 partitions (0, 1)" in capsys.readouterr().out
    log = sides[1].log
    assert isinstance(log, RedisLog)
    forged = encode_commit([e.JobStarted(ids[1], 1, "w-1"), e.JobStarted(ids[1], 2, "w-2")])
    entry = log.client.xadd(log.keys.log, {"c": forged}).decode()
    assert main(["verify", "-o", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["violations"]
    assert f"1:{entry}/1" in [one["offset"] for one in found]
    assert all(one["offset"].startswith("1:") for one in found)


def test_every_partition_is_rebuilt(
    sides: list[Driver], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for side in sides:
        side.submitted()
    monkeypatch.delenv("JOURNEYMAN_PARTITIONS")
    assert main(["rebuild", "--timeout", "200ms"]) == 1
    said = capsys.readouterr().err
    assert "no scheduler" in said
    # Also the one that the settings do not name, and that is said.
    assert "there are partitions up to 1, and JOURNEYMAN_PARTITIONS is 1" in said
    for side in sides:
        with pytest.raises(RebuildNeededError):
            side.submitted()


def test_a_data_directory_keeps_its_partitions_and_may_get_more(tmp_path: Path) -> None:
    data = DataDir(tmp_path)
    try:
        assert [data.settle_partitions(wanted) for wanted in (None, 2, None, 4)] == [1, 2, 2, 4]
        with pytest.raises(SettingsError, match="spread over 4 partitions"):
            data.settle_partitions(3)
        assert data.settle_partitions(None) == 4
    finally:
        data.close()


def test_commands_know_the_partitions_of_the_embedded_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNEYMAN_DATA_DIR", str(tmp_path))
    data = DataDir(tmp_path)
    data.settle_partitions(3)
    data.url_file.write_text("unix:///nowhere\n")
    data.close()
    assert Connection().log_settings().partitions == 3
    monkeypatch.setenv("JOURNEYMAN_PARTITIONS", "5")
    assert Connection().log_settings().partitions == 5
