"""Jobs on a real worker: what goes in, what comes out, and in which order."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dramatiq
import pytest

import journeyman_worker as jm
from integration.worker_kit import Kit, memory_kit, server_kit
from journeyman.events import JobFailed, JobProgressed, JobReturned, JobStarted, JobSubmitted, JobSucceeded
from journeyman.log.api import ClaimedJob
from journeyman_worker.policy import Policy
from journeyman_worker.runner.attempt import Attempt
from support.servers import TestServer
from support.waiting import wait_for


@pytest.fixture(params=["memory", "valkey", "debian_redis"])
def kit(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kit]:
    if request.param == "memory":
        yield memory_kit(tmp_path)
        return
    server: TestServer = request.getfixturevalue(request.param)
    server.flush()
    with server_kit(server.url, tmp_path) as kit:
        yield kit


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def test_a_job_runs_and_its_result_is_in_the_log(kit: Kit) -> None:
    @jm.job("add", broker=kit.broker)
    def add(a: int, b: int = 2) -> dict[str, int]:
        return {"sum": a + b}

    with kit.worker():
        done = kit.wait_for_event(JobSucceeded, add.submit(3))
    assert done.result == '{"sum":5}'
    assert done.attempt == 1


def test_many_jobs_all_run_once(kit: Kit) -> None:
    seen: list[int] = []

    def note(number: int) -> None:
        seen.append(number)

    job = jm.job("note", broker=kit.broker)(note)
    ids = [job.submit(number) for number in range(300)]
    with kit.worker(threads=8):
        wait_for(lambda: len(kit.events(JobSucceeded)) == 300, "all jobs", timeout_s=20)
    assert sorted(seen) == list(range(300))
    assert {event.job_id for event in kit.events(JobSucceeded)} == set(ids)


def test_a_coroutine_runs_and_knows_its_job(kit: Kit) -> None:
    @jm.job("async", broker=kit.broker)
    async def wait(ms: int) -> str:
        await asyncio.sleep(ms / 1000)
        jm.progress(50, "half")
        return await asyncio.to_thread(lambda: jm.current().token)

    with kit.worker():
        job_id = wait.submit(5)
        done = kit.wait_for_event(JobSucceeded, job_id)
    assert done.result == f'"{job_id}.1"'
    assert [event.percent for event in kit.events(JobProgressed)] == [50.0]


def test_a_job_that_misbehaves_fails_and_the_worker_lives_on(kit: Kit) -> None:
    def unprintable() -> None:
        raise UnprintableError

    async def async_exit() -> None:
        sys.exit(4)

    def permanent() -> None:
        raise jm.Permanent("never")

    def exits() -> None:
        sys.exit(3)

    def loud() -> object:
        sys.stdout.write("x" * 100_000)
        return object()

    bad = [jm.job(fn.__name__, broker=kit.broker)(fn) for fn in (unprintable, async_exit, permanent, exits, loud)]
    good = jm.job("good", broker=kit.broker)(lambda: "still here")
    with kit.worker(threads=2):
        ids = {job.submit(): job.actor_name for job in bad for _ in range(3)}
        wait_for(lambda: len(kit.events(JobFailed)) == 15, "all to fail")
        assert kit.wait_for_event(JobSucceeded, good.submit()).result == '"still here"'
    found = {(ids[event.job_id], event.error.type, event.retryable) for event in kit.events(JobFailed)}
    assert found == {
        ("unprintable", "UnprintableError", True),
        ("async_exit", "SystemExit", True),
        ("permanent", "Permanent", False),
        ("exits", "SystemExit", True),
        ("loud", "UnserialisableResult", False),
    }


def test_a_payload_that_does_not_fit_fails_before_user_code_runs(kit: Kit) -> None:
    ran: list[Any] = []

    @jm.job("strict", broker=kit.broker)
    def strict(width: int) -> None:
        ran.append(width)

    job_id = kit.broker.submit("strict", {"width": "wide"}, policy=Policy())
    with kit.worker():
        failed = kit.wait_for_event(JobFailed, job_id)
    assert (failed.error.type, failed.retryable, ran) == ("InvalidPayload", False, [])
    assert "$.width" in failed.error.message


def test_large_payloads_and_results_travel_through_the_blob_store(kit: Kit) -> None:
    @jm.job("double", broker=kit.broker)
    def double(text: str) -> str:
        return text * 2

    with kit.worker():
        done = kit.wait_for_event(JobSucceeded, double.submit("x" * 20_000))
    [submitted] = kit.events(JobSubmitted)
    assert (submitted.payload, done.result) == ("", "")
    assert submitted.payload_blob is not None
    assert done.result_blob is not None
    assert kit.blobs.get(done.result_blob) == b'"' + b"x" * 40_000 + b'"'


def test_a_payload_that_is_gone_fails_the_attempt_and_may_be_tried_again(kit: Kit) -> None:
    job = jm.job("echo", broker=kit.broker)(lambda text: text)
    job_id = job.submit("x" * 20_000)
    [blob] = [event.payload_blob for event in kit.events(JobSubmitted)]
    assert blob is not None
    (kit.blobs.directory / blob.key).unlink()
    with kit.worker():
        failed = kit.wait_for_event(JobFailed, job_id)
    assert (failed.error.type, failed.retryable) == ("BlobMissingError", True)


def test_a_child_reads_what_its_parents_returned(kit: Kit) -> None:
    parent = jm.job("parent", broker=kit.broker)(lambda value: value)

    @jm.job("child", broker=kit.broker)
    def child() -> list[Any]:
        parents = jm.current().parents
        return [len(parents), dict(parents)]

    with kit.worker():
        small, large = parent.submit({"a": 1}), parent.submit("x" * 20_000)
        kit.wait_for_event(JobSucceeded, small)
        kit.wait_for_event(JobSucceeded, large)
        # Released by hand: no scheduler runs here.
        job_id = child.submit_with_options(tags={"kind": "child"})
        kit.wait_for_event(JobSucceeded, job_id)
        assert kit.wait_for_event(JobSucceeded, job_id).result == "[0,{}]"
    body = JobSubmitted(job_id, "child", depends_on=(small, large))
    attempt = Attempt(ClaimedJob(body, 1, "", "default", 10), _holder(kit), 0)
    results = jm.context.ParentResults(body.depends_on, attempt)
    assert dict(results) == {small: {"a": 1}, large: "x" * 20_000}
    with pytest.raises(KeyError):
        results[job_id]


def _holder(kit: Kit) -> Any:
    class Holder:
        logs = (kit.log,)

        def blobs(self) -> Any:
            return kit.blobs

    return Holder()


def test_the_first_and_the_last_progress_are_in_the_log_the_last_together_with_the_outcome(kit: Kit) -> None:
    @jm.job("steps", broker=kit.broker)
    def steps() -> None:
        for step in range(100):
            jm.progress(step, f"step {step}")

    with kit.worker():
        kit.wait_for_event(JobSucceeded, steps.submit())
    reports = kit.events(JobProgressed)
    assert [reports[0].percent, reports[-1].percent] == [0.0, 99.0]
    assert len(reports) <= 4
    places = {type(record.event): record.offset.entry for record in kit.records()}
    assert places[JobProgressed] == places[JobSucceeded]


def test_a_higher_priority_never_waits_behind_a_lower_one(kit: Kit) -> None:
    job = jm.job("ranked", broker=kit.broker)(lambda: None)
    for priority in (5, 20, 10, 0, 15) * 4:
        job.submit_with_options(priority=priority)
    with kit.worker(threads=1):
        wait_for(lambda: len(kit.events(JobSucceeded)) == 20, "all jobs")
    priorities = {event.job_id: event.priority for event in kit.events(JobSubmitted)}
    started = [priorities[one.event.job_id] for one in kit.begun() if isinstance(one.event, JobStarted)]
    assert started == sorted(started, reverse=True)


def test_slow_jobs_are_claimed_only_when_a_thread_is_free_for_them(kit: Kit) -> None:
    gate = threading.Event()
    job = jm.job("gated", broker=kit.broker)(lambda: gate.wait(10))
    for _ in range(6):
        job.submit()
    with kit.worker(threads=2):
        wait_for(lambda: len(in_hand(kit)) == 2, "two to start")
        assert not wait_briefly(lambda: len(in_hand(kit)) > 2)
        gate.set()
        wait_for(lambda: len(kit.events(JobSucceeded)) == 6, "all jobs")


def in_hand(kit: Kit) -> set[str]:
    """Return the jobs that are claimed: a thread that is slow to take one may have it handed back and claimed anew."""
    claimed: set[str] = set()
    for record in kit.records():
        match record.event:
            case JobStarted(job_id=job_id):
                claimed.add(job_id)
            case JobReturned(job_id=job_id) | JobSucceeded(job_id=job_id):
                claimed.discard(job_id)
    return claimed


def wait_briefly(condition: Any) -> bool:
    try:
        return bool(wait_for(condition, timeout_s=0.2))
    except AssertionError:
        return False


def test_plain_actors_work_too(kit: Kit) -> None:
    @dramatiq.actor(broker=kit.broker, queue_name="plain", max_retries=1, time_limit=5_000)
    def multiply(a, b=10):  # type: ignore[no-untyped-def]
        return a * b

    with kit.worker():
        sent = multiply.send(2, b=3)
        assert kit.wait_for_event(JobSucceeded, sent.message_id).result == "6"
        over_http = kit.broker.submit("multiply", {"a": 4}, policy=Policy(queue="plain"))
        assert kit.wait_for_event(JobSucceeded, over_http).result == "40"
    submitted = kit.events(JobSubmitted)[0]
    assert (submitted.queue, submitted.max_attempts, submitted.timeout_ms) == ("plain", 2, 5_000)


def test_a_delay_becomes_the_time_the_job_is_due(kit: Kit) -> None:
    @dramatiq.actor(broker=kit.broker)
    def later() -> None: ...

    before = kit.log.now_ms()
    later.send_with_options(delay=60_000)
    [submitted] = kit.events(JobSubmitted)
    assert before + 59_000 <= submitted.due_ms <= kit.log.now_ms() + 60_000


def test_a_job_of_a_type_the_worker_does_not_know_goes_back_unharmed(kit: Kit) -> None:
    job = jm.job("forgotten", broker=kit.broker)(lambda: "found")
    with kit.worker() as station:
        runner = station.bench.runners.pop("forgotten")
        job_id = job.submit()
        returned = kit.wait_for_event(JobReturned, job_id)
        station.bench.runners["forgotten"] = runner
        done = kit.wait_for_event(JobSucceeded, job_id)
    assert returned.back
    assert done.attempt == 1
    assert not kit.events(JobFailed)
