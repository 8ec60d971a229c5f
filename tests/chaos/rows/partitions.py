"""A service and the server do not hear each other, in both directions or in one, for longer than any patience.

What is held back is not lost: it arrives when the partition heals, late, as what a network sends again does.
"""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import Any

from chaos.frame import Outcome, Row, Stage, called
from chaos.reading import Logs
from journeyman import events as e
from journeyman.settings import Settings

PER_S = 50.0
#: Longer than lease (2 s) and heartbeat timeout (3 s).
LEAST_S, MOST_S = 4.5, 6.0
#: Which directions are closed: to the server, to the client.
WAYS = ((True, True), (True, False), (False, True))
MORE: dict[str, dict[str, Any]] = {"autoscaler": {"workers": 1, "autoscaler": True, "workers_min": 1}}
#: Where there is somebody else to do it, the system goes on meanwhile.
REPLACED = ("scheduler", "worker", "autoscaler")


def _run(service: str, stage: Stage) -> Outcome:
    server = stage.server()
    proxy = stage.proxy(server)
    name = "worker-1" if service == "worker" else service
    system = stage.system(
        server=server,
        environ=lambda each: {"JOURNEYMAN_REDIS_URL": proxy.url} if each == name else {},
        **MORE.get(service, {}),
    )
    if service == "scheduler":
        system.start_standby("scheduler-2")
    client = stage.client(system)
    meanwhile: list[float] = []
    healed: list[float] = []
    with client.submitting(PER_S):
        for to_server, to_client in WAYS:
            client.await_accepted(20)
            if service == "worker":
                client.submit(8, sleep_ms=500)
            since = stage.now()
            proxy.black_hole(to_server=to_server, to_client=to_client)
            if service in REPLACED:
                meanwhile.append(client.recovery(since))
            stage.pause(LEAST_S, MOST_S)
            since = stage.now()
            proxy.heal()
            healed.append(client.recovery(since))
    unexpected = _voices(system.settings, service)
    verdict = stage.settle(system, client)
    return verdict.outcome(
        faults=len(WAYS),
        recovery_s=max(healed),
        unless=unexpected,
        meanwhile=f"{max(meanwhile):.1f} s" if meanwhile else "",
    )


def _voices(settings: Settings, service: str) -> str:
    """Return what a minority should not have said or kept, in words. (That no epoch speaks twice, `verify` checks.)"""
    with closing(Logs(settings)) as logs:
        events = [record.event for record in logs.records()]
    epochs = [event.epoch for event in events if isinstance(event, e.SchedulerElected)]
    if epochs != sorted(set(epochs)):
        return f"epochs were {epochs}"
    if service == "scheduler" and len(epochs) < 2:
        return "the standby never led"
    lost = sum(isinstance(event, e.WorkerLost) for event in events)
    if service == "worker" and not lost:
        return "the worker that was cut off was never declared lost"
    return (
        f"{lost} workers were declared lost that were not cut off"
        if service not in ("worker", "autoscaler") and lost
        else ""
    )


ROWS = [
    Row(
        f"partition-{service}",
        f"{called(service)} and the server do not hear each other for longer than lease and heartbeat timeout: "
        "both ways, then each way alone",
        "no two voices; the minority stops; it heals alone",
        partial(_run, service),
        quick=service == "scheduler",
    )
    for service in ("scheduler", "worker", "ingest", "dashboard", "autoscaler")
]
