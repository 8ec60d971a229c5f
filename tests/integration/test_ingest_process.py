"""`journeyman-ingest` as a process: start, real sockets, signals, wrong settings, a server that hangs."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from journeyman.events import JobSubmitted
from journeyman.log.connect import open_log
from journeyman.settings import Settings
from support.ingest import events
from support.servers import TestServer, free_port, start_valkey
from support.waiting import wait_for


class Ingest:
    """A running `journeyman-ingest`."""

    def __init__(self, url: str, directory: Path, *arguments: str, durability: str = "memory") -> None:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.output = directory / "ingest.log"
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "journeyman_ingest", "--port", str(self.port), "--redis-url", url, *arguments],
                env={
                    **os.environ,
                    "JOURNEYMAN_DATA_DIR": str(directory),
                    "JOURNEYMAN_DURABILITY": durability,
                    "JOURNEYMAN_DRAIN_TIMEOUT_MS": "5000",
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.base}/health/ready", timeout=5).status_code == 200
        except httpx.TransportError:
            assert self.process.poll() is None, self.output.read_text()
            return False


@contextmanager
def ingest(url: str, directory: Path, **options: str) -> Iterator[Ingest]:
    running = Ingest(url, directory, **options)
    try:
        wait_for(running.ready, "ingest to be ready", timeout_s=20)
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def submitted(url: str) -> list[JobSubmitted]:
    log = open_log(Settings(redis_url=url, durability="memory"))
    try:
        return [event for event in events(log) if isinstance(event, JobSubmitted)]
    finally:
        log.close()


def raw(port: int, request: bytes) -> bytes:
    """Send bytes and return what comes back until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    return answer


def test_jobs_are_accepted_over_real_connections(server_url: str, tmp_path: Path) -> None:
    with ingest(server_url, tmp_path) as running:
        with httpx.Client(base_url=running.base) as client:
            answer = client.post("/jobs", json={"type": "t", "payload": {"a": 1}})
            assert answer.status_code == 202
            assert client.post("/jobs", json={"type": "t", "payload": "x" * 1_000_000}).status_code == 202
            too_large = client.post("/jobs", content=b" " * 2_000_000, headers={"content-type": "application/json"})
            assert too_large.status_code == 413
        chunked = (
            b"POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            b'8\r\n{"type":\r\n4\r\n"t"}\r\n0\r\n\r\n'
        )
        assert raw(running.port, chunked).startswith(b"HTTP/1.1 202")
        assert len(submitted(server_url)) == 3


def test_many_clients_at_once_each_get_their_own_job(server_url: str, tmp_path: Path) -> None:
    with ingest(server_url, tmp_path) as running, httpx.Client(base_url=running.base) as client:
        with ThreadPoolExecutor(16) as threads:
            answers = list(
                threads.map(lambda number: client.post("/jobs", json={"type": "t", "payload": number}), range(400))
            )
        ids = {answer.json()["id"]: number for number, answer in enumerate(answers)}
        jobs = submitted(server_url)
        assert {job.job_id: json.loads(job.payload) for job in jobs} == ids
        metrics = client.get("/metrics").text
        assert "journeyman_ingest_appended_events_total 400.0" in metrics


def test_sigterm_finishes_what_is_under_way_and_ends_with_zero(server_url: str, tmp_path: Path) -> None:
    with ingest(server_url, tmp_path) as running:
        head = (
            b"POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b'Content-Length: 12\r\n\r\n{"type"'
        )
        with socket.create_connection(("127.0.0.1", running.port), timeout=10) as slow:
            slow.sendall(head)
            httpx.post(f"{running.base}/jobs", json={"type": "first"})
            running.process.send_signal(signal.SIGTERM)
            wait_for(lambda: "draining" in running.output.read_text(), "the drain to begin")
            slow.sendall(b':"t"}')
            answer = slow.recv(65_536)
        assert running.process.wait(10) == 0
        assert answer.startswith(b"HTTP/1.1 202")
        assert len(submitted(server_url)) == 2


def test_a_hanging_server_is_a_503_in_bounded_time_and_service_goes_on_after_it(tmp_path: Path) -> None:
    server: TestServer = start_valkey(tmp_path / "server")
    try:
        with ingest(server.url, tmp_path) as running, httpx.Client(base_url=running.base, timeout=15) as client:
            server.process.send_signal(signal.SIGSTOP)
            try:
                wait_for(lambda: not running.ready(), "readiness to go")
                answer = client.post("/jobs", json={"type": "t"})
            finally:
                server.process.send_signal(signal.SIGCONT)
            assert answer.status_code == 503
            assert answer.headers["retry-after"]
            wait_for(running.ready, "readiness to come back")
            assert client.post("/jobs", json={"type": "after"}).status_code == 202
            assert len([job for job in submitted(server.url) if job.type == "t"]) <= 1
    finally:
        server.stop()


def test_a_killed_server_comes_back_and_requests_are_accepted_again(tmp_path: Path) -> None:
    server = start_valkey(tmp_path / "server", aof="always")
    try:
        with (
            ingest(server.url, tmp_path, durability="process-crash") as running,
            httpx.Client(base_url=running.base, timeout=15) as client,
        ):
            before = client.post("/jobs", json={"type": "before"}).json()["id"]
            server.kill()
            with ThreadPoolExecutor(1) as threads:
                during = threads.submit(client.post, "/jobs", json={"type": "during"})
                server.restart()
                assert during.result().status_code in (202, 503)
            wait_for(running.ready, "readiness to come back")
            assert client.post("/jobs", json={"type": "after"}).status_code == 202
            types = [job.type for job in submitted(server.url)]
            assert types.count("during") == (during.result().status_code == 202) or types.count("during") == 1
            assert before in [job.job_id for job in submitted(server.url)]
    finally:
        server.stop()


def _ends(arguments: list[str], **environ: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "journeyman_ingest", *arguments],
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stderr


def test_a_taken_port_and_wrong_settings_are_one_line_and_code_2(server_url: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        code, said = _ends(["--port", port, "--redis-url", server_url], JOURNEYMAN_DURABILITY="memory")
        assert (code, said.count("\n")) == (2, 1), said
        assert port in said
    assert _ends(["--port", "99999"])[0] == 2
    assert _ends([], JOURNEYMAN_REDDIS_URL="x")[0] == 2
    assert _ends(["--nonsense"])[0] == 2
    assert _ends(["--host", "0.0.0.0"], JOURNEYMAN_ENVIRONMENT="production")[0] == 2


@pytest.mark.parametrize("durability", ["memory", "power-loss"])
def test_no_server_or_one_that_will_not_do_is_one_line_and_code_3(server_url: str, durability: str) -> None:
    url = f"redis://127.0.0.1:{free_port()}/0" if durability == "memory" else server_url
    code, said = _ends(["--port", "0", "--redis-url", url], JOURNEYMAN_DURABILITY=durability)
    assert (code, said.count("\n")) == (3, 1), said
