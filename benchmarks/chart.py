"""Draws rows as one SVG: a panel of bars per unit, and a panel of where the processor time of a job goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from benchmarks import svg
from benchmarks.measures import Row

WIDTH = 960
LABEL = 400
BAR = 16
STEP = 24
GAP = 44
#: Units that are worth a picture, and what the panel is called.
PANELS = {"jobs/s": "jobs a second", "ms": "milliseconds", "events/s a core": "events a second on one core"}


class Bar(NamedTuple):
    """One bar: parts that are stacked (name → size), and where its goal is."""

    label: str
    parts: Mapping[str, float]
    goal: float | None = None


class Panel(NamedTuple):
    """A title and its bars, all on one scale."""

    title: str
    bars: Sequence[Bar]


def panels(rows: Sequence[Row]) -> list[Panel]:
    """Choose what to draw."""
    found = [
        Panel(
            title, [Bar(row.measure, {"": row.value}, row.goal and row.goal.value) for row in rows if row.unit == unit]
        )
        for unit, title in PANELS.items()
    ]
    processor = [Bar(row.measure, {k: v for k, v in row.cpu_us.items() if v >= 0.5}) for row in rows if row.cpu_us]
    found.insert(1, Panel("processor time a job, all processes, in microseconds", processor))
    return [panel for panel in found if panel.bars]


def draw(rows: Sequence[Row]) -> str:
    """Return the SVG."""
    parts: list[str] = []
    y = 12
    for panel in panels(rows):
        drawn, y = _panel(panel, y)
        parts += drawn
    return svg.picture(WIDTH, y, "Journeyman's benchmarks; the table beside it has every figure", parts)


def _panel(panel: Panel, y: int) -> tuple[list[str], int]:
    names = list(dict.fromkeys(name for bar in panel.bars for name in bar.parts if name))
    colours = {name: index for index, name in enumerate(names)} | {"": 0}
    most = max((max(sum(bar.parts.values()), bar.goal or 0) for bar in panel.bars), default=0) or 1
    scale = (WIDTH - LABEL - 90) / most
    parts = [svg.text(12, y + 16, panel.title, bold=True)]
    y += 28
    if names:
        parts += legend(names, LABEL, y)
        y += STEP
    for bar in panel.bars:
        parts += _bar(bar, y, scale, colours)
        y += STEP
    return parts, y + GAP - STEP


def legend(names: Sequence[str], x: float, y: float) -> list[str]:
    """Return what the colours mean, in the order of the colours."""
    parts = []
    for number, name in enumerate(names):
        parts += [svg.bar(x, y + 3, 10, 10, number), svg.text(x + 14, y + 13, name)]
        x += 30 + 7 * len(name)
    return parts


def _bar(bar: Bar, y: int, scale: float, colours: Mapping[str, int]) -> list[str]:
    parts = [svg.text(LABEL - 8, y + 13, bar.label, anchor="end")]
    x: float = LABEL
    for name, size in bar.parts.items():
        parts.append(svg.bar(x, y, size * scale, BAR, colours[name]))
        x += size * scale
    if bar.goal is not None:
        parts.append(svg.tick(LABEL + bar.goal * scale, y - 3, BAR + 6))
    total = sum(bar.parts.values())
    end = max(x, LABEL + (bar.goal or 0) * scale)
    parts.append(svg.text(end + 6, y + 13, f"{total:,.{0 if total >= 100 else 2}f}"))
    return parts
