"""How requests share appends, and what becomes of them when replies are lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from journeyman import job_changes
from journeyman.admission import admit
from journeyman.clock import ServerClock
from journeyman.errors import JourneymanError, ServerRefusedError, ServerUnavailableError
from journeyman.events import JobSubmitted, QueuePaused
from journeyman.ids import compose
from journeyman.log.api import Appended
from journeyman.proposals import Proposal
from journeyman_ingest.errors import NotAppendedError, TooMuchWaitingError
from journeyman_ingest.group_commit import Bounds, GroupCommit
from journeyman_ingest.metrics import Metrics
from support.awaited_log import AwaitedMemoryLog
from support.ingest import events, records

LOST = ServerUnavailableError("the connection broke")


def pause(queue: str) -> Proposal:
    return Proposal((QueuePaused(queue),))


def job(number: int, count: int = 1) -> Proposal:
    return admit([JobSubmitted(compose(1, number * 100_000 + index, 0), "t") for index in range(count)], 1)


def single(number: int) -> JobSubmitted:
    return JobSubmitted(compose(1, number, 0), "t", released=True)


@asynccontextmanager
async def committing(
    log: AwaitedMemoryLog, patience_s: float = 0.2, waiting_max: int = 100
) -> AsyncIterator[GroupCommit]:
    commits = GroupCommit(log, ServerClock(0), Metrics(), patience_s=patience_s, bounds=Bounds(waiting_max))
    commits.start()
    try:
        yield commits
    finally:
        log.gate.set()
        await commits.close()


def run(test: Callable[[AwaitedMemoryLog], Coroutine[Any, Any, None]]) -> AwaitedMemoryLog:
    async def main() -> AwaitedMemoryLog:
        log = AwaitedMemoryLog()
        await test(log)
        return log

    return asyncio.run(main())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


def test_what_arrives_during_an_append_travels_together_in_the_next() -> None:
    async def test(log: AwaitedMemoryLog) -> None:
        async with committing(log) as commits:
            log.gate.clear()
            first = commits.propose(pause("first"))
            await until(lambda: not commits.waiting)
            others = [commits.propose(pause(f"q{number}")) for number in range(20)]
            log.gate.set()
            verdicts = await asyncio.gather(first, *others)
            offsets = [verdict.offset for verdict in verdicts]
            assert all(verdict.accepted for verdict in verdicts)
            assert [offset.index for offset in offsets[1:] if offset] == list(range(20))

    assert run(test).appends == [1, 20]


def test_an_append_has_a_thousand_events_at_most_and_a_large_batch_travels_alone() -> None:
    async def test(log: AwaitedMemoryLog) -> None:
        async with committing(log, waiting_max=2_000) as commits:
            log.gate.clear()
            waiting = [commits.propose(pause("first"))]
            await until(lambda: not commits.waiting)
            waiting += [commits.propose(job(number)) for number in range(1_200)]
            waiting += [commits.propose(job(2_000, count=5_000)), commits.propose(pause("last"))]
            log.gate.set()
            assert all(verdict.accepted for verdict in await asyncio.gather(*waiting))

    assert run(test).appends == [1, 1_000, 200, 1, 1]


def test_jobs_that_come_one_by_one_are_one_proposal_and_share_its_offset() -> None:
    async def test(log: AwaitedMemoryLog) -> None:
        async with committing(log) as commits:
            log.gate.clear()
            waiting = [commits.submit(single(0))]
            await until(lambda: not commits.waiting)
            waiting += [commits.submit(single(number)) for number in range(1, 40)]
            log.gate.set()
            first, *others = await asyncio.gather(*waiting)
            assert first.accepted
            assert all(verdict == others[0] for verdict in others)
            found = records(log.sync)
            assert {record.event.job_id for record in found if isinstance(record.event, JobSubmitted)} == {
                single(number).job_id for number in range(40)
            }
            assert others[0].offset == found[-1].offset
            assert len({record.offset.entry for record in found}) == 2

    assert run(test).appends == [1, 1]


def test_single_jobs_and_what_else_shares_their_append_each_get_their_own_verdict() -> None:
    async def test(log: AwaitedMemoryLog) -> None:
        async with committing(log) as commits:
            log.gate.clear()
            first = commits.propose(pause("first"))
            await until(lambda: not commits.waiting)
            refused = commits.propose(job_changes.cancel(compose(1, 7, 1)))
            jobs = [commits.submit(single(1))]
            paused = commits.propose(pause("second"))
            jobs.append(commits.submit(single(2)))
            log.gate.set()
            await first
            assert (await refused).reason == "unknown"
            assert all(verdict.accepted for verdict in await asyncio.gather(*jobs))
            offset = (await paused).offset
            assert offset is not None
            assert log.sync.at(offset) == QueuePaused("second")

    assert run(test).appends == [1, 3]


def test_single_jobs_share_a_failure_too() -> None:
    async def test(log: AwaitedMemoryLog) -> None:
        async with committing(log) as commits:
            log.failures = [ServerRefusedError("full")]
            verdicts = await asyncio.gather(*[commits.submit(single(n)) for n in range(5)], return_exceptions=True)
            assert all(isinstance(verdict, NotAppendedError) for verdict in verdicts)
            assert (await commits.submit(single(9))).accepted

    assert len(records(run(test).sync)) == 2


def test_large_payloads_travel_in_smaller_groups() -> None:
    async def test(log: AwaitedMemoryLog) -> None:
        async with committing(log) as commits:
            log.gate.clear()
            waiting = [commits.propose(pause("first"))]
            await until(lambda: not commits.waiting)
            waiting += [commits.propose(job(number), size=400_000) for number in range(5)]
            log.gate.set()
            await asyncio.gather(*waiting)

    assert run(test).appends == [1, 2, 2, 1]


@pytest.mark.parametrize("losses", [1, 3])
@pytest.mark.parametrize("happened", [False, True])
def test_a_lost_reply_is_asked_for_again_and_nothing_is_appended_twice(losses: int, happened: bool) -> None:
    async def test(log: AwaitedMemoryLog) -> None:
        log.failures = [LOST] * losses
        log.lose_replies = happened
        async with committing(log, patience_s=5) as commits:
            assert (await commits.propose(pause("q"))).accepted
        assert events(log.sync) == [QueuePaused("q")]

    run(test)


def test_after_the_patience_the_outcome_is_unknown_and_what_waited_was_not_written() -> None:
    async def test(log: AwaitedMemoryLog) -> None:
        log.failures = [LOST] * 1000
        async with committing(log) as commits:
            sent = commits.propose(pause("sent"))
            await until(lambda: not commits.waiting)
            behind = commits.propose(pause("behind"))
            with pytest.raises(NotAppendedError) as caught:
                await sent
            assert caught.value.unknown
            with pytest.raises(NotAppendedError) as caught:
                await behind
            assert not caught.value.unknown
            left = len(log.failures)
            with pytest.raises(NotAppendedError):
                await commits.propose(pause("once"))
            assert len(log.failures) == left - 1
            log.failures = []
            assert (await commits.propose(pause("later"))).accepted

    run(test)


def test_a_server_that_does_not_answer_at_all_is_given_up_in_time() -> None:
    async def test(log: AwaitedMemoryLog) -> None:
        async with committing(log) as commits:
            log.gate.clear()
            async with asyncio.timeout(3):
                with pytest.raises(NotAppendedError):
                    await commits.propose(pause("q"))

    run(test)


def test_a_call_that_was_given_up_is_not_taken_for_a_later_one() -> None:
    names: list[tuple[str, int]] = []

    class Remembering(AwaitedMemoryLog):
        async def append(self, proposals: Any, *, caller: str, number: int) -> Appended:
            names.append((caller, number))
            return await super().append(proposals, caller=caller, number=number)

    async def main() -> None:
        log = Remembering()
        log.failures = [LOST] * 1000
        async with committing(log) as commits:
            with pytest.raises(NotAppendedError):
                await commits.propose(pause("q"))
            log.failures = []
            given_up = set(names)
            await commits.propose(pause("q"))
        assert len(given_up) == 1
        assert names[-1][0] != names[0][0]

    asyncio.run(main())


@pytest.mark.parametrize("failure", [ServerRefusedError("OOM"), JourneymanError("something else")])
def test_a_refused_append_fails_its_requests_and_not_the_next(failure: JourneymanError) -> None:
    async def test(log: AwaitedMemoryLog) -> None:
        log.failures = [failure]
        async with committing(log) as commits:
            with pytest.raises(NotAppendedError):
                await commits.propose(pause("q"))
            assert (await commits.propose(pause("q"))).accepted

    run(test)


def test_what_waits_is_bounded() -> None:
    async def test(log: AwaitedMemoryLog) -> None:
        async with committing(log, waiting_max=3) as commits:
            log.gate.clear()
            commits.propose(pause("first"))
            await until(lambda: not commits.waiting)
            for _ in range(3):
                commits.propose(pause("q"))
            with pytest.raises(TooMuchWaitingError):
                commits.propose(pause("q"))
        async with committing(log) as commits:
            commits.propose(pause("q"), size=100 << 20)
            with pytest.raises(TooMuchWaitingError):
                commits.propose(pause("q"), size=100 << 20)

    run(test)


def test_closing_appends_what_waits_and_refuses_what_comes() -> None:
    async def test(log: AwaitedMemoryLog) -> None:
        async with committing(log) as commits:
            waiting = [commits.propose(pause(f"q{number}")) for number in range(5)]
            await commits.close()
            assert all(verdict.accepted for verdict in await asyncio.gather(*waiting))
            with pytest.raises(TooMuchWaitingError):
                commits.propose(pause("late"))

    run(test)


def test_a_request_that_was_given_up_is_not_sent() -> None:
    async def test(log: AwaitedMemoryLog) -> None:
        async with committing(log) as commits:
            log.gate.clear()
            first = commits.propose(pause("first"))
            await until(lambda: not commits.waiting)
            gone, stays = commits.propose(pause("gone")), commits.propose(pause("stays"))
            gone.cancel()
            log.gate.set()
            await asyncio.gather(first, stays)
        assert events(log.sync) == [QueuePaused("first"), QueuePaused("stays")]

    run(test)
