"""A rolling upgrade: services of this version and of the next one side by side, in every order, and back again.

The next version (`chaos/next_version.py`) writes events that this one does not know. This one steps over them, says so,
and goes on; nothing is lost, refused beyond the moments of a restart, or run twice for it.
"""

from __future__ import annotations

import os
from contextlib import closing

from chaos import next_version
from chaos.frame import TESTS, Outcome, Row, Stage
from chaos.reading import Logs
from journeyman import events as e

SERVICES = ("ingest", "scheduler", "worker-1", "worker-2", "dashboard", "autoscaler")
BETWEEN = 15


def _run(stage: Stage) -> Outcome:
    newer = next_version.make(stage.directory / "next")
    upgraded: set[str] = set()
    path = os.pathsep.join([newer, str(TESTS)])
    system = stage.system(workers=2, environ=lambda name: {"PYTHONPATH": path} if name in upgraded else {})
    system.start("autoscaler")
    client = stage.client(system)
    order = stage.random.sample(SERVICES, len(SERVICES))
    slowest = 0.0
    steps = 0
    with client.submitting(per_s=40):
        client.await_accepted(BETWEEN)
        # Up and down again; then the other way round.
        for names in (order, order, order[::-1], order[::-1]):
            for name in names:
                since = stage.now()
                system.stop(name)
                upgraded ^= {name}
                system.start(name)
                slowest = max(slowest, client.recovery(since))
                client.await_accepted(BETWEEN)
                steps += 1
    verdict = stage.settle(system, client)
    with closing(Logs(system.settings)) as logs:
        told = [record.event for record in logs.records()]
    quarantined = sum(isinstance(event, e.LogQuarantined) and next_version.NEW_EVENT in event.reason for event in told)
    versions = {event.version for event in told if isinstance(event, e.WorkerJoined)}
    wrong = []
    if not quarantined:
        wrong.append("no event of the next version was reported")
    if next_version.NEXT not in versions or len(versions) != 2:
        wrong.append(f"workers of the versions {sorted(versions)} have joined")
    if any(isinstance(event, (e.JobLost, e.WorkerLost)) for event in told):
        wrong.append("a worker was held to be lost")
    return verdict.outcome(
        faults=steps, recovery_s=slowest, unless="; ".join(wrong), quarantined=quarantined, restarts=steps
    )


ROWS = [
    Row(
        "rolling-upgrade",
        "each service is replaced by the next version and back, in both orders, which writes a newer event type",
        "nothing fails; what is not known is reported",
        _run,
    )
]
