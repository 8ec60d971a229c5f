"""Two partitions on a real server: one scheduler process for each, and dependencies from one to the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from journeyman import events as e
from journeyman.errors import RebuildNeededError
from journeyman.log.connect import connect
from journeyman.log.redis_log import RedisLog
from journeyman.serving import free_address
from support.driver import Driver, succeeded
from support.schedulers import Schedulers, running
from support.waiting import wait_for

HEARTBEAT_TIMEOUT_MS = 60_000


@pytest.fixture
def sides(server_url: str) -> Iterator[list[Driver]]:
    """Give a driver for the log of each of two partitions."""
    logs = [RedisLog(connect(server_url), partition=number) for number in range(2)]
    yield [Driver(log) for log in logs]
    for log in logs:
        log.close()


@pytest.fixture
def schedulers(server_url: str, sides: list[Driver], tmp_path: Path) -> Iterator[Schedulers]:
    """Give the means to start schedulers on an empty server."""
    log = sides[0].log
    assert isinstance(log, RedisLog)
    with running(log, server_url, tmp_path) as schedulers:
        yield schedulers


def start(schedulers: Schedulers, sides: list[Driver], **settings: object) -> int:
    """Start schedulers for both partitions, and wait until both are led."""
    pid = schedulers.start(partitions=2, heartbeat_timeout_ms=HEARTBEAT_TIMEOUT_MS, **settings)
    wait_for(lambda: all("scheduler.elected" in side.tags() for side in sides), "a leader of each partition")
    return pid


def run_one(side: Driver) -> str:
    """Claim one job, when there is one, and complete it; return its id."""
    claimed = wait_for(side.claim, "a job to claim")
    assert side.finish("w", succeeded(claimed[0])) == [True]
    return claimed[0].body.job_id


def test_a_child_in_one_partition_runs_when_its_parent_in_the_other_completed(
    schedulers: Schedulers, sides: list[Driver]
) -> None:
    start(schedulers, sides)
    here, there = sides
    for side in sides:
        side.join()
    parent = there.job()
    assert there.submit(parent).accepted
    child = here.job(depends_on=parent.job_id)
    assert here.submit(child).accepted
    wait_for(lambda: "dependency.watched" in there.tags(parent.job_id), "the parent's log to know of the child")
    wait_for(lambda: "job.blocked" in here.tags(child.job_id), "the child's log to say that it waits")
    assert here.claim() == []
    assert run_one(there) == parent.job_id
    assert run_one(here) == child.job_id
    wait_for(lambda: "dependency.resolved" in there.tags(child.job_id), "the parent's log to note the answer")
    assert here.tags(child.job_id) == [
        "job.submitted",
        "job.blocked",
        "dependency.resolved",
        "job.released",
        "job.started",
        "job.succeeded",
    ]
    assert there.tags(parent.job_id).count("dependency.watched") == 1


def test_parents_that_ended_long_ago_or_never_were_are_answered_for(
    schedulers: Schedulers, sides: list[Driver]
) -> None:
    here, there = sides
    for side in sides:
        side.join()
    parent = there.job()
    assert there.submit(parent).accepted
    assert run_one(there) == parent.job_id
    start(schedulers, sides)
    child, orphan = here.job(depends_on=parent.job_id), here.job(depends_on=there.job().job_id)
    assert here.submit(child, orphan).accepted
    assert run_one(here) == child.job_id
    wait_for(lambda: "job.cancelled" in here.tags(orphan.job_id), "the child of nobody to be cancelled")


def test_a_child_waits_for_a_scheduler_of_the_other_partition_and_nothing_else_does(
    schedulers: Schedulers, sides: list[Driver]
) -> None:
    here, there = sides
    schedulers.start(partitions=2, scheduler_partitions="0", heartbeat_timeout_ms=HEARTBEAT_TIMEOUT_MS)
    wait_for(lambda: "scheduler.elected" in here.tags(), "a leader")
    for side in sides:
        side.join()
    parent = there.job()
    assert there.submit(parent).accepted
    child = here.job(depends_on=parent.job_id)
    assert here.submit(child).accepted
    assert run_one(there) == parent.job_id
    wait_for(lambda: "dependency.watched" in there.tags(parent.job_id), "the watch to be placed")
    schedulers.decides()
    run_one(here)
    assert "job.released" not in here.tags(child.job_id)
    schedulers.start(partitions=2, scheduler_partitions="1", heartbeat_timeout_ms=HEARTBEAT_TIMEOUT_MS)
    assert run_one(here) == child.job_id


def test_one_process_answers_for_all_partitions_and_replaces_one_that_died(
    schedulers: Schedulers, sides: list[Driver]
) -> None:
    port = free_address("scheduler", "127.0.0.1", 0)[1]
    pid = start(schedulers, sides, scheduler_health_port=port)
    url = f"http://127.0.0.1:{port}"

    def ask(path: str) -> httpx.Response:
        return httpx.get(url + path, timeout=10, trust_env=False)

    wait_for(lambda: ask("/health/ready").status_code == 200, "readiness")
    assert ask("/health/ready").json()["detail"] == "0: leading, caught up; 1: leading, caught up"
    metrics = ask("/metrics").text
    for partition in range(2):
        assert f'journeyman_scheduler_leader{{partition="{partition}"}} 1.0' in metrics
    elected = next(event for event in sides[1].events() if isinstance(event, e.SchedulerElected))
    schedulers.kill_other(int(elected.scheduler.split("-")[-2]))
    wait_for(lambda: sides[1].tags().count("scheduler.elected") == 2, "its successor to lead")
    assert schedulers.stop(pid) == 0
    assert all(side.log.elect("nobody", lease_ms=1).epoch is not None for side in sides)


def test_each_partition_is_rebuilt_by_its_own_scheduler(schedulers: Schedulers, sides: list[Driver]) -> None:
    start(schedulers, sides)
    jobs = [side.submitted() for side in sides]
    log = sides[1].log
    assert isinstance(log, RedisLog)
    log.drop_derived()

    def works() -> bool:
        try:
            sides[1].join()
        except RebuildNeededError:
            return False
        return True

    wait_for(works, "the rebuild")
    sides[0].join()
    assert [run_one(side) for side in sides] == jobs
