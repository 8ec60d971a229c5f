"""A worker's doorbell on a real server: woken, cut off, and behind a connection that died unannounced."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.worker_kit import settings_for
from journeyman.log import subscription
from journeyman.log.connect import open_log, open_logs
from journeyman.log.doorbell import Doorbell
from journeyman.log.doorbells import Doorbells
from journeyman.log.redis_log import RedisLog
from support.servers import TestServer
from support.waiting import wait_for

LONG_MS, NOT_MS = 10_000, 40


@pytest.fixture
def log(server: TestServer, tmp_path: Path) -> Iterator[RedisLog]:
    log = open_log(settings_for(server.url, tmp_path))
    yield log
    log.close()


@pytest.fixture
def bell(log: RedisLog) -> Iterator[Doorbell]:
    bell = log.doorbell("w")
    yield bell
    bell.close()


def ring(log: RedisLog) -> int:
    """Ring, and return how many heard it."""
    heard: int = log.client.execute_command("SPUBLISH", log.keys.of("bell", "w"), "")
    return heard


def cut(log: RedisLog) -> None:
    """Close every subscription's connection from the server's side."""
    assert log.client.client_kill_filter(_type="pubsub") == 1


def test_a_ring_ends_the_wait_and_many_are_one(log: RedisLog, bell: Doorbell) -> None:
    for _ in range(5_000):
        ring(log)
    assert bell.wait(LONG_MS)
    while bell.wait(NOT_MS):  # what had not arrived yet
        pass
    assert ring(log) == 1
    assert bell.wait(LONG_MS)


def test_being_woken_ends_the_wait_and_is_no_ring(bell: Doorbell) -> None:
    started = time.monotonic()
    threading.Timer(0.05, bell.wake).start()
    assert not bell.wait(LONG_MS)
    assert time.monotonic() - started < LONG_MS / 1000


def test_a_wake_before_the_wait_is_not_lost(bell: Doorbell) -> None:
    for _ in range(100_000):
        bell.wake()
    started = time.monotonic()
    assert not bell.wait(LONG_MS)
    assert time.monotonic() - started < LONG_MS / 1000


def test_a_cut_is_mended_and_counts_as_a_ring(log: RedisLog, bell: Doorbell) -> None:
    cut(log)
    assert bell.wait(LONG_MS)
    assert ring(log) == 1
    assert bell.wait(LONG_MS)


def test_a_quiet_connection_is_asked_and_its_answer_is_no_ring(
    log: RedisLog, bell: Doorbell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "QUIET_S", 0.02)
    before = pings(log)
    assert not bell.wait(300)
    assert pings(log) > before


def test_a_connection_that_died_unannounced_is_replaced(
    log: RedisLog, bell: Doorbell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "QUIET_S", 0.02)
    monkeypatch.setattr(subscription, "ANSWER_S", 0.05)
    log.client.client_pause(2_500)  # nothing is answered, as if a firewall had forgotten the connection
    assert bell.wait(LONG_MS)
    assert ring(log) == 1


def test_closing_ends_a_wait_under_way(log: RedisLog, bell: Doorbell) -> None:
    rang: list[bool] = []
    waiting = threading.Thread(target=lambda: rang.append(bell.wait(LONG_MS)))
    waiting.start()
    bell.close()
    waiting.join(5)
    assert rang == [False]
    wait_for(lambda: ring(log) == 0, "the subscription to end")
    assert not bell.wait(LONG_MS)


def pings(log: RedisLog) -> int:
    stats = log.client.info("commandstats")
    return int(stats.get("cmdstat_ping", {}).get("calls", 0))


@pytest.fixture
def logs(server: TestServer, tmp_path: Path) -> Iterator[list[RedisLog]]:
    logs = open_logs(settings_for(server.url, tmp_path), range(3))
    yield logs
    for log in logs:
        log.close()


@pytest.fixture
def bells(logs: list[RedisLog]) -> Iterator[Doorbells]:
    bells = Doorbells(logs, "w")
    subscribed: set[int] = set()
    while len(subscribed) < len(logs):
        subscribed |= set(bells.wait(LONG_MS))
    yield bells
    bells.close()


def test_of_several_bells_it_is_told_which_rang(logs: list[RedisLog], bells: Doorbells) -> None:
    ring(logs[1])
    assert bells.wait(LONG_MS) == [1]
    for log in logs:
        ring(log)
    rang: set[int] = set()
    while len(rang) < len(logs):
        rang |= set(bells.wait(LONG_MS))
    assert list(bells.wait(NOT_MS)) == []


def test_several_bells_are_woken_as_one(bells: Doorbells) -> None:
    started = time.monotonic()
    threading.Timer(0.05, bells.wake).start()
    assert list(bells.wait(LONG_MS)) == []
    bells.wake()
    assert list(bells.wait(LONG_MS)) == []
    assert time.monotonic() - started < LONG_MS / 1000


def test_all_bells_that_were_cut_are_mended_and_count_as_rung(logs: list[RedisLog], bells: Doorbells) -> None:
    assert sum(log.client.client_kill_filter(_type="pubsub") for log in logs) == len(logs)
    rang: set[int] = set()
    while len(rang) < len(logs):
        rang |= set(bells.wait(LONG_MS))
    wait_for(lambda: not bells.wait(NOT_MS), "quiet")
    assert ring(logs[2]) == 1
    assert bells.wait(LONG_MS) == [2]


def test_several_bells_that_died_unannounced_are_replaced(
    logs: list[RedisLog], bells: Doorbells, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "QUIET_S", 0.02)
    monkeypatch.setattr(subscription, "ANSWER_S", 0.05)
    logs[0].client.client_pause(2_500)
    started = time.monotonic()
    assert list(bells.wait(NOT_MS)) == []
    assert time.monotonic() - started < 2.0  # nobody waits for a server here
    wait_for(lambda: bells.wait(LONG_MS), "a new subscription")
    assert ring(logs[0]) == 1


def test_closing_several_bells_ends_a_wait_and_the_subscriptions(logs: list[RedisLog], bells: Doorbells) -> None:
    rang: list[list[int]] = []
    waiting = threading.Thread(target=lambda: rang.append(list(bells.wait(LONG_MS))))
    waiting.start()
    bells.close()
    waiting.join(5)
    assert rang == [[]]
    wait_for(lambda: not any(ring(log) for log in logs), "the subscriptions to end")
    assert list(bells.wait(LONG_MS)) == []
