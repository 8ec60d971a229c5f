"""Writes the figures of the README from what the last kept runs gave, so that nobody types them.

Between two marks of the README stands what this makes of `results/peers.json`, `latest.json` and `soak.json`, as far as
they are there. Called whenever results are kept; `python -m benchmarks.readme` does it again, `--check` only compares.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"

#: What the README tells of our own measurements: how a measure begins, in the order of the lines.
TOLD = (
    "end to end, 1 worker process, read model off",
    "end to end, 1 worker process, read model on",
    "POST /jobs, 64 connections, read model on",
    "POST /jobs/batch",
    "idle, submit to the job's first line, straight to the log, read model off, p50",
    "idle, submit to the job's first line, straight to the log, read model off, p99",
    "worker killed amid",
    "memory on Valkey",
    "scheduler leads after SIGTERM, with 1,000,000 waiting",
    "drain with 1,000,000 waiting against",
    "page: Jobs from nothing to its first row",
    "page: from Enter to the rows of another search, p95",
    "page: pictures that lack a row",
    "page on Overview at 2,000 events/s: processor time",
    "GET /jobs at a random moment, asked for the first time, p95",
)


def main() -> int:
    """Write the figures, or compare."""
    readme = ROOT / "README.md"
    before = readme.read_text(encoding="utf-8")
    after = filled(before, figures(RESULTS))
    if "--check" in sys.argv[1:]:
        return int(before != after)
    readme.write_text(after, encoding="utf-8")
    return 0


def refresh() -> None:
    """Write the figures into the README."""
    readme = ROOT / "README.md"
    readme.write_text(filled(readme.read_text(encoding="utf-8"), figures(RESULTS)), encoding="utf-8")


def filled(page: str, text: str) -> str:
    """Return a page with the text between its marks. Raises ValueError where they are missing."""
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page lacks {BEGIN} or {END}")
    return f"{head}{BEGIN}\n{text.strip()}\n{END}{tail}"


def figures(results: Path) -> str:
    """Return what there is to tell, as Markdown."""
    parts = []
    if (results / "peers.json").exists():
        parts.append(_peers(_read(results / "peers.json")))
    if (results / "latest.json").exists():
        parts.append(_latest(_read(results / "latest.json")))
    if (results / "soak.json").exists():
        parts.append(_soak(_read(results / "soak.json")))
    return "\n\n".join(parts)


def _read(path: Path) -> Any:
    return msgspec.json.decode(path.read_bytes())


def _peers(data: Mapping[str, Any]) -> str:
    place = data["machine"]
    lines = [
        "![Jobs a second, processor time a job and the wait of a single job, beside other queues]"
        "(benchmarks/results/peers.svg)",
        "",
        f"One worker process, jobs that only leave a mark, {place['cores']} cores ({place['processor']}) that client, "
        f"server and all services share, {place['date']}. Every job was checked to have run once.",
        "",
        "| queue | jobs/s | CPU µs a job | idle p50, ms | results kept | a job whose worker is killed |",
        "|---|--:|--:|--:|---|---|",
    ]
    for peer in data["peers"]:
        if not peer["failure"]:
            name = f"**{peer['name']}**" if peer["name"].startswith(data["head_line"]) else peer["name"]
            wait = "" if peer["idle_p50_ms"] is None else f"{peer['idle_p50_ms']:.1f}"
            kept = "yes" if peer["results"] else "no"
            cells = (name, f"{peer['jobs_per_s']:,.0f}", f"{peer['cpu_us']:,.0f}", wait, kept, peer["when_killed"])
            lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "Settings, versions and shares of each process: [peers.md](benchmarks/results/peers.md)."]
    return "\n".join(lines)


def _latest(data: Mapping[str, Any]) -> str:
    rows = [row for start in TOLD for row in _found(data["rows"], start)]
    lines = ["| measured | value | goal |", "|---|--:|---|", *map(_row, rows)]
    goals = [row["goal"] for row in data["rows"] if row["goal"]]
    met = sum(goal["met"] for goal in goals)
    lines += [
        "",
        f"Of {len(goals)} goals {met} are reached. Every figure, what it was measured on, and which goals are missed:",
        "[latest.md](benchmarks/results/latest.md); [as a picture](benchmarks/results/latest.svg).",
    ]
    return "\n".join(lines)


def _found(rows: Sequence[Mapping[str, Any]], start: str) -> list[Mapping[str, Any]]:
    """Return the first row whose measure begins so, in a list; an empty one where there is none."""
    return [row for row in rows if row["measure"].startswith(start)][:1]


def _row(row: Mapping[str, Any]) -> str:
    goal = row["goal"]
    told = "" if goal is None else f"{goal['sign']} {goal['value']:,g} {'✓' if goal['met'] else '✗'}"
    processor = sum(row["cpu_us"].values())
    beside = f", {processor:.0f} µs of processor time each" if processor else ""
    return f"| {row['measure']} | {row['value']:,.{0 if row['value'] >= 100 else 2}f} {row['unit']}{beside} | {told} |"


def _soak(data: Mapping[str, Any]) -> str:
    grown = [trend["name"] for trend in data["trends"] if not trend["flat"]]
    wrong = [finding["text"] for finding in data["findings"] if not finding["good"]]
    memory = "no process grew by more than 5 %" if not grown else f"these grew by more than 5 %: {', '.join(grown)}"
    lost = "every job ended exactly once, and every promise held" if not wrong else f"found: {'; '.join(wrong)}"
    return (
        f"{data['minutes']:g} minutes, {data['reached']:,.0f} jobs a second: {memory}; {lost}. "
        "[soak.md](benchmarks/results/soak.md)\n\n"
        "![Memory of every process over the time of the soak](benchmarks/results/soak.svg)"
    )


if __name__ == "__main__":
    sys.exit(main())
