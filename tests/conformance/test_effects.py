"""Effects: what goes with accepted events moves the derived keys, and nothing else does."""

from __future__ import annotations

from journeyman import events as e
from journeyman.proposals import (
    Effect,
    Ended,
    Gate,
    Open,
    Proposal,
    Push,
    Release,
    Reopen,
    Store,
    Void,
    place,
)
from support.driver import QUEUE, TYPE, UNKNOWN, Driver, failed, succeeded


def do(driver: Driver, *effects: Effect) -> None:
    assert driver.append(Proposal((), None, effects))[0].accepted


def test_a_stored_body_is_an_open_job(driver: Driver) -> None:
    job = driver.job(depends_on=UNKNOWN)
    driver.append(Proposal((job,), None, (Store((job.job_id,)),)))
    assert driver.log.bodies([job.job_id, UNKNOWN]) == {job.job_id: job}


def test_effects_of_a_refused_proposal_do_not_happen(driver: Driver) -> None:
    job = driver.job()
    effects = (Store((job.job_id,)), Push(QUEUE, 10, TYPE, (place(job.job_id, 1),)))
    assert not driver.append(Proposal((job,), Open(UNKNOWN), effects))[0].accepted
    driver.join()
    assert driver.claim() == []
    assert driver.log.bodies([job.job_id]) == {}


def test_a_void_place_is_stepped_over_once(driver: Driver) -> None:
    driver.join()
    job_id = driver.submitted()
    do(driver, Void(place(job_id, 1)), Push(QUEUE, 20, TYPE, (place(job_id, 1, 1),)))
    (job,) = driver.claim(count=10)
    assert (job.place, job.priority, job.attempt) == (place(job_id, 1, 1), 20, 1)


def test_a_place_that_was_taken_is_not_made_void(driver: Driver) -> None:
    driver.join()
    job_id = driver.submitted()
    driver.finish("w", failed(driver.claim()[0]))
    do(driver, Void(place(job_id, 1)), Release(job_id), Push(QUEUE, 10, TYPE, (place(job_id, 1),)))
    assert driver.claimed_ids() == [job_id]


def test_a_job_whose_attempt_failed_is_given_to_nobody_until_it_is_released(driver: Driver) -> None:
    driver.join()
    job_id = driver.submitted()
    do(driver, Push(QUEUE, 10, TYPE, (place(job_id, 1, 1),)))
    driver.finish("w", failed(driver.claim()[0]))
    assert driver.claim() == []
    driver.release(job_id, 2)
    assert [job.attempt for job in driver.claim(count=5)] == [2]


def test_a_released_hold_makes_the_attempt_stale(driver: Driver) -> None:
    driver.join()
    driver.submitted()
    (job,) = driver.claim()
    do(driver, Release(job.body.job_id))
    assert driver.finish("w", succeeded(job)) == [False]


def test_a_buried_job_is_a_dead_letter_with_its_body(driver: Driver) -> None:
    driver.join()
    job = driver.job(payload='{"n": 1}')
    driver.submit(job)
    driver.claim()
    driver.bury(job.job_id, attempt=3, error="Broken")
    (letter,) = driver.log.dead_letters()
    assert (letter.job_id, letter.body, letter.attempt, letter.generation) == (job.job_id, job, 3, 1)
    assert (letter.error_type, letter.fingerprint) == ("Broken", "f")
    assert abs(letter.at_ms - driver.log.now_ms()) < 10_000
    assert driver.log.bodies([job.job_id]) == {}


def test_a_discarded_job_leaves_its_line_and_is_remembered(driver: Driver) -> None:
    driver.join()
    job = driver.job()
    driver.submit(job)
    driver.discard(job.job_id, attempt=2)
    assert driver.claim() == []
    outcome = driver.log.outcomes([job.job_id])[job.job_id]
    assert (outcome.status, outcome.body, outcome.attempt, outcome.generation) == ("cancelled", job, 2, 1)


def test_burying_or_discarding_twice_changes_nothing(driver: Driver) -> None:
    dead, dropped = driver.submitted(), driver.submitted()
    for _ in range(2):
        driver.bury(dead)
        driver.discard(dropped)
    assert {job_id: ended.status for job_id, ended in driver.log.outcomes([dead, dropped]).items()} == {
        dead: "failed",
        dropped: "cancelled",
    }


def test_a_reopened_job_is_open_again_with_the_body_it_had(driver: Driver) -> None:
    jobs = [driver.job(payload='"failed"'), driver.job(payload='"cancelled"')]
    driver.submit(*jobs)
    driver.bury(jobs[0].job_id)
    driver.discard(jobs[1].job_id)
    for job in jobs:
        event = e.JobRedriven(job.job_id, 2, 1, TYPE, QUEUE, 10, 3)
        proposal = Proposal((event,), Ended(job.job_id), (Reopen(job.job_id),))
        assert [verdict.accepted for verdict in driver.append(proposal, proposal)] == [True, False]
        assert driver.log.bodies([job.job_id]) == {job.job_id: job}
    assert driver.log.outcomes([job.job_id for job in jobs]) == {}
    assert list(driver.log.dead_letters()) == []


def test_a_shut_queue_gives_nothing_and_an_open_one_all(driver: Driver) -> None:
    driver.join(queues=(QUEUE, "other"))
    here, there = driver.submitted(), driver.submitted(queue="other")
    do(driver, Gate(QUEUE, open=False))
    assert [job.body.job_id for job in driver.claim(count=5, queues=(QUEUE, "other"))] == [there]
    do(driver, Gate(QUEUE, open=True))
    assert driver.claimed_ids() == [here]
