"""The whole system on a small cloud: a burst, more instances, fewer again while jobs run; nothing lost or repeated.

The group, protection and CloudWatch are moto's, the calls boto3's, the instances real worker processes. moto has no
lifecycle hooks, so the instances' calls of theirs are taken beside it (`support.small_cloud`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from journeyman import events as e
from support.aws import MotoServer
from support.journal import Journal
from support.small_cloud import SmallCloud
from support.system import System
from support.waiting import wait_for

#: Longer than all the rest takes; it is cancelled in the end.
LONG_MS = 100_000
#: Enough of them that three workers are wanted until one was taken away, also where a machine is slow to start.
BURST = 140


@pytest.fixture
def cloud(aws: MotoServer) -> Iterator[SmallCloud]:
    cloud = SmallCloud(aws, least=0, most=3, wanted=1)
    yield cloud
    cloud.close()


@pytest.fixture
def system(cloud: SmallCloud, tmp_path: Path) -> Iterator[System]:
    settings: dict[str, Any] = {
        "workers_min": 1,
        "workers_max": 3,
        "worker_threads": 2,
        "wait_goal_ms": 1_000,
        "scale_up_cooldown_ms": 0,
        "scale_down_cooldown_ms": 500,
        "drain_timeout_ms": 1_000,
        **cloud.settings(),
    }
    system = System(tmp_path, workers=0, autoscaler=True, environ=cloud.environ, **settings)
    cloud.run(system)
    yield system
    cloud.close()
    system.close()


@pytest.fixture
def journal(system: System) -> Iterator[Journal]:
    journal = Journal(system.settings)
    yield journal
    journal.close()


def submit(system: System, count: int, *, priority: str = "critical", **payload: Any) -> list[str]:
    jobs = [{"type": "synthetic", "payload": payload, "priority": priority} for _ in range(count)]
    answer = httpx.post(f"{system.ingest_url}/jobs/batch", json={"jobs": jobs}, trust_env=False, timeout=30)
    assert answer.status_code == 202, answer.text
    ids: list[str] = answer.json()["ids"]
    return ids


def of(journal: Journal, kind: type[e.Event]) -> list[Any]:
    return [record.event for record in journal.records() if isinstance(record.event, kind)]


def test_a_group_grows_and_shrinks_while_jobs_run_without_losing_or_repeating_any(
    cloud: SmallCloud, system: System, journal: Journal
) -> None:
    wait_for(lambda: of(journal, e.WorkerJoined), "the first worker", timeout_s=60)
    burst = submit(system, BURST, priority="low", sleep_ms=400)
    wait_for(lambda: len({event.worker for event in of(journal, e.WorkerJoined)}) == 3, "three workers", timeout_s=60)

    # AWS takes a busy instance away by itself: what does not end within the drain timeout is handed back.
    long, *shorter = submit(system, 1, sleep_ms=LONG_MS) + submit(system, 5, sleep_ms=6_000)
    held = wait_for(lambda: holders(journal, [long, *shorter]), "all six jobs to run", timeout_s=30)
    instances = {event.worker: event.instance for event in of(journal, e.WorkerJoined)}
    taken = instances[held[long]]
    cloud.group.calls.terminate_instance_in_auto_scaling_group(InstanceId=taken, ShouldDecrementDesiredCapacity=True)
    wait_for(lambda: taken in cloud.gone, "the instance to go", timeout_s=30)
    journal.await_completed([*burst, *shorter], 60)

    # The autoscaler takes away what is too many; the long job goes on, perhaps elsewhere.
    wait_for(lambda: len(cloud.machines) == 1, "one machine to be left", timeout_s=60)
    (left,) = cloud.machines
    here = next(event.worker for event in of(journal, e.WorkerJoined) if event.instance == left)
    wait_for(lambda: holders(journal, [long]) == {long: here}, "the long job to run there")
    assert httpx.delete(f"{system.ingest_url}/jobs/{long}", trust_env=False, timeout=30).status_code == 202
    wait_for(lambda: of(journal, e.JobCancelled), "the long job to end")

    assert cloud.switched_off == []
    starts = Counter(event.job_id for event in of(journal, e.JobStarted))
    returned = Counter(event.job_id for event in of(journal, e.JobReturned) if event.back)
    assert all(starts[job] - returned[job] == 1 for job in [*burst, long, *shorter])
    assert [event for event in of(journal, e.JobReturned) if event.reason == "drained"]
    assert {event.attempt for event in of(journal, e.JobSucceeded)} == {1}
    assert of(journal, e.WorkerLost) == of(journal, e.JobLost) == []
    assert {event.instance for event in of(journal, e.WorkerJoined)} <= {*cloud.gone, *cloud.machines}
    assert journal.unkept() == []
    assert system.ended_by_themselves() == []


def holders(journal: Journal, jobs: list[str]) -> dict[str, str]:
    """Return which worker started which of these jobs last, once all of them have started."""
    held = {event.job_id: event.worker for event in of(journal, e.JobStarted) if event.job_id in jobs}
    return held if len(held) == len(jobs) else {}
