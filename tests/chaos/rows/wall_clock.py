"""The wall clock of a service is an hour wrong, ahead or behind; the clock that measures spans is not.

Each service in turn is started with a shim before the C library (`shims/clock.c`), and jobs are submitted that wait,
fail and are tried again, have a time at which they may start, or a short timeout. By the server's time none of
them starts early or an hour late, nobody is held to be lost, and idempotency keys are known before and after.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from chaos.client import Client
from chaos.frame import Outcome, Row, Stage
from chaos.preload import build
from chaos.reading import Logs
from journeyman import events as e

SERVICES = (("ingest",), ("scheduler",), ("worker-1", "worker-2"), ("dashboard",))
HOUR_S = 3_600
SUBMITTED = 12
START_IN_MS = 1_500
#: What a busy machine may take, and far below the hour.
LATE_MAX_MS = 60_000
ACCEPTED = 202


def _run(stage: Stage) -> Outcome:
    shim = build("clock", stage.directory)
    skews: dict[str, int] = {}
    system = stage.system(
        workers=2,
        worker_tasks="chaos.jobs,journeyman_worker.samples",
        environ=lambda name: {"LD_PRELOAD": str(shim), "CLOCK_SKEW_S": str(skews[name])} if name in skews else {},
    )
    client = stage.client(system)
    wrong = []
    recovered = []
    for number, names in enumerate(SERVICES):
        for skew in (HOUR_S, -HOUR_S):
            skews = dict.fromkeys(names, skew)
            for name in names:
                system.stop(name)
                system.start(name)
            recovered.append(client.recovery(stage.now()))
            client.submit(SUBMITTED)
            wrong += _submit_timed(client, f"{number}{skew:+d}")
    for name in SERVICES[-1]:
        system.stop(name)
        skews.clear()
        system.start(name)
    verdict = stage.settle(system, client)
    with closing(Logs(system.settings)) as logs:
        records = logs.records()
    latest_ms = max(_lateness_ms(records))
    wrong += _judge(records, latest_ms)
    return verdict.outcome(
        faults=2 * len(SERVICES), recovery_s=max(recovered), unless="; ".join(wrong), latest_start_ms=latest_ms
    )


def _submit_timed(client: Client, key: str) -> list[str]:
    """Submit what depends on the time, each twice under one key; return what was answered wrongly."""
    at = datetime.datetime.now(datetime.UTC) + datetime.timedelta(milliseconds=START_IN_MS)
    orders: dict[str, dict[str, Any]] = {
        "run_at": {"run_at": at.isoformat(), "payload": {}},
        "long enough": {"timeout_ms": 20_000, "payload": {"sleep_ms": 300}},
        "too short": {"timeout_ms": 300, "max_attempts": 1, "payload": {"sleep_ms": 5_000}},
        "failing": {"backoff": {"initial_ms": 500}, "payload": {"fail_times": 1}},
    }
    wrong = []
    for name, order in orders.items():
        answers = [client.post("/jobs", {"type": "synthetic", **order}, f"{name}{key}") for _ in range(2)]
        ids = [answer.json().get("id") for answer in answers if answer is not None and answer.status_code == ACCEPTED]
        if len(ids) != 2 or ids[0] != ids[1]:
            wrong.append(f"`{name}` submitted twice was answered {[answer and answer.text for answer in answers]}")
    return wrong


def _lateness_ms(records: Sequence[e.Record]) -> list[int]:
    """Return how long after it was free to each job first started, by the server's time; negative: before."""
    free_ms: dict[str, int] = {}
    late = []
    for at_ms, event in ((record.at_ms, record.event) for record in records):
        if isinstance(event, e.JobSubmitted) and not event.depends_on:
            free_ms[event.job_id] = max(at_ms, event.due_ms)
        elif isinstance(event, e.JobRetryScheduled):
            free_ms[event.job_id] = event.due_ms
        elif isinstance(event, e.JobStarted) and event.job_id in free_ms:
            late.append(at_ms - free_ms.pop(event.job_id))
    return late


def _judge(records: Sequence[e.Record], latest_ms: int) -> list[str]:
    wrong = []
    early = [late_ms for late_ms in _lateness_ms(records) if late_ms < 0]
    if early:
        wrong.append(f"{len(early)} jobs started early, the earliest by {-min(early)} ms")
    if latest_ms > LATE_MAX_MS:
        wrong.append(f"a job started {latest_ms} ms late")
    if any(isinstance(record.event, (e.JobLost, e.WorkerLost)) for record in records):
        wrong.append("a worker was held to be lost")
    hasty = {
        record.event.job_id
        for record in records
        if isinstance(record.event, e.JobSubmitted) and record.event.timeout_ms < 1_000
    }
    dead = {record.event.job_id for record in records if isinstance(record.event, e.JobDeadLettered)}
    if dead != hasty:
        wrong.append("other jobs than those with too short a timeout ran out of attempts")
    return wrong


ROWS = [
    Row(
        "wall-clock",
        "the wall clock of each service in turn is 1 h ahead, 1 h behind",
        "no early and no late start, nobody lost, idempotency keys hold",
        _run,
        needs=("linux", "cc"),
    )
]
