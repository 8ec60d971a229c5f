"""What tracing costs a job: the same jobs through two systems in turn, one of which sends one trace in a hundred."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.measures import Goal, Options, Row, measured
from benchmarks.submitter import Submitter
from benchmarks.system import System

WARM_UP = 2_000
#: Pairs of measurements; what is told is the median, so that what else happens on the machine counts little.
ROUNDS = 7
RATIO = 0.01
OFF = {"OTEL_SDK_DISABLED": "true"}


def compare(options: Options) -> list[Row]:
    """Measure the processor time of a job from submission to end, read model on, without tracing and with it."""
    found: dict[str, list[float]] = {"off": [], "on": []}
    processes: dict[str, dict[str, list[float]]] = {"off": {}, "on": {}}
    with _sink() as url:
        on = {
            "OTEL_SDK_DISABLED": "false",
            "OTEL_EXPORTER_OTLP_ENDPOINT": url,
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": str(RATIO),
        }
        with System(dashboard=True, settings=OFF) as without, System(dashboard=True, settings=on) as traced:
            submitters = {"off": _begun(without), "on": _begun(traced)}
            for number in range(ROUNDS):
                for how in ("off", "on") if number % 2 else ("on", "off"):
                    row = _measure(submitters[how], without if how == "off" else traced, options.jobs)
                    found[how].append(row.cpu_total_us)
                    for name, used_us in row.cpu_us.items():
                        processes[how].setdefault(name, []).append(used_us)
    rows = [
        Row(
            f"CPU a job: end to end, read model on, tracing {words}",
            median(found[how]),
            "µs",
            {name: median(used) for name, used in processes[how].items()},
        )
        for how, words in (("off", "off"), ("on", f"on, {RATIO:.0%} sampled"))
    ]
    ratios = [with_it / without_it for without_it, with_it in zip(found["off"], found["on"], strict=True)]
    return [
        *rows,
        Row(f"CPU a job with tracing, {RATIO:.0%} sampled, to without", median(ratios), "times", {}, Goal("≤", 1.03)),
    ]


def _begun(system: System) -> Submitter:
    """Start a worker, and let everything warm up."""
    system.start_workers(1)
    submitter = Submitter(system)
    submitter.submit(WARM_UP)
    system.wait_empty()
    return submitter


def _measure(submitter: Submitter, system: System, jobs: int) -> Row:
    rows: list[Row] = []
    with measured(system, jobs, "", rows):
        submitter.submit(jobs)
        system.wait_empty()
    return rows[0]


@contextmanager
def _sink() -> Iterator[str]:
    """Give the address of a collector in a process of its own, whose work is not counted."""
    root = Path(__file__).parents[1]
    command = [sys.executable, "-m", "benchmarks.trace_sink"]
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()
