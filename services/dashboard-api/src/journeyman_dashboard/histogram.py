"""Fixed logarithmic histograms of durations: small, mergeable, and good for percentiles.

A histogram is a plain dict from slot to count. Slots are the same everywhere: below 16 one per value, above
that 16 per power of two, so a percentile read from one is off by at most 3.2 percent. Merging adds counts,
in any order and grouping. Pure.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import TypeAlias

import msgspec

Histogram: TypeAlias = dict[int, int]

_BITS = 4
_PER_OCTAVE = 1 << _BITS

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[int, int]).decode


def slot_of(value: int) -> int:
    """Return the slot that a value belongs to. Negative values count as 0."""
    if value < _PER_OCTAVE:
        return max(value, 0)
    shift = value.bit_length() - _BITS - 1
    return (shift << _BITS) + (value >> shift)


def middle_of(slot: int) -> float:
    """Return the value that stands for a slot: the middle of its range."""
    if slot < _PER_OCTAVE * 2:
        return float(slot)
    return _low_of(slot) + ((1 << (slot >> _BITS) - 1) - 1) / 2


def add(histogram: Histogram, value: int) -> None:
    """Count one value."""
    slot = slot_of(value)
    histogram[slot] = histogram.get(slot, 0) + 1


def merge(into: Histogram, other: Mapping[int, int]) -> None:
    """Add another histogram's counts to `into`."""
    if not into:
        into.update(other)
        return
    for slot, count in other.items():
        into[slot] = into.get(slot, 0) + count


def percentiles(histogram: Mapping[int, int], shares: Iterable[float]) -> list[float | None]:
    """Return the value below which each share (0 to 1) of what was counted lies; None where nothing was."""
    if not histogram:
        return [None for _ in shares]
    slots = sorted(histogram)
    reached = list(accumulate(map(histogram.__getitem__, slots)))
    ranks = (max(1, math.ceil(share * reached[-1])) for share in shares)
    return [middle_of(slots[bisect_left(reached, rank)]) for rank in ranks]


def buckets(histogram: Mapping[int, int], most: int) -> list[tuple[int, int, int]]:
    """Return (from, to, count) of ranges without gaps, `most` of them at most, as fine as that lets them be.

    Each holds values from `from` on that are less than `to`, counted exactly.
    """
    if not histogram:
        return []
    first, last, together = min(histogram), max(histogram), 1
    while last // together - first // together >= most:
        together *= 2
    counts = [0] * (last // together - first // together + 1)
    for slot, count in histogram.items():
        counts[slot // together - first // together] += count
    lowest = first // together * together
    edges = [_low_of(lowest + number * together) for number in range(len(counts) + 1)]
    return list(zip(edges, edges[1:], counts, strict=False))


def _low_of(slot: int) -> int:
    if slot < _PER_OCTAVE * 2:
        return slot
    shift = (slot >> _BITS) - 1
    return (slot - (shift << _BITS)) << shift


def to_bytes(histogram: Histogram) -> bytes:
    """Write a histogram; equal histograms give equal bytes."""
    return _encode(dict(sorted(histogram.items())))


def from_bytes(data: bytes) -> Histogram:
    """Read what `to_bytes` wrote."""
    return _decode(data)
