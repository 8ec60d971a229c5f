"""The helper that runs jobs in a test."""

from __future__ import annotations

import time
from typing import Any

import dramatiq
import pytest
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span

import journeyman_worker as jm
from journeyman.tracing.ids import trace_id_of
from journeyman_worker.testing import TooManyAttemptsError, run_jobs


@pytest.fixture
def broker() -> jm.JourneymanBroker:
    return jm.JourneymanBroker()


def test_a_job_runs_when_the_queue_is_drained(broker: jm.JourneymanBroker) -> None:
    job = jm.job("double", broker=broker)(lambda number: number * 2)
    with run_jobs(broker) as queue:
        by_type, by_job = queue.submit("double", {"number": 4}), job.submit(5)
        assert queue.job(by_type).status == "pending"
        queue.drain()
        assert [queue.job(job_id).result for job_id in (by_type, by_job)] == [8, 10]
        assert queue.job(by_type).status == "completed"


def test_delays_and_pauses_pass_at_once(broker: jm.JourneymanBroker) -> None:
    def fails() -> None:
        raise jm.RetryAfter("1d", "not today")

    jm.job("fails", broker=broker, max_attempts=3)(fails)
    started = time.monotonic()
    with run_jobs(broker) as queue:
        job_id = queue.submit("fails", delay="2h")
        queue.drain()
        job = queue.job(job_id)
    assert job.status == "failed"
    assert [attempt.outcome for attempt in job.attempts] == ["failed"] * 3
    assert job.error is not None
    assert (job.error.type, job.error.message) == ("RetryAfter", "not today")
    assert time.monotonic() - started < 60


def test_time_passes_only_as_far_as_a_test_says(broker: jm.JourneymanBroker) -> None:
    jm.job("noop", broker=broker)(lambda: None)
    with run_jobs(broker) as queue:
        job_id = queue.submit("noop", delay="1h")
        assert not queue.run_one()
        queue.advance("59m")
        assert not queue.run_one()
        queue.advance("1m")
        assert queue.run_one()
        assert queue.job(job_id).status == "completed"


def test_a_flaky_job_succeeds_in_the_end(broker: jm.JourneymanBroker) -> None:
    def flaky() -> int:
        if jm.current().attempt < 3:
            raise ConnectionError
        return jm.current().attempt

    jm.job("flaky", broker=broker)(flaky)
    with run_jobs(broker) as queue:
        job_id = queue.submit("flaky")
        queue.drain()
        assert (queue.job(job_id).result, queue.job(job_id).error) == (3, None)


def test_children_run_after_their_parents_and_read_their_results(broker: jm.JourneymanBroker) -> None:
    def child() -> dict[str, Any]:
        return dict(jm.current().parents)

    jm.job("parent", broker=broker)(lambda value: value)
    jm.job("child", broker=broker)(child)
    with run_jobs(broker) as queue:
        parents = [queue.submit("parent", {"value": value}) for value in (1, "x" * 20_000)]
        job_id = queue.submit("child", depends_on=parents)
        queue.drain()
        assert queue.job(job_id).result == {parents[0]: 1, parents[1]: "x" * 20_000}


def test_children_of_a_failed_parent_are_cancelled(broker: jm.JourneymanBroker) -> None:
    def fails() -> None:
        raise jm.Permanent("no")

    jm.job("fails", broker=broker)(fails)
    with run_jobs(broker) as queue:
        parent = queue.submit("fails")
        child = queue.submit("fails", depends_on=[parent])
        queue.drain()
        assert (queue.job(parent).status, queue.job(child).status) == ("failed", "cancelled")


def test_a_cancelled_job_does_not_run(broker: jm.JourneymanBroker) -> None:
    jm.job("noop", broker=broker)(lambda: None)
    with run_jobs(broker) as queue:
        job_id = queue.submit("noop")
        queue.cancel(job_id)
        queue.drain()
        assert (queue.job(job_id).status, queue.job(job_id).attempts) == ("cancelled", [])


def test_jobs_run_by_priority_whatever_their_queue(broker: jm.JourneymanBroker) -> None:
    ran: list[int] = []

    def note(rank: int) -> None:
        ran.append(rank)

    jm.job("note", broker=broker)(note)
    with run_jobs(broker) as queue:
        for rank in (5, 20, 10):
            queue.submit("note", {"rank": rank}, priority=rank, queue=f"q{rank}")
        queue.drain()
    assert ran == [20, 10, 5]


def test_coroutines_and_plain_actors_run_too(broker: jm.JourneymanBroker) -> None:
    @jm.job("async", broker=broker)
    async def later() -> str:
        jm.progress(50, "half")
        return jm.current().type

    @dramatiq.actor(broker=broker)
    def plain(a: int, b: int) -> int:
        return a + b

    with run_jobs(broker) as queue:
        first, second = later.submit(), plain.send(1, b=2).message_id
        queue.drain()
        assert (queue.job(first).result, queue.job(second).result) == ("async", 3)
        assert queue.job(first).progress == [(50.0, "half")]


def test_a_job_submitted_by_a_job_runs_as_well(broker: jm.JourneymanBroker) -> None:
    inner = jm.job("inner", broker=broker)(lambda: "inside")

    def submits_another() -> str:
        return inner.submit()

    jm.job("outer", broker=broker)(submits_another)
    with run_jobs(broker) as queue:
        outer = queue.submit("outer")
        queue.drain()
        assert queue.job(queue.job(outer).result).result == "inside"


def test_a_job_nobody_knows_how_to_run_stays_pending(broker: jm.JourneymanBroker) -> None:
    jm.job("noop", broker=broker)(lambda: None)
    with run_jobs(broker) as queue:
        job_id = queue.submit("unheard-of")
        queue.drain()
        assert queue.job(job_id).status == "pending"
        with pytest.raises(KeyError):
            queue.job("never-submitted")


def test_two_runs_end_the_same(broker: jm.JourneymanBroker) -> None:
    def fails(number: int) -> None:
        raise ValueError(number)

    jm.job("fails", broker=broker)(fails)

    def run() -> list[int]:
        with run_jobs(broker) as queue:
            ids = [queue.submit("fails", {"number": number}) for number in range(3)]
            queue.drain()
            return [queue.job(job_id).attempts[-1].number for job_id in ids]

    assert run() == run() == [3, 3, 3]


def test_jobs_that_go_on_for_ever_fail_the_test(broker: jm.JourneymanBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journeyman_worker.testing.ATTEMPTS_MAX", 50)

    def again() -> None:
        endless.submit()

    endless: Any = jm.job("endless", broker=broker)(again)
    with run_jobs(broker) as queue:
        queue.submit("endless")
        with pytest.raises(TooManyAttemptsError):
            queue.drain()


def test_afterwards_the_broker_submits_to_where_it_did_before() -> None:
    first = jm.JourneymanBroker()
    jm.job("noop", broker=first)(lambda: None)
    with run_jobs(first) as outer:
        outer_id = outer.submit("noop")
        with run_jobs(first) as inner:
            inner.submit("noop")
            inner.drain()
        assert outer.job(outer_id).status == "pending"
        job_id = outer.submit("noop")
        outer.drain()
        assert outer.job(job_id).status == "completed"


def test_a_job_knows_its_trace_and_a_span_of_it_goes_along_with_what_is_submitted(broker: jm.JourneymanBroker) -> None:
    span = NonRecordingSpan(SpanContext(0xAB, 0xCD, is_remote=False, trace_flags=TraceFlags(1)))
    jm.job("whose", broker=broker)(lambda: jm.current().trace_id)
    with run_jobs(broker) as queue:
        alone = queue.submit("whose")
        with use_span(span):
            inside = queue.submit("whose")
        queue.drain()
        assert queue.job(alone).result == trace_id_of(alone, "")
        assert queue.job(inside).result == f"{0xAB:032x}"
