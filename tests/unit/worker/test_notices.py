"""What becomes of an EC2 instance, from what its metadata says."""

from __future__ import annotations

import pytest

from journeyman_worker.notices import SPOT_WARNING_S, Notice, notice_of

#: 2027-01-15T08:00:00Z
NOW_S = 1_800_000_000.0
SPOT = '{"action": "terminate", "time": "2027-01-15T08:02:00Z"}'
REBALANCE = '{"noticeTime": "2027-01-15T07:59:00Z"}'


def heard(state: str | None = "InService", spot: str | None = None, rebalance: str | None = None) -> Notice | None:
    return notice_of(state, spot, rebalance, NOW_S, since_s=NOW_S - 3_600)


@pytest.mark.parametrize("state", [None, "InService", "Standby", "Detached", "Warmed:Stopped", ""])
def test_most_states_are_no_notice(state: str | None) -> None:
    assert heard(state) is None


def test_an_instance_that_its_group_takes_away_hears_of_it() -> None:
    assert heard("Terminated\n") == Notice("lifecycle")


def test_a_spot_notice_says_when_the_instance_is_gone() -> None:
    assert heard(spot=SPOT) == Notice("spot", NOW_S + 120)


@pytest.mark.parametrize("text", ["", "terminate", "[]", '{"action": "stop"}', '{"time": "soon"}', '{"time": 7}'])
def test_a_spot_notice_that_does_not_say_leaves_two_minutes(text: str) -> None:
    assert heard(spot=text) == Notice("spot", NOW_S + SPOT_WARNING_S)


def test_what_the_group_does_is_more_pressing_and_the_deadline_stays() -> None:
    assert heard("Terminated", SPOT, REBALANCE) == Notice("lifecycle", NOW_S + 120)
    assert heard(spot=SPOT, rebalance=REBALANCE) == Notice("spot", NOW_S + 120)


def test_a_recommendation_to_rebalance_counts_if_it_is_younger_than_the_worker() -> None:
    assert heard(rebalance=REBALANCE) == Notice("rebalance")
    assert notice_of(None, None, REBALANCE, NOW_S, since_s=NOW_S) is None
    assert heard(rebalance="{}") == Notice("rebalance")
