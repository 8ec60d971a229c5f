"""Is it flat? Compares a later part of a run with an earlier one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from benchmarks.measures import percentile

#: The first part of a run is not looked at: caches fill, the allocator finds its size.
WARM_UP = 0.2
PART = 0.2
GROWTH_MAX = 0.05


class Trend(NamedTuple):
    """What a figure was in the second fifth of a run and in the last, and whether the growth is within bounds.

    judged: false where the run is too short to tell.
    """

    name: str
    unit: str
    early: float
    late: float
    judged: bool = True

    @property
    def growth(self) -> float:
        """Growth from the one to the other, as a share."""
        return self.late / self.early - 1 if self.early else 0.0

    @property
    def flat(self) -> bool:
        """Whether it is not judged, or has not grown beyond `GROWTH_MAX`."""
        return not self.judged or self.growth <= GROWTH_MAX


def steady(name: str, unit: str, values: Sequence[float]) -> Trend:
    """Compare medians: of what stays about where it is."""
    early, late = _parts(values)
    return Trend(name, unit, median(early), median(late))


def sawtooth(name: str, unit: str, values: Sequence[float], *, judged: bool) -> Trend:
    """Compare the upper ends: of what grows and is cut back. `judged`: each part holds a whole tooth."""
    early, late = _parts(values)
    return Trend(name, unit, percentile(early, 90), percentile(late, 90), judged)


def _parts(values: Sequence[float]) -> tuple[Sequence[float], Sequence[float]]:
    size = max(int(len(values) * PART), 1)
    begin = min(int(len(values) * WARM_UP), len(values) - 1)
    return values[begin : begin + size], values[-size:]
