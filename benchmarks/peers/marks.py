"""The marks that jobs leave: reading them, and judging whether every job ran exactly once. apps/mark.py writes them."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_RECORD = struct.Struct("<QQ")

#: The number of jobs that only ask whether the worker is up; there may be any number of them.
PROBE = 0


class Mark(NamedTuple):
    """A job's number and when it started, on the machine's monotonic clock in nanoseconds."""

    number: int
    at_ns: int


class Marks:
    """The file of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()

    def count(self) -> int:
        """Return how many marks there are."""
        return self.path.stat().st_size // _RECORD.size

    def read(self, first: int = 0) -> list[Mark]:
        """Return all marks from the `first` one on, in the order they were made."""
        whole = self.path.read_bytes()
        begin, end = first * _RECORD.size, len(whole) - len(whole) % _RECORD.size
        return [Mark(*record) for record in _RECORD.iter_unpack(whole[begin:end])]


def complaint(marks: Sequence[Mark], numbers: range) -> str | None:
    """Return what is wrong unless each of the numbers was marked exactly once, and nothing else was."""
    times = Counter(mark.number for mark in marks if mark.number != PROBE)
    missing = sum(1 for number in numbers if number not in times)
    repeated = sum(1 for count in times.values() if count > 1)
    strangers = sum(1 for number in times if number not in numbers)
    if not missing and not repeated and not strangers:
        return None
    return (
        f"of {len(numbers)} jobs {missing} never ran, {repeated} ran more than once, {strangers} were never submitted"
    )


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share (0 to 1) of the values lies."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
