"""`journeyman up` as a person uses it: the real command, the real services, on free ports in a new directory."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from journeyman.client import Client
from support.waiting import gone, wait_for

JOURNEYMAN = str(Path(sys.executable).with_name("journeyman"))
READY_S = 60.0
STOP_S = 45.0


class Up:
    """A running `journeyman up`. `said` is its standard output so far, `logged` its standard error."""

    def __init__(self, directory: Path, *options: str, number: int = 0, **environ: str) -> None:
        self.data = directory / "data"
        self._out, self._err = directory / f"{number}.out", directory / f"{number}.err"
        arguments = ["up", "--data", str(self.data), "--ingest-port", "0", "--dashboard-port", "0", *options]
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [JOURNEYMAN, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=directory,
                env={**os.environ, **environ},
            )

    @property
    def said(self) -> str:
        return self._out.read_text()

    @property
    def logged(self) -> str:
        return self._err.read_text()

    def address(self, what: str) -> str:
        found = wait_for(lambda: self._failed() or re.search(rf"{what} +(\S+)", self.said), what, timeout_s=READY_S)
        assert isinstance(found, re.Match), self.logged
        return found[1]

    def _failed(self) -> bool:
        return self.process.poll() is not None

    def client(self) -> Client:
        return Client(self.address("submit to").removesuffix("/jobs"), dashboard_url=self.address("dashboard"))

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(STOP_S)


Start = Callable[..., Up]


@contextmanager
def starting(directory: Path) -> Iterator[Start]:
    """Start the command, as often as asked, on the data directory in this one; end what is left."""
    started: list[Up] = []

    def start(*options: str, **environ: str) -> Up:
        started.append(Up(directory, *options, number=len([*directory.glob("*.out")]), **environ))
        return started[-1]

    try:
        yield start
    finally:
        for each in started:
            with suppress(psutil.NoSuchProcess):
                family = [*each.family(), psutil.Process(each.process.pid)]
                each.process.terminate()
                _, stubborn = psutil.wait_procs(family, timeout=STOP_S)
                for process in stubborn:
                    process.kill()
            each.process.wait()


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Start]:
    with starting(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """Give one that runs and does nothing, in the way of others."""
    with starting(tmp_path_factory.mktemp("idle")) as start:
        running = start("--workers", "0")
        running.address("dashboard")
        yield running


def test_the_sample_jobs_complete_and_the_system_stays_up_until_interrupted(up: Start) -> None:
    running = up("--demo")
    wait_for(lambda: "sample jobs: all completed\n" in running.said, "the sample jobs", timeout_s=90)

    assert httpx.get(running.address("dashboard") + "/health/ready", trust_env=False).status_code == 200
    report = Path(re.search(r"report +(\S+)", running.said)[1])  # type: ignore[index]
    assert "<html" in report.read_text()
    assert len(list((running.data / "samples" / "mails").glob("*.eml"))) == 1
    family = running.family()
    assert running.stop() == 0
    assert [process for process in family if not gone(process)] == []


def test_jobs_outlive_a_stop_and_run_after_the_next_start(up: Start) -> None:
    first = up("--workers", "0")
    with first.client() as client:
        job_id = client.submit("synthetic", {"echo": "still here"}).id
    assert first.stop(signal.SIGTERM) == 0

    with up("--workers", "1").client() as client:
        assert client.result(job_id, timeout=30)["echo"] == "still here"


def test_a_killed_supervisor_leaves_nothing_running_and_loses_nothing(up: Start) -> None:
    first = up()
    with first.client() as client:
        client.submit("synthetic", {}).result(timeout=30)
        job_id = client.submit("synthetic", {"echo": "kept"}, delay="1h").id
    family = first.family()

    first.process.kill()
    first.process.wait()

    wait_for(lambda: all(gone(process) for process in family), "everything to end", timeout_s=STOP_S)
    with up("--workers", "0").client() as client:
        assert client.job(job_id).phase == "scheduled"


@pytest.mark.parametrize(("part", "name"), [("journeyman_scheduler", "scheduler"), ("valkey-server", "server")])
def test_what_is_killed_comes_back_and_nothing_is_lost(up: Start, part: str, name: str) -> None:
    running = up("--workers", "1")
    with running.client() as client:
        client.submit("synthetic", {}).result(timeout=30)
        kept = client.submit("synthetic", {"echo": "kept"}, delay="3s")
        victim = next(process for process in running.family() if any(word.endswith(part) for word in process.cmdline()))

        victim.kill()

        wait_for(lambda: re.search(rf"{name} .*; starting it again", running.logged), "the restart")
        assert client.submit("synthetic", {"fail_times": 1}, backoff={"initial_ms": 1}).result(timeout=40)
        assert kept.result(timeout=40)["echo"] == "kept"


def test_a_second_up_on_the_same_data_is_refused_in_one_line(idle: Up) -> None:
    with starting(idle.data.parent) as up:
        second = up("--workers", "0")

        assert second.process.wait(30) == 2
        assert second.logged.startswith("journeyman up: another `journeyman up` (pid ")
        assert second.logged.count("\n") == 1
    assert idle.process.poll() is None


def test_a_port_in_use_is_refused_in_one_line(idle: Up, tmp_path: Path) -> None:
    port = idle.address("dashboard").rpartition(":")[2]

    refused = subprocess.run(
        [JOURNEYMAN, "up", "--data", str(tmp_path / "other"), "--ingest-port", "0", "--dashboard-port", port],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert refused.returncode == 2
    assert re.fullmatch(rf"journeyman up: cannot listen on 127\.0\.0\.1:{port}: .*--dashboard-port\n", refused.stderr)


def test_a_server_that_cannot_be_reached_ends_it_with_three(up: Start) -> None:
    running = up("--redis-url", "redis://127.0.0.1:1/0")

    assert running.process.wait(60) == 3
    assert "cannot reach the server at redis://127.0.0.1:1" in running.logged


def test_ones_own_server_is_used_and_no_other_started(up: Start, server_url: str) -> None:
    running = up("--redis-url", server_url, "--workers", "1", JOURNEYMAN_DURABILITY="memory")
    with running.client() as client:
        assert client.submit("synthetic", {"echo": 1}).result(timeout=30)["echo"] == 1

    assert not any("valkey" in part for process in running.family() for part in process.cmdline()[:1])
    assert running.stop() == 0


def test_jobs_of_ones_own_module_run(up: Start, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(
        "import journeyman_worker as jm\n\n\n"
        "@jm.job('greet')\ndef greet(name: str) -> dict:\n    return {'text': f'Hello, {name}!'}\n"
    )
    running = up("--tasks", "shop", "--workers", "1")

    with running.client() as client:
        assert client.submit("greet", {"name": "Ada"}).result(timeout=30) == {"text": "Hello, Ada!"}


def test_a_second_interrupt_hurries(up: Start) -> None:
    running = up("--workers", "1")
    with running.client() as client:
        slow = client.submit("synthetic", {"sleep_ms": 120_000})
        wait_for(lambda: slow.view().status == "processing", "the slow job to run", timeout_s=30)
    family = running.family()

    running.process.send_signal(signal.SIGINT)
    wait_for(lambda: "stopping" in running.logged, "the stop to begin")
    running.process.send_signal(signal.SIGINT)

    assert running.process.wait(20) == 0
    wait_for(lambda: all(gone(process) for process in family), "everything to end")


def test_nothing_of_the_callers_settings_is_lost_on_the_way_to_the_services(tmp_path: Path) -> None:
    refused = subprocess.run(
        [JOURNEYMAN, "up", "--data", str(tmp_path / "data"), "--ingest-port", "0", "--dashboard-port", "0"],
        env={**os.environ, "JOURNEYMAN_DURABILITY": "replica"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert refused.returncode == 2
    assert "needs a server with replicas" in refused.stderr
