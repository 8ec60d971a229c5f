"""The parts of `journeyman up`: the data directory, leftovers, the embedded server's keeper, the supervisor."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from journeyman.children import Child
from journeyman.errors import SettingsError
from journeyman.settings import load
from journeyman_local.addresses import server_answers, settle_ports
from journeyman_local.datadir import DataDir, RunProcess, read_run, server_run_file, write_run
from journeyman_local.leftovers import alive, describe, end
from journeyman_local.output import Output
from journeyman_local.plan import Spec, server, server_config
from journeyman_local.signals import StopRequests
from journeyman_local.supervisor import StartFailedError, Supervisor
from support import sleeper
from support.servers import free_port
from support.waiting import gone, wait_for

SLEEPER = (sys.executable, sleeper.__file__)


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataDir]:
    directory = DataDir(tmp_path / "data")
    yield directory
    directory.close()


# --- the data directory and the ports --------------------------------------------------------------------


def test_a_data_directory_in_use_is_refused_in_one_line_that_names_the_user(data: DataDir) -> None:
    with pytest.raises(SettingsError, match=rf"\(pid {os.getpid()}\) uses {data.path}; .*--data") as refused:
        DataDir(data.path)

    assert "\n" not in str(refused.value)


def test_a_data_directory_may_be_used_again_once_closed(tmp_path: Path) -> None:
    DataDir(tmp_path).close()
    DataDir(tmp_path).close()


def test_a_directory_that_cannot_be_made_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(SettingsError, match="cannot use the data directory"):
        DataDir(tmp_path / "file" / "data")


def test_a_deep_data_directory_gets_a_socket_path_that_is_short_enough(tmp_path: Path) -> None:
    directory = DataDir(tmp_path / ("long" * 30))
    try:
        socket = directory.socket()
        assert len(str(socket)) < 104
        assert socket == directory.socket()
    finally:
        directory.close()
        socket.parent.rmdir()


def test_a_damaged_list_of_processes_is_an_empty_one(data: DataDir) -> None:
    data.run_file.write_text("{nonsense")

    assert read_run(data.run_file) == []


def test_a_port_in_use_is_refused_in_one_line_and_port_nought_is_any_free_one() -> None:
    port = settle_ports(load({}, ingest_port=0, dashboard_port=0)).ingest_port
    assert port > 0
    with subprocess.Popen(
        [sys.executable, "-m", "http.server", str(free := free_port()), "--bind", "127.0.0.1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as taker:
        try:

            def refused() -> str:
                try:
                    settle_ports(load({}, ingest_port=free, dashboard_port=0))
                except SettingsError as error:
                    return str(error)
                return ""

            assert f"127.0.0.1:{free}" in wait_for(refused, "the port to be taken")
            assert "--ingest-port" in refused()
        finally:
            taker.kill()


# --- leftovers -------------------------------------------------------------------------------------------


def test_leftovers_are_ended_with_their_children() -> None:
    lines: list[str] = []
    left = Child((*SLEEPER, "with-child"), {}, lines.append)
    wait_for(lambda: "ready" in lines, "the leftover to be up")
    recorded = describe(left.pid, "scheduler")
    assert recorded is not None

    ended = end([recorded])

    assert len(ended) == 2
    assert left.exit_code() is not None
    assert alive([recorded]) == []


def test_a_process_that_was_given_the_same_pid_later_is_left_alone() -> None:
    lines: list[str] = []
    other = Child(SLEEPER, {}, lines.append)
    wait_for(lambda: "ready" in lines, "the other process to be up")
    try:
        assert end([RunProcess("scheduler", other.pid, created=1.0)]) == []
        assert other.exit_code() is None
    finally:
        other.end_group()


# --- the embedded server ---------------------------------------------------------------------------------


@pytest.fixture
def kept(data: DataDir) -> Iterator[Spec]:
    """Give a keeper's spec; ends whatever runs of it."""
    settings = load({}, drain_timeout_ms=2_000)
    data.server_config.write_text(server_config(settings, data.server_directory, data.socket()))
    yield server(data.server_config, data.run_file, settings, os.environ)
    end(read_run(server_run_file(data.run_file)))


def start(kept: Spec, data: DataDir) -> Child:
    keeper = Child(kept.argv, kept.environ, lambda _: None)
    wait_for(lambda: server_answers(data.socket()), "the embedded server")
    return keeper


def server_process(data: DataDir) -> psutil.Process:
    [recorded] = wait_for(lambda: read_run(server_run_file(data.run_file)), "the keeper to note its server")
    return psutil.Process(recorded.pid)


def test_the_embedded_server_stops_with_its_keeper(kept: Spec, data: DataDir) -> None:
    keeper = start(kept, data)
    process = server_process(data)

    keeper.ask_to_stop()

    assert keeper.wait(10)
    assert keeper.exit_code() == 0
    assert gone(process)


def test_the_embedded_server_does_not_outlive_a_supervisor_that_was_killed(kept: Spec, data: DataDir) -> None:
    keeper = start(kept, data)
    process = server_process(data)
    keeper.cut_lifeline()

    assert keeper.wait(10)
    assert gone(process)


def test_an_orphaned_server_waits_until_the_services_of_its_run_have_ended(kept: Spec, data: DataDir) -> None:
    lines: list[str] = []
    service = Child(SLEEPER, {}, lines.append)
    wait_for(lambda: "ready" in lines, "the service to be up")
    recorded = describe(service.pid, "ingest")
    assert recorded is not None
    write_run(data.run_file, [recorded])
    keeper = start(kept, data)
    keeper.cut_lifeline()
    assert not keeper.wait(0.5)
    assert server_answers(data.socket())
    service.end_group()

    assert keeper.wait(10)


def test_a_server_whose_keeper_was_killed_can_be_ended_by_the_next_start(kept: Spec, data: DataDir) -> None:
    keeper = start(kept, data)
    process = server_process(data)
    keeper._process.kill()
    keeper.wait(10)
    assert process.is_running()

    assert len(end(read_run(server_run_file(data.run_file)))) == 1

    assert gone(process)


# --- the supervisor --------------------------------------------------------------------------------------


class _Requests(StopRequests):
    """Requests to stop that no signal makes."""

    def __init__(self) -> None:
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        super().__init__()
        for number, handler in handlers.items():
            signal.signal(number, handler)


class _Run:
    def __init__(self, run_file: Path) -> None:
        self.said = io.StringIO()
        output = Output("text")
        output.console = output._log_console = Console(file=self.said, width=200)
        self.requests = _Requests()
        self.run_file = run_file
        self.supervisor = Supervisor(run_file, output, self.requests)

    def start(self, *argv: str, name: str = "ingest", stage: int = 1, stop_s: float = 10.0) -> None:
        said = self.said.getvalue().count("ready")
        self.supervisor.start(Spec(name, argv, dict(os.environ), stage, stop_s))
        if argv[: len(SLEEPER)] == SLEEPER:
            self.wait_for_line("ready", said + 1)

    def wait_for_line(self, text: str, count: int = 1) -> None:
        def seen() -> bool:
            self.supervisor.tick()
            return self.said.getvalue().count(text) >= count

        wait_for(seen, f"{text!r} to be said")

    def pids(self) -> dict[str, int]:
        return {process.name: process.pid for process in read_run(self.run_file)}


@pytest.fixture
def run(tmp_path: Path) -> Iterator[_Run]:
    run = _Run(tmp_path / "run.json")
    yield run
    run.requests.hurry = True
    run.supervisor.stop()


def test_a_process_that_was_killed_is_started_again_and_noted(run: _Run) -> None:
    run.start(*SLEEPER)
    first = run.pids()["ingest"]

    os.kill(first, signal.SIGKILL)
    run.wait_for_line("ready", 2)

    assert "ingest was killed by signal 9; starting it again" in run.said.getvalue()
    assert run.pids()["ingest"] != first
    assert run.pids()["supervisor"] == os.getpid()


@pytest.mark.parametrize("code", [2, 3])
def test_wrong_settings_or_no_server_at_the_start_end_the_whole(run: _Run, code: int) -> None:
    run.start(sys.executable, "-c", f"raise SystemExit({code})")

    def ended() -> int:
        with suppress(StartFailedError):
            run.supervisor.tick()
            return 0
        return 1

    wait_for(ended, "the supervisor to give up")


def test_stopping_goes_stage_by_stage(run: _Run) -> None:
    run.start(*SLEEPER, name="scheduler", stage=3)
    run.start(*SLEEPER, name="autoscaler", stage=1)

    run.supervisor.stop()

    wait_for(lambda: run.said.getvalue().count("bye") == 2, "the last words")
    ends = [line.split()[1] for line in run.said.getvalue().splitlines() if line.endswith("bye")]
    assert ends == ["autoscaler", "scheduler"]
    assert list(run.pids()) == ["supervisor"]


def test_what_does_not_stop_in_time_is_killed_with_its_children(run: _Run) -> None:
    run.start(*SLEEPER, "stubborn", "with-child", stop_s=0.3)
    process = psutil.Process(run.pids()["ingest"])
    [child] = process.children()

    run.supervisor.stop()

    assert gone(process)
    assert gone(child)
    assert "did not stop in time" in run.said.getvalue()
