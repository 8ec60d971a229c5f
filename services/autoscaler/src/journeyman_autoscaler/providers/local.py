"""Worker processes on this machine.

Each is a child on a lifeline: when the autoscaler is gone, however it went, its workers drain and end. A worker that
is to go gets SIGTERM, drains, and is killed only when it has not ended within the drain timeout and a margin. One
that dies is replaced, after a pause that doubles while they keep dying young, so that a worker that cannot start
does not spin the machine.
"""

from __future__ import annotations

import logging
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import psutil

from journeyman import failpoints
from journeyman.children import Child
from journeyman.settings import PREFIX, Settings
from journeyman_autoscaler.limits import Bounds
from journeyman_autoscaler.providers import Held
from journeyman_autoscaler.providers.health_ports import next_port

#: Beyond the drain timeout, for handing jobs back and saying good-bye.
DRAIN_MARGIN_S = 5.0
#: A worker that ends by itself before this died young.
YOUNG_S = 5.0
PAUSE_FIRST_S = 0.25
PAUSE_MAX_S = 10.0
_POLL_S = 0.05

_log = logging.getLogger(__name__)


class _Draining(NamedTuple):
    child: Child
    deadline: float


class LocalProvider:
    """Starts `argv` as often as workers are wanted. Not thread-safe.

    environ: what the workers see. drain_s: how long a worker may drain before it is killed. health: address of the
    workers' health and metrics; each has a port of its own from that one on.
    """

    name = "local"
    applies = True
    outlasts = False
    trouble = ""
    bounds: Bounds | None = None

    def __init__(
        self,
        argv: Sequence[str],
        environ: Mapping[str, str],
        drain_s: float,
        clock: Callable[[], float] = time.monotonic,
        health: tuple[str, int] = ("127.0.0.1", 0),
    ) -> None:
        self._health = health
        #: The port of each worker that has one, by process id.
        self._ports: dict[int, int] = {}
        self._argv = tuple(argv)
        self._environ = dict(environ)
        self._drain_s = drain_s
        self._clock = clock
        self._workers: list[Child] = []
        self._draining: list[_Draining] = []
        self._died_young = 0
        self._start_from = 0.0

    def count(self) -> int:
        """Return how many workers run, without those that are stopping."""
        self._reap()
        return len(self._workers)

    def apply(self, desired: int, workers: Mapping[str, Held]) -> None:
        """Start what is missing; drain what is too many, the least busy first."""
        self._reap()
        while len(self._workers) < desired and self._clock() >= self._start_from:
            failpoints.hit("autoscaler.before_start")
            self._workers.append(self._start())
            failpoints.hit("autoscaler.after_start")
        surplus = len(self._workers) - desired
        if surplus > 0:
            here = socket.gethostname()
            running = {worker.pid: worker.running for worker in workers.values() if worker.host == here}
            busy = {child.pid: _attempts(child.pid, running) for child in self._workers}
            for child in sorted(self._workers, key=lambda child: busy[child.pid])[:surplus]:
                self._drain(child)

    def _start(self) -> Child:
        there = {child.pid for child in [*self._workers, *(draining.child for draining in self._draining)]}
        self._ports = {pid: port for pid, port in self._ports.items() if pid in there}
        port = next_port(*self._health, self._ports.values())
        child = Child(self._argv, self._environ | ({f"{PREFIX}WORKER_HEALTH_PORT": str(port)} if port else {}))
        self._ports |= {child.pid: port} if port else {}
        return child

    def close(self) -> None:
        """Drain everything, and kill what has not ended in time."""
        for child in list(self._workers):
            self._drain(child)
        while self._draining:
            time.sleep(_POLL_S)
            self._reap()

    def _drain(self, child: Child) -> None:
        self._workers.remove(child)
        self._draining.append(_Draining(child, self._clock() + self._drain_s))
        failpoints.hit("autoscaler.before_stop")
        child.ask_to_stop()
        failpoints.hit("autoscaler.after_stop")

    def _reap(self) -> None:
        for child in [child for child in self._workers if child.exit_code() is not None]:
            self._workers.remove(child)
            self._died(child)
        for draining in list(self._draining):
            ended = draining.child.exit_code() is not None
            if ended or self._clock() >= draining.deadline:
                if not ended:
                    _log.warning("worker process %d did not drain in time; killing it", draining.child.pid)
                draining.child.end_group(gently=ended)
                self._draining.remove(draining)

    def _died(self, child: Child) -> None:
        child.end_group()
        young = time.monotonic() - child.started < YOUNG_S
        self._died_young = self._died_young + 1 if young else 0
        pause = min(PAUSE_MAX_S, PAUSE_FIRST_S * 2.0 ** (self._died_young - 1)) if young else 0.0
        self._start_from = self._clock() + pause
        _log.warning("worker process %d ended by itself with code %s", child.pid, child.exit_code())


def local_provider(settings: Settings, inherited: Mapping[str, str]) -> LocalProvider:
    """Return the provider that starts `journeyman-worker` processes with the autoscaler's own settings."""
    own = (f"{PREFIX}WORKER_HEALTH_PORT", f"{PREFIX}WORKER_PROCESSES", failpoints.VARIABLE)
    environ = {name: value for name, value in inherited.items() if name not in own}
    drain_s = settings.drain_timeout_ms / 1000 + DRAIN_MARGIN_S
    health = settings.health_host, settings.worker_health_port
    return LocalProvider((sys.executable, "-m", "journeyman_worker"), environ, drain_s, health=health)


def _attempts(pid: int, running: Mapping[int, int]) -> int:
    """Return what a worker process and its descendants run: the process that joined may be a child of ours."""
    try:
        family = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    except psutil.NoSuchProcess:
        return 0
    return sum(running.get(each, 0) for each in family)
