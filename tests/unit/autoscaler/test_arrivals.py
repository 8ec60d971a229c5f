"""How many come, and how old those are that wait, from when they came."""

from __future__ import annotations

import random

import pytest

from journeyman_autoscaler.arrivals import GROWTH_MAX, Arrivals


def came(*at_s: float) -> Arrivals:
    arrivals = Arrivals()
    for each in sorted(at_s):
        arrivals.add(round(each * 1_000))
    return arrivals


def steadily(per_s: int, start_s: int, end_s: int) -> list[float]:
    return [start_s + number / per_s for number in range(per_s * (end_s - start_s))]


def test_the_last_that_came_are_those_that_wait() -> None:
    arrivals = came(10, 10, 10, 50, 50, 99)

    assert arrivals.waits(1, 100_000) == [(1_000.0, 1)]
    assert arrivals.waits(4, 100_000) == [(90_000.0, 1), (50_000.0, 2), (1_000.0, 1)]


def test_who_is_not_known_to_have_come_has_waited_for_as_long_as_is_remembered() -> None:
    assert came(99).waits(3, 100_000) == [(300_000.0, 2), (1_000.0, 1)]


def test_old_arrivals_are_counted_and_forgotten() -> None:
    arrivals = came(*steadily(2, 0, 1_000))

    ages = arrivals.waits(2_000, 1_000_000)
    assert sum(count for _, count in ages) == 2_000
    assert len(ages) < 50
    assert ages == sorted(ages, reverse=True)


def test_a_steady_stream_has_its_rate_in_every_window() -> None:
    rates = came(*steadily(20, 0, 200)).rates(200_000)

    assert (rates.recent, rates.past, rates.growth) == (20.0, 20.0, 0.0)
    assert 15 < rates.sudden <= 20


def test_what_comes_all_at_once_is_no_stream() -> None:
    rates = came(*steadily(1, 0, 200), *[195.0] * 5_000).rates(200_000)

    assert rates.sudden <= 1
    assert rates.recent == pytest.approx(1.0)
    assert rates.past == pytest.approx(1.0)


def test_a_stream_that_began_seconds_ago_is_seen() -> None:
    rates = came(*steadily(1, 0, 196), *steadily(100, 196, 200)).rates(200_000)

    assert rates.sudden > 60


def test_a_stream_that_grows_is_expected_to_grow_on_within_reason() -> None:
    growing = [at for minute in range(4) for at in steadily(10 * (minute + 1), 60 * minute, 60 * minute + 60)]

    assert 0 < came(*growing).rates(240_000).growth <= GROWTH_MAX


def test_chance_is_not_growth() -> None:
    chance = random.Random(3)
    at_s, found, arrivals = 0.0, 0, Arrivals()
    for second in range(1_000):
        while at_s < second + 1:
            arrivals.add(round(at_s * 1_000))
            at_s += chance.expovariate(5.0)
        found += second > 120 and arrivals.rates((second + 1) * 1_000).growth > 0
    assert found < 20
