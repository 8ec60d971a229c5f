"""What a soak gave: a table, a page, data and a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from rich.table import Table

from benchmarks import readme
from benchmarks.soak.accounting import Finding
from benchmarks.soak.judging import GROWTH_MAX, Trend, sawtooth, steady
from benchmarks.soak.picture import draw
from benchmarks.soak.samples import Sample

RESULTS = Path(__file__).parents[1] / "results"
_HEAD = ("what", "unit", "second fifth", "last fifth", "growth", "verdict")
#: Outcomes are dropped by the hour, so these have not found their level after one.
_BY_THE_HOUR = ("outcomes (kept by the hour)", "process")
#: A tooth is what piles up between two trims: at most what is kept for, and as long again until the next trim.
_TEETH = 1.5


class Run(NamedTuple):
    """Everything of one run. capacity: jobs a second at most; share: of it, that was produced."""

    about: dict[str, Any]
    minutes: float
    seconds: float
    capacity: float
    share: float
    settings: Mapping[str, str]
    samples: Sequence[Sample]
    findings: Sequence[Finding]


def trends(run: Run, kept_s: float) -> list[Trend]:
    """Return how each figure went. Names that did not last the whole run (a process that ended) are not flat."""
    part_s = run.minutes * 60 / 5
    judged = part_s >= _TEETH * kept_s
    found = []
    for name in dict.fromkeys(name for sample in run.samples for name in sample.processes):
        found.append(steady(name, "MiB", [sample.processes.get(name, 0.0) for sample in run.samples]))
    for name in run.samples[0].server:
        values = [sample.server[name] for sample in run.samples]
        unit = "entries" if name.endswith("entries") else "MiB"
        bounded = judged and name not in _BY_THE_HOUR
        found.append(sawtooth(f"server: {name}" if unit == "MiB" else name, unit, values, judged=bounded))
    return found


def table(run: Run, trends: Sequence[Trend]) -> Table:
    """Return the figures as a table for a terminal."""
    result = Table(*_HEAD, title=f"{run.minutes:g} minutes at {run.capacity * run.share:,.0f} jobs/s")
    for trend in trends:
        result.add_row(*_cells(trend))
    return result


def keep(run: Run, trends: Sequence[Trend], folder: Path = RESULTS) -> None:
    """Write `soak.md`, `soak.json` and `soak.svg`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "soak.md").write_text(_page(run, trends), encoding="utf-8")
    data = {
        **run._asdict(),
        "reached": _reached(run.samples),
        "samples": [sample._asdict() for sample in run.samples],
        "findings": [finding._asdict() for finding in run.findings],
        "trends": [{**trend._asdict(), "growth": trend.growth, "flat": trend.flat} for trend in trends],
    }
    (folder / "soak.json").write_bytes(msgspec.json.format(msgspec.json.encode(data), indent=1) + b"\n")
    (folder / "soak.svg").write_text(draw(run.samples), encoding="utf-8")
    readme.refresh()


def _page(run: Run, trends: Sequence[Trend]) -> str:
    machine, versions = run.about["machine"], run.about["versions"]
    lines = [
        "# Soak",
        "",
        f"{run.minutes:g} minutes with a producer held to {run.capacity * run.share:,.0f} jobs a second, "
        f"{run.share:.0%} of what the system took at most ({run.capacity:,.0f}) of the same mix: no-ops, jobs that "
        "fail once, delayed ones, parents and children, jobs that report progress, and some that are cancelled while "
        "they wait or run. Server, ingest, scheduler, two worker processes, dashboard and the producer share one "
        f"machine, with whatever else it did: on average {_reached(run.samples):,.0f} jobs a second ended.",
        "",
        f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}; "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
        + "; "
        + ", ".join(f"`{name}={value}`" for name, value in run.settings.items())
        + ".",
        "",
        "![Memory over time](soak.svg)",
        "",
        *(f"- {'✓' if finding.good else '✗'} {finding.text}" for finding in run.findings),
        "",
        f"Growth of more than {GROWTH_MAX:.0%} from the second fifth of the time to the last is a failure. Processes "
        "are compared by medians; what grows and is trimmed, by its upper end (90th percentile). Outcomes are dropped "
        "by the hour, so they, and the server's process with them, are shown and not judged.",
        "",
        f"| {' | '.join(_HEAD)} |",
        "|---|---|--:|--:|--:|---|",
        *(f"| {' | '.join(_cells(trend))} |" for trend in trends),
    ]
    return "\n".join(lines) + "\n"


def _reached(samples: Sequence[Sample]) -> float:
    """Return how many jobs ended a second."""
    first, last = samples[0], samples[-1]
    return (last.ended - first.ended) / (last.at_s - first.at_s)


def _cells(trend: Trend) -> tuple[str, ...]:
    verdict = ("✓" if trend.flat else "✗") if trend.judged else "not judged"
    digits = 0 if trend.unit == "entries" else 1
    return (
        trend.name,
        trend.unit,
        f"{trend.early:,.{digits}f}",
        f"{trend.late:,.{digits}f}",
        f"{trend.growth:+.1%}",
        verdict,
    )
