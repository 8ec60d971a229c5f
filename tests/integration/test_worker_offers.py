"""A worker at rest offers to take a job unasked; what then comes with the ring is run, once, or handed back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

import journeyman_worker as jm
from integration.worker_kit import Kit, server_kit
from journeyman.events import JobReturned, JobStarted, JobSucceeded, WorkerLeft
from journeyman.log.redis_log import RedisLog
from journeyman_worker.station import Station
from support.servers import TestServer
from support.waiting import wait_for

TYPE = "offers.echo"


@pytest.fixture
def kit(server: TestServer, tmp_path: Path) -> Iterator[Kit]:
    with server_kit(server.url, tmp_path) as kit:
        yield kit


def echo_on(kit: Kit) -> jm.Job[[int], int]:
    @jm.job(TYPE, broker=kit.broker)
    def echo(what: int) -> int:
        return what

    return echo


def offer_stands(kit: Kit, worker: str) -> bool:
    """Look whether the next job may be started for the worker unasked."""
    assert isinstance(kit.log, RedisLog)
    offer, claim = kit.log.client.hmget(kit.log.keys.of("worker", worker), "offer", "claim")
    return offer is not None and int(offer) > int(claim or 0)


def at_rest(kit: Kit, station: Station) -> None:
    session = station.session
    assert session is not None
    wait_for(lambda: offer_stands(kit, session.worker), "an offer")


def test_each_job_for_a_worker_at_rest_starts_in_the_step_that_submits_it(kit: Kit) -> None:
    echo = echo_on(kit)
    with kit.worker() as station:
        for number in range(1, 21):
            at_rest(kit, station)
            job = echo.send(number)
            assert kit.story(job.message_id)[:1] == ["JobStarted"]
            assert kit.wait_for_event(JobSucceeded, job.message_id).result == str(number)
    assert len(kit.events(JobStarted)) == 20
    assert not kit.events(JobReturned)


def test_what_is_brought_to_a_worker_that_ends_goes_back_and_is_run_by_the_next(kit: Kit) -> None:
    echo = echo_on(kit)
    sent: list[str] = []
    with kit.worker() as station:
        at_rest(kit, station)
        thread = Thread(target=lambda: sent.extend(echo.send(number).message_id for number in range(200)))
        thread.start()
    thread.join()
    assert len(kit.events(WorkerLeft)) == 1
    with kit.worker():
        for job_id in sent:
            kit.wait_for_event(JobSucceeded, job_id)
    assert len(kit.events(JobSucceeded)) == len(sent) == 200
    started = [(event.job_id, event.attempt) for event in kit.events(JobStarted)]
    ended = [(event.job_id, event.attempt) for event in kit.events(JobSucceeded)]
    ended += [(event.job_id, event.attempt) for event in kit.events(JobReturned)]
    assert sorted(started) == sorted(ended), "no attempt was left behind"


def test_an_ended_worker_is_idle_for_nobody(kit: Kit) -> None:
    echo = echo_on(kit)
    with kit.worker() as station:
        at_rest(kit, station)
    job = echo.send(1)
    assert kit.story(job.message_id) == []
