"""When jobs came into a line: from it follow how old those are that wait, and how many come."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

import msgspec

#: Older arrivals are forgotten; whoever has waited longer is taken to have come then.
KEPT_S = 300
#: Of so many bins of so many seconds are the three rates made.
_SUDDEN, _RECENT, _PAST = (1, 5), (5, 6), (10, 12)
#: A growth is one where it stands out so many standard deviations from chance; at most so much is expected of it.
_SIGNIFICANT = 3.0
GROWTH_MAX = 0.25


class Rates(msgspec.Struct, frozen=True):
    """Jobs a second, as in `Demand`."""

    sudden: float = 0.0
    recent: float = 0.0
    past: float = 0.0
    growth: float = 0.0


class Arrivals:
    """The jobs that came, counted by the second."""

    __slots__ = ("_bins",)

    def __init__(self) -> None:
        self._bins: deque[list[int]] = deque()

    def add(self, at_ms: int) -> None:
        """Count a job."""
        second = at_ms // 1000
        bins = self._bins
        if bins and bins[-1][0] >= second:
            bins[-1][1] += 1
            return
        bins.append([second, 1])
        while bins[0][0] < second - KEPT_S:
            bins.popleft()

    def waits(self, waiting: int, now_ms: int) -> list[tuple[float, int]]:
        """Return the ages in milliseconds of those that wait, and how many have it; the oldest first.

        The last that came are those that wait. Ages are rounded, the more the older, so that the list stays short.
        """
        found: list[tuple[float, int]] = []
        left, last = waiting, -1
        for second, count in reversed(self._bins):
            if left <= 0:
                break
            taken = min(left, count)
            left -= taken
            age_s = max(0.0, now_ms / 1000 - second)
            place = int(6 * math.log2(1 + age_s / 4))
            if place == last:
                age_ms, jobs = found[-1]
                found[-1] = (age_ms, jobs + taken)
            else:
                found.append((min(age_s, KEPT_S) * 1000, taken))
            last = place
        if left > 0:
            found.append((KEPT_S * 1000.0 if self._bins else 0.0, left))
        found.reverse()
        return found

    def rates(self, now_ms: int) -> Rates:
        """Return how many come."""
        now_s = now_ms // 1000
        sudden, recent, past = ([0] * count for _, count in (_SUDDEN, _RECENT, _PAST))
        for second, count in reversed(self._bins):
            age_s = now_s - second - 1
            if age_s < 0:
                continue
            if age_s >= _PAST[0] * _PAST[1]:
                break
            past[age_s // _PAST[0]] += count
            if age_s < _RECENT[0] * _RECENT[1]:
                recent[age_s // _RECENT[0]] += count
            if age_s < _SUDDEN[0] * _SUDDEN[1]:
                sudden[age_s] += count
        lately, before = _trimmed(recent) / _RECENT[0], _trimmed(past) / _PAST[0]
        return Rates(_surely(sudden), lately, before, _growth(lately, before))


def _surely(bins: Sequence[int]) -> float:
    """Return a rate that is there in spite of chance, and not only in one of the bins."""
    rest = sum(bins) - max(bins)
    return max(0.0, rest - 2 * math.sqrt(rest)) / (len(bins) - 1)


def _trimmed(bins: Sequence[int]) -> float:
    """Return the mean without the fullest bin and the emptiest."""
    return (sum(bins) - max(bins) - min(bins)) / (len(bins) - 2)


def _growth(lately: float, before: float) -> float:
    """Return which share more is to be expected a minute on, where the difference is more than chance."""
    window_s = _RECENT[0] * (_RECENT[1] - 2)
    chance = math.sqrt(max(lately, before) / window_s)
    if lately - before <= _SIGNIFICANT * chance:
        return 0.0
    return min(GROWTH_MAX, (lately - before) / lately)
