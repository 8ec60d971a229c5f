"""A job that an idle worker offered to take: started unasked, and brought with the ring."""

from __future__ import annotations

from typing import TypeAlias

import pytest

from journeyman import events as e
from journeyman.admission import admit
from journeyman.errors import ServerRefusedError, WorkerLostError
from journeyman.log.api import Brought, Claimed
from journeyman.log.doorbell import Doorbell
from journeyman.log.memory_bell import MemoryBell
from journeyman.proposals import Drain, Gate, Leave, Proposal, Valve
from support.driver import QUEUE, TYPE, AnyLog, Driver, key_of, succeeded

SOON_MS, NOT_MS = 5_000, 40
Bell: TypeAlias = Doorbell | MemoryBell
#: What is told of a job that stands in line.
WAITING = ["job.submitted", "job.released"]


def offer(driver: Driver, worker: str = "w", number: int = 1, types: tuple[str, ...] = (TYPE,)) -> None:
    """Claim, find nothing, and offer to take a job."""
    claimed = driver.log.claim(worker, number, 5, queues=[QUEUE], types=types, offer=True)
    assert claimed.jobs == []


def claim(driver: Driver, number: int, count: int = 5, worker: str = "w", received: int | None = None) -> Claimed:
    return driver.log.claim(worker, number, count, queues=[QUEUE], types=[TYPE], received=received)


def brought(bell: Bell) -> list[Brought]:
    """Wait for what comes with the next rings; nothing where a plain ring comes."""
    assert not bell.wait(SOON_MS)
    return list(bell.brought())


def test_the_next_job_starts_in_the_step_that_submits_it_and_comes_with_the_ring(driver: Driver, bell: Bell) -> None:
    offer(driver)
    job_id = driver.submitted()
    assert driver.tags(job_id) == ["job.submitted", "job.released", "job.started"]
    [(number, claimed)] = brought(bell)
    [job] = claimed.jobs
    assert number == 2
    assert (job.body.job_id, job.body.payload, job.queue, job.priority) == (job_id, "{}", QUEUE, 10)
    assert driver.finish("w", succeeded(job)) == [True]


def test_the_claim_with_the_next_number_returns_it_as_well(driver: Driver, bell: Bell) -> None:
    offer(driver)
    job_id = driver.submitted()
    first, second = claim(driver, 2), claim(driver, 2)
    assert [job.body.job_id for job in first.jobs] == [job_id]
    assert second.jobs == first.jobs
    assert driver.tags(job_id).count("job.started") == 1


def test_the_claim_that_offered_found_nothing_however_often_its_reply_is_lost(driver: Driver, bell: Bell) -> None:
    offer(driver)
    job_id = driver.submitted()
    offer(driver)
    assert [job.body.job_id for job in claim(driver, 2).jobs] == [job_id]
    offer(driver, number=3)
    with pytest.raises(ServerRefusedError):
        claim(driver, 1)


def test_what_was_started_for_a_worker_and_never_reached_it_is_given_again(driver: Driver, bell: Bell) -> None:
    """As after a failover to a server that knew an older offer."""
    offer(driver)
    job_id = driver.submitted()
    for _ in range(2):
        [job] = claim(driver, 5, received=0).jobs
        assert (job.body.job_id, job.attempt) == (job_id, 1)
    assert claim(driver, 6, received=5).jobs == []
    assert driver.finish("w", succeeded(job)) == [True]
    assert claim(driver, 7, received=0).jobs == []
    assert driver.tags(job_id).count("job.started") == 1


def test_a_worker_that_received_what_the_log_has_lost_is_lost_where_a_job_was_brought(
    driver: Driver, bell: Bell
) -> None:
    first = driver.submitted()
    assert [job.body.job_id for job in claim(driver, 1).jobs] == [first]
    assert claim(driver, 4, received=3).jobs == []
    offer(driver, number=5)
    job_id = driver.submitted()
    assert claim(driver, 6, received=6).jobs == claim(driver, 6).jobs != []
    with pytest.raises(WorkerLostError):
        claim(driver, 9, received=8)
    assert driver.tags(job_id).count("job.started") == 1


def test_an_offer_is_for_one_job(driver: Driver, bell: Bell) -> None:
    offer(driver)
    first = driver.submitted()
    [(_, claimed)] = brought(bell)
    assert [job.body.job_id for job in claimed.jobs] == [first]
    second = driver.submitted()
    assert driver.tags(second) == WAITING
    assert [job.body.job_id for job in claim(driver, 3).jobs] == [second]
    third = driver.submitted()
    assert bell.wait(SOON_MS)
    assert driver.tags(third) == WAITING


def test_a_worker_that_is_idle_in_two_queues_is_brought_one_job_under_one_number(driver: Driver, log: AnyLog) -> None:
    driver.join(queues=(QUEUE, "parcels"))
    bell = log.doorbell("w")
    assert log.claim("w", 1, 5, queues=[QUEUE, "parcels"], types=[TYPE], offer=True).jobs == []
    jobs = [driver.job(), driver.job(queue="parcels")]
    driver.append(*(admit([job], log.now_ms()) for job in jobs))
    assert [len(claimed.jobs) for _, claimed in brought(bell)] == [1]
    bell.close()
    assert driver.tags().count("job.started") == 1


def test_of_many_jobs_a_worker_takes_as_many_as_it_has_room_for(driver: Driver, bell: Bell) -> None:
    offer(driver)
    driver.submit(driver.job(), driver.job())
    assert bell.wait(SOON_MS)
    assert not bell.brought()
    assert len(claim(driver, 2).jobs) == 2


def test_two_submissions_of_one_call_go_to_two_workers(driver: Driver, bell: Bell, log: AnyLog) -> None:
    driver.join("v")
    other = log.doorbell("v")
    offer(driver)
    offer(driver, "v")
    jobs = [driver.job(), driver.job()]
    driver.append(*(admit([job], log.now_ms()) for job in jobs))
    found = [job.body.job_id for each in (bell, other) for _, claimed in brought(each) for job in claimed.jobs]
    other.close()
    assert sorted(found) == sorted(job.job_id for job in jobs)


def test_nothing_is_started_for_a_worker_that_nobody_hears(driver: Driver, log: AnyLog) -> None:
    """As for one that was killed: another one is rung for the job."""
    driver.join("dead")
    offer(driver, "dead")
    driver.join()
    bell = log.doorbell("w")
    assert claim(driver, 1).jobs == []
    job_id = driver.submitted()
    assert driver.tags(job_id) == WAITING
    assert bell.wait(SOON_MS)
    bell.close()
    assert [job.body.job_id for job in claim(driver, 2).jobs] == [job_id]


def test_nothing_is_brought_from_a_paused_queue(driver: Driver, bell: Bell) -> None:
    driver.append(Proposal((), None, (Gate(QUEUE, open=False),)))
    offer(driver)
    job_id = driver.submitted()
    bell.wait(SOON_MS)
    assert not bell.brought()
    assert driver.tags(job_id) == WAITING


def test_of_a_type_that_is_shut_no_more_is_brought_than_there_are_permits(driver: Driver, bell: Bell) -> None:
    driver.commit(Proposal((), None, (Valve(TYPE, "breaker", 0),)))
    driver.commit(Proposal((), None, (Valve(TYPE, "breaker", 1),)))
    offer(driver)
    first = driver.submitted()
    [(number, claimed)] = brought(bell)
    assert [job.body.job_id for job in claimed.jobs] == [first]
    offer(driver, number=number + 1)
    second = driver.submitted()
    bell.wait(SOON_MS)
    assert not bell.brought()
    assert driver.tags(second) == WAITING


def test_a_worker_that_is_to_drain_or_was_given_up_is_brought_nothing(driver: Driver, bell: Bell) -> None:
    offer(driver)
    driver.append(Proposal((), None, (Drain("w"),)))
    assert bell.wait(SOON_MS)
    assert driver.tags(driver.submitted()) == WAITING
    driver.append(Proposal((), None, (Leave("w"),)))
    assert driver.tags(driver.submitted()) == WAITING


def test_a_job_submitted_in_the_call_that_gives_its_worker_up_rings_another(
    driver: Driver, bell: Bell, log: AnyLog
) -> None:
    driver.join("v")
    offer(driver)
    job = driver.job()
    driver.append(admit([job], log.now_ms()), Proposal((e.WorkerLeft("w"),), None, (Leave("w"),)))
    assert driver.tags(job.job_id) == WAITING
    assert [claimed.body.job_id for claimed in claim(driver, 1, worker="v").jobs] == [job.job_id]


def test_who_claims_without_an_offer_has_taken_it_back(driver: Driver, bell: Bell) -> None:
    offer(driver)
    assert claim(driver, 2).jobs == []
    job_id = driver.submitted()
    assert bell.wait(SOON_MS)
    assert driver.tags(job_id) == WAITING


def test_a_claim_of_none_ends_the_offer_and_brings_what_was_started_meanwhile(driver: Driver, bell: Bell) -> None:
    offer(driver)
    job_id = driver.submitted()
    assert [job.body.job_id for job in claim(driver, 2, count=0).jobs] == [job_id]
    offer(driver, number=3)
    assert claim(driver, 4, count=0).jobs == []
    last = driver.submitted()
    assert not bell.wait(NOT_MS), "what was brought first" if bell.brought() else "a ring for who is not idle"
    assert driver.tags(last) == WAITING


def test_what_the_scheduler_releases_is_brought_too(driver: Driver, bell: Bell) -> None:
    job = driver.job(depends_on="0" * 24)
    assert driver.submit(job).accepted
    offer(driver)
    driver.release(job.job_id, 1)
    [(_, claimed)] = brought(bell)
    assert [key_of(each)[:2] for each in claimed.jobs] == [(job.job_id, 1)]


@pytest.mark.parametrize("size", [0, 1_000, 60_000])
def test_a_payload_of_any_size_and_wording_comes_whole(driver: Driver, bell: Bell, size: int) -> None:
    offer(driver)
    text = '"' + "unsubscribe\\r\\n$0\\r\\n ü " + "x" * size + '"'
    job = driver.job(payload=text)
    assert driver.submit(job).accepted
    found: list[Brought] = []
    while not found:
        found = brought(bell)
    [each] = found[0].claimed.jobs
    assert each.body.payload == text
    offer(driver, number=3)
    driver.submitted()
    assert len(brought(bell)) == 1
