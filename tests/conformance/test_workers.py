"""Heartbeats: who beats lives, and learns what to interrupt and whether to drain."""

from __future__ import annotations

import pytest

from journeyman import events as e
from journeyman.errors import WorkerLostError
from journeyman.proposals import Alive, Drain, Interrupt, Leave, Open, Proposal
from support.driver import UNKNOWN, Driver, given_back, succeeded
from support.waiting import wait_for


def cancel(driver: Driver, job_id: str) -> None:
    proposal = Proposal((e.JobCancelRequested(job_id),), Open(job_id), (Interrupt(job_id),))
    assert driver.append(proposal)[0].accepted


def test_a_beat_renews_the_heartbeat_and_keeps_its_facts(driver: Driver) -> None:
    driver.join()
    (joined,) = driver.log.beats()
    assert (joined.worker, dict(joined.facts)) == ("w", {})
    wait_for(lambda: driver.log.now_ms() > joined.at_ms, "the clock to move")
    reply = driver.log.beat("w", {"load": 0.5, "running": [["a", 1]]})
    (beat,) = driver.log.beats()
    assert beat.at_ms == reply.now_ms > joined.at_ms
    assert beat.facts == {"load": 0.5, "running": [["a", 1]]}


def test_silent_are_those_that_have_not_beaten_since(driver: Driver) -> None:
    driver.join("w")
    (joined,) = driver.log.beats()
    wait_for(lambda: driver.log.now_ms() > joined.at_ms, "the clock to move")
    driver.join("v")
    assert driver.log.silent(joined.at_ms - 1) == []
    assert driver.log.silent(joined.at_ms) == ["w"]
    assert sorted(driver.log.silent(joined.at_ms + 100_000)) == ["v", "w"]


def test_who_is_not_registered_cannot_beat_itself_to_life(driver: Driver) -> None:
    with pytest.raises(WorkerLostError):
        driver.log.beat("stranger", {})
    driver.join()
    driver.commit(Proposal((e.WorkerLost("w"),), None, (Leave("w"),)))
    with pytest.raises(WorkerLostError) as lost:
        driver.log.beat("w", {})
    assert lost.value.worker == "w"
    assert driver.log.beats() == []


def test_a_beat_says_what_to_interrupt_until_it_was_done(driver: Driver) -> None:
    driver.join()
    job_id = driver.submitted()
    (job,) = driver.claim()
    assert driver.log.beat("w", {}).interrupt == []
    cancel(driver, job_id)
    assert driver.log.beat("w", {}).interrupt == [(job_id, 1)]
    assert driver.log.beat("w", {}).interrupt == [(job_id, 1)]
    driver.finish("w", succeeded(job))
    assert driver.log.beat("w", {}).interrupt == []


def test_only_the_holder_is_told_to_interrupt(driver: Driver) -> None:
    driver.join("w")
    driver.join("v")
    job_id = driver.submitted()
    driver.claim("w")
    cancel(driver, job_id)
    assert driver.log.beat("v", {}).interrupt == []
    assert driver.log.beat("w", {}).interrupt == [(job_id, 1)]


def test_interrupting_what_nobody_holds_tells_nobody(driver: Driver) -> None:
    driver.join()
    job_id = driver.submitted()
    (job,) = driver.claim()
    driver.finish("w", given_back(job))
    cancel(driver, job_id)
    assert driver.append(Proposal((), None, (Interrupt(UNKNOWN),)))[0].accepted
    assert driver.log.beat("w", {}).interrupt == []


def test_interrupting_what_a_gone_worker_holds_leaves_nothing_behind(driver: Driver) -> None:
    driver.join()
    job_id = driver.submitted()
    driver.claim()
    driver.leave("w")
    cancel(driver, job_id)
    driver.join("w")
    assert driver.log.beat("w", {}).interrupt == []


def test_a_worker_told_to_drain_hears_it_at_every_beat(driver: Driver) -> None:
    driver.join()
    assert driver.log.beat("w", {}).drain is False
    proposal = Proposal((e.WorkerDraining("w", "request"),), Alive("w"), (Drain("w"),))
    assert driver.append(proposal)[0].accepted
    assert [driver.log.beat("w", {}).drain for _ in range(2)] == [True, True]
