"""Draws a soak: lines over time, one panel for what belongs together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from benchmarks import svg
from benchmarks.soak.samples import Sample

WIDTH = 960
PLOT = 640
LEFT = 70
HEIGHT = 150
GAP = 56

Lines = Mapping[str, Sequence[float]]


def draw(samples: Sequence[Sample]) -> str:
    """Return the SVG."""
    times = [sample.at_s / 60 for sample in samples]
    names = list(dict.fromkeys(name for sample in samples for name in sample.processes))
    processes = {name: [sample.processes.get(name, 0.0) for sample in samples] for name in names}
    server = {name: [sample.server[name] for sample in samples] for name in samples[0].server}
    entries = server.pop("log entries")
    panels: dict[str, Lines] = {
        "memory of each process, MiB": processes,
        "server and files, MiB": server,
        "entries in the log": {"log entries": entries},
        "jobs ended a second": {"jobs/s": _rates(samples)},
    }
    parts: list[str] = []
    y = 16.0
    for title, lines in panels.items():
        parts += _panel(title, times, lines, y)
        y += HEIGHT + GAP
    return svg.picture(WIDTH, int(y), "Memory, log and speed over the time of a soak", parts)


def _rates(samples: Sequence[Sample]) -> list[float]:
    rates = [(later.ended - sooner.ended) / (later.at_s - sooner.at_s) for sooner, later in pairwise(samples)]
    return rates[:1] + rates if rates else [0.0]


def _panel(title: str, times: Sequence[float], lines: Lines, y: float) -> list[str]:
    top = max((max(values) for values in lines.values()), default=0.0) * 1.05 or 1.0
    last = times[-1] or 1.0
    bottom = y + 20 + HEIGHT
    parts = [svg.text(12, y + 10, title, bold=True)]
    for share in (0.0, 0.5, 1.0):
        level = bottom - share * HEIGHT
        parts += [svg.rule(LEFT, level, LEFT + PLOT, level), _label(LEFT - 6, level + 4, top * share, "end")]
    for share in (0.0, 0.5, 1.0):
        parts.append(_label(LEFT + share * PLOT, bottom + 16, last * share, "middle", " min"))
    for number, (name, values) in enumerate(lines.items()):
        points = [
            (LEFT + at / last * PLOT, bottom - value / top * HEIGHT) for at, value in zip(times, values, strict=True)
        ]
        parts.append(svg.line(points, number))
        parts += [svg.bar(LEFT + PLOT + 16, y + 20 + number * 18, 10, 10, number)]
        parts.append(svg.text(LEFT + PLOT + 32, y + 30 + number * 18, name))
    return parts


def _label(x: float, y: float, value: float, anchor: str, unit: str = "") -> str:
    return svg.text(
        x, y, f"{value:,.{0 if value >= 10 or not value else 1}f}{unit}", anchor=anchor, faint=True, size=11
    )
