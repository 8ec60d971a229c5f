"""Comparing places in several logs at once. Pure. How they are written is in `journeyman.entries`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from journeyman.events import BEGINNING, Offset

#: Offsets by partition.
Position: TypeAlias = Mapping[int, Offset]

_SEQ_MAX = 2**63 - 1


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
