"""A process is stopped for longer than its lease or its heartbeat (SIGSTOP), and goes on as if nothing had been."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from functools import partial

import psutil

from chaos.frame import Outcome, Row, Stage, wake
from journeyman import events as e
from support.journal import Journal
from support.system import System
from support.waiting import wait_for

PER_S = 60.0
ROUNDS = 2
NOTICED_S = 30.0


def _stop(system: System, name: str) -> None:
    parent = psutil.Process(system.pid(name))
    for process in (parent, *parent.children(recursive=True)):
        os.kill(process.pid, signal.SIGSTOP)


def _scheduler(stage: Stage) -> Outcome:
    system = stage.system()
    system.start_standby("scheduler-2")
    client = stage.client(system)
    journal = Journal(system.settings)
    taken_over = []
    with client.submitting(PER_S):
        for _ in range(ROUNDS):
            client.await_accepted(20)
            stage.pause(0.0, 1.0)
            leader = _leader(journal, system)
            since = stage.now()
            _stop(system, leader)
            taken_over.append(client.recovery(since))
            wake(system)
            # The other one leads, until it is stopped in its turn.
            client.await_accepted(50)
    epochs = [record.event.epoch for record in journal.records() if isinstance(record.event, e.SchedulerElected)]
    journal.close()
    return stage.settle(system, client).outcome(
        faults=ROUNDS,
        recovery_s=max(taken_over),
        epochs=len(epochs),
        unless="" if len(epochs) > ROUNDS and epochs == sorted(set(epochs)) else f"epochs were {epochs}",
    )


def _leader(journal: Journal, system: System) -> str:
    """Return the name of the scheduler that was elected last."""
    elected = [record.event for record in journal.records() if isinstance(record.event, e.SchedulerElected)]
    return next(name for name in ("scheduler", "scheduler-2") if f"-{system.pid(name)}-" in elected[-1].scheduler)


def _worker(stage: Stage) -> Outcome:
    system = stage.system()
    client = stage.client(system)
    journal = Journal(system.settings)
    recovered = []
    with client.submitting(PER_S):
        for _ in range(ROUNDS):
            client.submit(12, sleep_ms=1_200)
            client.await_accepted(20)
            since = stage.now()
            _await_another(journal, e.WorkerLost, partial(_stop, system, "worker-1"))
            recovered.append(time.monotonic() - since)
            _await_another(journal, e.WorkerJoined, partial(wake, system))
    lost_attempts = _count(journal, e.JobLost)
    journal.close()
    return stage.settle(system, client).outcome(
        faults=ROUNDS,
        recovery_s=max(recovered),
        attempts_lost=lost_attempts,
        unless="" if lost_attempts else "no attempt was lost",
        why="recovery is the time until the worker was declared lost; what it held then ran again",
    )


def _await_another(journal: Journal, kind: type[e.Event], act: Callable[[], None]) -> None:
    """Act, and wait for one more event of a kind."""
    before = _count(journal, kind)
    act()
    wait_for(lambda: _count(journal, kind) > before, kind.__name__, timeout_s=NOTICED_S)


def _count(journal: Journal, kind: type[e.Event]) -> int:
    return sum(isinstance(record.event, kind) for record in journal.records())


ROWS = [
    Row(
        "stopped-scheduler",
        "SIGSTOP of the leading scheduler for longer than its lease, with a standby, then SIGCONT",
        "the standby leads; stale writes are refused",
        _scheduler,
    ),
    Row(
        "stopped-worker",
        "SIGSTOP of a worker for longer than its heartbeat timeout, in the middle of jobs, then SIGCONT",
        "its jobs run elsewhere; its late outcomes are refused",
        _worker,
        quick=True,
    ),
]
