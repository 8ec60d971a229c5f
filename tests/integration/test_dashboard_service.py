"""`journeyman-dashboard` as a process: its options, its exit codes, its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from journeyman.admission import admit
from journeyman.events import JobSubmitted
from journeyman.log.connect import open_log
from journeyman.settings import Settings
from support.servers import TestServer, free_port
from support.waiting import wait_for

JOB = JobSubmitted("0" * 24, "test.job")


def start(*options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "journeyman_dashboard", *options],
        env={**os.environ, "JOURNEYMAN_DURABILITY": "memory"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def served(server: TestServer, tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Give the URL of a dashboard in a process of its own, and the process."""
    port = free_port()
    process = start("--port", str(port), "--redis-url", server.url, "--data", str(tmp_path))
    yield f"http://127.0.0.1:{port}", process
    process.kill()
    process.communicate()


def ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready").status_code == 200
    except httpx.TransportError:
        return False


def test_it_serves_what_a_real_log_holds_and_ends_in_good_order(
    served: tuple[str, subprocess.Popen[str]], server: TestServer, tmp_path: Path
) -> None:
    url, process = served
    wait_for(lambda: ready(url), "the dashboard to be ready")
    log = open_log(Settings(redis_url=server.url, durability="memory"))
    offset = log.append([admit([JOB], log.now_ms())], caller="test", number=1).verdicts[0].offset
    told = httpx.get(f"{url}/jobs/{JOB.job_id}", params={"min_offset": str(offset)}).json()
    assert (told["phase"], told["type"]) == ("ready", "test.job")
    log.close()
    with httpx.stream("GET", f"{url}/events", timeout=10) as stream:
        lines = stream.iter_lines()
        next(lines)
        process.send_signal(signal.SIGTERM)
        list(lines)
    output, _ = process.communicate(timeout=15)
    assert process.returncode == 0, output
    assert "Traceback" not in output
    assert (tmp_path / "read-model.sqlite").exists()


def test_without_a_server_it_ends_with_3_and_one_line(tmp_path: Path) -> None:
    process = start("--port", "0", "--redis-url", f"redis://127.0.0.1:{free_port()}/0", "--data", str(tmp_path))
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 3
    assert output.startswith("dashboard: cannot reach the server")
    assert output.count("\n") == 1


def test_a_taken_port_is_a_wrong_setting(served: tuple[str, subprocess.Popen[str]], server: TestServer) -> None:
    url, _ = served
    wait_for(lambda: ready(url), "the first dashboard to be ready")
    process = start("--port", url.rpartition(":")[2], "--redis-url", server.url)
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "JOURNEYMAN_DASHBOARD_PORT" in output
