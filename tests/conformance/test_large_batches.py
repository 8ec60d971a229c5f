"""What is too much for one commit becomes several, in one step; a job is never parted from its release."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from journeyman import events as e
from journeyman.admission import admit
from journeyman.codec import BYTES_PER_COMMIT_MAX, EVENTS_PER_COMMIT_MAX, as_written, encode_commit
from journeyman.proposals import Idempotency, Open, Proposal
from journeyman.verify import verify
from support.driver import QUEUE, TYPE, UNKNOWN, Driver


def assert_well_cut(entries: Sequence[e.Entry]) -> None:
    for entry in entries:
        assert len(entry.events) <= EVENTS_PER_COMMIT_MAX
        assert len(encode_commit(as_written(entry.events))) <= BYTES_PER_COMMIT_MAX + 3
        assert not isinstance(entry.events[0], e.JobReleased)


def test_ten_thousand_jobs_are_one_call_and_many_commits(driver: Driver) -> None:
    jobs = [driver.job(depends_on=UNKNOWN if number % 7 == 0 else "") for number in range(10_000)]
    verdict = driver.submit(*jobs, idempotency=Idempotency("k", "f", "a"))
    entries = driver.entries()
    assert_well_cut(entries)
    assert len(entries) > 10
    assert [event.job_id for event in driver.events() if isinstance(event, e.JobSubmitted)] == [j.job_id for j in jobs]
    assert verdict.offset == entries[-1].records()[-1].offset


def test_large_payloads_are_cut_by_size(driver: Driver) -> None:
    jobs = [driver.job(payload=f'"{"x" * 15_000}"') for _ in range(150)]
    driver.submit(*jobs)
    entries = driver.entries()
    assert len(entries) >= 3
    assert_well_cut(entries)


def test_refused_proposals_do_not_make_the_others_run_together(driver: Driver) -> None:
    now_ms = driver.log.now_ms()
    facts = tuple(e.WorkerDraining("w") for _ in range(600))
    refused = Proposal(facts, Open(UNKNOWN))
    verdicts = driver.append(Proposal(facts), refused, Proposal(facts), refused, admit([driver.job()], now_ms))
    assert [verdict.accepted for verdict in verdicts] == [True, False, True, False, True]
    assert_well_cut(driver.entries())
    for verdict in verdicts:
        assert verdict.offset is None or driver.log.at(verdict.offset) is not None


def test_a_batch_over_many_commits_is_one_request_to_the_verifier(driver: Driver) -> None:
    jobs = [e.JobSubmitted(driver.job().job_id, TYPE, QUEUE, idempotency="key") for _ in range(1_700)]
    driver.submit(*jobs)
    assert verify(driver.entries()).violations == []


def test_the_jobs_of_many_commits_can_all_be_claimed(driver: Driver) -> None:
    driver.join()
    jobs = [driver.job() for _ in range(1_200)]
    driver.submit(*jobs)
    claimed = driver.claimed_ids(count=700) + driver.claimed_ids(count=700)
    assert claimed == [job.job_id for job in jobs]


def test_more_than_one_call_can_take_is_refused_whole(real: Driver) -> None:
    with pytest.raises(ValueError, match="at most"):
        real.append(Proposal(tuple(e.WorkerDraining("w") for _ in range(20_001))))
    assert real.entries() == []
