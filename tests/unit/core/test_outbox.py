"""Telling neighbours: in batches, one call at a time for each, and nobody waits for one that is away."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from journeyman import events as e
from journeyman.errors import ServerUnavailableError
from journeyman.ids import compose
from journeyman.log.memory_log import MemoryLog
from journeyman.messages import WATCHING, Message, answer, watch
from journeyman.outbox import BATCH_MAX, PAUSE_MS, Outbox, Said, at_once
from journeyman.watchers import Edge
from support.given import START_MS, A

SOON_MS = 3


def messages(count: int, partition: int = 1) -> list[Message]:
    return [watch(Edge(A, compose(START_MS, number, partition))) for number in range(count)]


class Neighbours:
    """Partitions 1 and 2, each there or away."""

    def __init__(self) -> None:
        self.logs = {number: MemoryLog(lambda: START_MS, number) for number in (1, 2)}
        self.away: set[int] = set()

    def __call__(self, partition: int) -> MemoryLog:
        if partition in self.away:
            raise ServerUnavailableError("away")
        return self.logs[partition]

    def commits(self, partition: int) -> list[int]:
        return [len(entry.events) for entry in self.logs[partition].read(e.BEGINNING, count=100)]


def test_messages_share_appends_and_are_all_acknowledged() -> None:
    neighbours = Neighbours()
    outbox = Outbox(neighbours, "s")
    outbox.put(messages(BATCH_MAX + 5))
    assert set(outbox.turn(0).values()) == {WATCHING}
    assert neighbours.commits(1) == [BATCH_MAX, 5]
    assert outbox.idle
    assert outbox.wait_ms(0, SOON_MS) is None


def test_a_neighbour_that_is_away_is_tried_again_and_holds_up_nobody() -> None:
    neighbours = Neighbours()
    neighbours.away.add(1)
    outbox = Outbox(neighbours, "s")
    outbox.put([*messages(3), *messages(2, partition=2)])
    assert len(outbox.turn(0)) == 2
    neighbours.away.clear()
    assert outbox.turn(PAUSE_MS - 1) == {}
    assert outbox.wait_ms(PAUSE_MS - 1, SOON_MS) == 1
    assert len(outbox.turn(PAUSE_MS)) == 3
    assert outbox.idle


def test_one_call_at_a_time_is_under_way_and_the_next_takes_what_has_gathered() -> None:
    neighbours = Neighbours()
    calls: list[tuple[Future[Said], Callable[[], Said]]] = []

    def later(call: Callable[[], Said]) -> Future[Said]:
        calls.append((Future(), call))
        return calls[-1][0]

    outbox = Outbox(neighbours, "s", later)
    first, *rest = messages(4)
    outbox.put([first])
    assert outbox.turn(0) == {}
    outbox.put([first, *rest])
    assert outbox.turn(0) == {}
    assert (len(calls), outbox.wait_ms(0, SOON_MS)) == (1, SOON_MS)
    future, call = calls[0]
    future.set_result(call())
    assert outbox.turn(0) == {first.edge: WATCHING}
    future, call = calls[1]
    future.set_result(call())
    assert outbox.turn(0) == {message.edge: WATCHING for message in rest}
    assert neighbours.commits(1) == [1, 3]


def test_a_repetition_is_acknowledged_with_what_was_said_first() -> None:
    neighbours = Neighbours()
    edge = Edge(compose(START_MS, 1, 1), A)
    for scheduler, status in (("s1", "failed"), ("s2", "completed")):
        outbox = Outbox(neighbours, scheduler, at_once)
        outbox.put([answer(edge, status)])
        assert outbox.turn(0) == {edge: "failed"}
    assert neighbours.commits(1) == [1]


def test_what_is_forgotten_is_not_sent() -> None:
    neighbours = Neighbours()
    outbox = Outbox(neighbours, "s")
    outbox.put(messages(3))
    outbox.forget()
    assert outbox.turn(0) == {}
    assert neighbours.commits(1) == []
