"""The result of all rounds: folded to one line a peer, then written as a table, a page, a picture and JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
from rich.table import Table

from benchmarks import readme
from benchmarks.machine import cpu_model
from benchmarks.peers.environments import version
from benchmarks.peers.goals import Comparison
from benchmarks.peers.marks import percentile
from benchmarks.peers.picture import draw
from benchmarks.peers.registry import OURS, Peer
from benchmarks.peers.run import Round

_HEAD = (
    *("queue", "version", "jobs/s", "of ours", "CPU µs a job", "of which", "idle p50 ms", "p95", "p99"),
    *("results kept", "a job whose worker is killed", "settings"),
)


@dataclass(frozen=True)
class Line:
    """One peer: medians over its rounds, the idle waits of all rounds together, or why there is nothing."""

    name: str
    version: str
    settings: str
    when_killed: str
    runs_again: bool
    results: bool
    failure: str = ""
    jobs: int = 0
    rounds: int = 0
    jobs_per_s: float = 0.0
    jobs_per_s_of_rounds: tuple[float, ...] = ()
    ratio_to_ours: float | None = None
    cpu_us: float = 0.0
    cpu_us_of_parts: dict[str, float] | None = None
    idle_p50_ms: float | None = None
    idle_p95_ms: float | None = None
    idle_p99_ms: float | None = None

    def cells(self) -> tuple[str, ...]:
        """Return the line as texts under the head."""
        about = ("yes" if self.results else "no", self.when_killed, self.settings)
        if self.failure:
            return (self.name, self.version, "—", *[""] * 6, *about[:-1], self.failure)
        parts = ", ".join(f"{name} {used:.0f}" for name, used in (self.cpu_us_of_parts or {}).items())
        waits = (self.idle_p50_ms, self.idle_p95_ms, self.idle_p99_ms)
        return (
            *(self.name, self.version, f"{self.jobs_per_s:,.0f}"),
            "" if self.ratio_to_ours is None else f"{self.ratio_to_ours:.3f}",
            *(f"{self.cpu_us:,.0f}", parts, *map(_number, waits), *about),
        )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def fold(peer: Peer, jobs: int, rounds: dict[int, Round], ours: dict[int, Round], failure: str) -> Line:
    """Return a peer's line. `rounds` and `ours` are by the number of the round, so that ratios are within one."""
    line = Line(
        name=peer.name,
        version=version(peer.package, peer.environment),
        settings=peer.settings,
        when_killed=peer.when_killed,
        runs_again=peer.runs_again,
        results=peer.results,
        failure=failure or ("" if rounds else "not measured"),
    )
    if line.failure:
        return line
    speeds = tuple(one.jobs_per_s for one in rounds.values())
    ratios = [one.jobs_per_s / ours[number].jobs_per_s for number, one in rounds.items() if number in ours]
    waits = [wait for one in rounds.values() for wait in one.waits_ms]
    names = next(iter(rounds.values())).cpu_us
    p50, p95, p99 = (percentile(waits, share) if waits else None for share in (0.5, 0.95, 0.99))
    return Line(
        *(line.name, line.version, line.settings, line.when_killed, line.runs_again, line.results),
        jobs=jobs,
        rounds=len(rounds),
        jobs_per_s=median(speeds),
        jobs_per_s_of_rounds=speeds,
        ratio_to_ours=median(ratios) if ratios else None,
        cpu_us=median(sum(one.cpu_us.values()) for one in rounds.values()),
        cpu_us_of_parts={name: median(one.cpu_us[name] for one in rounds.values()) for name in names},
        idle_p50_ms=p50,
        idle_p95_ms=p95,
        idle_p99_ms=p99,
    )


def machine() -> dict[str, Any]:
    """Return what this was measured on."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "processor": cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def table(lines: Sequence[Line]) -> Table:
    """Return the lines as a table for a terminal."""
    result = Table(*_HEAD[:-2], title="one worker process, no-op jobs of 100 bytes, every job checked to run once")
    for line in lines:
        cells = line.cells()
        result.add_row(*cells[:5], line.failure or cells[5], *cells[6:-2])
    return result


def write(folder: Path, lines: Sequence[Line], comparisons: Sequence[Comparison], server: str) -> None:
    """Write peers.md, peers.svg and peers.json."""
    folder.mkdir(exist_ok=True)
    place = {**machine(), "server": server}
    (folder / "peers.md").write_text(_page(lines, comparisons, place), encoding="utf-8")
    (folder / "peers.svg").write_text(draw([line for line in lines if not line.failure]), encoding="utf-8")
    whole = {
        "machine": place,
        "head_line": OURS,
        "goals": [{**one._asdict(), "met": one.met} for one in comparisons],
        "peers": [asdict(line) for line in lines],
    }
    (folder / "peers.json").write_bytes(msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n")
    readme.refresh()


def _page(lines: Sequence[Line], comparisons: Sequence[Comparison], place: dict[str, Any]) -> str:
    rounds = max((line.rounds for line in lines), default=0)
    text = [
        "# Journeyman and its peers",
        "",
        f"{place['date']}, {place['processor']}, {place['cores']} cores, {place['system']}, Python {place['python']}, "
        f"{place['server']} with its append-only file synced every second, all processes on one machine.",
        "",
        "One worker process and one producer process, a fresh server for every run, no-op jobs with a payload of 100",
        "bytes, submitted while the worker runs, in bulk where the queue can. Every job appends one record to a file;",
        "a run counts only if every job ran exactly once. Jobs a second are from the first submission to the last",
        "start; processor time is that of all processes, server and producer included; the idle wait is from the",
        f"submission of a single job to its start. Medians of {rounds} rounds over all queues in turn; “of ours” is",
        "within a round. How the queues differ in what they promise is in the last columns but one, as each is set up",
        "here; that was read in its source.",
        "",
        "![The same as a picture](peers.svg)",
        "",
        *(f"- {one.words}" for one in comparisons),
        "",
        f"| {' | '.join(_HEAD)} |",
        "|---|---|--:|--:|--:|---|--:|--:|--:|---|---|---|",
        *(f"| {' | '.join(cell.replace('|', '/') for cell in line.cells())} |" for line in lines),
    ]
    return "\n".join(text) + "\n"
