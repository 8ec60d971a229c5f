from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman_dashboard import histogram

VALUES = st.integers(0, 10**12)


def counted(values: list[int]) -> histogram.Histogram:
    found: histogram.Histogram = {}
    for value in values:
        histogram.add(found, value)
    return found


def test_nothing_measured_has_no_percentiles() -> None:
    assert histogram.percentiles({}, (0.5, 0.99)) == [None, None]


def test_small_values_are_exact() -> None:
    assert histogram.percentiles(counted(list(range(1, 11))), (0.1, 0.5, 1.0)) == [1, 5, 10]


def test_a_negative_value_counts_as_zero() -> None:
    assert counted([-5]) == counted([0])


@given(VALUES)
def test_one_value_is_told_within_four_percent(value: int) -> None:
    assert histogram.percentiles(counted([value]), (0.5,)) == [pytest.approx(value, rel=0.04)]


def test_values_of_one_slot_are_told_apart() -> None:
    one_slot = range(327_680, 344_064)
    assert len(counted([*one_slot])) == 1
    found = histogram.percentiles(counted([*one_slot]), (0.5, 0.95, 0.99))
    assert found == [pytest.approx(one_slot[len(one_slot) * n // 100], abs=2) for n in (50, 95, 99)]


@given(VALUES, VALUES)
def test_slots_rise_with_values(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert histogram.slot_of(low) <= histogram.slot_of(high)


@given(st.lists(VALUES, min_size=1), st.lists(VALUES))
def test_merging_is_counting_together(ours: list[int], theirs: list[int]) -> None:
    merged = counted(ours)
    histogram.merge(merged, counted(theirs))
    assert merged == counted(ours + theirs)


@given(st.lists(VALUES, min_size=1), st.floats(0.01, 1))
def test_a_percentile_is_near_the_true_one(values: list[int], share: float) -> None:
    (found,) = histogram.percentiles(counted(values), (share,))
    true = sorted(values)[max(1, math.ceil(share * len(values))) - 1]
    assert found is not None
    assert abs(found - true) <= 0.063 * true


@given(st.lists(st.integers(0, 10**6), min_size=1), st.sampled_from([1, 1_000]), st.integers(2, 60))
def test_ranges_count_everything_once_without_gaps(numbers: list[int], grain: int, most: int) -> None:
    values = [number * grain for number in numbers]
    found = histogram.buckets(counted(values), most, grain)
    assert 1 <= len(found) <= most
    assert all(one[1] == other[0] for one, other in pairwise(found))
    assert [count for _, _, count in found] == [sum(low <= value < high for value in values) for low, high, _ in found]
    assert sum(count for _, _, count in found) == len(values)
    assert all(low % grain == 0 and high > low for low, high, _ in found)


def test_what_is_told_in_milliseconds_has_no_ranges_of_microseconds() -> None:
    waits = counted([0, 0, 0, 1_000, 3_000])
    assert histogram.buckets(waits, 40, 1_000) == [
        (0, 1_000, 3),
        (1_000, 2_000, 1),
        (2_000, 3_000, 0),
        (3_000, 4_000, 1),
    ]
    assert histogram.percentiles(counted([7_000] * 20), (0.5, 0.99), 1_000) == [7_000, 7_000]


@given(st.lists(VALUES))
def test_bytes_hold_a_histogram_and_do_not_depend_on_order(values: list[int]) -> None:
    data = histogram.to_bytes(counted(values))
    assert histogram.from_bytes(data) == counted(values)
    assert histogram.to_bytes(counted(values[::-1])) == data
