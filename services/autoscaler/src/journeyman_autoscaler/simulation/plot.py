"""Draws what was simulated, as SVG: for each traffic how many workers each scaler had over time, and what waited."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from journeyman_autoscaler.simulation.comparing import Compared
from journeyman_autoscaler.simulation.fleet import Course
from journeyman_autoscaler.simulation.traffic import MINUTE_MS

_WIDTH, _LEFT, _PLOT, _HEIGHT, _GAP = 960, 48, 720, 150, 58
_COLOURS = ("#2f6db5", "#c2620a", "#8a7a00", "#2e7d4f")
_DARK = ("#6ea8ea", "#f0964a", "#d6c53c", "#63bd87")


def draw(all_: Sequence[Compared]) -> str:
    """Return the picture: a panel for each traffic."""
    parts: list[str] = []
    y = 14
    for compared in all_:
        parts += _panel(compared, y)
        y += _HEIGHT + _GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{y}" viewBox="0 0 {_WIDTH} {y}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="12"><title>Workers over time, by who decides</title>'
        f"<style>{_style('#24292f', '#6a737d', '#ffffff', _COLOURS)}@media (prefers-color-scheme: dark){{"
        f"{_style('#e6edf3', '#8b949e', '#0d1117', _DARK)}}}</style>"
        f'<rect class="paper" width="{_WIDTH}" height="{y}" rx="8"/>{"".join(parts)}</svg>\n'
    )


def _style(ink: str, faint: str, paper: str, colours: Sequence[str]) -> str:
    lines = "".join(f".l{n}{{stroke:{colour};fill:none}}.c{n}{{fill:{colour}}}" for n, colour in enumerate(colours))
    return f".ink{{fill:{ink}}}.faint{{fill:{faint}}}.rule{{stroke:{faint}}}.paper{{fill:{paper}}}{lines}"


def _panel(compared: Compared, y: int) -> list[str]:
    last_ms = max((course.counts[-1][0] for course in compared.courses if course.counts), default=1)
    top = max(compared.plant.workers_max, 1)
    bottom = y + 18 + _HEIGHT
    title = f"{compared.traffic.name}: {compared.traffic.about}"
    parts = [f'<text class="ink" font-weight="bold" x="12" y="{y + 8}">{escape(title)}</text>']
    for workers in (0, top / 2, top):
        level = bottom - workers / top * _HEIGHT
        parts.append(f'<path class="rule" stroke-width=".5" d="M{_LEFT} {level:.1f}H{_LEFT + _PLOT}"/>')
        parts.append(_label(_LEFT - 6, level + 4, f"{workers:g}", "end"))
    for share in (0.0, 0.5, 1.0):
        parts.append(_label(_LEFT + share * _PLOT, bottom + 15, f"{share * last_ms / MINUTE_MS:.0f} min", "middle"))
    for number, (course, figures) in enumerate(zip(compared.courses, compared.figures, strict=True)):
        parts.append(_steps(course, number, last_ms, top, bottom))
        at = y + 24 + number * 34
        parts.append(f'<rect class="c{number}" x="{_LEFT + _PLOT + 14}" y="{at}" width="10" height="10"/>')
        parts.append(f'<text class="ink" x="{_LEFT + _PLOT + 30}" y="{at + 9}">{escape(course.scaler)}</text>')
        said = f"{figures.attained:.1%} of minutes, {figures.instance_hours:.1f} h"
        parts.append(_label(_LEFT + _PLOT + 30, at + 23, said, "start"))
    return parts


def _steps(course: Course, number: int, last_ms: int, top: int, bottom: float) -> str:
    path, level = "", None
    for at_ms, ordered, _, _ in course.counts:
        if ordered != level:
            x, y = _LEFT + at_ms / last_ms * _PLOT, bottom - ordered / top * _HEIGHT
            path += f"H{x:.1f}V{y:.1f}" if path else f"M{_LEFT} {y:.1f}H{x:.1f}"
            level = ordered
    return f'<path class="l{number}" stroke-width="1.3" d="{path}H{_LEFT + _PLOT}"/>' if path else ""


def _label(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text class="faint" font-size="11" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
