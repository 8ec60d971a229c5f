"""What a case hands back: rows of the table, and how the time and the processor time behind a row are taken."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal, NamedTuple

from benchmarks.system import System

#: When what was asked for is done, some still have reading up to do: the scheduler, the read model. Their work counts.
SETTLE_S = 0.25
QUIET_CORES = 0.2


class Goal(NamedTuple):
    """What a measure should be: at least or at most so much."""

    sign: Literal["≥", "≤"]
    value: float

    def met(self, value: float) -> bool:
        """Tell whether a value is as it should be."""
        return value >= self.value if self.sign == "≥" else value <= self.value


class Row(NamedTuple):
    """One line of the result. `cpu_us`: processor time per job of each process, in microseconds. case: that gave it."""

    measure: str
    value: float
    unit: str
    cpu_us: Mapping[str, float] = {}
    goal: Goal | None = None
    case: str = ""

    @property
    def cpu_total_us(self) -> float:
        """Processor time per job of all processes together."""
        return sum(self.cpu_us.values())


class Options(NamedTuple):
    """How much is measured. jobs: per throughput case. pending, projected: the sizes that growth goes through."""

    jobs: int
    samples: int
    pending: Sequence[int]
    projected: Sequence[int]


class Watch:
    """What a measured block may say of itself: processor time of helpers that have ended, and its real length."""

    def __init__(self) -> None:
        self.helpers_s: dict[str, float] = {}
        self.seconds: float | None = None


@contextmanager
def measured(
    system: System, jobs: int, measure: str, rows: list[Row], *, goal: Goal | None = None, cpu_goal: Goal | None = None
) -> Iterator[Watch]:
    """Add a row: jobs per second of what happens inside, with the processor time per job of every process.

    The process that measures is one of them, as `client`. cpu_goal: adds a row of its own for the sum.
    """
    watch = Watch()
    before, own, started = system.cpu(), time.process_time(), time.perf_counter()
    yield watch
    seconds = time.perf_counter() - started
    used_s = {"client": time.process_time() - own, **watch.helpers_s}
    _settle(system)
    used_s |= {name: value - before.get(name, 0.0) for name, value in system.cpu().items()}
    row = Row(
        measure,
        jobs / (watch.seconds or seconds),
        "jobs/s",
        {name: value / jobs * 1e6 for name, value in used_s.items()},
        goal,
    )
    rows.append(row)
    if cpu_goal is not None:
        rows.append(Row(f"CPU a job: {measure}", row.cpu_total_us, "µs", {}, cpu_goal))


def _settle(system: System) -> None:
    """Wait until all processes together use next to nothing."""
    used_s = sum(system.cpu().values())
    while True:
        time.sleep(SETTLE_S)
        before_s, used_s = used_s, sum(system.cpu().values())
        if used_s - before_s < QUIET_CORES * SETTLE_S:
            return


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` percent of the values lie."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share / 100), len(ordered) - 1)]


def percentile_rows(measure: str, unit: str, values: Sequence[float], goals: Mapping[int, Goal]) -> list[Row]:
    """Return a row for each of p50, p95 and p99."""
    return [
        Row(f"{measure}, p{share}", percentile(values, share), unit, {}, goals.get(share)) for share in (50, 95, 99)
    ]


def with_read_model(measure: str, dashboard: bool) -> str:
    """Name a measure by whether the read model is kept meanwhile."""
    return f"{measure}, read model {'on' if dashboard else 'off'}"
