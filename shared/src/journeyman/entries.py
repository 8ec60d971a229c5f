"""Where events stand: offsets, entries, and events together with their place and time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from journeyman.events import Event


class Offset(NamedTuple):
    """Where an event stands in the log: milliseconds and sequence of its entry, and its index therein.

    Offsets compare as the log runs. Written `1732247000123-0/4`.
    """

    ms: int
    seq: int
    index: int = 0  # type: ignore[assignment]  # hides tuple.index

    def __str__(self) -> str:
        return f"{self.ms}-{self.seq}/{self.index}"

    @property
    def entry(self) -> str:
        """The id of the entry, as the server writes it."""
        return f"{self.ms}-{self.seq}"

    @classmethod
    def parse(cls, text: str) -> Offset:
        """Read an offset or a bare entry id. Raises ValueError for anything else."""
        entry, _, index = text.partition("/")
        ms, dash, seq = entry.partition("-")
        parts = (ms, seq if dash else "0", index or "0")
        if not all(part.isascii() and part.isdigit() and len(part) <= 20 for part in parts):
            raise ValueError(f"not an offset: {text[:64]!r}")
        return cls(*map(int, parts))


BEGINNING = Offset(0, 0, 0)


def write_offset(partition: int, offset: Offset) -> str:
    """Write an offset with the partition whose log it is of: `3:1732247000123-0/4`; of partition 0 without."""
    return f"{partition}:{offset}" if partition else str(offset)


def read_offset(text: str) -> tuple[int, Offset]:
    """Read what :func:`write_offset` writes. Raises ValueError for anything else."""
    partition, colon, offset = text.rpartition(":")
    if colon and not (partition.isascii() and partition.isdigit() and len(partition) <= 4):
        raise ValueError(f"not an offset: {text[:64]!r}")
    return int(partition or 0), Offset.parse(offset)


def write_position(position: Mapping[int, Offset]) -> str:
    """Write how far one has come in each partition: their offsets, with a comma between two.

    `1732247000123-0/4,3:1732247000119-2/0`; with one partition that offset alone.
    """
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


class Record(NamedTuple):
    """An event with its place in the log and its time (the server's, in milliseconds since 1970)."""

    offset: Offset
    at_ms: int
    event: Event


class Undecodable(NamedTuple):
    """Something in the log that this version does not understand; kept in place and reported, never dropped."""

    offset: Offset
    reason: str


class Entry(NamedTuple):
    """One commit, decoded: its id (as an offset of index 0), its events, what could not be read.

    `epoch` and `cursor` are set on the commits of a scheduler: who decided, and how far it had read.
    `events[i]` stands at index `i`; None where that index is undecodable.
    """

    offset: Offset
    events: list[Event | None]
    undecodable: tuple[Undecodable, ...] = ()
    epoch: int | None = None
    cursor: str | None = None

    @property
    def at_ms(self) -> int:
        """When the commit was appended, by the server's clock."""
        return self.offset.ms

    def records(self) -> list[Record]:
        """Return the readable events with their offsets, in order."""
        ms, seq, _ = self.offset
        return [
            Record(Offset(ms, seq, index), ms, event) for index, event in enumerate(self.events) if event is not None
        ]
