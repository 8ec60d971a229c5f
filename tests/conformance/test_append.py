"""Appending: what is accepted is in the log, in order, together with its effects, once."""

from __future__ import annotations

import pytest

from journeyman import events as e
from journeyman.admission import admit
from journeyman.errors import ServerRefusedError
from journeyman.proposals import Open, Proposal
from support.driver import QUEUE, TYPE, UNKNOWN, Driver


def test_events_are_read_back_in_order_at_the_offset_of_the_verdict(driver: Driver) -> None:
    jobs = [driver.job(), driver.job()]
    verdict = driver.submit(*jobs)
    assert driver.tags() == ["job.submitted", "job.released"] * 2
    assert verdict.accepted
    assert verdict.offset == driver.entries()[0].records()[-1].offset


def test_every_proposal_of_one_call_gets_its_own_verdict_and_offset(driver: Driver) -> None:
    first, second = driver.job(), driver.job()
    now_ms = driver.log.now_ms()
    refused = Proposal((e.JobCancelRequested(UNKNOWN),), Open(UNKNOWN))
    verdicts = driver.append(admit([first], now_ms), refused, admit([second], now_ms))
    assert [verdict.accepted for verdict in verdicts] == [True, False, True]
    assert [verdict.reason for verdict in verdicts] == ["", "unknown", ""]
    last = [verdict.offset and driver.log.at(verdict.offset) for verdict in verdicts]
    assert last == [e.JobReleased(first.job_id, 1, 10), None, e.JobReleased(second.job_id, 1, 10)]


def test_a_guard_sees_what_stands_earlier_in_the_same_call(driver: Driver) -> None:
    job = driver.job()
    cancel = Proposal((e.JobCancelRequested(job.job_id),), Open(job.job_id))
    verdicts = driver.append(cancel, admit([job], driver.log.now_ms()), cancel)
    assert [verdict.accepted for verdict in verdicts] == [False, True, True]


def test_a_call_repeated_with_its_number_changes_nothing_and_is_answered_alike(driver: Driver) -> None:
    proposals = [admit([driver.job()], driver.log.now_ms())]
    first = driver.log.append(proposals, caller="c", number=1)
    again = driver.log.append(proposals, caller="c", number=1)
    assert again == first
    assert len(driver.entries()) == 1


def test_another_caller_or_number_is_another_call(driver: Driver) -> None:
    fact = [Proposal((e.WorkerDraining("w"),))]
    for caller, number in (("a", 1), ("b", 1), ("a", 2)):
        driver.log.append(fact, caller=caller, number=number)
    assert len(driver.events()) == 3


def test_a_proposal_without_events_is_accepted_and_stands_nowhere(driver: Driver) -> None:
    assert driver.append(Proposal()) == [(True, None, "", None)]
    assert driver.append() == []
    assert driver.entries() == []


def test_a_simple_job_can_be_claimed_before_any_scheduler_has_seen_it(driver: Driver) -> None:
    driver.join()
    job_id = driver.submitted()
    assert driver.claimed_ids() == [job_id]


def test_text_of_any_script_survives_the_log(driver: Driver) -> None:
    driver.join()
    job = driver.job(payload='{"greeting": "Grüße, 世界 🎻 \\u0000"}')
    driver.submit(job)
    assert driver.claim()[0].body == job


def test_a_call_that_comes_after_a_later_one_is_refused(driver: Driver) -> None:
    driver.join()
    first, second, late = (admit([driver.job()], driver.log.now_ms()) for _ in range(3))
    driver.log.append([first], caller="c", number=4)
    with pytest.raises(ServerRefusedError):
        driver.log.append([late], caller="c", number=3)
    driver.log.claim("w", 8, 1, queues=[QUEUE], types=[TYPE])
    driver.log.append([second], caller="c", number=5)
    with pytest.raises(ServerRefusedError):
        driver.log.claim("w", 7, 1, queues=[QUEUE], types=[TYPE])
    assert driver.tags().count("job.submitted") == 2
    assert driver.tags().count("job.started") == 1
