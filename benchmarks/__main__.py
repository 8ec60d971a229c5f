"""Run the benchmarks and print one table; `--write` also keeps it in benchmarks/results."""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import cases
from benchmarks.cases import Row

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Measure, print, and keep."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--jobs", type=int, default=30_000, help="jobs per throughput case")
    parser.add_argument("--samples", type=int, default=300, help="samples of the latency case")
    parser.add_argument("--only", help="run only cases whose name contains this")
    parser.add_argument("--write", action="store_true", help="keep the table in benchmarks/results")
    options = parser.parse_args()
    jobs = options.jobs
    plan: dict[str, Callable[[], list[Row]]] = {
        "end-to-end-1": lambda: cases.sustained(jobs, 1),
        "end-to-end-1-read-model": lambda: cases.sustained(jobs, 1, dashboard=True),
        "drain-1": lambda: cases.drain(jobs, 1),
        "drain-2": lambda: cases.drain(jobs, 2),
        "http": lambda: cases.over_http(jobs),
        "latency": lambda: cases.latency(options.samples),
    }
    rows: list[Row] = []
    for name, case in plan.items():
        if options.only is None or options.only in name:
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            rows += case()
    Console(width=150).print(table(rows))
    if options.write:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "latest.md").write_text(markdown(rows), encoding="utf-8")


def _cpu(row: Row) -> tuple[str, str]:
    if not row.cpu_us:
        return "", ""
    parts = ", ".join(f"{name} {value:.0f}" for name, value in row.cpu_us.items() if value >= 0.5)
    return f"{sum(row.cpu_us.values()):.0f}", parts


def table(rows: list[Row]) -> Table:
    """Return the rows as a table for a terminal."""
    result = Table("measure", "value", "unit", "CPU µs a job", "of which")
    for row in rows:
        result.add_row(row.measure, f"{row.value:,.{0 if row.value > 100 else 2}f}", row.unit, *_cpu(row))
    return result


def markdown(rows: list[Row]) -> str:
    """Return the rows as a page, with what they were measured on."""
    lines = [
        "# Benchmarks",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {platform.system()}, Python {platform.python_version()}, "
        "all processes on one machine, embedded Valkey with its append-only file synced every second.",
        "",
        "| measure | value | unit | CPU µs a job | of which |",
        "|---|---|---|---|---|",
    ]
    lines += [f"| {row.measure} | {row.value:,.2f} | {row.unit} | {' | '.join(_cpu(row))} |" for row in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
