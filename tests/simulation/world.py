"""One run: a world made from a seed, faults, healing, and what must hold.

`safety`: faults until the end, and promises hold all the while. `liveness`: faults, then none, and then everything that
was accepted comes to its one end within a bounded time, and every reader says the same of it.
"""

from __future__ import annotations

import logging
import random
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from journeyman.settings import Settings
from simulation import checks
from simulation import kernel as machine
from simulation.clients import Client, Desk
from simulation.faults import Faults, Hazards
from simulation.hosts import Host
from simulation.kernel import SECOND, Kernel
from simulation.network import Network
from simulation.onlooker import BrokenPromiseError, Onlooker
from simulation.patching import simulated
from simulation.server import Server
from simulation.services import (
    DashboardProcess,
    IngestProcess,
    SchedulerProcess,
    Surroundings,
    WorkerProcess,
)

MODES = ("safety", "liveness")
#: How long a healed world may take until everything has ended, in simulated seconds.
DRAIN_S = 240
#: How often the derived keys are compared with the fold, in simulated seconds.
AGREE_EVERY_S = 5


class Result(NamedTuple):
    """What one run came to. broken: the promise that does not hold, and how; empty where all do."""

    seed: int
    mode: str
    broken: str
    detail: str
    steps: int
    simulated_s: float
    real_s: float
    cpu_s: float
    jobs: int
    events: int
    faults: Counter[str]
    fingerprint: str
    trace: list[str]
    drained_s: float


class World:
    """Everything there is in one run."""

    def __init__(
        self, seed: int, mode: str, directory: Path, trace: Callable[[str], None] | None = None, loss: str = ""
    ) -> None:
        self.mode = mode
        self.kernel = one = Kernel(f"{mode} {seed}")
        one.trace_all = trace
        chance = one.random
        drawn = chance.choice(("nothing", "nothing", "everysec", "failover", "failover"))
        self.loss = loss or drawn
        self.replicated = self.loss == "failover" and chance.random() < 0.5
        self.settings = Settings(
            heartbeat_timeout_ms=chance.choice((2_000, 4_000, 10_000)),
            scheduler_lease_ms=chance.choice((1_000, 3_000, 5_000)),
            snapshot_events=1_000,
            log_retention_ms=chance.choice((60_000, 604_800_000)),
            worker_threads=chance.choice((1, 2, 4)),
            drain_timeout_ms=3_000,
            wait_max_ms=60_000,
            durability="replica" if self.replicated else "process-crash",
        )
        self.server = Server(one, replicated=self.replicated)
        self.network = Network(self.server)
        self.around = Surroundings(self.settings, self.network, directory)
        self.schedulers = self._hosts("sched", SchedulerProcess, 2)
        self.workers = self._hosts("work", WorkerProcess, chance.choice((2, 3)))
        self.ingests = self._hosts("ingest", IngestProcess, 2)
        self.dashboards = self._hosts("dash", DashboardProcess, 1)
        self.hosts = [*self.schedulers, *self.workers, *self.ingests, *self.dashboards]
        self.desk = Desk(one, self.ingests)
        self.onlooker = Onlooker(one, self.server)
        hazards = Hazards(chance.choice((300, 1_000, 4_000)), chance.choice((3.0, 8.0, 20.0)), self.loss)
        self.faults = Faults(one, self.network, self.hosts, self.desk, hazards)
        known: list[str] = []
        pause_us = chance.choice((SECOND // 4, SECOND, 3 * SECOND))
        self.clients = [Client(f"client{n}", self.desk, pause_us=pause_us, known=known) for n in range(3)]
        self.accepted = checks.Accepted(self.onlooker, self.faults, may_lose=self.may_lose)
        for client in self.clients:
            client.told = self.accepted.told

    @property
    def may_lose(self) -> bool:
        """Whether what was acknowledged may be lost within the declared window."""
        return self.loss != "nothing" and not self.replicated

    def _hosts(self, name: str, make: type, count: int) -> list[Host]:
        return [Host(f"{name}{number}", make, self.around) for number in range(count)]

    # --- a run -----------------------------------------------------------------------------------------

    def run(self, span_s: float) -> float:
        """Run. Returns how long draining took, in simulated seconds. Raises BrokenPromiseError."""
        one = self.kernel
        for host in self.hosts:
            one.at(one.random.randrange(2 * SECOND), host.start)
        for client in self.clients:
            client.start()
        self._look_now_and_then()
        one.run(3 * SECOND)
        self.faults.begin()
        one.run(one.now + int(span_s * SECOND))
        if self.mode == "safety":
            self._look()
            return 0.0
        return self._drain()

    def _look_now_and_then(self) -> None:
        self._look()
        self.kernel.at(self.kernel.now + AGREE_EVERY_S * SECOND, self._look_now_and_then)

    def _look(self) -> None:
        if self.around.unforeseen:
            raise BrokenPromiseError("unforeseen", self.around.unforeseen[0])
        self.accepted.check()
        if self.server.up:
            self.onlooker.agree()

    def _drain(self) -> float:
        """Heal, and wait until everything has ended."""
        one = self.kernel
        began = one.now
        self.faults.heal()
        self.around.deeds.healed = True
        for client in self.clients:
            client.quiet = True
        one.spawn(self.clients[0].process, "healer", self._open_queues)
        one.run(began + DRAIN_S * SECOND, self._is_drained)
        if not self._is_drained():
            raise BrokenPromiseError("liveness", checks.what_is_left(self))
        drained = (one.now - began) / SECOND
        one.run(one.now + 3 * SECOND)
        one.run(one.now + 10 * SECOND, lambda: checks.readers_have_arrived(self))
        self._look()
        checks.everything_ended(self)
        checks.everybody_agrees(self)
        return drained

    def _open_queues(self) -> None:
        """Open whatever is paused; what a client asked for before may still arrive."""
        while True:
            for queue in sorted(self.onlooker.fold.paused):
                self.desk.ask("POST", f"/queues/{queue}/resume")
            self.kernel.sleep(SECOND)

    def _is_drained(self) -> bool:
        if self.onlooker.fold.paused or any(client.busy for client in self.clients) or self.onlooker.fold.jobs:
            return False
        return checks.readers_have_arrived(self)


class _Errors(logging.Handler):
    """Takes down what the services log of what nobody foresaw."""

    def __init__(self, unforeseen: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._unforeseen = unforeseen

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            words = "".join(traceback.format_exception(error))
            self._unforeseen.append(f"{record.name}: {record.getMessage()}: {words}")


@contextmanager
def _listening(unforeseen: list[str]) -> Iterator[None]:
    names = ("journeyman", "journeyman_ingest", "journeyman_scheduler", "journeyman_worker", "journeyman_dashboard")
    loggers = [logging.getLogger(name) for name in (*names, "dramatiq", "asyncio")]
    handler = _Errors(unforeseen)
    before = [(logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
        logger.propagate = False
        logger.addHandler(handler)
    try:
        yield
    finally:
        for logger, (level, propagate) in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)
            logger.propagate = propagate


def span_of(seed: int) -> float:
    """Return how long the faults of a run last, in simulated seconds."""
    return random.Random(f"span {seed}").choice((20.0, 40.0, 90.0, 180.0))


def run(
    seed: int,
    mode: str,
    *,
    span_s: float | None = None,
    loss: str = "",
    trace: Callable[[str], None] | None = None,
    prepare: Callable[[World], None] = lambda _: None,
) -> Result:
    """Make a world from a seed and run it. `prepare`: is called with the world before anything happens."""
    broken = detail = ""
    drained_s = 0.0
    began, began_cpu = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory(prefix="journeyman-simulation-", dir=_memory()) as directory, simulated():
        world = World(seed, mode, Path(directory), trace, loss)
        machine.enter(world.kernel)
        try:
            with _listening(world.around.unforeseen):
                prepare(world)
                try:
                    drained_s = world.run(span_of(seed) if span_s is None else span_s)
                except BrokenPromiseError as error:
                    broken, detail = error.promise, error.detail
                except machine.StuckError as error:
                    broken, detail = "liveness", str(error)
                result = Result(
                    seed,
                    mode,
                    broken,
                    detail,
                    world.kernel.steps,
                    world.kernel.now / SECOND,
                    0.0,
                    0.0,
                    len(world.onlooker.submitted),
                    world.onlooker.events,
                    world.faults.counts + world.network.faults,
                    world.kernel.fingerprint(),
                    list(world.kernel.trace),
                    drained_s,
                )
                _end(world)
        finally:
            machine.leave()
    return result._replace(real_s=time.perf_counter() - began, cpu_s=time.process_time() - began_cpu)


def _end(world: World) -> None:
    """Let every process go."""
    world.around.restarts = False
    for host in world.hosts:
        if host.process is not None:
            world.kernel.kill(host.process)
    for client in world.clients:
        world.kernel.kill(client.process)


def _memory() -> str | None:
    """Return a directory that is in memory, where there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
