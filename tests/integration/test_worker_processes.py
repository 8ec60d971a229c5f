"""The worker as processes: killed, replaced, stopped; and what it says when it cannot start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from integration.worker_kit import Kit, server_kit
from journeyman.events import JobFailed, JobProgressed, JobReturned, JobSucceeded, WorkerJoined, WorkerLeft, WorkerLost
from journeyman.ids import partition_of
from journeyman_worker.policy import Policy
from support.servers import TestServer, free_port, start_valkey
from support.waiting import wait_for

JOBS = """
import os, signal, time
import journeyman_worker as jm

@jm.job("fine")
def fine():
    return os.getpid()

@jm.job("killer")
def killer():
    os.kill(os.getpid(), signal.SIGKILL)

@jm.job("quitter")
def quitter():
    os._exit(7)

@jm.job("sleeper")
def sleeper():
    jm.progress(1)
    until = time.monotonic() + 30
    while time.monotonic() < until:
        time.sleep(0.01)
"""


class Worker:
    """`python -m journeyman_worker` as somebody would start it."""

    def __init__(self, url: str, directory: Path, *arguments: str, **settings: str) -> None:
        (directory / "jobs_under_test.py").write_text(JOBS)
        environ = {name: value for name, value in os.environ.items() if not name.startswith("JOURNEYMAN_")}
        environ |= {
            "JOURNEYMAN_REDIS_URL": url,
            "JOURNEYMAN_DURABILITY": "memory",
            "JOURNEYMAN_DATA_DIR": str(directory),
            **{f"JOURNEYMAN_{name.upper()}": value for name, value in settings.items()},
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "journeyman_worker", *arguments],
            cwd=directory,
            env=environ,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )

    def end(self) -> SimpleNamespace:
        """Wait for its end, by force if need be, and return its exit code and what it said."""
        try:
            _, said = self.process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            _, said = self.process.communicate()
        return SimpleNamespace(code=self.process.returncode, said=said)

    def stop(self) -> SimpleNamespace:
        self.process.terminate()
        return self.end()


@pytest.fixture
def kit(server: TestServer, tmp_path: Path) -> Iterator[Kit]:
    with server_kit(server.url, tmp_path) as kit:
        yield kit


@pytest.fixture
def worker(server: TestServer, kit: Kit, tmp_path: Path) -> Iterator[Worker]:
    worker = Worker(server.url, tmp_path, "jobs_under_test", "--threads", "2")
    try:
        kit.wait_for_event(WorkerJoined)
        yield worker
    finally:
        if worker.process.poll() is None:
            worker.stop()
        elif worker.process.stderr is not None:
            worker.process.stderr.close()


def submit(kit: Kit, type_: str) -> str:
    return kit.broker.submit(type_, {}, policy=Policy())


def test_a_process_that_is_killed_is_reported_at_once_and_replaced(kit: Kit, worker: Worker) -> None:
    submit(kit, "killer")
    lost = kit.wait_for_event(WorkerLost)
    assert lost.reason == "process ended by signal 9 (SIGKILL)"
    kit.wait_for_event(WorkerJoined, count=2)
    assert kit.wait_for_event(JobSucceeded, submit(kit, "fine")).worker != lost.worker
    assert worker.stop().code == 0


def test_a_process_that_is_killed_takes_no_count_with_it(server: TestServer, kit: Kit, tmp_path: Path) -> None:
    port = free_port()
    worker = Worker(server.url, tmp_path, "jobs_under_test", worker_health_port=str(port), heartbeat_timeout_ms="1000")

    def told() -> list[str]:
        return httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False, timeout=10).text.splitlines()

    try:
        for _ in range(3):
            kit.wait_for_event(JobSucceeded, submit(kit, "fine"))
        submit(kit, "killer")
        kit.wait_for_event(WorkerJoined, count=2)
        kit.wait_for_event(JobSucceeded, submit(kit, "fine"))

        expected = {
            "journeyman_worker_claimed_jobs_total 5.0",
            'journeyman_worker_outcomes_total{outcome="succeeded"} 4.0',
            "journeyman_worker_started_processes_total 2.0",
            "journeyman_worker_died_processes_total 1.0",
            "journeyman_worker_processes 1.0",
        }
        wait_for(lambda: expected <= set(told()), "everything to be told")
        wait_for(lambda: "journeyman_worker_threads 8.0" in told(), "a heartbeat of the successor")
    finally:
        assert worker.stop().code == 0


def test_a_process_that_is_killed_is_reported_in_every_partition(server: TestServer, tmp_path: Path) -> None:
    with server_kit(server.url, tmp_path, 3) as kit:
        worker = Worker(server.url, tmp_path, "jobs_under_test", partitions="3")
        try:
            each = [kit.of(partition) for partition in range(3)]
            for one in each:
                one.wait_for_event(WorkerJoined)
            submit(kit, "killer")
            [lost] = {one.wait_for_event(WorkerLost).worker for one in each}
            for one in each:
                assert one.wait_for_event(WorkerJoined, count=2).worker != lost
            fine = [submit(kit, "fine") for _ in each]
            for job_id in fine:
                each[partition_of(job_id)].wait_for_event(JobSucceeded, job_id)
        finally:
            assert worker.stop().code == 0
        assert [len(one.events(WorkerLeft)) for one in each] == [1, 1, 1]


def test_a_process_that_exits_under_a_job_is_replaced_as_well(kit: Kit, worker: Worker) -> None:
    submit(kit, "quitter")
    assert kit.wait_for_event(WorkerLost).reason == "process ended with exit code 7"
    kit.wait_for_event(JobSucceeded, submit(kit, "fine"))
    assert worker.stop().code == 0


def test_sigterm_hands_running_jobs_back_and_exits_in_good_order(server: TestServer, kit: Kit, tmp_path: Path) -> None:
    worker = Worker(server.url, tmp_path, "jobs_under_test", drain_timeout_ms="100")
    job_id = submit(kit, "sleeper")
    kit.wait_for_event(JobProgressed, job_id)
    ended = worker.stop()
    assert ended.code == 0
    assert [event.reason for event in kit.events(JobReturned)] == ["drained"]
    assert kit.wait_for_event(WorkerLeft).worker == kit.events(WorkerJoined)[0].worker
    assert not kit.events(JobFailed)
    assert not kit.events(WorkerLost)
    assert "Traceback" not in ended.said


def test_children_end_when_their_parent_is_killed(server: TestServer, kit: Kit, tmp_path: Path) -> None:
    worker = Worker(server.url, tmp_path, "jobs_under_test", "--processes", "2")
    kit.wait_for_event(WorkerJoined, count=2)
    pids = [event.pid for event in kit.events(WorkerJoined)]
    worker.process.kill()
    worker.end()
    kit.wait_for_event(WorkerLeft, count=2)
    wait_for(lambda: not any(_alive(pid) for pid in pids), "the children to end")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z" if Path("/proc").exists() else True


@pytest.mark.parametrize(
    ("module", "text", "words"),
    [
        ("missing_module", None, "cannot import missing_module: ModuleNotFoundError"),
        ("broken_module", "1 / 0", "cannot import broken_module: ZeroDivisionError"),
        ("empty_module", "", "no jobs"),
        ("untyped_module", "import journeyman_worker as jm\n@jm.job('x')\ndef x(a: 'Nowhere'): ...", "Nowhere"),
    ],
)
def test_modules_that_cannot_be_used_end_it_with_one_clear_line(
    server: TestServer, tmp_path: Path, module: str, text: str | None, words: str
) -> None:
    if text is not None:
        (tmp_path / f"{module}.py").write_text(text)
    ended = Worker(server.url, tmp_path, module).end()
    assert ended.code == 2
    assert words in ended.said
    assert len(ended.said.strip().splitlines()) == 1


def test_a_server_that_cannot_be_reached_ends_it_with_exit_code_3(tmp_path: Path) -> None:
    ended = Worker(f"redis://127.0.0.1:{free_port()}/0", tmp_path, "jobs_under_test").end()
    assert ended.code == 3
    assert "cannot reach the server" in ended.said
    assert len(ended.said.strip().splitlines()) == 1


def test_a_wrong_setting_ends_it_with_exit_code_2(tmp_path: Path) -> None:
    ended = Worker("redis://127.0.0.1:1/0", tmp_path, worker_thread="3").end()
    assert (ended.code, "JOURNEYMAN_WORKER_THREADS" in ended.said) == (2, True)


def test_outcomes_survive_a_server_that_crashes_and_comes_back(tmp_path: Path) -> None:
    server = start_valkey(tmp_path / "server", aof="always")
    try:
        with server_kit(server.url, tmp_path) as kit:
            worker = Worker(server.url, tmp_path, "jobs_under_test", "--threads", "2")
            kit.wait_for_event(WorkerJoined)
            ids = [submit(kit, "fine") for _ in range(50)]
            server.kill()
            time.sleep(0.3)  # long enough for the worker to notice
            server.restart()
            ids += [submit(kit, "fine") for _ in range(50)]
            wait_for(lambda: len(kit.events(JobSucceeded)) == 100, "all jobs", timeout_s=30)
            assert worker.stop().code == 0
            assert {event.job_id for event in kit.events(JobSucceeded)} == set(ids)
    finally:
        server.stop()


def test_a_ctrl_c_in_the_terminal_drains_once_and_not_in_haste(kit: Kit, worker: Worker) -> None:
    kit.wait_for_event(JobSucceeded, submit(kit, "fine"))
    worker.process.send_signal(signal.SIGINT)
    ended = worker.end()
    assert ended.code == 0
    assert len(kit.events(WorkerLeft)) == 1
