"""When ingest refuses rather than loses: backlog, memory, durability, a server that is gone; and in production."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from journeyman.errors import ServerRefusedError, ServerUnavailableError
from journeyman.log.redis_log import Health
from journeyman.proposals import Join, Proposal
from journeyman.settings import Settings
from journeyman_ingest.awaited_log import AwaitedLog
from support.awaited_log import AwaitedMemoryLog
from support.ingest import Api, serving


@contextmanager
def ingest(tmp_path: Path, settings: Settings | None = None) -> Iterator[tuple[Api, AwaitedMemoryLog]]:
    opened: list[AwaitedMemoryLog] = []

    async def open_it() -> Sequence[AwaitedLog]:
        opened.append(AwaitedMemoryLog())
        return opened

    with serving(open_it, tmp_path, settings, patience_s=0.2) as api:
        yield api, opened[0]


def say(api: Api, log: AwaitedMemoryLog, condition: Health | ServerUnavailableError) -> None:
    """Have the log say how it is, and ingest ask."""
    log.condition = condition
    api.run(api.intake.pressure.look())


def refusal(answer: httpx.Response, status: int, kind: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["type"] == f"/problems/{kind}"


def test_new_jobs_are_refused_while_too_many_are_open_and_everything_else_goes_on(tmp_path: Path) -> None:
    with ingest(tmp_path, Settings(backlog_max=2)) as (api, log):
        job_id = api.submit()
        refusal(api.post("/jobs/batch", json={"jobs": [{"type": "t"}] * 2}), 429, "backlog-full")
        api.submit()
        refusal(api.post("/jobs", json={"type": "t"}), 429, "backlog-full")
        refusal(api.post("/types/t/jobs", json={}), 429, "backlog-full")
        refusal(api.post("/dev/generate-jobs", json={"count": 1, "type": "t"}), 429, "backlog-full")
        assert api.patch(f"/jobs/{job_id}", json={"priority": 1}).status_code == 202
        assert api.post(f"/jobs/{job_id}/cancel").status_code == 202
        assert api.get("/health/ready").status_code == 200
        say(api, log, Health(0, 0, 1, True, ""))
        api.submit()


def test_new_jobs_are_refused_near_the_limit_of_memory(tmp_path: Path) -> None:
    with ingest(tmp_path, Settings(memory_headroom=0.9)) as (api, log):
        job_id = api.submit()
        say(api, log, Health(89, 100, 1, True, ""))
        api.submit()
        say(api, log, Health(90, 100, 1, True, ""))
        refusal(api.post("/jobs", json={"type": "t"}), 503, "memory-full")
        told = api.get("/metrics").text
        assert 'journeyman_server_used_memory_bytes{partition="0"} 90.0' in told
        assert 'journeyman_ingest_refused_requests_total{reason="memory-full"} 1.0' in told
        assert api.delete(f"/jobs/{job_id}").status_code == 202
        say(api, log, Health(10**12, 0, 1, True, ""))
        api.submit()


def test_nothing_is_accepted_that_could_not_be_kept_as_promised(tmp_path: Path) -> None:
    with ingest(tmp_path) as (api, log):
        job_id = api.submit()
        say(api, log, Health(0, 0, 0, False, "the append-only file failed"))
        refusal(api.post("/jobs", json={"type": "t"}), 503, "not-durable")
        refusal(api.delete(f"/jobs/{job_id}"), 503, "not-durable")
        refusal(api.post("/queues/q/pause"), 503, "not-durable")
        ready = api.get("/health/ready")
        refusal(ready, 503, "not-available")
        assert "append-only" in ready.json()["detail"]
        assert api.get("/health/live").status_code == 200


def test_a_lost_server_is_not_ready_and_ready_again_when_it_is_back(tmp_path: Path) -> None:
    with ingest(tmp_path) as (api, log):
        say(api, log, ServerUnavailableError("connection refused"))
        refusal(api.get("/health/ready"), 503, "not-available")
        log.failures = [ServerUnavailableError("connection refused")] * 1000
        answer = api.post("/jobs", json={"type": "t"})
        refusal(answer, 503, "not-available")
        assert "Idempotency-Key" in answer.json()["detail"]
        log.failures = []
        say(api, log, Health(0, 0, 0, True, ""))
        assert api.get("/health/ready").status_code == 200
        api.submit()


def test_a_server_that_declines_to_write_is_a_503(tmp_path: Path) -> None:
    with ingest(tmp_path) as (api, log):
        log.failures = [ServerRefusedError("OOM command not allowed")]
        refusal(api.post("/jobs", json={"type": "t"}), 503, "not-writable")
        api.submit()


def test_a_blob_store_without_room_is_a_503(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("in the way")
    with ingest(tmp_path) as (api, _):
        refusal(api.post("/jobs", json={"type": "t", "payload": "x" * 20_000}), 503, "not-writable")
        api.submit()


def test_a_failure_nobody_foresaw_is_a_problem_without_its_innards(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with ingest(tmp_path) as (api, log):
        log.sync.outcomes = lambda job_ids: 1 / 0  # type: ignore[method-assign, assignment, return-value]
        answer = api.post(f"/jobs/{api.submit()}/retry")
        assert answer.status_code == 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert "division" not in answer.text
        assert "ZeroDivisionError" in caplog.text


def test_production_generates_no_jobs(tmp_path: Path) -> None:
    with ingest(tmp_path, Settings(environment="production")) as (api, _):
        answer = api.post("/dev/generate-jobs", json={"count": 1, "type": "t"})
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


# --- quotas of queues ------------------------------------------------------------------------------------


def look(api: Api) -> None:
    api.run(api.intake.pressure.look())


def stored(log: AwaitedMemoryLog) -> int:
    return len(log.sync.derived.bodies)


def test_a_queue_takes_as_many_jobs_as_its_quota_and_others_take_theirs(tmp_path: Path) -> None:
    with ingest(tmp_path, Settings(queue_backlog_max=2, queue_backlogs="images=1,mail=0")) as (api, log):
        for queue, quota in (("default", 2), ("images", 1)):
            for _ in range(quota):
                api.submit(queue=queue)
            answer = api.post("/jobs", json={"type": "t", "queue": queue})
            refusal(answer, 429, "queue-full")
            assert f"{quota} jobs wait in queue {queue}; the quota is {quota}" in answer.json()["detail"]
        for _ in range(5):
            api.submit(queue="mail")
        assert stored(log) == 8


def test_a_batch_that_would_exceed_one_quota_is_refused_as_a_whole(tmp_path: Path) -> None:
    with ingest(tmp_path, Settings(queue_backlogs="images=2")) as (api, log):
        jobs = [{"type": "t"}, *[{"type": "t", "queue": "images"}] * 3]
        refusal(api.post("/jobs/batch", json={"jobs": jobs}), 429, "queue-full")
        refusal(api.post("/dev/generate-jobs", json={"count": 3, "type": "t", "queue": "images"}), 429, "queue-full")
        assert stored(log) == 0
        assert api.post("/jobs/batch", json={"jobs": jobs[:3]}).status_code == 202
        look(api)
        refusal(api.post("/jobs", json={"type": "t", "queue": "images"}), 429, "queue-full")
        api.submit()
        assert stored(log) == 4


def test_a_queue_takes_jobs_again_when_some_were_claimed_and_the_rest_goes_on_meanwhile(tmp_path: Path) -> None:
    with ingest(tmp_path, Settings(queue_backlogs="images=2")) as (api, log):
        ids = [api.submit(queue="images") for _ in range(2)]
        look(api)
        refusal(api.post("/jobs", json={"type": "t", "queue": "images"}), 429, "queue-full")
        assert api.patch(f"/jobs/{ids[0]}", json={"priority": 3}).status_code == 202
        assert api.post(f"/jobs/{ids[0]}/cancel").status_code == 202
        joined = Proposal((), None, (Join("w", ("*",), ("synthetic",)),))
        log.sync.append([joined], caller="w", number=1)
        assert len(log.sync.claim("w", 1, 1, queues=["*"], types=["synthetic"]).jobs) == 1
        look(api)
        api.submit(queue="images")
        refusal(api.post("/jobs", json={"type": "t", "queue": "images"}), 429, "queue-full")


def test_jobs_that_are_being_written_count_and_those_that_were_not_written_do_not(tmp_path: Path) -> None:
    with ingest(tmp_path, Settings(queue_backlog_max=3)) as (api, log):
        log.failures = [ServerRefusedError("no")] * 3
        for _ in range(3):
            refusal(api.post("/jobs", json={"type": "t"}), 503, "not-writable")

        async def at_once() -> list[int]:
            answers = await asyncio.gather(*[api.client.post("/jobs", json={"type": "t"}) for _ in range(10)])
            return [answer.status_code for answer in answers]

        assert sorted(api.run(at_once())) == [202] * 3 + [429] * 7
        assert stored(log) == 3
