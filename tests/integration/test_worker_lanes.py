"""One thread alone where that gets as much done, and never one that holds up the others' jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

import journeyman_worker as jm
from integration.worker_kit import Kit, server_kit
from journeyman.events import JobSucceeded
from journeyman_worker import claimer
from journeyman_worker.lanes import Lanes
from support.servers import TestServer
from support.waiting import wait_for

SHORT = "lanes.short"
THREADS = 8
AT_ONCE = 5_000
MOST = 500_000
LATEST_S = 60


class Seen(Lanes):
    """Lanes that note how many threads were open."""

    __slots__ = ("opened",)
    made: list[Seen]

    def __init__(self, threads: int, let: Callable[[int], None]) -> None:
        super().__init__(threads, let)
        self.opened = {threads}
        self.made.append(self)

    def look(self, started: int, now: float, *, plenty: bool) -> None:
        super().look(started, now, plenty=plenty)
        self.opened.add(self.open)


class Narrow(Seen):
    """Lanes that leave it at one thread whenever there is plenty to do, while they may, until that one is held up."""

    __slots__ = ("may",)

    def __init__(self, threads: int, let: Callable[[int], None]) -> None:
        self.may = True
        super().__init__(threads, let)

    def look(self, started: int, now: float, *, plenty: bool) -> None:
        if plenty and self.may and not self.narrow:
            self._open(1)
            self.opened.add(1)


@pytest.fixture
def kit(server: TestServer, tmp_path: Path) -> Iterator[Kit]:
    with server_kit(server.url, tmp_path) as kit:
        yield kit


@pytest.fixture
def lanes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[Seen]:
    kind: type[Seen] = request.param
    kind.made = []
    monkeypatch.setattr(claimer, "Lanes", kind)
    return kind.made


@pytest.fixture
def ran(kit: Kit) -> list[int]:
    """Declare a short job. What is returned tells how often it ran; looking at the log would slow the worker down."""
    ran: list[int] = []

    @jm.job(SHORT, broker=kit.broker)
    def short() -> None:
        ran.append(1)

    return ran


def feed(kit: Kit, ran: list[int], until: Callable[[], bool]) -> None:
    """Run short jobs, so many at once that there is plenty to do, until something has happened."""
    submitted = 0

    def have_run() -> bool:
        return len(ran) == submitted

    while not until():
        assert submitted < MOST
        submitted += len(kit.submit_many(SHORT, AT_ONCE))
        wait_for(have_run, "the jobs", timeout_s=LATEST_S)


@pytest.mark.parametrize("lanes", [Seen], indirect=True)
def test_one_thread_alone_is_tried_out_while_there_is_plenty_to_do(kit: Kit, lanes: list[Seen], ran: list[int]) -> None:
    with kit.worker(threads=THREADS):
        feed(kit, ran, lambda: 1 in lanes[0].opened)


@pytest.mark.parametrize("lanes", [Narrow], indirect=True)
def test_a_slow_job_on_the_only_open_thread_lets_the_others_in(kit: Kit, lanes: list[Seen], ran: list[int]) -> None:
    go_on = Event()

    @jm.job("lanes.slow", broker=kit.broker)
    def slow() -> None:
        go_on.wait(LATEST_S)

    with kit.worker(threads=THREADS):
        feed(kit, ran, lambda: lanes[0].narrow)
        assert isinstance(lanes[0], Narrow)
        lanes[0].may = False
        held = slow.send().message_id
        wait_for(lambda: kit.story(held) == ["JobStarted"], "the slow job to run")
        behind = kit.submit_many(SHORT, AT_ONCE)
        kit.wait_for_event(JobSucceeded, behind[-1])
        assert lanes[0].open == THREADS
        go_on.set()
        kit.wait_for_event(JobSucceeded, held)
