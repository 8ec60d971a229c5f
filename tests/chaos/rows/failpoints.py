"""kill -9 of every service at every place where it can be made to kill itself (`journeyman.failpoints`).

One place after the other, under load: the service is started armed, dies when it comes by for the n-th time, is started
again as a supervisor would, and the time is taken until two dependent jobs went through. What a worker's parent
replaces is not started from here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import psutil

from chaos.client import Client
from chaos.frame import Outcome, Row, Stage
from journeyman.failpoints import NAMES, VARIABLE
from journeyman.settings import PREFIX
from support.system import System
from support.transport import TRANSPORT
from support.waiting import wait_for

PER_S = 50.0
#: Jobs accepted between a recovery and the next death.
BETWEEN = 30
DEATH_S = 60.0
#: A snapshot is taken every few seconds, and the log looked through for what may go (nothing, here) at each start.
SETTINGS: Mapping[str, Any] = {"snapshot_events": 1_000, "archive_every_ms": 1_000, "drain_timeout_ms": 5_000}
#: Only who archives comes by here.
WHILE_ARCHIVING = "_archive"
#: Only jobs that go through SQS come by here.
THROUGH_SQS = ("_handing_out", "_receiving")
#: The last passing that is drawn. What is passed seldom dies at once.
PASSINGS: Mapping[str, int] = {
    "ingest.before_append": 20,
    "ingest.after_append": 20,
    "scheduler.after_read": 30,
    "scheduler.before_commit": 20,
    "scheduler.after_commit": 20,
    "scheduler.before_elect": 3,
    "scheduler.after_elect": 3,
    "scheduler.before_handing_out": 10,
    "scheduler.after_handing_out": 10,
    "worker.after_receiving": 10,
    "worker.after_claim": 20,
    "worker.before_finish": 20,
    "worker.after_finish": 20,
    "worker.before_beat": 3,
    "worker.after_beat": 3,
    "dashboard.before_transaction": 10,
    "dashboard.within_transaction": 10,
    "dashboard.after_transaction": 10,
}
#: Passed by a worker process that the parent then replaces.
IN_THE_CHILD = {"worker.after_join", "worker.after_claim", "worker.before_finish", "worker.after_finish"} | {
    "worker.before_beat",
    "worker.after_beat",
    "worker.after_receiving",
}
#: Passed by the parent when one of its children dies.
AT_A_DEATH = {"worker.child_died", "worker.child_reported"}
#: Passed when the service is told to stop.
AT_A_STOP = {"autoscaler.before_stop", "autoscaler.after_stop"}
#: What a worker's parent writes when a child was killed.
KILLED = "process ended by signal 9"
#: What a worker writes when it has begun.
JOINED = " joined: queues"


class _Strikes(NamedTuple):
    """A system whose processes are started with what `armed` says of them."""

    stage: Stage
    system: System
    client: Client
    armed: dict[str, str]

    def strike(self, name: str, point: str) -> float:
        """Have a service die at a place; return how long nothing went through from then on."""
        self.armed[name] = f"{point}=kill:{self.stage.random.randint(1, PASSINGS.get(point, 1))}"
        self.system.stop(name)
        before = self.system.output(name)
        self.system.start(name)
        del self.armed[name]
        if point in AT_A_DEATH:
            self._kill_child(name, before)
        if point in AT_A_STOP:
            self.stage.pause(1.0, 2.0)
            os.kill(self.system.pid(name), 15)
        if point in IN_THE_CHILD:
            self._await(lambda: self.system.output(name).count(KILLED) > before.count(KILLED), point)
            return self.client.recovery(self.stage.now())
        self._await(lambda: not self.system.running(name), point)
        since = self.stage.now()
        self.system.start(name)
        return self.client.recovery(since)

    def _await(self, dead: Callable[[], bool], point: str) -> None:
        wait_for(dead, f"a death at {point}", timeout_s=DEATH_S)

    def _kill_child(self, name: str, before: str) -> None:
        joined = before.count(JOINED)
        wait_for(lambda: self.system.output(name).count(JOINED) > joined, "a worker to join", timeout_s=DEATH_S)
        [child] = psutil.Process(self.system.pid(name)).children()
        child.kill()


def _run(stage: Stage, service: str) -> Outcome:
    armed: dict[str, str] = {}
    scaled = service == "autoscaler"
    archive = {f"{PREFIX}ARCHIVE_URL": (stage.directory / "archive").as_uri()}

    def environ(name: str) -> Mapping[str, str]:
        point = armed.get(name, "")
        return {VARIABLE: point, **(archive if WHILE_ARCHIVING in point else {})}

    system = stage.system(workers=0 if scaled else 1, environ=environ, autoscaler=scaled, **SETTINGS)
    client = stage.client(system)
    strikes = _Strikes(stage, system, client, armed)
    name = "worker-1" if service == "worker" else service
    points = _points(service)
    recovered = {}
    with client.submitting(per_s=PER_S):
        for point in points:
            recovered[point] = strikes.strike(name, point)
            client.await_accepted(BETWEEN)
    verdict = stage.settle(system, client)
    slowest = max(recovered, key=lambda point: recovered[point])
    return verdict.outcome(
        faults=len(points), recovery_s=recovered[slowest], places=len(points), slowest=slowest.partition(".")[2]
    )


def _points(service: str) -> list[str]:
    passed = [point for point in NAMES if TRANSPORT == "sqs" or not point.endswith(THROUGH_SQS)]
    return [point for point in passed if point.startswith(f"{service}.")]


def _row(service: str, *, quick: bool) -> Row:
    count = len(_points(service))
    return Row(
        f"kill-9-{service}",
        f"kill -9 of the {service} at each of its {count} failpoints",
        "I1 to I7; recovery time reported",
        lambda stage: _run(stage, service),
        quick,
    )


ROWS = [
    _row("worker", quick=False),
    _row("scheduler", quick=False),
    _row("ingest", quick=True),
    _row("dashboard", quick=False),
    _row("autoscaler", quick=False),
]
