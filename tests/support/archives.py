"""Archives for tests: entries to put into one, and a chain that is extended by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from journeyman.archive import Archive, Chain, archive_at
from journeyman.archive_segments import RawEntry, Segment
from journeyman.codec import encode_commit
from journeyman.entries import BEGINNING, Offset
from journeyman.events import WorkerLeft


def raw_entry(ms: int, *, seq: int = 0, said: str = "w") -> RawEntry:
    """Return an entry of a log."""
    return RawEntry(Offset(ms, seq), [b"c", encode_commit([WorkerLeft(said)])])


def raw_entries(*times: int) -> list[RawEntry]:
    """Return entries that stand at these milliseconds."""
    return [raw_entry(ms, said=f"w{ms}") for ms in times]


def archive_in(directory: Path) -> Archive:
    """Return the archive of a directory."""
    return archive_at(f"file://{directory}", "jm")


def plan(number: int, *, after: Offset = BEGINNING, position: int = 0, gap: bool = False) -> Segment:
    """Return what is known of a segment before it is written."""
    return Segment(
        partition=0,
        number=number,
        after=after.entry,
        first="",
        last="",
        entries=0,
        position=position,
        gap=gap,
        object="",
        bytes=0,
        sha256="",
        raw_bytes=0,
        last_sha256="",
    )


def extend(chain: Chain, entries: Sequence[RawEntry], *, after: Offset | None = None) -> Segment:
    """Write the next segment of a chain."""
    last = chain.last()
    behind = after if after is not None else last.span[2] if last else BEGINNING
    number, position = (last.number + 1, last.end_position) if last else (1, 0)
    written = chain.extend(iter(entries), plan(number, after=behind, position=position))
    assert written is not None
    return written[0]


def files_of(directory: Path, ending: str) -> list[Path]:
    """Return the files of an archive with this ending, in the order of segments."""
    return sorted(directory.rglob(f"*{ending}"))


def offsets(entries: Iterable[RawEntry]) -> list[int]:
    """Return the milliseconds at which entries stand."""
    return [entry.offset.ms for entry in entries]
