"""Shows rows on a terminal, and keeps them as a page, as data and as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from rich.table import Table

from benchmarks import readme
from benchmarks.chart import draw
from benchmarks.measures import Goal, Options, Row

RESULTS = Path(__file__).parent / "results"


class Run(NamedTuple):
    """Everything of one run. about: see `machine.describe`. failed: cases that broke off, and why.

    apart: cases that were measured by themselves, after the others, and on which day.
    """

    began: str
    seconds: float
    options: Options
    about: dict[str, Any]
    rows: Sequence[Row]
    failed: dict[str, str]
    apart: Mapping[str, str] = {}


def table(rows: Sequence[Row]) -> Table:
    """Return the rows as a table for a terminal."""
    result = Table("measure", "value", "unit", "goal", "CPU µs a job", "of which")
    for cells in map(_cells, rows):
        result.add_row(*cells)
    return result


def keep(run: Run, folder: Path = RESULTS) -> None:
    """Write `latest.md`, `latest.json` and `latest.svg`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "latest.md").write_text(page(run), encoding="utf-8")
    (folder / "latest.json").write_bytes(msgspec.json.format(msgspec.json.encode(_data(run)), indent=1))
    (folder / "latest.svg").write_text(draw(run.rows), encoding="utf-8")
    readme.refresh()


def joined(run: Run, folder: Path = RESULTS) -> Run:
    """Return the run that was kept last, with what was measured now in place of the same cases."""
    if not (folder / "latest.json").exists():
        return run
    told = msgspec.json.decode((folder / "latest.json").read_bytes())
    kept = Run(**told | {"options": Options(**told["options"]), "rows": [_row_of(row) for row in told["rows"]]})
    now = {row.case for row in run.rows} | set(run.failed)
    measured = {row.measure for row in run.rows}
    return kept._replace(
        rows=[row for row in kept.rows if row.case not in now and row.measure not in measured] + list(run.rows),
        failed={case: why for case, why in kept.failed.items() if case not in now} | run.failed,
        apart={**kept.apart, **dict.fromkeys(sorted(now), run.began)},
    )


def page(run: Run) -> str:
    """Return a page in Markdown."""
    machine, versions, settings = (run.about[name] for name in ("machine", "versions", "settings"))
    lines = [
        "# Benchmarks",
        "",
        f"{run.began}, {run.seconds / 60:.0f} minutes. {machine['cpu']}, {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB, {machine['system']}; load before the start {machine['load_before']}. "
        "All processes on this one machine.",
        "",
        ", ".join(f"{name} {version}" for name, version in versions.items()) + ".",
        "",
        ", ".join(f"{name}: `{value}`" for name, value in settings.items())
        + f"; {run.options.jobs:,} jobs a case, {run.options.samples} samples of latency.",
        "",
        "![The same as a picture](latest.svg)",
        "",
        "CPU is processor time of every process, that of the client too, from /proc. A line with ✗ misses its goal.",
        "",
        "| measure | value | unit | goal | CPU µs a job | of which |",
        "|---|---:|---|---|---:|---|",
    ]
    lines += [f"| {' | '.join(_cells(row))} |" for row in run.rows]
    if run.apart:
        days = sorted(set(run.apart.values()))
        lines += [
            "",
            *(f"Measured by itself, {day}: {', '.join(c for c, d in run.apart.items() if d == day)}." for day in days),
        ]
    lines += [f"\n`{case}` broke off: {why}" for case, why in run.failed.items()]
    return "\n".join(lines) + "\n"


def _data(run: Run) -> dict[str, Any]:
    return {**run._asdict(), "options": run.options._asdict(), "rows": [_row(row) for row in run.rows]}


def _row(row: Row) -> dict[str, Any]:
    goal = None if row.goal is None else {**row.goal._asdict(), "met": row.goal.met(row.value)}
    return {**row._asdict(), "goal": goal}


def _row_of(told: dict[str, Any]) -> Row:
    goal = told["goal"]
    return Row(**told | {"goal": goal and Goal(goal["sign"], goal["value"])})


def _cells(row: Row) -> tuple[str, ...]:
    goal = ""
    if row.goal is not None:
        goal = f"{row.goal.sign} {row.goal.value:,g} {'✓' if row.goal.met(row.value) else '✗'}"
    parts = ", ".join(f"{name} {value:.0f}" for name, value in row.cpu_us.items() if value >= 0.5)
    total = f"{row.cpu_total_us:.0f}" if row.cpu_us else ""
    return row.measure, f"{row.value:,.{0 if row.value >= 100 else 2}f}", row.unit, goal, total, parts
