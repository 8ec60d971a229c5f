"""Taking jobs from the log: how many, when, and what happens to those that cannot start soon.

It runs in dramatiq's consumer thread. While there is work and a thread for it, it claims, and puts what it got on
the line to the worker threads. When a claim brings less than asked for, the server has no more: it waits for the
doorbell itself, so that a ring leads to a claim without another thread in between, and has a slow poll behind it, which
gets slower while it finds nothing. Jobs claimed ahead that then do not start, because those before them turned out
slow, go back to the head of their line.

Under load claims become few and large: a claim waits until `APART_MS` have passed since the one before, once they have
followed each other that closely for a while and jobs are short enough to be claimed ahead. Without load none waits.

Where one thread alone gets as much done as all of them (`lanes.py`), the others are kept from the line. They are let in
as soon as a job behind it has waited for `STALE_ALONE_MS` while one ran for `LONG_MS`.

A worker at rest offers to take a job unasked: it then comes with the ring, and no claim stands between that and its
first line (`journeyman.log.api`, `Brought`). It is the reply to the claim that would have been next, and is taken as
that; whatever went wrong with the ring, that claim brings it. Soon after it was woken, a worker that has nothing to do
any more claims again, and so makes the next offer.

Several partitions (`wells.py`) are asked in turn, those that are dry left out, and large claims are split. The calls
are then made on other threads, and this one waits for replies and rings alike: so a partition whose server does not
answer holds up no claim from the others, and after `OVERDUE_MS` no thread is kept free for what it may still bring.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from queue import SimpleQueue
from threading import Event

from journeyman import failpoints
from journeyman.errors import WorkerLostError
from journeyman.log.api import Claimed
from journeyman_worker.bells import Bells
from journeyman_worker.claim_size import (
    ALLOWANCE_FIRST,
    UNKNOWN_US,
    allowed,
    claim_count,
    jobs_ahead,
    smoothed,
)
from journeyman_worker.clock import monotonic_ms
from journeyman_worker.errands import Errands
from journeyman_worker.lanes import Lanes
from journeyman_worker.pace import Pace
from journeyman_worker.pocket import (
    HELD_MAX_MS,
    LONG_MS,
    STALE_ALONE_MS,
    STALE_MS,
    Batch,
    Desk,
    Gate,
    Pocket,
)
from journeyman_worker.retrying import GivenUpError, until_answered
from journeyman_worker.runner.attempt import Attempt, hand_back
from journeyman_worker.wells import Source, Well, shares

#: A free thread that has not taken a job for so long will not.
THREAD_MAX_MS = 1_000.0
APART_MS = 1.0
#: How many jobs at least stand behind a thread that works alone.
AHEAD_ALONE = 4
#: A claim that has not been answered for so long is not counted on.
OVERDUE_MS = 100.0
#: How soon after it was woken a worker looks whether it is at rest again. Each time that it is not, it waits twice as
#: long, until the slow poll is as good.
REST_FIRST_MS = 1.0
REST_LAST_MS = 500.0
#: How often a claimer that is closed looks whether it is still needed.
PAUSE_MS = 50.0


class Claimer:
    """Claims for one worker id."""

    def __init__(
        self,
        sources: Sequence[Source],
        threads: int,
        *,
        bells: Bells,
        pocket: Pocket,
        gate: Gate,
        desk: Desk,
        aside: bool = False,
    ) -> None:
        """Prepare to claim for so many threads. From now on the doorbells and the gate belong to the claimer.

        aside: claims may take long, and are made on other threads, as they are with several partitions.
        """
        self._wells = [Well(source) for source in sources]
        #: The same in the order of their turns: whoever was asked last comes last.
        self._turns = self._wells
        self._bells = bells
        self._pocket = pocket
        self._lanes = Lanes(threads, gate.let)
        self._desk = desk
        self._run_us = UNKNOWN_US
        self._allowance = ALLOWANCE_FIRST
        self._ahead = 0
        #: The longest wait for a thread since the last claim; negative where nothing has ended since.
        self._waited_ms = -1.0
        self._pace = Pace(APART_MS)
        self._batches: deque[Batch] = deque()
        self._put = 0
        self._waiting = False
        #: The log may start a job for this worker unasked.
        self._offered = False
        self._rest_ms = REST_FIRST_MS
        self._rest_at = float("inf")
        #: Where calls are made; None: here, as there is only one partition.
        self._errands = Errands("claims") if aside or len(self._wells) > 1 else None
        self._replies: SimpleQueue[tuple[Well, Claimed | WorkerLostError | GivenUpError]] = SimpleQueue()
        self._closed = Event()
        #: Set once nothing is being claimed and nothing will be.
        self.quiet = Event()

    @property
    def open_threads(self) -> int:
        """How many threads take jobs at the moment."""
        return self._lanes.open

    # --- told by others --------------------------------------------------------------------------------

    def ran(self, attempt: Attempt) -> None:
        """Note that an attempt ended, and that its thread is free."""
        self._run_us = smoothed(self._run_us, attempt.run_us)
        waited_ms = attempt.started - attempt.claimed
        self._waited_ms = max(self._waited_ms, waited_ms)
        if self._waiting and self._pocket.qsize() * 2 <= self._ahead:
            self._waiting = False
            self._bells.wake()

    def look_again(self) -> None:
        """See what has changed: a partition was joined."""
        self._bells.wake()

    def more(self, source: Source) -> None:
        """Claim from a source again without waiting: it may have more, though the last claim was not filled."""
        for well in self._wells:
            if well.source is source:
                well.hear()
        self._bells.wake()

    def is_closed(self) -> bool:
        """Tell whether nothing more is claimed."""
        return self._closed.is_set()

    def close(self) -> None:
        """Claim no more. `quiet` is set once a claim under way is over and what it brought has gone back."""
        self._closed.set()
        self._bells.wake()

    def hang_up(self) -> None:
        """Listen to the doorbells no more."""
        self._closed.set()
        self._bells.close()
        if self._errands is not None:
            self._errands.close()

    # --- the consumer thread ---------------------------------------------------------------------------

    def serve(self, timeout_ms: float) -> None:
        """Claim whatever there is a thread for, until the time has passed."""
        until = monotonic_ms() + timeout_ms
        try:
            while not self._closed.is_set():
                if not self._turn(until) and monotonic_ms() >= until:
                    return
        except WorkerLostError:
            self._closed.set()
            self._desk.lose()
        except GivenUpError:
            self._closed.set()
        self._retire(min(timeout_ms, PAUSE_MS))

    def _turn(self, until: float) -> bool:
        """Claim once, or wait for a reason to. Tell whether it claimed."""
        if self._errands is not None:
            self._take_replies()
        now = monotonic_ms()
        self._put_right(now)
        wells = [well for well in self._turns if well.is_open()]
        count = self._count(now) if wells else 0
        if count:
            until = self._pace.not_before(now) if self._ahead else now
            if until <= now:
                self._pace.note(now)
                self._claim(wells, count, now)
                self._listen(0.0)
                return True
        self._look()
        self._wait(until, bool(wells), count, now)
        return False

    def _count(self, now: float) -> int:
        waiting = self._pocket.qsize()
        self._lanes.look(self._put - waiting, now, plenty=any(not well.dry for well in self._wells))
        self._ahead = jobs_ahead(self._run_us, self._allowance)
        if self._lanes.narrow:
            # A thread alone always has jobs behind it, by which it is seen when one of them takes long.
            self._ahead = max(self._ahead, AHEAD_ALONE)
        free = max(0, self._lanes.open - (len(self._desk.attempts) - waiting))
        if self._errands is not None:
            waiting += sum(well.asked for well in self._wells if now - well.asked_at < OVERDUE_MS)
        return claim_count(free, waiting, self._ahead)

    def _claim(self, wells: list[Well], count: int, now: float) -> None:
        if self._errands is None:
            [well] = wells
            # With nothing running there is nothing that could keep a job that is brought from starting at once.
            offer = not self._desk.attempts
            claimed = self._call(well, count, well.ask(count, now), offer)
            self._offered = offer and not claimed.jobs
            self._answered(well, claimed)
            return
        asked = shares(count, wells)
        for well, share in asked:
            number = well.ask(share, now)
            self._errands.send(lambda well=well, share=share, number=number: self._fetch(well, share, number))  # type: ignore[misc]
        served = {well for well, _ in asked}
        self._turns = [well for well in self._turns if well not in served] + [well for well, _ in asked]

    def _call(self, well: Well, count: int, number: int, offer: bool = False) -> Claimed:
        return until_answered(lambda: well.source.claim(number, count, well.received, offer), "claim", self.is_closed)

    def _fetch(self, well: Well, count: int, number: int) -> None:
        """Make one claim, on a thread for it."""
        reply: Claimed | WorkerLostError | GivenUpError
        try:
            reply = self._call(well, count, number)
        except (WorkerLostError, GivenUpError) as error:
            reply = error
        self._replies.put((well, reply))
        self._bells.wake()

    def _take_replies(self) -> None:
        while not self._replies.empty():
            well, reply = self._replies.get()
            if isinstance(reply, Claimed):
                self._answered(well, reply)
            else:
                well.asked = 0
                raise reply

    def _answered(self, well: Well, claimed: Claimed) -> None:
        """Take the reply to a claim."""
        now = monotonic_ms()
        well.answered(len(claimed.jobs), now, claimed.now_ms)
        if claimed.jobs and not self._desk.attempts:
            # An idle worker was rung for the work it then found, and has nothing else to be rung for.
            well.rang = False
        self._take(well, claimed, now)

    def _brought(self, number: int, claimed: Claimed) -> None:
        """Take a job that came with a ring, unless a claim has returned it already."""
        [well] = self._wells
        if number != well.number + 1:
            return
        now = monotonic_ms()
        self._offered = False
        well.brought(now)
        self._take(well, claimed, now)

    def _withdraw(self) -> None:
        """Take the offer back, and hand back what it has brought meanwhile."""
        self._offered = False
        [well] = self._wells
        claimed = self._call(well, 0, well.ask(0, monotonic_ms()))
        hand_back([message.attempt for message in well.source.accept(claimed)])

    def _take(self, well: Well, claimed: Claimed, now: float) -> None:
        """Put claimed jobs on the line."""
        failpoints.hit("worker.after_claim")
        idle = not self._desk.attempts
        messages = well.source.accept(claimed)
        if self._closed.is_set():
            hand_back([message.attempt for message in messages])
            return
        if messages:
            started = self._put - self._pocket.qsize()
            self._put += len(messages)
            self._batches.append(Batch(now, now + self._stale_ms(), started, self._put))
            for message in messages:
                message.attempt.claimed = now
                self._pocket.put(message)
            if idle and self._errands is None:
                self._rest_ms, self._rest_at = REST_FIRST_MS, now + REST_FIRST_MS
        if self._waited_ms >= 0:
            self._allowance = allowed(self._allowance, self._waited_ms)
            self._waited_ms = -1.0

    # --- waiting ---------------------------------------------------------------------------------------

    def _wait(self, until: float, open_: bool, count: int, now: float) -> None:
        """Wait for a doorbell, for a thread that becomes free where that would be a reason to claim, or for time."""
        self._waiting = open_
        if not open_ or count or not self._count(now):
            self._listen(max(0.0, min(until, self._look_at(now)) - monotonic_ms()))
        self._waiting = False

    def _listen(self, timeout_ms: float) -> None:
        for index in self._bells.wait(timeout_ms):
            self._wells[index].ring()
        for number, claimed in self._bells.brought():
            self._brought(number, claimed)

    def _look(self) -> None:
        """Ask what else the doorbells may have meant."""
        for well in self._wells:
            if well.rang:
                well.rang = False
                well.source.look()

    def _look_at(self, now: float) -> float:
        """Return when to look again if nothing wakes it."""
        if self._pocket.qsize() and self._batches:
            return self._batches[0].judged_at
        at = self._rest_at
        for well in self._wells:
            if well.dry:
                at = min(at, well.poll_at)
            elif well.asked and now < well.asked_at + OVERDUE_MS:
                at = min(at, well.asked_at + OVERDUE_MS)
        return at

    def _put_right(self, now: float) -> None:
        """See to what has waited too long: jobs in the pocket, and logs that were not asked for a while."""
        started = self._put - self._pocket.qsize()
        while self._batches and self._batches[0].end <= started:
            self._batches.popleft()
        if self._batches and now >= self._batches[0].judged_at:
            oldest = self._batches[0]
            if self._lanes.narrow and self._is_held_up(now):
                self._lanes.held_up(now)
            if now - oldest.claimed < STALE_MS:
                self._batches[0] = oldest._replace(judged_at=oldest.claimed + STALE_MS)
            elif self._has_threads_for_all() and now - oldest.claimed < THREAD_MAX_MS:
                self._batches[0] = oldest._replace(judged_at=now + STALE_MS)
            elif oldest.is_soon_gone(started, now):
                self._batches[0] = oldest._replace(judged_at=oldest.claimed + HELD_MAX_MS)
            else:
                self._run_us = max(self._run_us, STALE_MS * 1_000)
                self._allowance = ALLOWANCE_FIRST
                self._batches.clear()
                self._take_back()
        for well in self._wells:
            well.poll(now)
        if now >= self._rest_at:
            self._rest(now)

    def _rest(self, now: float) -> None:
        """Where nothing is left to do, claim once more, with an offer; else look again later."""
        at_rest = not self._desk.attempts
        if at_rest and not self._offered:
            self._wells[0].hear()
        self._rest_ms *= 2
        self._rest_at = float("inf") if at_rest or self._rest_ms > REST_LAST_MS else now + self._rest_ms

    def _take_back(self) -> None:
        """Have the jobs in the pocket handed back: they count as never put there."""
        waiting = self._pocket.qsize()
        self._desk.take_back()
        self._put -= waiting - self._pocket.qsize()

    def _is_held_up(self, now: float) -> bool:
        """Tell whether a job runs that takes long: others then wait for it, and not for the interpreter."""
        return any(now - attempt.started >= LONG_MS for attempt in list(self._desk.running.values()))

    def _stale_ms(self) -> float:
        return STALE_ALONE_MS if self._lanes.narrow else STALE_MS

    def _has_threads_for_all(self) -> bool:
        """Tell whether what waits in the pocket waits for no other job, only for threads to be given the processor."""
        return len(self._desk.attempts) <= self._lanes.open

    def _retire(self, pause_ms: float) -> None:
        """Say that nothing is under way, and go on listening: what still runs may be cancelled."""
        try:
            if self._offered:
                self._withdraw()
            self._take_replies()
        except WorkerLostError:
            self._desk.lose()
        except GivenUpError:
            pass
        if self._errands is None or not any(well.asked for well in self._wells):
            self.quiet.set()
        until = monotonic_ms() + pause_ms
        for index in self._bells.wait(pause_ms):
            self._wells[index].source.look()
        time.sleep(max(0.0, until - monotonic_ms()) / 1000)
