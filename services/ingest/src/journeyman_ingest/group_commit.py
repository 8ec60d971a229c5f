"""How concurrent requests share commits: what has arrived while one append was under way is the next one.

There is no timer. One append is in flight at most; when its reply is here, up to `EVENTS_MAX` events that wait are
sent together, and every request gets its own verdict. A proposal larger than that travels alone.

When a reply does not come, the same call is repeated under the same number, which the log recognises, for
`patience_s`. Then its requests are told that the outcome is unknown, and those that wait behind them that nothing
was written. From then on this process calls under another name, so that a call which is still on its way cannot be
taken for a later one; and until a reply comes again every group is tried once only. What waits is bounded in
number, events and bytes; beyond that requests are refused at once.

A failure that nobody foresaw ends the group it struck, is logged, and the loop goes on.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import deque
from typing import NamedTuple

import tenacity

from journeyman.clock import ServerClock
from journeyman.errors import JourneymanError, RebuildNeededError, ServerRefusedError, ServerUnavailableError
from journeyman.log.api import Appended, Verdict
from journeyman.proposals import Proposal
from journeyman_ingest.awaited_log import AwaitedLog
from journeyman_ingest.errors import NotAppendedError, TooMuchWaitingError
from journeyman_ingest.metrics import Metrics

_log = logging.getLogger(__name__)

#: Events and bytes of one append, unless a single proposal is larger.
EVENTS_MAX = 1_000
BYTES_MAX = 1 << 20

#: What may wait, whatever is reached first: as much as the log takes in well under `PATIENCE_S`.
WAITING_MAX = 10_000
WAITING_EVENTS_MAX = 200_000
WAITING_BYTES_MAX = 128 << 20

#: How long a lost reply is asked for again.
PATIENCE_S = 5.0


class _Waiter(NamedTuple):
    proposal: Proposal
    size: int
    verdict: asyncio.Future[Verdict]


class GroupCommit:
    """The one writer of this process. Call `start` in a running loop, `close` before it ends."""

    def __init__(
        self,
        log: AwaitedLog,
        clock: ServerClock,
        metrics: Metrics,
        *,
        patience_s: float = PATIENCE_S,
        waiting_max: int = WAITING_MAX,
    ) -> None:
        self._log = log
        self._clock = clock
        self._metrics = metrics
        self._caller = _new_name()
        self._patience_s = patience_s
        self._waiting_max = waiting_max
        self._number = 0
        self._waiting: deque[_Waiter] = deque()
        self._events = self._bytes = 0
        self._arrived = asyncio.Event()
        self._unanswered = False
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to append."""
        self._task = asyncio.create_task(self._run(), name="group commit")

    async def close(self) -> None:
        """Append what waits, refuse what comes, then end."""
        self._closing = True
        self._arrived.set()
        if self._task is not None:
            await self._task
            self._task = None

    def propose(self, proposal: Proposal, size: int = 0) -> asyncio.Future[Verdict]:
        """Have a proposal appended; `size` is about its bytes.

        The future fails with NotAppendedError. Raises TooMuchWaitingError where the bounds are reached.
        """
        if self._closing:
            raise TooMuchWaitingError("shutting down")
        if (
            len(self._waiting) >= self._waiting_max
            or self._events + len(proposal.events) > WAITING_EVENTS_MAX
            or self._bytes + size > WAITING_BYTES_MAX
        ):
            raise TooMuchWaitingError(f"{len(self._waiting)} requests are waiting to be written")
        waiter = _Waiter(proposal, size, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        self._events += len(proposal.events)
        self._bytes += size
        self._arrived.set()
        return waiter.verdict

    @property
    def waiting(self) -> int:
        """How many requests wait for the next append."""
        return len(self._waiting)

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                group = self._take()
                if group:
                    await self._settle(group)
            if self._closing:
                return

    def _take(self) -> list[_Waiter]:
        """Remove the next group from what waits. Those whose request was given up are left out."""
        group: list[_Waiter] = []
        events = size = 0
        while self._waiting:
            waiter = self._waiting[0]
            events += len(waiter.proposal.events)
            size += waiter.size
            if group and (events > EVENTS_MAX or size > BYTES_MAX):
                break
            self._waiting.popleft()
            self._events -= len(waiter.proposal.events)
            self._bytes -= waiter.size
            if not waiter.verdict.cancelled():
                group.append(waiter)
        return group

    def _take_all(self) -> list[_Waiter]:
        waiting = list(self._waiting)
        self._waiting.clear()
        self._events = self._bytes = 0
        return waiting

    async def _settle(self, group: list[_Waiter]) -> None:
        proposals = [waiter.proposal for waiter in group]
        try:
            with self._metrics.append_seconds.time():
                appended = await self._append(proposals)
        except ServerUnavailableError as error:
            self._caller = _new_name()
            _fail(group, f"the log did not answer: {error}", unknown=True)
            _fail(self._take_all(), f"the log does not answer: {error}")
        except (ServerRefusedError, RebuildNeededError) as error:
            _fail(group, str(error))
        except JourneymanError as error:
            _log.error("an append failed: %s", error)
            _fail(group, str(error))
        except Exception:  # noqa: BLE001 - the loop of this process must go on; it is logged
            _log.exception("an append failed")
            _fail(group, "the append failed", unknown=True)
        else:
            self._clock.calibrate(appended.now_ms)
            self._metrics.group.observe(len(group))
            count = 0
            for waiter, verdict in zip(group, appended.verdicts, strict=True):
                if verdict.accepted and verdict.replayed is None:
                    count += len(waiter.proposal.events)
                if not waiter.verdict.done():
                    waiter.verdict.set_result(verdict)
            self._metrics.events.inc(count)

    async def _append(self, proposals: list[Proposal]) -> Appended:
        self._number += 1
        try:
            appended = await self._call(proposals, self._patience_s)
        except ServerUnavailableError:
            if self._unanswered:
                raise
            appended = await self._append_again(proposals)
        self._unanswered = False
        return appended

    async def _append_again(self, proposals: list[Proposal]) -> Appended:
        """Repeat a call whose reply was lost, under its number, until the patience ends."""
        deadline = time.monotonic() + self._patience_s
        try:
            async for attempt in tenacity.AsyncRetrying(
                retry=tenacity.retry_if_exception_type(ServerUnavailableError),
                stop=tenacity.stop_after_delay(self._patience_s),
                wait=tenacity.wait_random_exponential(multiplier=0.02, max=0.5),
                reraise=True,
            ):
                with attempt:
                    return await self._call(proposals, max(0.1, deadline - time.monotonic()))
        except ServerUnavailableError:
            self._unanswered = True
            raise
        raise AssertionError("unreachable")

    async def _call(self, proposals: list[Proposal], timeout_s: float) -> Appended:
        try:
            async with asyncio.timeout(timeout_s):
                return await self._log.append(proposals, caller=self._caller, number=self._number)
        except TimeoutError:
            raise ServerUnavailableError(f"no reply within {timeout_s:.1f} s") from None


def _new_name() -> str:
    return f"ingest-{secrets.token_hex(8)}"


def _fail(group: list[_Waiter], detail: str, *, unknown: bool = False) -> None:
    for waiter in group:
        if not waiter.verdict.done():
            waiter.verdict.set_exception(NotAppendedError(detail, unknown=unknown))
