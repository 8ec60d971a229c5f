"""What a run found, as a table for a terminal and as the page `docs/reliability.md`. Pure but for the page's file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from chaos.frame import Outcome, Row

TEMPLATE = Path(__file__).with_name("reliability.md")
PAGE = Path(__file__).parents[2] / "docs/reliability.md"
PLACE = "<!-- the run -->\n"


class Result(NamedTuple):
    """A row and what came of it. `outcome` None: skipped, for `skipped`."""

    row: Row
    outcome: Outcome | None
    took_s: float = 0.0
    skipped: str = ""

    @property
    def held(self) -> bool:
        """Whether nothing was found wrong."""
        return self.outcome is None or self.outcome.held


class Run(NamedTuple):
    """What can be said of a whole run: where, when, with what."""

    seed: int
    date: str
    machine: str
    versions: str
    took_s: float


def line(result: Result) -> str:
    """Return one line for a terminal."""
    outcome = result.outcome
    if outcome is None:
        return f"skipped  {result.row.name}: {result.skipped}"
    word = "holds " if outcome.held else "BROKEN"
    numbers = f"jobs {outcome.jobs}, faults {outcome.faults}, lost {outcome.lost}, duplicated {outcome.duplicated}"
    more = [_recovery(outcome)] if outcome.recovery_s is not None else []
    more += [f"{name} {_number(value)}" for name, value in outcome.figures.items()]
    why = f"\n         {outcome.why}" if outcome.why else ""
    return f"{word}   {result.row.name} ({result.took_s:.0f} s): {', '.join([numbers, *more])}{why}"


def summary(results: Sequence[Result]) -> str:
    """Return the last words of a run."""
    ran = [result for result in results if result.outcome is not None]
    broken = [result.row.name for result in ran if not result.held]
    skipped = len(results) - len(ran)
    words = f"{len(ran) - len(broken)} of {len(ran)} rows hold"
    words += f", {skipped} skipped" if skipped else ""
    return words + (f"; broken: {', '.join(broken)}" if broken else "")


def page(run: Run, results: Sequence[Result]) -> str:
    """Return the page of a run."""
    lines = [
        f"{summary(results)}. Seed {run.seed}, {run.date}, {run.took_s / 60:.0f} minutes.",
        "",
        f"Machine: {run.machine}.",
        "",
        f"Versions: {run.versions}.",
        "",
        "| row | fault | must hold | holds | jobs | faults | lost | doubled | recovery | besides |",
        "|---|---|---|---|--:|--:|--:|--:|--:|---|",
    ]
    notes: list[str] = []
    for result in results:
        lines.append(_table_line(result, notes))
    if notes:
        lines += ["", "## Notes", "", *notes]
    return TEMPLATE.read_text().replace(PLACE, "\n".join(lines) + "\n")


def _table_line(result: Result, notes: list[str]) -> str:
    row, outcome = result.row, result.outcome
    head = f"| `{row.name}` | {row.fault} | {row.must_hold} |"
    if outcome is None:
        return f"{head} not run: {result.skipped} | | | | | | |"
    if outcome.why:
        notes.append(f"- `{row.name}`: {outcome.why}")
    held = "yes" if outcome.held else "**no**"
    besides = ", ".join(f"{name} {_number(value)}" for name, value in outcome.figures.items())
    numbers = f"{outcome.jobs} | {outcome.faults} | {outcome.lost} | {outcome.duplicated}"
    return f"{head} {held} | {numbers} | {_recovery(outcome).removeprefix('recovery ')} | {besides} |"


def _recovery(outcome: Outcome) -> str:
    return "" if outcome.recovery_s is None else f"recovery {outcome.recovery_s:.1f} s"


def _number(value: float | int | str) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
