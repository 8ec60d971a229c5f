"""Doorbells: an idle worker is rung when there is work it would take, or something to stop."""

from __future__ import annotations

from journeyman import events as e
from journeyman.log.doorbell import Doorbell
from journeyman.proposals import Drain, Gate, Interrupt, Open, Proposal
from support.driver import QUEUE, Driver, given_back
from support.waiting import wait_for

SOON_MS, NOT_MS = 30_000, 40


def test_work_for_an_idle_worker_rings(driver: Driver, bell: Doorbell) -> None:
    assert driver.claim() == []
    assert bell.wait(NOT_MS) is False
    driver.submitted()
    assert bell.wait(SOON_MS) is True


def test_a_ring_between_the_claim_and_the_wait_is_not_lost(driver: Driver, bell: Doorbell) -> None:
    driver.claim()
    driver.submitted()
    driver.submitted()
    assert bell.wait(SOON_MS) is True
    assert bell.wait(NOT_MS) is False


def test_work_of_another_type_or_queue_does_not_ring(driver: Driver, bell: Doorbell) -> None:
    driver.claim()
    driver.submitted("parcel")
    driver.submitted(queue="elsewhere")
    assert bell.wait(NOT_MS) is False


def test_a_worker_that_got_all_it_asked_for_is_not_rung(driver: Driver, bell: Doorbell) -> None:
    driver.submitted()
    driver.claim()
    driver.submitted()
    assert bell.wait(NOT_MS) is False


def test_only_as_many_are_rung_as_there_is_work_for(driver: Driver) -> None:
    bells = []
    for worker in ("a", "b", "c"):
        driver.join(worker)
        bells.append(driver.log.doorbell(worker))
        driver.claim(worker)
    driver.submit(driver.job(), driver.job())
    rung: set[int] = set()

    def two_rung() -> bool:
        rung.update(number for number, bell in enumerate(bells) if bell.wait(0))
        return len(rung) == 2

    wait_for(two_rung, "two to be rung")
    assert [bell.wait(NOT_MS) for bell in bells] == [False] * 3
    for bell in bells:
        bell.close()


def test_what_is_given_back_rings_another_worker(driver: Driver, bell: Doorbell) -> None:
    driver.join("v")
    driver.submitted()
    (job,) = driver.claim("v")
    driver.claim("w")
    driver.finish("v", given_back(job, "v"))
    assert bell.wait(SOON_MS) is True


def test_opening_a_queue_that_holds_work_rings(driver: Driver, bell: Doorbell) -> None:
    driver.append(Proposal((), None, (Gate(QUEUE, open=False),)))
    driver.submitted()
    assert driver.claim() == []
    while bell.wait(NOT_MS):
        driver.claim()
    driver.append(Proposal((), None, (Gate(QUEUE, open=True),)))
    assert bell.wait(SOON_MS) is True


def test_something_to_interrupt_rings_the_holder(driver: Driver, bell: Doorbell) -> None:
    job_id = driver.submitted()
    driver.claim()
    driver.append(Proposal((e.JobCancelRequested(job_id),), Open(job_id), (Interrupt(job_id),)))
    assert bell.wait(SOON_MS) is True


def test_being_told_to_drain_rings(driver: Driver, bell: Doorbell) -> None:
    driver.append(Proposal((), None, (Drain("w"),)))
    assert bell.wait(SOON_MS) is True
