"""`kill -9` at moments that nobody chose: each service in turn, started again as a supervisor would."""

from __future__ import annotations

from functools import partial
from typing import Any

from chaos.frame import Outcome, Row, Stage, called

ROUNDS = 3
PER_S = 80.0


def _run(service: str, stage: Stage) -> Outcome:
    scaled = service == "autoscaler"
    more: dict[str, Any] = {"autoscaler": True, "workers_min": 1, "workers_max": 2} if scaled else {}
    system = stage.system(workers=0 if scaled else 1, **more)
    client = stage.client(system)
    name = "worker-1" if service == "worker" else service
    recovered = []
    with client.submitting(PER_S):
        for _ in range(ROUNDS):
            client.await_accepted(20)
            stage.pause(0.0, 1.5)
            since = stage.now()
            system.kill(name)
            system.start(name)
            recovered.append(client.recovery(since))
    return stage.settle(system, client).outcome(faults=ROUNDS, recovery_s=max(recovered))


ROWS = [
    Row(
        f"kill-9-{service}-any-time",
        f"kill -9 of {called(service)}, {ROUNDS} times, at any moment",
        "I1 to I7; recovery time reported",
        partial(_run, service),
        quick=service == "worker",
    )
    for service in ("worker", "scheduler", "ingest", "dashboard", "autoscaler")
]
