"""I5, one voice: epochs rise and never repeat, and only the present one may commit."""

from __future__ import annotations

import pytest

from journeyman import events as e
from journeyman.errors import EpochPassedError, HistoryLostError
from journeyman.log.api import Appended
from journeyman.log.memory_log import MemoryLog
from journeyman.proposals import Proposal
from support.driver import AnyLog, Driver
from support.waiting import wait_for

LONG_MS = 60_000


def fact(text: str = "w") -> list[Proposal]:
    return [Proposal((e.WorkerDraining(text),))]


def commit(log: AnyLog, epoch: int, number: int = 1, cursor: e.Offset = e.BEGINNING) -> Appended:
    return log.commit(fact(), epoch=epoch, number=number, cursor=cursor)


def test_the_first_who_asks_leads_and_the_log_says_so(driver: Driver) -> None:
    election = driver.log.elect("one", lease_ms=LONG_MS)
    assert (election.epoch, election.lease_left_ms) == (1, LONG_MS)
    assert driver.events() == [e.SchedulerElected(1, "one")]
    assert driver.entries()[0].epoch == 1


def test_who_comes_second_waits_out_the_lease(driver: Driver) -> None:
    driver.log.elect("one", lease_ms=LONG_MS)
    second = driver.log.elect("two", lease_ms=LONG_MS)
    assert second.epoch is None
    assert 0 < second.lease_left_ms <= LONG_MS
    assert len(driver.events()) == 1


def test_renewing_keeps_the_epoch_and_says_nothing(driver: Driver) -> None:
    assert [driver.log.elect("one", lease_ms=LONG_MS).epoch for _ in range(3)] == [1, 1, 1]
    assert len(driver.events()) == 1


def test_when_the_lease_has_run_out_another_leads_in_a_later_epoch(driver: Driver) -> None:
    driver.log.elect("one", lease_ms=30)
    wait_for(lambda: driver.log.elect("two", lease_ms=LONG_MS).epoch == 2, "the lease to run out")
    assert driver.log.elect("one", lease_ms=LONG_MS).epoch is None


def test_who_let_its_lease_run_out_begins_a_new_term(driver: Driver) -> None:
    driver.log.elect("one", lease_ms=1)
    wait_for(lambda: driver.log.elect("one", lease_ms=1).epoch == 2, "the lease to run out")


def test_who_resigns_makes_way_at_once_and_nobody_resigns_for_another(driver: Driver) -> None:
    driver.log.elect("one", lease_ms=LONG_MS)
    driver.log.resign("two")
    assert driver.log.elect("two", lease_ms=LONG_MS).epoch is None
    driver.log.resign("one")
    assert driver.log.elect("two", lease_ms=LONG_MS).epoch == 2


def test_an_epoch_is_above_the_floor(driver: Driver) -> None:
    assert driver.log.elect("one", lease_ms=LONG_MS, epoch_floor=41).epoch == 42


def test_a_deleted_lease_never_gives_two_schedulers_one_epoch(driver: Driver) -> None:
    driver.log.elect("one", lease_ms=LONG_MS)
    lose_lease(driver.log)
    assert driver.log.elect("two", lease_ms=LONG_MS).epoch == 2
    lose_lease(driver.log)
    assert driver.log.elect("one", lease_ms=LONG_MS).epoch == 3


def test_a_commit_of_a_passed_epoch_writes_nothing(driver: Driver) -> None:
    driver.log.elect("one", lease_ms=LONG_MS)
    commit(driver.log, 1)
    driver.log.resign("one")
    driver.log.elect("two", lease_ms=LONG_MS)
    end = driver.log.end()
    with pytest.raises(EpochPassedError) as passed:
        commit(driver.log, 1, 2)
    assert (passed.value.epoch, passed.value.current) == (1, 2)
    assert driver.log.end() == end


def test_a_commit_before_any_election_writes_nothing(driver: Driver) -> None:
    with pytest.raises(EpochPassedError):
        commit(driver.log, 1)
    assert driver.entries() == []


def test_a_commit_carries_its_epoch_and_cursor(driver: Driver) -> None:
    driver.log.elect("one", lease_ms=LONG_MS)
    read = driver.log.end()
    reply = commit(driver.log, 1, cursor=read)
    entry = driver.entries()[-1]
    assert (entry.epoch, entry.cursor) == (1, read.entry)
    assert reply.verdicts[0].offset == entry.offset


def test_a_repeated_commit_changes_nothing_and_is_answered_alike(driver: Driver) -> None:
    driver.log.elect("one", lease_ms=LONG_MS)
    assert commit(driver.log, 1) == commit(driver.log, 1)
    assert driver.tags() == ["scheduler.elected", "worker.draining"]


def test_numbers_begin_anew_with_a_term(driver: Driver) -> None:
    driver.log.elect("one", lease_ms=LONG_MS)
    commit(driver.log, 1)
    driver.log.resign("one")
    driver.log.elect("one", lease_ms=LONG_MS)
    commit(driver.log, 2)
    assert driver.tags().count("worker.draining") == 2


def test_a_commit_on_what_the_log_does_not_hold_writes_nothing(driver: Driver) -> None:
    driver.log.elect("one", lease_ms=LONG_MS)
    read = driver.log.end()
    commit(driver.log, 1, cursor=read)
    end = driver.log.end()
    for lost in (read._replace(ms=read.ms + 60_000), read._replace(ms=read.ms - 1), read._replace(seq=1_000)):
        for number in (1, 2):
            with pytest.raises(HistoryLostError):
                commit(driver.log, 1, number, cursor=lost)
    assert driver.log.end() == end
    assert commit(driver.log, 1, 2, cursor=end).verdicts[0].accepted


def test_a_commit_on_less_than_the_election_of_its_term_writes_nothing(driver: Driver) -> None:
    driver.append(*fact())
    read = driver.log.end()
    driver.log.elect("one", lease_ms=LONG_MS)
    elected = driver.log.end()
    with pytest.raises(HistoryLostError):
        commit(driver.log, 1, cursor=read)
    assert driver.log.end() == elected
    assert commit(driver.log, 1, cursor=elected).verdicts[0].accepted


def lose_lease(log: AnyLog) -> None:
    if isinstance(log, MemoryLog):
        log.lose_lease()
    else:
        log.client.delete(log.keys.of("leader"))
