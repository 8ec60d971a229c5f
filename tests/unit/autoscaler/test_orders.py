"""Which workers are on their way, and how long they take."""

from __future__ import annotations

from journeyman_autoscaler.orders import Orders


def test_the_delay_is_learned_from_order_to_joining() -> None:
    orders = Orders()
    assert orders.start_up_ms is None

    orders.scaled(1, 0, 1_000)
    orders.scaled(3, 1, 50_000)
    orders.joined(3_000)
    orders.joined(54_000)
    orders.joined(56_000)

    assert orders.start_up_ms == (2_000 + 4_000 + 6_000) / 3


def test_those_that_have_not_joined_are_on_their_way_since_their_order() -> None:
    orders = Orders()
    orders.scaled(1, 0, 1_000)
    orders.scaled(3, 1, 5_000)
    orders.joined(2_000)

    assert orders.coming(2, 9_000) == (4_000, 4_000)


def test_one_that_replaces_a_lost_one_was_ordered_now_as_far_as_anybody_knows() -> None:
    orders = Orders()
    orders.scaled(1, 0, 1_000)
    orders.joined(2_000)

    assert orders.coming(1, 9_000) == (0,)
    orders.joined(10_000)
    assert orders.start_up_ms == 1_000


def test_a_lower_number_takes_the_latest_orders_back() -> None:
    orders = Orders()
    orders.scaled(3, 0, 1_000)
    orders.scaled(1, 3, 2_000)

    assert orders.coming(1, 3_000) == (2_000,)
    assert (orders.desired, orders.raised_ms, orders.changed_ms) == (1, 1_000, 2_000)


def test_a_decision_that_changes_nothing_is_no_change() -> None:
    orders = Orders()
    orders.scaled(2, 0, 1_000)
    orders.scaled(2, 2, 9_000)

    assert (orders.raised_ms, orders.changed_ms) == (1_000, 1_000)
