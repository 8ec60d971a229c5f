"""The whole system as real processes: a server and every service, each to be killed, stopped and started alone."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psutil

from journeyman.children import Child
from journeyman.client import Client
from journeyman.events import write_offset
from journeyman.log.connect import open_logs
from journeyman.settings import Settings, load
from journeyman_local.addresses import settle_ports
from journeyman_local.plan import Spec, services
from support.servers import PARTITIONS, TestServer, free_port, start_valkey
from support.transport import environ_of_transport, settings_of_transport
from support.waiting import wait_for

READY_S = 60.0
#: For one answer.
PATIENCE_S = 30.0
STOP_S = 20.0
#: A machine that halts for a moment ends nothing. Who waits for what silence brings asks for less of it.
SETTINGS: Mapping[str, Any] = {
    "heartbeat_timeout_ms": 10_000,
    "scheduler_lease_ms": 3_000,
    "drain_timeout_ms": 5_000,
    "log_level": "info",
}


class System:
    """A running Journeyman in a directory of its own.

    Processes are known by name: `server`, `ingest`, `dashboard`, `scheduler`, `autoscaler`, and `worker-1` and so on.
    Workers are started here, so that each can be killed; the autoscaler only where `autoscaler` says so, and then it
    starts them.
    """

    def __init__(
        self,
        directory: Path,
        *,
        workers: int = 1,
        autoscaler: bool = False,
        server: TestServer | None = None,
        environ: Callable[[str], Mapping[str, str]] = lambda _: {},
        **more: Any,
    ) -> None:
        """Start everything and wait until it is ready; `more` are settings.

        `environ` tells what the environment of a process says beyond that; it is asked by name at every start.
        """
        self.directory = directory
        self._environ = environ
        self._children: dict[str, Child] = {}
        self._put_down: set[str] = set()
        self._own_server = server is None
        self.server = server or start_valkey(directory / "server", aof="everysec")
        own = {"data_dir": str(directory), "redis_url": self.server.url}
        ports = {"ingest_port": free_port(), "dashboard_port": free_port()}
        options = {**SETTINGS, **ports, **settings_of_transport(), **own, **more}
        options.setdefault("partitions", PARTITIONS)
        if not autoscaler:
            options |= {"autoscaler_provider": "none"}
        self.settings: Settings = settle_ports(load({}, **options))
        self._specs = {spec.name: spec for spec in services(self.settings, os.environ)}
        try:
            for name in ("scheduler", "ingest", "dashboard", *(["autoscaler"] if autoscaler else [])):
                self.start(name)
            for number in range(workers):
                self.start(f"worker-{number + 1}")
            self.await_ready()
        except BaseException:
            self.close()
            raise

    # --- processes -------------------------------------------------------------------------------------

    def start(self, name: str) -> None:
        """Start a service again, or a worker under a new or a former name; its output goes to NAME.log."""
        if name == "server":
            self.server.restart()
            return
        spec = self._spec(name)
        self._put_down.discard(name)
        self._children[name] = Child(
            spec.argv, {**spec.environ, **environ_of_transport(), **self._environ(name)}, self._to_file(name)
        )

    def start_standby(self, name: str) -> None:
        """Start a service a second time, under a name that begins with that of the first."""
        first = next(spec for service, spec in self._specs.items() if name.startswith(service))
        self._specs[name] = first._replace(name=name)
        self.start(name)

    def kill(self, name: str) -> None:
        """End a process and its children as a crash of the machine would."""
        if name == "server":
            self.server.kill()
            return
        self._put_down.add(name)
        child = self._children[name]
        family = psutil.Process(child.pid).children(recursive=True)
        os.kill(child.pid, signal.SIGKILL)
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        child.end_group(gently=False)
        child.await_output()

    def stop(self, name: str, timeout_s: float = STOP_S) -> int:
        """Stop a process in good order, wait for its end, and return its exit code."""
        self._put_down.add(name)
        child = self._children[name]
        child.ask_to_stop()
        wait_for(lambda: child.exit_code() is not None, f"{name} to stop", timeout_s=timeout_s)
        child.end_group(gently=False)
        child.await_output()
        code = child.exit_code()
        assert code is not None
        return code

    def pid(self, name: str) -> int:
        """Return the process id of a service or of the server."""
        return self.server.process.pid if name == "server" else self._children[name].pid

    def pids(self) -> list[int]:
        """Return the process ids of the services that run."""
        return [child.pid for name, child in self._children.items() if self.running(name)]

    def running(self, name: str) -> bool:
        """Say whether a process runs."""
        return self._children[name].exit_code() is None

    def ended_by_themselves(self) -> list[str]:
        """Return the services that have ended, and neither `kill` nor `stop` was the cause."""
        return [name for name in self._children if not self.running(name) and name not in self._put_down]

    def output(self, name: str) -> str:
        """Return everything a process has written so far, of all its starts."""
        path = self.directory / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _spec(self, name: str) -> Spec:
        if name in self._specs:
            return self._specs[name]
        assert name.startswith("worker"), name
        return Spec(name, (sys.executable, "-m", "journeyman_worker"), self._specs["ingest"].environ, 1, STOP_S)

    def _to_file(self, name: str) -> Callable[[str], None]:
        path = self.directory / f"{name}.log"

        def write(line: str) -> None:
            with path.open("a") as file:
                file.write(line + "\n")

        return write

    # --- what tests ask of it --------------------------------------------------------------------------

    @property
    def ingest_url(self) -> str:
        """Where to submit."""
        return self.settings.ingest_address()

    @property
    def dashboard_url(self) -> str:
        """Where to read."""
        return self.settings.dashboard_address()

    def client(self, **options: Any) -> Client:
        """Return a client of this system, to be closed by the caller."""
        return Client(self.ingest_url, dashboard_url=self.dashboard_url, **options)

    def await_ready(self) -> None:
        """Wait until ingest and dashboard say that they are ready. Fails with their words when they do not."""
        for name, url in (("ingest", self.ingest_url), ("dashboard", self.dashboard_url)):
            if name in self._children and self.running(name):
                wait_for(lambda url=url: _ready(url), f"{name} to be ready", timeout_s=READY_S)  # type: ignore[misc]

    def await_workers(self, count: int, timeout_s: float = READY_S) -> None:
        """Wait until so many live workers are known to the dashboard."""

        def joined() -> bool:
            with suppress(httpx.HTTPError):
                answer = httpx.get(f"{self.dashboard_url}/workers", trust_env=False, timeout=PATIENCE_S)
                items = msgspec.json.decode(answer.content).get("items", [])
                return sum(worker["state"] not in ("left", "lost") for worker in items) == count
            return False

        wait_for(joined, f"{count} workers", timeout_s=timeout_s)

    def await_read_model(self) -> None:
        """Wait until the dashboard tells of everything that stands in the logs now."""
        for log in open_logs(self.settings):
            with closing(log):
                end = write_offset(log.partition, log.end())
            wait_for(lambda end=end: self._has_read(end), "the read model", timeout_s=READY_S)  # type: ignore[misc]

    def _has_read(self, offset: str) -> bool:
        with suppress(httpx.HTTPError):
            about = {"min_offset": offset}
            answer = httpx.get(f"{self.dashboard_url}/stats", params=about, trust_env=False, timeout=PATIENCE_S)
            return answer.is_success
        return False

    def close(self) -> None:
        """End everything: workers first, the server last."""
        order = sorted(self._children, key=lambda name: self._spec(name).stage)
        for name in order:
            self._children[name].ask_to_stop()
            if not self._children[name].wait(STOP_S):
                self.kill(name)
            self._children[name].end_group(gently=False)
        if self._own_server:
            self.server.stop()


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready", trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
