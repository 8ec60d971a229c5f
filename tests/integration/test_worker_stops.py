"""Jobs that are stopped: by their timeout, by a cancel, by a drain, by the loss of their worker."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import journeyman_worker as jm
from integration.worker_kit import Kit, memory_kit, server_kit
from journeyman.admission import admit
from journeyman.events import (
    JobFailed,
    JobLost,
    JobReturned,
    JobStarted,
    JobSubmitted,
    JobSucceeded,
    WorkerDraining,
    WorkerJoined,
    WorkerLeft,
    WorkerLost,
)
from journeyman.ids import IdMaker
from journeyman.proposals import Alive, Drain, Leave, Release
from support.servers import TestServer
from support.waiting import wait_for

IDS = IdMaker()
#: Set by the first line of a job: an idle worker's next one has started before the worker knows of it.
RUNS = threading.Event()


@pytest.fixture(autouse=True)
def _nothing_runs() -> None:
    RUNS.clear()


@pytest.fixture(params=["memory", "valkey"])
def kit(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kit]:
    if request.param == "memory":
        yield memory_kit(tmp_path)
        return
    server: TestServer = request.getfixturevalue("server")
    with server_kit(server.url, tmp_path) as kit:
        yield kit


def nap() -> str:
    RUNS.set()
    until = time.monotonic() + 20
    while time.monotonic() < until:
        time.sleep(0.005)
    return "slept"


async def async_nap() -> str:
    RUNS.set()
    await asyncio.sleep(20)
    return "slept"


def wait_until_it_runs(kit: Kit, job_id: str) -> None:
    kit.wait_for_event(JobStarted, job_id)
    assert RUNS.wait(10)


@pytest.mark.parametrize("fn", [nap, async_nap])
def test_an_attempt_that_takes_too_long_is_stopped_and_may_be_tried_again(kit: Kit, fn: Any) -> None:
    job: jm.Job[[], Any] = jm.job("nap", broker=kit.broker, timeout="100ms")(fn)
    with kit.worker():
        failed = kit.wait_for_event(JobFailed, job.submit())
    assert (failed.error.type, failed.retryable) == ("TimeLimitExceeded", True)
    assert failed.run_us < 15_000_000


@pytest.mark.parametrize("fn", [nap, async_nap])
def test_a_cancelled_job_is_interrupted_at_once(kit: Kit, fn: Any) -> None:
    job: jm.Job[[], Any] = jm.job("nap", broker=kit.broker)(fn)
    with kit.worker(heartbeat_timeout_ms=60_000):
        job_id = job.submit()
        wait_until_it_runs(kit, job_id)
        kit.cancel(job_id)
        asked = time.monotonic()
        returned = kit.wait_for_event(JobReturned, job_id)
    assert time.monotonic() - asked < 10
    assert (returned.reason, returned.back) == ("interrupted", False)


def test_a_job_that_catches_the_interrupt_decides_what_it_reports(kit: Kit) -> None:
    @jm.job("stubborn", broker=kit.broker)
    def stubborn() -> str:
        try:
            return nap()
        except jm.Cancelled:
            return "saved what there was"

    with kit.worker():
        job_id = stubborn.submit()
        wait_until_it_runs(kit, job_id)
        kit.cancel(job_id)
        assert kit.wait_for_event(JobSucceeded, job_id).result == '"saved what there was"'


def test_a_worker_that_drains_lets_its_jobs_end_and_leaves(kit: Kit) -> None:
    begun, gate = threading.Event(), threading.Event()

    @jm.job("gated", broker=kit.broker)
    def job() -> bool:
        begun.set()
        return gate.wait(10)

    with kit.worker(threads=1) as station:
        running, waiting = job.submit(), job.submit()
        assert begun.wait(10)
        station.signals.ask()
        kit.wait_for_event(WorkerDraining)
        gate.set()
        kit.wait_for_event(WorkerLeft)
    assert kit.story(running) == ["JobStarted", "JobSucceeded"]
    assert kit.story(waiting) == []
    assert [event.by for event in kit.events(WorkerDraining)] == ["signal"]


def test_after_the_drain_timeout_running_jobs_go_back_and_run_elsewhere_as_the_same_attempt(kit: Kit) -> None:
    stopped: list[type[BaseException]] = []
    second = threading.Event()

    @jm.job("restless", broker=kit.broker)
    def restless() -> str:
        if second.is_set():
            return "done"
        try:
            return nap()
        except BaseException as error:
            stopped.append(type(error))
            raise

    with kit.worker(drain_timeout_ms=50) as station:
        job_id = restless.submit()
        wait_until_it_runs(kit, job_id)
        station.signals.ask()
        kit.wait_for_event(WorkerLeft)
    second.set()
    assert stopped == [jm.Drained]
    with kit.worker():
        done = kit.wait_for_event(JobSucceeded, job_id)
    assert kit.story(job_id) == ["JobStarted", "JobReturned", "JobStarted", "JobSucceeded"]
    assert done.attempt == 1


def test_a_job_that_does_not_heed_the_drain_goes_back_all_the_same(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journeyman_worker.drainer.HEED_MS", 100.0)
    gate = threading.Event()

    @jm.job("deaf", broker=kit.broker)
    def deaf() -> str:
        RUNS.set()
        while not gate.is_set():
            try:
                time.sleep(0.01)
            except jm.Interrupt:
                continue
        return "too late"

    with kit.worker(drain_timeout_ms=50) as station:
        job_id = deaf.submit()
        wait_until_it_runs(kit, job_id)
        station.signals.ask()
        kit.wait_for_event(WorkerLeft)
        gate.set()
    assert kit.story(job_id) == ["JobStarted", "JobReturned"]


def test_a_second_signal_ends_the_patience_with_running_jobs(kit: Kit) -> None:
    job = jm.job("nap", broker=kit.broker)(nap)
    with kit.worker(drain_timeout_ms=60_000) as station:
        job_id = job.submit()
        wait_until_it_runs(kit, job_id)
        station.signals.ask()
        kit.wait_for_event(WorkerDraining)
        station.signals.ask()
        kit.wait_for_event(WorkerLeft)
    assert [event.reason for event in kit.events(JobReturned)] == ["drained"]


def test_a_worker_can_be_asked_to_drain_through_the_log(kit: Kit) -> None:
    jm.job("noop", broker=kit.broker)(lambda: None)
    with kit.worker() as station:
        assert station.session is not None
        kit.append(effects=(Drain(station.session.worker),))
        kit.wait_for_event(WorkerLeft)
    assert [event.by for event in kit.events(WorkerDraining)] == ["request"]


def mixed_jobs(kit: Kit, slow: int, fast: int) -> list[str]:
    """Submit jobs of type `mixed` in one commit, the slow ones first."""
    now_ms = kit.log.now_ms()
    payloads = ['{"slow":true}'] * slow + ['{"slow":false}'] * fast
    jobs = [JobSubmitted(IDS.make(now_ms, 0), "mixed", payload=text) for text in payloads]
    proposal = admit(jobs, now_ms)
    kit.append(*proposal.events, effects=proposal.effects)
    return [job.job_id for job in jobs]


def test_jobs_claimed_ahead_go_back_when_a_slow_one_blocks_the_way(kit: Kit) -> None:
    gates: list[threading.Event] = []

    @jm.job("mixed", broker=kit.broker)
    def mixed(slow: bool) -> None:
        if slow:
            gates[-1].wait(30)

    given_back = 0
    done = 0
    with kit.worker(threads=1):
        # How many are claimed ahead depends on how fast the machine is just now.
        while not given_back:
            gates.append(threading.Event())
            mixed_jobs(kit, slow=0, fast=300)
            kit.wait_for_event(JobSucceeded, count=done + 300)
            slow, *behind = mixed_jobs(kit, slow=1, fast=10)
            kit.wait_for_event(JobStarted, slow)
            with kit.worker(threads=1):
                kit.wait_for_event(JobSucceeded, count=done + 310)
            assert "JobSucceeded" not in kit.story(slow)
            events = [record.event for record in kit.records()]
            given_back = sum(isinstance(event, JobReturned) and event.job_id in behind for event in events)
            gates[-1].set()
            done += 311
            kit.wait_for_event(JobSucceeded, count=done)
    assert {event.attempt for event in kit.events(JobSucceeded)} == {1}


def test_a_worker_that_was_declared_lost_stops_its_jobs_and_joins_again_under_a_new_id(kit: Kit) -> None:
    stopped: list[type[BaseException]] = []

    @jm.job("nap", broker=kit.broker)
    def nap_once() -> str:
        try:
            return nap()
        except BaseException as error:
            stopped.append(type(error))
            raise

    again = jm.job("again", broker=kit.broker)(lambda: "alive")
    with kit.worker() as station:
        job_id = nap_once.submit()
        wait_until_it_runs(kit, job_id)
        assert station.session is not None
        first = station.session.worker
        kit.append(WorkerLost(first), guard=Alive(first), effects=(Leave(first),))
        kit.wait_for_event(WorkerJoined, count=2)
        wait_for(lambda: stopped, "the job to be stopped")
        kit.wait_for_event(JobSucceeded, again.submit())
    assert stopped == [jm.Lost]
    assert len({event.worker for event in kit.events(WorkerJoined)}) == 2
    assert kit.story(job_id) == ["JobStarted"]


def test_a_late_outcome_of_a_lost_worker_changes_nothing(kit: Kit) -> None:
    gate = threading.Event()
    job = jm.job("late", broker=kit.broker)(lambda: _hold(gate))
    with kit.worker() as station:
        job_id = job.submit()
        wait_until_it_runs(kit, job_id)
        assert station.session is not None
        first = station.session.worker
        lost = JobLost(job_id, 1, first)
        kit.append(WorkerLost(first), lost, effects=(Leave(first), Release(job_id)))
        gate.set()
        kit.wait_for_event(WorkerJoined, count=2)
    assert "JobSucceeded" not in kit.story(job_id)


def _hold(gate: threading.Event) -> str:
    RUNS.set()
    while not gate.is_set():
        try:
            gate.wait(0.01)
        except jm.Interrupt:
            continue
    return "too late"


def test_heartbeats_say_what_runs_and_what_it_costs(kit: Kit) -> None:
    gate = threading.Event()

    @jm.job("shown", broker=kit.broker)
    def shown() -> None:
        jm.progress(40, "underway")
        gate.wait(10)

    with kit.worker(threads=3, heartbeat_timeout_ms=400):
        job_id = shown.submit()
        [facts] = wait_for(
            lambda: [beat.facts for beat in kit.log.beats() if beat.facts.get("running")], "a beat with a running job"
        )
        gate.set()
    [running] = msgspec.convert(facts["running"], list[dict[str, Any]])
    assert running["job_id"] == job_id
    assert running["type"] == "shown"
    assert (facts["slots"], facts["busy"], facts["state"]) == (3, 1, "running")
    assert int(str(facts["rss_bytes"])) > 1_000_000
