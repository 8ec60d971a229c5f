"""The pieces that pictures are made of: a card that is light or dark as its reader's system is, text, bars, lines.

Colours are classes, so that one picture serves both: `ink` and `faint` for text and rules, `c0` … `c7` for data. Each
has at least three to one of contrast against the card in either scheme.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

COLOURS = 8
_LIGHT = ("#2f6db5", "#c2620a", "#2e7d4f", "#a23b72", "#7a6c5d", "#0e8aa8", "#8a7a00", "#7d55a8")
_DARK = ("#6ea8ea", "#f0964a", "#63bd87", "#e07bb0", "#b8a894", "#4cc3de", "#d6c53c", "#b892e0")


def _rules(ink: str, faint: str, paper: str, colours: Sequence[str]) -> str:
    data = "".join(f".c{n}{{fill:{colour}}}.l{n}{{stroke:{colour};fill:none}}" for n, colour in enumerate(colours))
    return f".ink{{fill:{ink}}}.faint{{fill:{faint}}}.rule{{stroke:{faint};fill:none}}.paper{{fill:{paper}}}{data}"


_STYLE = (
    _rules("#24292f", "#6a737d", "#ffffff", _LIGHT)
    + "@media (prefers-color-scheme: dark){"
    + _rules("#e6edf3", "#8b949e", "#0d1117", _DARK)
    + "}"
)


def picture(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    """Return a whole picture. `title`: what a reader who cannot see it is told."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" font-family="system-ui, sans-serif" font-size="12">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>"
        f'<rect class="paper" width="{width}" height="{height}" rx="8"/>{"".join(parts)}</svg>\n'
    )


def text(
    x: float, y: float, words: str, *, anchor: str = "start", bold: bool = False, faint: bool = False, size: int = 12
) -> str:
    """Return words at a place. anchor: start, middle, end."""
    return (
        f'<text class="{"faint" if faint else "ink"}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" '
        f'font-size="{size}" font-weight="{"bold" if bold else "normal"}">{escape(words)}</text>'
    )


def bar(x: float, y: float, width: float, height: float, colour: int = 0) -> str:
    """Return a filled box in one of the colours."""
    place = f'x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.5):.1f}" height="{height:.1f}"'
    return f'<rect class="c{colour % COLOURS}" {place}/>'


def tick(x: float, y: float, height: float) -> str:
    """Return an upright mark, two wide, as where a goal is."""
    return f'<rect class="ink" x="{x - 1:.1f}" y="{y:.1f}" width="2" height="{height:.1f}"/>'


def rule(x1: float, y1: float, x2: float, y2: float) -> str:
    """Return a thin line that is not data."""
    return f'<path class="rule" stroke-width="1" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>'


def line(points: Sequence[tuple[float, float]], colour: int = 0) -> str:
    """Return a line through points."""
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return f'<path class="l{colour % COLOURS}" stroke-width="1.5" d="M{path}"/>' if points else ""
