"""Scheduler processes that die, freeze and lose their lease: one voice, and never none for longer than the lease."""

from __future__ import annotations

import signal
import time

from journeyman import events as e
from journeyman.verify import verify
from support.schedulers import LEASE_MS, Schedulers
from support.waiting import wait_for


def elections(schedulers: Schedulers) -> list[int]:
    return [event.epoch for event in schedulers.driver.events() if isinstance(event, e.SchedulerElected)]


def assert_terms(schedulers: Schedulers) -> None:
    """More than one term, each with an epoch of its own. Who halts for longer than its lease begins another."""
    terms = elections(schedulers)
    assert len(terms) >= 2
    assert terms == sorted(set(terms))


def test_a_standby_takes_over_within_the_lease_when_the_leader_is_killed(schedulers: Schedulers) -> None:
    leader = schedulers.start_leader()
    standby = schedulers.start()
    schedulers.decides()
    wait_for(lambda: schedulers.log.client.exists(schedulers.log.keys.of("leader")), "the lease to be held")
    schedulers.kill(leader)
    killed_at = time.monotonic()
    wait_for(lambda: schedulers.leader() == standby, "the standby to lead")
    assert time.monotonic() - killed_at < LEASE_MS / 1000 + 15.0
    schedulers.decides()
    assert_terms(schedulers)
    assert verify(schedulers.driver.entries()).violations == []


def test_a_leader_that_was_frozen_writes_nothing_when_it_wakes(schedulers: Schedulers) -> None:
    frozen = schedulers.start_leader()
    standby = schedulers.start()
    schedulers.decides()
    schedulers.send(frozen, signal.SIGSTOP)
    wait_for(lambda: schedulers.leader() == standby, "the standby to lead")
    jobs = [schedulers.decides() for _ in range(3)]
    schedulers.send(frozen, signal.SIGCONT)
    jobs += [schedulers.decides() for _ in range(10)]
    assert schedulers.alive(frozen)
    assert_terms(schedulers)
    assert all(schedulers.driver.tags(job_id).count("job.released") == 1 for job_id in jobs)
    assert verify(schedulers.driver.entries()).violations == []


def test_one_voice_remains_when_the_lease_is_deleted(schedulers: Schedulers) -> None:
    first = schedulers.start_leader()
    second = schedulers.start()
    for _ in range(3):
        schedulers.log.client.delete(schedulers.log.keys.of("leader"))
        schedulers.decides()
    terms = elections(schedulers)
    assert terms == sorted(set(terms))
    assert schedulers.alive(first)
    assert schedulers.alive(second)
    assert verify(schedulers.driver.entries()).violations == []


def test_a_leader_told_to_stop_resigns_and_ends_with_0(schedulers: Schedulers) -> None:
    leader = schedulers.start_leader(scheduler_lease_ms=30_000)
    standby = schedulers.start(scheduler_lease_ms=600)
    schedulers.decides()
    assert schedulers.stop(leader) == 0
    wait_for(lambda: schedulers.leader() == standby, "the standby to lead")


def test_a_worker_that_falls_silent_is_lost_and_its_job_runs_again(schedulers: Schedulers) -> None:
    driver = schedulers.driver
    driver.join()
    job_id = driver.submitted()
    driver.claim()
    schedulers.start_leader()
    wait_for(lambda: driver.tags(job_id)[-1:] == ["job.released"] and len(driver.tags(job_id)) > 2, "the loss")
    assert driver.tags(job_id) == ["job.submitted", "job.released", "job.started", "job.lost", "job.released"]
    assert "worker.lost" in driver.tags()
