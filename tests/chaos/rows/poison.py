"""Jobs that kill the process that runs them: by a segmentation fault, or by taking more memory than its cgroup has.

Each kills as many workers as `poison_attempts` says and is then a dead letter that tells how they died. Whatever ran
beside it completes.
"""

from __future__ import annotations

import signal
from contextlib import closing

from chaos.cgroup import MemoryGroup
from chaos.client import Client
from chaos.frame import Outcome, Row, Stage
from chaos.reading import Logs
from journeyman import events as e
from support.system import System
from support.waiting import wait_for

#: Also the name of the settings' default.
KILLS = 3
TASKS = "chaos.jobs,chaos.deadly_jobs"
NEIGHBOURS = 24
#: Enough for two worker processes, not for the job.
LIMIT = 700 << 20
DEAD_S = 120.0
ACCEPTED = 202


def _run_segfault(stage: Stage) -> Outcome:
    system = stage.system(workers=2, worker_tasks=TASKS)
    return _run(stage, system, "chaos.segfault", signal.SIGSEGV, out_of_memory=False)


def _run_hog(stage: Stage) -> Outcome:
    group = MemoryGroup(LIMIT)
    stage.at_the_end(group.close)
    system = stage.system(workers=0, worker_tasks=TASKS)
    for name in ("worker-1", "worker-2"):
        system.start(name)
        group.add(system.pid(name))
    system.await_workers(2)
    outcome = _run(stage, system, "chaos.hog", signal.SIGKILL, out_of_memory=True)
    kills = group.kills()
    if kills < KILLS and outcome.held:
        return outcome._replace(held=False, why=f"the kernel killed {kills} processes only")
    return outcome


def _run(stage: Stage, system: System, job_type: str, by: signal.Signals, *, out_of_memory: bool) -> Outcome:
    client = stage.client(system)
    since = stage.now()
    with client.submitting(per_s=30):
        client.await_accepted(NEIGHBOURS)
        poison = _submit(client, job_type)
        client.submit(NEIGHBOURS, sleep_ms=500)
        with closing(Logs(system.settings)) as logs:
            wait_for(lambda: _ended(logs, poison), f"{job_type} to be a dead letter", timeout_s=DEAD_S, every_s=0.1)
        recovered = client.recovery(since)
    verdict = stage.settle(system, client)
    with closing(Logs(system.settings)) as logs:
        wrong = _judge(logs, poison, by, out_of_memory=out_of_memory)
        losses = sum(isinstance(record.event, e.JobLost) for record in logs.records())
    return verdict.outcome(
        faults=KILLS,
        recovery_s=recovered,
        unless="; ".join(wrong),
        attempts_lost_beside=losses - KILLS,
    )


def _submit(client: Client, job_type: str) -> str:
    answer = client.post("/jobs", {"type": job_type}, job_type)
    assert answer is not None
    assert answer.status_code == ACCEPTED, answer.text
    return str(answer.json()["id"])


def _ended(logs: Logs, job_id: str) -> bool:
    return any(isinstance(event, e.JobDeadLettered) for event in logs.of(job_id))


def _judge(logs: Logs, poison: str, by: signal.Signals, *, out_of_memory: bool) -> list[str]:
    """Return what is not as it must be, in words."""
    wrong = []
    losses = [event for event in logs.of(poison) if isinstance(event, e.JobLost)]
    if len(losses) != KILLS:
        wrong.append(f"the job was lost {len(losses)} times")
    [end] = [event for event in logs.of(poison) if isinstance(event, e.JobDeadLettered)]
    evidence = end.evidence
    if end.reason != "poison" or evidence is None:
        return [*wrong, f"the dead letter says {end.reason}, and its evidence is {evidence}"]
    if evidence.signal != by or evidence.out_of_memory != out_of_memory or not evidence.pid:
        wrong.append(f"the evidence is {evidence}")
    others = [
        event.job_id
        for event in (record.event for record in logs.records())
        if isinstance(event, e.JobDeadLettered) and event.job_id != poison
    ]
    if others:
        wrong.append(f"its neighbours became dead letters too: {others}")
    return wrong


ROWS = [
    Row(
        "poison-segfault",
        "a job that dies of a segmentation fault, and takes its worker along",
        f"dead letter after {KILLS} with the evidence; its neighbours complete",
        _run_segfault,
    ),
    Row(
        "poison-out-of-memory",
        "a job that takes all the memory of its cgroup, and the kernel kills its worker",
        f"dead letter after {KILLS} with the evidence; its neighbours complete",
        _run_hog,
        needs=("linux", "root", "memory-group"),
    ),
]
