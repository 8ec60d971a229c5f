"""A snapshot brings back every job as it was, shares plans, and refuses what does not fit."""

from __future__ import annotations

import msgspec
import pytest

from journeyman import jobs
from journeyman.events import Backoff, Error, Offset
from journeyman.jobs import Job, Plan
from journeyman.partition import Partition
from journeyman_scheduler import packed_jobs, snapshots

PLAN = Plan("report", "default", 10, 3, Backoff(), False)
OTHER = Plan("mail", "slow", 5, 1, Backoff(1, 1.5, 2, False), True)

#: One job of every state at least, with fields away from their defaults.
JOBS: dict[str, Job] = {
    "a": jobs.Blocked(PLAN, 1, 0, 0, 0, 7, frozenset({"x", "y"}), frozenset({"z"}), ("w", "failed")),
    "b": jobs.Blocked(OTHER, 1, 0, 0, 0, 0, frozenset(), frozenset()),
    "c": jobs.Scheduled(PLAN, 2, 4, 0, 1, 1_732_000_000_000, 3),
    "d": jobs.Ready(PLAN, 1, 0, 0, 0, 10, 0, 1_732_000_000_001),
    "e": jobs.Ready(PLAN, 1, 0, 0, 0, 20, 2, 1_732_000_000_001),
    "f": jobs.Running(PLAN, 1, 1, 0, 0, "w-1", 10, 0),
    "g": jobs.Cancelling(OTHER, 1, 1, 0, 2, "w-2", 5, 1),
    "h": jobs.Failed(PLAN, 1, 2, 2, 0, Error("ValueError", "no"), True, None),
    "i": jobs.Failed(PLAN, 1, 2, 2, 0, Error("RetryAfter"), True, 500),
    "j": jobs.Orphaned(PLAN, 1, 1, 0, 1, "no heartbeat"),
    "k": jobs.Retrying(PLAN, 1, 1, 1, 0, 99),
    "l": jobs.Withdrawn(OTHER, 1, 0, 0, 0, True, 5, 1),
}


def partition_of(held: dict[str, Job]) -> Partition:
    partition = Partition()
    partition.offset = Offset(5, 0, 0)
    partition.jobs = held
    return partition


def test_every_state_of_a_job_comes_back_as_it_was() -> None:
    assert {type(job) for job in JOBS.values()} == set(jobs.PHASES)
    assert packed_jobs.unpack(list(packed_jobs.pack(JOBS))) == JOBS


def test_a_group_that_is_full_goes_on_in_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_jobs, "GROUP_MAX", 3)
    held: dict[str, Job] = {f"job-{number}": jobs.Ready(PLAN, 1, 0, 0, 0, 10, 0, number) for number in range(10)}
    groups = list(packed_jobs.pack(held))
    assert len(groups) == 4
    assert packed_jobs.unpack(groups) == held


def test_jobs_of_one_plan_share_it_and_their_like_times_after_a_restart() -> None:
    at_ms = 1_732_000_000_000
    held: dict[str, Job] = {name: jobs.Ready(PLAN, 1, 0, 0, 0, 10, 0, at_ms) for name in ("a", "b")}
    first, second = snapshots.from_bytes(snapshots.to_bytes(partition_of(held))).jobs.values()
    assert isinstance(first, jobs.Ready)
    assert isinstance(second, jobs.Ready)
    assert first.plan is second.plan
    assert first.since_ms is second.since_ms


def test_a_snapshot_keeps_everything_beside_the_jobs() -> None:
    partition = partition_of(dict(JOBS))
    partition.epoch, partition.paused, partition.gone = 7, {"slow"}, {"w-2": "left"}
    assert snapshots.from_bytes(snapshots.to_bytes(partition)) == partition.snapshot()


def test_a_snapshot_from_before_jobs_were_packed_is_read() -> None:
    partition = partition_of(dict(JOBS))
    assert snapshots.from_bytes(msgspec.msgpack.encode(partition.snapshot())).jobs == JOBS


@pytest.mark.parametrize("damage", ["truncated", "empty", "of another state"])
def test_what_is_damaged_is_refused(damage: str) -> None:
    data = snapshots.to_bytes(partition_of(dict(JOBS)))
    wrong = {
        "truncated": data[: len(data) // 2],
        "empty": b"",
        "of another state": data.replace(b"retrying", b"slumbers"),
    }
    with pytest.raises((msgspec.MsgspecError, ValueError)):
        snapshots.from_bytes(wrong[damage])


def test_a_group_that_lacks_an_id_is_refused() -> None:
    groups = [msgspec.structs.replace(group, ids=msgspec.Raw(b"\x90")) for group in packed_jobs.pack(JOBS)]
    with pytest.raises(ValueError, match="0 ids for"):
        packed_jobs.unpack(groups)
