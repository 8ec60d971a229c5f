"""A worker that serves several partitions: of one server, and of a cluster of which a part is away."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import pytest
from msgspec import Meta

import journeyman_worker as jm
from integration.worker_kit import Kit, server_kit
from journeyman.admission import admit
from journeyman.events import (
    JobReturned,
    JobStarted,
    JobSubmitted,
    JobSucceeded,
    WorkerDraining,
    WorkerJoined,
    WorkerLeft,
    WorkerLost,
)
from journeyman.ids import partition_of
from journeyman.proposals import Alive, Drain, Leave
from journeyman.type_descriptions import read_descriptions
from support.cluster import TestCluster
from support.servers import TestServer
from support.waiting import wait_for

PARTITIONS = 4
EACH = range(PARTITIONS)


@pytest.fixture
def kit(server: TestServer, tmp_path: Path) -> Iterator[Kit]:
    with server_kit(server.url, tmp_path, PARTITIONS) as kit:
        yield kit


@pytest.fixture
def spread(cluster: TestCluster, tmp_path: Path) -> Iterator[Kit]:
    cluster.flush()
    with server_kit(cluster.url, tmp_path, PARTITIONS) as kit:
        yield kit


def workers(kit: Kit, kind: type[WorkerJoined] | type[WorkerLeft]) -> list[list[str]]:
    """Return who joined, or left, in each partition."""
    return [[event.worker for event in kit.of(partition).events(kind)] for partition in EACH]


def test_a_worker_has_one_id_in_every_partition_and_runs_the_jobs_of_each(kit: Kit) -> None:
    job = jm.job("where", broker=kit.broker)(lambda: partition_of(jm.current().id))
    with kit.worker():
        ids = [job.submit() for _ in range(10 * PARTITIONS)]
        assert [partition_of(job_id) for job_id in ids] == [*EACH] * 10
        for partition in EACH:
            last = kit.of(partition).wait_for_event(JobSucceeded, count=10)
            assert last.result == str(partition)
        beats = [[beat.worker for beat in kit.of(partition).log.beats()] for partition in EACH]
    [[worker]] = {tuple(joined) for joined in workers(kit, WorkerJoined)}
    assert beats == [[worker]] * PARTITIONS
    assert workers(kit, WorkerLeft) == [[worker]] * PARTITIONS


def test_a_worker_tells_once_what_its_types_take(kit: Kit) -> None:
    def wide(width: int = 3) -> None:
        """Be so wide."""

    jm.job("wide", queue="images", broker=kit.broker)(wide)
    with kit.worker():
        first, *others = [kit.of(partition).wait_for_event(WorkerJoined).described for partition in EACH]
    told = read_descriptions(first)["wide"]
    assert (told.description, told.queue) == ("Be so wide.", "images")
    assert told.schema is not None
    assert told.schema["properties"] == {"width": {"type": "integer", "default": 3}}
    assert set(others) == {""}


def test_all_that_a_worker_may_tell_reaches_the_log(kit: Kit) -> None:
    def wide(width: Annotated[int, Meta(description="x" * 10_000)]) -> None:
        """Be so wide."""

    for number in range(40):
        jm.job(f"wide{number:02}", broker=kit.broker)(wide)
    with kit.worker():
        told = read_descriptions(kit.of(0).wait_for_event(WorkerJoined).described)
        assert len(told) == 40
        assert sum(one.schema is not None for one in told.values()) > 20


def test_thousands_of_jobs_in_all_partitions_run_once_each(kit: Kit) -> None:
    seen: list[str] = []
    jm.job("note", broker=kit.broker)(lambda: seen.append(jm.current().id))
    submitted = [job_id for partition in EACH for job_id in kit.of(partition).submit_many("note", 1_000)]
    with kit.worker(threads=8), kit.worker(threads=8):
        for partition in EACH:
            kit.of(partition).wait_for_event(JobSucceeded, count=1_000)
    assert sorted(seen) == sorted(submitted)


def test_a_busy_partition_does_not_keep_the_others_waiting(kit: Kit) -> None:
    ran: list[int] = []

    @jm.job("brief", broker=kit.broker)
    def brief() -> None:
        time.sleep(0.003)
        ran.append(partition_of(jm.current().id))

    kit.of(0).submit_many("brief", 500)
    with kit.worker(threads=1):
        wait_for(lambda: len(ran) > 20, "the busy partition's jobs")
        kit.of(3).submit_many("brief", 20)
        kit.of(3).wait_for_event(JobSucceeded, count=20)
    first, last = ran.index(3), len(ran) - ran[::-1].index(3)
    assert ran[first:last].count(0) <= 40


def test_a_job_is_interrupted_wherever_it_lives(kit: Kit) -> None:
    begun = threading.Semaphore(0)

    @jm.job("nap", broker=kit.broker)
    def nap() -> None:
        begun.release()
        for _ in range(4_000):
            time.sleep(0.005)

    with kit.worker(heartbeat_timeout_ms=60_000):
        for partition in EACH:
            [job_id] = kit.of(partition).submit_many("nap", 1)
            there = kit.of(partition)
            assert begun.acquire(timeout=10)
            there.cancel(job_id)
            wait_for(lambda there=there: "interrupted" in [event.reason for event in there.events(JobReturned)])  # type: ignore[misc]


def test_lost_in_one_partition_is_lost_in_all_and_what_the_others_gave_goes_back(kit: Kit) -> None:
    begun, gate = threading.Semaphore(0), threading.Event()

    @jm.job("held", broker=kit.broker)
    def held() -> str:
        begun.release()
        while not gate.is_set():
            time.sleep(0.005)
        return "done"

    with kit.worker() as station:
        ids = [kit.of(partition).submit_many("held", 1)[0] for partition in EACH]
        for _ in ids:
            assert begun.acquire(timeout=10)
        assert station.session is not None
        first = station.session.worker
        kit.of(2).append(WorkerLost(first), guard=Alive(first), effects=(Leave(first),))
        for partition in EACH:
            kit.of(partition).wait_for_event(WorkerJoined, count=2)
        gate.set()
        for partition in (0, 1, 3):
            done = kit.of(partition).wait_for_event(JobSucceeded, ids[partition])
            assert (done.attempt, done.worker) == (1, station.session.worker)
            assert kit.of(partition).wait_for_event(WorkerLeft).worker == first
    assert kit.of(2).story(ids[2]) == ["JobStarted"]
    assert {tuple(joined) for joined in workers(kit, WorkerJoined)} == {(first, station.session.worker)}


def test_a_request_to_drain_in_any_partition_ends_the_work_in_all(kit: Kit) -> None:
    jm.job("noop", broker=kit.broker)(lambda: None)
    with kit.worker() as station:
        assert station.session is not None
        kit.of(3).append(effects=(Drain(station.session.worker),))
        for partition in EACH:
            assert kit.of(partition).wait_for_event(WorkerDraining).by == "request"
            kit.of(partition).wait_for_event(WorkerLeft)


def test_a_child_reads_results_of_parents_in_other_partitions_and_lives_with_the_first(kit: Kit) -> None:
    parent = jm.job("parent", broker=kit.broker)(lambda: partition_of(jm.current().id))

    @jm.job("child", broker=kit.broker)
    def child() -> list[int]:
        return list(jm.current().parents.values())

    with kit.worker():
        parents = [parent.submit() for _ in EACH]
        for partition in EACH:
            kit.of(partition).wait_for_event(JobSucceeded)
        named = [parents[2], parents[0], parents[3]]
        job_id = child.submit_with_options(depends_on=named)
        assert partition_of(job_id) == 2
        [claimable] = submit_with_parents(kit, 1, "child", named)
        assert kit.of(1).wait_for_event(JobSucceeded, claimable).result == "[2,0,3]"


def submit_with_parents(kit: Kit, partition: int, type: str, parents: list[str]) -> list[str]:
    """Submit a job with parents that have ended, as if its scheduler had released it."""
    kit = kit.of(partition)
    [job_id] = kit.new_ids(1)
    released = admit([JobSubmitted(job_id, type)], kit.log.now_ms())
    kit.append(JobSubmitted(job_id, type, depends_on=tuple(parents)), effects=released.effects)
    return [job_id]


@contextmanager
def stopped(cluster: TestCluster, partition: int) -> Iterator[set[int]]:
    """Stop the node of a partition for a while, and say which partitions go on."""
    node = cluster.home(partition)
    others = {other for other in EACH if cluster.home(other) is not node}
    os.kill(node.process.pid, signal.SIGSTOP)
    try:
        yield others
    finally:
        os.kill(node.process.pid, signal.SIGCONT)


def test_on_a_cluster_every_partition_is_served(spread: Kit) -> None:
    jm.job("noop", broker=spread.broker)(lambda: None)
    with spread.worker():
        for partition in EACH:
            spread.of(partition).submit_many("noop", 300)
        for partition in EACH:
            spread.of(partition).wait_for_event(JobSucceeded, count=300)


def test_while_one_partitions_server_is_away_the_others_go_on(spread: Kit, cluster: TestCluster) -> None:
    gate = threading.Event()
    jm.job("noop", broker=spread.broker)(lambda: None)
    jm.job("gated", broker=spread.broker)(lambda: gate.wait(20))
    with spread.worker(threads=2, heartbeat_timeout_ms=60_000):
        [held] = spread.of(0).submit_many("gated", 1)
        spread.of(0).wait_for_event(JobStarted, held)
        with stopped(cluster, 0) as others:
            gate.set()
            for number in range(20):
                for partition in others:
                    took = time.monotonic()
                    [job_id] = spread.of(partition).submit_many("noop", 1)
                    spread.of(partition).wait_for_event(JobSucceeded, job_id)
                    assert number == 0 or time.monotonic() - took < 3
        spread.of(0).wait_for_event(JobSucceeded, held)
        spread.of(0).submit_many("noop", 10)
        spread.of(0).wait_for_event(JobSucceeded, count=11)
    assert not [event for partition in EACH for event in spread.of(partition).events(WorkerLost)]


def test_a_worker_begins_without_a_partition_that_is_away_and_joins_it_later(spread: Kit, cluster: TestCluster) -> None:
    jm.job("noop", broker=spread.broker)(lambda: None)
    waiting = spread.of(0).submit_many("noop", 1)[0]
    with stopped(cluster, 0) as others, spread.worker():
        for partition in others:
            spread.of(partition).wait_for_event(JobSucceeded, spread.of(partition).submit_many("noop", 1)[0])
        os.kill(cluster.home(0).process.pid, signal.SIGCONT)
        spread.of(0).wait_for_event(JobSucceeded, waiting)
    assert workers(spread, WorkerLeft) == workers(spread, WorkerJoined)
