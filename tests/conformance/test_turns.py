"""Whose turn it is, of several that could do the same."""

from __future__ import annotations

from journeyman.events import Offset
from journeyman.log.memory_log import MemoryLog
from journeyman.log.turns import RedisTurn, Turn
from support.driver import AnyLog
from support.waiting import wait_for

LONG_MS = 60_000


def turn_of(log: AnyLog, name: str = "work") -> Turn:
    return log.turn(name) if isinstance(log, MemoryLog) else RedisTurn(log, name)


def test_one_at_a_time_has_the_turn_and_may_renew_it(log: AnyLog) -> None:
    turn = turn_of(log)

    assert turn.take("a", LONG_MS)
    assert not turn.take("b", LONG_MS)
    assert turn.take("a", LONG_MS)


def test_a_turn_that_was_given_back_is_anybodys(log: AnyLog) -> None:
    turn = turn_of(log)
    turn.take("a", LONG_MS)

    turn.give_back("b")
    assert not turn.take("b", LONG_MS)
    turn.give_back("a")
    assert turn.take("b", LONG_MS)


def test_a_turn_that_is_not_renewed_goes_to_who_asks_next(log: AnyLog) -> None:
    turn = turn_of(log)
    turn.take("a", 50)

    wait_for(lambda: turn.take("b", LONG_MS), "the turn to be over")
    assert not turn.take("a", LONG_MS)


def test_turns_of_different_work_are_different(log: AnyLog) -> None:
    assert turn_of(log).take("a", LONG_MS)
    assert turn_of(log, "other").take("b", LONG_MS)


def test_how_far_the_work_came_is_known_to_who_has_the_next_turn(log: AnyLog) -> None:
    assert turn_of(log).place() is None
    turn_of(log).come_to(Offset(1_732_247_000_123, 4, 7))

    assert turn_of(log).place() == Offset(1_732_247_000_123, 4, 7)
