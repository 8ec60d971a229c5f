"""Places in several logs at once, as clients see them. Pure.

A position is how far one has come in each partition: their offsets, with a comma between two
(`1732247000123-0/4,3:1732247000119-2/0`). With one partition it is that offset alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from journeyman.events import BEGINNING, Offset, read_offset, write_offset

#: Offsets by partition.
Position: TypeAlias = Mapping[int, Offset]

_SEQ_MAX = 2**63 - 1


def write_position(position: Position) -> str:
    """Write a position."""
    return ",".join(write_offset(*place) for place in sorted(position.items()))


def read_position(text: str) -> dict[int, Offset]:
    """Read what :func:`write_position` writes, blanks around commas allowed. Raises ValueError for anything else."""
    position: dict[int, Offset] = {}
    for part in text.split(","):
        partition, offset = read_offset(part.strip())
        if partition in position:
            raise ValueError(f"two offsets of partition {partition}")
        position[partition] = offset
    return position


def reached(position: Position, wanted: Position) -> bool:
    """Tell whether a position is at or behind another in each partition that the other names."""
    return all(position[partition] >= offset for partition, offset in wanted.items())


def completed(position: Position, partitions: Iterable[int]) -> dict[int, Offset]:
    """Return a position in all these partitions: in those that it does not name, the earliest moment that it names."""
    since = _since(min(offset.ms for offset in position.values()))
    return {partition: position.get(partition, since) for partition in partitions}


def _since(ms: int) -> Offset:
    """Return what stands before everything of a moment."""
    return Offset(ms - 1, _SEQ_MAX) if ms > 0 else BEGINNING
