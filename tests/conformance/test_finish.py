"""Outcomes: I3, only who holds an attempt may speak of it; I4, success ends the job in the step that records it."""

from __future__ import annotations

import pytest

from journeyman import events as e
from journeyman.errors import WorkerLostError
from journeyman.proposals import Leave, Orphaned, Proposal, Release
from support.driver import Driver, failed, given_back, handed_over, progressed, succeeded


def test_success_ends_the_job_and_remembers_where_its_result_is(driver: Driver) -> None:
    driver.join()
    job_id = driver.submitted()
    assert driver.finish("w", succeeded(driver.claim()[0], result='{"a": 1}')) == [True]
    outcome = driver.log.outcomes([job_id])[job_id]
    assert (outcome.status, outcome.body) == ("completed", None)
    assert outcome.offset is not None
    event = driver.log.at(outcome.offset)
    assert isinstance(event, e.JobSucceeded)
    assert (event.job_id, event.result) == (job_id, '{"a": 1}')
    assert driver.log.bodies([job_id]) == {}


def test_progress_keeps_the_attempt_held(driver: Driver) -> None:
    driver.join()
    job_id = driver.submitted()
    (job,) = driver.claim()
    assert driver.finish("w", progressed(job), progressed(job), succeeded(job)) == [True] * 3
    assert driver.tags(job_id)[-3:] == ["job.progressed", "job.progressed", "job.succeeded"]


def test_nothing_is_said_of_an_attempt_twice(driver: Driver) -> None:
    driver.join()
    job_id = driver.submitted()
    (job,) = driver.claim()
    assert driver.finish("w", succeeded(job), failed(job), progressed(job)) == [True, False, False]
    assert driver.finish("w", succeeded(job)) == [False]
    assert driver.tags(job_id)[-1] == "job.succeeded"


def test_a_failed_job_stays_open_for_the_scheduler_to_judge(driver: Driver) -> None:
    driver.join()
    job_id = driver.submitted()
    driver.finish("w", failed(driver.claim()[0]))
    assert list(driver.log.bodies([job_id])) == [job_id]
    assert driver.log.outcomes([job_id]) == {}
    assert driver.claim() == []


def test_outcomes_of_one_call_are_judged_one_by_one(driver: Driver) -> None:
    driver.join()
    for _ in range(3):
        driver.submitted()
    first, second, third = driver.claim(count=3)
    driver.finish("w", succeeded(second))
    reply = driver.log.finish("w", 2, [succeeded(first), succeeded(second), failed(third)])
    assert reply.accepted == [True, False, True]
    assert reply.offset == driver.log.end()


def test_a_repeated_call_appends_nothing_and_is_answered_alike(driver: Driver) -> None:
    driver.join()
    driver.submitted()
    (job,) = driver.claim()
    first = driver.log.finish("w", 1, [succeeded(job)])
    again = driver.log.finish("w", 1, [succeeded(job)])
    assert again == first
    assert driver.tags().count("job.succeeded") == 1


def test_a_worker_whose_last_call_is_not_known_is_lost(driver: Driver) -> None:
    driver.join()
    driver.submitted()
    (job,) = driver.claim()
    with pytest.raises(WorkerLostError):
        driver.log.finish("w", 2, [succeeded(job)])
    assert driver.tags().count("job.succeeded") == 0
    assert driver.log.finish("w", 1, [succeeded(job)]).accepted == [True]


def test_a_call_without_outcomes_says_nothing(driver: Driver) -> None:
    driver.join()
    assert driver.finish("w") == []
    assert driver.finish("stranger") == []


def test_what_was_given_back_stands_at_the_head_again_in_its_order(driver: Driver) -> None:
    driver.join()
    ids = [driver.submitted() for _ in range(4)]
    first, second = driver.claim(count=2)
    assert driver.finish("w", given_back(first), given_back(second)) == [True, True]
    again = driver.claim(count=4)
    assert [job.body.job_id for job in again] == ids
    assert [job.attempt for job in again] == [1] * 4


def test_what_was_handed_over_stands_nowhere(driver: Driver) -> None:
    driver.join()
    driver.submitted()
    assert driver.finish("w", handed_over(driver.claim()[0])) == [True]
    assert driver.claim() == []


def test_the_outcome_of_another_worker_or_attempt_is_refused(driver: Driver) -> None:
    driver.join("w")
    driver.join("v")
    driver.submitted()
    (job,) = driver.claim("w")
    assert driver.finish("v", succeeded(job, "v")) == [False]
    assert driver.finish("w", succeeded(job._replace(attempt=2))) == [False]
    assert driver.finish("w", succeeded(job)) == [True]


def test_a_late_outcome_of_a_lost_attempt_changes_nothing(driver: Driver) -> None:
    driver.join("w")
    job_id = driver.submitted()
    (job,) = driver.claim("w")
    lose(driver, job_id)
    driver.join("v")
    driver.release(job_id, 2)
    (again,) = driver.claim("v")
    end = driver.log.end()
    assert driver.finish("w", succeeded(job)) == [False]
    assert driver.log.end() == end
    assert driver.finish("v", succeeded(again, "v")) == [True]


def test_an_outcome_that_comes_before_the_loss_was_decided_still_counts(driver: Driver) -> None:
    driver.join("w")
    job_id = driver.submitted()
    (job,) = driver.claim("w")
    driver.commit(Proposal((e.WorkerLost("w"),), None, (Leave("w"),)))
    assert driver.finish("w", succeeded(job)) == [True]
    lost = Proposal((e.JobLost(job_id, 1, "w"),), Orphaned(job_id, 1, "w"), (Release(job_id),))
    assert driver.commit(lost).verdicts[0].reason == "not_held"


def lose(driver: Driver, job_id: str) -> None:
    driver.commit(Proposal((e.WorkerLost("w"),), None, (Leave("w"),)))
    lost = Proposal((e.JobLost(job_id, 1, "w"),), Orphaned(job_id, 1, "w"), (Release(job_id),))
    assert driver.commit(lost).verdicts[0].accepted
