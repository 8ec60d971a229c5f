"""Faults in the product, put in on purpose: the simulation must find each within a few seeds.

Each takes one thing away on which a promise rests: in the server (a fence, a guard, what makes a call repeatable) or in
the services (a timer, what is acknowledged when). `loss`: in which kind of world it can show.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest import mock

from journeyman import decide
from journeyman import events as e
from journeyman import proposals as p
from journeyman.errors import ServerRefusedError
from journeyman.log.memory_keys import Derived
from journeyman.log.memory_log import MemoryLog
from journeyman_ingest.group_commit import GroupCommit
from journeyman_worker.heartbeat import Heartbeat
from journeyman_worker.seat import Seat
from journeyman_worker.session import Session
from simulation.faults import Hazards
from simulation.world import World


class Mutation(NamedTuple):
    """What is changed: an attribute of something, and what it becomes."""

    name: str
    where: Any
    attribute: str
    becomes: Callable[..., Any]
    loss: str = "nothing"
    mode: str = "liveness"
    #: Nothing dies: who was wronged lives on, so that it shows.
    deathless: bool = False
    #: The first seed that is tried: the first of all, or one that showed it when it was last looked for.
    seed: int = 1

    def prepare(self, world: World) -> None:
        """Make a world in which it shows soon."""
        if self.deathless:
            world.faults.hazards = Hazards(sys.maxsize, 2.0, world.loss)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Have it so in this block."""
        with mock.patch.object(self.where, self.attribute, self.becomes):
            yield


def _commit_of_any_epoch(
    self: MemoryLog, proposals: Sequence[p.Proposal], *, epoch: int, number: int, cursor: e.Offset
) -> Any:
    with self._changed:
        return self._once(("commit", str(epoch)), number, lambda: self._apply(proposals, epoch, cursor.entry))


def _every_number_is_new(_self: MemoryLog, _who: object, _number: int, call: Callable[[], Any]) -> Any:
    return call()


_claim = MemoryLog.claim
_guard = Derived.guard
_effect = Derived.effect
_judge = MemoryLog._judge


def _claim_always_anew(self: MemoryLog, worker: str, number: int, count: int, **named: Any) -> Any:
    if worker in self.derived.workers:
        self.derived.workers[worker].claimed = 0
    return _claim(self, worker, number, count, **named)


def _claim_without_saying_what_came(self: MemoryLog, worker: str, number: int, count: int, **named: Any) -> Any:
    return _claim(self, worker, number, count, **{**named, "received": None})


def _claim_is_passed_by_what_was_brought(self: MemoryLog, worker: str, number: int, count: int, **named: Any) -> Any:
    record = self.derived.workers.get(worker)
    if record is not None and record.claimed > number:
        raise ServerRefusedError("passed")
    return _claim(self, worker, number, count, **named)


def _holds_whatever_it_says(self: Derived, worker: str, job_id: str, attempt: int) -> bool:
    return job_id in self.bodies and job_id in self.held


def _all_guards_hold(self: Derived, guard: p.Guard) -> str | None:
    return None if isinstance(guard, (p.Waiting, p.Standing, p.Held, p.Orphaned)) else _guard(self, guard)


def _ended_jobs_are_open(self: Derived, guard: p.Guard) -> str | None:
    return None if isinstance(guard, (p.Ended, p.Open)) else _guard(self, guard)


def _no_void(self: Derived, effect: p.Effect, events: Sequence[e.Event], now: int) -> None:
    if not isinstance(effect, p.Void):
        _effect(self, effect, events, now)


def _leaving_is_not_noted(self: Derived, effect: p.Effect, events: Sequence[e.Event], now: int) -> None:
    if not isinstance(effect, p.Leave):
        _effect(self, effect, events, now)


def _no_key_is_known(self: MemoryLog, proposal: p.Proposal, first: Any, proposals: Any, now: int) -> Any:
    self._idem.clear()
    return _judge(self, proposal, first, proposals, now)


def _holds_every_place(_self: MemoryLog, _offset: e.Offset) -> bool:
    return True


def _timers_are_dropped(partition: Any, now_ms: int, *_more: Any) -> None:
    partition.timers.clear()


async def _settle_before_appending(self: GroupCommit, group: Any) -> None:
    from journeyman.log.api import Verdict

    for waiter in group:
        if not waiter.verdict.done():
            waiter.verdict.set_result(Verdict(True, None))
    await _settle(self, group)


_settle = GroupCommit._settle


async def _append_under_a_new_number(self: GroupCommit, proposals: Any) -> Any:
    self._number += 1
    return await self._call(proposals, self._patience_s)


def _never_beats(self: Heartbeat) -> None:
    self._closed.wait()


def _nothing(*_: Any, **__: Any) -> None:
    """Do nothing."""


MUTATIONS = (
    Mutation("the epoch is no fence", MemoryLog, "commit", _commit_of_any_epoch),
    Mutation("a repeated call is carried out again", MemoryLog, "_once", _every_number_is_new),
    Mutation("a repeated claim takes more", MemoryLog, "claim", _claim_always_anew, deathless=True, seed=3),
    Mutation(
        "what was brought and not heard of is forgotten",
        MemoryLog,
        "claim",
        _claim_without_saying_what_came,
        "failover",
        seed=5,
    ),
    Mutation(
        "a brought job passes by the claim before", MemoryLog, "claim", _claim_is_passed_by_what_was_brought, seed=19
    ),
    Mutation("an outcome is believed to whoever says it", Derived, "holds", _holds_whatever_it_says, seed=24),
    Mutation("guards of held jobs always hold", Derived, "guard", _all_guards_hold),
    Mutation("ended jobs count as open", Derived, "guard", _ended_jobs_are_open),
    Mutation("places are not voided", Derived, "effect", _no_void),
    Mutation("who left stays registered", Derived, "effect", _leaving_is_not_noted),
    Mutation("idempotency keys are forgotten", MemoryLog, "_judge", _no_key_is_known),
    Mutation("due timers are dropped", decide, "advance", _timers_are_dropped),
    Mutation("jobs are acknowledged before they are appended", GroupCommit, "_settle", _settle_before_appending),
    Mutation(
        "a lost append is repeated under another number",
        GroupCommit,
        "_append_again",
        _append_under_a_new_number,
    ),
    Mutation("a lost worker is never given up", Session, "lose", _nothing, seed=32),
    Mutation("decisions on a lost history are taken", MemoryLog, "_holds", _holds_every_place, "failover", seed=5),
    Mutation("outcomes that were lost are not missed", Seat, "_beaten", _nothing, "failover", deathless=True, seed=247),
)
