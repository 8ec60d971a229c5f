"""The dashboard over several partitions: in memory, on one server, on a cluster."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from journeyman import events as e
from journeyman.errors import ServerUnavailableError
from journeyman.events import read_position, write_offset
from journeyman.ids import IdMaker
from journeyman.log.connect import open_logs
from journeyman.log.memory_log import MemoryLog
from journeyman.log.redis_log import RedisLog
from journeyman.settings import Settings
from journeyman_dashboard import projector as projecting
from journeyman_dashboard.partitions import Partition, open_all
from support.cluster import TestCluster
from support.dashboard import Dashboard, Writer, dashboard, partitions_of
from support.driver import Driver, succeeded
from support.servers import TestServer, free_port
from support.waiting import wait_for

PARTITIONS = 4


class Frail(MemoryLog):
    """A log whose server may be away."""

    away = False

    def read(self, after: e.Offset, *, count: int = 100, block_ms: int | None = None) -> list[e.Entry]:
        if self.away:
            raise ServerUnavailableError("nobody answers")
        return super().read(after, count=count, block_ms=block_ms)


def writers(logs: list[Frail]) -> list[Writer]:
    made = [Writer(log) for log in logs]
    for number, writer in enumerate(made):
        writer.ids = IdMaker(number)
    return made


@pytest.fixture
def logs() -> list[Frail]:
    return [Frail(partition=number) for number in range(PARTITIONS)]


@pytest.fixture
def board(logs: list[Frail], tmp_path: Path) -> Iterator[Dashboard]:
    with dashboard(logs, tmp_path) as served:
        yield served


def ends(logs: list[Frail]) -> str:
    return ", ".join(write_offset(log.partition, log.end()) for log in logs)


def listed(board: Dashboard, **params: Any) -> set[str]:
    items = board.get("/jobs", **params)["items"]
    assert isinstance(items, list)
    return {item["id"] for item in items}


def lines_of(answer: httpx.Response) -> Iterator[tuple[str, str]]:
    """Yield (id, job id) of the events of a stream."""
    event_id = ""
    for line in answer.iter_lines():
        name, _, value = line.partition(": ")
        if name == "id":
            event_id = value
        elif name == "data":
            yield event_id, value.split('"job_id":"')[1][:24]


def test_the_jobs_of_all_partitions_are_one_list(board: Dashboard, logs: list[Frail]) -> None:
    jobs = {writer.completed() for writer in writers(logs) for _ in range(3)}
    assert listed(board, min_offset=ends(logs)) == jobs
    told = board.get("/stats")
    assert told["jobs"]["completed"] == 12  # type: ignore[index]
    assert read_position(str(told["offset"])) == {log.partition: log.end() for log in logs}


def test_a_write_to_one_partition_is_waited_for_by_its_offset(board: Dashboard, logs: list[Frail]) -> None:
    writer = writers(logs)[3]
    for _ in range(10):
        job = writer.submitted()
        told = board.get(f"/jobs/{job}", min_offset=write_offset(3, logs[3].end()))
        assert told["phase"] == "ready"
    answer = board.http.get("/stats", params={"min_offset": "4:1-0"})
    assert (answer.status_code, "there is no partition 4" in answer.text) == (400, True)


def test_a_stream_resumes_in_all_partitions_from_any_event(board: Dashboard, logs: list[Frail]) -> None:
    written = writers(logs)
    for _ in range(3):
        for writer in written:
            writer.submitted()
    query = {"last_event_id": "0-0", "min_offset": ends(logs), "event": "job.submitted"}
    with httpx.stream("GET", f"{board.url}/events", params=query, timeout=10) as answer:
        told = lines_of(answer)
        whole = [next(told) for _ in range(12)]
    assert len({job for _, job in whole}) == 12
    for index in (0, 5, 10):
        last, _ = whole[index]
        headers = {"Last-Event-ID": last}
        with httpx.stream("GET", f"{board.url}/events?event=job.submitted", headers=headers, timeout=10) as answer:
            told = lines_of(answer)
            assert [next(told) for _ in whole[index + 1 :]] == whole[index + 1 :]
            marker = written[index % PARTITIONS].submitted()
            found = next(told)
            assert found[1] == marker
        whole.append(found)


def test_a_partition_whose_server_is_away_holds_up_nobody(
    board: Dashboard, logs: list[Frail], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projecting, "BACKOFF_S", (0.02,))
    written = writers(logs)
    wait_for(lambda: board.model.reach.ready()[0], "the read model to be ready")
    logs[2].away = True
    wait_for(lambda: not board.model.reach.ready()[0], "the outage to be noticed")
    assert board.model.reach.ready()[1].startswith("partition 2: cannot read the log")
    here, there = written[0].submitted(), written[2].submitted()
    assert listed(board, min_offset=str(logs[0].end())) == {here}
    logs[2].away = False
    assert listed(board, min_offset=write_offset(2, logs[2].end())) == {here, there}
    wait_for(lambda: board.model.reach.ready()[0], "the read model to be ready again")


def test_a_log_that_was_replaced_makes_all_partitions_begin_anew(logs: list[Frail], tmp_path: Path) -> None:
    written = writers(logs)
    jobs = [writer.submitted() for writer in written]
    with dashboard(logs, tmp_path) as board:
        assert listed(board, min_offset=ends(logs)) == set(jobs)
    logs[1] = Frail(partition=1)
    new = writers(logs)[1].submitted()
    with dashboard(logs, tmp_path) as board:
        wait_for(lambda: listed(board) == {jobs[0], new, jobs[2], jobs[3]}, "the new log's jobs in place of the old")
        wait_for(lambda: board.model.reach.ready()[0], "the read model to be ready")


def test_partitions_may_be_added(logs: list[Frail], tmp_path: Path) -> None:
    written = writers(logs)
    first = written[0].submitted()
    with dashboard(logs[:1], tmp_path) as board:
        assert listed(board, min_offset=str(logs[0].end())) == {first}
    more = [writer.submitted() for writer in written[1:]]
    with dashboard(logs, tmp_path) as board:
        assert listed(board, min_offset=ends(logs)) == {first, *more}
        assert listed(board, submitted_after="1") == {first, *more}


def test_a_server_that_was_away_at_the_start_is_followed_when_it_comes(logs: list[Frail], tmp_path: Path) -> None:
    jobs = {writer.submitted() for writer in writers(logs)}
    tries: list[int] = []

    def open_late() -> MemoryLog:
        tries.append(1)
        if len(tries) < 3:
            raise ServerUnavailableError("nobody answers")
        return logs[1]

    partitions = partitions_of(*logs)
    partitions[1] = Partition(1, open_late)
    open_all(partitions)
    with dashboard(partitions, tmp_path) as board:
        assert listed(board, min_offset=ends(logs)) == jobs
    assert len(tries) == 3


def test_where_no_server_can_be_reached_that_is_said(logs: list[Frail]) -> None:
    def open_never() -> MemoryLog:
        raise ServerUnavailableError("nobody answers")

    with pytest.raises(ServerUnavailableError, match="nobody answers"):
        open_all([Partition(number, open_never) for number in range(2)])


# --- as a service, on real servers -------------------------------------------------------------------------


@contextmanager
def service(url: str, directory: Path) -> Iterator[str]:
    """Run `journeyman-dashboard` with four partitions; give its URL."""
    port = free_port()
    wanted = {"REDIS_URL": url, "DURABILITY": "memory", "PARTITIONS": str(PARTITIONS), "DASHBOARD_PORT": str(port)}
    environ = {**os.environ, **{f"JOURNEYMAN_{name}": value for name, value in wanted.items()}}
    command = [sys.executable, "-m", "journeyman_dashboard", "--data", str(directory)]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        wait_for(lambda: ready(f"http://127.0.0.1:{port}"), "the dashboard to be ready", timeout_s=20)
        yield f"http://127.0.0.1:{port}"
        process.terminate()
        output, _ = process.communicate(timeout=20)
        assert process.returncode == 0, output
    finally:
        process.kill()
        process.communicate()


def ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(params=["server", "cluster"])
def real(request: pytest.FixtureRequest) -> TestServer | TestCluster:
    """Give one server, and a cluster, empty."""
    found: TestServer | TestCluster = request.getfixturevalue(request.param)
    found.flush()
    return found


def test_four_partitions_on_real_servers_are_one_read_model(real: TestServer, tmp_path: Path) -> None:
    logs = open_logs(Settings(redis_url=real.url, durability="memory", partitions=PARTITIONS))
    drivers = [Driver(log) for log in logs]
    try:
        with service(real.url, tmp_path) as url:
            jobs = [run_one(driver) for driver in drivers for _ in range(2)]
            told = get(url, "/jobs", min_offset=written(logs))
            assert {item["id"] for item in told["items"]} == set(jobs)
            assert {item["status"] for item in told["items"]} == {"completed"}
            (worker,) = get(url, "/workers")["items"]
            assert (worker["id"], worker["state"], worker["last_heartbeat_at"] is None) == ("w", "joined", False)
            offsets = [item["offset"] for item in get(url, f"/jobs/{jobs[-1]}/history")["items"]]
            assert all(offset.startswith("3:") for offset in offsets)
            assert all(any("dashboard@" in name for name in log.readers()) for log in logs)
    finally:
        for log in logs:
            log.close()


def written(logs: list[RedisLog]) -> str:
    return ",".join(write_offset(log.partition, log.end()) for log in logs)


def run_one(driver: Driver) -> str:
    """Submit a job and see it through; return its id."""
    driver.join()
    job_id = driver.submitted()
    (claimed,) = driver.claim()
    assert driver.finish("w", succeeded(claimed)) == [True]
    return job_id


def get(url: str, path: str, **params: str) -> Any:
    answer = httpx.get(url + path, params=params, timeout=15)
    assert answer.status_code == 200, answer.text
    return answer.json()
