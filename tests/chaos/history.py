"""What the client was told against what the log says. Pure.

Acknowledged jobs are in the log once, under the id that was told, and have completed once. What the client knows
nothing of is there once at most. What it was refused is not there. Every execution of a job has a start in the log.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

#: Of a list of findings, how many are said.
SAID = 3


class Told(NamedTuple):
    """What a client knows of one job: `ok` with the ids it was answered, `refused`, or `unknown`."""

    mark: str
    answer: str
    job_ids: frozenset[str] = frozenset()
    detail: str = ""


class Life(NamedTuple):
    """What the log says of one job: how its generation ended (each time), how often each attempt was started.

    failed: how many attempts ended with an error of their own.
    """

    job_id: str
    mark: str
    ends: tuple[str, ...]
    starts: Mapping[int, int]
    failed: int = 0


class Comparison(NamedTuple):
    """`lost`, `duplicated`: marks. `broken`: what must not be, in words.

    run_again: executions beyond the one of each job that counts, and those that failed by themselves.
    """

    acknowledged: int
    unknown: int
    refused: int
    lost: list[str]
    duplicated: list[str]
    run_again: int
    broken: list[str]


def compare(
    told: Sequence[Told],
    lives: Sequence[Life],
    executions: Mapping[tuple[str, int], int],
    *,
    may_lose: bool = False,
    may_forget: bool = False,
) -> Comparison:
    """Compare. `executions`: how often (mark, attempt) was run.

    may_lose: accepted jobs may be missing. may_forget: that an attempt was started may be missing.
    """
    by_mark: dict[str, list[Life]] = {}
    for life in lives:
        by_mark.setdefault(life.mark, []).append(life)
    ok = [one for one in told if one.answer == "ok"]
    lost = [one.mark for one in ok if not _is_there(one, by_mark)]
    duplicated = [one.mark for one in told if _is_double(one, by_mark, may_lose)]
    otherwise = [one.mark for one in ok if _ended_otherwise(by_mark.get(one.mark, []), may_lose)]
    refused = [one.mark for one in told if one.answer == "refused" and one.mark in by_mark]
    strangers = [mark for mark in by_mark if mark and mark not in {one.mark for one in told}]
    unstarted = [] if may_lose or may_forget else _without_start(by_mark, executions)
    unrun = [one.mark for one in ok if one.mark in by_mark and not _runs(executions)[one.mark]]
    findings = {
        "acknowledged and lost": [] if may_lose else lost,
        "there more than once": duplicated,
        "acknowledged and not completed": otherwise,
        "refused and in the log": refused,
        "in the log and never submitted": strangers,
        "run more often than started": unstarted,
        "completed and never run": [] if may_lose else unrun,
    }
    return Comparison(
        acknowledged=len(ok),
        unknown=sum(one.answer == "unknown" for one in told),
        refused=sum(one.answer == "refused" for one in told),
        lost=lost,
        duplicated=duplicated,
        run_again=sum(_runs(executions).values()) - sum(_needed(life) for life in lives),
        broken=[in_words(what, marks) for what, marks in findings.items() if marks],
    )


def in_words(what: str, names: Sequence[str]) -> str:
    """Say how many there are of something, and name the first."""
    return f"{len(names)} {what} ({', '.join(names[:SAID])}{', …' if len(names) > SAID else ''})"


def _is_there(one: Told, by_mark: Mapping[str, list[Life]]) -> bool:
    return any(life.job_id in one.job_ids for life in by_mark.get(one.mark, []))


def _is_double(one: Told, by_mark: Mapping[str, list[Life]], may_lose: bool) -> bool:
    lives = by_mark.get(one.mark, [])
    return len(lives) > 1 or any(len(life.ends) > 1 for life in lives) or (not may_lose and len(one.job_ids) > 1)


def _ended_otherwise(lives: list[Life], may_lose: bool) -> bool:
    good = {("completed",), ("cancelled",)} if may_lose else {("completed",)}
    return any(life.ends not in good for life in lives)


def _without_start(by_mark: Mapping[str, list[Life]], executions: Mapping[tuple[str, int], int]) -> list[str]:
    starts: Counter[tuple[str, int]] = Counter()
    for mark, lives in by_mark.items():
        for life in lives:
            for attempt, count in life.starts.items():
                starts[mark, attempt] += count
    return [f"{mark} attempt {attempt}" for (mark, attempt), runs in executions.items() if runs > starts[mark, attempt]]


def _needed(life: Life) -> int:
    return life.failed + life.ends.count("completed") if life.mark else 0


def _runs(executions: Mapping[tuple[str, int], int]) -> Counter[str]:
    runs: Counter[str] = Counter()
    for (mark, _), count in executions.items():
        runs[mark] += count
    return runs
