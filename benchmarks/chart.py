"""Draws rows as one SVG: a panel of bars per unit, and a panel of where the processor time of a job goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

from benchmarks.measures import Row

WIDTH = 960
LABEL = 400
BAR = 16
STEP = 24
GAP = 44
COLOURS = ("#3b6ea5", "#d9822b", "#4c956c", "#a23b72", "#7a6c5d", "#5fa8d3", "#c5a100", "#8d6a9f")
INK = "#333333"
PAPER = "#ffffff"
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
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}" '
        f'font-family="system-ui, sans-serif" font-size="12" fill="{INK}">'
        f'<rect width="{WIDTH}" height="{y}" fill="{PAPER}"/>{"".join(parts)}</svg>\n'
    )


def _panel(panel: Panel, y: int) -> tuple[list[str], int]:
    names = list(dict.fromkeys(name for bar in panel.bars for name in bar.parts if name))
    colours = {name: COLOURS[index % len(COLOURS)] for index, name in enumerate(names)} | {"": COLOURS[0]}
    most = max((max(sum(bar.parts.values()), bar.goal or 0) for bar in panel.bars), default=0) or 1
    scale = (WIDTH - LABEL - 90) / most
    parts = [_text(12, y + 16, panel.title, weight="bold")]
    y += 28
    if names:
        parts += _legend(colours, names, y)
        y += STEP
    for bar in panel.bars:
        parts += _bar(bar, y, scale, colours)
        y += STEP
    return parts, y + GAP - STEP


def _legend(colours: Mapping[str, str], names: Sequence[str], y: int) -> list[str]:
    parts = []
    x = LABEL
    for name in names:
        parts += [_rect(x, y + 3, 10, 10, colours[name]), _text(x + 14, y + 13, name)]
        x += 30 + 7 * len(name)
    return parts


def _bar(bar: Bar, y: int, scale: float, colours: Mapping[str, str]) -> list[str]:
    parts = [_text(LABEL - 8, y + 13, bar.label, anchor="end")]
    x: float = LABEL
    for name, size in bar.parts.items():
        parts.append(_rect(x, y, max(size * scale, 0.5), BAR, colours[name]))
        x += size * scale
    if bar.goal is not None:
        parts.append(_rect(LABEL + bar.goal * scale - 1, y - 3, 2, BAR + 6, INK))
    total = sum(bar.parts.values())
    parts.append(_text(max(x, LABEL + (bar.goal or 0) * scale) + 6, y + 13, f"{total:,.{0 if total >= 100 else 2}f}"))
    return parts


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">{escape(text)}</text>'
