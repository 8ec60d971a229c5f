from __future__ import annotations

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
def test_a_slots_middle_is_within_four_percent_of_what_falls_into_it(value: int) -> None:
    middle = histogram.middle_of(histogram.slot_of(value))
    assert abs(middle - value) <= 0.04 * value


@given(VALUES, VALUES)
def test_slots_rise_with_values(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert histogram.slot_of(low) <= histogram.slot_of(high)


@given(st.lists(VALUES, min_size=1), st.lists(VALUES))
def test_merging_is_counting_together(ours: list[int], theirs: list[int]) -> None:
    merged = counted(ours)
    histogram.merge(merged, counted(theirs))
    assert merged == counted(ours + theirs)


@given(st.lists(VALUES, min_size=1))
def test_a_median_is_near_the_true_one(values: list[int]) -> None:
    (median,) = histogram.percentiles(counted(values), (0.5,))
    true = sorted(values)[(len(values) - 1) // 2]
    assert median is not None
    assert abs(median - true) <= 0.04 * true


@given(st.lists(VALUES))
def test_bytes_hold_a_histogram_and_do_not_depend_on_order(values: list[int]) -> None:
    data = histogram.to_bytes(counted(values))
    assert histogram.from_bytes(data) == counted(values)
    assert histogram.to_bytes(counted(values[::-1])) == data
