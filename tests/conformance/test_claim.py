"""Claims: strictly by priority, then by age, of known types and open queues only; each job to one worker."""

from __future__ import annotations

import pytest

from journeyman.errors import WorkerLostError
from journeyman.log.api import Claimed
from journeyman.proposals import Gate, Proposal
from support.driver import QUEUE, TYPE, Driver, given_back, succeeded


def test_a_higher_priority_goes_first_whatever_came_first(driver: Driver) -> None:
    driver.join()
    low, high, middle, top = (driver.submitted(priority=priority) for priority in (0, 15, 9, 20))
    assert driver.claimed_ids(count=2) == [top, high]
    later = driver.submitted(priority=10)
    assert driver.claimed_ids(count=10) == [later, middle, low]


def test_within_a_priority_the_oldest_goes_first(driver: Driver) -> None:
    driver.join()
    ids = [driver.submitted() for _ in range(5)]
    assert driver.claimed_ids(count=3) + driver.claimed_ids(count=3) == ids


def test_priority_and_age_hold_over_all_queues_and_types_of_a_worker(driver: Driver) -> None:
    queues, types = ("a", "b"), ("x", "y")
    driver.join(queues=queues, types=types)
    ids = [driver.submitted(type_, queue) for queue in queues for type_ in types]
    urgent = driver.submitted("y", "b", 11)
    claimed = driver.claim(count=10, queues=queues, types=types)
    assert [job.body.job_id for job in claimed] == [urgent, *ids]
    assert [(job.queue, job.body.type) for job in claimed[1:]] == [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]


def test_a_type_or_queue_the_worker_does_not_name_is_left_alone(driver: Driver) -> None:
    driver.join(queues=("a", "b"), types=("x", "y"))
    driver.submitted("y", "a", 20)
    driver.submitted("x", "b", 20)
    mine = driver.submitted("x", "a")
    assert [job.body.job_id for job in driver.claim(count=10, queues=("a",), types=("x",))] == [mine]


def test_a_type_whose_name_holds_a_pattern_is_only_itself(driver: Driver) -> None:
    driver.join(types=("a.b", "axb", "a-b"))
    dotted = driver.submitted("a.b")
    driver.submitted("axb")
    assert [job.body.job_id for job in driver.claim(count=5, types=("a.b",))] == [dotted]


def test_a_job_is_held_by_one_worker_at_most(driver: Driver) -> None:
    driver.join("w")
    driver.join("v")
    ids = [driver.submitted() for _ in range(3)]
    assert driver.claimed_ids("w", 2) + driver.claimed_ids("v", 2) + driver.claimed_ids("w", 2) == ids


def test_a_claim_says_which_attempt_of_what_from_where_and_starts_it(driver: Driver) -> None:
    driver.join()
    job = driver.job(priority=7)
    driver.submit(job)
    reply = driver.log.claim("w", 1, 5, queues=[QUEUE], types=[TYPE])
    (claimed,) = reply.jobs
    assert (claimed.body, claimed.attempt, claimed.queue, claimed.priority) == (job, 1, QUEUE, 7)
    assert reply.offset == driver.log.end()
    assert abs(reply.now_ms - driver.log.now_ms()) < 10_000
    assert driver.tags(job.job_id)[-1] == "job.started"


def test_a_claim_that_finds_nothing_appends_nothing(driver: Driver) -> None:
    driver.join()
    end = driver.log.end()
    reply = driver.log.claim("w", 1, 5, queues=[QUEUE, QUEUE], types=[TYPE])
    assert (reply.jobs, reply.offset, driver.log.end()) == ([], None, end)


def test_a_repeated_claim_returns_the_same_batch_and_starts_nothing(driver: Driver) -> None:
    driver.join()
    for _ in range(4):
        driver.submitted()
    first = claim(driver, 1)
    again = claim(driver, 1)
    assert (again.jobs, again.offset) == (first.jobs, first.offset)
    assert driver.tags().count("job.started") == 2


def test_a_repeated_claim_leaves_out_what_is_no_longer_held(driver: Driver) -> None:
    driver.join()
    for _ in range(2):
        driver.submitted()
    done, kept = claim(driver, 1).jobs
    driver.finish("w", succeeded(done))
    assert claim(driver, 1).jobs == [kept]


def test_a_job_given_back_and_claimed_by_another_is_not_in_the_repeated_batch(driver: Driver) -> None:
    driver.join("w")
    driver.join("v")
    driver.submitted()
    (job,) = claim(driver, 1).jobs
    driver.finish("w", given_back(job))
    assert driver.claimed_ids("v") == [job.body.job_id]
    assert claim(driver, 1).jobs == []


def test_who_has_not_joined_or_has_left_may_not_claim(driver: Driver) -> None:
    with pytest.raises(WorkerLostError):
        driver.claim("stranger")
    driver.join()
    driver.leave("w")
    with pytest.raises(WorkerLostError, match="w was declared lost"):
        driver.claim("w")


def test_a_claim_takes_many_at_once(driver: Driver) -> None:
    driver.join()
    jobs = [driver.job() for _ in range(1_500)]
    driver.submit(*jobs)
    taken = [*driver.claimed_ids(count=1_000), *driver.claimed_ids(count=1_000)]
    assert taken == [job.job_id for job in jobs]


def test_a_paused_queue_does_not_hold_up_another(driver: Driver) -> None:
    queues = ("shut", "open")
    driver.join(queues=queues)
    driver.append(Proposal((), None, (Gate("shut", open=False),)))
    driver.submitted(queue="shut", priority=20)
    flowing = driver.submitted(queue="open", priority=0)
    assert [job.body.job_id for job in driver.claim(count=5, queues=queues)] == [flowing]


def claim(driver: Driver, number: int) -> Claimed:
    return driver.log.claim("w", number, 2, queues=[QUEUE], types=[TYPE])
