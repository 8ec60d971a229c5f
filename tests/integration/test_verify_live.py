"""Verifying what does not stand still, and what is no longer on the server."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import ANY

import pytest

from journeyman import events as e
from journeyman.admission import admit
from journeyman.cli.__main__ import main
from journeyman.log.api import Outcome
from journeyman.log.connect import open_log
from journeyman.log.raw_entries import RawLog
from journeyman.log.redis_log import RedisLog
from journeyman.proposals import Proposal
from journeyman.settings import Settings
from journeyman.verifying import Source, verified
from support.archives import archive_in, extend, files_of
from support.driver import Driver
from support.servers import TestServer, free_port
from support.waiting import wait_for

#: So often a busy log is verified.
LOOKS = 8


@pytest.fixture
def log(server: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisLog]:
    """Give a log that commands find through the environment."""
    monkeypatch.setenv("JOURNEYMAN_REDIS_URL", server.url)
    monkeypatch.setenv("JOURNEYMAN_DURABILITY", "memory")
    monkeypatch.setenv("JOURNEYMAN_DATA_DIR", str(tmp_path))
    log = open_log(Settings(redis_url=server.url, durability="memory"))
    yield log
    log.close()


def _submit(driver: Driver) -> None:
    driver.append(admit([driver.job(priority=priority) for priority in (3, 10, 10, 20)], driver.log.now_ms()))


def _work(driver: Driver) -> None:
    claimed = driver.claim("w", 20)
    keys = [(job.body.job_id, job.attempt, "w") for job in claimed]
    backs = [(job.queue, job.priority, job.body.type, job.place) for job in claimed]
    given_back = [Outcome(e.JobReturned(*key, back=True), back) for key, back in zip(keys[:2], backs, strict=False)]
    driver.finish("w", *given_back, *(Outcome(e.JobSucceeded(*key)) for key in keys[2:]))


@contextmanager
def busy(log: RedisLog) -> Iterator[None]:
    """Let clients and a worker be at it, from threads of their own."""
    stop = threading.Event()

    def repeat(act: Callable[[Driver], None]) -> None:
        driver = Driver(log)
        while not stop.is_set():
            act(driver)

    Driver(log).join("w")
    threads = [threading.Thread(target=repeat, args=(act,)) for act in (_submit, _submit, _work)]
    with ExitStack() as stack:
        for thread in threads:
            stack.callback(thread.join)
        stack.callback(stop.set)
        for thread in threads:
            thread.start()
        yield


def test_a_busy_system_gives_no_false_alarm(log: RedisLog) -> None:
    with busy(log):
        wait_for(lambda: len(log.read(e.BEGINNING, count=50)) == 50, "the log to grow")
        for _ in range(LOOKS):
            before = log.end()
            done = verified(Source(0, log))
            assert done.report.violations == []
            assert done.end >= before
    assert verified(Source(0, log)).report.violations == []


def test_a_key_that_is_lost_on_a_busy_system_is_found(log: RedisLog) -> None:
    driver = Driver(log)
    lost = driver.submitted("nobody-knows-this-type")
    with busy(log):
        wait_for(lambda: len(log.read(e.BEGINNING, count=50)) == 50, "the log to grow")
        log.client.hdel(log.keys.bodies, lost)
        found = verified(Source(0, log)).report.violations
    assert {lost} == {word for one in found for word in one.detail.split() if len(word) == 24}


def test_every_partition_that_there_is_is_looked_at_without_being_told(
    server: TestServer, log: RedisLog, capsys: pytest.CaptureFixture[str]
) -> None:
    Driver(log).submitted()
    with ExitStack() as stack:
        for partition in (2, 5):
            other = open_log(Settings(redis_url=server.url, durability="memory", partitions=8), partition)
            stack.callback(other.close)
            Driver(other).submitted()
        assert main(["verify", "-o", "json"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert (said["partitions"], said["jobs"]) == ([0, 2, 5], 3)
        assert main(["verify"]) == 0
        assert "in 3 partitions (0, 2, 5)" in capsys.readouterr().out
        other.client.hdel(other.keys.bodies, *other.client.hkeys(other.keys.bodies))
        assert main(["verify", "-o", "json"]) == 1
        assert json.loads(capsys.readouterr().out)["violations"][0]["offset"].startswith("5:")


class Trimmed:
    """A log whose beginning is in an archive alone."""

    def __init__(self, log: RedisLog, directory: Path) -> None:
        self.url, self.directory = directory.as_uri(), directory
        self.driver = driver = Driver(log)
        driver.elect()
        driver.join("w")
        self.old, self.open = driver.submitted(), driver.submitted()
        driver.claim("w", 1)
        driver.finish("w", Outcome(e.JobSucceeded(self.old, 1, "w")))
        driver.submitted()
        before = log.end()
        extend(archive_in(directory).chain(0), list(RawLog(log).entries()))
        log.keep([self.open])
        gone = log.client.xtrim(log.keys.log, minid=before.entry, approximate=False)
        driver.commit(Proposal((e.LogTrimmed(before.entry, gone),), None, ()))


def verify_as_json(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, object]]:
    code = main(["verify", "-o", "json", *words])
    said: dict[str, object] = json.loads(capsys.readouterr().out)
    return code, said


def test_a_log_is_verified_from_its_beginning_in_the_archive_on(
    log: RedisLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trimmed = Trimmed(log, tmp_path / "archive")
    assert verify_as_json(capsys) == (0, ANY)
    code, said = verify_as_json(capsys, "--archive", trimmed.url)
    assert (code, said["jobs"], said["keys_compared"], said["violations"]) == (0, 3, True, [])
    log.client.hdel(log.keys.bodies, trimmed.open)
    code, said = verify_as_json(capsys, "--archive", trimmed.url)
    assert (code, trimmed.open in str(said["violations"])) == (1, True)


def test_an_archive_is_verified_without_any_server(
    log: RedisLog, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    trimmed = Trimmed(log, tmp_path / "archive")
    monkeypatch.setenv("JOURNEYMAN_REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    code, said = verify_as_json(capsys, "--archive", trimmed.url, "--archive-only")
    assert (code, said["jobs"], said["keys_compared"], said["violations"]) == (0, 3, False, [])
    assert main(["verify", "--archive-only"]) == 2
    assert main(["verify", "--archive", trimmed.url]) == 3


def test_an_archive_that_was_damaged_is_named(
    log: RedisLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trimmed = Trimmed(log, tmp_path / "archive")
    (segment,) = files_of(trimmed.directory, ".zst")
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 1
    segment.chmod(0o600)
    segment.write_bytes(bytes(data))
    assert main(["verify", "--archive", trimmed.url, "--archive-only"]) == 1
    assert "damaged" in capsys.readouterr().err
