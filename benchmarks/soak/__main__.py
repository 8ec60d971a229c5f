"""Run the whole system at half its speed and see that nothing grows and nothing is lost; 1 where something does or is.

Server, ingest, scheduler, two worker processes and the dashboard; the mix of jobs is in load.py. What is kept for a
time (the log, the read model) is kept for a minute here, so that it is trimmed over and over.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from rich.console import Console

from benchmarks import machine
from benchmarks.soak import accounting, jobs, report
from benchmarks.soak.load import Load
from benchmarks.soak.samples import Sample, look
from benchmarks.system import System

WORKERS = 2
CAPACITY_S = 10.0
SHARE = 0.5
SAMPLES_MAX = 400
#: The shortest that can be set.
KEPT_MS = 60_000
SETTINGS = {
    "JOURNEYMAN_LOG_RETENTION_MS": str(KEPT_MS),
    "JOURNEYMAN_READ_MODEL_RETENTION_MS": str(KEPT_MS),
    "JOURNEYMAN_OUTCOME_RETENTION_MS": str(KEPT_MS),
    "JOURNEYMAN_SNAPSHOT_EVENTS": "50000",
    # Each failed attempt of the mix is a warning, and meant.
    "JOURNEYMAN_LOG_LEVEL": "error",
}


def main() -> int:
    """Run, judge, print, keep."""
    options = _options()
    about = machine.describe()
    started = time.monotonic()
    with System(ingest=True, dashboard=True, settings=SETTINGS) as system:
        system.start_workers(WORKERS, jobs.__name__)
        load = Load(system.ingest_url, system.log)
        try:
            capacity = _capacity(load)
            samples = _soak(system, load, capacity * SHARE, options.minutes * 60)
            findings = accounting.close(system, load)
        finally:
            load.close()
    run = report.Run(about, options.minutes, time.monotonic() - started, capacity, SHARE, SETTINGS, samples, findings)
    trends = report.trends(run, KEPT_MS / 1000)
    Console(width=150).print(report.table(run, trends))
    for finding in findings:
        print(f"{'✓' if finding.good else '✗'} {finding.text}")
    if not options.no_write:
        report.keep(run, trends)
    return 0 if all(trend.flat for trend in trends) and all(finding.good for finding in findings) else 1


def _options() -> Any:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long, after the capacity was measured")
    parser.add_argument("--no-write", action="store_true", help="keep nothing in benchmarks/results")
    return parser.parse_args()


def _capacity(load: Load) -> float:
    """Return the jobs a second that the system takes at most, of this mix."""
    load.rate = None
    _wait(load, CAPACITY_S / 2)
    before, began = load.ended_count(), time.monotonic()
    _wait(load, CAPACITY_S)
    capacity = (load.ended_count() - before) / (time.monotonic() - began)
    print(f"capacity of the mix: {capacity:,.0f} jobs/s; going on at {SHARE:.0%} of it", file=sys.stderr, flush=True)
    return capacity


def _soak(system: System, load: Load, rate: float, seconds: float) -> list[Sample]:
    load.rate = rate
    samples: list[Sample] = []
    began = time.monotonic()
    every_s = max(2.0, seconds / SAMPLES_MAX)
    while (at_s := time.monotonic() - began) < seconds:
        samples.append(look(system, at_s, load.ended_count(), load.open_count()))
        if len(samples) % 30 == 1:
            _tell(samples[-1])
        _wait(load, every_s - (time.monotonic() - began - at_s))
    return samples


def _tell(sample: Sample) -> None:
    held = ", ".join(f"{name} {size:.0f}" for name, size in sample.processes.items())
    print(f"{sample.at_s:5.0f} s: {sample.ended:,} jobs ended; MiB: {held}", file=sys.stderr, flush=True)


def _wait(load: Load, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        load.check()
        time.sleep(min(0.2, max(deadline - time.monotonic(), 0)))


if __name__ == "__main__":
    sys.exit(main())
