"""Where the bars and lines of a report's charts go: numbers in, coordinates out.

The template draws what is computed here as SVG. Charting libraries were weighed and left: those that draw
SVG without a browser bring a plotting stack of tens of megabytes or scripts that phone out of the report.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

WIDTH = 640
BARS_MAX = 12
LABEL_MAX = 24

_ROW, _BAR, _CHARACTER = 26, 16, 7.2
_LEFT, _RIGHT, _TOP, _BOTTOM, _PLOT = 58, 18, 16, 30, 214
_X_LABELS_MAX = 12


class Point(NamedTuple):
    """One group in a chart: its label, its value, and the range the value stands for, where there is one."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None


class Bar(NamedTuple):
    """A horizontal bar and where its texts stand."""

    label: str
    text: str
    x: float
    y: float
    width: float
    text_x: float


class Bars(NamedTuple):
    """A bar chart, longest bar first. `hidden` groups had no room."""

    height: int
    bars: list[Bar]
    bar_height: int
    label_x: float
    zero_x: float
    hidden: int
    kind: str = "bars"


class Tick(NamedTuple):
    """A position on an axis and what to write there."""

    at: float
    text: str


class Line(NamedTuple):
    """A line over a numeric axis; `line` and `band` are SVG point lists, `band` is empty without a range."""

    height: int
    line: str
    band: str
    dots: list[tuple[float, float, str]]
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    left: float
    right: float
    bottom: float
    kind: str = "line"


Chart: TypeAlias = Bars | Line


def draw(points: Sequence[Point], *, ordered: bool) -> Chart | None:
    """Lay out a chart: a line where the labels are `ordered` numbers, bars otherwise; None without points."""
    if not points:
        return None
    return line(points) if ordered and len(points) > 2 else bars(points)


def bars(points: Sequence[Point]) -> Bars:
    """Lay out the largest values as horizontal bars from zero, to the left where they are negative."""
    shown = sorted(points, key=lambda point: -point.value)[:BARS_MAX]
    digits = decimals([point.value for point in shown])
    label_x = 10 + _CHARACTER * max(len(clip(point.label)) for point in shown)
    low, high = min(0.0, *(point.value for point in shown)), max(0.0, *(point.value for point in shown))
    room = WIDTH - label_x - 8 - _CHARACTER * max(len(number(point.value, digits)) for point in shown) - 10
    scale = room / ((high - low) or 1)
    zero_x = label_x + 8 - low * scale
    drawn = []
    for index, point in enumerate(shown):
        ends = sorted((zero_x, zero_x + point.value * scale))
        drawn.append(
            Bar(
                label=clip(point.label),
                text=number(point.value, digits),
                x=round(ends[0], 1),
                y=8 + index * _ROW,
                width=round(max(ends[1] - ends[0], 1), 1),
                text_x=round(ends[1] + 7, 1),
            )
        )
    return Bars(12 + len(shown) * _ROW, drawn, _BAR, round(label_x, 1), round(zero_x, 1), len(points) - len(shown))


def line(points: Sequence[Point]) -> Line:
    """Lay out points whose labels are rising numbers, with a band from `low` to `high` where all have them."""
    banded = all(point.low is not None and point.high is not None for point in points)
    lows = [float(point.low if banded and point.low is not None else point.value) for point in points]
    highs = [float(point.high if banded and point.high is not None else point.value) for point in points]
    values = ticks(min(lows), max(highs))
    first, last = float(points[0].label), float(points[-1].label)

    def x(at: float) -> float:
        return round(_LEFT + (at - first) / ((last - first) or 1) * (WIDTH - _LEFT - _RIGHT), 1)

    def y(value: float) -> float:
        return round(_TOP + (values[-1] - value) / (values[-1] - values[0]) * _PLOT, 1)

    across = [x(float(point.label)) for point in points]
    digits = decimals([point.value for point in points])
    upper = [f"{at},{y(value)}" for at, value in zip(across, highs, strict=True)]
    lower = [f"{at},{y(value)}" for at, value in zip(across, lows, strict=True)]
    every = math.ceil(len(points) / _X_LABELS_MAX)
    tick_digits = decimals(values)
    return Line(
        height=_TOP + _PLOT + _BOTTOM,
        line=" ".join(f"{at},{y(point.value)}" for at, point in zip(across, points, strict=True)),
        band=" ".join(upper + lower[::-1]) if banded else "",
        dots=[
            (at, y(point.value), f"{point.label}: {number(point.value, digits)}")
            for at, point in zip(across, points, strict=True)
        ],
        x_ticks=[Tick(at, clip(point.label)) for at, point in list(zip(across, points, strict=True))[::every]],
        y_ticks=[Tick(y(value), number(value, tick_digits)) for value in values],
        left=_LEFT,
        right=WIDTH - _RIGHT,
        bottom=_TOP + _PLOT,
    )


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Return round numbers, evenly spaced, of which the first is at most `low` and the last at least `high`."""
    if low == high:
        low, high = low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = power * next(factor for factor in (1, 2, 2.5, 5, 10, 20) if factor * power >= raw * 0.999)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(index * step, 12) for index in range(first, last + 1)]


def decimals(values: Sequence[float]) -> int:
    """Return how many decimals tell these values apart without noise."""
    if all(float(value).is_integer() for value in values):
        return 0
    largest = max(abs(value) for value in values)
    return 0 if largest >= 10_000 else 1 if largest >= 10 else 2


def number(value: float, digits: int) -> str:
    """Write a number for people: thousands apart, a true minus sign."""
    text = f"{value:,.{digits}f}"
    return "\N{MINUS SIGN}" + text[1:] if text.startswith("-") else text


def clip(text: str) -> str:
    """Shorten a label to what the axis has room for."""
    return text if len(text) <= LABEL_MAX else text[: LABEL_MAX - 1] + "…"
