"""Valves: a type of job that is shut is not claimed, but for as many as have permits; its jobs keep their places."""

from __future__ import annotations

import pytest

from journeyman.proposals import Guard, Proposal, ShutBy, Valve, Void, place
from support.driver import QUEUE, TYPE, UNKNOWN, Driver, given_back, succeeded

OTHER = "other"
SHUT = Valve(TYPE, "automatic")


def turn(driver: Driver, *valves: Valve, guard: Guard | None = None) -> str:
    verdict = driver.append(Proposal((), guard, valves))[0]
    return "" if verdict.accepted else verdict.reason


def claimed(driver: Driver, count: int) -> list[str]:
    return [job.body.job_id for job in driver.claim(count=count, types=(TYPE, OTHER))]


@pytest.fixture(autouse=True)
def joined(driver: Driver) -> None:
    driver.join(types=(TYPE, OTHER))


def test_jobs_of_a_shut_type_stay_where_they_are_while_others_go_by(driver: Driver) -> None:
    waiting = driver.submitted()
    turn(driver, SHUT)
    other = driver.submitted(OTHER, priority=1)
    assert claimed(driver, 5) == [other]
    assert claimed(driver, 5) == []
    turn(driver, Valve(TYPE))
    assert claimed(driver, 5) == [waiting]


def test_so_many_start_as_there_are_permits_over_all_claims_and_lines(driver: Driver) -> None:
    turn(driver, SHUT)
    ids = [driver.submitted(priority=priority) for priority in (20, 20, 10, 10, 0)]
    turn(driver, Valve(TYPE, "automatic", 3))
    assert claimed(driver, 1) + claimed(driver, 5) == ids[:3]
    assert claimed(driver, 5) == []
    turn(driver, Valve(TYPE, "automatic", 1))
    assert claimed(driver, 5) == [ids[3]]


def test_permits_add_up_and_are_void_once_the_type_is_shut_again(driver: Driver) -> None:
    ids = [driver.submitted() for _ in range(6)]
    turn(driver, SHUT, Valve(TYPE, "automatic", 1), Valve(TYPE, "automatic", 1))
    assert claimed(driver, 5) == ids[:2]
    turn(driver, Valve(TYPE, "automatic", 2), SHUT)
    assert claimed(driver, 5) == []


def test_permits_do_nothing_where_the_type_is_not_shut_or_by_somebody_else(driver: Driver) -> None:
    turn(driver, Valve(TYPE, "automatic", 2))
    first = driver.submitted()
    assert claimed(driver, 5) == [first]
    driver.submitted()
    turn(driver, Valve(TYPE, "manual"), Valve(TYPE, "automatic", 2))
    assert claimed(driver, 5) == []


def test_a_place_that_is_void_takes_no_permit_with_it(driver: Driver) -> None:
    void, next_one = driver.submitted(), driver.submitted()
    driver.append(Proposal((), None, (Void(place(void, 1)), SHUT, Valve(TYPE, "automatic", 1))))
    assert claimed(driver, 1) == [next_one]
    driver.submitted()
    assert claimed(driver, 1) == []


def test_a_claim_that_is_repeated_takes_no_second_permit(driver: Driver) -> None:
    ids = [driver.submitted() for _ in range(3)]
    turn(driver, SHUT, Valve(TYPE, "automatic", 2))
    first = driver.log.claim("w", 900, 1, queues=(QUEUE,), types=(TYPE,))
    again = driver.log.claim("w", 900, 1, queues=(QUEUE,), types=(TYPE,))
    assert [job.body.job_id for job in first.jobs] == [job.body.job_id for job in again.jobs] == ids[:1]
    second = driver.log.claim("w", 901, 5, queues=(QUEUE,), types=(TYPE,))
    assert [job.body.job_id for job in second.jobs] == ids[1:2]


def test_what_was_claimed_before_may_end_and_go_back(driver: Driver) -> None:
    ids = [driver.submitted(), driver.submitted()]
    held = driver.claim(count=2)
    turn(driver, SHUT)
    assert driver.finish("w", succeeded(held[0]), given_back(held[1])) == [True, True]
    assert claimed(driver, 5) == []
    turn(driver, Valve(TYPE))
    assert claimed(driver, 5) == ids[1:]


@pytest.mark.parametrize(
    ("valve", "by", "why"),
    [
        (Valve(UNKNOWN), "", ""),
        (Valve(UNKNOWN), "automatic", "open"),
        (SHUT, "", "automatic"),
        (SHUT, "automatic", ""),
        (Valve(TYPE, "manual"), "automatic", "manual"),
        (Valve(TYPE, "manual"), "", "manual"),
        (Valve(TYPE, "manual"), "manual", ""),
    ],
)
def test_a_guard_says_who_has_shut_a_type(driver: Driver, valve: Valve, by: str, why: str) -> None:
    turn(driver, valve)
    assert turn(driver, guard=ShutBy(TYPE, by)) == why


def test_an_idle_worker_is_rung_for_permits_and_when_the_type_opens(driver: Driver) -> None:
    driver.submitted()
    bell = driver.log.doorbell("w")
    try:
        for valve in (Valve(TYPE, "automatic", 1), Valve(TYPE)):
            turn(driver, SHUT)
            assert driver.claim() == []
            while bell.wait(0):
                pass
            turn(driver, valve)
            assert bell.wait(10_000)
    finally:
        bell.close()
