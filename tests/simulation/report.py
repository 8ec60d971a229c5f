"""What a simulation says of itself, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from simulation.world import Result

#: Lines of the trace that a failure shows.
LAST_LINES = 60


def line(result: Result) -> str:
    """Return one run in one line. The last word is the fingerprint of everything that happened."""
    return (
        f"seed {result.seed} {result.mode}: {result.simulated_s:.0f} s simulated in {result.real_s:.2f} s "
        f"({result.cpu_s:.2f} s of CPU), {result.steps} steps, {result.jobs} jobs, {result.events} events, "
        f"{sum(result.faults.values())} faults, drained in {result.drained_s:.0f} s, {result.fingerprint}"
    )


def failure(result: Result, *, span_s: float | None = None, loss: str = "") -> str:
    """Return what is known of a run in which a promise was broken, and how to see it again."""
    more = (f" --span {span_s:g}" if span_s is not None else "") + (f" --loss {loss}" if loss else "")
    return "\n".join(
        [
            *result.trace[-LAST_LINES:],
            "",
            f"seed {result.seed}, {result.mode}, step {result.steps}: {result.broken} does not hold",
            result.detail,
            f"again: PYTHONPATH=tests python -m simulation --seed {result.seed} --mode {result.mode}{more} --trace",
        ]
    )


def summary(results: Sequence[Result]) -> str:
    """Return what many runs came to."""
    faults: Counter[str] = Counter()
    for result in results:
        faults += result.faults
    hours = sum(result.simulated_s for result in results) / 3_600
    real_s = max(sum(result.real_s for result in results), 1e-9)
    cpu_s = max(sum(result.cpu_s for result in results), 1e-9)
    return "\n".join(
        [
            f"{len(results)} runs, {hours:.2f} simulated hours in {real_s:.0f} s ({cpu_s:.0f} s of CPU): "
            f"{hours / real_s:.4f} simulated hours per second, {hours / cpu_s:.4f} per second of CPU",
            f"{sum(result.jobs for result in results)} jobs, {sum(result.events for result in results)} events, "
            f"longest drain {max((result.drained_s for result in results), default=0):.0f} simulated seconds",
            f"{sum(faults.values())} faults:",
            *(f"  {count:8} {what}" for what, count in faults.most_common()),
        ]
    )
