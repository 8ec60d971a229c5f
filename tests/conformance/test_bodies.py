"""The bodies of open jobs stand in the log and are found there; before it is trimmed they are kept beside it."""

from __future__ import annotations

from journeyman import events as e
from journeyman.admission import admit
from journeyman.log.redis_log import RedisLog
from journeyman.proposals import Bury, Discard, Ended, Open, Proposal, Push, Reopen, place
from support.driver import QUEUE, TYPE, Driver, succeeded

PAYLOAD = '{"text": "' + "ü" * 2_000 + '"}'


def trim_all(driver: Driver) -> None:
    """Drop every entry, whole nodes or not."""
    assert isinstance(driver.log, RedisLog)
    driver.log.client.xtrim(driver.log.keys.log, maxlen=0, approximate=False)


def many(driver: Driver, count: int) -> list[e.JobSubmitted]:
    jobs = [driver.job(payload=PAYLOAD if number % 3 else "{}") for number in range(count)]
    for first in range(0, count, 70):
        driver.submit(*jobs[first : first + 70])
    return jobs


def test_bodies_are_found_over_many_commits(driver: Driver) -> None:
    driver.join()
    jobs = many(driver, 300)
    assert driver.log.bodies([job.job_id for job in jobs]) == {job.job_id: job for job in jobs}
    assert [job.body for job in driver.claim(count=300)] == jobs


def test_kept_bodies_outlive_the_log(real: Driver) -> None:
    real.join()
    jobs = many(real, 100)
    assert isinstance(real.log, RedisLog)
    assert real.log.keep([job.job_id for job in jobs]) == 100
    assert real.log.keep([job.job_id for job in jobs]) == 0
    trim_all(real)
    assert real.log.bodies([job.job_id for job in jobs]) == {job.job_id: job for job in jobs}
    assert [job.body for job in real.claim(count=100)] == jobs


def test_only_open_jobs_are_kept(real: Driver) -> None:
    real.join()
    ended = real.submitted()
    (job,) = real.claim()
    assert real.finish("w", succeeded(job)) == [True]
    assert isinstance(real.log, RedisLog)
    assert real.log.keep([ended, "0" * 24]) == 0
    assert real.log.bodies([ended]) == {}


def test_a_job_whose_body_left_with_the_log_is_not_given_to_anybody(real: Driver) -> None:
    real.join()
    gone, there = real.submitted(), real.job()
    trim_all(real)
    real.submit(there)
    assert [job.body for job in real.claim(count=10)] == [there]
    assert list(real.log.bodies([gone])) == []


def test_a_dead_letter_and_a_cancelled_job_need_the_log_no_more(real: Driver) -> None:
    real.join()
    dead, cancelled = real.job(payload=PAYLOAD), real.job(payload=PAYLOAD)
    real.submit(dead, cancelled)
    real.append(
        Proposal((), None, (Bury(dead.job_id, 1, 1, TYPE, QUEUE, "Boom", "f"), Discard(cancelled.job_id, 0, 1)))
    )
    trim_all(real)
    assert real.log.outcomes([dead.job_id])[dead.job_id].body == dead
    assert real.log.outcomes([cancelled.job_id])[cancelled.job_id].body == cancelled
    for job in (dead, cancelled):
        push = Push(QUEUE, 10, TYPE, (place(job.job_id, 2, 0, 2),))
        assert real.append(Proposal((), Ended(job.job_id), (Reopen(job.job_id), push)))[0].accepted
    trim_all(real)
    assert {job.body.job_id for job in real.claim(count=3)} == {dead.job_id, cancelled.job_id}


def test_a_submission_and_what_is_asked_of_it_may_come_in_one_call(driver: Driver) -> None:
    job = driver.job()
    asked = Proposal((e.JobCancelRequested(job.job_id),), Open(job.job_id))
    discarded = Proposal((e.JobCancelled(job.job_id),), None, (Discard(job.job_id, 0, 1),))
    verdicts = driver.append(admit([job], driver.log.now_ms()), asked, discarded, asked)
    assert [verdict.accepted for verdict in verdicts] == [True, True, True, False]
    assert driver.log.outcomes([job.job_id])[job.job_id].body == job
