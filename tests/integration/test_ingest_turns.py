"""How long single jobs stay with one of several partitions: they share appends, and none has them for long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from journeyman.clock import ServerClock
from journeyman.events import JobSubmitted
from journeyman.ids import IdMaker
from journeyman.log.api import Verdict
from journeyman.log.memory_log import MemoryLog
from journeyman.log.redis_log import Health
from journeyman_ingest import partitions
from journeyman_ingest.gauge import Gauge
from journeyman_ingest.group_commit import GroupCommit
from journeyman_ingest.metrics import Metrics
from journeyman_ingest.partitions import Partition, Partitions
from support.awaited_log import AwaitedMemoryLog


def partition(number: int) -> Partition:
    log, clock, gauge = AwaitedMemoryLog(MemoryLog(partition=number)), ServerClock(0), Gauge(f"partition {number}", 0.9)
    gauge.found(Health(0, 0, 0, True, ""))
    return Partition(number, log, clock, GroupCommit(log, clock, Metrics()), gauge, IdMaker(number))


@asynccontextmanager
async def three(*, answering: bool) -> AsyncIterator[tuple[Partitions, list[AwaitedMemoryLog]]]:
    """Give three partitions at work. Unless they are `answering`, their appends wait."""
    all_of_them = Partitions([partition(number) for number in range(3)])
    logs = [one.log for one in all_of_them if isinstance(one.log, AwaitedMemoryLog)]
    for one, log in zip(all_of_them, logs, strict=True):
        if not answering:
            log.gate.clear()
        one.commits.start()
    try:
        yield all_of_them, logs
    finally:
        for one, log in zip(all_of_them, logs, strict=True):
            log.gate.set()
            await one.commits.close()


def submit(all_of_them: Partitions) -> tuple[int, asyncio.Future[Verdict]]:
    """Submit a job; return which partition's turn it was, and the verdict to come."""
    chosen = all_of_them.for_job("", ())
    return chosen.number, chosen.commits.submit(JobSubmitted(chosen.new_id(1), "t", released=True))


def test_jobs_that_find_nothing_to_wait_for_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "TURN_S", 60.0)

    async def test() -> None:
        async with three(answering=True) as (all_of_them, _):
            homes = []
            for _ in range(6):
                number, verdict = submit(all_of_them)
                assert (await verdict).accepted
                homes.append(number)
                while all_of_them[number].commits.busy:
                    await asyncio.sleep(0)
            assert homes == [0, 1, 2, 0, 1, 2]

    asyncio.run(test())


def test_jobs_that_wait_for_an_append_share_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "TURN_S", 60.0)

    async def test() -> None:
        async with three(answering=False) as (all_of_them, logs):
            first, waiting = submit(all_of_them)
            while all_of_them[first].commits.waiting:
                await asyncio.sleep(0)
            others = [submit(all_of_them) for _ in range(20)]
            assert {number for number, _ in others} == {first}
            logs[first].gate.set()
            await asyncio.gather(waiting, *[verdict for _, verdict in others])
            assert logs[first].appends == [1, 1], "single jobs of one append are one proposal"

    asyncio.run(test())


def test_a_turn_ends_even_if_the_server_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "TURN_S", 0.0)

    async def test() -> None:
        async with three(answering=False) as (all_of_them, _):
            assert [submit(all_of_them)[0] for _ in range(6)] == [0, 1, 2, 0, 1, 2]

    asyncio.run(test())


def test_a_turn_ends_when_the_partition_stumbles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "TURN_S", 60.0)

    async def test() -> None:
        async with three(answering=False) as (all_of_them, _):
            assert [submit(all_of_them)[0] for _ in range(2)] == [0, 0]
            all_of_them[0].gauge.stumbled()
            assert [submit(all_of_them)[0] for _ in range(2)] == [1, 1]

    asyncio.run(test())


def test_batches_take_turns_of_their_own() -> None:
    async def test() -> None:
        async with three(answering=False) as (all_of_them, _):
            assert submit(all_of_them)[0] == 0
            assert [all_of_them.for_batch().number for _ in range(4)] == [0, 1, 2, 0]

    asyncio.run(test())
