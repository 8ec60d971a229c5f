"""The commands that read the log itself, on a real server: `tail`, `verify`, `rebuild`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from journeyman import events as e
from journeyman.admission import admit
from journeyman.cli.__main__ import main
from journeyman.codec import encode_commit
from journeyman.ids import compose
from journeyman.log.connect import open_log
from journeyman.log.redis_log import RedisLog
from journeyman.settings import Settings
from support.servers import TestServer, free_port

FIRST, SECOND = compose(1, 1, 0), compose(1, 2, 0)


@pytest.fixture
def log(server: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisLog]:
    """Give a log that the commands find through the environment."""
    monkeypatch.setenv("JOURNEYMAN_REDIS_URL", server.url)
    monkeypatch.setenv("JOURNEYMAN_DURABILITY", "memory")
    monkeypatch.setenv("JOURNEYMAN_DATA_DIR", str(tmp_path))
    log = open_log(Settings(redis_url=server.url, durability="memory"))
    yield log
    log.close()


def submit(log: RedisLog, number: int, *job_ids: str) -> None:
    jobs = [e.JobSubmitted(job_id, "t") for job_id in job_ids]
    log.append([admit(jobs, log.now_ms())], caller="test", number=number)


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_the_log_is_shown_an_event_a_line(log: RedisLog, capsys: pytest.CaptureFixture[str]) -> None:
    submit(log, 1, FIRST)
    submit(log, 2, SECOND)
    assert main(["tail"]) == 0
    shown = lines(capsys)
    assert [line.split()[3] for line in shown] == ["job.submitted", "job.released"] * 2
    assert FIRST in shown[0]
    assert SECOND in shown[3]


def test_the_log_can_be_narrowed_to_types_and_jobs(log: RedisLog, capsys: pytest.CaptureFixture[str]) -> None:
    submit(log, 1, FIRST, SECOND)
    assert main(["tail", "--type", "job.released", "--job", SECOND, "-o", "json"]) == 0
    (line,) = lines(capsys)
    said = json.loads(line)
    assert (said["event"], said["data"]["job_id"]) == ("job.released", SECOND)


def test_the_log_is_read_from_an_offset_on(log: RedisLog, capsys: pytest.CaptureFixture[str]) -> None:
    submit(log, 1, FIRST, SECOND)
    main(["tail", "-o", "json"])
    offsets = [json.loads(line)["offset"] for line in lines(capsys)]
    assert len(offsets) == 4
    main(["tail", "-o", "json", "--from", offsets[2]])
    assert [json.loads(line)["offset"] for line in lines(capsys)] == offsets[2:]
    assert main(["tail", "--from", "end"]) == 0
    assert lines(capsys) == []


def test_what_cannot_be_read_is_shown_and_passed_over(log: RedisLog, capsys: pytest.CaptureFixture[str]) -> None:
    submit(log, 1, FIRST)
    log.client.xadd(log.keys.log, {"c": b"\xc1 not a commit"})
    submit(log, 2, SECOND)
    assert main(["tail"]) == 0
    shown = lines(capsys)
    assert len(shown) == 5
    assert "!undecodable" in shown[2]


def test_following_shows_what_is_appended_later_and_ends_well(log: RedisLog) -> None:
    submit(log, 1, FIRST)
    command = [sys.executable, "-m", "journeyman.cli", "tail", "--follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        assert FIRST in following.stdout.readline()
        submit(log, 2, SECOND)
        later = [following.stdout.readline() for _ in range(3)]
        assert SECOND in later[-1]
        following.send_signal(signal.SIGINT)
        assert following.wait(10) == 0


def test_a_reader_who_has_seen_enough_is_no_error(log: RedisLog) -> None:
    submit(log, 1, *(compose(1, number, 0) for number in range(1, 400)))
    command = f"{sys.executable} -m journeyman.cli tail"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} | head -1"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "job.submitted" in done.stdout


def test_a_log_that_keeps_its_promises_is_verified(log: RedisLog, capsys: pytest.CaptureFixture[str]) -> None:
    submit(log, 1, FIRST, SECOND)
    assert main(["verify"]) == 0
    assert "4 events of 2 jobs, 2 of them unfinished" in capsys.readouterr().out
    assert main(["verify", "-o", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["events"], said["jobs"], said["unfinished"]) == (4, 2, 2)
    assert (said["violations"], said["undecodable"], said["keys_compared"]) == ([], [], True)
    assert (said["partitions"], said["up_to"]) == ([0], [str(log.end())])


def test_a_broken_promise_is_found_with_its_offset(log: RedisLog, capsys: pytest.CaptureFixture[str]) -> None:
    submit(log, 1, FIRST)
    forged = encode_commit([e.JobStarted(FIRST, 1, "w-1"), e.JobStarted(FIRST, 2, "w-2")])
    entry = log.client.xadd(log.keys.log, {"c": forged}).decode()
    assert main(["verify", "-o", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["violations"]
    assert ("I3", f"{entry}/1", "log") in [(one["promise"], one["offset"], one["of"]) for one in found]
    assert main(["verify"]) == 1
    assert f"{entry}/1" in capsys.readouterr().out


def test_where_there_is_no_log_that_is_said(log: RedisLog, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify"]) == 1
    assert "no log in namespace jm" in capsys.readouterr().err


def test_a_rebuild_without_a_scheduler_says_so_and_keeps_the_log(
    log: RedisLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    submit(log, 1, FIRST)
    end = log.end()
    assert main(["rebuild", "--timeout", "200ms"]) == 1
    said = capsys.readouterr()
    assert "the log stays" in said.out
    assert "no scheduler" in said.err
    assert log.end() == end
    assert (tmp_path / "read-model.rebuild").exists()


@pytest.mark.parametrize("words", [["tail"], ["verify"], ["rebuild"]], ids=" ".join)
def test_a_server_that_is_not_there_is_code_3(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--redis-url", f"redis://127.0.0.1:{free_port()}/0"]) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ["submit", "t"],
        ["status", FIRST],
        ["wait", FIRST],
        ["list"],
        ["cancel", FIRST],
        ["queue", "list"],
        ["worker", "drain", "w"],
        ["stats"],
    ],
    ids=" ".join,
)
def test_http_servers_that_are_not_there_are_code_3(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    assert main([*words, "--url", url, "--dashboard-url", url]) == 3
    assert capsys.readouterr().err == f"journeyman: cannot reach {url}: Connection refused\n"
