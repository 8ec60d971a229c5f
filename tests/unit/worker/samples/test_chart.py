"""The geometry of charts: everything inside the picture, in proportion, round figures at the axes."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman_worker.samples import chart
from journeyman_worker.samples.chart import Bars, Line, Point

values = st.floats(-1e9, 1e9, allow_nan=False).map(lambda value: round(value, 3))
labels = st.text(max_size=40)


@given(st.lists(st.builds(Point, labels, values), min_size=1, max_size=30))
def test_bars_stay_inside_and_the_longest_comes_first(points: list[Point]) -> None:
    drawn = chart.bars(points)

    assert len(drawn.bars) == min(len(points), chart.BARS_MAX)
    assert drawn.hidden == len(points) - len(drawn.bars)
    for bar in drawn.bars:
        assert drawn.label_x <= bar.x
        assert bar.x + bar.width <= chart.WIDTH + 1
        assert 0 <= bar.y < drawn.height


def test_bars_are_as_long_as_their_values_say() -> None:
    drawn = chart.bars([Point("one", 100.0), Point("two", 50.0), Point("three", -25.0)])

    one, two, three = drawn.bars
    assert one.width == pytest.approx(2 * two.width, abs=0.2)
    assert one.width == pytest.approx(4 * three.width, abs=0.3)
    assert one.x == two.x == drawn.zero_x
    assert three.x + three.width == pytest.approx(drawn.zero_x, abs=0.2)


@given(st.lists(st.tuples(st.integers(-5000, 5000), values), min_size=2, max_size=60, unique_by=lambda pair: pair[0]))
def test_lines_stay_between_their_axes(pairs: list[tuple[int, float]]) -> None:
    drawn = chart.line([Point(str(at), value, value - 1, value + 1) for at, value in sorted(pairs)])

    corners = [tuple(map(float, pair.split(","))) for pair in f"{drawn.line} {drawn.band}".split()]
    assert len(corners) == 3 * len(pairs)
    assert all(drawn.left <= x <= drawn.right and 0 <= y <= drawn.bottom + 0.1 for x, y in corners)
    assert len(drawn.x_ticks) <= 12


def test_a_line_without_a_range_has_no_band() -> None:
    assert not chart.line([Point("1", 1.0), Point("2", 2.0)]).band


@given(values, values)
def test_axes_have_few_round_ticks_that_enclose_the_values(one: float, other: float) -> None:
    low, high = sorted((one, other))

    ticks = chart.ticks(low, high)

    step = ticks[1] - ticks[0]
    assert 2 <= len(ticks) <= 9
    assert ticks[0] <= low + step * 1e-6
    assert ticks[-1] >= high - step * 1e-6
    assert all(b - a == pytest.approx(step, rel=1e-6) for a, b in itertools.pairwise(ticks))


def test_rising_numbers_become_a_line_and_names_become_bars() -> None:
    points = [Point(str(month), float(month)) for month in range(1, 13)]

    assert isinstance(chart.draw(points, ordered=True), Line)
    assert isinstance(chart.draw(points, ordered=False), Bars)
    assert isinstance(chart.draw(points[:2], ordered=True), Bars)
    assert chart.draw([], ordered=True) is None


def test_numbers_are_written_for_people() -> None:
    assert chart.number(-1234567.891, 1) == "\N{MINUS SIGN}1,234,567.9"
    assert chart.decimals([1.0, 200.0]) == 0
    assert chart.decimals([0.25, 3.5]) == 2
    assert chart.decimals([0.25, 35.5]) == 1
    assert chart.clip("a" * 30) == "a" * 23 + "…"
