"""A bucket that takes requests and does not answer: the leader goes on leading, and leaves in time when told to."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest

from journeyman import events as e
from journeyman.proposals import Proposal
from support.aws import MotoServer
from support.schedulers import STOP_S, Schedulers
from support.tcp_proxy import TcpProxy
from support.waiting import wait_for

#: Less than a bucket is waited for within one call, and more than a machine halts.
LEASE_MS = 6_000


@pytest.fixture
def bucket(aws: MotoServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[TcpProxy]:
    """Give what stands between the schedulers and their bucket."""
    proxy = TcpProxy(aws.port)
    for name, value in aws.environ(f"http://127.0.0.1:{proxy.port}").items():
        monkeypatch.setenv(name, value)
    yield proxy
    proxy.close()


@pytest.fixture
def settings(aws: MotoServer) -> dict[str, object]:
    place = f"s3://{aws.bucket()}"
    return {
        "blob_url": f"{place}/blobs",
        "archive_url": f"{place}/kept",
        "archive_every_ms": 1_000,
        "snapshot_events": 1_000,
        "scheduler_lease_ms": LEASE_MS,
    }


def elections(schedulers: Schedulers) -> list[int]:
    return [event.epoch for event in schedulers.driver.events() if isinstance(event, e.SchedulerElected)]


def decide_for(schedulers: Schedulers, seconds: float) -> None:
    """Have decisions made all that time, none of which may take as long as a lease."""
    by = time.monotonic() + seconds
    while time.monotonic() < by:
        began = time.monotonic()
        schedulers.decides()
        assert time.monotonic() - began < LEASE_MS / 1000 + 5.0


def snapshot_due(schedulers: Schedulers) -> None:
    """Let so much happen that a snapshot is due."""
    for _ in range(10):
        schedulers.driver.append(Proposal(tuple(e.WorkerLeft(f"w-{number}") for number in range(150))))


def test_a_leader_whose_bucket_does_not_answer_goes_on_leading(
    schedulers: Schedulers, settings: dict[str, object], bucket: TcpProxy
) -> None:
    leader = schedulers.start_leader(**settings)
    schedulers.start(**settings)
    snapshot_due(schedulers)
    wait_for(lambda: schedulers.log.snapshot_place() is not None, "a snapshot")
    first = schedulers.log.snapshot_place()

    bucket.black_hole()
    snapshot_due(schedulers)
    decide_for(schedulers, 3.0)
    wait_for(lambda: "Nothing is archived" in schedulers.said(), "the archive to be given up", timeout_s=90)
    decide_for(schedulers, 3.0)
    assert (schedulers.leader(), elections(schedulers)) == (leader, [1])
    assert schedulers.log.snapshot_place() == first

    bucket.heal()
    snapshot_due(schedulers)
    wait_for(lambda: schedulers.log.snapshot_place() != first, "the next snapshot", timeout_s=90)
    assert elections(schedulers) == [1]


def test_a_leader_whose_bucket_does_not_answer_leaves_in_time_and_gives_the_lease_back(
    schedulers: Schedulers, settings: dict[str, object], bucket: TcpProxy
) -> None:
    del settings["archive_url"]
    settings["scheduler_lease_ms"] = 60_000
    leader = schedulers.start_leader(**settings)
    standby = schedulers.start(**settings)
    schedulers.decides()
    bucket.black_hole()
    schedulers.send(leader, signal.SIGTERM)
    wait_for(lambda: not schedulers.alive(leader), "the leader to leave", timeout_s=STOP_S)
    assert "leaving without a last snapshot" in schedulers.said()
    wait_for(lambda: schedulers.leader() == standby, "the standby to lead", timeout_s=30)
    schedulers.decides()
