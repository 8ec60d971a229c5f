"""I2: any number of retries with one key is one job."""

from __future__ import annotations

from journeyman.admission import admit
from journeyman.proposals import Idempotency
from support.driver import Driver
from support.waiting import wait_for


def test_the_same_request_again_is_answered_as_before_and_appends_nothing(driver: Driver) -> None:
    first = driver.submit(driver.job(), idempotency=Idempotency("key", "body", "answer"))
    again = driver.submit(driver.job(), idempotency=Idempotency("key", "body", "another answer"))
    assert (first.accepted, first.replayed) == (True, None)
    assert (again.accepted, again.replayed, again.offset) == (True, "answer", first.offset)
    assert driver.tags() == ["job.submitted", "job.released"]


def test_the_same_key_with_another_body_is_refused(driver: Driver) -> None:
    driver.submit(driver.job(), idempotency=Idempotency("key", "body", "answer"))
    verdict = driver.submit(driver.job(), idempotency=Idempotency("key", "other", "answer"))
    assert (verdict.accepted, verdict.reason, verdict.offset) == (False, "key_reused", None)


def test_a_request_and_its_retry_in_one_call_are_one(driver: Driver) -> None:
    idempotency = Idempotency("key", "body", "line one\nline two")
    now_ms = driver.log.now_ms()
    requests = [admit([driver.job()], now_ms, idempotency) for _ in range(3)]
    other = admit([driver.job()], now_ms, Idempotency("key", "other", ""))
    verdicts = driver.append(*requests, other)
    assert [verdict.replayed for verdict in verdicts] == [None, "line one\nline two", "line one\nline two", None]
    assert [verdict.accepted for verdict in verdicts] == [True, True, True, False]
    assert verdicts[1].offset == verdicts[2].offset == verdicts[0].offset
    assert driver.tags() == ["job.submitted", "job.released"]


def test_the_answer_holds_whatever_became_of_the_job(driver: Driver) -> None:
    job = driver.job()
    idempotency = Idempotency("key", "body", job.job_id)
    driver.submit(job, idempotency=idempotency)
    driver.discard(job.job_id)
    assert driver.submit(driver.job(), idempotency=idempotency).replayed == job.job_id


def test_a_key_is_forgotten_after_its_time(driver: Driver) -> None:
    idempotency = Idempotency("key", "body", "answer", kept_ms=50)
    first = driver.job()
    driver.submit(first, idempotency=idempotency)
    wait_for(lambda: driver.submit(driver.job(), idempotency=idempotency).replayed is None, "the key to be forgotten")
    assert driver.tags().count("job.submitted") == 2
