"""Draws the comparison: a line for each queue; jobs a second, processor time a job, and the wait of a single job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from benchmarks import svg
from benchmarks.peers.registry import OURS

WIDTH = 960
LABEL = 208
PANEL = 240
#: Room behind the longest bar, for its figure.
ROOM = 62
STEP = 24
TOP = 64


class Measured(Protocol):
    """What is drawn of a queue."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def jobs_per_s(self) -> float: ...  # noqa: D102
    @property
    def cpu_us(self) -> float: ...  # noqa: D102
    @property
    def idle_p50_ms(self) -> float | None: ...  # noqa: D102
    @property
    def runs_again(self) -> bool: ...  # noqa: D102


class _Panel(NamedTuple):
    title: str
    note: str
    value: Callable[[Measured], float]
    digits: int


_PANELS = (
    _Panel("jobs a second", "more is better", lambda one: one.jobs_per_s, 0),
    _Panel("processor time a job, µs", "all processes; less is better", lambda one: one.cpu_us, 0),
    _Panel("wait of a single job, ms", "median, idle system; less is better", lambda one: one.idle_p50_ms or 0.0, 1),
)


def draw(lines: Sequence[Measured]) -> str:
    """Return the SVG, the fastest queue first."""
    ordered = sorted(lines, key=lambda line: -line.jobs_per_s)
    height = TOP + STEP * len(ordered) + 34
    parts: list[str] = []
    for row, line in enumerate(ordered):
        mark = "" if line.runs_again else " *"
        y = TOP + row * STEP + 13
        parts.append(svg.text(LABEL - 10, y, line.name + mark, anchor="end", bold=line.name.startswith(OURS)))
    for number, panel in enumerate(_PANELS):
        parts += _panel(panel, ordered, LABEL + number * (PANEL + 8))
    parts.append(svg.text(LABEL, height - 10, "* a job whose worker is killed does not run again", faint=True, size=11))
    title = "Journeyman and other queues: jobs a second, processor time a job, wait of a single job"
    return svg.picture(WIDTH, height, title, parts)


def _panel(panel: _Panel, lines: Sequence[Measured], x: float) -> list[str]:
    parts = [svg.text(x, 28, panel.title, bold=True, size=13), svg.text(x, 45, panel.note, faint=True, size=11)]
    most = max((panel.value(line) for line in lines), default=0.0) or 1.0
    for row, line in enumerate(lines):
        y = TOP + row * STEP
        value = panel.value(line)
        width = value / most * (PANEL - ROOM)
        parts.append(svg.bar(x, y, width, 16, 1 if line.name.startswith(OURS) else 0))
        parts.append(svg.text(x + width + 5, y + 13, f"{value:,.{panel.digits}f}"))
    return parts
