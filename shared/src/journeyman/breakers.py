"""Circuit breakers, one for each type of job: how its attempts went of late, and whether it is shut. Pure.

A part of the fold (`partition.py`): it counts and remembers, `breaker_verdicts.py` judges. A type without a state here
is closed, that is: its jobs run. What is kept is bounded by the types that were active of late, not by jobs: one small
bucket for each second of the last `KEPT_S` and type.

What counts: an attempt that succeeded, and one that failed and may be retried. What does not: errors that say that no
retry would help (`jm.Permanent`, a payload that does not fit), attempts that were returned, lost or asked to stop.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from typing import NamedTuple, TypeAlias, Union

import msgspec

from journeyman import events as e

#: The longest window that can be judged.
KEPT_S = 300
#: A row of failures is forgotten when nothing came after it for so long.
QUIET_S = 3_600

#: Who shuts a valve: the scheduler by its rules, or a person.
AUTOMATIC = "automatic"
MANUAL = "manual"


class _State(msgspec.Struct, frozen=True, gc=False, array_like=True, tag_field="state"):
    """What the states of a breaker share: since when it is in it, and how often it was opened again before."""

    since_ms: int
    reopened: int


class Open(_State, frozen=True, tag="open"):
    """Nothing of the type starts. `until_ms`: when it is tried again; 0 where a person opened the breaker."""

    until_ms: int


class HalfOpen(_State, frozen=True, tag="half_open"):
    """`wanted` probes must succeed, and none fail. permits: probes yet to start; running: jobs that are probes."""

    wanted: int
    permits: int
    running: frozenset[str] = frozenset()
    succeeded: int = 0
    failed: int = 0


State: TypeAlias = Union[Open, HalfOpen]


class Tally(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """How the attempts of a type went, as stored.

    row: failures since the last success. last_s: second of the last attempt. buckets: (second, succeeded, failed).
    """

    row: int
    last_s: int
    buckets: tuple[tuple[int, int, int], ...]


class Kept(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Everything `Breakers` is, in a shape that can be stored."""

    states: dict[str, State] = {}
    tallies: dict[str, Tally] = {}


class Recent(NamedTuple):
    """How attempts of a type went within a window. row: failures since the last success, whenever they were."""

    calls: int
    failures: int
    row: int


class _Counting:
    """A tally that grows."""

    __slots__ = ("buckets", "last_s", "row")

    def __init__(self, row: int = 0, last_s: int = 0, buckets: tuple[tuple[int, int, int], ...] = ()) -> None:
        self.row = row
        self.last_s = last_s
        #: second -> succeeded, failed; in order of time
        self.buckets = {second: [succeeded, failed] for second, succeeded, failed in buckets}

    def add(self, second: int, succeeded: int, failed: int) -> None:
        self.last_s = second
        self.row = failed if succeeded else self.row + failed
        bucket = self.buckets.get(second)
        if bucket is None:
            self.buckets[second] = [succeeded, failed]
        else:
            bucket[0] += succeeded
            bucket[1] += failed

    def forget(self, second: int) -> bool:
        """Forget what is too old by now. True where nothing is left."""
        for old in [one for one in self.buckets if one <= second - KEPT_S]:
            del self.buckets[old]
        return not self.buckets and (not self.row or self.last_s <= second - QUIET_S)

    def stored(self) -> Tally:
        counts = tuple((second, succeeded, failed) for second, (succeeded, failed) in self.buckets.items())
        return Tally(self.row, self.last_s, counts)


class Breakers:
    """Read its attributes freely; `agenda` and `timers` note what may have become decidable, the rest is state."""

    def __init__(self) -> None:
        #: Types that are not closed.
        self.states: dict[str, State] = {}
        #: Those of them that are half-open.
        self.probing: set[str] = set()
        #: Types to judge. A dict, for its order.
        self.agenda: dict[str, None] = {}
        #: (time in ms, type): when an open breaker comes onto the agenda by itself.
        self.timers: list[tuple[int, str]] = []
        #: By type: attempts that succeeded in this second and since the last failure. Counted up by `Partition`.
        self.succeeded: defaultdict[str, int] = defaultdict(int)
        #: From when on an entry must be announced by `turn` before it is folded.
        self.turn_ms = 0
        self._second = 0
        self._counting: dict[str, _Counting] = {}

    # --- how attempts went -----------------------------------------------------------------------------

    def turn(self, at_ms: int) -> None:
        """Begin another second."""
        for type_, succeeded in self.succeeded.items():
            self._of(type_).add(self._second, succeeded, 0)
        self.succeeded.clear()
        self._second = at_ms // 1_000
        self.turn_ms = (self._second + 1) * 1_000
        for type_ in [one for one, counting in self._counting.items() if counting.forget(self._second)]:
            del self._counting[type_]

    def _of(self, type_: str) -> _Counting:
        counting = self._counting.get(type_)
        if counting is None:
            counting = self._counting[type_] = _Counting()
        return counting

    def over(self, type_: str, job_id: str, *, failed: bool) -> None:
        """Take in an attempt that is over and did not succeed; `failed`: in a way that counts."""
        if type_ in self.states:
            self.probe_over(type_, job_id, failed=failed)
        elif failed:
            counting = self._of(type_)
            if succeeded := self.succeeded.pop(type_, 0):
                counting.add(self._second, succeeded, 0)
            counting.add(self._second, 0, 1)
            self.agenda[type_] = None

    def recent(self, type_: str, since_ms: int) -> Recent:
        """Return how attempts went from the second of `since_ms` on."""
        counting = self._counting.get(type_) or _Counting()
        fresh = self.succeeded.get(type_, 0)
        counts = [bucket for second, bucket in counting.buckets.items() if second >= since_ms // 1_000]
        failures = sum(failed for _, failed in counts)
        return Recent(
            fresh + failures + sum(succeeded for succeeded, _ in counts), failures, 0 if fresh else counting.row
        )

    # --- probes ----------------------------------------------------------------------------------------

    def started(self, type_: str, job_id: str) -> None:
        """Take in that a job started, while some breaker is half-open."""
        state = self.states.get(type_)
        if isinstance(state, HalfOpen):
            self.states[type_] = msgspec.structs.replace(
                state, permits=max(state.permits - 1, 0), running=state.running | {job_id}
            )

    def probe_over(self, type_: str, job_id: str, *, succeeded: bool = False, failed: bool = False) -> None:
        """Take in that an attempt is over; where it neither succeeded nor failed, it says nothing of its type."""
        state = self.states.get(type_)
        if isinstance(state, HalfOpen) and job_id in state.running:
            self.states[type_] = msgspec.structs.replace(
                state,
                running=state.running - {job_id},
                succeeded=state.succeeded + succeeded,
                failed=state.failed + failed,
            )
            self.agenda[type_] = None

    # --- events ----------------------------------------------------------------------------------------

    def apply(self, event: e.BreakerEvent, at_ms: int) -> None:
        """Fold what became of a breaker."""
        match event:
            case e.BreakerOpened():
                self._opened(event, at_ms)
            case e.BreakerHalfOpened():
                self._half_opened(event, at_ms)
            case e.BreakerClosed(type_):
                self._leave(type_)
                self.states.pop(type_, None)
                # The type begins with a clean record.
                self.succeeded.pop(type_, None)
                self._counting.pop(type_, None)

    def _opened(self, event: e.BreakerOpened, at_ms: int) -> None:
        before = self.states.get(event.type)
        reopened = before.reopened + 1 if isinstance(before, HalfOpen) and event.reason == "probe_failed" else 0
        self._leave(event.type)
        self.states[event.type] = Open(at_ms, reopened, event.until_ms)
        if event.until_ms:
            heapq.heappush(self.timers, (event.until_ms, event.type))

    def _half_opened(self, event: e.BreakerHalfOpened, at_ms: int) -> None:
        """Begin the trial; another such event gives further permits."""
        match self.states.get(event.type):
            case Open(until_ms=until_ms) as before if until_ms:
                self.states[event.type] = HalfOpen(at_ms, before.reopened, event.probes, event.probes)
                self.probing.add(event.type)
            case HalfOpen() as before:
                self.states[event.type] = msgspec.structs.replace(before, permits=before.permits + event.probes)

    def _leave(self, type_: str) -> None:
        self.probing.discard(type_)
        self.agenda.pop(type_, None)

    # --- time ------------------------------------------------------------------------------------------

    def advance(self, now_ms: int) -> None:
        """Put on the agenda what time alone has made decidable."""
        while self.timers and self.timers[0][0] <= now_ms:
            until_ms, type_ = heapq.heappop(self.timers)
            state = self.states.get(type_)
            if isinstance(state, Open) and state.until_ms == until_ms:
                self.agenda[type_] = None

    def permits(self) -> dict[str, tuple[str, int]]:
        """Return who has shut each type that is shut, and how many of its jobs may start all the same."""
        return {
            type_: (AUTOMATIC, state.permits)
            if isinstance(state, HalfOpen)
            else (AUTOMATIC if state.until_ms else MANUAL, 0)
            for type_, state in self.states.items()
        }

    # --- snapshots -------------------------------------------------------------------------------------

    def snapshot(self) -> Kept:
        """Return the state, as a copy."""
        counting = {type_: _Counting(*_fields(one.stored())) for type_, one in self._counting.items()}
        for type_, succeeded in self.succeeded.items():
            counting.setdefault(type_, _Counting()).add(self._second, succeeded, 0)
        return Kept(dict(self.states), {type_: one.stored() for type_, one in counting.items()})

    @classmethod
    def restore(cls, kept: Kept, at_ms: int) -> Breakers:
        """Return the breakers of a snapshot whose last entry is of `at_ms`, with all that may be decidable noted."""
        self = cls()
        self.states = dict(kept.states)
        self.probing = {type_ for type_, state in kept.states.items() if isinstance(state, HalfOpen)}
        self._counting = {type_: _Counting(*_fields(tally)) for type_, tally in kept.tallies.items()}
        self.agenda = dict.fromkeys([*self.states, *self._counting])
        for type_, state in self.states.items():
            if isinstance(state, Open) and state.until_ms:
                heapq.heappush(self.timers, (state.until_ms, type_))
        self.turn(at_ms)
        return self


def _fields(tally: Tally) -> tuple[int, int, tuple[tuple[int, int, int], ...]]:
    return tally.row, tally.last_s, tally.buckets
