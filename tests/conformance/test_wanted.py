"""Claims of places that a worker was handed: each starts while it stands in its line and may start, and only once."""

from __future__ import annotations

import pytest

from journeyman.errors import WorkerLostError
from journeyman.log.api import Claimed, Fate, Wanted
from journeyman.log.handing import Lines
from journeyman.log.memory_log import MemoryLog
from journeyman.proposals import Gate, Proposal, Push, Valve, Void, place
from support.driver import QUEUE, TYPE, Driver, failed, given_back, succeeded

GONE, STARTED, SHUT, FOREIGN = Fate.GONE, Fate.STARTED, Fate.SHUT, Fate.FOREIGN


def wanted(job_id: str, priority: int = 10, queue: str = QUEUE, type_: str = TYPE, attempt: int = 1) -> Wanted:
    return Wanted(queue, priority, type_, place(job_id, attempt))


def claim(driver: Driver, *places: Wanted, number: int = 0, worker: str = "w", count: int = 10) -> Claimed:
    number = number or driver.number()
    return driver.log.claim(worker, number, count, queues=(QUEUE,), types=(TYPE,), wanted=places)


def ids(claimed: Claimed) -> list[str]:
    return [job.body.job_id for job in claimed.jobs]


def handed(driver: Driver, queue: str, type_: str, count: int) -> None:
    if isinstance(driver.log, MemoryLog):
        driver.log.derived.ring_receivers([(queue, type_, count)])
    else:
        Lines(driver.log).ring([(queue, type_, count)])


@pytest.fixture(autouse=True)
def joined(driver: Driver) -> None:
    driver.join()


def test_wanted_places_start_in_the_order_given_and_no_others(driver: Driver) -> None:
    first, left, last = driver.submitted(), driver.submitted(priority=20), driver.submitted(priority=3)
    claimed = claim(driver, wanted(last, 3), wanted(first))
    assert (ids(claimed), list(claimed.fates)) == ([last, first], [STARTED, STARTED])
    assert [(job.queue, job.priority, job.attempt) for job in claimed.jobs] == [(QUEUE, 3, 1), (QUEUE, 10, 1)]
    assert driver.claimed_ids(count=5) == [left]


def test_what_was_handed_twice_starts_once(driver: Driver) -> None:
    driver.join("v")
    job = driver.submitted()
    assert list(claim(driver, wanted(job), wanted(job)).fates) == [STARTED, GONE]
    assert list(claim(driver, wanted(job), worker="v").fates) == [GONE]
    assert driver.tags().count("job.started") == 1


def test_a_job_that_has_ended_failed_or_never_was_is_gone(driver: Driver) -> None:
    done, spent = driver.submitted(), driver.submitted()
    first, second = driver.claim(count=2)
    assert driver.finish("w", succeeded(first), failed(second)) == [True, True]
    unknown = "0" * 24
    end = driver.log.end()
    assert list(claim(driver, wanted(done), wanted(spent), wanted(unknown)).fates) == [GONE, GONE, GONE]
    assert driver.log.end() == end


def test_a_place_that_was_moved_away_from_is_gone_and_its_successor_starts(driver: Driver) -> None:
    job = driver.submitted()
    there = place(job, 1, 1)
    driver.append(Proposal((), None, (Void(place(job, 1)), Push(QUEUE, 20, TYPE, (there,)))))
    claimed = claim(driver, wanted(job), Wanted(QUEUE, 20, TYPE, there))
    assert (ids(claimed), list(claimed.fates)) == ([job], [GONE, STARTED])
    assert driver.claimed_ids(count=5) == []


def test_a_worthless_place_leaves_its_line_with_the_claim_that_meets_it(driver: Driver) -> None:
    job = driver.submitted()
    driver.append(Proposal((), None, (Void(place(job, 1)),)))
    assert list(claim(driver, wanted(job)).fates) == [GONE]
    driver.append(Proposal((), None, (Push(QUEUE, 10, TYPE, (place(job, 1),)),)))
    assert ids(claim(driver, wanted(job))) == [job]


def test_jobs_of_a_paused_queue_or_a_shut_type_stay_in_line(driver: Driver) -> None:
    job = driver.submitted()
    driver.append(Proposal((), None, (Gate(QUEUE, open=False),)))
    assert list(claim(driver, wanted(job)).fates) == [SHUT]
    driver.append(Proposal((), None, (Gate(QUEUE, open=True), Valve(TYPE, "automatic"))))
    assert list(claim(driver, wanted(job)).fates) == [SHUT]
    driver.append(Proposal((), None, (Valve(TYPE),)))
    assert list(claim(driver, wanted(job)).fates) == [STARTED]


def test_so_many_start_of_a_shut_type_as_there_are_permits(driver: Driver) -> None:
    jobs = [driver.submitted() for _ in range(4)]
    driver.append(Proposal((), None, (Valve(TYPE, "automatic"), Valve(TYPE, "automatic", 2))))
    gone = driver.claim(count=1)[0].body.job_id
    fates = claim(driver, *(wanted(job) for job in jobs)).fates
    assert (gone, list(fates)) == (jobs[0], [GONE, STARTED, SHUT, SHUT])


def test_what_a_worker_does_not_serve_it_does_not_start(driver: Driver) -> None:
    other_type, other_queue = driver.submitted("x"), driver.submitted(queue="q")
    claimed = claim(driver, wanted(other_type, type_="x"), wanted(other_queue, queue="q"))
    assert (claimed.jobs, list(claimed.fates)) == ([], [FOREIGN, FOREIGN])


def test_a_repeated_claim_starts_nothing_again_and_says_so(driver: Driver) -> None:
    done, kept, gone = driver.submitted(), driver.submitted(), driver.submitted()
    [elsewhere] = claim(driver, wanted(gone)).jobs
    places = (wanted(done), wanted(gone), wanted(kept))
    number = driver.number()
    first = claim(driver, *places, number=number)
    assert list(first.fates) == [STARTED, GONE, STARTED]
    again = claim(driver, *places, number=number)
    assert (again.jobs, again.offset, list(again.fates)) == (first.jobs, first.offset, list(first.fates))
    driver.finish("w", succeeded(first.jobs[0]))
    again = claim(driver, *places, number=number)
    assert (ids(again), list(again.fates)) == ([kept], [GONE, GONE, STARTED])
    assert elsewhere.body.job_id == gone


def test_what_goes_back_stands_at_its_place_again(driver: Driver) -> None:
    job = driver.submitted()
    [claimed] = claim(driver, wanted(job)).jobs
    driver.finish("w", given_back(claimed))
    assert ids(claim(driver, wanted(job))) == [job]


def test_a_worker_with_free_hands_is_rung_for_what_is_handed_out_and_for_nothing_else(driver: Driver) -> None:
    bell = driver.log.doorbell("w")
    try:
        assert claim(driver).jobs == []
        driver.submitted()
        handed(driver, QUEUE, "other", 5)
        handed(driver, "other", TYPE, 5)
        assert not bell.wait(50)
        handed(driver, QUEUE, TYPE, 1)
        assert bell.wait(10_000)
        handed(driver, QUEUE, TYPE, 1)
        assert not bell.wait(50)
    finally:
        bell.close()


def test_who_has_left_claims_nothing(driver: Driver) -> None:
    job = driver.submitted()
    driver.leave("w")
    with pytest.raises(WorkerLostError):
        claim(driver, wanted(job))
    handed(driver, QUEUE, TYPE, 1)
