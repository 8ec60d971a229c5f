"""The figures and promises a user would try first, on real processes.

A batch lives in one partition, and batches go to the partitions in turn. So what should be everywhere is submitted in
as many batches as there are partitions.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from journeyman import events as e
from support.journal import Journal, epochs
from support.servers import PARTITIONS
from support.system import System
from support.transport import TRANSPORT
from support.waiting import wait_for

SEED = 11
#: Moto looks through the whole queue at every call.
BACKLOG = 2_000 if TRANSPORT == "redis" else 300


@pytest.fixture
def systems(tmp_path: Path) -> Iterator[list[System]]:
    """Collect what a test starts, to be ended whatever happens."""
    started: list[System] = []
    yield started
    for system in started:
        system.close()


def begin(systems: list[System], directory: Path, **options: Any) -> tuple[System, Journal]:
    system = System(directory, **options)
    systems.append(system)
    return system, Journal(system.settings)


def submit(system: System, jobs: list[dict[str, Any]]) -> list[str]:
    answer = httpx.post(f"{system.ingest_url}/jobs/batch", json={"jobs": jobs}, trust_env=False, timeout=30)
    assert answer.status_code == 202, answer.text
    ids: list[str] = answer.json()["ids"]
    return ids


def spread(system: System, jobs: list[dict[str, Any]]) -> list[str]:
    """Submit jobs in equal parts to all partitions."""
    return [job_id for part in range(PARTITIONS) for job_id in submit(system, jobs[part::PARTITIONS])]


def synthetic(**payload: Any) -> dict[str, Any]:
    return {"type": "synthetic", "payload": payload}


def chain(name: str) -> list[dict[str, Any]]:
    """Return twenty jobs, each of which waits for the one before it."""
    return [
        {"ref": f"{name}-{step}", **synthetic(sleep_ms=5), "depends_on": [f"ref:{name}-{step - 1}"] if step else []}
        for step in range(20)
    ]


def started(journal: Journal) -> list[str]:
    return [record.event.job_id for record in journal.records() if isinstance(record.event, e.JobStarted)]


def running(journal: Journal) -> set[str]:
    jobs: set[str] = set()
    for record in journal.records():
        match record.event:
            case e.JobStarted(job_id=job_id):
                jobs.add(job_id)
            case e.JobReturned(job_id=job_id) | e.JobSucceeded(job_id=job_id) | e.JobLost(job_id=job_id):
                jobs.discard(job_id)
    return jobs


def told(system: System, job_id: str) -> list[str]:
    """Return the names of a job's events, as the dashboard tells them."""
    answer = httpx.get(f"{system.dashboard_url}/jobs/{job_id}/history", trust_env=False)
    return [item["event"] for item in answer.json()["items"]] if answer.is_success else []


def test_a_thousand_jobs_in_ten_layers_run_parents_first(systems: list[System], tmp_path: Path) -> None:
    system, journal = begin(systems, tmp_path, workers=4, worker_threads=4)
    chance = random.Random(SEED)
    layers = [[f"{layer}-{number}" for number in range(100)] for layer in range(10)]
    jobs = [
        {
            "ref": ref,
            **synthetic(echo=ref),
            "depends_on": [f"ref:{parent}" for parent in chance.sample(layers[depth - 1], 3)] if depth else [],
        }
        for depth, layer in enumerate(layers)
        for ref in layer
    ]
    chance.shuffle(jobs)
    ids = submit(system, jobs)
    ref_of = dict(zip(ids, (job["ref"] for job in jobs), strict=True))
    id_of = {ref: job_id for job_id, ref in ref_of.items()}

    journal.await_completed(ids, 60)

    ended: set[str] = set()
    parents = {id_of[job["ref"]]: [id_of[name.removeprefix("ref:")] for name in job["depends_on"]] for job in jobs}
    for record in journal.records():
        match record.event:
            case e.JobStarted(job_id=job_id):
                assert ended.issuperset(parents[job_id]), f"{ref_of[job_id]} started before a parent had ended"
            case e.JobSucceeded(job_id=job_id):
                ended.add(job_id)
    assert journal.unkept() == []


@pytest.mark.parametrize("threads", [1, 8])
def test_critical_jobs_do_not_wait_behind_a_backlog_of_low_ones(
    systems: list[System], tmp_path: Path, threads: int
) -> None:
    system, journal = begin(systems, tmp_path, worker_threads=threads)
    for _ in range(PARTITIONS):
        submit(system, [{**synthetic(sleep_ms=2), "priority": "low"}] * BACKLOG)
    wait_for(lambda: len(started(journal)) > 20, "the backlog to be under way")

    critical = submit(system, [{**synthetic(), "priority": "critical"}] * 20)

    journal.await_completed(critical, 30)
    between, waiting, unsubmitted = 0, set(critical), set(critical)
    for record in journal.around(critical[0]):
        if isinstance(record.event, e.JobSubmitted):
            unsubmitted.discard(record.event.job_id)
        elif isinstance(record.event, e.JobStarted) and waiting and not unsubmitted:
            between += record.event.job_id not in waiting
            waiting.discard(record.event.job_id)
    assert not waiting
    assert between <= threads


def test_a_killed_worker_loses_nothing(systems: list[System], tmp_path: Path) -> None:
    system, journal = begin(systems, tmp_path, worker_threads=8, heartbeat_timeout_ms=3_000)
    system.await_workers(1)
    ids = spread(system, [synthetic(sleep_ms=1_000)] * 40)
    wait_for(lambda: len(running(journal)) == 8, "jobs to run")

    system.kill("worker-1")
    system.start("worker-2")

    journal.await_completed(ids, 60)
    assert journal.unkept() == []
    assert [report.unfinished for report in journal.reports()] == [0] * PARTITIONS
    ends = Counter(
        record.event.job_id
        for record in journal.records()
        if isinstance(record.event, e.JobSucceeded | e.JobDeadLettered)
    )
    assert set(ends.values()) == {1}
    lost = [record.event for record in journal.records() if isinstance(record.event, e.JobLost)]
    assert 0 < len(lost) <= 8
    assert all(event.attempt == 1 and event.reason for event in lost)
    wait_for(lambda: told(system, lost[0].job_id)[-1:] == ["job.succeeded"], "the read model to tell the end")
    # A job that was claimed and could not begin at once may have been handed back.
    events = " ".join(told(system, lost[0].job_id)).replace("job.started job.returned ", "")
    assert events.split() == [
        "job.submitted",
        "job.released",
        "job.started",
        "job.lost",
        "job.released",
        "job.started",
        "job.succeeded",
    ]


@pytest.mark.parametrize("standby", [True, False])
def test_a_killed_scheduler_is_replaced_and_nothing_starts_twice(
    systems: list[System], tmp_path: Path, standby: bool
) -> None:
    system, journal = begin(systems, tmp_path, workers=2)
    if standby:
        wait_for(lambda: all(map(epochs, journal.by_partition())), "the scheduler to lead everywhere")
        system.start_standby("scheduler-2")
    ids = [
        job_id
        for part in range(PARTITIONS)
        for job_id in submit(system, [job for line in range(part, 50, PARTITIONS) for job in chain(f"{line}")])
    ]
    wait_for(lambda: len(journal.completed()) > 100, "the chains to be under way")

    before = [max(epochs(records)) for records in journal.by_partition()]
    system.kill("scheduler")
    if not standby:
        system.start("scheduler")

    journal.await_completed(ids, 60)
    assert journal.unkept() == []
    starts = Counter(started(journal))
    # One start for each job, and one more for each attempt that was lost or handed back unbegun.
    again = Counter(
        record.event.job_id for record in journal.records() if isinstance(record.event, e.JobLost | e.JobReturned)
    )
    assert all(starts[job_id] == 1 + again[job_id] for job_id in ids)
    # Where no job was left to wait for, the next one may lead later than the others' jobs end.
    wait_for(
        lambda: all(epochs(now)[-1] > was for now, was in zip(journal.by_partition(), before, strict=True)),
        "the next one to lead",
        timeout_s=30,
    )
    assert all(epochs(records) == sorted(set(epochs(records))) for records in journal.by_partition())


def test_a_job_that_kills_its_workers_is_dead_lettered_and_its_neighbours_complete(
    systems: list[System], tmp_path: Path
) -> None:
    system, journal = begin(systems, tmp_path, worker_threads=4)
    poison, *neighbours = submit(system, [synthetic(crash_times=9), *[synthetic(sleep_ms=300)] * 12])

    journal.await_completed(neighbours, 60)
    wait_for(
        lambda: any(isinstance(event, e.JobDeadLettered) for event in journal.of(poison)), "the verdict", timeout_s=60
    )

    events = journal.of(poison)
    dead = events[-1]
    assert isinstance(dead, e.JobDeadLettered)
    assert dead.reason == "poison"
    assert "SIGKILL" in dead.error.message
    assert sum(isinstance(event, e.JobLost) for event in events) == system.settings.poison_attempts
    assert journal.unkept() == []
