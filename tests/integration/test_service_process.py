"""What every service's process does alike: exit codes, signals, the lifeline, health."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from journeyman.children import Child
from journeyman.errors import ServerUnavailableError
from journeyman.health import serve_health
from support import sleeper
from support.waiting import gone, wait_for

SERVICE = """
import sys
from journeyman.errors import ServerUnavailableError, UnsuitableServerError
from journeyman.process import run_service, stop_event

def main(settings):
    how = sys.argv[1]
    if how == "no-server":
        raise ServerUnavailableError("cannot reach the server at redis://here: refused")
    if how == "unsuitable":
        raise UnsuitableServerError("too old")
    if how == "wait":
        stop = stop_event()
        print("up", flush=True)
        stop.wait()
        if sys.argv[2:] == ["stubborn"]:
            print("stopping", flush=True)
            while True:
                stop.clear()
                stop.wait()
    return {"ok": None, "failed": 1}.get(how)

run_service("scheduler", main)
"""


@pytest.fixture
def service(tmp_path: Path) -> list[str]:
    script = tmp_path / "service.py"
    script.write_text(SERVICE)
    return [sys.executable, str(script)]


@pytest.mark.parametrize(
    ("how", "code", "said"),
    [
        ("ok", 0, ""),
        ("failed", 1, ""),
        ("no-server", 3, "scheduler: cannot reach the server at redis://here: refused\n"),
        ("unsuitable", 3, "scheduler: too old\n"),
    ],
)
def test_a_service_ends_with_a_code_and_at_most_one_line(service: list[str], how: str, code: int, said: str) -> None:
    ended = subprocess.run([*service, how], capture_output=True, text=True, timeout=30, check=False)

    assert (ended.returncode, ended.stderr) == (code, said)


def test_a_wrong_setting_is_one_line_that_names_it_and_code_two(service: list[str]) -> None:
    ended = subprocess.run(
        [*service, "ok"], env={"JOURNEYMAN_REDIS_ULR": "x"}, capture_output=True, text=True, timeout=30, check=False
    )

    assert ended.returncode == 2
    assert ended.stderr == "scheduler: unknown setting JOURNEYMAN_REDIS_ULR; did you mean JOURNEYMAN_REDIS_URL?\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_a_service_in_good_order(service: list[str], number: signal.Signals) -> None:
    with subprocess.Popen([*service, "wait"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(number)
        assert process.wait(10) == 0


def test_a_second_interrupt_stops_it_at_once(service: list[str]) -> None:
    with subprocess.Popen([*service, "wait", "stubborn"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "stopping\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130


@pytest.fixture
def lines() -> list[str]:
    return []


def start(lines: list[str], *options: str) -> Child:
    child = Child((sys.executable, sleeper.__file__, *options), {}, lines.append)
    wait_for(lambda: "ready" in lines, "the child to be up")
    return child


def test_a_child_stops_when_its_lifeline_ends(lines: list[str]) -> None:
    child = start(lines)
    child.cut_lifeline()

    assert child.wait(10)


def test_a_child_that_does_not_stop_at_the_end_of_its_lifeline_is_ended(lines: list[str]) -> None:
    child = start(lines, "stubborn")
    child.cut_lifeline()

    assert child.wait(10)
    assert child.exit_code() == 1


def test_a_group_is_ended_even_when_its_leader_was_killed(lines: list[str]) -> None:
    child = start(lines, "with-child")
    [grandchild] = psutil.Process(child.pid).children()
    child._process.kill()
    assert child.wait(10)

    child.end_group()

    wait_for(lambda: gone(grandchild), "the end of the grandchild")


class _Ready:
    """A readiness that a test can change."""

    def __init__(self) -> None:
        self.answer: tuple[bool, str] | Exception = (True, "all well")

    def __call__(self) -> tuple[bool, str]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def ready() -> _Ready:
    return _Ready()


@pytest.fixture
def health(ready: _Ready) -> Iterator[httpx.Client]:
    server = serve_health(0, ready)
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", trust_env=False) as client:
        yield client
    server.close()


def test_a_live_service_says_so_whether_ready_or_not(health: httpx.Client, ready: _Ready) -> None:
    ready.answer = (False, "no")

    assert health.get("/health/live").status_code == 200


def test_readiness_is_what_the_service_says(health: httpx.Client, ready: _Ready) -> None:
    assert (health.get("/health/ready").status_code, health.get("/health/ready").json()["detail"]) == (200, "all well")
    ready.answer = (False, "reading the log")
    assert (health.get("/health/ready").status_code, health.get("/health/ready").json()["detail"]) == (
        503,
        "reading the log",
    )


def test_a_readiness_check_that_fails_is_not_ready(health: httpx.Client, ready: _Ready) -> None:
    ready.answer = ServerUnavailableError("cannot reach the server")
    assert health.get("/health/ready").json() == {"status": "unavailable", "detail": "cannot reach the server"}
    ready.answer = ValueError("a secret")
    answer = health.get("/health/ready")
    assert answer.status_code == 503
    assert "secret" not in answer.text


def test_metrics_are_prometheus_text_and_other_paths_are_not_there(health: httpx.Client) -> None:
    assert "# HELP" in health.get("/metrics").text
    assert health.get("/other").status_code == 404
