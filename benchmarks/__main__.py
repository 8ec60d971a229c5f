"""Measure Journeyman on this machine: print one table, and keep it with its picture in benchmarks/results.

What `--only` selects is printed; with `--write` it takes the place of the same cases in what was kept.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime

from rich.console import Console

from benchmarks import machine, report
from benchmarks.measures import Options, Row
from benchmarks.plan import CASES, FULL, QUICK, USUAL


def main() -> int:
    """Measure, print, and keep; 1 where a case broke off."""
    chosen = _arguments()
    names = [name for name in CASES if not chosen.only or any(part in name for part in chosen.only)]
    if chosen.list:
        print("\n".join(names))
        return 0
    options = _options(chosen)
    about, began, started = machine.describe(), datetime.now(UTC), time.monotonic()
    rows: list[Row] = []
    failed: dict[str, str] = {}
    for name in names:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        try:
            rows += [row._replace(case=name) for row in CASES[name](options)]
        except Exception as error:  # noqa: BLE001 - the other cases are measured all the same; it is told and ends in 1
            failed[name] = f"{type(error).__name__}: {error}"
            print(f"{name} broke off: {failed[name]}", file=sys.stderr, flush=True)
    Console(width=170).print(report.table(rows))
    if chosen.write or not chosen.only:
        took_s = time.monotonic() - started
        run = report.Run(f"{began:%Y-%m-%d}", took_s, options, about, rows, failed)
        report.keep(report.joined(run) if chosen.only else run)
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--list", action="store_true", help="name the cases and end")
    parser.add_argument("--only", action="append", help="measure only cases whose name contains this; may be repeated")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="small sizes, to see that everything works")
    size.add_argument("--full", action="store_true", help="a million pending and five million projected jobs, too")
    parser.add_argument("--jobs", type=int, help="jobs per throughput case")
    parser.add_argument("--samples", type=int, help="samples of latency")
    parser.add_argument("--write", action="store_true", help="keep what --only selects, beside what was kept")
    return parser.parse_args()


def _options(chosen: argparse.Namespace) -> Options:
    options = FULL if chosen.full else QUICK if chosen.quick else USUAL
    return options._replace(jobs=chosen.jobs or options.jobs, samples=chosen.samples or options.samples)


if __name__ == "__main__":
    sys.exit(main())
