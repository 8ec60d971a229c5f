"""Fixed logarithmic histograms of durations: small, mergeable, and good for percentiles.

A histogram is a plain dict from slot to count. Slots are the same everywhere: below 16 one per value, above
that 16 per power of two. A percentile read from one lies in its slot, so it is off by at most 6.3 percent, and by far
less where many values were counted: they are taken to lie evenly in it. Where all values are multiples of a grain
(waits are: the log tells milliseconds), the one multiple in a narrow slot is the value itself. Merging adds counts, in
any order and grouping. Pure.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
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


def percentiles(histogram: Mapping[int, int], shares: Iterable[float], grain: int = 1) -> list[float | None]:
    """Return the value below which each share (0 to 1) of what was counted lies; None where nothing was."""
    if not histogram:
        return [None for _ in shares]
    slots = sorted(histogram)
    reached = list(accumulate(map(histogram.__getitem__, slots)))
    found: list[float | None] = []
    for share in shares:
        rank = max(1, math.ceil(share * reached[-1]))
        at = bisect_left(reached, rank)
        count = histogram[slots[at]]
        found.append(_within(slots[at], (rank - (reached[at] - count) - 0.5) / count, grain))
    return found


def buckets(histogram: Mapping[int, int], most: int, grain: int = 1) -> list[tuple[int, int, int]]:
    """Return (from, to, count) of ranges without gaps, `most` of them at most, as fine as that lets them be.

    Each holds values from `from` on that are less than `to`, counted exactly.
    """
    if not histogram:
        return []
    first, last, together = min(histogram), max(histogram), 1
    while len(edges := _edges(first, last, together, grain)) > most + 1:
        together *= 2
    counts = [0] * (len(edges) - 1)
    for slot, count in histogram.items():
        counts[bisect_right(edges, _first_in(slot, grain)) - 1] += count
    return list(zip(edges, edges[1:], counts, strict=False))


def _edges(first: int, last: int, together: int, grain: int) -> list[int]:
    """Return the edges, rising, of ranges of so many slots each that hold all from the first to the last."""
    slots = range(first // together * together, (last // together + 1) * together + 1, together)
    return sorted({_first_in(slot, grain) for slot in slots})


def _first_in(slot: int, grain: int) -> int:
    """Return the least multiple of the grain that is in this slot or above it."""
    return -(-_low_of(slot) // grain) * grain


def _within(slot: int, part: float, grain: int) -> float:
    """Return the value at a part (0 to 1) of a slot's range."""
    low, high = _first_in(slot, grain), _low_of(slot + 1) - 1
    return low + (high // grain * grain - low) * part


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
