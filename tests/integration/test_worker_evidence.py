"""A job that kills its worker is stopped after a few times, with the evidence; its neighbours are not charged (I7)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from journeyman import events as e
from support.journal import Journal
from support.memory_cgroup import memory_cgroup
from support.system import System
from support.waiting import wait_for

pytestmark = pytest.mark.timeout(300)

JOBS = """
import ctypes, os, sys, time
import journeyman_worker as jm

@jm.job("segfault")
def segfault():
    print("about to read redis://admin:hunter2@db:6379 with token=abc123", file=sys.stderr, flush=True)
    ctypes.string_at(0)

@jm.job("quit")
def quit_():
    os._exit(7)

@jm.job("hog")
def hog():
    data = []
    while True:
        data.append(bytearray(os.urandom(1 << 20)))

@jm.job("neighbour")
def neighbour(seconds: float, begun: str = ""):
    if begun:
        open(begun, "w").close()
    time.sleep(seconds)
"""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Give a system whose one worker is started again whenever a job has killed it."""
    directory = tmp_path_factory.mktemp("system")
    (directory / "deadly_jobs.py").write_text(JOBS)

    def environ(_: str) -> Mapping[str, str]:
        return {"PYTHONPATH": os.pathsep.join([str(directory), os.environ.get("PYTHONPATH", "")])}

    running = System(
        directory, environ=environ, worker_tasks="deadly_jobs", worker_threads=4, heartbeat_timeout_ms=5_000
    )
    yield running
    running.close()


@pytest.fixture
def journal(system: System) -> Iterator[Journal]:
    reading = Journal(system.settings)
    yield reading
    reading.close()


def submit(system: System, type_: str, payload: Any = None) -> str:
    with system.client() as client:
        return client.submit(type_, payload or {}).id


def dead_letter(journal: Journal, job_id: str) -> e.JobDeadLettered:
    """Wait until the job has failed for good, and return how."""

    def found() -> e.JobDeadLettered | None:
        return next((event for event in journal.of(job_id) if isinstance(event, e.JobDeadLettered)), None)

    dead = wait_for(found, f"{job_id} to be a dead letter", timeout_s=90)
    assert dead is not None
    return dead


def losses(journal: Journal, job_id: str) -> list[e.JobLost]:
    return [event for event in journal.of(job_id) if isinstance(event, e.JobLost)]


def test_a_segfault_is_a_dead_letter_after_three_workers_and_shows_what_happened(
    system: System, journal: Journal
) -> None:
    job_id = submit(system, "segfault")
    neighbours = [submit(system, "neighbour", {"seconds": 0.3}) for _ in range(12)]
    dead = dead_letter(journal, job_id)
    journal.await_completed(neighbours, 90)

    assert (dead.reason, dead.error.type) == ("poison", "Poison")
    assert "SIGSEGV" in dead.error.message
    assert "Segmentation fault" in dead.error.traceback
    assert dead.evidence is not None
    assert (dead.evidence.signal, dead.evidence.exit_code, dead.evidence.out_of_memory) == (11, None, False)
    lost = losses(journal, job_id)
    assert [event.running for event in lost] == [True] * 3
    assert all(event.evidence is not None and "token=***" in event.evidence.log for event in lost)
    assert not [record for record in journal.records() if "hunter2" in repr(record) or "abc123" in repr(record)]
    waited = {event.job_id for job in neighbours for event in losses(journal, job) if not event.running}
    assert all(event.evidence is None for job in waited for event in losses(journal, job) if not event.running)
    assert journal.unkept() == []

    def shown() -> Any:
        job = httpx.get(f"{system.dashboard_url}/jobs/{job_id}", trust_env=False).json()
        return job if job.get("status") == "failed" else None

    job = wait_for(shown, "the dashboard to show it", timeout_s=30)
    assert [attempt["error"]["type"] for attempt in job["attempts"]] == ["WorkerLost"] * 3
    assert "SIGSEGV" in job["attempts"][0]["error"]["message"]
    assert "Segmentation fault" in job["attempts"][0]["error"]["traceback"]
    assert "Segmentation fault" in job["error"]["traceback"]


def test_an_exit_code_is_evidence_too(system: System, journal: Journal) -> None:
    dead = dead_letter(journal, submit(system, "quit"))
    assert dead.evidence is not None
    assert (dead.evidence.signal, dead.evidence.exit_code) == (0, 7)
    assert "exit code 7" in dead.error.message
    assert dead.evidence.host
    assert dead.evidence.pid > 0


def test_a_job_that_the_kernel_kills_for_want_of_memory_is_told_from_one_that_somebody_killed(
    system: System, journal: Journal
) -> None:
    parent = psutil.Process(system.pid("worker-1"))
    family = [parent, *wait_for(parent.children, "the worker's process for jobs", timeout_s=30)]
    with memory_cgroup(sum(process.memory_info().rss for process in family) + (100 << 20)) as cgroup:
        cgroup.take_in(process.pid for process in family)
        job_id = submit(system, "hog")
        neighbours = [submit(system, "neighbour", {"seconds": 0.1}) for _ in range(4)]
        dead = dead_letter(journal, job_id)
        journal.await_completed(neighbours, 90)
        system.stop("worker-1")
    system.start("worker-1")
    assert dead.evidence is not None
    assert (dead.evidence.signal, dead.evidence.out_of_memory) == (9, True)
    assert "want of memory" in dead.error.message
    assert dead.evidence.rss_bytes > 1 << 20
    assert all(event.evidence is not None and event.evidence.out_of_memory for event in losses(journal, job_id))


def test_a_worker_that_somebody_kills_was_not_out_of_memory(system: System, journal: Journal, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    job_id = submit(system, "neighbour", {"seconds": 5, "begun": str(begun)})
    wait_for(begun.exists, "the job to run", timeout_s=30)
    (child,) = psutil.Process(system.pid("worker-1")).children()
    child.kill()
    lost = wait_for(lambda: losses(journal, job_id), "the loss", timeout_s=30)[0]
    assert lost.evidence is not None
    assert (lost.evidence.signal, lost.evidence.out_of_memory, lost.running) == (9, False, True)
