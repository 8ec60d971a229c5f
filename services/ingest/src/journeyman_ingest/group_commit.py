"""How concurrent requests share commits: what has arrived while one append was under way is the next one.

There is no timer. One append is in flight at most; when its reply is here, up to `EVENTS_MAX` events that wait are
sent together, and every request gets its own verdict. A proposal larger than that travels alone.

Jobs that come one by one and without an idempotency key are one proposal together: nothing can refuse one of them and
not the others, and a proposal costs the log as much as several jobs do. They share its verdict. So the offset that a
client is told is where the last of them stands, in the same append as its own and not before it.

A server that has reached its memory limit refuses new jobs alone: what shares their append is sent again without them.

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
from collections.abc import Callable
from typing import NamedTuple

import tenacity

from journeyman import failpoints
from journeyman.admission import admit
from journeyman.clock import ServerClock
from journeyman.errors import (
    JourneymanError,
    RebuildNeededError,
    ServerFullError,
    ServerRefusedError,
    ServerUnavailableError,
)
from journeyman.events import JobSubmitted
from journeyman.log.api import Appended, Verdict
from journeyman.proposals import Proposal, brings_jobs
from journeyman_ingest.awaited_log import AwaitedLog
from journeyman_ingest.errors import NotAppendedError, TooMuchWaitingError
from journeyman_ingest.metrics import Metrics

_log = logging.getLogger(__name__)

#: Events and bytes of one append, unless a single proposal is larger.
EVENTS_MAX = 1_000
BYTES_MAX = 1 << 20


class Bounds(NamedTuple):
    """What may wait, whatever is reached first: as much as the log takes in well under `PATIENCE_S`."""

    requests: int = 10_000
    events: int = 200_000
    size: int = 128 << 20

    def shared_by(self, writers: int) -> Bounds:
        """Return the share of one writer among several; each can still take a large batch or two."""
        return Bounds(
            max(self.requests // writers, 1_000),
            max(self.events // writers, 20_000),
            max(self.size // writers, 16 << 20),
        )


BOUNDS = Bounds()

#: How long a lost reply is asked for again.
PATIENCE_S = 5.0


class _Waiter(NamedTuple):
    wanted: Proposal | JobSubmitted
    events: int
    size: int
    verdict: asyncio.Future[Verdict]

    @property
    def brings_jobs(self) -> bool:
        """Whether a server that is short of memory refuses it."""
        return isinstance(self.wanted, JobSubmitted) or brings_jobs(self.wanted)


class GroupCommit:
    """The one writer of this process to a partition. Made in the loop that is to run it; `close` before that ends.

    `on_trouble` is called when an append is not answered at first, or declined: whoever has a choice may go elsewhere.
    """

    def __init__(
        self,
        log: AwaitedLog,
        clock: ServerClock,
        metrics: Metrics,
        *,
        patience_s: float = PATIENCE_S,
        bounds: Bounds = BOUNDS,
        on_trouble: Callable[[], None] = lambda: None,
    ) -> None:
        self._log = log
        self._clock = clock
        self._metrics = metrics
        self._caller = _new_name()
        self._patience_s = patience_s
        self._bounds = bounds
        self._on_trouble = on_trouble
        self._number = 0
        self._waiting: deque[_Waiter] = deque()
        self._events = self._bytes = 0
        self._arrived = asyncio.Event()
        self._unanswered = False
        self._under_way = False
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        # Asking for the loop that runs costs a system call.
        self._loop = asyncio.get_running_loop()

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
        return self._enqueue(proposal, len(proposal.events), size)

    def submit(self, job: JobSubmitted, size: int = 0) -> asyncio.Future[Verdict]:
        """Have one job submitted, with whichever others wait. As `propose`, and nothing refuses it."""
        return self._enqueue(job, 1, size)

    def _enqueue(self, wanted: Proposal | JobSubmitted, events: int, size: int) -> asyncio.Future[Verdict]:
        if self._closing:
            raise TooMuchWaitingError("shutting down")
        if (
            len(self._waiting) >= self._bounds.requests
            or self._events + events > self._bounds.events
            or self._bytes + size > self._bounds.size
        ):
            raise TooMuchWaitingError(f"{len(self._waiting)} requests are waiting to be written")
        verdict: asyncio.Future[Verdict] = self._loop.create_future()
        self._waiting.append(_Waiter(wanted, events, size, verdict))
        self._events += events
        self._bytes += size
        self._arrived.set()
        return verdict

    @property
    def busy(self) -> bool:
        """Whether what is enqueued now has something to wait behind."""
        return self._under_way or bool(self._waiting)

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
                    self._under_way = True
                    await self._settle(group)
            self._under_way = False
            if self._closing:
                return

    def _take(self) -> list[_Waiter]:
        """Remove the next group from what waits. Those whose request was given up are left out."""
        group: list[_Waiter] = []
        events = size = 0
        while self._waiting:
            waiter = self._waiting[0]
            events += waiter.events
            size += waiter.size
            if group and (events > EVENTS_MAX or size > BYTES_MAX):
                break
            self._waiting.popleft()
            self._events -= waiter.events
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
        proposals, places = _proposals(group, self._clock.now_ms())
        try:
            with self._metrics.append_seconds.time():
                appended = await self._append(proposals)
        except ServerUnavailableError as error:
            self._caller = _new_name()
            _fail(group, f"the log did not answer: {error}", unknown=True)
            _fail(self._take_all(), f"the log does not answer: {error}")
        except ServerFullError as error:
            self._on_trouble()
            _fail([waiter for waiter in group if waiter.brings_jobs], str(error), full=True)
            others = [waiter for waiter in group if not waiter.brings_jobs]
            if others:
                await self._settle(others)
        except (ServerRefusedError, RebuildNeededError) as error:
            self._on_trouble()
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
            self._answer(group, places, appended.verdicts)

    def _answer(self, group: list[_Waiter], places: list[int], verdicts: list[Verdict]) -> None:
        count = 0
        for waiter, place in zip(group, places, strict=True):
            verdict = verdicts[place]
            if verdict.accepted and verdict.replayed is None:
                count += waiter.events
            if not waiter.verdict.done():
                waiter.verdict.set_result(verdict)
        self._metrics.events.inc(count)

    async def _append(self, proposals: list[Proposal]) -> Appended:
        self._number += 1
        try:
            appended = await self._call(proposals, self._patience_s)
        except ServerUnavailableError:
            self._on_trouble()
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
                    try:
                        return await self._call(proposals, max(0.1, deadline - time.monotonic()))
                    except ServerRefusedError as error:
                        # It may have been taken the first time, and only this repetition was refused.
                        raise ServerUnavailableError(str(error)) from error
        except ServerUnavailableError:
            self._unanswered = True
            raise
        raise AssertionError("unreachable")

    async def _call(self, proposals: list[Proposal], timeout_s: float) -> Appended:
        failpoints.hit("ingest.before_append")
        try:
            async with asyncio.timeout(timeout_s):
                appended = await self._log.append(proposals, caller=self._caller, number=self._number)
        except TimeoutError:
            raise ServerUnavailableError(f"no reply within {timeout_s:.1f} s") from None
        failpoints.hit("ingest.after_append")
        return appended


def _proposals(group: list[_Waiter], now_ms: int) -> tuple[list[Proposal], list[int]]:
    """Return what a group proposes, its single jobs as one proposal, and for each waiter which proposal is its own."""
    jobs = [waiter.wanted for waiter in group if isinstance(waiter.wanted, JobSubmitted)]
    proposals = [admit(jobs, now_ms)] if jobs else []
    places: list[int] = []
    for waiter in group:
        if isinstance(waiter.wanted, JobSubmitted):
            places.append(0)
        else:
            places.append(len(proposals))
            proposals.append(waiter.wanted)
    return proposals, places


def _new_name() -> str:
    return f"ingest-{secrets.token_hex(8)}"


def _fail(group: list[_Waiter], detail: str, *, unknown: bool = False, full: bool = False) -> None:
    for waiter in group:
        if not waiter.verdict.done():
            waiter.verdict.set_exception(NotAppendedError(detail, unknown=unknown, full=full))
