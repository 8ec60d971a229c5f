"""What a backlog costs: the same work at a thousand waiting jobs and at a million.

At each size: submitting up to it, one job claimed at a time, a fixed slice drained by one worker process while all the
others go on waiting, what server and scheduler hold, and the scheduler restarted: after SIGTERM (it left a snapshot),
after SIGKILL (it did not), and with no snapshot at all.

The largest size is compared with ten thousand fairly: two systems side by side, slices of the same number of jobs in
turn, so that whatever else the machine does meets both. A slice takes a second, and such seconds differ by a tenth; so
there are many, each side goes first in every other round, and the middle of the ratios counts.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from benchmarks.backlog import Backlog
from benchmarks.measures import Goal, Options, Row, percentile
from benchmarks.system import System

#: Jobs of a slice, at most.
SLICE_MAX = 40_000
ROUNDS = 9
MILLION = 1_000_000
TEN_THOUSAND = 10_000


def grow(options: Options) -> list[Row]:
    """Measure at each of `options.pending`, smallest first, then compare the largest with ten thousand."""
    rows: list[Row] = []
    part = min(SLICE_MAX, options.jobs)
    largest = options.pending[-1]
    with System() as system:
        backlog = Backlog(system)
        for pending in options.pending:
            rows += _at(backlog, pending, part)
        if largest > TEN_THOUSAND:
            with System() as other:
                rows += _compared(backlog, Backlog(other), largest, part)
    return rows


def _at(backlog: Backlog, pending: int, part: int) -> list[Row]:
    waiting = f"with {pending:,} waiting"
    big = pending >= MILLION
    rows = [_grown(backlog, pending, waiting)]
    rows += _held(backlog, waiting, Goal("≤", 400) if big else None)
    rows += _restarts(backlog, waiting, big)
    waits_ms = backlog.claims()
    rows += [Row(f"claim of one job {waiting}, p{share}", percentile(waits_ms, share), "ms") for share in (50, 99)]
    rows.append(backlog.drain(pending, part, f"drain of {part:,} {waiting}, 1 worker process"))
    return rows


def _grown(backlog: Backlog, pending: int, waiting: str) -> Row:
    """Submit up to `pending`; the row is of what this took."""
    return backlog.fill(pending, f"submit straight to the log, up to {waiting.removeprefix('with ')}")


def _held(backlog: Backlog, waiting: str, goal: Goal | None) -> list[Row]:
    return [
        Row(f"server memory a pending job, {waiting}", backlog.server_bytes(), "bytes"),
        Row(f"scheduler memory a pending job, {waiting}", backlog.scheduler_bytes(), "bytes", {}, goal),
    ]


def _restarts(backlog: Backlog, waiting: str, big: bool) -> list[Row]:
    """Restart the scheduler in three ways; a row for the time, the memory held after, and the most held on the way."""
    seconds = Goal("≤", 10) if big else None
    held = Goal("≤", 400) if big else None
    ways: dict[str, Callable[[], float]] = {
        "after SIGTERM": backlog.restart,
        "after SIGKILL, its lease of 5 s included": lambda: backlog.restart(kill=True),
        "without a snapshot": lambda: backlog.restart(snapshot=False),
    }
    rows = []
    for way, restart in ways.items():
        rows.append(Row(f"scheduler leads {way}, {waiting}", restart(), "s", {}, seconds))
        rows.append(Row(f"  its memory a pending job, {waiting}", backlog.scheduler_bytes(), "bytes", {}, held))
        rows.append(Row(f"  the most on the way, {waiting}", backlog.scheduler_bytes(peak=True), "bytes"))
    return rows


def _compared(large: Backlog, small: Backlog, pending: int, part: int) -> list[Row]:
    """Drain slices in turn, of the one backlog and of the other; a row for each, then how they compare."""
    small.fill(TEN_THOUSAND, "")
    sides = {TEN_THOUSAND: small, pending: large}
    rounds: list[dict[int, Row]] = []
    for number in range(ROUNDS):
        sizes = sorted(sides, reverse=number % 2 == 1)
        rounds.append({size: sides[size].drain(size, part, "") for size in sizes})
    rows = [
        _middle([one[size] for one in rounds], f"drain of {part:,} with {size:,} waiting, in turn") for size in sides
    ]
    against = f"with {pending:,} waiting against {TEN_THOUSAND:,}, {ROUNDS} slices of {part:,} each in turn"
    speed = median(one[pending].value / one[TEN_THOUSAND].value for one in rounds)
    cpu = median(one[pending].cpu_total_us / one[TEN_THOUSAND].cpu_total_us for one in rounds)
    rows.append(Row(f"drain {against}", speed, "ratio", {}, Goal("≥", 0.9) if pending >= MILLION else None))
    rows.append(Row(f"CPU a job drained {against}", cpu, "ratio"))
    return rows


def _middle(rows: list[Row], measure: str) -> Row:
    """Return the row of median speed under another name."""
    return sorted(rows, key=lambda row: row.value)[len(rows) // 2]._replace(measure=measure)
