"""The clients on a whole system."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from journeyman.cli.__main__ import main
from journeyman.client import (
    AsyncClient,
    Client,
    ConflictError,
    InvalidError,
    JobFailedError,
    NewJob,
    NotFoundError,
    WaitTimeoutError,
)
from journeyman.ids import compose
from support.system import System


@pytest.fixture
def client(shared_system: System) -> Iterator[Client]:
    shared_system.await_workers(2)
    with shared_system.client() as client:
        yield client


def test_a_job_returns_its_result(client: Client) -> None:
    job = client.submit("synthetic", {"echo": [1, {"two": None}]}, priority="high", timeout="30s", tags={"a": "b"})
    assert job.result(30)["echo"] == [1, {"two": None}]
    view = job.view()
    assert (view.status, view.priority, view.tags) == ("completed", 15, {"a": "b"})
    assert view.submitted_at is not None
    assert job.submitted_at is not None
    assert abs((view.submitted_at - job.submitted_at).total_seconds()) < 1
    assert job.explain().reason == "finished"
    assert [event.event for event in job.history()][-1] == "job.succeeded"


def test_a_large_payload_and_a_large_result_come_back_whole(client: Client) -> None:
    text = "x" * 100_000
    result = client.submit("synthetic", {"echo": text, "result_bytes": 50_000}).result(30)
    assert result["echo"] == text
    assert len(result["data"]) == 50_000


def test_a_job_that_fails_raises_with_what_is_known(client: Client) -> None:
    job = client.submit("synthetic", {"permanent": True})
    with pytest.raises(JobFailedError) as caught:
        job.result(30)
    assert caught.value.job.phase == "dead"
    assert caught.value.job.error is not None


def test_a_write_is_read_at_once(client: Client) -> None:
    for _ in range(20):
        assert client.submit("synthetic", delay="1h").view().phase == "scheduled"
    assert sum(1 for _ in client.list(phase="scheduled", limit=20)) == 20


def test_a_batch_may_refer_to_its_own_jobs(client: Client) -> None:
    jobs = client.submit_many(
        [
            NewJob(type="synthetic", ref="first", payload={"echo": 1}),
            NewJob(type="synthetic", depends_on=["ref:first"]),
        ]
    )
    assert client.wait(jobs[1].id, 30).depends_on == (jobs[0].id,)
    third = client.submit("synthetic", depends_on=jobs)
    assert third.wait(30).succeeded


def test_a_key_makes_two_submissions_one_job(client: Client, shared_system: System) -> None:
    key = compose(5, 5, 0)
    first = client.submit("synthetic", {"echo": 1}, idempotency_key=key)
    with shared_system.client() as other:
        assert other.submit("synthetic", {"echo": 1}, idempotency_key=key) == first
        with pytest.raises(InvalidError):
            other.submit("synthetic", {"echo": 2}, idempotency_key=key)


def test_what_is_wrong_with_a_job_is_said_with_its_place(client: Client) -> None:
    with pytest.raises(InvalidError) as caught:
        client.submit_many([NewJob(type="synthetic"), NewJob(type="synthetic", priority=99)])
    assert any("1" in error.path for error in caught.value.errors)


def test_changes_that_come_too_late_are_conflicts(client: Client) -> None:
    job = client.submit("synthetic")
    job.wait(30)
    for change in (job.cancel, lambda: client.retry(job.id), lambda: client.reprioritise(job.id, 20)):
        with pytest.raises(ConflictError):
            change()


def test_an_unknown_job_is_not_found_and_not_waited_for(client: Client) -> None:
    unknown = compose(1, 1, 0)
    for ask in (client.job, client.wait, client.result, client.history, client.explain, client.cancel):
        with pytest.raises(NotFoundError):
            ask(unknown)


def test_a_wait_ends_in_time(client: Client) -> None:
    job = client.submit("synthetic", delay="1h")
    with pytest.raises(WaitTimeoutError, match="still scheduled"):
        job.wait(0.2)
    job.cancel()
    assert job.wait(30).status == "cancelled"


def test_events_are_followed_as_they_happen(client: Client) -> None:
    after = client.stats().offset
    job = client.submit("synthetic")
    seen = []
    for event in client.events(after=after, job_id=job.id):
        seen.append(event.event)
        assert event.data["job_id"] == job.id
        if event.event == "job.succeeded":
            break
    assert seen == ["job.submitted", "job.released", "job.started", "job.succeeded"]


def test_one_client_serves_many_threads(client: Client) -> None:
    results: list[object] = []

    def work(number: int) -> None:
        results.append(client.submit("synthetic", {"echo": number}).result(60)["echo"])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results, key=str) == list(range(8))


def test_a_rebuild_loses_nothing(
    system: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JOURNEYMAN_DATA_DIR", str(system.directory))
    monkeypatch.setenv("JOURNEYMAN_PARTITIONS", str(system.settings.partitions))
    with system.client() as client:
        delayed = client.submit("synthetic", {"echo": 1}, delay="2s")
        blocked = client.submit("synthetic", {"echo": 2}, depends_on=[delayed])
        assert main(["rebuild", "--redis-url", system.server.url, "--timeout", "60s"]) == 0
        assert "rebuilt" in capsys.readouterr().out
        assert client.submit("synthetic", {"echo": 3}).result(60)["echo"] == 3
        assert blocked.result(60)["echo"] == 2
    assert main(["verify", "--redis-url", system.server.url]) == 0


async def _awaited(system: System) -> None:
    async with AsyncClient(system.ingest_url, dashboard_url=system.dashboard_url) as client:
        after = (await client.stats()).offset
        job = await client.submit("synthetic", {"echo": "hello"})
        assert (await job.result(30))["echo"] == "hello"
        assert (await job.view()).succeeded
        events = client.events(after=after, job_id=job.id, event=["job.started", "job.succeeded"])
        assert [(await anext(events)).event for _ in range(2)] == ["job.started", "job.succeeded"]
        await events.aclose()  # type: ignore[attr-defined]
        listed = [view.id async for view in client.list(type="synthetic", limit=5)]
        assert len(listed) <= 5
        assert {worker.state for worker in await client.workers()}


def test_the_async_client_does_the_same(shared_system: System) -> None:
    import asyncio

    shared_system.await_workers(2)
    asyncio.run(_awaited(shared_system))
