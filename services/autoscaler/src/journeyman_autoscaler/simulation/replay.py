"""Recorded traffic: from a log's events, when each attempt came into line and how long it ran."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from journeyman_autoscaler.simulation.traffic import Job, Traffic


class Told(NamedTuple):
    """An event as `journeyman tail -o json` writes it."""

    tag: str
    at_ms: int
    data: Mapping[str, Any]


class _Attempt:
    __slots__ = ("at_ms", "priority", "started_ms")

    def __init__(self, at_ms: int, priority: int) -> None:
        self.at_ms = at_ms
        self.priority = priority
        self.started_ms: int | None = None


_ENDS = ("job.succeeded", "job.failed", "job.lost", "job.returned")


def recorded(events: Iterable[Told], name: str = "recorded") -> Traffic:
    """Return the traffic that the events tell of, in the order of their times.

    What had not ended when the record does ran to its end; what had not begun is left out.
    """
    lines: dict[str, tuple[str, str]] = {}
    open_: dict[str, _Attempt] = {}
    jobs: list[Job] = []
    first_ms = last_ms = None
    for tag, at_ms, data in events:
        first_ms, last_ms = at_ms if first_ms is None else first_ms, at_ms
        job_id = data.get("job_id", "")
        attempt = open_.get(job_id)
        if tag.startswith("job.submitted") or tag == "job.redriven":
            lines[job_id] = (data.get("queue", "default"), data.get("type", "job"))
        elif tag == "job.released" and not data.get("moves"):
            open_[job_id] = _Attempt(at_ms, data.get("priority", 10))
        elif tag == "job.started" and attempt is not None:
            attempt.started_ms = at_ms
        elif tag in _ENDS and attempt is not None and attempt.started_ms is not None:
            run_ms = data.get("run_us", 0) / 1000 or float(at_ms - attempt.started_ms)
            jobs.append(_job(attempt, run_ms, lines.get(job_id), first_ms))
            del open_[job_id]
    for job_id, attempt in open_.items():
        if attempt.started_ms is not None and last_ms is not None and first_ms is not None:
            jobs.append(_job(attempt, float(last_ms - attempt.started_ms), lines.get(job_id), first_ms))
    length_ms = (last_ms or 0) - (first_ms or 0)
    return Traffic(name, f"{len(jobs)} attempts as they were recorded", tuple(sorted(jobs)), length_ms)


def _job(attempt: _Attempt, run_ms: float, line: tuple[str, str] | None, first_ms: int) -> Job:
    queue, type = line or ("default", "job")
    return Job(attempt.at_ms - first_ms, run_ms, queue, type, attempt.priority)


def told_lines(lines: Iterable[str]) -> Iterator[Told]:
    """Read what `journeyman tail -o json` wrote. Raises ValueError, with the line's number, for what that did not."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            read = msgspec.json.decode(line)
            if read["event"] is not None:
                yield Told(read["event"], int(read["at_ms"]), read["data"])
        except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"line {number} is not one of `journeyman tail -o json`: {error}") from None
