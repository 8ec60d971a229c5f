"""The whole system with SQS between scheduler and workers: a killed worker, SQS away, and what SQS gives up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.aws import MotoServer
from support.journal import Journal
from support.sqs import Amazon
from support.system import System
from support.tcp_proxy import TcpProxy
from support.waiting import wait_for

pytestmark = pytest.mark.timeout(300)
WAIT_S = 90.0


class Cloud:
    """A system, its queues, and a proxy before them."""

    def __init__(self, aws: MotoServer, directory: Path) -> None:
        prefix = aws.unique("q")
        self.proxy = TcpProxy(aws.port)
        self._environ = aws.environ(f"http://127.0.0.1:{self.proxy.port}")
        self.system = System(
            directory,
            environ=self.environ,
            transport="sqs",
            sqs_prefix=prefix,
            sqs_visibility_ms=5_000,
            partitions=1,
            heartbeat_timeout_ms=5_000,
            worker_threads=4,
            drain_timeout_ms=500,
        )
        self.amazon = Amazon(aws, self.system.server.url, directory, sqs_prefix=prefix)
        self.journal = Journal(self.system.settings)

    def environ(self, name: str) -> Mapping[str, str]:
        return self._environ if name.startswith(("scheduler", "worker")) else {}

    def submit(self, count: int, **payload: Any) -> list[str]:
        jobs = [{"type": "synthetic", "payload": payload}] * count
        answer = httpx.post(f"{self.system.ingest_url}/jobs/batch", json={"jobs": jobs}, trust_env=False, timeout=30)
        assert answer.status_code == 202, answer.text
        ids: list[str] = answer.json()["ids"]
        return ids

    def job(self, job_id: str) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(
            f"{self.system.dashboard_url}/jobs/{job_id}", trust_env=False, timeout=30
        ).json()
        return found

    def close(self) -> None:
        self.system.close()
        self.proxy.close()


@pytest.fixture(scope="module")
def cloud(aws: MotoServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with closing(Cloud(aws, tmp_path_factory.mktemp("cloud"))) as cloud:
        yield cloud


def test_a_worker_that_is_killed_and_sqs_that_goes_away_cost_no_job(cloud: Cloud) -> None:
    system = cloud.system
    first = cloud.submit(12, sleep_ms=300)
    wait_for(lambda: cloud.job(first[0])["status"] in ("processing", "completed"), "jobs to run", timeout_s=WAIT_S)
    system.kill("worker-1")
    system.start("worker-2")
    cloud.journal.await_completed(first, WAIT_S)

    running = cloud.submit(4, sleep_ms=8_000)
    wait_for(lambda: all(cloud.job(one)["status"] == "processing" for one in running), "them to run", timeout_s=WAIT_S)
    cloud.proxy.refuse()
    meanwhile = cloud.submit(3)
    cloud.journal.await_completed(running, WAIT_S)
    wait_for(lambda: {cloud.job(one).get("phase") for one in meanwhile} == {"ready"}, "them to wait", timeout_s=WAIT_S)
    cloud.proxy.heal()
    cloud.journal.await_completed(meanwhile, WAIT_S)

    wait_for(lambda: cloud.amazon.total() == 0, "every message to go", timeout_s=WAIT_S)
    assert cloud.journal.unkept() == []
    assert system.ended_by_themselves() == []


def test_what_sqs_gave_up_is_a_dead_letter_of_ours(cloud: Cloud) -> None:
    busy = cloud.submit(4, sleep_ms=60_000)
    wait_for(lambda: all(cloud.job(one)["status"] == "processing" for one in busy), "no thread free", timeout_s=WAIT_S)
    [job_id] = cloud.submit(1)
    wait_for(lambda: cloud.amazon.count("normal") == len(busy) + 1, "its message", timeout_s=WAIT_S)
    cloud.amazon.put("dead", "not a message")
    # Somebody receives it again and again, and never claims it.
    url = cloud.amazon.url("normal")
    while cloud.amazon.count("normal") > len(busy):
        cloud.amazon.client.receive_message(QueueUrl=url, VisibilityTimeout=0)
    wait_for(lambda: cloud.job(job_id)["phase"] == "dead", "the dead letter", timeout_s=WAIT_S)
    error = cloud.job(job_id)["error"]
    assert (error["type"], "received too often" in error["message"]) == ("SqsReceivesExhausted", True)
    wait_for(lambda: cloud.amazon.count("dead") == 1, "what is told to go", timeout_s=WAIT_S)
    assert "cannot be read and stays there" in cloud.system.output("scheduler")
