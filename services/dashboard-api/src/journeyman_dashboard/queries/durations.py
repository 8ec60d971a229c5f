"""The order by duration, from the sets that hold the bits of durations: no row is read that is not on the page.

A duration is stored as one more than it, in binary, a set to each bit. The longest of a set are found from the highest
bit down, in all blocks together: those that have it come before those that do not (O'Neil and Quass, "Improved query
performance with variant indexes", 1997). A page costs a pass over as many sets as the longest duration has bits.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import islice

from journeyman_dashboard.bits import ascending, below, descending
from journeyman_dashboard.past.shown import show
from journeyman_dashboard.queries.selection import Block, Selection
from journeyman_dashboard.queries.values import as_json

#: More than any duration has: 34 years in milliseconds.
BITS = 40
#: So many jobs are read and sorted.
FEW = 500


def by_duration(
    connection: sqlite3.Connection, selection: Selection, direction: str, behind: tuple[int, int] | None, at_once: int
) -> Iterator[tuple[int, int]]:
    """Yield (duration, number) in order, from behind such a pair on. at_once: how many are found in one go."""
    longest_first = direction == "DESC"
    few = _few(selection)
    if few is not None:
        rows = _sorted(connection, few, longest_first)
        yield from (row for row in rows if behind is None or (row < behind if longest_first else row > behind))
        return
    slices = [_Slices(selection, block) for block in selection.blocks if selection.mask(block)]
    if not longest_first:
        slices.reverse()
    while True:
        rows = _sorted(connection, _first(slices, longest_first, behind, at_once), longest_first)
        yield from rows
        if len(rows) < at_once:
            return
        behind = rows[-1]


def _few(selection: Selection) -> list[int] | None:
    """Return the numbers of a selection where reading their rows costs less than the sets."""
    if sum(selection.mask(block).bit_count() for block in selection.blocks) > FEW:
        return None
    return list(selection.numbers("DESC"))


def _sorted(connection: sqlite3.Connection, numbers: list[int], longest_first: bool) -> list[tuple[int, int]]:
    show(connection, numbers)
    rows = connection.execute(
        "SELECT duration_ms, n FROM json_each(?) JOIN jobs ON n = value", (as_json(numbers),)
    ).fetchall()
    return sorted(rows, reverse=longest_first)


class _Slices:
    """The bits of the durations of one block's jobs, by bit."""

    def __init__(self, selection: Selection, block: Block) -> None:
        self.base = block.base
        self.mask = selection.mask(block)
        stored = ((bit, selection.stored("duration", str(bit), block)) for bit in range(BITS))
        self.bits = {bit: having & self.mask for bit, having in stored if having}


def _first(slices: list[_Slices], longest_first: bool, behind: tuple[int, int] | None, count: int) -> list[int]:
    """Return the numbers of the first `count` jobs, in any order. slices: in the order in which equals come."""
    left = [one.mask if behind is None else _behind(one, longest_first, *behind) for one in slices]
    taken = [0] * len(slices)
    room = count
    for bit in sorted({bit for one in slices for bit in one.bits}, reverse=True):
        better = [among & one.bits.get(bit, 0) for one, among in zip(slices, left, strict=True)]
        if not longest_first:
            better = [among ^ having for among, having in zip(left, better, strict=True)]
        number = sum(mask.bit_count() for mask in better)
        if number > room:
            left = better
        elif number:
            taken = [mask | more for mask, more in zip(taken, better, strict=True)]
            left = [among ^ more for among, more in zip(left, better, strict=True)]
            room -= number
    walk = descending if longest_first else ascending
    equals = (n for one, mask in zip(slices, left, strict=True) for n in walk(mask, one.base))
    return [n for one, mask in zip(slices, taken, strict=True) for n in ascending(mask, one.base)] + list(
        islice(equals, room)
    )


def _behind(slices: _Slices, longest_first: bool, duration_ms: int, n: int) -> int:
    """Return those jobs of a block that come behind one."""
    shorter, same = 0, slices.mask
    for bit in range(BITS - 1, -1, -1):
        having = same & slices.bits.get(bit, 0)
        if (duration_ms + 1) >> bit & 1:
            shorter |= same ^ having
            same = having
        else:
            same ^= having
    at = n - slices.base
    if longest_first:
        return shorter | (same & below(at))
    same_behind = same >> (at + 1) << (at + 1) if at >= 0 else same
    return slices.mask ^ (shorter | same) | same_behind
